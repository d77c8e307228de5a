/* demo_told: who was told what and when, the last list, one alert explained, what was refused. */
#include "cli/demo_told.h"

#include <stdlib.h>

#include "model/words.h"
#include "store/alerts.h"
#include "store/events.h"
#include "store/outbox.h"

#define DAYS_MOST 64

/* ---- whether it is as it should be ---- */

struct counting {
	const struct demo_stage *stage;
	const struct demo_mails *mails;
	struct demo_result *found;
	civil_day first;
	bool listed[DAYS_MOST];
	int64_t lost;  /* an accepted message whose mail is not among the kept ones; 0: none */
};

static enum result count_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct demo_result *found = argument;
	(void)fault;
	if (row->told == INSTANT_NONE)
		return RESULT_OK;
	found->alerts++;
	found->critical += row->severity == SEVERITY_CRITICAL;
	found->answered += row->acknowledged_at != INSTANT_NONE;
	found->standing += row->state == ALERT_STANDING;
	found->withdrawn += row->state == ALERT_WITHDRAWN;
	found->climbed += row->step > 1;
	return RESULT_OK;
}

static void count_list(struct counting *counting, const struct outbox_row *row, const struct demo_mail *mail)
{
	int day = zone_date(counting->stage->opened.zone, row->sent) - counting->first;
	counting->found->lists++;
	counting->found->incomplete += strstr(mail->subject, "NOT COMPLETE") != NULL;
	if (day >= 0 && day < DAYS_MOST)
		counting->listed[day] = true;
}

static enum result count_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct counting *counting = argument;
	(void)fault;
	counting->found->rows++;
	counting->found->failed += row->state == OUTBOX_FAILED;
	if (row->state != OUTBOX_ACCEPTED || !row->message_id.length)
		return RESULT_OK;
	const struct demo_mail *mail = demo_mails_find(counting->mails, row->message_id);
	if (!mail)
		counting->lost = row->id;
	else if (row->kind == OUTBOX_LIST)
		count_list(counting, row, mail);
	return RESULT_OK;
}

static enum result judge(const struct counting *counting, int days, struct fault *fault)
{
	const struct demo_result *found = counting->found;
	if (counting->mails->count == 0)
		return fault_set(fault, RESULT_PERMANENT, "no mail came");
	if (counting->lost)
		return fault_set(fault, RESULT_PERMANENT, "message %lld is said to be accepted, but the mail server has not kept it",
		                 (long long)counting->lost);
	if (found->alerts == 0 && days > 1)
		return fault_set(fault, RESULT_PERMANENT, "no alert was told to anybody");
	if (found->quarantined == 0 && days > 1)
		return fault_set(fault, RESULT_PERMANENT, "broken records were sent, but none is in quarantine");
	for (int day = 0; day < days && day < DAYS_MOST; day++)
		if (!counting->listed[day])
			return fault_set(fault, RESULT_PERMANENT, "no list went out on day %d", day + 1);
	return RESULT_OK;
}

enum result demo_told_check(const struct demo_stage *stage, const struct demo_mails *mails, instant start, int days,
                            struct demo_result *found, struct fault *fault)
{
	struct counting counting = {.stage = stage, .mails = mails, .found = found};
	struct store_figures figures;
	*found = (struct demo_result){0};
	counting.first = zone_date(stage->opened.zone, start);
	enum result result = alerts_each(stage->opened.store, TEXT_NONE, TEXT_NONE, true, count_alert, found, fault);
	if (result == RESULT_OK)
		result = outbox_each(stage->opened.store, TEXT_NONE, false, SIZE_MAX, count_row, &counting, fault);
	if (result == RESULT_OK)
		result = store_figures(stage->opened.store, &figures, fault);
	if (result != RESULT_OK)
		return result;
	found->events = figures.events;
	found->quarantined = figures.quarantine_waiting;
	for (int day = 0; day < DAYS_MOST; day++)
		found->days_with_lists += counting.listed[day];
	return judge(&counting, days, fault);
}

/* ---- who was told what ---- */

struct telling {
	const struct demo_stage *stage;
	struct cli_table *table;
	bool critical_only;
	struct buffer told;  /* of the alert at hand: "director Tue 3 Mar, 20:54; dcs Tue 3 Mar, 21:24" */
	int step;
	instant last;        /* the time written last, so that it is not written twice */
};

static void put_moment(const struct telling *telling, instant at, struct buffer *out)
{
	words_moment(telling->stage->opened.zone, (struct words_moment){.at = at}, WORDS_TABLE, out);
}

/* Rows come newest first; those of one step and time share it. */
static enum result gather_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct buffer *rows = argument;
	(void)fault;
	bool telling = row->kind == OUTBOX_ALERT && row->sent != INSTANT_NONE &&
	               (text_equal(row->purpose, TEXT("opened")) || text_equal(row->purpose, TEXT("escalated")));
	if (!telling)
		return RESULT_OK;
	struct buffer whole = {0};
	buffer_format(&whole, "%d %lld %.*s\n", row->step, (long long)row->sent, TEXT_ARG(row->role));
	buffer_text(&whole, buffer_view(rows));
	buffer_free(rows);
	*rows = whole;
	return RESULT_OK;
}

/* "STEP INSTANT ROLE" a line, oldest first, into words. */
static void say_rows(struct telling *telling, const struct buffer *rows)
{
	const char *line = buffer_cstr(rows);
	telling->last = INSTANT_NONE;
	for (char *end; *line; line = *end ? end + 1 : end) {
		(void)strtol(line, &end, 10);
		instant sent = strtoll(end, &end, 10) / MINUTE * MINUTE;
		const char *role = end + 1;
		end += strcspn(end, "\n");
		if (telling->last != INSTANT_NONE && sent == telling->last) {
			buffer_format(&telling->told, ", %.*s", (int)(end - role), role);
			continue;
		}
		if (telling->last != INSTANT_NONE)
			buffer_string(&telling->told, "; ");
		put_moment(telling, sent, &telling->told);
		buffer_format(&telling->told, " %.*s", (int)(end - role), role);
		telling->last = sent;
	}
}

static void put_outcome(const struct telling *telling, const struct alert_row *row, struct buffer *out)
{
	if (row->acknowledged_at != INSTANT_NONE) {
		buffer_string(out, "answered ");
		put_moment(telling, row->acknowledged_at, out);
	} else {
		buffer_string(out, "not answered");
	}
	if (row->state == ALERT_WITHDRAWN)
		buffer_string(out, "; withdrawn");
	else if (row->state == ALERT_STANDING)
		buffer_string(out, "; still stands");
}

static enum result tell_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct telling *telling = argument;
	const struct rule *rule = ruleset_find(telling->stage->opened.config->rules, row->rule);
	struct buffer cell = {0}, rows = {0};
	if (row->told == INSTANT_NONE || (telling->critical_only && row->severity != SEVERITY_CRITICAL))
		return RESULT_OK;
	enum result result = outbox_each(telling->stage->opened.store, row->id, false, SIZE_MAX, gather_row, &rows, fault);
	buffer_format(&cell, "A-%lld", (long long)row->number);
	cli_table_add_buffer(telling->table, &cell);
	cli_table_add(telling->table, text_of(severity_name(row->severity)));
	cli_table_add(telling->table, row->subject);
	cli_table_add(telling->table, rule ? text_of(rule->title) : row->rule);
	say_rows(telling, &rows);
	cli_table_add(telling->table, telling->told.length ? buffer_view(&telling->told) : TEXT("not yet"));
	buffer_clear(&telling->told);
	put_outcome(telling, row, &cell);
	cli_table_add_buffer(telling->table, &cell);
	buffer_free(&cell);
	buffer_free(&rows);
	return result;
}

static enum result tell(const struct demo_stage *stage, bool critical_only, FILE *out, struct fault *fault)
{
	static const char *const titles[] = {"alert", "severity", "child", "what", "told whom, when", "came of it", NULL};
	struct cli_table table = {.titles = titles};
	struct telling telling = {.stage = stage, .table = &table, .critical_only = critical_only};
	struct cli cli = *stage->cli;
	cli.out = out;
	enum result result = alerts_each(stage->opened.store, TEXT_NONE, TEXT_NONE, true, tell_alert, &telling, fault);
	cli_table_print(&cli, &table);
	buffer_free(&telling.told);
	return result;
}

enum result demo_told_alerts(const struct demo_stage *stage, const char *path, struct fault *fault)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot write %s", path);
	enum result result = tell(stage, false, file, fault);
	if (fclose(file) != 0 && result == RESULT_OK)
		result = fault_set(fault, RESULT_PERMANENT, "cannot write %s", path);
	if (result == RESULT_OK)
		result = tell(stage, true, stage->cli->out, fault);
	return result;
}

/* ---- the last list ---- */

struct choosing {
	const struct demo_stage *stage;
	const struct demo_mails *mails;
	const struct demo_mail *best;
	civil_day day; /* of the newest list; DAY_NONE: none seen yet */
};

/* Newest first: those of the newest day alone. A manager's own list, and the longest of them. */
static enum result choose(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct choosing *choosing = argument;
	(void)fault;
	if (row->kind != OUTBOX_LIST || row->sent == INSTANT_NONE || !text_equal(row->role, TEXT("team-manager")))
		return RESULT_OK;
	civil_day day = zone_date(choosing->stage->opened.zone, row->sent);
	if (choosing->day == DAY_NONE)
		choosing->day = day;
	const struct demo_mail *mail = demo_mails_find(choosing->mails, row->message_id);
	if (day == choosing->day && mail && (!choosing->best || mail->text.length > choosing->best->text.length))
		choosing->best = mail;
	return RESULT_OK;
}

enum result demo_told_list(const struct demo_stage *stage, const struct demo_mails *mails, const char *path, struct fault *fault)
{
	struct choosing choosing = {.stage = stage, .mails = mails, .day = DAY_NONE};
	enum result result = outbox_each(stage->opened.store, TEXT_NONE, false, SIZE_MAX, choose, &choosing, fault);
	if (result == RESULT_OK && !choosing.best)
		result = fault_set(fault, RESULT_PERMANENT, "no team manager got a list");
	if (result == RESULT_OK && !choosing.best->html.length)
		result = fault_set(fault, RESULT_PERMANENT, "the list %s has no HTML part", choosing.best->name);
	if (result == RESULT_OK)
		result = demo_write_file(path, buffer_view(&choosing.best->html), fault);
	if (result != RESULT_OK)
		return result;
	struct buffer out = {0};
	buffer_format(&out, "To: %s\nSubject: %s\n\n", choosing.best->to, choosing.best->subject);
	buffer_text(&out, buffer_view(&choosing.best->text));
	cli_print(stage->cli, &out);
	return RESULT_OK;
}

/* ---- one alert, and what was refused ---- */

/* A night in custody, if there is one: the one with the most to tell. */
static enum result choose_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	int64_t *number = argument;
	(void)fault;
	if (row->told != INSTANT_NONE && (*number == 0 || text_equal(row->rule, TEXT("custody.no-bed-requested")) ))
		*number = row->number;
	return RESULT_OK;
}

enum result demo_told_explain(const struct demo_stage *stage, int64_t *number, struct fault *fault)
{
	*number = 0;
	enum result result = alerts_each(stage->opened.store, TEXT_NONE, TEXT_NONE, true, choose_alert, number, fault);
	if (result != RESULT_OK || *number == 0)
		return result;
	char which[32];
	(void)snprintf(which, sizeof which, "A-%lld", (long long)*number);
	char *operands[] = {which};
	struct cli cli = stage->reader;
	cli.command = &cli_explain;
	cli.operands = operands;
	cli.operand_count = 1;
	return cli.command->run(&cli) == CLI_FINE ? RESULT_OK
	                                          : fault_set(fault, RESULT_PERMANENT, "%s could not be explained", which);
}

void demo_told_refused(const struct demo_stage *stage)
{
	const char *values[8] = {NULL}; /* as if no option were given */
	char which[] = "list", *operands[] = {which};
	struct cli cli = stage->reader;
	cli.command = &cli_quarantine;
	cli.values = values;
	cli.operands = operands;
	cli.operand_count = 1;
	(void)cli.command->run(&cli);
}

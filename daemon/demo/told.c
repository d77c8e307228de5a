/* told: who was told what and when, the last list, one alert explained, what was refused. */
#include "demo/told.h"

#include <stdlib.h>

#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "time/words.h"

#define DAYS_MOST 64 /* the demo plays a month */

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
		return fault_set(fault, RESULT_PERMANENT,
		                 "message %lld is said to be accepted, but the mail server has not kept it",
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

/* One alert, as far as people were told of it. */
struct told {
	int64_t number;
	char id[ALERT_ID_SIZE];
	enum severity severity;
	enum alert_state state;
	int step;
	civil_day rule_from;         /* its version of the rule */
	instant told, answered;      /* answered: first; INSTANT_NONE: not */
	struct buffer subject, rule;
	struct buffer whom;          /* "Tue 3 Mar, 20:54 director; Tue 3 Mar, 21:24 dcs" */
};
struct telling {
	const struct demo_stage *stage;
	struct told *items;
	size_t count, room;
};

static enum result keep_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct telling *telling = argument;
	(void)fault;
	if (row->told == INSTANT_NONE)
		return RESULT_OK;
	struct told *told = mem_push((void **)&telling->items, &telling->count, &telling->room, sizeof *told);
	*told = (struct told){.number = row->number,
	                      .severity = row->severity,
	                      .state = row->state,
	                      .step = row->step,
	                      .rule_from = row->rule_from,
	                      .told = row->told,
	                      .answered = INSTANT_NONE};
	(void)snprintf(told->id, sizeof told->id, "%.*s", TEXT_ARG(row->id));
	buffer_text(&told->subject, row->subject);
	buffer_text(&told->rule, row->rule);
	return RESULT_OK;
}

static void put_moment(const struct demo_stage *stage, instant at, struct buffer *out)
{
	words_moment(stage->opened.zone, (struct words_moment){.at = at}, WORDS_TABLE, out);
}

/* Rows come newest first; `lines` becomes "INSTANT ROLE" a line, oldest first. */
static enum result gather_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct buffer *lines = argument, whole = {0};
	(void)fault;
	bool telling = row->kind == OUTBOX_ALERT && row->sent != INSTANT_NONE &&
	               (text_equal(row->purpose, TEXT("opened")) || text_equal(row->purpose, TEXT("escalated")));
	if (!telling)
		return RESULT_OK;
	buffer_format(&whole, "%lld %.*s\n", (long long)row->sent, TEXT_ARG(row->role));
	buffer_text(&whole, buffer_view(lines));
	buffer_free(lines);
	*lines = whole;
	return RESULT_OK;
}

/* Roles that were told in one minute share it. */
static void say_whom(const struct demo_stage *stage, const struct buffer *lines, struct buffer *out)
{
	instant last = INSTANT_NONE;
	char *end;
	for (const char *line = buffer_cstr(lines); *line; line = *end ? end + 1 : end) {
		instant sent = strtoll(line, &end, 10) / MINUTE * MINUTE;
		const char *role = end + 1;
		end += strcspn(end, "\n");
		if (sent != last) {
			buffer_string(out, out->length ? "; " : "");
			put_moment(stage, sent, out);
		}
		buffer_format(out, "%s %.*s", sent == last ? "," : "", (int)(end - role), role);
		last = sent;
	}
}

static enum result find_answer(void *argument, int64_t id, instant at, struct text what, struct text alert,
                               struct text rule, struct text subject, struct text detail_json, struct fault *fault)
{
	struct told *told = argument;
	(void)id, (void)alert, (void)rule, (void)subject, (void)detail_json, (void)fault;
	if (text_equal(what, TEXT("alert.acknowledged")) && (told->answered == INSTANT_NONE || at < told->answered))
		told->answered = at;
	return RESULT_OK;
}

static int by_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	if (x->told != y->told)
		return x->told < y->told ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static enum result gather(struct telling *telling, struct fault *fault)
{
	struct store *store = telling->stage->opened.store;
	enum result result = alerts_each(store, TEXT_NONE, TEXT_NONE, true, keep_alert, telling, fault);
	for (size_t i = 0; result == RESULT_OK && i < telling->count; i++) {
		struct told *told = &telling->items[i];
		struct buffer lines = {0};
		result = outbox_each(store, text_of(told->id), false, SIZE_MAX, gather_row, &lines, fault);
		if (result == RESULT_OK)
			result = audit_each(store, text_of(told->id), find_answer, told, fault);
		say_whom(telling->stage, &lines, &told->whom);
		buffer_free(&lines);
	}
	qsort(telling->items, telling->count, sizeof *telling->items, by_told);
	return result;
}

static void release(struct telling *telling)
{
	for (size_t i = 0; i < telling->count; i++) {
		buffer_free(&telling->items[i].subject);
		buffer_free(&telling->items[i].rule);
		buffer_free(&telling->items[i].whom);
	}
	free(telling->items);
}

/* "answered Tue 3 Mar, 21:10; still stands", "over before an answer". What is over waits for nobody. */
static void say_outcome(const struct demo_stage *stage, const struct told *told, struct buffer *out)
{
	static const char *const answered[] = {
		[ALERT_STANDING] = "; still stands", [ALERT_RESOLVED] = "; over", [ALERT_WITHDRAWN] = "; withdrawn"};
	static const char *const unanswered[] = {[ALERT_STANDING] = "not answered yet; still stands",
	                                         [ALERT_RESOLVED] = "over before an answer",
	                                         [ALERT_WITHDRAWN] = "withdrawn before an answer"};
	if (told->answered == INSTANT_NONE) {
		buffer_string(out, unanswered[told->state]);
		return;
	}
	buffer_string(out, "answered ");
	put_moment(stage, told->answered, out);
	buffer_string(out, answered[told->state]);
}

static struct text title_of(const struct demo_stage *stage, const struct told *told)
{
	const struct rule *rule =
		ruleset_find_version(stage->opened.config->rules, buffer_view(&told->rule), told->rule_from);
	return rule ? text_of(rule->title) : buffer_view(&told->rule);
}

/* All of them, a line each. */
static void print_table(const struct telling *telling, FILE *out)
{
	static const char *const titles[] = {"alert", "severity", "child", "what", "when, whom", "came of it", NULL};
	struct cli_table table = {.titles = titles};
	struct cli cli = *telling->stage->cli;
	struct buffer cell = {0};
	cli.out = out;
	for (size_t i = 0; i < telling->count; i++) {
		const struct told *told = &telling->items[i];
		buffer_format(&cell, "A-%lld", (long long)told->number);
		cli_table_add_buffer(&table, &cell);
		cli_table_add(&table, text_of(severity_name(told->severity)));
		cli_table_add(&table, buffer_view(&told->subject));
		cli_table_add(&table, title_of(telling->stage, told));
		cli_table_add(&table, told->whom.length ? buffer_view(&told->whom) : TEXT("not yet"));
		say_outcome(telling->stage, told, &cell);
		cli_table_add_buffer(&table, &cell);
	}
	buffer_free(&cell);
	cli_table_print(&cli, &table);
}

/* Two lines each, so that a terminal of 80 columns shows most of them whole. */
static void print_critical(const struct telling *telling)
{
	struct buffer out = {0};
	for (size_t i = 0; i < telling->count; i++) {
		const struct told *told = &telling->items[i];
		if (told->severity != SEVERITY_CRITICAL)
			continue;
		buffer_format(&out, "A-%lld  %s  %.*s  %.*s\n        ", (long long)told->number,
		              severity_name(told->severity), TEXT_ARG(buffer_view(&told->subject)),
		              TEXT_ARG(title_of(telling->stage, told)));
		buffer_text(&out, buffer_view(&told->whom));
		buffer_string(&out, "; ");
		say_outcome(telling->stage, told, &out);
		buffer_char(&out, '\n');
	}
	cli_print(telling->stage->cli, &out);
}

enum result demo_told_alerts(const struct demo_stage *stage, const char *path, struct fault *fault)
{
	struct telling telling = {.stage = stage};
	FILE *file = fopen(path, "we");
	enum result result =
		file ? gather(&telling, fault) : fault_set(fault, RESULT_PERMANENT, "cannot write %s", path);
	if (result == RESULT_OK)
		print_table(&telling, file);
	if (file && fclose(file) != 0 && result == RESULT_OK)
		result = fault_set(fault, RESULT_PERMANENT, "cannot write %s", path);
	if (result == RESULT_OK)
		print_critical(&telling);
	release(&telling);
	return result;
}

/* ---- the last list ---- */

struct choosing {
	const struct demo_stage *stage;
	const struct demo_mails *mails;
	const struct demo_mail *best;
	size_t most;   /* "N missing now" and the length of its text: what there is to see in it */
	civil_day day; /* of the newest list; DAY_NONE: none seen yet */
};

static size_t worth(const struct demo_mail *mail)
{
	const char *count = strstr(mail->subject, "Missing list, ");
	size_t missing = count ? strtoul(count + strlen("Missing list, "), NULL, 10) : 0;
	return (missing ? 1000000 : 0) + mail->html.length;
}

/* Newest first: those of the newest day alone. A manager's own list, one with a child missing now if there is one. */
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
	if (day != choosing->day || !mail || (choosing->best && worth(mail) <= choosing->most))
		return RESULT_OK;
	choosing->best = mail;
	choosing->most = worth(mail);
	return RESULT_OK;
}

enum result demo_told_list(const struct demo_stage *stage, const struct demo_mails *mails, const char *path,
                           struct fault *fault)
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
	if (row->told != INSTANT_NONE && (*number == 0 || text_equal(row->rule, TEXT("custody.no-bed-requested"))))
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
	return cli.command->run(&cli) == CLI_FINE
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT, "%s could not be explained", which);
}

void demo_told_refused(const struct demo_stage *stage)
{
	char which[] = "list", *operands[] = {which};
	struct cli cli = stage->reader;
	cli.command = &cli_quarantine;
	cli.operands = operands;
	cli.operand_count = 1;
	(void)cli.command->run(&cli);
}

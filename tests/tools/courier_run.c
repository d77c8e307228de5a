/* courier_run: a courier over a real store and a mail server, driven by commands on standard input; for tests/system.
 *   courier_run DATABASE PORT [tls=none|starttls|tls] [ca=FILE] [user=U] [password=FILE] [threads=N] [timeout=MS]
 *               [retry=MS] [most=MS] [together=MS] [domain=D]
 * PORT 0: shadow. Commands, one a line:
 *   event {CloudEvent}                        stores it
 *   alert ID RULE SUBJECT standing|resolved|withdrawn EVIDENCE-JSON
 *   row KIND PURPOSE ALERT|- ROLE CRITICAL(0|1) STEP DEADLINE-MS|- [PERSON] (kind: alert ops reminder warning list)
 *   run MS      the loop turns until nothing is open, or so long;   stop GRACE-MS;   crash (as kill -9)
 *   show        every row as a line of JSON, oldest first;   figures
 * Prints also "nobody ALERT STEP" for each callback. */
#include "base/log.h"
#include "base/mem.h"
#include "channel/smtp/mail.h"
#include "courier/courier.h"
#include "store/events/events.h"
#include "store/store_internal.h"
#include "text/json_write.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct person people[] = {
	{.id = "p-director",
         .addresses[CHANNEL_EMAIL] = "director@council.example",
         .order = {CHANNEL_EMAIL},
         .order_count = 1},
	{.id = "p-dcs", .addresses[CHANNEL_EMAIL] = "dcs@council.example", .order = {CHANNEL_EMAIL}, .order_count = 1},
	{.id = "p-worker",
         .worker = "W1",
         .addresses[CHANNEL_EMAIL] = "worker@council.example",
         .order = {CHANNEL_EMAIL},
         .order_count = 1},
	{.id = "p-worker2",
         .worker = "W2",
         .addresses[CHANNEL_EMAIL] = "worker2@council.example",
         .order = {CHANNEL_EMAIL},
         .order_count = 1},
	{.id = "p-manager",
         .addresses[CHANNEL_EMAIL] = "manager@council.example",
         .order = {CHANNEL_EMAIL},
         .order_count = 1},
	{.id = "p-nomail", .order = {CHANNEL_TEXT}, .order_count = 1},
	{.id = "p-ops", .addresses[CHANNEL_EMAIL] = "ops@council.example", .order = {CHANNEL_EMAIL}, .order_count = 1},
};
static struct team teams[] = {{.id = "north", .title = "North 3", .manager = "p-manager"}};
static const char *director[] = {"p-director"}, *dcs[] = {"p-dcs"}, *ops[] = {"p-ops"}, *mute[] = {"p-nomail"},
                  *both[] = {"p-director", "p-dcs"};
static struct role_title roles[] = {
        {.role = "director", .title = "Director of Children's Care", .people = director, .people_count = 1},
        {.role = "dcs", .title = "Director of Children's Services", .people = dcs, .people_count = 1},
        {.role = "heads", .title = "Heads of Service", .people = both, .people_count = 2},
        {.role = "ops", .title = "Ops", .people = ops, .people_count = 1},
        {.role = "mute", .title = "Mute", .people = mute, .people_count = 1},
        {.role = "edt", .title = "Emergency Duty Team", .out_of_hours = true},
        {.role = "named", .title = "Named", .from = ROLE_FROM_EVENT},
        {.role = "social-worker", .title = "Social worker", .from = ROLE_FROM_ALLOCATION},
        {.role = "team-manager", .title = "Team manager", .from = ROLE_FROM_MANAGER}};
static struct directory directory = {.people = people, .person_count = sizeof people / sizeof people[0],
                                     .teams = teams, .team_count = 1,
                                     .roles = roles, .role_count = sizeof roles / sizeof roles[0],
                                     .duty_phone = "01632 960123"};

struct bench {
	struct store *store;
	struct loop *loop;
	struct loop_timer *timer;
	struct courier *courier;
	struct ops *ops;
	struct event_parser *parser;
	struct ruleset *rules;
	struct calendar *calendar;
	struct clock clock;
	instant until;
};

static void die(const char *what, const struct fault *fault)
{
	(void)printf("fault %s: %s\n", what, fault->text);
	(void)fflush(stdout);
	exit(1);
}

static char *option(int count, char **words, const char *name, const char *fallback)
{
	size_t length = strlen(name);
	for (int i = 3; i < count; i++)
		if (strncmp(words[i], name, length) == 0 && words[i][length] == '=')
			return words[i] + length + 1;
	return (char *)(uintptr_t)fallback;
}

/* ---- the world ---- */

static struct calendar *london(void)
{
	struct fault fault = {""};
	FILE *file = fopen("conf/bank-holidays.json", "re");
	struct buffer json = {0};
	char bytes[65536];
	size_t length;
	if (!file)
		exit(2);
	while ((length = fread(bytes, 1, sizeof bytes, file)) > 0)
		buffer_add(&json, bytes, length);
	(void)fclose(file);
	struct zone *zone = zone_load("Europe/London", &fault);
	struct calendar *calendar = zone ? calendar_new(zone, buffer_view(&json), &fault) : NULL;
	if (!calendar)
		die("calendar", &fault);
	buffer_free(&json);
	return calendar;
}

static struct ruleset *two_rules(void)
{
	static const char *const ids[] = {"custody.threshold", "missing.vpg-referral"};
	static const char *const titles[] = {"A child in police custody qualifies for a bed",
	                                     "Missing 3 times in 30 days"};
	struct ruleset *rules = ruleset_new();
	rules->rules = arena_alloc(ruleset_arena(rules), 2 * sizeof *rules->rules);
	for (uint16_t i = 0; i < 2; i++)
		rules->rules[i] = (struct rule){.index = i,
		                                .id = ids[i],
		                                .title = titles[i],
		                                .effective_from = DAY_NONE,
		                                .effective_until = DAY_NONE,
		                                .severity = i ? SEVERITY_HIGH : SEVERITY_CRITICAL};
	rules->rule_count = 2;
	return rules;
}

static bool on_nobody(void *context, struct text alert, int step, bool others, const struct outbox_same *row)
{
	(void)context, (void)row;
	(void)printf("%s %.*s %d\n", others ? "one-less" : "nobody", TEXT_ARG(alert), step);
	return true;
}

static enum result list_of_nothing(void *context, const struct outbox_row *row, const struct payload *payload,
                                   const struct person *person, instant now, struct message *out, struct fault *fault)
{
	(void)context, (void)row, (void)payload, (void)person, (void)now, (void)fault;
	buffer_string(&out->subject, "OFFICIAL-SENSITIVE Missing list, 0 missing now");
	buffer_string(&out->text, "This is a nil return.\n");
	buffer_string(&out->html, "<p>This is a nil return.</p>\n");
	return RESULT_OK;
}

/* ---- commands ---- */

static void take_event(struct bench *bench, const char *json)
{
	struct fault fault = {""};
	struct event event;
	enum stored stored;
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(bench->calendar));
	if (event_parse(parser, text_of(json), INSTANT_NONE, &event, &fault) != RESULT_OK ||
	    store_begin(bench->store, &fault) != RESULT_OK ||
	    events_add(bench->store, &event, text_of(json), event.time, &stored, &fault) != RESULT_OK ||
	    store_commit(bench->store, &fault) != RESULT_OK)
		die("event", &fault);
	event_parser_free(parser);
}

static void take_alert(struct bench *bench, char **words, int count)
{
	struct fault fault = {""};
	int64_t number;
	if (count < 6)
		exit(2);
	const struct rule *rule = ruleset_find(bench->rules, text_of(words[2]));
	instant now = clock_now(&bench->clock);
	bool standing = strcmp(words[4], "standing") == 0;
	struct alert alert = {.rule = rule->index,
	                      .opened = now,
	                      .closed = standing ? INSTANT_NEVER : now,
	                      .told = now,
	                      .step = 1,
	                      .next = INSTANT_NEVER,
	                      .due = INSTANT_NONE,
	                      .state = standing                            ? ALERT_STANDING
	                               : strcmp(words[4], "resolved") == 0 ? ALERT_RESOLVED
	                                                                   : ALERT_WITHDRAWN};
	(void)snprintf(alert.id, sizeof alert.id, "%s", words[1]);
	struct buffer ids = {0}; /* as a version wrote them that named events by their ids */
	buffer_format(&ids, "UPDATE alert SET evidence_ids = '%s' WHERE id = '%s'", words[5], words[1]);
	if (store_begin(bench->store, &fault) != RESULT_OK ||
	    alerts_keep(bench->store, bench->rules, PARTY_NONE, text_of(words[3]), &alert, &number, &fault) !=
	            RESULT_OK ||
	    alerts_set_words(bench->store, text_of(words[1]), TEXT("because"), NULL, 0, &fault) != RESULT_OK ||
	    store_execute(bench->store, buffer_cstr(&ids), &fault) != RESULT_OK ||
	    store_commit(bench->store, &fault) != RESULT_OK)
		die("alert", &fault);
	buffer_free(&ids);
}

static enum outbox_kind kind_of(const char *word)
{
	static const char *const names[] = {"alert", "ops", "reminder", "warning", "list"};
	for (int i = 0; i < 5; i++)
		if (strcmp(names[i], word) == 0)
			return (enum outbox_kind)i;
	exit(2);
}

static enum result first_subject(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, 64, "%.*s", TEXT_ARG(row->subject));
	return RESULT_OK;
}

static enum result first_rule(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, 64, "%.*s", TEXT_ARG(row->rule));
	return RESULT_OK;
}

static void take_row(struct bench *bench, char **words, int count)
{
	struct fault fault = {""};
	int64_t id;
	char subject[64] = "", rule[64] = "daily-missing";
	if (count < 8)
		exit(2);
	bool alert = strcmp(words[3], "-") != 0;
	instant now = clock_now(&bench->clock);
	if (alert && (alerts_find(bench->store, text_of(words[3]), first_subject, subject, &fault) != RESULT_OK ||
	              alerts_find(bench->store, text_of(words[3]), first_rule, rule, &fault) != RESULT_OK))
		die("row", &fault);
	struct payload payload = PAYLOAD_EMPTY;
	payload.because = TEXT("3 in 30 days: 2 Jan, 11 Jan, 29 Jan");
	payload.answer_by = now + HOUR;
	struct buffer json = {0};
	payload_write(&payload, &json);
	struct outbox_row row = {.kind = kind_of(words[1]),
	                         .purpose = text_of(words[2]),
	                         .alert = alert ? text_of(words[3]) : TEXT_NONE,
	                         .rule = text_of(rule),
	                         .subject = text_of(subject),
	                         .role = text_of(words[4]),
	                         .critical = atoi(words[5]) != 0,
	                         .step = atoi(words[6]),
	                         .deadline = strcmp(words[7], "-") == 0 ? INSTANT_NEVER
	                                                                : now + strtoll(words[7], NULL, 10) * 1000,
	                         .person = count > 8 ? text_of(words[8]) : TEXT_NONE,
	                         .payload = buffer_view(&json),
	                         .created = now,
	                         .not_before = now};
	if (store_begin(bench->store, &fault) != RESULT_OK ||
	    outbox_add(bench->store, &row, &id, &fault) != RESULT_OK || store_commit(bench->store, &fault) != RESULT_OK)
		die("row", &fault);
	buffer_free(&json);
	courier_wake(bench->courier);
}

static enum result count_open(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)row, (void)fault;
	++*(size_t *)argument;
	return RESULT_OK;
}

static void look(void *argument)
{
	struct bench *bench = argument;
	struct fault fault = {""};
	size_t open = 0;
	instant now = clock_now(&bench->clock);
	if (outbox_each(bench->store, TEXT_NONE, true, 100000, count_open, &open, &fault) != RESULT_OK)
		die("look", &fault);
	if (open == 0 || now >= bench->until)
		loop_stop(bench->loop);
	else
		loop_timer_at(bench->timer, now + 10 * SECOND / 1000);
}

static void run(struct bench *bench, long ms)
{
	instant now = clock_now(&bench->clock);
	bench->until = now + ms * SECOND / 1000;
	loop_timer_at(bench->timer, now + SECOND / 1000);
	loop_run(bench->loop);
}

struct shown {
	struct buffer *lines;
	size_t count, room;
};

static enum result show_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct shown *shown = argument;
	(void)fault;
	struct buffer *line = mem_push((void **)&shown->lines, &shown->count, &shown->room, sizeof *line);
	*line = (struct buffer){0};
	struct json_writer json = json_writer_on(line);
	json_object(&json);
	json_put_integer(&json, "id", row->id);
	json_put_integer(&json, "kind", row->kind);
	json_put_string(&json, "state", outbox_state_name(row->state));
	json_put_text(&json, "purpose", row->purpose);
	json_put_text(&json, "alert", row->alert);
	json_put_text(&json, "rule", row->rule);
	json_put_text(&json, "role", row->role);
	json_put_text(&json, "person", row->person);
	json_put_text(&json, "address", row->address);
	json_put_text(&json, "message_id", row->message_id);
	json_put_integer(&json, "attempts", row->attempts);
	json_put_bool(&json, "possible_duplicate", row->possible_duplicate);
	json_put_text(&json, "reply", row->reply);
	json_object_end(&json);
	return RESULT_OK;
}

static void show(struct bench *bench)
{
	struct fault fault = {""};
	struct shown shown = {0};
	if (outbox_each(bench->store, TEXT_NONE, false, 100000, show_row, &shown, &fault) != RESULT_OK)
		die("show", &fault);
	for (size_t i = shown.count; i > 0; i--) {
		(void)printf("row %s\n", shown.lines[i - 1].at);
		buffer_free(&shown.lines[i - 1]);
	}
	free(shown.lines);
}

static void figures(struct bench *bench)
{
	struct courier_figures f;
	courier_figures(bench->courier, &f);
	(void)printf("figures {\"shadow\":%d,\"under_way\":%zu,\"accepted\":%" PRIu64 ",\"temporary\":%" PRIu64
	             ",\"permanent\":%" PRIu64 ",\"uncertain\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"dropped\":%" PRIu64
	             ",\"trouble\":%d,\"mail_down\":%d}\n",
	             f.shadow, f.under_way, f.accepted, f.temporary, f.permanent, f.uncertain, f.failed, f.dropped,
	             f.trouble_since != INSTANT_NONE, f.mail_down);
}

static void obey(struct bench *bench, char *line)
{
	char *words[16], *rest = NULL;
	int count = 0;
	if (strncmp(line, "event ", 6) == 0) {
		take_event(bench, line + 6);
		return;
	}
	for (char *word = strtok_r(line, " ", &rest); word && count < 16; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (!count)
		return;
	if (strcmp(words[0], "alert") == 0)
		take_alert(bench, words, count);
	else if (strcmp(words[0], "row") == 0)
		take_row(bench, words, count);
	else if (strcmp(words[0], "run") == 0)
		run(bench, strtol(words[1], NULL, 10));
	else if (strcmp(words[0], "stop") == 0)
		courier_stop(bench->courier, strtol(words[1], NULL, 10));
	else if (strcmp(words[0], "show") == 0)
		show(bench);
	else if (strcmp(words[0], "figures") == 0)
		figures(bench);
	else if (strcmp(words[0], "crash") == 0) {
		(void)fflush(stdout);
		(void)kill(getpid(), SIGKILL);
	}
	(void)printf("done %s\n", words[0]);
	(void)fflush(stdout);
}

static void set_up(struct bench *bench, int count, char **words)
{
	struct fault fault = {""};
	const char *tls = option(count, words, "tls", "none");
	schema_start();
	bench->clock = clock_real();
	bench->calendar = london();
	bench->rules = two_rules();
	bench->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(bench->calendar));
	bench->loop = loop_new(&bench->clock, &fault);
	if (!bench->loop || store_open(words[1], STORE_WRITE, &bench->store, &fault) != RESULT_OK)
		die("open", &fault);
	bench->ops = ops_new(bench->store, bench->calendar);
	events_set_parser(bench->store, bench->parser);
	bench->timer = loop_timer_new(bench->loop, look, bench);
	static struct mail_settings mail;
	static struct courier_channel channel;
	mail = (struct mail_settings){
	        .server = {.host = option(count, words, "host", "127.0.0.1"), .port = atoi(words[2]),
	                 .security = strcmp(tls, "tls") == 0        ? SMTP_IMPLICIT_TLS
	                             : strcmp(tls, "starttls") == 0 ? SMTP_STARTTLS
	                                                            : SMTP_PLAIN,
	                 .ca_file = option(count, words, "ca", NULL), .user = option(count, words, "user", NULL),
	                 .password_file = option(count, words, "password", NULL), .hello = "casewatch.example",
	                 .timeout_ms = strtoll(option(count, words, "timeout", "30000"), NULL, 10)},
	        .from = "casewatch@council.example", .from_name = "casewatch", .domain = "casewatch.example"};
	channel = (struct courier_channel){&channel_mail, &mail, atoi(option(count, words, "threads", "2"))};
	struct courier_settings settings = {.store = bench->store,
	                                    .ops = bench->ops,
	                                    .loop = bench->loop,
	                                    .clock = &bench->clock,
	                                    .directory = &directory,
	                                    .rules = bench->rules,
	                                    .calendar = bench->calendar,
	                                    .council = "Example",
	                                    .channels = &channel,
	                                    .channel_count = atoi(words[2]) ? 1 : 0,
	                                    .together = strtoll(option(count, words, "together", "1"), NULL, 10) * 1000,
	                                    .retry_first =
	                                            strtoll(option(count, words, "retry", "50"), NULL, 10) * 1000,
	                                    .retry_most = strtoll(option(count, words, "most", "500"), NULL, 10) * 1000,
	                                    .nobody = on_nobody,
	                                    .list = list_of_nothing};
	if (courier_new(&settings, &bench->courier, &fault) != RESULT_OK)
		die("courier", &fault);
}

int main(int count, char **words)
{
	struct bench bench = {0};
	static char line[65536];
	if (count < 3)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	set_up(&bench, count, words);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&bench, line);
	}
	courier_free(bench.courier);
	loop_timer_free(bench.timer);
	loop_free(bench.loop);
	ops_free(bench.ops);
	store_close(bench.store);
	event_parser_free(bench.parser);
	ruleset_free(bench.rules);
	calendar_free(bench.calendar);
	return 0;
}

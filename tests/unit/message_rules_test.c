/* Every rule of rules/ in every kind of message, over records made at random: it reads well, says nothing of another
 * key, and shows nothing of the child where others look. */
#include "message_bench.h"

#include "text/preview.h"

#define TYPES 48
#define ROUNDS 6 /* histories a rule and purpose; CASEWATCH_ROUNDS for more */

static uint64_t seed;

static unsigned chance(unsigned of)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % of;
}

/* ---- records at random ---- */

struct types {
	type_id items[TYPES];
	size_t count;
};

static void add_types(struct types *types, const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++) {
		bool known = types->count == TYPES;
		for (size_t k = 0; k < types->count; k++)
			known = known || types->items[k] == selectors->items[i].type;
		if (!known)
			types->items[types->count++] = selectors->items[i].type;
	}
}

/* All that the rule and its facts look at. */
static struct types types_of(const struct rule *rule)
{
	struct types types = {.count = 0};
	const struct selectors *const all[] = {&rule->on,    &rule->stop,      &rule->before,
	                                       &rule->moves, &rule->closes_on, &rule->ends_on};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		add_types(&types, all[i]);
	for (size_t i = 0; i < rule->fact_count; i++) {
		add_types(&types, &rule->facts[i].events);
		add_types(&types, &rule->facts[i].until);
		if (rule->facts[i].state) {
			add_types(&types, &rule->facts[i].state->from);
			add_types(&types, &rule->facts[i].state->to);
		}
	}
	return types;
}

static void add_value(const struct field *field, const char *key, struct buffer *out)
{
	static const char *const strings[] = {"Plain words", "A <b>bold</b> & \\\"quoted\\\" one",
	                                      "{{title}} **stars** # heading", "x"};
	switch (field->kind) {
	case FIELD_STRING:
		if (field->key || field->party != PARTY_NONE)
			buffer_format(out, "\"%s\"", key);
		else
			buffer_format(out, "\"%s%s\"", strings[chance(4)], strcmp(key, "K0") == 0 ? " DECOY" : "");
		break;
	case FIELD_WORD: {
		size_t count = 0;
		while (field->words[count])
			count++;
		buffer_format(out, "\"%s\"", field->words[chance((unsigned)count)]);
		break;
	}
	case FIELD_BOOL:
		buffer_string(out, chance(2) ? "true" : "false");
		break;
	case FIELD_NUMBER:
		buffer_format(out, "%u", chance(10));
		break;
	case FIELD_DATE:
		buffer_string(out, "\"2020-03-01\"");
		break;
	case FIELD_INSTANT:
		buffer_string(out, "\"2020-03-01T10:00:00Z\"");
		break;
	case FIELD_STRINGS:
		buffer_string(out, chance(3) ? "[\"social-worker\",\"team-manager\"]" : "[\"x\"]");
		break;
	case FIELD_ANY:
		buffer_string(out, "1");
		break;
	}
}

/* One record of the type under the key; of the decoy's key in 1994, with words that belong in no message. */
static struct message_event record_of(struct bench *bench, type_id id, const char *key, unsigned hour)
{
	const struct event_type *type = schema_type(id);
	struct buffer data = {0};
	char time[40], recorded[40];
	bool decoy = strcmp(key, "K0") == 0, day_only = chance(4) == 0;
	unsigned day = 1 + hour / 24 % 28;
	for (size_t i = 0; type && i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!field->required && !field->key && !field->needed_for && chance(2))
			continue;
		buffer_format(&data, "%s\"%s\":", data.length ? "," : "", field->name);
		add_value(field, key, &data);
	}
	(void)snprintf(time, sizeof time, "%d-01-%02uT%02u:%02u:00Z", decoy ? 1994 : 2020, day,
	               day_only ? 0 : hour % 24, day_only ? 0 : chance(60));
	(void)snprintf(recorded, sizeof recorded, "%d-01-%02uT23:%02u:00Z", decoy ? 1994 : 2020, day + 1 + chance(2),
	               chance(60));
	struct message_event event = happened(bench, schema_type_name(id), "C4711", time, day_only, recorded,
	                                      chance(4) == 0, data.length ? buffer_cstr(&data) : "");
	buffer_free(&data);
	return event;
}

static int by_order(const void *left, const void *right)
{
	return event_order(((const struct message_event *)left)->event, ((const struct message_event *)right)->event);
}

static bool carries_key(type_id type, uint16_t key)
{
	const struct field *field = schema_field(type, text_of(schema_name_text(key)));
	return field && field->key;
}

/* A history of the rule's own key, now and then with gaps, and before it one of another key. */
static void make_history(struct bench *bench, const struct rule *rule)
{
	struct types types = types_of(rule);
	unsigned hour = 24;
	struct message_alert *alert = &bench->alert;
	alert->history_count = alert->evidence_count = 0;
	bool of_a_key = rule->key && rule->kind != RULE_COUNT && rule->kind != RULE_LOAD;
	for (size_t i = 0; i < types.count && of_a_key && alert->history_count < EVENTS / 2 - 2; i++)
		if (carries_key(types.items[i], rule->key))
			know(bench, record_of(bench, types.items[i], "K0", hour += 5));
	for (size_t i = 0; i < types.count && alert->history_count < EVENTS; i++)
		if (chance(4) || (i == 0 && rule->on.count))
			know(bench, record_of(bench, types.items[i], "K1", hour += 1 + chance(30)));
	qsort(bench->history, alert->history_count, sizeof *bench->history, by_order);
	for (size_t i = 0; i < alert->history_count && rule->on.count; i++)
		if (bench->history[i].event->type == rule->on.items[0].type &&
		    bench->history[i].event->time > at("2019-01-01T00:00:00Z"))
			bench->evidence[alert->evidence_count++] = bench->history[i];
	alert->key_text = of_a_key ? TEXT("K1") : TEXT_NONE;
	alert->opened = alert->evidence_count ? bench->evidence[alert->evidence_count - 1].event->time
	                                      : at("2020-01-20T10:00:00Z");
}

static void make_alert(struct bench *bench, const struct rule *rule)
{
	struct message_alert *alert = &bench->alert;
	take_rule(bench, rule->id);
	bench->rule = *rule;
	make_history(bench, rule);
	alert->number = 4;
	alert->subject = TEXT("C4711");
	alert->initials = chance(3) ? TEXT("QZ") : TEXT_NONE;
	alert->age = chance(3) ? 15 : -1;
	alert->step = 1 + (int)chance(2);
	alert->answer_url = chance(4) ? "https://casewatch.council.example/a/7KQ2XP" : NULL;
	alert->told_count = 0;
	if (chance(2))
		was_told(bench, "team-manager", "email", 1, "2020-01-29T08:00:00Z");
	alert->answer.at = chance(2) ? at("2020-01-29T09:00:00Z") : INSTANT_NONE;
	alert->answer.role_title = "Team manager";
	alert->answer.role = TEXT("team-manager");
	alert->answer.action = chance(2) ? TEXT("A bed is being looked for") : TEXT_NONE;
	alert->answer.count = alert->answer.at != INSTANT_NONE;
	bool own = alert->history_count &&
	           bench->history[alert->history_count - 1].event->time > at("2019-01-01T00:00:00Z");
	alert->ended_by = chance(2) && own ? &bench->history[alert->history_count - 1] : NULL;
	bench->payload = PAYLOAD_EMPTY;
	bench->payload.cause_known = chance(4) != 0;
	bench->payload.cause = (enum effect_cause)chance(EFFECT_CAUSES);
	bench->payload.because = chance(2) ? TEXT("3 in 30 days: 2 Jan, 11 Jan, 29 Jan") : TEXT_NONE;
	bench->payload.tell[0] = TEXT("team-manager");
	bench->payload.tell_count = 1;
	bench->payload.next[0] = TEXT("head-of-service");
	bench->payload.next_count = chance(2);
	bench->payload.answer_by = chance(3) ? at("2020-02-01T00:00:00Z") : INSTANT_NEVER;
	bench->payload.at = bench->payload.caused = at("2020-01-30T07:00:00Z");
	bench->payload.old_news = chance(3) == 0;
	bench->payload.by = chance(2) ? TEXT("director") : TEXT_NONE;
	bench->directory.duty_phone = chance(5) ? "01632 960123" : NULL;
	bench->input.now = at("2020-01-30T08:00:00Z");
	tell_as(bench, "team-manager");
}

/* ---- what a message must be ---- */

static void refuse(const struct bench *bench, const char *part, const char *words)
{
	const char *at_words = strstr(part, words);
	if (!at_words)
		return;
	const char *from = at_words - part > 60 ? at_words - 60 : part;
	fail_msg("rule %s, purpose %d: \"%s\" in: %.160s", bench->rule.id, (int)bench->input.purpose, words, from);
}

static void expect_short_lines(const struct bench *bench, struct text part, size_t most)
{
	for (size_t start = 0, i = 0; i < part.length; i++) {
		if (part.at[i] != '\n')
			continue;
		if (i - start > most)
			fail_msg("rule %s: a line of %zu bytes: %.100s", bench->rule.id, i - start, part.at + start);
		start = i + 1;
	}
}

/* At 360 px a row of data has room for three columns of words. */
static void expect_few_columns(const struct bench *bench, const char *html)
{
	for (const char *row = html; (row = strstr(row, "<tr align=")); row++) {
		const char *end = strstr(row, "</tr>");
		size_t cells = 0;
		assert_non_null(end);
		for (const char *cell = row; cell && cell < end; cell++)
			cells += strncmp(cell, "<td>", 4) == 0 || strncmp(cell, "<th ", 4) == 0;
		if (cells > 3)
			fail_msg("rule %s: %zu columns in %.120s", bench->rule.id, cells, row);
	}
}

/* A label with nothing beside it, as its last column ends in a colon. */
static void expect_no_empty_fact(const struct bench *bench, const char *text)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t length = strcspn(line, "\n");
		bool fact = length > 1 && line[length - 1] == ':' && strncmp(line, "Answer", 6) != 0 &&
		            strncmp(line, "Add your", 8) != 0;
		if (fact && (length < 40 && line[length - 2] != '.'))
			fail_msg("rule %s, purpose %d: nothing beside \"%.*s\"", bench->rule.id,
			         (int)bench->input.purpose, (int)length, line);
	}
}

static void expect_no_child_in_front(const struct bench *bench)
{
	struct buffer shown = {0};
	for (int html = 0; html < 2; html++) {
		buffer_clear(&shown);
		if (html)
			preview_of_html(buffer_view(&bench->out.html), &shown);
		else
			preview_of_text(buffer_view(&bench->out.text), &shown);
		if (preview_names(buffer_view(&shown), TEXT("C4711")) || preview_names(buffer_view(&shown), TEXT("QZ")))
			fail_msg("rule %s, purpose %d: the start names the child: %s", bench->rule.id,
			         (int)bench->input.purpose, buffer_cstr(&shown));
	}
	buffer_free(&shown);
	refuse(bench, bench->out.subject.at, "C4711");
	refuse(bench, bench->out.subject.at, "QZ");
}

static void expect_good(const struct bench *bench)
{
	static const char *const never[] = {"{{",  "<td></td>", "></th>", "..",    " .",   " ,",     ",,",
	                                    ": .", "()",        "\"\"",   "DECOY", "1994", "(null)", "  ."};
	static const char *const never_in_html[] = {"<td> ", "<p></p>", "<li></li>", "<br></td>", "<br></p>"};
	const char *text = bench->out.text.at, *html = strstr(bench->out.html.at, "<body");
	assert_non_null(html);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
		if (i == 0 && strstr(text, "{{title}}")) /* said by a record */
			continue;
		refuse(bench, text, never[i]);
		if (strcmp(never[i], "\"\"") != 0)
			refuse(bench, html, never[i]);
	}
	for (size_t i = 0; i < sizeof never_in_html / sizeof *never_in_html; i++)
		refuse(bench, html, never_in_html[i]);
	assert_true(bench->out.html.length < 90 * 1024);
	expect_short_lines(bench, buffer_view(&bench->out.text), 200);
	expect_short_lines(bench, buffer_view(&bench->out.html), 998);
	expect_few_columns(bench, html);
	expect_no_empty_fact(bench, text);
	expect_no_child_in_front(bench);
}

static bool asks_nothing(enum message_purpose purpose)
{
	return purpose == MESSAGE_ANSWERED || purpose == MESSAGE_RESOLVED || purpose == MESSAGE_WITHDRAWN ||
	       purpose == MESSAGE_WARNED || purpose == MESSAGE_REVIEW_CUT;
}

static int rounds(void)
{
	const char *given = getenv("CASEWATCH_ROUNDS");
	return given ? atoi(given) : ROUNDS;
}

static void begin(void)
{
	const char *given = getenv("CASEWATCH_SEED");
	seed = given ? strtoull(given, NULL, 10) : 20200205;
	print_message("CASEWATCH_SEED=%llu\n", (unsigned long long)seed);
}

static void keep_to_look_at(const struct bench *bench, const struct rule *rule)
{
	const char *keep = getenv("CASEWATCH_KEEP");
	char path[256];
	if (!keep)
		return;
	(void)snprintf(path, sizeof path, "%s/%s.%d.html", keep, rule->id, (int)bench->input.purpose);
	FILE *stream = fopen(path, "we");
	assert_non_null(stream);
	(void)fwrite(bench->out.html.at, 1, bench->out.html.length, stream);
	fclose(stream);
}

static void every_rule_reads_well_in_every_kind_of_message(void **state)
{
	struct bench *bench = *state;
	begin();
	for (size_t i = 0; i < shipped->rule_count; i++)
		for (int purpose = 0; purpose < MESSAGE_OF_ALERTS; purpose++)
			for (int round = 0; round < rounds(); round++) {
				const struct rule *rule = &shipped->rules[i];
				if (purpose == MESSAGE_WARNED && !rule->warn_count)
					continue;
				make_alert(bench, rule);
				bench->input.purpose = (enum message_purpose)purpose;
				if (purpose == MESSAGE_RESOLVED)
					bench->alert.state = ALERT_RESOLVED;
				if (purpose == MESSAGE_WITHDRAWN)
					bench->alert.state = ALERT_WITHDRAWN;
				if (purpose == MESSAGE_ANSWERED || purpose == MESSAGE_REVIEW_CUT)
					bench->alert.answer.at = at("2020-01-29T09:00:00Z");
				bench->alert.answer.asked_for =
					purpose == MESSAGE_REVIEW_CUT ? at("2029-01-01T00:00:00Z") : INSTANT_NONE;
				bench->alert.answer.review_at =
					purpose == MESSAGE_REVIEW_CUT ? at("2020-02-20T00:00:00Z") : INSTANT_NONE;
				render(bench);
				expect_good(bench);
				if (asks_nothing(bench->input.purpose)) {
					refuse(bench, bench->out.text.at, "ANSWER BY");
					refuse(bench, bench->out.text.at, "Answer this alert");
				}
				bench->alert.state = ALERT_STANDING;
				keep_to_look_at(bench, rule);
			}
}

static void every_rule_reads_well_among_others_and_in_plain_words(void **state)
{
	struct bench *bench = *state;
	begin();
	for (size_t i = 0; i < shipped->rule_count; i++)
		for (int answered = 0; answered < 2; answered++) {
			make_alert(bench, &shipped->rules[i]);
			if (answered)
				bench->alert.answer.at = at("2020-01-29T09:00:00Z");
			struct message_alert alerts[3] = {bench->alert, bench->alert, bench->alert};
			alerts[1].state = answered ? ALERT_RESOLVED : ALERT_STANDING;
			alerts[2].restricted = true;
			bench->input.purpose = answered ? MESSAGE_ANSWERED : MESSAGE_OPENED;
			bench->input.alerts = alerts;
			bench->input.alert_count = 3;
			render(bench);
			expect_good(bench);
			message_plain(&bench->input, &bench->out);
			refuse(bench, bench->out.text.at, "DECOY");
			bench->input.alerts = &bench->alert;
			bench->input.alert_count = 1;
		}
}

static void every_rule_of_the_council_has_facts_and_a_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < shipped->rule_count; i++) {
		const struct rule *rule = &shipped->rules[i];
		if (!rule->fact_count)
			fail_msg("%s:%d: %s shows no facts", rule->file, rule->line, rule->id);
		if (rule->version == DAY_NONE)
			fail_msg("%s: has no version: nobody can say under which words %s told them", rule->file,
			         rule->id);
		if (rule->warn_count && (!rule->warning_title || !rule->warning_text))
			fail_msg("%s:%d: %s warns, and has no words for what is no alert yet", rule->file, rule->line,
			         rule->id);
		if (rule->warning_text &&
		    (strstr(rule->warning_text, "alert") || strstr(rule->warning_text, "overdue")))
			fail_msg("%s:%d: an early warning of %s speaks of an alert", rule->file, rule->line, rule->id);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(every_rule_of_the_council_has_facts_and_a_version),
		T(every_rule_reads_well_in_every_kind_of_message),
		T(every_rule_reads_well_among_others_and_in_plain_words),
	};
	return cmocka_run_group_tests_name("message_rules", tests, load_all, free_all);
}

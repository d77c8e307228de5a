/* The rows of the shipped registers, made from a child's events: what opens and closes them, and what their columns
 * hold. */
#include "register_bench.h"

static void an_episode_is_open_until_the_return(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-04T22:10:00Z",
	     "\"episode\":\"E1\",\"kind\":\"missing\",\"from\":\"home\",\"risk\":\"medium\"");
	tell(bench, "missing.risk_changed", "2020-02-04T23:00:00Z", "\"episode\":\"E1\",\"risk\":\"high\"");
	ROWS(bench, "missing_episode", "E1 02-04T22:10 - - home high", "episode", "opened", "closed", "closed_by",
	     "place", "risk");
	tell(bench, "missing.ended", "2020-02-05T06:00:00Z", "\"episode\":\"E1\"");
	ROWS(bench, "missing_episode", "E1 02-04T22:10 02-05T06:00 missing.ended", "episode", "opened", "closed",
	     "closed_by");
	ROWS(bench, "missing_episode", "0 02-05T06:01 02-05T06:01", "closed_by_date", "closed_recorded",
	     "closed_arrived");
}

static void of_a_key_said_twice_the_earliest_start_counts(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-04T22:10:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(bench, "missing.started", "2020-02-04T20:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	ROWS(bench, "missing_episode", "E1 02-04T20:00", "episode", "opened");
}

static void a_return_without_a_start_is_a_row_that_never_opened(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.ended", "2020-02-05T06:00:00Z", "\"episode\":\"E1\"");
	ROWS(bench, "missing_episode", "E1 - 02-05T06:00", "episode", "opened", "closed");
}

static void a_return_dated_before_the_start_ends_nothing(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-04T22:10:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(bench, "missing.ended", "2020-02-03T06:00:00Z", "\"episode\":\"E1\"");
	ROWS(bench, "missing_episode", "E1 - 02-03T06:00", "episode", "closed", "contradiction");
	tell(bench, "missing.ended", "2020-02-04T22:10:00Z",
	     "\"episode\":\"E1\""); /* at the very instant: it ends it */
	ROWS(bench, "missing_episode", "E1 02-04T22:10", "episode", "closed");
}

static void of_several_returns_the_earliest_that_is_known_to_have_come_holds(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-03", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(bench, "missing.ended", "2020-02-04", "\"episode\":\"E1\"");
	ROWS(bench, "missing_episode", "1 02-04T00:00 1", "opened_by_date", "closed", "closed_by_date");
	tell(bench, "missing.ended", "2020-02-04T08:11:00Z", "\"episode\":\"E1\"");
	ROWS(bench, "missing_episode", "02-04T08:11 0", "closed", "closed_by_date");
}

static void a_return_by_date_alone_may_be_of_what_began_that_day(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-04T22:10:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(bench, "missing.ended", "2020-02-04", "\"episode\":\"E1\"");
	ROWS(bench, "missing_episode", "02-04T00:00 1 -", "closed", "closed_by_date", "contradiction");
}

static void away_that_becomes_missing_counts_from_then_on(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-04T20:00:00Z", "\"episode\":\"E1\",\"kind\":\"away\"");
	ROWS(bench, "missing_episode", "02-04T20:00 - away", "opened", "missing", "kind");
	tell(bench, "missing.status_changed", "2020-02-04T23:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	ROWS(bench, "missing_episode", "02-04T20:00 02-04T23:00 missing", "opened", "missing", "kind");
	tell(bench, "missing.status_changed", "2020-02-05T01:00:00Z", "\"episode\":\"E1\",\"kind\":\"away\"");
	ROWS(bench, "missing_episode", "02-04T23:00 away - away", "missing", "kind", "closed", "started_as");
}

static void death_transfer_and_the_18th_birthday_end_an_episode(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-01T20:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(bench, "child.updated", "2020-03-04T20:00:00Z", "\"date_of_birth\":\"2002-02-06\"");
	ROWS(bench, "missing_episode", "02-06T00:00 birthday", "closed", "closed_by");
	tell(bench, "child.transferred", "2020-02-03T10:00:00Z", "\"to\":\"elsewhere\"");
	ROWS(bench, "missing_episode", "02-03T10:00 child.transferred", "closed", "closed_by");
	tell(bench, "missing.started", "2020-02-04T20:00:00Z", "\"episode\":\"E2\",\"kind\":\"missing\"");
	ROWS(bench, "missing_episode", "E1 child.transferred; E2 birthday", "episode", "closed_by");
}

static void what_could_not_be_read_is_said(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "2020-02-04T22:10:00Z",
	     "\"episode\":\"E1\",\"kind\":\"missing\",\"from\":\"the moon\",\"risk\":9");
	ROWS(bench, "missing_episode", "- 1 - 1 - -", "place", "place_unreadable", "risk", "risk_unreadable",
	     "placement", "placement_unreadable");
}

static void facts_about_a_person_are_those_said_last(void **state)
{
	struct bench *bench = *state;
	tell(bench, "child.updated", "2019-01-01T10:00:00Z",
	     "\"initials\":\"AB\",\"restricted\":false,\"date_of_birth\":\"2004-01-02\"");
	ROWS(bench, "child", "C1 AB 0 2004-01-02", "child", "initials", "restricted", "date_of_birth");
	tell(bench, "child.updated", "2019-02-01T10:00:00Z",
	     "\"restricted\":\"perhaps\",\"date_of_birth\":\"1970-01-01\"");
	ROWS(bench, "child", "AB 1 2004-01-02", "initials", "restricted",
	     "date_of_birth"); /* fails closed; a placeholder */
	tell(bench, "child.updated", "2019-03-01T10:00:00Z", "\"date_of_birth\":\"2004-01-03\"");
	ROWS(bench, "child", "2004-01-03", "date_of_birth");
}

static void whoever_is_no_child_has_no_row(void **state)
{
	struct bench *bench = *state;
	tell(bench, "source.complete", "2019-01-01T10:00:00Z", "\"up_to\":\"2019-01-01T10:00:00Z\"");
	ROWS(bench, "child", "", "child");
}

static void a_worker_who_comes_back_has_a_second_row(void **state)
{
	struct bench *bench = *state;
	static const char north[] = "\"role\":\"social-worker\",\"worker\":\"W1\",\"team\":\"north\"";
	static const char south[] = "\"role\":\"social-worker\",\"worker\":\"W1\",\"team\":\"south\"";
	tell(bench, "allocation.started", "2019-01-01T09:00:00Z", north);
	tell(bench, "allocation.ended", "2019-02-01", "\"role\":\"social-worker\",\"worker\":\"W1\"");
	ROWS(bench, "allocation", "01-01T09:00 02-01T00:00 north", "opened", "closed", "team");
	tell(bench, "allocation.started", "2019-02-01T09:00:00Z", south); /* the end by date is of what ran before */
	ROWS(bench, "allocation", "01-01T09:00 02-01T00:00 north; 02-01T09:00 - south", "opened", "closed", "team");
	tell(bench, "child.transferred", "2019-03-01T10:00:00Z", "\"to\":\"elsewhere\"");
	tell(bench, "allocation.started", "2019-04-01T09:00:00Z", north);
	ROWS(bench, "allocation", "north; south; north", "team");
	ROWS(bench, "allocation", "allocation.ended; child.transferred; -", "closed_by");
}

static void an_end_by_date_ends_what_began_on_it_only_if_nothing_ran_before(void **state)
{
	struct bench *bench = *state;
	static const char one[] = "\"role\":\"social-worker\",\"worker\":\"W1\"";
	tell(bench, "allocation.ended", "2019-02-01", one);
	tell(bench, "allocation.started", "2019-02-01T09:00:00Z", one);
	ROWS(bench, "allocation", "02-01T09:00 02-01T00:00", "opened", "closed");
}

/* Whatever order they are handed in, the rows are the same. */
static void the_order_of_arrival_says_nothing(void **state)
{
	struct bench *bench = *state;
	struct buffer wanted = {0};
	static const char *const columns[] = {"episode", "opened", "closed", "closed_by",
	                                      "missing", "risk",   "held",   NULL};
	static const char *const times[] = {"2020-02-01T10:00:00Z", "2020-02-01", "2020-02-02T10:00:00Z", "2020-02-02",
	                                    "2020-02-03T01:00:00Z"};
	static const char *const types[] = {"missing.started", "missing.ended", "missing.status_changed",
	                                    "rhi.completed", "child.transferred"};
	unsigned seed = 20200119;
	for (int i = 0; i < 20; i++) {
		char data[96];
		seed = seed * 1103515245u + 12345u;
		(void)snprintf(data, sizeof data, "\"episode\":\"E%u\",\"kind\":\"%s\",\"to\":\"x\"", (seed >> 8) % 4,
		               (seed >> 16) % 2 ? "missing" : "away");
		tell(bench, types[(seed >> 20) % 5], times[(seed >> 12) % 5], data);
	}
	for (int round = 0; round < 50; round++) {
		bench->columns = columns;
		see_rows(bench, "missing_episode", 1 + round);
		if (!round)
			buffer_text(&wanted, buffer_view(&bench->seen));
		assert_string_equal(buffer_cstr(&bench->seen), buffer_cstr(&wanted));
		for (size_t i = bench->count; i-- > 1;) {
			seed = seed * 1103515245u + 12345u;
			struct register_event moved = bench->told[i];
			size_t with = (seed >> 8) % (i + 1);
			bench->told[i] = bench->told[with];
			bench->told[with] = moved;
		}
	}
	assert_true(wanted.length > 20);
	buffer_free(&wanted);
}

/* ---- what it reads ---- */

/* Every row with every field. */
static void see_all(struct bench *bench, const struct register_def *def, struct register_event *events, size_t count,
                    struct buffer *out)
{
	int64_t left = INT64_MAX;
	struct register_reckoning *reckoning =
		register_reckoning_new(def, london, TEXT("C1"), events, count, bench->scratch);
	const struct register_value *row;
	assert_true(register_reckon(reckoning, &left));
	buffer_clear(out);
	while ((row = register_reckoned_row(reckoning)) != NULL) {
		for (size_t i = 0; i < def->field_count; i++) {
			print_value(&def->fields[i], &row[i], out);
			buffer_char(out, ' ');
		}
		buffer_char(out, '\n');
	}
	register_reckoning_free(reckoning);
}

/* Of those that only say that this is a child, the first. */
static size_t choose(const struct bench *bench, const struct register_types *types, size_t at,
                     struct register_event *chosen, uint8_t *what)
{
	size_t count = 0;
	*what = 0;
	for (size_t i = 0; i < bench->count; i++) {
		uint8_t is = register_types_of(types, bench->told[i].event->type)[at];
		if ((is & REGISTER_READS) || (is && !(*what & REGISTER_KNOWS)))
			chosen[count++] = bench->told[i];
		*what |= is;
	}
	return count;
}

static unsigned draw(unsigned *seed, unsigned limit)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 12) % limit;
}

static void fill(struct bench *bench, struct event *event, uint16_t name, unsigned *seed)
{
	static const char *const words[] = {"A", "B", "missing"};
	static const char *const births[] = {"2002-01-05", "1850-01-01"};
	bool birth = strcmp(schema_name_text(name), "date_of_birth") == 0;
	for (size_t i = 0; i < event->field_count; i++)
		if (event->fields[i].name == name)
			return;
	struct event_field *fields = arena_alloc(bench->arena, (event->field_count + 1) * sizeof *fields);
	if (event->field_count)
		memcpy(fields, event->fields, event->field_count * sizeof *fields);
	struct text word = text_of(birth ? births[draw(seed, 2)] : words[draw(seed, 3)]);
	fields[event->field_count++] = (struct event_field){name, {.kind = VALUE_STRING, .string = word}};
	event->fields = fields;
}

/* An event of any type that is something to some register, which says something in every field that one reads. */
static void tell_any(struct bench *bench, const struct ruleset *rules, const struct register_types *types,
                     unsigned *seed)
{
	struct event *event = &bench->events[bench->count];
	char id[16];
	*event = (struct event){.source = TEXT("lcs"), .subject = TEXT("C1"), .recorded = INSTANT_NONE};
	(void)snprintf(id, sizeof id, "e%zu", bench->count);
	event->id = text_keep(bench->arena, text_of(id));
	event->time = (1577836800 + (instant)draw(seed, 200) * 3600) * SECOND;
	event->day_precision = event->time % (24 * HOUR) == 0;
	for (bool something = false; !something;) {
		event->type = (type_id)draw(seed, SCHEMA_NAMES_MAX);
		for (size_t i = 0; i < rules->register_count; i++)
			something = something || register_types_of(types, event->type)[i];
	}
	for (size_t i = 0; i < rules->register_count; i++) {
		const struct register_def *def = &rules->registers[i];
		for (size_t k = 0; k < REGISTER_KEYS && def->keys[k]; k++)
			fill(bench, event, def->keys[k], seed);
		for (size_t c = 0; c < def->column_count; c++) {
			if (def->columns[c].field)
				fill(bench, event, def->columns[c].field, seed);
			for (size_t k = 0; k < REGISTER_KEYS && def->columns[c].keys[k]; k++)
				fill(bench, event, def->columns[c].keys[k], seed);
		}
	}
	bench->told[bench->count++] = (struct register_event){event, event->time + MINUTE};
}

static size_t compare_with_all(struct bench *bench, const struct ruleset *rules, size_t *none, size_t *left_out)
{
	struct register_types *types = register_types_new(rules);
	struct register_event chosen[MANY];
	struct buffer wanted = {0}, seen = {0};
	size_t rows = 0;
	unsigned seed = 20261130;
	for (int round = 0; round < 200; round++) {
		bench->count = 0;
		arena_reset(bench->arena);
		for (int i = 0; i < 1 + round / 5; i++)
			tell_any(bench, rules, types, &seed);
		for (size_t at = 0; at < rules->register_count; at++) {
			uint8_t what;
			arena_reset(bench->scratch);
			size_t count = choose(bench, types, at, chosen, &what);
			see_all(bench, &rules->registers[at], bench->told, bench->count, &wanted);
			see_all(bench, &rules->registers[at], chosen, count, &seen);
			assert_string_equal(buffer_cstr(&seen), buffer_cstr(&wanted));
			if (!(what & REGISTER_MAKES))
				assert_int_equal(wanted.length, 0);
			rows += wanted.length > 0;
			*none += !(what & REGISTER_MAKES);
			*left_out += bench->count - count;
		}
	}
	buffer_free(&wanted);
	buffer_free(&seen);
	register_types_free(types);
	return rows;
}

static void its_rows_are_the_same_from_those_events_alone_that_are_something_to_it(void **state)
{
	static const char with_a_state[] =
		"rules:\n  - {id: x, title: x, basis: x, severity: high, event: {event: missing.ended}, tell: [{role: "
		"director}], message: m}\n"
		"registers:\n  - {id: a, title: x, about: y, key: case, opens: assessment.started, columns: {since: "
		"{title: t, open: {from: cp.started, to: cp.ended, key: plan}}}}\n"
		"  - {id: b, title: x, about: y, key: plan, opens: cp.ended}\n";
	struct bench *bench = *state;
	struct config_faults faults = {0};
	struct ruleset *other = rules_load_text("r.yaml", text_of(with_a_state), &faults);
	size_t none = 0, left_out = 0;
	for (size_t i = 0; i < faults.count; i++)
		fail_msg("%s", faults.items[i].text);
	size_t rows = compare_with_all(bench, shipped, &none, &left_out);
	assert_true(rows > 500 && none > 500 && left_out > 5000);
	rows = compare_with_all(bench, other, &none, &left_out);
	assert_true(rows > 50);
	ruleset_free(other);
}

/* ---- a child with thousands ---- */

typedef void story(struct bench *bench, int number, const char *time);

static void a_plan_without_a_key(struct bench *bench, int number, const char *time)
{
	tell(bench, number % 2 ? "cp.ended" : "cp.started", time,
	     number % 2 ? "\"plan\":null" : "\"category\":\"neglect\"");
}

static void plans_that_end_together(struct bench *bench, int number, const char *time)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"plan\":\"P%d\",\"category\":\"neglect\"", number);
	tell(bench, number % 2 ? "cp.ended" : "cp.started", time, number % 2 ? "\"plan\":null" : data);
}

static void episodes_and_transfers(struct bench *bench, int number, const char *time)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"episode\":\"E%d\",\"kind\":\"missing\"", number);
	tell(bench, number % 2 ? "child.transferred" : "missing.started", time, number % 2 ? "\"to\":\"x\"" : data);
}

static uint64_t looks_at(struct bench *bench, const char *id, story *say, int count)
{
	bench->count = 0;
	for (int i = count; i-- > 0;) { /* the latest comes first */
		char time[32];
		instant_print((1500000000 + (instant)i * 60) * SECOND, time);
		say(bench, i, time);
	}
	int64_t left = INT64_MAX;
	struct register_reckoning *reckoning =
		register_reckoning_new(find(id), london, TEXT("C1"), bench->told, bench->count, bench->scratch);
	assert_true(register_reckon(reckoning, &left));
	register_reckoning_free(reckoning);
	return (uint64_t)(INT64_MAX - left);
}

static void twice_as_many_are_twice_the_work(struct bench *bench, const char *id, story *say)
{
	uint64_t once = looks_at(bench, id, say, MANY / 2), twice = looks_at(bench, id, say, MANY);
	print_message("%s: %.1f looks an event, %.1f of twice as many\n", id, (double)once / (MANY / 2),
	              (double)twice / MANY);
	assert_true(twice * 10 <= once * 22);
}

static void however_often_a_plan_begins_and_ends_each_costs_the_same(void **state)
{
	struct bench *bench = *state;
	twice_as_many_are_twice_the_work(bench, "cp", a_plan_without_a_key);
	twice_as_many_are_twice_the_work(bench, "cp", plans_that_end_together);
	twice_as_many_are_twice_the_work(bench, "missing_episode", episodes_and_transfers);
}

/* Each is a row of its own, also of one key, and where two say their time alike: what a row holds is of its own event.
 */
static void each_event_is_a_row_where_the_register_says_so(void **state)
{
	struct bench *bench = *state;
	tell(bench, "indicator.reported", "2020-03-01T10:00:00Z",
	     "\"indicator\":\"I\",\"value\":7,\"target\":9,\"better\":\"higher\"");
	tell(bench, "indicator.reported", "2020-03-01T10:00:00Z",
	     "\"indicator\":\"I\",\"value\":8,\"target\":9,\"better\":\"higher\"");
	tell(bench, "indicator.reported", "2020-02-01T10:00:00Z",
	     "\"indicator\":\"I\",\"value\":5,\"target\":6,\"better\":\"higher\"");
	ROWS(bench, "indicator", "I 02-01T10:00 - 5 6; I 03-01T10:00 - 7 9; I 03-01T10:00 - 8 9", "indicator", "opened",
	     "closed", "value", "target");
	tell(bench, "permanence.planned", "2020-03-02T10:00:00Z", "");
	tell(bench, "permanence.planned", "2020-03-03", "");
	ROWS(bench, "permanence_plan", "03-02T10:00 0; 03-03T00:00 1", "opened", "opened_by_date");
	tell(bench, "child.died", "2020-03-04T10:00:00Z", ""); /* what has no end of its own ends with the child */
	ROWS(bench, "permanence_plan", "03-02T10:00 03-04T10:00 child.died; 03-03T00:00 03-04T10:00 child.died",
	     "opened", "closed", "closed_by");
}

static void expect_fault(const char *yaml, const char *wanted)
{
	struct config_faults faults = {0};
	struct ruleset *ruleset = rules_load_text("r.yaml", text_of(yaml), &faults);
	struct buffer said = {0};
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(&said, "%d:%d: %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	if (!strstr(buffer_cstr(&said), wanted))
		fail_msg("wanted: %s\nsaid:\n%s", wanted, buffer_cstr(&said));
	buffer_free(&said);
	config_faults_free(&faults);
	ruleset_free(ruleset);
}

static void a_slip_in_a_declaration_is_said_with_its_place(void **state)
{
	(void)state;
	expect_fault("registers:\n  - {id: Wrong, title: x, about: y}\n", "2:10: id is a name in SQL");
	expect_fault("registers:\n  - {id: a, title: x, about: y, opens: missing.started}\n",
	             "2:5: a register whose rows are opened");
	expect_fault("registers:\n  - {id: a, title: x, about: y, key: epsode, opens: missing.started}\n",
	             "no field \"epsode\"");
	expect_fault("registers:\n  - {id: a, title: x, about: y, key: episode, opens: missing.started, columns: "
	             "{opened: {title: t, count: missing.ended}}}\n",
	             "every register has a column \"opened\"");
	expect_fault("registers:\n  - {id: a, title: x, about: y, columns: {n: {title: t, last: missing.ended, field: "
	             "rsk}}}\n",
	             "none of these events has a field \"rsk\"");
	expect_fault("registers:\n  - {id: a, title: x, about: y, columns: {n: {title: t, count: {event: "
	             "missing.ended, where: age > 3}}}}\n",
	             "a register's where may read data.* alone");
	expect_fault("registers:\n  - {id: a, title: x, about: y, columns: {n: {title: t, alert: no.such}}}\n",
	             "there is no rule \"no.such\"");
	expect_fault("registers:\n  - {id: a, title: x, about: y}\n  - {id: a, title: x, about: y}\n",
	             "register \"a\" stands already in r.yaml, line 2");
}

int main(void)
{
#define S(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		S(an_episode_is_open_until_the_return),
		S(of_a_key_said_twice_the_earliest_start_counts),
		S(a_return_without_a_start_is_a_row_that_never_opened),
		S(a_return_dated_before_the_start_ends_nothing),
		S(of_several_returns_the_earliest_that_is_known_to_have_come_holds),
		S(a_return_by_date_alone_may_be_of_what_began_that_day),
		S(away_that_becomes_missing_counts_from_then_on),
		S(death_transfer_and_the_18th_birthday_end_an_episode),
		S(what_could_not_be_read_is_said),
		S(facts_about_a_person_are_those_said_last),
		S(whoever_is_no_child_has_no_row),
		S(a_worker_who_comes_back_has_a_second_row),
		S(an_end_by_date_ends_what_began_on_it_only_if_nothing_ran_before),
		S(the_order_of_arrival_says_nothing),
		S(its_rows_are_the_same_from_those_events_alone_that_are_something_to_it),
		S(however_often_a_plan_begins_and_ends_each_costs_the_same),
		S(each_event_is_a_row_where_the_register_says_so),
		cmocka_unit_test(a_slip_in_a_declaration_is_said_with_its_place),
	};
	return cmocka_run_group_tests_name("register", tests, load_all, free_all);
}

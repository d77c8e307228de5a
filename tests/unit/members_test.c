/* Three machines of a cell live through hours in which they are killed, stand still, hand over, hear late whom the
 * group names, and whose records come late or never into the journal. Whatever happened: nothing goes twice without a
 * mark, nothing is lost, and the same stands on all of them, by the same names.
 * ROUNDS=N  so many hours (a few by default);  SEED=N  the first of them */
#include "members_world.h"
#include "rounds.h"

#define HOURS rounds_of(6, 1)
#define ROUNDS_AN_HOUR 900
#define FOUND_WITHIN 12 /* hours, what was left out */
#define SETTLE 40       /* tries, once nothing fails any more */

/* ---- what happens ---- */

static void hear(const char *type, uint64_t child, const char *data)
{
	struct buffer json = {0};
	char time[32];
	instant_print(members->hands.now - (instant)draw(3) * SECOND, time);
	buffer_format(
		&json,
		"{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"lcs\",\"type\":\"%s\",\"subject\":\"C%llu\","
		"\"time\":\"%s\",\"data\":{%s}}",
		members->log_count, type, (unsigned long long)child, time, data);
	struct logged *one = mem_push((void **)&members->log, &members->log_count, &members->log_room, sizeof *one);
	*one = (struct logged){mem_copy_text(json.at, json.length), members->hands.now};
	buffer_free(&json);
}

static void something_happens(void)
{
	char data[80];
	uint64_t child = 1 + draw(12);
	if (draw(3) && members->custodies) {
		(void)snprintf(data, sizeof data, "\"custody\":\"K%llu\"",
		               (unsigned long long)(1 + draw(members->custodies)));
		hear(draw(2) ? "custody.charged_bail_refused" : "custody.threshold_met", child, data);
		return;
	}
	if (draw(2)) {
		(void)snprintf(data, sizeof data, "\"custody\":\"K%llu\"", (unsigned long long)++members->custodies);
		hear("custody.threshold_met", child, data);
		return;
	}
	(void)snprintf(data, sizeof data, "\"episode\":\"E%llu\",\"kind\":\"missing\"", (unsigned long long)child);
	hear(draw(2) ? "missing.started" : "missing.ended", child, data);
}

static void something_fails(void)
{
	struct machine *machine = &members->machines[draw(MACHINES)];
	instant now = members->hands.elapsed;
	if (!machine->runs) {
		begin(machine);
		return;
	}
	if (now < machine->frozen_until)
		return;
	switch (draw(3)) {
	case 0:
		die(machine);
		bury(machine);
		break;
	case 1:
		machine->frozen_until = now + (instant)draw(12 * SECOND);
		members->freezes++;
		break;
	default: /* what `casewatch move` comes to: it sits behind all others */
		machine->seat = ++members->seats;
		members->moves++;
	}
}

static instant some_time(void)
{
	uint64_t how = draw(100);
	return how < 70   ? (instant)draw(20000)
	       : how < 90 ? (instant)draw(SECOND)
	       : how < 98 ? (instant)draw(20 * SECOND)
	                  : (instant)draw(10 * MINUTE);
}

static void one_round(instant span)
{
	members->hands.now += span;
	members->hands.elapsed += span;
	deliver_records();
	group_turn();
	for (size_t i = 0; i < MACHINES; i++)
		turn_machine(&members->machines[i]);
}

/* ---- what must be ---- */

static void put_rows(struct machine *machine, const char *sql, struct buffer *out)
{
	sqlite3_stmt *statement = NULL;
	assert_int_equal(sqlite3_prepare_v2(machine->store->database, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(statement); i++)
			buffer_format(out, "%s|", (const char *)sqlite3_column_text(statement, i));
		buffer_char(out, '\n');
	}
	(void)sqlite3_finalize(statement);
}

static int64_t one_number(struct machine *machine, const char *sql)
{
	struct buffer out = {0};
	put_rows(machine, sql, &out);
	int64_t number = strtoll(buffer_cstr(&out), NULL, 10);
	buffer_free(&out);
	return number;
}

/* As tests/system/cell_kit.py asks: of operations each has its own. */
static const char *const stands[] = {
	"SELECT alert.id, rule, name, state, opened, closed, told, step, next, acknowledged, early FROM alert"
	" JOIN history ON history.id = alert.history ORDER BY alert.id",
	"SELECT name, time, arrived, flags FROM event JOIN history ON history.id = event.history"
	" ORDER BY name, time, arrived",
	"SELECT hex(same) FROM outbox WHERE kind <> 1 ORDER BY 1",
};

static bool all_run(void)
{
	for (size_t i = 0; i < MACHINES; i++)
		if (!members->machines[i].runs || members->hands.elapsed < members->machines[i].frozen_until)
			return false;
	return true;
}

static void say_difference(size_t machine, struct buffer *first, struct buffer *other)
{
	struct text one = buffer_view(first), two = buffer_view(other), line, its;
	size_t at = 0;
	while (at < one.length && at < two.length && one.at[at] == two.at[at])
		at++;
	while (at && one.at[at - 1] != '\n')
		at--;
	line = (struct text){one.at + at, one.length - at};
	its = (struct text){two.at + at, two.length - at};
	line.length = line.length > 150 ? 150 : line.length;
	its.length = its.length > 150 ? 150 : its.length;
	must_not("machine %zu has \"%.*s\", where machine 0 has \"%.*s\"", machine, TEXT_ARG(its), TEXT_ARG(line));
}

/* At one place of the log and one time. */
static void must_be_equal(void)
{
	for (size_t k = 0; k < sizeof stands / sizeof stands[0]; k++) {
		struct buffer first = {0};
		put_rows(&members->machines[0], stands[k], &first);
		for (size_t i = 1; i < MACHINES; i++) {
			struct buffer other = {0};
			put_rows(&members->machines[i], stands[k], &other);
			if (!text_equal(buffer_view(&first), buffer_view(&other)))
				say_difference(i, &first, &other);
			buffer_free(&other);
		}
		buffer_free(&first);
	}
}

static bool all_have_read(void)
{
	for (size_t i = 0; i < MACHINES; i++)
		if (members->machines[i].taken != members->log_count)
			return false;
	return true;
}

static void compare_where_they_can_be(void)
{
	if (!all_run())
		return;
	for (int i = 0; i < 200 && !all_have_read(); i++)
		for (size_t k = 0; k < MACHINES && members->machines[k].runs; k++)
			turn_machine(&members->machines[k]);
	if (all_run() && all_have_read())
		must_be_equal();
}

/* Nothing of it was begun, as whoever announced it says. */
static bool came_to_nothing(size_t intent)
{
	const struct journal_record *of = &members->journal[intent];
	for (size_t i = intent + 1; i < members->journal_count; i++) {
		const struct journal_record *record = &members->journal[i];
		if (record->kind == JOURNAL_RESULT && record->nonce == of->nonce && record->attempt == of->attempt &&
		    journal_row_equal(&record->row, &of->row))
			return record->what == JOURNAL_NOT_TAKEN || record->what == JOURNAL_NOT_STARTED;
	}
	return false;
}

static bool was_in_a_mail(const struct journal_row *message)
{
	char name[OUTBOX_NAME_SIZE], reference[OUTBOX_NAME_SIZE + 8];
	const struct outbox_row row = {.same = same_of(message)};
	outbox_message_name(members->machines[0].store, &row, name);
	(void)snprintf(reference, sizeof reference, "<%s@c>", name);
	return may_be_there(text_of(reference));
}

/* A machine that had named it for a message of which nothing began keeps that name on record. */
static bool went_by_another_name(const struct outbox_same *row)
{
	for (size_t i = 0; i < members->journal_count; i++) {
		const struct journal_record *record = &members->journal[i];
		if (record->kind == JOURNAL_INTENT && memcmp(record->row.at, row->at, sizeof row->at) == 0 &&
		    !came_to_nothing(i) && was_in_a_mail(&record->message))
			return true;
	}
	return false;
}

static enum result see_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)fault;
	(void)argument;
	if (row->kind != OUTBOX_OPS && (row->state == OUTBOX_ACCEPTED || row->state == OUTBOX_DELIVERED) &&
	    row->message_id.length && !may_be_there(row->message_id) && !went_by_another_name(&row->same))
		must_not("a machine believes that %.*s went, and nobody has it", TEXT_ARG(row->message_id));
	return RESULT_OK;
}

/* Of each message that is due the machine knows that it went (7: and is asked whether it arrived), or is not to go.
 * `says`: which waits. */
static bool nothing_waits(struct machine *machine, bool says)
{
	char sql[280];
	struct buffer row = {0};
	(void)snprintf(
		sql, sizeof sql,
		"SELECT id, state, purpose, rule, role, step, not_before - %lld, possible_duplicate, reply FROM outbox"
		" WHERE kind <> 1 AND open = 1 AND state <> 7 AND (critical = 1 OR not_before < %lld) ORDER BY "
		"not_before LIMIT 1",
		(long long)members->hands.now, (long long)members->hands.now);
	put_rows(machine, sql, &row);
	bool rests = row.length == 0;
	if (!rests && says)
		must_not("on machine %zu a message waits for ever: %s", machine->number, buffer_cstr(&row));
	buffer_free(&row);
	return rests;
}

static struct machine *owner(void)
{
	struct machine *found = NULL;
	for (size_t i = 0; i < MACHINES; i++)
		if (ownership_owns(members->machines[i].own))
			found = &members->machines[i];
	return found;
}

/* Until one owns and has told all that is due. */
static struct machine *rest(void)
{
	for (int i = 0; i < SETTLE && !members->why[0]; i++) {
		one_round(some_time());
		for (int k = 0; k < 100; k++) /* long enough for what was in doubt */
			one_round((instant)draw(SECOND / 5));
		if (all_have_read() && owner() && nothing_waits(owner(), false))
			return owner();
	}
	if (owner())
		(void)nothing_waits(owner(), true);
	else
		must_not("nobody owns");
	return NULL;
}

/* What its sender knows to be taken, and died before it could say so, waits on the others until they own, and goes
 * then, marked: so each of them does in turn. */
static void settle(void)
{
	members->calm = true;
	for (size_t i = 0; i < MACHINES; i++) {
		members->machines[i].frozen_until = INSTANT_NONE;
		if (!members->machines[i].runs)
			begin(&members->machines[i]);
	}
	for (size_t i = 0; i <= MACHINES; i++) {
		struct machine *rested = rest();
		if (!rested)
			return;
		rested->seat = ++members->seats;
	}
	/* What it heard of a row before it had the row, a machine finds when it looks at the row again. */
	bool all = false;
	for (int i = 0; i < SETTLE && !all && rest(); i++) {
		all = true;
		for (size_t k = 0; k < MACHINES; k++)
			all = all && nothing_waits(&members->machines[k], false);
	}
	for (size_t i = 0; i < MACHINES && !all; i++)
		(void)nothing_waits(&members->machines[i], true);
	must_be_equal();
	for (size_t i = 0; i < MACHINES; i++)
		OK(outbox_each(members->machines[i].store, TEXT_NONE, false, SIZE_MAX, see_row, NULL, fault));
	int64_t untold = one_number(
		&members->machines[0],
		"SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0 AND early = 0 AND NOT EXISTS"
		" (SELECT 1 FROM outbox o WHERE o.number = alert.number AND o.purpose = 'opened' AND o.state IN (2, "
		"3))");
	if (untold)
		must_not("%lld alerts were told to nobody", (long long)untold);
}

/* ---- an hour ---- */

static void silent(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

static void members_begin(uint64_t seed, enum left_out left_out, struct config *config)
{
	const char *why;
	members = MEM_NEW(struct members);
	members->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	members->left_out = left_out;
	members->config = config;
	(void)snprintf(members->folder, sizeof members->folder, "%s/members_test.XXXXXX",
	               access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(members->folder));
	assert_true(instant_parse(TEXT("2026-02-05T09:30:00Z"), &members->hands.now, &why));
	members->hands.elapsed = 1000 * SECOND;
	members->clock = clock_two_hands(&members->hands);
	for (size_t i = 0; i < MACHINES; i++) {
		members->machines[i].number = i;
		begin(&members->machines[i]);
	}
}

static void members_end(void)
{
	char path[128];
	for (size_t i = 0; i < MACHINES; i++) {
		if (members->machines[i].runs)
			bury(&members->machines[i]);
		path_of(&members->machines[i], members->machines[i].lives + 1, path, sizeof path);
		remove_files(path);
	}
	(void)rmdir(members->folder);
	for (size_t i = 0; i < members->log_count; i++)
		free(members->log[i].bytes);
	for (size_t i = 0; i < members->mail_count; i++)
		free(members->mails[i].reference);
	free(members->log);
	free(members->journal);
	free(members->under_way);
	free(members->mails);
	free(members);
	members = NULL;
}

struct lived {
	size_t kills, freezes, moves, owners, mails, marked, events;
	char why[512];
};

static struct lived live(uint64_t seed, enum left_out left_out, struct config *config)
{
	members_begin(seed, left_out, config);
	for (int i = 0; i < ROUNDS_AN_HOUR && !members->why[0]; i++) {
		if (draw(12) == 0)
			something_happens();
		if (draw(25) == 0)
			something_fails();
		one_round(some_time());
		if (i % 50 == 49)
			compare_where_they_can_be();
	}
	if (!members->why[0])
		settle();
	struct lived lived = {.kills = members->kills,
	                      .freezes = members->freezes,
	                      .moves = members->moves,
	                      .owners = members->owners,
	                      .mails = members->mail_count,
	                      .marked = members->marked,
	                      .events = members->log_count};
	memcpy(lived.why, members->why, sizeof lived.why);
	members_end();
	return lived;
}

static struct config *load(void)
{
	struct config_faults faults = {0};
	struct config *config = config_load("conf/casewatchd.yaml", NULL, &faults);
	if (!config)
		fail_msg("%s:%d: %s", faults.items[0].file, faults.items[0].line, faults.items[0].text);
	config_faults_free(&faults);
	return config;
}

static uint64_t first_seed(void)
{
	const char *given = getenv("SEED");
	return given ? strtoull(given, NULL, 10) : 1;
}

/* Hours in which something was once found. */
static const uint64_t found[] = {23, 28, 35, 41, 45};

static void nothing_is_lost_nothing_goes_twice_unmarked_and_all_machines_hold_the_same(void **state)
{
	const char *given = getenv("ROUNDS");
	int hours = given ? atoi(given) : HOURS;
	struct lived all = {.kills = 0};
	(void)state;
	struct config *config = load();
	int all_of_them = hours + (given ? 0 : (int)(sizeof found / sizeof found[0]));
	for (int i = 0; i < all_of_them; i++) {
		uint64_t seed = i < hours ? first_seed() + (uint64_t)i : found[i - hours];
		struct lived one = live(seed, ALL_IS_THERE, config);
		if (one.why[0])
			fail_msg("SEED=%llu: %s", (unsigned long long)seed, one.why);
		all.kills += one.kills;
		all.freezes += one.freezes;
		all.moves += one.moves;
		all.owners += one.owners;
		all.mails += one.mails;
		all.marked += one.marked;
		all.events += one.events;
	}
	print_message(
		"%d hours: %zu events, %zu mails, %zu of them marked; %zu kills, %zu freezes, %zu moves, %zu owners\n",
		all_of_them, all.events, all.mails, all.marked, all.kills, all.freezes, all.moves, all.owners);
	assert_true(all.kills && all.freezes && all.moves && all.marked && all.mails > all.events / 4);
	assert_true(all.owners > (size_t)hours * MACHINES);
	config_free(config);
}

/* Else the sentence above would hold of anything. */
static void each_part_that_is_left_out_is_found(void **state)
{
	(void)state;
	struct config *config = load();
	for (enum left_out left_out = SENDS_UNASKED; left_out < LEFT_OUT; left_out++) {
		struct lived one = {.kills = 0};
		uint64_t tried = 0;
		while (!one.why[0] && tried < FOUND_WITHIN)
			one = live(first_seed() + tried++, left_out, config);
		if (!one.why[0])
			fail_msg("part %d is left out, and nothing was found", (int)left_out);
		print_message("part %d, after %llu: %s\n", (int)left_out, (unsigned long long)tried, one.why);
	}
	config_free(config);
}

int main(void)
{
	log_set_sink(silent);
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_nothing_goes_twice_unmarked_and_all_machines_hold_the_same),
		cmocka_unit_test(each_part_that_is_left_out_is_found),
	};
	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}

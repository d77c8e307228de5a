/* The courier under chance: days of random rows, storms of them to one phone, mailboxes and phones that hang, refuse
 * and recover, a server that goes and comes, people who leave and who cover, reloads and restarts. Whatever happened:
 * each row ends accepted, or failed with ops told and its alert on the next step; nothing goes twice unmarked; and what
 * is critical and can be delivered is with the server within five seconds.
 * ROUNDS=N  so many days (60 by default);  SEED=N  the first of them */
#include "courier_fixture.h"
#include "rounds.h"

#define DAYS (uint64_t)rounds_of(60, 15)
#define ROWS 60
#define CLIMBS (20 * ROWS)
#define PHONES 15       /* the last of the people have a phone */
#define PHONES_ALONE 7  /* and the last of those no mailbox */

/* What a mailbox is like, for some time. */
enum weather { FINE, HANGING, REFUSING, FLAKY, CLOSING, WEATHERS };

struct day {
	struct bench *bench;
	enum weather weather[PEOPLE];
	bool down;             /* the server */
	bool never_down;       /* on this day at all */
	char alerts[CLIMBS][ALERT_ID_SIZE]; /* that a callback said nobody was told of */
	size_t climbed;
	/* critical rows to mailboxes that were fine all day */
	struct {
		int person;
		instant created;
	} quick[ROWS];
	size_t quick_count;
};

static struct day *today; /* the callbacks of the fixture know their bench only */

static enum answer decide(struct bench *bench, int person, int64_t *took_ms)
{
	uint64_t chance = draw(bench, 100);
	*took_ms = (int64_t)draw(bench, 400);
	if (today->down)
		return ANSWER_DOWN;
	if (person < 0)
		return ANSWER_OK;
	switch (today->weather[person]) {
	case FINE:
		return ANSWER_OK;
	case HANGING:
		*took_ms = 10000;
		return ANSWER_HANGS;
	case REFUSING:
		return ANSWER_REFUSES;
	case FLAKY:
		return chance < 30 ? ANSWER_LATER : chance < 50 ? ANSWER_UNCERTAIN : ANSWER_OK;
	case CLOSING:
		return chance < 50 ? ANSWER_CLOSES : ANSWER_UNCERTAIN;
	case WEATHERS:
		break;
	}
	return ANSWER_OK;
}

static void note_climb(struct bench *bench, struct text alert, int step)
{
	(void)bench;
	(void)step;
	assert_true(today->climbed < CLIMBS);
	(void)snprintf(today->alerts[today->climbed++], ALERT_ID_SIZE, "%.*s", TEXT_ARG(alert));
}

/* The first half of the people are well all day. */
static bool is_always_fine(int person)
{
	return person < PEOPLE / 2;
}

static void change_weather(struct day *day)
{
	int person = PEOPLE / 2 + (int)draw(day->bench, PEOPLE / 2);
	day->weather[person] = (enum weather)draw(day->bench, WEATHERS);
	if (!day->never_down)
		day->down = draw(day->bench, 4) == 0;
}

static void add_something(struct day *day)
{
	struct bench *bench = day->bench;
	bool critical = draw(bench, 2);
	struct text alert = new_alert(bench, critical);
	struct outbox_row rows[3];
	char roles[3][40];
	size_t count = 1 + draw(bench, 3);
	for (size_t i = 0; i < count; i++) {
		int person = (int)draw(bench, PEOPLE);
		(void)snprintf(roles[i], sizeof roles[i], "p-%d", person);
		if (draw(bench, 20) == 0)
			(void)snprintf(roles[i], sizeof roles[i], "nobody");
		rows[i] = row_of(bench, alert, roles[i], critical);
		if (draw(bench, 2))
			rows[i].deadline = bench->hands.now + (instant)(1 + draw(bench, 120)) * MINUTE;
		if (critical && roles[i][0] == 'p' && is_always_fine(person) && day->never_down &&
		    day->quick_count < ROWS) {
			day->quick[day->quick_count].person = person;
			day->quick[day->quick_count++].created = bench->hands.elapsed;
		}
	}
	add_rows(bench, rows, count);
}

/* Somebody of the second half leaves their role or comes back to it, is covered or no longer; then a reload. */
static void change_directory(struct bench *bench)
{
	int person = PEOPLE / 2 + (int)draw(bench, PEOPLE / 2), by = (int)draw(bench, PEOPLE);
	civil_day date = zone_date(calendar_zone(bench->calendar), bench->hands.now);
	if (draw(bench, 2)) {
		bench->roles[person].people_count = !bench->roles[person].people_count;
	} else if (draw(bench, 3) == 0) {
		bench->directory.cover_count = 0;
	} else if (bench->directory.cover_count < 4 && by != person) {
		bench->covers[bench->directory.cover_count++] =
			(struct cover){.person = bench->people[person].id,
		                       .by = bench->people[by].id,
		                       .from = date - (civil_day)draw(bench, 2),
		                       .until = date + (civil_day)draw(bench, 2)};
	}
	courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
}

/* More than five within a minute are one text. */
static void storm(struct bench *bench)
{
	int person = PEOPLE - 1 - (int)draw(bench, PHONES);
	for (uint64_t alerts = 2 + draw(bench, 12); alerts > 0; alerts--)
		tell_person(bench, person, draw(bench, 5) > 0);
}

static void give_phones(struct bench *bench)
{
	static char numbers[PHONES][40];
	for (int i = 0; i < PHONES; i++) {
		struct person *person = &bench->people[PEOPLE - 1 - i];
		(void)snprintf(numbers[i], sizeof numbers[i], "%s@phone", person->id);
		person->addresses[CHANNEL_TEXT] = numbers[i];
		person->order[0] = CHANNEL_TEXT;
		person->order[1] = CHANNEL_EMAIL;
		person->order_count = i < PHONES_ALONE ? 1 : 2;
	}
}

static void start(struct bench *bench)
{
	static struct channel texts;
	struct fault *fault;
	struct courier_settings settings = bench_settings(bench);
	settings.channels = bench_texts_and_mails(bench, &texts);
	settings.channel_count = 2;
	OK(courier_new(&settings, &bench->courier, fault));
}

static void restart(struct bench *bench)
{
	courier_free(bench->courier);
	start(bench);
}

static void live(struct day *day)
{
	struct bench *bench = day->bench;
	for (int i = 0; i < ROWS / 3; i++) {
		for (uint64_t more = draw(bench, 3); more > 0; more--)
			add_something(day);
		if (draw(bench, 6) == 0)
			storm(bench);
		if (draw(bench, 3) == 0)
			change_weather(day);
		if (draw(bench, 15) == 0)
			courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
		if (draw(bench, 6) == 0)
			change_directory(bench);
		if (draw(bench, 20) == 0)
			restart(bench);
		if (draw(bench, 10) == 0) /* somebody sets the wall clock */
			bench->hands.now += (instant)draw(bench, 120) * SECOND - MINUTE;
		wait_for(bench, (instant)draw(bench, (uint64_t)(10 * MINUTE)));
	}
	day->down = false;
	for (int i = 0; i < PEOPLE; i++)
		day->weather[i] = day->weather[i] == REFUSING ? REFUSING : FINE;
	wait_for(bench, 80 * HOUR);
}

/* ---- what must be so at its end ---- */

struct judging {
	struct day *day;
	const struct outbox_row *failed; /* whose step is looked at */
	bool other;                      /* somebody else has it */
	size_t failures;
};

static enum result look_for_other(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct judging *judging = argument;
	(void)fault;
	if (row->step == judging->failed->step && row->state == OUTBOX_ACCEPTED && row->kind != OUTBOX_OPS)
		judging->other = true;
	return RESULT_OK;
}

static bool has_climbed(const struct day *day, struct text alert)
{
	for (size_t i = 0; i < day->climbed; i++)
		if (text_equal(text_of(day->alerts[i]), alert))
			return true;
	return false;
}

static enum result judge_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct judging *judging = argument;
	if (row->kind == OUTBOX_OPS)
		return RESULT_OK;
	if (row->state != OUTBOX_ACCEPTED && row->state != OUTBOX_FAILED)
		fail_msg("row %lld for %.*s is %s at the end of the day", (long long)row->id, TEXT_ARG(row->role),
		         outbox_state_name(row->state));
	if (row->state == OUTBOX_ACCEPTED)
		return RESULT_OK;
	judging->failures++;
	judging->failed = row;
	judging->other = has_climbed(judging->day, row->alert);
	enum result result =
		outbox_each(judging->day->bench->store, row->alert, false, SIZE_MAX, look_for_other, judging, fault);
	if (!judging->other)
		fail_msg("row %lld for %.*s failed (%.*s), nobody else was told, and its alert did not climb",
		         (long long)row->id, TEXT_ARG(row->role), TEXT_ARG(row->reply));
	return result;
}

/* A copy is marked once an earlier attempt may have arrived. */
static void judge_copies(const struct bench *bench)
{
	const struct memory_server *server = &bench->server;
	for (size_t i = 0; i < server->count; i++) {
		bool may_have_arrived = server->attempts[i].reply.outcome == CHANNEL_ACCEPTED ||
		                        server->attempts[i].reply.outcome == CHANNEL_UNCERTAIN;
		for (size_t k = i + 1; may_have_arrived && k < server->count; k++)
			if (strcmp(server->attempts[i].reference, server->attempts[k].reference) == 0 &&
			    !server->attempts[k].possible_duplicate)
				fail_msg("%s went to %s, where it may have been already (%s), and was not marked",
				         server->attempts[k].reference, server->attempts[k].to,
				         server->attempts[i].reply.text);
	}
}

static void judge_quick_ones(const struct day *day)
{
	for (size_t i = 0; i < day->quick_count; i++) {
		bool found = false;
		for (size_t k = 0; k < day->bench->arrival_count; k++) {
			const struct arrival *one = &day->bench->arrivals[k];
			instant after = one->at + one->took_ms * (SECOND / 1000) - day->quick[i].created;
			found = found || (one->person == day->quick[i].person && one->answer == ANSWER_OK &&
			                  after >= 0 && after <= 5 * SECOND);
		}
		if (!found)
			fail_msg("a critical message to p-%d was not with the server within five seconds",
			         day->quick[i].person);
	}
}

static void one_day(uint64_t seed)
{
	struct fault *fault;
	struct day day = {.bench = bench_begin("2020-02-05T10:00:00Z", 2)};
	struct judging judging = {.day = &day};
	today = &day;
	day.bench->random = seed * 0x9e3779b97f4a7c15u | 1;
	day.bench->decide = decide;
	day.bench->on_nobody = note_climb;
	day.never_down = seed % 2;
	give_phones(day.bench);
	restart(day.bench);
	live(&day);
	OK(outbox_each(day.bench->store, TEXT_NONE, false, SIZE_MAX, judge_row, &judging, fault));
	assert_true(judging.failures == 0 || count_rows(day.bench).ops > 0);
	judge_copies(day.bench);
	judge_quick_ones(&day);
	bench_end(day.bench);
}

static uint64_t number_of(const char *name, uint64_t fallback)
{
	const char *given = getenv(name);
	return given && *given ? strtoull(given, NULL, 10) : fallback;
}

static void whatever_happens_nobody_is_left_untold(void **state)
{
	(void)state;
	uint64_t first = number_of("SEED", 1), days = number_of("ROUNDS", DAYS);
	for (uint64_t i = 0; i < days; i++) {
		print_message("SEED=%llu ROUNDS=1\n", (unsigned long long)(first + i));
		one_day(first + i);
	}
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_nobody_is_left_untold),
	};
	return cmocka_run_group_tests_name("courier_chance", tests, NULL, NULL);
}

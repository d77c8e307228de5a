/* Quiet councils beside one in a storm: what each waits for is a few portions of the storm's work, and no portion is
 * large, however long the storm. Counted by SQLite's steps, and not by a clock. */
#define MOST 21
#include "councils_world.h"
#include "rounds.h"

#define STORM (&of[0])
/* Each of the children has an alert, a clock that falls due with all the others', and mails; the records come
 * meanwhile. All of it, in 22 s of a processor, where the environment has STORM. */
static size_t quiet = 6;
static int children, records;

/* Stored, claimed, sent: each is a turn of the loop, in which each part of the storm that has work (its source, clocks,
 * courier, registers) may have one portion; and that of the turn in which the event came. */
#define PORTIONS_MOST 10
/* SQLite's steps. The largest that is meant to be is a batch of 2,000 records: 90,000. */
#define PORTION_MOST 200000

static void begin_storm(void)
{
	STORM->batch_events = 2000;
	for (int i = 0; i < children; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "S%d", i);
		happens(STORM, "custody.threshold_met", child, "2026-02-02T09:00:00Z");
	}
	live_until("2026-02-02T09:29:59Z"); /* none is answered: all ask again in a second */
	for (int i = 0; i < records; i++)
		happens(STORM, "visit.noted", "C3", "2026-02-02T09:00:00Z");
	pass(2 * SECOND);
}

static size_t told(void)
{
	size_t count = 0;
	for (size_t i = 1; i <= quiet; i++)
		count += mails(&of[i], DIRECTOR, "A-1001") > 0;
	return count;
}

static void each_quiet_council_is_told_after_a_few_portions_of_the_storm(void **state)
{
	size_t known = 0;
	(void)state;
	start(1 + quiet);
	live_until("2026-02-02T09:00:00Z");
	loop_measure(daemon_.loop, see_portion, NULL);
	begin_storm();
	for (int i = 0; i < 10; i++)
		loop_turn(daemon_.loop, 0);
	uint64_t before = STORM->portions;
	assert_true(before >= 10); /* it is at work */
	STORM->largest = 0;
	for (size_t i = 1; i <= quiet; i++)
		happens(&of[i], "custody.threshold_met", "C1", "2026-02-02T09:30:00Z");
	while (known < quiet && STORM->portions - before < 1000) {
		loop_turn(daemon_.loop, 0);
		known = told();
	}
	print_message("%zu councils were told beside %d portions of the storm, of at most %d steps\n", known,
	              (int)(STORM->portions - before), (int)STORM->largest);
	assert_int_equal(known, quiet);
	assert_in_range(STORM->portions - before, 1, PORTIONS_MOST);
	assert_in_range(STORM->largest, 1, PORTION_MOST);
	before = STORM->portions;
	for (int i = 0; i < 30; i++)
		loop_turn(daemon_.loop, 0);
	assert_true(STORM->portions - before > 20); /* and is far from over */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_quiet_council_is_told_after_a_few_portions_of_the_storm),
	};
	children = rounds_of(4000, 2000);
	records = rounds_of(20000, 10000);
	if (getenv("STORM")) {
		quiet = MOST - 1;
		children = 20000;
		records = 100000;
	}
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

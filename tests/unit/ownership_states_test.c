/* Everything that may happen between two machines (or three), a log and a group, in every order, with so many crashes,
 * pauses, moves of the group, lost records and lost readings, over the daemon's own state machine.
 *
 * In every state: of no row two copies are taken without a mark; no former owner begins to send a row once a later one
 * has; nothing known to be taken is sent. And from every state looked at, when all is well from then on: every row is
 * taken, and every machine knows it.
 *
 * That the walk can find what it looks for is shown by leaving out each part of the protocol, one after another.
 * `make cell-states` walks farther. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ownership_hash.h"
#include "rounds.h"

static struct budget walked; /* what the walk began with */

/* ---- what becomes of it ---- */

static void all_goes_well(struct world *world, size_t number)
{
	(void)happen(world, STARTS, number, 0);
	(void)happen(world, WAKES, number, 0);
	(void)happen(world, IS_TOLD, number, 0);
	while (happen(world, DELIVERS, number, 0))
		;
	while (happen(world, READS, number, 0))
		;
	for (size_t row = 0; row < world->left.rows; row++) {
		(void)happen(world, GOES_ON_AFTER, number, row);
		(void)happen(world, WANTS, number, row);
		(void)happen(world, TAKES, number, row);
	}
}

#define ROUNDS 20 /* of three seconds: longer than everything that the protocol waits for, one after another */

static void look_at_what_becomes_of_it(const struct world *from)
{
	struct world *world = world_copy(from);
	/* Who lost the reading of a RESULT knows no more than that it is in doubt. */
	bool missed = walked.gaps > from->left.gaps;
	world->left.wants = 100;
	world->left.ticks = ROUNDS;
	if (!world->named)
		world->named = 1;
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < world->left.members; i++)
			all_goes_well(world, i);
		(void)happen(world, TICKS, 0, 0);
	}
	for (size_t row = 0; row < world->left.rows; row++) {
		if (world->marked[row] + world->unmarked[row] == 0)
			find_fault("a row is lost");
		for (size_t i = 0; i < world->left.members; i++)
			if (!world->members[i].knows[row].taken && !(missed && world->members[i].knows[row].doubtful))
				find_fault("a machine never hears that a row was taken");
	}
	world_free(world);
}

/* ---- the walk ---- */

#define DEEPEST 120

struct step {
	uint8_t what, member, row;
};
struct walk {
	uint64_t *known; /* a table by hash; 0: free */
	size_t room, count, most;
	size_t steps, looked;
	struct step way[DEEPEST];
	size_t deepest;
	unsigned look_each; /* of so many new states one is asked what becomes of it */
};

static void grow(struct walk *walk)
{
	uint64_t *old = walk->known;
	size_t before = walk->room;
	walk->room = before ? before * 4 : 1u << 14;
	walk->known = mem_zero(walk->room, sizeof *walk->known);
	for (size_t i = 0; i < before; i++) {
		size_t at = (size_t)(old[i] % walk->room);
		while (old[i] && walk->known[at])
			at = (at + 1) % walk->room;
		if (old[i])
			walk->known[at] = old[i];
	}
	free(old);
}

static bool is_new(struct walk *walk, uint64_t hash)
{
	if (walk->count * 2 >= walk->room)
		grow(walk);
	size_t at = (size_t)(hash % walk->room);
	for (; walk->known[at]; at = (at + 1) % walk->room)
		if (walk->known[at] == hash)
			return false;
	walk->known[at] = hash;
	walk->count++;
	return true;
}

static void say_way(const struct walk *walk, size_t length)
{
	const char *const names[] = {"amber", "birch", "cedar"};
	print_message("  %s, by:", wrong);
	for (size_t i = 0; i < length; i++)
		print_message(" %s %s (%c);", names[walk->way[i].member], happening_names[walk->way[i].what],
		              'X' + walk->way[i].row);
	print_message("\n");
}

static void walk_on(struct walk *walk, const struct world *from, size_t depth);

/* *spare: a copy of the world that nothing has happened to; used up where something can. */
static void take_step(struct walk *walk, const struct world *from, struct world **spare, size_t depth, struct step step)
{
	struct world *world = *spare ? *spare : world_copy(from);
	*spare = NULL;
	if (!happen(world, (enum happening)step.what, step.member, step.row)) {
		*spare = world;
		return;
	}
	walk->way[depth] = step;
	walk->steps++;
	uint64_t hash = hash_of_world(world);
	if (!wrong[0] && is_new(walk, hash)) {
		if ((hash >> 8) % walk->look_each == 0) {
			walk->looked++;
			look_at_what_becomes_of_it(world);
		}
		if (!wrong[0])
			walk_on(walk, world, depth + 1);
		else
			say_way(walk, depth + 1);
	} else if (wrong[0]) {
		say_way(walk, depth + 1);
	}
	world_free(world);
}

static void walk_on(struct walk *walk, const struct world *from, size_t depth)
{
	struct world *spare = NULL;
	walk->deepest = depth > walk->deepest ? depth : walk->deepest;
	assert_true(depth < DEEPEST);
	for (size_t what = 0; what < HAPPENINGS; what++)
		for (size_t member = 0; member < from->left.members; member++)
			for (size_t row = 0; row < from->left.rows; row++)
				if (!wrong[0] && walk->count < walk->most)
					take_step(walk, from, &spare, depth,
					          (struct step){(uint8_t)what, (uint8_t)member, (uint8_t)row});
	if (spare)
		world_free(spare);
}

/* Whether something was found. */
static bool walk_all(struct budget budget, size_t most, unsigned look_each, const char *name)
{
	struct walk walk = {.most = most, .look_each = look_each};
	struct world *world = world_new(budget);
	wrong[0] = '\0';
	walked = budget;
	walk_on(&walk, world, 0);
	print_message("  %s: %s%zu states, %zu steps between them, %zu deep, %zu of them followed until all is well\n",
	              name,
	              wrong[0]             ? "found after "
	              : walk.count >= most ? "broken off after "
	                                   : "all there are: ",
	              walk.count, walk.steps, walk.deepest, walk.looked);
	world_free(world);
	free(walk.known);
	return wrong[0] != '\0';
}

/* ---- the tests ---- */

struct story {
	const char *name;
	struct budget budget;
};
#define CELL(m, r) .members = (m), .rows = (r)
/* Small ones, walked to their end in seconds; and larger ones for `make cell-states`. */
static const struct story stories[] = {
	{"a crash, and the group moves twice", {CELL(2, 1), .crashes = 1, .moves = 2, .wants = 1}},
	{"two crashes", {CELL(2, 1), .crashes = 2, .moves = 1, .ticks = 1, .wants = 1}},
	{"a send takes longer than it may", {CELL(2, 1), .moves = 2, .ticks = 2, .wants = 1}},
	{"a machine is frozen", {CELL(2, 1), .pauses = 1, .moves = 2, .ticks = 1, .wants = 1}},
	{"a pause before the first byte", {CELL(2, 1), .betweens = 1, .moves = 2, .ticks = 1, .wants = 1}},
	{"a record is lost", {CELL(2, 1), .losses = 1, .moves = 1, .ticks = 4, .wants = 1}},
	{"a record is lost, and the group moves twice", {CELL(2, 1), .losses = 1, .moves = 2, .wants = 1}},
	{"a reading is lost", {CELL(2, 1), .gaps = 1, .moves = 2, .wants = 1}},
	{"two readings are lost", {CELL(2, 1), .gaps = 2, .moves = 2, .wants = 1}},
	{"a refusal and a doubt", {CELL(2, 1), .refusals = 2, .moves = 2, .wants = 2}},
	{"two rows", {CELL(2, 2), .moves = 2, .wants = 1}},
	{"three machines", {CELL(3, 1), .moves = 2, .wants = 1}},
};
static const struct story deeper[] = {
	{"a crash, and the group moves twice", {CELL(2, 1), .crashes = 1, .moves = 2, .ticks = 1, .wants = 1}},
	{"two crashes, and the group moves twice", {CELL(2, 1), .crashes = 2, .moves = 2, .wants = 1}},
	{"the group moves three times", {CELL(2, 1), .moves = 3, .ticks = 2, .wants = 1}},
	{"a machine is frozen", {CELL(2, 1), .pauses = 1, .moves = 2, .ticks = 3, .wants = 1}},
	{"a pause before the first byte", {CELL(2, 1), .betweens = 1, .moves = 2, .ticks = 3, .wants = 1}},
	{"a record is lost", {CELL(2, 1), .losses = 1, .moves = 2, .ticks = 2, .wants = 1}},
	{"a reading is lost", {CELL(2, 1), .gaps = 1, .moves = 2, .ticks = 2, .wants = 1}},
	{"a reading is lost, and a crash", {CELL(2, 1), .gaps = 1, .crashes = 1, .moves = 1, .ticks = 1, .wants = 1}},
	{"two rows", {CELL(2, 2), .moves = 2, .ticks = 1, .wants = 1}},
	{"three machines", {CELL(3, 1), .moves = 2, .ticks = 2, .wants = 1}},
	{"three machines, a crash", {CELL(3, 1), .crashes = 1, .moves = 2, .wants = 1}},
};
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void walk_stories(const struct story *these, size_t count, size_t most, unsigned look_each)
{
	left_out = NOTHING;
	for (size_t i = 0; i < count; i++)
		if (walk_all(these[i].budget, most, look_each, these[i].name))
			fail_msg("%s: %s", these[i].name, wrong);
}

static void whatever_happens_no_row_is_lost_and_none_goes_twice_unmarked(void **state)
{
	(void)state;
	walk_stories(stories, LENGTH(stories), few_rounds() ? 5000 : 1000000, 16);
}

/* STATES: how many of each story. */
static void nor_if_more_happens(void **state)
{
	(void)state;
	if (getenv("STATES"))
		walk_stories(deeper, LENGTH(deeper), strtoull(getenv("STATES"), NULL, 10), 64);
}

/* What the walk is tried with, and how much must happen for it to be missed. */
static const struct {
	const char *name;
	struct budget budget;
} parts[PARTS] = {
	[NOTHING] = {"nothing", {.members = 0}},
	[READING_BACK] = {"the reading back of the INTENT: it is sent as soon as it is wanted",
                          {CELL(2, 1), .moves = 2, .wants = 1}},
	[NONCE] = {"the nonce: a machine has the same in every life",
                   {CELL(2, 1), .crashes = 1, .moves = 2, .wants = 1}},
	[FIVE_SECONDS] = {"the five seconds", {CELL(2, 1), .moves = 2, .ticks = 2, .wants = 1}},
	[TIME_OF_READING_BACK] = {"the five seconds from before the INTENT: they are counted from its reading back",
                                  {CELL(2, 1), .moves = 2, .ticks = 2, .wants = 1}},
	[READING_BEFORE_THE_FIRST_SEND] = {"the reading of the journal before the first send",
                                           {CELL(2, 1), .moves = 2, .wants = 1}},
	[SENDING_BEFORE_RESULT] = {"the send before the RESULT: that it was taken is appended as it starts",
                                   {CELL(2, 1), .crashes = 1, .moves = 2, .wants = 1}},
	[DOUBT] = {"the doubt about an INTENT without a RESULT", {CELL(2, 1), .moves = 2, .ticks = 2, .wants = 1}},
	[WAITING] = {"the wait until a former owner can no longer begin", {CELL(2, 1), .moves = 2, .wants = 1}},
	[STOPPING] = {"the stop at somebody else's OWN", {CELL(2, 1), .moves = 2, .wants = 1}},
	[CLAIMING_AGAIN] = {"the OWN again, where the group still names the machine",
                            {CELL(2, 1), .crashes = 1, .moves = 2, .wants = 1}},
	[RESULT_AGAIN] = {"the RESULT again, when it does not come back",
                          {CELL(2, 1), .losses = 1, .moves = 2, .wants = 1}},
	[PLACE] = {"the place of the oldest INTENT: reading goes on at the newest record",
                   {CELL(2, 1), .crashes = 1, .moves = 2, .wants = 1}},
	[GAP] = {"the loss of a reading: it goes on as if nothing had been missed",
                 {CELL(2, 1), .gaps = 1, .moves = 2, .wants = 1}},
	[UNKNOWN_OWNER] = {"that after a loss of reading nobody knows who owns",
                           {CELL(2, 1), .gaps = 1, .moves = 2, .ticks = 2, .wants = 1}},
};

static void each_part_that_is_left_out_is_missed_by_the_walk(void **state)
{
	(void)state;
	for (left_out = NOTHING + 1; left_out < PARTS && !getenv("TEST_ROUNDS"); left_out++) {
		print_message("left out: %s\n", parts[left_out].name);
		if (!walk_all(parts[left_out].budget, 1000000, 4, "without it"))
			fail_msg("nothing goes wrong without %s", parts[left_out].name);
	}
	left_out = NOTHING;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_no_row_is_lost_and_none_goes_twice_unmarked),
		cmocka_unit_test(nor_if_more_happens),
		cmocka_unit_test(each_part_that_is_left_out_is_missed_by_the_walk),
	};
	return cmocka_run_group_tests_name("ownership_states", tests, NULL, NULL);
}

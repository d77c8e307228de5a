/* Everything that may happen to the messages of one critical alert, in every order, with a crash at every step: the
 * states are walked breadth first, each told from the others by what is on the disk, under way and at the other side.
 *
 * In every state: nothing went twice unmarked; a repeat has the name of the first; nothing went of an alert that had
 * been withdrawn. And from every state, when the other side is well from then on: every row comes to an end, and
 * whoever must hear has heard, or the next step has.
 *
 * That the walk can find what it looks for is shown by faults planted under it: the linker lets the test stand between
 * the courier and the store (-Wl,--wrap), so that no seam for it is in the daemon.
 *   STATES=N  goes on from as many. There is no end of them while attempts count: what is whole is every order
 *             of so many happenings, which the last line says. */
#include "outbox_world.h"

#include <sys/mman.h>

#define STATES 60
#define DEPTH 40
#define MOST_STATES 100000 /* the table of those known has room for twice as many */
#define SAYS_EACH 500 /* states, so that a walk that is broken off has said how far it came */

/* ---- what may happen next ---- */

enum happening { PASSES, CRASHES, TIME_IS_OVER, IS_ANSWERED, IS_WITHDRAWN, RELOADS, COMES_BACK, ARRIVES };
struct action {
	enum happening what;
	enum reply reply;
	enum crash crash;
	const char *name;
};
static const struct action actions[] = {
	{PASSES, TAKES, NO_CRASH, "taken"},
	{PASSES, TAKES_SLOWLY, NO_CRASH, "under way"},
	{PASSES, LATER, NO_CRASH, "refused for now"},
	{PASSES, REFUSES, NO_CRASH, "refused for good"},
	{PASSES, HANGS_UP_HAVING_TAKEN, NO_CRASH, "taken, and hung up after DATA"},
	{PASSES, HANGS_UP_WITHOUT, NO_CRASH, "not taken, and hung up after DATA"},
	{PASSES, IS_LOST, NO_CRASH, "connection lost"},
	{PASSES, IS_DOWN, NO_CRASH, "no connection"},
	{PASSES, GIVEN, NO_CRASH, "given to a service, or still with it"},
	{PASSES, TAKES, AFTER_FIRST_COMMIT, "crash after the first commit"},
	{PASSES, REFUSES, AFTER_FIRST_COMMIT, "refused for good, crash once that is written"},
	{PASSES, TAKES, AFTER_SECOND_COMMIT, "crash after the second commit"},
	{PASSES, TAKES, BEFORE_IT_IS_TAKEN, "crash as the send begins"},
	{PASSES, TAKES, WHEN_IT_IS_TAKEN, "crash when it is taken"},
	{CRASHES, TAKES, NO_CRASH, "crash"},
	{TIME_IS_OVER, TAKES, NO_CRASH, "the step's time is over"},
	{IS_ANSWERED, TAKES, NO_CRASH, "answered"},
	{IS_WITHDRAWN, TAKES, NO_CRASH, "withdrawn"},
	{RELOADS, TAKES, NO_CRASH, "the directory is read anew"},
	{COMES_BACK, TAKES, NO_CRASH, "what had been taken comes back"},
	{COMES_BACK, TAKES, AFTER_FIRST_COMMIT, "it comes back, crash once that is written"},
	{ARRIVES, TAKES, NO_CRASH, "what had been taken is said to have arrived"},
};
#define ACTIONS (sizeof actions / sizeof actions[0])

static bool may_happen(enum happening what)
{
	switch (what) {
	case PASSES:
	case CRASHES:
	case RELOADS:
		return true;
	case TIME_IS_OVER:
		return waits_for_answer() && world.asked_again == 0;
	case IS_ANSWERED:
		return waits_for_answer();
	case IS_WITHDRAWN:
		return world.withdrawn == INSTANT_NONE;
	case COMES_BACK:
	case ARRIVES:
		return newest_arrived() != NULL;
	}
	return false;
}

static void time_is_over(void)
{
	instant end = world.step_began + STEP_TIME;
	if (world.bench->hands.now < end)
		move(world.bench, end - world.bench->hands.now);
	climb();
}

static bool happen(const struct action *action)
{
	struct bench *bench = world.bench;
	if (!may_happen(action->what))
		return false;
	switch (action->what) {
	case PASSES:
		turn(action->reply, action->crash);
		break;
	case CRASHES:
		keep_disk(&crash_disk);
		begin_again();
		break;
	case TIME_IS_OVER:
		time_is_over();
		break;
	case IS_ANSWERED:
		answer();
		break;
	case IS_WITHDRAWN:
		withdraw();
		break;
	case RELOADS:
		courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
		break;
	case COMES_BACK:
		hear_later(COURIER_DID_NOT_ARRIVE, action->crash);
		break;
	case ARRIVES:
		hear_later(COURIER_ARRIVED, NO_CRASH);
		break;
	}
	return true;
}

/* ---- telling states apart ---- */

static void mix(uint64_t *hash, uint64_t value)
{
	*hash = (*hash ^ value) * 0x9e3779b97f4a7c15u;
	*hash ^= *hash >> 29;
}

static enum result mix_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	uint64_t *hash = argument;
	instant now = world.bench->hands.now;
	(void)fault;
	if (row->kind == OUTBOX_OPS)
		return RESULT_OK;
	mix(hash, (uint64_t)row->id * 16 + row->state);
	mix(hash, (uint64_t)(row->attempts < 2 ? row->attempts : 2) * 16 + (uint64_t)row->possible_duplicate * 8 +
	                  (uint64_t)(row->sent != INSTANT_NONE) * 4 + (uint64_t)(row->not_before <= now) * 2 +
	                  (uint64_t)(row->deadline <= now));
	mix(hash, row->message_id.length * 2 + (row->address.length > 0));
	return RESULT_OK;
}

static bool same_name(const struct seen_send *a, const struct seen_send *b)
{
	return strcmp(a->reference, b->reference) == 0;
}

/* Of what the other side has: which messages, and whether one may be there already. */
static void mix_sends(uint64_t *hash)
{
	for (size_t i = 0; i < world.send_count; i++) {
		bool first = true;
		uint64_t taken = 0;
		for (size_t k = 0; k < world.send_count; k++) {
			first = first && !(k < i && same_name(&world.sends[i], &world.sends[k]));
			if (same_name(&world.sends[i], &world.sends[k]))
				taken |= world.sends[k].taken + 2u * world.sends[k].arrived;
		}
		if (first)
			mix(hash, (uint64_t)world.sends[i].person * 4 + taken);
	}
}

static uint64_t hash_of_state(void)
{
	struct fault *fault;
	uint64_t hash = 7;
	struct courier_figures figures = figures_of(world.bench);
	OK(outbox_each(world.bench->store, TEXT_NONE, false, SIZE_MAX, mix_row, &hash, fault));
	mix(&hash, figures.under_way ? (uint64_t)world.coming : REPLIES);
	mix(&hash, figures.under_way * 4 + (uint64_t)(figures.trouble_since != INSTANT_NONE) * 2);
	mix(&hash, (uint64_t)world.step * 16 + (uint64_t)(world.withdrawn != INSTANT_NONE) * 8 +
	                   (uint64_t)(world.answered != INSTANT_NONE) * 4 + (uint64_t)world.asked_again);
	mix_sends(&hash);
	return hash;
}

/* ---- what must be so ---- */

static char wrong[256];

static void find_fault(const char *words, const char *about)
{
	if (!wrong[0])
		(void)snprintf(wrong, sizeof wrong, "%s (%s)", words, about);
}

static long row_of_reference(const struct seen_send *send)
{
	return strtol(send->reference + 1, NULL, 10);
}

static void look_at_sends(void)
{
	for (size_t i = 0; i < world.send_count; i++) {
		const struct seen_send *send = &world.sends[i];
		if (send->over)
			find_fault("it went although the alert had been withdrawn", send->reference);
		for (size_t k = 0; k < i; k++) {
			const struct seen_send *before = &world.sends[k];
			if (row_of_reference(before) != row_of_reference(send))
				continue;
			if (!same_name(before, send))
				find_fault("a repeat has another name", send->reference);
			if (before->taken && !send->marked)
				find_fault("it went twice, and is not marked", send->reference);
		}
	}
}

static enum result look_at_end(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument;
	(void)fault;
	bool ended = row->state == OUTBOX_ACCEPTED || row->state == OUTBOX_DELIVERED || row->state == OUTBOX_FAILED;
	if (!ended)
		find_fault("a row does not come to an end", outbox_state_name(row->state));
	return RESULT_OK;
}

static bool was_told(int person)
{
	for (size_t i = 0; i < world.send_count; i++)
		if (world.sends[i].person == person && world.sends[i].arrived)
			return true;
	return false;
}

/* The other side is well from now on: whoever must hear does, without waiting for the step's own time. */
static void look_at_what_becomes_of_it(void)
{
	struct fault *fault;
	for (int i = 0; i < 60; i++) {
		size_t before = things_that_happened();
		turn(TAKES, NO_CRASH);
		if (things_that_happened() == before)
			break;
	}
	OK(outbox_each(world.bench->store, TEXT_NONE, false, SIZE_MAX, look_at_end, NULL, fault));
	bool last_refused = world.step == 2; /* then ops hear, and it is asked again in its own time */
	if (waits_for_answer() && !was_told(world.step - 1) && !last_refused)
		find_fault("nobody was told of the step that was reached, and the next one is not told", "lost");
	if (waits_for_answer() && last_refused && !was_told(1) && count_rows(world.bench).ops == 0)
		find_fault("nobody was told of the last step, and ops do not know", "lost");
	look_at_sends();
}

/* ---- the walk ---- */

struct state {
	uint64_t hash;
	uint32_t from;
	uint16_t depth;
	uint8_t action;
};
struct walk {
	struct state *states;
	size_t count, room, expanded;
	uint32_t *known;         /* by hash; its number and one */
	uint64_t crashes;
	uint16_t deepest;
};
#define KNOWN (1u << 18)

static bool is_new(struct walk *walk, uint64_t hash)
{
	size_t at = (size_t)(hash % KNOWN);
	while (walk->known[at]) {
		if (walk->states[walk->known[at] - 1].hash == hash)
			return false;
		at = (at + 1) % KNOWN;
	}
	walk->known[at] = (uint32_t)walk->count + 1;
	return true;
}

static void add_state(struct walk *walk, struct state state)
{
	struct state *new = mem_push((void **)&walk->states, &walk->count, &walk->room, sizeof *new);
	*new = state;
	walk->deepest = state.depth > walk->deepest ? state.depth : walk->deepest;
}

static size_t way_to(const struct walk *walk, size_t which, uint8_t *way)
{
	size_t length = walk->states[which].depth;
	for (size_t i = length; i > 0; i--) {
		way[i - 1] = walk->states[which].action;
		which = walk->states[which].from;
	}
	return length;
}

static void go(const uint8_t *way, size_t length)
{
	world_anew();
	for (size_t i = 0; i < length; i++)
		(void)happen(&actions[way[i]]);
}

/* One more thing after the way to the state; a new state is judged, and kept. */
static void step(struct walk *walk, size_t from, uint8_t *way, size_t length, uint8_t action)
{
	go(way, length);
	if (!happen(&actions[action]))
		return;
	look_at_sends();
	uint64_t hash = hash_of_state();
	bool crashes = actions[action].what == CRASHES || actions[action].crash != NO_CRASH;
	walk->crashes += crashes;
	way[length] = action;
	if (!wrong[0] && is_new(walk, hash)) {
		add_state(walk, (struct state){hash, (uint32_t)from, (uint16_t)(length + 1), action});
		look_at_what_becomes_of_it();
	}
}

static void say_way(const uint8_t *way, size_t length)
{
	print_message("%s, by:", wrong);
	for (size_t i = 0; i < length; i++)
		print_message(" %s;", actions[way[i]].name);
	print_message("\n");
}

/* Until something is wrong, or so many states were gone on from. */
static void say_how_far(const struct walk *walk)
{
	uint8_t way[DEPTH + 1];
	if (walk->expanded == walk->count)
		print_message("all there are: ");
	else
		print_message("every order of %zu happenings: ", way_to(walk, walk->expanded, way));
	print_message("%zu states visited, %zu of them gone on from, %u deep, %llu crashes\n", walk->count,
	              walk->expanded, walk->deepest, (unsigned long long)walk->crashes);
	(void)fflush(stdout);
}

static void walk_states(struct walk *walk, size_t most)
{
	uint8_t way[DEPTH + 1];
	*walk = (struct walk){.known = mem_alloc(KNOWN * sizeof(uint32_t))};
	memset(walk->known, 0, KNOWN * sizeof(uint32_t));
	wrong[0] = '\0';
	world_anew();
	(void)is_new(walk, hash_of_state());
	add_state(walk, (struct state){.hash = hash_of_state()});
	look_at_what_becomes_of_it();
	if (wrong[0])
		say_way(way, 0);
	for (; walk->expanded < walk->count && walk->expanded < most && walk->count < MOST_STATES && !wrong[0];
	     walk->expanded++) {
		size_t length = way_to(walk, walk->expanded, way);
		for (uint8_t i = 0; i < ACTIONS && length < DEPTH && !wrong[0]; i++)
			step(walk, walk->expanded, way, length, i);
		if (wrong[0])
			say_way(way, length + 1);
		if (walk->expanded % SAYS_EACH == SAYS_EACH - 1)
			say_how_far(walk);
	}
}

static void walk_free(struct walk *walk)
{
	free(walk->states);
	free(walk->known);
}

/* ---- the planted faults ---- */

enum planted { NOTHING, MARKS_NOTHING_AT_START, FORGETS_AT_START, MARKS_AFTER, TAKES_DOUBT_FOR_SUCCESS,
	       TAKES_DOUBT_FOR_FAILURE, NAMES_ANEW, GIVES_UP_AT_ONCE, WAITS_FOR_EVER, FORGETS_THE_MARK,
	       WRITES_NO_SUCCESS, SENDS_WHAT_IS_WITHDRAWN, BELIEVES_THE_SERVICE, GIVES_UP_IN_SILENCE,
	       SENDS_AGAIN_WHAT_IT_ASKS_FOR, PLANTED };
static const char *const planted_names[PLANTED] = {
	"none", "a row found in sending is sent again without a mark", "a row found in sending stays there",
	"a row is marked as under way after it was sent", "nobody knows whether it arrived, and it counts as accepted",
	"nobody knows whether it arrived, and it is sent again without a mark", "each attempt has a name of its own",
	"what is refused for now is given up, and nobody climbs", "what is refused for now waits for ever",
	"a refusal after a doubt takes the mark away", "what was accepted is not written",
	"what was withdrawn is sent all the same", "what did not arrive counts as delivered",
	"a row is given up and nobody climbs",
	"a crash while a service is asked makes of the question another message"};
static enum planted planted;

enum result __real_outbox_recover(struct store *, size_t *, struct fault *);
enum result __real_outbox_claim(struct store *, instant, bool, struct outbox_row *, bool *, struct fault *);
enum result __real_outbox_result(struct store *, int64_t, enum outbox_state, instant, instant, struct text,
                                 struct fault *);
enum result __real_outbox_address(struct store *, int64_t, struct text, struct text, struct text, struct text,
                                  struct fault *);
enum result __real_store_commit(struct store *, struct fault *);
enum result __real_alert_context_alert(const struct alert_context_sources *, const struct outbox_row *, instant,
                                       struct arena *, struct alert_context *, struct fault *);
enum result __wrap_outbox_recover(struct store *, size_t *, struct fault *);
enum result __wrap_outbox_claim(struct store *, instant, bool, struct outbox_row *, bool *, struct fault *);
enum result __wrap_outbox_result(struct store *, int64_t, enum outbox_state, instant, instant, struct text,
                                 struct fault *);
enum result __wrap_outbox_address(struct store *, int64_t, struct text, struct text, struct text, struct text,
                                  struct fault *);
enum result __wrap_store_commit(struct store *, struct fault *);
enum result __wrap_alert_context_alert(const struct alert_context_sources *, const struct outbox_row *, instant,
                                       struct arena *, struct alert_context *, struct fault *);

static enum result change(struct store *store, const char *sql)
{
	struct fault *fault;
	OK(store_execute(store, sql, fault));
	return RESULT_OK;
}

enum result __wrap_outbox_recover(struct store *store, size_t *uncertain, struct fault *fault)
{
	*uncertain = 0;
	if (planted == FORGETS_AT_START)
		return RESULT_OK;
	if (planted == MARKS_NOTHING_AT_START)
		return change(store, "UPDATE outbox SET state = 4 WHERE state = 1 AND open = 1");
	if (planted == SENDS_AGAIN_WHAT_IT_ASKS_FOR)
		(void)change(store, "UPDATE outbox SET state = 0, sent = -9223372036854775808, message_id = ''"
		                    " WHERE state = 1 AND open = 1 AND sent > 0");
	return __real_outbox_recover(store, uncertain, fault);
}

enum result __wrap_outbox_claim(struct store *store, instant now, bool critical, struct outbox_row *row, bool *found,
                                struct fault *fault)
{
	enum result result = __real_outbox_claim(store, now, critical, row, found, fault);
	if (planted == MARKS_AFTER && result == RESULT_OK && *found && row->kind != OUTBOX_OPS)
		(void)change(store, "UPDATE outbox SET state = 4, not_before = not_before + 60000000 WHERE state = 1");
	return result;
}

enum result __wrap_outbox_result(struct store *store, int64_t id, enum outbox_state state, instant at, instant again,
                                 struct text reply, struct fault *fault)
{
	if (planted == TAKES_DOUBT_FOR_SUCCESS && state == OUTBOX_UNCERTAIN)
		state = OUTBOX_ACCEPTED;
	if (planted == TAKES_DOUBT_FOR_FAILURE && state == OUTBOX_UNCERTAIN)
		state = OUTBOX_RETRY;
	if (planted == GIVES_UP_AT_ONCE && state == OUTBOX_RETRY)
		state = OUTBOX_FAILED;
	if (planted == WAITS_FOR_EVER && state == OUTBOX_RETRY)
		again = INSTANT_NEVER;
	if (planted == WRITES_NO_SUCCESS && state == OUTBOX_ACCEPTED)
		return RESULT_OK;
	enum result result = __real_outbox_result(store, id, state, at, again, reply, fault);
	if (planted == FORGETS_THE_MARK && state == OUTBOX_RETRY)
		(void)change(store, "UPDATE outbox SET possible_duplicate = 0 WHERE state = 4");
	return result;
}

enum result __wrap_outbox_address(struct store *store, int64_t id, struct text person, struct text channel,
                                  struct text address, struct text message_id, struct fault *fault)
{
	struct text name = planted == NAMES_ANEW ? TEXT_NONE : message_id;
	return __real_outbox_address(store, id, person, channel, address, name, fault);
}

/* Also where the process ends: after the commit that the action names. */
enum result __wrap_store_commit(struct store *store, struct fault *fault)
{
	enum result result = __real_store_commit(store, fault);
	world.commits++;
	if ((world.crash == AFTER_FIRST_COMMIT && world.commits == 1) ||
	    (world.crash == AFTER_SECOND_COMMIT && world.commits == 2))
		crash_now();
	return result;
}

enum result __wrap_alert_context_alert(const struct alert_context_sources *gather, const struct outbox_row *row,
                                       instant now, struct arena *arena, struct alert_context *about,
                                       struct fault *fault)
{
	enum result result = __real_alert_context_alert(gather, row, now, arena, about, fault);
	if (planted == SENDS_WHAT_IS_WITHDRAWN && about->alert.state == ALERT_WITHDRAWN)
		about->alert.state = ALERT_STANDING;
	if (planted == BELIEVES_THE_SERVICE && outbox_is_given(row))
		about->acknowledged = true;
	return result;
}

/* Thousands of short lives: the store's maps are given back and forth here, and its log is moved by nobody. */
#define PIECE 4096
static void *pieces[4096];
static size_t piece_count;

void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);
void *__wrap_mmap(void *at, size_t length, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void *at, size_t length);
struct checkpoint *__wrap_checkpoint_start(const char *path);

void *__wrap_mmap(void *at, size_t length, int protection, int flags, int file, off_t offset)
{
	if (length == PIECE && file < 0 && piece_count)
		return memset(pieces[--piece_count], 0, PIECE);
	return __real_mmap(at, length, protection, flags, file, offset);
}

int __wrap_munmap(void *at, size_t length)
{
	if (length != PIECE || piece_count == sizeof pieces / sizeof pieces[0])
		return __real_munmap(at, length);
	pieces[piece_count++] = at;
	return 0;
}

struct checkpoint *__wrap_checkpoint_start(const char *path)
{
	(void)path;
	return NULL;
}

static void untold_in_silence(struct bench *bench, struct text alert, int step)
{
	(void)bench, (void)alert, (void)step;
}

/* ---- the tests ---- */

static size_t states_wanted(void)
{
	const char *given = getenv("STATES");
	if (given && *given)
		return strtoull(given, NULL, 10);
	return getenv("TEST_ROUNDS") ? 3 : STATES; /* under Valgrind */
}

static void whatever_happens_and_wherever_it_crashes_nobody_is_missed_and_nothing_goes_twice_unmarked(void **state)
{
	struct walk walk;
	(void)state;
	planted = NOTHING;
	walk_states(&walk, states_wanted());
	say_how_far(&walk);
	if (wrong[0])
		fail_msg("%s", wrong);
	walk_free(&walk);
}

static void each_fault_that_is_planted_under_the_walk_is_found_by_it(void **state)
{
	(void)state;
	for (planted = NOTHING + 1; planted < PLANTED && !getenv("TEST_ROUNDS"); planted++) {
		struct walk walk;
		print_message("planted: %s\n  ", planted_names[planted]);
		world.bench->on_nobody = planted == GIVES_UP_IN_SILENCE ? untold_in_silence : on_untold;
		walk_states(&walk, 300);
		if (!wrong[0])
			fail_msg("not found: %s", planted_names[planted]);
		walk_free(&walk);
	}
	planted = NOTHING;
	world.bench->on_nobody = on_untold;
}

static int setup(void **state)
{
	(void)state;
	world_first();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		free(first_disk.bytes[i]);
		free(crash_disk.bytes[i]);
	}
	bench_end(world.bench);
	return 0;
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			whatever_happens_and_wherever_it_crashes_nobody_is_missed_and_nothing_goes_twice_unmarked),
		cmocka_unit_test(each_fault_that_is_planted_under_the_walk_is_found_by_it),
	};
	return cmocka_run_group_tests_name("outbox_states", tests, setup, teardown);
}

/* Walks all states of a world of messages (outbox_world.h) breadth first, each told from the others by what is on the
 * disk, under way and at the other side, and asks in each what must be so. What may happen the test says. */
#ifndef CASEWATCH_TESTS_OUTBOX_WALK_H
#define CASEWATCH_TESTS_OUTBOX_WALK_H

#include "outbox_journal.h"

#define DEPTH 40
#define MOST_STATES 100000 /* the table of those known has room for twice as many */
#define SAYS_EACH 500 /* states, so that a walk that is broken off has said how far it came */

/* ---- what may happen next ---- */

enum happening {
	PASSES,
	CRASHES,
	TIME_IS_OVER,
	IS_ANSWERED,
	IS_WITHDRAWN,
	RELOADS,
	COMES_BACK,
	ARRIVES,
	ANOTHER_TAKES_OVER, /* of the machines of the cell, and sends what is owed */
	ANOTHER_DIES,       /* the same, and does not say what came of it */
	COMES_BACK_LATE     /* what is announced next */
};
struct action {
	enum happening what;
	enum reply reply;
	enum crash crash;
	const char *name;
};
/* What is tried in each state: the test's own. */
static const struct action *actions;
static size_t action_count;

/* An alert that is to climb when its step's time is over. */
static bool climbs(size_t which)
{
	return waits_for_answer(which) && world.ladders[which].asked_again == 0;
}

static bool any_climbs(void)
{
	for (size_t i = 0; i < world.alerts; i++)
		if (climbs(i))
			return true;
	return false;
}

static bool may_happen(enum happening what)
{
	switch (what) {
	case PASSES:
	case CRASHES:
	case RELOADS:
	case ANOTHER_TAKES_OVER:
	case ANOTHER_DIES:
		return true;
	case COMES_BACK_LATE:
		return !journal.slow;
	case TIME_IS_OVER:
		return any_climbs();
	case IS_ANSWERED:
		return waits_for_answer(0);
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
	for (size_t i = 0; i < world.alerts; i++) {
		instant end = world.ladders[i].step_began + STEP_TIME;
		if (climbs(i) && world.bench->hands.now < end)
			move(world.bench, end - world.bench->hands.now);
	}
	for (size_t i = 0; i < world.alerts; i++)
		if (climbs(i))
			climb(&world.ladders[i]);
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
	case ANOTHER_TAKES_OVER:
	case ANOTHER_DIES:
		another_takes_over(action->what == ANOTHER_DIES);
		break;
	case COMES_BACK_LATE:
		journal.slow = true;
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
			mix(hash, ((uint64_t)world.sends[i].alerts * PEOPLE + (uint64_t)world.sends[i].person) * 4 +
			                  taken);
	}
}

/* Who owns, and what of the journal is not read, or may still come of what is. */
static void mix_journal(uint64_t *hash)
{
	if (!journal.own)
		return;
	mix(hash, (journal.count - journal.read) * 4 + (uint64_t)journal.slow * 2 + ownership_owns(journal.own));
	mix(hash, ownership_under_way(journal.own) * 64 + ownership_doubtful(journal.own));
}

static uint64_t hash_of_state(void)
{
	struct fault *fault;
	uint64_t hash = 7;
	struct courier_figures figures = figures_of(world.bench);
	OK(outbox_each(world.bench->store, TEXT_NONE, false, SIZE_MAX, mix_row, &hash, fault));
	mix(&hash, figures.under_way ? (uint64_t)world.coming : REPLIES);
	mix(&hash, figures.under_way * 4 + (uint64_t)(figures.trouble_since != INSTANT_NONE) * 2);
	mix(&hash, (uint64_t)(world.withdrawn != INSTANT_NONE) * 2 + (uint64_t)(world.answered != INSTANT_NONE));
	for (size_t i = 0; i < world.alerts; i++)
		mix(&hash, (uint64_t)world.ladders[i].step * 4 + (uint64_t)world.ladders[i].asked_again);
	mix_sends(&hash);
	mix_journal(&hash);
	return hash;
}

/* ---- what must be so ---- */

static char wrong[256];

static void find_fault(const char *words, const char *about)
{
	if (!wrong[0])
		(void)snprintf(wrong, sizeof wrong, "%s (%s)", words, about);
}

static void look_at_sends(void)
{
	if (world.endless)
		find_fault("it sends without end", "lost");
	for (size_t i = 0; i < world.send_count; i++) {
		const struct seen_send *send = &world.sends[i];
		if (send->over)
			find_fault("it went although the alert had been withdrawn", send->reference);
		for (size_t k = 0; k < i; k++) {
			const struct seen_send *before = &world.sends[k];
			if (same_name(before, send) && (send->rows & ~before->rows))
				find_fault("other alerts went under the name of a message", send->reference);
			if (!(before->rows & send->rows))
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

static bool was_told(int person, size_t of)
{
	for (size_t i = 0; i < world.send_count; i++)
		if (world.sends[i].person == person && world.sends[i].arrived && (world.sends[i].alerts >> of & 1))
			return true;
	return false;
}

static void look_at_alert(size_t which)
{
	int step = world.ladders[which].step;
	bool last_refused = step == 2; /* then ops hear, and it is asked again in its own time */
	if (waits_for_answer(which) && !was_told(step - 1, which) && !last_refused)
		find_fault("nobody was told of the step that was reached, and the next one is not told", "lost");
	if (waits_for_answer(which) && last_refused && !was_told(1, which) && count_rows(world.bench).ops == 0)
		find_fault("nobody was told of the last step, and ops do not know", "lost");
}

/* The other side is well from now on: whoever must hear does, without waiting for the step's own time. */
static void look_at_what_becomes_of_it(void)
{
	struct fault *fault;
	/* A turn may do what is not seen from outside: those that nobody heard of are looked for in one alone. */
	for (int i = 0, quiet = 0; i < 60 && quiet < 2; i++) {
		size_t before = things_that_happened();
		turn(TAKES, NO_CRASH);
		quiet = things_that_happened() == before ? quiet + 1 : 0;
	}
	OK(outbox_each(world.bench->store, TEXT_NONE, false, SIZE_MAX, look_at_end, NULL, fault));
	for (size_t i = 0; i < world.alerts; i++)
		look_at_alert(i);
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
		for (uint8_t i = 0; i < action_count && length < DEPTH && !wrong[0]; i++)
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

/* Goes on from so many, or from as many as STATES says. */
static void nothing_is_wrong_in(size_t usual)
{
	struct walk walk;
	const char *given = getenv("STATES");
	bool valgrind = getenv("TEST_ROUNDS") != NULL;
	walk_states(&walk, given && *given ? strtoull(given, NULL, 10) : valgrind ? 3 : usual);
	say_how_far(&walk);
	if (wrong[0])
		fail_msg("%s", wrong);
	walk_free(&walk);
}

static void something_is_wrong_with(const char *planted_name)
{
	struct walk walk;
	print_message("%s\n  ", planted_name);
	walk_states(&walk, 300);
	if (!wrong[0])
		fail_msg("not found: %s", planted_name);
	walk_free(&walk);
}

#endif

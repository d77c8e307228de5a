/* A cell in memory: two or three machines, a log, a group that names one of them, and people who take what is sent. All
 * that may happen is an action, so that a walk can take them in every order (ownership_states_test.c). The machines are
 * the daemon's own (cell/ownership.c), compiled here with a part of the protocol left out where the walk is tried.
 *
 * The host of a machine is here as simple as it may be: it wants every row that it does not know to be taken, keeps
 * what it learnt of the rows beside the place in the log, and follows orders at once. */
#ifndef CASEWATCH_TESTS_OWNERSHIP_WORLD_H
#define CASEWATCH_TESTS_OWNERSHIP_WORLD_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum part {
	NOTHING,
	READING_BACK,
	NONCE,
	FIVE_SECONDS,
	TIME_OF_READING_BACK,
	READING_BEFORE_THE_FIRST_SEND,
	SENDING_BEFORE_RESULT,
	DOUBT,
	WAITING,
	STOPPING,
	CLAIMING_AGAIN,
	RESULT_AGAIN,
	PLACE,
	GAP,
	UNKNOWN_OWNER,
	PARTS
};
static enum part left_out;
#define OWNERSHIP_LEFT_OUT(part) (left_out == (part))
#include "cell/ownership.c"
#include "cell/ownership_known.c"

#define MEMBERS_MOST 3
#define ROWS_MOST 2
#define RECORDS_MOST 48
#define WAITING_MOST 12
#define TICK (3 * SECOND)

/* How often what may go wrong. */
struct budget {
	uint8_t members, rows;
	uint8_t crashes, pauses, moves, ticks, losses, gaps, refusals;
	uint8_t betweens; /* a machine is paused between its look at the clock and the first byte */
	uint8_t wants;    /* of each row by each machine; the walk would not end without */
};

/* What a host knows of a row. */
struct knows {
	bool doubtful, taken;
};

enum sending { IDLE, WANTED, TO_START, BETWEEN };
struct sending_row {
	enum sending stage;
	bool marked;
	uint32_t attempt;
	instant until;
	int owner_at; /* where the OWN stands under which it was wanted */
	uint8_t wants;
};

/* A record, as small as it may be: worlds are copied by the million. */
struct written {
	uint64_t nonce;
	uint32_t attempt;
	uint8_t kind, row, what;
};

struct queue {
	struct written records[WAITING_MOST];
	uint8_t count;
};

struct member {
	struct ownership *machine; /* NULL: it does not run */
	struct ownership_place place;
	struct knows kept[ROWS_MOST], knows[ROWS_MOST];
	struct sending_row sends[ROWS_MOST];
	struct queue out;    /* appended, not yet in the log */
	struct queue ghosts; /* of a life that ended: they may still come */
	uint8_t lives, read;
	bool told, paused; /* told: that the group names it */
};

struct world {
	struct budget left;
	struct member members[MEMBERS_MOST];
	struct written log[RECORDS_MOST];
	uint8_t log_count, named;
	uint8_t marked[ROWS_MOST], unmarked[ROWS_MOST]; /* copies that were taken */
	int begun_by[ROWS_MOST]; /* the place of the latest OWN under which a send of it began; -1: none began */
	instant now;
};

static char wrong[200];

static void find_fault(const char *words)
{
	if (!wrong[0])
		(void)snprintf(wrong, sizeof wrong, "%s", words);
}

static struct journal_row row_id(size_t number)
{
	struct journal_row row;
	memset(row.at, (int)number + 1, sizeof row.at);
	return row;
}

static size_t row_number(const struct journal_row *row)
{
	return row->at[0] - 1u;
}

/* ---- lives ---- */

static void machine_begins(struct member *member, size_t number, instant now)
{
	const char *const names[MEMBERS_MOST] = {"amber", "birch", "cedar"};
	uint64_t life = ((uint64_t)number + 1) << 32 | (uint64_t)member->lives++ << 16;
	member->machine = ownership_new(TEXT("ashford"), text_of(names[number]), life, member->place, now);
	memcpy(member->knows, member->kept, sizeof member->knows);
	member->read = (uint8_t)member->place.position;
	member->told = member->paused = false;
}

static struct world *world_new(struct budget budget)
{
	struct world *world = MEM_NEW(struct world);
	world->left = budget;
	world->now = HOUR;
	for (size_t i = 0; i < ROWS_MOST; i++)
		world->begun_by[i] = -1;
	for (size_t i = 0; i < budget.members; i++)
		machine_begins(&world->members[i], i, world->now);
	return world;
}

static void world_free(struct world *world)
{
	for (size_t i = 0; i < MEMBERS_MOST; i++)
		ownership_free(world->members[i].machine);
	free(world);
}

static struct world *world_copy(const struct world *world)
{
	struct world *copy = mem_alloc(sizeof *copy);
	memcpy(copy, world, sizeof *copy);
	for (size_t i = 0; i < MEMBERS_MOST; i++)
		if (world->members[i].machine)
			copy->members[i].machine = ownership_copy(world->members[i].machine);
	return copy;
}

/* ---- the host ---- */

static struct written written_of(const struct journal_record *record)
{
	return (struct written){record->nonce, record->attempt, (uint8_t)record->kind, record->row.at[0],
	                        (uint8_t)record->what};
}

static struct journal_record record_of(struct written written)
{
	return (struct journal_record){.kind = (enum journal_kind)written.kind,
	                               .nonce = written.nonce,
	                               .attempt = written.attempt,
	                               .row = row_id(written.row - 1u),
	                               .message = row_id(written.row - 1u),
	                               .what = (enum journal_what)written.what};
}

static void put_in(struct queue *queue, struct written record)
{
	assert(queue->count < WAITING_MOST);
	queue->records[queue->count++] = record;
}

static struct written take_out(struct queue *queue)
{
	struct written first = queue->records[0];
	memmove(queue->records, queue->records + 1, --queue->count * sizeof first);
	return first;
}

static int latest_own(const struct world *world, uint64_t nonce)
{
	for (int i = world->log_count; i-- > 0;)
		if (world->log[i].kind == JOURNAL_OWN && world->log[i].nonce == nonce)
			return i;
	return -1;
}

static void start_row(struct member *member, const struct ownership_order *order)
{
	struct sending_row *send = &member->sends[row_number(&order->row)];
	if (member->knows[row_number(&order->row)].taken)
		find_fault("what is known to be taken is sent again");
	send->stage = TO_START;
	send->attempt = order->attempt;
	send->until = order->until;
}

static void heard_result(struct knows *knows, enum journal_what what)
{
	if (what == JOURNAL_TAKEN)
		knows->taken = true;
	if (what == JOURNAL_PERHAPS)
		knows->doubtful = true;
}

static void follow_orders(struct member *member)
{
	struct ownership_order order;
	while (ownership_order(member->machine, &order)) {
		size_t row = row_number(&order.row);
		switch (order.kind) {
		case OWNERSHIP_APPEND: put_in(&member->out, written_of(&order.record)); break;
		case OWNERSHIP_OWNS:
		case OWNERSHIP_STOPS: break;
		case OWNERSHIP_START: start_row(member, &order); break;
		case OWNERSHIP_NOT_START: member->sends[row].stage = IDLE; break;
		case OWNERSHIP_DOUBTFUL: member->knows[row].doubtful = true; break;
		case OWNERSHIP_ALL_DOUBTFUL:
			for (size_t i = 0; i < ROWS_MOST; i++)
				member->knows[i].doubtful = true;
			break;
		case OWNERSHIP_RESULT: heard_result(&member->knows[row], order.what); break;
		}
	}
}

static void look_at_time(struct world *world, struct member *member)
{
	if (world->now >= ownership_next_time(member->machine))
		ownership_time(member->machine, world->now);
	follow_orders(member);
}

static void take_copy(struct world *world, size_t row, bool marked)
{
	if (marked && world->marked[row] < 100)
		world->marked[row]++;
	if (!marked && world->unmarked[row]++ > 0)
		find_fault("it went twice without a mark");
}

/* ---- what may happen ---- */

enum happening {
	READS,
	WANTS,
	TAKES,
	IS_REFUSED,
	HANGS_UP,
	PAUSES_BETWEEN,
	GOES_ON_AFTER,
	DELIVERS,
	HAUNTS,
	LOSES,
	FAILS,
	FAILS_HAVING_TAKEN,
	IS_TOLD,
	MOVES,
	CRASHES_HAVING_KEPT,
	CRASHES,
	STARTS,
	PAUSES,
	WAKES,
	MISSES,
	TICKS,
	HAPPENINGS
};
static const char *const happening_names[HAPPENINGS] = {"reads",
                                                        "wants row",
                                                        "sends, and it is taken",
                                                        "sends, and is refused",
                                                        "sends, and is hung up on",
                                                        "looks at the clock and is paused",
                                                        "goes on with the first byte",
                                                        "'s record comes into the log",
                                                        "'s record of an earlier life comes into the log",
                                                        "'s record is lost without a word",
                                                        "'s record is refused",
                                                        "'s record comes into the log and seems refused",
                                                        "is told of the group",
                                                        "is named by the group",
                                                        "crashes, having kept what it read",
                                                        "crashes",
                                                        "starts",
                                                        "is paused",
                                                        "wakes",
                                                        "loses what it had not read",
                                                        "time passes"};

static void spend(uint8_t *left, bool one)
{
	*left = (uint8_t)(*left - one);
}

static bool may_act(const struct member *member)
{
	return member->machine && !member->paused;
}

static bool want_row(struct world *world, struct member *member, size_t row)
{
	struct sending_row *send = &member->sends[row];
	struct journal_row id = row_id(row);
	instant until;
	if (!may_act(member) || send->stage != IDLE || member->knows[row].taken || send->wants >= world->left.wants)
		return false;
	send->marked = member->knows[row].doubtful;
	if (ownership_want(member->machine, &id, &id, send->marked, world->now, &until) != OWNERSHIP_WANTED)
		return false;
	send->stage = WANTED;
	send->wants++;
	send->owner_at = latest_own(world, member->machine->nonce);
	follow_orders(member);
	return true;
}

static void end_send(struct world *world, struct member *member, size_t row, enum journal_what what)
{
	struct journal_row id = row_id(row);
	member->sends[row].stage = IDLE;
	ownership_over(member->machine, &id, member->sends[row].attempt, what, world->now);
	follow_orders(member);
}

/* The last look at the clock. */
static bool begin_row(struct world *world, struct member *member, size_t row)
{
	struct sending_row *send = &member->sends[row];
	if (world->now > send->until) {
		end_send(world, member, row, JOURNAL_NOT_STARTED);
		return false;
	}
	if (send->owner_at < world->begun_by[row])
		find_fault("a former owner begins after a later one did");
	if (send->owner_at > world->begun_by[row])
		world->begun_by[row] = send->owner_at;
	return true;
}

static bool send_row(struct world *world, struct member *member, size_t row, enum happening how)
{
	if (!may_act(member) || member->sends[row].stage != TO_START)
		return false;
	if (how != TAKES && world->now > member->sends[row].until) /* one late send is as the other */
		return false;
	if (how == PAUSES_BETWEEN && !world->left.betweens)
		return false;
	if ((how == IS_REFUSED || how == HANGS_UP) && !world->left.refusals)
		return false;
	if (!begin_row(world, member, row))
		return true;
	spend(&world->left.refusals, how == IS_REFUSED || how == HANGS_UP);
	spend(&world->left.betweens, how == PAUSES_BETWEEN);
	if (how == PAUSES_BETWEEN) {
		member->sends[row].stage = BETWEEN;
		return true;
	}
	if (how != IS_REFUSED)
		take_copy(world, row, member->sends[row].marked);
	end_send(world, member, row,
	         how == TAKES      ? JOURNAL_TAKEN
	         : how == HANGS_UP ? JOURNAL_PERHAPS
	                           : JOURNAL_NOT_TAKEN);
	return true;
}

static bool go_on_after(struct world *world, struct member *member, size_t row)
{
	if (!may_act(member) || member->sends[row].stage != BETWEEN)
		return false;
	take_copy(world, row, member->sends[row].marked);
	end_send(world, member, row, JOURNAL_TAKEN);
	return true;
}

static bool read_record(struct world *world, struct member *member)
{
	if (!may_act(member) || member->read >= world->log_count)
		return false;
	struct journal_record record = record_of(world->log[member->read]);
	ownership_read(member->machine, member->read, &record, world->now);
	member->read++;
	follow_orders(member);
	return true;
}

/* Of the first record that waits: whether it comes into the log, and what its writer hears. */
static bool move_record(struct world *world, struct member *member, enum happening how)
{
	struct queue *queue = how == HAUNTS ? &member->ghosts : &member->out;
	bool loses = how == LOSES || how == FAILS || how == FAILS_HAVING_TAKEN;
	if (!queue->count || world->log_count == RECORDS_MOST || (loses && !world->left.losses))
		return false;
	if ((how == FAILS || how == FAILS_HAVING_TAKEN) && !may_act(member))
		return false;
	struct written written = take_out(queue);
	struct journal_record record = record_of(written);
	spend(&world->left.losses, loses);
	if (how != LOSES && how != FAILS)
		world->log[world->log_count++] = written;
	if (how == FAILS || how == FAILS_HAVING_TAKEN) {
		ownership_not_appended(member->machine, &record, world->now);
		follow_orders(member);
	}
	return true;
}

static bool tell_group(struct world *world, size_t number)
{
	struct member *member = &world->members[number];
	bool named = world->named == number + 1;
	if (!may_act(member) || member->told == named)
		return false;
	member->told = named;
	if (named)
		ownership_assigned(member->machine, world->now);
	else
		ownership_revoked(member->machine, world->now);
	follow_orders(member);
	return true;
}

static bool crash(struct world *world, struct member *member, bool kept)
{
	if (!member->machine || !world->left.crashes)
		return false;
	world->left.crashes--;
	if (kept) {
		member->place = ownership_place(member->machine);
		memcpy(member->kept, member->knows, sizeof member->kept);
	}
	ownership_free(member->machine);
	member->machine = NULL;
	for (size_t i = 0; i < ROWS_MOST; i++)
		member->sends[i] = (struct sending_row){.wants = member->sends[i].wants};
	while (member->out.count && member->ghosts.count < WAITING_MOST)
		put_in(&member->ghosts, take_out(&member->out));
	member->out.count = 0;
	return true;
}

static bool miss_records(struct world *world, struct member *member)
{
	if (!may_act(member) || !world->left.gaps || member->read == world->log_count)
		return false;
	world->left.gaps--;
	member->read = world->log_count;
	ownership_gap(member->machine, world->log_count, world->now);
	follow_orders(member);
	return true;
}

static bool pass_time(struct world *world)
{
	if (!world->left.ticks)
		return false;
	world->left.ticks--;
	world->now += TICK;
	for (size_t i = 0; i < MEMBERS_MOST; i++)
		if (may_act(&world->members[i]))
			look_at_time(world, &world->members[i]);
	return true;
}

static bool change_state(struct world *world, size_t number, enum happening what)
{
	struct member *member = &world->members[number];
	bool may = what == STARTS   ? !member->machine
	           : what == MOVES  ? world->left.moves && world->named != number + 1
	           : what == PAUSES ? may_act(member) && world->left.pauses
	                            : member->machine && member->paused;
	if (!may)
		return false;
	if (what == STARTS)
		machine_begins(member, number, world->now);
	spend(&world->left.moves, what == MOVES);
	spend(&world->left.pauses, what == PAUSES);
	if (what == MOVES) {
		world->named = (uint8_t)(number + 1);
		(void)tell_group(world, number); /* whoever is named hears it when it can; it does no harm until then */
	}
	if (what == PAUSES || what == WAKES)
		member->paused = what == PAUSES;
	if (what == WAKES)
		look_at_time(world, member);
	return true;
}

/* False: it cannot happen now, or would change nothing. */
static bool happen(struct world *world, enum happening what, size_t number, size_t row)
{
	struct member *member = &world->members[number];
	switch (what) {
	case READS: return row == 0 && read_record(world, member);
	case WANTS: return want_row(world, member, row);
	case TAKES:
	case IS_REFUSED:
	case HANGS_UP:
	case PAUSES_BETWEEN: return send_row(world, member, row, what);
	case GOES_ON_AFTER: return go_on_after(world, member, row);
	case DELIVERS:
	case HAUNTS:
	case LOSES:
	case FAILS:
	case FAILS_HAVING_TAKEN: return row == 0 && move_record(world, member, what);
	case IS_TOLD: return row == 0 && tell_group(world, number);
	case CRASHES_HAVING_KEPT:
	case CRASHES: return row == 0 && crash(world, member, what == CRASHES_HAVING_KEPT);
	case MOVES:
	case STARTS:
	case PAUSES:
	case WAKES: return row == 0 && change_state(world, number, what);
	case MISSES: return row == 0 && miss_records(world, member);
	case TICKS: return row == 0 && number == 0 && pass_time(world);
	case HAPPENINGS: break;
	}
	return false;
}

#endif

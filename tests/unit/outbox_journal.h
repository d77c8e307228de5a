/* A journal beside the world of one critical alert: the protocol is the daemon's own (cell/ownership.h), its log lies
 * in the test's memory and outlives every crash, and another machine of the cell takes over when the test says so,
 * sends what is owed, and is gone again. */
#ifndef CASEWATCH_TESTS_OUTBOX_JOURNAL_H
#define CASEWATCH_TESTS_OUTBOX_JOURNAL_H

#include "outbox_world.h"

#include "cell/ownership.h"
#include "store/elsewhere.h"

#define RECORDS_MOST 512
#define PLACE_KEY "journal_place"

/* What can be left out of it, so that the walk must find what goes wrong. */
enum left_out {
	ALL_IS_THERE,
	SENDS_UNASKED,       /* it believes to be the owner, whatever stands in the journal */
	LEARNS_NO_TAKING,    /* what another machine's RESULT says is not written */
	LEARNS_NO_DOUBT,     /* an INTENT without RESULT is not written as doubtful */
	BEGINS_LATE,         /* a permission holds for ever */
	LEFT_OUT
};

static struct journal_side {
	struct courier_gate gate;
	struct ownership *own;
	struct journal_record log[RECORDS_MOST];
	size_t count, read;
	uint64_t lives;
	uint32_t others; /* times that another machine took over */
	bool slow;       /* what is appended next comes back after six seconds */
	enum left_out left_out;
} journal;

static instant journal_now(void)
{
	return world.bench->hands.elapsed;
}

static struct outbox_same same_of(const struct journal_row *row)
{
	struct outbox_same same;
	memcpy(same.at, row->at, sizeof same.at);
	return same;
}

static void append_record(struct journal_record record)
{
	if (world.crashed)
		return;
	if (journal.count == RECORDS_MOST)
		fail_msg("a journal that grows without end");
	record.council = TEXT("c");
	record.owner = TEXT("amber");
	journal.log[journal.count++] = record;
}

/* ---- what is read becomes rows ---- */

static enum result keep_place(struct store *store, struct fault *fault)
{
	struct ownership_place place = ownership_place(journal.own);
	struct buffer words = {0};
	buffer_format(&words, "%lld %llu", (long long)place.position, (unsigned long long)place.owner);
	enum result result = store_set(store, PLACE_KEY, buffer_view(&words), fault);
	buffer_free(&words);
	return result;
}

#define ORDERS_MOST 64

static bool is_to_write(const struct ownership_order *order)
{
	return order->kind == OWNERSHIP_DOUBTFUL || order->kind == OWNERSHIP_ALL_DOUBTFUL ||
	       (order->kind == OWNERSHIP_RESULT &&
	        (order->what == JOURNAL_TAKEN || order->what == JOURNAL_PERHAPS));
}

static void write_order(const struct ownership_order *order)
{
	struct fault *fault;
	struct courier *courier = world.bench->courier;
	struct outbox_same row = same_of(&order->row), message = same_of(&order->message);
	bool changed, taken = order->kind == OWNERSHIP_RESULT && order->what == JOURNAL_TAKEN;
	if (journal.left_out == (taken ? LEARNS_NO_TAKING : LEARNS_NO_DOUBT))
		return;
	if (order->kind == OWNERSHIP_ALL_DOUBTFUL)
		OK(courier_doubt_all(courier, fault));
	else
		OK(courier_learn(courier, &row, &message, taken, INSTANT_NONE, &changed, fault));
}

/* As the daemon does: all that was read, with the place behind it, in one transaction. */
static void write_orders(const struct ownership_order *orders, size_t count)
{
	struct fault *fault;
	bool any = false;
	for (size_t i = 0; i < count; i++)
		any = any || is_to_write(&orders[i]);
	if (!any || world.crashed)
		return;
	OK(store_begin(world.bench->store, fault));
	for (size_t i = 0; i < count; i++)
		if (is_to_write(&orders[i]))
			write_order(&orders[i]);
	OK(keep_place(world.bench->store, fault));
	OK(store_commit(world.bench->store, fault));
}

static void act_on(const struct ownership_order *order)
{
	struct courier *courier = world.bench->courier;
	struct outbox_same row = same_of(&order->row);
	instant begin_by = journal.left_out == BEGINS_LATE ? INSTANT_NEVER : order->until;
	if (order->kind == OWNERSHIP_OWNS || order->kind == OWNERSHIP_STOPS)
		courier_gate_turned(courier);
	else if (order->kind == OWNERSHIP_START)
		courier_may_send(courier, &row, order->attempt, begin_by);
	else if (order->kind == OWNERSHIP_NOT_START)
		courier_may_not_send(courier, &row);
}

static void follow_orders(void)
{
	struct ownership_order orders[ORDERS_MOST];
	size_t count = 0;
	while (journal.own && count < ORDERS_MOST && ownership_order(journal.own, &orders[count]))
		if (orders[count].kind == OWNERSHIP_APPEND)
			append_record(orders[count].record);
		else
			count++;
	assert_true(count < ORDERS_MOST);
	write_orders(orders, count);
	for (size_t i = 0; i < count; i++)
		act_on(&orders[i]);
}

static instant side_turn(void)
{
	size_t before = journal.read;
	if (world.crashed)
		return INSTANT_NEVER;
	if (journal.slow && journal.read < journal.count) {
		journal.slow = false;
		move(world.bench, 6 * SECOND);
	}
	while (journal.read < journal.count) {
		size_t position = journal.read++;
		ownership_read(journal.own, (int64_t)position, &journal.log[position], journal_now());
		follow_orders();
	}
	if (journal_now() >= ownership_next_time(journal.own))
		ownership_time(journal.own, journal_now());
	follow_orders();
	bool more = journal.read != before || journal.read < journal.count;
	return more ? journal_now() : ownership_next_time(journal.own);
}

/* ---- the gate ---- */

static bool side_is_open(void *context)
{
	(void)context;
	return journal.left_out == SENDS_UNASKED || ownership_owns(journal.own);
}

static enum gate_answer side_ask(void *context, const struct outbox_same *row, const struct outbox_same *message,
                                 bool doubtful, instant *wait)
{
	struct journal_row id, named;
	instant until = 0;
	(void)context;
	memcpy(id.at, row->at, sizeof id.at);
	memcpy(named.at, message->at, sizeof named.at);
	if (journal.left_out == SENDS_UNASKED) {
		courier_may_send(world.bench->courier, row, 0, INSTANT_NEVER);
		return GATE_ASKED;
	}
	enum ownership_answer answer = ownership_want(journal.own, &id, &named, doubtful, journal_now(), &until);
	follow_orders();
	*wait = answer == OWNERSHIP_WAITS ? until - journal_now() : SECOND;
	return answer == OWNERSHIP_WANTED     ? GATE_ASKED
	       : answer == OWNERSHIP_NOT_OURS ? GATE_CLOSED
	                                      : GATE_LATER;
}

static void side_over(void *context, const struct outbox_same *row, uint32_t permission, enum gate_what what)
{
	static const enum journal_what words[] = {[GATE_TAKEN] = JOURNAL_TAKEN,
	                                          [GATE_NOT_TAKEN] = JOURNAL_NOT_TAKEN,
	                                          [GATE_PERHAPS] = JOURNAL_PERHAPS,
	                                          [GATE_NOT_BEGUN] = JOURNAL_NOT_STARTED};
	struct journal_row id;
	(void)context;
	memcpy(id.at, row->at, sizeof id.at);
	if (!world.crashed)
		ownership_over(journal.own, &id, permission, words[what], journal_now());
	follow_orders();
}

/* ---- another machine ---- */

/* What the journal says of a row: as every machine reads it. */
struct said {
	bool taken, doubtful;
	struct journal_record last; /* its last INTENT that counts */
};

/* An INTENT counts under the last OWN before it alone. */
static struct said said_of(const struct outbox_same *row, size_t until)
{
	struct said said = {.taken = false};
	uint64_t owner = 0;
	for (size_t i = 0; i < until; i++) {
		const struct journal_record *record = &journal.log[i];
		owner = record->kind == JOURNAL_OWN ? record->nonce : owner;
		if (record->kind == JOURNAL_OWN || memcmp(record->row.at, row->at, sizeof row->at) != 0)
			continue;
		if (record->kind == JOURNAL_INTENT && record->nonce == owner)
			said.last = *record;
		bool own = record->nonce == said.last.nonce && record->attempt == said.last.attempt;
		said.taken |= record->kind == JOURNAL_RESULT && record->what == JOURNAL_TAKEN;
		said.doubtful |= record->kind == JOURNAL_RESULT && record->what == JOURNAL_PERHAPS;
		if (record->kind == JOURNAL_RESULT && own)
			said.last.kind = 0; /* it is over */
	}
	said.doubtful |= said.last.kind == JOURNAL_INTENT;
	return said;
}

struct takeover {
	uint64_t nonce;
	uint32_t attempt;
	size_t until;
	bool dies; /* before it says what came of it */
};

/* Its rows are the same as this machine's, but that none of them was tried there and waits for a next attempt. */
static enum result send_there(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct takeover *takeover = argument;
	struct said said = said_of(&row->same, takeover->until);
	struct journal_record record = {.nonce = takeover->nonce};
	(void)fault;
	if (row->kind == OUTBOX_OPS || said.taken || world.send_count == LEDGER)
		return RESULT_OK;
	record.attempt = ++takeover->attempt;
	memcpy(record.row.at, row->same.at, sizeof record.row.at);
	record.message = record.row;
	record.kind = JOURNAL_INTENT;
	append_record(record);
	struct seen_send *send = &world.sends[world.send_count++];
	*send = (struct seen_send){.person = person_of(row->role),
	                           .marked = said.doubtful,
	                           .taken = true,
	                           .arrived = true,
	                           .rows = UINT64_C(1) << (row->id & 63),
	                           .alerts = 1};
	(void)snprintf(send->reference, sizeof send->reference, "<%lld.0@x>", (long long)row->id);
	record.kind = JOURNAL_RESULT;
	record.what = JOURNAL_TAKEN;
	if (!takeover->dies)
		append_record(record);
	return RESULT_OK;
}

/* It reads what stands there, waits until nobody else may begin, sends what is owed, marked where it is in doubt, and
 * is gone. Of an alert that was withdrawn or answered it sends nothing: as this machine would not. */
static inline void another_takes_over(bool dies)
{
	struct fault *fault;
	struct takeover takeover = {
		.nonce = UINT64_C(1) << 40 | ++journal.others, .until = journal.count, .dies = dies};
	append_record((struct journal_record){.kind = JOURNAL_OWN, .nonce = takeover.nonce});
	move(world.bench, OWNERSHIP_DOUBT_WAITS + SECOND / 10);
	if (waits_for_answer(0))
		OK(outbox_each(world.bench->store, TEXT_NONE, true, SIZE_MAX, send_there, &takeover, fault));
}

/* ---- life ---- */

static void side_anew(void)
{
	journal.count = 0;
	journal.others = 0;
	journal.lives = 0;
}

static void side_begin(void)
{
	struct fault *fault;
	struct text kept;
	long long position = 0;
	unsigned long long owner = 0;
	char words[64];
	OK(store_get(world.bench->store, PLACE_KEY, &kept, fault));
	(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(kept));
	if (kept.length)
		(void)sscanf(words, "%lld %llu", &position, &owner);
	journal.slow = false;
	journal.read = (size_t)position;
	journal.own = ownership_new(TEXT("c"), TEXT("amber"), ++journal.lives << 20,
	                            (struct ownership_place){position, owner}, journal_now());
	ownership_assigned(journal.own, journal_now());
}

static void side_end(void)
{
	ownership_free(journal.own);
	journal.own = NULL;
}

/* A message has the same name on every machine. */
static inline void same_reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)settings;
	(void)name;
	buffer_format(out, "<%lld.0@x>", (long long)row);
}

/* From the next life on. */
static inline void put_journal_beside(void)
{
	renaming.reference = same_reference;
	static const struct world_side journal_beside = {side_anew, side_begin, side_end, side_turn};
	journal.gate = (struct courier_gate){side_is_open, side_ask, side_over, NULL};
	world.bench->gate = &journal.gate;
	world_side = &journal_beside;
}

#endif

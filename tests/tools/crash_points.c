/* The daemon with named points at which it ends as a power cut or kill -9 would: build/tests/casewatchd_crash is the
 * daemon's own objects and this file, which the linker puts between them (-Wl,--wrap). The daemon that is installed has
 * not a line of it: there is nothing in it that could go off, whatever stands in its environment.
 *   CRASH_AT=POINT[:N]  at the N-th time (the first) that POINT is passed.   docs/delivery.md has the table of them.
 *   STOP_AT=POINT[:N]   stands still there, as a machine that is suspended, until SIGCONT. */
#include "cell/journal.h"
#include "channel/channel.h"
#include "courier/courier_internal.h"
#include "courier/lanes.h"
#include "pipeline/pipeline.h"
#include "store/events/events.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *within = "start"; /* what the loop is at: its commits are named by it */

static void look(const char *name, const char *wanted, int what, atomic_int *passed)
{
	size_t length = strlen(name);
	if (!wanted || strncmp(wanted, name, length) != 0 || (wanted[length] && wanted[length] != ':'))
		return;
	int number = wanted[length] ? atoi(wanted + length + 1) : 1;
	if (atomic_fetch_add(passed, 1) + 1 == number)
		(void)kill(getpid(), what);
}

static void point(const char *name)
{
	static atomic_int ends, stops;
	look(name, getenv("CRASH_AT"), SIGKILL, &ends);
	look(name, getenv("STOP_AT"), SIGSTOP, &stops);
}

/* "take-commit", "result-committed" and so on. */
static void point_of(const char *what)
{
	char name[64];
	(void)snprintf(name, sizeof name, "%s-%s", within, what);
	point(name);
}

#define REAL(type, name, ...)                                                                                          \
	type __real_##name(__VA_ARGS__);                                                                               \
	type __wrap_##name(__VA_ARGS__);                                                                               \
	type __wrap_##name(__VA_ARGS__)

/* ---- the transactions, each by whose it is ---- */

REAL(enum result, store_commit, struct store *store, struct fault *fault)
{
	point_of("commit");
	enum result result = __real_store_commit(store, fault);
	point_of("committed");
	return result;
}

REAL(enum result, pipeline_take_some, struct pipeline *pipeline, struct batch *batch, size_t *taken, instant read_to,
     instant now, struct fault *fault)
{
	within = "take";
	enum result result = __real_pipeline_take_some(pipeline, batch, taken, read_to, now, fault);
	within = "other";
	return result;
}

REAL(enum result, pipeline_tick, struct pipeline *pipeline, instant now, struct fault *fault)
{
	within = "tick";
	enum result result = __real_pipeline_tick(pipeline, now, fault);
	within = "other";
	return result;
}

REAL(enum result, pipeline_nobody, struct pipeline *pipeline, struct text alert, int step, instant now,
     struct fault *fault)
{
	point("climb");
	within = "climb";
	enum result result = __real_pipeline_nobody(pipeline, alert, step, now, fault);
	within = "other";
	return result;
}

REAL(enum result, pass_make, struct courier *courier, struct fault *fault)
{
	within = "claim";
	enum result result = __real_pass_make(courier, fault);
	within = "other";
	return result;
}

REAL(enum result, results_write, struct courier *courier, struct fault *fault)
{
	if (courier->results)
		point("result");
	within = "result";
	enum result result = __real_results_write(courier, fault);
	within = "other";
	return result;
}

/* ---- the steps within them ---- */

REAL(enum result, events_add_ahead, struct store *store, struct event *event, struct events_ahead ahead,
     struct packed packed, instant arrived, enum stored *stored, struct fault *fault)
{
	enum result result = __real_events_add_ahead(store, event, ahead, packed, arrived, stored, fault);
	point("take-stored");
	return result;
}

REAL(enum result, outbox_add, struct store *store, const struct outbox_row *row, int64_t *id, struct fault *fault)
{
	enum result result = __real_outbox_add(store, row, id, fault);
	if (row->kind != OUTBOX_OPS) {
		point("owed");
		point_of("owed");
	}
	return result;
}

REAL(enum result, outbox_claim, struct store *store, instant now, bool critical, struct outbox_row *row, bool *found,
     struct fault *fault)
{
	enum result result = __real_outbox_claim(store, now, critical, row, found, fault);
	if (*found)
		point("claim-marked");
	return result;
}

REAL(enum result, outbox_address, struct store *store, int64_t id, struct text person, struct text channel,
     struct text address, struct text message_id, struct fault *fault)
{
	enum result result = __real_outbox_address(store, id, person, channel, address, message_id, fault);
	if (message_id.length)
		point("claim-named");
	return result;
}

REAL(enum result, outbox_hold, struct store *store, int64_t id, instant until, struct fault *fault)
{
	enum result result = __real_outbox_hold(store, id, until, fault);
	point("claim-held");
	return result;
}

REAL(enum result, outbox_result, struct store *store, int64_t id, enum outbox_state state, instant at, instant again,
     struct text reply, struct fault *fault)
{
	char name[64];
	enum result result = __real_outbox_result(store, id, state, at, again, reply, fault);
	(void)snprintf(name, sizeof name, "written-%s", outbox_state_name(state));
	point(name);
	return result;
}

REAL(enum result, outbox_recover, struct store *store, size_t *uncertain, struct fault *fault)
{
	within = "recover";
	point("recover");
	return __real_outbox_recover(store, uncertain, fault);
}

/* ---- on the wire: a thread of its own ---- */

REAL(void, delivery_carry, struct delivery *delivery, const struct channel *channel, struct channel_line *line)
{
	point(delivery->asks ? "ask" : "send");
	__real_delivery_carry(delivery, channel, line);
	point(delivery->asks ? "asked" : "sent");
}

/* ---- the journal of a cell ---- */

static uint64_t claim; /* the nonce of this process's last OWN */

REAL(bool, ownership_order, struct ownership *ownership, struct ownership_order *order)
{
	bool any = __real_ownership_order(ownership, order);
	if (any && order->kind == OWNERSHIP_APPEND && order->record.kind == JOURNAL_OWN) {
		claim = order->record.nonce;
		point("claim");
	}
	return any;
}

REAL(void, ownership_read, struct ownership *ownership, int64_t position, const struct journal_record *record,
     instant now)
{
	if (record->kind == JOURNAL_OWN && record->nonce == claim)
		point("claimed");
	__real_ownership_read(ownership, position, record, now);
}

REAL(enum ownership_answer, journal_want, struct journal *journal, size_t council, const struct journal_row *row,
     const struct journal_row *message, bool doubtful, instant *until)
{
	point("want");
	enum ownership_answer answer = __real_journal_want(journal, council, row, message, doubtful, until);
	point("wanted");
	return answer;
}

REAL(void, courier_may_send, struct courier *courier, const struct outbox_same *row, uint32_t permission,
     instant begin_by)
{
	point("may-send");
	__real_courier_may_send(courier, row, permission, begin_by);
}

REAL(void, journal_over, struct journal *journal, size_t council, const struct journal_row *row, uint32_t attempt,
     enum journal_what what)
{
	point("over");
	__real_journal_over(journal, council, row, attempt, what);
}

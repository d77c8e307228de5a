/* erase: somebody has a child erased, as `casewatch erase` does it: all ids that are one child, by an order in a file
 * that the daemon finds. What was stored of it then is gone once nothing is to be done, and never comes back, whatever
 * the source sends again and whichever backup is put back (docs/retention.md). */
#include "sim/sim.h"

#include "backtest/trial.h"
#include "store/erasure/erase_orders.h"
#include "store/events/events.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- who ---- */

static enum result keep_merge(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	(void)bytes, (void)arrived, (void)fault;
	subject_keep(argument, event);
	return RESULT_OK;
}

/* By what is stored, as the tool has it, and not by what the daemon remembers. */
static size_t find_ids(struct sim *sim, struct subject *subject, const struct text **ids)
{
	struct fault fault = {0};
	size_t count = 0;
	sim->worked_apart = true;
	disk_look(sim->disk, true);
	if (events_merges(sim->council->store, keep_merge, subject, &fault) != RESULT_OK)
		sim_fail(sim, "merges cannot be read: %s", fault.text);
	else
		count = subject_linked(sim->council->config, subject, subject->events, subject->count, ids);
	disk_look(sim->disk, false);
	return count;
}

/* ---- what is stored of it ---- */

/* What was first recorded of another child, and corrected to be this one's, goes with it. */
static void excuse_corrected(struct sim *sim, struct text bytes)
{
	static const char name[] = "\"replaces\":";
	const char *at = memmem(bytes.at, bytes.length, name, sizeof name - 1);
	const char *end = at ? memchr(at, ',', bytes.length - (size_t)(at - bytes.at)) : NULL;
	struct buffer id = {0};
	if (end)
		buffer_format(&id, "\"id\":%.*s,", (int)(end - at) - (int)(sizeof name - 1), at + sizeof name - 1);
	for (size_t i = 0; end && i < sim->log_count; i++)
		if (strstr(sim->log[i].bytes, buffer_cstr(&id)))
			map_add(&sim->excused, sim->log[i].print, 1);
	buffer_free(&id);
}

static void note_stored(struct sim *sim, struct text id)
{
	struct erased *one = mem_push((void **)&sim->erasing, &sim->erasing_count, &sim->erasing_room, sizeof *one);
	struct buffer words = {0};
	buffer_format(&words, "\"subject\":\"%.*s\"", TEXT_ARG(id));
	*one = (struct erased){.words = words.at, .newest = look_one(sim, "SELECT max(id) FROM event")};
	sqlite3_stmt *row = look_start(sim, ERASED_EVENTS);
	(void)sqlite3_bind_text(row, 1, one->words, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 2, one->newest);
	while (look_row(sim, row)) {
		*(uint64_t *)mem_push((void **)&one->prints, &one->count, &one->room, sizeof *one->prints) =
			text_fingerprint(look_text(row, 1), 0);
		excuse_corrected(sim, look_text(row, 1));
	}
}

/* Whatever names it may go with it, also where it waits in quarantine; and what was ordered about it is over. */
static void let_go(struct sim *sim, struct text id)
{
	for (size_t i = 0; i < sim->log_count; i++)
		if (erasures_named_in(text_of(sim->log[i].bytes), id))
			map_add(&sim->excused, sim->log[i].print, 1);
	for (size_t i = 0; i < sim->mute_count; i++)
		if (text_equal(text_of(sim->mutes[i].subject), id))
			sim->mutes[i].until = INSTANT_NONE;
}

/* ---- the order ---- */

static void put_order(struct sim *sim, const struct text *ids, size_t count)
{
	struct erasure_order *orders = mem_zero(count + 1, sizeof *orders);
	struct fault fault = {0};
	for (size_t i = 0; i < count; i++)
		orders[i] = (struct erasure_order){.subject = ids[i],
		                                   .person = TEXT("p-dpo"),
		                                   .reason = TEXT("request of the subject"),
		                                   .at = sim->hands.now,
		                                   .audit_from = INSTANT_NONE};
	if (erase_orders_put(sim->database, orders, count, &fault) != RESULT_OK)
		sim_fail(sim, "an order to erase cannot be given: %s", fault.text);
	free(orders);
}

void erase_child(struct sim *sim, struct chance chance)
{
	char child[16];
	const struct text *ids = NULL;
	if (!sim->running)
		return;
	(void)snprintf(child, sizeof child, "C%d", 1 + (int)chance_below(&chance, (uint64_t)sim->plan.children));
	struct subject subject = subject_of(text_of(child), PARTY_NONE);
	size_t count = find_ids(sim, &subject, &ids);
	for (size_t i = 0; i < count && !sim_failed(sim); i++) {
		note_stored(sim, ids[i]);
		let_go(sim, ids[i]);
	}
	if (!sim_failed(sim))
		put_order(sim, ids, count);
	subject_free(&subject);
	sim->erases = true;
	sim->decision_count = 0; /* what waited of it is discarded by the erasure, whatever was decided */
	refold_forget(sim);
	oracle_forget(sim);
}

/* ---- what must hold ---- */

bool erase_rests(struct sim *sim)
{
	return !sim->erases || (erase_orders_waiting(sim->database) == 0 &&
	                        !look_one(sim, "SELECT count(*) FROM erasure WHERE stage < 7"));
}

static void free_one(struct erased *one)
{
	free(one->words);
	free(one->prints);
}

void check_erased(struct sim *sim)
{
	for (size_t i = 0; i < sim->erasing_count; i++) {
		struct erased *one = &sim->erasing[i];
		sqlite3_stmt *row = look_start(sim, ERASED_EVENTS);
		(void)sqlite3_bind_text(row, 1, one->words, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(row, 2, one->newest);
		while (look_row(sim, row))
			sim_fail(sim, "event %lld of %s was to be erased, and is there", (long long)look_int(row, 0),
			         one->words);
		for (size_t k = 0; k < one->count; k++)
			map_add(&sim->gone, one->prints[k], 1);
		free_one(one);
	}
	sim->erasing_count = 0;
}

/* What was not yet gone when a backup was put back is erased from that, and what came after it is news. */
void erase_forget(struct sim *sim)
{
	for (size_t i = 0; i < sim->erasing_count; i++)
		free_one(&sim->erasing[i]);
	sim->erasing_count = 0;
}

void erase_clear(struct sim *sim)
{
	erase_forget(sim);
	free(sim->erasing);
	map_free(&sim->gone);
	map_free(&sim->excused);
}

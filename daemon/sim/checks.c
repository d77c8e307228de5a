/* checks: what must hold after every turn, after every start, and at the end of every day. */
#include "sim/sim.h"

#include "source/batch.h"

#include "store/audit/audit.h"

#include <stdlib.h>

/* Of one turn of the loop: work done in portions is bounded, whatever came (pipeline_internal.h, registers.h). */
#define MOST_EVENTS 50 /* a batch is at most so large here */
#define MOST_EFFECTS 2000
#define MOST_FOLDED 20000 /* events */
#define MOST_STEPS 3000000

#define REGISTERS_EVERY 6
#define AUDIT_EVERY 8 /* looks; its last row is looked at every time */

/* ---- promises ---- */

/* In one statement: it is asked after each turn that wrote, and each one opens a view of the log of its own. */
static void read_promises(struct sim *sim, struct promised *now)
{
	*now = (struct promised){0};
	sqlite3_stmt *row = look_start(sim, "SELECT name, next, NULL FROM position"
	                                    " UNION ALL SELECT 'the events', max(id), NULL FROM event"
	                                    " UNION ALL SELECT 'the audit', id, hash FROM"
	                                    " (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)");
	while (look_row(sim, row)) {
		struct text name = look_text(row, 0);
		for (size_t i = 0; i < LOG_PARTS; i++)
			if (text_equal(name, text_of(log_parts[i])))
				now->next[i] = look_int(row, 1);
		if (text_equal(name, TEXT("the events")))
			now->events = look_int(row, 1);
		if (!text_equal(name, TEXT("the audit")))
			continue;
		struct text hash = look_text(row, 2);
		now->audit_row = look_int(row, 1);
		if (hash.length == sizeof now->audit_hash.at)
			memcpy(now->audit_hash.at, hash.at, hash.length);
	}
}

/* The row that was the last is still there, as it was. */
static void check_audit_row(struct sim *sim)
{
	bool same = sim->promised.audit_row == 0;
	sqlite3_stmt *row = look_start(sim, "SELECT id, hash FROM audit WHERE id = ?");
	(void)sqlite3_bind_int64(row, 1, sim->promised.audit_row);
	while (look_row(sim, row))
		same = same || text_equal(look_text(row, 1), (struct text){(const char *)sim->promised.audit_hash.at,
		                                                           sizeof sim->promised.audit_hash.at});
	if (!same)
		sim_fail(sim, "row %lld of the audit is gone, or is another", (long long)sim->promised.audit_row);
}

static void check_promises(struct sim *sim, const struct promised *now)
{
	const struct promised *old = &sim->promised;
	for (size_t i = 0; i < LOG_PARTS; i++) {
		if (now->next[i] < old->next[i])
			sim_fail(sim, "%s was taken up to %lld, and now only up to %lld", log_parts[i],
			         (long long)old->next[i], (long long)now->next[i]);
		if (now->next[i] > (int64_t)sim->part_count[i])
			sim_fail(sim, "%s is said to be taken up to %lld of %zu", log_parts[i], (long long)now->next[i],
			         sim->part_count[i]);
	}
	if (now->events < old->events)
		sim_fail(sim, "%lld events were stored, and now %lld are", (long long)old->events,
		         (long long)now->events);
	if (now->audit_row < old->audit_row)
		sim_fail(sim, "the audit had %lld rows, and now has %lld", (long long)old->audit_row,
		         (long long)now->audit_row);
}

void check_restored(struct sim *sim)
{
	sim->promised = (struct promised){0};
	map_clear(&sim->known);
	erase_forget(sim);
	map_clear(&sim->stored);
	sim->known_events = sim->known_refused = 0;
	sim->looked_at_log = 0;
	check_people_restored(sim);
	oracle_forget(sim);
	refold_forget(sim);
}

void check_start(struct sim *sim)
{
	struct promised now;
	read_promises(sim, &now);
	check_promises(sim, &now);
	check_audit_row(sim);
	sim->promised = now;
}

/* ---- nothing accepted is lost ---- */

static bool is_known(const struct map *known, uint64_t print)
{
	struct map_walk walk = map_walk(known, print);
	return map_next(&walk) != MAP_NONE;
}

static void learn_rows(struct sim *sim, const char *sql, int64_t *last, bool once)
{
	sqlite3_stmt *row = look_start(sim, sql);
	(void)sqlite3_bind_int64(row, 1, *last);
	while (look_row(sim, row)) {
		uint64_t print = text_fingerprint(look_text(row, 1), 0);
		*last = look_int(row, 0);
		if (once && is_known(&sim->gone, print))
			sim_fail(sim, "event %lld was erased, and is stored again", (long long)*last);
		if (once && is_known(&sim->stored, print))
			sim_fail(sim, "event %lld is stored twice", (long long)*last);
		if (once)
			map_add(&sim->stored, print, 1);
		map_add(&sim->known, print, 1);
	}
}

static size_t part_of(const struct logged *one)
{
	size_t part = 0;
	while (one->position != log_parts[part])
		part++;
	return part;
}

/* Each record of the log that is said to be taken is among the events, or in quarantine with its bytes. A second one of
 * the same bytes is the first. */
static void check_lost(struct sim *sim)
{
	learn_rows(sim, "SELECT id, " LOOK_EVENT " FROM event WHERE id > ? AND flags & 8 = 0 ORDER BY id",
	           &sim->known_events, true);
	learn_rows(sim, "SELECT id, bytes FROM quarantine WHERE id > ? ORDER BY id", &sim->known_refused, false);
	for (size_t i = (size_t)sim->looked_at_log; i < sim->log_count; i++) {
		const struct logged *one = &sim->log[i];
		if (one->next > sim->promised.next[part_of(one)])
			break;
		sim->looked_at_log = (int64_t)i + 1;
		bool ordered = one->order && strcmp(one->order, SOURCE_ORDER_EVENT) != 0; /* it is no event */
		if (!ordered && !is_known(&sim->known, one->print) && !is_known(&sim->excused, one->print)) {
			sim_fail(sim, "a record was taken and is nowhere: %s", one->bytes);
			return;
		}
	}
}

/* ---- the audit ---- */

static void check_audit(struct sim *sim)
{
	struct audit_verdict verdict;
	struct fault fault = {0};
	sim->worked_apart = true;
	disk_look(sim->disk, true);
	enum result result = audit_verify(sim->council->store, NULL, 0, NULL, NULL, &verdict, &fault);
	disk_look(sim->disk, false);
	if (result != RESULT_OK)
		sim_fail(sim, "the audit cannot be read: %s", fault.text);
	else if (verdict.wrong)
		sim_fail(sim, "the audit does not verify: %s", verdict.what);
}

/* ---- a turn ---- */

static void check_work(struct sim *sim)
{
	const struct work *most = &sim->figures.most;
	if (most->events > MOST_EVENTS || most->effects > MOST_EFFECTS || most->folded > MOST_FOLDED ||
	    most->steps > MOST_STEPS)
		sim_fail(sim,
		         "one turn took %llu events, made %llu effects, folded %llu events, and took SQLite %llu steps",
		         (unsigned long long)most->events, (unsigned long long)most->effects,
		         (unsigned long long)most->folded, (unsigned long long)most->steps);
}

static void look_wholly(struct sim *sim, bool end)
{
	sim->owes_look = sim->crashed = false;
	disk_spare(sim->disk, true);
	check_erased(sim);
	check_lost(sim);
	if (sim->looks % AUDIT_EVERY == 0)
		check_audit(sim);
	if (sim->looks++ % REGISTERS_EVERY == REGISTERS_EVERY - 1)
		check_registers(sim);
	check_refold(sim, end);
	check_told(sim, false);
	check_people(sim, end);
	check_lists(sim, end);
	if (sim->oracle)
		check_oracle(sim);
	disk_spare(sim->disk, false);
}

/* Where events cannot be taken the daemon says so, wherever it is asked: asked where something failed in this turn. */
static void check_trouble(struct sim *sim)
{
	struct pipeline_figures figures;
	if (disk_struck(sim->disk) == sim->seen_struck)
		return;
	pipeline_figures(sim->council->pipeline, &figures);
	if (figures.failures > sim->seen_failures && figures.last_commit == sim->seen_commit &&
	    !pipeline_trouble(sim->council->pipeline))
		sim_fail(sim, "a transaction failed, and casewatch does not say that anything is wrong");
	sim->seen_failures = figures.failures;
	sim->seen_commit = figures.last_commit;
}

/* Of what is said to be late, or not yet done, after a while in which nothing was wrong. */
static void note_amiss(struct sim *sim)
{
	check_trouble(sim);
	for (size_t i = 0; i < LOG_PARTS; i++)
		if (sim->lags_until[i] != INSTANT_NONE)
			sim->amiss = sim->truth;
	bool amiss = sim->full_until != INSTANT_NONE || sim->source_away_until != INSTANT_NONE ||
	             disk_struck(sim->disk) != sim->seen_struck || pipeline_trouble(sim->council->pipeline) ||
	             !feeds_were_caught_up(sim->council);
	sim->seen_struck = disk_struck(sim->disk);
	if (amiss)
		sim->amiss = sim->truth;
}

void check_turn(struct sim *sim)
{
	note_amiss(sim);
	if (sim->mail.all->unmarked[0])
		sim_fail(sim, "sent twice without a mark: %s", sim->mail.all->unmarked);
	check_work(sim);
	if (disk_calls(sim->disk) != sim->seen_calls) {
		struct promised now;
		sim->seen_calls = disk_calls(sim->disk);
		read_promises(sim, &now);
		check_promises(sim, &now);
		sim->promised = now;
	}
	if ((sim->owes_look || sim->crashed) && check_rests(sim))
		look_wholly(sim, false);
	check_written_ahead(sim);
	struct muted *over = people_mute_over(sim);
	if (!over || !check_rests(sim))
		return;
	over->seen = true;
	disk_spare(sim->disk, true);
	check_held_back(sim);
	disk_spare(sim->disk, false);
}

void check_day(struct sim *sim, int day)
{
	if (!plan_is_long(&sim->plan) || day % 7 == 0)
		sim->owes_look = true;
}

void check_end(struct sim *sim)
{
	if (sim->owes_look || sim->crashed || !check_rests(sim))
		sim_fail(sim, "at the end, a day after the last fault, something still waits");
	look_wholly(sim, true);
	check_audit(sim);
	check_told(sim, true);
	check_registers(sim);
}

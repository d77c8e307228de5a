/* check_people: what people ordered holds: whoever is muted hears nothing, and hears it when the mute is over; a record
 * that was decided about is decided; what is told again after a restore says that it may be a duplicate. */
#include "sim/sim.h"

/* ---- mutes ---- */

/* When the daemon took an order of that id; NEVER: it has not. */
static instant taken_at(struct sim *sim, const char *event)
{
	struct buffer id = {0};
	instant at = INSTANT_NEVER;
	buffer_format(&id, "\"id\":\"%s\",", event);
	sqlite3_stmt *row = look_start(
		sim,
		"SELECT e.arrived FROM event e JOIN event_type t ON t.id = e.type"
		" WHERE t.name GLOB 'mute.*' AND instr(event_json(e.id, e.packed, e.bytes), CAST(?1 AS BLOB)) > 0");
	(void)sqlite3_bind_text(row, 1, buffer_cstr(&id), -1, SQLITE_TRANSIENT);
	while (look_row(sim, row))
		at = look_int(row, 0);
	buffer_free(&id);
	return at;
}

/* Of what is not critical nobody hears anything new while it runs. A second for what came in one batch with it. */
static void check_silence(struct sim *sim, struct muted *mute)
{
	if (mute->from == INSTANT_NEVER)
		mute->from = taken_at(sim, mute->event);
	mute->over = mute->until < sim->hands.now;
	if (mute->from >= mute->until)
		return;
	sqlite3_stmt *row = look_start(
		sim, "SELECT o.id, o.purpose, a.number, a.rule FROM outbox o JOIN alert a ON a.number = o.number"
		     " JOIN history h ON h.id = a.history WHERE o.number > 0 AND a.severity > 0 AND h.name = ?1"
		     " AND o.purpose IN ('opened', 'escalated') AND o.created > ?2 AND o.created < ?3"
		     " AND (?4 = '' OR a.rule = ?4)");
	(void)sqlite3_bind_text(row, 1, mute->subject, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 2, mute->from + SECOND);
	(void)sqlite3_bind_int64(row, 3, mute->until);
	(void)sqlite3_bind_text(row, 4, mute->rule, -1, SQLITE_STATIC);
	while (look_row(sim, row))
		sim_fail(sim, "message %lld (%.*s) of A-%lld (%.*s) was made although %s was muted then",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)), (long long)look_int(row, 2),
		         TEXT_ARG(look_text(row, 3)), mute->subject);
}

/* An end that a clock dated before the beginning ends nothing, and whoever ordered it is told so (docs/rules.md,
 * "Mutes"); nor does one that is not taken, as where its time is ahead of the clock. */
static instant end_of(struct sim *sim, const struct muted *mute)
{
	bool ends = mute->end[0] && mute->until > mute->stamped && taken_at(sim, mute->end) != INSTANT_NEVER;
	return ends ? mute->until : mute->ordered;
}

bool people_mute(struct sim *sim, struct text name, struct text rule)
{
	for (size_t i = 0; i < sim->mute_count; i++) {
		const struct muted *mute = &sim->mutes[i];
		bool erased = mute->until == INSTANT_NONE;
		struct text subject = pipeline_canonical(sim->council->pipeline, text_of(mute->subject));
		if (!erased && text_equal(subject, name) && (!mute->rule[0] || text_equal(rule, text_of(mute->rule))) &&
		    mute->stamped <= sim->hands.now && end_of(sim, mute) > sim->hands.now)
			return true;
	}
	return false;
}

struct muted *people_mute_over(struct sim *sim)
{
	for (size_t i = 0; i < sim->mute_count; i++) {
		struct muted *mute = &sim->mutes[i];
		if (!mute->seen && mute->until != INSTANT_NONE && mute->until + MINUTE < sim->hands.now)
			return mute;
	}
	return NULL;
}

/* ---- decisions ---- */

static void check_decisions(struct sim *sim)
{
	for (size_t i = 0; i < sim->decision_count; i++) {
		const struct decided *one = &sim->decisions[i];
		struct text wanted = one->released ? TEXT("released") : TEXT("discarded");
		sqlite3_stmt *row = look_start(sim, "SELECT state FROM quarantine WHERE id = ?");
		bool done = false;
		(void)sqlite3_bind_int64(row, 1, one->record);
		while (look_row(sim, row))
			done = text_equal(look_text(row, 0), wanted);
		if (!done)
			sim_fail(sim, "record %lld was %.*s by somebody, and is not", (long long)one->record,
			         TEXT_ARG(wanted));
	}
}

/* ---- answers ---- */

/* Every answer and every mute is in the audit as it came, once, with or without effect (docs/audit.md). */
static void check_answers(struct sim *sim)
{
	int64_t came = look_one(sim, "SELECT count(*) FROM event e JOIN event_type t ON t.id = e.type"
	                             " WHERE t.name GLOB 'alert.*' OR t.name GLOB 'mute.*'");
	int64_t written = look_one(sim, "SELECT count(*) FROM audit WHERE what = 'answer.received'");
	if (came > written || (came < written && !sim->erases)) /* what was erased came, too */
		sim_fail(sim, "%lld answers came, and the audit has %lld", (long long)came, (long long)written);
}

/* ---- after a restore ---- */

static bool was_told(const struct sim *sim, struct text what)
{
	struct map_walk walk = map_walk(&sim->told_before, text_fingerprint(what, 0));
	return map_next(&walk) != MAP_NONE;
}

/* One that began after the restore (a clock that runs anew under the same number) is news, and no repeat. */
static void check_told_again(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, TOLD_ONCE);
	while (look_row(sim, row))
		if (look_int(row, 3) > sim->restored && look_int(row, 4) <= sim->restored && !look_int(row, 2) &&
		    was_told(sim, look_text(row, 1)))
			sim_fail(sim,
			         "message %lld (%.*s) was told before the restore, and is told again without a mark",
			         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)));
}

/* Orders are taken from the log once more, and at another time. */
void check_people_restored(struct sim *sim)
{
	for (size_t i = 0; i < sim->mute_count; i++) {
		sim->mutes[i].from = INSTANT_NEVER;
		sim->mutes[i].over = false;
	}
}

void check_people(struct sim *sim, bool end)
{
	check_answers(sim);
	if (sim->clock_was_wrong) /* what it stamps may be refused, and when anything was made is not known */
		return;
	check_decisions(sim);
	for (size_t i = 0; i < sim->mute_count; i++)
		if (end || !sim->mutes[i].over)
			check_silence(sim, &sim->mutes[i]);
	if (sim->restored != INSTANT_NONE)
		check_told_again(sim);
}

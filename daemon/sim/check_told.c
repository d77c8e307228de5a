/* check_told: what stands was told, and after days without faults nothing is stuck on its way. */
#include "sim/members.h"

#include "store/outbox/outbox.h"

/* An alert of a rule that tells has its message from the transaction that opened it, or from the one that ended the
 * mute that held it back: suppressed is not dropped, and a critical one is never held back. */
static void check_messages(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, "SELECT a.number, a.rule, h.name, a.severity FROM alert a JOIN history h"
	                                    " ON h.id = a.history WHERE a.state = 0 AND a.early = 0"
	                                    " AND a.shadow = 0 AND a.told > 0 AND NOT EXISTS (SELECT 1 FROM outbox o"
	                                    " WHERE o.number = a.number AND o.number > 0)");
	while (look_row(sim, row))
		if (look_int(row, 3) == SEVERITY_CRITICAL || !people_mute(sim, look_text(row, 2), look_text(row, 1)))
			sim_fail(sim, "nobody was to be told of A-%lld (%.*s), which stands",
			         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)));
}

/* The numbers of the events that it rests on, and of those that people were told of. */
static bool rests_on(struct text evidence, struct text told_of)
{
	bool same = evidence.length / sizeof(struct evidence) == told_of.length / sizeof(uint64_t);
	for (size_t i = 0; same && i < told_of.length / sizeof(uint64_t); i++) {
		struct evidence one;
		uint64_t told;
		memcpy(&one, evidence.at + i * sizeof one, sizeof one);
		memcpy(&told, told_of.at + i * sizeof told, sizeof told);
		same = one.ref == told;
	}
	return same;
}

/* Who was told that it stands has heard what it rests on now, but for what a mute holds back until it is over. */
static void check_heard(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, "SELECT a.number, a.rule, h.name, a.severity, a.evidence, a.told_of"
	                                    " FROM alert a JOIN history h ON h.id = a.history WHERE a.state = 0"
	                                    " AND a.early = 0 AND a.shadow = 0 AND a.step > 0 AND a.told_of <> x''");
	while (look_row(sim, row))
		if (!rests_on(look_text(row, 4), look_text(row, 5)) &&
		    (look_int(row, 3) == SEVERITY_CRITICAL || !people_mute(sim, look_text(row, 2), look_text(row, 1))))
			sim_fail(sim, "A-%lld (%.*s) rests on other records than people were told of",
			         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)));
}

static void check_twice(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, "SELECT number, purpose, step, role, count(*) FROM outbox WHERE number > 0"
	                                    " AND purpose IN ('opened', 'escalated')"
	                                    " GROUP BY number, purpose, step, role, person, channel, created"
	                                    " HAVING count(*) > 1");
	while (look_row(sim, row))
		sim_fail(sim, "A-%lld: %lld messages \"%.*s\" of step %lld to %.*s at one time",
		         (long long)look_int(row, 0), (long long)look_int(row, 4), TEXT_ARG(look_text(row, 1)),
		         (long long)look_int(row, 2), TEXT_ARG(look_text(row, 3)));
}

/* A day after the last fault nothing that may go still waits. */
static void check_stuck(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, "SELECT id, purpose, state FROM outbox WHERE open = 1 AND not_before < ?");
	(void)sqlite3_bind_int64(row, 1, sim->hands.now - HOUR);
	while (look_row(sim, row))
		sim_fail(sim, "message %lld (%.*s) could go an hour ago, and is still in state %lld",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)), (long long)look_int(row, 2));
}

/* A critical alert that nobody answered is asked again every half an hour (rules.md, "Steps"), also where a clock that
 * was ahead asked last: what it wrote lies in the future by the one that is right. */
static void check_critical(struct sim *sim)
{
	sqlite3_stmt *row = look_start(
		sim, "SELECT a.number, a.rule, a.step FROM alert a WHERE a.state = 0 AND a.early = 0 AND a.shadow = 0"
		     " AND a.severity = 0 AND a.acknowledged = 0 AND a.told > 0 AND (a.told < ?1 OR a.told > ?2)"
		     " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.number = a.number AND o.number > 0"
		     " AND o.created <= ?2 AND (o.created > ?1 OR o.not_before > ?1))");
	(void)sqlite3_bind_int64(row, 1, sim->hands.now - 31 * MINUTE);
	(void)sqlite3_bind_int64(row, 2, sim->hands.now);
	while (look_row(sim, row))
		sim_fail(sim,
		         "A-%lld (%.*s) is critical and unanswered, and nobody was asked for half an hour at step %lld",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)), (long long)look_int(row, 2));
}

/* A critical alert that was answered without a time is looked at again after twelve hours (rules.md, "Answers"), also
 * where the clock by which it was answered was ahead. */
static void check_reviews(struct sim *sim)
{
	sqlite3_stmt *row = look_start(
		sim,
		"SELECT number, rule, (next - ?1) / 3600000000 FROM alert WHERE state = 0 AND early = 0 AND shadow = 0"
		" AND severity = 0 AND acknowledged = 1 AND why = ?2 AND next > ?1 + 43260000000");
	(void)sqlite3_bind_int64(row, 1, sim->hands.now);
	(void)sqlite3_bind_int(row, 2, CAUSE_REVIEW_DEFAULT);
	while (look_row(sim, row))
		sim_fail(sim, "A-%lld (%.*s) is critical and was answered, and is looked at again in %lld hours",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)), (long long)look_int(row, 2));
}

/* Nothing critical waits for a time that such a clock reckoned: by days, where steps and reviews are of hours. It is
 * looked at before the daemon reckons for the first time what should have been told (pipeline/reckon.c), which would
 * mend it, and say that something was missed. */
#define LOOKED_AT_FROM (2 * MINUTE)
#define LOOKED_AT_TO (9 * MINUTE)
void check_written_ahead(struct sim *sim)
{
	instant since = sim->right_since > sim->began ? sim->right_since : sim->began;
	if (sim->right_since == INSTANT_NONE || sim->truth < since + LOOKED_AT_FROM || !check_rests(sim))
		return;
	bool in_time = sim->truth < since + LOOKED_AT_TO && sim->hands.now == sim->truth;
	sim->right_since = INSTANT_NONE;
	if (!in_time)
		return;
	sqlite3_stmt *row = look_start(
		sim, "SELECT number, rule, (next - ?1) / 3600000000, acknowledged FROM alert WHERE state = 0"
		     " AND early = 0 AND shadow = 0 AND severity = 0 AND told > 0"
		     " AND next > ?1 + 432000000000 AND next < ?1 + 4320000000000"); /* by five days to fifty */
	(void)sqlite3_bind_int64(row, 1, sim->hands.now);
	while (look_row(sim, row))
		sim_fail(sim,
		         "A-%lld (%.*s) is critical, was %s by a clock that was ahead, and is looked at again in %lld "
		         "hours",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)),
		         look_int(row, 3) ? "answered" : "asked about", (long long)look_int(row, 2));
}

/* Who has it that an alert opened, which is withdrawn, is told so (rules.md, "The one law"). */
static void check_taken_back(struct sim *sim)
{
	sqlite3_stmt *row = look_start(
		sim, "SELECT a.number, o.person FROM alert a JOIN outbox o ON o.number = a.number AND o.number > 0"
		     " WHERE a.state = 2 AND a.early = 0 AND a.shadow = 0 AND o.purpose = 'opened' AND o.state = 2"
		     " AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.number = a.number AND w.number > 0"
		     " AND (w.person = o.person OR (w.person = '' AND w.role = o.role))" /* in a cell, until it goes */
		     " AND w.purpose = 'withdrawn' AND w.created >= o.created)");
	while (look_row(sim, row))
		sim_fail(sim, "A-%lld was withdrawn, and %.*s, who was told of it, was not told so",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)));
}

/* Whoever has it that an alert stands hears that it is over, but for who ended it (rules.md, "How long an alert
 * stands"). A word that was left out, as the alert had opened again, told nobody. */
#define LEFT_OUT "w.state = 5 AND w.reply LIKE '" OUTBOX_NOT_SENT "the alert opened again%'"
static void check_ended(struct sim *sim)
{
	/* A word behind the last of what they were told is behind all of it. */
	sqlite3_stmt *row = look_start(
		sim,
		"SELECT a.number, o.person, a.rule FROM"
		" (SELECT number, person, role, max(created) AS created FROM outbox WHERE number > 0 AND state = 2"
		" AND purpose IN ('opened', 'escalated', 'asked-again') GROUP BY number, person, role) o"
		" JOIN alert a ON a.number = o.number"
		" WHERE a.state = 1 AND a.early = 0 AND a.shadow = 0 AND a.id <> ''"
		" AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.number = a.number AND w.number > 0"
		" AND (w.person = o.person OR (w.person = '' AND w.role = o.role))"
		" AND w.purpose IN ('resolved', 'withdrawn') AND w.created >= o.created AND NOT (" LEFT_OUT "))"
		" AND NOT EXISTS (SELECT 1 FROM audit u WHERE u.number = a.number AND u.number > 0 AND u.person = "
	        "o.person"
		" AND u.what IN ('alert.resolved', 'alert.acknowledged', 'alert.passed_on'))");
	while (look_row(sim, row))
		sim_fail(sim, "A-%lld (%.*s) is over, and %.*s, who was told of it, was not told so",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 2)), TEXT_ARG(look_text(row, 1)));
}

/* A machine that had named it for a message of which nothing began keeps that name on record. */
static bool by_another(const struct sim *sim, struct text same)
{
	struct outbox_row row = {.id = 0};
	if (!sim->member || same.length != sizeof row.same.at)
		return false;
	memcpy(row.same.at, same.at, same.length);
	return brokers_went_by_another_name(sim->member->members, &row.same);
}

/* What is on record as accepted the server took, and said so. */
static void check_accepted(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, "SELECT id, message_id, same, kind FROM outbox WHERE state = 2 AND id > ?"
	                                    " ORDER BY id");
	(void)sqlite3_bind_int64(row, 1, 0);
	while (look_row(sim, row))
		if (!mail_took(&sim->mail, look_text(row, 1)) && !by_another(sim, look_text(row, 2)))
			sim_fail(sim, "message %lld is said to be accepted, and no server took it",
			         (long long)look_int(row, 0));
}

/* The daemon reckons by itself what should have been told (pipeline/reckon.c), and mends it; nothing may be found. */
static void check_missed(struct sim *sim)
{
	struct pipeline_figures figures;
	pipeline_figures(sim->council->pipeline, &figures);
	if (figures.missed)
		sim_fail(sim, "%llu times casewatch found that somebody should have been told and was not",
		         (unsigned long long)figures.missed);
}

#define IN_TIME HOUR
#define IN_PEACE (RECKON_EVERY + 2 * HOUR) /* later where something else is to be done */

/* It is reckoned again and again, whatever went wrong before. */
static void check_reckoned(struct sim *sim)
{
	struct pipeline_figures figures;
	pipeline_figures(sim->council->pipeline, &figures);
	if (figures.reckoned_at < sim->hands.now - IN_PEACE)
		sim_fail(sim, "what should have been told is not reckoned anew any more");
}

static bool has_address(const struct directory *directory, struct text address)
{
	for (size_t i = 0; i < directory->person_count; i++) {
		const char *own = directory_address(&directory->people[i], CHANNEL_EMAIL);
		if (own && text_equal(text_of(own), address))
			return true;
	}
	return false;
}

/* Whoever was told was told where the directory in force has them. */
static void check_addresses(struct sim *sim)
{
	const struct mail *all = sim->mail.all;
	for (size_t i = all->sent_count; i-- > 0 && all->sent[i].at > sim->amiss + HOUR;)
		if (!has_address(sim->council->config->directory, text_of(all->sent[i].to)))
			sim_fail(sim, "a message went to %s, which is nobody's by the directory in force",
			         all->sent[i].to);
}

void check_held_back(struct sim *sim)
{
	check_messages(sim);
	check_heard(sim);
}

void check_told(struct sim *sim, bool quiet)
{
	check_held_back(sim);
	if (!sim->clock_was_wrong) { /* a day that comes twice is told twice, or was not told when it came first */
		check_twice(sim);
		check_missed(sim);
		check_taken_back(sim);
		check_ended(sim);
		if (sim->truth > sim->began + IN_PEACE && sim->truth > sim->amiss + IN_TIME &&
		    !plan_is_long(&sim->plan))
			check_reckoned(sim);
	}
	if (sim->truth > sim->amiss + HOUR)
		check_addresses(sim);
	if (!quiet)
		return;
	check_accepted(sim);
	check_stuck(sim);
	check_critical(sim);
	check_reviews(sim);
}

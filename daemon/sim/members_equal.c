/* members_equal: what all machines hold alike, and that one of them sends. */
#include "sim/members.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* A message of a critical alert goes so soon once nothing is wrong with a machine: a session, what was in doubt, and as
 * long again for the group's news (docs/cells.md, "How long nobody sends"). */
#define SENDS_WITHIN (30 * SECOND)

/* Of operations each has its own; what became of a message, when it was tried and by whom, too. */
static const struct {
	const char *what, *sql;
} alike[] = {
	{"alerts", "SELECT alert.id, rule, name, state, opened, closed, told, step, next, acknowledged, early"
                   " FROM alert JOIN history ON history.id = alert.history ORDER BY alert.id"},
	{"events", "SELECT name, time, arrived, flags FROM event JOIN history ON history.id = event.history"
                   " ORDER BY name, time, arrived"},
	{"quarantine", "SELECT source_name, reason, state FROM quarantine ORDER BY source_name, reason"},
	{"audit", "SELECT a.what, a.at, a.person, coalesce(b.id, '') FROM audit a LEFT JOIN alert b"
                  " ON b.number = a.number AND a.number > 0 WHERE a.what LIKE 'alert.%' ORDER BY a.at, a.what, 4, 3"},
};
#define ALIKE (sizeof alike / sizeof *alike)
/* A list that went out not complete is made good by the machine that looks while it is complete: one that was away then
 * never does. So where something failed lists are not compared. */
static const char lists[] = "SELECT hex(same), role FROM outbox WHERE kind = 4 ORDER BY 1";

/* A machine that follows may make rows of what it does not know yet need not go (gate_waits_for_word): those that it
 * dropped then, and no other has, were never to be sent. But what asks of an alert that still stands and that nobody
 * answered had to go, if nothing that came after it did: whoever dropped that, the others have it, too. */
#define DROPPED(of) of ".state = 5 AND " of ".reply LIKE '" OUTBOX_NOT_SENT "%'"
#define HAD_TO_GO                                                                                                      \
	"EXISTS (SELECT 1 FROM alert a WHERE a.number = outbox.number AND a.number > 0 AND a.state = 0"                \
	" AND a.early = 0 AND a.acknowledged = 0"                                                                      \
	" AND outbox.purpose IN ('opened', 'escalated', 'asked-again', 'passed-on')"                                   \
	" AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.number = a.number AND o.number > 0 AND o.id <> outbox.id"     \
	" AND o.created >= outbox.created AND NOT (" DROPPED("o") ")))"
#define MESSAGES "SELECT hex(same), kind, purpose, rule, step, role FROM outbox WHERE kind NOT IN (1, 4)"
static const char messages[] = MESSAGES " ORDER BY 1";
static const char owed[] = MESSAGES " AND NOT (" DROPPED("outbox") " AND NOT " HAD_TO_GO ") ORDER BY 1";

static void put_rows(struct sim *sim, const char *sql, struct buffer *out)
{
	sqlite3_stmt *row = look_start(sim, sql);
	while (look_row(sim, row)) {
		for (int i = 0; i < sqlite3_column_count(row); i++)
			buffer_format(out, "%s|", (const char *)sqlite3_column_text(row, i));
		buffer_char(out, '\n');
	}
}

static struct text line_from(struct text all, size_t at)
{
	while (at && all.at[at - 1] != '\n')
		at--;
	struct text line = {all.at + at, all.length - at};
	const char *end = line.length ? memchr(line.at, '\n', line.length) : NULL;
	line.length = end ? (size_t)(end - line.at) : line.length;
	line.length = line.length > 150 ? 150 : line.length;
	return line;
}

static void say_difference(const struct member *other, const char *what, struct text first, struct text second)
{
	size_t at = 0;
	while (at < first.length && at < second.length && first.at[at] == second.at[at])
		at++;
	struct text one = line_from(first, at), two = line_from(second, at);
	sim_fail(other->sim, "the machines hold different %s: \"%.*s\", where machine 0 has \"%.*s\"", what,
	         TEXT_ARG(two), TEXT_ARG(one));
}

static bool compare(struct members *members, const char *what, const char *sql, bool says)
{
	struct buffer first = {0};
	bool same = true;
	for (size_t i = 0; i < members->count && same; i++) {
		struct buffer own = {0};
		members_enter(&members->items[i]);
		put_rows(members->items[i].sim, sql, i ? &own : &first);
		same = i == 0 || text_equal(buffer_view(&first), buffer_view(&own));
		if (!same && says)
			say_difference(&members->items[i], what, buffer_view(&first), buffer_view(&own));
		buffer_free(&own);
	}
	buffer_free(&first);
	return same;
}

static struct text next_line(struct text *rest)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	struct text line = {rest->at, end ? (size_t)(end - rest->at) : rest->length};
	size_t taken = line.length + (end != NULL);
	*rest = (struct text){rest->at + taken, rest->length - taken};
	return line;
}

/* Both are in order. Empty: all lines of the first are in the second. */
static struct text first_missing(struct text wanted, struct text all)
{
	struct text has = next_line(&all);
	while (wanted.length) {
		struct text line = next_line(&wanted);
		while (has.length && text_order(has, line) < 0)
			has = next_line(&all);
		if (!text_equal(has, line))
			return line;
	}
	return TEXT_NONE;
}

static bool messages_alike(struct members *members, bool says)
{
	struct buffer all[MEMBERS_MOST] = {{0}}, to_go[MEMBERS_MOST] = {{0}};
	bool same = true;
	for (size_t i = 0; i < members->count; i++) {
		members_enter(&members->items[i]);
		put_rows(members->items[i].sim, messages, &all[i]);
		put_rows(members->items[i].sim, owed, &to_go[i]);
	}
	for (size_t i = 0; i < members->count * members->count && same; i++) {
		size_t has = i / members->count, lacks = i % members->count;
		struct text line = first_missing(buffer_view(&to_go[has]), buffer_view(&all[lacks]));
		same = line.length == 0;
		if (!same && says)
			sim_fail(members->items[lacks].sim,
			         "machine %zu holds a message that this one has not: \"%.*s\"", has, TEXT_ARG(line));
	}
	for (size_t i = 0; i < members->count; i++) {
		buffer_free(&all[i]);
		buffer_free(&to_go[i]);
	}
	return same;
}

/* Registers name a child by its row, which is another in each file. */
static bool registers_alike(struct members *members, bool says)
{
	uint64_t first = 0;
	for (size_t i = 0; i < members->count; i++) {
		members_enter(&members->items[i]);
		uint64_t own = check_registers_sum(members->items[i].sim);
		if (i && own != first) {
			if (says)
				sim_fail(members->items[i].sim, "the machines hold different registers");
			return false;
		}
		first = own;
	}
	return true;
}

bool members_are_equal(struct members *members, bool says)
{
	bool same = true;
	for (size_t i = 0; i < ALIKE && same; i++)
		same = compare(members, alike[i].what, alike[i].sql, says);
	same = same && messages_alike(members, says);
	if (same && members->items[0].sim->figures.faults == 0)
		same = compare(members, "lists", lists, says);
	return same && registers_alike(members, says);
}

/* ---- somebody sends ---- */

static bool is_well(const struct member *member)
{
	const struct sim *sim = member->sim;
	return members_hears(member) && sim->full_until == INSTANT_NONE && sim->truth >= member->silent_until &&
	       sim->truth >= sim->mail.weather_until && sim->truth >= member->members->rough_until &&
	       feeds_were_caught_up(sim->council) && !pipeline_trouble(sim->council->pipeline);
}

/* When the last of what can be wrong with it was over: it may have come and gone between two looks, as where it stood
 * still in the middle of a call, which is one step for whoever looks (--members 2 --seed 707). */
static instant last_wrong(const struct member *member)
{
	const instant until[] = {member->down_until,          member->frozen_until, member->cut_until,
	                         member->silent_until,        member->sim->mail.weather_until,
	                         member->members->rough_until};
	instant last = INSTANT_NONE;
	for (size_t i = 0; i < sizeof until / sizeof *until; i++)
		last = until[i] > last ? until[i] : last;
	return last;
}

/* For three times as long as a message may wait. */
static bool is_well_for_long(const struct member *member, instant truth)
{
	instant wrong = last_wrong(member);
	return member->well_since != INSTANT_NEVER && wrong < truth - 3 * SENDS_WITHIN &&
	       truth - member->well_since > 3 * SENDS_WITHIN;
}

/* A message of a critical alert that could go, and has not. The server may have it, and be silent for as long
 * (--members 3 --seed 91105): then it is under way. */
static void check_waiting(struct sim *sim)
{
	sqlite3_stmt *row = look_start(sim, "SELECT id, purpose, rule, (?1 - not_before) / 1000000, message_id"
	                                    " FROM outbox WHERE kind <> 1 AND open = 1 AND critical = 1 AND state <> 7"
	                                    " AND not_before < ?1 - ?2 AND created < ?1 - ?2");
	(void)sqlite3_bind_int64(row, 1, sim->hands.now);
	(void)sqlite3_bind_int64(row, 2, SENDS_WITHIN);
	while (look_row(sim, row)) {
		if (mail_is_under_way(&sim->mail, look_text(row, 4)))
			continue;
		sim_fail(sim, "message %lld (%.*s of %.*s) is critical and could go for %lld s, and this machine sends",
		         (long long)look_int(row, 0), TEXT_ARG(look_text(row, 1)), TEXT_ARG(look_text(row, 2)),
		         (long long)look_int(row, 3));
	}
}

void members_check_owner(struct members *members)
{
	bool owned = false, should = false;
	instant truth = members_truth(members);
	for (size_t i = 0; i < members->count && !members->failed; i++) {
		struct member *member = &members->items[i];
		bool well = is_well(member);
		member->well_since = !well ? INSTANT_NEVER : member->well_since < truth ? member->well_since : truth;
		bool for_long = is_well_for_long(member, truth);
		should = should || for_long;
		members_enter(member);
		bool owns = well && cell_gate(member->sim->council)->is_open(cell_gate(member->sim->council)->context);
		owned = owned || owns;
		if (owns && for_long)
			check_waiting(member->sim);
	}
	if (should && !owned) {
		bool all = true; /* one that is named and cannot go on holds the place until its session is over */
		for (size_t i = 0; i < members->count; i++)
			all = all && is_well_for_long(&members->items[i], truth);
		if (all)
			sim_fail(members->items[0].sim, "all machines are well, and none of them sends");
	}
}

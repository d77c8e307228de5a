/* cell_status: what others of the council ask of its cell, and what ops hear of the group. */
#include "run/cell_internal.h"

#include "config/config.h"

#include <stdio.h>

#define LASTS (50 * SECOND) /* seen twice, a minute apart: a machine that is started again takes less */

const struct courier_gate *cell_gate(const struct council *council)
{
	return council->cell ? &council->cell->gate : NULL;
}

struct text cell_seal_key(const struct council *council)
{
	const struct cell *cell = council->cell;
	return cell ? (struct text){(const char *)cell->seal_key, sizeof cell->seal_key} : TEXT_NONE;
}

bool cell_status(const struct council *council, struct ops_status_cell *status)
{
	const struct cell *cell = council->cell;
	if (!cell)
		return false;
	*status = (struct ops_status_cell){.machine = council->first->cell.machine,
	                                   .owner = cell->owner,
	                                   .unable = cell->why,
	                                   .behind = cell->behind,
	                                   .ails = cell->poorly ? cell->ails : "",
	                                   .machines = -1,
	                                   .unheard = "",
	                                   .wanted = council->config->cell.machines,
	                                   .edition = council->edition_number};
	if (!cell->journal)
		return true;
	status->joined = true;
	status->read = journal_is_read(cell->journal, 0);
	status->owner = journal_owner(cell->journal, 0);
	status->sends = journal_owns(cell->journal, 0);
	status->machines = journal_machines(cell->journal);
	const char *unheard = journal_machines_unknown(cell->journal);
	status->unheard = unheard ? unheard : "";
	status->under_way = journal_under_way(cell->journal, 0);
	status->doubtful = journal_doubtful(cell->journal, 0);
	return true;
}

bool cell_is_to_send(const struct council *council)
{
	const struct cell *cell = council->cell;
	return !cell || (cell->journal && journal_is_named(cell->journal, 0));
}

/* ---- every minute ---- */

/* Whether it is so for LASTS, as of the looks at it. */
static bool lasts(const struct council *council, bool is_so, instant *since)
{
	instant now = council_elapsed(council);
	*since = is_so ? (*since ? *since : now) : 0;
	return is_so && now - *since >= LASTS;
}

static void say_alone(struct council *council, int there, int wanted)
{
	char said[32];
	(void)snprintf(said, sizeof said, "%d of %d", there, wanted);
	struct ops_word word = {
		.what = OPS_CELL,
		.key = TEXT("standby"),
		.title = there > 1 ? "A machine of the cell is not there" : "No other machine of the cell stands by",
		.second = there > 1 ? "Another still stands by" : "If this one fails nobody takes its place",
		.meaning = there > 1
	                           ? "Everybody is told as before, and another machine would go on if this one failed."
	                           : "Everybody is told as before. But if this machine fails, nobody is told of what "
	                             "happens to children until one is started.",
		.facts = {{"Machine", council->first->cell.machine, NULL}, {"Machines there", said, NULL}},
		.fact_count = 2};
	council_say_ops(council, &word);
}

static void say_silent(struct council *council)
{
	struct ops_word word = {
		.what = OPS_CELL,
		.key = TEXT("journal"),
		.title = "This machine of the cell is to send, and cannot say so in the journal",
		.second = "Nobody is told anything of this council",
		.meaning =
			"The brokers name this machine, and what it appends to the journal does not come back. Until "
			"it does, messages wait; ops alone are told.",
		.facts = {{"Machine", council->first->cell.machine, NULL},
	                  {"Journal", council->first->cell.journal, NULL}},
		.fact_count = 2};
	council_say_ops(council, &word);
}

/* Whoever sends when another machine dies would not know that none stands by. */
static void say_unheard(struct council *council, const char *why)
{
	struct ops_word word = {
		.what = OPS_CELL,
		.key = TEXT("members"),
		.title = "The brokers do not say which machines of the cell are there",
		.second = "Everybody is told as before",
		.meaning = "If no other machine stands by nobody would notice, and if this one failed then, nobody "
			   "would be told anything of this council.",
		.facts = {{"Machine", council->first->cell.machine, NULL}, {"They say", why, NULL}},
		.fact_count = 2};
	council_say_ops(council, &word);
}

/* Brokers that are away are a source's trouble, and said as such. */
static void look_whether_heard(struct council *council)
{
	struct cell *cell = council->cell;
	const char *why = journal_machines_unknown(cell->journal);
	bool is_known = journal_machines(cell->journal) >= 0;
	if (lasts(council, why && !feeds_not_up(council), &cell->unheard_since))
		say_unheard(council, why);
	if (is_known)
		council_end_ops(council, OPS_CELL, TEXT("members"), NULL);
}

/* Who sends says whether the others are there. */
enum result cell_look(struct council *council, struct fault *fault)
{
	struct cell *cell = council->cell;
	(void)fault;
	if (!cell || !cell->journal)
		return RESULT_OK;
	int there = journal_machines(cell->journal), wanted = council->config->cell.machines;
	bool sends = journal_owns(cell->journal, 0), few = sends && there < wanted;
	if (there >= 0 || !sends) { /* else nobody says */
		if (lasts(council, few, &cell->alone_since))
			say_alone(council, there, wanted);
		if (!few)
			council_end_ops(council, OPS_CELL, TEXT("standby"), NULL);
	}
	look_whether_heard(council);
	bool silent = !sends && journal_is_named(cell->journal, 0);
	if (lasts(council, silent, &cell->silent_since))
		say_silent(council);
	if (!silent)
		council_end_ops(council, OPS_CELL, TEXT("journal"), NULL);
	return RESULT_OK;
}

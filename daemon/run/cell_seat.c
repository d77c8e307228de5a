/* cell_seat: where a machine sits among those of its cell: behind all that are there, when it hands over; in no seat,
 * when it goes no further in the log; in the last, when it holds less than they do. */
#include "run/cell_internal.h"

#include "base/log.h"
#include "config/config.h"

#include <stdio.h>
#include <string.h>

#define MOVE_WITHIN (10 * SECOND) /* longer than a message takes; what is still under way then is sent again, marked */
#define BEHIND "cell-behind" /* in meta: the machine that took what this one set aside */
#define POORLY_AFTER (5 * SECOND)       /* a disk that was full for a moment moves nobody */
#define LAST_SEAT INT64_C(100000000000) /* added to the wall clock's seconds: behind whoever joins, whenever */

/* When it joins, and so its place among the others. Never twice the same, or it would not leave its old one. */
int64_t cell_new_seat(struct cell *cell)
{
	bool last = cell->behind || cell->poorly, was_last = cell->seat >= LAST_SEAT;
	int64_t now = council_now(cell->council) / SECOND + (last ? LAST_SEAT : 0);
	cell->seat = now > cell->seat || last != was_last ? now : cell->seat + 1;
	return cell->seat;
}

enum result cell_read_behind(struct cell *cell, struct fault *fault)
{
	struct text taker;
	enum result result = store_get(cell->council->store, BEHIND, &taker, fault);
	cell->behind = result == RESULT_OK && taker.length > 0;
	return result;
}

bool cell_move(struct council *council)
{
	struct cell *cell = council->cell;
	if (!cell || !cell->journal || !journal_owns(cell->journal, 0))
		return false;
	if (!cell->moving)
		cell->moving = council_elapsed(council) + MOVE_WITHIN;
	loop_timer_in(cell->timer, 0);
	return true;
}

bool cell_is_moving(const struct council *council)
{
	return council->cell && (council->cell->moving || council->cell->leaves);
}

/* The last seat, or none. */
static void take_seat(struct cell *cell)
{
	if (cell->journal)
		journal_sit(cell->journal, cell->unable ? 0 : cell_new_seat(cell));
	said_now(cell->council);
}

static void leave_seat(struct cell *cell)
{
	if (!cell_move(cell->council)) /* else once what is under way has come to its end */
		take_seat(cell);
	said_now(cell->council);
}

/* NULL: it is well. Of each of them ops hear by itself. */
static const char *what_ails(const struct cell *cell)
{
	const struct council *council = cell->council;
	const char *taking = council_trouble(council);
	if (cell->trouble)
		return "what the journal says cannot be written";
	if (feeds_log_is_lost(council))
		return "the log has not its place any more, or is another one";
	return council->edition_is_read ? NULL : taking;
}

/* It tells nobody of what it cannot take, or of what it cannot write, and another can. Where there is no other, it goes
 * on as well as it can. */
void cell_look_at_itself(struct cell *cell, bool at_once)
{
	const char *why = what_ails(cell), *machine = cell->council->first->cell.machine;
	instant now = council_elapsed(cell->council);
	if (cell->unable || (why != NULL) == cell->poorly) { /* unable: in no seat, and nothing is taken */
		cell->otherwise_since = 0;
		if (why && !cell->unable && strcmp(why, cell->ails) != 0) { /* one thing is over, another is not */
			(void)snprintf(cell->ails, sizeof cell->ails, "%s", why);
			log_error("the cell: this machine (%s) stands behind all others, now because %s", machine, why);
		}
		return;
	}
	if (!cell->otherwise_since)
		cell->otherwise_since = now;
	if (!at_once && now - cell->otherwise_since < POORLY_AFTER)
		return;
	cell->otherwise_since = 0;
	cell->poorly = why != NULL;
	(void)snprintf(cell->ails, sizeof cell->ails, "%s", why ? why : "");
	if (why)
		log_error("the cell: this machine (%s) stands behind all others until this is over: %s", machine, why);
	else
		log_notice("the cell: this machine (%s) is well again", machine);
	if (cell->journal && !cell->behind)
		leave_seat(cell);
}

static void say_unable(const struct cell *cell)
{
	struct ops_word word = {.what = OPS_CELL,
	                        .key = TEXT("log"),
	                        .facts = {{"Machine", cell->council->first->cell.machine, NULL},
	                                  {"It says", cell->why, NULL}},
	                        .fact_count = 2};
	council_say_ops(cell->council, &word);
}

/* Whoever is named and cannot go on would send what it knows, and not what came since. */
void cell_is_unable(struct council *council, const char *why)
{
	struct cell *cell = council->cell;
	if (!cell || (cell->looked && cell->unable == (why != NULL)))
		return;
	bool turns = cell->unable != (why != NULL);
	cell->looked = true;
	cell->unable = why != NULL;
	(void)snprintf(cell->why, sizeof cell->why, "%s", why ? why : "");
	if (why)
		log_error("the cell: this machine (%s) goes no further in the log and sends nothing: %s",
		          council->first->cell.machine, why);
	else if (turns)
		log_notice("the cell: this machine (%s) goes on in the log, and stands by again",
		           council->first->cell.machine);
	if (why)
		say_unable(cell);
	else
		council_end_ops(council, OPS_CELL, TEXT("log"), NULL);
	if (turns)
		take_seat(cell);
}

static void say_behind(struct council *council, const char *taker)
{
	const char *machine = council->first->cell.machine;
	log_error("the cell: %s could take what this machine (%s) set aside: this one holds less, and stands behind "
	          "all others until its files are a copy of another's (docs/cells.md)",
	          taker, machine);
	struct ops_word word = {
		.what = OPS_CELL,
		.key = TEXT("aside"),
		.title = "A machine of the cell holds less than the others",
		.second = "It sends only where no other machine stands by",
		.meaning = "Another machine could take what this one set aside, and tells of it. Until this machine's "
			   "files are a copy of another's, a child may be missing here.",
		.facts = {{"Machine", machine, NULL}, {"Taken by", taker, NULL}},
		.fact_count = 2};
	council_say_ops(council, &word);
}

enum result cell_stand_behind(struct council *council, struct text taker, struct fault *fault)
{
	struct cell *cell = council->cell;
	char name[JOURNAL_NAME_MOST + 1];
	if (!cell || cell->behind)
		return RESULT_OK;
	enum result result = store_keep(council->store, BEHIND, taker, fault);
	if (result != RESULT_OK)
		return result;
	cell->behind = true;
	(void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(taker));
	say_behind(council, name);
	leave_seat(cell);
	return RESULT_OK;
}

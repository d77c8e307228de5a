/* schedule: times, recipients, and the one transaction that makes the rows. */
#include "report/schedule.h"

#include "report/list.h"
#include "report/lists.h"
#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "store/copies/backup.h"
#include "store/outbox/payload.h"

#include <stdio.h>
#include <stdlib.h>

#define LATE_AFTER (10 * MINUTE)
#define OUTSIDE_WAITS (3 * 24 * HOUR) /* for data, at most: a report to a body outside the council (local) */

/* ---- who ---- */

struct gathering {
	const struct directory *directory;
	civil_day today;
	struct schedule_recipients *recipients;
};

static void add(const struct gathering *gathering, const struct person *person, const char *role,
                const struct team *team)
{
	struct schedule_recipients *all = gathering->recipients;
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].person == person && all->items[i].team == team)
			return;
	*(struct schedule_recipient *)mem_push((void **)&all->items, &all->count, &all->room, sizeof *all->items) =
		(struct schedule_recipient){person, role, team};
}

/* Whoever holds the role for a child of the team `of`; NULL: for no child in particular. Returns how many. */
static size_t add_role(const struct gathering *gathering, const char *role, const struct team *of,
                       const struct team *list)
{
	size_t most = gathering->directory->person_count; /* is always enough */
	struct recipient *found = mem_zero(most + 1, sizeof *found);
	struct allocation there = {.team = of ? text_of(of->id) : TEXT_NONE};
	size_t count = directory_resolve(gathering->directory, text_of(role), &there, of ? 1 : 0, gathering->today,
	                                 found, most);
	for (size_t i = 0; i < count; i++)
		add(gathering, found[i].person, found[i].role, list);
	free(found);
	return count;
}

static bool has_teams_below(const struct directory *directory, const struct team *team)
{
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].parent && strcmp(directory->teams[i].parent, team->id) == 0)
			return true;
	return false;
}

/* A team's own list. A team that has only other teams below it needs nobody; where children are its own all the same,
 * the duty team has them (report/list). */
static void add_own_teams(const struct gathering *gathering, const struct list_recipient *to)
{
	const struct directory *directory = gathering->directory;
	for (size_t i = 0; i < directory->team_count; i++) {
		const struct team *team = &directory->teams[i];
		size_t found = 0;
		if (!team->manager && has_teams_below(directory, team))
			continue;
		for (size_t k = 0; k < to->role_count; k++)
			found += add_role(gathering, to->roles[k], team, team);
		if (!found && to->otherwise)
			(void)add_role(gathering, to->otherwise, team, team);
	}
}

/* A role that is held for teams (a head of service) is held by somebody of each. */
static size_t add_all_teams(const struct gathering *gathering, const char *role)
{
	const struct directory *directory = gathering->directory;
	size_t found = add_role(gathering, role, NULL, NULL);
	for (size_t i = 0; i < directory->team_count; i++)
		found += add_role(gathering, role, &directory->teams[i], NULL);
	return found;
}

static void note_vacant(const struct gathering *gathering, const char *role)
{
	struct schedule_recipients *all = gathering->recipients;
	for (size_t i = 0; i < all->vacant_count; i++)
		if (strcmp(all->vacant[i], role) == 0)
			return;
	if (all->vacant_count < LIST_VACANT_MOST)
		all->vacant[all->vacant_count++] = role;
}

/* Of a pattern each role that the directory has of it; where it has none, none is vacant. */
static void add_pattern(const struct gathering *gathering, const char *role)
{
	const struct directory *directory = gathering->directory;
	bool pattern = directory_role_is_pattern(role);
	if (!pattern && !add_all_teams(gathering, role))
		note_vacant(gathering, role);
	for (size_t i = 0; i < directory->role_count && pattern; i++)
		if (directory_role_fits(role, directory->roles[i].role) &&
		    !add_all_teams(gathering, directory->roles[i].role))
			note_vacant(gathering, directory->roles[i].role);
}

/* Patterns alone, of which the directory has no role: nobody reads the list. */
static void note_unread(const struct gathering *gathering, const struct config_list *list)
{
	const struct schedule_recipients *all = gathering->recipients;
	for (size_t i = 0; i < list->recipient_count && !all->count && !all->vacant_count; i++)
		if (list->recipients[i].role_count && !list->recipients[i].own_team)
			note_vacant(gathering, list->recipients[i].roles[0]);
}

void schedule_recipients_find(const struct config_list *list, const struct directory *directory, civil_day today,
                              struct schedule_recipients *recipients)
{
	struct gathering gathering = {directory, today, recipients};
	*recipients = (struct schedule_recipients){0};
	for (size_t i = 0; i < list->recipient_count; i++) {
		const struct list_recipient *to = &list->recipients[i];
		if (to->own_team)
			add_own_teams(&gathering, to);
		for (size_t k = 0; k < to->role_count && !to->own_team; k++)
			add_pattern(&gathering, to->roles[k]);
	}
	note_unread(&gathering, list);
}

void schedule_recipients_free(struct schedule_recipients *recipients)
{
	free(recipients->items);
	*recipients = (struct schedule_recipients){0};
}

/* ---- when ---- */

/* Under which names the store keeps it: when it was last due and made; for which due time it went out not complete; and
 * for which that was made good. */
#define DONE ""
#define CUT_OFF "/not-complete"
#define MADE_GOOD "/made-good"

static struct text noted(const struct schedule *schedule, const char *what, char *room, size_t size)
{
	int length = snprintf(room, size, "%s%s", schedule->list->id, what);
	return (struct text){room, (size_t)length};
}

static enum result read_note(const struct schedule *schedule, const char *what, instant *due, struct fault *fault)
{
	char name[160];
	return lists_last(schedule->store, noted(schedule, what, name, sizeof name), due, fault);
}

static enum result write_note(const struct schedule *schedule, const char *what, instant due, struct fault *fault)
{
	char name[160];
	return lists_done(schedule->store, noted(schedule, what, name, sizeof name), due, fault);
}

struct state {
	instant done, cut_off, made_good;
	struct list_completeness completeness;
};

static enum result read_state(const struct schedule *schedule, struct state *state, struct fault *fault)
{
	*state = (struct state){0};
	enum result result = read_note(schedule, DONE, &state->done, fault);
	if (result == RESULT_OK)
		result = read_note(schedule, CUT_OFF, &state->cut_off, fault);
	if (result == RESULT_OK)
		result = read_note(schedule, MADE_GOOD, &state->made_good, fault);
	if (result == RESULT_OK)
		result = sources_complete(schedule->store, &state->completeness.complete_to,
		                          &state->completeness.last_arrival, fault);
	return result;
}

static bool is_outside(const struct schedule *schedule)
{
	return schedule->list->report && schedule->list->report->outside;
}

/* A body outside the council is told of a period once: from two printings of it, one of them cut off, small counts
 * follow whatever is hidden in the second. So that one waits for its data. */
static bool waits_for_data(const struct schedule *schedule, const struct state *state, instant until, instant now)
{
	return is_outside(schedule) && now < until && list_incomplete(schedule->list, &state->completeness, now);
}

/* At most so long, and half of the time to the next, so that it goes before that is due. */
static instant waits_until(const struct schedule *schedule, instant due)
{
	instant half = (recurrence_next(&schedule->list->due, schedule->calendar, due) - due) / 2;
	return due + (half < OUTSIDE_WAITS ? half : OUTSIDE_WAITS);
}

static bool owes_full(const struct schedule *schedule, const struct state *state)
{
	return !is_outside(schedule) && state->cut_off != INSTANT_NONE && state->cut_off == state->done &&
	       state->made_good != state->cut_off;
}

static bool caught_up(const struct schedule *schedule, const struct state *state, instant now)
{
	const struct list_completeness *known = &state->completeness;
	if (list_incomplete(schedule->list, known, now))
		return false;
	return known->complete_to == INSTANT_NONE || known->complete_to >= state->cut_off;
}

/* A new installation owes nothing for the past. */
static enum result begin(const struct schedule *schedule, instant due, struct fault *fault)
{
	bool own = !store_in_transaction(schedule->store);
	enum result result = own ? store_begin(schedule->store, fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = write_note(schedule, DONE, due, fault);
	if (own && result == RESULT_OK)
		return store_commit(schedule->store, fault);
	if (own)
		store_rollback(schedule->store);
	return result;
}

/* An issue that goes out until a date is over from then on. */
static bool is_over(const struct schedule *schedule, instant now)
{
	const struct config_report *report = schedule->list->report;
	return report && report->until != DAY_NONE &&
	       zone_date(calendar_zone(schedule->calendar), now) >= report->until;
}

enum result schedule_unmade(const struct schedule *schedule, instant now, instant *due, struct fault *fault)
{
	const struct config_list *list = schedule->list;
	instant done;
	*due = INSTANT_NONE;
	if (!list->enabled || is_over(schedule, now))
		return RESULT_OK;
	enum result result = read_note(schedule, DONE, &done, fault);
	instant latest = recurrence_latest(&list->due, schedule->calendar, now);
	if (result == RESULT_OK && done != INSTANT_NONE && latest > done)
		*due = latest;
	return result;
}

enum result schedule_look(const struct schedule *schedule, instant now, struct schedule_owed *owed, instant *next,
                          struct fault *fault)
{
	const struct config_list *list = schedule->list;
	struct state state;
	*owed = (struct schedule_owed){0};
	*next = INSTANT_NEVER;
	if (!list->enabled || is_over(schedule, now))
		return RESULT_OK;
	enum result result = read_state(schedule, &state, fault);
	instant due = recurrence_latest(&list->due, schedule->calendar, now);
	*next = recurrence_next(&list->due, schedule->calendar, now);
	if (result != RESULT_OK)
		return result;
	if (state.done == INSTANT_NONE)
		return begin(schedule, due, fault);
	if (due > state.done && waits_for_data(schedule, &state, waits_until(schedule, due), now)) {
		owed->waits = true;
		*next = waits_until(schedule, due);
	} else if (due > state.done) {
		bool late = now - due > LATE_AFTER;
		/* The list says how things stood when it was due; one that is late, how they stand now. */
		*owed = (struct schedule_owed){.anything = true, .late = late, .due = due, .as_of = late ? now : due,
		                               .last = state.done};
	} else if (owes_full(schedule, &state) && caught_up(schedule, &state, now)) {
		*owed = (struct schedule_owed){.anything = true, .full = true, .due = state.cut_off, .as_of = now};
		owed->last = recurrence_latest(&list->due, schedule->calendar, state.cut_off - 1);
	} else {
		owed->waits = owes_full(schedule, &state);
	}
	return RESULT_OK;
}

/* ---- rows ---- */

static enum result add_row(const struct schedule *schedule, const struct schedule_recipient *to,
                           const struct payload *payload, instant now, struct fault *fault)
{
	struct buffer json = {0};
	instant restored_to; /* a list of before then may have gone already */
	enum result result = store_restored_to(schedule->store, &restored_to, fault);
	if (result != RESULT_OK)
		return result;
	payload_write(payload, &json);
	struct outbox_row row = {.kind = OUTBOX_LIST, .purpose = TEXT("list"), .role = text_of(to->role),
	                         .person = text_of(to->person->id), .payload = buffer_view(&json), .created = now,
	                         .not_before = now, .deadline = INSTANT_NEVER, .sent = INSTANT_NONE,
	                         .possible_duplicate = payload->due <= restored_to};
	struct buffer cause = {0};
	int64_t id;
	buffer_format(&cause, "%.*s %.*s %lld", TEXT_ARG(payload->list), TEXT_ARG(payload->team),
	              (long long)payload->due);
	row.cause = buffer_view(&cause);
	result = outbox_add(schedule->store, &row, &id, fault);
	buffer_free(&cause);
	buffer_free(&json);
	return result;
}

#define TOLD_LATELY (7 * 24 * HOUR) /* whoever was told of an alert since then hears also that nothing waits (local) */

struct own_alerts {
	const struct schedule *schedule;
	struct gathering gathering;
};

static enum result add_told(void *argument, struct text person, struct text role, struct fault *fault)
{
	const struct own_alerts *own = argument;
	const struct directory *directory = own->schedule->directory;
	const struct person *known = directory_person(directory, person);
	(void)fault;
	for (size_t i = 0; known && i < directory->role_count; i++)
		if (text_equal(text_of(directory->roles[i].role), role)) {
			add(&own->gathering, known, directory->roles[i].role, NULL);
			return RESULT_OK;
		}
	if (known)
		add(&own->gathering, known, directory_first_role(directory, ROLE_FROM_ALLOCATION), NULL);
	return RESULT_OK;
}

/* Each their own list of what waits for them. */
static enum result add_own_alerts(const struct schedule *schedule, instant now, struct schedule_recipients *to,
                                  struct fault *fault)
{
	struct own_alerts own = {schedule, {schedule->directory, 0, to}};
	for (size_t i = 0; i < schedule->list->recipient_count; i++)
		if (schedule->list->recipients[i].own_alerts)
			return outbox_told_people(schedule->store, now - TOLD_LATELY, add_told, &own, fault);
	return RESULT_OK;
}

static enum result add_rows(const struct schedule *schedule, const struct schedule_owed *owed, size_t *added,
                            struct fault *fault)
{
	struct payload payload = PAYLOAD_EMPTY;
	struct schedule_recipients to;
	enum result result = RESULT_OK;
	payload.list = text_of(schedule->list->id);
	payload.at = owed->as_of;
	payload.due = owed->due;
	payload.caused = owed->last;
	payload.old_news = owed->late;
	if (owed->full)
		payload.reason = TEXT(LISTS_FULL);
	schedule_recipients_find(schedule->list, schedule->directory,
	                         zone_date(calendar_zone(schedule->calendar), owed->as_of), &to);
	result = add_own_alerts(schedule, owed->as_of, &to, fault);
	for (size_t i = 0; i < to.count && result == RESULT_OK; i++) {
		payload.team = to.items[i].team ? text_of(to.items[i].team->id) : TEXT_NONE;
		result = add_row(schedule, &to.items[i], &payload, owed->as_of, fault);
	}
	*added += to.count;
	schedule_recipients_free(&to);
	return result;
}

static enum result make(const struct schedule *schedule, const struct schedule_owed *owed, instant now, size_t *added,
                        struct fault *fault)
{
	struct state state;
	enum result result = read_state(schedule, &state, fault);
	if (result == RESULT_OK)
		result = add_rows(schedule, owed, added, fault);
	if (result != RESULT_OK)
		return result;
	if (owed->full)
		return write_note(schedule, MADE_GOOD, owed->due, fault);
	result = write_note(schedule, DONE, owed->due, fault);
	if (result == RESULT_OK && list_incomplete(schedule->list, &state.completeness, now))
		result = write_note(schedule, CUT_OFF, owed->due, fault);
	return result;
}

enum result schedule_make(const struct schedule *schedule, const struct schedule_owed *owed, instant now, size_t *added,
                          struct fault *fault)
{
	struct store *store = schedule->store;
	bool own = !store_in_transaction(store);
	*added = 0;
	enum result result = own ? store_begin(store, fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = make(schedule, owed, now, added, fault);
	if (!own)
		return result;
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

/* schedule: times, recipients, and the one transaction that makes the rows. */
#include "report/schedule.h"

#include "base/log.h"
#include "store/payload.h"
#include "store/outbox.h"

#include <stdlib.h>

#define DAY_OF_WALL ((int64_t)86400 * SECOND)
#define LATE_AFTER (10 * MINUTE)
#define LOOK_AGAIN MINUTE        /* while a full list is owed */
#define RECIPIENTS 512

/* Names in lists_last: when it was due; for which due time it went out not complete, and was made good. */
#define DONE TEXT(SCHEDULE_DAILY_MISSING)
#define CUT_OFF TEXT(SCHEDULE_DAILY_MISSING "/not-complete")
#define MADE_GOOD TEXT(SCHEDULE_DAILY_MISSING "/made-good")

static instant due_on(const struct zone *zone, civil_day day, int minute)
{
	return zone_instant(zone, (int64_t)day * DAY_OF_WALL + minute * MINUTE, WALL_EARLIER);
}

instant schedule_latest(const struct zone *zone, int minute, instant now)
{
	civil_day today = zone_date(zone, now);
	instant due = due_on(zone, today, minute);
	return due <= now ? due : due_on(zone, today - 1, minute);
}

instant schedule_next(const struct zone *zone, int minute, instant now)
{
	civil_day today = zone_date(zone, now);
	instant due = due_on(zone, today, minute);
	return due > now ? due : due_on(zone, today + 1, minute);
}

struct gathering {
	const struct directory *directory;
	civil_day today;
	struct schedule_recipient *recipients;
	size_t count, room;
};

static void add(struct gathering *gathering, const struct person *person, const char *role, const struct team *team)
{
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->recipients[i].person == person && gathering->recipients[i].team == team)
			return;
	if (gathering->count < gathering->room)
		gathering->recipients[gathering->count++] = (struct schedule_recipient){person, role, team};
}

/* Whoever holds the role for a child of this team; NULL: for no child in particular. Returns how many. */
static size_t add_role(struct gathering *gathering, const char *role, const struct team *of, const struct team *list)
{
	struct recipient found[32];
	struct allocation there = {TEXT("social-worker"), TEXT_NONE, of ? text_of(of->id) : TEXT_NONE};
	size_t count = directory_resolve(gathering->directory, text_of(role), &there, of ? 1 : 0, gathering->today, found, 32);
	for (size_t i = 0; i < count; i++)
		add(gathering, found[i].person, role, list);
	return count;
}

static bool has_teams_below(const struct directory *directory, const struct team *team)
{
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].parent && strcmp(directory->teams[i].parent, team->id) == 0)
			return true;
	return false;
}

size_t schedule_recipients(const struct directory *directory, civil_day today, struct schedule_recipient *recipients,
                           size_t room, size_t *unread)
{
	struct gathering gathering = {directory, today, recipients, 0, room};
	*unread = 0;
	for (size_t i = 0; i < directory->team_count; i++) {
		const struct team *team = &directory->teams[i];
		if (!team->manager && has_teams_below(directory, team))
			continue;
		if (!add_role(&gathering, "team-manager", team, team) && !add_role(&gathering, "head-of-service", team, team))
			(*unread)++;
	}
	add_role(&gathering, "dcs", NULL, NULL);
	add_role(&gathering, "director", NULL, NULL);
	for (size_t i = 0; i < directory->role_count; i++)
		if (strncmp(directory->roles[i].role, "head-of-service-", 16) == 0)
			add_role(&gathering, directory->roles[i].role, NULL, NULL);
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].head)
			add_role(&gathering, "head-of-service", &directory->teams[i], NULL);
	return gathering.count;
}

static enum result add_row(const struct schedule *schedule, const struct schedule_recipient *to,
                           const struct payload *payload, instant now, struct fault *fault)
{
	struct buffer json = {0};
	payload_write(payload, &json);
	struct outbox_row row = {.kind = OUTBOX_LIST, .purpose = TEXT("list"), .role = text_of(to->role),
	                         .person = text_of(to->person->id), .payload = buffer_view(&json), .created = now,
	                         .not_before = now, .deadline = INSTANT_NEVER, .sent = INSTANT_NONE};
	int64_t id;
	enum result result = outbox_add(schedule->from.store, &row, &id, fault);
	buffer_free(&json);
	return result;
}

/* A team whose list nobody gets must not pass unnoticed. */
static enum result tell_ops(const struct schedule *schedule, size_t unread, instant now, struct fault *fault)
{
	struct buffer words = {0}, json = {0};
	words_count((int64_t)unread, "team has", "teams have", &words);
	buffer_string(&words, " neither a manager nor a head: nobody gets the missing list of them. Name one in directory.yaml. "
	                      "The lists of all teams hold these children.");
	struct payload payload = PAYLOAD_EMPTY;
	payload.at = now;
	payload.ops = TEXT("ops.nobody");
	payload.words = buffer_view(&words);
	payload_write(&payload, &json);
	struct outbox_row row = {.kind = OUTBOX_OPS, .purpose = TEXT("ops"), .role = TEXT("ops"),
	                         .payload = buffer_view(&json), .created = now, .not_before = now,
	                         .deadline = INSTANT_NEVER, .sent = INSTANT_NONE};
	int64_t id;
	log_warning("%s", buffer_cstr(&words));
	enum result result = outbox_add(schedule->from.store, &row, &id, fault);
	buffer_free(&words);
	buffer_free(&json);
	return result;
}

static enum result make_rows(const struct schedule *schedule, struct payload payload, instant now, size_t *added,
                             struct fault *fault)
{
	struct schedule_recipient *to = mem_zero(RECIPIENTS, sizeof *to);
	size_t unread;
	size_t count = schedule_recipients(schedule->directory, zone_date(schedule->from.zone, now), to, RECIPIENTS, &unread);
	enum result result = RESULT_OK;
	payload.list = TEXT(SCHEDULE_DAILY_MISSING);
	payload.at = now;
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		payload.team = to[i].team ? text_of(to[i].team->id) : TEXT_NONE;
		result = add_row(schedule, &to[i], &payload, now, fault);
	}
	if (result == RESULT_OK && unread)
		result = tell_ops(schedule, unread, now, fault);
	*added += count;
	free(to);
	return result;
}

struct state {
	instant done, cut_off, made_good;
	struct missing_completeness completeness;
};

static enum result read_state(const struct schedule *schedule, struct state *state, struct fault *fault)
{
	struct store *store = schedule->from.store;
	enum result result = lists_last(store, DONE, &state->done, fault);
	if (result == RESULT_OK)
		result = lists_last(store, CUT_OFF, &state->cut_off, fault);
	if (result == RESULT_OK)
		result = lists_last(store, MADE_GOOD, &state->made_good, fault);
	if (result == RESULT_OK)
		result = missing_load_completeness(&schedule->from, &state->completeness, fault);
	return result;
}

static enum result make_due(const struct schedule *schedule, const struct state *state, instant due, instant now,
                            size_t *added, struct fault *fault)
{
	struct store *store = schedule->from.store;
	struct payload payload = PAYLOAD_EMPTY;
	payload.due = due;
	payload.caused = state->done; /* when the list before this one was due */
	payload.old_news = now - due > LATE_AFTER;
	/* The list says how things stood when it was due; one that is late, how they stand now. */
	enum result result = make_rows(schedule, payload, payload.old_news ? now : due, added, fault);
	if (result == RESULT_OK)
		result = lists_done(store, DONE, due, fault);
	if (result == RESULT_OK && missing_incomplete(&state->completeness, now))
		result = lists_done(store, CUT_OFF, due, fault);
	return result;
}

/* The full list after one that was not complete, once the sources have caught up with its time. */
static enum result make_good(const struct schedule *schedule, const struct state *state, instant now, size_t *added,
                             struct fault *fault)
{
	struct payload payload = PAYLOAD_EMPTY;
	payload.due = state->cut_off;
	payload.caused = schedule_latest(schedule->from.zone, schedule->minute, state->cut_off - 1);
	payload.reason = TEXT(SCHEDULE_FULL);
	enum result result = make_rows(schedule, payload, now, added, fault);
	if (result == RESULT_OK)
		result = lists_done(schedule->from.store, MADE_GOOD, state->cut_off, fault);
	return result;
}

static bool owes_full(const struct state *state)
{
	return state->cut_off != INSTANT_NONE && state->cut_off == state->done && state->made_good != state->cut_off;
}

static bool caught_up(const struct state *state, instant now)
{
	const struct missing_completeness *known = &state->completeness;
	if (missing_incomplete(known, now))
		return false;
	return known->complete_to == INSTANT_NONE || known->complete_to >= state->cut_off;
}

static enum result run(const struct schedule *schedule, instant now, size_t *added, struct fault *fault)
{
	struct state state;
	enum result result = read_state(schedule, &state, fault);
	if (result != RESULT_OK)
		return result;
	instant due = schedule_latest(schedule->from.zone, schedule->minute, now);
	if (state.done == INSTANT_NONE)
		return lists_done(schedule->from.store, DONE, due, fault); /* a new installation owes nothing */
	if (due > state.done)
		return make_due(schedule, &state, due, now, added, fault);
	if (owes_full(&state) && caught_up(&state, now))
		return make_good(schedule, &state, now, added, fault);
	return RESULT_OK;
}

/* Most calls have nothing to do: then no transaction is begun. */
static enum result anything_to_do(const struct schedule *schedule, instant now, bool *any, bool *waits,
                                  struct fault *fault)
{
	struct state state;
	enum result result = read_state(schedule, &state, fault);
	instant due = schedule_latest(schedule->from.zone, schedule->minute, now);
	*any = result == RESULT_OK &&
	       (state.done == INSTANT_NONE || due > state.done || (owes_full(&state) && caught_up(&state, now)));
	*waits = result == RESULT_OK && owes_full(&state);
	return result;
}

enum result schedule_run(const struct schedule *schedule, instant now, size_t *added, instant *next, struct fault *fault)
{
	struct store *store = schedule->from.store;
	bool any, waits;
	*added = 0;
	*next = INSTANT_NEVER;
	if (!schedule->enabled)
		return RESULT_OK;
	enum result result = anything_to_do(schedule, now, &any, &waits, fault);
	if (result == RESULT_OK && any) {
		bool own = !store_in_transaction(store);
		if (own)
			result = store_begin(store, fault);
		if (result == RESULT_OK)
			result = run(schedule, now, added, fault);
		if (own && result == RESULT_OK)
			result = store_commit(store, fault);
		else if (own && store_in_transaction(store))
			store_rollback(store);
		if (result == RESULT_OK)
			result = anything_to_do(schedule, now, &any, &waits, fault);
	}
	*next = schedule_next(schedule->from.zone, schedule->minute, now);
	if (waits && now + LOOK_AGAIN < *next)
		*next = now + LOOK_AGAIN;
	return result;
}

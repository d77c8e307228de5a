/* ends: what was seen of ends at this instant and on this date, for what begins together with them. */
#include "engine/fold/fold.h"

static instant end_of_date(const struct fold *fold, const struct event *event)
{
	return zone_midnight(fold->zone, zone_date(fold->zone, event->time) + 1);
}

struct begun begun_with(const struct fold *fold, const struct event *event)
{
	return (struct begun){.at = event->time,
	                      .date_ends = event->day_precision ? end_of_date(fold, event) : INSTANT_NONE,
	                      .ran_since = INSTANT_NEVER};
}

struct ending ending_of(const struct fold *fold, const struct event *event, bool keyed)
{
	return (struct ending){.at = event->time, .keyed = keyed,
	                       .date_ends = event->day_precision ? end_of_date(fold, event) : INSTANT_NONE,
	                       .of_all = event->type == TYPE_ID_CHILD_DIED || event->type == TYPE_ID_CHILD_TRANSFERRED};
}

struct end_seen end_seen_of(const struct fold *fold, const struct event *event, uint16_t owner, uint64_t key,
                            bool any_key, bool ends)
{
	return (struct end_seen){.key = key, .owner = owner, .ending = ending_of(fold, event, !any_key), .ends = ends,
	                         .type = event->type, .ran_since = INSTANT_NEVER, .ran_until = INSTANT_NEVER};
}

bool end_seen_fits(const struct end_seen *end_seen, uint16_t owner, enum end_what what, uint64_t key)
{
	return end_seen->owner == owner && end_seen->what == what &&
	       (!end_seen->ending.keyed || end_seen->key == key);
}

static bool of_one_owner(const struct end_seen *a, const struct end_seen *b)
{
	return a->owner == b->owner && (a->what == END_OF_STATE) == (b->what == END_OF_STATE) && a->child == b->child;
}

instant end_seen_ran(const struct fold *fold, const struct end_seen *end_seen)
{
	instant ran_since = INSTANT_NEVER;
	if (end_seen->ending.keyed)
		return ran_since;
	for (size_t i = 0; i < fold->history->end_seen_count; i++) {
		const struct end_seen *seen = &fold->history->ends_seen[i];
		bool was_over = end_seen->ending.date_ends == INSTANT_NONE && seen->ran_until < end_seen->ending.at;
		if (seen->ran_since < ran_since && of_one_owner(seen, end_seen) && !was_over &&
		    instant_ends_meet(&seen->ending, &end_seen->ending))
			ran_since = seen->ran_since;
	}
	return ran_since;
}

/* What ran before a date and is known to have ended at an hour of it does not run after that hour, although another end
 * of it is known by the date alone. */
static void note_until(struct end_seen *by_date, const struct end_seen *at_hour)
{
	if (by_date->ending.date_ends != INSTANT_NONE && at_hour->ending.date_ends == INSTANT_NONE &&
	    !at_hour->ending.keyed && at_hour->ran_since < by_date->ending.at && of_one_owner(by_date, at_hour) &&
	    instant_ends_meet(&by_date->ending, &at_hour->ending) && at_hour->ending.at < by_date->ran_until)
		by_date->ran_until = at_hour->ending.at;
}

void end_seen_keep(struct fold *fold, struct end_seen end_seen)
{
	struct history *history = fold->history;
	for (size_t i = 0; i < history->end_seen_count; i++) {
		note_until(&end_seen, &history->ends_seen[i]);
		note_until(&history->ends_seen[i], &end_seen);
	}
	/* A death known by its date is of all that begins on it, whatever ran before. */
	if (end_seen.ending.of_all && end_seen.ending.date_ends != INSTANT_NONE)
		end_seen.ran_since = INSTANT_NEVER;
	*(struct end_seen *)mem_push32((void **)&history->ends_seen, &history->end_seen_count, &history->end_seen_room,
	                               sizeof end_seen) = end_seen;
}

void start_ignore(struct fold *fold, uint16_t owner, bool of_state, const struct event *event, uint64_t key,
                  instant due)
{
	struct history *history = fold->history;
	struct begun begun = begun_with(fold, event);
	for (uint32_t i = 0; i < history->ignored_count; i++) {
		const struct ignored_start *other = &history->ignored[i];
		if (other->rule == owner && other->of_state == of_state && other->key == key &&
		    other->begun.at == begun.at && other->begun.date_ends == begun.date_ends)
			return; /* the earliest counts */
	}
	*(struct ignored_start *)mem_push32((void **)&history->ignored, &history->ignored_count, &history->ignored_room,
	                                    sizeof(struct ignored_start)) =
	        (struct ignored_start){.key = key, .ref = event->ref, .begun = begun, .due = due, .rule = owner,
	                               .of_state = of_state};
}

void ends_seen_forget(struct fold *fold)
{
	struct history *history = fold->history;
	for (size_t i = history->end_seen_count; i-- > 0;)
		if (end_counts_at(&history->ends_seen[i].ending) < fold->at)
			history->ends_seen[i] = history->ends_seen[--history->end_seen_count];
	for (size_t i = history->ignored_count; i-- > 0;) {
		const struct begun *begun = &history->ignored[i].begun;
		if (begun->date_ends != INSTANT_NONE ? begun->date_ends <= fold->at : begun->at < fold->at)
			history->ignored[i] = history->ignored[--history->ignored_count];
	}
}

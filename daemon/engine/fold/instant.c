/* instant: the table of what wins at one instant or on one date, and the questions that kinds and states ask of it. */
#include "engine/fold/instant.h"

/* rules.md "Order" and "Known by date only". Who changes a row changes the function that follows it, and the oracle. */
static const struct instant_row rows[] = {
	{"What expires at an instant does so before an event at that same instant",
         "fold.c: context_end_dates, then expire_clocks, then events; `first` of a beginning by expiry",
         "expiry-comes-before-an-event-of-its-instant"},
	{"What must come before counts as before", "guard.c: unfire", "guard-on-one-date"},
	{"An end closes the start of its own key", "instant_reaches, keyed", "ended-at-the-instant-it-began"},
	{"Without a key: what was open before, and only if nothing was, what begins there",
         "instant_reaches: together and ran_since", "plan-ends-and-begins-at-one-instant"},
	{"The same, of two ends at one instant: both are of what was open before", "`ran_since`, instant_ends_meet",
         "two-ends-at-one-instant"},
	{"A state held by one key and then, at the same instant, by another goes on without a break",
         "fold.c: conditions are settled after all events of the instant", "placement-moved-without-a-break"},
	{"Expiries, then events, then what begins by the clock", "fold.c: run_instant",
         "another-state-takes-over-at-midnight"},
	{"A start counts as the first instant of its date, a stop as the last", "`date_ends` of both",
         "date-only-hours"},
	{"Of an end and a start of one date, without keys: the end is of what ran before that date",
         "instant_relation: together", "ended-and-begun-on-one-date"},
	{"And only if nothing did, of what began on it", "instant_reaches: ran_since", "begun-and-ended-on-one-date"},
	{"Several stops of one interval: the earliest that is known to have come ends it",
         "overlap.c, deadline.c: a stop known by date waits for its date's end",
         "moved-at-a-known-hour-and-released-known-by-date"},
	{"What held for some part of a date and is known to have ended with it did hold: it opens, and resolves",
         "state.c, load.c; outcome_open", "placed-unlawfully-for-part-of-a-date"},
	{"The where of an event known by date alone is judged as of the last instant of its date",
         "dates.c: only ends of intervals and stops", "away-and-missing-on-one-date-and-home-known-by-date"},
	{"A death or transfer ends every open key", "`of_all`: all that had begun by its last instant",
         "death-known-by-its-date"},
};

const struct instant_row *instant_rows(size_t *count)
{
	*count = sizeof rows / sizeof *rows;
	return rows;
}

enum relation instant_relation(const struct begun *begun, const struct ending *ending)
{
	bool end_by_date = ending->date_ends != INSTANT_NONE, begun_by_date = begun->date_ends != INSTANT_NONE;
	if (ending->of_all && end_by_date)
		return begun->at < ending->date_ends ? RELATION_BEFORE : RELATION_AFTER;
	if (begun->at < ending->at &&
	    (end_by_date || !begun_by_date || ending->of_all || begun->date_ends <= ending->at))
		return RELATION_BEFORE;
	if (begun->first && begun->at == ending->at)
		return RELATION_BEFORE;
	return begun->at < (end_by_date ? ending->date_ends : ending->at + 1) ? RELATION_TOGETHER : RELATION_AFTER;
}

bool instant_reaches(struct begun *begun, const struct ending *ending, instant ran_since)
{
	enum relation relation = instant_relation(begun, ending);
	if (relation != RELATION_TOGETHER || ending->keyed)
		return relation != RELATION_AFTER;
	instant ran = ran_since < begun->ran_since ? ran_since : begun->ran_since;
	/* What an end known by its date was of may have ended before the hour at which this began: the ends of that
	 * hour know. */
	if (begun->date_ends != INSTANT_NONE || ending->date_ends == INSTANT_NONE)
		begun->ran_since = ran;
	return ran >= (begun->at < ending->at ? begun->at : ending->at);
}

instant instant_ran(const struct begun *begun, const struct ending *ending, instant ran_since)
{
	instant at = begun->first ? begun->at - 1 : begun->at;
	return at < ran_since && instant_relation(begun, ending) != RELATION_AFTER ? at : ran_since;
}

bool instant_ends_meet(const struct ending *a, const struct ending *b)
{
	instant a_last = a->date_ends != INSTANT_NONE ? a->date_ends - 1 : a->at;
	instant b_last = b->date_ends != INSTANT_NONE ? b->date_ends - 1 : b->at;
	return a->at <= b_last && b->at <= a_last;
}

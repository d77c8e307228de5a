/* quiet: two tables of an hour of the week each, of this month and of the one before, so that what was usual once is forgotten. */
#include "store/quiet.h"

#include "store/store_internal.h"

#define SLOTS 168 /* hours of a week */
#define GENERATION (28 * 24 * HOUR)
#define STEP_LEAST MINUTE

struct learnt {
	int64_t now[SLOTS], before[SLOTS];
};

static size_t slot_of(instant at)
{
	return (size_t)((at / HOUR % SLOTS + SLOTS) % SLOTS);
}

static void read_learnt(struct text blob, struct learnt *learnt)
{
	*learnt = (struct learnt){{0}, {0}};
	if (blob.length == sizeof *learnt)
		memcpy(learnt, blob.at, sizeof *learnt);
}

/* The gap counts at every hour that it covered. */
static void learn(struct learnt *learnt, instant from, instant until)
{
	instant gap = until - from;
	instant hour = from / HOUR * HOUR;
	for (size_t i = 0; i < SLOTS && hour <= until; i++, hour += HOUR)
		if (learnt->now[slot_of(hour)] < gap)
			learnt->now[slot_of(hour)] = gap;
}

static enum result put(struct store *store, struct text source, instant first, instant last, instant began,
                       const struct learnt *learnt, struct fault *fault)
{
	struct query query = query_start(store, "INSERT OR REPLACE INTO source_quiet (source, first, last, began, longest)"
	                                        " VALUES (?, ?, ?, ?, ?)");
	bind_text(&query, source);
	bind_int(&query, first);
	bind_int(&query, last);
	bind_int(&query, began);
	bind_blob(&query, learnt, sizeof *learnt);
	return query_run(&query, fault);
}

enum result quiet_note(struct store *store, struct text source, instant newest, struct fault *fault)
{
	struct learnt learnt;
	instant first = newest, last = newest, began = newest;
	struct query query = query_start(store, "SELECT first, last, began, longest FROM source_quiet WHERE source = ?");
	bind_text(&query, source);
	bool found = query_row(&query);
	if (found) {
		first = row_int(&query, 0);
		last = row_int(&query, 1);
		began = row_int(&query, 2);
	}
	read_learnt(found ? row_blob(&query, 3) : TEXT_NONE, &learnt);
	enum result result = query_end(&query, RESULT_OK, fault);
	if (result != RESULT_OK || (found && newest - last < STEP_LEAST))
		return result;
	if (newest - began >= GENERATION) {
		memcpy(learnt.before, learnt.now, sizeof learnt.now);
		memset(learnt.now, 0, sizeof learnt.now);
		began = newest;
	}
	learn(&learnt, last, newest);
	return put(store, source, first, newest, began, &learnt, fault);
}

enum result quiet_each(struct store *store, instant now, quiet_visit *visit, void *argument, struct fault *fault)
{
	struct query query = query_start(store, "SELECT source, first, last, longest FROM source_quiet ORDER BY source");
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(&query)) {
		struct learnt learnt;
		read_learnt(row_blob(&query, 3), &learnt);
		size_t slot = slot_of(now);
		struct quiet quiet = {row_text(&query, 0), row_int(&query, 1), row_int(&query, 2),
		                      learnt.now[slot] > learnt.before[slot] ? learnt.now[slot] : learnt.before[slot]};
		result = visit(argument, &quiet, fault);
	}
	return query_end(&query, result, fault);
}

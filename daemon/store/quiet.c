/* quiet: two tables of an hour of the week each, of this month and of the one before, so that what was usual once is
 * forgotten. */
#include "store/quiet.h"

#include "store/store_internal.h"

#define GENERATION (28 * 24 * HOUR)
#define STEP_LEAST MINUTE
#define LEARNT_BYTES (2 * QUIET_HOURS * sizeof(int64_t))

static size_t hour_of(instant at)
{
	return (size_t)((at / HOUR % QUIET_HOURS + QUIET_HOURS) % QUIET_HOURS);
}

static void take_learnt(struct text blob, struct quiet_profile *profile)
{
	if (blob.length != LEARNT_BYTES)
		return;
	memcpy(profile->now, blob.at, LEARNT_BYTES / 2);
	memcpy(profile->before, blob.at + LEARNT_BYTES / 2, LEARNT_BYTES / 2);
}

enum result quiet_read(struct store *store, struct text source, struct quiet_profile *profile, struct fault *fault)
{
	*profile = (struct quiet_profile){.first = INSTANT_NONE};
	struct query query =
		query_start(store, "SELECT first, last, began, longest FROM source_quiet WHERE source = ?");
	bind_text(&query, source);
	if (query_row(&query)) {
		profile->first = row_int(&query, 0);
		profile->last = row_int(&query, 1);
		profile->began = row_int(&query, 2);
		take_learnt(row_blob(&query, 3), profile);
	}
	return query_end(&query, RESULT_OK, fault);
}

/* A gap counts at every hour that it covered. */
void quiet_step(struct quiet_profile *profile, instant known)
{
	if (profile->first == INSTANT_NONE)
		*profile = (struct quiet_profile){.first = known, .last = known, .began = known, .changed = true};
	instant gap = known - profile->last, hour = profile->last / HOUR * HOUR;
	if (gap < STEP_LEAST)
		return;
	if (known - profile->began >= GENERATION) {
		memcpy(profile->before, profile->now, sizeof profile->now);
		memset(profile->now, 0, sizeof profile->now);
		profile->began = known;
	}
	for (size_t i = 0; i < QUIET_HOURS && hour <= known; i++, hour += HOUR)
		if (profile->now[hour_of(hour)] < gap)
			profile->now[hour_of(hour)] = gap;
	profile->last = known;
	profile->changed = true;
}

enum result quiet_write(struct store *store, struct text source, struct quiet_profile *profile, struct fault *fault)
{
	int64_t learnt[2 * QUIET_HOURS];
	if (!profile->changed)
		return RESULT_OK;
	profile->changed = false;
	memcpy(learnt, profile->now, sizeof profile->now);
	memcpy(learnt + QUIET_HOURS, profile->before, sizeof profile->before);
	struct query query =
		query_start(store, "INSERT OR REPLACE INTO source_quiet (source, first, last, began, longest)"
	                           " VALUES (?, ?, ?, ?, ?)");
	bind_text(&query, source);
	bind_int(&query, profile->first);
	bind_int(&query, profile->last);
	bind_int(&query, profile->began);
	bind_blob(&query, learnt, sizeof learnt);
	return query_run(&query, fault);
}

enum result quiet_each(struct store *store, instant now, quiet_visit *visit, void *argument, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT source, first, last, longest FROM source_quiet ORDER BY source");
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(&query)) {
		struct quiet_profile profile = {.first = INSTANT_NONE};
		size_t hour = hour_of(now);
		take_learnt(row_blob(&query, 3), &profile);
		struct quiet quiet = {row_text(&query, 0), row_int(&query, 1), row_int(&query, 2),
		                      profile.now[hour] > profile.before[hour] ? profile.now[hour]
		                                                               : profile.before[hour]};
		result = visit(argument, &quiet, fault);
	}
	return query_end(&query, result, fault);
}

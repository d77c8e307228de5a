/* gauges: open messages by state, standing alerts by step. */
#include "store/gauges.h"

#include "store/store_internal.h"

static enum result count_outbox(struct store *store, struct gauges *gauges, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT state, count(*), min(created) FROM outbox WHERE open = 1 GROUP BY state");
	while (query_row(&query)) {
		int64_t state = row_int(&query, 0);
		if (state < 0 || state > OUTBOX_GIVEN)
			continue;
		gauges->outbox[state] = (uint64_t)row_int(&query, 1);
		gauges->outbox_oldest[state] = row_int(&query, 2);
	}
	return query_end(&query, RESULT_OK, fault);
}

static enum result count_alerts(struct store *store, struct gauges *gauges, struct fault *fault)
{
	struct query query = query_start(store,
	                                 "SELECT severity, acknowledged, step, count(*) FROM alert WHERE state = 0"
	                                        " AND early = 0 AND shadow = 0 GROUP BY severity, acknowledged, step");
	while (query_row(&query)) {
		int64_t severity = row_int(&query, 0), step = row_int(&query, 2);
		uint64_t count = (uint64_t)row_int(&query, 3);
		if (severity < 0 || severity > 2 || step < 0)
			continue;
		gauges->standing[severity] += count;
		if (!row_int(&query, 1))
			gauges->unanswered[severity][step < GAUGES_STEPS ? step : GAUGES_STEPS - 1] += count;
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result gauges_read(struct store *store, instant now, struct gauges *gauges, struct fault *fault)
{
	int64_t late = 0;
	*gauges = (struct gauges){.late = 0};
	for (size_t i = 0; i <= OUTBOX_GIVEN; i++)
		gauges->outbox_oldest[i] = INSTANT_NEVER;
	enum result result = count_outbox(store, gauges, fault);
	if (result == RESULT_OK)
		result = count_alerts(store, gauges, fault);
	if (result == RESULT_OK)
		result = outbox_late(store, now - HOUR, &late, fault);
	gauges->late = (uint64_t)late;
	return result;
}

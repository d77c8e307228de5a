/* metrics_stored: what the database knows, as families. */
#include "ops/metrics.h"

#include "ops/ops.h"
#include "store/gauges.h"
#include "store/registers/registers.h"
#include "store/sources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SOURCES_SINCE (30 * 24 * HOUR) /* as lists do: who was silent for longer is taken for gone */

static const char *const severities[] = {"critical", "high", "normal"};

/* How long ago; 0 for what is to come by another clock. */
static double age(instant now, instant then)
{
	return then == INSTANT_NONE || then == INSTANT_NEVER ? NAN : then > now ? 0 : metrics_seconds(now - then);
}

/* ---- alerts and messages ---- */

static void add_alerts(struct metrics *metrics, const struct gauges *gauges)
{
	metrics_family(metrics, METRICS_GAUGE, "casewatch_alerts_standing", "Alerts that stand, by severity");
	for (size_t i = 0; i < 3; i++)
		metrics_add(metrics, "severity", severities[i], (double)gauges->standing[i]);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_alerts_unanswered",
	               "Standing alerts that nobody has answered, by severity and the step that was reached (0: a mute "
	               "holds it; 7: 7 or more)");
	for (size_t i = 0; i < 3; i++)
		for (size_t step = 0; step < GAUGES_STEPS; step++) {
			char number[8];
			(void)snprintf(number, sizeof number, "%zu", step);
			metrics_add_two(metrics, "severity", severities[i], "step", number,
			                (double)gauges->unanswered[i][step]);
		}
}

static void add_outbox(struct metrics *metrics, const struct gauges *gauges, instant now)
{
	static const enum outbox_state open[] = {OUTBOX_PENDING, OUTBOX_SENDING, OUTBOX_RETRY, OUTBOX_UNCERTAIN,
	                                         OUTBOX_GIVEN};
	metrics_family(metrics, METRICS_GAUGE, "casewatch_outbox_messages", "Messages that have not arrived, by state");
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		metrics_add(metrics, "state", outbox_state_name(open[i]), (double)gauges->outbox[open[i]]);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_outbox_oldest_seconds",
	               "Age of the oldest of them; one that waits for its recipient's morning is old and well");
	for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
		double oldest = age(now, gauges->outbox_oldest[open[i]]);
		metrics_add(metrics, "state", outbox_state_name(open[i]), isnan(oldest) ? 0 : oldest);
	}
	metrics_gauge(metrics, "casewatch_outbox_late_messages",
	              "Messages that may have gone for more than an hour and have not", (double)gauges->late);
}

static enum result add_gauges(struct metrics *metrics, struct store *store, instant now, struct fault *fault)
{
	struct gauges gauges;
	struct store_figures figures;
	enum result result = gauges_read(store, now, &gauges, fault);
	if (result == RESULT_OK)
		result = store_figures(store, &figures, fault);
	if (result != RESULT_OK)
		return result;
	add_alerts(metrics, &gauges);
	add_outbox(metrics, &gauges, now);
	metrics_gauge(metrics, "casewatch_stored_events", "Events in the database", (double)figures.events);
	metrics_gauge(metrics, "casewatch_stored_histories", "Children, workers and others of whom there are events",
	              (double)figures.histories);
	metrics_gauge(metrics, "casewatch_quarantine_records", "Records that wait in quarantine",
	              (double)figures.quarantine_waiting);
	metrics_gauge(metrics, "casewatch_quarantine_oldest_seconds", "How long the oldest of them has waited",
	              figures.quarantine_waiting ? age(now, figures.quarantine_oldest) : 0);
	metrics_gauge(metrics, "casewatch_database_bytes", "Size of the database file", (double)figures.database_bytes);
	metrics_gauge(metrics, "casewatch_database_log_bytes", "Size of its write-ahead log",
	              (double)figures.log_bytes);
	return RESULT_OK;
}

/* ---- what is wrong, registers, sources, audit ---- */

struct wrong {
	int64_t count[OPS_WHATS];
	instant since[OPS_WHATS];
};

static void see_wrong(void *argument, const struct ops_wrong *condition)
{
	struct wrong *wrong = argument;
	enum ops_what what = condition->alert->what;
	if (!wrong->count[what] || condition->since < wrong->since[what])
		wrong->since[what] = condition->since;
	wrong->count[what]++;
}

static enum result add_wrong(struct metrics *metrics, struct store *store, instant now, struct fault *fault)
{
	struct wrong wrong = {.count = {0}};
	enum result result = ops_each_stored(store, see_wrong, &wrong, fault);
	if (result != RESULT_OK)
		return result;
	metrics_family(metrics, METRICS_GAUGE, "casewatch_wrong", "What is wrong now, by the id of the ops alert");
	for (enum ops_what what = 0; what < OPS_WHATS; what++)
		metrics_add(metrics, "id", ops_alert(what)->id, (double)wrong.count[what]);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_wrong_since_seconds",
	               "For how long the oldest of it has stood");
	for (enum ops_what what = 0; what < OPS_WHATS; what++)
		metrics_add(metrics, "id", ops_alert(what)->id, wrong.count[what] ? age(now, wrong.since[what]) : 0);
	return RESULT_OK;
}

static enum result add_registers(struct metrics *metrics, struct store *store, struct fault *fault)
{
	struct register_progress progress;
	enum result result = register_progress(store, &progress, fault);
	if (result == RESULT_OK)
		metrics_gauge(metrics, "casewatch_registers_behind_events", "Events that lists do not know yet",
		              (double)register_behind(&progress));
	return result;
}

struct sources {
	struct metrics *metrics;
	instant now;
};

static enum result see_source(void *argument, const struct source_row *row, struct fault *fault)
{
	const struct sources *sources = argument;
	struct buffer name = {0}; /* whole: two that begin alike would be one series twice, and nothing would be read */
	(void)fault;
	buffer_text(&name, row->source);
	metrics_add_two(sources->metrics, "source", buffer_cstr(&name), "confirms", row->confirms ? "yes" : "no",
	                age(sources->now, row->last));
	buffer_free(&name);
	return RESULT_OK;
}

static enum result add_sources(struct metrics *metrics, struct store *store, instant now, struct fault *fault)
{
	struct sources sources = {metrics, now};
	metrics_family(metrics, METRICS_GAUGE, "casewatch_source_quiet_seconds",
	               "Since a source last sent an event, to the hour; of the last 30 days");
	return sources_each(store, now - SOURCES_SINCE, see_source, &sources, fault);
}

static enum result add_audit(struct metrics *metrics, struct store *store, instant now, struct fault *fault)
{
	struct audit_head head;
	enum result result = audit_head(store, &head, fault);
	if (result != RESULT_OK)
		return result;
	metrics_gauge(metrics, "casewatch_audit_head_row", "Number of the newest row of the audit: it never falls",
	              (double)head.row);
	metrics_gauge(metrics, "casewatch_audit_head_age_seconds", "Age of that row", head.row ? age(now,
	                                                                                             head.at) : NAN);
	return RESULT_OK;
}

void metrics_stored(struct metrics *metrics, struct store *store, instant now)
{
	struct fault fault = {0};
	enum result result = store ? store_view(store, &fault) : RESULT_TEMPORARY;
	if (result == RESULT_OK)
		result = add_gauges(metrics, store, now, &fault);
	if (result == RESULT_OK)
		result = add_wrong(metrics, store, now, &fault);
	if (result == RESULT_OK)
		result = add_registers(metrics, store, &fault);
	if (result == RESULT_OK)
		result = add_audit(metrics, store, now, &fault);
	if (result == RESULT_OK)
		result = add_sources(metrics, store, now, &fault);
	if (store)
		store_view_end(store);
	metrics_gauge(metrics, "casewatch_database_readable",
	              "Whether the figures of the database could be read: 1 yes",
	              result == RESULT_OK);
}

/* metrics: the daemon's own figures, told to the thread that answers Prometheus; and whether it is ready. */
#include "run/run_internal.h"

#include "base/log.h"
#include "web/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- events ---- */

static const char *outcome_name(enum record_outcome outcome)
{
	static const char *const names[RECORD_OUTCOMES] = {
		[RECORD_NOT_TAKEN] = "not-taken", [RECORD_STORED] = "stored",
		[RECORD_DUPLICATE] = "duplicate", [RECORD_CONFLICT] = "conflict",
		[RECORD_REFUSED] = "refused",     [RECORD_SET_ASIDE] = "set-aside"};
	return names[outcome];
}

/* Types that neither the catalogue nor a rule names are one series: a source could make up any number. */
static void add_type(void *argument, const char *type, enum record_outcome outcome, uint64_t count)
{
	metrics_add_two(argument, "type", *type ? type : "other", "result", outcome_name(outcome), (double)count);
}

static void tell_events(struct council *council, const struct pipeline_figures *figures, struct metrics *metrics)
{
	metrics_family(metrics, METRICS_COUNTER, "casewatch_events_total",
	               "Records by type of event and what became of them; other: of no type that casewatch or a rule "
	               "names, or not to be read");
	pipeline_each_type(council->pipeline, add_type, metrics);
	metrics_counter(metrics, "casewatch_events_warned_total", "Events that were taken without a field",
	                figures->warned);
	metrics_counter(metrics, "casewatch_events_late_total", "Events that came after later ones of their history",
	                figures->late);
	metrics_counter(metrics, "casewatch_transactions_failed_total", "Transactions that were rolled back",
	                figures->failures);
	metrics_gauge(metrics, "casewatch_events_taken", "Whether events can be stored: 0 with a full or damaged disk",
	              !council_trouble(council));
	metrics_gauge(metrics, "casewatch_last_commit_timestamp_seconds", "When events were last stored",
	              metrics_seconds(figures->last_commit));
	metrics_family(metrics, METRICS_HISTOGRAM, "casewatch_commit_seconds", "Waiting for the disk, by commit");
	metrics_add_histogram(metrics, NULL, NULL, store_commits(council->store));
}

/* ---- sources ---- */

struct parts {
	struct metrics *metrics;
	instant now;
};

/* Of a partition the topic, of at most 249 characters, and its number. */
#define PART_NAME_ROOM 300

static void part_name(const struct source_figures *figures, char name[PART_NAME_ROOM])
{
	(void)snprintf(name, PART_NAME_ROOM, "%.*s", TEXT_ARG(figures->name));
}

static void add_state(void *argument, const struct source_figures *figures)
{
	const struct parts *parts = argument;
	char name[PART_NAME_ROOM];
	part_name(figures, name);
	metrics_add(parts->metrics, "part", name, figures->state == SOURCE_UP);
}

static void add_lag(void *argument, const struct source_figures *figures)
{
	const struct parts *parts = argument;
	char name[PART_NAME_ROOM];
	part_name(figures, name);
	if (figures->lag >= 0)
		metrics_add(parts->metrics, "part", name, (double)figures->lag);
}

/* By the newest event that was read of it; 0 where nothing is left. */
static void add_lag_time(void *argument, const struct source_figures *figures)
{
	const struct parts *parts = argument;
	char name[PART_NAME_ROOM];
	part_name(figures, name);
	if (figures->lag == 0 || (figures->lag > 0 && figures->read_to == INSTANT_NEVER))
		metrics_add(parts->metrics, "part", name, 0);
	else if (figures->lag > 0 && figures->read_to != INSTANT_NONE)
		metrics_add(parts->metrics, "part", name,
		            figures->read_to < parts->now ? metrics_seconds(parts->now - figures->read_to) : 0);
}

static void tell_http(const struct council *council, struct metrics *metrics)
{
	struct http_intake_figures http;
	if (!feeds_http(council, &http))
		return;
	metrics_family(metrics, METRICS_COUNTER, "casewatch_http_answers_total", "Requests with events, by the answer");
	for (enum http_intake_answer answer = 0; answer < HTTP_INTAKE_ANSWERS; answer++)
		metrics_add(metrics, "answer", http_intake_answer_name(answer), (double)http.answers[answer]);
	metrics_counter(metrics, "casewatch_http_unreadable_total", "Requests that were no HTTP, or too large",
	                http.unreadable);
	metrics_counter(metrics, "casewatch_http_cut_total", "Connections that were cut because they were too slow",
	                http.cut);
	metrics_counter(metrics, "casewatch_http_crowded_out_total", "Connections that made room for others",
	                http.crowded_out);
	metrics_gauge(metrics, "casewatch_http_connections", "Connections now", (double)http.open);
}

static void tell_sources(struct council *council, struct metrics *metrics)
{
	struct parts parts = {metrics, council_now(council)};
	metrics_family(metrics, METRICS_GAUGE, "casewatch_source_up", "Whether a part of a source can be read");
	feeds_each(council, add_state, &parts);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_source_lag_events", "Events that wait there");
	feeds_each(council, add_lag, &parts);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_source_lag_seconds",
	               "Where events wait, since the newest that was read became known");
	feeds_each(council, add_lag_time, &parts);
	metrics_gauge(metrics, "casewatch_sources_troubled", "Sources and parts that are not up",
	              (double)feeds_not_up(council));
	metrics_gauge(metrics, "casewatch_caught_up", "Whether the backlog of the start was read, so that clocks run",
	              feeds_were_caught_up(council));
	tell_http(council, metrics);
}

/* ---- judging ---- */

static void tell_engine(struct council *council, const struct pipeline_figures *figures, struct metrics *metrics)
{
	const struct engine_figures *engine = &figures->engine;
	instant next = pipeline_next(council->pipeline), now = council_now(council);
	metrics_family(metrics, METRICS_COUNTER, "casewatch_effects_total", "What happened to alerts");
	for (enum effect_kind kind = 0; kind <= EFFECT_WITHDRAWN; kind++)
		metrics_add(metrics, "effect", effect_name(kind), (double)figures->effects[kind]);
	metrics_family(metrics, METRICS_HISTOGRAM, "casewatch_answer_seconds",
	               "From telling to the first answer, by severity of the alert");
	for (enum severity severity = SEVERITY_CRITICAL; severity <= SEVERITY_NORMAL; severity++)
		metrics_add_histogram(metrics, "severity", severity_name(severity), &figures->answered[severity]);
	metrics_counter(metrics, "casewatch_refolds_total", "Histories that were judged from their beginning",
	                engine->folds);
	metrics_counter(metrics, "casewatch_refolded_events_total", "Events that were read again for that",
	                engine->folded_events);
	metrics_counter(metrics, "casewatch_cache_evictions_total", "Histories that made room in memory",
	                engine->evictions);
	metrics_gauge(metrics, "casewatch_cache_bytes", "Histories in memory", (double)engine->bytes);
	metrics_gauge(metrics, "casewatch_cache_limit_bytes", "What they may take (limits.cache-megabytes)",
	              (double)(council->config->cache_mbytes << 20));
	metrics_gauge(metrics, "casewatch_cache_histories", "Histories in memory, by number",
	              (double)engine->histories);
	metrics_counter(metrics, "casewatch_condition_failures_total",
	                "Conditions that could not be evaluated and so were false", engine->condition_failures);
	metrics_gauge(metrics, "casewatch_clocks", "Histories with a clock that runs",
	              (double)store_clocks(council->store));
	metrics_gauge(metrics, "casewatch_clocks_overdue_seconds", "For how long the earliest clock has been due",
	              next != INSTANT_NONE && next < now ? metrics_seconds(now - next) : 0);
	metrics_gauge(metrics, "casewatch_judging_anew", "Whether histories are judged anew after a change of rules",
	              figures->judging_anew);
	metrics_counter(metrics, "casewatch_ladder_missed_total",
	                "What should have been told, was not, and was found by reckoning anew", figures->missed);
}

/* ---- telling ---- */

static void tell_channels(struct council *council, struct metrics *metrics)
{
	struct courier_health health;
	instant now = council_now(council);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_channel_up", "Whether a channel takes messages");
	for (size_t i = 0; courier_health(council->courier, i, &health); i++)
		metrics_add(metrics, "channel", health.name, health.trouble_since == INSTANT_NONE);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_channel_trouble_seconds", "For how long it has taken none");
	for (size_t i = 0; courier_health(council->courier, i, &health); i++)
		metrics_add(metrics, "channel", health.name,
		            health.trouble_since == INSTANT_NONE ? 0 : metrics_seconds(now - health.trouble_since));
	metrics_family(metrics, METRICS_COUNTER, "casewatch_channel_taken_total", "Messages that it took");
	for (size_t i = 0; courier_health(council->courier, i, &health); i++)
		metrics_add(metrics, "channel", health.name, (double)health.taken);
}

static void tell_cell(struct council *council, struct metrics *metrics)
{
	struct ops_status_cell cell;
	if (!cell_status(council, &cell))
		return;
	metrics_gauge(metrics, "casewatch_cell_sends", "Whether this machine sends for the council", cell.sends);
	metrics_gauge(metrics, "casewatch_cell_machines_known",
	              "Whether the brokers say which machines of the cell are there", cell.machines >= 0);
	if (cell.machines >= 0)
		metrics_gauge(metrics, "casewatch_cell_machines",
		              "Machines of the cell that are there: one sends, the others stand by", cell.machines);
}

static void tell_messages(struct council *council, struct metrics *metrics)
{
	struct courier_figures figures;
	if (!council->courier)
		return;
	courier_figures(council->courier, &figures);
	metrics_family(metrics, METRICS_COUNTER, "casewatch_attempts_total", "Attempts to send, by what came of them");
	metrics_add(metrics, "outcome", "accepted", (double)figures.accepted);
	metrics_add(metrics, "outcome", "temporary", (double)figures.temporary);
	metrics_add(metrics, "outcome", "permanent", (double)figures.permanent);
	metrics_add(metrics, "outcome", "uncertain", (double)figures.uncertain);
	metrics_counter(metrics, "casewatch_messages_given_up_total", "Messages that nobody took", figures.failed);
	metrics_counter(metrics, "casewatch_messages_dropped_total", "Messages that were no longer needed",
	                figures.dropped);
	metrics_family(metrics, METRICS_HISTOGRAM, "casewatch_told_seconds",
	               "From when a message was owed until a server took it; others than critical wait for hours");
	metrics_add_histogram(metrics, "critical", "yes", &figures.told[1]);
	metrics_add_histogram(metrics, "critical", "no", &figures.told[0]);
	tell_channels(council, metrics);
	tell_cell(council, metrics);
}

/* ---- the process ---- */

static double resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	(void)fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void tell_log(struct metrics *metrics)
{
	struct log_figures figures;
	log_figures(&figures);
	metrics_family(metrics, METRICS_COUNTER, "casewatch_log_lines_total", "Lines in the journal, by level");
	for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		metrics_add(metrics, "level", log_level_name(level), (double)figures.lines[level]);
	metrics_counter(metrics, "casewatch_log_held_back_total",
	                "Lines that were left out because their kind came in a flood", figures.held_back);
}

static void tell_process(struct council *council, struct metrics *metrics)
{
	struct loop_figures turns;
	struct statvfs disk;
	struct ops_audit audit = audit_watch_found(council);
	instant now = council_now(council);
	civil_day today = zone_date(calendar_zone(council->config->calendar), now);
	loop_figures(council->daemon->loop, &turns);
	metrics_counter(metrics, "casewatch_loop_turns_total", "Turns of the loop", turns.turns);
	metrics_counter(metrics, "casewatch_loop_long_turns_total", "Turns that took longer than 50 ms",
	                turns.long_turns);
	metrics_gauge(metrics, "casewatch_loop_longest_turn_seconds", "The longest turn since the start",
	              metrics_seconds(turns.longest));
	metrics_gauge(metrics, "casewatch_loop_longest_turn_lately_seconds", "The longest turn of the last minute",
	              metrics_seconds(turns.longest_lately));
	metrics_gauge(metrics, "casewatch_resident_bytes", "Memory of the process", resident_bytes());
	metrics_gauge(metrics, "casewatch_start_timestamp_seconds", "When it was started",
	              metrics_seconds(now - (council_elapsed(council) - council->daemon->started)));
	if (statvfs(council->first->database, &disk) == 0)
		metrics_gauge(metrics, "casewatch_disk_free_bytes", "Room on the disk of the database",
		              (double)disk.f_bavail * (double)disk.f_frsize);
	metrics_gauge(metrics, "casewatch_calendar_left_seconds", "For how long bank holidays are still known",
	              (double)(calendar_last_day(council->config->calendar) - today) * (double)(24 * HOUR / SECOND));
	metrics_gauge(metrics, "casewatch_configuration_timestamp_seconds",
	              "When the configuration in force was read: a reload that is refused leaves it",
	              metrics_seconds(council->edition->loading));
	metrics_gauge(metrics, "casewatch_rules", "Rules in force", (double)council->config->rules->rule_count);
	tell_log(metrics);
	metrics_gauge(metrics, "casewatch_audit_sound", "Whether the audit verified when it was last read: 1 yes",
	              !audit.wrong);
	metrics_gauge(metrics, "casewatch_audit_read_timestamp_seconds", "When the whole audit was last read",
	              metrics_seconds(audit.at));
}

/* ---- health ---- */

static void check(struct monitor_health *health, const char *name, const char *why)
{
	struct monitor_check *check = &health->checks[health->count++];
	*check = (struct monitor_check){.name = name, .good = !why};
	(void)snprintf(check->why, sizeof check->why, "%s", why ? why : "");
}

/* Events can be stored, come from every source, and clocks run: nothing else is claimed. */
static void tell_health(struct council *council, struct monitor_health *health)
{
	char words[96];
	size_t troubled = feeds_not_up(council);
	(void)snprintf(words, sizeof words, "%zu not up (casewatch status)", troubled);
	check(health, "store", council_trouble(council) ? "no events are taken (casewatch status)" : NULL);
	check(health, "sources", !council->ready ? "not read yet" : troubled ? words : NULL);
	check(health, "clocks", feeds_were_caught_up(council) ? NULL : "they wait until the backlog is read");
	check(health, "leaving", council->leaving ? "it is asked to leave" : NULL);
}

/* ---- together ---- */

static void tell_all(void *context, struct metrics *metrics, struct monitor_health *health)
{
	struct council *council = context;
	struct pipeline_figures figures;
	pipeline_figures(council->pipeline, &figures);
	tell_events(council, &figures, metrics);
	tell_sources(council, metrics);
	tell_engine(council, &figures, metrics);
	tell_messages(council, metrics);
	tell_process(council, metrics);
	tell_health(council, health);
}

/* An address that is in use is no reason to watch over nobody; whoever scrapes it sees that nothing answers. */
enum result metrics_look(struct council *council, struct fault *fault)
{
	struct fault why = {""};
	(void)fault;
	if (!council->monitor || monitor_is_served(council->monitor))
		return RESULT_OK;
	if (monitor_listen(council->monitor, &why) == RESULT_OK)
		log_notice("metrics are told on port %d", monitor_port(council->monitor));
	else
		log_error("metrics are not told, and it is tried again in a minute: %s", why.text);
	return RESULT_OK;
}

enum result metrics_start(struct council *council, struct fault *fault)
{
	struct monitor_settings settings = {.address = council->first->metrics.listen,
	                                    .database = council->first->database,
	                                    .clock = council->daemon->clock,
	                                    .tell = tell_all,
	                                    .context = council};
	if (!settings.address)
		return RESULT_OK;
	enum result result = monitor_new(council->daemon->loop, &settings, &council->monitor, fault);
	return result == RESULT_OK ? metrics_look(council, fault) : result;
}

void metrics_stop(struct council *council)
{
	monitor_free(council->monitor);
	council->monitor = NULL;
}

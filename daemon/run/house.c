/* house: the parts of the daemon in the order in which they are started; they are stopped the other way round. */
#include "run/run_internal.h"

#include "base/log.h"
#include "config/options.h"
#include "store/events.h"

/* ---- configuration ---- */

/* Whether neither mail nor events leave or come from another machine. */
static bool stays_here(const struct config *config)
{
	bool here = !config->smtp.host || host_is_loopback(config->smtp.host);
	for (size_t i = 0; i < config->smtp.relay_count; i++)
		here = here && host_is_loopback(config->smtp.relays[i].host);
	for (size_t i = 0; i < config->kafka.property_count; i++)
		if (strcmp(config->kafka.properties[i].name, "bootstrap.servers") == 0)
			here = here && strncmp(config->kafka.properties[i].value, "127.0.0.1:", 10) == 0 &&
			       !strchr(config->kafka.properties[i].value, ',');
	return here;
}

static enum result start_config(struct daemon *daemon, struct fault *fault)
{
	struct config_faults faults = {0};
	daemon->at_start = daemon->edition = edition_load(daemon->config_path, &faults);
	reload_say_faults(&faults);
	config_faults_free(&faults);
	if (!daemon->edition)
		return fault_set(fault, RESULT_PERMANENT, "the configuration %s cannot be used", daemon->config_path);
	(void)shared_hold(&daemon->edition->shared); /* each of the two holds it */
	edition_adopt(daemon->edition);
	daemon->first = daemon->config = daemon->edition->config;
	daemon_use_log_level(daemon);
	if (daemon->moved_clock && !stays_here(daemon->first))
		return fault_set(fault, RESULT_PERMANENT,
		                 "the clock is moved by another program, which is for the demo alone: smtp.host and "
		                 "bootstrap.servers "
		                 "must be this machine (127.0.0.1)");
	return RESULT_OK;
}

static void stop_config(struct daemon *daemon)
{
	if (!daemon->edition)
		return;
	shared_release(&daemon->edition->shared);
	shared_release(&daemon->at_start->shared);
	daemon->edition = daemon->at_start = NULL;
	daemon->config = daemon->first = NULL;
}

/* ---- loop and store ---- */

static enum result start_loop(struct daemon *daemon, struct fault *fault)
{
	daemon->started = daemon_elapsed(daemon);
	daemon->loop = loop_new(&daemon->clock, fault);
	return daemon->loop ? RESULT_OK : RESULT_PERMANENT;
}

static void stop_loop(struct daemon *daemon)
{
	loop_free(daemon->loop);
}

/* Stored events are read with no limits of their own: what was accepted stays readable when limits are lowered. */
static enum result start_store(struct daemon *daemon, struct fault *fault)
{
	const struct config *config = daemon->first;
	enum result result = store_open(config->database, STORE_WRITE, &daemon->store, fault);
	if (result != RESULT_OK)
		return result;
	daemon->reader = event_parser_new((struct event_limits){SIZE_MAX / 2, 1024},
	                                  config->type_prefix ? text_of(config->type_prefix) : TEXT_NONE,
	                                  calendar_zone(config->calendar));
	events_set_parser(daemon->store, daemon->reader);
	if (attempt_open(config->database, &daemon->attempt, fault) != RESULT_OK)
		log_warning("%s", fault->text);
	return RESULT_OK;
}

static void stop_store(struct daemon *daemon)
{
	attempt_leave(daemon->attempt); /* what failed for good is still under way, and counted at the next start */
	store_close(daemon->store);
	event_parser_free(daemon->reader);
}

/* ---- ops, pipeline, clocks ---- */

static enum result start_ops(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	daemon->ops = ops_new(daemon->store, daemon->first->calendar);
	ops_use_owners(daemon->ops, daemon->first->directory);
	return RESULT_OK;
}

static void stop_ops(struct daemon *daemon)
{
	ops_free(daemon->ops);
}

static enum result start_pipeline(struct daemon *daemon, struct fault *fault)
{
	struct pipeline_settings settings = {
		.store = daemon->store, .ops = daemon->ops, .attempt = daemon->attempt, .behind = true,
		.engine = edition_engine_settings(daemon->config), .reckon_every = daemon->seams.reckon_every};
	struct buffer fingerprint = {0};
	edition_fingerprint(daemon->config, &fingerprint);
	settings.fingerprint = buffer_view(&fingerprint);
	enum result result = pipeline_new(&settings, &daemon->pipeline, fault);
	buffer_free(&fingerprint);
	return result;
}

static void stop_pipeline(struct daemon *daemon)
{
	pipeline_free(daemon->pipeline);
}

static enum result start_clocks(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	clocks_start(daemon);
	return RESULT_OK;
}

static void stop_clocks(struct daemon *daemon)
{
	loop_timer_free(daemon->tick);
	daemon->tick = NULL;
}

/* ---- lists, sources, looks ---- */

static enum result start_registers(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	daemon_start_registers(daemon);
	return RESULT_OK;
}

static enum result start_lists(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	daemon_start_lists(daemon);
	return RESULT_OK;
}

static enum result start_sources(struct daemon *daemon, struct fault *fault)
{
	if (!daemon->seams.sources)
		daemon->seams.sources = sources_open;
	return feeds_start(daemon, fault);
}

static enum result start_looks(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	looks_start(daemon);
	return RESULT_OK;
}

/* ---- the column ---- */

static const struct part {
	const char *name;
	enum result (*start)(struct daemon *daemon, struct fault *fault);
	void (*stop)(struct daemon *daemon); /* fine with what was started by halves */
} parts[] = {
	{"configuration", start_config, stop_config},
	{"loop", start_loop, stop_loop},
	{"store", start_store, stop_store},
	{"record", record_start, record_stop},
	{"ops", start_ops, stop_ops},
	{"pipeline", start_pipeline, stop_pipeline},
	{"clocks", start_clocks, stop_clocks},
	{"registers", start_registers, daemon_stop_registers},
	{"lists", start_lists, daemon_stop_lists},
	{"courier", daemon_start_courier, daemon_stop_courier},
	{"calls of Notify", notify_calls_start, notify_calls_stop},
	{"pages", pages_start, pages_stop},
	{"bounces", bounces_start, bounces_stop},
	{"sources", start_sources, feeds_stop},
	{"metrics", metrics_start, metrics_stop},
	{"looks", start_looks, looks_stop},
	{"audit", audit_watch_start, audit_watch_stop},
	{"control", control_start, control_stop}, /* stopped after those whom it answers for */
	{"reload", reload_start, reload_stop},
	{"erasing", erasing_start, erasing_stop},
	{"tidying", tidying_start, tidying_stop},
	{"dead-man's switch", dead_man_start, dead_man_stop},
	{"certificates", certificates_start, certificates_stop},
};

enum result house_start(struct daemon *daemon, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && daemon->parts < sizeof parts / sizeof parts[0])
		result = parts[daemon->parts++].start(daemon, fault);
	return result;
}

void house_stop(struct daemon *daemon)
{
	while (daemon->parts)
		parts[--daemon->parts].stop(daemon);
}

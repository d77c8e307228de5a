/* house: the parts of a council in the order in which they are started; they are stopped the other way round. */
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/log.h"
#include "config/councils.h"
#include "store/changes.h"
#include "store/events/events.h"
#include "text/address.h"

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

/* Two councils that have one database, socket or topic would each have the other's children. */
static bool shares_with_another(const struct council *council)
{
	const struct daemon *daemon = council->daemon;
	struct config_faults faults = {0};
	for (size_t i = 0; i < daemon->council_count; i++)
		if (daemon->councils[i] != council && daemon->councils[i]->first)
			config_councils_compare(council->first, daemon->councils[i]->first, &faults);
	reload_say_faults(&faults);
	bool shares = faults.count > 0;
	config_faults_free(&faults);
	return shares;
}

static enum result start_config(struct council *council, struct fault *fault)
{
	struct config_faults faults = {0};
	if (!council->edition) /* else it was read already */
		council->edition = edition_load(council->config_path, &faults);
	council->at_start = council->edition;
	reload_say_faults(&faults);
	config_faults_free(&faults);
	if (!council->edition)
		return fault_set(fault, RESULT_PERMANENT, "the configuration %s cannot be used", council->config_path);
	(void)shared_hold(&council->edition->shared); /* each of the two holds it */
	council->first = council->config = council->edition->config;
	if (shares_with_another(council))
		return fault_set(fault, RESULT_PERMANENT,
		                 "the configuration %s cannot be used beside another council's", council->config_path);
	edition_adopt(council->edition);
	council_use_log_level(council);
	if (council->daemon->moved_clock && !stays_here(council->first))
		return fault_set(fault, RESULT_PERMANENT,
		                 "the clock is moved by another program, which is for the demo alone: smtp.host and "
		                 "bootstrap.servers "
		                 "must be this machine (127.0.0.1)");
	return RESULT_OK;
}

static void stop_config(struct council *council)
{
	if (!council->edition)
		return;
	shared_release(&council->edition->shared);
	if (!council->left_behind)
		shared_release(&council->at_start->shared);
	council->edition = council->at_start = NULL;
	council->config = council->first = NULL;
}

/* ---- store ---- */

/* Stored events are read with no limits of their own: what was accepted stays readable when limits are lowered. */
static enum result start_store(struct council *council, struct fault *fault)
{
	const struct config *config = council->first;
	enum result result = RESULT_OK;
	if (!council->store) /* else it was opened already */
		result = store_open(config->database, STORE_WRITE, &council->store, fault);
	if (result != RESULT_OK)
		return result;
	council->reader = event_parser_new((struct event_limits){SIZE_MAX / 2, 1024},
	                                   config->type_prefix ? text_of(config->type_prefix) : TEXT_NONE,
	                                   calendar_zone(config->calendar));
	events_set_parser(council->store, council->reader);
	council->followed_to = 0;
	result = changes_keep(council->store, config->follow, fault);
	if (result != RESULT_OK)
		return result;
	if (attempt_open(config->database, &council->attempt, fault) != RESULT_OK)
		log_warning("%s", fault->text);
	return RESULT_OK;
}

static void stop_store(struct council *council)
{
	attempt_leave(council->attempt); /* what failed for good is still under way, and counted at the next start */
	store_close(council->store);
	council->store = NULL;
	event_parser_free(council->reader);
}

/* ---- ops, pipeline, clocks ---- */

static enum result start_ops(struct council *council, struct fault *fault)
{
	(void)fault;
	council->ops = ops_new(council->store, council->first->calendar);
	ops_use_owners(council->ops, council->first->directory);
	return RESULT_OK;
}

static void stop_ops(struct council *council)
{
	ops_free(council->ops);
}

static enum result start_pipeline(struct council *council, struct fault *fault)
{
	struct pipeline_settings settings = {.store = council->store,
	                                     .ops = council->ops,
	                                     .attempt = council->attempt,
	                                     .behind = true,
	                                     .by_log = council->first->cell.machine != NULL,
	                                     .order = council->first->cell.machine ? orders_carry_out : NULL,
	                                     .order_context = council,
	                                     .engine = edition_engine_settings(council->config),
	                                     .reckon_every = council->seams.reckon_every,
	                                     .records_a_turn = council->seams.records_a_turn};
	struct buffer fingerprint = {0};
	edition_fingerprint(council->config, &fingerprint);
	settings.fingerprint = buffer_view(&fingerprint);
	enum result result = pipeline_new(&settings, &council->pipeline, fault);
	buffer_free(&fingerprint);
	return result;
}

static void stop_pipeline(struct council *council)
{
	pipeline_free(council->pipeline);
}

static enum result start_clocks(struct council *council, struct fault *fault)
{
	(void)fault;
	clocks_start(council);
	return RESULT_OK;
}

static void stop_clocks(struct council *council)
{
	loop_timer_free(council->tick);
	council->tick = NULL;
}

/* ---- lists, sources, looks ---- */

static enum result start_registers(struct council *council, struct fault *fault)
{
	(void)fault;
	council_start_registers(council);
	return RESULT_OK;
}

static enum result start_lists(struct council *council, struct fault *fault)
{
	(void)fault;
	council_start_lists(council);
	return RESULT_OK;
}

static enum result start_sources(struct council *council, struct fault *fault)
{
	if (!council->seams.sources)
		council->seams.sources = sources_open;
	return feeds_start(council, fault);
}

static enum result start_looks(struct council *council, struct fault *fault)
{
	(void)fault;
	looks_start(council);
	return RESULT_OK;
}

/* ---- the column ---- */

static const struct part {
	const char *name;
	enum result (*start)(struct council *council, struct fault *fault);
	void (*stop)(struct council *council); /* fine with what was started by halves */
} parts[] = {
	{"configuration", start_config, stop_config},
	{"store", start_store, stop_store},
	{"record", record_start, record_stop},
	{"ops", start_ops, stop_ops},
	{"pipeline", start_pipeline, stop_pipeline},
	{"clocks", start_clocks, stop_clocks},
	{"registers", start_registers, council_stop_registers},
	{"lists", start_lists, council_stop_lists},
	{"cell", cell_start, cell_stop},
	{"orders", orders_start, orders_stop},
	{"published", published_start, published_stop},
	{"what was set aside", asides_start, asides_stop},
	{"courier", council_start_courier, council_stop_courier},
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

#define PARTS_BEFORE_STORE 1

static enum result start_until(struct council *council, size_t end, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && council->parts < end)
		result = parts[council->parts++].start(council, fault);
	return result;
}

enum result house_configure(struct council *council, struct fault *fault)
{
	council->started = council_elapsed(council);
	return start_until(council, PARTS_BEFORE_STORE, fault);
}

enum result house_start(struct council *council, struct fault *fault)
{
	enum result result = council->parts ? RESULT_OK : house_configure(council, fault);
	if (result == RESULT_OK)
		result = start_until(council, sizeof parts / sizeof parts[0], fault);
	council->stands = result == RESULT_OK;
	feeds_say_ready(council);
	return result;
}

void house_stop(struct council *council)
{
	council->stands = false;
	while (council->parts)
		parts[--council->parts].stop(council);
}

/* reload: a changed configuration, checked as a whole and taken in one step, or refused aloud. */
#include "run/run_internal.h"

#include "base/log.h"
#include "loop/systemd.h"
#include "report/list.h"
#include "web/board_pages.h"

#include <stdio.h>
#include <stdlib.h>

#define FAULTS_SAID 20

void reload_say_faults(const struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count && i < FAULTS_SAID; i++)
		log_error("%s:%d:%d: %s", faults->items[i].file, faults->items[i].line, faults->items[i].column,
		          faults->items[i].text);
	if (faults->count > FAULTS_SAID)
		log_error("and %zu more: casewatch check shows all", faults->count - FAULTS_SAID);
}

void reload_engine_settings(const struct config *config, struct engine_settings *settings)
{
	engine_settings_default(settings);
	settings->calendar = config->calendar;
	settings->rules = config->rules;
	settings->go_live = config->go_live;
	settings->cache_bytes = config->cache_mbytes << 20;
	memcpy(settings->step_after, config->step_after, sizeof settings->step_after);
	memcpy(settings->review_after, config->review_after, sizeof settings->review_after);
	memcpy(settings->ask_again, config->ask_again, sizeof settings->ask_again);
	memcpy(settings->old_after, config->old_after, sizeof settings->old_after);
	settings->directory = config->directory;
	settings->answer_sources = config->answer_sources;
	settings->answer_source_count = config->answer_source_count;
}

/* ---- the fingerprint ---- */

static uint64_t add_number(uint64_t number, uint64_t basis)
{
	return text_fingerprint((struct text){(const char *)&number, sizeof number}, basis);
}

/* Whatever can change which alerts stand: the rules, the bank holidays, the zone, the go-live instant, who may answer,
 * and this program. Of the bytes that were loaded, never of a second reading: a file may have been changed between the
 * two. */
void reload_fingerprint(const struct config *config, struct buffer *out)
{
	uint64_t hash = text_fingerprint(text_of(config->zone), 1);
	hash = add_number((uint64_t)config->go_live, hash);
	hash = add_number(config->calendar_fingerprint, hash);
	hash = add_number(config->rules->fingerprint, hash);
	for (size_t i = 0; i < config->answer_source_count; i++)
		hash = text_fingerprint(text_of(config->answer_sources[i]), hash);
	buffer_clear(out);
	buffer_format(out, "2-%016llx", (unsigned long long)hash); /* 2: what the engine makes of them; see engine/ */
}

/* ---- templates ---- */

static enum result check_lists(const struct config *config, const struct template_set *set, struct fault *fault)
{
	struct config_faults faults = {0};
	enum result result = RESULT_OK;
	for (size_t i = 0; i < config->list_count; i++)
		list_check(&config->lists[i], config->rules, config->directory, set, calendar_zone(config->calendar),
		           &faults);
	lists_check_outside(config->lists, config->list_count, &faults);
	if (faults.count)
		result = fault_set(fault, RESULT_PERMANENT, "%s:%d:%d: %s", faults.items[0].file, faults.items[0].line,
		                   faults.items[0].column, faults.items[0].text);
	config_faults_free(&faults);
	return result;
}

enum result reload_templates(const struct config *config, struct template_set **templates, struct fault *fault)
{
	struct template_set *set = template_load(config->templates_dir, fault);
	*templates = NULL;
	if (!set)
		return RESULT_PERMANENT;
	enum result result = message_check_templates(set, config->rules, config->calendar, config->directory, fault);
	if (result == RESULT_OK)
		result = page_check_templates(set, fault);
	if (result == RESULT_OK)
		result = check_lists(config, set, fault);
	if (result != RESULT_OK) {
		template_free(set);
		return result;
	}
	*templates = set;
	return RESULT_OK;
}

/* ---- the reload ---- */

static void refuse(struct daemon *daemon, const char *file, int line, const char *why)
{
	char place[512];
	(void)snprintf(place, sizeof place, "%s:%d", file, line);
	struct ops_word word = {.what = OPS_RELOAD_FAILED,
	                        .more = 1,
	                        .facts = {{"Where", place, NULL}, {"Fault", why, NULL}},
	                        .fact_count = 2};
	daemon_say_ops(daemon, &word);
	record_refused(daemon, place, why);
}

/* In one step, or not at all. */
static enum result swap(struct daemon *daemon, struct config *config, struct template_set *templates,
                        struct fault *fault)
{
	struct engine_settings settings;
	struct buffer fingerprint = {0};
	reload_engine_settings(config, &settings);
	reload_fingerprint(config, &fingerprint);
	enum result result = pipeline_use(daemon->pipeline, &settings, buffer_view(&fingerprint), fault);
	if (result != RESULT_OK) {
		buffer_free(&fingerprint);
		return result;
	}
	courier_use(daemon->courier, config->directory, config->rules, config->calendar);
	courier_use_templates(daemon->courier, templates);
	daemon->go_live = config->go_live;
	struct config *old = daemon->config;
	struct template_set *old_templates = daemon->templates;
	daemon->templates = templates;
	daemon->config = config;
	daemon_use_registers(daemon);
	daemon_use_lists(daemon);
	pages_use(daemon);
	ops_use(daemon->ops, config->calendar);
	ops_use_owners(daemon->ops, config->directory);
	template_free(old_templates);
	if (old != daemon->first)
		config_free(old);
	buffer_free(&fingerprint);
	return RESULT_OK;
}

/* What was changed and yet does not hold must not look as if it did. */
static void say_restart(const struct daemon *daemon, const struct config *config)
{
	struct buffer names = {0};
	if (config_restart_needed(daemon->first, config, &names))
		log_warning("changed, but in force only after a restart (systemctl restart casewatchd): %s",
		            buffer_cstr(&names));
	buffer_free(&names);
}

static void take_config(struct daemon *daemon, struct config *config)
{
	struct template_set *templates;
	struct fault fault = {0};
	enum result result = reload_templates(config, &templates, &fault);
	if (result == RESULT_OK)
		result = swap(daemon, config, templates, &fault);
	if (result == RESULT_OK) {
		log_notice("the changed configuration is in force: %zu rules, %zu people", config->rules->rule_count,
		           config->directory->person_count);
		say_restart(daemon, config);
		record_reloaded(daemon);
		daemon_end_ops(daemon, OPS_RELOAD_FAILED, TEXT_NONE, NULL);
		daemon_after(daemon, RESULT_OK, &fault);
		return;
	}
	refuse(daemon, config->path, 0, fault.text);
	config_free(config);
}

void reload_now(struct daemon *daemon)
{
	struct config_faults faults = {0};
	systemd_reloading();
	record_loading(daemon);
	struct config *config = config_load(daemon->config_path, NULL, &faults);
	reload_say_faults(&faults);
	if (config)
		take_config(daemon, config);
	else
		refuse(daemon, faults.count ? faults.items[0].file : daemon->config_path,
		       faults.count ? faults.items[0].line : 0,
		       faults.count ? faults.items[0].text : "it cannot be read");
	config_faults_free(&faults);
	systemd_ready(daemon->config == config ? "reloaded"
	                                       : "a reload was refused; the configuration before it is in force");
}

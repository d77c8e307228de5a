/* edition: loading one. */
#include "run/edition.h"

#include "base/mem.h"
#include "config/published.h"
#include "message/message.h"
#include "report/list.h"
#include "web/board_pages.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_EVERY_MS 200 /* while somebody writes */

/* ---- what the engine takes of it ---- */

struct engine_settings edition_engine_settings(const struct config *config)
{
	struct engine_settings settings;
	engine_settings_default(&settings);
	settings.calendar = config->calendar;
	settings.rules = config->rules;
	settings.go_live = config->go_live;
	settings.cache_bytes = config->cache_mbytes << 20;
	memcpy(settings.step_after, config->step_after, sizeof settings.step_after);
	memcpy(settings.review_after, config->review_after, sizeof settings.review_after);
	memcpy(settings.ask_again, config->ask_again, sizeof settings.ask_again);
	memcpy(settings.old_after, config->old_after, sizeof settings.old_after);
	settings.directory = config->directory;
	settings.answer_sources = config->answer_sources;
	settings.answer_source_count = config->answer_source_count;
	return settings;
}

static uint64_t add_number(uint64_t number, uint64_t basis)
{
	return text_fingerprint((struct text){(const char *)&number, sizeof number}, basis);
}

void edition_fingerprint(const struct config *config, struct buffer *out)
{
	uint64_t hash = text_fingerprint(text_of(config->zone), 1);
	hash = add_number(zone_fingerprint(calendar_zone(config->calendar)), hash);
	hash = add_number((uint64_t)config->go_live, hash);
	hash = add_number(config->calendar_fingerprint, hash);
	hash = add_number(config->rules->fingerprint, hash);
	for (size_t i = 0; i < config->answer_source_count; i++)
		hash = text_fingerprint(text_of(config->answer_sources[i]), hash);
	buffer_clear(out);
	buffer_format(out, "4-%016llx", (unsigned long long)hash); /* 4: what the engine makes of them; see engine/ */
}

/* ---- templates and lists ---- */

/* The template room's sentences begin with "FILE:LINE: " where they are about a place in a file. */
static void fault_template(const char *directory, const char *sentence, struct config_faults *faults)
{
	size_t name = strcspn(sentence, ":");
	char *after = NULL;
	long line = sentence[name] == ':' ? strtol(sentence + name + 1, &after, 10) : 0;
	if (line < 1 || line > INT_MAX || strncmp(after, ": ", 2) != 0) {
		config_fault_add(faults, directory, 1, 1, "%s", sentence);
		return;
	}
	struct buffer path = {0};
	buffer_format(&path, "%s/%.*s", directory, (int)name, sentence);
	config_fault_add(faults, buffer_cstr(&path), (int)line, 1, "%s", after + 2);
	buffer_free(&path);
}

struct template_set *edition_templates(const struct config *config, struct config_faults *faults)
{
	struct fault fault = {{0}};
	struct template_set *set = template_load(config->templates_dir, &fault);
	if (!set ||
	    message_check_templates(set, config->rules, config->calendar, config->directory, &fault) != RESULT_OK ||
	    page_check_templates(set, &fault) != RESULT_OK)
		fault_template(config->templates_dir, fault.text, faults);
	struct list_trial *trial =
		set ? list_trial_new(config->rules, config->directory, set, calendar_zone(config->calendar)) : NULL;
	for (size_t i = 0; set && i < config->list_count; i++)
		list_check(trial, &config->lists[i], faults);
	list_trial_free(trial);
	lists_check_outside(config->lists, config->list_count, faults);
	return set;
}

/* ---- loading ---- */

static void free_edition(struct shared *shared)
{
	struct edition *edition = (struct edition *)shared;
	template_free(edition->templates);
	link_keys_free(edition->keys);
	record_files_free(&edition->files);
	record_files_free(&edition->stand);
	config_free(edition->config);
	free(edition);
}

static instant machine_now(void)
{
	struct clock machine = clock_real();
	return clock_now(&machine);
}

static void load_keys(struct edition *edition, struct config_faults *faults)
{
	const char *path = edition->config->web.link_key_file;
	struct fault fault = {{0}};
	if (path && !(edition->keys = link_keys_load(path, &fault)))
		config_fault_add(faults, edition->config->path, 1, 1, "%s", fault.text);
}

static void keep_user_header(struct edition *edition)
{
	const char *name = edition->config->web.user_header;
	for (size_t i = 0; name && name[i] && i + 1 < sizeof edition->user_header; i++)
		edition->user_header[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
}

struct edition *edition_load(const char *path, struct config_faults *faults)
{
	size_t before = faults->count;
	struct edition *edition = MEM_NEW(struct edition);
	*edition = (struct edition){.loading = machine_now()};
	shared_start(&edition->shared, free_edition);
	schema_trial_begin();
	edition->config = config_load(path, NULL, faults);
	if (edition->config) {
		edition->templates = edition_templates(edition->config, faults);
		load_keys(edition, faults);
		keep_user_header(edition);
		record_files_stand(edition->config, &edition->stand);
		record_files_read(edition->config, &edition->files);
	}
	schema_trial_end();
	config_faults_sort(faults);
	if (edition->config && faults->count == before)
		return edition;
	shared_release(&edition->shared);
	return NULL;
}

struct edition *edition_load_published(const char *path, const char *directory, struct config_faults *faults)
{
	published_load_with(directory);
	struct edition *edition = edition_load(path, faults);
	published_load_with(NULL);
	return edition;
}

void edition_adopt(const struct edition *edition)
{
	schema_adopt(edition->config->rules);
}

/* ---- still files ---- */

static void pause_ms(long ms)
{
	const struct timespec length = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	(void)nanosleep(&length, NULL);
}

static void say_restless(const struct edition *edition, struct config_faults *faults)
{
	const char *name = record_files_youngest(&edition->files, edition->loading - EDITION_STILL);
	config_fault_add(faults, edition->config->path, 0, 0,
	                 "%s has been written to all the time for %d seconds, and nothing is taken by halves; ask for "
	                 "it again when it is whole",
	                 name ? name : "the configuration", (int)(EDITION_PATIENCE / SECOND));
}

/* Still: no file was changed within a second before they began to be read, nor since; or, where the times of files
 * cannot be believed, they are as they were a second ago. */
static bool is_still(const struct edition *now, const struct edition *before)
{
	return !record_files_youngest(&now->files, now->loading - EDITION_STILL) ||
	       (before && now->loading - before->loading >= EDITION_STILL &&
	        record_files_same(&now->files, &before->files));
}

/* A configuration that is at fault may be half written, too: it is looked at for as long. */
struct trying {
	struct edition *before, *edition; /* the last that differed from the one before it; the one just loaded */
	instant began, failed; /* by time passed; since when it has been at fault, INSTANT_NEVER: it is not */
};

/* Whether it is settled, one way or the other. */
static bool try_once(struct trying *trying, const char *path, struct config_faults *faults)
{
	const struct clock machine = clock_real();
	config_faults_free(faults);
	trying->edition = edition_load(path, faults);
	instant now = clock_elapsed(&machine);
	if (!trying->edition) {
		trying->failed = trying->failed == INSTANT_NEVER ? now : trying->failed;
		return now - trying->failed >= EDITION_STILL;
	}
	trying->failed = INSTANT_NEVER;
	if (is_still(trying->edition, trying->before))
		return true;
	if (now - trying->began < EDITION_PATIENCE)
		return false;
	say_restless(trying->edition, faults);
	return true;
}

/* What was just loaded is the one before the next, unless nothing has changed since that one. */
static void step_on(struct trying *trying)
{
	struct edition *edition = trying->edition;
	trying->edition = NULL;
	if (!edition)
		return;
	bool changed = !trying->before || !record_files_same(&edition->files, &trying->before->files);
	shared_release(changed && trying->before ? &trying->before->shared : NULL);
	if (changed)
		trying->before = edition;
	else
		shared_release(&edition->shared);
}

struct edition *edition_load_still(const char *path, const atomic_bool *stop, struct config_faults *faults)
{
	const struct clock machine = clock_real();
	struct trying trying = {.began = clock_elapsed(&machine), .failed = INSTANT_NEVER};
	while (!try_once(&trying, path, faults) && !atomic_load(stop)) {
		step_on(&trying);
		pause_ms(LOOK_EVERY_MS);
	}
	shared_release(trying.before ? &trying.before->shared : NULL);
	if (!trying.edition || (!faults->count && !atomic_load(stop)))
		return trying.edition;
	shared_release(&trying.edition->shared);
	return NULL;
}

/* verify_registers: rows of the registers, reckoned afresh from nothing but the records. */
#include "cli/verify/verify_registers.h"

#include "backtest/memory_host.h"
#include "base/map.h"
#include "engine/registers/register_types.h"
#include "pipeline/register_round.h"
#include "store/events/events.h"
#include "store/registers/registers.h"
#include "time/words.h"

#include <stdlib.h>

#define ROUND_BYTES ((size_t)64 << 20)  /* of one child's events; its round is read a child at a time */
#define NOT_YET_MOST 100000             /* events that the registers do not hold yet; more: ask again later */

struct checking {
	const struct opened *opened;
	struct store *store; /* a reading of its own: all of it is of one moment */
	struct sample *check;
	struct register_tables *tables;
	struct register_types *types;
	struct engine *engine; /* knows which ids are one history */
	struct memory_host *host;
	struct arena *arena;
	struct text *not_yet; /* whose newest events are not in the registers yet */
	size_t not_yet_count, not_yet_room;
	struct map seen; /* children by a hash of their id: one of several ids is looked at once */
};

/* ---- which ids are one history ---- */

static enum result take_merge(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct checking *checking = argument;
	(void)bytes, (void)arrived, (void)fault;
	struct event *kept = arena_alloc(checking->arena, sizeof *kept);
	(void)memory_host_add(checking->host, event, memory_host_hash(event), kept, checking->arena);
	return RESULT_OK;
}

static enum result learn_links(struct checking *checking, struct fault *fault)
{
	struct engine_settings settings;
	checking->host = memory_host_new(NULL, NULL);
	struct engine_host interface = memory_host_interface(checking->host);
	engine_settings_default(&settings);
	settings.calendar = checking->opened->config->calendar;
	settings.rules = checking->opened->config->rules;
	checking->engine = engine_new(&settings, &interface);
	enum result result = events_merges(checking->store, take_merge, checking, fault);
	return result == RESULT_OK ? engine_start(checking->engine, fault) : result;
}

/* ---- what the registers do not hold yet ---- */

static enum result note_not_yet(void *argument, struct text subject, type_id type, bool again,
                                struct fault *fault)
{
	struct checking *checking = argument;
	(void)type, (void)again, (void)fault;
	struct text child = text_keep(checking->arena, engine_canonical(checking->engine, subject));
	*(struct text *)mem_push((void **)&checking->not_yet, &checking->not_yet_count, &checking->not_yet_room,
	                         sizeof child) = child;
	return RESULT_OK;
}

static int by_text(const void *a, const void *b)
{
	return text_order(*(const struct text *)a, *(const struct text *)b);
}

static enum result find_not_yet(struct checking *checking, struct fault *fault)
{
	struct register_progress progress;
	bool declared = false;
	uint64_t last, again;
	enum result result = register_progress(checking->store, &progress, fault);
	if (result == RESULT_OK)
		result = register_tables_declared(checking->tables, &declared, fault);
	if (result != RESULT_OK)
		return result;
	if (progress.building || !declared) {
		checking->check->why_not = "they are being built, or those of this configuration are not built yet";
		return RESULT_OK;
	}
	if (register_behind(&progress) > NOT_YET_MOST) {
		checking->check->why_not = "they are far behind the records: ask again later";
		return RESULT_OK;
	}
	result = register_touched(checking->store, progress.done, NOT_YET_MOST, &last, &again, note_not_yet, checking,
	                          fault);
	if (checking->not_yet_count)
		qsort(checking->not_yet, checking->not_yet_count, sizeof *checking->not_yet, by_text);
	return result;
}

static bool is_not_yet(const struct checking *checking, struct text child)
{
	return checking->not_yet_count && bsearch(&child, checking->not_yet, checking->not_yet_count,
	                                          sizeof *checking->not_yet, by_text) != NULL;
}

/* ---- a child ---- */

static enum result compare_child(struct checking *checking, struct text child, struct fault *fault)
{
	const struct config *config = checking->opened->config;
	const struct text *ids;
	size_t count = engine_linked(checking->engine, child, &ids);
	bool done = false;
	struct register_round *round = register_round_new(checking->store, checking->tables, config->rules,
	                                                  checking->types, calendar_zone(config->calendar),
	                                                  ROUND_BYTES);
	register_round_add(round, child, count ? ids : &child, count ? count : 1, NULL);
	enum result result = RESULT_OK;
	while (result == RESULT_OK && !done) {
		struct register_budget budget = {INT64_MAX, INT64_MAX, INT64_MAX}; /* nobody waits */
		result = register_round_step(round, &budget, &done, fault);
	}
	register_round_free(round);
	checking->check->looked++;
	return result;
}

static enum result look_at(void *argument, enum party_kind domain, struct text id, struct fault *fault)
{
	struct checking *checking = argument;
	struct text child = text_keep(checking->arena, engine_canonical(checking->engine, id));
	uint64_t hash = text_fingerprint(child, 1);
	struct map_walk walk = map_walk(&checking->seen, hash);
	if (domain != PARTY_NONE || map_next(&walk) != MAP_NONE)
		return RESULT_OK;
	map_add(&checking->seen, hash, 0);
	if (is_not_yet(checking, child)) {
		checking->check->passed[SAMPLE_NOT_YET]++;
		return RESULT_OK;
	}
	return compare_child(checking, child, fault);
}

/* ---- a sample ---- */

static void note_differences(struct checking *checking)
{
	const struct ruleset *rules = checking->opened->config->rules;
	struct sample *check = checking->check;
	for (size_t i = 0; i <= rules->register_count; i++) {
		uint64_t different = register_different(checking->tables, i);
		check->wrong += different;
		if (!different)
			continue;
		buffer_string(&check->words, "  ");
		words_count((int64_t)different, "row", "rows", &check->words);
		buffer_format(&check->words, " of register_%s\n",
		              i < rules->register_count ? rules->registers[i].id : "id");
	}
}

static enum result look(struct checking *checking, size_t most, struct fault *fault)
{
	enum result result = store_view(checking->store, fault);
	if (result == RESULT_OK)
		result = learn_links(checking, fault);
	if (result == RESULT_OK)
		result = find_not_yet(checking, fault);
	if (result == RESULT_OK && !checking->check->why_not)
		result = register_learn_types(checking->tables, fault);
	if (result != RESULT_OK || checking->check->why_not)
		return result;
	result = sample_take(checking->store, most, checking->check, look_at, checking, fault);
	note_differences(checking);
	return result;
}

enum result registers_check_sample(const struct opened *opened, size_t most, struct sample *check,
                                   struct fault *fault)
{
	const struct config *config = opened->config;
	struct checking checking = {.opened = opened, .check = check};
	*check = (struct sample){.why_not = NULL};
	if (!config->rules || !config->calendar) {
		check->why_not = "the configuration has faults, which casewatch check shows";
		return RESULT_OK;
	}
	enum result result = store_open(config->database, STORE_READ, &checking.store, fault);
	if (result != RESULT_OK)
		return result;
	events_set_parser(checking.store, opened->parser);
	checking.arena = arena_new((size_t)64 << 10);
	checking.tables =
		register_tables_new(checking.store, config->rules->registers, config->rules->register_count);
	register_tables_compare(checking.tables);
	checking.types = register_types_new(config->rules);
	result = look(&checking, most, fault);
	register_tables_free(checking.tables);
	register_types_free(checking.types);
	engine_free(checking.engine);
	memory_host_free(checking.host);
	arena_free(checking.arena);
	free(checking.not_yet);
	map_free(&checking.seen);
	store_view_end(checking.store);
	store_close(checking.store);
	return result;
}

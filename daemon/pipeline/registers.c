/* registers: which children are to be looked at, and their rows made anew. */
#include "pipeline/registers.h"

#include "engine/register_rows.h"
#include "store/alerts.h"
#include "store/registers.h"

#include <stdlib.h>

#define SCANNED 5000 /* events looked at for their subjects at a time */

struct registers {
	struct registers_settings settings;
	struct register_tables *tables;
	bool *wanted;             /* by type */
	size_t type_count;
	struct arena *names;      /* of the subjects */
	struct text *subjects;    /* still to be looked at are those from `at` on */
	size_t count, room, at;
	uint64_t until;           /* the event up to which `subjects` are those of; when all are done, it is */
	uint64_t again;           /* and the change of standing */
	uint32_t walked;          /* likewise the history, while tables are built from nothing */
	bool walking, walked_all; /* the subjects are of the walk; and it is over */
	struct arena *scratch, *events_arena;
	struct register_event *events;
	size_t event_count, event_room;
	size_t read;              /* events of this portion */
	struct registers_figures figures;
	size_t table;             /* whose rows are being made */
};

/* ---- start ---- */

/* Types are few and registers fewer: asked once. */
static void want_types(struct registers *registers)
{
	const struct ruleset *rules = registers->settings.rules;
	registers->type_count = SCHEMA_NAMES_MAX;
	registers->wanted = mem_zero(registers->type_count, sizeof *registers->wanted);
	for (size_t type = 0; type < registers->type_count; type++)
		for (size_t i = 0; i < rules->register_count; i++)
			registers->wanted[type] |= register_reads(&rules->registers[i], (type_id)type);
}

static enum result declare(struct registers *registers, struct fault *fault)
{
	struct store *store = registers->settings.store;
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = register_tables_declare(registers->tables, fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

enum result registers_new(const struct registers_settings *settings, struct registers **out, struct fault *fault)
{
	struct registers *registers = MEM_NEW(struct registers);
	registers->settings = *settings;
	registers->tables =
		register_tables_new(settings->store, settings->rules->registers, settings->rules->register_count);
	registers->names = arena_new(64 * 1024);
	registers->scratch = arena_new(64 * 1024);
	registers->events_arena = arena_new(64 * 1024);
	want_types(registers);
	enum result result = declare(registers, fault);
	*out = result == RESULT_OK ? registers : NULL;
	if (result != RESULT_OK)
		registers_free(registers);
	return result;
}

void registers_free(struct registers *registers)
{
	if (!registers)
		return;
	register_tables_free(registers->tables);
	arena_free(registers->names);
	arena_free(registers->scratch);
	arena_free(registers->events_arena);
	free(registers->wanted);
	free(registers->subjects);
	free(registers->events);
	free(registers);
}

/* ---- one child ---- */

static enum result keep_event(void *argument, const struct event *event, instant arrived, struct fault *fault)
{
	struct registers *registers = argument;
	struct event *copy = arena_alloc(registers->events_arena, sizeof *copy);
	(void)fault;
	event_copy(copy, event, registers->events_arena);
	*(struct register_event *)mem_push((void **)&registers->events, &registers->event_count, &registers->event_room,
	                                   sizeof *registers->events) = (struct register_event){copy, arrived};
	return RESULT_OK;
}

static enum result keep_row(void *argument, const struct register_def *def, const struct register_value *row,
                            struct fault *fault)
{
	struct registers *registers = argument;
	(void)def;
	registers->figures.rows++;
	return register_add(registers->tables, registers->table, row, fault);
}

/* What stood under any id of the child goes; the rows come back under the one that holds now. */
static enum result replace_rows(struct registers *registers, struct text child, const struct text *ids, size_t count,
                                struct fault *fault)
{
	const struct ruleset *rules = registers->settings.rules;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < rules->register_count && result == RESULT_OK; i++) {
		registers->table = i;
		for (size_t k = 0; k < count && result == RESULT_OK; k++)
			result = register_forget(registers->tables, i, ids[k], fault);
		if (result == RESULT_OK && registers->event_count)
			result = register_rows(&rules->registers[i], registers->settings.zone, child, registers->events,
			                       registers->event_count, registers->scratch, keep_row, registers, fault);
		arena_reset(registers->scratch);
	}
	return result;
}

static enum result renew_child(struct registers *registers, struct text id, struct fault *fault)
{
	const struct registers_settings *settings = &registers->settings;
	struct text child = settings->canonical(settings->context, id);
	const struct text *ids;
	size_t count = settings->linked(settings->context, id, &ids);
	enum result result = RESULT_OK;
	registers->event_count = 0;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = register_events(registers->tables, ids[i], keep_event, registers, fault);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = register_note_id(settings->store, ids[i], child, fault);
	if (result == RESULT_OK)
		result = replace_rows(registers, child, ids, count, fault);
	registers->read += registers->event_count + count;
	registers->figures.events += registers->event_count;
	registers->figures.subjects++;
	arena_reset(registers->events_arena);
	return result;
}

/* ---- which children ---- */

static enum result keep_subject(void *argument, struct text subject, struct fault *fault)
{
	struct registers *registers = argument;
	(void)fault;
	struct text kept = {arena_copy_text(registers->names, subject.at, subject.length), subject.length};
	*(struct text *)mem_push((void **)&registers->subjects, &registers->count, &registers->room, sizeof kept) =
		kept;
	return RESULT_OK;
}

static enum result keep_history(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	return domain == PARTY_NONE ? keep_subject(argument, subject, fault) : RESULT_OK;
}

static int by_text(const void *a, const void *b)
{
	return text_order(*(const struct text *)a, *(const struct text *)b);
}

static void drop_doubles(struct registers *registers)
{
	size_t kept = 0;
	if (registers->count)
		qsort(registers->subjects, registers->count, sizeof *registers->subjects, by_text);
	for (size_t i = 0; i < registers->count; i++)
		if (!kept || !text_equal(registers->subjects[kept - 1], registers->subjects[i]))
			registers->subjects[kept++] = registers->subjects[i];
	registers->count = kept;
}

static void forget_subjects(struct registers *registers)
{
	registers->count = registers->at = 0;
	registers->walking = false;
	arena_reset(registers->names);
}

/* First what is new; then, history by history, what is built from nothing. */
static enum result find_subjects(struct registers *registers, struct fault *fault)
{
	struct store *store = registers->settings.store;
	struct register_progress progress;
	enum result result = register_progress(store, &progress, fault);
	bool turn = progress.building && !registers->walking; /* so that neither waits for the other for ever */
	forget_subjects(registers);
	if (result == RESULT_OK)
		result = register_want(registers->tables, registers->wanted, registers->type_count, fault);
	if (result == RESULT_OK && register_behind(&progress) && !turn)
		result = register_touched(store, progress.done, SCANNED, &registers->until, &registers->again,
		                          keep_subject, registers, fault);
	else if (result == RESULT_OK && progress.building) {
		registers->walking = true;
		result = histories_each(store, progress.built, SCANNED, &registers->walked, keep_history, registers,
		                        fault);
		registers->walked_all = registers->walked == 0;
		if (registers->walked_all)
			registers->walked = progress.built;
	}
	if (result == RESULT_OK)
		drop_doubles(registers);
	else
		forget_subjects(registers);
	return result;
}

static enum result note(struct registers *registers, struct fault *fault)
{
	struct store *store = registers->settings.store;
	if (registers->walking)
		return register_note_built(store, registers->walked, registers->walked_all, fault);
	return register_note(store, registers->until, registers->again, fault);
}

/* ---- a portion ---- */

static enum result renew_some(struct registers *registers, struct fault *fault)
{
	enum result result = RESULT_OK;
	registers->read = 0;
	while (result == RESULT_OK && registers->at < registers->count && registers->read < REGISTERS_PORTION)
		result = renew_child(registers, registers->subjects[registers->at++], fault);
	if (result == RESULT_OK && registers->at == registers->count)
		result = note(registers, fault);
	return result;
}

static bool anything(const struct register_progress *progress)
{
	return register_behind(progress) || progress->building;
}

enum result registers_step(struct registers *registers, bool *more, struct fault *fault)
{
	struct store *store = registers->settings.store;
	struct register_progress progress;
	const struct registers_settings *settings = &registers->settings;
	*more = true;
	/* Rows under an id that ceased would stay until somebody touched the child again. */
	if (settings->knows_links && !settings->knows_links(settings->context))
		return fault_set(fault, RESULT_TEMPORARY, "merges are being read anew");
	*more = false;
	enum result result = register_progress(store, &progress, fault);
	if (result != RESULT_OK || !anything(&progress))
		return result;
	if (registers->at == registers->count)
		result = find_subjects(registers, fault);
	if (result == RESULT_OK)
		result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = renew_some(registers, fault);
	if (result == RESULT_OK)
		result = store_commit(store, fault);
	else
		store_rollback(store);
	if (result != RESULT_OK) {
		forget_subjects(registers); /* found anew: what was noted is what is durable */
		return result;
	}
	result = register_progress(store, &progress, fault);
	*more = result == RESULT_OK && anything(&progress);
	return result;
}

enum result registers_figures(const struct registers *registers, struct registers_figures *figures, struct fault *fault)
{
	struct register_progress progress;
	enum result result = register_progress(registers->settings.store, &progress, fault);
	*figures = registers->figures;
	figures->behind = result == RESULT_OK ? register_behind(&progress) : 0;
	figures->building = result == RESULT_OK && progress.building;
	return result;
}

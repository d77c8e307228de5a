/* registers: which children are to be looked at, and how far that has come. */
#include "pipeline/registers.h"

#include "engine/registers/register_types.h"
#include "pipeline/register_round.h"
#include "store/alerts/alerts.h"

#include <stdlib.h>

#define SCANNED 2000    /* events, or histories, looked at for their subjects in one portion */
#define GATHERED 20000  /* and so many are gathered before their children are looked at: one has many events */
#define ROUND_CHILDREN 5000       /* to begin with */
#define ROUND_CHILDREN_MOST 20000 /* where little is read of each, as a round reads the whole file */
#define ROUND_BYTES ((size_t)32 << 20)
#define FAR_BEHIND 50000 /* events, and a quarter of all: then every history is walked once instead */

struct subject {
	struct text id;
	uint32_t history; /* its number, once they are gathered: 0: none */
	type_id type; /* of an event of it, while they are gathered */
	bool again;   /* whose standing changed */
	const uint8_t *concerned; /* as register_round_add has it */
};

struct registers {
	struct registers_settings settings;
	struct register_tables *tables;
	struct register_types *types;
	struct arena *names;      /* of the subjects */
	struct subject *subjects; /* still to be looked at are those from `at` on */
	size_t count, room, at;
	uint64_t until;           /* the event up to which `subjects` are those of; when all are done, it is */
	uint64_t again;           /* and the change of standing */
	uint32_t walked;          /* likewise the history, while tables are built from nothing */
	bool walking, walked_all; /* the subjects are of the walk; and it is over */
	uint8_t *unbuilt;         /* by register: those that the walk builds */
	bool touched_last;        /* what was looked at last was new, not of the walk */
	uint64_t scanned;         /* events looked at for those subjects */
	bool gathered;            /* nothing more is gathered before these are done */
	struct register_round *round;
	bool in_round;            /* it has some of them */
	size_t round_most;        /* children that it is given: so many that what is read of them fits */
};

/* ---- start ---- */

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
	registers->types = register_types_new(settings->rules);
	registers->round = register_round_new(settings->store, registers->tables, settings->rules, registers->types,
	                                      settings->zone, ROUND_BYTES);
	registers->round_most = ROUND_CHILDREN;
	registers->unbuilt = mem_zero(settings->rules->register_count + 1, sizeof *registers->unbuilt);
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
	register_round_free(registers->round);
	register_tables_free(registers->tables);
	register_types_free(registers->types);
	arena_free(registers->names);
	free(registers->unbuilt);
	free(registers->subjects);
	free(registers);
}

/* ---- which children ---- */

/* By the id under which its history is one, so that a child with many ids is looked at once. */
static enum result keep_subject(void *argument, struct text subject, type_id type, bool again, struct fault *fault)
{
	struct registers *registers = argument;
	struct text child = registers->settings.canonical(registers->settings.context, subject);
	(void)fault;
	*(struct subject *)mem_push((void **)&registers->subjects, &registers->count, &registers->room,
	                            sizeof *registers->subjects) =
		(struct subject){.id = text_keep(registers->names, child), .type = type, .again = again};
	return RESULT_OK;
}

static enum result keep_history(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	return domain == PARTY_NONE ? keep_subject(argument, subject, TYPE_UNKNOWN, false, fault) : RESULT_OK;
}

static int by_id(const void *a, const void *b)
{
	return text_order(((const struct subject *)a)->id, ((const struct subject *)b)->id);
}

/* The registers that the events of these, all of one child, can say something to; NULL: all, as of a merge, by which
 * ids change. That this is a child says nothing new where it has its row. */
static const uint8_t *concerned_by(struct registers *registers, const struct subject *subjects, size_t count)
{
	size_t all = registers->settings.rules->register_count;
	uint8_t *some = arena_alloc(registers->names, all + 1);
	bool again = false;
	memset(some, 0, all);
	for (size_t i = 0; i < count; i++) {
		type_id type = subjects[i].type;
		const uint8_t *of = register_types_of(registers->types, type);
		size_t count_of;
		const uint16_t *places = register_types_some(registers->types, type, &count_of);
		if (type == TYPE_ID_PERSON_MERGED || type == TYPE_ID_PERSON_UNMERGED)
			return NULL;
		for (size_t at = 0; at < count_of; at++)
			some[places[at]] |= of[places[at]];
		again = again || subjects[i].again;
	}
	for (size_t r = 0; r < all; r++)
		if (some[r])
			some[r] = (some[r] & REGISTER_READS) || again ? ROUND_CONCERNED : ROUND_WHERE_NONE;
	return some;
}

static int by_history(const void *a, const void *b)
{
	uint32_t one = ((const struct subject *)a)->history, other = ((const struct subject *)b)->history;
	return one < other ? -1 : one > other;
}

static bool any_of(const uint8_t *concerned, size_t count)
{
	bool any = !concerned;
	for (size_t i = 0; i < count && !any; i++)
		any = concerned[i];
	return any;
}

/* Each child once, and whom no register is about not at all; in the order in which their rows lie, so that a portion
 * writes few pages. */
static void drop_doubles(struct registers *registers)
{
	size_t kept = 0;
	if (registers->count)
		qsort(registers->subjects, registers->count, sizeof *registers->subjects, by_id);
	for (size_t i = 0, next; i < registers->count; i = next) {
		struct subject *first = &registers->subjects[i];
		struct subject child = {.id = first->id, .concerned = registers->unbuilt};
		for (next = i + 1; next < registers->count && text_equal(registers->subjects[next].id, first->id);)
			next++;
		if (!registers->walking)
			child.concerned = concerned_by(registers, first, next - i);
		(void)register_newest(registers->settings.store, child.id, &child.history);
		if (any_of(child.concerned, registers->settings.rules->register_count))
			registers->subjects[kept++] = child;
	}
	registers->count = kept;
	if (kept)
		qsort(registers->subjects, kept, sizeof *registers->subjects, by_history);
}

static void forget_subjects(struct registers *registers)
{
	registers->count = registers->at = 0;
	registers->walking = registers->gathered = registers->in_round = false;
	registers->scanned = 0;
	register_round_clear(registers->round);
	arena_reset(registers->names);
}

static enum result gather_walked(struct registers *registers, const struct register_progress *progress,
                                 struct fault *fault)
{
	uint32_t from = registers->walking ? registers->walked : progress->built;
	registers->walking = true;
	enum result result = register_unbuilt(registers->tables, registers->unbuilt, fault);
	if (result == RESULT_OK)
		result = histories_each(registers->settings.store, from, SCANNED, &registers->walked, keep_history,
		                        registers, fault);
	registers->walked_all = registers->walked == 0;
	if (registers->walked_all)
		registers->walked = from;
	registers->gathered = registers->walked_all || registers->count >= ROUND_CHILDREN;
	return result;
}

static enum result gather_touched(struct registers *registers, const struct register_progress *progress,
                                  struct fault *fault)
{
	uint64_t from = registers->scanned ? registers->until : progress->done, again = registers->again;
	enum result result = register_touched(registers->settings.store, from, SCANNED, &registers->until,
	                                      &registers->again, keep_subject, registers, fault);
	registers->again = registers->scanned && !registers->again ? again : registers->again;
	registers->scanned += registers->until - from + 1;
	registers->gathered = registers->until == progress->newest || registers->scanned >= GATHERED;
	return result;
}

/* First what is new; then, history by history, what is built from nothing. */
static enum result gather(struct registers *registers, const struct register_progress *progress, struct fault *fault)
{
	struct store *store = registers->settings.store;
	enum result result = register_learn_types(registers->tables, fault);
	if (result != RESULT_OK)
		return result;
	if (!registers->count && !registers->walking && !registers->scanned) {
		registers->again = 0;
		/* So that neither waits for the other for ever. */
		registers->walking = progress->building && (registers->touched_last || !register_behind(progress));
		registers->touched_last = !registers->walking;
		registers->walked = progress->built;
	}
	uint64_t behind = progress->newest - progress->done;
	if (!registers->walking && !registers->scanned && behind > FAR_BEHIND && behind > progress->newest / 4)
		return register_walk(store, fault);
	result = registers->walking ? gather_walked(registers, progress, fault)
	                            : gather_touched(registers, progress, fault);
	if (result == RESULT_OK && registers->gathered)
		drop_doubles(registers);
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

static void begin_round(struct registers *registers)
{
	const struct registers_settings *settings = &registers->settings;
	register_round_clear(registers->round);
	for (size_t i = registers->at; i < registers->count && i < registers->at + registers->round_most; i++) {
		const struct text *ids;
		const struct subject *subject = &registers->subjects[i];
		size_t count = settings->linked(settings->context, subject->id, &ids);
		register_round_add(registers->round, subject->id, ids, count, subject->concerned);
	}
	registers->in_round = true;
}

static void end_round(struct registers *registers)
{
	size_t children = register_round_children(registers->round), most = registers->round_most;
	registers->at += children;
	registers->in_round = false;
	if (children < most && registers->at < registers->count) /* it was halved */
		registers->round_most = children;
	else if (children == most && register_round_bytes(registers->round) < ROUND_BYTES / 2)
		registers->round_most = most * 3 / 2 < ROUND_CHILDREN_MOST ? most * 3 / 2 + 1 : ROUND_CHILDREN_MOST;
}

static enum result renew_some(struct registers *registers, struct register_budget *budget, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && registers->at < registers->count && budget_left(budget)) {
		bool done;
		if (!registers->in_round)
			begin_round(registers);
		result = register_round_step(registers->round, budget, &done, fault);
		if (result == RESULT_OK && done)
			end_round(registers);
	}
	if (result == RESULT_OK && registers->at == registers->count) {
		result = note(registers, fault);
		forget_subjects(registers);
	}
	return result;
}

static bool anything(const struct register_progress *progress)
{
	return register_behind(progress) || progress->building;
}

/* Gathers, or looks at those that were gathered. */
static enum result go_on(struct registers *registers, const struct register_progress *progress, struct fault *fault)
{
	struct register_budget budget = {REGISTERS_PORTION, REGISTERS_PORTION_BYTES, REGISTERS_PORTION_ROWS};
	enum result result = registers->gathered ? RESULT_OK : gather(registers, progress, fault);
	return result == RESULT_OK && registers->gathered ? renew_some(registers, &budget, fault) : result;
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
	result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = go_on(registers, &progress, fault);
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
	struct register_round_figures round;
	enum result result = register_progress(registers->settings.store, &progress, fault);
	register_round_figures(registers->round, &round);
	*figures = (struct registers_figures){.subjects = round.subjects, .events = round.events, .rows = round.rows,
	                                      .written = round.written, .looks = round.looks};
	figures->behind = result == RESULT_OK ? register_behind(&progress) : 0;
	figures->building = result == RESULT_OK && progress.building;
	return result;
}

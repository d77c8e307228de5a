/* register_round: histories read together in the order of the file, and their rows written child by child. */
#include "pipeline/register_round.h"

#include "base/heap.h"
#include "engine/registers/register_rows.h"

#include <stdlib.h>

#define NONE UINT32_MAX

struct child {
	struct text id;
	const struct text *ids; /* all of its history, itself included */
	size_t id_count;
	uint32_t number; /* of the history its rows are filed under; 0: there is none, and no row */
	uint32_t newest; /* of its events that were kept: the chain goes on with kept.next; NONE: none */
	uint32_t count;
	uint8_t *registers; /* ROUND_CONCERNED or ROUND_WHERE_NONE, HAS_ROWS */
	bool known;         /* an event of it was kept that says that it is a child */
};
#define HAS_ROWS 2  /* an event was read that may make one */

struct kept {
	const void *packed;
	instant arrived;
	uint32_t next;
};

/* Where a history is to be read on. */
struct place {
	uint32_t ref, child;
};

struct register_round {
	struct store *store;
	struct register_tables *tables;
	const struct ruleset *rules;
	const struct register_types *types;
	const struct zone *zone;
	size_t memory;
	struct arena *names, *kept_arena, *unpacked, *scratch;
	struct child *children;
	size_t child_count, child_room;
	struct kept *kept;
	size_t kept_count, kept_room;
	struct heap places; /* the newest event first */
	size_t begun;       /* so many children; reading begins when all are */
	uint32_t reading;   /* the child whose event is being read */
	bool knows;         /* and the event says that it is one */
	bool asked;         /* and it was not seen yet */
	/* Writing: the child, its register and the row of that register to go on with. */
	size_t at, table;
	uint32_t row;
	bool in_child; /* it is begun */
	uint32_t packed;                  /* the event of that child to be unpacked next; NONE: all are */
	struct register_event *all;       /* of that child's events, those that are unpacked */
	struct register_event *events;    /* and of these what the register reads */
	size_t all_count, event_count, event_room;
	struct register_reckoning *reckoning; /* of that child and register; NULL: not begun */
	struct register_budget *budget;
	struct register_round_figures figures;
};

static bool newer(const void *a, const void *b)
{
	return ((const struct place *)a)->ref > ((const struct place *)b)->ref;
}

struct register_round *register_round_new(struct store *store, struct register_tables *tables,
                                          const struct ruleset *rules, const struct register_types *types,
                                          const struct zone *zone, size_t memory)
{
	struct register_round *round = MEM_NEW(struct register_round);
	round->store = store;
	round->tables = tables;
	round->rules = rules;
	round->types = types;
	round->zone = zone;
	round->memory = memory;
	round->names = arena_new((size_t)64 << 10);
	round->kept_arena = arena_new((size_t)256 << 10);
	round->unpacked = arena_new((size_t)64 << 10);
	round->scratch = arena_new((size_t)64 << 10);
	round->places = HEAP_OF(struct place, newer);
	return round;
}

void register_round_free(struct register_round *round)
{
	if (!round)
		return;
	arena_free(round->names);
	arena_free(round->kept_arena);
	arena_free(round->unpacked);
	arena_free(round->scratch);
	heap_free(&round->places);
	register_reckoning_free(round->reckoning);
	free(round->children);
	free(round->kept);
	free(round->all);
	free(round->events);
	free(round);
}

/* The register is over. */
static void forget_reckoning(struct register_round *round)
{
	register_reckoning_free(round->reckoning);
	round->reckoning = NULL;
	arena_reset(round->scratch);
	round->row = 0;
}

static void begin_writing(struct register_round *round)
{
	round->at = round->table = 0;
	round->in_child = false;
	register_tables_begin(round->tables);
	forget_reckoning(round);
}

static void forget_events(struct register_round *round)
{
	round->kept_count = 0;
	round->begun = 0;
	heap_free(&round->places);
	arena_reset(round->kept_arena);
	begin_writing(round);
}

void register_round_clear(struct register_round *round)
{
	forget_events(round);
	round->child_count = 0;
	arena_reset(round->names);
}

static struct text keep_text(struct register_round *round, struct text text)
{
	return text_keep(round->names, text);
}

void register_round_add(struct register_round *round, struct text child, const struct text *ids, size_t count,
                        const uint8_t *concerned)
{
	struct text *kept = arena_alloc(round->names, count * sizeof *kept);
	uint8_t *registers = arena_alloc(round->names, round->rules->register_count + 1);
	for (size_t i = 0; i < count; i++)
		kept[i] = keep_text(round, ids[i]);
	for (size_t i = 0; i < round->rules->register_count; i++)
		registers[i] = concerned ? concerned[i] : ROUND_CONCERNED;
	*(struct child *)mem_push((void **)&round->children, &round->child_count, &round->child_room,
	                          sizeof *round->children) =
		(struct child){.id = keep_text(round, child), .ids = kept, .id_count = count, .newest = NONE,
	                       .registers = registers};
}

size_t register_round_children(const struct register_round *round)
{
	return round->child_count;
}

void register_round_figures(const struct register_round *round, struct register_round_figures *figures)
{
	*figures = round->figures;
}

/* ---- reading ---- */

/* The registers whose rows may change are found; *any: there are some. */
static enum result begin_registers(struct register_round *round, struct child *child, bool *any, struct fault *fault)
{
	enum result result = RESULT_OK;
	*any = false;
	for (size_t i = 0; result == RESULT_OK && i < round->rules->register_count; i++) {
		bool has = false;
		if (child->registers[i] & ROUND_WHERE_NONE)
			result = register_has_row(round->tables, i, child->id, &has, fault);
		child->registers[i] = child->registers[i] && !has ? ROUND_CONCERNED : 0;
		*any = *any || child->registers[i];
	}
	return result;
}

/* Rows are filed under the id that holds now; where nobody ever spoke of that, under the first that was spoken of. */
static enum result begin_child(struct register_round *round, uint32_t at, struct fault *fault)
{
	struct child *child = &round->children[at];
	bool any;
	child->newest = NONE;
	child->count = 0;
	child->known = false;
	enum result result = begin_registers(round, child, &any, fault);
	(void)register_newest(round->store, child->id, &child->number);
	for (size_t i = 0; result == RESULT_OK && any && i < child->id_count; i++) {
		uint32_t number;
		struct place place = {register_newest(round->store, child->ids[i], &number), at};
		if (!child->number)
			child->number = number;
		if (place.ref)
			heap_push(&round->places, &place);
	}
	return result;
}

static enum result begin_some(struct register_round *round, struct register_budget *budget, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (; result == RESULT_OK && round->begun < round->child_count && budget_left(budget); budget->reads--)
		result = begin_child(round, (uint32_t)round->begun++, fault);
	return result;
}

/* What some register reads of which the rows may change; and of the rest one that says that this is a child. */
static bool is_wanted(void *argument, type_id type)
{
	struct register_round *round = argument;
	struct child *child = &round->children[round->reading];
	const uint8_t *of = register_types_of(round->types, type);
	uint8_t what = 0;
	size_t count;
	const uint16_t *some = register_types_some(round->types, type, &count);
	for (size_t at = 0; at < count; at++) {
		size_t i = some[at];
		if (!child->registers[i])
			continue;
		what |= of[i];
		if (of[i] & REGISTER_MAKES)
			child->registers[i] |= HAS_ROWS;
	}
	round->knows = what & REGISTER_KNOWS;
	return (what & REGISTER_READS) || (round->knows && !child->known);
}

static enum result keep_event(void *argument, const struct event *event, instant arrived, struct fault *fault)
{
	struct register_round *round = argument;
	struct child *child = &round->children[round->reading];
	void *packed = arena_alloc(round->kept_arena, event_packed_size(event));
	(void)fault;
	(void)event_pack(event, packed);
	uint32_t at = (uint32_t)round->kept_count;
	*(struct kept *)mem_push((void **)&round->kept, &round->kept_count, &round->kept_room, sizeof *round->kept) =
		(struct kept){packed, arrived, child->newest};
	child->newest = at;
	child->known = child->known || round->knows;
	child->count++;
	return RESULT_OK;
}

size_t register_round_bytes(const struct register_round *round)
{
	return arena_bytes(round->kept_arena) + round->kept_count * sizeof *round->kept;
}

/* Too much for the memory: half of the children are left to the next round, and the others are read anew. */
static bool halve(struct register_round *round)
{
	if (round->child_count < 2 || register_round_bytes(round) <= round->memory)
		return false;
	round->child_count /= 2;
	forget_events(round);
	return true;
}

/* Of all histories that are read the newest event that was not yet. */
static uint32_t next_event(void *argument)
{
	struct register_round *round = argument;
	if (round->asked) /* it is not there: its history ends */
		heap_pop(&round->places);
	round->asked = false;
	if (!budget_left(round->budget) || !round->places.count || halve(round))
		return 0;
	const struct place *place = heap_top(&round->places);
	round->reading = place->child;
	round->asked = true;
	round->budget->reads--;
	round->figures.events++;
	return place->ref;
}

static void note_seen(void *argument, uint32_t before, size_t bytes)
{
	struct register_round *round = argument;
	struct place *place = heap_top(&round->places);
	place->ref = before;
	if (before)
		heap_sink_top(&round->places);
	else
		heap_pop(&round->places);
	round->budget->bytes -= (int64_t)bytes;
	round->asked = false;
}

static enum result read_some(struct register_round *round, struct fault *fault)
{
	const struct register_reader reader = {next_event, is_wanted, keep_event, note_seen, round};
	enum result result = begin_some(round, round->budget, fault);
	if (result != RESULT_OK || round->begun < round->child_count || !round->places.count)
		return result;
	round->asked = false;
	return register_events(round->tables, &reader, fault);
}

/* ---- writing ---- */

/* To look at an event that was read takes so much less than to read it. */
#define LOOKS_A_READ 16

/* The child's events as they were packed. False: the piece is over. */
static bool unpack(struct register_round *round)
{
	while (round->packed != NONE && round->budget->reads > 0) {
		const struct kept *kept = &round->kept[round->packed];
		struct event *event = arena_alloc(round->unpacked, sizeof *event);
		event_unpack(kept->packed, event, round->unpacked);
		round->all[round->all_count++] = (struct register_event){event, kept->arrived};
		round->packed = kept->next;
		round->budget->reads -= round->all_count % LOOKS_A_READ == 0;
	}
	return round->packed == NONE;
}

static void begin_unpacking(struct register_round *round, const struct child *child)
{
	if (round->event_room < child->count) {
		round->event_room = child->count;
		round->all = mem_grow(round->all, round->event_room, sizeof *round->all);
		round->events = mem_grow(round->events, round->event_room, sizeof *round->events);
	}
	round->packed = child->newest;
	round->all_count = 0;
	arena_reset(round->unpacked);
}

/* What the register reads of them. */
static void choose_events(struct register_round *round)
{
	round->event_count = 0;
	for (size_t i = 0; i < round->all_count; i++)
		if (register_types_of(round->types, round->all[i].event->type)[round->table])
			round->events[round->event_count++] = round->all[i];
	round->budget->reads -= (int64_t)(round->all_count / LOOKS_A_READ);
}

static bool reckon(struct register_round *round)
{
	int64_t reads = round->budget->reads, most = INT64_MAX / LOOKS_A_READ; /* who has all the time says INT64_MAX */
	int64_t before = (reads < most ? reads : most) * LOOKS_A_READ, looks = before;
	bool whole = register_reckon(round->reckoning, &looks);
	round->figures.looks += (uint64_t)(before - looks);
	round->budget->reads -= (before - looks) / LOOKS_A_READ + 1;
	return whole;
}

static enum result write_row(struct register_round *round, const struct register_value *row, struct fault *fault)
{
	bool changed;
	enum result result = register_put(round->tables, round->table, round->children[round->at].number, round->row,
	                                  row, &changed, fault);
	round->row++;
	round->budget->reads--;
	round->budget->writes -= changed;
	round->figures.rows++;
	round->figures.written += changed;
	return result;
}

/* *whole: all rows are written; else the piece is over. */
static enum result write_rows(struct register_round *round, const struct child *child, bool *whole, struct fault *fault)
{
	enum result result = RESULT_OK;
	const struct register_value *row = NULL;
	if (!round->reckoning) {
		choose_events(round);
		round->reckoning =
			register_reckoning_new(&round->rules->registers[round->table], round->zone, child->id,
			                       round->events, round->event_count, round->scratch);
	}
	*whole = false;
	if (!reckon(round))
		return RESULT_OK;
	while (result == RESULT_OK && budget_left(round->budget) &&
	       (row = register_reckoned_row(round->reckoning)) != NULL)
		result = write_row(round, row, fault);
	*whole = result == RESULT_OK && budget_left(round->budget);
	return result;
}

/* What stood beyond the child's rows goes; and all that stood under its other ids, before they were one. */
static enum result cut_rows(struct register_round *round, const struct child *child, struct fault *fault)
{
	bool asked;
	enum result result = register_cut(round->tables, round->table, child->number, round->row, &asked, fault);
	round->budget->reads -= asked;
	for (size_t i = 0; result == RESULT_OK && child->id_count > 1 && i < child->id_count; i++) {
		uint32_t number;
		(void)register_newest(round->store, child->ids[i], &number);
		if (number && number != child->number)
			result = register_cut(round->tables, round->table, number, 0, &asked, fault);
	}
	return result;
}

/* *done: it is over; else the piece is. */
static enum result write_table(struct register_round *round, const struct child *child, bool *done, struct fault *fault)
{
	uint8_t what = child->registers[round->table];
	enum result result = what & HAS_ROWS ? write_rows(round, child, done, fault) : RESULT_OK;
	if (result == RESULT_OK && *done && what)
		result = cut_rows(round, child, fault);
	if (result != RESULT_OK || !*done)
		return result;
	forget_reckoning(round);
	round->table++;
	return RESULT_OK;
}

static enum result begin_rows(struct register_round *round, const struct child *child, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < child->id_count; i++)
		result = register_note_id(round->tables, child->ids[i], child->id, fault);
	begin_unpacking(round, child);
	round->in_child = true;
	return result;
}

static enum result write_child(struct register_round *round, struct fault *fault)
{
	const struct child *child = &round->children[round->at];
	enum result result = round->in_child ? RESULT_OK : begin_rows(round, child, fault);
	bool done = result == RESULT_OK && unpack(round);
	while (result == RESULT_OK && child->number && done && round->table < round->rules->register_count &&
	       budget_left(round->budget))
		result = write_table(round, child, &done, fault);
	if (result != RESULT_OK || (child->number && round->table < round->rules->register_count))
		return result;
	round->figures.subjects++;
	round->in_child = false;
	round->table = 0;
	round->at++;
	return RESULT_OK;
}

enum result register_round_step(struct register_round *round, struct register_budget *budget, bool *done,
                                struct fault *fault)
{
	round->budget = budget;
	enum result result = read_some(round, fault);
	*done = false;
	if (result != RESULT_OK || round->begun < round->child_count || round->places.count)
		return result;
	while (result == RESULT_OK && round->at < round->child_count && budget_left(budget))
		result = write_child(round, fault);
	register_tables_rest(round->tables);
	*done = result == RESULT_OK && round->at == round->child_count;
	return result;
}

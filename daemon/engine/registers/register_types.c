/* register_types: read off the declarations of the registers. */
#include "engine/registers/register_types.h"

#include "base/mem.h"

#include <stdlib.h>

struct register_types {
	size_t registers;
	uint8_t *of; /* by type, then register */
	uint32_t *from; /* by type, where its part of `some` begins; and where that of the last ends */
	uint16_t *some;
};

/* The last row is that of all types that no register knows. */
static uint8_t *place_of(const struct register_types *types, size_t type, size_t at)
{
	return &types->of[(type < SCHEMA_NAMES_MAX ? type : SCHEMA_NAMES_MAX) * types->registers + at];
}

static void note(struct register_types *types, size_t at, const struct selectors *selectors, uint8_t what)
{
	for (size_t i = 0; i < selectors->count; i++)
		if (selectors->items[i].type != TYPE_UNKNOWN)
			*place_of(types, selectors->items[i].type, at) |= what;
}

static void note_register(struct register_types *types, size_t at, const struct register_def *def)
{
	/* Whatever runs for a child ends with these; and the date of birth may end it, too. */
	*place_of(types, TYPE_ID_CHILD_DIED, at) = REGISTER_READS;
	*place_of(types, TYPE_ID_CHILD_TRANSFERRED, at) = REGISTER_READS;
	if (def->until_age)
		*place_of(types, TYPE_ID_CHILD_UPDATED, at) = REGISTER_READS;
	note(types, at, &def->row, REGISTER_READS | REGISTER_MAKES);
	note(types, at, &def->opens, REGISTER_READS | REGISTER_MAKES);
	note(types, at, &def->closes, REGISTER_READS);
	for (size_t i = 0; i < def->column_count; i++) {
		note(types, at, &def->columns[i].from, REGISTER_READS);
		note(types, at, &def->columns[i].to, REGISTER_READS);
	}
	for (size_t type = 0; def->every_child && type < SCHEMA_NAMES_MAX; type++) {
		const struct event_type *known = schema_type((type_id)type);
		if (known && known->subject == SUBJECT_CHILD)
			*place_of(types, type, at) |= REGISTER_MAKES | REGISTER_KNOWS;
	}
}

/* Once all is noted. */
static void list_some(struct register_types *types)
{
	size_t count = 0, room = 0;
	types->from = mem_zero(SCHEMA_NAMES_MAX + 2, sizeof *types->from);
	for (size_t type = 0; type <= SCHEMA_NAMES_MAX; type++) {
		const uint8_t *of = place_of(types, type, 0);
		for (size_t i = 0; i < types->registers; i++)
			if (of[i])
				*(uint16_t *)mem_push((void **)&types->some, &count, &room, sizeof *types->some) =
					(uint16_t)i;
		types->from[type + 1] = (uint32_t)count;
	}
}

struct register_types *register_types_new(const struct ruleset *rules)
{
	struct register_types *types = MEM_NEW(struct register_types);
	types->registers = rules->register_count;
	types->of = mem_zero((SCHEMA_NAMES_MAX + 1) * (types->registers + 1), sizeof *types->of);
	for (size_t i = 0; i < types->registers; i++)
		note_register(types, i, &rules->registers[i]);
	list_some(types);
	return types;
}

void register_types_free(struct register_types *types)
{
	if (!types)
		return;
	free(types->of);
	free(types->from);
	free(types->some);
	free(types);
}

const uint8_t *register_types_of(const struct register_types *types, type_id type)
{
	return place_of(types, type, 0);
}

const uint16_t *register_types_some(const struct register_types *types, type_id type, size_t *count)
{
	size_t at = type < SCHEMA_NAMES_MAX ? type : SCHEMA_NAMES_MAX;
	*count = types->from[at + 1] - types->from[at];
	return *count ? types->some + types->from[at] : NULL;
}

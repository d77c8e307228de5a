/* condition_world: one event, and what is known besides, by which conditions are judged. */
#ifndef CASEWATCH_TESTS_CONDITION_WORLD_H
#define CASEWATCH_TESTS_CONDITION_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rules/condition.h"

#define FIELDS 8
struct world {
	struct event event;
	struct event_field fields[FIELDS];
	struct event_field child[FIELDS];
	struct condition_scope scope;
	const char *open, *seen;  /* the one state and type that are */
	struct value first;
	uint64_t failures;
};

static inline bool world_open(void *context, const struct condition_state *asked)
{
	const struct world *world = context;
	return world->open && strcmp(world->open, asked->name) == 0;
}

static inline bool world_seen(void *context, type_id type)
{
	const struct world *world = context;
	return world->seen && schema_find(text_of(world->seen)) == type;
}

static inline const struct value *world_first(void *context, type_id type, uint16_t field)
{
	struct world *world = context;
	(void)field;
	return world_seen(world, type) ? &world->first : NULL;
}

static inline void begin(struct world *world, const char *type)
{
	*world = (struct world){0};
	world->event.type = schema_name_type(text_of(type));
	world->event.source = TEXT("/lcs");
	world->event.time = 1580339400 * SECOND;
	world->event.fields = world->fields;
	world->scope = (struct condition_scope){.event = &world->event,
	                                        .age = -1,
	                                        .child = world->child,
	                                        .context = world,
	                                        .open = world_open,
	                                        .seen = world_seen,
	                                        .first = world_first,
	                                        .failures = &world->failures};
}

static inline struct value text_value(const char *text)
{
	return (struct value){.kind = VALUE_STRING, .string = text_of(text)};
}

static inline struct value number_value(double number)
{
	return (struct value){.kind = VALUE_NUMBER, .number = number};
}

static inline void with(struct world *world, const char *name, struct value value)
{
	world->fields[world->event.field_count++] = (struct event_field){schema_name_add(text_of(name)), value};
}

static inline bool holds(struct world *world, const char *source)
{
	struct fault fault = {{0}};
	size_t at;
	struct condition_place place = {&world->event.type, world->scope.event ? 1 : 0};
	struct condition *condition = condition_compile(text_of(source), place, &fault, &at);
	if (!condition)
		fail_msg("%s: at %zu: %s", source, at, fault.text);
	bool answer = condition_holds(condition, &world->scope);
	condition_free(condition);
	return answer;
}

#endif

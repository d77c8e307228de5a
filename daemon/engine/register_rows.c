/* register_rows: the columns of a register's rows, from a child's events in the order of a history. */
#include "engine/register_internal.h"

#include "time/calendar.h"

#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
	const struct register_event *one = a, *other = b;
	return event_order(one->event, other->event);
}

static struct register_value integer(int64_t number)
{
	return (struct register_value){REGISTER_VALUE_INTEGER, {.integer = number}};
}

static struct register_value words(struct text text)
{
	return (struct register_value){REGISTER_VALUE_TEXT, {.text = text}};
}

static void put_moment(struct register_value *at, const struct register_event *event)
{
	at[0] = integer(event->event->time);
	at[1] = integer(event->event->day_precision);
	at[2] = integer(event->event->recorded != INSTANT_NONE ? event->event->recorded : event->arrived);
	at[3] = integer(event->arrived);
}

/* ---- one column, one event ---- */

static struct text list_words(const struct value *value, struct arena *scratch)
{
	struct buffer joined = {0};
	for (size_t i = 0; i < value->list.count; i++)
		if (value->list.items[i].kind == VALUE_STRING)
			buffer_format(&joined, "%s%.*s", joined.length ? ", " : "",
			              TEXT_ARG(value->list.items[i].string));
	struct text kept = text_keep(scratch, buffer_view(&joined));
	buffer_free(&joined);
	return kept;
}

static struct register_value value_of(const struct value *value, struct arena *scratch)
{
	switch (value->kind) {
	case VALUE_BOOL:
		return integer(value->boolean);
	case VALUE_NUMBER:
		return (struct register_value){REGISTER_VALUE_REAL, {.real = value->number}};
	case VALUE_STRING:
		return words(value->string);
	case VALUE_LIST:
		return words(list_words(value, scratch));
	case VALUE_ABSENT:
	case VALUE_OTHER:
		break;
	}
	return (struct register_value){.kind = REGISTER_VALUE_NULL};
}

static void put_field(const struct register_column *column, const struct event *event, struct register_value *at,
                      struct arena *scratch)
{
	const struct value *value = event_field(event, column->field);
	bool unreadable = value->kind == VALUE_ABSENT && event_set_aside(event, column->field);
	if (value->kind == VALUE_ABSENT && !unreadable)
		return; /* an event that does not say it leaves what an other one said */
	at[0] = value_of(value, scratch);
	if (column->tells_unreadable)
		at[1] = integer(unreadable);
}

static bool is_placeholder(struct text date, const struct zone *zone, instant at)
{
	civil_day birth;
	return !day_parse(date, &birth) || calendar_age(birth, zone_date(zone, at)) >= AGE_PLACEHOLDER;
}

/* Facts about a person: `restricted` fails closed, and a date of birth that cannot be one counts only where there is no
 * other. */
static void put_fact(const struct register_reading *reading, const struct register_column *column,
                     const struct event *event, struct register_value *at)
{
	const struct value *value = event_field(event, column->field);
	if (value->kind == VALUE_ABSENT) {
		if (event_set_aside(event, column->field) && strcmp(schema_name_text(column->field), "restricted") == 0)
			at[0] = integer(1);
		return;
	}
	bool birth = strcmp(schema_name_text(column->field), "date_of_birth") == 0;
	if (birth && at[0].kind == REGISTER_VALUE_TEXT && is_placeholder(value->string, reading->zone, event->time) &&
	    !is_placeholder(at[0].text, reading->zone, event->time))
		return;
	at[0] = value_of(value, reading->scratch);
}

static bool is_set(const struct register_column *column, const struct register_value *at)
{
	return at[0].kind != REGISTER_VALUE_NULL ||
	       (column->tells_unreadable && at[1].kind == REGISTER_VALUE_INTEGER && at[1].integer);
}

static void put_column(const struct register_reading *reading, const struct register_column *column,
                       const struct register_event *event, struct register_value *at)
{
	switch (column->source) {
	case REGISTER_FIRST:
		if (is_set(column, at))
			return;
		break;
	case REGISTER_LAST:
		break;
	case REGISTER_COUNT:
		at[0].integer++;
		return;
	case REGISTER_OPEN:
		return;
	}
	if (column->person_fact)
		put_fact(reading, column, event->event, at);
	else if (column->field)
		put_field(column, event->event, at, reading->scratch);
	else
		put_moment(at, event);
}

/* ---- a child's rows ---- */

static void make_values(const struct register_def *def, struct register_draft *draft, struct arena *scratch)
{
	draft->values = arena_alloc(scratch, def->field_count * sizeof *draft->values);
	memset(draft->values, 0, def->field_count * sizeof *draft->values);
	for (size_t i = 0; i < def->column_count; i++)
		if (def->columns[i].source == REGISTER_COUNT)
			draft->values[def->columns[i].at] = integer(0);
}

static void fill_columns(const struct register_def *def, const struct register_reading *reading,
                         const struct register_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct register_draft *draft = register_draft_of(reading, events[i].event);
		for (size_t c = 0; draft && c < def->column_count; c++)
			if (register_selected(&def->columns[c].from, events[i].event))
				put_column(reading, &def->columns[c], &events[i], draft->values + def->columns[c].at);
	}
}

/* Since when a state is open for the child: the earliest opening of those that nothing has ended. */
static void fill_open_state(const struct register_reading *rows, const struct register_column *column,
                            const struct register_event *events, size_t count)
{
	struct register_reading state = {.zone = rows->zone, .keys = column->keys, .opens = &column->from,
	                                 .closes = &column->to, .again = true, .scratch = rows->scratch};
	instant since = INSTANT_NEVER;
	register_read_intervals(&state, events, count);
	for (size_t i = 0; i < state.draft_count; i++)
		if (state.drafts[i]->opened && state.drafts[i]->closes_at == INSTANT_NEVER &&
		    state.drafts[i]->opened->event->time < since)
			since = state.drafts[i]->opened->event->time;
	register_reading_free(&state);
	for (size_t i = 0; since != INSTANT_NEVER && i < rows->draft_count; i++)
		rows->drafts[i]->values[column->at] = integer(since);
}

static void fill_interval(const struct register_def *def, const struct register_draft *draft)
{
	if (draft->opened)
		put_moment(draft->values + def->field_opened, draft->opened);
	if (draft->closed) {
		put_moment(draft->values + def->field_closed, draft->closed);
	} else if (draft->closed_by) { /* a birthday, which nobody recorded */
		draft->values[def->field_closed] = integer(draft->closes_at);
		draft->values[def->field_closed + 1] = integer(0);
	}
	if (draft->closed_by)
		draft->values[def->field_closed_by] = words(text_of(draft->closed_by));
	if (draft->contradiction)
		put_moment(draft->values + def->field_contradiction, draft->contradiction);
}

static void fill_head(const struct register_def *def, const struct register_draft *draft, struct text child)
{
	draft->values[0] = words(child);
	for (size_t k = 0; k < REGISTER_KEYS && def->keys[k]; k++)
		draft->values[1 + k] = words(draft->keys[k].length ? draft->keys[k] : TEXT(""));
	if (def->field_opened != SIZE_MAX)
		fill_interval(def, draft);
}

static civil_day birth_of(const struct zone *zone, const struct register_event *events, size_t count)
{
	uint16_t name = schema_name(TEXT("date_of_birth"));
	struct text best = TEXT_NONE;
	civil_day birth = DAY_NONE;
	for (size_t i = 0; i < count; i++) {
		struct text said = events[i].event->type == TYPE_ID_CHILD_UPDATED ? event_string(events[i].event, name)
		                                                                  : TEXT_NONE;
		instant at = events[i].event->time;
		if (said.length && (!best.length || !is_placeholder(said, zone, at) || is_placeholder(best, zone, at)))
			best = said;
	}
	return best.length && day_parse(best, &birth) ? birth : DAY_NONE;
}

/* A worker, a source or a task has a history too; only a child is a row of a register about children. */
static bool tells_of_a_child(const struct register_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct event_type *type = schema_type(events[i].event->type);
		if (type && type->subject == SUBJECT_CHILD)
			return true;
	}
	return false;
}

static void read_rows(const struct register_def *def, struct register_reading *reading,
                      const struct register_event *events, size_t count)
{
	if (!def->every_child) {
		register_read_intervals(reading, events, count);
		register_close_at_birthday(reading, def->until_age ? birth_of(reading->zone, events, count) : DAY_NONE,
		                           def->until_age);
		return;
	}
	if (tells_of_a_child(events, count))
		register_only_row(reading);
}

enum result register_rows(const struct register_def *def, const struct zone *zone, struct text child,
                          struct register_event *events, size_t count, struct arena *scratch, register_row_visit *visit,
                          void *argument, struct fault *fault)
{
	struct register_reading reading = {.zone = zone, .keys = def->keys, .row = &def->row, .opens = &def->opens,
	                                   .closes = &def->closes, .again = def->again, .each = def->each,
	                                   .scratch = scratch};
	enum result result = RESULT_OK;
	if (count)
		qsort(events, count, sizeof *events, by_order);
	read_rows(def, &reading, events, count);
	for (size_t i = 0; i < reading.draft_count; i++)
		make_values(def, reading.drafts[i], scratch);
	fill_columns(def, &reading, events, count);
	for (size_t c = 0; c < def->column_count && reading.draft_count; c++)
		if (def->columns[c].source == REGISTER_OPEN)
			fill_open_state(&reading, &def->columns[c], events, count);
	for (size_t i = 0; i < reading.draft_count && result == RESULT_OK; i++) {
		const struct register_draft *draft = reading.drafts[i];
		if (def->again && !draft->opened)
			continue; /* an end of what never began */
		fill_head(def, draft, child);
		result = visit(argument, def, draft->values, fault);
	}
	register_reading_free(&reading);
	return result;
}

static bool names_type(const struct selectors *selectors, type_id type)
{
	for (size_t i = 0; i < selectors->count; i++)
		if (selectors->items[i].type == type)
			return true;
	return false;
}

static bool reads_type(const struct register_def *def, type_id type)
{
	const struct event_type *known = schema_type(type);
	if (type == TYPE_ID_CHILD_DIED || type == TYPE_ID_CHILD_TRANSFERRED || type == TYPE_ID_CHILD_UPDATED)
		return true;
	if (names_type(&def->row, type) || names_type(&def->opens, type) || names_type(&def->closes, type))
		return true;
	for (size_t i = 0; i < def->column_count; i++)
		if (names_type(&def->columns[i].from, type) || names_type(&def->columns[i].to, type))
			return true;
	return def->every_child && known && known->subject == SUBJECT_CHILD;
}

bool *registers_read_types(const struct ruleset *rules)
{
	bool *wanted = mem_zero(SCHEMA_NAMES_MAX, sizeof *wanted);
	for (size_t type = 0; type < SCHEMA_NAMES_MAX; type++)
		for (size_t i = 0; i < rules->register_count; i++)
			wanted[type] |= reads_type(&rules->registers[i], (type_id)type);
	return wanted;
}

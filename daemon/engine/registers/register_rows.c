/* register_rows: the columns of a register's rows, from a child's events in the order of a history. */
#include "engine/registers/register_internal.h"

#include "time/calendar.h"

#include <stdlib.h>

/* What is reckoned of a child, stage by stage; each goes on where it stopped. */
struct register_reckoning {
	const struct register_def *def;
	struct text child;
	struct register_order order;
	struct register_reading reading, state; /* its rows; and what a column of an open state reads */
	enum { STAGE_ORDER, STAGE_READ, STAGE_VALUES, STAGE_COLUMNS, STAGE_STATES, STAGE_DONE } stage;
	size_t at;                              /* the row, event or column that the stage is at */
	size_t shown;                           /* rows, and drafts that are none */
};

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

/* Facts about a person: a date of birth that cannot be one counts only where there is no other. `restricted` that
 * cannot be read is never absent: it means restricted (event/event_check.h). */
static void put_fact(const struct register_reading *reading, const struct register_column *column,
                     const struct event *event, struct register_value *at)
{
	const struct value *value = event_field(event, column->field);
	if (value->kind == VALUE_ABSENT)
		return;
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

static void fill_columns(const struct register_def *def, struct register_reading *reading,
                         const struct register_event *event, int64_t *left)
{
	struct register_draft *draft = register_draft_of(reading, event->event, left);
	for (size_t c = 0; draft && c < def->column_count; c++)
		if (register_selected(&def->columns[c].from, event->event))
			put_column(reading, &def->columns[c], event, draft->values + def->columns[c].at);
}

/* Since when a state is open for the child: the earliest opening of those that nothing has ended. */
static void fill_open_state(const struct register_reading *rows, const struct register_column *column,
                            const struct register_reading *state)
{
	instant since = INSTANT_NEVER;
	for (size_t i = 0; i < state->draft_count; i++)
		if (state->drafts[i]->opened && state->drafts[i]->closes_at == INSTANT_NEVER &&
		    state->drafts[i]->opened->event->time < since)
			since = state->drafts[i]->opened->event->time;
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

static bool read_rows(struct register_reckoning *reckoning, int64_t *left)
{
	const struct register_def *def = reckoning->def;
	const struct register_order *order = &reckoning->order;
	struct register_reading *reading = &reckoning->reading;
	if (def->every_child) {
		if (tells_of_a_child(order->events, order->count))
			register_only_row(reading);
		return true;
	}
	if (!register_read_intervals(reading, order->events, order->count, left))
		return false;
	register_close_at_birthday(reading, def->until_age ? birth_of(reading->zone, order->events, order->count)
	                                                   : DAY_NONE, def->until_age);
	return true;
}

static bool fill_states(struct register_reckoning *reckoning, int64_t *left)
{
	const struct register_def *def = reckoning->def;
	const struct register_order *order = &reckoning->order;
	struct register_reading *rows = &reckoning->reading, *state = &reckoning->state;
	for (; rows->draft_count && reckoning->at < def->column_count; reckoning->at++) {
		const struct register_column *column = &def->columns[reckoning->at];
		if (column->source != REGISTER_OPEN)
			continue;
		if (!state->opens)
			*state = (struct register_reading){.zone = rows->zone, .keys = column->keys,
			                                   .opens = &column->from, .closes = &column->to,
			                                   .again = true, .scratch = rows->scratch};
		if (!register_read_intervals(state, order->events, order->count, left))
			return false;
		fill_open_state(rows, column, state);
		register_reading_free(state);
	}
	return true;
}

/* Whether the stage is over; `left` is used up where it is not. */
static bool reckon_stage(struct register_reckoning *reckoning, int64_t *left)
{
	struct register_reading *reading = &reckoning->reading;
	const struct register_order *order = &reckoning->order;
	switch (reckoning->stage) {
	case STAGE_ORDER:
		return register_order_step(&reckoning->order, left);
	case STAGE_READ:
		return read_rows(reckoning, left);
	case STAGE_VALUES:
		for (; *left > 0 && reckoning->at < reading->draft_count; --*left)
			make_values(reckoning->def, reading->drafts[reckoning->at++], reading->scratch);
		return reckoning->at == reading->draft_count;
	case STAGE_COLUMNS:
		for (; *left > 0 && reckoning->at < order->count; --*left)
			fill_columns(reckoning->def, reading, &order->events[reckoning->at++], left);
		return reckoning->at == order->count;
	case STAGE_STATES:
		return fill_states(reckoning, left);
	case STAGE_DONE:
		break;
	}
	return true;
}

struct register_reckoning *register_reckoning_new(const struct register_def *def, const struct zone *zone,
                                                  struct text child, struct register_event *events, size_t count,
                                                  struct arena *scratch)
{
	struct register_reckoning *reckoning = MEM_NEW(struct register_reckoning);
	reckoning->def = def;
	reckoning->child = child;
	reckoning->order = (struct register_order){.events = events, .count = count};
	reckoning->reading = (struct register_reading){.zone = zone, .keys = def->keys, .row = &def->row,
	                                               .opens = &def->opens, .closes = &def->closes,
	                                               .again = def->again, .each = def->each, .scratch = scratch};
	return reckoning;
}

void register_reckoning_free(struct register_reckoning *reckoning)
{
	if (!reckoning)
		return;
	register_order_free(&reckoning->order);
	register_reading_free(&reckoning->reading);
	register_reading_free(&reckoning->state);
	free(reckoning);
}

bool register_reckon(struct register_reckoning *reckoning, int64_t *left)
{
	while (reckoning->stage != STAGE_DONE && reckon_stage(reckoning, left)) {
		reckoning->stage++;
		reckoning->at = 0;
	}
	return reckoning->stage == STAGE_DONE;
}

const struct register_value *register_reckoned_row(struct register_reckoning *reckoning)
{
	const struct register_reading *reading = &reckoning->reading;
	const struct register_def *def = reckoning->def;
	while (reckoning->shown < reading->draft_count) {
		const struct register_draft *draft = reading->drafts[reckoning->shown++];
		if (def->again && !draft->opened)
			continue; /* an end of what never began */
		fill_head(def, draft, reckoning->child);
		return draft->values;
	}
	return NULL;
}

/* list_facts: the SELECTs of a list, asked one after another of one state of the database. */
#include "report/list_facts.h"

#include "base/map.h"
#include "report/list_alerts.h"
#include "report/list_unread.h"
#include "report/reader.h"
#include "store/events/events.h"
#include "store/registers/registers.h"
#include "store/sources.h"

#include <stdlib.h>

#define INITIALS_MOST 6 /* letters */
#define DAY_OF_WALL ((int64_t)86400 * SECOND)

/* The facts while they are read. */
struct reading {
	const struct list_request *request;
	struct list_facts *facts;
	struct reader *reader;
	struct store *store; /* NULL: a sample */
	struct list_child **children;
	size_t child_count, child_room;
	struct map by_id;
	struct reader_rows *child_query, *allocation_query, *id_query;
	size_t unread_room;
	struct fault *fault;
};

bool list_incomplete(const struct config_list *list, const struct list_completeness *completeness, instant as_of)
{
	if (completeness->complete_to != INSTANT_NONE)
		return completeness->complete_to < as_of - list->quiet_hours * HOUR;
	return completeness->last_arrival == INSTANT_NONE ||
	       completeness->last_arrival < as_of - list->unconfirmed_hours * HOUR;
}

static struct text keep_text(const struct reading *reading, struct text text)
{
	return text_keep(reading->facts->arena, text);
}

/* ---- children ---- */

static const char child_sql[] = "SELECT coalesce(initials, ''), age(date_of_birth), coalesce(restricted, 0) FROM child"
				" WHERE child = :child";
static const char allocation_sql[] =
	"SELECT role, worker, coalesce(team, '') FROM allocation WHERE child = :child AND opened <= :as_of"
	" AND (closed IS NULL OR closed > :as_of) ORDER BY role <> 'social-worker', opened, role, worker";
static const char id_sql[] = "SELECT child FROM register_id WHERE id = :id";

static void read_allocations(struct reading *reading, struct list_child *child)
{
	struct reader_rows *rows = reading->allocation_query;
	struct allocation *found = NULL;
	size_t room = 0;
	reader_bind_text(rows, "child", child->id);
	while (reader_next(rows))
		*(struct allocation *)mem_push((void **)&found, &child->allocation_count, &room, sizeof *found) =
			(struct allocation){keep_text(reading, reader_text(rows, 0)),
		                            keep_text(reading, reader_text(rows, 1)),
		                            keep_text(reading, reader_text(rows, 2))};
	reader_again(rows);
	child->allocations = arena_alloc(reading->facts->arena, (child->allocation_count + 1) * sizeof *found);
	if (found)
		memcpy(child->allocations, found, child->allocation_count * sizeof *found);
	free(found);
}

/* Longer ones are no initials, and may be a name; a phone has no room for them. The child is known by the id. */
static struct text keep_initials(const struct reading *reading, struct text initials)
{
	static const char more[] = "…";
	size_t at = 0;
	if (text_columns(initials) <= INITIALS_MOST)
		return keep_text(reading, initials);
	for (size_t columns = 0; columns < INITIALS_MOST || ((unsigned char)initials.at[at] & 0xc0) == 0x80; at++)
		columns += ((unsigned char)initials.at[at] & 0xc0) != 0x80;
	char *cut = arena_alloc(reading->facts->arena, at + sizeof more);
	memcpy(cut, initials.at, at);
	memcpy(cut + at, more, sizeof more);
	return (struct text){cut, at + sizeof more - 1};
}

static struct list_child *read_child(struct reading *reading, struct text id)
{
	struct list_child *child = arena_alloc(reading->facts->arena, sizeof *child);
	*child = (struct list_child){.id = keep_text(reading, id), .age = -1};
	struct reader_rows *rows = reading->child_query;
	reader_bind_text(rows, "child", id);
	if (reader_next(rows)) {
		child->initials = keep_initials(reading, reader_text(rows, 0));
		child->age = reader_is_null(rows, 1) ? -1 : (int)reader_integer(rows, 1);
		child->restricted = reader_integer(rows, 2) != 0;
	}
	reader_again(rows);
	read_allocations(reading, child);
	return child;
}

static struct list_child *child_of(struct reading *reading, struct text id)
{
	uint64_t hash = text_hash(id, hash_seed());
	struct map_walk walk = map_walk(&reading->by_id, hash);
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (text_equal(reading->children[number]->id, id))
			return reading->children[number];
	struct list_child *child = read_child(reading, id);
	map_add(&reading->by_id, hash, (uint32_t)reading->child_count);
	*(struct list_child **)mem_push((void **)&reading->children, &reading->child_count, &reading->child_room,
	                                sizeof child) = child;
	return child;
}

/* ---- SELECTs ---- */

static void bind_numbers(const struct reading *reading, struct reader_rows *rows)
{
	const struct config_list *list = reading->request->list;
	for (size_t i = 0; i < list->number_count; i++)
		reader_bind_integer(rows, list->numbers[i].name, list->numbers[i].value);
}

/* Opens the SELECT, sees that it names nothing unknown, and notes its columns; `without` is not among them. */
static enum result open_select(struct reading *reading, const struct list_select *select, const char *without,
                               struct reader_rows **rows, const char *const **columns, size_t *count)
{
	const struct config_list *list = reading->request->list;
	const char *names[128] = {"child", "initials"};
	enum result result = reader_query(reading->reader, select->sql, rows, reading->fault);
	if (result != RESULT_OK)
		return result;
	for (size_t i = 0; i < list->number_count && i < 100; i++)
		names[i + 2] = list->numbers[i].name;
	result = reader_check(*rows, names, reading->fault);
	bind_numbers(reading, *rows);
	const char **made = arena_alloc(reading->facts->arena, (reader_columns(*rows) + 1) * sizeof *made);
	bool found = !*without;
	*count = 0;
	for (size_t i = 0; i < reader_columns(*rows); i++) {
		const char *name = reader_column_name(*rows, i);
		if (strcmp(name, without) == 0)
			found = true;
		else
			made[(*count)++] = arena_copy_text(reading->facts->arena, name, strlen(name));
	}
	*columns = made;
	if (result == RESULT_OK && !found)
		result = fault_set(reading->fault, RESULT_PERMANENT, "each row needs a column \"%s\": whose it is",
		                   without);
	if (result != RESULT_OK) {
		result = reader_end(*rows, result, reading->fault);
		*rows = NULL;
	}
	return result;
}

static const struct text *keep_values(const struct reading *reading, struct reader_rows *rows, size_t count,
                                      const char *without, struct text *whose)
{
	struct text *values = arena_alloc(reading->facts->arena, (count + 1) * sizeof *values);
	size_t at = 0;
	for (size_t i = 0; i < reader_columns(rows); i++) {
		bool is_child = strcmp(reader_column_name(rows, i), without) == 0;
		struct text value = reader_is_null(rows, i) ? TEXT_NONE : keep_text(reading, reader_text(rows, i));
		if (is_child)
			*whose = value;
		else
			values[at++] = value;
	}
	return values;
}

/* What stands where the row is of no child: a task, an indicator. */
static bool has_name(const struct list_rows *rows, const struct text *values)
{
	for (size_t i = 0; i < rows->column_count; i++)
		if (strcmp(rows->columns[i], "name") == 0)
			return values[i].length > 0;
	return false;
}

/* `into->items` are in the heap until the end: list_facts_free. */
static enum result read_rows(struct reading *reading, const struct list_select *select, bool plain,
                             struct list_rows *into)
{
	struct reader_rows *rows;
	enum result result =
		open_select(reading, select, plain ? "" : "child", &rows, &into->columns, &into->column_count);
	if (result != RESULT_OK)
		return result;
	const char *without = plain ? "\n" : "child"; /* no column is called so */
	while (reader_next(rows)) {
		struct text whose = TEXT_NONE;
		const struct text *values = keep_values(reading, rows, into->column_count, without, &whose);
		const struct list_child *child = whose.length ? child_of(reading, whose) : NULL;
		if (child ? !child->restricted : plain || has_name(into, values))
			*(struct list_row *)mem_push((void **)&into->items, &into->count, &into->room,
			                             sizeof(struct list_row)) = (struct list_row){child, values, NULL};
	}
	return reader_end(rows, RESULT_OK, reading->fault);
}

static enum result read_figures(struct reading *reading)
{
	struct list_facts *facts = reading->facts;
	const struct list_select *select = &reading->request->list->children;
	struct reader_rows *rows;
	size_t children = reading->child_count;
	if (!select->sql)
		return RESULT_OK;
	enum result result =
		open_select(reading, select, "", &rows, &facts->figure_columns, &facts->figure_column_count);
	for (size_t i = 0; i < children && result == RESULT_OK; i++) {
		struct list_child *child = reading->children[i];
		struct text unused;
		reader_bind_text(rows, "child", child->id);
		reader_bind_text(rows, "initials", child->initials);
		if (reader_next(rows)) {
			const struct text *values =
				keep_values(reading, rows, facts->figure_column_count, "\n", &unused);
			child->figures = arena_alloc(facts->arena, (facts->figure_column_count + 1) * sizeof *values);
			memcpy(child->figures, values, facts->figure_column_count * sizeof *values);
		}
		reader_again(rows);
	}
	return result == RESULT_OK ? reader_end(rows, RESULT_OK, reading->fault) : result;
}

static enum result read_report(struct reading *reading, const struct list_select **at)
{
	const struct list_request *request = reading->request;
	const struct config_list *list = request->list;
	if (!list->report)
		return RESULT_OK;
	instant due = request->due > 0 ? request->due : request->as_of;
	struct report_request own = {.list = list,
	                             .zone = request->zone,
	                             .told = request->told,
	                             .due = due,
	                             .as_of = request->as_of,
	                             .go_live = request->go_live,
	                             .last = request->last,
	                             .team = request->team,
	                             .person = request->person,
	                             .full = request->full,
	                             .tries = !request->database};
	if (own.told.next <= own.told.first)
		own.told = period_told(list->report->tells, zone_date(request->zone, due));
	return report_facts_read(&own, reading->reader, reading->facts->arena, &reading->facts->report, at,
	                         reading->fault);
}

static enum result read_sections(struct reading *reading, const struct list_select **at)
{
	const struct config_list *list = reading->request->list;
	struct list_facts *facts = reading->facts;
	enum result result = read_report(reading, at);
	facts->sections = arena_alloc(facts->arena, (list->section_count + 1) * sizeof *facts->sections);
	memset(facts->sections, 0, (list->section_count + 1) * sizeof *facts->sections);
	for (size_t i = 0; i < list->section_count && result == RESULT_OK; i++) {
		*at = &list->sections[i].select;
		result = read_rows(reading, *at, list->sections[i].plain, &facts->sections[i]);
	}
	if (result == RESULT_OK) {
		*at = &list->children;
		result = read_figures(reading);
	}
	if (result == RESULT_OK && list->count.sql) {
		*at = &list->count;
		result = read_rows(reading, *at, false, &facts->count);
	}
	if (result == RESULT_OK && list->trend.sql) {
		*at = &list->trend;
		result = read_rows(reading, *at, false, &facts->trend);
	}
	return result;
}

/* ---- what is beside the registers ---- */

static struct text canonical(struct reading *reading, struct text id)
{
	struct reader_rows *rows = reading->id_query;
	reader_bind_text(rows, "id", id);
	struct text found = reader_next(rows) ? keep_text(reading, reader_text(rows, 0)) : id;
	reader_again(rows);
	return found;
}

static enum result take_refused(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct reading *reading = argument;
	const struct config_list *list = reading->request->list;
	struct list_refused refused;
	(void)fault;
	list_read_refused(row->bytes, row->reason, list->unread, list->unread_count, &refused);
	if (!refused.concerns || row->arrived > reading->request->as_of)
		return RESULT_OK;
	const struct list_child *child =
		refused.subject.length ? child_of(reading, canonical(reading, refused.subject)) : NULL;
	if (child && child->restricted)
		return RESULT_OK;
	*(struct list_unread *)mem_push((void **)&reading->facts->unread, &reading->facts->unread_count,
	                                &reading->unread_room, sizeof(struct list_unread)) = (struct list_unread){
		child, row->arrived, arena_copy_text(reading->facts->arena, refused.lack, strlen(refused.lack))};
	return RESULT_OK;
}

static enum result take_source(void *argument, const struct source_row *row, struct fault *fault)
{
	struct reading *reading = argument;
	struct list_completeness *known = &reading->facts->completeness;
	(void)fault;
	const struct config_list *list = reading->request->list;
	bool asked = !row->confirms;
	for (size_t i = 0; i < list->need_not_confirm_count && asked; i++)
		asked = !text_equal(text_of(list->need_not_confirm[i]), row->source);
	if (!asked)
		return RESULT_OK;
	struct text *grown = arena_alloc(reading->facts->arena, (known->never_count + 1) * sizeof *grown);
	if (known->never_count)
		memcpy(grown, known->never, known->never_count * sizeof *grown);
	grown[known->never_count++] = keep_text(reading, row->source);
	known->never = grown;
	return RESULT_OK;
}

/* Before the rows: what a source confirms while they are read would be said of rows that lack it. */
static enum result read_completeness(struct reading *reading)
{
	struct list_completeness *known = &reading->facts->completeness;
	enum result result = store_open(reading->request->database, STORE_READ, &reading->store, reading->fault);
	if (result != RESULT_OK)
		return result;
	result = sources_complete(reading->store, &known->complete_to, &known->last_arrival, reading->fault);
	return result == RESULT_OK ? sources_each(reading->store,
	                                          reading->request->as_of - LIST_NEVER_DAYS * 24 * HOUR, take_source,
	                                          reading, reading->fault)
	                           : result;
}

static enum result read_beside(struct reading *reading)
{
	enum result result = RESULT_OK;
	if (reading->request->list->unread_count)
		result = quarantine_each(reading->store, true, take_refused, reading, reading->fault);
	return result == RESULT_OK ? list_alerts_read(reading->request, reading->store, reading->reader, reading->facts,
	                                              reading->fault)
	                           : result;
}

/* ---- the whole ---- */

static struct list_facts *new_facts(const struct list_request *request)
{
	struct arena *arena = arena_new(64 * 1024);
	struct list_facts *facts = arena_alloc(arena, sizeof *facts);
	civil_day today = zone_date(request->zone, request->as_of);
	*facts = (struct list_facts){.arena = arena, .as_of = request->as_of, .last = request->last};
	facts->completeness.complete_to = facts->completeness.last_arrival = INSTANT_NONE;
	facts->first_monday = today - day_of_week(today) - 7 * request->list->trend_weeks;
	return facts;
}

static void ask(struct reading *reading)
{
	const struct list_request *request = reading->request;
	civil_day first = reading->facts->first_monday;
	reader_ask(reading->reader, &(struct reader_question){
		.as_of = request->as_of, .last = request->last, .go_live = request->go_live,
		.first = zone_midnight(request->zone, first),
		.end = zone_midnight(request->zone, first + 7 * request->list->trend_weeks)});
}

static enum result open_own(struct reading *reading)
{
	enum result result = reader_query(reading->reader, child_sql, &reading->child_query, reading->fault);
	if (result == RESULT_OK)
		result = reader_query(reading->reader, allocation_sql, &reading->allocation_query, reading->fault);
	if (result == RESULT_OK)
		result = reader_query(reading->reader, id_sql, &reading->id_query, reading->fault);
	return result;
}

static void end_reading(struct reading *reading)
{
	struct fault unused;
	(void)!reader_end(reading->child_query, RESULT_OK, &unused);
	(void)!reader_end(reading->allocation_query, RESULT_OK, &unused);
	(void)!reader_end(reading->id_query, RESULT_OK, &unused);
	map_free(&reading->by_id);
	free(reading->children);
}

struct list_facts *list_facts_read(const struct list_request *request, enum result *result, struct fault *fault)
{
	const struct list_select *at = NULL;
	struct reading reading = {.request = request, .facts = new_facts(request), .fault = fault};
	reading.reader = reader_open(request->database, request->rules, request->zone, fault);
	*result = reading.reader ? RESULT_OK : RESULT_PERMANENT;
	if (*result == RESULT_OK) {
		reader_use(reading.reader, request->calendar, request->directory);
		ask(&reading);
		*result = read_completeness(&reading);
	}
	if (*result == RESULT_OK)
		*result = reader_begin(reading.reader, fault);
	if (*result == RESULT_OK)
		*result = open_own(&reading);
	if (*result == RESULT_OK)
		*result = read_sections(&reading, &at);
	if (*result == RESULT_OK)
		*result = read_beside(&reading);
	if (reading.reader)
		reading.facts->unreadable =
			reader_unreadable(reading.reader, &reading.facts->unreadable_last);
	end_reading(&reading);
	if (reading.store)
		store_close(reading.store);
	reader_close(reading.reader);
	if (*result == RESULT_OK)
		return reading.facts;
	list_facts_free(reading.facts);
	return NULL;
}

static struct list_facts *read_sample(const struct list_request *request, struct reader *reader, size_t rows,
                                      const struct list_select **wrong, struct fault *fault)
{
	struct reading reading = {.request = request, .reader = reader, .facts = new_facts(request), .fault = fault};
	*wrong = NULL;
	reader_use(reader, request->calendar, request->directory);
	ask(&reading);
	enum result result = open_own(&reading);
	if (result == RESULT_OK)
		result = read_sections(&reading, wrong);
	end_reading(&reading);
	if (result == RESULT_OK) {
		list_alerts_example(request->list, reading.facts, rows);
		*wrong = NULL;
		return reading.facts;
	}
	list_facts_free(reading.facts);
	return NULL;
}

struct list_facts *list_facts_sample(const struct config_list *list, struct reader *reader, const struct zone *zone,
                                     const struct list_select **wrong, struct fault *fault)
{
	struct list_request request = {.zone = zone, .list = list, .as_of = 0, .last = 0, .go_live = INSTANT_NONE};
	return read_sample(&request, reader, 0, wrong, fault);
}

struct list_facts *list_facts_invented(const struct list_request *request, size_t rows,
                                       const struct list_select **wrong, struct fault *fault)
{
	struct reader_sample sample = {rows, request->as_of, request->directory};
	struct reader *reader = reader_open_sample(request->rules, request->zone, &sample, fault);
	*wrong = NULL;
	struct list_facts *facts = reader ? read_sample(request, reader, rows, wrong, fault) : NULL;
	reader_close(reader);
	return facts;
}

void list_facts_free(struct list_facts *facts)
{
	if (!facts)
		return;
	struct list_rows *count = &facts->count, *trend = &facts->trend;
	for (struct list_rows *rows = facts->sections; rows && rows->columns; rows++)
		free(rows->items);
	free(count->items);
	free(trend->items);
	free(facts->unread);
	report_facts_free(facts->report);
	arena_free(facts->arena);
}

/* list_alerts: each row's message is looked up, and its alert is read as the courier reads it. */
#include "report/list_alerts.h"

#include "message/alert_context.h"
#include "store/events/events.h"
#include "store/store.h"

#include <stdlib.h>

#define NO_COLUMN ((size_t)-1)

struct reading_alerts {
	const struct list_request *request;
	struct reader *reader;
	struct list_facts *facts;
	struct arena *scratch; /* of one alert */
	struct alert_context_sources sources;
	struct fault *fault;
};

static size_t column_of(const struct list_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->column_count; i++)
		if (strcmp(rows->columns[i], name) == 0)
			return i;
	return NO_COLUMN;
}

/* The ids that were merged with the subject, by the registers. */
static size_t linked(void *context, struct text subject, struct text *ids, size_t room)
{
	struct reading_alerts *reading = context;
	struct reader_rows *rows;
	size_t count = 0;
	ids[count++] = subject;
	if (reader_query(reading->reader, "SELECT id FROM register_id WHERE child = :child", &rows, reading->fault) !=
	    RESULT_OK)
		return count; /* its own id alone: the alert is shown all the same */
	reader_bind_text(rows, "child", subject);
	while (count < room && reader_next(rows)) {
		struct text id = reader_text(rows, 0);
		if (!text_equal(id, subject))
			ids[count++] = text_keep(reading->scratch, id);
	}
	(void)!reader_end(rows, RESULT_OK, reading->fault);
	return count;
}

struct found {
	struct outbox_row row;
	struct arena *arena;
	bool found;
};

static enum result take_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct found *found = argument;
	(void)fault;
	found->row = *row;
	alert_context_own_row(&found->row, found->arena);
	found->found = true;
	return RESULT_OK;
}

static enum result read_alert(struct reading_alerts *reading, struct store *store, int64_t message,
                              const struct list_alert **alert)
{
	struct found found = {.arena = reading->facts->arena};
	struct alert_context context;
	enum result result = outbox_find(store, message, take_row, &found, reading->fault);
	if (result != RESULT_OK || !found.found)
		return result;
	const struct list_request *request = reading->request;
	result = alert_context_alert(&reading->sources, &found.row, request->as_of, reading->scratch, &context,
	                             reading->fault);
	if (result != RESULT_OK)
		return result;
	const char *role = arena_copy_text(reading->scratch, found.row.role.at, found.row.role.length);
	struct message_input input = {.purpose = message_purpose_of(found.row.purpose),
	                              .alerts = &context.alert,
	                              .alert_count = 1,
	                              .payload = context.alert.payload,
	                              .role = role,
	                              .role_title = directory_role_title(request->directory, role),
	                              .now = request->as_of,
	                              .calendar = request->calendar,
	                              .directory = request->directory};
	struct data *said = data_new(DATA_MAP, reading->facts->arena);
	message_put_brief(&input, said, reading->facts->arena);
	struct list_alert *kept = arena_alloc(reading->facts->arena, sizeof *kept);
	*kept = (struct list_alert){said, found.row, context.alert.number};
	*alert = kept;
	return RESULT_OK;
}

static enum result read_section(struct reading_alerts *reading, struct store *store, const struct list_section *section,
                                struct list_rows *rows)
{
	size_t column = column_of(rows, "message");
	enum result result = RESULT_OK;
	if (column == NO_COLUMN)
		return fault_set(reading->fault, RESULT_PERMANENT,
		                 "section %s has alerts, so its SELECT needs a column \"message\": the number of the "
		                 "message that told of it",
		                 section->id);
	for (size_t i = 0; i < rows->count && i < LIST_ALERTS_MOST && result == RESULT_OK; i++) {
		struct text digits = rows->items[i].values[column];
		reading->scratch = arena_new(64 * 1024);
		int64_t message = strtoll(arena_copy_text(reading->scratch, digits.at, digits.length), NULL, 10);
		result = read_alert(reading, store, message, &rows->items[i].alert);
		arena_free(reading->scratch);
	}
	return result;
}

enum result list_alerts_read(const struct list_request *request, struct store *store, struct reader *reader,
                             struct list_facts *facts, struct fault *fault)
{
	struct reading_alerts reading = {.request = request, .reader = reader, .facts = facts, .fault = fault};
	enum result result = RESULT_OK;
	/* What was accepted stays readable when limits are lowered. */
	struct event_parser *parser = event_parser_new((struct event_limits){SIZE_MAX / 2, 1024},
	                                               request->type_prefix ? text_of(request->type_prefix) : TEXT_NONE,
	                                               request->zone);
	events_set_parser(store, parser);
	reading.sources = (struct alert_context_sources){.store = store, .directory = request->directory,
	                                                 .rules = request->rules, .calendar = request->calendar,
	                                                 .linked = linked, .context = &reading};
	for (size_t i = 0; i < request->list->section_count && result == RESULT_OK; i++)
		if (request->list->sections[i].alerts && request->calendar && request->directory)
			result = read_section(&reading, store, &request->list->sections[i], &facts->sections[i]);
	events_set_parser(store, NULL);
	event_parser_free(parser);
	return result;
}

/* ---- invented ---- */

static void put_fact(struct data *facts, const char *label, const char *value, const char *more)
{
	struct data *fact = data_item(facts);
	data_string(fact, "label", label);
	data_string(fact, "value", value);
	data_string(fact, "more", more);
}

struct example {
	const char *severity, *title, *state, *to_do;
	const char *facts[3][3]; /* label, value, and what stands below */
};

static const struct example examples[] = {
	{"Critical", "A child in police custody qualifies for a bed", "Answer by 08:40",
         "find a bed, or record why there is none.",
         {{"Held at", "Northgate police station", ""}, {"Bed asked for", "Not recorded", ""}}},
	{"High", "Return interview overdue", "Answer by the end of Thursday 5 February",
         "offer the child an interview with someone independent, today.",
         {{"Returned", "Saturday 31 January, 21:00", ""},
          {"Interview due", "Tuesday 3 February, 21:00", "11 hours overdue"},
          {"Held or declined", "Not recorded", ""}}},
	{"Normal", "No feedback after a night in custody", "Nobody has answered for 3 days. Waiting for your answer",
         "ask the young person how they were treated, and record it.",
         {{"Feedback due", "By the end of Monday 2 February", "31 hours overdue"},
          {"Feedback", "Not recorded", ""}}},
};

static const struct data *make_example(struct arena *arena, size_t at)
{
	size_t kind = at % (sizeof examples / sizeof *examples);
	const struct example *example = &examples[kind];
	struct data *said = data_new(DATA_MAP, arena);
	data_format(said, "number", "A-%zu", 2029 + at);
	data_string(said, "title", example->title);
	data_string(said, "severity", example->severity);
	data_flag(said, "critical", kind == 0);
	data_flag(said, "high", kind == 1);
	data_flag(said, "normal", kind == 2);
	data_string(said, "state", example->state);
	data_flag(said, "restricted", at % 10 == 4);
	data_string(said, "subject_label", "Child");
	data_format(said, "child", "C%zu, ZC, aged 15", 1044 + at);
	struct data *facts = data_list(said, "facts");
	for (size_t i = 0; i < 3 && example->facts[i][0]; i++)
		put_fact(facts, example->facts[i][0], example->facts[i][1], example->facts[i][2]);
	data_flag(said, "old_news", kind == 2);
	data_string(said, "caused", "Saturday 31 January, 21:00");
	data_string(said, "first_to_do", example->to_do);
	return said;
}

static void add_row(struct list_facts *facts, struct list_rows *rows)
{
	struct text *values = arena_alloc(facts->arena, (rows->column_count + 1) * sizeof *values);
	for (size_t i = 0; i < rows->column_count; i++)
		values[i] = TEXT("Tue 3 Feb, 08:00");
	*(struct list_row *)mem_push((void **)&rows->items, &rows->count, &rows->room, sizeof(struct list_row)) =
		(struct list_row){NULL, values, NULL};
}

void list_alerts_example(const struct config_list *list, struct list_facts *facts, size_t least)
{
	for (size_t i = 0; i < list->section_count; i++) {
		struct list_rows *rows = &facts->sections[i];
		while (list->sections[i].alerts && rows->count < least)
			add_row(facts, rows);
		for (size_t k = 0; list->sections[i].alerts && k < rows->count; k++) {
			struct list_alert *alert = arena_alloc(facts->arena, sizeof *alert);
			*alert = (struct list_alert){.said = make_example(facts->arena, k)};
			rows->items[k].alert = alert;
		}
	}
}

/* A child's events and the rows that registers make of them, as words. */
#ifndef CASEWATCH_TESTS_REGISTER_BENCH_H
#define CASEWATCH_TESTS_REGISTER_BENCH_H

#include "engine/registers/register_rows.h"
#include "engine/registers/register_types.h"
#include "rules/load/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MANY 2000 /* events of a child with thousands */

static struct zone *london;
static struct ruleset *shipped;

struct bench {
	struct event_parser *parser;
	struct arena *arena, *scratch;
	struct event events[MANY];
	struct register_event told[MANY];
	size_t count;
	struct buffer seen;
	const char *const *columns; /* what is printed of a row */
	struct fault fault;
};

static inline int load_all(void **state)
{
	(void)state;
	struct fault fault;
	struct config_faults faults = {0};
	schema_start();
	london = zone_load("Europe/London", &fault);
	shipped = rules_load_dir("rules", &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].text);
	config_faults_free(&faults);
	return london && shipped ? 0 : -1;
}

static inline int free_all(void **state)
{
	(void)state;
	ruleset_free(shipped);
	zone_free(london);
	return 0;
}

static inline int set_up(void **state)
{
	struct bench *bench = MEM_NEW(struct bench);
	bench->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, london);
	bench->arena = arena_new(16384);
	bench->scratch = arena_new(16384);
	*state = bench;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *bench = *state;
	event_parser_free(bench->parser);
	arena_free(bench->arena);
	arena_free(bench->scratch);
	buffer_free(&bench->seen);
	free(bench);
	return 0;
}

/* An event of C1; `time` of ten letters is a date alone. It comes a minute after it happened. */
static inline void tell(struct bench *bench, const char *type, const char *time, const char *data)
{
	struct buffer json = {0};
	struct event event;
	bool day = strlen(time) == 10;
	buffer_format(&json,
	              "{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"lcs\",\"type\":\"%s\",\"subject\":\"C1\","
	              "\"time\":\"%s%s\",%s\"data\":{%s}}",
	              bench->count, type, time, day ? "T00:00:00Z" : "", day ? "\"timeprecision\":\"day\"," : "", data);
	if (event_parse(bench->parser, buffer_view(&json), INSTANT_NONE, &event, &bench->fault) != RESULT_OK)
		fail_msg("%s: %s", json.at, bench->fault.text);
	event_copy(&bench->events[bench->count], &event, bench->arena);
	bench->told[bench->count] = (struct register_event){&bench->events[bench->count], event.time + MINUTE};
	bench->count++;
	buffer_free(&json);
}

static inline const struct register_def *find(const char *id)
{
	for (size_t i = 0; i < shipped->register_count; i++)
		if (strcmp(shipped->registers[i].id, id) == 0)
			return &shipped->registers[i];
	fail_msg("no register %s", id);
	return NULL;
}

static inline void print_value(const struct register_field *field, const struct register_value *value,
                               struct buffer *out)
{
	char printed[40];
	switch (value->kind) {
	case REGISTER_VALUE_NULL: buffer_char(out, '-'); break;
	case REGISTER_VALUE_INTEGER:
		if (field->type == REGISTER_INSTANT) {
			instant_print(value->integer, printed);
			printed[16] = '\0'; /* to the minute */
			buffer_string(out, printed + 5);
		} else {
			buffer_format(out, "%lld", (long long)value->integer);
		}
		break;
	case REGISTER_VALUE_REAL: buffer_format(out, "%g", value->real); break;
	case REGISTER_VALUE_TEXT: buffer_format(out, "%.*s", TEXT_ARG(value->text)); break;
	}
}

static inline void see_row(struct bench *bench, const struct register_def *def, const struct register_value *row)
{
	if (bench->seen.length)
		buffer_string(&bench->seen, "; ");
	for (size_t c = 0; bench->columns[c]; c++) {
		size_t at = 0;
		while (at < def->field_count && strcmp(def->fields[at].name, bench->columns[c]) != 0)
			at++;
		if (at == def->field_count)
			fail_msg("register %s has no column %s", def->id, bench->columns[c]);
		buffer_string(&bench->seen, c ? " " : "");
		print_value(&def->fields[at], &row[at], &bench->seen);
	}
}

/* In pieces of so many looks at an event. */
static inline void see_rows(struct bench *bench, const char *id, int64_t piece)
{
	const struct register_def *def = find(id);
	struct register_reckoning *reckoning =
		register_reckoning_new(def, london, TEXT("C1"), bench->told, bench->count, bench->scratch);
	const struct register_value *row;
	buffer_clear(&bench->seen);
	for (int64_t left = piece; !register_reckon(reckoning, &left); left = piece)
		continue;
	while ((row = register_reckoned_row(reckoning)) != NULL)
		see_row(bench, def, row);
	register_reckoning_free(reckoning);
}

#define ROWS(bench, id, wanted, ...) expect(bench, id, wanted, (const char *const[]){__VA_ARGS__, NULL})
static inline void expect(struct bench *bench, const char *id, const char *wanted, const char *const *columns)
{
	bench->columns = columns;
	see_rows(bench, id, INT64_MAX);
	assert_string_equal(buffer_cstr(&bench->seen), wanted);
	see_rows(bench, id, 1); /* however small the pieces are */
	assert_string_equal(buffer_cstr(&bench->seen), wanted);
}

#endif

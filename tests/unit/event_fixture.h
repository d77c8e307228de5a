/* event_fixture: events by a few words of theirs, taken or refused. */
#ifndef CASEWATCH_EVENT_FIXTURE_H
#define CASEWATCH_EVENT_FIXTURE_H

#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOT_JSON_TYPE "datacontenttype is not JSON: application/json or a +json type is expected"
#define AT 1578787200 /* 2020-01-12T00:00:00Z */

struct fixture {
	struct event_parser *parser;
	struct zone *zone;
	struct event event;
	struct fault fault;
	struct buffer line;
};

static inline int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	schema_start();
	f->zone = zone_load("Europe/London", &f->fault);
	f->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT("uk.gov.council.childrens."), f->zone);
	*state = f;
	return f->zone ? 0 : 1;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	event_parser_free(f->parser);
	zone_free(f->zone);
	buffer_free(&f->line);
	free(f);
	return 0;
}

/* One event of `type` with this data, and these further attributes (",\"a\":1"). */
static inline const char *event_line(struct fixture *f, const char *type, const char *more, const char *data)
{
	buffer_clear(&f->line);
	buffer_format(&f->line,
	              "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"%s\",\"subject\":\"C1\","
	              "\"time\":\"2020-01-12T00:00:00Z\"%s,\"data\":%s}",
	              type, more, data);
	return buffer_cstr(&f->line);
}

static inline void accept_text(struct fixture *f, struct text bytes, instant arrival)
{
	enum result result = event_parse(f->parser, bytes, arrival, &f->event, &f->fault);
	if (result != RESULT_OK)
		fail_msg("refused: %s\n%.*s", f->fault.text, TEXT_ARG(bytes));
}

static inline void accept(struct fixture *f, const char *type, const char *more, const char *data)
{
	accept_text(f, text_of(event_line(f, type, more, data)), INSTANT_NONE);
}

static inline void refuse_text(struct fixture *f, struct text bytes, instant arrival, const char *reason)
{
	if (event_parse(f->parser, bytes, arrival, &f->event, &f->fault) != RESULT_PERMANENT)
		fail_msg("taken, where \"%s\" is expected: %.*s", reason, TEXT_ARG(bytes));
	assert_string_equal(f->fault.text, reason);
}

static inline void refuse(struct fixture *f, const char *type, const char *more, const char *data, const char *reason)
{
	refuse_text(f, text_of(event_line(f, type, more, data)), INSTANT_NONE, reason);
}

static inline const struct value *field(const struct fixture *f, const char *name)
{
	return event_field(&f->event, schema_name(text_of(name)));
}

static inline void assert_text(struct text text, const char *expected)
{
	if (!text_equal(text, text_of(expected)))
		fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARG(text), expected);
}

static inline void assert_warned(const struct fixture *f, const char *name, const char *reason)
{
	assert_int_equal(f->event.warning_count, 1);
	assert_string_equal(f->event.warnings[0].field, name);
	assert_string_equal(f->event.warnings[0].reason, reason);
}

#endif

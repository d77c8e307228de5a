/* A store in a directory of its own, with a parser, for the tests of the store and the pipeline. */
#ifndef CASEWATCH_TESTS_STORE_FIXTURE_H
#define CASEWATCH_TESTS_STORE_FIXTURE_H

#include "event/event.h"
#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char directory[64], path[128];
	struct store *store;
	struct event_parser *parser, *readers;
	struct arena *arena;
	struct fault fault;
};

#define OK(call)                                             \
	do {                                                 \
		struct fault *f_ = &f->fault;                \
		enum result r_ = (call);                     \
		if (r_ != RESULT_OK)                         \
			fail_msg("%s: %s", #call, f_->text); \
	} while (0)

static inline void fixture_open(struct fixture *f)
{
	OK(store_open(f->path, STORE_WRITE, &f->store, &f->fault));
	events_set_parser(f->store, f->readers);
}

static inline void fixture_reopen(struct fixture *f)
{
	store_close(f->store);
	fixture_open(f);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	(void)snprintf(f->directory, sizeof f->directory, "/tmp/casewatch-store-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	(void)snprintf(f->path, sizeof f->path, "%s/casewatch.db", f->directory);
	schema_start();
	f->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	f->readers = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	f->arena = arena_new(4096);
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", "-journal", ".erased"};
	char name[160];
	store_close(f->store);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		(void)snprintf(name, sizeof name, "%s%s", f->path, suffixes[i]);
		(void)unlink(name);
	}
	(void)rmdir(f->directory);
	event_parser_free(f->parser);
	event_parser_free(f->readers);
	arena_free(f->arena);
	free(f);
	return 0;
}

/* An event as JSON; `data` without its braces; `more`: attributes, ending in a comma, or "". */
static inline struct text event_json(struct fixture *f, const char *source, const char *id, const char *type,
                                     const char *subject, const char *time, const char *more, const char *data)
{
	struct buffer buffer = {0};
	buffer_format(&buffer,
	              "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",%s\"data\":{%s}}",
	              id, source, type, subject, time, more, data);
	struct text json = {arena_copy_text(f->arena, buffer.at, buffer.length), buffer.length};
	buffer_free(&buffer);
	return json;
}

/* Parses and stores; the transaction is the caller's. */
static inline enum stored store_bytes(struct fixture *f, struct text bytes, uint64_t *ref)
{
	struct event event;
	enum stored stored = STORED_CONFLICT;
	OK(event_parse(f->parser, bytes, INSTANT_NONE, &event, &f->fault));
	OK(events_add(f->store, &event, bytes, 1600000000 * SECOND, &stored, &f->fault));
	if (ref)
		*ref = event.ref;
	return stored;
}

/* One event of source "lcs" in a transaction of its own. */
static inline uint64_t store_event(struct fixture *f, const char *id, const char *type, const char *subject,
                                   const char *time, const char *data)
{
	uint64_t ref = 0;
	OK(store_begin(f->store, &f->fault));
	assert_int_equal(store_bytes(f, event_json(f, "lcs", id, type, subject, time, "", data), &ref), STORED_NEW);
	OK(store_commit(f->store, &f->fault));
	return ref;
}

/* A random seed, printed; the same again with CASEWATCH_SEED=N. */
static inline unsigned fixture_seed(void)
{
	const char *given = getenv("CASEWATCH_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)hash_seed();
	print_message("CASEWATCH_SEED=%u\n", seed);
	return seed;
}

/* What visitors saw: the ids of events, one after another with spaces. */
struct seen {
	struct buffer ids;
	int count;
};

static inline enum result see_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                                    struct fault *fault)
{
	struct seen *seen = argument;
	(void)bytes;
	(void)arrived;
	(void)fault;
	buffer_format(&seen->ids, "%s%.*s", seen->count++ ? " " : "", TEXT_ARG(event->id));
	return RESULT_OK;
}

static inline void assert_seen(struct seen *seen, const char *ids)
{
	assert_string_equal(buffer_cstr(&seen->ids), ids);
	buffer_free(&seen->ids);
	*seen = (struct seen){0};
}

#endif

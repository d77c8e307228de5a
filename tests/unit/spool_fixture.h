/* spool_fixture: a spool directory of its own, what a store would hold of it, and time that the test moves. */
#ifndef CASEWATCH_SPOOL_FIXTURE_H
#define CASEWATCH_SPOOL_FIXTURE_H

#include "source/spool.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What the database would hold: positions by name, and every id in the order in which it was committed. */
struct position {
	char name[300];
	int64_t next;
	uint64_t fingerprint;
};
struct fixture {
	char root[64], spool[80];
	instant now;
	struct source_settings settings;
	struct source *source;
	struct position positions[64];
	size_t position_count;
	bool store_down;
	struct buffer ids, reports, reasons;
};

static inline enum result find_position(void *context, struct source_position *positions, size_t count,
                                        struct fault *fault)
{
	struct fixture *f = context;
	if (f->store_down)
		return fault_set(fault, RESULT_TEMPORARY, "the disk is full");
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < f->position_count; i++)
			if (text_equal(text_of(f->positions[i].name), positions[k].name)) {
				positions[k].known = true;
				positions[k].next = f->positions[i].next;
				positions[k].fingerprint = f->positions[i].fingerprint;
			}
	return RESULT_OK;
}

static inline void keep_position(struct fixture *f, const struct source_record *record)
{
	size_t i = 0;
	while (i < f->position_count && !text_equal(text_of(f->positions[i].name), record->position))
		i++;
	assert_true(i < 64);
	if (i == f->position_count)
		f->position_count++;
	(void)snprintf(f->positions[i].name, sizeof f->positions[i].name, "%.*s", TEXT_ARG(record->position));
	f->positions[i].next = record->next;
	f->positions[i].fingerprint = record->fingerprint;
}

static inline void hear(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct fixture *f = context;
	buffer_format(&f->reports, "%s %s: %s\n", name, source_state_name(state), sentence);
}

static inline void open_spool(struct fixture *f)
{
	struct fault fault;
	(void)source_stop(f->source, 0);
	if (spool_source_open(&f->settings, f->spool, &f->source, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
}

static inline int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	schema_start();
	(void)strcpy(f->root, "/tmp/casewatch-spool-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	(void)snprintf(f->spool, sizeof f->spool, "%s/spool", f->root);
	f->now = (instant)1600000000 * SECOND;
	source_settings_default(&f->settings);
	f->settings.clock = clock_manual(&f->now);
	f->settings.positions = find_position;
	f->settings.report = hear;
	f->settings.context = f;
	open_spool(f);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];
	(void)source_stop(f->source, 0);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
	buffer_free(&f->ids);
	buffer_free(&f->reports);
	buffer_free(&f->reasons);
	free(f);
	return 0;
}

static inline const char *path_of(const struct fixture *f, const char *name)
{
	static char path[400];
	(void)snprintf(path, sizeof path, "%s/%s", f->spool, name);
	return path;
}

static inline void put(const struct fixture *f, const char *name, const char *bytes, size_t length)
{
	int fd = open(path_of(f, name), O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(close(fd), 0);
}

static inline void add_event(struct buffer *out, const char *id)
{
	buffer_format(
		out,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/lcs\",\"type\":\"child.died\",\"subject\":\"C1\","
		"\"time\":\"2020-01-12T00:00:00Z\"}\n",
		id);
}

#define EVENT_BYTES 112 /* with an id of one letter */

/* A file with the events whose ids are the letters of `ids`. */
static inline void put_events(const struct fixture *f, const char *name, const char *ids)
{
	struct buffer bytes = {0};
	for (; *ids; ids++)
		add_event(&bytes, (char[]){*ids, '\0'});
	put(f, name, bytes.length ? bytes.at : "", bytes.length);
	buffer_free(&bytes);
}

static inline bool exists(const struct fixture *f, const char *name)
{
	struct stat found;
	return lstat(path_of(f, name), &found) == 0;
}

static inline void commit(struct fixture *f, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct source_record *record = &batch->records[i];
		if (record->accepted)
			buffer_text(&f->ids, record->event.id);
		else
			buffer_format(&f->reasons, "%.*s\n", TEXT_ARG(record->reason));
		keep_position(f, record);
	}
	source_committed(f->source, batch);
}

/* The next batch, over as many turns as that takes; NULL: nothing can be taken now. */
static inline struct batch *next_batch(struct fixture *f)
{
	struct batch *batch;
	while (!(batch = source_next(f->source)) && source_wait(f->source) == 0)
		continue;
	return batch;
}

/* Takes all that can be taken now, without any time passing; the ids committed since the last call. */
static inline const char *take_now(struct fixture *f)
{
	struct batch *batch;
	buffer_clear(&f->ids);
	while ((batch = next_batch(f)))
		commit(f, batch);
	return buffer_cstr(&f->ids);
}

/* Everything is looked at, and left alone for long enough. */
static inline void ripen(struct fixture *f)
{
	assert_null(next_batch(f));
	f->now += 2 * SECOND;
}

static inline const char *take_all(struct fixture *f)
{
	ripen(f);
	return take_now(f);
}

/* So much time, with a look every second. */
static inline const char *take_for(struct fixture *f, int seconds)
{
	struct batch *batch;
	buffer_clear(&f->ids);
	for (int i = 0; i < seconds; i++) {
		while ((batch = next_batch(f)))
			commit(f, batch);
		f->now += SECOND;
	}
	return buffer_cstr(&f->ids);
}

static inline struct batch *first_batch(struct fixture *f)
{
	ripen(f);
	return next_batch(f);
}

/* What was there before the source began may still be being written: it must have been still for longer. */
static inline const char *take_after_restart(struct fixture *f)
{
	assert_null(next_batch(f));
	f->now += 4 * SECOND;
	assert_null(next_batch(f));
	f->now += 2 * SECOND;
	return take_now(f);
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

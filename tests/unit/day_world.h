/* Whole days of the real loop: the daemon from its first part to its last, with a log and a mail server in memory and
 * with clocks that the test moves. */
#ifndef CASEWATCH_TESTS_DAY_WORLD_H
#define CASEWATCH_TESTS_DAY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "channel/memory.h"
#include "cli/cli.h"
#include "run/run_internal.h"
#include "source/memory.h"
#include "store/events/events.h"
#include "store/store_internal.h"

#define MOST_STEPS 500000 /* of SQLite's machine in one turn: some tens of nanoseconds each */
#define DAYS_TURNS 200000 /* far more than any day here takes: a loop that never rests is a fault, and ends the test */

struct world {
	char directory[64], config[128], database[128], rules[400];
	struct clock_hands hands;
	struct memory_server server;
	struct memory_source *log;
	struct daemon daemon;
	struct council *council; /* its only one */
	bool running;
	size_t sent; /* events */
	size_t batch_events;
	int missed; /* so often something was found to have been missed: in most days never */
	struct work { /* of one turn of the loop, the most so far */
		uint64_t events, effects, folded, steps; /* steps: of SQLite */
	} most;
};
static struct world world;

/* ---- the world ---- */

static inline instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static inline enum result open_log(struct council *council, struct source **sources, size_t *count, struct fault *fault)
{
	struct source_settings settings;
	(void)fault;
	sources_settings(council, &settings);
	settings.batch_events = world.batch_events;
	sources[(*count)++] = memory_source_open(&settings, &world.log);
	return RESULT_OK;
}

static inline size_t open_mail(struct council *council, struct courier_channel *channels)
{
	(void)council;
	channels[0] = (struct courier_channel){&channel_memory, &world.server, 1};
	return 1;
}

static inline void write_config(const char *more)
{
	char here[256];
	assert_non_null(getcwd(here, sizeof here));
	FILE *file = fopen(world.config, "we");
	assert_non_null(file);
	(void)fprintf(
		file,
		"council: Example Council\ndatabase: casewatch.db\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
		"templates: %s/conf/templates\ncalendar: {file: %s/conf/bank-holidays.json}\n%s",
		here, here, here, here, more);
	if (access("conf/lists", F_OK) == 0)
		(void)fprintf(file, "lists: %s/conf/lists\n", here);
	(void)fclose(file);
}

/* What was put into the log is there again after a restart, as in Kafka. */
struct kept {
	char *position, *bytes;
};
static struct kept kept[1 << 18];
static size_t kept_count;

static inline void put(const char *position, const char *bytes)
{
	kept[kept_count++] =
		(struct kept){mem_copy_text(position, strlen(position)), mem_copy_text(bytes, strlen(bytes))};
	if (world.running)
		memory_source_put(world.log, position, bytes);
}

static inline void start(void)
{
	struct fault fault = {0};
	const struct council_seams seams = {.sources = open_log, .channels = open_mail};
	world.daemon = (struct daemon){.clock = clock_two_hands(&world.hands)};
	world.council = daemon_add(&world.daemon, NULL, world.config, &seams);
	if (daemon_start(&world.daemon, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	world.running = true;
	for (size_t i = 0; i < kept_count; i++)
		memory_source_put(world.log, kept[i].position, kept[i].bytes);
}

static inline void stop(void)
{
	daemon_stop(&world.daemon);
	world.council = NULL;
	world.running = false;
}

static inline int setup(void **state)
{
	(void)state;
	world = (struct world){.batch_events = 20, .hands = {.now = at("2026-02-02T06:00:00Z"), .elapsed = 77 * HOUR}};
	(void)snprintf(world.directory, sizeof world.directory, "/tmp/casewatch-day-XXXXXX");
	assert_non_null(mkdtemp(world.directory));
	(void)snprintf(world.config, sizeof world.config, "%s/casewatchd.yaml", world.directory);
	(void)snprintf(world.database, sizeof world.database, "%s/casewatch.db", world.directory);
	schema_start();
	memory_server_init(&world.server);
	write_config("");
	start();
	return 0;
}

static inline int64_t count(const char *sql)
{
	struct fault fault = {0};
	int64_t value = -1;
	if (store_pragma(world.council->store, sql, &value, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	return value;
}

/* What should have been told is reckoned anew each hour: nothing may be found that was not taken away by the test. */
static inline void assert_missed(void)
{
	struct pipeline_figures figures;
	pipeline_figures(world.council->pipeline, &figures);
	assert_int_equal(figures.missed, world.missed);
}

static inline int teardown(void **state)
{
	static const char *const names[] = {"", "-wal", "-shm", ".lock", ".attempt", ".status", ".ended", ".erased"};
	(void)state;
	if (world.running) {
		assert_missed();
		stop();
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[200];
		(void)snprintf(path, sizeof path, "%s%s", world.database, names[i]);
		(void)unlink(path);
	}
	char orders[200]; /* of erasing */
	(void)snprintf(orders, sizeof orders, "%s.erase", world.database);
	(void)rmdir(orders);
	(void)unlink(world.config);
	(void)rmdir(world.directory);
	memory_server_clear(&world.server);
	for (size_t i = 0; i < kept_count; i++) {
		free(kept[i].position);
		free(kept[i].bytes);
	}
	kept_count = 0;
	return 0;
}

/* ---- time ---- */

static inline bool courier_works(void)
{
	struct courier_figures figures;
	courier_figures(world.council->courier, &figures);
	return figures.under_way > 0;
}

static inline void pass(instant span)
{
	world.hands.now += span;
	world.hands.elapsed += span;
}

static inline struct work done_so_far(void)
{
	struct pipeline_figures figures;
	pipeline_figures(world.council->pipeline, &figures);
	struct work work = {figures.events, 0, figures.engine.folded_events, store_steps(world.council->store)};
	for (size_t i = 0; i < sizeof figures.effects / sizeof *figures.effects; i++)
		work.effects += figures.effects[i];
	return work;
}

static inline void note_most(uint64_t *most, uint64_t before, uint64_t after)
{
	if (after - before > *most)
		*most = after - before;
}

/* The loop asks before and after each callback what was waited for: so each is looked at by itself. */
static inline instant see_turn(void *context)
{
	static struct work before;
	static bool inside;
	(void)context;
	inside = !inside;
	struct work now = done_so_far();
	if (!inside) {
		note_most(&world.most.events, before.events, now.events);
		note_most(&world.most.effects, before.effects, now.effects);
		note_most(&world.most.folded, before.folded, now.folded);
		note_most(&world.most.steps, before.steps, now.steps);
	}
	before = now;
	return 0;
}

/* The loop turns until the wall clock says so: time stands while anything is to be done, and then leaps to the next
 * timer. */
static inline void live_until(const char *time)
{
	size_t turns = 0;
	while (world.hands.now < at(time) && !world.daemon.leaving) {
		loop_turn(world.daemon.loop, courier_works() ? 20 : 0);
		if (++turns > DAYS_TURNS)
			fail_msg("the loop never rests");
		instant next = loop_next(world.daemon.loop), left = at(time) - world.hands.now;
		if (next > 0 && !courier_works())
			pass(next < left ? next : left);
	}
	for (int i = 0; i < 3 && !world.daemon.leaving; i++)
		loop_turn(world.daemon.loop, courier_works() ? 20 : 0);
}

/* ---- what happens, and who hears ---- */

static inline void hear(const char *position, const char *type, const char *subject, const char *time, const char *data)
{
	struct buffer bytes = {0};
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"/"
	              "lcs\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"%s\","
	              "\"data\":{%s}}",
	              ++world.sent, type, subject, time, data);
	put(position, buffer_cstr(&bytes));
	buffer_free(&bytes);
}

/* At this time of the wall, as it happens. */
static inline void happens(const char *time, const char *type, const char *subject, const char *data)
{
	live_until(time);
	hear("memory:0", type, subject, time, data);
	pass(SECOND / 10);
	loop_turn(world.daemon.loop, 0);
}

/* `casewatch status`, by the world's clock; `said` is what it prints. */
static inline int casewatch_status(struct buffer *said)
{
	char *words = NULL;
	size_t length;
	FILE *out = open_memstream(&words, &length);
	char name[] = "casewatch", command[] = "status", config[] = "--config";
	char *arguments[] = {name, command, config, world.config, NULL};
	assert_non_null(out);
	int status = cli_main(4, arguments, out, out, clock_two_hands(&world.hands));
	(void)fclose(out);
	buffer_clear(said);
	buffer_string(said, words);
	free(words);
	return status;
}

/* Whoever looks sees that it is so, and what to do. `id`: how its line begins. */
static inline void assert_status_names(const char *id)
{
	struct buffer said = {0}, mark = {0};
	buffer_format(&mark, "\n%s", id);
	int status = casewatch_status(&said);
	const char *line = strstr(buffer_cstr(&said), buffer_cstr(&mark));
	if (status != 1 || !line || !memmem(line, strcspn(line + 1, "\n"), ". Next: ", 8))
		fail_msg("status (%d) does not name %s with a next step: %s", status, id, buffer_cstr(&said));
	buffer_free(&said);
	buffer_free(&mark);
}

static inline int mails(const char *to, const char *words)
{
	int count = 0;
	(void)pthread_mutex_lock(&world.server.lock);
	for (size_t i = 0; i < world.server.count; i++) {
		const struct memory_attempt *mail = &world.server.attempts[i];
		if ((!to || strstr(mail->to, to)) && (strstr(mail->subject, words) || strstr(mail->text, words)))
			count++;
	}
	(void)pthread_mutex_unlock(&world.server.lock);
	return count;
}

#endif

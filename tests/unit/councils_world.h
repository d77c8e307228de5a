/* councils_world: several councils in one process: each has its own log, mail server and database, in memory and by the
 * test's clock. */
#ifndef CASEWATCH_TESTS_COUNCILS_WORLD_H
#define CASEWATCH_TESTS_COUNCILS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/here.h"
#include "base/log.h"
#include "channel/memory.h"
#include "run/run_internal.h"
#include "source/memory.h"
#include "store/events/events.h"
#include "store/store_internal.h"

#define TURNS_MOST 200000 /* a loop that never rests is a fault, and ends the test */
#ifndef MOST /* councils; a test may have more */
#define MOST 3
#endif

static struct one {
	char folder[96], config[160];
	struct memory_server server;
	struct memory_source *log; /* NULL: it is not open */
	struct council *council;
	size_t batch_events;
	uint64_t portions, steps; /* callbacks that worked on its database; and how much, by SQLite's steps */
	uint64_t largest;         /* of these portions */
} of[MOST];
static char top[64];
static struct clock_hands hands;
static struct daemon daemon_;
static size_t sent;
static char names[MOST][12] = {"north", "south", "west"};
#define NORTH (&of[0])
#define SOUTH (&of[1])

static inline instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static inline enum result open_log(struct council *council, struct source **sources, size_t *count, struct fault *fault)
{
	struct one *one = &of[council->here->number - 1];
	struct source_settings settings;
	(void)fault;
	sources_settings(council, &settings);
	settings.batch_events = one->batch_events;
	sources[(*count)++] = memory_source_open(&settings, &one->log);
	return RESULT_OK;
}

static inline size_t open_mail(struct council *council, struct courier_channel *channels)
{
	channels[0] = (struct courier_channel){&channel_memory, &of[council->here->number - 1].server, 1};
	return 1;
}

static inline void write_config(const struct one *one, const char *database, const char *more)
{
	char here[256];
	assert_non_null(getcwd(here, sizeof here));
	FILE *file = fopen(one->config, "we");
	assert_non_null(file);
	(void)fprintf(file,
	              "council: Example Council\ndatabase: %s\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
	              "templates: %s/conf/templates\ncalendar: {file: %s/conf/bank-holidays.json}\n%s",
	              database, here, here, here, here, more);
	(void)fclose(file);
}

/* ---- the world ---- */

static inline void add_council(size_t i)
{
	const struct council_seams seams = {.sources = open_log, .channels = open_mail, .courier_by_hand = true};
	of[i].council = daemon_add(&daemon_, names[i], of[i].config, &seams);
	assert_non_null(of[i].council);
}

static inline void start(size_t councils)
{
	struct fault fault = {0};
	daemon_ = (struct daemon){.clock = clock_two_hands(&hands)};
	for (size_t i = 0; i < councils; i++)
		add_council(i);
	if (daemon_start(&daemon_, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
	while (daemon_.begun < councils)
		loop_turn(daemon_.loop, 20);
}

static inline int set_up(void **state)
{
	(void)state;
	(void)snprintf(top, sizeof top, "/tmp/casewatch-councils-XXXXXX");
	assert_non_null(mkdtemp(top));
	hands = (struct clock_hands){.now = at("2026-02-02T06:00:00Z"), .elapsed = 77 * HOUR};
	schema_start();
	for (size_t i = 0; i < MOST; i++) {
		if (i >= 3)
			(void)snprintf(names[i], sizeof names[i], "quiet-%zu", i);
		assert_int_equal(here_of(names[i])->number, i + 1);
		of[i] = (struct one){.batch_events = 20};
		(void)snprintf(of[i].folder, sizeof of[i].folder, "%s/%.11s", top, names[i]);
		(void)snprintf(of[i].config, sizeof of[i].config, "%s/%.11s/casewatchd.yaml", top, names[i]);
		assert_int_equal(mkdir(of[i].folder, 0700), 0);
		memory_server_init(&of[i].server);
		write_config(&of[i], "casewatch.db", "");
	}
	return 0;
}

static inline int tear_down(void **state)
{
	char command[128];
	(void)state;
	daemon_stop(&daemon_);
	for (size_t i = 0; i < MOST; i++)
		memory_server_clear(&of[i].server);
	(void)snprintf(command, sizeof command, "rm -r %s", top);
	return system(command);
}

/* ---- time ---- */

static inline void pass(instant span)
{
	hands.now += span;
	hands.elapsed += span;
}

/* A thread reads a configuration: time stands until it has. */
static inline bool is_opened(void)
{
	for (size_t i = 0; i < daemon_.council_count; i++)
		if (daemon_.councils[i]->opening)
			return true;
	return false;
}

static inline void live_until(const char *time)
{
	size_t turns = 0;
	while (hands.now < at(time) && !daemon_.leaving) {
		loop_turn(daemon_.loop, is_opened() ? 20 : 0);
		if (++turns > TURNS_MOST)
			fail_msg("the loop never rests");
		instant next = loop_next(daemon_.loop), left = at(time) - hands.now;
		if (next > 0 && !is_opened())
			pass(next < left ? next : left);
	}
	for (int i = 0; i < 3 && !daemon_.leaving; i++)
		loop_turn(daemon_.loop, 0);
}

static inline void happens(struct one *one, const char *type, const char *subject, const char *time)
{
	struct buffer bytes = {0};
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"/lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\",\"data\":{\"custody\":\"k1\"}}",
	              ++sent, type, subject, time);
	memory_source_put(one->log, "memory:0", buffer_cstr(&bytes));
	buffer_free(&bytes);
}

static inline int mails(struct one *one, const char *to, const char *words)
{
	int count = 0;
	(void)pthread_mutex_lock(&one->server.lock);
	for (size_t i = 0; i < one->server.count; i++) {
		const struct memory_attempt *mail = &one->server.attempts[i];
		count += strstr(mail->to, to) && (strstr(mail->subject, words) || strstr(mail->text, words));
	}
	(void)pthread_mutex_unlock(&one->server.lock);
	return count;
}

#define DIRECTOR "director.childrens.care@"

/* ---- work ---- */

/* The loop asks before and after each callback. */
static inline instant see_portion(void *context)
{
	(void)context;
	for (size_t i = 0; i < MOST; i++) {
		if (!of[i].council || of[i].council->state != COUNCIL_UP)
			continue;
		uint64_t steps = store_steps(of[i].council->store), more = steps - of[i].steps;
		of[i].portions += more > 0;
		of[i].largest = more > of[i].largest && of[i].steps ? more : of[i].largest;
		of[i].steps = steps;
	}
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

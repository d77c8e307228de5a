/* What comes back from a server while other messages are under way is written by one commit; and never waits for them
 * long. With threads, a loop, and a clock that stands still until the test moves it. */
#include "courier_fixture.h"

#include "loop/loop.h"

#include <semaphore.h>

#define TURNS_MOST 20000 /* of a millisecond, until what must happen has not */

/* ---- a server that answers when it is let ---- */

static sem_t gate;

struct channel_line {
	const atomic_bool *broken_off;
};

static enum result gate_start(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
                              struct fault *fault)
{
	(void)settings, (void)fault;
	*line = MEM_NEW(struct channel_line);
	(*line)->broken_off = broken_off;
	return RESULT_OK;
}

static void gate_send(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply)
{
	(void)line, (void)message;
	(void)sem_wait(&gate);
	*reply = (struct channel_reply){.outcome = CHANNEL_ACCEPTED, .code = 250, .text = "250 taken"};
}

static void gate_rest(struct channel_line *line)
{
	(void)line;
}

static void gate_stop(struct channel_line *line)
{
	free(line);
}

static void let(int messages)
{
	for (int i = 0; i < messages; i++)
		(void)sem_post(&gate);
}

/* ---- the world ---- */

static struct loop *loop;
static struct channel gate_channel;

static struct bench *world(int messages)
{
	struct fault fault_here = {""}, *fault = &fault_here;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	courier_free(bench->courier);
	(void)sem_init(&gate, 0, 0);
	loop = loop_new(&bench->clock, fault);
	gate_channel = channel_memory;
	gate_channel.start = gate_start;
	gate_channel.send = gate_send;
	gate_channel.rest = gate_rest;
	gate_channel.stop = gate_stop;
	bench->channel = (struct courier_channel){&gate_channel, &bench->server, 1};
	struct courier_settings settings = {.store = bench->store, .ops = bench->ops, .loop = loop,
	                                    .clock = &bench->clock, .directory = &bench->directory,
	                                    .rules = bench->rules, .calendar = bench->calendar,
	                                    .channels = &bench->channel, .channel_count = 1, .context = bench,
	                                    .nobody = bench_nobody};
	OK(courier_new(&settings, &bench->courier, fault));
	for (int i = 0; i < messages; i++)
		tell_person(bench, i, true);
	courier_wake(bench->courier);
	return bench;
}

static void end_world(struct bench *bench)
{
	let(200);
	courier_free(bench->courier);
	bench->courier = NULL;
	bench_end(bench);
	loop_free(loop);
	(void)sem_destroy(&gate);
}

static size_t under_way(const struct bench *bench)
{
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	return figures.under_way;
}

static void until_under_way(const struct bench *bench, size_t count)
{
	for (int turns = 0; under_way(bench) != count && turns < TURNS_MOST; turns++)
		loop_turn(loop, 1);
	assert_int_equal(under_way(bench), count);
}

static size_t accepted(struct bench *bench)
{
	return count_rows(bench).in_state[OUTBOX_ACCEPTED];
}

static uint64_t commits(const struct bench *bench)
{
	const struct histogram *taken = store_commits(bench->store);
	uint64_t count = 0;
	for (size_t i = 0; i < sizeof taken->counts / sizeof taken->counts[0]; i++)
		count += taken->counts[i];
	return count;
}

/* Turns until any is written; returns how many then are. */
static size_t first_written(struct bench *bench)
{
	for (int turns = 0; turns < TURNS_MOST; turns++) {
		loop_turn(loop, 1);
		if (accepted(bench))
			break;
	}
	return accepted(bench);
}

/* ---- the tests ---- */

static void what_comes_back_while_others_are_under_way_is_written_by_one_commit(void **state)
{
	(void)state;
	struct bench *bench = world(60);
	until_under_way(bench, 60);
	let(31);
	for (int turns = 0; turns < 50; turns++)
		loop_turn(loop, 1);
	assert_int_equal(accepted(bench), 0);
	uint64_t before = commits(bench);
	let(1);
	assert_int_equal(first_written(bench), 32);
	assert_int_equal(commits(bench), before + 1);
	end_world(bench);
}

static void what_came_back_is_written_in_a_moment_though_others_hang(void **state)
{
	(void)state;
	struct bench *bench = world(3);
	until_under_way(bench, 3);
	let(1);
	for (int turns = 0; turns < 50; turns++)
		loop_turn(loop, 1);
	assert_int_equal(accepted(bench), 0);
	move(bench, SECOND / 50);
	assert_int_equal(first_written(bench), 1);
	end_world(bench);
}

static void what_nobody_else_is_under_way_with_is_written_at_once(void **state)
{
	(void)state;
	struct bench *bench = world(1);
	until_under_way(bench, 1);
	let(1);
	assert_int_equal(first_written(bench), 1);
	end_world(bench);
}

/* The daemon stops in that moment: what is known is written, and nothing is left of which nobody knows. */
static void what_came_back_and_waits_is_written_when_the_daemon_stops(void **state)
{
	(void)state;
	struct bench *bench = world(3);
	until_under_way(bench, 3);
	let(1);
	for (int turns = 0; turns < 50; turns++)
		loop_turn(loop, 1);
	assert_int_equal(accepted(bench), 0);
	let(2);
	courier_stop(bench->courier, 1000);
	assert_true(accepted(bench) >= 1);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_SENDING], 0);
	end_world(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_while_others_are_under_way_is_written_by_one_commit),
		cmocka_unit_test(what_came_back_is_written_in_a_moment_though_others_hang),
		cmocka_unit_test(what_nobody_else_is_under_way_with_is_written_at_once),
		cmocka_unit_test(what_came_back_and_waits_is_written_when_the_daemon_stops),
	};
	schema_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the Kafka source promises without a broker: the hand-over between its threads, what is made of a log that may
 * not be the one we know, and its configuration. tests/system/test_kafka.py has the rest. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>

#include "source/kafka/assign.h"
#include "source/kafka/config.h"
#include "source/kafka/ring.h"

/* The hand-over. */

static struct kafka_parcel *parcel(void)
{
	struct kafka_parcel *made = kafka_parcel_new();
	struct source_record *record = mem_push((void **)&made->batch->records, &made->batch->count, &made->batch->room,
	                                        sizeof *made->batch->records);
	*record = (struct source_record){.next = 1};
	return made;
}

static bool readable(struct kafka_ring *ring)
{
	struct pollfd wait = {.fd = kafka_ring_fd(ring), .events = POLLIN};
	return poll(&wait, 1, 0) == 1;
}

static struct kafka_ring *ring_of(size_t parcels)
{
	struct fault fault;
	struct kafka_ring *ring = kafka_ring_new(parcels, &fault);
	assert_non_null(ring);
	return ring;
}

static void parcels_come_in_order_one_at_a_time(void **state)
{
	(void)state;
	struct kafka_ring *ring = ring_of(2);
	struct kafka_parcel *first = parcel(), *second = parcel();
	assert_true(kafka_ring_idle(ring));
	kafka_ring_push(ring, first);
	kafka_ring_push(ring, second);
	assert_true(readable(ring));
	assert_ptr_equal(kafka_ring_take(ring), first);
	assert_null(kafka_ring_take(ring)); /* one is out */
	assert_ptr_equal(kafka_ring_return(ring), first);
	assert_ptr_equal(kafka_ring_take(ring), second);
	assert_false(kafka_ring_idle(ring));
	kafka_parcel_free(kafka_ring_return(ring));
	assert_true(kafka_ring_idle(ring));
	kafka_parcel_free(first);
	kafka_ring_free(ring);
}

static void a_loop_that_takes_one_a_turn_is_woken_for_the_next(void **state)
{
	(void)state;
	struct kafka_ring *ring = ring_of(2);
	kafka_ring_push(ring, parcel());
	kafka_ring_push(ring, parcel());
	kafka_ring_quiet(ring);
	assert_false(readable(ring));
	assert_non_null(kafka_ring_take(ring));
	kafka_parcel_free(kafka_ring_return(ring));
	assert_true(readable(ring));
	kafka_ring_free(ring);
}

static void a_full_ring_holds_no_more_than_its_bound(void **state)
{
	(void)state;
	struct kafka_ring *ring = ring_of(2);
	assert_true(kafka_ring_wait_room(ring, 0));
	kafka_ring_push(ring, parcel());
	kafka_ring_push(ring, parcel());
	assert_false(kafka_ring_wait_room(ring, 0));
	assert_non_null(kafka_ring_take(ring));
	assert_true(kafka_ring_wait_room(ring, 0));
	kafka_ring_free(ring); /* frees what waits and what is out: the leak check sees it */
}

static void a_ring_that_is_over_hands_out_nothing_and_takes_nothing(void **state)
{
	(void)state;
	struct kafka_ring *ring = ring_of(3);
	kafka_ring_push(ring, parcel());
	kafka_ring_push(ring, parcel());
	assert_non_null(kafka_ring_take(ring));
	assert_false(kafka_ring_is_over(ring));
	kafka_ring_over(ring); /* fenced: what was fetched before is another's by now */
	assert_true(kafka_ring_is_over(ring));
	kafka_parcel_free(kafka_ring_return(ring)); /* what was out may still be committed */
	assert_null(kafka_ring_take(ring));
	kafka_ring_push(ring, parcel()); /* the consumer was in the middle of it */
	assert_null(kafka_ring_take(ring));
	assert_true(kafka_ring_idle(ring));
	kafka_ring_free(ring);
}

static enum result positions_of_seven(void *context, struct source_position *positions, size_t count,
                                      struct fault *fault)
{
	(void)fault;
	++*(int *)context;
	for (size_t i = 0; i < count; i++)
		positions[i] = (struct source_position){positions[i].name, true, 7, 77};
	return RESULT_OK;
}

static enum result positions_unreadable(void *context, struct source_position *positions, size_t count,
                                        struct fault *fault)
{
	(void)context;
	(void)positions;
	(void)count;
	return fault_set(fault, RESULT_TEMPORARY, "the disk is gone");
}

struct asking {
	struct kafka_ring *ring;
	struct source_position position;
	enum result result;
	struct fault fault;
};

static void *ask(void *argument)
{
	struct asking *asking = argument;
	asking->position = (struct source_position){.name = TEXT("kafka:events:0")};
	asking->result = kafka_ring_ask(asking->ring, &asking->position, 1, 10000, &asking->fault);
	return NULL;
}

/* Until the question has woken the loop. */
static void await_question(struct kafka_ring *ring)
{
	struct pollfd wait = {.fd = kafka_ring_fd(ring), .events = POLLIN};
	assert_int_equal(poll(&wait, 1, 10000), 1);
	kafka_ring_quiet(ring);
}

static void positions_are_answered_behind_the_last_batch_that_moves_them(void **state)
{
	(void)state;
	int answers = 0;
	pthread_t thread;
	struct asking asking = {.ring = ring_of(2)};
	kafka_ring_push(asking.ring, parcel());
	kafka_ring_quiet(asking.ring);
	assert_int_equal(pthread_create(&thread, NULL, ask, &asking), 0);
	await_question(asking.ring);
	kafka_ring_answer(asking.ring, positions_of_seven, &answers);
	assert_int_equal(answers, 0); /* one waits */
	assert_non_null(kafka_ring_take(asking.ring));
	kafka_ring_answer(asking.ring, positions_of_seven, &answers);
	assert_int_equal(answers, 0); /* it is out */
	kafka_parcel_free(kafka_ring_return(asking.ring));
	assert_true(readable(asking.ring)); /* and the loop is woken to answer */
	kafka_ring_answer(asking.ring, positions_of_seven, &answers);
	assert_int_equal(answers, 1);
	(void)pthread_join(thread, NULL);
	assert_int_equal(asking.result, RESULT_OK);
	assert_true(asking.position.known);
	assert_int_equal(asking.position.next, 7);
	kafka_ring_free(asking.ring);
}

static void a_store_that_cannot_answer_is_passed_on_in_its_own_words(void **state)
{
	(void)state;
	pthread_t thread;
	struct asking asking = {.ring = ring_of(1)};
	assert_int_equal(pthread_create(&thread, NULL, ask, &asking), 0);
	await_question(asking.ring);
	kafka_ring_answer(asking.ring, positions_unreadable, NULL);
	(void)pthread_join(thread, NULL);
	assert_int_equal(asking.result, RESULT_TEMPORARY);
	assert_string_equal(asking.fault.text, "the disk is gone");
	kafka_ring_free(asking.ring);
}

static void nobody_waits_for_ever_for_an_answer(void **state)
{
	(void)state;
	int answers = 0;
	struct fault fault;
	struct source_position position = {.name = TEXT("kafka:events:0")};
	struct kafka_ring *ring = ring_of(1);
	assert_int_equal(kafka_ring_ask(ring, &position, 1, 1, &fault), RESULT_TEMPORARY);
	kafka_ring_answer(ring, positions_of_seven, &answers); /* too late: it meets no question */
	assert_int_equal(answers, 0);
	kafka_ring_stop(ring);
	assert_int_equal(kafka_ring_ask(ring, &position, 1, 600000, &fault), RESULT_TEMPORARY);
	kafka_ring_free(ring);
}

static void who_does_not_wait_asks_once_and_hears_the_answer_later(void **state)
{
	(void)state;
	int answers = 0;
	struct fault fault;
	struct source_position position = {.name = TEXT("kafka:events:0")};
	struct kafka_ring *ring = ring_of(1);
	assert_int_equal(kafka_ring_hear(ring, &position, 1, &fault), KAFKA_HEARD_NOTHING);
	assert_true(readable(ring));
	assert_int_equal(kafka_ring_hear(ring, &position, 1, &fault), KAFKA_HEARD_NOTHING);
	assert_false(kafka_ring_answered(ring));
	kafka_ring_answer(ring, positions_of_seven, &answers);
	assert_true(kafka_ring_answered(ring));
	assert_int_equal(kafka_ring_hear(ring, &position, 1, &fault), KAFKA_HEARD_POSITIONS);
	assert_int_equal(position.next, 7);
	assert_int_equal(answers, 1);
	assert_int_equal(kafka_ring_hear(ring, &position, 1, &fault), KAFKA_HEARD_NOTHING); /* asked anew */
	kafka_ring_answer(ring, positions_unreadable, NULL);
	assert_int_equal(kafka_ring_hear(ring, &position, 1, &fault), KAFKA_HEARD_FAULT);
	assert_string_equal(fault.text, "the disk is gone");
	kafka_ring_free(ring);
}

static void note_call(void *calls)
{
	++*(int *)calls;
}

static void a_consumer_of_many_is_called_when_there_is_room_an_answer_or_a_stop(void **state)
{
	(void)state;
	int calls = 0, answers = 0;
	struct fault fault;
	struct source_position position = {.name = TEXT("kafka:events:0")};
	struct kafka_ring *ring = ring_of(1);
	kafka_ring_calls(ring, note_call, &calls);
	kafka_ring_push(ring, parcel());
	assert_null(kafka_ring_return(ring)); /* nothing was out */
	calls = 0;
	assert_non_null(kafka_ring_take(ring));
	assert_int_equal(calls, 1);
	kafka_parcel_free(kafka_ring_return(ring));
	assert_int_equal(calls, 2);
	assert_null(kafka_ring_take(ring));
	assert_int_equal(calls, 2);
	assert_int_equal(kafka_ring_hear(ring, &position, 1, &fault), KAFKA_HEARD_NOTHING);
	kafka_ring_answer(ring, positions_of_seven, &answers);
	assert_int_equal(calls, 3);
	kafka_ring_stop(ring);
	assert_int_equal(calls, 4);
	kafka_ring_free(ring);
}

static void a_source_that_ends_with_a_slash_or_colon_stands_for_all_that_begin_with_it(void **state)
{
	(void)state;
	assert_true(kafka_belongs(TEXT("/north"), "/north"));
	assert_false(kafka_belongs(TEXT("/northumberland"), "/north"));
	assert_false(kafka_belongs(TEXT("/north/lcs"), "/north"));
	assert_true(kafka_belongs(TEXT("/north/lcs"), "/north/"));
	assert_true(kafka_belongs(TEXT("urn:north:lcs"), "urn:north:"));
	assert_false(kafka_belongs(TEXT("/nort"), "/north/"));
	assert_false(kafka_belongs(TEXT(""), "/north/"));
}

static void note_report(void *context, const char *name, enum source_state state, const char *sentence)
{
	buffer_format(context, "%s %s %s\n", name, source_state_name(state), sentence);
}

static void sentences_arrive_once_and_in_order(void **state)
{
	(void)state;
	struct buffer heard = {0};
	struct kafka_ring *ring = ring_of(1);
	kafka_ring_say(ring, "kafka", SOURCE_DOWN, "no broker");
	kafka_ring_say(ring, "kafka", SOURCE_UP, "back");
	assert_true(readable(ring));
	assert_int_equal(kafka_ring_reports(ring, note_report, &heard), 2);
	assert_int_equal(kafka_ring_reports(ring, note_report, &heard), 0);
	assert_string_equal(buffer_cstr(&heard), "kafka down no broker\nkafka up back\n");
	kafka_ring_say(ring, "kafka", SOURCE_UP, "not read by anybody");
	buffer_free(&heard);
	kafka_ring_free(ring);
}

static void a_parcel_knows_how_far_it_takes_each_partition(void **state)
{
	(void)state;
	struct kafka_table *table = kafka_table_new();
	struct kafka_partition *zero = kafka_table_find(table, "events", 0),
			       *one = kafka_table_find(table, "events", 1);
	struct kafka_parcel *made = parcel();
	kafka_parcel_moves(made, zero, 10);
	kafka_parcel_moves(made, one, 5);
	for (int i = 0; i < 3; i++)
		*(struct source_record *)mem_push((void **)&made->batch->records, &made->batch->count,
		                                  &made->batch->room, sizeof(struct source_record)) =
			(struct source_record){0};
	kafka_parcel_moves(made, zero, 13);
	assert_int_equal(made->span_count, 2);
	assert_ptr_equal(made->spans[0].partition, zero);
	assert_int_equal(made->spans[0].next, 13);
	assert_int_equal(made->spans[0].record, 3);
	kafka_parcel_free(made);
	kafka_table_release(table);
}

/* Where a partition goes on. */

struct place {
	struct kafka_table *table;
	struct kafka_partition *partition;
};

static struct source_position stored(int64_t next, uint64_t fingerprint)
{
	return (struct source_position){.known = next >= 0, .next = next, .fingerprint = fingerprint};
}

static int set_place(void **state)
{
	static struct place place;
	place.table = kafka_table_new();
	place.partition = kafka_table_find(place.table, "events", 3);
	*state = &place;
	return 0;
}

static int clear_place(void **state)
{
	struct place *place = *state;
	kafka_table_release(place->table);
	return 0;
}

/* As after an assignment: the partition is checked against the event at `next` - 1, whose fingerprint is 99. */
static struct kafka_partition *checking(struct place *place, int64_t next)
{
	struct source_position position = stored(next, 99);
	assert_int_equal(kafka_partition_begin(place->partition, &position), next - 1);
	kafka_table_stage(place->table, place->partition, KAFKA_CHECKING);
	return place->partition;
}

static void a_partition_is_named_by_topic_and_number(void **state)
{
	struct place *place = *state;
	assert_string_equal(place->partition->name, "kafka:events:3");
	assert_ptr_equal(kafka_table_find(place->table, "events", 3), place->partition);
	assert_ptr_not_equal(kafka_table_find(place->table, "other", 3), place->partition);
}

static void a_partition_never_read_begins_as_configured(void **state)
{
	struct place *place = *state;
	struct source_position none = {.known = false};
	assert_int_equal(kafka_partition_begin(place->partition, &none), KAFKA_AT_START);
}

static void a_known_partition_begins_at_the_last_event_to_compare_it(void **state)
{
	struct place *place = *state;
	struct kafka_partition *partition = checking(place, 10);
	assert_int_equal(kafka_partition_take(partition, 8, 0), KAFKA_PASS);
	assert_int_equal(kafka_partition_take(partition, 9, 99), KAFKA_PROVED);
	kafka_table_stage(place->table, partition, KAFKA_OPEN);
	assert_int_equal(kafka_partition_take(partition, 9, 0), KAFKA_PASS); /* below the stored position */
	assert_int_equal(kafka_partition_take(partition, 10, 0), KAFKA_TAKE);
}

static void another_event_in_its_place_is_another_log(void **state)
{
	struct kafka_partition *partition = checking(*state, 10);
	assert_int_equal(kafka_partition_take(partition, 9, 98), KAFKA_OTHER);
}

static void a_last_event_that_does_not_come_is_doubted(void **state)
{
	struct kafka_partition *partition = checking(*state, 10);
	assert_int_equal(kafka_partition_take(partition, 10, 0), KAFKA_DOUBT);
	assert_int_equal(kafka_partition_take(partition, 12, 0), KAFKA_DOUBT);
}

static void the_bounds_of_the_log_decide_a_doubt(void **state)
{
	struct kafka_partition *partition = checking(*state, 10);
	/* Retention took what was read, and nothing else. */
	assert_int_equal(kafka_partition_judge(partition, 10, 10, true), KAFKA_VERDICT_SAME);
	assert_int_equal(kafka_partition_judge(partition, 10, 50, false), KAFKA_VERDICT_SAME);
	/* One event fewer is a loss. */
	assert_int_equal(kafka_partition_judge(partition, 11, 50, false), KAFKA_VERDICT_REMOVED);
	/* The log ends before our place: exactly at the last event, or earlier. */
	assert_int_equal(kafka_partition_judge(partition, 0, 9, false), KAFKA_VERDICT_SHORTER);
	assert_int_equal(kafka_partition_judge(partition, 0, 0, true), KAFKA_VERDICT_SHORTER);
	/* The log spans it and does not have it. */
	assert_int_equal(kafka_partition_judge(partition, 0, 50, true), KAFKA_VERDICT_MISSING);
	/* An error that is over by now. */
	assert_int_equal(kafka_partition_judge(partition, 0, 50, false), KAFKA_VERDICT_AGAIN);
}

static void what_was_decided_holds_only_for_the_position_it_was_decided_about(void **state)
{
	struct place *place = *state;
	struct kafka_partition *partition = checking(place, 10);
	struct source_position same = stored(10, 99), later = stored(12, 55);
	partition->plan = KAFKA_PLAN_NOT;
	assert_int_equal(kafka_partition_begin(partition, &same), KAFKA_AT_NOTHING);
	partition->plan = KAFKA_PLAN_TRUST;
	assert_int_equal(kafka_partition_begin(partition, &same), 10);
	partition->plan = KAFKA_PLAN_EARLIEST;
	assert_int_equal(kafka_partition_begin(partition, &same), KAFKA_AT_EARLIEST);
	assert_int_equal(kafka_partition_begin(partition, &later), 11);
}

static void a_position_without_a_fingerprint_is_trusted(void **state)
{
	struct place *place = *state;
	struct source_position position = stored(10, 0);
	assert_int_equal(kafka_partition_begin(place->partition, &position), 10);
}

static void a_stuck_partition_takes_nothing(void **state)
{
	struct place *place = *state;
	struct kafka_partition *partition = checking(place, 10);
	kafka_table_stage(place->table, partition, KAFKA_STUCK);
	assert_int_equal(kafka_partition_take(partition, 9, 99), KAFKA_PASS);
	assert_int_equal(kafka_partition_take(partition, 10, 0), KAFKA_PASS);
}

static void the_sentence_says_what_is_lost_and_what_to_do(void **state)
{
	struct kafka_partition *partition = checking(*state, 10);
	char sentence[1024];
	kafka_partition_sentence(partition, KAFKA_MATTER_REMOVED, 25, 50, KAFKA_LOST_STOP, sentence, sizeof sentence);
	assert_non_null(strstr(sentence, "topic events, partition 3"));
	assert_non_null(strstr(sentence, "offsets 10 to 24 (15 of them)"));
	assert_non_null(strstr(sentence, "kafka.lost-position: earliest"));
	kafka_partition_sentence(partition, KAFKA_MATTER_SHORTER, 0, 4, KAFKA_LOST_EARLIEST, sentence, sizeof sentence);
	assert_non_null(strstr(sentence, "ends at offset 4, before our position 10"));
	assert_non_null(strstr(sentence, "goes on with the earliest"));
}

/* The configuration. */

static const char *const topics[] = {"events"};
static const struct kafka_property reachable[] = {{"bootstrap.servers", "127.0.0.1:9"}};

static struct kafka_settings settings_of(const struct kafka_property *properties, size_t count)
{
	struct kafka_settings settings;
	kafka_settings_default(&settings);
	settings.topics = topics;
	settings.topic_count = 1;
	settings.group = "casewatch";
	settings.properties = properties;
	settings.property_count = count;
	return settings;
}

static void refused(const struct kafka_settings *settings, const char *because)
{
	struct fault fault;
	rd_kafka_conf_t *conf = NULL;
	assert_int_equal(kafka_config_make(settings, &conf, &fault), RESULT_PERMANENT);
	if (!strstr(fault.text, because))
		fail_msg("\"%s\" does not say \"%s\"", fault.text, because);
}

static void what_cannot_work_is_refused_with_a_sentence(void **state)
{
	(void)state;
	static const struct kafka_property unknown[] = {{"bootstrap.servers", "h:1"}, {"bootstrap.server", "h:1"}};
	static const struct kafka_property wrong[] = {{"bootstrap.servers", "h:1"}, {"security.protocol", "tls"}};
	static const char *const pattern[] = {"^events.*"};
	struct kafka_settings settings = settings_of(reachable, 0);
	refused(&settings, "bootstrap.servers");
	settings = settings_of(unknown, 2);
	refused(&settings, "bootstrap.server is no property");
	settings = settings_of(wrong, 2);
	refused(&settings, "security.protocol");
	settings = settings_of(reachable, 1);
	settings.group = "";
	refused(&settings, "kafka.group");
	settings = settings_of(reachable, 1);
	settings.topics = pattern;
	refused(&settings, "is no topic's name");
	settings.topic_count = 0;
	refused(&settings, "no topic");
}

static void value_is(rd_kafka_conf_t *conf, const char *name, const char *expected)
{
	char value[256];
	size_t size = sizeof value;
	assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(value, expected);
}

static void what_exactly_once_depends_on_cannot_be_undone(void **state)
{
	(void)state;
	static const struct kafka_property meddling[] = {{"bootstrap.servers", "h:1"},
	                                                 {"enable.auto.commit", "true"},
	                                                 {"auto.offset.reset", "earliest"},
	                                                 {"isolation.level", "read_uncommitted"},
	                                                 {"reconnect.backoff.max.ms", "2000"}};
	struct kafka_settings settings = settings_of(meddling, 5);
	struct fault fault;
	rd_kafka_conf_t *conf = NULL;
	assert_int_equal(kafka_config_make(&settings, &conf, &fault), RESULT_OK);
	value_is(conf, "enable.auto.commit", "false");
	value_is(conf, "enable.auto.offset.store", "false");
	value_is(conf, "auto.offset.reset", "error");
	value_is(conf, "isolation.level", "read_committed");
	value_is(conf, "partition.assignment.strategy", "range");
	value_is(conf, "reconnect.backoff.max.ms", "2000"); /* what is only a default of ours can be set */
	rd_kafka_conf_destroy(conf);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void a_password_comes_from_its_file_and_shows_up_nowhere_else(void **state)
{
	(void)state;
	char path[] = "/tmp/kafka-test-XXXXXX";
	struct fault fault = {{0}};
	rd_kafka_conf_t *conf = NULL;
	struct kafka_settings settings = settings_of(reachable, 1);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	settings.password_file = path;
	refused(&settings, "holds no secret: it is empty");
	write_file(path, "a\0b", 3);
	refused(&settings, "too long or not text");
	write_file(path, "horse\r\n", 7);
	assert_int_equal(kafka_config_make(&settings, &conf, &fault), RESULT_OK);
	value_is(conf, "sasl.password", "horse");
	rd_kafka_conf_destroy(conf);
	(void)unlink(path);
	refused(&settings, "No such file");
	assert_null(strstr(fault.text, "horse"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parcels_come_in_order_one_at_a_time),
		cmocka_unit_test(a_loop_that_takes_one_a_turn_is_woken_for_the_next),
		cmocka_unit_test(a_full_ring_holds_no_more_than_its_bound),
		cmocka_unit_test(a_ring_that_is_over_hands_out_nothing_and_takes_nothing),
		cmocka_unit_test(positions_are_answered_behind_the_last_batch_that_moves_them),
		cmocka_unit_test(a_store_that_cannot_answer_is_passed_on_in_its_own_words),
		cmocka_unit_test(nobody_waits_for_ever_for_an_answer),
		cmocka_unit_test(who_does_not_wait_asks_once_and_hears_the_answer_later),
		cmocka_unit_test(a_consumer_of_many_is_called_when_there_is_room_an_answer_or_a_stop),
		cmocka_unit_test(a_source_that_ends_with_a_slash_or_colon_stands_for_all_that_begin_with_it),
		cmocka_unit_test(sentences_arrive_once_and_in_order),
		cmocka_unit_test(a_parcel_knows_how_far_it_takes_each_partition),
		cmocka_unit_test_setup_teardown(a_partition_is_named_by_topic_and_number, set_place, clear_place),
		cmocka_unit_test_setup_teardown(a_partition_never_read_begins_as_configured, set_place, clear_place),
		cmocka_unit_test_setup_teardown(a_known_partition_begins_at_the_last_event_to_compare_it, set_place,
	                                        clear_place),
		cmocka_unit_test_setup_teardown(another_event_in_its_place_is_another_log, set_place, clear_place),
		cmocka_unit_test_setup_teardown(a_last_event_that_does_not_come_is_doubted, set_place, clear_place),
		cmocka_unit_test_setup_teardown(the_bounds_of_the_log_decide_a_doubt, set_place, clear_place),
		cmocka_unit_test_setup_teardown(what_was_decided_holds_only_for_the_position_it_was_decided_about,
	                                        set_place, clear_place),
		cmocka_unit_test_setup_teardown(a_position_without_a_fingerprint_is_trusted, set_place, clear_place),
		cmocka_unit_test_setup_teardown(a_stuck_partition_takes_nothing, set_place, clear_place),
		cmocka_unit_test_setup_teardown(the_sentence_says_what_is_lost_and_what_to_do, set_place, clear_place),
		cmocka_unit_test(what_cannot_work_is_refused_with_a_sentence),
		cmocka_unit_test(what_exactly_once_depends_on_cannot_be_undone),
		cmocka_unit_test(a_password_comes_from_its_file_and_shows_up_nowhere_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Several councils read by one client of Kafka, each its own partition: with librdkafka's pretended brokers. What one
 * does, or does not do, is never another's. */
#include "kafka_fixture.h"
#include "source/kafka/kafka_internal.h"

#include "base/file.h"

/* ---- what is promised ---- */

static size_t threads(void)
{
	size_t count = 0;
	int why = 0;
	DIR *folder = opendir("/proc/self/task");
	assert_non_null(folder);
	while (file_next(folder, &why))
		count++;
	assert_int_equal(why, 0);
	(void)closedir(folder);
	return count;
}

static void each_council_gets_its_own_partition_and_all_share_one_client(void **state)
{
	(void)state;
	struct one north, south, west;
	begin(&north, "/north/", 0);
	hear_until(&north, "kafka up");
	size_t before = threads();
	begin(&south, "/south/", 1);
	begin(&west, "/west/", 2);
	produce(0, "/north/lcs", 1);
	produce(1, "/south/lcs", 2);
	produce(1, "/south/lcs", 3);
	produce(2, "/west/lcs", 4);
	produced();
	take_until(&south, 2);
	take_until(&west, 1);
	take_until(&north, 1);
	assert_string_equal(buffer_cstr(&north.taken), "e1 ");
	assert_string_equal(buffer_cstr(&south.taken), "e2 e3 ");
	assert_string_equal(buffer_cstr(&west.taken), "e4 ");
	assert_int_equal(threads(), before);
	end(&north);
	end(&south);
	end(&west);
	forget(&north);
	forget(&south);
	forget(&west);
}

static void another_councils_record_is_refused_with_the_reason_and_stops_nothing(void **state)
{
	(void)state;
	struct one north;
	begin(&north, "/north", 0);
	produce(0, "/north", 1);
	produce(0, "/northumberland", 2);
	produce(0, "/south/lcs", 3);
	produce(0, "/north", 4);
	produced();
	take_until(&north, 4);
	assert_string_equal(buffer_cstr(&north.taken), "e1 e4 ");
	assert_non_null(strstr(buffer_cstr(&north.refused), "e2: another council's record, as it seems: its source "
	                                                    "\"/northumberland\" is none of kafka.sources"));
	assert_non_null(strstr(buffer_cstr(&north.refused), "e3: another council's record"));
	end(&north);
	forget(&north);
}

static void one_that_takes_nothing_holds_up_no_other_and_loses_nothing(void **state)
{
	(void)state;
	enum { MANY = 6000 };
	struct one slow = {.own = "/slow/", .partition = 0, .next = -1}, quick;
	open_with(&slow, 100); /* 4 batches of 100 in its ring, and one in hand: far fewer than there are */
	hear_until(&slow, "kafka up");
	for (int i = 0; i < MANY; i++)
		produce(0, "/slow/lcs", i);
	produced();
	begin(&quick, "/quick/", 1);
	for (int i = 0; i < 300; i++)
		produce(1, "/quick/lcs", i);
	produced();
	for (int i = 0; i < 20; i++)
		turn(&slow, true); /* its store is full */
	take_until(&quick, 300);
	produce(1, "/quick/lcs", 300);
	produced();
	take_until(&quick, 301);
	assert_int_equal(slow.count, 0);
	take_until(&slow, MANY);
	assert_int_equal(slow.next, MANY);
	end(&slow);
	end(&quick);
	forget(&slow);
	forget(&quick);
}

static size_t complaints;

static void note_complaint(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	(void)about;
	complaints += strstr(line, "positions are not to be had") != NULL;
}

static void a_loop_that_does_not_answer_keeps_nobody_else_waiting(void **state)
{
	(void)state;
	struct one north = {.own = "/north/", .partition = 0, .next = -1}, south;
	complaints = 0;
	open_with(&north, 100);
	struct pollfd asked = {.fd = source_fd(north.source), .events = POLLIN};
	assert_int_equal(poll(&asked, 1, 30000), 1); /* where it is: and it does not say */
	begin(&south, "/south/", 1);
	produce(0, "/north/lcs", 1);
	produce(1, "/south/lcs", 2);
	produced();
	take_until(&south, 1);
	assert_int_equal(complaints, 0); /* so nobody waited for it */
	take_until(&north, 1);
	end(&north);
	end(&south);
	forget(&north);
	forget(&south);
}

static void a_store_that_cannot_say_where_it_is_keeps_nobody_else_waiting(void **state)
{
	(void)state;
	struct one north = {.own = "/north/", .partition = 0, .next = -1, .unreadable = true}, south;
	open_with(&north, 100);
	begin(&south, "/south/", 1);
	produce(0, "/north/lcs", 1);
	produce(1, "/south/lcs", 2);
	produced();
	turn(&north, false);
	take_until(&south, 1);
	assert_int_equal(north.count, 0);
	north.unreadable = false;
	take_until(&north, 1);
	end(&north);
	end(&south);
	forget(&north);
	forget(&south);
}

static void a_council_that_comes_back_goes_on_where_its_store_stands_while_the_others_read_on(void **state)
{
	(void)state;
	struct one north, south;
	begin(&north, "/north/", 0);
	begin(&south, "/south/", 1);
	produce(0, "/north/lcs", 1);
	produce(0, "/north/lcs", 2);
	produced();
	take_until(&north, 2);
	end(&north);
	produce(0, "/north/lcs", 3);
	produce(1, "/south/lcs", 4);
	produced();
	take_until(&south, 1);
	open_with(&north, 100);
	take_until(&north, 3);
	assert_string_equal(buffer_cstr(&north.taken), "e1 e2 e3 ");
	produce(1, "/south/lcs", 5);
	produced();
	take_until(&south, 2);
	end(&south);
	end(&north);
	forget(&north);
	forget(&south);
}

static void a_log_that_is_another_one_stops_one_council_alone(void **state)
{
	(void)state;
	struct one north = {.own = "/north/", .partition = 0, .next = 1, .fingerprint = 99}, south;
	produce(0, "/north/lcs", 1);
	produce(0, "/north/lcs", 2);
	produced();
	open_with(&north, 100);
	begin(&south, "/south/", 1);
	hear_until(&north, "kafka:cell:0 stuck Kafka topic cell, partition 0: at offset 0 stands another event");
	produce(1, "/south/lcs", 3);
	produced();
	take_until(&south, 1);
	assert_int_equal(north.count, 0);
	end(&north);
	end(&south);
	forget(&north);
	forget(&south);
}

static void a_partition_that_is_missing_is_said_of_its_council_alone(void **state)
{
	(void)state;
	struct one north, south;
	begin(&north, "/north/", PARTITIONS + 3);
	begin(&south, "/south/", 1);
	hear_until(&north, "kafka:cell:7 down Kafka topic cell has no partition 7. Add partitions to it, or correct "
	                   "kafka.partitions");
	produce(1, "/south/lcs", 1);
	produced();
	take_until(&south, 1);
	hear_until(&south, "kafka up");
	assert_null(strstr(buffer_cstr(&south.said), "down"));
	end(&north);
	end(&south);
	forget(&north);
	forget(&south);
}

static void a_broker_that_is_away_is_said_of_those_councils_alone_whose_partitions_it_leads(void **state)
{
	(void)state;
	struct one north, south;
	for (int32_t i = 0; i < PARTITIONS; i++)
		assert_int_equal(rd_kafka_mock_partition_set_leader(cluster, TOPIC, i, i % 2 + 1), 0);
	begin(&north, "/north/", 0);
	begin(&south, "/south/", 1);
	produce(0, "/north/lcs", 1);
	produce(1, "/south/lcs", 2);
	produced();
	take_until(&north, 1);
	take_until(&south, 1);
	assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 2), 0);
	hear_until(&south, "kafka down No events come from Kafka");
	produce(0, "/north/lcs", 3);
	produced();
	take_until(&north, 2);
	assert_null(strstr(buffer_cstr(&north.said), "down"));
	assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 2), 0);
	produce(1, "/south/lcs", 4);
	produced();
	take_until(&south, 2);
	end(&north);
	end(&south);
	forget(&north);
	forget(&south);
}

/* As the watch has it; the offset that it asks about next. */
static int64_t anchor_of(int32_t id)
{
	struct kafka_watch *watch = &readers->items[0]->watch;
	int64_t anchor = -1;
	(void)pthread_mutex_lock(&watch->lock);
	for (size_t i = 0; i < watch->count; i++) {
		struct kafka_partition *partition = watch->partitions[i];
		(void)pthread_mutex_lock(&partition->table->lock);
		anchor = partition->id == id ? partition->anchor_offset : anchor;
		(void)pthread_mutex_unlock(&partition->table->lock);
	}
	(void)pthread_mutex_unlock(&watch->lock);
	return anchor;
}

/* One question for the partitions of all leaders is answered for none while one of them is away: that a council's topic
 * was made anew would not be seen as long as another's broker is down. */
static void while_another_councils_broker_is_away_a_log_is_looked_after(void **state)
{
	(void)state;
	struct one north, south;
	for (int32_t i = 0; i < PARTITIONS; i++)
		assert_int_equal(rd_kafka_mock_partition_set_leader(cluster, TOPIC, i, i % 2 + 1), 0);
	begin(&north, "/north/", 0);
	begin(&south, "/south/", 1);
	produce(0, "/north/lcs", 1);
	produce(1, "/south/lcs", 2);
	produced();
	take_until(&north, 1);
	take_until(&south, 1);
	assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 2), 0);
	hear_until(&south, "kafka down No events come from Kafka");
	produce(0, "/north/lcs", 3);
	produced();
	take_until(&north, 2);
	for (int i = 0; i < TRIES && anchor_of(0) < north.next - 1; i++) {
		turn(&north, false);
		turn(&south, false);
	}
	assert_int_equal(anchor_of(0), north.next - 1);
	end(&north);
	end(&south);
	forget(&north);
	forget(&south);
}

static void other_properties_are_another_client(void **state)
{
	(void)state;
	struct one north, south;
	struct kafka_property own[2] = {brokers[0], {"client.id", "south"}};
	begin(&north, "/north/", 0);
	hear_until(&north, "kafka up");
	size_t before = threads();
	south = (struct one){.own = "/south/", .partition = 1, .next = -1};
	struct fault fault = {{0}};
	struct kafka_settings settings;
	kafka_settings_default(&settings);
	settings.topics = topics;
	settings.topic_count = settings.partition_count = 1;
	settings.partitions = &south.partition;
	settings.readers = readers;
	settings.group = "casewatch";
	settings.properties = own;
	settings.property_count = 2;
	settings.source.positions = positions;
	settings.source.report = report;
	settings.source.context = &south;
	assert_int_equal(kafka_source_open(&settings, &south.source, &fault), RESULT_OK);
	produce(1, "/south/lcs", 1);
	produced();
	take_until(&south, 1);
	assert_true(threads() > before);
	end(&north);
	produce(1, "/south/lcs", 2);
	produced();
	take_until(&south, 2);
	end(&south);
	forget(&north);
	forget(&south);
}

static instant now_of(const struct one *one)
{
	struct clock real = clock_real();
	return clock_now(one->clock ? one->clock : &real);
}

/* All that stands in the log by now. */
static void read_all(struct one *one)
{
	instant now = now_of(one);
	for (int i = 0; i < TRIES && source_read_to(one->source) < now; i++)
		turn(one, false);
	assert_true(source_read_to(one->source) >= now);
}

/* Other machines may read answers that this one does not: what falls due meanwhile waits for them. */
static void who_is_cut_off_from_its_start_on_knows_nothing_of_the_log(void **state)
{
	struct one alone, machine = {.own = "/south/", .next = -1, .log_time = true};
	struct kafka_property there = brokers[0];
	(void)state;
	brokers[0].value = "127.0.0.1:1";
	open_with(&machine, 100);
	begin(&alone, "/north/", 1);
	assert_true(source_read_to(machine.source) == INSTANT_NONE);
	assert_true(source_cut_off(machine.source));
	hear_until(&machine, "kafka down No events come from Kafka");
	assert_true(source_read_to(machine.source) == INSTANT_NONE);
	hear_until(&alone, "kafka down No events come from Kafka");
	assert_false(source_cut_off(alone.source));
	brokers[0] = there;
	end(&machine);
	end(&alone);
	forget(&machine);
	forget(&alone);
}

static void who_is_cut_off_when_all_was_read_knows_nothing_of_what_stands_there_since(void **state)
{
	struct one machine = {.own = "/north/", .next = -1, .log_time = true};
	(void)state;
	open_with(&machine, 100);
	produce(0, "/north/lcs", 1);
	produced();
	take_until(&machine, 1);
	read_all(&machine);
	assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 1), 0);
	assert_int_equal(rd_kafka_mock_broker_set_down(cluster, 2), 0);
	hear_until(&machine, "kafka down No events come from Kafka");
	assert_true(source_read_to(machine.source) == INSTANT_NONE);
	assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 1), 0);
	assert_int_equal(rd_kafka_mock_broker_set_up(cluster, 2), 0);
	read_all(&machine);
	end(&machine);
	forget(&machine);
}

/* A clock that a test moves, and the threads read. */
struct moving {
	_Atomic int64_t wall;
};

static instant moving_now(void *context)
{
	struct moving *moving = context;
	struct clock real = clock_real();
	return clock_now(&real) + moving->wall;
}

enum { FETCH = 1, LIST_OFFSETS = 2 }; /* of Kafka's requests */

static void refuse(int16_t requests, size_t count)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
	for (size_t i = 0; i < count; i++)
		rd_kafka_mock_push_request_errors_array(cluster, requests, 1, &error);
}

static void assert_something_may_be_left(struct one *one, size_t until, instant before)
{
	for (int i = 0; i < TRIES && one->count < until; i++) {
		assert_true(source_read_to(one->source) <= before + SECOND);
		turn(one, false);
	}
	assert_int_equal(one->count, until);
}

/* Its threads go on in any order: its clocks may have their turn before any has asked. */
static void who_stood_still_knows_nothing_of_what_came_meanwhile_before_a_broker_says_where_the_log_ends(void **state)
{
	struct moving moving = {0};
	struct clock clock = {.now = moving_now, .context = &moving};
	struct one machine = {.own = "/north/", .next = -1, .log_time = true, .clock = &clock};
	(void)state;
	open_with(&machine, 100);
	read_all(&machine);
	refuse(LIST_OFFSETS, 1000);
	instant before = clock_now(&clock);
	moving.wall += 5 * SECOND;
	for (int turns = 0; turns < 30; turns++) {
		assert_true(source_read_to(machine.source) <= before + SECOND);
		turn(&machine, false);
	}
	rd_kafka_mock_clear_request_errors(cluster, LIST_OFFSETS);
	read_all(&machine);
	refuse(FETCH, 15); /* so what comes stands in the log for a second or more, and is not read */
	produce(0, "/north/lcs", 1);
	produced();
	before = clock_now(&clock); /* on a busy machine seconds after it was begun */
	moving.wall += 5 * SECOND;
	assert_something_may_be_left(&machine, 1, before);
	end(&machine);
	forget(&machine);
}

/* A fetch hangs, and a broker is asked nothing, or does not answer: by small steps of its clock, so that nothing stands
 * still. What came is not read; and no clock goes past where the log was when a broker last said so. */
static void assert_goes_no_further(bool answers, int number)
{
	struct moving moving = {0};
	struct clock clock = {.now = moving_now, .context = &moving};
	struct one machine = {.own = "/north/", .next = -1, .log_time = true, .clock = &clock};
	open_with(&machine, 100);
	take_until(&machine, (size_t)number);
	read_all(&machine);
	refuse(FETCH, 1000);
	if (!answers)
		refuse(LIST_OFFSETS, 1000);
	produce(0, "/north/lcs", number);
	produced();
	instant before = clock_now(&clock);
	for (int step = 0; step < 12; step++) {
		moving.wall += SECOND / 4;
		for (int turns = 0; turns < 10; turns++)
			turn(&machine, false);
	}
	for (int turns = 0; turns < 30; turns++) {
		assert_true(source_read_to(machine.source) <= before + SECOND);
		turn(&machine, false);
	}
	assert_int_equal(machine.count, number);
	rd_kafka_mock_clear_request_errors(cluster, FETCH);
	rd_kafka_mock_clear_request_errors(cluster, LIST_OFFSETS);
	take_until(&machine, (size_t)number + 1);
	read_all(&machine);
	end(&machine);
	forget(&machine);
}

static void clocks_go_no_further_than_a_broker_said_that_the_log_was_read(void **state)
{
	(void)state;
	assert_goes_no_further(true, 0);
	assert_goes_no_further(false, 1);
}

/* A broker's clock, or this machine's, that is wrong by hours: too early, or by other names, is what then falls due. */
static void a_clock_that_is_not_the_logs_is_said_and_when_it_is_right_again(void **state)
{
	struct moving moving = {0};
	struct clock clock = {.now = moving_now, .context = &moving};
	struct one machine = {.own = "/north/", .next = -1, .log_time = true, .clock = &clock};
	static const struct {
		instant wall;
		const char *word;
	} turns[] = {{-2 * HOUR, "s ahead of this machine's clock"}, {0, "time of this machine's clock again"},
	             {2 * HOUR, "s behind this machine's clock"}};
	size_t sent = 0;
	(void)state;
	open_with(&machine, 100);
	read_all(&machine);
	assert_null(strstr(buffer_cstr(&machine.said), ":clock"));
	for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
		moving.wall = turns[i].wall;
		read_all(&machine); /* a broker was asked by that clock */
		do { /* one that is there when a broker is asked where the log ends says nothing of its clock */
			produce(0, "/north/lcs", (int)sent);
			produced();
			take_until(&machine, ++sent);
		} while (sent < 40 * (i + 1) && !strstr(buffer_cstr(&machine.said), turns[i].word));
		hear_until(&machine, turns[i].word);
	}
	end(&machine);
	forget(&machine);
}

/* A broker that has none of its partitions, and a certificate that is not trusted: it comes with each attempt. */
static void somebody_else_is_in_trouble(void)
{
	kafka_health_error(readers->items[0]->sources[0], RD_KAFKA_RESP_ERR__SSL, "certificate verify failed");
}

static void who_reads_is_not_cut_off_whatever_else_is_in_trouble(void **state)
{
	struct one machine = {.own = "/north/", .next = -1, .log_time = true};
	(void)state;
	open_with(&machine, 100);
	produce(0, "/north/lcs", 1);
	produced();
	take_until(&machine, 1);
	somebody_else_is_in_trouble();
	hear_until(&machine, "kafka stuck No trusted TLS connection");
	instant now = now_of(&machine);
	for (int i = 0; i < TRIES && source_read_to(machine.source) < now; i++) {
		somebody_else_is_in_trouble();
		turn(&machine, false);
	}
	assert_true(source_read_to(machine.source) >= now);
	assert_false(source_cut_off(machine.source));
	assert_null(strstr(strstr(buffer_cstr(&machine.said), "kafka stuck"), "kafka up"));
	end(&machine);
	forget(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_LOG(each_council_gets_its_own_partition_and_all_share_one_client),
		WITH_A_LOG(another_councils_record_is_refused_with_the_reason_and_stops_nothing),
		WITH_A_LOG(one_that_takes_nothing_holds_up_no_other_and_loses_nothing),
		WITH_A_LOG(a_loop_that_does_not_answer_keeps_nobody_else_waiting),
		WITH_A_LOG(a_store_that_cannot_say_where_it_is_keeps_nobody_else_waiting),
		WITH_A_LOG(a_council_that_comes_back_goes_on_where_its_store_stands_while_the_others_read_on),
		WITH_A_LOG(a_log_that_is_another_one_stops_one_council_alone),
		WITH_A_LOG(a_partition_that_is_missing_is_said_of_its_council_alone),
		WITH_A_LOG(a_broker_that_is_away_is_said_of_those_councils_alone_whose_partitions_it_leads),
		WITH_A_LOG(while_another_councils_broker_is_away_a_log_is_looked_after),
		WITH_A_LOG(other_properties_are_another_client),
		WITH_A_LOG(who_is_cut_off_from_its_start_on_knows_nothing_of_the_log),
		WITH_A_LOG(who_is_cut_off_when_all_was_read_knows_nothing_of_what_stands_there_since),
		WITH_A_LOG(
			who_stood_still_knows_nothing_of_what_came_meanwhile_before_a_broker_says_where_the_log_ends),
		WITH_A_LOG(clocks_go_no_further_than_a_broker_said_that_the_log_was_read),
		WITH_A_LOG(a_clock_that_is_not_the_logs_is_said_and_when_it_is_right_again),
		WITH_A_LOG(who_reads_is_not_cut_off_whatever_else_is_in_trouble),
	};
	log_set_sink(note_complaint);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

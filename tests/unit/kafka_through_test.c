/* What does not come from a council's log goes through it: to every machine that reads it, in one order. With
 * librdkafka's pretended brokers. */
#include "kafka_fixture.h"

#include "source/kafka/orders.h"
#include "source/kafka/through.h"
#include "source/memory.h"

static void produce_order(const char *council, const char *order, const char *seal, const char *bytes)
{
	ssize_t length = (ssize_t)strlen(seal);
	assert_int_equal(rd_kafka_producev(client, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
	                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	                                   RD_KAFKA_V_VALUE((void *)(uintptr_t)bytes, strlen(bytes)),
	                                   RD_KAFKA_V_HEADER("casewatch-council", council, -1),
	                                   RD_KAFKA_V_HEADER("casewatch-order", order, -1),
	                                   RD_KAFKA_V_HEADER("casewatch-seal", seal, length), RD_KAFKA_V_END),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void settings_of(struct one *one, struct kafka_readers *own, struct kafka_settings *settings)
{
	kafka_settings_default(settings);
	settings->topics = topics;
	settings->topic_count = settings->partition_count = 1;
	settings->partitions = &one->partition;
	settings->readers = own;
	settings->own_sources = &one->own;
	settings->own_source_count = 1;
	settings->council = "North";
	settings->seal_key = TEXT("a key of the cell");
	settings->group = "casewatch";
	settings->properties = brokers;
	settings->property_count = 1;
	settings->source.positions = positions;
	settings->source.report = report;
	settings->source.context = one;
}

/* A machine of a cell: its council's log, and beside it a source of its own whose records go through that log. */
struct machine {
	struct one one;
	struct kafka_readers *readers; /* of its process */
	struct memory_source *memory;
	struct source *beside;
};

/* As the spool's are. */
static bool is_order(const struct source_record *record)
{
	return text_equal(record->position, TEXT("spool:order"));
}

static void begin_machine(struct machine *machine)
{
	struct kafka_settings settings;
	struct source_settings own;
	struct fault fault = {{0}};
	*machine = (struct machine){.one = {.own = "/north/", .partition = 0, .next = -1}};
	machine->readers = kafka_readers_new();
	settings_of(&machine->one, machine->readers, &settings);
	assert_int_equal(kafka_source_open(&settings, &machine->one.source, &fault), RESULT_OK);
	source_settings_default(&own);
	struct source *inner = memory_source_open(&own, &machine->memory);
	assert_int_equal(kafka_through_open(&settings, inner, is_order, &machine->beside, &fault), RESULT_OK);
	assert_ptr_equal(kafka_through_inner(machine->beside), inner);
	assert_ptr_equal(kafka_through_inner(machine->one.source), machine->one.source);
}

static void end_machine(struct machine *machine)
{
	assert_true(source_stop(machine->beside, 30000));
	end(&machine->one);
	kafka_readers_free(machine->readers);
	forget(&machine->one);
}

static void note_left(void *argument, const struct source_figures *figures)
{
	*(int64_t *)argument += figures->lag;
}

/* The loop's turns for a source that hands out nothing, until nothing is left in it. */
static void append_all(struct machine *machine)
{
	int64_t left = 1;
	for (int i = 0; i < TRIES && left; i++) {
		struct pollfd wait = {.fd = source_fd(machine->beside), .events = POLLIN};
		(void)poll(&wait, 1, 10);
		source_wake(machine->beside);
		assert_null(source_next(machine->beside));
		left = 0;
		source_each(machine->beside, note_left, &left);
		left += source_wait(machine->beside) == INSTANT_NEVER && wait.revents == 0 && i < 3;
	}
}

/* Turns of both, until the council has taken so many. */
static void append_until(struct machine *machine, size_t count)
{
	for (int i = 0; i < TRIES && machine->one.count < count; i++) {
		append_all(machine);
		turn(&machine->one, false);
	}
	assert_int_equal(machine->one.count, count);
}

#define EVENT(id, source)                                                                                              \
	"{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"" source                                       \
	"\",\"type\":\"missing.ended\",\"subject\":\"C1\",\"time\":\"2020-01-01T10:00:00Z\","                     \
	"\"data\":{\"episode\":\"E1\"}}"

static void what_one_machine_is_given_comes_to_both_from_the_log_in_one_order(void **state)
{
	(void)state;
	struct machine amber, birch;
	begin_machine(&amber);
	begin_machine(&birch);
	memory_source_put(amber.memory, "memory:0", EVENT("a1", "/casewatch/page"));
	memory_source_put(amber.memory, "memory:0", "no event");
	memory_source_put(amber.memory, "memory:0", EVENT("a2", "/north/lcs"));
	append_all(&amber);
	take_until(&birch.one, 3);
	produce(0, "/north/lcs", 3);
	produced();
	memory_source_put(birch.memory, "memory:0", EVENT("b4", "/casewatch/tool"));
	append_all(&birch);
	take_until(&amber.one, 5);
	memory_source_put(amber.memory, "memory:0", EVENT("a5", "/casewatch/page")); /* the batch before is over */
	append_until(&amber, 6);
	take_until(&birch.one, 6);
	assert_string_equal(buffer_cstr(&amber.one.taken), "a1 a2 e3 b4 a5 ");
	assert_string_equal(buffer_cstr(&birch.one.taken), "a1 a2 e3 b4 a5 ");
	assert_non_null(strstr(buffer_cstr(&amber.one.refused), "JSON"));
	assert_string_equal(buffer_cstr(&birch.one.refused), buffer_cstr(&amber.one.refused));
	end_machine(&amber);
	end_machine(&birch);
}

static void what_could_not_be_appended_is_said_kept_and_appended_again(void **state)
{
	(void)state;
	enum { PRODUCE = 0 }; /* Kafka's number of that request */
	struct machine amber;
	begin_machine(&amber);
	hear_until(&amber.one, "kafka up");
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	memory_source_put(amber.memory, "memory:0", EVENT("a1", "/casewatch/page"));
	for (int i = 0; i < TRIES && !strstr(buffer_cstr(&amber.one.said), "log:memory up"); i++) {
		append_all(&amber);
		turn(&amber.one, false);
	}
	assert_non_null(strstr(buffer_cstr(&amber.one.said),
	                       "log:memory down What comes by memory cannot be appended to Kafka topic cell, "
	                       "partition 0 (Broker: Topic authorization failed)"));
	take_until(&amber.one, 1);
	assert_string_equal(buffer_cstr(&amber.one.taken), "a1 ");
	end_machine(&amber);
}

static void an_order_of_the_spool_comes_back_sealed_and_nobody_elses_is_believed(void **state)
{
	(void)state;
	struct machine amber, birch;
	begin_machine(&amber);
	begin_machine(&birch);
	memory_source_put(amber.memory, "memory:0", EVENT("a1", "/casewatch/tool"));
	memory_source_put(amber.memory, "spool:order", EVENT("o2", "/casewatch/tool"));
	append_all(&amber);
	take_until(&birch.one, 2);
	assert_string_equal(buffer_cstr(&birch.one.taken), "a1 o2 ");
	assert_string_equal(buffer_cstr(&birch.one.ordered), "o2:spool ");
	assert_int_equal(birch.one.refused.length, 0);
	produce_order("North", "spool", "0123456789abcdef0123456789abcdef", EVENT("f3", "/north/lcs"));
	produce_order("North", "nobody", "", "2 alert");
	produce_order("North", "erase", "short", "C1001");
	produced();
	take_until(&birch.one, 5);
	assert_string_equal(buffer_cstr(&birch.one.taken), "a1 o2 ");
	assert_string_equal(buffer_cstr(&birch.one.ordered), "o2:spool ");
	for (const char *at = buffer_cstr(&birch.one.refused), *next; *at; at = next + 1) {
		next = strchr(at, '\n');
		assert_non_null(next);
		assert_true(strstr(at, "none of them sealed") && strstr(at, "none of them sealed") < next);
	}
	end_machine(&amber);
	end_machine(&birch);
}

static void an_order_is_appended_until_it_stands_and_comes_to_every_machine(void **state)
{
	(void)state;
	enum { PRODUCE = 0 };
	struct machine amber, birch;
	struct kafka_settings settings;
	struct kafka_orders *orders;
	struct fault fault = {{0}};
	begin_machine(&amber);
	begin_machine(&birch);
	settings_of(&amber.one, amber.readers, &settings);
	assert_int_equal(kafka_orders_open(&settings, &orders, &fault), RESULT_OK);
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	enum kafka_order_state became = KAFKA_ORDER_UNDER_WAY;
	for (int i = 0; i < TRIES && became == KAFKA_ORDER_UNDER_WAY; i++) {
		struct pollfd wait = {.fd = kafka_orders_fd(orders), .events = POLLIN};
		became = kafka_orders_ask(orders, "erase", TEXT("C1001"), &fault);
		(void)poll(&wait, 1, 10);
		(void)kafka_orders_wake(orders);
	}
	assert_int_equal(became, KAFKA_ORDER_STANDS);
	assert_true(kafka_orders_give(orders, "nobody", TEXT("2 alert")));
	take_until(&amber.one, 2);
	take_until(&birch.one, 2);
	assert_string_equal(buffer_cstr(&amber.one.ordered), "C1001:erase 2 alert:nobody ");
	assert_string_equal(buffer_cstr(&birch.one.ordered), "C1001:erase 2 alert:nobody ");
	char *long_one = mem_alloc(KAFKA_ORDER_BYTES_MOST + 1);
	memset(long_one, 'x', KAFKA_ORDER_BYTES_MOST + 1);
	assert_int_equal(kafka_orders_ask(orders, "erase", (struct text){long_one, KAFKA_ORDER_BYTES_MOST + 1}, &fault),
	                 KAFKA_ORDER_REFUSED);
	assert_non_null(strstr(fault.text, "longer than 8388608 bytes"));
	free(long_one);
	kafka_orders_close(orders);
	end_machine(&amber);
	end_machine(&birch);
}

static void produce_for(const char *council, const char *refused, const char *bytes)
{
	assert_int_equal(rd_kafka_producev(client, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(0),
	                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	                                   RD_KAFKA_V_VALUE((void *)(uintptr_t)bytes, strlen(bytes)),
	                                   RD_KAFKA_V_HEADER("casewatch-council", council, -1),
	                                   RD_KAFKA_V_HEADER("casewatch-refused", refused, -1), RD_KAFKA_V_END),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void what_its_source_refused_stays_refused_and_what_is_anothers_is_not_taken(void **state)
{
	(void)state;
	struct machine amber;
	begin_machine(&amber);
	produce_for("North", "longer than 65536 bytes", EVENT("a1", "/north/lcs"));
	produce_for("South", "", EVENT("s2", "/north/lcs"));
	produce_for("North", "", EVENT("a3", "/elsewhere"));
	produced();
	take_until(&amber.one, 3);
	assert_string_equal(buffer_cstr(&amber.one.taken), "a3 ");
	assert_string_equal(buffer_cstr(&amber.one.refused),
	                    "a1: longer than 65536 bytes\n"
	                    "s2: another council's record: it was appended for South, and this is this council's "
	                    "partition\n");
	end_machine(&amber);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_LOG(what_one_machine_is_given_comes_to_both_from_the_log_in_one_order),
		WITH_A_LOG(what_could_not_be_appended_is_said_kept_and_appended_again),
		WITH_A_LOG(an_order_of_the_spool_comes_back_sealed_and_nobody_elses_is_believed),
		WITH_A_LOG(an_order_is_appended_until_it_stands_and_comes_to_every_machine),
		WITH_A_LOG(what_its_source_refused_stays_refused_and_what_is_anothers_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* bench_consume: the floor of durability: events from Kafka appended bare to SQLite, nothing judged.
 *
 *   bench_consume BROKERS TOPIC COUNT DATABASE [PARTITIONS]
 *
 * librdkafka consumes partition 0 from its beginning; 2,000 events a transaction, synchronous=FULL, pages of 16 KiB.
 * With PARTITIONS so many of them, COUNT events in all, and each into a file of its own, DATABASE.0, DATABASE.1, ...
 * Prints "events_per_second N cpu_seconds N", reckoned from the first event received. A watermark query every 5,000
 * events keeps librdkafka 2.0.2 from stalling when its queue fills, as the source does. */
#include <librdkafka/rdkafka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BATCH 2000
#define WAKE_EVERY 5000

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_consume: %s: %s\n", what, why);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void sql(sqlite3 *database, const char *text)
{
	if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
		die("SQLite", sqlite3_errmsg(database));
}

static rd_kafka_t *consumer(const char *brokers)
{
	char why[512];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *const settings[][2] = {{"bootstrap.servers", brokers},    {"group.id", "bench-consume"},
	                                   {"enable.auto.commit", "false"},   {"queued.max.messages.kbytes", "16384"},
	                                   {"auto.offset.reset", "earliest"}, {"fetch.wait.max.ms", "5"}};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) != RD_KAFKA_CONF_OK)
			die(settings[i][0], why);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
	if (!client)
		die("consumer", why);
	(void)rd_kafka_poll_set_consumer(client);
	return client;
}

struct part {
	sqlite3 *database;
	sqlite3_stmt *insert;
	long taken;
};

static void open_part(struct part *part, const char *path)
{
	(void)unlink(path);
	if (sqlite3_open(path, &part->database) != SQLITE_OK)
		die(path, sqlite3_errmsg(part->database));
	sql(part->database, "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                    "CREATE TABLE event (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
	if (sqlite3_prepare_v2(part->database, "INSERT INTO event (bytes) VALUES (?)", -1, &part->insert, NULL) !=
	    SQLITE_OK)
		die("SQLite", sqlite3_errmsg(part->database));
}

static void close_part(struct part *part)
{
	if (part->taken % BATCH)
		sql(part->database, "COMMIT");
	(void)sqlite3_finalize(part->insert);
	(void)sqlite3_close(part->database);
}

static void append(struct part *part, const rd_kafka_message_t *message)
{
	if (part->taken % BATCH == 0)
		sql(part->database, "BEGIN IMMEDIATE");
	(void)sqlite3_bind_blob64(part->insert, 1, message->payload, message->len, SQLITE_STATIC);
	if (sqlite3_step(part->insert) != SQLITE_DONE)
		die("SQLite", sqlite3_errmsg(part->database));
	(void)sqlite3_reset(part->insert);
	if (++part->taken % BATCH == 0)
		sql(part->database, "COMMIT");
}

/* When the first event came. */
static double run(rd_kafka_t *client, const char *topic, long count, struct part *parts)
{
	double start = 0;
	for (long taken = 0; taken < count;) {
		int64_t low, high;
		rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 5000);
		if (!message || message->err)
			die("poll", message ? rd_kafka_message_errstr(message) : "nothing came for 5 seconds");
		if (!taken)
			start = seconds(CLOCK_MONOTONIC);
		append(&parts[message->partition], message);
		rd_kafka_message_destroy(message);
		if (++taken % WAKE_EVERY == 0)
			(void)rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, 1000);
	}
	return start;
}

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 6) {
		(void)fprintf(stderr, "usage: bench_consume BROKERS TOPIC COUNT DATABASE [PARTITIONS]\n");
		return 2;
	}
	long count = strtol(argv[3], NULL, 10), partitions = argc == 6 ? strtol(argv[5], NULL, 10) : 1;
	struct part *parts = partitions > 0 ? calloc((size_t)partitions, sizeof *parts) : NULL;
	if (!parts)
		die("partitions", "none");
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions);
	for (long i = 0; i < partitions; i++) {
		char path[1024];
		if (argc == 6)
			(void)snprintf(path, sizeof path, "%s.%ld", argv[4], i);
		else
			(void)snprintf(path, sizeof path, "%s", argv[4]);
		open_part(&parts[i], path);
		rd_kafka_topic_partition_list_add(list, argv[2], (int32_t)i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	}
	rd_kafka_t *client = consumer(argv[1]);
	if (rd_kafka_assign(client, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("assign", argv[2]);
	double before = seconds(CLOCK_PROCESS_CPUTIME_ID), start = run(client, argv[2], count, parts);
	for (long i = 0; i < partitions; i++)
		close_part(&parts[i]);
	(void)printf("events_per_second %.0f cpu_seconds %.2f\n", (double)count / (seconds(CLOCK_MONOTONIC) - start),
	             seconds(CLOCK_PROCESS_CPUTIME_ID) - before);
	rd_kafka_topic_partition_list_destroy(list);
	free(parts);
	(void)rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return 0;
}

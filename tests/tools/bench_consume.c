/* bench_consume: the floor of durability: events from Kafka appended bare to SQLite, nothing judged.
 *
 *   bench_consume BROKERS TOPIC COUNT DATABASE
 *
 * librdkafka consumes partition 0 from its beginning; 2,000 events a transaction, synchronous=FULL, pages of 16 KiB.
 * Prints "events_per_second N", reckoned from the first event received. A watermark query every 5,000 events keeps
 * librdkafka 2.0.2 from stalling when its queue fills, as the source does. */
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

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
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
	const char *const settings[][2] = {{"bootstrap.servers", brokers}, {"group.id", "bench-consume"},
	                                   {"enable.auto.commit", "false"}, {"queued.max.messages.kbytes", "16384"},
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

static double run(rd_kafka_t *client, const char *topic, long count, sqlite3 *database)
{
	sqlite3_stmt *insert;
	double start = 0;
	if (sqlite3_prepare_v2(database, "INSERT INTO event (bytes) VALUES (?)", -1, &insert, NULL) != SQLITE_OK)
		die("SQLite", sqlite3_errmsg(database));
	for (long taken = 0; taken < count;) {
		int64_t low, high;
		rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 5000);
		if (!message || message->err)
			die("poll", message ? rd_kafka_message_errstr(message) : "nothing came for 5 seconds");
		if (!taken)
			start = seconds();
		if (taken % BATCH == 0)
			sql(database, "BEGIN IMMEDIATE");
		(void)sqlite3_bind_blob64(insert, 1, message->payload, message->len, SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die("SQLite", sqlite3_errmsg(database));
		(void)sqlite3_reset(insert);
		rd_kafka_message_destroy(message);
		taken++;
		if (taken % BATCH == 0 || taken == count)
			sql(database, "COMMIT");
		if (taken % WAKE_EVERY == 0)
			(void)rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, 1000);
	}
	(void)sqlite3_finalize(insert);
	return seconds() - start;
}

int main(int argc, char **argv)
{
	sqlite3 *database;
	if (argc != 5) {
		(void)fprintf(stderr, "usage: bench_consume BROKERS TOPIC COUNT DATABASE\n");
		return 2;
	}
	(void)unlink(argv[4]);
	if (sqlite3_open(argv[4], &database) != SQLITE_OK)
		die(argv[4], sqlite3_errmsg(database));
	sql(database, "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	              "CREATE TABLE event (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
	rd_kafka_t *client = consumer(argv[1]);
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(parts, argv[2], 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
	if (rd_kafka_assign(client, parts) != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("assign", argv[2]);
	long count = strtol(argv[3], NULL, 10);
	double took = run(client, argv[2], count, database);
	(void)printf("events_per_second %.0f\n", (double)count / took);
	rd_kafka_topic_partition_list_destroy(parts);
	(void)sqlite3_close(database);
	(void)rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return 0;
}

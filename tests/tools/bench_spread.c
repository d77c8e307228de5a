/* bench_spread: events of one council to many councils, each to a partition of its own; and how long they take to be
 * committed.
 *
 *   bench_spread BROKERS TOPIC FIRST COUNCILS [-r RECORDS_PER_SECOND] [-d DATABASES] [-n] [-v] <events.jsonl
 *
 * Each line goes to the partitions FIRST .. FIRST + COUNCILS - 1 in turn, with the source of the partition's council:
 * /council/ becomes /c000017/ for partition 17. Prints "produced N failed M".
 *
 * -n: each happened, and was recorded, when it is given away: one of years ago would come late to a history that was
 * judged up to today, and be folded anew with it.
 * -d: DATABASES/c000017/casewatch.db is the database of partition 17's daemon, whose position is read every few
 * milliseconds. An event is committed when the position is behind it; the time begins when it is given to librdkafka.
 * Prints, when all are committed, for each council "council N events E p50_us .. p99_us .. longest_us ..", the same for
 * "all" and, as the floor, from there to the broker's acknowledgement for "acknowledged". What is not committed after a
 * minute in which nothing was is said, and the exit status is 1. Those of the first second are not counted: a client
 * connects, and reads a partition for the first time up to a second late. With -v "given N AT_US" for each, by the
 * monotonic clock. */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SOURCE "/council/"
#define LOOK_US 5000
#define SILENCE_US 60000000
#define UNCOUNTED_US 1000000

struct council {
	sqlite3 *database;
	sqlite3_stmt *position;
	int64_t base;          /* where its log stood before the first of these */
	int64_t *produced;     /* microseconds, by the order in which they were given away */
	int64_t *took;         /* from there to the commit */
	int64_t *acknowledged; /* as `produced` at first; then from there to the broker's answer */
	atomic_size_t given;
	size_t committed;
	size_t uncounted; /* of the first second */
};

struct spread {
	const char *topic, *databases;
	int32_t first;
	size_t count;
	double rate;
	struct council *councils;
	rd_kafka_t *client;
	atomic_ulong failed;
	unsigned long given;
	int64_t counts_from;
	atomic_bool done; /* all were given away */
	bool lost, verbose, of_now;
};

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_spread: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- what is committed ---- */

static void open_database(const struct spread *spread, size_t index)
{
	struct council *council = &spread->councils[index];
	char path[1024];
	(void)snprintf(path, sizeof path, "%s/c%06d/casewatch.db", spread->databases,
	               (int)(spread->first + (int)index));
	if (sqlite3_open_v2(path, &council->database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(council->database, 10000) != SQLITE_OK ||
	    sqlite3_prepare_v2(council->database, "SELECT coalesce(max(next), 0) FROM position WHERE name LIKE ?", -1,
	                       &council->position, NULL) != SQLITE_OK)
		die(path, sqlite3_errmsg(council->database));
	char name[256];
	(void)snprintf(name, sizeof name, "%%%s%%", spread->topic);
	(void)sqlite3_bind_text(council->position, 1, name, -1, SQLITE_TRANSIENT);
}

static int64_t position_of(struct council *council)
{
	if (sqlite3_step(council->position) != SQLITE_ROW)
		die("position", sqlite3_errmsg(council->database));
	int64_t next = sqlite3_column_int64(council->position, 0);
	(void)sqlite3_reset(council->position);
	return next;
}

/* Whether all that was given away is committed. */
static bool look(struct spread *spread, int64_t *moved_at)
{
	bool done = atomic_load(&spread->done), all = true;
	for (size_t i = 0; i < spread->count; i++) {
		struct council *council = &spread->councils[i];
		size_t given = atomic_load(&council->given);
		if (council->committed == given)
			continue;
		int64_t next = position_of(council), now = now_us();
		for (; council->committed < given && council->base + (int64_t)council->committed < next;
		     council->committed++, *moved_at = now)
			council->took[council->committed] = now - council->produced[council->committed];
		all = all && council->committed == given;
	}
	return done && all;
}

static void *watch(void *argument)
{
	struct spread *spread = argument;
	int64_t moved_at = now_us();
	while (!look(spread, &moved_at)) {
		if (atomic_load(&spread->done) && now_us() - moved_at > SILENCE_US) {
			spread->lost = true;
			break;
		}
		(void)usleep(LOOK_US);
	}
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
	return (one > other) - (one < other);
}

static void say(const char *who, int64_t *took, size_t count)
{
	if (!count)
		return;
	qsort(took, count, sizeof *took, by_size);
	(void)printf("%s events %zu p50_us %lld p99_us %lld longest_us %lld\n", who, count, (long long)took[count / 2],
	             (long long)took[count - 1 - count / 100], (long long)took[count - 1]);
}

/* Puts those of the council that count behind the others; returns how many. */
static size_t add_counted(const struct council *council, const int64_t *took, int64_t *all)
{
	if (council->committed <= council->uncounted)
		return 0;
	memcpy(all, took + council->uncounted, (council->committed - council->uncounted) * sizeof *all);
	return council->committed - council->uncounted;
}

static void say_council(const struct spread *spread, size_t index, int64_t *room)
{
	struct council *council = &spread->councils[index];
	int number = (int)spread->first + (int)index;
	char who[32];
	for (size_t i = council->uncounted; spread->verbose && i < council->committed; i++)
		(void)printf("took %zu %lld\n", i, (long long)council->took[i]);
	(void)snprintf(who, sizeof who, "council %d", number);
	say(who, room, add_counted(council, council->took, room));
	if (council->committed < atomic_load(&council->given))
		(void)fprintf(stderr, "bench_spread: %s: %zu of %zu events were committed\n", who, council->committed,
		              atomic_load(&council->given));
}

static void say_all(const struct spread *spread)
{
	int64_t *all = calloc(spread->given + 1, sizeof *all);
	size_t count = 0;
	if (!all)
		die("memory", "none");
	for (size_t i = 0; i < spread->count; i++)
		say_council(spread, i, all);
	for (size_t i = 0; i < spread->count; i++)
		count += add_counted(&spread->councils[i], spread->councils[i].took, all + count);
	say("all", all, count);
	count = 0;
	for (size_t i = 0; i < spread->count; i++)
		count += add_counted(&spread->councils[i], spread->councils[i].acknowledged, all + count);
	say("acknowledged", all, count);
	free(all);
}

/* ---- giving away ---- */

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct spread *spread = opaque;
	(void)client;
	int64_t *at = message->_private;
	if (message->err)
		(void)atomic_fetch_add(&spread->failed, 1);
	if (at)
		*at = now_us() - *at;
}

/* Room is made at the start: the one that looks reads beside it. */
static void make_room(struct spread *spread, size_t events)
{
	for (size_t i = 0; i < spread->count; i++) {
		struct council *council = &spread->councils[i];
		council->produced = calloc(events, sizeof *council->produced);
		council->took = calloc(events, sizeof *council->took);
		council->acknowledged = calloc(events, sizeof *council->acknowledged);
		if (!council->produced || !council->took || !council->acknowledged)
			die("memory", "none");
	}
}

static void give(struct spread *spread, size_t index, const char *line, size_t length)
{
	struct council *council = &spread->councils[index];
	rd_kafka_resp_err_t error;
	size_t given = atomic_load(&council->given);
	int64_t at = now_us(), *acknowledged = council->acknowledged ? &council->acknowledged[given] : NULL;
	if (acknowledged)
		*acknowledged = council->produced[given] = at;
	if (at < spread->counts_from)
		council->uncounted = given + 1;
	else if (spread->verbose)
		(void)printf("given %zu %lld\n", given, (long long)at);
	while ((error = rd_kafka_producev(
			spread->client, RD_KAFKA_V_TOPIC(spread->topic),
			RD_KAFKA_V_PARTITION(spread->first + (int32_t)index), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)line, length), RD_KAFKA_V_OPAQUE(acknowledged),
			RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		(void)rd_kafka_poll(spread->client, 10);
	if (error)
		die("not produced", rd_kafka_err2str(error));
	atomic_store(&council->given, given + 1);
	spread->given++;
}

static void pace(const struct spread *spread, int64_t begun)
{
	int64_t due = begun + (int64_t)((double)spread->given * 1e6 / spread->rate), wait;
	while ((wait = due - now_us()) > 1000)
		(void)rd_kafka_poll(spread->client, (int)(wait / 1000));
}

struct lines {
	char **items;
	size_t *lengths;
	size_t count, room;
};

static struct lines read_lines(void)
{
	struct lines lines = {0};
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	while ((length = getline(&line, &room, stdin)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		if (lines.count == lines.room) {
			lines.room = lines.room ? lines.room * 2 : 4096;
			lines.items = realloc(lines.items, lines.room * sizeof *lines.items);
			lines.lengths = realloc(lines.lengths, lines.room * sizeof *lines.lengths);
			if (!lines.items || !lines.lengths)
				die("memory", "none");
		}
		lines.lengths[lines.count] = (size_t)length;
		lines.items[lines.count++] = line;
		line = NULL;
		room = 0;
	}
	free(line);
	return lines;
}

static void put_time(char *line, const char *name, const char *time)
{
	char *at = strstr(line, name);
	if (at)
		memcpy(at + strlen(name), time, strlen(time));
}

static void make_of_now(char *line)
{
	char text[] = "2020-12-31T00:00:00Z";
	struct tm parts;
	time_t now = time(NULL);
	(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	put_time(line, "\"time\":\"", text);
	put_time(line, "\"recordedtime\":\"", text);
}

static void give_all(struct spread *spread, const struct lines *lines)
{
	int64_t begun = now_us();
	spread->counts_from = begun + UNCOUNTED_US;
	for (size_t i = 0; i < lines->count; i++) {
		char *source = strstr(lines->items[i], SOURCE), name[32];
		if (spread->of_now)
			make_of_now(lines->items[i]);
		for (size_t j = 0; j < spread->count; j++) {
			(void)snprintf(name, sizeof name, "/c%06d/", (int)(spread->first + (int)j));
			if (source)
				memcpy(source, name, sizeof SOURCE - 1);
			give(spread, j, lines->items[i], lines->lengths[i]);
			if (spread->rate > 0)
				pace(spread, begun);
			else if (spread->given % 1000 == 0)
				(void)rd_kafka_poll(spread->client, 0);
		}
	}
	if (rd_kafka_flush(spread->client, 120000) != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("flush", "the broker did not take all within two minutes");
}

static rd_kafka_t *producer(const char *brokers, struct spread *spread)
{
	char why[512];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *const settings[][2] = {{"bootstrap.servers", brokers},
	                                   {"enable.idempotence", "true"},
	                                   {"linger.ms", spread->rate > 0 ? "5" : "50"},
	                                   {"queue.buffering.max.messages", "200000"}};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) != RD_KAFKA_CONF_OK)
			die(settings[i][0], why);
	rd_kafka_conf_set_opaque(conf, spread);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	if (!client)
		die("producer", why);
	return client;
}

static void run(struct spread *spread)
{
	struct lines lines = read_lines();
	pthread_t watcher;
	if (spread->databases)
		make_room(spread, lines.count);
	for (size_t i = 0; spread->databases && i < spread->count; i++) {
		open_database(spread, i);
		spread->councils[i].base = position_of(&spread->councils[i]);
	}
	if (spread->databases && pthread_create(&watcher, NULL, watch, spread) != 0)
		die("thread", "none");
	give_all(spread, &lines);
	atomic_store(&spread->done, true);
	if (spread->databases) {
		(void)pthread_join(watcher, NULL);
		say_all(spread);
	}
	(void)printf("produced %lu failed %lu\n", spread->given, atomic_load(&spread->failed));
	for (size_t i = 0; i < lines.count; i++)
		free(lines.items[i]);
	free(lines.items);
	free(lines.lengths);
}

static void end(struct spread *spread)
{
	for (size_t i = 0; i < spread->count; i++) {
		struct council *council = &spread->councils[i];
		(void)sqlite3_finalize(council->position);
		(void)sqlite3_close(council->database);
		free(council->produced);
		free(council->took);
		free(council->acknowledged);
	}
	free(spread->councils);
}

int main(int argc, char **argv)
{
	struct spread spread = {0};
	for (int option; (option = getopt(argc, argv, "r:d:nv")) != -1;) {
		if (option == 'r')
			spread.rate = atof(optarg);
		else if (option == 'd')
			spread.databases = optarg;
		else if (option == 'n')
			spread.of_now = true;
		else if (option == 'v')
			spread.verbose = true;
		else
			return 2;
	}
	if (argc - optind != 4 || atoi(argv[optind + 3]) <= 0) {
		(void)fprintf(stderr,
		              "usage: bench_spread [-r RATE] [-d DATABASES] [-n] [-v] BROKERS TOPIC FIRST COUNCILS\n");
		return 2;
	}
	spread.topic = argv[optind + 1];
	spread.first = (int32_t)atoi(argv[optind + 2]);
	spread.count = (size_t)atoi(argv[optind + 3]);
	spread.councils = calloc(spread.count, sizeof *spread.councils);
	if (!spread.councils)
		die("memory", "none");
	spread.client = producer(argv[optind], &spread);
	run(&spread);
	rd_kafka_destroy(spread.client);
	end(&spread);
	return spread.lost || atomic_load(&spread.failed) ? 1 : 0;
}

/* produce: lines from standard input into a Kafka topic, for tests, bench and demo.
 *
 *	produce -b BROKERS -t TOPIC [-p PARTITION] [-k KEY] [-r PER_SECOND] [-X NAME=VALUE]... [options]
 *	  --binary       a line is ce_NAME=VALUE fields and content-type=VALUE, each ended by a tab, then the body;
 *	                 a value 0xAB.. is those bytes
 *	  --null         an empty line is a message with no value at all (elsewhere, one with an empty value)
 *	  --transaction  all lines in one transaction, committed at the end; with --abort, aborted
 *	  --verbose      "sent PARTITION OFFSET" for each message the broker has acknowledged
 * What it tries again, as a busy broker was slow to answer, it sends once: a test that counts counts what was sent.
 * Ends with "delivered N failed M"; exit status 1 if any failed. Waits for the broker at most --patience seconds
 * (120). */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

struct produce {
	rd_kafka_t *client;
	const char *topic, *key;
	int32_t partition;
	double rate;
	int patience;
	bool binary, null, transaction, aborted, verbose;
	unsigned long long sent, delivered, failed;
};

static int fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "produce: %s: %s\n", what, why);
	return 1;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct produce *produce = opaque;
	(void)client;
	if (message->err) {
		produce->failed++;
		(void)fail("not delivered", rd_kafka_err2str(message->err));
		return;
	}
	produce->delivered++;
	if (produce->verbose) {
		(void)printf("sent %" PRId32 " %" PRId64 "\n", message->partition, message->offset);
		(void)fflush(stdout);
	}
}

static void add_header(rd_kafka_headers_t *headers, const char *name, size_t length, const char *value, size_t size)
{
	char bytes[64];
	size_t count = 0;
	if (size < 2 || size > 2 + 2 * sizeof bytes || memcmp(value, "0x", 2) != 0) {
		(void)rd_kafka_header_add(headers, name, (ssize_t)length, value, (ssize_t)size);
		return;
	}
	for (size_t i = 2; i + 1 < size; i += 2) {
		const char pair[] = {value[i], value[i + 1], '\0'};
		bytes[count++] = (char)strtoul(pair, NULL, 16);
	}
	(void)rd_kafka_header_add(headers, name, (ssize_t)length, bytes, (ssize_t)count);
}

/* Takes the fields before the body off the line. */
static rd_kafka_headers_t *headers_of(char **line)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
	for (char *tab; (tab = strchr(*line, '\t')); *line = tab + 1) {
		char *equals = memchr(*line, '=', (size_t)(tab - *line));
		if (!equals)
			break;
		add_header(headers, *line, (size_t)(equals - *line), equals + 1, (size_t)(tab - equals - 1));
	}
	return headers;
}

static void send_line(struct produce *produce, char *line, size_t length)
{
	char *body = line;
	rd_kafka_headers_t *headers = produce->binary ? headers_of(&body) : NULL;
	size_t size = length - (size_t)(body - line);
	for (;;) {
		rd_kafka_resp_err_t error = rd_kafka_producev(
			produce->client, RD_KAFKA_V_TOPIC(produce->topic), RD_KAFKA_V_PARTITION(produce->partition),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_KEY(produce->key, produce->key ? strlen(produce->key) : 0),
			RD_KAFKA_V_VALUE(size || !produce->null ? body : NULL, size), RD_KAFKA_V_HEADERS(headers),
			RD_KAFKA_V_END);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
			break;
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
			produce->failed++;
			(void)fail("not sent", rd_kafka_err2str(error));
			if (headers)
				rd_kafka_headers_destroy(headers);
			break;
		}
		(void)rd_kafka_poll(produce->client, 100);
	}
	produce->sent++;
	(void)rd_kafka_poll(produce->client, 0);
}

static double seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void send_all(struct produce *produce)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	double start = seconds();
	while ((length = getline(&line, &room, stdin)) >= 0) {
		if (length && line[length - 1] == '\n')
			line[--length] = '\0';
		send_line(produce, line, (size_t)length);
		double wait;
		while (produce->rate > 0 && (wait = start + (double)produce->sent / produce->rate - seconds()) > 0)
			(void)rd_kafka_poll(produce->client, (int)(wait * 1000) + 1);
	}
	free(line);
}

static int ended(rd_kafka_error_t *error, const char *what)
{
	if (!error)
		return 0;
	(void)fail(what, rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	return 1;
}

static int run(struct produce *produce)
{
	int ms = produce->patience * 1000;
	if (produce->transaction && (ended(rd_kafka_init_transactions(produce->client, ms), "transactions") ||
	                             ended(rd_kafka_begin_transaction(produce->client), "begin")))
		return 1;
	send_all(produce);
	(void)rd_kafka_flush(produce->client, ms);
	if (produce->transaction && produce->aborted && ended(rd_kafka_abort_transaction(produce->client, ms), "abort"))
		return 1;
	if (produce->transaction && !produce->aborted &&
	    ended(rd_kafka_commit_transaction(produce->client, ms), "commit"))
		return 1;
	(void)printf("delivered %llu failed %llu\n", produce->delivered, produce->sent - produce->delivered);
	return produce->delivered == produce->sent ? 0 : 1;
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char error[256];
	return rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK || !fail(name, error);
}

static bool set_pair(rd_kafka_conf_t *conf, const char *pair)
{
	char name[128];
	const char *equals = strchr(pair, '=');
	if (!equals || (size_t)(equals - pair) >= sizeof name)
		return false;
	memcpy(name, pair, (size_t)(equals - pair));
	name[equals - pair] = '\0';
	return set(conf, name, equals + 1);
}

static int usage(void)
{
	(void)fprintf(stderr,
	              "usage: produce -b BROKERS -t TOPIC [-p PARTITION] [-k KEY] [-r PER_SECOND] [-X NAME=VALUE] "
	              "[--binary] [--null] [--transaction] [--abort] [--verbose] [--patience SECONDS]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct produce produce = {.partition = RD_KAFKA_PARTITION_UA, .patience = 120};
	enum { BINARY = 256, NO_VALUE, TRANSACTION, ABORT, VERBOSE, PATIENCE };
	static const struct option options[] = {{"binary", no_argument, NULL, BINARY},
	                                        {"null", no_argument, NULL, NO_VALUE},
	                                        {"transaction", no_argument, NULL, TRANSACTION},
	                                        {"abort", no_argument, NULL, ABORT},
	                                        {"verbose", no_argument, NULL, VERBOSE},
	                                        {"patience", required_argument, NULL, PATIENCE},
	                                        {NULL, 0, NULL, 0}};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	bool good = set(conf, "linger.ms", "2") && set(conf, "allow.auto.create.topics", "true") &&
	            set(conf, "enable.idempotence", "true") && set(conf, "reconnect.backoff.max.ms", "500"),
	     brokers = false;
	for (int option; good && (option = getopt_long(argc, argv, "b:t:p:k:r:X:", options, NULL)) != -1;) {
		switch (option) {
		case 'b': good = brokers = set(conf, "bootstrap.servers", optarg); break;
		case 't': produce.topic = optarg; break;
		case 'p': produce.partition = (int32_t)atoi(optarg); break;
		case 'k': produce.key = optarg; break;
		case 'r': produce.rate = atof(optarg); break;
		case 'X': good = set_pair(conf, optarg); break;
		case BINARY: produce.binary = true; break;
		case NO_VALUE: produce.null = true; break;
		case TRANSACTION: produce.transaction = true; break;
		case ABORT: produce.transaction = produce.aborted = true; break;
		case VERBOSE: produce.verbose = true; break;
		case PATIENCE: produce.patience = atoi(optarg); break;
		default: good = false; break;
		}
	}
	if (!good || !brokers || !produce.topic)
		return usage();
	char error[256], id[64];
	(void)snprintf(id, sizeof id, "produce-%ld", (long)getpid());
	if (produce.transaction && !set(conf, "transactional.id", id))
		return 1;
	rd_kafka_conf_set_opaque(conf, &produce);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	produce.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (!produce.client)
		return fail("cannot start", error);
	int status = run(&produce);
	rd_kafka_destroy(produce.client);
	return status;
}

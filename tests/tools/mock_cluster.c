/* mock_cluster: librdkafka's own pretended brokers as a process, for the demo and for tests that need no JVM.
 *
 * Prints "bootstrap HOST:PORT" and serves until standard input ends. Topics are made when first used. It keeps at most
 * 5 MiB and 100,000 messages a partition and knows no transactions. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

static int usage(void)
{
	(void)fprintf(stderr, "usage: mock_cluster [TOPIC PARTITIONS]...\n");
	return 2;
}

int main(int argc, char **argv)
{
	char error[256], byte;
	if (argc % 2 == 0)
		return usage();
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	(void)rd_kafka_conf_set(conf, "log_level", "4", error,
	                        sizeof error); /* without a broker to connect to it grumbles */
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	if (!client) {
		(void)fprintf(stderr, "mock_cluster: %s\n", error);
		return 1;
	}
	rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client, 1);
	if (!cluster) {
		(void)fprintf(stderr, "mock_cluster: no port to be had\n");
		return 1;
	}
	for (int i = 1; i + 1 < argc; i += 2)
		if (rd_kafka_mock_topic_create(cluster, argv[i], atoi(argv[i + 1]), 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
			return usage();
	(void)printf("bootstrap %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(client);
	return 0;
}

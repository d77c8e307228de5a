/* kafka_health: what people are told of the Kafka source as a whole, each thing once. */
#include "source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

/* What a sentence is about; the same trouble is said once. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_SILENT,  /* brokers gone or not answering */
	TROUBLE_ALONE,   /* connected, but the group gives us nothing */
	TROUBLE_LOGIN,
	TROUBLE_TLS,
	TROUBLE_DENIED,
	TROUBLE_SIZE,
	TROUBLE_FENCED,
};

#define FAILED_QUESTIONS 3     /* in a row, while librdkafka still thinks it is connected: a frozen broker */
#define TROUBLE_LASTS 5000     /* an error that comes with each attempt is over when it was not seen for so long */
#define UNASSIGNED_PATIENCE 10000

static void say_state(struct kafka *kafka, enum source_state state, enum trouble trouble, const char *sentence)
{
	struct kafka_health *health = &kafka->health;
	if (health->state == state && health->trouble == (int)trouble)
		return;
	health->state = state;
	health->trouble = (int)trouble;
	kafka_ring_say(kafka->ring, "kafka", state, sentence);
}

static void say_stuck(struct kafka *kafka, enum trouble trouble, const char *what, const char *detail)
{
	char sentence[1024];
	(void)snprintf(sentence, sizeof sentence, "%s (%s)", what, detail);
	kafka->health.troubled_until = kafka_now() + TROUBLE_LASTS;
	say_state(kafka, SOURCE_STUCK, trouble, sentence);
}

static void say_silent(struct kafka *kafka, const char *what, const char *guess)
{
	char sentence[1024];
	const char *reason = kafka->health.reason[0] ? kafka->health.reason : guess;
	(void)snprintf(
		sentence, sizeof sentence,
		"No events come from Kafka: %s (%s). Nothing is lost; reading goes on by itself when a broker answers",
		what, reason);
	if (kafka->health.state != SOURCE_STUCK) /* what needs a person is not covered up by its own consequence */
		say_state(kafka, SOURCE_DOWN, TROUBLE_SILENT, sentence);
}

static void say_up(struct kafka *kafka, int64_t now)
{
	char sentence[256];
	struct kafka_health *health = &kafka->health;
	if (health->trouble == TROUBLE_FENCED || now < health->troubled_until || !kafka->assigned ||
	    !kafka->wanted_count)
		return;
	bool back = health->trouble == TROUBLE_SILENT;
	(void)snprintf(sentence, sizeof sentence, "Kafka is being read: %zu partition%s%s%s", kafka->wanted_count,
	               kafka->wanted_count == 1 ? "" : "s", kafka->reader->shared ? "" : " of group ",
	               kafka->reader->shared ? "" : kafka->group);
	say_state(kafka, SOURCE_UP, TROUBLE_NONE, sentence);
	/* While nobody listened a topic may have been deleted and made anew. */
	if (back)
		kafka_assign_again(kafka, 0);
}

static void say_over(struct kafka *kafka, enum source_state state, const char *what, const char *detail)
{
	char sentence[1024];
	(void)snprintf(sentence, sizeof sentence, "%s (%s)", what, detail);
	kafka->over = true;
	atomic_store(&kafka->reader->over, true);
	kafka_ring_over(kafka->ring);
	say_state(kafka, state, TROUBLE_FENCED, sentence);
}

/* A fatal error of the client: no new events come, but librdkafka would go on handing out what it has fetched, which
 * another consumer has by now. */
static void fatal(struct kafka *kafka)
{
	char detail[512] = "";
	rd_kafka_resp_err_t error = rd_kafka_fatal_error(kafka->client, detail, sizeof detail);
	if (error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
		say_over(
			kafka, SOURCE_FENCED,
			"Another casewatch has joined the group under our kafka.instance, and gets our events. This "
		        "one takes nothing "
			"more, tells nobody, and ends. Give each its own kafka.instance before starting this one again",
			detail);
	else
		say_over(kafka, SOURCE_FATAL, "The Kafka client cannot go on: casewatch must be started again", detail);
}

bool kafka_health_over(struct kafka *kafka)
{
	char detail[8];
	if (!kafka->over && rd_kafka_fatal_error(kafka->client, detail, sizeof detail) != RD_KAFKA_RESP_ERR_NO_ERROR)
		fatal(kafka);
	return kafka->over;
}

static void suspect(struct kafka *kafka)
{
	if (kafka->health.suspect)
		return;
	kafka->health.suspect = true;
	kafka->health.suspect_since = kafka_now();
	kafka_watch_nudge(kafka->reader);
}

/* What needs a person, in words. */
struct sentence {
	rd_kafka_resp_err_t error;
	enum trouble trouble;
	const char *what;
};
#define LOGIN_WORDS                                                                                                    \
	"Kafka refuses our name or password. Correct sasl.username, or the password in its file, and restart; "        \
	"meanwhile it is "                                                                                             \
	"tried again"
#define SIZE_WORDS                                                                                                     \
	"Kafka's answer cannot be read: most likely a message is larger than receive.message.max.bytes. No events "    \
	"come from "                                                                                                   \
	"its partition until that property is raised and casewatch restarted"
#define DENIED_WORDS                                                                                                 \
	"Kafka does not let us read: our user needs READ and DESCRIBE on the topics and READ on the group"
static const struct sentence sentences[] = {
	{RD_KAFKA_RESP_ERR__AUTHENTICATION, TROUBLE_LOGIN, LOGIN_WORDS},
	{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, TROUBLE_LOGIN, LOGIN_WORDS},
	{RD_KAFKA_RESP_ERR__SSL, TROUBLE_TLS,
	 "No trusted TLS connection to Kafka. See that ssl.ca.location names the authority that signed the brokers' "
	 "certificates, and that these are valid; meanwhile it is tried again"},
	{RD_KAFKA_RESP_ERR__BAD_MSG, TROUBLE_SIZE, SIZE_WORDS},
	{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, TROUBLE_SIZE, SIZE_WORDS},
	{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, TROUBLE_DENIED, DENIED_WORDS},
	{RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, TROUBLE_DENIED, DENIED_WORDS},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, TROUBLE_DENIED, DENIED_WORDS},
};

void kafka_health_error(struct kafka *kafka, rd_kafka_resp_err_t error, const char *reason)
{
	log_line(LOG_LEVEL_DEBUG, "kafka: %s: %s", rd_kafka_err2name(error), reason);
	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		fatal(kafka);
		return;
	}
	if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		suspect(kafka);
		return;
	}
	/* Under load librdkafka reports the same refusal as a broken connection first. */
	if (strstr(reason, "certificate verify failed"))
		error = RD_KAFKA_RESP_ERR__SSL;
	for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
		if (sentences[i].error == error) {
			say_stuck(kafka, sentences[i].trouble, sentences[i].what, reason);
			return;
		}
	(void)snprintf(kafka->health.reason, sizeof kafka->health.reason, "%s", reason);
}

static void say_topic(struct kafka *kafka, struct kafka_topic *topic, bool missing)
{
	char name[300], sentence[512];
	if (topic->missing == missing)
		return;
	topic->missing = missing;
	(void)snprintf(name, sizeof name, "kafka:%s", topic->name);
	if (missing)
		(void)snprintf(
			sentence, sizeof sentence,
			"Kafka has no topic %s. Make it, or correct kafka.topics; it is picked up within half a minute "
			"of being made",
			topic->name);
	else
		(void)snprintf(sentence, sizeof sentence, "Kafka now has the topic %s", topic->name);
	kafka_ring_say(kafka->ring, name, missing ? SOURCE_DOWN : SOURCE_UP, sentence);
}

static struct kafka_topic *topic_of(struct kafka *kafka, const char *name)
{
	for (size_t i = 0; i < kafka->topic_count; i++)
		if (strcmp(kafka->topics[i].name, name) == 0)
			return &kafka->topics[i];
	return NULL;
}

void kafka_health_topic(struct kafka *kafka, const char *name, rd_kafka_resp_err_t error)
{
	bool unknown = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
	               error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
	struct kafka_topic *topic = topic_of(kafka, name);
	if (unknown && kafka->reader->shared)
		kafka_watch_nudge(kafka->reader); /* it asks whether topic or partition is missing, and says so */
	else if (unknown && topic)
		say_topic(kafka, topic, true);
	else
		kafka_health_error(kafka, error, rd_kafka_err2str(error));
}

void kafka_health_topic_found(struct kafka *kafka, const char *name)
{
	struct kafka_topic *topic = topic_of(kafka, name);
	if (topic)
		say_topic(kafka, topic, false);
}

static void say_there(struct kafka *kafka, struct kafka_partition *partition, enum kafka_there there)
{
	char sentence[512];
	enum kafka_there before = partition->there_said;
	struct kafka_topic *topic = topic_of(kafka, partition->topic);
	if (there == before)
		return;
	partition->there_said = there;
	if (topic)
		say_topic(kafka, topic, there == KAFKA_THERE_NO_TOPIC);
	if (there == KAFKA_THERE_NO_PARTITION)
		(void)snprintf(sentence, sizeof sentence,
		               "Kafka topic %s has no partition %" PRId32
		               ". Add partitions to it, or correct kafka.partitions; it is picked up within half a "
		               "minute of being made",
		               partition->topic, partition->id);
	else
		(void)snprintf(sentence, sizeof sentence, "Kafka topic %s now has its partition %" PRId32,
		               partition->topic, partition->id);
	if (there == KAFKA_THERE_NO_PARTITION || before == KAFKA_THERE_NO_PARTITION)
		kafka_ring_say(kafka->ring, partition->name,
		               there == KAFKA_THERE_NO_PARTITION ? SOURCE_DOWN : SOURCE_UP, sentence);
}

/* A partition more is how a council is added, and wrong of nobody's; but of a producer that leaves the choice of one to
 * Kafka, by a key, records go from then on where nobody reads. */
static void say_siblings(struct kafka_partition *partition, int32_t siblings)
{
	int32_t before = partition->siblings_said;
	partition->siblings_said = siblings;
	if (before && siblings > before)
		log_warning("Kafka topic %s has %" PRId32 " partitions now, and had %" PRId32
		            ": of them partition %" PRId32
		            " alone is read for this council. Its producers must write there, by its number: a key "
		            "now chooses another",
		            partition->topic, siblings, before, partition->id);
}

void kafka_health_there(struct kafka *kafka)
{
	for (size_t i = 0; i < kafka->wanted_count; i++) {
		(void)pthread_mutex_lock(&kafka->table->lock);
		enum kafka_there there = kafka->wanted[i]->there;
		int32_t siblings = kafka->wanted[i]->siblings;
		(void)pthread_mutex_unlock(&kafka->table->lock);
		say_there(kafka, kafka->wanted[i], there);
		say_siblings(kafka->wanted[i], siblings);
	}
}

void kafka_health_alive(struct kafka *kafka, int64_t now)
{
	struct kafka_health *health = &kafka->health;
	health->last_alive = now;
	health->suspect = false;
	health->reason[0] = '\0';
	if (health->state != SOURCE_UP)
		say_up(kafka, now);
}

void kafka_health_assigned(struct kafka *kafka, int64_t now)
{
	struct kafka_health *health = &kafka->health;
	health->unassigned_since = kafka->wanted_count ? INT64_MAX : now;
	/* What the group gives was had of a broker; what is written was not. */
	if (kafka->assigned && kafka->wanted_count && health->state == SOURCE_STARTING && !kafka->reader->shared)
		say_up(kafka, now);
	kafka_watch_nudge(kafka->reader);
}

bool kafka_health_is_doubtful(const struct kafka *kafka)
{
	return kafka->health.suspect || kafka->health.state != SOURCE_UP;
}

/* What the watch has found since the last turn. */
static void read_watch(struct kafka *kafka, int64_t now)
{
	struct kafka_health *health = &kafka->health;
	int64_t alive_at;
	unsigned failed;
	kafka_watch_read(kafka, health->last_alive, &alive_at, &failed);
	if (alive_at > health->last_alive && alive_at > health->suspect_since)
		kafka_health_alive(kafka, alive_at);
	else if (health->suspect && failed && now > health->suspect_since)
		say_silent(kafka, "no broker can be reached",
		           "see that bootstrap.servers and security.protocol suit its listener");
	else if (failed >= FAILED_QUESTIONS)
		say_silent(kafka, "the broker does not answer", "the connection stands, and nothing comes over it");
	if (failed && health->unassigned_since != INT64_MAX)
		health->unassigned_since = now; /* nobody answers who could give anything */
	if (now - health->unassigned_since > UNASSIGNED_PATIENCE && health->unassigned_since != INT64_MAX && !failed &&
	    health->state != SOURCE_STUCK)
		say_state(
			kafka, SOURCE_DOWN, TROUBLE_ALONE,
			"Kafka answers, but its consumer group gives us no partition: the topics do not exist yet, or "
			"another member of "
			"kafka.group reads them (one that was ended without kafka.instance is waited for up to "
			"session.timeout.ms)");
}

void kafka_health_tick(struct kafka *kafka, int64_t now)
{
	read_watch(kafka, now);
}

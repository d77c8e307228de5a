/* kafka_through: from a source into the log. */
#include "source/kafka/through.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/waker.h"
#include "source/kafka/append.h"
#include "source/kafka/kafka_internal.h"

struct through {
	struct source *inner;
	struct kafka_readers *readers;
	struct kafka_appender *appender;
	char *topic, *council;
	int32_t partition;
	struct waker *appended;            /* all of a batch was */
	int both;                          /* that, or the inner source's own: -1: not made */
	char *seal_key;
	size_t seal_key_length;
	kafka_through_orders *orders;
	struct batch *out;                 /* of the inner source */
	struct kafka_appending *under_way; /* of it */
	source_report *report;
	void *context;
	bool down;                         /* and said so */
};

/* ---- into the log ---- */

static void say_state(struct through *through, bool down, const char *why)
{
	char sentence[512], name[64];
	if (through->down == down)
		return;
	through->down = down;
	(void)snprintf(name, sizeof name, "log:%s", source_kind(through->inner));
	if (down)
		(void)snprintf(sentence, sizeof sentence,
		               "What comes by %s cannot be appended to Kafka topic %s, partition %d (%s). It is tried "
		               "again; whoever sent it keeps it until then",
		               source_kind(through->inner), through->topic, (int)through->partition, why);
	else
		(void)snprintf(sentence, sizeof sentence, "What comes by %s is appended to Kafka topic %s",
		               source_kind(through->inner), through->topic);
	if (through->report)
		through->report(through->context, name, down ? SOURCE_DOWN : SOURCE_UP, sentence);
}

/* A record that its source refused, whatever the parser would say of it, is refused again when it comes back. */
static bool append(struct through *through, const struct source_record *record)
{
	struct text council = text_of(through->council), event = TEXT(SOURCE_ORDER_EVENT);
	struct kafka_header headers[5] = {{"content-type", TEXT("application/cloudevents+json")},
	                                  {KAFKA_HEADER_COUNCIL, council}};
	struct digest seal;
	size_t count = 2;
	if (record->unread)
		headers[count++] = (struct kafka_header){KAFKA_HEADER_REFUSED, record->reason};
	if (record->accepted && through->orders(record)) {
		seal = kafka_seal((struct text){through->seal_key, through->seal_key_length}, council, event,
		                  record->bytes);
		headers[count++] = (struct kafka_header){KAFKA_HEADER_ORDER, event};
		headers[count++] = (struct kafka_header){KAFKA_HEADER_SEAL, digest_view(&seal)};
	}
	return kafka_append(through->appender, through->under_way, through->topic, through->partition, record->bytes,
	                    headers, count);
}

static void begin(struct through *through)
{
	bool good = true;
	through->under_way = kafka_appending_new(through->appended);
	for (size_t i = 0; i < through->out->count && good; i++)
		good = append(through, &through->out->records[i]);
	kafka_appending_all(through->under_way);
}

static void settle(struct through *through, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].outcome = batch->records[i].accepted ? RECORD_STORED : RECORD_REFUSED;
	through->out = NULL;
	source_committed(through->inner, batch);
}

/* False: not all of it stands in the log, and some is under way. */
static bool end(struct through *through)
{
	const char *why;
	struct batch *batch = through->out;
	if (!kafka_appending_is_over(through->under_way, &why))
		return false;
	kafka_appending_release(through->under_way);
	through->under_way = NULL;
	say_state(through, why != NULL, why);
	if (!why) {
		settle(through, batch);
		return true;
	}
	through->out = NULL;
	source_hold(through->inner, batch);
	return true;
}

/* ---- as a source ---- */

static int through_fd(const void *self)
{
	return ((const struct through *)self)->both;
}

static void through_wake(void *self)
{
	struct through *through = self;
	(void)waker_drain(through->appended);
	source_wake(through->inner);
}

/* Hands nothing out: it comes back from the log. */
static struct batch *through_next(void *self)
{
	struct through *through = self;
	while (through->out ? end(through) : (through->out = source_next(through->inner)) != NULL)
		if (through->out)
			begin(through);
	return NULL;
}

static void through_committed(void *self, struct batch *batch)
{
	(void)self;
	batch_free(batch); /* none was ever handed out */
}

static bool through_settled(const void *self)
{
	return source_settled(((const struct through *)self)->inner);
}

static instant through_wait(const void *self)
{
	const struct through *through = self;
	return through->out ? INSTANT_NEVER : source_wait(through->inner); /* its event says when that is over */
}

static bool through_is_over(const void *self)
{
	return source_is_over(((const struct through *)self)->inner);
}

static void through_figures(void *self, source_figures_visit *visit, void *argument)
{
	source_each(((struct through *)self)->inner, visit, argument);
}

/* What is under way stands in the log or does not; it is appended again, and changes nothing then. */
static bool through_stop(void *self, int patience_ms)
{
	struct through *through = self;
	kafka_appending_release(through->under_way);
	bool stopped = source_stop(through->inner, patience_ms);
	kafka_appender_leave(through->readers, through->appender);
	if (through->both >= 0)
		(void)close(through->both);
	waker_free(through->appended);
	free(through->topic);
	free(through->council);
	free(through->seal_key);
	free(through);
	return stopped;
}

static const struct source_ops through_ops = {
	.kind = "log", .fd = through_fd, .wake = through_wake, .next = through_next, .committed = through_committed,
	.settled = through_settled, .wait = through_wait, .is_over = through_is_over, .figures = through_figures,
	.stop = through_stop,
};

static enum result watch(struct through *through, int fd, struct fault *fault)
{
	struct epoll_event event = {.events = EPOLLIN};
	if (fd < 0 || epoll_ctl(through->both, EPOLL_CTL_ADD, fd, &event) == 0)
		return RESULT_OK;
	return fault_set(fault, RESULT_TEMPORARY, "cannot watch a descriptor: %s", strerror(errno));
}

static enum result open_descriptors(struct through *through, struct fault *fault)
{
	through->appended = waker_new(fault);
	through->both = epoll_create1(EPOLL_CLOEXEC);
	if (through->both < 0)
		return fault_set(fault, RESULT_TEMPORARY, "cannot make a descriptor: %s", strerror(errno));
	if (!through->appended)
		return RESULT_TEMPORARY;
	enum result result = watch(through, waker_fd(through->appended), fault);
	return result == RESULT_OK ? watch(through, source_fd(through->inner), fault) : result;
}

enum result kafka_through_open(const struct kafka_settings *settings, struct source *inner,
                               kafka_through_orders *orders, struct source **source, struct fault *fault)
{
	struct through *through = MEM_NEW(struct through);
	*through = (struct through){.inner = inner,
	                            .orders = orders,
	                            .seal_key = mem_copy_text(settings->seal_key.at ? settings->seal_key.at : "",
	                                                      settings->seal_key.length),
	                            .seal_key_length = settings->seal_key.length,
	                            .readers = settings->readers,
	                            .topic = mem_copy_text(settings->topics[0], strlen(settings->topics[0])),
	                            .council = mem_copy_text(settings->council, strlen(settings->council)),
	                            .partition = settings->partitions[0],
	                            .report = settings->source.report,
	                            .context = settings->source.context};
	enum result result = open_descriptors(through, fault);
	if (result == RESULT_OK)
		result = kafka_appender_join(settings, &through->appender, fault);
	if (result == RESULT_OK)
		*source = source_new(&through_ops, through, &settings->source);
	else
		(void)through_stop(through, 0);
	return result;
}

const struct source *kafka_through_inner(const struct source *source)
{
	const struct through *through = source_self(source, &through_ops);
	return through ? through->inner : source;
}

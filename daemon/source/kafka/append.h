/* kafka_append: records put at the end of a partition, and when all brokers that must have them have them.
 *
 * Owns the client that appends, which councils of the same brokers share, and what is under way. The one rule: whoever
 * appends hears of everything at once: all of it stands in the log, or it is appended again. Part of the Kafka source;
 * only source/kafka/ includes it. */
#ifndef CASEWATCH_SOURCE_KAFKA_APPEND_H
#define CASEWATCH_SOURCE_KAFKA_APPEND_H

#include "source/kafka/kafka.h"

struct kafka_appender;
/* The one for these brokers; made where there is none. RESULT_PERMANENT: the configuration is wrong. */
MUST_CHECK enum result kafka_appender_join(const struct kafka_settings *settings, struct kafka_appender **appender,
                                           struct fault *fault);
void kafka_appender_leave(struct kafka_readers *readers, struct kafka_appender *appender); /* NULL is fine */

/* What is appended together. The waker is borrowed, and woken when nothing of it is under way any more. */
struct kafka_appending;
struct waker;
struct kafka_appending *kafka_appending_new(struct waker *waker);
struct kafka_header {
	const char *name;
	struct text value;
};
/* False: librdkafka has no room, or refuses it: the whole is appended again later. */
MUST_CHECK bool kafka_append(struct kafka_appender *appender, struct kafka_appending *appending, const char *topic,
                             int32_t partition, struct text bytes, const struct kafka_header *headers, size_t count);
/* No more is added. */
void kafka_appending_all(struct kafka_appending *appending);
/* Whether nothing is under way; then *why is what went wrong first, NULL: nothing did. */
bool kafka_appending_is_over(struct kafka_appending *appending, const char **why);
/* Of one that is over: whether what went wrong will go wrong again: it is too long. */
bool kafka_appending_is_refused(struct kafka_appending *appending);
/* Nobody waits for it any more; NULL is fine. */
void kafka_appending_release(struct kafka_appending *appending);

#endif

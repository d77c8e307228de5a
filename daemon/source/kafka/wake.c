/* kafka_wake: from any thread: the consumer's thread of a reader for many has something to look at. */
#include "source/kafka/kafka_internal.h"

#include <unistd.h>

void kafka_reader_wake(struct kafka_reader *reader)
{
	/* Fails only when the counter is full, and then the thread is awake anyway. */
	ssize_t written = write(reader->event, &(uint64_t){1}, sizeof(uint64_t));
	(void)written;
}

void kafka_reader_call(struct kafka *kafka)
{
	if (!atomic_exchange(&kafka->called, true))
		kafka_reader_wake(kafka->reader);
}

void kafka_reader_looked(struct kafka_reader *reader)
{
	if (!reader->shared)
		return;
	atomic_store(&reader->looked, true);
	kafka_reader_wake(reader);
}

/* kafka_wake: from any thread: the consumer's thread of a reader for many has something to look at. */
#include "source/kafka/kafka_internal.h"

#include "base/waker.h"

void kafka_reader_wake(struct kafka_reader *reader)
{
	waker_wake(reader->waker);
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

/* kafka_through: a source whose records go through the council's log before they are taken.
 *
 * In a cell what does not come from the log is appended to it first, and comes in from it on every machine at the same
 * place. The one rule: the source goes on only when all of a batch stands in the log; so whoever sent it by HTTP hears
 * 202 then, and a file is done then. What comes of it is seen when it comes back. A batch that could not be appended is
 * appended again: what came twice changes nothing. */
#ifndef CASEWATCH_SOURCE_KAFKA_THROUGH_H
#define CASEWATCH_SOURCE_KAFKA_THROUGH_H

#include "source/kafka/kafka.h"

/* Whether a record is an order that this source may give: it is appended with the cell's seal, and believed when it
 * comes back, on every machine. */
typedef bool kafka_through_orders(const struct source_record *record);

/* Takes over `inner`, also where it fails. The settings are those of the council's own log: its first topic and
 * partition, its name, brokers and readers. */
MUST_CHECK enum result kafka_through_open(const struct kafka_settings *settings, struct source *inner,
                                          kafka_through_orders *orders, struct source **source, struct fault *fault);
/* What it was given, or `source` itself where that is of another kind. */
const struct source *kafka_through_inner(const struct source *source);

#endif

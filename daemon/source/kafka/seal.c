/* kafka_seal: by which a machine knows that an order in the log is of its own cell. */
#include "source/kafka/kafka_internal.h"

/* With its lengths, so that no two are written alike; for one council, so that another's is none of ours. */
struct digest kafka_seal(struct text key, struct text council, struct text order, struct text bytes)
{
	struct digest content = digest_sha256(bytes);
	struct buffer whole = {0};
	buffer_format(&whole, "casewatch cell order %zu %.*s %zu %.*s ", council.length, TEXT_ARG(council),
	              order.length, TEXT_ARG(order));
	buffer_text(&whole, digest_view(&content));
	struct digest seal = digest_hmac(key, buffer_view(&whole));
	buffer_free(&whole);
	return seal;
}

bool kafka_seal_is(struct text key, struct text council, struct text order, struct text bytes, struct text seal)
{
	struct digest right = kafka_seal(key, council, order, bytes);
	return key.length && seal.length == sizeof right.at && digest_equal(seal.at, right.at, sizeof right.at);
}

/* outbox_claim: a row that was claimed, and is written with its address or before anything asks for states of rows. */
#include "store/store_internal.h"

enum result outbox_settle(struct store *store, struct fault *fault)
{
	struct outbox_claimed claim = store->claim;
	if (!claim.id)
		return RESULT_OK;
	store->claim.id = 0;
	struct query update = query_start(store, "UPDATE outbox SET state = 1, attempts = ? WHERE id = ?");
	bind_int(&update, claim.attempts);
	bind_int(&update, claim.id);
	return query_run(&update, fault);
}

struct query query_settled(struct store *store, const char *literal_sql)
{
	struct fault said_at_the_end = {""};
	enum result result = outbox_settle(store, &said_at_the_end);
	struct query query = query_start(store, literal_sql);
	if (result != RESULT_OK)
		query.status = store->failure;
	return query;
}

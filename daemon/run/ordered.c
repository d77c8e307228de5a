/* ordered: what comes back from the log of a cell as an order, and who carries it out (docs/cells.md, "Orders"). */
#include "run/orders.h"
#include "run/run_internal.h"

static enum result carry_out_erase(struct council *council, const struct source_record *record, struct fault *fault)
{
	return erasing_carry_out(council, record->bytes, fault);
}

static const struct order {
	const char *name;
	enum result (*carry_out)(struct council *council, const struct source_record *record, struct fault *fault);
} known[] = {
	{ORDER_ERASE, carry_out_erase},
	{ORDER_PUBLISH, published_carry_out},
};

/* Of a version to come: what others do then this machine does not know, and goes no further. */
enum result orders_carry_out(void *context, const struct source_record *record, struct fault *fault)
{
	struct council *council = context;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (text_equal(record->order, text_of(known[i].name)))
			return known[i].carry_out(council, record, fault);
	return fault_set(fault, RESULT_TEMPORARY,
	                 "the log has an order (%.*s) that this version of casewatch does not know",
	                 (int)(record->order.length < 40 ? record->order.length : 40), record->order.at);
}

/* ordered: what comes back from the log of a cell as an order, and who carries it out (docs/cells.md, "Orders"). */
#include "run/orders.h"
#include "run/run_internal.h"

static enum result carry_out_erase(struct council *council, const struct source_record *record, struct fault *fault)
{
	return erasing_carry_out(council, record->bytes, fault);
}

static const struct order {
	const char *name;
	order_carry_out_here *carry_out;
} known[] = {
	{ORDER_ERASE, carry_out_erase},
	{ORDER_PUBLISH, published_carry_out},
	{ORDER_ASIDE, asides_carry_out},
	{ORDER_TAKEN, asides_carry_out_answer},
	{ORDER_RETENTION, tidying_carry_out},
};

/* Of a version to come: what others do then this machine does not know, and goes no further. */
static enum result of_no_kind(struct council *council, struct text order, struct fault *fault)
{
	enum result result =
		fault_set(fault, RESULT_TEMPORARY,
	                  "the log has an order (%.*s) that this version of casewatch does not know",
	                  (int)(order.length < 40 ? order.length : 40), order.at);
	cell_is_unable(council, fault->text);
	return result;
}

enum result orders_carry_out(void *context, const struct source_record *record, struct fault *fault)
{
	struct council *council = context;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (!text_equal(record->order, text_of(known[i].name)))
			continue;
		enum result result = known[i].carry_out(council, record, fault);
		if (result == RESULT_OK)
			cell_is_unable(council, NULL);
		return result;
	}
	return of_no_kind(council, record->order, fault);
}

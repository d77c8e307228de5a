/* orders: what a machine of the cell ordered all of them to do, when it comes from the log (docs/cells.md,
 * "Orders"). */
#include "pipeline/pipeline_internal.h"

#include "base/digest.h"
#include "store/elsewhere.h"
#include "store/lines.h"

#include <stdio.h>
#include <stdlib.h>

bool order_is(const struct source_record *record)
{
	return record->order.length && !text_equal(record->order, TEXT("spool"));
}

bool order_is_alone(const struct source_record *record)
{
	return order_is(record) && !text_equal(record->order, TEXT(PIPELINE_ORDER_NOBODY));
}

/* The name of a row behind the alert; false: there is none, or what stands there is none. */
static bool read_row(struct text *alert, struct outbox_same *row)
{
	const char *space = memchr(alert->at, ' ', alert->length);
	size_t id = space ? (size_t)(space - alert->at) : alert->length;
	struct text digits = {alert->at + id + 1, space ? alert->length - id - 1 : 0};
	alert->length = id;
	*row = (struct outbox_same){{0}};
	return digest_take_hex(digits, row->at, sizeof row->at) && outbox_same_known(row);
}

/* Found by each machine's courier for itself, and so ordered once by each: only the first changes anything. */
static enum result take_nobody(struct pipeline *pipeline, struct text words, struct fault *fault)
{
	char digits[12];
	size_t length = 0;
	while (length < words.length && words.at[length] != ' ')
		length++;
	bool others = length && words.at[length - 1] == '+';
	size_t number = length - others;
	(void)snprintf(digits, sizeof digits, "%.*s", (int)(number < sizeof digits ? number : 0), words.at);
	if (!number || !*digits || digits[strspn(digits, "0123456789")] || length + 1 >= words.length) {
		store_log_warning(
			pipeline->store,
			"an order of the cell about a step of which nobody could be told cannot be read, and changes "
			"nothing");
		return RESULT_OK;
	}
	struct text alert = {words.at + length + 1, words.length - length - 1};
	struct outbox_same row;
	enum result result = RESULT_OK;
	if (read_row(&alert, &row))
		result = elsewhere_give_up(pipeline->store, &row, pipeline->transaction.now, fault);
	if (result != RESULT_OK)
		return result;
	return nobody_climb(pipeline, alert, (int)strtol(digits, NULL, 10), others ? NOBODY_BUT_OTHERS : NOBODY_TOLD,
	                    fault);
}

enum result order_take(struct pipeline *pipeline, struct source_record *record, struct fault *fault)
{
	record->outcome = RECORD_STORED;
	if (text_equal(record->order, TEXT(PIPELINE_ORDER_NOBODY)))
		return take_nobody(pipeline, record->bytes, fault);
	return RESULT_OK; /* carried out before (order_carry_out): its position goes on with this */
}

/* What falls due before it is judged as things were before it. */
static enum result judge_before(struct pipeline *pipeline, instant at, instant now, struct fault *fault)
{
	bool all;
	enum result result = transaction_begin(pipeline, now, fault);
	if (result == RESULT_OK) {
		due_from_log(pipeline, at);
		result = due_in_order(pipeline, at, SIZE_MAX, &all, fault);
	}
	return transaction_finish(pipeline, result, fault);
}

enum result order_carry_out(struct pipeline *pipeline, const struct source_record *record, instant now,
                            struct fault *fault)
{
	enum result result = judge_before(pipeline, record->arrived, now, fault);
	if (result != RESULT_OK)
		return result;
	if (!pipeline->settings.order)
		return fault_set(fault, RESULT_TEMPORARY, "nobody here carries out orders of a cell");
	return pipeline->settings.order(pipeline->settings.order_context, record, fault);
}

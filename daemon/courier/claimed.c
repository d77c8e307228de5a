/* claimed: a row that was taken out of waiting: what it is about, and whether there is a line for it. */
#include "courier/courier_internal.h"

#include "store/lines.h"

enum result claimed_read(struct pass *pass, struct item *item, struct fault *fault)
{
	item->payload = arena_alloc(pass->arena, sizeof *item->payload);
	if (item->row.alert.length && item->row.kind != OUTBOX_OPS && item->row.kind != OUTBOX_LIST) {
		item->about = arena_alloc(pass->arena, sizeof *item->about);
		struct alert_context_sources gather = pass->courier->gather;
		gather.before = pass->read;
		gather.claimed = true;
		enum result result =
			alert_context_alert(&gather, &item->row, pass->now, pass->arena, item->about, fault);
		if (result != RESULT_OK)
			return result;
		pass->read = item->about;
		*item->payload = *item->about->alert.payload;
		item->alone = item->about->alert.asked_still &&
		              message_purpose_of(item->row.purpose) == MESSAGE_ANSWERED &&
		              !message_says_not_enough(pass->courier->settings.templates);
		pass->reads += item->about->alert.history_count + item->about->alert.told_count;
		return RESULT_OK;
	}
	struct fault why = {""};
	if (payload_read(item->row.payload, item->payload, pass->arena, &why) != RESULT_OK)
		store_log_error(pass->courier->settings.store, "outbox row %lld: %s", (long long)item->row.id,
		                why.text);
	return RESULT_OK;
}

size_t claimed_room(const struct pass *pass, size_t which, enum lane lane)
{
	const struct way *way = &pass->courier->ways[which];
	size_t room = trouble_room(way, lane, pass->elapsed), planned = pass->planned[which][lane];
	if (way->trouble.closed)
		planned = pass->planned[which][LANE_CRITICAL] + pass->planned[which][LANE_ORDINARY] +
		          pass->planned[which][LANE_SUSPECT];
	return room > planned ? room - planned : 0;
}

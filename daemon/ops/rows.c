/* rows: the table of conditions as it is read, and the row of the outbox that tells ops. */
#include "ops/ops_internal.h"

#include "store/outbox.h"
#include "store/payload.h"

enum result ops_add_row(struct ops *ops, const char *id, struct text words, struct text detail, instant now,
                        struct fault *fault)
{
	int64_t row_id;
	struct buffer json = {0};
	struct payload payload = PAYLOAD_EMPTY;
	payload.at = now;
	payload.ops = text_of(id);
	payload.words = words;
	payload.detail = detail;
	payload_write(&payload, &json);
	struct outbox_row row = {.kind = OUTBOX_OPS,
	                         .purpose = TEXT("ops"),
	                         .rule = text_of(id),
	                         .role = TEXT("ops"),
	                         .payload = buffer_view(&json),
	                         .created = now,
	                         .not_before = now,
	                         .deadline = INSTANT_NEVER};
	enum result result = outbox_add(ops->store, &row, &row_id, fault);
	buffer_free(&json);
	return result;
}

struct reading {
	struct ops_rows *rows;
	struct arena *arena;
	size_t room;
};

static enum result keep_row(void *argument, const struct condition *condition, struct fault *fault)
{
	struct reading *reading = argument;
	struct ops_rows *rows = reading->rows;
	(void)fault;
	if (rows->count == reading->room) {
		size_t room = reading->room ? reading->room * 2 : 16;
		struct condition *items = arena_alloc(reading->arena, room * sizeof *items);
		if (rows->count)
			memcpy(items, rows->items, rows->count * sizeof *items);
		rows->items = items;
		reading->room = room;
	}
	struct condition *kept = &rows->items[rows->count++];
	*kept = *condition;
	struct text *const texts[] = {&kept->id, &kept->key, &kept->title, &kept->meaning, &kept->about};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = (struct text){arena_copy_text(reading->arena, texts[i]->at, texts[i]->length),
		                          texts[i]->length};
	return RESULT_OK;
}

enum result ops_read(struct ops *ops, struct ops_rows *rows, struct fault *fault)
{
	struct reading reading = {rows, ops->arena, 0};
	*rows = (struct ops_rows){0};
	return conditions_each(ops->store, keep_row, &reading, fault);
}

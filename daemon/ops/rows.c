/* rows: the table of conditions as it is read, and the row of the outbox that tells ops. */
#include "ops/ops_internal.h"

#include "store/outbox/outbox.h"
#include "store/outbox/payload.h"

#include <stdio.h>

static enum result add_row(struct ops *ops, const struct outbox_row *to, const struct payload *payload,
                           struct fault *fault)
{
	int64_t id;
	char cause[32]; /* what ops hear is each machine's own */
	struct buffer json = {0};
	struct outbox_row row = *to;
	payload_write(payload, &json);
	row.kind = OUTBOX_OPS;
	row.purpose = TEXT("ops");
	row.rule = payload->ops;
	row.payload = buffer_view(&json);
	row.created = row.not_before = payload->at;
	row.deadline = INSTANT_NEVER;
	(void)snprintf(cause, sizeof cause, "%lld", (long long)payload->at);
	row.cause = text_of(cause);
	enum result result = outbox_add(ops->store, &row, &id, fault);
	buffer_free(&json);
	return result;
}

static enum result add_words(struct ops *ops, const char *id, struct outbox_row to, struct text words,
                             struct text detail, instant now, struct fault *fault)
{
	struct payload payload = PAYLOAD_EMPTY;
	payload.at = now;
	payload.ops = text_of(id);
	payload.words = words;
	payload.detail = detail;
	return add_row(ops, &to, &payload, fault);
}

enum result ops_add_row(struct ops *ops, const char *id, struct text words, struct text detail, instant now,
                        struct fault *fault)
{
	return add_words(ops, id, (struct outbox_row){.role = TEXT(DIRECTORY_OPS)}, words, detail, now, fault);
}

enum result ops_add_row_to(struct ops *ops, const char *id, const struct person *person, struct text words,
                           struct text detail, instant now, struct fault *fault)
{
	const struct outbox_row to = {.role = TEXT(DIRECTORY_OPS), .person = text_of(person->id)};
	return add_words(ops, id, to, words, detail, now, fault);
}

enum result ops_add_row_for(struct ops *ops, const char *id, struct text role, struct text person, struct text words,
                            instant now, struct fault *fault)
{
	return add_words(ops, id, (struct outbox_row){.role = role, .person = person}, words, TEXT_NONE, now, fault);
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

enum result ops_read_of(struct ops *ops, enum ops_what what, struct ops_rows *rows, struct fault *fault)
{
	struct reading reading = {rows, ops->arena, 0};
	*rows = (struct ops_rows){0};
	return conditions_each_of(ops->store, text_of(ops_alert(what)->id), keep_row, &reading, fault);
}

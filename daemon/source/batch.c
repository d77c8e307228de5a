/* batch: records and everything they point to, in one arena. */
#include "source/batch.h"

#include "base/mem.h"
#include "text/json_read.h"
#include "text/json_write.h"

#include <pthread.h>
#include <stdlib.h>

#define CHUNK_BYTES ((size_t)2 * 1024 * 1024) /* a whole batch of usual events: only what is used is ever touched */
#define BODY_DEPTH 1024                       /* only to tell JSON from what is none */

/* Batches that were freed, to be used again: memory fresh from the system for each batch cost as much as all the
 * parsing (0.8 against 1.4 million records a second). Batches are made on one thread and freed on another, hence the
 * lock. */
#define REUSE (!MEM_IS_WATCHED) /* else the use of a batch after it was freed would not be found */
#define SPARE_BATCHES 4
static struct {
	pthread_mutex_t lock;
	struct batch *batches[SPARE_BATCHES];
	size_t count;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct batch *take_spare(void)
{
	(void)pthread_mutex_lock(&spare.lock);
	struct batch *batch = spare.count ? spare.batches[--spare.count] : NULL;
	(void)pthread_mutex_unlock(&spare.lock);
	return batch;
}

static bool keep_spare(struct batch *batch)
{
	(void)pthread_mutex_lock(&spare.lock);
	bool room = REUSE && spare.count < SPARE_BATCHES;
	if (room)
		spare.batches[spare.count++] = batch;
	(void)pthread_mutex_unlock(&spare.lock);
	return room;
}

struct batch *batch_new(void)
{
	struct batch *batch = take_spare();
	if (batch)
		return batch;
	batch = MEM_NEW(struct batch);
	batch->arena = arena_new(CHUNK_BYTES);
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	arena_reset(batch->arena);
	batch->count = batch->bytes = 0;
	batch->generation = 0;
	batch->reckoned = false;
	if (arena_bytes(batch->arena) <= CHUNK_BYTES && keep_spare(batch))
		return;
	arena_free(batch->arena);
	free(batch->records);
	free(batch);
}

static struct text keep_text(struct batch *batch, struct text text)
{
	return text_keep(batch->arena, text);
}

/* Records of one position stand together: they share its name. */
static struct text keep_position(struct batch *batch, struct text position)
{
	if (batch->count && text_equal(batch->records[batch->count - 1].position, position))
		return batch->records[batch->count - 1].position;
	return keep_text(batch, position);
}

static struct source_record *add_record(struct batch *batch, struct text position, int64_t next, struct text bytes,
                                        instant arrived)
{
	struct text kept_position = keep_position(batch, position);
	if (!batch->count)
		batch->generation = schema_generation();
	struct source_record *record = mem_push((void **)&batch->records, &batch->count, &batch->room, sizeof *record);
	*record = (struct source_record){.position = kept_position,
	                                 .next = next,
	                                 .bytes = bytes,
	                                 .packed = {bytes, 0},
	                                 .arrived = arrived};
	batch->bytes += bytes.length;
	return record;
}

static void take_outcome(struct batch *batch, struct source_record *record, enum result result,
                         const struct event *event, const struct fault *fault)
{
	record->accepted = result == RESULT_OK;
	event_copy_around(&record->event, event, record->bytes, batch->arena);
	if (!record->accepted)
		record->reason = keep_text(batch, text_of(fault->text));
	else if (!record->packed.dictionary)
		record->packed = packing_pack(record->bytes, record->event.subject, batch->arena);
}

struct source_record *batch_add(struct batch *batch, struct event_parser *parser, struct text position, int64_t next,
                                struct text bytes, instant arrived)
{
	if (text_is_blank(bytes))
		return NULL;
	struct source_record *record = add_record(batch, position, next, keep_text(batch, bytes), arrived);
	struct event event;
	struct fault fault;
	enum result result = event_parse(parser, record->bytes, arrived, &event, &fault);
	take_outcome(batch, record, result, &event, &fault);
	return record;
}

/* All that is told of an event that is refused. */
static struct event only_names(const struct event *event)
{
	return (struct event){.type = TYPE_UNKNOWN,
	                      .time = INSTANT_NONE,
	                      .recorded = INSTANT_NONE,
	                      .id = event->id,
	                      .source = event->source};
}

struct source_record *batch_refuse(struct batch *batch, struct event_parser *parser, struct text position, int64_t next,
                                   struct text bytes, instant arrived, const char *reason)
{
	struct source_record *record = add_record(batch, position, next, keep_text(batch, bytes), arrived);
	struct event event = {.type = TYPE_UNKNOWN, .time = INSTANT_NONE, .recorded = INSTANT_NONE};
	struct fault fault;
	if (parser && event_parse(parser, record->bytes, arrived, &event, &fault) == RESULT_OK)
		event = only_names(&event);
	fault_set(&fault, RESULT_PERMANENT, "%s", reason);
	take_outcome(batch, record, RESULT_PERMANENT, &event, &fault);
	record->unread = true;
	return record;
}

struct source_record *batch_add_order(struct batch *batch, struct text position, int64_t next, struct text order,
                                      struct text bytes, instant arrived)
{
	struct source_record *record = add_record(batch, position, next, keep_text(batch, bytes), arrived);
	record->event = (struct event){.type = TYPE_UNKNOWN, .time = INSTANT_NONE, .recorded = INSTANT_NONE};
	record->order = keep_text(batch, order);
	record->unread = true;
	return record;
}

void batch_turn_away(struct batch *batch, struct source_record *record, const char *reason)
{
	record->event = only_names(&record->event);
	record->accepted = false;
	record->reason = keep_text(batch, text_of(reason));
	record->unread = true;
}

static bool is_json(struct text body)
{
	struct json_reader *json = json_reader_new(BODY_DEPTH, SIZE_MAX);
	struct text value;
	json_start(json, body, 0);
	bool good = json_skip(json, json_next(json, &value)) != JSON_FAULT && json_next(json, &value) == JSON_END;
	json_reader_free(json);
	return good;
}

/* A body that is not JSON is put as a string: read again it is refused again, and cannot pass for anything else. */
static void write_data(struct json_writer *json, struct text body)
{
	if (text_is_blank(body))
		return;
	json_key(json, "data");
	if (is_json(body))
		json_raw(json, text_trim(body));
	else
		json_text(json, body);
}

static void write_name(struct json_writer *json, struct text name)
{
	struct buffer lower = {0};
	for (size_t i = 0; i < name.length; i++)
		buffer_char(&lower,
		            name.at[i] >= 'A' && name.at[i] <= 'Z' ? (char)(name.at[i] + ('a' - 'A')) : name.at[i]);
	json_key(json, buffer_cstr(&lower));
	buffer_free(&lower);
}

static void write_structured(struct buffer *out, const struct event_attribute *attributes, size_t count,
                             struct text content_type, struct text body)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	for (size_t i = 0; i < count; i++) {
		/* These two have their own place in a binary event; as headers they mean nothing. */
		if (text_equal_fold(attributes[i].name, TEXT("data")) ||
		    text_equal_fold(attributes[i].name, TEXT("datacontenttype")))
			continue;
		write_name(&json, attributes[i].name);
		json_text(&json, attributes[i].value);
	}
	if (content_type.length)
		json_put_text(&json, "datacontenttype", content_type);
	write_data(&json, body);
	json_object_end(&json);
}

struct source_record *batch_add_binary(struct batch *batch, struct event_parser *parser, struct text position,
                                       int64_t next, const struct event_attribute *attributes, size_t count,
                                       struct text content_type, struct text body, instant arrived)
{
	struct event event;
	struct fault fault;
	enum result result = event_parse_binary(parser, attributes, count, content_type, body, arrived, &event, &fault);
	struct buffer structured = {0};
	write_structured(&structured, attributes, count, content_type, body);
	struct source_record *record =
		add_record(batch, position, next, keep_text(batch, buffer_view(&structured)), arrived);
	buffer_free(&structured);
	/* What is kept must read back as the same event: so the kept form is the one that is judged in the end. */
	record->unread = result != RESULT_OK;
	if (result == RESULT_OK)
		result = event_parse(parser, record->bytes, arrived, &event, &fault);
	take_outcome(batch, record, result, &event, &fault);
	return record;
}

void batch_parse_anew(struct batch *batch, struct event_parser *parser)
{
	unsigned generation = schema_generation();
	if (!batch->count || batch->generation == generation)
		return;
	batch->generation = generation;
	batch->reckoned = false;
	for (size_t i = 0; i < batch->count; i++) {
		struct source_record *record = &batch->records[i];
		struct event event;
		struct fault fault;
		if (record->unread)
			continue;
		enum result result = event_parse(parser, record->bytes, record->arrived, &event, &fault);
		take_outcome(batch, record, result, &event, &fault);
	}
}

/* ---- how far it is read ---- */

static bool goes_on(const struct batch *batch, size_t at)
{
	return at + 1 < batch->count && text_equal(batch->records[at + 1].position, batch->records[at].position);
}

/* What was taken of the position of each record, up to it. */
static void reckon_taken(struct batch *batch)
{
	instant known = INSTANT_NONE;
	for (size_t i = 0; i < batch->count; i++) {
		struct source_record *record = &batch->records[i];
		if (record_known(record) > known)
			known = record_known(record);
		record->read_to = known;
		if (!goes_on(batch, i))
			known = INSTANT_NONE;
	}
}

/* Of a position of which nothing was taken the first record says up to where that is all there was. What cannot be read
 * holds up nobody. */
static void reckon(struct batch *batch)
{
	instant behind = INSTANT_NEVER, first = INSTANT_NEVER; /* of other positions; of what is left of this one */
	reckon_taken(batch);
	for (size_t i = batch->count; i-- > 0;) {
		struct source_record *record = &batch->records[i];
		if (!goes_on(batch, i)) {
			behind = first < behind ? first : behind;
			first = INSTANT_NEVER;
		}
		instant own = first == INSTANT_NEVER || record->read_to == INSTANT_NONE ? first : record->read_to;
		record->read_to = own < behind ? own : behind;
		first = record->accepted ? record_known(record) : first;
	}
	batch->reckoned = true;
}

instant batch_read_to(struct batch *batch, size_t taken)
{
	if (!taken)
		return batch->count ? INSTANT_NONE : INSTANT_NEVER;
	if (!batch->reckoned)
		reckon(batch);
	return batch->records[taken - 1].read_to;
}

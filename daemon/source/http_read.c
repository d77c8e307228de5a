/* http_read: a request becomes records: structured, batched or binary mode (CloudEvents HTTP protocol binding
 * 1.0.2). */
#include "source/http_internal.h"

#include "loop/http_fields.h"

#define STRUCTURED "application/cloudevents+json"
#define BATCHED "application/cloudevents-batch+json"
#define OF_EVENTS "application/cloudevents"
#define PREFIX "ce-"
#define ATTRIBUTES_MOST 128 /* as in Kafka's headers; HTTP_HEADER_BYTES holds no more of sensible length */

static bool begins(struct text text, const char *with)
{
	size_t length = strlen(with);
	return text.length >= length && memcmp(text.at, with, length) == 0;
}

static int64_t next_of(int64_t *number)
{
	return ++*number;
}

static void refuse(struct source_record *record, const char *reason)
{
	record->accepted = false;
	record->unread = true; /* parsed anew it might pass for what it is not */
	record->reason = text_of(reason);
}

/* Whoever may send events must not be able to answer alerts in the name of the pages or the tool. */
static void check_source(struct source_record *record)
{
	if (record && record->accepted && event_is_own(&record->event))
		refuse(record, "the source is casewatch's own: it sends no events by HTTP");
}

/* ---- structured ---- */

static void add_bytes(const struct http_reading *reading, struct batch *batch, int64_t *number, struct text bytes)
{
	if (text_is_blank(bytes))
		(void)batch_refuse(batch, NULL, reading->position, next_of(number), bytes, reading->arrived,
		                   "an empty message: no event in it");
	else
		check_source(batch_add(batch, reading->parser, reading->position, next_of(number), bytes,
		                       reading->arrived));
}

/* ---- a batch ---- */

/* A batch is split where its events end, without reading them: one that is not JSON spoils no other, as long as its
 * brackets and quotes are those of JSON. */
struct splitting {
	struct text left;
	bool begun, over;
};

static struct text without_mark(struct text body)
{
	static const char mark[] = "\xEF\xBB\xBF";
	if (begins(body, mark))
		body = (struct text){body.at + 3, body.length - 3};
	return text_trim(body);
}

/* How long the value at the front is: up to a comma or a closing bracket that is not within it. */
static size_t value_length(struct text text)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		} else if ((c == ',' || c == ']') && !depth) {
			return i;
		}
	}
	return text.length;
}

/* The next event of a batch. What comes after its end, or instead of it, is one more, and is refused as such. */
static bool next_event(struct splitting *splitting, struct text *event)
{
	struct text left = text_trim(splitting->left);
	if (splitting->over) {
		*event = left;
		splitting->left = TEXT_NONE;
		return left.length != 0;
	}
	if (!splitting->begun && begins(left, "]")) {
		splitting->over = true;
		splitting->left = (struct text){left.at + 1, left.length - 1};
		return next_event(splitting, event);
	}
	splitting->begun = true;
	size_t length = value_length(left);
	*event = text_trim((struct text){left.at, length});
	splitting->over = length == left.length || left.at[length] == ']';
	size_t used = length + (length < left.length);
	splitting->left = (struct text){left.at + used, left.length - used};
	return true;
}

static bool is_array(struct text body)
{
	return begins(without_mark(body), "[");
}

static struct splitting split(struct text body)
{
	struct text array = without_mark(body);
	return (struct splitting){.left = {array.at + 1, array.length - 1}};
}

static size_t count_events(struct text body)
{
	struct splitting splitting = split(body);
	struct text event;
	size_t count = 0;
	while (count <= HTTP_INTAKE_EVENTS_MOST && next_event(&splitting, &event))
		count++;
	return count;
}

static enum http_refusal read_batch(const struct http_reading *reading, struct text body, struct batch *batch,
                                    int64_t *number, const char **words)
{
	if (!is_array(body)) {
		(void)batch_refuse(batch, NULL, reading->position, next_of(number), body, reading->arrived,
		                   "a batch is a JSON array of events; this is none");
		return HTTP_TAKEN;
	}
	if (count_events(body) > HTTP_INTAKE_EVENTS_MOST) {
		*words = "A request holds at most 1,000 events. None of these was taken: send them in smaller batches.";
		return HTTP_TOO_MANY;
	}
	struct splitting splitting = split(body);
	struct text event;
	while (next_event(&splitting, &event))
		add_bytes(reading, batch, number, event);
	return HTTP_TAKEN;
}

/* ---- binary ---- */

struct attributes {
	struct event_attribute items[ATTRIBUTES_MOST];
	size_t count;
	const char *wrong; /* what is wrong with the headers; NULL: nothing */
};

/* Undoes a quoted string (RFC 9110, section 5.6.4), which senders by older versions of the binding write. */
static struct text unquote(struct text value, struct arena *arena)
{
	if (value.length < 2 || value.at[0] != '"' || value.at[value.length - 1] != '"')
		return value;
	char *to = arena_alloc(arena, value.length);
	size_t length = 0;
	for (size_t i = 1; i + 1 < value.length; i++) {
		i += value.at[i] == '\\' && i + 2 < value.length;
		to[length++] = value.at[i];
	}
	return (struct text){to, length};
}

static bool is_there(const struct attributes *attributes, struct text name)
{
	for (size_t i = 0; i < attributes->count; i++)
		if (text_equal(attributes->items[i].name, name))
			return true;
	return false;
}

/* One round of percent-decoding (section 3.1.3.2). What cannot be decoded is kept as it came. */
static void add_attribute(struct attributes *attributes, const struct http_field *header, struct arena *arena)
{
	struct text name = {header->name.at + sizeof PREFIX - 1, header->name.length - (sizeof PREFIX - 1)};
	struct text value = unquote(text_trim(header->value), arena), decoded;
	if (attributes->count == ATTRIBUTES_MOST) {
		attributes->wrong = "more than 128 attributes in headers";
		return;
	}
	if (is_there(attributes, name)) {
		attributes->wrong = "an attribute comes in two headers: which one counts is not known";
		return;
	}
	if (http_decode(value, false, arena, &decoded))
		value = decoded;
	else
		attributes->wrong = "an attribute in a header is not percent-encoded UTF-8";
	attributes->items[attributes->count++] = (struct event_attribute){name, value};
}

static void read_attributes(const struct http_incoming *request, struct attributes *attributes)
{
	*attributes = (struct attributes){.count = 0};
	for (size_t i = 0; i < request->header_count; i++)
		if (begins(request->headers[i].name, PREFIX) && request->headers[i].name.length > sizeof PREFIX - 1)
			add_attribute(attributes, &request->headers[i], request->arena);
}

static void add_binary(const struct http_reading *reading, const struct http_incoming *request,
                       const struct attributes *attributes, struct batch *batch, int64_t *number)
{
	struct source_record *record =
		batch_add_binary(batch, reading->parser, reading->position, next_of(number), attributes->items,
	                         attributes->count, text_trim(http_header(request, "content-type")), request->body,
	                         reading->arrived);
	if (attributes->wrong)
		refuse(record, attributes->wrong);
	check_source(record);
}

/* ---- which of them ---- */

enum http_refusal http_read_events(const struct http_reading *reading, const struct http_incoming *request,
                                   struct batch *batch, int64_t *number, enum ask_mode *mode, const char **words)
{
	struct attributes attributes;
	struct text encoding = text_trim(http_header(request, "content-encoding"));
	*mode = ASK_SINGLE;
	if (encoding.length && !text_equal_fold(encoding, TEXT("identity"))) {
		*words = "Content-Encoding is not understood: send the event as it is.";
		return HTTP_WRONG_MEDIA;
	}
	if (text_equal(request->media, TEXT(BATCHED))) {
		*mode = ASK_BATCH;
		return read_batch(reading, request->body, batch, number, words);
	}
	if (text_equal(request->media, TEXT(STRUCTURED))) {
		add_bytes(reading, batch, number, request->body);
		return HTTP_TAKEN;
	}
	read_attributes(request, &attributes);
	if (!begins(request->media, OF_EVENTS) && attributes.count) {
		add_binary(reading, request, &attributes, batch, number);
		return HTTP_TAKEN;
	}
	*words = "This is no event in a form that is understood: send Content-Type " STRUCTURED " or " BATCHED
		 ", or the attributes in headers that begin with " PREFIX ".";
	return HTTP_WRONG_MEDIA;
}

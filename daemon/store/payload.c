/* payload: writing and reading the small JSON object of an outbox row. */
#include "store/payload.h"

#include "text/json_read.h"
#include "text/json_write.h"
#include "time/instant.h"

#define DEPTH 3

void payload_of_effect(const struct effect *effect, struct payload *payload)
{
	*payload = PAYLOAD_EMPTY;
	payload->at = effect->at;
	payload->caused = effect->caused;
	payload->answer_by = effect->answer_by;
	payload->because = text_of(effect->because);
	payload->reason = text_of(effect->reason);
	payload->old_news = effect->old_news;
	payload->spent = effect->spent;
	for (size_t i = 0; i < effect->tell_count && i < PAYLOAD_ROLES; i++)
		payload->tell[payload->tell_count++] = text_of(effect->tell[i]);
	for (size_t i = 0; i < effect->next_count && i < PAYLOAD_ROLES; i++)
		payload->next[payload->next_count++] = text_of(effect->next_tell[i]);
}

/* Which member of struct payload a name means. */
enum payload_kind { KIND_INSTANT, KIND_TEXT, KIND_TEXTS, KIND_FLAG };
static const struct member {
	const char *name;
	enum payload_kind kind;
	size_t offset, count_offset;
} members[] = {
        {"at", KIND_INSTANT, offsetof(struct payload, at), 0},
        {"caused", KIND_INSTANT, offsetof(struct payload, caused), 0},
        {"answer_by", KIND_INSTANT, offsetof(struct payload, answer_by), 0},
        {"because", KIND_TEXT, offsetof(struct payload, because), 0},
        {"reason", KIND_TEXT, offsetof(struct payload, reason), 0},
        {"tell", KIND_TEXTS, offsetof(struct payload, tell), offsetof(struct payload, tell_count)},
        {"next", KIND_TEXTS, offsetof(struct payload, next), offsetof(struct payload, next_count)},
        {"old_news", KIND_FLAG, offsetof(struct payload, old_news), 0},
        {"spent", KIND_FLAG, offsetof(struct payload, spent), 0},
        {"list", KIND_TEXT, offsetof(struct payload, list), 0},
        {"team", KIND_TEXT, offsetof(struct payload, team), 0},
        {"due", KIND_INSTANT, offsetof(struct payload, due), 0},
        {"ops", KIND_TEXT, offsetof(struct payload, ops), 0},
        {"words", KIND_TEXT, offsetof(struct payload, words), 0},
};

static void write_texts(struct json_writer *json, const char *name, const struct text *texts, size_t count)
{
	json_key(json, name);
	json_array(json);
	for (size_t i = 0; i < count; i++)
		json_text(json, texts[i]);
	json_array_end(json);
}

void payload_write(const struct payload *payload, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const struct member *member = &members[i];
		const char *at = (const char *)payload + member->offset;
		switch (member->kind) {
		case KIND_INSTANT:
			if (*(const instant *)at != INSTANT_NEVER && *(const instant *)at != INSTANT_NONE)
				json_put_instant(&json, member->name, *(const instant *)at);
			break;
		case KIND_TEXT:
			if (((const struct text *)at)->length)
				json_put_text(&json, member->name, *(const struct text *)at);
			break;
		case KIND_TEXTS: {
			size_t count = *(const size_t *)((const char *)payload + member->count_offset);
			if (count)
				write_texts(&json, member->name, (const struct text *)at, count);
			break;
		}
		case KIND_FLAG:
			if (*(const bool *)at)
				json_put_bool(&json, member->name, true);
			break;
		}
	}
	json_object_end(&json);
}

static const struct member *member_of(struct text name)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (text_equal(text_of(members[i].name), name))
			return &members[i];
	return NULL;
}

static struct text keep(struct text text, struct arena *arena)
{
	return (struct text){arena_copy_text(arena, text.at, text.length), text.length};
}

static enum json_token read_texts(struct json_reader *reader, struct text *texts, size_t *count, struct arena *arena)
{
	struct text value;
	enum json_token token;
	while ((token = json_next(reader, &value)) != JSON_ARRAY_END && token != JSON_FAULT) {
		if (token == JSON_STRING && *count < PAYLOAD_ROLES)
			texts[(*count)++] = keep(value, arena);
		else if (token != JSON_STRING && json_skip(reader, token) == JSON_FAULT)
			return JSON_FAULT;
	}
	return token;
}

/* The value of one name; a value of another kind than expected is skipped. */
static enum json_token read_value(struct json_reader *reader, const struct member *member, struct payload *payload,
                                  struct arena *arena)
{
	struct text value;
	const char *why = NULL;
	enum json_token token = json_next(reader, &value);
	char *at = member ? (char *)payload + member->offset : NULL;
	if (member && member->kind == KIND_TEXT && token == JSON_STRING)
		*(struct text *)at = keep(value, arena);
	else if (member && member->kind == KIND_FLAG && token == JSON_TRUE)
		*(bool *)at = true;
	else if (member && member->kind == KIND_INSTANT && token == JSON_STRING) {
		instant read;
		if (instant_parse(value, &read, &why))
			*(instant *)at = read;
	} else if (member && member->kind == KIND_TEXTS && token == JSON_ARRAY)
		return read_texts(reader, (struct text *)at, (size_t *)((char *)payload + member->count_offset), arena);
	else
		return json_skip(reader, token);
	return token;
}

static enum result read_object(struct json_reader *reader, struct payload *payload, struct arena *arena,
                               struct fault *fault)
{
	struct text name;
	enum json_token token = json_next(reader, &name);
	if (token != JSON_OBJECT && token != JSON_FAULT)
		return fault_set(fault, RESULT_PERMANENT, "the payload is not a JSON object");
	while (token != JSON_FAULT && (token = json_next(reader, &name)) == JSON_KEY)
		token = read_value(reader, member_of(name), payload, arena);
	if (token == JSON_OBJECT_END)
		token = json_next(reader, &name);
	if (token != JSON_END)
		return fault_set(fault, RESULT_PERMANENT, "the payload is %s", json_fault(reader));
	return RESULT_OK;
}

enum result payload_read(struct text json, struct payload *payload, struct arena *arena, struct fault *fault)
{
	*payload = PAYLOAD_EMPTY;
	if (json.length == 0)
		return RESULT_OK;
	if (json.length > PAYLOAD_BYTES)
		return fault_set(fault, RESULT_PERMANENT, "the payload is longer than %d bytes", PAYLOAD_BYTES);
	struct json_reader *reader = json_reader_new(DEPTH, PAYLOAD_BYTES);
	json_start(reader, json, 0);
	enum result result = read_object(reader, payload, arena, fault);
	json_reader_free(reader);
	if (result != RESULT_OK)
		*payload = PAYLOAD_EMPTY;
	return result;
}

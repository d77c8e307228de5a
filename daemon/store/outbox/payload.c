/* payload: writing and reading the small JSON object of an outbox row. */
#include "store/outbox/payload.h"

#include "rules/kinds.h"
#include "text/json_read.h"
#include "text/json_write.h"
#include "text/utf8.h"
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
	payload->cause = effect->cause;
	payload->cause_known = true;
	if (rule_kind_row(effect->rule->kind)->counts) {
		payload->window_count = (uint32_t)effect->window_count;
		payload->since_count = (uint32_t)(effect->alert->evidence_count - effect->window_count);
	}
	payload->by = effect->by;
	payload->person = effect->person;
	payload->passed_to = effect->passed_to;
	payload->answered_at = effect->answered_at;
	if (effect->alert->acknowledged && effect->alert->next != INSTANT_NEVER)
		payload->review_at = effect->alert->next;
	payload->rule_from = effect->rule->effective_from;
}

/* Which member of struct payload a name means. count_offset: of TEXTS how many; of CAUSE whether it is known. */
enum payload_kind { KIND_INSTANT, KIND_TEXT, KIND_TEXTS, KIND_FLAG, KIND_COUNT, KIND_DAY, KIND_CAUSE };
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
        {"cause", KIND_CAUSE, offsetof(struct payload, cause), offsetof(struct payload, cause_known)},
        {"window", KIND_COUNT, offsetof(struct payload, window_count), 0},
        {"since", KIND_COUNT, offsetof(struct payload, since_count), 0},
        {"by", KIND_TEXT, offsetof(struct payload, by), 0},
        {"person", KIND_TEXT, offsetof(struct payload, person), 0},
        {"passed_to", KIND_TEXT, offsetof(struct payload, passed_to), 0},
        {"answered_at", KIND_INSTANT, offsetof(struct payload, answered_at), 0},
        {"review_at", KIND_INSTANT, offsetof(struct payload, review_at), 0},
        {"rule_from", KIND_DAY, offsetof(struct payload, rule_from), 0},
        {"list", KIND_TEXT, offsetof(struct payload, list), 0},
        {"team", KIND_TEXT, offsetof(struct payload, team), 0},
        {"due", KIND_INSTANT, offsetof(struct payload, due), 0},
        {"ops", KIND_TEXT, offsetof(struct payload, ops), 0},
        {"words", KIND_TEXT, offsetof(struct payload, words), 0},
        {"detail", KIND_TEXT, offsetof(struct payload, detail), 0},
};

/* At most so long, ending with a whole character. */
static void write_cut(struct json_writer *json, const char *name, struct text text)
{
	size_t at = 0;
	if (text.length <= PAYLOAD_TEXT) {
		json_put_text(json, name, text);
		return;
	}
	for (size_t next; at < text.length; at += next) {
		next = utf8_character((struct text){text.at + at, text.length - at});
		if (!next || at + next > PAYLOAD_TEXT - strlen("…"))
			break;
	}
	struct buffer cut = {0};
	buffer_add(&cut, text.at, at);
	buffer_string(&cut, "…");
	json_put_text(json, name, buffer_view(&cut));
	buffer_free(&cut);
}

static void write_text(struct json_writer *json, const char *name, struct text text, bool whole)
{
	if (!whole)
		write_cut(json, name, text);
	else if (text.length <= PAYLOAD_DETAIL)
		json_put_text(json, name, text);
}

static void write_texts(struct json_writer *json, const char *name, const struct text *texts, size_t count)
{
	json_key(json, name);
	json_array(json);
	for (size_t i = 0; i < count; i++)
		json_text(json, texts[i]);
	json_array_end(json);
}

static void write_member(struct json_writer *json, const struct member *member, const struct payload *payload)
{
	const char *at = (const char *)payload + member->offset,
		   *count_at = (const char *)payload + member->count_offset;
	switch (member->kind) {
	case KIND_INSTANT:
		if (*(const instant *)at != INSTANT_NEVER && *(const instant *)at != INSTANT_NONE)
			json_put_instant(json, member->name, *(const instant *)at);
		return;
	case KIND_TEXT:
		if (((const struct text *)at)->length)
			write_text(json, member->name, *(const struct text *)at, at == (const char *)&payload->detail);
		return;
	case KIND_TEXTS:
		if (*(const size_t *)count_at)
			write_texts(json, member->name, (const struct text *)at, *(const size_t *)count_at);
		return;
	case KIND_FLAG:
		if (*(const bool *)at)
			json_put_bool(json, member->name, true);
		return;
	case KIND_COUNT:
		if (*(const uint32_t *)at)
			json_put_integer(json, member->name, *(const uint32_t *)at);
		return;
	case KIND_DAY:
		if (*(const civil_day *)at != DAY_NONE)
			json_put_integer(json, member->name, *(const civil_day *)at);
		return;
	case KIND_CAUSE:
		if (*(const bool *)count_at)
			json_put_string(json, member->name, effect_cause_name(*(const enum effect_cause *)at));
		return;
	}
}

void payload_write(const struct payload *payload, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		write_member(&json, &members[i], payload);
	json_object_end(&json);
}

static const struct member *member_of(struct text name)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (text_equal(text_of(members[i].name), name))
			return &members[i];
	return NULL;
}

static enum json_token read_texts(struct json_reader *reader, struct text *texts, size_t *count, struct arena *arena)
{
	struct text value;
	enum json_token token;
	while ((token = json_next(reader, &value)) != JSON_ARRAY_END && token != JSON_FAULT) {
		if (token == JSON_STRING && *count < PAYLOAD_ROLES)
			texts[(*count)++] = text_keep(arena, value);
		else if (token != JSON_STRING && json_skip(reader, token) == JSON_FAULT)
			return JSON_FAULT;
	}
	return token;
}

/* A whole number in the range of the member; anything else is passed over. */
static void read_number(const struct member *member, struct text value, char *at)
{
	double number;
	if (!json_number_value(value, &number) || number != (double)(int64_t)number)
		return;
	if (member->kind == KIND_COUNT && number >= 0 && number <= UINT32_MAX)
		*(uint32_t *)at = (uint32_t)number;
	else if (member->kind == KIND_DAY && number > INT32_MIN && number <= INT32_MAX)
		*(civil_day *)at = (civil_day)number;
}

static void read_string(const struct member *member, struct text value, struct payload *payload, struct arena *arena)
{
	char *at = (char *)payload + member->offset;
	const char *why = NULL;
	instant read;
	if (member->kind == KIND_TEXT)
		*(struct text *)at = text_keep(arena, value);
	else if (member->kind == KIND_INSTANT && instant_parse(value, &read, &why))
		*(instant *)at = read;
	else if (member->kind == KIND_CAUSE)
		*(bool *)((char *)payload + member->count_offset) = effect_cause_of(value, (enum effect_cause *)at);
}

/* The value of one name; a value of another kind than expected is skipped. */
static enum json_token read_value(struct json_reader *reader, const struct member *member, struct payload *payload,
                                  struct arena *arena)
{
	struct text value;
	enum json_token token = json_next(reader, &value);
	char *at = member ? (char *)payload + member->offset : NULL;
	if (member && member->kind == KIND_TEXTS && token == JSON_ARRAY)
		return read_texts(reader, (struct text *)at, (size_t *)((char *)payload + member->count_offset), arena);
	if (member && token == JSON_STRING)
		read_string(member, value, payload, arena);
	else if (member && token == JSON_NUMBER)
		read_number(member, value, at);
	else if (member && member->kind == KIND_FLAG && token == JSON_TRUE)
		*(bool *)at = true;
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

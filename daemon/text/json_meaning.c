/* json_meaning: sums up a value as it is read; as deep as the reader lets it be. */
#include "text/json_meaning.h"

enum { STRING = 1, TRUE_OR_FALSE = 4, NUMBER = 5, OUT_OF_RANGE = 6 };

uint64_t meaning_blend(uint64_t a, uint64_t b)
{
	uint64_t pair[2] = {a, b};
	return text_hash((struct text){(const char *)pair, sizeof pair}, hash_seed());
}

uint64_t meaning_of_string(struct text string)
{
	return text_hash(string, hash_seed() + STRING);
}

uint64_t meaning_of_number(double number)
{
	double value = number + 0.0; /* -0 is 0 */
	return text_hash((struct text){(const char *)&value, sizeof value}, hash_seed() + NUMBER);
}

uint64_t meaning_of_word(enum json_token word)
{
	return meaning_blend(TRUE_OR_FALSE, (uint64_t)word);
}

uint64_t meaning_of_member(struct text name, uint64_t value)
{
	return meaning_blend(meaning_of_string(name), value);
}

static enum json_token list_meaning(struct json_reader *reader, uint64_t *meaning)
{
	uint64_t sum = MEANING_LIST, item;
	struct text text;
	enum json_token token;
	while ((token = json_next(reader, &text)) != JSON_ARRAY_END) {
		if (json_meaning(reader, token, text, &item) == JSON_FAULT)
			return JSON_FAULT;
		sum = meaning_blend(sum, item);
	}
	*meaning = sum;
	return token;
}

static enum json_token object_meaning(struct json_reader *reader, uint64_t *meaning)
{
	uint64_t sum = MEANING_OBJECT, value;
	struct text text;
	enum json_token token;
	while ((token = json_next(reader, &text)) == JSON_KEY) {
		uint64_t name = meaning_of_string(text); /* the text may be gone when the value was read */
		token = json_next(reader, &text);
		bool absent = token == JSON_NULL;
		if (json_meaning(reader, token, text, &value) == JSON_FAULT)
			return JSON_FAULT;
		if (!absent)
			sum += meaning_blend(name, value);
	}
	*meaning = sum;
	return token;
}

enum json_token json_meaning(struct json_reader *reader, enum json_token first, struct text text, uint64_t *meaning)
{
	double number;
	*meaning = 0;
	switch (first) {
	case JSON_ARRAY:
		return list_meaning(reader, meaning);
	case JSON_OBJECT:
		return object_meaning(reader, meaning);
	case JSON_STRING:
		*meaning = meaning_of_string(text);
		return first;
	case JSON_NUMBER:
		*meaning = json_number_value(text, &number) ? meaning_of_number(number)
		                                            : text_hash(text, hash_seed() + OUT_OF_RANGE);
		return first;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		*meaning = meaning_of_word(first);
		return first;
	case JSON_FAULT:
	case JSON_END:
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
	case JSON_KEY:
		return JSON_FAULT;
	}
	return JSON_FAULT;
}

/* event_short: the short way of reading an event: printable ASCII without escapes, attributes that are strings, data
 * that is an object of strings, booleans, whole numbers and null. Everything else is left to the strict way.
 *
 * Quotes are found sixteen bytes at a time, and names by their first bytes. Whatever is odd (a key said twice, a list,
 * a number with a fraction, an id that begins or ends with a blank) is not judged here. */
#include "event/event_cursor.h"

#define OTHERS_MOST 8   /* attributes that casewatch does not interpret */
#define MEMBERS_MOST 24 /* of data */
_Static_assert(ATTRIBUTES + 1 + OTHERS_MOST + 1 + MEMBERS_MOST <= VALUES_MOST, "each, and one too many, has a place");

static bool take_among_blanks(struct cursor *cursor, char wanted)
{
	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
	if (cursor->at == cursor->end || *cursor->at != wanted)
		return false;
	cursor->at++;
	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
	return true;
}

/* A byte, with blanks on either side of it. Nearly always there are none: then two bytes are looked at. */
static inline bool take_character(struct cursor *cursor, char wanted)
{
	const char *at = cursor->at;
	if (cursor->end - at < 2 || at[0] != wanted || at[1] == ' ')
		return take_among_blanks(cursor, wanted);
	cursor->at++;
	return true;
}

/* ---- names ---- */

static bool says(struct text key, struct text name)
{
	return memcmp(key.at, name.at, name.length) == 0;
}

/* By length, then by a comparison of known length: it is asked for every attribute of every event. */
enum attribute event_attribute_of(struct text key)
{
	switch (key.length) {
	case 2:
		return says(key, TEXT("id")) ? ID : OTHER;
	case 4:
		return says(key, TEXT("type"))   ? TYPE
		       : says(key, TEXT("time")) ? TIME
		       : says(key, TEXT("data")) ? DATA
		                                 : OTHER;
	case 6:
		return says(key, TEXT("source")) ? SOURCE : OTHER;
	case 7:
		return says(key, TEXT("subject")) ? SUBJECT : OTHER;
	case 8:
		return says(key, TEXT("replaces")) ? REPLACES : OTHER;
	case 11:
		return says(key, TEXT("specversion"))   ? SPECVERSION
		       : says(key, TEXT("data_base64")) ? DATA_BASE64
		                                        : OTHER;
	case 12:
		return says(key, TEXT("recordedtime")) ? RECORDEDTIME : OTHER;
	case 13:
		return says(key, TEXT("timeprecision")) ? TIMEPRECISION : OTHER;
	case 15:
		return says(key, TEXT("datacontenttype")) ? DATACONTENTTYPE : OTHER;
	default:
		return OTHER;
	}
}

static struct known_name *place_of(struct known_name *known, uint64_t head, size_t length)
{
	return &known[((head ^ length) * 0x9e3779b97f4a7c15u) >> 58];
}
_Static_assert(KNOWN_NAMES == 1 << (64 - 58), "a place for each number of six bits");

static bool is_known(const struct known_name *place, struct text name, uint64_t head)
{
	return place->head == head && place->name.length == name.length && name.length &&
	       (name.length <= sizeof head || memcmp(place->name.at, name.at, name.length) == 0);
}

type_id event_find_type(struct event_parser *parser, struct text name)
{
	uint64_t head = text_head(name);
	if (name.length > sizeof head) /* "missing.", "custody.": the end tells more */
		head = text_head((struct text){name.at + name.length - sizeof head, sizeof head});
	struct known_name *place = place_of(parser->types, head, name.length);
	if (is_known(place, name, head))
		return place->number;
	type_id type = schema_find(name);
	if (type != TYPE_UNKNOWN)
		*place = (struct known_name){head, text_of(schema_type_name(type)), type};
	return type;
}

static inline uint16_t find_name(struct event_parser *parser, struct text name, uint64_t head)
{
	struct known_name *place = place_of(parser->fields, head, name.length);
	if (is_known(place, name, head))
		return place->number;
	uint16_t number = schema_name(name);
	if (number)
		*place = (struct known_name){head, text_of(schema_name_text(number)), number};
	return number;
}

/* ---- the event ---- */

struct keys {
	struct text names[MEMBERS_MOST];
	uint64_t heads[MEMBERS_MOST];
	size_t count, most;
};

/* False: it was said before, or there are too many. */
static inline bool note_key(struct keys *keys, struct text name, uint64_t head)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->heads[i] == head && text_equal(keys->names[i], name))
			return false;
	if (keys->count == keys->most)
		return false;
	keys->names[keys->count] = name;
	keys->heads[keys->count++] = head;
	return true;
}

static inline void note_value(struct event_parser *parser, struct value_seen value)
{
	parser->seen[parser->seen_count++] = value; /* keys are no more than there is room for */
}

static bool read_members(struct event_parser *parser, struct cursor *cursor)
{
	struct keys keys; /* not zeroed: it is asked for at every event */
	keys.count = 0;
	keys.most = MEMBERS_MOST;
	do {
		struct text name;
		struct value value;
		if (!take_string(cursor, &name) || !take_character(cursor, ':'))
			return false;
		const char *from = cursor->at;
		if (!take_value(cursor, &value))
			return false;
		uint64_t head = text_head(name);
		if (!note_key(&keys, name, head))
			return false;
		uint16_t number = find_name(parser, name, head);
		note_value(parser, (struct value_seen){from, cursor->at, name, number, DATA});
		if (value.kind == VALUE_ABSENT)
			continue;
		*next_member(parser) =
			(struct event_member){.name = name, .number = number, .found = true, .value = value};
	} while (take_character(cursor, ','));
	return take_character(cursor, '}');
}

static bool read_data(struct event_parser *parser, struct cursor *cursor)
{
	if (parser->shape != DATA_IS_ABSENT || !take_character(cursor, '{'))
		return false;
	parser->shape = DATA_IS_OBJECT;
	return (cursor->at < cursor->end && *cursor->at == '}') ? take_character(cursor, '}')
	                                                        : read_members(parser, cursor);
}

static bool read_attribute(struct event_parser *parser, struct cursor *cursor, struct keys *others)
{
	struct text key, text;
	if (!take_string(cursor, &key) || !take_character(cursor, ':'))
		return false;
	enum attribute attribute = event_attribute_of(key);
	if (attribute == DATA)
		return read_data(parser, cursor);
	const char *from = cursor->at;
	if (!take_string(cursor, &text) || is_odd(text))
		return false;
	note_value(parser, (struct value_seen){from, cursor->at, key, 0, (uint8_t)attribute});
	if (attribute == OTHER)
		return note_key(others, key, text_head(key));
	struct attribute_value *value = &parser->attributes[attribute];
	bool first = value->token == JSON_NULL;
	*value = (struct attribute_value){JSON_STRING, text};
	return first;
}

bool event_read_short(struct event_parser *parser, struct text bytes)
{
	struct cursor cursor = {bytes.at, bytes.at + bytes.length, bytes.at};
	struct keys others;
	others.count = 0;
	others.most = OTHERS_MOST;
	parser->seen_count = 0;
	if (parser->limits.depth < 2 || !take_character(&cursor, '{'))
		return false;
	do
		if (!read_attribute(parser, &cursor, &others))
			return false;
	while (take_character(&cursor, ','));
	parser->plain = take_character(&cursor, '}') && cursor.at == cursor.end;
	return parser->plain;
}

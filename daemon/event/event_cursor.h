/* event_cursor: the values of an event as the short way takes them, wherever it goes through a line.
 *
 * The one rule: what is odd is not taken. Internal to event/. */
#ifndef CASEWATCH_EVENT_EVENT_CURSOR_H
#define CASEWATCH_EVENT_EVENT_CURSOR_H

#include "event/event_read.h"
#include "text/bytes.h"

#define DIGITS_MOST 15 /* exact in a double */

struct cursor {
	const char *at, *end;
	const char *first; /* of the line */
};

static inline bool take_string(struct cursor *cursor, struct text *text)
{
	if (cursor->at == cursor->end || *cursor->at != '"')
		return false;
	const char *from = cursor->at + 1, *stop = bytes_plain_ascii_end_in(cursor->first, from, cursor->end);
	if (stop == cursor->end || *stop != '"')
		return false;
	*text = (struct text){from, (size_t)(stop - from)};
	cursor->at = stop + 1;
	return true;
}

static inline bool take_word(struct cursor *cursor, struct text word)
{
	if ((size_t)(cursor->end - cursor->at) < word.length || memcmp(cursor->at, word.at, word.length) != 0)
		return false;
	cursor->at += word.length;
	return true;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A whole number without a sign and without zeros in front. What follows it is looked at by whoever expects a comma or
 * a brace, so that a fraction or an exponent is no number here. */
static inline bool take_number(struct cursor *cursor, double *number)
{
	const char *first = cursor->at;
	int64_t whole = 0;
	for (; cursor->at < cursor->end && is_digit(*cursor->at) && cursor->at - first < DIGITS_MOST; cursor->at++)
		whole = whole * 10 + (*cursor->at - '0');
	*number = (double)whole;
	return cursor->at > first && (*first != '0' || cursor->at == first + 1);
}

static inline bool take_value(struct cursor *cursor, struct value *value)
{
	if (take_string(cursor, &value->string)) {
		value->kind = VALUE_STRING;
		return true;
	}
	if (cursor->at == cursor->end)
		return false;
	switch (*cursor->at) {
	case 't':
		*value = (struct value){.kind = VALUE_BOOL, .boolean = true};
		return take_word(cursor, TEXT("true"));
	case 'f':
		*value = (struct value){.kind = VALUE_BOOL, .boolean = false};
		return take_word(cursor, TEXT("false"));
	case 'n':
		*value = (struct value){.kind = VALUE_ABSENT};
		return take_word(cursor, TEXT("null"));
	default:
		value->kind = VALUE_NUMBER;
		return take_number(cursor, &value->number);
	}
}

static inline struct event_member *next_member(struct event_parser *parser)
{
	if (parser->member_count < parser->member_room)
		return &parser->members[parser->member_count++];
	return mem_push((void **)&parser->members, &parser->member_count, &parser->member_room,
	                sizeof *parser->members);
}

/* Blanks at either end of an attribute are looked at by the strict way. */
static inline bool is_odd(struct text text)
{
	return !text.length || text.at[0] == ' ' || text.at[text.length - 1] == ' ';
}

#endif

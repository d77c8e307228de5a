/* gsm7: the part of the GSM alphabet that is ASCII: casewatch's own texts use no other. */
#include "text/gsm7.h"

/* 0: not of the alphabet. */
static size_t septets(char c)
{
	switch (c) {
	case '^':
	case '{':
	case '}':
	case '\\':
	case '[':
	case ']':
	case '~':
	case '|':
		return 2;
	case '`':
		return 0;
	case '\n':
	case '\r':
		return 1;
	default:
		return c >= ' ' && c <= '~';
	}
}

size_t gsm7_length(struct text words)
{
	size_t length = 0;
	for (size_t i = 0; i < words.length; i++) {
		size_t one = septets(words.at[i]);
		if (!one)
			return SIZE_MAX;
		length += one;
	}
	return length;
}

void gsm7_put(struct text words, struct buffer *out)
{
	for (size_t i = 0; i < words.length; i++) {
		unsigned char byte = (unsigned char)words.at[i];
		if ((byte & 0xC0) == 0x80)
			continue; /* the rest of a character that was put as a question mark */
		buffer_char(out, septets(words.at[i]) ? words.at[i] : '?');
	}
}

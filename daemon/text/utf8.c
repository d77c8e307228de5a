/* utf8: validation after table 3-7 of the Unicode standard, many ASCII bytes at a time. */
#include "text/utf8.h"

static bool follows(unsigned char byte, unsigned char least, unsigned char most)
{
	return byte >= least && byte <= most;
}

static bool continues(unsigned char byte)
{
	return follows(byte, 0x80, 0xbf);
}

static size_t three(const unsigned char *at, size_t left)
{
	unsigned char least = at[0] == 0xe0 ? 0xa0 : 0x80; /* no overlong forms */
	unsigned char most = at[0] == 0xed ? 0x9f : 0xbf;  /* no surrogates */
	return left >= 3 && follows(at[1], least, most) && continues(at[2]) ? 3 : 0;
}

static size_t four(const unsigned char *at, size_t left)
{
	unsigned char least = at[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char most = at[0] == 0xf4 ? 0x8f : 0xbf; /* U+10FFFF is the last */
	return left >= 4 && follows(at[1], least, most) && continues(at[2]) && continues(at[3]) ? 4 : 0;
}

size_t utf8_character(struct text text)
{
	const unsigned char *at = (const unsigned char *)text.at;
	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2)
		return 0;
	if (at[0] < 0xe0)
		return text.length >= 2 && continues(at[1]) ? 2 : 0;
	if (at[0] < 0xf0)
		return three(at, text.length);
	return at[0] < 0xf5 ? four(at, text.length) : 0;
}

size_t utf8_valid(struct text text)
{
	size_t i = 0;
	while (i < text.length) {
		uint64_t words[4];
		if (i + sizeof words <= text.length) {
			memcpy(words, text.at + i, sizeof words);
			if (!((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u)) {
				i += sizeof words;
				continue;
			}
		}
		size_t length = utf8_character((struct text){text.at + i, text.length - i});
		if (!length)
			return i;
		i += length;
	}
	return i;
}

/* Whether a byte may belong to a control character: below 0x20, DEL, or the lead byte of C1. May say yes too often. */
static bool suspicious(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t delete = word ^ (ones * 0x7f), lead = word ^ (ones * 0xc2);
	return (((word - ones * 0x20) & ~word) | ((delete - ones) & ~delete) | ((lead - ones) & ~lead)) & high;
}

bool utf8_has_control(struct text text)
{
	bool look = text.length < 8;
	for (size_t i = 0; !look && i < text.length; i += 8) {
		uint64_t word;
		memcpy(&word, text.at + (i + 8 <= text.length ? i : text.length - 8), 8);
		look = suspicious(word);
	}
	for (size_t i = 0; look && i < text.length; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		if (byte < 0x20 || byte == 0x7f)
			return true;
		if (byte == 0xc2 && i + 1 < text.length && (unsigned char)text.at[i + 1] < 0xa0)
			return true;
	}
	return false;
}

/* The bytes of the blank at the start (or the end) of the text; 0: none is there. */
static size_t blank_at(struct text text, bool end)
{
	if (!text.length)
		return 0;
	char one = text.at[end ? text.length - 1 : 0];
	if (one == ' ' || one == '\t')
		return 1;
	return text.length >= 2 && memcmp(text.at + (end ? text.length - 2 : 0), "\xc2\xa0", 2) == 0 ? 2 : 0;
}

struct text utf8_cut_blanks(struct text text)
{
	for (size_t blank; (blank = blank_at(text, false)) != 0; text.length -= blank)
		text.at += blank;
	for (size_t blank; (blank = blank_at(text, true)) != 0;)
		text.length -= blank;
	return text;
}

size_t utf8_unseen(struct text text, size_t at)
{
	const unsigned char *bytes = (const unsigned char *)text.at + at;
	size_t left = text.length - at;
	if (left >= 2 && bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] <= 0x9f)
		return 2;
	if (left < 3)
		return 0;
	if (bytes[0] == 0xe2 && bytes[1] == 0x80 &&
	    ((bytes[2] >= 0x8b && bytes[2] <= 0x8f) || (bytes[2] >= 0xa8 && bytes[2] <= 0xae)))
		return 3;
	if (bytes[0] == 0xe2 && bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9)
		return 3;
	if (bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf)
		return 3;
	return 0;
}

const char *utf8_word_processor(struct text text, const char **meant)
{
	static const struct {
		const char *bytes, *called, *meant;
	} changed[] = {
		{"\xe2\x80\x98", "a curly quote (\xe2\x80\x98)", "a straight one (' or \")"},
		{"\xe2\x80\x99", "a curly quote (\xe2\x80\x99)", "a straight one (' or \")"},
		{"\xe2\x80\x9a", "a low quote (\xe2\x80\x9a)", "a straight one (' or \")"},
		{"\xe2\x80\x9c", "a curly quote (\xe2\x80\x9c)", "a straight one (\" or ')"},
		{"\xe2\x80\x9d", "a curly quote (\xe2\x80\x9d)", "a straight one (\" or ')"},
		{"\xe2\x80\x9e", "a low quote (\xe2\x80\x9e)", "a straight one (\" or ')"},
		{"\xe2\x80\x93", "a long dash (\xe2\x80\x93)", "a hyphen (-)"},
		{"\xe2\x80\x94", "a long dash (\xe2\x80\x94)", "a hyphen (-)"},
		{"\xe2\x88\x92", "a minus sign (\xe2\x88\x92)", "a hyphen (-)"},
		{"\xe2\x89\xa4", "the sign \xe2\x89\xa4", "<="},
		{"\xe2\x89\xa5", "the sign \xe2\x89\xa5", ">="},
		{"\xe2\x89\xa0", "the sign \xe2\x89\xa0", "!="},
		{"\xc2\xa0", "a no-break space (it looks like a space and is none)", "a space"},
	};
	for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
		size_t length = strlen(changed[i].bytes);
		if (text.length < length || memcmp(text.at, changed[i].bytes, length) != 0)
			continue;
		*meant = changed[i].meant;
		return changed[i].called;
	}
	return NULL;
}

size_t utf8_write(uint32_t code, char to[4])
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	to[0] = (char)(lead[length] | code);
	return length;
}

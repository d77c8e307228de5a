/* text: comparing, hashing and building strings. */
#include "base/text.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static unsigned char lower(char c)
{
	unsigned char u = (unsigned char)c;
	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool text_is_made_of(struct text text, const char *others)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!alphanumeric && (!c || !strchr(others, c)))
			return false;
	}
	return true;
}

bool text_equal_fold(struct text a, struct text b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

int text_order(struct text a, struct text b)
{
	size_t shared = a.length < b.length ? a.length : b.length;
	int order = shared ? memcmp(a.at, b.at, shared) : 0;
	if (order)
		return order;
	return a.length < b.length ? -1 : a.length > b.length;
}

size_t text_columns(struct text text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.length; i++)
		count += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return count;
}

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct text text_trim(struct text text)
{
	while (text.length && space(text.at[0])) {
		text.at++;
		text.length--;
	}
	while (text.length && space(text.at[text.length - 1]))
		text.length--;
	return text;
}

const char *text_one_line(struct arena *arena, struct text text)
{
	text = text_trim(text);
	char *line = arena_copy_text(arena, text.at, text.length), *end = line;
	for (const char *at = line, *after; *at; at = after) {
		bool broken = false;
		for (after = at; space(*after); after++)
			broken = broken || *after == '\n' || *after == '\r';
		if (broken)
			*end++ = ' ';
		for (after += after == at; !broken && at < after; at++)
			*end++ = *at;
	}
	*end = '\0';
	return line;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply-and-fold over 8-byte words. The seed enters every step, so that whoever cannot see it cannot aim. */
uint64_t text_hash(struct text text, uint64_t seed)
{
	uint64_t hash = seed ^ 0x9e3779b97f4a7c15u;
	size_t i = 0;
	for (; i + 8 <= text.length; i += 8) {
		uint64_t word;
		memcpy(&word, text.at + i, 8);
		hash = mix(hash ^ word, seed ^ 0xd6e8feb86659fd93u);
	}
	uint64_t tail = 0;
	if (i < text.length)
		memcpy(&tail, text.at + i, text.length - i);
	return mix(hash ^ tail, (uint64_t)text.length ^ seed ^ 0xa0761d6478bd642fu);
}

static uint64_t seed; /* set once, before threads start: main calls hash_seed first */

void hash_seed_fix(uint64_t fixed)
{
	seed = fixed | 1;
}

uint64_t hash_seed(void)
{
	while (!seed)
		if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
			seed = 0;
	return seed | 1;
}

/* FNV-1a, 64 bit: public domain, the same on every machine and in every version, as durable ids need. */
uint64_t text_fingerprint(struct text text, uint64_t basis)
{
	uint64_t hash = basis ? basis : 0xcbf29ce484222325u;
	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001b3u;
	return hash;
}

/* Two digits at a time: a division costs more than all else that is done to a number. */
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
				  "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
				  "8081828384858687888990919293949596979899";

void text_two_digits(unsigned number, char to[2])
{
	memcpy(to, digit_pairs + number * 2, 2);
}

size_t text_digits(uint64_t number, size_t digits, char *to)
{
	if (number < 10 && digits <= 1) {
		to[0] = (char)('0' + number);
		return 1;
	}
	if (number < 100 && digits <= 2) {
		memcpy(to, digit_pairs + number * 2, 2);
		return 2;
	}
	char reversed[24];
	size_t from = sizeof reversed;
	for (; number >= 100; number /= 100) {
		from -= 2;
		memcpy(reversed + from, digit_pairs + number % 100 * 2, 2);
	}
	if (number >= 10) {
		from -= 2;
		memcpy(reversed + from, digit_pairs + number * 2, 2);
	} else {
		reversed[--from] = (char)('0' + number);
	}
	while (sizeof reversed - from < digits && from > 0)
		reversed[--from] = '0';
	memcpy(to, reversed + from, sizeof reversed - from);
	return sizeof reversed - from;
}

void text_hex(uint64_t number, char to[16])
{
	for (size_t i = 16; i-- > 0; number >>= 4)
		to[i] = "0123456789abcdef"[number & 15];
}

void buffer_grow(struct buffer *buffer, size_t more)
{
	size_t need = buffer->length + more + 1;
	size_t room = buffer->room ? buffer->room : 64;
	while (room < need)
		room *= 2;
	buffer->at = mem_grow(buffer->at, room, 1);
	buffer->at[buffer->length] = '\0'; /* also where nothing is put there after all */
	buffer->room = room;
}

void buffer_fill(struct buffer *buffer, size_t from, size_t columns)
{
	size_t taken = text_columns((struct text){text_bytes(buffer_view(buffer)) + from, buffer->length - from});
	for (; taken < columns; taken++)
		buffer_char(buffer, ' ');
}

void buffer_padded(struct buffer *buffer, uint64_t number, size_t digits)
{
	size_t length = text_digits(number, digits, buffer_room(buffer, 24));
	buffer->length += length;
	buffer->at[buffer->length] = '\0';
}

void buffer_number(struct buffer *buffer, int64_t number)
{
	if (number < 0)
		buffer_char(buffer, '-');
	buffer_padded(buffer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 1);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	if (length > 0) {
		(void)buffer_room(buffer, (size_t)length);
		(void)vsnprintf(buffer->at + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
	va_end(args);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	if (buffer->at)
		buffer->at[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->at);
	*buffer = (struct buffer){0};
}

const char *buffer_cstr(const struct buffer *buffer)
{
	return buffer->at ? buffer->at : "";
}

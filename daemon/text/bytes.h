/* bytes: how far a run of plain bytes goes, sixteen at a time.
 *
 * Half of all reading and writing of JSON is spent here, and much of writing a mail. The one rule: the fast way and the
 * plain one say the same, on every machine: where there is no SSE2 the bytes are looked at one by one
 * (tests/unit/event_short_test). Nothing outside [at, end) is read. */
#ifndef CASEWATCH_TEXT_BYTES_H
#define CASEWATCH_TEXT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Inside a JSON string: a quote, a backslash and control characters (below 0x20) end a run. */
static inline bool byte_is_plain(char c)
{
	return c != '"' && c != '\\' && (unsigned char)c >= 0x20;
}
/* And printable ASCII: what goes into a JSON string as it is, and needs no look at UTF-8. */
static inline bool byte_is_plain_ascii(char c)
{
	return byte_is_plain(c) && (unsigned char)c < 0x7f;
}
/* In quoted-printable: printable ASCII and spaces stand for themselves, but for "=". */
static inline bool byte_is_quotable(char c)
{
	return c >= 0x20 && (unsigned char)c < 0x7f && c != '=';
}

#ifdef __SSE2__
/* A bit for each of the sixteen bytes that is not plain. */
static inline unsigned bytes_not_plain(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
	                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	const __m128i control = _mm_set1_epi8(0x1f);
	found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
	return (unsigned)_mm_movemask_epi8(found);
}
/* As signed bytes, what is below 0x20 is control or not ASCII. */
static inline unsigned bytes_not_plain_ascii(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
	                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	found = _mm_or_si128(found, _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
	return (unsigned)_mm_movemask_epi8(found);
}
static inline unsigned bytes_not_quotable(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('=')),
	                             _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
	return (unsigned)_mm_movemask_epi8(found);
}
#endif

/* Whether `length` bytes are the same; sixteen bytes may be read at `at` from each sixteenth of them on. `end`: of what
 * may be read at `other`. Calling memcmp costs more than to compare the twenty bytes that most of these are. */
static inline bool bytes_same(const char *at, const char *other, const char *end, size_t length)
{
	size_t done = 0;
#ifdef __SSE2__
	for (; done < length && (size_t)(end - other) >= done + 16; done += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(at + done)),
			b = _mm_loadu_si128((const __m128i *)(const void *)(other + done));
		unsigned differ = ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & 0xffff;
		if (differ)
			return done + (unsigned)__builtin_ctz(differ) >= length;
	}
	if (done >= length)
		return true;
#else
	(void)end;
#endif
	return memcmp(at + done, other + done, length - done) == 0;
}

/* The first byte that does not stand for itself in quoted-printable, or `end`. */
static inline const char *bytes_quotable_end(const char *at, const char *end)
{
#ifdef __SSE2__
	for (; end - at >= 16; at += 16) {
		unsigned which = bytes_not_quotable(at);
		if (which)
			return at + __builtin_ctz(which);
	}
#endif
	while (at < end && byte_is_quotable(*at))
		at++;
	return at;
}

/* The first byte at or after `at` that is not plain, or `end`. */
static inline const char *bytes_plain_end(const char *at, const char *end)
{
#ifdef __SSE2__
	for (; end - at >= 16; at += 16) {
		unsigned which = bytes_not_plain(at);
		if (which)
			return at + __builtin_ctz(which);
	}
#endif
	while (at < end && byte_is_plain(*at))
		at++;
	return at;
}

/* The first that is not plain ASCII. The last sixteen are looked at together, those before them twice. */
static inline const char *bytes_plain_ascii_end(const char *at, const char *end)
{
#ifdef __SSE2__
	if (end - at >= 16) {
		for (; end - at > 16; at += 16) {
			unsigned which = bytes_not_plain_ascii(at);
			if (which)
				return at + __builtin_ctz(which);
		}
		unsigned which = bytes_not_plain_ascii(end - 16);
		return which ? end - 16 + __builtin_ctz(which) : end;
	}
#endif
	while (at < end && byte_is_plain_ascii(*at))
		at++;
	return at;
}

/* The same where what lies before `at` may be read, too, from `first` on: the last bytes of a line are looked at
 * together with those before them. */
static inline const char *bytes_plain_ascii_end_in(const char *first, const char *at, const char *end)
{
#ifdef __SSE2__
	if (end - at < 16 && end - first >= 16) {
		unsigned which = bytes_not_plain_ascii(end - 16) >> (16 - (end - at));
		return which ? at + __builtin_ctz(which) : end;
	}
#else
	(void)first;
#endif
	return bytes_plain_ascii_end(at, end);
}

#endif

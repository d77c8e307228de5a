/* codec: the fields of a history as bytes of varying length, and back, by one description for both directions.
 *
 * Owns the bytes while they are written. The one rule: what writes a field also reads it (`writing` says which), so the
 * two cannot differ; the bytes are of this process only, and are trusted. Small numbers, and instants near one that is
 * known, take one to four bytes. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_HISTORY_CODEC_H
#define CASEWATCH_ENGINE_HISTORY_CODEC_H

#include "base/clock.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

struct codec {
	unsigned char *bytes; /* writing: the codec's own, kept from one history to the next; free it */
	size_t room;
	unsigned char *at;    /* where the next field is written, or read */
	bool writing;
};

#ifndef CODEC_INLINE /* `make coverage` counts a function, and not each copy of it */
#define CODEC_INLINE static inline __attribute__((always_inline))
#endif
#define CODEC_FIELD_MOST 11 /* bytes of one field: a number has 10 at most, and may have a word before it */

/* Room for so many fields before they are written. */
CODEC_INLINE void codec_reserve(struct codec *codec, size_t fields)
{
	size_t used = (size_t)(codec->at - codec->bytes), wanted = used + fields * CODEC_FIELD_MOST;
	if (!codec->writing || wanted <= codec->room)
		return;
	codec->room = wanted * 2;
	codec->bytes = mem_grow(codec->bytes, codec->room, 1);
	codec->at = codec->bytes + used;
}

CODEC_INLINE void codec_u64(struct codec *codec, bool writing, uint64_t *value)
{
	uint64_t v = 0;
	if (writing) {
		for (v = *value; v >= 0x80; v >>= 7)
			*codec->at++ = (unsigned char)(v | 0x80);
		*codec->at++ = (unsigned char)v;
		return;
	}
	for (unsigned shift = 0;; shift += 7) {
		unsigned char byte = *codec->at++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			break;
	}
	*value = v;
}

CODEC_INLINE void codec_u32(struct codec *codec, bool writing, uint32_t *value)
{
	uint64_t v = *value;
	codec_u64(codec, writing, &v);
	*value = (uint32_t)v;
}

CODEC_INLINE void codec_u16(struct codec *codec, bool writing, uint16_t *value)
{
	uint64_t v = *value;
	codec_u64(codec, writing, &v);
	*value = (uint16_t)v;
}

CODEC_INLINE void codec_u8(struct codec *codec, bool writing, uint8_t *value)
{
	if (writing)
		*codec->at++ = *value;
	else
		*value = *codec->at++;
}

/* Fingerprints: all their bits say something. */
CODEC_INLINE void codec_raw64(struct codec *codec, bool writing, uint64_t *value)
{
	if (writing)
		memcpy(codec->at, value, sizeof *value);
	else
		memcpy(value, codec->at, sizeof *value);
	codec->at += sizeof *value;
}

CODEC_INLINE uint64_t codec_zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

CODEC_INLINE int64_t codec_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* A number that is near another, of which only the difference is written. */
CODEC_INLINE void codec_near(struct codec *codec, bool writing, uint64_t *value, uint64_t to)
{
	uint64_t v = writing ? codec_zigzag((int64_t)(*value - to)) : 0;
	codec_u64(codec, writing, &v);
	if (!writing)
		*value = to + (uint64_t)codec_unzigzag(v);
}

/* The two lowest bits say the unit in which the difference to `base` is written: of most events only the minute is
 * known. Of unit 0 are what is no instant near another: NONE, NEVER, the same as `base`, one that is too far (it
 * follows), and small numbers. */
enum codec_unit { CODEC_SPECIAL, CODEC_MINUTES, CODEC_SECONDS, CODEC_MICROSECONDS };
enum { CODEC_NONE, CODEC_NEVER, CODEC_SAME, CODEC_FAR, CODEC_SMALL };

CODEC_INLINE uint64_t codec_instant_word(int64_t value, instant base)
{
	if (value == base)
		return CODEC_SAME << 2 | CODEC_SPECIAL;
	if (value == INSTANT_NONE || value == INSTANT_NEVER)
		return (uint64_t)(value == INSTANT_NONE ? CODEC_NONE : CODEC_NEVER) << 2 | CODEC_SPECIAL;
	if (value > -1000000000 && value < 1000000000)
		return (codec_zigzag(value) + CODEC_SMALL) << 2 | CODEC_SPECIAL;
	int64_t difference = (int64_t)((uint64_t)value - (uint64_t)base);
	if (difference % MINUTE == 0)
		return codec_zigzag(difference / MINUTE) << 2 | CODEC_MINUTES;
	if (difference % SECOND == 0)
		return codec_zigzag(difference / SECOND) << 2 | CODEC_SECONDS;
	if (codec_zigzag(difference) >> 62)
		return CODEC_FAR << 2 | CODEC_SPECIAL;
	return codec_zigzag(difference) << 2 | CODEC_MICROSECONDS;
}

CODEC_INLINE int64_t codec_word_instant(uint64_t word, instant base)
{
	uint64_t number = word >> 2;
	switch ((enum codec_unit)(word & 3)) {
	case CODEC_SPECIAL:
		if (number >= CODEC_SMALL)
			return codec_unzigzag(number - CODEC_SMALL);
		return number == CODEC_SAME ? base : number == CODEC_NONE ? INSTANT_NONE : INSTANT_NEVER;
	case CODEC_MINUTES:
		return base + codec_unzigzag(number) * MINUTE;
	case CODEC_SECONDS:
		return base + codec_unzigzag(number) * SECOND;
	case CODEC_MICROSECONDS:
		break;
	}
	return (int64_t)((uint64_t)base + (uint64_t)codec_unzigzag(number));
}

CODEC_INLINE void codec_instant(struct codec *codec, bool writing, int64_t *value, instant base)
{
	uint64_t word = writing ? codec_instant_word(*value, base) : 0;
	codec_u64(codec, writing, &word);
	if (word == (CODEC_FAR << 2 | CODEC_SPECIAL)) {
		uint64_t far = (uint64_t)*value;
		codec_u64(codec, writing, &far);
		*value = (int64_t)far;
	} else if (!writing) {
		*value = codec_word_instant(word, base);
	}
}

/* One bit of a word of flags: `bits` is filled before it is written, and read before it is asked. */
CODEC_INLINE void codec_flag(bool writing, uint32_t *bits, unsigned bit, bool *flag)
{
	if (writing)
		*bits |= (uint32_t)*flag << bit;
	else
		*flag = *bits >> bit & 1;
}

#endif

/* packing: events by LZ4 with a dictionary. */
#include "event/packing.h"

#include <lz4.h>
#include <pthread.h>
#include <string.h>

#define HEAD_MOST 5 /* bytes: the place in an event that is packed, and two NULs */
#define HASTE 2     /* LZ4's acceleration: fewer instructions than 1, for the same size (docs/performance.md) */

static const char dictionary_1[] =
#include "event/packing_1.inc"
	;

struct text packing_dictionary(int number)
{
	return number == 1 ? (struct text){dictionary_1, sizeof dictionary_1 - 1} : TEXT_NONE;
}

/* ---- packing ---- */

static pthread_once_t loaded_once = PTHREAD_ONCE_INIT;
static LZ4_stream_t loaded;

static void load(void)
{
	struct text dictionary = packing_dictionary(PACKING_DICTIONARY);
	(void)LZ4_initStream(&loaded, sizeof loaded);
	(void)LZ4_loadDict(&loaded, dictionary.at, (int)dictionary.length);
}

/* Where the subject begins; false: it stands there in other bytes, as where some of it is escaped. */
static bool find_subject(struct text bytes, struct text subject, size_t *place)
{
	const char *at = subject.length ? subject.at : bytes.at;
	if (at < bytes.at || at + subject.length > bytes.at + bytes.length)
		at = memmem(bytes.at, bytes.length, subject.at, subject.length);
	*place = at ? (size_t)(at - bytes.at) : 0;
	return at;
}

static char *put_number(char *at, size_t number)
{
	for (; number >= 0x80; number >>= 7)
		*at++ = (char)(number | 0x80);
	*at++ = (char)number;
	return at;
}

static char *put_bytes(char *at, const char *bytes, size_t length)
{
	if (length)
		memcpy(at, bytes, length);
	return at + length;
}

/* The dictionary is loaded once, and what was made of it copied for each event: 16 KiB. */
static int compress(const char *from, size_t length, char *to, size_t room)
{
	LZ4_stream_t stream;
	(void)pthread_once(&loaded_once, load);
	memcpy(&stream, &loaded, sizeof stream);
	return LZ4_compress_fast_continue(&stream, from, to, (int)length, (int)room, HASTE);
}

struct packed packing_pack(struct text bytes, struct text subject, struct arena *arena)
{
	char rest[PACKING_MOST], packed[PACKING_MOST], *end = packed;
	size_t place;
	if (bytes.length > PACKING_MOST || subject.length + HEAD_MOST >= bytes.length ||
	    !find_subject(bytes, subject, &place) || memchr(bytes.at + place, 0, subject.length))
		return (struct packed){bytes, 0};
	size_t behind = place + subject.length;
	(void)put_bytes(put_bytes(rest, bytes.at, place), bytes.at + behind, bytes.length - behind);
	end = put_bytes(put_number(end, place), "", 1);
	end = put_bytes(put_bytes(end, bytes.at + place, subject.length), "", 1);
	size_t head = (size_t)(end - packed);
	int length = compress(rest, bytes.length - subject.length, end, bytes.length - head);
	if (length <= 0) /* it would be no smaller */
		return (struct packed){bytes, 0};
	return (struct packed){text_keep(arena, (struct text){packed, head + (size_t)length}), PACKING_DICTIONARY};
}

/* ---- unpacking ---- */

static bool take_number(struct text *from, size_t *number)
{
	*number = 0;
	for (int shift = 0; from->length && shift < 7 * (HEAD_MOST - 2); shift += 7) {
		unsigned char byte = (unsigned char)*from->at;
		*from = (struct text){from->at + 1, from->length - 1};
		*number |= (size_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

/* Takes what stands between two NULs. */
static bool take_subject(struct text *from, struct text *subject)
{
	const char *end = from->length && !*from->at ? memchr(from->at + 1, 0, from->length - 1) : NULL;
	if (!end)
		return false;
	*subject = (struct text){from->at + 1, (size_t)(end - from->at) - 1};
	*from = (struct text){end + 1, from->length - subject->length - 2};
	return true;
}

static bool put_together(struct text from, struct text dictionary, char *room, struct text *bytes)
{
	char rest[PACKING_MOST];
	struct text subject;
	size_t place;
	if (from.length > PACKING_MOST || !take_number(&from, &place) || !take_subject(&from, &subject))
		return false;
	int length = LZ4_decompress_safe_usingDict(from.at, rest, (int)from.length, (int)sizeof rest, dictionary.at,
	                                           (int)dictionary.length);
	if (length < 0 || place > (size_t)length || subject.length + (size_t)length > PACKING_MOST)
		return false;
	char *end = put_bytes(put_bytes(room, rest, place), subject.at, subject.length);
	end = put_bytes(end, rest + place, (size_t)length - place);
	*bytes = (struct text){room, (size_t)(end - room)};
	return true;
}

enum result packing_unpack(struct packed packed, char *room, struct text *bytes, struct fault *fault)
{
	struct text dictionary = packing_dictionary(packed.dictionary);
	*bytes = packed.bytes;
	if (packed.dictionary == 0)
		return RESULT_OK;
	if (!dictionary.length)
		return fault_set(fault, RESULT_PERMANENT,
		                 "it is packed by dictionary %d, which this casewatch does not have",
		                 packed.dictionary);
	if (put_together(packed.bytes, dictionary, room, bytes))
		return RESULT_OK;
	*bytes = TEXT_NONE;
	return fault_set(fault, RESULT_PERMANENT, "its packed bytes are damaged");
}

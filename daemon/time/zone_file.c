/* zone_file: reads the table of a TZif file, then lets the rule in its footer go on from there. */
#include "time/zone_file.h"

#include "base/mem.h"

#include <stdlib.h>

#define HEADER_BYTES 44
#define MOST_CHANGES 4096 /* RFC 8536 sets none; the widest zone has 236 to 2037 */
#define MOST_TYPES 256 /* RFC 8536 3.2: a number of 8 bits */
#define MOST_ABBREVIATION_BYTES 4096 /* RFC 8536 sets none; the widest zone has fewer than 100 */
#define TYPE_BYTES 6
#define OFFSET_LIMIT (26 * 3600) /* POSIX goes to 24 hours; RFC 8536 wants to be below 26 */

struct header {
	unsigned char version;
	uint32_t ut_indicators, standard_indicators, leap_seconds, changes, types, abbreviation_bytes;
};

struct reader {
	const unsigned char *at;
	size_t left;
};

static int64_t big_endian(const unsigned char *at, size_t bytes)
{
	uint64_t number = at[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | at[i];
	return (int64_t)number;
}

static const unsigned char *take_bytes(struct reader *reader, size_t bytes)
{
	const unsigned char *taken = reader->at;
	if (bytes > reader->left)
		return NULL;
	reader->at += bytes;
	reader->left -= bytes;
	return taken;
}

static uint32_t count_at(const unsigned char *header, size_t index)
{
	return (uint32_t)big_endian(header + 20 + 4 * index, 4);
}

static bool read_header(struct reader *reader, struct header *header)
{
	const unsigned char *at = take_bytes(reader, HEADER_BYTES);
	if (!at || memcmp(at, "TZif", 4) != 0)
		return false;
	*header = (struct header){at[4], count_at(at, 0), count_at(at, 1), count_at(at, 2),
	                          count_at(at, 3), count_at(at, 4), count_at(at, 5)};
	return header->changes <= MOST_CHANGES && header->types >= 1 && header->types <= MOST_TYPES &&
	       header->abbreviation_bytes <= MOST_ABBREVIATION_BYTES && header->leap_seconds <= MOST_CHANGES &&
	       header->ut_indicators <= MOST_TYPES && header->standard_indicators <= MOST_TYPES;
}

static size_t block_bytes(const struct header *header, size_t time_bytes)
{
	return header->changes * (time_bytes + 1) + header->types * TYPE_BYTES + header->abbreviation_bytes +
	       header->leap_seconds * (time_bytes + 4) + header->standard_indicators + header->ut_indicators;
}

static bool read_offset(const unsigned char *types, const struct header *header, size_t type, int32_t *offset)
{
	if (type >= header->types)
		return false;
	*offset = (int32_t)big_endian(types + type * TYPE_BYTES, 4);
	return *offset > -OFFSET_LIMIT && *offset < OFFSET_LIMIT;
}

/* Changes before 1970 only matter by what they leave in force. */
static bool read_table(const unsigned char *block, const struct header *header, struct zone_changes *changes,
                       int64_t *last)
{
	const unsigned char *kinds = block + (size_t)header->changes * 8, *types = kinds + header->changes;
	int64_t before = INT64_MIN;
	int32_t offset;
	if (!read_offset(types, header, 0, &offset))
		return false;
	bool begun = false;
	for (size_t i = 0; i < header->changes; i++) {
		int64_t at = big_endian(block + i * 8, 8);
		if (at < before || (i && at == before))
			return false;
		if (at > 0 && !begun) {
			zone_changes_add(changes, INT64_MIN, offset);
			begun = true;
		}
		if (!read_offset(types, header, kinds[i], &offset))
			return false;
		if (begun)
			zone_changes_add(changes, at, offset);
		before = at;
	}
	if (!begun)
		zone_changes_add(changes, INT64_MIN, offset);
	*last = before;
	return true;
}

static bool read_footer(struct reader *reader, struct text *rule)
{
	const unsigned char *first = take_bytes(reader, 1), *end;
	if (!first || *first != '\n' || !(end = memchr(reader->at, '\n', reader->left)))
		return false;
	*rule = (struct text){(const char *)reader->at, (size_t)(end - reader->at)};
	return true;
}

static enum result parse(struct text tzif, struct zone_changes *changes, struct fault *fault)
{
	struct reader reader = {(const unsigned char *)tzif.at, tzif.length};
	struct header header;
	struct text rule;
	int64_t last = INT64_MIN;
	const unsigned char *block;
	if (!read_header(&reader, &header))
		return fault_set(fault, RESULT_PERMANENT, "not a time zone file (TZif)");
	if (header.version < '2')
		return fault_set(fault, RESULT_PERMANENT,
		                 "time zone file of version 1: it ends in 2037; a newer tzdata is needed");
	if (!take_bytes(&reader, block_bytes(&header, 4)) || !read_header(&reader, &header) ||
	    !(block = take_bytes(&reader, block_bytes(&header, 8))))
		return fault_set(fault, RESULT_PERMANENT, "the time zone file is cut short or damaged");
	if (header.leap_seconds)
		return fault_set(fault, RESULT_PERMANENT,
		                 "the time zone file counts leap seconds (\"right/\"); casewatch does not");
	if (!read_table(block, &header, changes, &last))
		return fault_set(fault, RESULT_PERMANENT, "the time zone file's table of changes is damaged");
	if (!read_footer(&reader, &rule))
		return fault_set(fault, RESULT_PERMANENT,
		                 "the time zone file has no rule for the years after its table");
	return rule.length ? zone_rule_expand(rule, last, changes, fault) : RESULT_OK;
}

enum result zone_file_parse(struct text tzif, struct zone_changes *changes, struct fault *fault)
{
	*changes = (struct zone_changes){0};
	enum result result = parse(tzif, changes, fault);
	if (result != RESULT_OK) {
		free(changes->items);
		*changes = (struct zone_changes){0};
	}
	return result;
}

/* event_pieces: a line that differs from one before in its values alone.
 *
 * What stands between values (keys, braces, blanks) is kept as a tree, each piece under the one before it, and compared
 * as a whole: nearly all lines of a source are made by one program, in some dozen shapes. The one rule: each way
 * through the tree is one that the short way went through a whole line, so that it would go it again: what it does
 * between two values depends on the bytes between them and on those before alone, and the values are taken as it takes
 * them. */
#include "event/event_cursor.h"

#include <stdlib.h>

#define PIECES_MOST 1024 /* then all are forgotten: whoever sends ever other keys gains nothing by them */
#define PIECE_BYTES_MOST ((size_t)64 * 1024) /* likewise: sixty for each */
#define PIECES_BESIDE 24 /* under one piece: more are not gone through */
#define END_OF_LINE ATTRIBUTES

struct piece {
	uint32_t at;        /* among the bytes of all pieces */
	uint16_t length;
	uint16_t key, key_length; /* of the value behind it: where that stands in the piece */
	uint16_t number;    /* of data's members: of the name, 0: not known then; at the end of a line: what data is */
	uint16_t below;     /* the first of those behind it; 0: none */
	uint16_t beside;    /* the next behind the same; 0: the last */
	uint8_t of;         /* enum attribute of the value behind it; DATA: a member of data; END_OF_LINE */
};

struct event_pieces {
	struct piece items[PIECES_MOST]; /* the first is before all lines */
	uint16_t count;
	struct buffer bytes;
};

static void forget(struct event_pieces *pieces)
{
	pieces->items[0] = (struct piece){0};
	pieces->count = 1;
	pieces->bytes.length = 0;
}

void event_free_pieces(struct event_parser *parser)
{
	if (parser->pieces)
		buffer_free(&parser->pieces->bytes);
	free(parser->pieces);
	parser->pieces = NULL;
}

static inline bool stands_at(const struct event_pieces *pieces, const struct piece *piece, const char *at,
                             const char *end)
{
	size_t left = (size_t)(end - at);
	return (piece->of == END_OF_LINE ? piece->length == left : piece->length <= left) &&
	       bytes_same(pieces->bytes.at + piece->at, at, end, piece->length);
}

/* Another than the first of them. It becomes the first. */
static uint16_t find_other(struct event_pieces *pieces, struct piece *parent, const char *at, const char *end)
{
	for (uint16_t previous = parent->below, i; (i = pieces->items[previous].beside) != 0; previous = i) {
		struct piece *piece = &pieces->items[i];
		if (!stands_at(pieces, piece, at, end))
			continue;
		pieces->items[previous].beside = piece->beside;
		piece->beside = parent->below;
		parent->below = i;
		return i;
	}
	return 0;
}

/* The piece behind `before` that stands there, or 0. */
static inline uint16_t find_piece(struct event_pieces *pieces, uint16_t before, const char *at, const char *end)
{
	struct piece *parent = &pieces->items[before];
	if (!parent->below || stands_at(pieces, &pieces->items[parent->below], at, end))
		return parent->below;
	return find_other(pieces, parent, at, end);
}

static size_t count_below(const struct event_pieces *pieces, uint16_t before)
{
	size_t count = 0;
	for (uint16_t i = pieces->items[before].below; i; i = pieces->items[i].beside)
		count++;
	return count;
}

/* 0: there is no room for it. */
static uint16_t add_piece(struct event_pieces *pieces, uint16_t before, struct text said, struct piece piece)
{
	if (said.length > UINT16_MAX || count_below(pieces, before) == PIECES_BESIDE)
		return 0;
	if (pieces->count == PIECES_MOST || pieces->bytes.length + said.length > PIECE_BYTES_MOST) {
		forget(pieces);
		return 0;
	}
	piece.at = (uint32_t)pieces->bytes.length;
	piece.length = (uint16_t)said.length;
	piece.beside = pieces->items[before].below;
	(void)buffer_room(&pieces->bytes, said.length + 16); /* bytes_same reads beyond */
	buffer_text(&pieces->bytes, said);
	pieces->items[pieces->count] = piece;
	return pieces->items[before].below = pieces->count++;
}

static struct piece piece_before(const struct value_seen *seen, const char *at)
{
	return (struct piece){.key = (uint16_t)(seen->key.at - at),
	                      .key_length = (uint16_t)seen->key.length,
	                      .number = seen->number,
	                      .of = seen->of};
}

void event_keep_pieces(struct event_parser *parser, struct text bytes)
{
	if (!parser->pieces) {
		parser->pieces = MEM_NEW(struct event_pieces);
		forget(parser->pieces);
	}
	struct event_pieces *pieces = parser->pieces;
	const char *at = bytes.at, *end = bytes.at + bytes.length;
	uint16_t before = 0;
	for (size_t i = 0; i <= parser->seen_count; i++) {
		const struct value_seen *seen = i < parser->seen_count ? &parser->seen[i] : NULL;
		uint16_t found = find_piece(pieces, before, at, end);
		struct text said = {at, (size_t)((seen ? seen->from : end) - at)};
		if (!found)
			found = add_piece(pieces, before, said,
			                  seen ? piece_before(seen, at)
			                       : (struct piece){.number = (uint16_t)parser->shape, .of = END_OF_LINE});
		if (!found)
			return;
		before = found;
		at = seen ? seen->until : end;
	}
}

static inline bool take_member(struct event_parser *parser, struct cursor *cursor, const struct piece *piece,
                               const char *said)
{
	struct value value;
	if (!take_value(cursor, &value))
		return false;
	struct text name = {said + piece->key, piece->key_length};
	if (value.kind != VALUE_ABSENT)
		*next_member(parser) =
			(struct event_member){.name = name,
		                              .number = piece->number ? piece->number : schema_name(name),
		                              .found = true,
		                              .value = value};
	return true;
}

static inline bool take_attribute(struct event_parser *parser, struct cursor *cursor, const struct piece *piece)
{
	struct text text;
	if (!take_string(cursor, &text) || is_odd(text))
		return false;
	parser->attributes[piece->of] = (struct attribute_value){JSON_STRING, text};
	return true;
}

bool event_read_as_before(struct event_parser *parser, struct text bytes)
{
	struct event_pieces *pieces = parser->pieces;
	struct cursor cursor = {bytes.at, bytes.at + bytes.length, bytes.at};
	for (uint16_t before = 0; pieces;) {
		before = find_piece(pieces, before, cursor.at, cursor.end);
		if (!before)
			break;
		const struct piece *piece = &pieces->items[before];
		const char *said = cursor.at;
		cursor.at += piece->length;
		if (piece->of == END_OF_LINE) {
			parser->shape = (enum data_shape)piece->number;
			parser->plain = true;
			return true;
		}
		if (!(piece->of == DATA ? take_member(parser, &cursor, piece, said)
		                        : take_attribute(parser, &cursor, piece)))
			break;
	}
	return false;
}

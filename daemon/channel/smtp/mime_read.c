/* mime_read: looks through a mail. */
#include "channel/smtp/mime_read.h"

/* Where the line that begins at `at` ends: behind its line end. */
static size_t line_end(struct text bytes, size_t at)
{
	const char *end = at < bytes.length ? memchr(bytes.at + at, '\n', bytes.length - at) : NULL;
	return end ? (size_t)(end - bytes.at) + 1 : bytes.length;
}

static bool is_empty_line(struct text bytes, size_t at, size_t end)
{
	return end == at + 1 || (end == at + 2 && bytes.at[at] == '\r');
}

struct mime_entity mime_split(struct text bytes)
{
	for (size_t at = 0, end; at < bytes.length; at = end) {
		end = line_end(bytes, at);
		if (bytes.at[end - 1] == '\n' && is_empty_line(bytes, at, end))
			return (struct mime_entity){{bytes.at, at}, {bytes.at + end, bytes.length - end}};
	}
	return (struct mime_entity){bytes, TEXT_NONE};
}

/* ---- fields ---- */

static bool is_folded(struct text head, size_t at)
{
	return at < head.length && (head.at[at] == ' ' || head.at[at] == '\t');
}

bool mime_field(struct text head, struct text name, size_t nth, struct text *value)
{
	for (size_t at = 0, end; at < head.length; at = end) {
		end = line_end(head, at);
		while (is_folded(head, end))
			end = line_end(head, end);
		if (end - at <= name.length || head.at[at + name.length] != ':' ||
		    !text_equal_fold((struct text){head.at + at, name.length}, name))
			continue;
		if (nth-- > 0)
			continue;
		*value = (struct text){head.at + at + name.length + 1, end - at - name.length - 1};
		return true;
	}
	return false;
}

/* In one line, blanks at either end cut. */
static void put_words(struct text value, char *out, size_t room)
{
	size_t used = 0;
	bool blank = false;
	for (size_t i = 0; i < value.length && used + 2 < room; i++) {
		unsigned char c = (unsigned char)value.at[i];
		if (c <= ' ') {
			blank = used > 0;
			continue;
		}
		if (blank)
			out[used++] = ' ';
		blank = false;
		out[used++] = c < 0x7F ? (char)c : '?';
	}
	out[used] = '\0';
}

void mime_field_words(struct text head, struct text name, char *out, size_t room)
{
	struct text value;
	out[0] = '\0';
	if (mime_field(head, name, 0, &value))
		put_words(value, out, room);
}

/* ---- transfer encodings ---- */

static int base64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Line ends and whatever else is no digit of it is passed over, as RFC 2045 6.8 asks; a "=" ends it. */
static void decode_base64(struct text body, struct buffer *out)
{
	unsigned held = 0, bits = 0;
	for (size_t i = 0; i < body.length && body.at[i] != '='; i++) {
		int value = base64_value(body.at[i]);
		if (value < 0)
			continue;
		held = (held << 6 | (unsigned)value) & 0xFFFF;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buffer_char(out, (char)(held >> bits & 0xFF));
		}
	}
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The blanks and the line end behind a "=" that ends a line: how many bytes; 0: it ends none. */
static size_t soft_end(struct text rest)
{
	size_t at = 0;
	while (at < rest.length && (rest.at[at] == ' ' || rest.at[at] == '\t' || rest.at[at] == '\r'))
		at++;
	return at == rest.length ? at : rest.at[at] == '\n' ? at + 1 : 0;
}

/* A "=" that stands for nothing is left as it is. */
static void decode_quoted(struct text body, struct buffer *out)
{
	for (size_t i = 0; i < body.length; i++) {
		struct text rest = {body.at + i + 1, body.length - i - 1};
		size_t soft = body.at[i] == '=' ? soft_end(rest) : 0;
		bool coded = body.at[i] == '=' && rest.length >= 2 && hex_value(rest.at[0]) >= 0 &&
		             hex_value(rest.at[1]) >= 0;
		if (soft || (body.at[i] == '=' && !rest.length)) {
			i += soft;
		} else if (coded) {
			buffer_char(out, (char)(hex_value(rest.at[0]) << 4 | hex_value(rest.at[1])));
			i += 2;
		} else {
			buffer_char(out, body.at[i]);
		}
	}
}

struct text mime_decode(struct mime_entity entity, struct buffer *room)
{
	char encoding[32];
	mime_field_words(entity.head, TEXT("Content-Transfer-Encoding"), encoding, sizeof encoding);
	buffer_clear(room);
	if (strcasecmp(encoding, "base64") == 0)
		decode_base64(entity.body, room);
	else if (strcasecmp(encoding, "quoted-printable") == 0)
		decode_quoted(entity.body, room);
	else
		return entity.body;
	return buffer_view(room);
}

/* ---- Content-Type ---- */

bool mime_is_type(struct text head, struct text type)
{
	struct text value;
	if (!mime_field(head, TEXT("Content-Type"), 0, &value))
		return false;
	value = text_trim(value);
	if (value.length < type.length || !text_equal_fold((struct text){value.at, type.length}, type))
		return false;
	return value.length == type.length || value.at[type.length] == ';' ||
	       (unsigned char)value.at[type.length] <= ' ';
}

/* One "name=value" or "name="value"" that ends at a semicolon outside quotes; returns where the next begins. */
static size_t next_parameter(struct text value, size_t at, struct text *name, struct text *set)
{
	size_t end = at, equals = 0;
	bool quoted = false, has = false;
	for (; end < value.length && (quoted || value.at[end] != ';'); end++) {
		if (value.at[end] == '\\' && quoted && end + 1 < value.length)
			end++;
		else if (value.at[end] == '"')
			quoted = !quoted;
		else if (value.at[end] == '=' && !has) {
			has = true;
			equals = end;
		}
	}
	*name = has ? text_trim((struct text){value.at + at, equals - at}) : TEXT_NONE;
	*set = has ? text_trim((struct text){value.at + equals + 1, end - equals - 1}) : TEXT_NONE;
	return end + 1;
}

void mime_parameter(struct text head, struct text name, char *out, size_t room)
{
	struct text value, found, set;
	size_t at = 0;
	out[0] = '\0';
	if (!mime_field(head, TEXT("Content-Type"), 0, &value))
		return;
	while (at < value.length && value.at[at] != ';')
		at++;
	for (at++; at < value.length;) {
		at = next_parameter(value, at, &found, &set);
		if (!text_equal_fold(found, name))
			continue;
		if (set.length >= 2 && set.at[0] == '"' && set.at[set.length - 1] == '"')
			set = (struct text){set.at + 1, set.length - 2};
		if (set.length < room) {
			memcpy(out, set.length ? set.at : "", set.length);
			out[set.length] = '\0';
		}
		return;
	}
}

/* ---- parts ---- */

/* Whether the line is the boundary's: 1 a part begins behind it, 2 it is the last. */
static int is_boundary(struct text line, const char *boundary, size_t length)
{
	if (line.length < length + 2 || line.at[0] != '-' || line.at[1] != '-' ||
	    memcmp(line.at + 2, boundary, length) != 0)
		return 0;
	struct text rest = text_trim((struct text){line.at + 2 + length, line.length - 2 - length});
	return rest.length == 0 ? 1 : text_equal(rest, TEXT("--")) ? 2 : 0;
}

bool mime_next_part(struct text body, const char *boundary, size_t *at, struct text *part)
{
	size_t length = strlen(boundary), begin = 0;
	bool inside = false;
	if (!length)
		return false;
	for (size_t here = *at, end; here < body.length; here = end) {
		end = line_end(body, here);
		int kind = is_boundary((struct text){body.at + here, end - here}, boundary, length);
		if (kind && inside) {
			*at = here; /* the next one begins with this line */
			*part = (struct text){body.at + begin, here - begin};
			return true;
		}
		if (kind == 2)
			break;
		if (kind) {
			inside = true;
			begin = end;
		}
	}
	*at = body.length;
	if (inside) /* cut off: what there is of it */
		*part = (struct text){body.at + begin, body.length - begin};
	return inside;
}

/* spool_lines: a file as lines. */
#include "source/spool_lines.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_BYTES (128 * 1024)
#define FINGERPRINT_BASIS 0x6a736f6e6c303031u

struct lines {
	int fd;
	size_t limit, room;
	char *buffer;
	size_t from, until;    /* what is read and not yet given */
	size_t searched;       /* no line end before it */
	size_t allowance;      /* bytes that may still be read this turn */
	int64_t offset;        /* of buffer[from] in the file */
	uint64_t fingerprint;
	char *cut;             /* the beginning of a line that is longer than the limit */
	uint64_t passed;       /* how much of that line was passed over; 0: none under way */
};

struct lines *lines_new(size_t limit)
{
	struct lines *lines = MEM_NEW(struct lines);
	lines->fd = -1;
	lines->limit = limit;
	lines->room = limit + 1 + READ_BYTES;
	lines->buffer = mem_alloc(lines->room);
	lines->cut = mem_alloc(limit + 1);
	return lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	free(lines->buffer);
	free(lines->cut);
	free(lines);
}

void lines_start(struct lines *lines, int fd)
{
	lines->fd = fd;
	lines->from = lines->until = lines->searched = 0;
	lines->offset = 0;
	lines->fingerprint = FINGERPRINT_BASIS;
	lines->passed = 0;
}

void lines_allow(struct lines *lines, size_t bytes)
{
	lines->allowance = bytes;
}

static enum line_state fill(struct lines *lines)
{
	if (!lines->allowance)
		return LINE_SPENT;
	if (lines->from) {
		memmove(lines->buffer, lines->buffer + lines->from, lines->until - lines->from);
		lines->until -= lines->from;
		lines->searched -= lines->from;
		lines->from = 0;
	}
	size_t wanted = lines->room - lines->until;
	if (wanted > lines->allowance)
		wanted = lines->allowance;
	ssize_t got;
	do
		got = read(lines->fd, lines->buffer + lines->until, wanted);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return LINE_FAILED;
	lines->until += (size_t)got;
	lines->allowance -= (size_t)got;
	return got ? LINE_READ : LINE_END;
}

/* Takes `length` bytes off the buffer into the fingerprint. */
static struct text take_bytes(struct lines *lines, size_t length)
{
	struct text bytes = {lines->buffer + lines->from, length};
	lines->fingerprint = text_hash(bytes, lines->fingerprint);
	lines->from += length;
	lines->searched = lines->from;
	lines->offset += (int64_t)length;
	return bytes;
}

static void give(struct lines *lines, struct text bytes, uint64_t whole, struct line *line)
{
	*line = (struct line){bytes, lines->offset, whole, lines->fingerprint};
}

static bool give_cut(struct lines *lines, struct line *line)
{
	uint64_t whole = lines->passed;
	lines->passed = 0;
	give(lines, (struct text){lines->cut, lines->limit + 1}, whole, line);
	return true;
}

/* The line goes on beyond the limit: keeps its beginning, passes over the rest piece by piece. Pieces are always cut
 * alike, so that the fingerprint depends on the bytes alone. False: its end is not in the buffer. */
static bool pass_over(struct lines *lines, struct line *line)
{
	size_t piece = lines->limit + 1;
	for (;;) {
		const char *at = lines->buffer + lines->from;
		size_t waiting = lines->until - lines->from;
		if (waiting > piece)
			waiting = piece;
		const char *end = memchr(at, '\n', waiting);
		if (!end && waiting < piece)
			return false;
		size_t length = end ? (size_t)(end - at) + 1 : piece;
		if (!lines->passed)
			memcpy(lines->cut, at, piece); /* the first time so much is there: that is how we came here */
		(void)take_bytes(lines, length);
		lines->passed += length;
		if (end)
			return give_cut(lines, line);
	}
}

static bool from_buffer(struct lines *lines, struct line *line)
{
	if (lines->passed)
		return pass_over(lines, line);
	const char *end = memchr(lines->buffer + lines->searched, '\n', lines->until - lines->searched);
	size_t length = end ? (size_t)(end - (lines->buffer + lines->from)) + 1 : lines->until - lines->from;
	lines->searched = lines->until;
	if (length > lines->limit)
		return pass_over(lines, line);
	if (end)
		give(lines, take_bytes(lines, length), length, line);
	return end;
}

enum line_state lines_next(struct lines *lines, struct line *line)
{
	while (!from_buffer(lines, line)) {
		enum line_state state = fill(lines);
		if (state != LINE_READ)
			return state;
	}
	return LINE_READ;
}

bool lines_has_tail(const struct lines *lines)
{
	return lines->passed || lines->until > lines->from;
}

bool lines_tail(struct lines *lines, struct line *line)
{
	size_t left = lines->until - lines->from;
	if (lines->passed) {
		(void)take_bytes(lines, left);
		lines->passed += left;
		return give_cut(lines, line);
	}
	if (!left)
		return false;
	give(lines, take_bytes(lines, left), left, line);
	return true;
}

int64_t lines_offset(const struct lines *lines)
{
	return lines->offset + (int64_t)(lines->until - lines->from);
}

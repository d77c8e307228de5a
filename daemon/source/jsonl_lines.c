/* jsonl_lines: a descriptor as lines. */
#include "source/jsonl_lines.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
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
	int64_t offset;        /* of buffer[from] in the file */
	uint64_t fingerprint;
	bool ended;
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
	lines->ended = false;
	lines->passed = 0;
}

/* A pipe may have nothing now: reading it would wait. */
static bool readable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	return poll(&wait, 1, 0) != 0;
}

static enum line_state fill(struct lines *lines)
{
	if (lines->from) {
		memmove(lines->buffer, lines->buffer + lines->from, lines->until - lines->from);
		lines->until -= lines->from;
		lines->searched -= lines->from;
		lines->from = 0;
	}
	if (!readable(lines->fd))
		return LINE_NONE_YET;
	ssize_t got;
	do
		got = read(lines->fd, lines->buffer + lines->until, lines->room - lines->until);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? LINE_NONE_YET : LINE_FAILED;
	lines->until += (size_t)got;
	lines->ended = got == 0;
	return lines->ended ? LINE_END : LINE_READ;
}

/* Takes `length` bytes off the buffer into the fingerprint. */
static struct text take(struct lines *lines, size_t length)
{
	struct text bytes = {lines->buffer + lines->from, length};
	lines->fingerprint = text_hash(bytes, lines->fingerprint);
	lines->from += length;
	lines->searched = lines->from;
	lines->offset += (int64_t)length;
	return bytes;
}

static enum line_state give(struct lines *lines, struct text bytes, uint64_t whole, struct line *line)
{
	*line = (struct line){bytes, lines->offset, whole, lines->fingerprint};
	return LINE_READ;
}

/* The line goes on beyond the limit: keeps its beginning, passes over the rest piece by piece. Pieces are always cut alike,
 * so that the fingerprint depends on the bytes alone. */
static enum line_state pass_over(struct lines *lines, struct line *line)
{
	size_t piece = lines->limit + 1;
	for (;;) {
		const char *at = lines->buffer + lines->from;
		size_t waiting = lines->until - lines->from;
		if (waiting > piece)
			waiting = piece;
		const char *end = memchr(at, '\n', waiting);
		if (!end && waiting < piece && !lines->ended)
			return LINE_NONE_YET;
		size_t length = end ? (size_t)(end - at) + 1 : waiting;
		if (!lines->passed)
			memcpy(lines->cut, at, piece); /* the first time so much is there: that is how we came here */
		if (length)
			(void)take(lines, length);
		lines->passed += length;
		if (!end && !(lines->ended && lines->from == lines->until))
			continue;
		uint64_t whole = lines->passed;
		lines->passed = 0;
		return give(lines, (struct text){lines->cut, piece}, whole, line);
	}
}

static enum line_state from_buffer(struct lines *lines, struct line *line)
{
	if (lines->passed)
		return pass_over(lines, line);
	size_t waiting = lines->until - lines->from;
	const char *end = memchr(lines->buffer + lines->searched, '\n', lines->until - lines->searched);
	size_t length = end ? (size_t)(end - (lines->buffer + lines->from)) + 1 : waiting;
	lines->searched = lines->until;
	if (length > lines->limit)
		return pass_over(lines, line);
	if (!end && (!lines->ended || !waiting))
		return lines->ended ? LINE_END : LINE_NONE_YET;
	return give(lines, take(lines, length), length, line);
}

enum line_state lines_next(struct lines *lines, struct line *line)
{
	for (;;) {
		enum line_state state = from_buffer(lines, line);
		if (state != LINE_NONE_YET)
			return state;
		state = fill(lines);
		if (state == LINE_NONE_YET || state == LINE_FAILED)
			return state;
	}
}

bool lines_resume(struct lines *lines, int64_t next, uint64_t fingerprint)
{
	struct line line = {.next = 0};
	while (line.next < next)
		if (lines_next(lines, &line) != LINE_READ)
			return false;
	return line.next == next && line.fingerprint == fingerprint;
}

bool lines_grew(struct lines *lines)
{
	lines->ended = false;
	return fill(lines) == LINE_READ;
}

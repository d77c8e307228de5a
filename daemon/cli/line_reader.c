/* line_reader: lines of a stream in bounded memory. */
#include "base/mem.h"
#include "cli/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK ((size_t)1024 * 1024)

struct line_reader {
	int fd;
	size_t limit;
	char *bytes;
	size_t start, end, room;
	uint64_t total;
	bool over;      /* the stream has ended */
	bool skipping;  /* the rest of a line that was given cut */
	bool failed;
};

struct line_reader *line_reader_new(int fd, size_t limit)
{
	struct line_reader *reader = MEM_NEW(struct line_reader);
	reader->fd = fd;
	reader->limit = limit;
	reader->room = CHUNK + limit + 3;
	reader->bytes = mem_alloc(reader->room);
	return reader;
}

void line_reader_free(struct line_reader *reader)
{
	if (!reader)
		return;
	free(reader->bytes);
	free(reader);
}

static void fill(struct line_reader *reader)
{
	if (reader->start) {
		memmove(reader->bytes, reader->bytes + reader->start, reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
	}
	ssize_t got;
	do
		got = read(reader->fd, reader->bytes + reader->end, reader->room - reader->end);
	while (got < 0 && errno == EINTR);
	reader->failed = got < 0;
	reader->over = got <= 0;
	if (got > 0) {
		reader->end += (size_t)got;
		reader->total += (uint64_t)got;
	}
}

static struct text without_return(const char *at, size_t length)
{
	if (length && at[length - 1] == '\r')
		length--;
	return (struct text){at, length};
}

bool line_reader_next(struct line_reader *reader, struct text *line, bool *failed)
{
	size_t looked = 0;
	for (;;) {
		char *at = reader->bytes + reader->start;
		size_t have = reader->end - reader->start;
		char *end = have > looked ? memchr(at + looked, '\n', have - looked) : NULL;
		*failed = reader->failed;
		if (end) {
			reader->start += (size_t)(end - at) + 1;
			looked = 0;
			if (!reader->skipping) {
				*line = without_return(at, (size_t)(end - at));
				return true;
			}
			reader->skipping = false;
			continue;
		}
		looked = have;
		if (have > reader->limit + 2) {
			bool cut_before = reader->skipping;
			reader->skipping = true;
			reader->start = reader->end;
			looked = 0;
			if (!cut_before) {
				*line = (struct text){at, have};
				return true;
			}
		}
		if (reader->over) {
			bool last = have && !reader->skipping;
			reader->start = reader->end;
			*line = without_return(at, have);
			return last;
		}
		fill(reader);
	}
}

uint64_t line_reader_bytes(const struct line_reader *reader)
{
	return reader->total;
}

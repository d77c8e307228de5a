/* spool: lines of files into batches, and what becomes of the files they came from. */
#include "source/spool.h"

#include "source/spool_dir.h"
#include "source/spool_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_ENDS 2 /* CR and LF are not counted in the limit */
/* What one turn reads of files, be it events or a line that is only passed over: some 10 ms. */
#define TURN_BYTES ((size_t)4 << 20)
/* A last line without its end is a line; but where nobody can say whether the writer has closed the file, only after
 * this. */
#define TAIL_STILL MINUTE

/* A file read to its end, whose last records are in the batch that is out. */
struct finished {
	const char *name;
	struct stat stamp;
};

struct spool {
	struct source_settings settings;
	struct event_parser *parser;
	struct lines *lines;
	struct spool_dir *dir;
	struct spool_file file;  /* being read; fd -1: none */
	struct buffer position;  /* its name as a position */
	int64_t resume_to; /* what is before it is in the store, if its fingerprint is the one below; 0: nothing is */
	uint64_t fingerprint;
	bool uncommitted;        /* it has records in the batch being made or out */
	bool busy;               /* the turn ended before the work did */
	bool emptied;            /* nothing waited when it was last looked at */
	struct batch *out;
	struct finished *finished;
	size_t finished_count, finished_room;
};

/* ---- the file being read ---- */

static void close_file(struct spool *spool)
{
	if (spool->file.fd >= 0)
		(void)close(spool->file.fd);
	spool->file.fd = -1;
	spool->uncommitted = false;
}

static bool from_start(struct spool *spool)
{
	lines_start(spool->lines, spool->file.fd);
	spool->resume_to = 0;
	return lseek(spool->file.fd, 0, SEEK_SET) == 0;
}

/* The next file of the directory; false: none waits, or the store cannot say where it stands. */
static bool next_file(struct spool *spool)
{
	struct fault fault;
	if (!spool_dir_next(spool->dir, &spool->file)) {
		spool->file.fd = -1;
		return false;
	}
	buffer_clear(&spool->position);
	buffer_format(&spool->position, "spool:%s", spool->file.name);
	(void)from_start(spool);
	struct source_position stored = {.name = buffer_view(&spool->position)};
	if (spool->settings.positions &&
	    spool->settings.positions(spool->settings.context, &stored, 1, &fault) != RESULT_OK) {
		const char *name = spool->file.name;
		close_file(spool);
		spool_dir_unripe(spool->dir, name, SECOND); /* asked again then */
		return false;
	}
	spool->resume_to = stored.known ? stored.next : 0;
	spool->fingerprint = stored.fingerprint;
	return true;
}

static void fail_file(struct spool *spool)
{
	char sentence[256];
	(void)snprintf(sentence, sizeof sentence, "it cannot be read: %s", strerror(errno));
	spool_dir_refuse(spool->dir, spool->file.name, sentence);
	close_file(spool);
}

/* Whether it is still the file that was found, and as long as what was read of it. */
static bool is_whole(const struct spool *spool)
{
	struct stat found;
	const struct stat *stamp = &spool->file.stamp;
	return fstat(spool->file.fd, &found) == 0 && found.st_size == stamp->st_size &&
	       found.st_mtim.tv_sec == stamp->st_mtim.tv_sec && found.st_mtim.tv_nsec == stamp->st_mtim.tv_nsec &&
	       lines_offset(spool->lines) == stamp->st_size;
}

static void put_back(struct spool *spool, instant patience)
{
	const char *name = spool->file.name;
	close_file(spool);
	spool_dir_unripe(spool->dir, name, patience);
}

static void finish_file(struct spool *spool)
{
	if (spool->uncommitted) {
		struct finished *finished = mem_push((void **)&spool->finished, &spool->finished_count,
		                                     &spool->finished_room, sizeof *finished);
		*finished = (struct finished){spool->file.name, spool->file.stamp};
	} else { /* nothing new in it: blank, or taken before a crash */
		spool_dir_done(spool->dir, spool->file.name, &spool->file.stamp);
	}
	close_file(spool);
}

/* ---- lines ---- */

/* A line over the limit: its beginning is kept, and its whole length is said. */
static void add_cut(struct spool *spool, struct batch *batch, const struct line *line, instant now)
{
	char reason[160];
	(void)snprintf(reason, sizeof reason, "%llu bytes long: at most %zu are taken; the first %zu are kept",
	               (unsigned long long)line->whole, spool->settings.event_limits.bytes, line->bytes.length);
	batch_refuse(batch, spool->parser, buffer_view(&spool->position), line->next, line->bytes, now, reason)
		->fingerprint = line->fingerprint;
	spool->uncommitted = true;
}

static void add_line(struct spool *spool, struct batch *batch, const struct line *line, instant now)
{
	if (line->whole > line->bytes.length) {
		add_cut(spool, batch, line, now);
		return;
	}
	struct source_record *record =
		batch_add(batch, spool->parser, buffer_view(&spool->position), line->next, line->bytes, now);
	if (!record)
		return;
	record->fingerprint = line->fingerprint;
	spool->uncommitted = true;
}

/* A line of what the store has already, if the file still begins as it did then; else it is read from its start. */
static void pass_line(struct spool *spool, const struct line *line)
{
	if (line->next < spool->resume_to)
		return;
	if (line->next == spool->resume_to && line->fingerprint == spool->fingerprint)
		spool->resume_to = 0;
	else
		(void)from_start(spool);
}

static void take_line(struct spool *spool, struct batch *batch, const struct line *line, instant now)
{
	if (spool->resume_to)
		pass_line(spool, line);
	else
		add_line(spool, batch, line, now);
}

static void take_end(struct spool *spool, struct batch *batch, instant now)
{
	struct line line;
	if (!is_whole(spool)) {
		put_back(spool, 0);
		return;
	}
	if (lines_has_tail(spool->lines) && !spool->file.closed &&
	    !spool_dir_was_still(spool->dir, spool->file.name, TAIL_STILL)) {
		put_back(spool, TAIL_STILL);
		return;
	}
	if (lines_tail(spool->lines, &line)) {
		take_line(spool, batch, &line, now);
		return; /* its end comes again */
	}
	if (spool->resume_to) { /* shorter than what the store has of that name: another file */
		(void)from_start(spool);
		return;
	}
	finish_file(spool);
}

/* One line, or one step from file to file. False: nothing more for now. */
static bool step(struct spool *spool, struct batch *batch, instant now)
{
	struct line line;
	if (spool->file.fd < 0)
		return next_file(spool);
	switch (lines_next(spool->lines, &line)) {
	case LINE_READ:
		take_line(spool, batch, &line, now);
		return true;
	case LINE_SPENT:
		spool->busy = true;
		return false;
	case LINE_END:
		take_end(spool, batch, now);
		return true;
	case LINE_FAILED:
		fail_file(spool);
		return true;
	}
	return false;
}

/* Until the batch is full, the turn's share is read, or no file can be taken. */
static void fill(struct spool *spool, struct batch *batch)
{
	instant now = clock_now(&spool->settings.clock);
	lines_allow(spool->lines, TURN_BYTES);
	while (batch->count < spool->settings.batch_events && batch->bytes < spool->settings.batch_bytes)
		if (!step(spool, batch, now))
			return;
	spool->busy = true;
}

/* ---- as a source ---- */

static int spool_fd(const void *self)
{
	return spool_dir_fd(((const struct spool *)self)->dir);
}

static void spool_wake(void *self)
{
	spool_dir_wake(((struct spool *)self)->dir);
}

static struct batch *spool_next(void *self)
{
	struct spool *spool = self;
	if (spool->out)
		return NULL;
	spool_dir_wake(spool->dir);
	spool->busy = !spool_dir_look(spool->dir);
	if (spool->busy)
		return NULL;
	struct batch *batch = batch_new();
	fill(spool, batch);
	spool->emptied = !batch->count && spool->file.fd < 0 && spool_dir_is_empty(spool->dir);
	if (batch->count)
		return spool->out = batch;
	batch_free(batch);
	return NULL;
}

static void spool_committed(void *self, struct batch *batch)
{
	struct spool *spool = self;
	for (size_t i = 0; i < spool->finished_count; i++)
		spool_dir_done(spool->dir, spool->finished[i].name, &spool->finished[i].stamp);
	spool->finished_count = 0;
	spool->out = NULL;
	spool->uncommitted = false;
	batch_free(batch);
}

static bool spool_settled(const void *self)
{
	(void)self;
	return true;
}

static instant spool_wait(const void *self)
{
	const struct spool *spool = self;
	return spool->busy ? 0 : spool_dir_wait(spool->dir);
}

/* What waits in other files is not known before it is read: until nothing is left, nothing is promised. */
static void spool_figures(void *self, source_figures_visit *visit, void *argument)
{
	const struct spool *spool = self;
	bool away = spool_dir_is_away(spool->dir);
	struct source_figures figures = {.name = TEXT("spool"), .state = away ? SOURCE_DOWN : SOURCE_UP, .next = -1,
	                                 .end = -1};
	figures.lag = spool->emptied && !away ? 0 : -1;
	figures.read_to = spool->emptied || away ? INSTANT_NEVER : INSTANT_NONE;
	visit(argument, &figures);
}

static bool spool_stop(void *self, int patience_ms)
{
	struct spool *spool = self;
	(void)patience_ms;
	close_file(spool);
	batch_free(spool->out);
	spool_dir_close(spool->dir);
	lines_free(spool->lines);
	event_parser_free(spool->parser);
	buffer_free(&spool->position);
	free(spool->finished);
	free(spool);
	return true;
}

static const struct source_ops spool_ops = {
	.kind = "spool", .fd = spool_fd, .wake = spool_wake, .next = spool_next, .committed = spool_committed,
	.settled = spool_settled, .wait = spool_wait, .figures = spool_figures,
	.stop = spool_stop,
};

enum result spool_source_open(const struct source_settings *settings, const char *directory, struct source **source,
                              struct fault *fault)
{
	struct spool_dir *dir;
	enum result result = spool_dir_open(directory, settings, &dir, fault);
	if (result != RESULT_OK)
		return result;
	struct spool *spool = MEM_NEW(struct spool);
	spool->settings = *settings;
	spool->settings.type_prefix = TEXT_NONE; /* the parser has its copy */
	spool->parser = event_parser_new(settings->event_limits, settings->type_prefix, settings->zone);
	spool->lines = lines_new(settings->event_limits.bytes + LINE_ENDS);
	spool->dir = dir;
	spool->file.fd = -1;
	*source = source_new(&spool_ops, spool, settings);
	return RESULT_OK;
}

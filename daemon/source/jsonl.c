/* jsonl: lines into batches, and what becomes of the files they came from. */
#include "source/jsonl.h"

#include "source/jsonl_lines.h"
#include "source/spool_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_ENDS 2 /* CR and LF are not counted in the limit */

/* A file read to its end, whose last records are in the batch that is out. */
struct finished {
	char *name;
};

struct jsonl {
	struct source_settings settings;
	struct event_parser *parser;
	struct lines *lines;
	struct spool_dir *dir;  /* NULL: one file */
	char *path;             /* of the one file */
	bool begun;             /* the one file: it is known where it goes on */
	int fd;                 /* of the file being read; -1: none */
	struct buffer position; /* its name as a position */
	char *name;             /* its name in the directory */
	bool uncommitted;       /* it has records in the batch being made or out */
	bool looked;            /* at the directory, since anything could have come */
	bool ended;             /* the one file */
	bool emptied;           /* nothing waited when it was last looked at */
	struct batch *out;
	struct batch *again;    /* given back, of a pipe that cannot be read anew */
	struct finished *finished;
	size_t finished_count, finished_room;
};

static struct jsonl *new_source(const struct source_settings *settings)
{
	struct jsonl *source = MEM_NEW(struct jsonl);
	source->settings = *settings;
	source->parser = event_parser_new(settings->event_limits, settings->type_prefix, settings->zone);
	source->settings.type_prefix = TEXT_NONE; /* the parser has its copy */
	source->lines = lines_new(settings->event_limits.bytes + LINE_ENDS);
	source->fd = -1;
	return source;
}

enum result jsonl_open_spool(const struct source_settings *settings, const char *directory, struct jsonl **source,
                             struct fault *fault)
{
	struct spool_dir *dir;
	enum result result = spool_dir_open(directory, settings->report, settings->context, &dir, fault);
	if (result != RESULT_OK)
		return result;
	*source = new_source(settings);
	(*source)->dir = dir;
	return RESULT_OK;
}

static void forget_file(struct jsonl *source)
{
	if (source->fd > STDIN_FILENO)
		(void)close(source->fd);
	source->fd = -1;
	source->uncommitted = false;
	free(source->name);
	source->name = NULL;
}

static void forget_finished(struct jsonl *source)
{
	for (size_t i = 0; i < source->finished_count; i++)
		free(source->finished[i].name);
	source->finished_count = 0;
}

void jsonl_close(struct jsonl *source)
{
	if (!source)
		return;
	forget_file(source);
	forget_finished(source);
	batch_free(source->out);
	batch_free(source->again);
	spool_dir_close(source->dir);
	lines_free(source->lines);
	event_parser_free(source->parser);
	buffer_free(&source->position);
	free(source->finished);
	free(source->path);
	free(source);
}

int jsonl_fd(const struct jsonl *source)
{
	return source->dir ? spool_dir_fd(source->dir) : source->fd;
}

/* ---- the file being read ---- */

/* Takes over `fd`. Goes on where the store stands if the file still begins as it did then; else from its start. False:
 * the store cannot say now. */
static bool begin_file(struct jsonl *source, int fd, const char *kind, const char *name)
{
	buffer_clear(&source->position);
	buffer_format(&source->position, "%s:%s", kind, name);
	source->fd = fd;
	source->uncommitted = false;
	lines_start(source->lines, fd);
	if (!source->settings.positions || fd == STDIN_FILENO)
		return true;
	struct fault fault;
	struct source_position stored = {.name = buffer_view(&source->position)};
	if (source->settings.positions(source->settings.context, &stored, 1, &fault) != RESULT_OK)
		return false;
	if (!stored.known || stored.next <= 0 || lines_resume(source->lines, stored.next, stored.fingerprint))
		return true;
	lines_start(source->lines, fd);
	return lseek(fd, 0, SEEK_SET) == 0;
}

enum result jsonl_open_file(const struct source_settings *settings, const char *path, struct jsonl **source,
                            struct fault *fault)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(errno));
	*source = new_source(settings);
	(*source)->path = mem_copy_text(path, strlen(path));
	(*source)->fd = fd;
	return RESULT_OK;
}

static bool begin_only_file(struct jsonl *source)
{
	const char *kind = source->fd == STDIN_FILENO ? "stdin" : "file";
	if (!source->begun)
		source->begun = begin_file(source, source->fd, kind, source->path);
	return source->begun;
}

/* The next file of the directory; false: none waits, or the store cannot say where it stands. */
static bool next_file(struct jsonl *source)
{
	const char *name;
	int fd = spool_dir_next(source->dir, &name);
	if (fd < 0)
		return false;
	source->name = mem_copy_text(name, strlen(name));
	if (begin_file(source, fd, "spool", name))
		return true;
	forget_file(source);
	source->looked = false;
	return false;
}

static void end_file(struct jsonl *source)
{
	if (!source->dir) {
		source->ended = !source->uncommitted;
		return;
	}
	if (source->uncommitted) {
		struct finished *finished = mem_push((void **)&source->finished, &source->finished_count,
		                                     &source->finished_room, sizeof *finished);
		finished->name = source->name;
		source->name = NULL;
	} else {
		(void)spool_dir_done(source->dir, source->name); /* nothing new in it: blank, or taken before a crash */
	}
	forget_file(source);
}

static void fail_file(struct jsonl *source)
{
	struct buffer sentence = {0};
	buffer_format(&sentence, "it cannot be read: %s", strerror(errno));
	if (source->dir)
		spool_dir_refuse(source->dir, source->name, buffer_cstr(&sentence));
	else if (source->settings.report)
		source->settings.report(source->settings.context, buffer_cstr(&source->position), SOURCE_STUCK,
		                        buffer_cstr(&sentence));
	buffer_free(&sentence);
	if (!source->dir)
		source->ended = true;
	forget_file(source);
}

/* ---- batches ---- */

/* A line over the limit: its beginning is kept, and its whole length is said. */
static void say_cut(struct jsonl *source, struct batch *batch, struct source_record *record, const struct line *line)
{
	char reason[160];
	int length = snprintf(reason, sizeof reason, "%llu bytes long: at most %zu are taken; the first %zu are kept",
	                      (unsigned long long)line->whole, source->settings.event_limits.bytes, line->bytes.length);
	record->accepted = false;
	record->unread = true;
	record->reason = (struct text){arena_copy_text(batch->arena, reason, (size_t)length), (size_t)length};
}

static void add_line(struct jsonl *source, struct batch *batch, const struct line *line, instant now)
{
	struct text position = buffer_view(&source->position);
	struct source_record *record = batch_add(batch, source->parser, position, line->next, line->bytes, now);
	bool cut = line->whole > line->bytes.length;
	if (!record && cut) /* blank as far as it was kept */
		record = batch_refuse(batch, position, line->next, line->bytes, now, "");
	if (!record)
		return;
	if (cut)
		say_cut(source, batch, record, line);
	record->fingerprint = line->fingerprint;
	source->uncommitted = true;
}

/* One line, or one step from file to file. False: nothing more for now. */
static bool step(struct jsonl *source, struct batch *batch, instant now, size_t *bytes)
{
	struct line line;
	if (source->fd < 0)
		return source->dir && next_file(source);
	switch (lines_next(source->lines, &line)) {
	case LINE_READ:
		*bytes += line.bytes.length;
		add_line(source, batch, &line, now);
		return true;
	case LINE_NONE_YET:
		return false;
	case LINE_END:
		if (lines_grew(source->lines))
			return true;
		end_file(source);
		return source->dir != NULL;
	case LINE_FAILED:
		fail_file(source);
		return source->dir != NULL;
	}
	return false;
}

/* Until the batch is full, or nothing is left of the file, or of what the last look at the directory saw. */
static bool fill(struct jsonl *source, struct batch *batch)
{
	instant now = clock_now(&source->settings.clock);
	size_t bytes = 0;
	while (batch->count < source->settings.batch_events && bytes < source->settings.batch_bytes)
		if (!step(source, batch, now, &bytes))
			return false;
	return true;
}

/* False: nothing waits, as a look at the directory just now showed. The batch may be full of blank lines alone. */
static bool fill_from_spool(struct jsonl *source, struct batch *batch)
{
	if (source->looked && (fill(source, batch) || batch->count))
		return true;
	source->looked = spool_dir_look(source->dir);
	if (source->looked && (fill(source, batch) || batch->count))
		return true;
	source->looked = false;
	return false;
}

struct batch *jsonl_next_batch(struct jsonl *source)
{
	if (source->out || source->ended)
		return NULL;
	if (source->again) {
		source->out = source->again;
		source->again = NULL;
		return source->out;
	}
	if (!source->dir && !begin_only_file(source))
		return NULL;
	struct batch *batch = batch_new();
	source->emptied = false;
	if (source->dir ? fill_from_spool(source, batch) : fill(source, batch) || batch->count)
		return source->out = batch;
	batch_free(batch);
	source->emptied = true;
	return NULL;
}

void jsonl_wake(struct jsonl *source)
{
	if (source->dir)
		spool_dir_wake(source->dir);
}

void jsonl_committed(struct jsonl *source, struct batch *batch)
{
	for (size_t i = 0; i < source->finished_count; i++)
		(void)spool_dir_done(source->dir, source->finished[i].name);
	forget_finished(source);
	source->uncommitted = false;
	source->out = NULL;
	batch_free(batch);
}

void jsonl_give_back(struct jsonl *source, struct batch *batch)
{
	source->out = NULL;
	if (!source->dir && (source->fd < 0 || lseek(source->fd, 0, SEEK_SET) < 0)) {
		source->again = batch;
		return;
	}
	batch_free(batch);
	forget_finished(source);
	source->looked = false;
	if (source->dir)
		forget_file(source);
	source->begun = false;
}

bool jsonl_ended(const struct jsonl *source)
{
	return source->ended;
}

/* ---- as a source ---- */

#define POLL (5 * SECOND) /* network file systems tell nobody that a file came */

static int spool_fd(const void *self)
{
	return jsonl_fd(self);
}

static void spool_wake(void *self)
{
	jsonl_wake(self);
}

static struct batch *spool_next(void *self)
{
	return jsonl_next_batch(self);
}

static void spool_committed(void *self, struct batch *batch)
{
	jsonl_committed(self, batch);
}

static void spool_give_back(void *self, struct batch *batch)
{
	jsonl_give_back(self, batch);
}

static bool spool_settled(const void *self)
{
	(void)self;
	return true;
}

/* What waits in other files is not known before it is read: until the directory was found empty, nothing is promised. */
static void spool_figures(void *self, source_figures_visit *visit, void *argument)
{
	const struct jsonl *source = self;
	struct source_figures figures = {.name = TEXT("spool"), .state = SOURCE_UP, .next = -1, .end = -1};
	figures.lag = source->emptied ? 0 : -1;
	figures.read_to = source->emptied ? INSTANT_NEVER : INSTANT_NONE;
	visit(argument, &figures);
}

static bool spool_stop(void *self, int patience_ms)
{
	(void)patience_ms;
	jsonl_close(self);
	return true;
}

static const struct source_ops spool_ops = {
	.kind = "spool", .poll = POLL, .fd = spool_fd, .wake = spool_wake, .next = spool_next, .committed = spool_committed,
	.give_back = spool_give_back, .settled = spool_settled, .figures = spool_figures, .stop = spool_stop,
};

enum result spool_source_open(const struct source_settings *settings, const char *directory, struct source **source,
                              struct fault *fault)
{
	struct jsonl *spool;
	enum result result = jsonl_open_spool(settings, directory, &spool, fault);
	if (result == RESULT_OK)
		*source = source_new(&spool_ops, spool, settings);
	return result;
}

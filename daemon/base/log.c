/* log: formats a line and hands it to the sink, unless its kind comes in a flood. */
#include "base/log.h"

#include "base/here.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Lines of one format of one council. Formats are literals, and so known by their address. */
struct kind {
	const char *format; /* NULL: free */
	const struct here *here;
	instant since;      /* its burst began */
	unsigned said, held_back;
	enum log_level level;
};

static void stderr_sink(enum log_level level, const struct log_about *about, const char *line);

static struct {
	pthread_mutex_t lock;
	log_sink *sink;
	struct clock clock;
	struct kind kinds[LOG_KINDS_MOST];
	struct log_figures figures;
} out = {.lock = PTHREAD_MUTEX_INITIALIZER, .sink = stderr_sink};
static atomic_int least_level = LOG_LEVEL_INFO;

/* In one piece: lines of several threads do not mix. */
static void stderr_sink(enum log_level level, const struct log_about *about, const char *line)
{
	(void)fprintf(stderr, "<%d>%s%s%s%s%s%s%s%s%s\n", (int)level, about->council ? about->council : "",
	              about->council ? ": " : "", line, about->event ? " event=" : "", about->event ? about->event : "",
	              about->rule ? " rule=" : "", about->rule ? about->rule : "", about->alert ? " alert=" : "",
	              about->alert ? about->alert : "");
}

/* ---- levels ---- */

static const char *const names[] = {[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
	                            [LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
	                            [LOG_LEVEL_DEBUG] = "debug"};

const char *log_level_name(enum log_level level)
{
	return level >= LOG_LEVEL_ERROR && level <= LOG_LEVEL_DEBUG ? names[level] : "none";
}

bool log_level_named(const char *name, enum log_level *level)
{
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*level = (enum log_level)i;
		return true;
	}
	return false;
}

void log_set_sink(log_sink *to)
{
	out.sink = to ? to : stderr_sink;
}

void log_set_level(enum log_level least)
{
	struct here *here = here_now();
	atomic_store(here ? &here->log_level : &least_level, (int)least);
}

void log_use_clock(const struct clock *clock)
{
	out.clock = clock ? *clock : (struct clock){0};
}

static instant elapsed(void)
{
	if (!out.clock.now)
		out.clock = clock_real();
	return clock_elapsed(&out.clock);
}

/* ---- floods ---- */

/* The format says which lines: none of their values is in it. */
static void say_kind(struct kind *kind)
{
	char line[LOG_LINE_BYTES];
	if (!kind->format || !kind->held_back)
		return;
	(void)snprintf(line, sizeof line, "%u further lines of this kind were left out within %d s: \"%s\"",
	               kind->held_back, (int)(LOG_BURST_TIME / SECOND), kind->format);
	kind->held_back = 0;
	out.figures.lines[kind->level]++;
	out.sink(kind->level, &(struct log_about){.council = kind->here ? kind->here->name : NULL}, line);
}

static struct kind *kind_of(const char *format, enum log_level level, instant now)
{
	struct kind *oldest = &out.kinds[0];
	const struct here *here = here_now();
	for (size_t i = 0; i < LOG_KINDS_MOST; i++) {
		struct kind *kind = &out.kinds[i];
		if (kind->format == format && kind->here == here)
			return kind;
		if (!kind->format || (oldest->format && kind->since < oldest->since))
			oldest = kind;
	}
	say_kind(oldest);
	*oldest = (struct kind){.format = format, .here = here, .since = now, .level = level};
	return oldest;
}

static bool is_held_back(const char *format, enum log_level level)
{
	instant now = elapsed();
	struct kind *kind = kind_of(format, level, now);
	if (now - kind->since >= LOG_BURST_TIME) {
		say_kind(kind);
		kind->since = now;
		kind->said = 0;
	}
	if (kind->said < LOG_BURST) {
		kind->said++;
		return false;
	}
	kind->held_back++;
	out.figures.held_back++;
	return true;
}

void log_say_held_back(void)
{
	(void)pthread_mutex_lock(&out.lock);
	for (size_t i = 0; i < LOG_KINDS_MOST; i++)
		say_kind(&out.kinds[i]);
	(void)pthread_mutex_unlock(&out.lock);
}

/* ---- lines ---- */

bool log_is_wanted(enum log_level level)
{
	struct here *here = here_now();
	return (int)level <= atomic_load(here ? &here->log_level : &least_level);
}

static void put(enum log_level level, const struct log_about *about, const char *kind, char *line)
{
	struct here *here = here_now();
	struct log_about whose = *about;
	whose.council = here ? here->name : NULL;
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' '; /* one event, one line: nothing that came from outside may start another */
	(void)pthread_mutex_lock(&out.lock);
	if (!is_held_back(kind, level)) {
		out.figures.lines[level <= LOG_LEVEL_DEBUG ? level : LOG_LEVEL_DEBUG]++;
		out.sink(level, &whose, line);
	}
	(void)pthread_mutex_unlock(&out.lock);
}

static void emit(enum log_level level, const struct log_about *about, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void emit(enum log_level level, const struct log_about *about, const char *format, va_list args)
{
	char line[LOG_LINE_BYTES];
	if (!log_is_wanted(level))
		return;
	(void)vsnprintf(line, sizeof line, format, args);
	put(level, about, format, line);
}

void log_put(enum log_level level, struct log_about about, const char *kind, const char *line)
{
	char copy[LOG_LINE_BYTES];
	if (!log_is_wanted(level))
		return;
	(void)snprintf(copy, sizeof copy, "%s", line);
	put(level, &about, kind, copy);
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	emit(level, &(struct log_about){0}, format, args);
	va_end(args);
}

void log_work(enum log_level level, struct log_about about, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	emit(level, &about, format, args);
	va_end(args);
}

void log_figures(struct log_figures *figures)
{
	(void)pthread_mutex_lock(&out.lock);
	*figures = out.figures;
	(void)pthread_mutex_unlock(&out.lock);
}

/* log: formats a line and hands it to the sink. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void stderr_sink(enum log_level level, const struct log_about *about, const char *line)
{
	(void)fprintf(stderr, "<%d>%s", (int)level, line);
	if (about->event)
		(void)fprintf(stderr, " event=%s", about->event);
	if (about->rule)
		(void)fprintf(stderr, " rule=%s", about->rule);
	if (about->alert)
		(void)fprintf(stderr, " alert=%s", about->alert);
	(void)fputc('\n', stderr);
}

static log_sink *sink = stderr_sink;
static enum log_level least_level = LOG_LEVEL_INFO;

void log_set_sink(log_sink *to)
{
	sink = to ? to : stderr_sink;
}

void log_set_level(enum log_level least)
{
	least_level = least;
}

static void emit(enum log_level level, const struct log_about *about, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void emit(enum log_level level, const struct log_about *about, const char *format, va_list args)
{
	char line[2048];
	if (level > least_level)
		return;
	(void)vsnprintf(line, sizeof line, format, args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' '; /* one event, one line: nothing that came from outside may start another */
	sink(level, about, line);
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

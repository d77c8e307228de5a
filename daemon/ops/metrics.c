/* metrics: families and series, and how they are written. */
#include "ops/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SERIES_LABELS 2

struct series {
	const char *labels[SERIES_LABELS]; /* literals; NULL: none */
	const char *values[SERIES_LABELS];
	double number;
	struct histogram histogram;        /* of a family of histograms */
};

struct family {
	enum metrics_kind kind;
	const char *name, *help;
	struct series *series;
	size_t count, room, left_out;
};

struct metrics {
	struct arena *arena;
	struct family *families;
	size_t count, room;
};

/* ---- gathering ---- */

struct metrics *metrics_new(void)
{
	struct metrics *metrics = MEM_NEW(struct metrics);
	metrics->arena = arena_new(16384);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (size_t i = 0; i < metrics->count; i++)
		free(metrics->families[i].series);
	free(metrics->families);
	arena_free(metrics->arena);
	free(metrics);
}

void metrics_family(struct metrics *metrics, enum metrics_kind kind, const char *name, const char *help)
{
	struct family *family =
		mem_push((void **)&metrics->families, &metrics->count, &metrics->room, sizeof *family);
	*family = (struct family){.kind = kind, .name = name, .help = help};
}

/* NULL: the family is full. */
static struct series *add_series(struct metrics *metrics)
{
	struct family *family = &metrics->families[metrics->count - 1];
	if (family->count == METRICS_SERIES_MOST) {
		family->left_out++;
		return NULL;
	}
	struct series *series = mem_push((void **)&family->series, &family->count, &family->room, sizeof *series);
	*series = (struct series){.number = 0};
	return series;
}

static void set_label(struct metrics *metrics, struct series *series, size_t at, const char *label, const char *value)
{
	series->labels[at] = label;
	series->values[at] = label ? arena_copy_text(metrics->arena, value, strlen(value)) : NULL;
}

void metrics_add_two(struct metrics *metrics, const char *label, const char *value, const char *other,
                     const char *other_value, double number)
{
	struct series *series = add_series(metrics);
	if (!series)
		return;
	set_label(metrics, series, 0, label, value);
	set_label(metrics, series, 1, other, other_value);
	series->number = number;
}

void metrics_add(struct metrics *metrics, const char *label, const char *value, double number)
{
	metrics_add_two(metrics, label, value, NULL, NULL, number);
}

void metrics_add_histogram(struct metrics *metrics, const char *label, const char *value,
                           const struct histogram *histogram)
{
	struct series *series = add_series(metrics);
	if (!series)
		return;
	set_label(metrics, series, 0, label, value);
	series->histogram = *histogram;
}

void metrics_gauge(struct metrics *metrics, const char *name, const char *help, double number)
{
	metrics_family(metrics, METRICS_GAUGE, name, help);
	metrics_add(metrics, NULL, NULL, number);
}

void metrics_counter(struct metrics *metrics, const char *name, const char *help, uint64_t number)
{
	metrics_family(metrics, METRICS_COUNTER, name, help);
	metrics_add(metrics, NULL, NULL, (double)number);
}

double metrics_seconds(instant length)
{
	return length == INSTANT_NONE || length == INSTANT_NEVER ? NAN : (double)length / SECOND;
}

/* ---- writing ---- */

static const char *kind_name(enum metrics_kind kind)
{
	static const char *const names[] = {"gauge", "counter", "histogram"};
	return names[kind];
}

/* Backslash, quote and line end are escaped; other control characters are nobody's name and become a question mark. */
static void put_value(const char *value, struct buffer *out)
{
	for (const char *c = value; *c; c++) {
		if (*c == '\\' || *c == '"')
			buffer_char(out, '\\');
		if (*c == '\n')
			buffer_string(out, "\\n");
		else
			buffer_char(out, (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
	}
}

static void put_labels(const struct series *series, const char *le, struct buffer *out)
{
	const char *before = "{";
	for (size_t i = 0; i < SERIES_LABELS; i++) {
		if (!series->labels[i])
			continue;
		buffer_format(out, "%s%s=\"", before, series->labels[i]);
		put_value(series->values[i], out);
		buffer_char(out, '"');
		before = ",";
	}
	if (le) {
		buffer_format(out, "%sle=\"%s\"", before, le);
		before = ",";
	}
	if (*before == ',')
		buffer_char(out, '}');
}

static void put_number(double number, struct buffer *out)
{
	if (number == floor(number) && fabs(number) < 1e15)
		buffer_format(out, " %.0f\n", number);
	else
		buffer_format(out, " %.15g\n", number);
}

static void put_line(const char *name, const char *suffix, const struct series *series, const char *le, double number,
                     struct buffer *out)
{
	buffer_format(out, "%s%s", name, suffix);
	put_labels(series, le, out);
	put_number(number, out);
}

/* Steps have a point in OpenMetrics ("1.0"), which Prometheus takes as well. */
static void put_histogram(const char *name, const struct series *series, struct buffer *out)
{
	const struct histogram *histogram = &series->histogram;
	const instant *steps = histogram->steps ? histogram->steps : histogram_short;
	uint64_t sum = 0;
	for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
		char le[32];
		double step = (double)steps[i] / SECOND;
		(void)snprintf(le, sizeof le, step == floor(step) ? "%.1f" : "%g", step);
		sum += histogram->counts[i];
		put_line(name, "_bucket", series, le, (double)sum, out);
	}
	put_line(name, "_bucket", series, "+Inf", (double)histogram->total, out);
	put_line(name, "_sum", series, NULL, (double)histogram->sum / SECOND, out);
	put_line(name, "_count", series, NULL, (double)histogram->total, out);
}

/* In OpenMetrics the family of a counter is called without its _total. */
static void put_family(const struct family *family, enum metrics_format format, struct buffer *out)
{
	size_t length = strlen(family->name);
	if (format == METRICS_OPEN && family->kind == METRICS_COUNTER)
		length -= strlen("_total");
	buffer_format(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)length, family->name, family->help, (int)length,
	              family->name, kind_name(family->kind));
	for (size_t i = 0; i < family->count; i++) {
		const struct series *series = &family->series[i];
		if (family->kind == METRICS_HISTOGRAM)
			put_histogram(family->name, series, out);
		else if (!isnan(series->number))
			put_line(family->name, "", series, NULL, series->number, out);
	}
}

static void put_left_out(const struct metrics *metrics, enum metrics_format format, struct buffer *out)
{
	size_t left_out = 0;
	struct series none = {.number = 0};
	struct family family = {METRICS_GAUGE, "casewatch_metrics_series_left_out",
	                        "Series beyond the limit of 400 a family, which are not here", &none, 1, 1, 0};
	for (size_t i = 0; i < metrics->count; i++)
		left_out += metrics->families[i].left_out;
	none.number = (double)left_out;
	put_family(&family, format, out);
}

void metrics_write(const struct metrics *metrics, enum metrics_format format, struct buffer *out)
{
	for (size_t i = 0; i < metrics->count; i++)
		if (metrics->families[i].count)
			put_family(&metrics->families[i], format, out);
	put_left_out(metrics, format, out);
	if (format == METRICS_OPEN)
		buffer_string(out, "# EOF\n");
}

const char *metrics_media(enum metrics_format format)
{
	return format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	                              : "text/plain; version=0.0.4; charset=utf-8";
}

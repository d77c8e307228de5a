/* metrics: figures in families, as Prometheus reads them.
 *
 * Owns how they are written: the text format of Prometheus and OpenMetrics 1.0. The one rule: no label has a value
 * that a stranger can make without bound: a family keeps METRICS_SERIES_MOST series, and the first series says how
 * many more there would have been. No personal data: ids of rules, types, sources and partitions are all there is. */
#ifndef CASEWATCH_OPS_METRICS_H
#define CASEWATCH_OPS_METRICS_H

#include "base/histogram.h"
#include "base/text.h"
#include "store/store.h"

#define METRICS_SERIES_MOST 400 /* of a family: all types of the catalogue, with what became of each, fit */

enum metrics_kind { METRICS_GAUGE, METRICS_COUNTER, METRICS_HISTOGRAM };
enum metrics_format { METRICS_PROMETHEUS /* text, 0.0.4 */, METRICS_OPEN /* OpenMetrics 1.0.0 */ };

struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics); /* NULL is fine */
/* Begins a family; what follows belongs to it. A counter's `name` ends in _total. Texts are literals. */
void metrics_family(struct metrics *metrics, enum metrics_kind kind, const char *name, const char *help);
/* A series of it: `label` and `other` NULL: none. The values are copied. */
void metrics_add(struct metrics *metrics, const char *label, const char *value, double number);
void metrics_add_two(struct metrics *metrics, const char *label, const char *value, const char *other,
                     const char *other_value, double number);
/* A histogram in seconds. One that never counted is written with zeros. */
void metrics_add_histogram(struct metrics *metrics, const char *label, const char *value,
                           const struct histogram *histogram);
/* One series without labels, in a family of its own. */
void metrics_gauge(struct metrics *metrics, const char *name, const char *help, double number);
void metrics_counter(struct metrics *metrics, const char *name, const char *help, uint64_t number);
/* Microseconds as seconds; NAN for INSTANT_NONE and INSTANT_NEVER. */
double metrics_seconds(instant length);

/* metrics_stored.c: what the database knows: standing alerts by step, messages by state, quarantine, conditions,
 * registers, sources, the audit. From a reading connection (NULL: there is none, which is told), off the loop; reads
 * what is open, never what is past. */
void metrics_stored(struct metrics *metrics, struct store *store, instant now);

/* What cannot be said now (NAN) is left out. */
void metrics_write(const struct metrics *metrics, enum metrics_format format, struct buffer *out);
const char *metrics_media(enum metrics_format format);

#endif

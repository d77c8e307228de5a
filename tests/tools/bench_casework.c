/* bench_casework: writes what councils replay, for the benchmarks: N events of C children in two years, in the order in
 * which they arrive, one a line, about 350 bytes each; seeded, so that two runs measure the same.
 *
 *   bench_casework EVENTS CHILDREN [LATE_PERCENT [SEED]] >events.jsonl
 *
 * Half are missing episodes, of which a tenth of the children have six tenths; a third are referrals and their
 * assessments; the rest is custody. The three rules of tests/bench/rules make about one line of output for two events.
 * LATE_PERCENT: so many are of up to ten days before they arrive. */
#include "base/clock.h"
#include "base/heap.h"
#include "base/mem.h"
#include "time/calendar.h"

#include <stdio.h>
#include <stdlib.h>

#define DAYS 730
#define DAY (24 * HOUR)
#define LATE_MOST (10 * 24 * 3600) /* seconds */

static uint64_t state;

static uint64_t next_random(void)
{
	state += 0x9e3779b97f4a7c15u;
	uint64_t z = state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned below(unsigned limit)
{
	return (unsigned)(next_random() % limit);
}

/* A start waits for its end here. */
enum kind { MISSING, REFERRAL, CUSTODY };
struct waiting {
	instant due;
	unsigned child, number;
	enum kind kind;
};

static bool due_before(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;
	return x->due != y->due ? x->due < y->due : x->number < y->number;
}

static const char *const starts[] = {[MISSING] = "missing.started", [REFERRAL] = "referral.accepted",
                                     [CUSTODY] = "custody.detained"};
static const char *const ends[] = {[MISSING] = "missing.ended", [REFERRAL] = "assessment.authorised",
                                   [CUSTODY] = "custody.released"};

static void write_start_data(enum kind kind, unsigned number, char *data, size_t room)
{
	static const char *const risks[] = {"low", "medium", "high"}, *const reasons[] = {"neglect", "abuse", "other"};
	if (kind == MISSING)
		(void)snprintf(data, room,
		               "{\"episode\":\"M-%06u\",\"kind\":\"%s\",\"from\":\"placement\",\"risk\":\"%s\","
		               "\"reported_by\":\"carer\"}", number, below(20) ? "missing" : "away", risks[below(3)]);
	else if (kind == REFERRAL)
		(void)snprintf(data, room,
		               "{\"referral\":\"R-%06u\",\"contact\":\"CT-%06u\",\"reason\":\"%s\"}", number, number,
		               reasons[below(3)]);
	else
		(void)snprintf(data, room, "{\"custody\":\"K-%06u\",\"station\":\"Northgate\"}", number);
}

static void write_end_data(enum kind kind, unsigned number, char *data, size_t room)
{
	if (kind == MISSING)
		(void)snprintf(data, room, "{\"episode\":\"M-%06u\",\"found_by\":\"police\",\"harm\":%s}", number,
		               below(20) ? "false" : "true");
	else if (kind == REFERRAL)
		(void)snprintf(data, room,
		               "{\"assessment\":\"A-%06u\",\"kind\":\"single\",\"referral\":\"R-%06u\","
		               "\"outcome\":\"%s\",\"qualified\":true}", number, number, below(3) ? "cin" : "nfa");
	else
		(void)snprintf(data, room, "{\"custody\":\"K-%06u\",\"station\":\"Northgate\"}", number);
}

/* An episode lasts up to two days, an assessment three times in four under 45 working days, a hold up to a day. */
static instant length_of(enum kind kind)
{
	if (kind == MISSING)
		return (instant)(600 + below(48 * 3600)) * SECOND;
	if (kind == REFERRAL)
		return (instant)(10 + below(below(5) ? 80 : 36)) * DAY + (instant)below(8 * 3600) * SECOND;
	return (instant)(1800 + below(24 * 3600)) * SECOND;
}

static unsigned child_of(enum kind kind, unsigned children)
{
	unsigned tenth = children / 10 ? children / 10 : 1;
	return kind == MISSING && below(10) < 6 ? below(tenth) * (children / tenth) : below(children);
}

struct line {
	unsigned number, child;
	const char *type, *source, *data;
	instant at, late;
};

static void write_line(const struct line *line)
{
	char time[32], recorded[32];
	instant_print((line->at - line->late) / SECOND * SECOND, time);
	instant_print(line->at / SECOND * SECOND, recorded);
	(void)printf("{\"specversion\":\"1.0\",\"id\":\"b7c1e2f0-0000-4000-8000-%012u\",\"source\":\"%s\","
	             "\"type\":\"%s\",\"subject\":\"C%07u\",\"time\":\"%s\",\"recordedtime\":\"%s\","
	             "\"datacontenttype\":\"application/json\",\"dataschema\":\"urn:council:v1\",\"data\":%s}\n",
	             line->number, line->source, line->type, line->child, time, recorded, line->data);
}

static void write_next(unsigned i, instant at, unsigned children, unsigned late, struct heap *waiting)
{
	char data[256];
	struct line line = {.number = i, .at = at, .data = data};
	const struct waiting *first = heap_top(waiting);
	enum kind kind;
	if (first && first->due <= at) {
		kind = first->kind;
		line.child = first->child;
		line.type = ends[kind];
		write_end_data(kind, first->number, data, sizeof data);
		heap_pop(waiting);
	} else {
		unsigned what = below(1000);
		kind = what < 500 ? MISSING : what < 833 ? REFERRAL : CUSTODY;
		line.child = child_of(kind, children);
		line.type = starts[kind];
		write_start_data(kind, i, data, sizeof data);
		struct waiting end = {at + length_of(kind), line.child, i, kind};
		if (kind != REFERRAL || below(100) >= 2) /* two in a hundred are forgotten */
			heap_push(waiting, &end);
	}
	line.source = kind == CUSTODY ? "/police/niche" : "/council/lcs";
	line.late = below(100) < late ? (instant)below(LATE_MOST) * SECOND : 0;
	write_line(&line);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		(void)fprintf(stderr, "usage: bench_casework EVENTS CHILDREN [LATE_PERCENT [SEED]]\n");
		return 2;
	}
	unsigned events = (unsigned)strtoul(argv[1], NULL, 10), children = (unsigned)strtoul(argv[2], NULL, 10);
	unsigned late = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
	if (!children || !events)
		return 2;
	instant span = (instant)DAYS * DAY, start = (instant)day_of(2020, 12, 31) * DAY - span;
	struct heap waiting = HEAP_OF(struct waiting, due_before);
	for (unsigned i = 0; i < events; i++)
		write_next(i, start + span / events * i, children, late, &waiting);
	heap_free(&waiting);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* bench_events: writes a council's events for the benchmarks: N events of C children, in order of time, one a line,
 * about 350 bytes each; seeded, so that two runs measure the same.
 *
 *   bench_events EVENTS CHILDREN [LATE_PERCENT [SEED [ACTIVE [DAYS]]]] >events.jsonl
 *
 * ACTIVE: so many children at a time, the oldest known leaving as new ones come; default: all. DAYS: to 31 December
 * 2020; default 730. An episode lasts as long whatever the number of events. */
#include "base/clock.h"
#include "base/mem.h"
#include "time/calendar.h"

#include <stdio.h>
#include <stdlib.h>

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

/* Starts wait here for their ends: of each kind in order, because each kind lasts equally long. */
enum kind { MISSING, REFERRAL, CUSTODY, KINDS };
struct waiting {
	unsigned child, number, due; /* due: the event after which its end is written */
};
static const unsigned lasts[KINDS] = {1400, 32000, 500}; /* about a day, 23 days, 9 hours at 1,370 events a day */
static double density = 1; /* events a day, of 1,370 */
static struct waiting *queue[KINDS];
static unsigned head[KINDS], tail[KINDS];

static const char *write_start(enum kind kind, unsigned number, char *data, size_t room)
{
	switch (kind) {
	case MISSING:
		(void)snprintf(data, room,
		               "{\"episode\":\"M-%06u\",\"kind\":\"%s\",\"from\":\"placement\",\"risk\":\"medium\","
		               "\"reported_by\":\"carer\"}", number, below(10) ? "missing" : "away");
		return "missing.started";
	case REFERRAL:
		(void)snprintf(data, room, "{\"referral\":\"R-%06u\",\"contact\":\"CT-%06u\",\"reason\":\"neglect\"}",
		               number, number);
		return "referral.accepted";
	case CUSTODY:
	case KINDS:
		break;
	}
	(void)snprintf(data, room, "{\"custody\":\"K-%06u\",\"station\":\"Northgate\"}", number);
	return "custody.detained";
}

static const char *write_end(enum kind kind, unsigned number, char *data, size_t room)
{
	switch (kind) {
	case MISSING:
		(void)snprintf(data, room, "{\"episode\":\"M-%06u\",\"found_by\":\"police\",\"harm\":false}", number);
		return "missing.ended";
	case REFERRAL:
		(void)snprintf(
			data, room,
			"{\"assessment\":\"A-%06u\",\"kind\":\"single\",\"referral\":\"R-%06u\",\"outcome\":\"cin\","
			"\"qualified\":true}",
			number, number);
		return "assessment.authorised";
	case CUSTODY:
	case KINDS:
		break;
	}
	(void)snprintf(data, room, "{\"custody\":\"K-%06u\",\"station\":\"Northgate\"}", number);
	return "custody.released";
}

/* The next event: an end that is due (two referrals in a hundred are forgotten), else a start of a random child. */
static const char *body(unsigned i, unsigned first, unsigned count, unsigned *who, char *data, size_t room)
{
	for (enum kind kind = MISSING; kind < KINDS; kind++) {
		if (head[kind] == tail[kind] || queue[kind][head[kind]].due > i)
			continue;
		struct waiting *ends = &queue[kind][head[kind]++];
		if (kind == REFERRAL && below(100) < 2)
			continue;
		*who = ends->child;
		return write_end(kind, ends->number, data, room);
	}
	unsigned what = below(100);
	enum kind kind = what < 55 ? MISSING : what < 92 ? REFERRAL : CUSTODY;
	*who = first + below(count);
	queue[kind][tail[kind]++] = (struct waiting){*who, i, i + (unsigned)((double)lasts[kind] * density)};
	return write_start(kind, i, data, room);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		(void)fprintf(stderr, "usage: bench_events EVENTS CHILDREN [LATE_PERCENT [SEED [ACTIVE [DAYS]]]]\n");
		return 2;
	}
	unsigned events = (unsigned)strtoul(argv[1], NULL, 10), count = (unsigned)strtoul(argv[2], NULL, 10);
	unsigned late = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
	unsigned active = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : count;
	unsigned days = argc > 6 ? (unsigned)strtoul(argv[6], NULL, 10) : 730;
	if (!count || !events || !active || active > count || !days)
		return 2;
	density = (double)events / days * 730 / 1e6;
	for (enum kind kind = MISSING; kind < KINDS; kind++)
		queue[kind] = mem_zero(events, sizeof **queue);
	instant span = (instant)days * 24 * HOUR, start = (instant)day_of(2020, 12, 31) * 24 * HOUR - span;
	for (unsigned i = 0; i < events; i++) {
		unsigned who;
		instant at = start + span / events * i;
		char data[256], time[32], recorded[32];
		const char *type =
			body(i, (unsigned)((double)i / events * (count - active)), active, &who, data, sizeof data);
		instant_print(at / SECOND * SECOND, recorded);
		if (below(100) < late)
			at -= (instant)below(10 * 24 * 3600) * SECOND;
		instant_print(at / SECOND * SECOND, time);
		(void)printf(
			"{\"specversion\":\"1.0\",\"id\":\"b7c1e2f0-0000-4000-8000-%012u\",\"source\":\"/council/lcs\","
			"\"type\":\"%s\",\"subject\":\"C%07u\",\"time\":\"%s\",\"recordedtime\":\"%s\","
			"\"datacontenttype\":\"application/json\",\"data\":%s}\n",
			i, type, who, time, recorded, data);
	}
	for (enum kind kind = MISSING; kind < KINDS; kind++)
		free(queue[kind]);
	return fflush(stdout) == 0 ? 0 : 1;
}

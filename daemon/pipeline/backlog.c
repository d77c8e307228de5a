/* backlog: while something of the log is not read, histories are judged only up to the time to which every partition
 * was read; after the start for a quarter of an hour at most. */
#include "pipeline/pipeline_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* The times up to which histories were judged by whoever ran before, by the clock and by their events: judging less far
 * now would take alerts back. Until schema 26 there was one. */
enum result backlog_read(struct pipeline *pipeline, struct fault *fault)
{
	struct text judged_to;
	char digits[64], *end = digits;
	enum result result = store_get(pipeline->store, "judged_to", &judged_to, fault);
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(judged_to));
	pipeline->backlog.log_look = pipeline->backlog.fed = pipeline->backlog.looked = INSTANT_NONE;
	pipeline->backlog.judged_to = judged_to.length ? strtoll(digits, &end, 10) : INSTANT_NONE;
	pipeline->backlog.events_to = *end == ' ' ? strtoll(end, NULL, 10) : pipeline->backlog.judged_to;
	return result;
}

/* A partition that falls behind after the start holds clocks up, but not for long: what rings for nothing is taken
 * back, what rings late may be too late. Steps of a ladder never wait. */
#define FALLEN_BEHIND_MOST (15 * MINUTE)
/* As soon as nothing is left to be read, and that is looked at so often, all clocks that were held up are looked at. */
#define HELD_LOOK (SECOND / 4)

/* One for all partitions, and so that of the one which is least far: a child's records may be in any, and a clock that
 * ran past what another partition holds would ring people for what is stopped there. */
instant backlog_horizon(const struct pipeline *pipeline, instant now)
{
	const struct backlog *backlog = &pipeline->backlog;
	if (pipeline->settings.by_log) /* it goes no further than what was read */
		return now;
	instant judged_to = backlog->read_to < now ? backlog->read_to : now;
	if (!backlog->behind && judged_to < now - FALLEN_BEHIND_MOST)
		judged_to = now - FALLEN_BEHIND_MOST;
	if (judged_to < backlog->judged_to)
		judged_to = backlog->judged_to < now ? backlog->judged_to : now;
	return judged_to;
}

instant backlog_events_to(const struct pipeline *pipeline, instant now)
{
	const struct backlog *backlog = &pipeline->backlog;
	instant events_to = backlog->behind ? backlog_horizon(pipeline, now) : now;
	if (events_to < backlog->events_to)
		events_to = backlog->events_to < now ? backlog->events_to : now;
	return events_to;
}

void backlog_begin(struct pipeline *pipeline, instant now)
{
	if (!pipeline->backlog.begun)
		pipeline->backlog.held_until = now + PIPELINE_HELD_UP;
	pipeline->backlog.begun = true;
	pipeline->backlog.held_before = pipeline->backlog.held_until;
}

void backlog_failed(struct pipeline *pipeline)
{
	pipeline->backlog.held_until = pipeline->backlog.held_before;
}

instant backlog_due(struct pipeline *pipeline, instant due)
{
	instant now = pipeline->transaction.now;
	bool held_up = !pipeline->backlog.behind && due <= now && due > backlog_horizon(pipeline, now);
	if (!held_up)
		return due;
	pipeline->backlog.held_until = now + PIPELINE_HELD_UP;
	return now + PIPELINE_HELD_UP;
}

instant backlog_until(const struct pipeline *pipeline, instant now)
{
	const struct backlog *backlog = &pipeline->backlog;
	bool held = !pipeline->settings.by_log && backlog->held_until > now;
	bool released = held && backlog_horizon(pipeline, now) >= now;
	return released ? backlog->held_until : now;
}

void backlog_looked(struct pipeline *pipeline, instant until)
{
	if (until >= pipeline->backlog.held_until)
		pipeline->backlog.held_until = INSTANT_NONE;
}

bool pipeline_holds_up(const struct pipeline *pipeline)
{
	return !pipeline->settings.by_log && pipeline->backlog.held_until != INSTANT_NONE;
}

instant backlog_next(const struct pipeline *pipeline, instant next)
{
	const struct backlog *backlog = &pipeline->backlog;
	instant look = pipeline->transaction.now + HELD_LOOK;
	return backlog->held_until != INSTANT_NONE && look < next ? look : next;
}

/* Who waits for the log looks at it every HELD_LOOK: after so long a pause it did not wait, but had nothing to do, or
 * the process, or its machine, stood still. */
#define LOOKED_LATELY MINUTE

/* It waits for the log as long as something of it is read, and once nothing is for as long as clocks do: a process that
 * has just begun, or goes on, has waited for nothing yet, however long there was none. */
instant backlog_log_time(struct pipeline *pipeline, instant now)
{
	struct backlog *backlog = &pipeline->backlog;
	if (backlog->looked == INSTANT_NONE || now < backlog->fed || now - backlog->looked > LOOKED_LATELY)
		backlog->fed = now;
	backlog->looked = now;
	instant waited = now - FALLEN_BEHIND_MOST;
	bool waits = backlog->fed > waited && backlog->judged_to != INSTANT_NONE; /* else nothing is leapt over */
	instant least = waits ? backlog->judged_to : waited;
	instant read_to = backlog->read_to > least ? backlog->read_to : least;
	backlog->log_look = read_to < now || backlog->held ? now + HELD_LOOK : INSTANT_NONE;
	instant at = (read_to < now ? read_to : now) - PIPELINE_LOG_LATE;
	if (backlog->held && at > backlog->held_at) /* what falls due behind it is judged by what it says */
		at = backlog->held_at;
	return at > backlog->judged_to ? at : backlog->judged_to;
}

enum result backlog_keep(struct pipeline *pipeline, instant judged_to, instant events_to, struct fault *fault)
{
	char digits[64];
	(void)snprintf(digits, sizeof digits, "%lld %lld", (long long)judged_to, (long long)events_to);
	return store_set(pipeline->store, "judged_to", text_of(digits), fault);
}

void pipeline_read_to(struct pipeline *pipeline, instant read_to)
{
	pipeline->backlog.read_to = read_to;
}

void pipeline_caught_up(struct pipeline *pipeline)
{
	pipeline->backlog.behind = false;
}

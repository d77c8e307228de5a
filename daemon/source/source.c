/* source: what every source needs, whatever its kind: a batch that waits, and one that is parsed anew. */
#include "source/source.h"

#include <stdlib.h>

#define BATCH_EVENTS 2000
#define BATCH_BYTES ((size_t)4 << 20)
#define PAUSE_FIRST SECOND
#define PAUSE_MOST (16 * SECOND) /* between two tries of a batch that the store did not take, as in the pipeline */

struct source {
	const struct source_ops *ops;
	void *self;
	struct clock clock;
	struct event_parser
		*parser; /* for batches that are parsed anew: the source's own may belong to another thread */
	struct batch *held;          /* could not be stored yet */
	instant held_until, pause;   /* by clock_elapsed */
};

const char *source_state_name(enum source_state state)
{
	switch (state) {
	case SOURCE_STARTING:
		return "starting";
	case SOURCE_UP:
		return "up";
	case SOURCE_DOWN:
		return "down";
	case SOURCE_AMISS:
		return "amiss";
	case SOURCE_STUCK:
		return "stuck";
	case SOURCE_FATAL:
		return "over";
	case SOURCE_FENCED:
		return "fenced";
	}
	return "unknown";
}

void source_settings_default(struct source_settings *settings)
{
	*settings = (struct source_settings){
		.batch_events = BATCH_EVENTS,
		.batch_bytes = BATCH_BYTES,
		.event_limits = EVENT_LIMITS_DEFAULT,
		.clock = clock_real(),
	};
}

struct source *source_new(const struct source_ops *ops, void *self, const struct source_settings *settings)
{
	struct source *source = MEM_NEW(struct source);
	source->ops = ops;
	source->self = self;
	source->clock = settings->clock;
	source->parser = event_parser_new(settings->event_limits, settings->type_prefix, settings->zone);
	source->pause = PAUSE_FIRST;
	return source;
}

bool source_stop(struct source *source, int patience_ms)
{
	if (!source)
		return true;
	bool stopped = source->ops->stop(source->self, patience_ms);
	event_parser_free(source->parser);
	free(source);
	return stopped;
}

const char *source_kind(const struct source *source)
{
	return source->ops->kind;
}

void *source_self(const struct source *source, const struct source_ops *ops)
{
	return source->ops == ops ? source->self : NULL;
}

int source_fd(const struct source *source)
{
	return source->ops->fd(source->self);
}

void source_wake(struct source *source)
{
	source->ops->wake(source->self);
}

static struct batch *take_batch(struct source *source)
{
	struct batch *batch = source->held;
	if (!batch)
		return source->ops->next(source->self);
	if (clock_elapsed(&source->clock) < source->held_until)
		return NULL;
	source->held = NULL;
	return batch;
}

struct batch *source_next(struct source *source)
{
	if (source_is_over(source))
		return NULL;
	struct batch *batch = take_batch(source);
	if (batch)
		batch_parse_anew(batch, source->parser);
	return batch;
}

void source_committed(struct source *source, struct batch *batch)
{
	source->pause = PAUSE_FIRST;
	source->ops->committed(source->self, batch);
}

void source_hold(struct source *source, struct batch *batch)
{
	source->held = batch;
	source->held_until = clock_elapsed(&source->clock) + source->pause;
	source->pause = 2 * source->pause < PAUSE_MOST ? 2 * source->pause : PAUSE_MOST;
	if (source->ops->held)
		source->ops->held(source->self);
}

void source_keep(struct source *source, struct batch *batch)
{
	source->pause = PAUSE_FIRST;
	source->held = batch;
	source->held_until = clock_elapsed(&source->clock);
}

instant source_wait(const struct source *source)
{
	instant wait = source->ops->poll ? source->ops->poll : INSTANT_NEVER;
	if (source_is_over(source))
		return INSTANT_NEVER;
	if (source->held) {
		instant left = source->held_until - clock_elapsed(&source->clock);
		return left > 0 ? left : 0;
	}
	instant own = source->ops->wait ? source->ops->wait(source->self) : INSTANT_NEVER;
	return own < wait ? own : wait;
}

bool source_settled(const struct source *source)
{
	return source->ops->settled(source->self);
}

bool source_is_over(const struct source *source)
{
	return source->ops->is_over && source->ops->is_over(source->self);
}

void source_each(struct source *source, source_figures_visit *visit, void *argument)
{
	source->ops->figures(source->self, visit, argument);
}

bool source_cut_off(const struct source *source)
{
	return source->ops->cut_off && source->ops->cut_off(source->self);
}

static void see_read_to(void *argument, const struct source_figures *figures)
{
	instant *least = argument;
	if (figures->read_to < *least)
		*least = figures->read_to;
}

instant source_read_to(struct source *source)
{
	instant least = INSTANT_NEVER;
	if (source_cut_off(source))
		return INSTANT_NONE;
	source_each(source, see_read_to, &least);
	return least;
}

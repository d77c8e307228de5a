/* clocks: what falls due by the clock, once the log was read. */
#include "run/run_internal.h"

#define LOOK_AGAIN (SECOND / 10) /* while clocks wait for the log to be read */

static void arm(struct council *council, bool stored)
{
	(void)stored;
	if (!council->tick)
		return;
	if (!feeds_were_caught_up(council))
		loop_timer_in(council->tick, LOOK_AGAIN);
	else
		loop_timer_at(council->tick, pipeline_next(council->pipeline));
}

static void on_tick(void *argument)
{
	struct council *council = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	instant now = council_now(council); /* before the log is asked: who is stopped in between is not ahead of it */
	if (feeds_caught_up(council)) {
		pipeline_read_to(council->pipeline, feeds_read_to(council));
		result = pipeline_tick(council->pipeline, now, &fault);
	}
	council_after(council, result, &fault);
}

void clocks_start(struct council *council)
{
	council->tick = loop_timer_new(council->daemon->loop, on_tick, council);
	loop_timer_in(council->tick, 0);
	council_follow(council, arm);
}

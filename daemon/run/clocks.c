/* clocks: what falls due by the clock, once the log was read. */
#include "run/run_internal.h"

static void on_tick(void *argument)
{
	struct daemon *daemon = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	if (feeds_caught_up(daemon)) {
		pipeline_read_to(daemon->pipeline, feeds_read_to(daemon));
		result = pipeline_tick(daemon->pipeline, daemon_now(daemon), &fault);
	}
	daemon_after(daemon, result, &fault);
}

void clocks_start(struct daemon *daemon)
{
	daemon->tick = loop_timer_new(daemon->loop, on_tick, daemon);
	loop_timer_in(daemon->tick, 0);
}

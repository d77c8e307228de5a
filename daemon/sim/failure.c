/* failure: what must never be; and beside it each act, where it is asked to be said. */
#include "sim/members.h"

#include <stdarg.h>
#include <stdio.h>

void sim_trace(const struct sim *sim, const struct act *act)
{
	struct buffer out = {0};
	if (!sim->verbose)
		return;
	plan_print_act(act, &out);
	(void)fputs(buffer_cstr(&out), stderr);
	buffer_free(&out);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
	char words[1200], at[32];
	va_list list;
	if (sim_failed(sim))
		return;
	va_start(list, format);
	(void)vsnprintf(words, sizeof words, format, list);
	va_end(list);
	instant_print(sim->truth, at);
	buffer_format(&sim->failure, "%s: %s", at, words);
	if (sim->member) {
		buffer_format(&sim->failure, " (machine %zu)", sim->member->number);
		sim->member->members->failed = true;
	}
}

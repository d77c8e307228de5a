/* failure: what must never be; and beside it each act and the daemon's log, where it is asked to be said. */
#include "sim/members.h"

#include "base/log.h"

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

/* ---- the daemon's log ---- */

static struct sim *hears; /* of several machines the last; NULL: nobody */

/* What casewatch itself calls a mistake in casewatch is one, also where it ends itself and starts clean. */
static void hear_line(enum log_level level, const struct log_about *about, const char *line)
{
	if (!hears)
		return;
	if (hears->verbose)
		(void)fprintf(stderr, "<%d>%s%s%s%s%s%s%s\n", (int)level, line, about->event ? " event=" : "",
		              about->event ? about->event : "", about->rule ? " rule=" : "",
		              about->rule ? about->rule : "", about->alert ? " alert=" : "",
		              about->alert ? about->alert : "");
	if (strstr(line, "a mistake in casewatch"))
		sim_fail(hears, "it is said: %s", line);
}

void sim_hear(struct sim *sim)
{
	hears = sim;
	log_set_sink(hear_line);
}

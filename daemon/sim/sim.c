/* sim: a run: a plan, act by act. */
#include "sim/members.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY (24 * HOUR)

/* ---- the run ---- */

/* In steps of an hour at most, so that people answer. */
static void live_until(struct sim *sim, instant truth)
{
	while (sim->truth < truth && !sim_failed(sim)) {
		instant next = sim->truth + HOUR < truth ? sim->truth + HOUR : truth;
		world_live_until(sim, next);
		people_answer(sim);
		orders_go_on(sim);
	}
}

/* For the last day: nothing fails any more, the clock is right, and the tree's own configuration is in force. */
static void put_right(struct sim *sim)
{
	sim->power_cut_at = INSTANT_NEVER;
	sim->off_until = INSTANT_NONE;
	for (size_t i = 0; i < LOG_PARTS; i++)
		if (sim->lags_until[i] != INSTANT_NONE)
			world_lag(sim, i, INSTANT_NONE);
	disk_forgive(sim->disk);
	sim->ahead_until = INSTANT_NONE; /* nothing fails with it any more */
	act_clock_right(sim);
	act_reload_own(sim);
}

static void live(struct sim *sim)
{
	const instant quiet_from = sim->plan.ends - DAY + HOUR; /* layout.c: no fault comes later */
	bool quiet = false;
	int day = 1;
	for (size_t i = 0; i < sim->plan.count && !sim_failed(sim); i++) {
		const struct act *act = &sim->plan.acts[i];
		for (; sim->plan.begins + day * DAY <= act->at && act->at < sim->plan.ends; day++) {
			live_until(sim, sim->plan.begins + day * DAY);
			check_day(sim, day);
		}
		if (act->at >= sim->plan.ends)
			break;
		if (!quiet && act->at > quiet_from) {
			live_until(sim, quiet_from);
			put_right(sim);
			quiet = true;
		}
		live_until(sim, act->at);
		if (!sim_failed(sim))
			sim_trace(sim, act);
		if (!sim_failed(sim))
			act_now(sim, act);
	}
	if (!quiet)
		put_right(sim);
	live_until(sim, sim->plan.ends - HOUR);
	check_day(sim, day);
	live_until(sim, sim->plan.ends);
	world_settle(sim);
	if (!sim_failed(sim))
		check_end(sim);
}

static void run_alone(struct plan *plan, const struct sim_settings *settings, struct sim_figures *figures,
                      struct buffer *failure)
{
	struct sim *sim = MEM_NEW(struct sim);
	sim_begin(sim, plan, settings, NULL);
	live(sim);
	sim_end_life(sim, settings);
	sim->figures.sends = sim->mail.sent_count;
	*figures = sim->figures;
	*failure = sim->failure;
	sim_free(sim);
}

void sim_run(struct plan *plan, const struct sim_settings *settings, struct sim_figures *figures,
             struct buffer *failure)
{
	if (plan->members > 1)
		members_run(plan, settings, figures, failure);
	else
		run_alone(plan, settings, figures, failure);
}

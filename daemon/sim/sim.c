/* sim: a run: a plan, act by act. */
#include "sim/sim.h"

#include "base/log.h"

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
	}
}

static void trace_act(const struct sim *sim, const struct act *act)
{
	struct buffer out = {0};
	if (!sim->verbose)
		return;
	plan_print_act(act, &out);
	(void)fputs(buffer_cstr(&out), stderr);
	buffer_free(&out);
}

/* For the last day: nothing fails any more, the clock is right, and the tree's own configuration is in force. */
static void put_right(struct sim *sim)
{
	bool wrong = sim->hands.now != sim->truth;
	sim->hands.now = sim->truth;
	sim->power_cut_at = INSTANT_NEVER;
	disk_forgive(sim->disk);
	if (wrong && sim->running)
		loop_clock_was_set(sim->daemon.loop);
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
			trace_act(sim, act);
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

static void drop_line(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	(void)about;
	(void)line;
}

static void keep_database(struct sim *sim, const char *folder)
{
	struct disk_image *image = disk_copy(sim->disk);
	if (!disk_image_write(image, folder))
		(void)fprintf(stderr, "the database cannot be written into %s\n", folder);
	disk_image_free(image);
}

void sim_run(struct plan *plan, const struct sim_settings *settings, struct sim_figures *figures,
             struct buffer *failure)
{
	struct sim *sim = MEM_NEW(struct sim);
	sim->plan = *plan;
	sim->oracle = settings->oracle;
	sim->verbose = settings->verbose;
	sim->truth = plan->begins;
	sim->hands = (struct clock_hands){.now = plan->begins, .elapsed = 77 * HOUR};
	sim->source_away_until = sim->full_until = INSTANT_NONE;
	sim->restored = INSTANT_NONE;
	sim->power_cut_at = INSTANT_NEVER;
	sim->disk = disk_new();
	if (!settings->verbose)
		log_set_sink(drop_line);
	mail_init(&sim->mail, plan->seed, sim->disk, &sim->truth);
	world_init(sim);
	live(sim);
	if (sim_failed(sim) && settings->keep)
		keep_database(sim, settings->keep);
	world_stop(sim);
	backups_clear(sim);
	oracle_end(sim);
	sim->figures.sends = sim->mail.sent_count;
	*figures = sim->figures;
	*failure = sim->failure;
	world_clear(sim);
	mail_clear(&sim->mail);
	map_free(&sim->known);
	map_free(&sim->stored);
	for (size_t i = 0; i < sim->log_count; i++)
		free(sim->log[i].bytes);
	free(sim->log);
	orders_clear(sim);
	disk_free(sim->disk);
	free(sim);
}

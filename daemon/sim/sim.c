/* sim: a run: a plan, act by act. */
#include "sim/sim.h"

#include "base/log.h"
#include "store/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY (24 * HOUR)

/* ---- people answer ---- */

struct answering {
	struct sim *sim;
	uint64_t chance;
	bool given;
};

static enum result give_answer(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct answering *answering = argument;
	struct sim *sim = answering->sim;
	struct chance chance = chance_of(sim->plan.seed, answering->chance);
	struct buffer bytes = {0};
	char time[32];
	uint64_t luck = chance_below(&chance, 10);
	(void)fault;
	if (answering->given || !row->alert.length)
		return RESULT_OK;
	answering->given = true;
	instant_print(sim->truth, time);
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"a%" PRIu64
	              "\",\"source\":\"/casewatch/answer\",\"type\":\"alert.%s\","
	              "\"subject\":\"%.*s\",\"time\":\"%s\",\"data\":{\"alert\":\"%.*s\",\"by\":\"%.*s\",\"person\":"
	              "\"%.*s\",%s}}",
	              ++sim->figures.answers,
	              luck < 7   ? "acknowledged"
	              : luck < 9 ? "passed_on"
	                         : "resolved",
	              TEXT_ARG(row->subject), time, TEXT_ARG(row->alert), TEXT_ARG(row->role), TEXT_ARG(row->person),
	              luck < 7   ? "\"action\":\"seen to\""
	              : luck < 9 ? "\"reason\":\"not me\""
	                         : "\"reason\":\"no longer needed\"");
	world_put(sim, buffer_cstr(&bytes), false);
	buffer_free(&bytes);
	return RESULT_OK;
}

/* Whoever answers had the message; what it was about is asked of the database, as the page does. */
static void answer_due(struct sim *sim)
{
	for (size_t i = sim->mail.answer_next; i < sim->mail.answer_count && sim->running; i++) {
		struct mail_answer *one = &sim->mail.answers[i];
		struct answering answering = {.sim = sim, .chance = one->chance};
		struct fault fault = {0};
		if (one->given || one->at > sim->truth)
			continue;
		one->given = true;
		sim->worked_apart = true;
		disk_look(sim->disk, true);
		if (outbox_of_message(sim->council->store, text_of(one->reference), give_answer, &answering, &fault) !=
		    RESULT_OK)
			sim_fail(sim, "a message cannot be found: %s", fault.text);
		disk_look(sim->disk, false);
	}
	while (sim->mail.answer_next < sim->mail.answer_count && sim->mail.answers[sim->mail.answer_next].given)
		sim->mail.answer_next++;
}

/* ---- the run ---- */

/* In steps of an hour at most, so that people answer. */
static void live_until(struct sim *sim, instant truth)
{
	while (sim->truth < truth && !sim_failed(sim)) {
		instant next = sim->truth + HOUR < truth ? sim->truth + HOUR : truth;
		world_live_until(sim, next);
		answer_due(sim);
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

static void live(struct sim *sim)
{
	int day = 1;
	for (size_t i = 0; i < sim->plan.count && !sim_failed(sim); i++) {
		const struct act *act = &sim->plan.acts[i];
		for (; sim->plan.begins + day * DAY <= act->at && act->at < sim->plan.ends; day++) {
			live_until(sim, sim->plan.begins + day * DAY);
			check_day(sim, day);
		}
		if (act->at >= sim->plan.ends)
			break;
		live_until(sim, act->at);
		if (!sim_failed(sim))
			trace_act(sim, act);
		if (!sim_failed(sim))
			act_now(sim, act);
	}
	sim->hands.now = sim->truth;
	sim->power_cut_at = INSTANT_NEVER;
	disk_forgive(sim->disk);
	act_reload_own(sim);
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
	disk_image_free(sim->backup);
	disk_free(sim->disk);
	free(sim);
}

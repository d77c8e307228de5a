/* parts: of a run: a machine begins, ends, and is let go of. */
#include "sim/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Of several machines each in a folder of its own. */
static void keep_database(struct sim *sim, const char *folder)
{
	char own[512];
	struct disk_image *image = disk_copy(sim->disk);
	(void)snprintf(own, sizeof own, "%s", folder);
	if (sim->member) {
		(void)snprintf(own, sizeof own, "%s/machine-%zu", folder, sim->member->number);
		(void)mkdir(own, 0750);
	}
	if (!disk_image_write(image, own))
		(void)fprintf(stderr, "the database cannot be written into %s\n", own);
	disk_image_free(image);
}

void sim_begin(struct sim *sim, const struct plan *plan, const struct sim_settings *settings, struct member *member)
{
	sim->plan = *plan;
	sim->oracle = settings->oracle;
	sim->verbose = settings->verbose;
	sim->truth = plan->begins;
	sim->hands = (struct clock_hands){.now = plan->begins, .elapsed = 77 * HOUR};
	sim->source_away_until = sim->full_until = sim->off_until = sim->ahead_until = INSTANT_NONE;
	for (size_t i = 0; i < LOG_PARTS; i++)
		sim->lags_until[i] = INSTANT_NONE;
	sim->restored = sim->right_since = INSTANT_NONE;
	sim->power_cut_at = INSTANT_NEVER;
	sim->member = member;
	sim->others_failed = member ? &member->members->failed : NULL;
	sim->disk = disk_new();
	sim_hear(sim);
	mail_init(&sim->mail, plan->seed, sim->disk, &sim->truth);
	world_init(sim);
}

void sim_end_life(struct sim *sim, const struct sim_settings *settings)
{
	if (sim_failed(sim) && settings->keep)
		keep_database(sim, settings->keep);
	world_stop(sim);
	backups_clear(sim);
	oracle_end(sim);
}

void sim_free(struct sim *sim)
{
	refold_forget(sim);
	world_clear(sim);
	mail_clear(&sim->mail);
	map_free(&sim->known);
	map_free(&sim->stored);
	for (size_t i = 0; i < sim->log_count; i++) {
		free(sim->log[i].bytes);
		free(sim->log[i].order);
	}
	free(sim->log);
	orders_clear(sim);
	erase_clear(sim);
	disk_free(sim->disk);
	sim_hear(NULL);
	free(sim);
}

/* rest: when nothing waits any more, and a clock that is set right: for what happens, and for who looks. */
#include "sim/sim.h"

bool check_rests(struct sim *sim)
{
	const struct council *council = sim->council;
	if (!sim->running)
		return false;
	for (size_t i = 0; i < LOG_PARTS; i++)
		if (sim->promised.next[i] != (int64_t)sim->part_count[i])
			return false;
	return feeds_were_caught_up(council) && sim->source_away_until == INSTANT_NONE &&
	       !pipeline_trouble(council->pipeline) && pipeline_next(council->pipeline) > sim->hands.now &&
	       !pipeline_holds_up(council->pipeline) &&
	       council_registers_rest(council) && erase_rests(sim);
}

void act_clock_right(struct sim *sim)
{
	bool wrong = sim->hands.now != sim->truth;
	sim->right_since = sim->ahead_until == INSTANT_NONE ? INSTANT_NONE : sim->truth;
	sim->ahead_until = INSTANT_NONE;
	sim->hands.now = sim->truth;
	if (wrong && sim->running)
		loop_clock_was_set(sim->daemon.loop);
	/* Mostly the process that begins then cannot write what it finds at its first try. */
	struct chance chance = chance_of(sim->plan.seed, (uint64_t)sim->truth);
	if (sim->right_since != INSTANT_NONE && sim->full_until == INSTANT_NONE && !chance_one_in(&chance, 4))
		disk_plan(sim->disk, chance_one_in(&chance, 2) ? DISK_WRITE_FAILS : DISK_SYNC_FAILS,
		          chance_below(&chance, 60), 1, chance);
}

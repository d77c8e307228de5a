/* acts: what happens at its time: a record comes, or something goes wrong. */
#include "sim/sim.h"

#include "time/words.h"

#include <stdio.h>

#define DAY (24 * HOUR)

static void plan_disk(struct sim *sim, struct chance *chance)
{
	static const enum disk_fault faults[] = {DISK_KILLED,      DISK_KILLED,     DISK_POWER_CUT,  DISK_POWER_CUT,
	                                         DISK_WRITE_FAILS, DISK_SYNC_FAILS, DISK_READ_FAILS, DISK_SHORT_READ};
	enum disk_fault fault = faults[chance_below(chance, sizeof faults / sizeof *faults)];
	uint64_t within = chance_one_in(chance, 2) ? 12 : 400;
	uint64_t after = chance_below(chance, within);
	uint64_t times = chance_one_in(chance, 4) ? 1 + chance_below(chance, 8) : 1;
	if (sim->full_until != INSTANT_NONE)
		return; /* one thing at a time */
	if (sim->verbose)
		(void)fprintf(stderr, "%s, after %d calls, %d times\n", disk_fault_name(fault), (int)after, (int)times);
	disk_plan(sim->disk, fault, after, times, chance_of(sim->plan.seed, chance_next(chance)));
	/* What was not brought to the disk then is missed only when the power is cut. */
	if (fault == DISK_SYNC_FAILS && chance_one_in(chance, 2))
		sim->power_cut_at = sim->truth + MINUTE + (instant)chance_below(chance, HOUR);
}

/* Mostly for minutes: while nothing can be written all that is due is tried again every few seconds, and an hour of
 * that costs as much as days. */
static void fill_disk(struct sim *sim, struct chance *chance)
{
	instant most = chance_one_in(chance, 4) ? 5 * HOUR : 20 * MINUTE;
	disk_plan(sim->disk, DISK_FULL, 0, 0, *chance);
	sim->full_until = sim->truth + MINUTE + (instant)chance_below(chance, (uint64_t)most);
}

/* By seconds, by hours, by days; and back to what is right an hour or so later, by the next one. */
static void set_clock(struct sim *sim, struct chance *chance)
{
	static const instant by[] = {3 * SECOND, 40 * SECOND, 10 * MINUTE, 3 * HOUR, DAY, 2 * DAY, 9 * DAY};
	instant wrong = sim->hands.now - sim->truth;
	instant step = by[chance_below(chance, sizeof by / sizeof *by)];
	if (wrong)
		sim->hands.now = sim->truth;
	else
		sim->hands.now += chance_one_in(chance, 2) ? step : -step;
	sim->clock_was_wrong = true;
	if (sim->running)
		loop_clock_was_set(sim->daemon.loop);
}

/* By more days than are left, for some hours, in which people answer or not. */
static void set_ahead(struct sim *sim, struct chance *chance)
{
	char time[32], bytes[320];
	sim->hands.now = sim->truth + 9 * DAY;
	sim->ahead_until = sim->truth + HOUR + (instant)chance_below(chance, 5 * HOUR);
	sim->clock_was_wrong = true;
	if (sim->running)
		loop_clock_was_set(sim->daemon.loop);
	instant_print(sim->truth, time);
	(void)snprintf(bytes, sizeof bytes,
	               "{\"specversion\":\"1.0\",\"id\":\"ahead-%llx\",\"source\":\"/police\",\"type\":"
	               "\"custody.threshold_met\",\"subject\":\"C%d\",\"time\":\"%s\",\"data\":{\"custody\":"
	               "\"ahead-%llx\"}}",
	               (unsigned long long)sim->truth, 1 + (int)chance_below(chance, (uint64_t)sim->plan.children),
	               time, (unsigned long long)sim->truth);
	world_put(sim, bytes, false);
}

/* Of what people hand in nobody else has a copy before it was taken: an order that a source had first would be none. */
static bool waits_in_spool(const struct sim *sim, const struct logged *one)
{
	return one->position == log_parts[LOG_SPOOL] && one->next > sim->promised.next[LOG_SPOOL];
}

static void come_again(struct sim *sim, struct chance *chance)
{
	size_t count = 1 + chance_below(chance, 12);
	for (size_t i = sim->log_count > count ? sim->log_count - count : 0, end = sim->log_count; i < end; i++)
		if (!sim->log[i].order && !waits_in_spool(sim, &sim->log[i]))
			world_put(sim, sim->log[i].bytes, sim->log[i].hostile);
}

/* What is wrong is refused, and put right before the next start; what is another stays until the next one. */
static void reload(struct sim *sim, uint64_t chance)
{
	if (!sim->running)
		return;
	const struct edition *before = sim->council->edition;
	look_close_pages(sim); /* what it holds of this edition */
	edition_write(sim, chance);
	reload_now(sim->council);
	sim->worked_apart = true; /* another engine begins to count anew */
	sim->other_edition = true;
	sim->amiss = sim->truth;
	if (sim->council->edition == before)
		edition_write(sim, 0);
	else
		sim->in_force = sim->written;
}

void act_reload_own(struct sim *sim)
{
	if (!sim->other_edition)
		return;
	reload(sim, 0);
	if (!sim->running)
		edition_write(sim, 0);
}

/* What SQLite says of a statement that it could not do; of the first the store knows that it was a read. */
static void plan_statement(struct sim *sim, struct chance *chance)
{
	static const int said[] = {SQLITE_IOERR_READ, SQLITE_IOERR_READ, SQLITE_IOERR_WRITE, SQLITE_BUSY, SQLITE_NOMEM};
	int status = said[chance_below(chance, sizeof said / sizeof *said)];
	uint64_t within = chance_one_in(chance, 3) ? 5000 : 150;
	uint64_t after = chance_below(chance, within);
	uint64_t times = chance_one_in(chance, 4) ? 1 + chance_below(chance, 6) : 1;
	if (sim->verbose)
		(void)fprintf(stderr, "statements fail (%s), after %d, %d times\n", sqlite3_errstr(status), (int)after,
		              (int)times);
	disk_plan_statement(sim->disk, status, after, times);
}

/* Minutes, or most of a day: then much comes at once. */
static instant a_while(const struct sim *sim, struct chance *chance)
{
	instant most = chance_one_in(chance, 2) ? 16 * HOUR : 20 * MINUTE;
	return sim->truth + MINUTE + (instant)chance_below(chance, (uint64_t)most);
}

/* Every second time something fails as well once it is on again and takes its backlog. */
static void switch_off(struct sim *sim, struct chance *chance)
{
	world_kill(sim, chance_one_in(chance, 2), *chance);
	sim->off_until = a_while(sim, chance);
	if (!chance_one_in(chance, 2))
		return;
	if (chance_one_in(chance, 2))
		plan_disk(sim, chance);
	else
		plan_statement(sim, chance);
}

#define A_TURN_MOST 6 /* records; a batch has twenty */

void act_now(struct sim *sim, const struct act *act)
{
	struct chance chance = chance_of(sim->plan.seed, act->chance);
	sim->figures.faults += !sim->member && act_is_fault(act->kind); /* of several: members_acts.c */
	sim->figures.events += act->kind == ACT_EVENT;
	switch (act->kind) {
	case ACT_EVENT: world_put(sim, act->bytes, act->hostile); break;
	case ACT_DISK: plan_disk(sim, &chance); break;
	case ACT_FULL: fill_disk(sim, &chance); break;
	case ACT_KILL_AT_SEND:
		sim->mail.kill_at_send = true;
		sim->mail.after_it = chance_one_in(&chance, 2);
		break;
	case ACT_KILL: world_kill(sim, false, chance); break;
	case ACT_POWER: world_kill(sim, true, chance); break;
	case ACT_CLOCK: set_clock(sim, &chance); break;
	case ACT_RELAY: mail_change_weather(&sim->mail, act->chance); break;
	case ACT_SOURCE:
		sim->source_away_until = sim->truth + MINUTE + (instant)chance_below(&chance, 6 * HOUR);
		if (sim->running)
			memory_source_say(sim->source, SOURCE_DOWN, "the broker is away");
		break;
	case ACT_AGAIN: come_again(sim, &chance); break;
	case ACT_RELOAD: reload(sim, act->chance | 1); break;
	case ACT_RESTART: world_stop(sim); break;
	case ACT_BACKUP: backups_make(sim); break;
	case ACT_RESTORE: backups_restore(sim); break;
	case ACT_STATEMENT: plan_statement(sim, &chance); break;
	case ACT_MUTE: orders_mute(sim, chance); break;
	case ACT_QUARANTINE: orders_decide(sim, chance); break;
	case ACT_ERASE: erase_child(sim, chance); break;
	case ACT_TURNS: sim->records_a_turn = 1 + (size_t)chance_below(&chance, A_TURN_MOST); break;
	case ACT_LAG: world_lag(sim, chance_below(&chance, LOG_SPOOL + 1), a_while(sim, &chance)); break;
	case ACT_AHEAD: set_ahead(sim, &chance); break;
	case ACT_OFF: switch_off(sim, &chance); break;
	case ACT_CUT:
	case ACT_FREEZE:
	case ACT_POINT:
	case ACT_MOVE:
	case ACT_ROUGH:
	case ACT_SILENT: /* of several machines: members_acts.c */
	case ACT_KINDS: break;
	}
}

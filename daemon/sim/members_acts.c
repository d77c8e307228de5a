/* members_acts: what happens at its time, to one of the machines or between them and the brokers. */
#include "sim/members.h"

#include <stdio.h>

static const instant stands_for[] = {2 * SECOND, 4 * SECOND, 7 * SECOND, 11 * SECOND, 13 * SECOND, 40 * SECOND};

#define SILENT_MOST (5 * MINUTE) /* longer than the pauses between claims grow (OWNERSHIP_AGAIN_MOST) */

static instant some(const instant *table, size_t count, struct chance *chance)
{
	return table[chance_below(chance, count)];
}
#define SOME(table, chance) some((table), sizeof(table) / sizeof *(table), (chance))

static struct member *choose(struct members *members, struct chance *chance)
{
	return &members->items[chance_below(chance, members->count)];
}

/* Whoever sends is struck twice as often as others. */
static struct member *choose_who_sends(struct members *members, struct chance *chance)
{
	struct member *chosen = choose(members, chance);
	for (size_t i = 0; i < members->count && chance_one_in(chance, 2); i++)
		if (members->items[i].told)
			return &members->items[i];
	return chosen;
}

static void stay_away(struct member *member, struct chance *chance)
{
	static const instant away[] = {5 * SECOND, 20 * SECOND, 10 * MINUTE, 3 * HOUR, 9 * HOUR};
	if (!member->sim->running)
		member->down_until = member->sim->truth + SOME(away, chance);
}

static void cut_off(struct member *member, struct chance *chance)
{
	static const instant away[] = {3 * SECOND, 8 * SECOND, 30 * SECOND, 4 * MINUTE, 12 * MINUTE};
	struct sim *sim = member->sim;
	brokers_cut(member);
	member->members->cuts++;
	member->cut_until = sim->truth + SOME(away, chance);
	sim->source_away_until = member->cut_until;
	if (sim->running)
		memory_source_say(sim->source, SOURCE_DOWN, "the brokers are away");
}

/* And then half of them are not told for a while that another was named meanwhile, as librdkafka's did not: two believe
 * to be (docs/cells.md). The journal alone says who may send. */
static void freeze(struct member *member, struct chance *chance)
{
	member->frozen_until = member->sim->truth + SOME(stands_for, chance);
	if (chance_one_in(chance, 2))
		member->silent_until = member->frozen_until + (instant)chance_below(chance, SILENT_MOST);
}

static void strike(struct member *member, struct chance *chance)
{
	member->point = (enum point)chance_below(chance, POINTS);
	member->point_after = chance_below(chance, 6);
	member->point_for = chance_one_in(chance, 3) ? 0 : SOME(stands_for, chance);
}

static void hand_over(struct members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		members_enter(&members->items[i]);
		if (members_hears(&members->items[i]) && cell_move(members->items[i].sim->council)) {
			members->moves++;
			return;
		}
	}
}

/* Of people: by a machine that is there. */
static struct member *choose_who_is_there(struct members *members, struct chance *chance)
{
	size_t first = (size_t)chance_below(chance, members->count);
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->items[(first + i) % members->count];
		if (members_hears(member))
			return member;
	}
	return NULL;
}

/* What somebody ordered by one machine all must hold. */
static void mute(struct members *members, const struct act *act, struct chance *chance)
{
	const struct member *by = choose_who_is_there(members, chance);
	if (!by)
		return;
	members_enter(&members->items[by->number]);
	orders_mute(by->sim, chance_of(by->sim->plan.seed, act->chance));
	for (size_t i = 0; i < members->count; i++)
		if (i != by->number)
			orders_know_mutes(members->items[i].sim, by->sim);
}

void members_act(struct members *members, const struct act *act)
{
	struct chance chance = chance_of(members->items[0].sim->plan.seed, act->chance);
	struct member *member = choose_who_sends(members, &chance);
	struct sim *sim = member->sim;
	members_enter(member);
	switch (act->kind) {
	case ACT_EVENT:
		members->items[0].sim->figures.events++;
		brokers_put(members, act->bytes, NULL, act->hostile);
		return;
	case ACT_MUTE: mute(members, act, &chance); return;
	case ACT_QUARANTINE:
		member = choose_who_is_there(members, &chance);
		if (!member)
			return;
		members_enter(member);
		orders_decide(member->sim, chance);
		return;
	case ACT_TURNS: /* of each its own */
		for (size_t i = 0; i < members->count; i++)
			act_now(members->items[i].sim, &(struct act){.kind = ACT_TURNS, .chance = act->chance + i});
		return;
	case ACT_CUT: cut_off(member, &chance); break;
	case ACT_FREEZE: freeze(member, &chance); break;
	case ACT_POINT: strike(member, &chance); break;
	case ACT_MOVE: hand_over(members); break;
	case ACT_ROUGH: members->rough_until = sim->truth + (instant)chance_below(&chance, 10 * MINUTE); break;
	case ACT_SILENT: member->silent_until = sim->truth + (instant)chance_below(&chance, SILENT_MOST); break;
	case ACT_SOURCE: /* the brokers of all, for a while */
		for (size_t i = 0; i < members->count; i++)
			cut_off(&members->items[i], &chance);
		break;
	case ACT_KILL:
	case ACT_POWER:
	case ACT_RESTART:
		act_now(sim, act);
		stay_away(member, &chance);
		break;
	case ACT_DISK:
	case ACT_FULL:
	case ACT_KILL_AT_SEND:
	case ACT_RELAY:
	case ACT_AGAIN:
	case ACT_STATEMENT: act_now(sim, act); break;
	case ACT_CLOCK:
	case ACT_RELOAD:
	case ACT_BACKUP:
	case ACT_RESTORE:
	case ACT_LAG:
	case ACT_AHEAD:
	case ACT_OFF:
	case ACT_ERASE: /* an order that goes through the log: docs/simulator.md */
	case ACT_KINDS: return;
	}
	members->items[0].sim->figures.faults++;
	members->freezes += act->kind == ACT_FREEZE;
}

/* members: machines live side by side: each is turned while anything is to be done, and then time leaps for all. */
#include "sim/members.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

#define DAY (24 * HOUR)
#define ROUNDS_MOST 20000            /* without time going on: loops that never rest */
/* Either way: two machines differ by less than a due time is late (docs/cells.md). */
#define SKEW_MOST (SECOND * 3 / 10)
#define SETTLING_SECONDS 900
#define NUMBERS_EACH 1000000 /* of what people answer and order by one of them: their ids are all different */
#define EQUAL_TRIES 20 /* clocks that differ by a moment judge what falls due at different moments */

/* ---- one round ---- */

static instant turn_member(struct member *member)
{
	struct sim *sim = member->sim;
	if (member_stands_still(member))
		return INSTANT_NEVER;
	if (!sim->running && sim->truth < member->down_until)
		return member->down_until;
	members_enter(member);
	instant next = world_turn(sim);
	if (!sim->running && member->down_until <= sim->truth)
		member->down_until = sim->truth + 5 * SECOND; /* RestartSec= of the unit */
	return sim->running ? next : member->down_until;
}

/* Whose turn it is first is another each time. */
static instant one_round(struct members *members)
{
	instant next = INSTANT_NEVER;
	size_t first = (size_t)(members->rounds++ * 7 / 3 % members->count);
	brokers_turn(members);
	for (size_t i = 0; i < members->count && !members->failed; i++) {
		instant own = turn_member(&members->items[(first + i) % members->count]);
		next = own < next ? own : next;
	}
	instant brokers = brokers_next(members);
	return brokers < next ? brokers : next;
}

/* Also within a call of one of them, which stands still in it. */
static void live_until(struct members *members, instant truth)
{
	struct member *before = members_now();
	int still = 0;
	while (members_truth(members) < truth && !members->failed) {
		instant next = one_round(members), at = members_truth(members);
		next = next < truth ? next : truth;
		if (next > at) {
			members_pass(members, next - at);
			still = 0;
		} else if (++still > ROUNDS_MOST) {
			sim_fail(members->items[0].sim, "the loops never rest");
		}
	}
	if (before)
		members_enter(before);
}

/* ---- in the middle of a call ---- */

static void stand_still(struct member *member, instant span)
{
	member->members->freezes++;
	member->busy = true;
	live_until(member->members, member->sim->truth + span);
	member->busy = false;
	member->frozen_until = member->sim->truth; /* until now: whoever asks how long it has been well hears of it */
}

static bool at_send(void *context, bool after)
{
	return members_point(context, after ? POINT_SEND_AFTER : POINT_SEND);
}

/* ---- the run ---- */

static void answer(struct members *members)
{
	for (size_t i = 0; i < members->count && !members->failed; i++) {
		if (!members_hears(&members->items[i]))
			continue;
		members_enter(&members->items[i]);
		people_answer(members->items[i].sim);
	}
}

/* In steps, so that people answer, and whoever should send is looked for. */
static void live_on(struct members *members, instant truth)
{
	while (members_truth(members) < truth && !members->failed) {
		instant next = members_truth(members) + MINUTE;
		live_until(members, next < truth ? next : truth);
		answer(members);
		members_check_owner(members);
	}
}

static bool all_rest(const struct members *members)
{
	if (!brokers_all_read(members))
		return false;
	for (size_t i = 0; i < members->count; i++)
		if (!members_hears(&members->items[i]) || !check_rests(members->items[i].sim))
			return false;
	return true;
}

/* Where one is away they are compared another day. */
static void look_whether_equal(struct members *members, bool must)
{
	bool could = false;
	for (int i = 0; i < EQUAL_TRIES && !members->failed; i++) {
		if (all_rest(members)) {
			could = true;
			if (members_are_equal(members, false)) {
				members->equal++;
				return;
			}
		}
		live_until(members, members_truth(members) + SECOND / 2);
	}
	if (could && all_rest(members))
		(void)members_are_equal(members, true);
	else if (must)
		sim_fail(members->items[0].sim, "the machines do not come to rest");
}

static void end_day(struct members *members, int day)
{
	for (size_t i = 0; i < members->count; i++) {
		members_enter(&members->items[i]);
		check_day(members->items[i].sim, day);
	}
	look_whether_equal(members, false);
}

static void put_right(struct members *members)
{
	members->calm = true;
	members->rough_until = INSTANT_NONE;
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->items[i];
		struct sim *sim = member->sim;
		members_enter(member);
		member->down_until = member->frozen_until = member->cut_until = member->silent_until = sim->truth;
		member->point_for = INSTANT_NEVER;
		sim->source_away_until = sim->truth;
		sim->power_cut_at = INSTANT_NEVER;
		disk_forgive(sim->disk);
	}
}

static void settle(struct members *members)
{
	for (int i = 0; i < SETTLING_SECONDS && !members->failed && !all_rest(members); i++)
		live_until(members, members_truth(members) + SECOND);
}

/* What one sender knows to be taken, and died before it could say so, waits on the others until they own. */
static void let_each_own(struct members *members)
{
	for (size_t i = 0; i < members->count && !members->failed; i++) {
		for (size_t k = 0; k < members->count; k++) {
			members_enter(&members->items[k]);
			if (members->items[k].sim->running && cell_move(members->items[k].sim->council)) {
				members->moves++;
				break;
			}
		}
		live_on(members, members_truth(members) + 5 * MINUTE);
		settle(members);
	}
}

static void live(struct members *members, const struct plan *plan)
{
	const instant quiet_from = plan->ends - DAY + HOUR; /* layout.c: no fault comes later */
	bool quiet = false;
	int day = 1;
	for (size_t i = 0; i < plan->count && !members->failed; i++) {
		const struct act *act = &plan->acts[i];
		if (act->at >= plan->ends)
			break;
		for (; plan->begins + day * DAY <= act->at && !members->failed; day++) {
			live_on(members, plan->begins + day * DAY);
			end_day(members, day);
		}
		if (!quiet && act->at > quiet_from) {
			live_on(members, quiet_from);
			put_right(members);
			quiet = true;
		}
		live_on(members, act->at);
		if (!members->failed)
			sim_trace(members->items[0].sim, act);
		if (!members->failed)
			members_act(members, act);
	}
	if (!quiet)
		put_right(members);
	live_on(members, plan->ends - HOUR);
	end_day(members, day);
	live_on(members, plan->ends);
	settle(members);
	let_each_own(members);
	look_whether_equal(members, true);
	for (size_t i = 0; i < members->count && !members->failed; i++) {
		members_enter(&members->items[i]);
		check_end(members->items[i].sim);
	}
}

/* ---- begin and end ---- */

static void begin(struct members *members, struct plan *plan, const struct sim_settings *settings)
{
	struct chance chance = chance_named(plan->seed, "skew");
	members->count = (size_t)plan->members;
	members->rough_until = INSTANT_NONE;
	members->stand_still = stand_still;
	members->came = world_log;
	members->brokers = brokers_new(plan->seed);
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->items[i];
		*member = (struct member){.sim = MEM_NEW(struct sim),
		                          .members = members,
		                          .number = i,
		                          .down_until = plan->begins,
		                          .frozen_until = INSTANT_NONE,
		                          .cut_until = INSTANT_NONE,
		                          .silent_until = INSTANT_NONE,
		                          .point_for = INSTANT_NEVER,
		                          .news_at = INSTANT_NEVER,
		                          .well_since = INSTANT_NEVER,
		                          .heard = plan->begins};
		sim_begin(member->sim, plan, settings, member);
		member->sim->hands.now += (instant)chance_below(&chance, 2 * SKEW_MOST) - SKEW_MOST;
		member->sim->hands.elapsed += (instant)i * HOUR;
		member->sim->orders = member->sim->figures.answers = i * NUMBERS_EACH;
		member->sim->mail.all = &members->items[0].sim->mail;
		member->sim->mail.at_send = at_send;
		member->sim->mail.at_send_context = member;
	}
}

static void add_figures(struct sim_figures *all, const struct sim_figures *one)
{
	all->turns += one->turns;
	all->starts += one->starts;
	all->kills += one->kills;
	all->power_cuts += one->power_cuts;
	all->faults += one->faults;
	all->events += one->events;
	all->answers += one->answers;
	all->refolds += one->refolds;
	all->reckonings += one->reckonings;
	all->oracles += one->oracles;
}

static void end(struct members *members, const struct sim_settings *settings, struct sim_figures *figures,
                struct buffer *failure)
{
	for (size_t i = 0; i < members->count; i++) {
		struct sim *sim = members->items[i].sim;
		members_enter(&members->items[i]);
		sim_end_life(sim, settings);
		sim->figures.answers -= i * NUMBERS_EACH;
		if (i == 0)
			*figures = sim->figures;
		else
			add_figures(figures, &sim->figures);
		if (sim->failure.length && !failure->length)
			*failure = sim->failure;
		else
			buffer_free(&sim->failure);
	}
	const struct mail *mail = &members->items[0].sim->mail;
	figures->sends = mail->sent_count;
	for (size_t i = 0; i < mail->sent_count; i++)
		figures->marked += mail->sent[i].marked;
	figures->machines = members->count;
	figures->moves = members->moves;
	figures->freezes = members->freezes;
	figures->cuts = members->cuts;
	figures->equal = members->equal;
	brokers_free(members->brokers);
	for (size_t i = members->count; i-- > 0;)
		sim_free(members->items[i].sim);
	members_enter(NULL);
	free(members);
}

void members_run(struct plan *plan, const struct sim_settings *settings, struct sim_figures *figures,
                 struct buffer *failure)
{
	struct members *members = MEM_NEW(struct members);
	begin(members, plan, settings);
	live(members, plan);
	end(members, settings, figures, failure);
}

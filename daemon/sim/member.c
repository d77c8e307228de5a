/* member: whose turn it is, and what befalls it in the middle of a call. */
#include "sim/members.h"

static struct member *now;

struct member *members_now(void)
{
	return now;
}

void members_enter(struct member *member)
{
	now = member;
	if (member)
		disk_enter(member->sim->disk);
}

/* Each machine's own, which goes on while it stands still. Alone nobody asks for it. */
instant __real_clock_boot(void);
instant __wrap_clock_boot(void);
instant __wrap_clock_boot(void)
{
	return now ? now->sim->hands.elapsed : __real_clock_boot();
}

bool member_stands_still(const struct member *member)
{
	return member->busy || member->sim->truth < member->frozen_until;
}

bool members_hears(const struct member *member)
{
	return member->sim->running && !member_stands_still(member) && member->sim->truth >= member->cut_until;
}

bool members_point(struct member *member, enum point point)
{
	struct members *members = member->members;
	if (member->point_for == INSTANT_NEVER || member->point != point || member->point_after--)
		return false;
	instant span = member->point_for;
	member->point_for = INSTANT_NEVER;
	if (members->calm)
		return false;
	if (span)
		members->stand_still(member, span);
	else
		disk_kill(member->sim->disk, false,
		          chance_of(member->sim->plan.seed, (uint64_t)member->sim->truth));
	return span > 0;
}

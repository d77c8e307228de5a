/* ladder: steps, hours and asking again: who is told when, until somebody answers. */
#include "engine/engine_internal.h"
#include "engine/why/why.h"

#include "base/log.h"

#include <assert.h>

static bool step_has(const struct rule *rule, const char *role)
{
	for (size_t i = 0; i < rule->step_count; i++)
		for (size_t k = 0; k < rule->steps[i].role_count; k++)
			if (strcmp(rule->steps[i].roles[k], role) == 0)
				return true;
	return false;
}

bool ladder_also(const struct step_also *also, uint8_t held)
{
	return held & (1u << also->remark);
}

/* After a rule's own steps critical and high go on up the directory's ladder (rules.md: the director, then the DCS), to
 * those who were not told already. */
static const char *find_upper(const struct directory *directory, const struct rule *rule, size_t which)
{
	if (!directory || rule->severity == SEVERITY_NORMAL || rule->restricted)
		return NULL;
	for (size_t i = 0; i < directory->ladder_count; i++)
		if (!step_has(rule, directory->ladder[i]) && which-- == 0)
			return directory->ladder[i];
	return NULL;
}

const char **ladder_upper_new(const struct engine *engine)
{
	const struct ruleset *rules = engine->index->rules;
	const char **upper = mem_zero(rules->rule_count * DIRECTORY_LADDER_MOST + 1, sizeof *upper);
	for (size_t i = 0; i < rules->rule_count; i++)
		for (size_t k = 0; k < DIRECTORY_LADDER_MOST; k++)
			upper[i * DIRECTORY_LADDER_MOST + k] =
				find_upper(engine->settings.directory, &rules->rules[i], k);
	return upper;
}

/* Others are only tried, or the ladder is without an engine around it. */
static bool is_in_force(const struct engine *engine, const struct rule *rule)
{
	const struct ruleset *rules = engine->index ? engine->index->rules : NULL;
	return rules && rule->index < rules->rule_count && rule == &rules->rules[rule->index];
}

/* NULL: there are not so many. Asked with every line that is told. */
static const char *upper_step(const struct engine *engine, const struct rule *rule, size_t which)
{
	if (which >= DIRECTORY_LADDER_MOST)
		return NULL;
	return is_in_force(engine, rule) ? engine->upper[rule->index * DIRECTORY_LADDER_MOST + which]
	                                 : find_upper(engine->settings.directory, rule, which);
}

const char **ladder_duty_new(const struct directory *directory)
{
	size_t roles = directory ? directory->role_count : 0, count = 0;
	const char **duty = mem_zero(roles + 1, sizeof *duty);
	for (size_t i = 0; i < roles; i++)
		if (directory_out_of_hours(directory, text_of(directory->roles[i].role)))
			duty[count++] = directory->roles[i].role;
	return duty;
}

/* Their hours are those outside everyone else's. */
static bool works_out_of_hours(const struct engine *engine, const char *role)
{
	const struct directory *directory = engine->settings.directory;
	if (!engine->duty)
		return directory && directory_out_of_hours(directory, text_of(role));
	for (const char *const *duty = engine->duty; *duty; duty++)
		if (strcmp(*duty, role) == 0)
			return true;
	return false;
}

uint16_t ladder_steps(const struct engine *engine, const struct rule *rule)
{
	size_t upper = 0;
	if (is_in_force(engine, rule)) {
		const char *const *of_rule = &engine->upper[rule->index * DIRECTORY_LADDER_MOST];
		while (upper < DIRECTORY_LADDER_MOST && of_rule[upper])
			upper++;
	} else {
		while (upper_step(engine, rule, upper))
			upper++;
	}
	return (uint16_t)(rule->step_count + upper);
}

/* Roles are kept sorted, each once; they are few. */
static size_t add_role(const char **roles, size_t count, const char *role)
{
	size_t at = count;
	int order = -1;
	while (at && (order = strcmp(roles[at - 1], role)) > 0)
		at--;
	if (at && order == 0)
		return count;
	assert(count < LADDER_ROLES); /* the loaders of rules and directory see to it */
	memmove(roles + at + 1, roles + at, (count - at) * sizeof *roles);
	roles[at] = role;
	return count + 1;
}

/* `held`: which of the rule's remarks held when the alert opened. */
static size_t roles_of(const struct engine *engine, const struct rule *rule, uint16_t step, uint8_t held,
                       const char **roles, size_t count)
{
	if (step == 0)
		return count;
	if (step <= rule->step_count) {
		const struct step *own = &rule->steps[step - 1];
		for (size_t i = 0; i < own->role_count; i++)
			count = add_role(roles, count, own->roles[i]);
		for (size_t i = 0; i < own->also_count; i++)
			if (ladder_also(&own->also[i], held))
				count = add_role(roles, count, own->also[i].role);
	} else {
		const char *upper = upper_step(engine, rule, (size_t)step - rule->step_count - 1);
		if (upper)
			count = add_role(roles, count, upper);
	}
	return count;
}

void ladder_roles_so_far(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                         struct ladder_tell *tell)
{
	tell->count = 0;
	for (uint16_t i = 1; i <= outcome->ladder.step; i++)
		tell->count = roles_of(engine, rule, i, outcome->remarks, tell->roles, tell->count);
}

static struct duration answer_time(const struct engine *engine, const struct rule *rule, uint16_t step)
{
	if (step && step <= rule->step_count && rule->steps[step - 1].after.amount) /* 0: nobody was told yet */
		return rule->steps[step - 1].after;
	return engine->settings.step_after[rule->severity];
}

/* A step's time is never lost for want of a calendar: past the covered years it is counted in days. */
static instant after(const struct engine *engine, instant start, struct duration length)
{
	instant at;
	if (calendar_expiry(engine->settings.calendar, start, length, &at, NULL) == RESULT_OK)
		return at;
	return start + (instant)length.amount * 24 * HOUR;
}

/* "Every day" is at the same hour of the next day: a clock that ran to the midnight that ends it would ask every second
 * day of those who are told in the morning. */
static instant again_after(const struct engine *engine, instant start, struct duration length)
{
	instant at;
	struct duration ahead = {-length.amount, length.unit};
	if (calendar_back(engine->settings.calendar, start, ahead, &at, NULL) == RESULT_OK)
		return at;
	return after(engine, start, length);
}

bool ladder_is_old(const struct engine *engine, const struct rule *rule, instant caused, instant now)
{
	instant from;
	return calendar_back(engine->settings.calendar, now, engine->settings.old_after[rule->severity], &from, NULL) ==
	               RESULT_OK &&
	       caused < from;
}

/* The step's own roles, and the one that the rule names for the hours in which nobody else is at work. */
static void add_told(const struct engine *engine, const struct rule *rule, const struct outcome *outcome, instant when,
                     struct ladder_tell *tell)
{
	bool in_hours = calendar_in_hours(engine->settings.calendar, when);
	tell->count = roles_of(engine, rule, outcome->ladder.step, outcome->remarks, tell->roles, 0);
	if (!outcome->ladder.step || !rule->out_of_hours || in_hours || rule->severity == SEVERITY_CRITICAL ||
	    tell->old_news)
		return;
	tell->count = add_role(tell->roles, tell->count, rule->out_of_hours);
}

void ladder_roles_told(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                       struct ladder_tell *tell)
{
	const struct ladder *ladder = &outcome->ladder;
	instant when = ladder_told_last(ladder);
	bool old_news = ladder->told == when && ladder_is_old(engine, rule, outcome->opened, when);
	*tell = (struct ladder_tell){.old_news = old_news};
	add_told(engine, rule, outcome, when, tell);
}

void ladder_next_roles(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                       struct ladder_tell *tell)
{
	uint16_t step = outcome->ladder.step;
	tell->next_count = 0;
	if (step < ladder_steps(engine, rule))
		tell->next_count =
			roles_of(engine, rule, (uint16_t)(step + 1), outcome->remarks, tell->next_roles, 0);
}

void ladder_tell_step(const struct engine *engine, const struct rule *rule, struct outcome *outcome, instant now,
                      struct ladder_tell *tell)
{
	const struct calendar *calendar = engine->settings.calendar;
	struct ladder *ladder = &outcome->ladder;
	uint16_t steps = ladder_steps(engine, rule);
	/* The ladder became shorter since it was climbed, by another rule or directory: who is last now is asked. */
	if (ladder->step > steps)
		ladder->step = steps;
	uint16_t step = ladder->step;
	bool in_hours = calendar_in_hours(calendar, now);
	/* Old or not is settled when it opens; who is asked again is asked like anybody else. */
	bool first = ladder->told == now || ladder->asked == INSTANT_NONE; /* while it was muted nobody was */
	bool old_news = first && ladder_is_old(engine, rule, outcome->opened, ladder->told);
	*tell = (struct ladder_tell){.old_news = old_news};
	add_told(engine, rule, outcome, now, tell);
	bool at_once = in_hours || (rule->severity == SEVERITY_CRITICAL && !tell->old_news);
	tell->not_before = at_once ? now : calendar_next_hours(calendar, now);
	bool duty_hears_now = false;
	for (size_t i = 0; i < tell->count && !tell->old_news; i++)
		duty_hears_now |= works_out_of_hours(engine, tell->roles[i]);
	instant from = duty_hears_now ? now : tell->not_before;
	ladder_next_roles(engine, rule, outcome, tell);
	ladder->why = CAUSE_UNANSWERED;
	ladder->asked = now;
	ladder->next = INSTANT_NEVER;
	if (step < steps)
		ladder->next = after(engine, from, answer_time(engine, rule, step));
	else if (engine->settings.ask_again[rule->severity].amount)
		ladder->next = again_after(engine, from, engine->settings.ask_again[rule->severity]);
	tell->answer_by = ladder->next;
}

bool ladder_set_back(const struct engine *engine, const struct rule *rule, struct outcome *outcome, instant now)
{
	struct ladder *ladder = &outcome->ladder;
	if (!ladder->acknowledged && !ladder->step && ladder->next != INSTANT_NEVER && ladder->told > now) {
		ladder->told = ladder->next = now; /* it opened in a mute that is yet to come */
		return true;
	}
	if (ladder->acknowledged || !ladder->step || ladder->asked == INSTANT_NONE || ladder->asked <= now)
		return false;
	const struct ladder before = *ladder;
	struct ladder_tell tell;
	ladder->told = ladder->told > now ? now : ladder->told;
	ladder_tell_step(engine, rule, outcome, now, &tell);
	if (before.next < ladder->next) { /* it is hurried by something else */
		ladder->next = before.next;
		ladder->why = before.why;
	}
	return true;
}

instant ladder_review_most(const struct engine *engine, enum severity severity, instant from)
{
	struct duration most = engine->settings.review_after[severity];
	most.amount *= ALERT_REVIEW_MOST;
	return after(engine, from, most);
}

bool ladder_acknowledge(const struct engine *engine, const struct rule *rule, struct ladder *ladder, instant answered,
                        instant now, instant review)
{
	struct duration usual = engine->settings.review_after[rule->severity];
	instant bound = ladder_review_most(engine, rule->severity, answered);
	bool cut = review != INSTANT_NONE && review > bound;
	review = cut ? bound : review;
	bool asked = review != INSTANT_NONE && review > now;
	ladder->acknowledged = true;
	ladder->why = asked && !cut ? CAUSE_REVIEW_ASKED : CAUSE_REVIEW_DEFAULT;
	ladder->next = asked ? review : after(engine, now, usual);
	return cut;
}

bool ladder_review_back(const struct engine *engine, const struct rule *rule, struct ladder *ladder, instant answered,
                        instant now, instant review)
{
	struct ladder given = *ladder;
	instant ahead = answered > now ? answered - now : 0;
	(void)ladder_acknowledge(engine, rule, &given, answered - ahead, now,
	                         review == INSTANT_NONE ? INSTANT_NONE : review - ahead);
	bool moved = ladder->next > given.next;
	ladder->next = moved ? given.next : ladder->next;
	return moved;
}

static struct duration step_length(const struct engine *engine, const struct rule *rule, uint16_t step, uint16_t steps)
{
	return step < steps ? answer_time(engine, rule, step) : engine->settings.ask_again[rule->severity];
}

void engine_ladder(const struct engine *engine, const struct rule *rule, instant at, engine_visit_step *visit,
                   void *argument)
{
	struct outcome outcome = {.opened = at, .remarks = UINT8_MAX, .ladder = {.told = at, .step = 1}};
	const struct ladder *ladder = &outcome.ladder;
	uint16_t steps = ladder_steps(engine, rule);
	for (bool again = false;;) {
		struct ladder_tell tell;
		ladder_tell_step(engine, rule, &outcome, at, &tell);
		struct engine_step step = {.step = ladder->step, .at = at, .not_before = tell.not_before,
		                           .next = ladder->next, .roles = tell.roles, .role_count = tell.count,
		                           .after = step_length(engine, rule, ladder->step, steps),
		                           .again = again, .of_rule = ladder->step <= rule->step_count};
		visit(argument, &step);
		if (again || ladder->next == INSTANT_NEVER)
			break;
		again = ladder->step == steps;
		outcome.ladder.step = (uint16_t)(ladder->step + !again);
		at = ladder->next;
	}
}

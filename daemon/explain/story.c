/* story: an alert's events, each left out once to see what the alert would be. */
#include "explain/story.h"

#include "rules/kinds.h"

#include <stdlib.h>

/* A period of the alert, kept: evidence as places. */
struct found {
	bool any;
	char id[ALERT_ID_SIZE];
	instant opened, closed, due;
	const char *reason;
	uint32_t nights;
	size_t evidence_count;
	uint64_t evidence; /* a fingerprint of all of it, in order */
};

struct finding {
	struct story *story;
	const char *rule, *id;
	instant near, until; /* the alert stood from near, up to until */
	bool by_time;        /* alerts of its rule are told apart by when they stand */
	bool first;          /* its id may not be of these rules: then the one that opened at that instant */
	struct found best;
	int rank;
};

static uint64_t evidence_of(const struct engine_period *period)
{
	uint64_t print = 7;
	for (size_t i = 0; i < period->evidence_count; i++)
		print = print * 1099511628211u + period->evidence[i].ref;
	return print;
}

/* Better ones have more: of its rule and standing then; of its id, which may have stood several times; of its id and
 * opened then; and at first the one of its id that stands, of which people hear. */
static int rank_of(const struct finding *finding, const struct engine_period *period)
{
	if (strcmp(period->rule->id, finding->rule) != 0 || period->instantaneous)
		return 0;
	if (strcmp(period->id, finding->id) == 0)
		return finding->first && period->closed == INSTANT_NEVER ? 5 : period->opened == finding->near ? 4 : 3;
	bool meets = period->opened < finding->until && period->closed > finding->near;
	if (finding->by_time && (meets || period->opened == finding->near))
		return 2;
	return finding->first && period->opened == finding->near;
}

static void look(void *argument, const struct engine_period *period)
{
	struct finding *finding = argument;
	int rank = rank_of(finding, period);
	if (rank <= finding->rank)
		return;
	finding->rank = rank;
	finding->best = (struct found){.any = true,
	                               .opened = period->opened,
	                               .closed = period->closed,
	                               .due = period->due,
	                               .nights = period->nights,
	                               .evidence_count = period->evidence_count,
	                               .evidence = evidence_of(period)};
	memcpy(finding->best.id, period->id, sizeof finding->best.id);
	finding->best.reason =
		period->reason ? arena_copy_text(finding->story->arena, period->reason, strlen(period->reason)) : NULL;
}

static enum result find(const struct trial *trial, struct finding *finding, struct fault *fault)
{
	finding->best = (struct found){.any = false};
	finding->rank = 0;
	return trial_judge(trial, look, finding, fault);
}

/* ---- one event left out ---- */

static bool same_reason(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool differs(const struct found *was, const struct found *is, struct story_event *event)
{
	event->other = INSTANT_NEVER;
	if (!is->any) {
		event->without = WITHOUT_NONE;
	} else if (is->opened != was->opened) {
		event->without = WITHOUT_OPENED;
		event->other = is->opened;
	} else if (is->closed != was->closed || !same_reason(is->reason, was->reason)) {
		event->without = WITHOUT_ENDED;
		event->other = is->closed;
	} else if (is->evidence != was->evidence || is->evidence_count != was->evidence_count || is->due != was->due ||
	           is->nights != was->nights) {
		event->without = WITHOUT_OTHER;
	} else {
		return false;
	}
	return true;
}

static void note_words(const struct why *why, size_t place, struct story_event *event)
{
	for (size_t i = 0; i < why->note_count; i++)
		if (why->notes[i].ref == place && (why->notes[i].did || !event->words)) {
			event->words = why->notes[i].words;
			event->number = why->notes[i].number;
			event->until = why->notes[i].until;
		}
}

static enum result leave_out(const struct trial *trial, struct finding *finding, const struct why *why, bool *without,
                             size_t place, struct fault *fault)
{
	struct story *story = finding->story;
	struct trial other = *trial;
	struct story_event event = {.event = trial->subject->events[place], .until = INSTANT_NEVER};
	struct found was = finding->best;
	other.without = without;
	other.why = NULL;
	without[place] = true;
	enum result result = find(&other, finding, fault);
	without[place] = false;
	struct found is = finding->best;
	finding->best = was;
	story->tried++;
	if (result != RESULT_OK || !differs(&was, &is, &event))
		return result;
	note_words(why, place + 1, &event);
	*(struct story_event *)mem_push((void **)&story->events, &story->count, &story->room, sizeof event) = event;
	return RESULT_OK;
}

struct candidate {
	instant at;
	size_t place;
};

static int latest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->at != y->at)
		return x->at > y->at ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int by_time(const void *a, const void *b)
{
	return event_order(((const struct story_event *)a)->event, ((const struct story_event *)b)->event);
}

/* All that happened up to its end, or a day after it for what is known by its date alone; and what says that something
 * earlier was otherwise. */
static enum result leave_each_out(const struct trial *trial, struct finding *finding, const struct why *why,
                                  struct fault *fault)
{
	const struct subject *subject = trial->subject;
	struct story *story = finding->story;
	bool *without = mem_zero(subject->count + 1, sizeof *without);
	struct candidate *candidates = mem_zero(subject->count + 1, sizeof *candidates);
	size_t count = 0;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < subject->count; i++) {
		const struct event *event = subject->events[i];
		bool amends = event->replaces.length || event->type < TYPE_ID_WELL_KNOWN;
		if (amends || story->closed == INSTANT_NEVER || event->time <= story->closed + 24 * HOUR)
			candidates[count++] = (struct candidate){event->time, i};
	}
	if (count)
		qsort(candidates, count, sizeof *candidates, latest_first);
	story->of = count;
	size_t most = trial->events_most ? trial->events_most / (subject->count + 1) + 1 : STORY_TRIED;
	for (size_t i = 0; i < count && i < STORY_TRIED && i < most && result == RESULT_OK; i++)
		result = leave_out(trial, finding, why, without, candidates[i].place, fault);
	if (story->count)
		qsort(story->events, story->count, sizeof *story->events, by_time);
	free(candidates);
	free(without);
	return result;
}

/* ---- the days of its clock ---- */

static bool of_working_days(const struct rule *rule)
{
	bool is = rule->within.unit == UNIT_WORKING_DAYS;
	for (size_t i = 0; i < rule->first_count; i++)
		is |= rule->first[i].unit == UNIT_WORKING_DAYS;
	return is || rule->every.unit == UNIT_WORKING_DAYS;
}

static void reckon_days(const struct calendar *calendar, const struct why *why, struct story *story)
{
	const struct zone *zone = calendar_zone(calendar);
	static const char *const weekend[] = {"Saturday", "Sunday"};
	story->clock_from = INSTANT_NEVER;
	for (size_t i = 0; i < why->note_count; i++)
		if (why->notes[i].until == story->due && why->notes[i].at < story->due)
			story->clock_from = why->notes[i].at;
	if (!of_working_days(story->rule) || story->due == INSTANT_NONE || story->clock_from == INSTANT_NEVER)
		return;
	civil_day day = zone_date(zone, story->clock_from), last = zone_date(zone, story->due - 1);
	for (int number = 0; day <= last; day++) {
		struct story_day *kept =
			mem_push((void **)&story->days, &story->day_count, &story->day_room, sizeof *kept);
		bool first = story->day_count == 1, counts = !first && calendar_is_working(calendar, day);
		number += counts;
		*kept = (struct story_day){.day = day, .number = first ? 0 : counts ? number : -1};
		if (!first && !counts)
			kept->why =
				day_of_week(day) >= 5 ? weekend[day_of_week(day) - 5] : calendar_holiday(calendar, day);
	}
}

/* ---- the whole ---- */

enum result story_tell(const struct trial *trial, const struct rule *rule, const char *id, instant near, instant until,
                       struct story *story, struct fault *fault)
{
	struct why why = {.arena = story->arena, .rule = rule, .opens_at = INSTANT_NEVER};
	struct trial asked = *trial;
	struct finding finding = {.story = story,
	                          .rule = rule->id,
	                          .id = id,
	                          .near = near,
	                          .until = until > near ? until : near + 1,
	                          .by_time = rule_kind_row(rule->kind)->one_a_subject,
	                          .first = true};
	asked.why = &why;
	story->rule = rule;
	enum result result = find(&asked, &finding, fault);
	story->stands_so = finding.best.any;
	finding.first = false;
	if (result == RESULT_OK && finding.best.any) {
		memcpy(story->id, finding.best.id, sizeof story->id);
		story->opened = finding.near = finding.best.opened;
		story->closed = finding.until = finding.best.closed;
		story->due = finding.best.due;
		story->reason = finding.best.reason;
		story->nights = finding.best.nights;
		finding.id = story->id;
		reckon_days(trial->config->calendar, &why, story);
		result = leave_each_out(trial, &finding, &why, fault);
	}
	why_free(&why);
	return result;
}

void story_free(struct story *story)
{
	free(story->events);
	free(story->days);
}

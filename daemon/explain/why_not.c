/* why_not: which part of a rule is not met for a subject, by how much, and the smallest addition that would open it. */
#include "explain/why_not.h"

#include "time/words.h"

#include <stdlib.h>

static void note_period(void *argument, const struct engine_period *period)
{
	struct why_not *why_not = argument;
	if (strcmp(period->rule->id, why_not->rule->id) != 0 || period->instantaneous)
		return;
	if (period->closed == INSTANT_NEVER) {
		why_not->stands = true;
		why_not->since = period->opened;
		memcpy(why_not->alert, period->id, sizeof why_not->alert);
		return;
	}
	struct engine_period *ended = mem_push((void **)&why_not->ended, &why_not->ended_count, &why_not->ended_room,
	                                       sizeof *ended);
	*ended = *period;
	ended->evidence = NULL;
	ended->evidence_count = 0;
	ended->reason = period->reason ? arena_copy_text(why_not->arena, period->reason, strlen(period->reason)) : NULL;
}

enum result why_not_ask(struct why_not *why_not, struct fault *fault)
{
	why_not->arena = arena_new(64 * 1024);
	struct trial trial = {.config = why_not->config, .rules = why_not->config->rules, .subject = why_not->subject,
	                      .at = why_not->at, .why = &why_not->why, .events_most = why_not->events_most};
	why_not->why = (struct why){.arena = why_not->arena, .rule = why_not->rule, .opens_at = INSTANT_NEVER};
	enum result result = trial_judge(&trial, note_period, why_not, fault);
	trial.why = NULL;
	if (result != RESULT_OK || why_not->stands)
		return result;
	return addition_find(&trial, &why_not->why, why_not->arena, &why_not->additions, fault);
}

bool why_not_counted(const struct why_not *why_not, const struct why_note *note, struct why_counted *counted)
{
	const struct why *why = &why_not->why;
	*counted = (struct why_counted){.number = 0};
	if (!note->number || !why->counted_to)
		return false;
	if (note->at < why->counted_from)
		counted->before = why->counted_from - note->at;
	else if (note->at > why->counted_to)
		counted->after = note->at - why->counted_to;
	else
		for (const struct why_note *other = why->notes; other <= note; other++)
			counted->number += other->number && other->at >= why->counted_from;
	return true;
}

void why_not_beside(const struct why_not *why_not, const struct why_counted *counted, enum why_not_form form,
                    struct buffer *out)
{
	instant by = counted->before ? counted->before : counted->after;
	if (form == WHY_NOT_IN_A_SENTENCE) {
		buffer_string(out, counted->before ? "Before the " : by ? "After the " : "Within the ");
		duration_print(why_not->rule->within, out);
	}
	if (!by)
		return;
	buffer_string(out, form == WHY_NOT_IN_A_SENTENCE ? ", by " : "");
	words_span(by, out);
	if (form == WHY_NOT_IN_SHORT)
		buffer_string(out, counted->before ? " too old" : " too late");
}

void why_not_free(struct why_not *why_not)
{
	why_free(&why_not->why);
	free(why_not->ended);
	arena_free(why_not->arena);
}

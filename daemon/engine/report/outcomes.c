/* outcomes: opens, extends and closes the periods in which alerts stand. */
#include "engine/fold/fold.h"

#include <stdlib.h>

uint64_t outcome_identity(const struct rule *rule, struct text a, struct text b, uint64_t key)
{
	return mark_mix(rule_index_identity(rule, a, b), key);
}

const char *reason_of(type_id type)
{
	return schema_type_title(type);
}

static struct begun begun_of(const struct fold *fold, const struct outcome *outcome)
{
	if (!outcome->by_date)
		return (struct begun){outcome->opened, INSTANT_NONE, outcome->expired, outcome->ran_since};
	civil_day date = zone_date(fold->zone, outcome->opened);
	return (struct begun){zone_midnight(fold->zone, date), zone_midnight(fold->zone, date + 1), false,
	                      outcome->ran_since};
}

/* What an end that was already seen does to a period that begins together with it: where it was of what ran before,
 * nothing; else at its very instant it leaves nothing of it, and of its date it ends it at the date's last instant. */
static void meet_ends_seen(struct fold *fold, struct outcome *outcome)
{
	struct history *history = fold->history;
	struct begun begun = begun_of(fold, outcome);
	for (size_t i = 0; i < history->end_seen_count; i++) {
		const struct end_seen *end_seen = &history->ends_seen[i];
		if (!end_seen_fits(end_seen, outcome->rule, END_OF_RULE, outcome->key) ||
		    !instant_reaches(&begun, &end_seen->ending, end_seen->ran_since))
			continue;
		instant counts = end_counts_at(&end_seen->ending);
		bool at_once = end_seen->ending.date_ends == INSTANT_NONE;
		if (outcome->state == OUTCOME_CLOSED && outcome->closed <= counts)
			continue;
		outcome->state = OUTCOME_CLOSED;
		outcome->closed = at_once ? outcome->opened : counts;
		outcome->instantaneous |= at_once;
		outcome->no_longer = end_seen->ends;
		outcome->reason = end_seen->ends ? REASON_NO_LONGER : reason_of(end_seen->type);
	}
	outcome->ran_since = begun.ran_since;
}

/* What a message adds, as it was when the alert opened. */
static uint8_t holding_remarks(struct fold *fold, const struct rule *rule, uint64_t key)
{
	uint8_t bits = 0;
	for (size_t i = 0; i < rule->remark_count && i < RULE_REMARKS_MAX; i++)
		if (!rule->remarks[i].when || context_holds(fold, rule->remarks[i].when, rule, fold->event, key, false))
			bits |= (uint8_t)(1u << i);
	return bits;
}

/* What stands of a rule that has ends of its own is a chain, whose first is in a mark: a history of a million alerts
 * that closed costs an end no more than one of ten. */
static uint64_t chain_mark(uint16_t rule)
{
	return mark_mix(((uint64_t)rule << 4) | 14, KEY_NONE);
}

static bool is_chained(const struct rule *rule)
{
	return rule->closes_on.count || rule->ends_on.count;
}

static void list_standing(struct fold *fold, uint32_t index)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	if (outcome->listed || !is_chained(&fold->index->rules->rules[outcome->rule]))
		return;
	int64_t *head = marks_put(&fold->history->marks, chain_mark(outcome->rule), 0);
	outcome->listed = true;
	outcome->next_standing = (uint32_t)*head;
	*head = (int64_t)index + 1;
}

static void note_changed(struct fold *fold, uint32_t index, bool opened, bool closed)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	if (!outcome->opened_at_instant && !outcome->closed_at_instant) {
		outcome->next_changed = fold->changed_at_instant;
		fold->changed_at_instant = index + 1;
	}
	outcome->opened_at_instant |= opened;
	outcome->closed_at_instant |= closed;
	settle_rule_changed(fold, outcome->rule);
	fold->settle = true;
}

uint32_t outcome_open(struct fold *fold, const struct rule *rule, uint64_t identity, uint64_t key, instant opened,
                      const struct evidence *evidence, size_t count)
{
	struct history *history = fold->history;
	uint8_t remarks = rule->remark_count ? holding_remarks(fold, rule, key) : 0;
	struct outcome *outcome = mem_push32((void **)&history->outcomes, &history->outcome_count,
	                                     &history->outcome_room, sizeof *outcome);
	*outcome = (struct outcome){.identity = identity, .key = key, .rule = rule->index, .remarks = remarks,
	                            .type = fold->event ? fold->event->type : TYPE_UNKNOWN, .opened = opened,
	                            .closed = INSTANT_NEVER, .due = INSTANT_NONE, .state = OUTCOME_STANDING,
	                            .ran_since = INSTANT_NEVER,
	                            .by_date = fold->event && fold->event->day_precision && opened == fold->event->time,
	                            .changed = true};
	outcome->ladder = (struct ladder){.next = INSTANT_NEVER, .told = INSTANT_NONE, .asked = INSTANT_NONE,
	                                  .stood_until = INSTANT_NONE};
	if (count) {
		outcome->evidence = mem_alloc(count * sizeof *evidence);
		memcpy(outcome->evidence, evidence, count * sizeof *evidence);
		outcome->evidence_count = outcome->evidence_room = (uint32_t)count;
	}
	outcome_hash_evidence(outcome);
	meet_ends_seen(fold, outcome);
	history_outcome_changed(history, history->outcome_count - 1);
	note_changed(fold, history->outcome_count - 1, true, outcome->state == OUTCOME_CLOSED);
	if (outcome->state == OUTCOME_STANDING || outcome->closed > fold->at) /* a known hour may yet end it earlier */
		list_standing(fold, history->outcome_count - 1);
	return (uint32_t)(history->outcome_count - 1);
}

void outcome_add_evidence(struct fold *fold, uint32_t index, struct evidence evidence)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	if (outcome->evidence_count == outcome->evidence_room) {
		outcome->evidence_room = outcome->evidence_room ? outcome->evidence_room * 2 : 2;
		outcome->evidence = mem_grow(outcome->evidence, outcome->evidence_room, sizeof evidence);
	}
	outcome->evidence[outcome->evidence_count++] = evidence;
	outcome->evidence_hash = mark_mix(outcome->evidence_hash, evidence.ref);
	outcome->corrected = true;
	history_outcome_changed(fold->history, index);
}

uint64_t outcome_id_of(const struct history *history, uint64_t identity)
{
	return mark_mix(mark_mix(identity, history->domain), text_fingerprint(history->id, 6));
}

uint64_t outcome_id(const struct history *history, const struct outcome *outcome)
{
	return outcome_id_of(history, outcome->identity);
}

uint64_t outcome_first_id(const struct history *history, const struct outcome *outcome, const struct rule *rule)
{
	return mark_mix(outcome_identity(rule, history->id, TEXT_NONE, history->domain), (uint64_t)outcome->opened);
}

bool outcome_stands(const struct fold *fold, uint32_t index)
{
	return index != ALERT_NONE && fold->history->outcomes[index].state == OUTCOME_STANDING;
}

void outcome_close(struct fold *fold, uint32_t index, instant closed, const char *reason, bool no_longer)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	if (outcome->state != OUTCOME_STANDING)
		return;
	outcome->state = OUTCOME_CLOSED;
	outcome->closed = closed > outcome->opened ? closed : outcome->opened;
	outcome->reason = reason;
	outcome->no_longer = no_longer;
	note_changed(fold, index, false, true);
	history_outcome_changed(fold->history, index);
}

void outcome_close_earlier(struct fold *fold, uint32_t index, instant closed)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	if (outcome->state != OUTCOME_CLOSED || closed >= outcome->closed)
		return;
	outcome->closed = closed > outcome->opened ? closed : outcome->opened;
	note_changed(fold, index, false, true);
	outcome->closed_earlier = outcome->corrected = true;
	history_outcome_changed(fold->history, index);
}

void outcome_is_gone(struct fold *fold, uint32_t index)
{
	fold->history->outcomes[index].state = OUTCOME_GONE;
	note_changed(fold, index, false, true);
	history_outcome_changed(fold->history, index);
}

void outcome_close_provisionally(struct fold *fold, uint32_t index, instant closed, const char *reason, bool no_longer)
{
	outcome_close(fold, index, closed, reason, no_longer);
	fold->history->outcomes[index].provisional = true;
}

bool outcome_is_provisional(const struct fold *fold, uint32_t index)
{
	return index < fold->history->outcome_count && fold->history->outcomes[index].state == OUTCOME_CLOSED &&
	       fold->history->outcomes[index].provisional;
}

void outcome_reopen(struct fold *fold, uint32_t index)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	outcome->state = OUTCOME_STANDING;
	outcome->closed = INSTANT_NEVER;
	outcome->reason = NULL;
	outcome->no_longer = outcome->provisional = false;
	meet_ends_seen(fold, outcome); /* an end of the instant at which it stands again was taken before */
	if (outcome->state == OUTCOME_STANDING)
		list_standing(fold, index);
	history_outcome_changed(fold->history, index);
	settle_rule_changed(fold, outcome->rule);
	fold->settle = true;
}

/* Stands at the end's instant: also where it is known already to end with its date. */
static bool stands_at(const struct outcome *outcome, const struct end_seen *end_seen)
{
	return outcome->state == OUTCOME_STANDING ||
	       (outcome->state == OUTCOME_CLOSED && outcome->closed >= end_seen->ending.at && !outcome->instantaneous);
}

/* Adds to what the end may be of. */
static void note_one(struct fold *fold, uint32_t index, struct end_seen *end_seen)
{
	const struct outcome *outcome = &fold->history->outcomes[index];
	if (!end_seen_fits(end_seen, outcome->rule, END_OF_RULE, outcome->key) || !stands_at(outcome, end_seen))
		return;
	struct begun begun = begun_of(fold, outcome);
	end_seen->ran_since = instant_ran(&begun, &end_seen->ending, end_seen->ran_since);
}

static void close_one(struct fold *fold, uint32_t index, struct end_seen *end_seen)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	if (!end_seen_fits(end_seen, outcome->rule, END_OF_RULE, outcome->key) || !stands_at(outcome, end_seen))
		return;
	struct begun begun = begun_of(fold, outcome);
	bool reached = instant_reaches(&begun, &end_seen->ending, end_seen->ran_since);
	outcome->ran_since = begun.ran_since;
	if (!reached)
		return;
	instant counts = end_counts_at(&end_seen->ending);
	bool at_once = instant_relation(&begun, &end_seen->ending) == RELATION_TOGETHER && counts == outcome->opened &&
	               !outcome->expired;
	if (outcome->state == OUTCOME_CLOSED) { /* it does not stand again; of several ends the earliest counts */
		outcome->provisional = false;
		outcome->instantaneous |= at_once;
		outcome_close_earlier(fold, index, counts);
		return;
	}
	outcome_close(fold, index, counts, end_seen->ends ? REASON_NO_LONGER : reason_of(end_seen->type),
	              end_seen->ends);
	outcome->instantaneous = at_once;
}

/* Takes out of the rule's chain what closed meanwhile; the first that stands, as index + 1. */
static uint32_t prune_chain(struct history *history, uint16_t rule, instant at)
{
	int64_t *head = marks_find(&history->marks, chain_mark(rule));
	uint32_t first = head ? (uint32_t)*head : 0;
	uint32_t *link = &first;
	while (*link) {
		struct outcome *outcome = &history->outcomes[*link - 1];
		if (outcome->state == OUTCOME_STANDING || (outcome->state == OUTCOME_CLOSED && outcome->closed >= at)) {
			link = &outcome->next_standing;
			continue;
		}
		*link = outcome->next_standing;
		outcome->listed = false;
	}
	if (head)
		*head = first;
	return first;
}

void outcome_take_end(struct fold *fold, const struct rule *rule, struct end_seen end_seen)
{
	struct history *history = fold->history;
	uint32_t first = is_chained(rule) ? prune_chain(history, rule->index, fold->at) : 0;
	end_seen.owner = rule->index;
	for (uint32_t at = first; at; at = history->outcomes[at - 1].next_standing)
		note_one(fold, at - 1, &end_seen);
	for (uint32_t at = first; at; at = history->outcomes[at - 1].next_standing)
		close_one(fold, at - 1, &end_seen);
	for (uint32_t i = 0; i < history->outcome_count && !is_chained(rule); i++) /* a death, or an age: seldom */
		note_one(fold, i, &end_seen);
	for (uint32_t i = 0; i < history->outcome_count && !is_chained(rule); i++)
		close_one(fold, i, &end_seen);
	end_seen_keep(fold, end_seen);
}

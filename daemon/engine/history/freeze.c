/* freeze: what a history holds, field by field, written or read by the same lines. */
#include "engine/history/freeze.h"

#include "engine/history/freeze_internal.h"

/* ---- running clocks, open keys, ends ---- */

CODEC_INLINE void code_ending(struct freezer *freezer, bool writing, struct ending *ending)
{
	struct codec *codec = freezer->codec;
	uint32_t bits = 0;
	codec_flag(writing, &bits, 0, &ending->keyed);
	codec_flag(writing, &bits, 1, &ending->of_all);
	codec_u32(codec, writing, &bits);
	codec_flag(writing, &bits, 0, &ending->keyed);
	codec_flag(writing, &bits, 1, &ending->of_all);
	codec_instant(codec, writing, &ending->at, freezer->base);
	codec_instant(codec, writing, &ending->date_ends, freezer->base);
}

/* What most clocks have not, a bit each that says that it is written; and then what few are. */
enum clock_has { CLOCK_STOP, CLOCK_WARNS, CLOCK_BEGAN, CLOCK_ALERT, CLOCK_FROM_ALERT, CLOCK_FLAGS };

CODEC_INLINE void code_clock_flags(bool writing, uint32_t *bits, struct clock_entry *clock)
{
	codec_flag(writing, bits, CLOCK_FLAGS, &clock->own_due);
	codec_flag(writing, bits, CLOCK_FLAGS + 1, &clock->over_with_date);
	codec_flag(writing, bits, CLOCK_FLAGS + 2, &clock->done);
	codec_flag(writing, bits, CLOCK_FLAGS + 3, &clock->met);
	codec_flag(writing, bits, CLOCK_FLAGS + 4, &clock->tentative);
	codec_flag(writing, bits, CLOCK_FLAGS + 5, &clock->lapsed);
}

static uint32_t clock_has(const struct clock_entry *clock)
{
	return (uint32_t)(clock->stop != INSTANT_NONE) << CLOCK_STOP |
	       (uint32_t)(clock->warn_at != INSTANT_NEVER) << CLOCK_WARNS |
	       (uint32_t)(clock->began != clock->start) << CLOCK_BEGAN |
	       (uint32_t)(clock->alert != ALERT_NONE) << CLOCK_ALERT |
	       (uint32_t)(clock->from_alert != 0) << CLOCK_FROM_ALERT;
}

CODEC_INLINE void code_clock(struct freezer *freezer, bool writing, struct clock_entry *clock)
{
	struct codec *codec = freezer->codec;
	uint32_t bits = writing ? clock_has(clock) : 0;
	code_clock_flags(writing, &bits, clock);
	codec_u32(codec, writing, &bits);
	code_clock_flags(writing, &bits, clock);
	codec_u16(codec, writing, &clock->rule);
	code_key(freezer, writing, &clock->key);
	codec_u64(codec, writing, &clock->ref);
	codec_instant(codec, writing, &clock->start, freezer->base);
	codec_instant(codec, writing, &clock->due, clock->start);
	if (!writing) {
		clock->stop = INSTANT_NONE;
		clock->warn_at = INSTANT_NEVER;
		clock->began = clock->start;
		clock->alert = ALERT_NONE;
		clock->of_rule_next = clock->of_rule_before = 0;
	}
	if (bits & 1u << CLOCK_STOP)
		codec_instant(codec, writing, &clock->stop, clock->start);
	if (bits & 1u << CLOCK_WARNS)
		codec_instant(codec, writing, &clock->warn_at, clock->start);
	if (bits & 1u << CLOCK_BEGAN)
		codec_instant(codec, writing, &clock->began, clock->start);
	if (bits & 1u << CLOCK_ALERT)
		codec_u32(codec, writing, &clock->alert);
	if (bits & 1u << CLOCK_FROM_ALERT)
		codec_u32(codec, writing, &clock->from_alert);
	code_begun(freezer, writing, &clock->begun, clock->start);
	codec_u32(codec, writing, &clock->stage);
}

CODEC_INLINE void code_open(struct freezer *freezer, bool writing, struct open_entry *open)
{
	struct codec *codec = freezer->codec;
	uint32_t bits = 0;
	for (int pass = 0; pass < 2; pass++) {
		codec_flag(writing, &bits, 0, &open->closed);
		codec_flag(writing, &bits, 1, &open->by_date);
		if (!pass)
			codec_u32(codec, writing, &bits);
	}
	codec_u16(codec, writing, &open->state);
	code_key(freezer, writing, &open->key);
	code_key(freezer, writing, &open->child);
	codec_u64(codec, writing, &open->ref);
	codec_instant(codec, writing, &open->ends, freezer->base);
	instant at = open->begun.at; /* what most begin at is written once */
	codec_instant(codec, writing, &at, freezer->base);
	code_begun(freezer, writing, &open->begun, at);
}

CODEC_INLINE void code_end_seen(struct freezer *freezer, bool writing, struct end_seen *end)
{
	struct codec *codec = freezer->codec;
	uint32_t type = end->type;
	uint8_t ends = end->ends;
	code_key(freezer, writing, &end->key);
	code_key(freezer, writing, &end->child);
	code_ending(freezer, writing, &end->ending);
	codec_u16(codec, writing, &end->owner);
	codec_u8(codec, writing, &end->what);
	codec_u8(codec, writing, &ends);
	codec_instant(codec, writing, &end->ran_since, freezer->base);
	codec_instant(codec, writing, &end->ran_until, freezer->base);
	codec_u32(codec, writing, &type);
	end->type = (type_id)type;
	end->ends = ends;
}

CODEC_INLINE void code_ignored(struct freezer *freezer, bool writing, struct ignored_start *start)
{
	struct codec *codec = freezer->codec;
	uint8_t of_state = start->of_state;
	code_key(freezer, writing, &start->key);
	codec_u64(codec, writing, &start->ref);
	code_begun(freezer, writing, &start->begun, freezer->base);
	codec_instant(codec, writing, &start->due, freezer->base);
	codec_u16(codec, writing, &start->rule);
	codec_u8(codec, writing, &of_state);
	start->of_state = of_state;
}

CODEC_INLINE void code_memory(struct freezer *freezer, bool writing, struct rule_memory *memory)
{
	struct codec *codec = freezer->codec;
	uint32_t bits = 0;
	for (int pass = 0; pass < 2; pass++) {
		codec_flag(writing, &bits, 0, &memory->held);
		codec_flag(writing, &bits, 1, &memory->alerted);
		codec_flag(writing, &bits, 2, &memory->provisional);
		if (!pass)
			codec_u32(codec, writing, &bits);
	}
	codec_u16(codec, writing, &memory->rule);
	codec_u32(codec, writing, &memory->alert);
	if (writing)
		memory_forget_past(memory);
	code_evidence(freezer, writing, &memory->window, &memory->window_count, &memory->window_room);
}

CODEC_INLINE void code_mute(struct freezer *freezer, bool writing, struct mute *mute)
{
	struct codec *codec = freezer->codec;
	codec_raw64(codec, writing, &mute->key);
	codec_raw64(codec, writing, &mute->rule);
	codec_instant(codec, writing, &mute->from, freezer->base);
	codec_instant(codec, writing, &mute->until, freezer->base);
}

/* ---- what was seen, and what is known ---- */

CODEC_INLINE void code_first(struct freezer *freezer, bool writing, struct first_entry *first)
{
	struct codec *codec = freezer->codec;
	codec_raw64(codec, writing, &first->mark);
	codec_u64(codec, writing, &first->ref);
	codec_instant(codec, writing, &first->time, freezer->base);
}

/* Most marks say one of two things, and are written without their value; those that say nothing are left. */
enum mark_class { MARKS_SEEN, MARKS_DONE, MARKS_OTHER, MARK_CLASSES };

static enum mark_class class_of(const struct mark *mark, bool by_firsts)
{
	if (!mark->mark || mark_is_idle(mark->value) || (by_firsts && mark->value == MARK_FIRST)) /* or a free slot */
		return MARK_CLASSES;
	if (mark->value == MARK_SEEN || mark->value == MARK_FIRST)
		return MARKS_SEEN;
	return mark->value == MARK_DONE ? MARKS_DONE : MARKS_OTHER;
}

/* Whether every first event was seen, as mostly: then its entry says so, and its mark is not written. */
static bool firsts_were_seen(struct history *history)
{
	bool all = true;
	for (uint32_t i = 0; i < history->first_count; i++) {
		int64_t *seen = marks_find(&history->marks, history->firsts[i].mark);
		if (seen && *seen == MARK_SEEN)
			*seen = MARK_FIRST;
		all = all && seen && *seen == MARK_FIRST;
	}
	return all;
}

static void read_class(struct freezer *freezer, enum mark_class class, uint64_t count)
{
	struct codec *codec = freezer->codec;
	struct marks *marks = &freezer->history->marks;
	for (; count; count--) {
		struct mark mark = {.value = class == MARKS_SEEN ? MARK_SEEN : MARK_DONE};
		codec_raw64(codec, false, &mark.mark);
		if (class == MARKS_OTHER)
			codec_instant(codec, false, &mark.value, freezer->base);
		marks_add(marks, mark.mark, mark.value);
	}
}

static uint8_t *put_mark(uint8_t *at, uint64_t mark)
{
	memcpy(at, &mark, sizeof mark);
	return at + sizeof mark;
}

/* One class after the other, in one walk: those without a value are of one length, so that where each class begins is
 * known. */
static void write_classes(struct freezer *freezer, const uint64_t *counts, bool by_firsts)
{
	struct codec *codec = freezer->codec;
	const struct marks *marks = &freezer->history->marks;
	uint8_t *seen = codec->at, *done = seen + counts[MARKS_SEEN] * sizeof(uint64_t);
	codec->at = done + counts[MARKS_DONE] * sizeof(uint64_t);
	for (size_t i = 0, left = marks->count; left; i++) {
		struct mark mark = marks->items[i];
		left -= mark.mark != 0;
		enum mark_class class = class_of(&mark, by_firsts);
		if (class == MARKS_SEEN) {
			seen = put_mark(seen, mark.mark);
		} else if (class == MARKS_DONE) {
			done = put_mark(done, mark.mark);
		} else if (class == MARKS_OTHER) {
			codec->at = put_mark(codec->at, mark.mark);
			codec_instant(codec, true, &mark.value, freezer->base);
		}
	}
}

static void write_marks(struct freezer *freezer)
{
	struct codec *codec = freezer->codec;
	const struct marks *marks = &freezer->history->marks;
	uint64_t counts[MARK_CLASSES + 1] = {0};
	bool by_firsts = firsts_were_seen(freezer->history);
	uint8_t flag = by_firsts;
	for (size_t i = 0, left = marks->count; left; i++) {
		left -= marks->items[i].mark != 0;
		counts[class_of(&marks->items[i], by_firsts)]++;
	}
	codec_reserve(codec, 1 + MARK_CLASSES + 2 * marks->count);
	codec_u8(codec, true, &flag);
	for (size_t class = 0; class < MARK_CLASSES; class++)
		codec_u64(codec, true, &counts[class]);
	write_classes(freezer, counts, by_firsts);
}

static void read_marks(struct freezer *freezer)
{
	struct codec *codec = freezer->codec;
	struct history *history = freezer->history;
	uint64_t counts[MARK_CLASSES] = {0}, all = 0;
	uint8_t by_firsts = 0;
	codec_u8(codec, false, &by_firsts);
	for (size_t class = 0; class < MARK_CLASSES; class++) {
		codec_u64(codec, false, &counts[class]);
		all += counts[class];
	}
	marks_reserve(&history->marks, (size_t)all + (by_firsts ? history->first_count : 0));
	for (enum mark_class class = MARKS_SEEN; class < MARK_CLASSES; class++)
		read_class(freezer, class, counts[class]);
	for (uint32_t i = 0; by_firsts && i < history->first_count; i++)
		marks_add(&history->marks, history->firsts[i].mark, MARK_FIRST);
}

CODEC_INLINE void code_value(struct codec *codec, bool writing, struct value *value, char **owned)
{
	uint8_t kind = (uint8_t)value->kind;
	codec_u8(codec, writing, &kind);
	value->kind = (enum value_kind)kind;
	if (value->kind != VALUE_STRING) { /* of lists and objects a fact has none */
		codec_raw64(codec, writing, &value->other);
		return;
	}
	uint64_t length = value->string.length;
	codec_u64(codec, writing, &length);
	codec_reserve(codec, 1 + (size_t)length);
	if (writing) {
		memcpy(codec->at, value->string.at, length);
	} else {
		*owned = mem_copy_text((const char *)codec->at, length);
		value->string = (struct text){*owned, length};
	}
	codec->at += length;
}

CODEC_INLINE void code_facts(struct freezer *freezer, bool writing, struct facts **facts)
{
	struct codec *codec = freezer->codec;
	uint8_t any = *facts != NULL;
	codec_reserve(codec, 8);
	codec_u8(codec, writing, &any);
	if (!any)
		return;
	if (!writing)
		*facts = MEM_NEW(struct facts);
	struct facts *known = *facts;
	uint64_t count = known->count, birth = writing ? codec_zigzag(known->birth) : 0;
	uint8_t implausible = known->birth_implausible;
	codec_u64(codec, writing, &count);
	known->count = (size_t)count;
	codec_u64(codec, writing, &birth);
	known->birth = (civil_day)codec_unzigzag(birth);
	codec_u8(codec, writing, &implausible);
	known->birth_implausible = implausible;
	codec_instant(codec, writing, &known->birth_unknown_from, freezer->base);
	codec_u16(codec, writing, &known->birth_name);
	for (size_t i = 0; i < known->count; i++) {
		codec_reserve(codec, 5);
		codec_u16(codec, writing, &known->fields[i].name);
		code_value(codec, writing, &known->fields[i].value, &known->owned[i]);
	}
}

/* ---- the whole ---- */

/* What is only of an instant, or of a date that is over: nothing that is to come asks for it. */
static void forget_past_ends(struct history *history)
{
	for (uint32_t i = history->end_seen_count; i-- > 0;)
		if (end_counts_at(&history->ends_seen[i].ending) <= history->last)
			history->ends_seen[i] = history->ends_seen[--history->end_seen_count];
	for (uint32_t i = history->ignored_count; i-- > 0;) {
		const struct begun *begun = &history->ignored[i].begun;
		instant until = begun->date_ends != INSTANT_NONE ? begun->date_ends - 1 : begun->at;
		if (until <= history->last)
			history->ignored[i] = history->ignored[--history->ignored_count];
	}
}

CODEC_INLINE void code_instants(struct freezer *freezer, bool writing)
{
	struct codec *codec = freezer->codec;
	struct history *history = freezer->history;
	codec_reserve(codec, 16);
	codec_instant(codec, writing, &history->last, 0);
	freezer->base = history->last == INSTANT_NONE ? 0 : history->last;
	codec_instant(codec, writing, &history->ended, freezer->base);
	codec_instant(codec, writing, &history->future, freezer->base);
	codec_instant(codec, writing, &history->clocks_next, freezer->base);
	codec_instant(codec, writing, &history->opens_next, freezer->base);
	codec_instant(codec, writing, &history->ladder_next, freezer->base);
	codec_instant(codec, writing, &history->next_age, freezer->base);
	codec_instant(codec, writing, &history->date_judged, freezer->base);
	codec_instant(codec, writing, &history->settle_at, freezer->base);
	codec_u64(codec, writing, &history->contradictions_told);
	codec_u32(codec, writing, &history->changed_from);
	codec_u32(codec, writing, &history->warned_from);
	codec_u32(codec, writing, &history->taken);
	uint8_t settled = history->settled;
	codec_u8(codec, writing, &settled);
	history->settled = settled;
}

/* A list of records: `code` writes or reads one. */
#define CODE_LIST(list, counted, roomy, code, fields)                                                                  \
	do {                                                                                                           \
		code_count(freezer->codec, writing, (void **)&history->list, &history->counted, &history->roomy,       \
		           sizeof *history->list);                                                                     \
		for (uint32_t i = 0; i < history->counted; i++) {                                                      \
			codec_reserve(freezer->codec, fields);                                                         \
			code(freezer, writing, &history->list[i]);                                                     \
		}                                                                                                      \
	} while (0)

CODEC_INLINE void code_contradiction(struct freezer *freezer, bool writing, uint64_t *ref)
{
	codec_u64(freezer->codec, writing, ref);
}

CODEC_INLINE void code_history(struct freezer *freezer, bool writing)
{
	struct history *history = freezer->history;
	code_instants(freezer, writing);
	code_facts(freezer, writing, &history->facts);
	CODE_LIST(clocks, clock_count, clock_room, code_clock, 24);
	CODE_LIST(opens, open_count, open_room, code_open, 16);
	CODE_LIST(ends_seen, end_seen_count, end_seen_room, code_end_seen, 16);
	CODE_LIST(ignored, ignored_count, ignored_room, code_ignored, 16);
	CODE_LIST(memories, memory_count, memory_room, code_memory, 8);
	CODE_LIST(outcomes, outcome_count, outcome_room, freeze_outcome, 1);
	CODE_LIST(withdrawn, withdrawn_count, withdrawn_room, freeze_outcome, 1);
	CODE_LIST(mutes, mute_count, mute_room, code_mute, 4);
	CODE_LIST(warned, warned_count, warned_room, freeze_warned, 20);
	CODE_LIST(firsts, first_count, first_room, code_first, 4);
	CODE_LIST(contradictions, contradiction_count, contradiction_room, code_contradiction, 1);
	if (writing)
		write_marks(freezer);
	else
		read_marks(freezer);
}

void freeze_write(struct codec *codec, struct reasons *reasons, const uint64_t *identities, struct history *history)
{
	struct freezer freezer = {.codec = codec, .reasons = reasons, .history = history, .identities = identities};
	codec->writing = true;
	codec->at = codec->bytes;
	codec_reserve(codec, 16);
	forget_past_ends(history);
	code_history(&freezer, true);
}

void freeze_read(struct codec *codec, struct reasons *reasons, const uint64_t *identities, struct history *history)
{
	struct freezer freezer = {.codec = codec, .reasons = reasons, .history = history, .identities = identities};
	codec->writing = false;
	code_history(&freezer, false);
}

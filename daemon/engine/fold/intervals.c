/* intervals: which event types begin an interval and which end one, and whether an end is dated before its own
 * start. */
#include "engine/fold/fold.h"

#include "event/schema_intervals.h"

/* Of a type that nobody declared: the key by which a rule looks at the end. */
static uint16_t key_looked_by(const struct rule_index *index, type_id type)
{
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		const struct interest *interest = &index->interests[domain][type];
		for (size_t i = 0; i < interest->concern_count; i++)
			if (index->rules->rules[interest->concerns[i].rule].key)
				return index->rules->rules[interest->concerns[i].rule].key;
		for (size_t i = 0; i < interest->state_count; i++)
			if (index->rules->states[interest->states[i].state].keys[0])
				return index->rules->states[interest->states[i].state].keys[0];
	}
	return 0;
}

/* The key of an interval: all the fields of its type's key (an allocation is of a role and a worker). */
static void read_keys(const struct rule_index *index, type_id type, struct interval_part *part)
{
	const struct event_type *known = schema_type(type);
	size_t count = 0;
	for (size_t i = 0; known && i < known->field_count && count < INTERVAL_KEYS; i++)
		if (known->fields[i].key)
			part->keys[count++] = known->fields[i].name_id;
	if (!known)
		part->keys[0] = key_looked_by(index, type);
}

void intervals_read(struct rule_index *index)
{
	index->intervals = mem_zero(index->type_count, sizeof *index->intervals);
	for (size_t type = 0; type < index->type_count; type++) {
		struct schema_interval known;
		if (!schema_interval((type_id)type, &known))
			continue;
		index->intervals[type] = (struct interval_part){.interval = text_fingerprint(known.of, 8) | 1,
		                                                .starts = known.begins,
		                                                .ends = known.ends,
		                                                .kind = known.kind,
		                                                .kind_name = schema_name(TEXT("kind"))};
		read_keys(index, (type_id)type, &index->intervals[type]);
	}
	/* A start is looked at where some rule or state waits for an end of it. */
	for (size_t domain = 0; domain < DOMAINS; domain++)
		for (size_t type = 0; type < index->type_count; type++) {
			const struct interval_part *part = &index->intervals[type];
			bool waited_for = false;
			for (size_t end = 0; part->starts && end < index->type_count; end++)
				waited_for |= index->intervals[end].ends &&
				              index->intervals[end].interval == part->interval &&
				              index->interests[domain][end].any;
			struct interest *interest = &index->interests[domain][type];
			interest->starts_interval = waited_for && part->keys[0];
			interest->ahead = interest->first || interest->starts_interval;
			interest->any |= interest->starts_interval;
		}
}

static bool reads_history(const struct selector *selector)
{
	return selector->where && condition_reads_history(selector->where);
}

void intervals_read_dated(struct rule_index *index)
{
	for (size_t domain = 0; domain < DOMAINS; domain++)
		for (size_t type = 0; type < index->type_count; type++) {
			struct interest *interest = &index->interests[domain][type];
			bool ends = index->intervals[type].ends;
			for (size_t i = 0; i < interest->concern_count; i++) {
				enum part part = (enum part)interest->concerns[i].part;
				bool stops = part == PART_STOP || part == PART_CLOSES || part == PART_ENDS;
				interest->concerns[i].dated =
					(ends || stops) && reads_history(interest->concerns[i].selector);
				interest->dated |= interest->concerns[i].dated;
			}
			for (size_t i = 0; i < interest->state_count; i++) {
				interest->states[i].dated = (ends || !interest->states[i].from) &&
				                            reads_history(interest->states[i].selector);
				interest->dated |= interest->states[i].dated;
			}
		}
}

/* ---- while a history is folded ---- */

static uint64_t interval_key(const struct fold *fold, const struct interval_part *part, const struct event *event)
{
	uint64_t mixed = part->interval;
	for (size_t i = 0; i < INTERVAL_KEYS && part->keys[i]; i++) {
		uint64_t key = context_field_key(fold, event, part->keys[i]);
		if (key == KEY_NONE)
			return KEY_NONE;
		mixed = mark_mix(mixed, key);
	}
	return mixed;
}

static uint64_t start_mark(uint64_t key)
{
	return mark_mix(key, 17);
}

static uint64_t waiting_mark(uint64_t key)
{
	return mark_mix(key, 18);
}

static bool begins(const struct interval_part *part, const struct event *event)
{
	if (!part->kind)
		return part->starts;
	return text_equal(event_string(event, part->kind_name), text_of(part->kind));
}

void interval_note_start(struct fold *fold, const struct event *event)
{
	const struct interval_part *part = &fold->index->intervals[event->type];
	uint64_t key = begins(part, event) ? interval_key(fold, part, event) : KEY_NONE;
	if (key == KEY_NONE)
		return;
	int64_t *start = marks_put(&fold->history->marks, start_mark(key), event->time);
	if (event->time < *start)
		*start = event->time;
	const int64_t *waiting = marks_find(&fold->history->marks, waiting_mark(key));
	fold->again |=
		waiting && *waiting < *start; /* an end that was taken at its word is dated before its own start */
}

bool interval_contradicts(struct fold *fold, const struct event *event, bool *lacks_start)
{
	*lacks_start = false;
	if (event->type >= fold->index->type_count || !fold->index->intervals[event->type].ends)
		return false;
	const struct interval_part *part = &fold->index->intervals[event->type];
	uint64_t key = part->keys[0] ? interval_key(fold, part, event) : KEY_NONE;
	if (key == KEY_NONE)
		return false;
	struct ending ending = ending_of(fold, event, true);
	const int64_t *start = marks_find(&fold->history->marks, start_mark(key));
	if (start)
		return end_counts_at(&ending) < *start;
	*lacks_start = fold->history->domain == PARTY_NONE;
	int64_t *waiting = marks_put(&fold->history->marks, waiting_mark(key), end_counts_at(&ending));
	if (end_counts_at(&ending) < *waiting)
		*waiting = end_counts_at(&ending);
	return false;
}

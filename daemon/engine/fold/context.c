/* context: which states are open, what was seen, what is known of the person, and what conditions read of it. */
#include "engine/engine_internal.h"

#include <stdlib.h>

static int age_of(const struct fold *fold)
{
	civil_day birth = history_birth(fold->history, fold->at);
	return birth == DAY_NONE ? -1 : calendar_age(birth, zone_date(fold->zone, fold->at));
}

/* ---- facts ---- */

static const char *const fact_names[] = {"date_of_birth", "initials", "restricted", "legal_status", "authority"};
#define TIMELESS 3 /* the first so many hold for the whole history; the others from their event's time */

static void keep_fact(struct facts *facts, const struct event_field *field)
{
	size_t i = 0;
	while (i < facts->count && facts->fields[i].name != field->name)
		i++;
	if (i == facts->count)
		facts->count++;
	else
		free(facts->owned[i]);
	facts->fields[i] = *field;
	facts->owned[i] = NULL;
	if (field->value.kind == VALUE_STRING) {
		facts->owned[i] = mem_copy_text(field->value.string.at, field->value.string.length);
		facts->fields[i].value.string.at = facts->owned[i];
	}
}

/* Of several dates of birth those that make the person 31 or more at their own event's time count only where there is
 * no other. */
static void keep_birth(struct facts *facts, const struct calendar *calendar, const struct event *event,
                       const struct event_field *field)
{
	civil_day birth;
	bool known = day_parse(field->value.string, &birth);
	instant unknown_from = known ? calendar_birthday(calendar, birth, AGE_PLACEHOLDER, 0) : INSTANT_NEVER;
	bool implausible = known && event->time >= unknown_from;
	if (implausible && facts->birth != DAY_NONE && !facts->birth_implausible)
		return;
	keep_fact(facts, field);
	facts->birth = known ? birth : DAY_NONE;
	facts->birth_name = field->name;
	facts->birth_implausible = implausible;
	facts->birth_unknown_from = unknown_from;
}

static struct facts *history_facts(struct history *history)
{
	if (!history->facts) {
		history->facts = MEM_NEW(struct facts);
		history->facts->birth = DAY_NONE;
		history->facts->birth_unknown_from = INSTANT_NEVER;
	}
	return history->facts;
}

void history_set_fact(struct history *history, const struct calendar *calendar, const struct event *event,
                      bool timeless)
{
	for (size_t which = 0; which < sizeof fact_names / sizeof *fact_names; which++) {
		if ((which < TIMELESS) != timeless)
			continue;
		uint16_t name = schema_name(text_of(fact_names[which]));
		const struct value *value = event_field(event, name);
		struct event_field field = {name, *value};
		if (value->kind != VALUE_ABSENT && which == 0)
			keep_birth(history_facts(history), calendar, event, &field);
		else if (value->kind != VALUE_ABSENT)
			keep_fact(history_facts(history), &field);
	}
}

/* ---- marks ---- */

static uint64_t seen_mark(type_id type, uint16_t field, uint64_t key)
{
	return mark_mix(((uint64_t)type << 20) | ((uint64_t)field << 1) | 1, key);
}

/* The few first ones are looked at in turn; where the others are, a mark says. */
#define FEW_FIRSTS 8

static uint64_t place_mark(uint64_t mark)
{
	return mark_mix(mark, 15);
}

static struct first_entry *find_first(const struct history *history, uint64_t mark)
{
	for (size_t i = 0; i < history->first_count && i < FEW_FIRSTS; i++)
		if (history->firsts[i].mark == mark)
			return &history->firsts[i];
	const int64_t *place = history->first_count > FEW_FIRSTS ? marks_find(&history->marks, place_mark(mark)) : NULL;
	return place ? &history->firsts[*place] : NULL;
}

/* What was looked for in vain, and is there now: what was judged without it is judged anew. */
static uint64_t vain_mark(uint64_t mark)
{
	return mark_mix(mark, 16);
}

/* What conditions read of it, and nothing else: most histories have one of each missing episode. */
#define FIELDS_READ_MOST 8
static void pack_first(const struct fold *fold, struct first_entry *first, const struct event *event)
{
	const struct interest *interest = rule_index_interest(fold->index, fold->history->domain, event->type);
	struct event_field fields[FIELDS_READ_MOST];
	struct event read = {.type = event->type, .time = event->time, .ref = event->ref, .recorded = INSTANT_NONE,
	                     .fields = fields};
	bool few = interest && interest->first_field_count <= FIELDS_READ_MOST;
	for (size_t i = 0; few && i < interest->first_field_count; i++) {
		const struct value *value = event_field(event, interest->first_fields[i]);
		if (value->kind != VALUE_ABSENT)
			fields[read.field_count++] = (struct event_field){interest->first_fields[i], *value};
	}
	const struct event *packed = few ? &read : event;
	first->packed = mem_alloc(event_packed_most(packed));
	first->size = event_pack(packed, first->packed);
	first->packed = mem_grow(first->packed, first->size, 1);
}

static void keep_first(struct fold *fold, uint64_t mark, const struct event *event)
{
	struct history *history = fold->history;
	if (find_first(history, mark))
		return;
	fold->again |= marks_find(&history->marks, vain_mark(mark)) != NULL;
	if (history->first_count >= FEW_FIRSTS)
		(void)marks_put(&history->marks, place_mark(mark), (int64_t)history->first_count);
	struct first_entry *first = mem_push32((void **)&history->firsts, &history->first_count, &history->first_room,
	                                     sizeof *first);
	*first = (struct first_entry){.mark = mark, .ref = event->ref, .time = event->time};
	pack_first(fold, first, event);
}

static uint64_t mark_of(const struct fold *fold, const struct event *event, uint16_t field)
{
	return seen_mark(event->type, field, field ? context_field_key(fold, event, field) : KEY_NONE);
}

void context_take_marks(struct fold *fold, const struct interest *interest, const struct event *event)
{
	struct marks *marks = fold->ahead ? &fold->seen_ahead : &fold->history->marks;
	size_t before = marks->count;
	for (size_t i = 0; i < interest->seen_count; i++)
		(void)marks_put(marks, mark_of(fold, event, interest->seen_keys[i]), MARK_SEEN);
	if (marks->count > before || interest->first)
		settle_type_seen(fold, event->type);
}

void context_note_first(struct fold *fold, const struct interest *interest, const struct event *event)
{
	for (size_t i = 0; i < interest->seen_count; i++)
		keep_first(fold, mark_of(fold, event, interest->seen_keys[i]), event);
}

instant context_next(const struct fold *fold)
{
	return fold->history->opens_next;
}

/* ---- what conditions read ---- */

struct view {
	struct fold *fold;
	const struct rule *rule;
	uint64_t key;
	bool once_known;
	bool unpacked; /* something of this evaluation is in fold->unpacked */
	bool before;   /* without what begins at the fold's instant */
};

/* "28 days" after the end, like any clock of days: to the midnight that ends the last of them. */
static bool within_tail(struct fold *fold, const struct open_entry *open, struct duration tail)
{
	instant until;
	if (calendar_expiry(fold->calendar, open->ends - open->by_date, tail, &until, NULL) != RESULT_OK)
		return true; /* longer than the calendar knows: hold on to the child */
	if (fold->at < until && until < fold->history->settle_at)
		fold->history->settle_at = until;
	return fold->at < until;
}

static bool view_open(void *context, const struct condition_state *state)
{
	struct view *view = context;
	const struct history *history = view->fold->history;
	const struct state_def *def = &view->fold->index->rules->states[state->state];
	bool same_key = view->rule && view->rule->key && def->keys[0] == view->rule->key && !def->keys[1] &&
	                !def->key_optional && view->key;
	if (!state->has_tail && !view->before) {
		const struct open_entry *open = same_key ? open_find(view->fold, state->state, view->key) : NULL;
		return same_key ? open && !(view->once_known && open->ends != INSTANT_NEVER)
		                : open_count(view->fold, state->state, view->once_known) > 0;
	}
	for (size_t i = 0; i < history->open_count; i++) {
		const struct open_entry *open = &history->opens[i];
		if (open->state != state->state || (same_key && open->key != view->key) ||
		    (view->before && open->begun.at == view->fold->at))
			continue;
		if (!open->closed || (state->has_tail && within_tail(view->fold, open, state->tail)))
			return true;
	}
	return false;
}

static uint64_t view_mark(const struct view *view, type_id type)
{
	const struct rule *rule = view->rule;
	uint16_t field = rule && rule->key && view->key && schema_field(type, text_of(schema_name_text(rule->key)))
	                         ? rule->key
	                         : 0;
	return seen_mark(type, field, field ? view->key : KEY_NONE);
}

static bool view_seen(void *context, type_id type)
{
	struct view *view = context;
	uint64_t mark = view_mark(view, type);
	return marks_find(&view->fold->history->marks, mark) != NULL ||
	       (view->fold->ahead && marks_find(&view->fold->seen_ahead, mark) != NULL);
}

/* Lives until the condition was evaluated. */
static const struct value *unpacked_field(struct view *view, const void *packed, uint16_t field)
{
	struct arena *arena = view->fold->unpacked;
	if (!view->unpacked)
		arena_reset(arena);
	view->unpacked = true;
	struct event event;
	event_unpack(packed, &event, arena);
	return event_field(&event, field);
}

struct fetching {
	const struct fold *fold;
	struct first_entry *first;
};

static enum result take_first(void *argument, const struct event *event, struct fault *fault)
{
	const struct fetching *fetching = argument;
	(void)fault;
	pack_first(fetching->fold, fetching->first, event);
	return RESULT_OK;
}

/* The history was frozen meanwhile, and what it looks at stayed with the host. Where that cannot be read nothing of
 * this fold is told: the flush fails. */
static void fetch_first(struct fold *fold, struct first_entry *first)
{
	struct engine *engine = fold->engine;
	struct fault fault = {{0}};
	struct fetching fetching = {fold, first};
	enum result result = engine->host.event(engine->host.context, first->ref, take_first, &fetching, &fault);
	engine_note_read(engine, result, &fault);
}

static const struct value *view_first(void *context, type_id type, uint16_t field)
{
	static const struct value absent = {.kind = VALUE_ABSENT};
	struct view *view = context;
	uint64_t mark = view_mark(view, type);
	struct first_entry *first = find_first(view->fold->history, mark);
	if (!first)
		(void)marks_put(&view->fold->history->marks, vain_mark(mark), MARK_SEEN);
	else if (!first->packed)
		fetch_first(view->fold, first);
	return first && first->packed ? unpacked_field(view, first->packed, field) : &absent;
}

static struct condition_scope scope_of(struct view *view, const struct event *event)
{
	struct fold *fold = view->fold;
	return (struct condition_scope){
	        .event = event,
	        .age = fold->index->any_age ? age_of(fold) : -1,
	        .child = fold->history->facts ? fold->history->facts->fields : NULL,
	        .child_count = fold->history->facts ? fold->history->facts->count : 0,
	        .child_hidden = fold->history->facts && fold->at >= fold->history->facts->birth_unknown_from
	                                ? fold->history->facts->birth_name
	                                : 0,
	        .context = view,
	        .open = view_open,
	        .seen = view_seen,
	        .first = view_first,
	        .failures = fold->condition_failures,
	};
}

bool context_holds(struct fold *fold, const struct condition *condition, const struct rule *rule,
                   const struct event *event, uint64_t key, bool once_known)
{
	struct view view = {fold, rule, key, once_known, false, false};
	struct condition_scope scope = scope_of(&view, event);
	return condition_holds(condition, &scope);
}

bool context_lasts(struct fold *fold, const struct condition *condition, const struct rule *rule, uint64_t key)
{
	return fold->history->opens_next == INSTANT_NEVER || context_holds(fold, condition, rule, NULL, key, true);
}

bool context_held_before(struct fold *fold, const struct condition *condition, const struct rule *rule)
{
	struct view view = {fold, rule, KEY_NONE, false, false, true};
	struct condition_scope scope = scope_of(&view, NULL);
	return condition_holds(condition, &scope);
}

void context_parts(struct fold *fold, const struct selector *selector, const struct rule *rule,
                   const struct event *event, uint64_t key, condition_visit_part *visit, void *argument)
{
	struct view view = {fold, rule, key, false, false, false};
	struct condition_scope scope = scope_of(&view, event);
	scope.favourable = selector->favourable;
	if (selector->where)
		condition_parts(selector->where, &scope, visit, argument);
}

static bool where_holds(struct fold *fold, const struct selector *selector, const struct rule *rule,
                        const struct event *event, uint64_t key)
{
	struct view view = {fold, rule, key, false, false, false};
	struct condition_scope scope = scope_of(&view, event);
	scope.favourable = selector->favourable;
	return condition_holds(selector->where, &scope);
}

static uint64_t verdict_mark(const struct selector *selector, const struct event *event)
{
	return mark_mix((uint64_t)(uintptr_t)selector, (uint64_t)(uintptr_t)event);
}

bool context_where(struct fold *fold, const struct selector *selector, const struct rule *rule,
                   const struct event *event, uint64_t key)
{
	if (!selector->where)
		return true;
	const int64_t *judged = event->day_precision && !fold->ahead
	                                ? marks_find(&fold->verdicts, verdict_mark(selector, event))
	                                : NULL;
	return judged ? *judged != 0 : where_holds(fold, selector, rule, event, key);
}

void context_judge_ahead(struct fold *fold, const struct selector *selector, const struct rule *rule,
                         const struct event *event, uint64_t key)
{
	bool holds = where_holds(fold, selector, rule, event, key);
	*marks_put(&fold->verdicts, verdict_mark(selector, event), 0) = holds;
}

static int by_time(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->ref < y->ref ? -1 : x->ref > y->ref;
}

static size_t find_open(const struct history *history, struct condition *condition, bool closed, struct evidence *found)
{
	struct condition_state *states;
	size_t state_count = condition_states(condition, &states), count = 0;
	for (size_t i = 0; i < history->open_count; i++) {
		const struct open_entry *open = &history->opens[i];
		bool named = false;
		for (size_t k = 0; k < state_count; k++)
			named |= states[k].state == open->state;
		if (named && open->closed == closed && open->ref)
			found[count++] = (struct evidence){open->ref, open->begun.at};
	}
	return count;
}

struct evidence *context_open_evidence(const struct fold *fold, struct condition *condition, size_t *count)
{
	struct evidence *found = mem_alloc((fold->history->open_count + 1) * sizeof *found);
	*count = find_open(fold->history, condition, false, found);
	if (!*count && !fold->event) /* what begins as something ends with its date, and still counts for a time */
		*count = find_open(fold->history, condition, true, found);
	qsort(found, *count, sizeof *found, by_time);
	return found;
}

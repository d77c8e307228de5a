/* allocation: folds starts and ends into who is allocated now. */
#include "people/allocation.h"

#include "base/mem.h"

#include <stdlib.h>

enum mark_kind { MARK_START, MARK_END, MARK_END_ALL };

/* One start or end, at the instant from which it counts. */
struct mark {
	enum mark_kind kind;
	instant at;
	const struct event *event;
};

/* One key as the fold goes on. */
struct open_key {
	struct text child;
	struct allocation allocation;
	instant began; /* INSTANT_NONE: not open */
};

struct fold {
	struct mark *marks;
	size_t mark_count;
	struct open_key *keys;
	size_t key_count, key_room;
	uint16_t role, worker, team;
};

static bool mark_of(const struct event *event, const struct zone *zone, type_id started, type_id ended,
                    struct mark *mark)
{
	bool all = event->type == TYPE_ID_CHILD_DIED || event->type == TYPE_ID_CHILD_TRANSFERRED;
	if (event->type != started && event->type != ended && !all)
		return false;
	mark->kind = event->type == started ? MARK_START : all ? MARK_END_ALL : MARK_END;
	mark->event = event;
	mark->at = event->time;
	if (mark->kind != MARK_START && event->day_precision) /* the midnight that ends its date */
		mark->at = zone_midnight(zone, zone_date(zone, event->time) + 1);
	return true;
}

/* By instant. At one instant ends come first: each closes what was open before. */
static int mark_order(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if ((a->kind == MARK_START) != (b->kind == MARK_START))
		return a->kind == MARK_START ? 1 : -1;
	return event_order(a->event, b->event);
}

static struct open_key *key_of(struct fold *fold, const struct event *event)
{
	struct text role = event_string(event, fold->role), worker = event_string(event, fold->worker);
	for (size_t i = 0; i < fold->key_count; i++) {
		struct open_key *key = &fold->keys[i];
		if (text_equal(key->child, event->subject) && text_equal(key->allocation.role, role) &&
		    text_equal(key->allocation.worker, worker))
			return key;
	}
	struct open_key *key = mem_push((void **)&fold->keys, &fold->key_count, &fold->key_room, sizeof *key);
	*key = (struct open_key){event->subject, {.role = role, .worker = worker}, INSTANT_NONE};
	return key;
}

/* An end of this key at this very instant that found nothing open before it: it means the start that stands beside
 * it. */
static bool ends_at_once(const struct fold *fold, size_t start)
{
	const struct event *event = fold->marks[start].event;
	for (size_t i = start; i > 0 && fold->marks[i - 1].at == fold->marks[start].at; i--) {
		const struct mark *mark = &fold->marks[i - 1];
		if (mark->kind == MARK_END_ALL)
			return true;
		if (mark->kind == MARK_END && text_equal(mark->event->subject, event->subject) &&
		    text_equal(event_string(mark->event, fold->role), event_string(event, fold->role)) &&
		    text_equal(event_string(mark->event, fold->worker), event_string(event, fold->worker)))
			return true;
	}
	return false;
}

static void begin(struct fold *fold, size_t at, bool was_open)
{
	const struct mark *mark = &fold->marks[at];
	struct open_key *key = key_of(fold, mark->event);
	if (!was_open && ends_at_once(fold, at))
		return;
	struct text team = event_string(mark->event, fold->team);
	if (key->began == INSTANT_NONE)
		key->began = mark->at;
	key->allocation.team = team;
}

static void end(struct fold *fold, const struct mark *mark)
{
	if (mark->kind == MARK_END) {
		key_of(fold, mark->event)->began = INSTANT_NONE;
		return;
	}
	for (size_t i = 0; i < fold->key_count; i++)
		if (text_equal(fold->keys[i].child, mark->event->subject))
			fold->keys[i].began = INSTANT_NONE;
}

static int key_order(const void *left, const void *right)
{
	const struct open_key *a = left, *b = right;
	if (a->began != b->began)
		return a->began < b->began ? -1 : 1;
	int order = text_order(a->allocation.role, b->allocation.role);
	return order ? order : text_order(a->allocation.worker, b->allocation.worker);
}

/* Takes the marks of one instant: what was open before it is looked at first. Returns where the next instant begins. */
static size_t fold_instant(struct fold *fold, size_t from)
{
	size_t until = from;
	while (until < fold->mark_count && fold->marks[until].at == fold->marks[from].at)
		until++;
	bool *was_open = mem_zero(until - from, sizeof *was_open);
	for (size_t i = from; i < until; i++)
		if (fold->marks[i].kind == MARK_START)
			was_open[i - from] = key_of(fold, fold->marks[i].event)->began != INSTANT_NONE;
	for (size_t i = from; i < until; i++) {
		if (fold->marks[i].kind == MARK_START)
			begin(fold, i, was_open[i - from]);
		else
			end(fold, &fold->marks[i]);
	}
	free(was_open);
	return until;
}

size_t allocations_open(const struct event *const *events, size_t count, const struct zone *zone, instant now,
                        struct allocation *open, size_t room)
{
	struct fold fold = {.marks = mem_zero(count, sizeof(struct mark)),
	                    .role = schema_name(TEXT("role")),
	                    .worker = schema_name(TEXT("worker")),
	                    .team = schema_name(TEXT("team"))};
	type_id started = schema_find(TEXT("allocation.started")), ended = schema_find(TEXT("allocation.ended"));
	for (size_t i = 0; i < count; i++)
		if (mark_of(events[i], zone, started, ended, &fold.marks[fold.mark_count]) &&
		    fold.marks[fold.mark_count].at <= now)
			fold.mark_count++;
	if (fold.mark_count)
		qsort(fold.marks, fold.mark_count, sizeof *fold.marks, mark_order);
	for (size_t i = 0; i < fold.mark_count;)
		i = fold_instant(&fold, i);
	if (fold.key_count)
		qsort(fold.keys, fold.key_count, sizeof *fold.keys, key_order);
	size_t found = 0;
	for (size_t i = 0; i < fold.key_count && found < room; i++)
		if (fold.keys[i].began != INSTANT_NONE)
			open[found++] = fold.keys[i].allocation;
	free(fold.marks);
	free(fold.keys);
	return found;
}

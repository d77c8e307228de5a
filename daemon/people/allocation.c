/* allocation: folds starts and ends into who is allocated now. */
#include "people/allocation.h"

#include "base/map.h"
#include "base/mem.h"

#include <stdlib.h>

enum mark_kind { MARK_START, MARK_END, MARK_END_ALL };

/* One start or end, at the instant from which it counts. */
struct mark {
	enum mark_kind kind;
	instant at;
	const struct event *event;
};

/* A child, and when all that was theirs last ended; INSTANT_NONE: never. */
struct child {
	struct text id;
	instant all_ended;
};

/* One key as the fold goes on. */
struct open_key {
	uint32_t child;
	struct allocation allocation;
	instant began; /* INSTANT_NONE: not open, whatever ended for all */
	instant ended; /* last by an end of its own */
};

struct fold {
	bool one_child;
	uint64_t seed;
	struct mark *marks;
	size_t mark_count;
	struct child *children;
	size_t child_count, child_room;
	struct open_key *keys;
	size_t key_count, key_room;
	struct map by_child, by_key;
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

static uint32_t child_of(struct fold *fold, const struct event *event)
{
	struct text id = fold->one_child ? TEXT_NONE : event->subject;
	uint64_t hash = text_hash(id, fold->seed);
	struct map_walk walk = map_walk(&fold->by_child, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (text_equal(fold->children[at].id, id))
			return at;
	struct child *child = mem_push((void **)&fold->children, &fold->child_count, &fold->child_room, sizeof *child);
	*child = (struct child){id, INSTANT_NONE};
	map_add(&fold->by_child, hash, (uint32_t)(fold->child_count - 1));
	return (uint32_t)(fold->child_count - 1);
}

static struct open_key *key_of(struct fold *fold, const struct event *event)
{
	struct text role = event_string(event, fold->role), worker = event_string(event, fold->worker);
	uint32_t child = child_of(fold, event);
	uint64_t hash = text_hash(worker, text_hash(role, fold->seed + child));
	struct map_walk walk = map_walk(&fold->by_key, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (fold->keys[at].child == child && text_equal(fold->keys[at].allocation.role, role) &&
		    text_equal(fold->keys[at].allocation.worker, worker))
			return &fold->keys[at];
	struct open_key *key = mem_push((void **)&fold->keys, &fold->key_count, &fold->key_room, sizeof *key);
	*key = (struct open_key){child, {.role = role, .worker = worker}, INSTANT_NONE, INSTANT_NONE};
	map_add(&fold->by_key, hash, (uint32_t)(fold->key_count - 1));
	return key;
}

/* What began at the very instant at which all of the child's ended began after it: ends come first. */
static bool is_open(const struct fold *fold, const struct open_key *key)
{
	return key->began != INSTANT_NONE && key->began >= fold->children[key->child].all_ended;
}

/* An end of this key, or of all of the child's, at this very instant that found nothing open before it means the start
 * that stands beside it. */
static void begin(struct fold *fold, const struct mark *mark, bool was_open)
{
	struct open_key *key = key_of(fold, mark->event);
	bool ends_at_once = key->ended == mark->at || fold->children[key->child].all_ended == mark->at;
	if (!was_open && ends_at_once)
		return;
	if (!is_open(fold, key))
		key->began = mark->at;
	key->allocation.team = event_string(mark->event, fold->team);
}

static void end(struct fold *fold, const struct mark *mark)
{
	if (mark->kind == MARK_END_ALL) {
		uint32_t child = child_of(fold, mark->event); /* may move the children */
		fold->children[child].all_ended = mark->at;
		return;
	}
	struct open_key *key = key_of(fold, mark->event);
	key->began = INSTANT_NONE;
	key->ended = mark->at;
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
			was_open[i - from] = is_open(fold, key_of(fold, fold->marks[i].event));
	for (size_t i = from; i < until; i++) {
		if (fold->marks[i].kind == MARK_START)
			begin(fold, &fold->marks[i], was_open[i - from]);
		else
			end(fold, &fold->marks[i]);
	}
	free(was_open);
	return until;
}

size_t allocations_open(const struct event *const *events, size_t count, bool one_child, const struct zone *zone,
                        instant now, struct allocation *open, size_t room)
{
	struct fold fold = {.one_child = one_child,
	                    .seed = hash_seed(),
	                    .marks = mem_zero(count, sizeof(struct mark)),
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
	size_t left = 0, found = 0;
	for (size_t i = 0; i < fold.key_count; i++)
		if (is_open(&fold, &fold.keys[i]))
			fold.keys[left++] = fold.keys[i];
	if (left)
		qsort(fold.keys, left, sizeof *fold.keys, key_order);
	for (; found < left && found < room; found++)
		open[found] = fold.keys[found].allocation;
	map_free(&fold.by_child);
	map_free(&fold.by_key);
	free(fold.children);
	free(fold.marks);
	free(fold.keys);
	return found;
}

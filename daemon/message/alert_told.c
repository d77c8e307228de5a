/* alert_told: the messages of an alert that were made so far, as the outbox has them. */
#include "message/alert_context.h"

#include <stdlib.h>

void alert_context_own_row(struct outbox_row *row, struct arena *arena)
{
	struct text *const texts[] = {&row->purpose,    &row->alert,   &row->rule,    &row->subject,
	                              &row->role,       &row->person,  &row->channel, &row->address,
	                              &row->message_id, &row->payload, &row->reply};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = text_keep(arena, *texts[i]);
}

#define ROLES_MOST (RULE_ROLES_MAX + DIRECTORY_LADDER_MOST + 1) /* told of one alert: no more can be */

struct row_visit {
	struct alert_context_rows *rows;
	struct arena *arena;
	struct outbox_row
		first[ROLES_MOST]; /* of each role the first that a server took: when its people heard of it */
	size_t first_count, oldest; /* oldest: so many of the first rows were kept */
};

/* They come oldest first. */
static void note_first(struct row_visit *visit, const struct outbox_row *row)
{
	if (row->sent == INSTANT_NONE || visit->first_count == ROLES_MOST)
		return;
	for (size_t i = 0; i < visit->first_count; i++)
		if (text_equal(visit->first[i].role, row->role))
			return;
	visit->first[visit->first_count] = *row;
	alert_context_own_row(&visit->first[visit->first_count++], visit->arena);
}

static enum result take_newest(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct row_visit *visit = argument;
	struct outbox_row *kept = &visit->rows->items[visit->rows->count++];
	(void)fault;
	*kept = *row;
	alert_context_own_row(kept, visit->arena);
	return RESULT_OK;
}

static enum result take_oldest(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct row_visit *visit = argument;
	note_first(visit, row);
	if (visit->oldest == GATHER_FIRST)
		return RESULT_OK;
	visit->oldest++;
	return take_newest(argument, row, fault);
}

static int by_id(const void *left, const void *right)
{
	int64_t a = ((const struct outbox_row *)left)->id, b = ((const struct outbox_row *)right)->id;
	return (a > b) - (a < b);
}

static bool is_among(const struct alert_context_rows *rows, int64_t id)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].id == id)
			return true;
	return false;
}

/* Among the others, which come newest first. */
static void put_own(struct alert_context_rows *rows, const struct outbox_row *own)
{
	size_t at = rows->count++;
	for (; at > 0 && rows->items[at - 1].id < own->id; at--)
		rows->items[at] = rows->items[at - 1];
	rows->items[at] = *own;
}

#define NEWEST (GATHER_TOLD - GATHER_FIRST)

/* The newest. Where it is not sure that the own one is among them all are read. */
static enum result read_newest(struct store *store, struct text alert, const struct outbox_row *own,
                               struct row_visit *visit, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool apart = own && text_equal(own->alert, alert);
	if (apart)
		result = outbox_others(store, alert, own->id, NEWEST, take_newest, visit, fault);
	if (apart && result == RESULT_OK && visit->rows->count < NEWEST) {
		put_own(visit->rows, own);
		return RESULT_OK;
	}
	visit->rows->count = 0;
	return result == RESULT_OK ? outbox_each(store, alert, false, NEWEST, take_newest, visit, fault) : result;
}

enum result alert_context_rows(struct store *store, struct text alert, const struct outbox_row *own,
                               struct arena *arena, struct alert_context_rows *rows, struct fault *fault)
{
	*rows = (struct alert_context_rows){
		.items = arena_alloc(arena, (GATHER_TOLD + ROLES_MOST) * sizeof *rows->items)};
	struct row_visit visit; /* ten thousand bytes that nobody reads before they are written */
	visit.rows = rows;
	visit.arena = arena;
	visit.first_count = visit.oldest = 0;
	enum result result = read_newest(store, alert, own, &visit, fault);
	size_t newest = rows->count;
	if (result == RESULT_OK && newest == NEWEST)
		result = outbox_oldest(store, alert, rows->items[newest - 1].id, GATHER_LOOKED, take_oldest, &visit,
		                       fault);
	for (size_t i = newest; i > 0; i--)
		note_first(&visit, &rows->items[i - 1]);
	for (size_t i = 0; i < visit.first_count; i++)
		if (!is_among(rows, visit.first[i].id))
			rows->items[rows->count++] = visit.first[i];
	if (rows->count)
		qsort(rows->items, rows->count, sizeof *rows->items, by_id); /* the order in which they were made */
	return result;
}

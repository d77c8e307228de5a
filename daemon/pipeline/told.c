/* told: the people who were told of an alert, for whoever must hear that it was answered or has ended. */
#include "pipeline/pipeline_internal.h"

#include <stdlib.h>

/* A message that a server took, or may have taken. What never left waits for nobody: the courier drops it when it sees that
 * the alert ended or was answered. */
static bool reached(const struct outbox_row *row)
{
	return row->person.length && (row->state == OUTBOX_ACCEPTED || row->state == OUTBOX_DELIVERED ||
	                              row->state == OUTBOX_SENDING || row->state == OUTBOX_UNCERTAIN || row->possible_duplicate);
}

/* Of the alert as it stands, not of an early warning or of its end. */
static bool told_of_it(const struct outbox_row *row)
{
	static const char *const purposes[] = {"opened", "updated", "escalated", "asked-again", "passed-on"};
	for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
		if (text_equal(row->purpose, text_of(purposes[i])))
			return true;
	return false;
}

struct gathering {
	struct told *told;
	struct arena *arena;
	instant since;
};

static struct text keep(struct text text, struct arena *arena)
{
	return (struct text){arena_copy_text(arena, text.at, text.length), text.length};
}

static enum result note(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct gathering *gathering = argument;
	struct told *told = gathering->told;
	(void)fault;
	if (!reached(row) || !told_of_it(row) || row->created < gathering->since)
		return RESULT_OK;
	for (size_t i = 0; i < told->count; i++)
		if (text_equal(told->items[i].person, row->person))
			return RESULT_OK; /* told in two roles: one line */
	struct told_person *person = mem_push((void **)&told->items, &told->count, &told->room, sizeof *person);
	*person = (struct told_person){.person = keep(row->person, gathering->arena), .role = keep(row->role, gathering->arena)};
	return RESULT_OK;
}

enum result told_find(struct pipeline *pipeline, struct text alert, instant since, struct told *told, struct fault *fault)
{
	struct gathering gathering = {told, pipeline->arena, since};
	arena_reset(pipeline->arena);
	*told = (struct told){0};
	return outbox_each(pipeline->store, alert, false, SIZE_MAX, note, &gathering, fault);
}

bool told_is_answerer(const struct told *told, const struct told_person *person, struct text by, struct text answerer)
{
	size_t of_role = 0;
	if (answerer.length)
		return text_equal(person->person, answerer);
	for (size_t i = 0; i < told->count; i++)
		of_role += text_equal(told->items[i].role, by);
	return of_role == 1 && text_equal(person->role, by); /* of several any may have been it: all hear */
}

/* told: who was told of an alert, from the outbox. */
#include "store/outbox/told.h"

#include "store/store_internal.h"

#include <stdlib.h>

bool told_reached(const struct outbox_row *row)
{
	return row->person.length && (outbox_went(row->state) || row->state == OUTBOX_SENDING ||
	                              row->state == OUTBOX_UNCERTAIN || row->possible_duplicate);
}

static bool told_of_it(const struct outbox_row *row)
{
	static const char *const purposes[] = {"opened", "updated", "escalated", "asked-again", "passed-on"};
	for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
		if (text_equal(row->purpose, text_of(purposes[i])))
			return true;
	return false;
}

static bool says_it_ended(const struct outbox_row *row)
{
	return text_equal(row->purpose, TEXT("resolved")) || text_equal(row->purpose, TEXT("withdrawn"));
}

/* The last word to a person that it ended, and whether that came to nothing: what had not gone when it opened again is
 * left out, and they believe that it stands. */
struct ending {
	struct text person;
	bool in_vain;
};

struct gathering {
	struct told *told;
	struct arena *arena;
	instant since;
	struct ending *endings;
	size_t ending_count, ending_room;
};

static const struct ending *ending_of(const struct gathering *gathering, struct text person)
{
	for (size_t i = 0; i < gathering->ending_count; i++)
		if (text_equal(gathering->endings[i].person, person))
			return &gathering->endings[i];
	return NULL;
}

static void note_ending(struct gathering *gathering, const struct outbox_row *row)
{
	if (!row->person.length || ending_of(gathering, row->person))
		return;
	struct ending *ending = mem_push((void **)&gathering->endings, &gathering->ending_count,
	                                 &gathering->ending_room, sizeof *ending);
	*ending = (struct ending){text_keep(gathering->arena, row->person), row->state == OUTBOX_FAILED};
}

/* Made before then, it tells of this time all the same where it went since, or is on its way; and where its reader was
 * to hear that it had ended, and did not. */
static bool tells_since(const struct gathering *gathering, const struct outbox_row *row)
{
	if (row->created >= gathering->since)
		return true;
	if (!told_reached(row))
		return false;
	bool on_its_way = row->sent == INSTANT_NONE && row->state != OUTBOX_FAILED;
	const struct ending *ending = ending_of(gathering, row->person);
	return on_its_way || row->sent >= gathering->since || (ending && ending->in_vain);
}

static enum result note(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct gathering *gathering = argument;
	struct told *told = gathering->told;
	(void)fault;
	if (says_it_ended(row))
		note_ending(gathering, row);
	if (!told_of_it(row) || !tells_since(gathering, row))
		return RESULT_OK;
	for (size_t i = 0; i < told->count; i++)
		if (text_equal(told->items[i].person, row->person) && text_equal(told->items[i].role, row->role)) {
			told->items[i].reached |= told_reached(row);
			return RESULT_OK;
		}
	struct told_person *person = mem_push((void **)&told->items, &told->count, &told->room, sizeof *person);
	*person = (struct told_person){.person = text_keep(gathering->arena, row->person),
	                               .role = text_keep(gathering->arena, row->role),
	                               .reached = told_reached(row)};
	return RESULT_OK;
}

enum result told_find(struct store *store, struct text alert, instant since, struct arena *arena, struct told *told,
                      struct fault *fault)
{
	struct gathering gathering = {.told = told, .arena = arena, .since = since};
	*told = (struct told){0};
	enum result result = outbox_each(store, alert, false, SIZE_MAX, note, &gathering, fault); /* newest first */
	free(gathering.endings);
	return result;
}

void told_free(struct told *told)
{
	free(told->items);
	*told = (struct told){0};
}

#define STANDS " FROM alert a WHERE " UNANSWERED " AND "
#define UNANSWERED                                                                                                     \
	"a.number > ?1 AND a.number <= ?2 AND a.state = 0 AND a.early = 0"      \
	" AND a.shadow = 0 AND a.acknowledged = 0 AND a.step > 0 AND a.asked > ?3"
#define OF_STEP "(SELECT 1 FROM outbox o WHERE o.number = a.number AND o.number > 0 AND o.created >= a.asked"

static enum result each_step(struct store *store, const char *sql, int64_t *after, int64_t most,
                             told_step_visit *visit, void *argument, struct fault *fault)
{
	int64_t last = 0, until = *after;
	enum result result = store_pragma(store, "SELECT coalesce(max(number), 0) FROM alert", &last, fault);
	if (result != RESULT_OK)
		return result;
	until = last - until > most ? until + most : last;
	struct query query = query_start(store, sql);
	bind_int(&query, *after);
	bind_int(&query, until);
	bind_int(&query, INSTANT_NONE);
	while (result == RESULT_OK && query_row(&query)) {
		struct outbox_same same = {{0}};
		struct text name = row_blob(&query, 3);
		if (name.length == sizeof same.at)
			memcpy(same.at, name.at, sizeof same.at);
		result = visit(argument, row_text(&query, 0), (int)row_int(&query, 1), row_int(&query, 2) != 0, &same,
		               fault);
	}
	result = query_end(&query, result, fault);
	if (result == RESULT_OK) /* else it is gone through again: who was not heard of must not be passed over */
		*after = until < last ? until : 0;
	return result;
}

/* 5: failed. What was dropped says so, and why; its reason was looked at then. */
#define ASKED_IN_VAIN " AND o.step = a.step AND o.state = 5 AND o.purpose IN ('opened', 'escalated', 'asked-again'))"
#define OTHERS " AND o.step = a.step AND (o.state <> 5 OR o.reply LIKE '" OUTBOX_NOT_SENT "%'))"

enum result told_nobody(struct store *store, int64_t *after, int64_t most, told_step_visit *visit, void *argument,
                        struct fault *fault)
{
	static const char sql[] =
		"SELECT a.id, a.step, 0, x''" STANDS "EXISTS " OF_STEP ASKED_IN_VAIN " AND NOT EXISTS " OF_STEP OTHERS;
	return each_step(store, sql, after, most, visit, argument, fault);
}

enum result told_not_all(struct store *store, int64_t *after, int64_t most, told_step_visit *visit, void *argument,
                         struct fault *fault)
{
	static const char sql[] = "SELECT a.id, a.step, EXISTS " OF_STEP OTHERS ", v.same FROM alert a JOIN outbox v ON"
		" v.number = a.number AND v.number > 0 AND v.created >= a.asked AND v.step = a.step AND v.state = 5"
		" AND v.purpose IN ('opened', 'escalated', 'asked-again') WHERE " UNANSWERED;
	return each_step(store, sql, after, most, visit, argument, fault);
}

enum result told_given_up(struct store *store, int64_t *after, int64_t most, told_step_visit *visit, void *argument,
                          struct fault *fault)
{
	static const char sql[] = "SELECT a.id, v.step, v.step <> a.step OR v.created < a.asked OR a.acknowledged"
		" OR v.purpose = 'passed-on' OR EXISTS " OF_STEP OTHERS ", v.same FROM alert a JOIN outbox v ON"
		" v.number = a.number AND v.number > 0 AND v.state = 5 AND v.reply NOT LIKE '" OUTBOX_NOT_SENT "%'"
		" AND v.purpose IN ('opened', 'escalated', 'asked-again', 'passed-on') WHERE a.number > ?1"
		" AND a.number <= ?2 AND a.state = 0 AND a.early = 0 AND a.shadow = 0 AND a.step > 0 AND a.asked > ?3";
	return each_step(store, sql, after, most, visit, argument, fault);
}

enum result told_replied(struct store *store, int64_t *after, int64_t most, told_step_visit *visit, void *argument,
                         struct fault *fault)
{
	static const char sql[] = "SELECT a.id, a.step, 1, x''" STANDS "EXISTS (SELECT 1 FROM audit u WHERE"
		" u.number = a.number AND u.number > 0 AND u.what = 'answer.received' AND u.at >= a.asked)";
	return each_step(store, sql, after, most, visit, argument, fault);
}

enum result told_missing(struct store *store, int64_t *after, int64_t most, told_step_visit *visit, void *argument,
                         struct fault *fault)
{
	static const char sql[] = "SELECT a.id, a.step, 0, x''" STANDS "NOT EXISTS " OF_STEP ")";
	return each_step(store, sql, after, most, visit, argument, fault);
}

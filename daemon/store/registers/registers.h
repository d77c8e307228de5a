/* registers: the tables of the registers, how far they were brought, and which children are to be looked at again.
 *
 * A table is called register_NAME and has the fields of its declaration (rules/register.h). The one rule: rows are
 * replaced child by child, in transactions of their own; how far that has come is in the same transaction as the
 * rows. */
#ifndef CASEWATCH_STORE_REGISTERS_REGISTERS_H
#define CASEWATCH_STORE_REGISTERS_REGISTERS_H

#include "event/event.h"
#include "rules/register.h"
#include "store/store.h"

/* Prepared statements for the declared tables. */
struct register_tables;
/* `defs` is borrowed and must outlive it. Free before the store is closed. */
struct register_tables *register_tables_new(struct store *store, const struct register_def *defs, size_t count);
void register_tables_free(struct register_tables *tables); /* NULL is fine */

/* Makes the tables as they are declared: one whose declaration changed is emptied and built from nothing, one that is
 * declared no longer goes. In the caller's transaction. */
MUST_CHECK enum result register_tables_declare(struct register_tables *tables, struct fault *fault);

/* From now on nothing is written through these tables: rows that would be, or go, are counted. For a store that is only
 * read. register_different: of table `which`; beyond the last, under which id linked ones are one history. */
void register_tables_compare(struct register_tables *tables);
uint64_t register_different(const struct register_tables *tables, size_t which);
/* Whether all tables are built, and as they are declared here. */
MUST_CHECK enum result register_tables_declared(struct register_tables *tables, bool *declared, struct fault *fault);

/* The SQL that makes the register's table and its indexes, empty; appended. */
void register_create_sql(const struct register_def *def, struct buffer *sql);

/* How far the registers are. */
struct register_progress {
	uint64_t done;     /* events up to this number are in all tables that are built */
	uint64_t newest;   /* the newest event stored */
	uint64_t again;    /* events that stand no longer, or stand again, and were not looked at yet */
	uint32_t built;    /* histories walked, where some table is built from nothing */
	bool building;     /* some table is */
};
MUST_CHECK enum result register_progress(struct store *store, struct register_progress *progress, struct fault *fault);

/* What a person is called in the log and in `status`: events that lists do not know yet. */
static inline uint64_t register_behind(const struct register_progress *progress)
{
	return progress->newest - progress->done + progress->again;
}

/* The subjects of the events after number `after`, at most `limit` events of them, and of at most as many that changed
 * their standing, each with the event's type; of a merge both ids. *last: up to which event that was, and *again: up to
 * which change of standing, for register_note. A subject may be visited more than once. `again`: for a change of
 * standing. */
typedef enum result register_subject_visit(void *argument, struct text subject, type_id type, bool again,
                                           struct fault *fault);
MUST_CHECK enum result register_touched(struct store *store, uint64_t after, size_t limit, uint64_t *last,
                                        uint64_t *again, register_subject_visit *visit, void *argument,
                                        struct fault *fault);
/* Events up to `done` are in the tables, and changes of standing up to `again`. In the caller's transaction. */
MUST_CHECK enum result register_note(struct store *store, uint64_t done, uint64_t again, struct fault *fault);
/* Every history is to be walked, and with that all events stored so far are in the tables: cheaper than looking at a
 * child once for each of its events. In the caller's transaction. */
MUST_CHECK enum result register_walk(struct store *store, struct fault *fault);
/* Histories up to number `built` were walked; `finished`: that was all of them. In the caller's transaction. */
MUST_CHECK enum result register_note_built(struct store *store, uint32_t built, bool finished, struct fault *fault);

/* The types of stored events, before they are read. Asked again before each portion: an event of a type not seen before
 * makes it known. */
MUST_CHECK enum result register_learn_types(struct register_tables *tables, struct fault *fault);
/* The number of the history whose subject is `id` (0: there is none), and its newest event (0: none). */
uint32_t register_newest(const struct store *store, struct text id, uint32_t *number);
/* Shows events one after the other, each if it stands and `wants` says so of its type; it lives until the visit is
 * over. So histories are read in the order of the file, many at a time. */
struct register_reader {
	uint32_t (*next)(void *argument);            /* which event is looked at next; 0: no more */
	bool (*wants)(void *argument, type_id type); /* NULL: all */
	enum result (*visit)(void *argument, const struct event *event, instant arrived, struct fault *fault);
	/* It was looked at, shown or not; not called of one that is not there. `before`: the event before it in its
	 * history, 0 for none; `bytes`: of what was shown. */
	void (*seen)(void *argument, uint32_t before, size_t bytes);
	void *argument;
};
MUST_CHECK enum result register_events(struct register_tables *tables, const struct register_reader *reader,
                                       struct fault *fault);

/* Rows are written from here on, of each child once until it is called again: what lies beyond all rows that there are
 * now is not looked for. */
void register_tables_begin(struct register_tables *tables);
/* The rows of a child in a register are put in their order, beside those that stand, which are read meanwhile. That
 * reading is let go of, before the transaction ends and before anything else changes them. */
void register_tables_rest(struct register_tables *tables);
/* The row at a place among the rows of the child whose history has this number, from 0 on. *changed: it was another, or
 * not there. In the caller's transaction. */
MUST_CHECK enum result register_put(struct register_tables *tables, size_t which, uint32_t history, uint32_t place,
                                    const struct register_value *row, bool *changed, struct fault *fault);
/* Whether the child whose history is filed under this id has any row. */
MUST_CHECK enum result register_has_row(struct register_tables *tables, size_t which, struct text child, bool *has,
                                        struct fault *fault);
/* The child has no rows from this place on. *asked: the table was asked for some. In the caller's transaction. */
MUST_CHECK enum result register_cut(struct register_tables *tables, size_t which, uint32_t history, uint32_t from,
                                    bool *asked, struct fault *fault);
/* Under which id the histories of linked ids are one: a row in register_id; where `child` is `id` itself, none. In the
 * caller's transaction. */
MUST_CHECK enum result register_note_id(struct register_tables *tables, struct text id, struct text child,
                                        struct fault *fault);
/* Whether table `which` is built: a list that reads it waits until it is. */
MUST_CHECK enum result register_is_built(struct store *store, const char *id, bool *built, struct fault *fault);
/* By table: 1 where it is not, else 0. */
MUST_CHECK enum result register_unbuilt(struct register_tables *tables, uint8_t *unbuilt, struct fault *fault);

/* An event's standing changed: its subject is looked at again. In the caller's transaction. */
MUST_CHECK enum result register_mark(struct store *store, uint64_t ref, struct fault *fault);

#endif

/* registers_internal: the prepared tables, as the files of this folder share them. Internal to store/registers/. */
#ifndef CASEWATCH_STORE_REGISTERS_REGISTERS_INTERNAL_H
#define CASEWATCH_STORE_REGISTERS_REGISTERS_INTERNAL_H

#include "store/registers/registers.h"

#include "store/store_internal.h"

#define TYPE_NUMBERS 8192 /* the catalogue and what rules name: SCHEMA_NAMES_MAX and as many that were renamed */

/* A row's number is that of its child's history, then its place among the child's rows: a child's rows lie together,
 * and are found without an index. */
#define PLACE_BITS 22 /* a child has at most so many rows in a register as the number has room for: 4,194,304 */

/* A statement that writes a row: its number, then its fields. */
struct register_writing {
	sqlite3_stmt *statement; /* NULL: not prepared yet */
	bool *bound;             /* by field: it is bound to something, and not NULL */
};

struct register_table {
	const struct register_def *def;
	sqlite3_stmt *has, *walk, *cut;      /* NULL: not prepared yet */
	struct register_writing add, change; /* of `change` the child's id is left out: see registers_rows.c */
	bool measured;                       /* `last` is known */
	int64_t last;                        /* number of the last row that there was when writing began; 0: none */
	uint64_t different;                  /* rows, while tables are compared */
};

/* The rows of one child in one register are gone through once, by one statement, while they are put in their order. */
struct register_walk {
	struct register_table *table; /* NULL: none is gone through */
	uint32_t history;
	int64_t at; /* the number of the row that it is at; 0: it has gone through all */
};

struct register_tables {
	struct store *store;
	struct register_walk walk;
	bool compares;
	uint64_t ids_different;
	size_t count;
	struct register_table *items;
	type_id types[TYPE_NUMBERS]; /* by durable number */
	int64_t newest_type;         /* of those that are known */
};

static inline int64_t row_number(uint32_t history, uint32_t place)
{
	return (int64_t)history << PLACE_BITS | place;
}

/* ---- registers_feed.c ---- */

/* Which event is looked at, and who names the next. */
struct register_feed {
	const struct register_reader *reader;
	uint32_t ref; /* 0: no more */
};
/* SQLite knows the table of it, once for each connection. */
MUST_CHECK enum result register_feed_made(struct register_tables *tables, struct fault *fault);
void register_feed_bind(struct query *query, struct register_feed *feed);

#endif

/* mapping: what the columns of a national return mean, as a mapping file says it (conf/import/FORMAT.yaml).
 *
 * The one rule: nothing is guessed: a column that the file does not name is reported, what it marks unconfirmed is not
 * taken unless asked for, and each format says where its columns were read. */
#ifndef CASEWATCH_IMPORT_MAPPING_H
#define CASEWATCH_IMPORT_MAPPING_H

#include "config/yaml.h"
#include "event/schema.h"

/* Where a value stands: so many tables up, that column. */
struct import_ref {
	unsigned up;
	size_t column;
};

struct import_column {
	const char *name;
	bool required;    /* without it a file (CSV) is not of this table; an empty one refuses the row */
	bool used;        /* an event is made of it, or it says whose record it is */
	bool date;        /* it is the time of an event: written alike in keys, in whichever form it came */
	bool unconfirmed; /* not read in a published specification yet */
	int since, until; /* years of the return in which it is; 0: open */
	const char **codes; /* all that it may hold: another is reported */
	size_t code_count;  /* 0: anything */
};

/* A word of the return and what it is in an event: M, missing. */
struct import_word {
	const char *from, *to;
};

/* A field of an event's data. */
struct import_field {
	const char *name;
	const char *text;           /* always this; NULL: of columns */
	struct import_ref *columns; /* joined by '/': a key made of several */
	size_t column_count;
	struct import_word
		*words; /* none: as it stands. One that is not among them refuses the event if it is required */
	size_t word_count;
	enum field_kind kind; /* as the catalogue has it */
	bool required;
};

/* An event comes of a row only where the column holds one of these words; count 0: where it holds anything. */
struct import_condition {
	struct import_ref column;
	const char **words;
	size_t word_count;
	bool unless;
};

struct import_event {
	const char *type;
	type_id type_id;
	struct import_ref time, *id; /* `id`: what makes it the same record in a later file */
	size_t id_count;
	struct import_condition *conditions;
	size_t condition_count;
	struct import_field *fields;
	size_t field_count;
};

struct import_table {
	const char *id;
	const char *element;               /* XML: each such element is a row */
	const struct import_table *parent; /* XML: inside which it stands; NULL: none */
	struct import_column *columns;
	size_t column_count;
	struct import_ref subject;
	struct import_event *events;
	size_t event_count;
	const char *no_events; /* why no event is made of its rows; NULL: some are, or it only holds others */
	bool unconfirmed;
	int since, until;
};

struct import_mapping {
	const char *format, *title;
	bool xml;
	const char *year_element; /* XML: its year is that of the return */
	const char **containers;  /* XML: elements that only hold others */
	size_t container_count;
	struct import_table *tables;
	size_t table_count;
	struct arena *arena;
	struct yaml_tree *tree;
};

/* NULL after faults with line and column. */
struct import_mapping *import_mapping_read(const char *path, struct config_faults *faults);
void import_mapping_free(struct import_mapping *mapping); /* NULL is fine */

/* SIZE_MAX: none of that name. Names are compared without regard to case and blanks at their ends. */
size_t import_column_find(const struct import_table *table, struct text name);

#endif

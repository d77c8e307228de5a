/* schema: the event catalogue as a table: types, their fields, keys, parties and titles.
 *
 * The one rule: this table is the only place that knows a field. The parser checks events against it, conditions are
 * type-checked against it, and the published JSON Schemas are generated from it. */
#ifndef CASEWATCH_EVENT_SCHEMA_H
#define CASEWATCH_EVENT_SCHEMA_H

#include "base/text.h"

enum field_kind { FIELD_STRING, FIELD_BOOL, FIELD_NUMBER, FIELD_DATE, FIELD_INSTANT, FIELD_WORD /* one of words */,
	          FIELD_STRINGS /* list of strings */, FIELD_ANY };

/* Whom an event's subject names. */
enum subject_kind { SUBJECT_CHILD, SUBJECT_WORKER, SUBJECT_PROVIDER, SUBJECT_OTHER };
enum party_kind { PARTY_NONE, PARTY_WORKER, PARTY_PROVIDER };

/* What a code of the national returns means: "H5", "Supported accommodation (H5)". */
struct word_title {
	const char *word, *title;
};

struct field {
	const char *name;
	enum field_kind kind;
	bool required;
	bool key;                 /* correlates start with end */
	enum party_kind party;    /* the value is an id whose history the event belongs to */
	const char *const
		*words; /* NULL-ended, lower case. FIELD_WORD: all that are allowed. FIELD_STRING and FIELD_STRINGS:
	                   known ones of an open list; others are fine; read without regard to case. Else NULL */
	double least, most;       /* FIELD_NUMBER: range, both 0 where unlimited */
	const char *label;        /* for people: "Held at" */
	const char
		*needed_for; /* required where the event's `kind` is this word, though not otherwise; NULL: nowhere */
	const struct word_title *titles; /* words that people read otherwise, ended by a NULL word; NULL: none */
	bool names; /* the value names something by its id: blanks at its ends are cut, as of keys and parties */
	const char *(*check)(
		struct text value); /* what is wrong with the value, or NULL; NULL: nothing more is asked */
	const char *lack; /* of a record that was refused for want of it: "without saying which episode it belongs to";
	                     NULL: "and could not be read" */
	bool role;                /* the value is a role: people read its title in the directory */
	uint16_t name_id;         /* see names below; filled at start */
};

struct event_type {
	const char *name;         /* "missing.started" */
	const char *title;        /* "Missing" as people read it: "Held in custody" */
	enum subject_kind subject;
	const struct field *fields;
	size_t field_count;
};

/* Types are numbered: 0 .. schema_type_count()-1 those of the catalogue, above them those that rules declare or name
 * (schema_name_type), and TYPE_UNKNOWN for the rest. */
typedef uint16_t type_id;
#define TYPE_UNKNOWN UINT16_MAX

size_t schema_type_count(void);                         /* of the catalogue */
size_t schema_types_named(void);                        /* of all that have a number by now */
const struct event_type *schema_type(type_id id);       /* NULL for types neither of the catalogue nor declared */
type_id schema_find(struct text name);                  /* a catalogue or named type, else TYPE_UNKNOWN */
type_id schema_name_type(struct text name);             /* find or add; while loading rules; TYPE_UNKNOWN: table full */
const char *schema_type_name(type_id id);               /* "" for TYPE_UNKNOWN */
const char *schema_type_title(type_id id);              /* the name itself where no title is known */
const struct field *schema_field(type_id id, struct text name); /* NULL if the catalogue has none */
const char *schema_word_title(const struct field *field, struct text word); /* NULL: it has no title of its own */

/* A council's own types, as a rule set declares them (rules.md, `events:`). They are deep copies and stay for the life
 * of the process: events may be parsed by them in other threads. Of several councils in a process each has
 * its own (base/here.h). Of several declarations of one type the latest holds,
 * until its owner is gone. TYPE_UNKNOWN: the table is full. Names of fields are interned; the type must not be of the
 * catalogue. */
type_id schema_declare(const void *owner, const struct event_type *type);
void schema_undeclare(const void *owner); /* all of the owner's */
bool schema_declares(void); /* whether this council ever did, or this thread tries to: else false is certain */
/* Between the two, what this thread declares is seen by this thread alone: rules that are still being checked, and may
 * be refused, change nothing of what others read. schema_adopt puts an owner's declarations in force for all. */
void schema_trial_begin(void);
void schema_trial_end(void);
void schema_adopt(const void *owner);

/* Field names are interned too: all of the catalogue, and those that loaded rules name. 0 is "no name". */
uint16_t schema_name(struct text name);                 /* find, or 0 */
uint16_t schema_name_add(struct text name);             /* find or add; while loading rules; 0: table full */
const char *schema_name_text(uint16_t name);
bool schema_names_party(uint16_t name);                 /* of some type of the catalogue the field is a party */

/* Grows whenever loaded rules named a type or a field that was not known before: an event parsed earlier does not have
 * it. */
unsigned schema_generation(void);

/* Well-known types and names, for code that must know them (child.died ends all, and so on). */
enum {
	TYPE_ID_CHILD_UPDATED,
	TYPE_ID_CHILD_DIED,
	TYPE_ID_CHILD_TRANSFERRED,
	TYPE_ID_EVENT_WITHDRAWN,
	TYPE_ID_PERSON_MERGED,
	TYPE_ID_PERSON_UNMERGED,
	TYPE_ID_SOURCE_COMPLETE,
	TYPE_ID_ALERT_ACKNOWLEDGED,
	TYPE_ID_ALERT_RESOLVED,
	TYPE_ID_ALERT_PASSED_ON,
	TYPE_ID_WELL_KNOWN /* how many; these come first in the table, in this order */
};

/* Interns the catalogue's names; idempotent; call before threads start. Finding takes no lock and may go on in other
 * threads while rules are loaded: the tables only grow, up to SCHEMA_NAMES_MAX entries each. */
#define SCHEMA_NAMES_MAX 4096
void schema_start(void);

#endif

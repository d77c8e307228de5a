/* yaml: a file of configuration as a tree that remembers where everything stood.
 *
 * Owns libyaml. The one rule: the tree is plain and bounded (mappings, lists and scalars; no anchors, aliases, tags or
 * second documents; no key twice) and never changes, so that whoever reads it need not doubt it. */
#ifndef CASEWATCH_CONFIG_YAML_H
#define CASEWATCH_CONFIG_YAML_H

#include "config/faults.h"
#include "time/calendar.h"

#define YAML_TREE_BYTES ((size_t)1 << 20) /* the largest file */
#define YAML_TREE_DEPTH 32                /* the document's own mapping is 1 */
#define YAML_TREE_NODES 100000

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	bool plain;                     /* a scalar without quotes: may be a number, true or null */
	int line, column;               /* from 1, in characters */
	const char *file;
	struct text text;               /* scalar: its value; NUL-terminated; no control characters but \n and \t */
	const struct yaml_node **items; /* list: its items; mapping: its values */
	const struct yaml_node **keys;  /* mapping: its keys, scalars, in the order of the file */
	size_t count;                   /* of items */
};

struct yaml_tree;

/* Reads a file. NULL if it cannot be read or is not such a tree; then at least one fault was added. */
struct yaml_tree *yaml_tree_read(const char *path, struct config_faults *faults);
/* The same from memory; `file` is the name that faults give. */
struct yaml_tree *yaml_tree_parse(const char *file, struct text bytes, struct config_faults *faults);
void yaml_tree_free(struct yaml_tree *tree); /* NULL is fine; every node and text goes with it */
const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree);
uint64_t yaml_tree_fingerprint(const struct yaml_tree *tree); /* of the bytes it was made of */

/* A fault at the node. */
void yaml_fault(const struct yaml_node *node, struct config_faults *faults, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same at byte `offset` of a scalar's value, as a condition's compiler counts it. Exact for scalars of one line;
 * else the scalar's start. */
void yaml_fault_at(const struct yaml_node *node, size_t offset, struct config_faults *faults, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* The value under `key`; NULL if there is none, or `mapping` is NULL or no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
/* A plain scalar that is empty, "~" or "null". */
bool yaml_is_null(const struct yaml_node *node);
/* "a mapping", "a list", "nothing", "text": for sentences. */
const char *yaml_kind_name(const struct yaml_node *node);

/* Faults every key that is not among `keys` (NULL-ended), with a guess at what was meant. `what` names the mapping in
 * the sentence: "a rule", "smtp". False if it is no mapping (faulted) or has unknown keys. */
bool yaml_check_keys(const struct yaml_node *mapping, const char *what, const char *const *keys,
                     struct config_faults *faults);

/* Where one thing or a list of them may stand: how many, and each. A scalar or mapping is a list of one; NULL and null
 * are none. */
size_t yaml_list_count(const struct yaml_node *node);
const struct yaml_node *yaml_list_item(const struct yaml_node *node, size_t index);

/* Readers: each returns false after a fault at the node. `what` names the value in the sentence: "smtp.port". */
bool yaml_read_text(const struct yaml_node *node, const char *what, struct text *text,
                    struct config_faults *faults); /* not empty */
bool yaml_read_integer(const struct yaml_node *node, const char *what, int64_t least, int64_t most, int64_t *number,
                       struct config_faults *faults);
bool yaml_read_bool(const struct yaml_node *node, const char *what, bool *value, struct config_faults *faults);
/* One of `words` (NULL-ended): its index. */
bool yaml_read_word(const struct yaml_node *node, const char *what, const char *const *words, size_t *index,
                    struct config_faults *faults);
/* "72 hours", "1 working day". */
bool yaml_read_duration(const struct yaml_node *node, const char *what, struct duration *duration,
                        struct config_faults *faults);
bool yaml_read_date(const struct yaml_node *node, const char *what, civil_day *day, struct config_faults *faults);
/* "07:30": minutes after local midnight, 0 to 1440 ("24:00"). */
bool yaml_read_wall_time(const struct yaml_node *node, const char *what, int *minute, struct config_faults *faults);

#endif

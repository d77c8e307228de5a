/* data: what a template is filled with: texts, flags, lists and maps in memory, made and thrown away with one message.
 *
 * The one rule: everything lives in the arena it was made in, texts included (they are copied), and nothing is ever
 * removed. Adding to what is not a map, or not a list, is a programming error and stops the program. */
#ifndef CASEWATCH_TEXT_DATA_H
#define CASEWATCH_TEXT_DATA_H

#include "base/mem.h"
#include "base/text.h"

enum data_kind { DATA_TEXT, DATA_FLAG, DATA_LIST, DATA_MAP };

struct data;

/* An empty map or list in `arena`. Maps and lists made from it by the calls below share the arena. */
struct data *data_new(enum data_kind kind, struct arena *arena);

/* Entries of a map; a name set twice holds the later value. `name` is borrowed and must outlive the tree (literals). */
void data_text(struct data *map, const char *name, struct text value);
void data_string(struct data *map, const char *name, const char *value); /* NULL is the empty text */
void data_format(struct data *map, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
void data_flag(struct data *map, const char *name, bool value);
struct data *data_list(struct data *map, const char *name); /* a new, empty list */
struct data *data_map(struct data *map, const char *name);  /* a new, empty map */
void data_set(struct data *map, const char *name, struct data *value);
/* The same for what is in several maps: `value` and all in it stay as they are, and must outlive the map. */
void data_share(struct data *map, const char *name, const struct data *value);

/* Items of a list. */
struct data *data_item(struct data *list);                  /* a new, empty map at its end */
void data_item_text(struct data *list, struct text value);

/* Reading. */
enum data_kind data_kind_of(const struct data *data);
const struct data *data_get(const struct data *map, struct text name); /* NULL: no such name, or not a map */
/* The same, where the name's text_head is known: a template's names are asked for in each message. */
const struct data *data_get_headed(const struct data *map, struct text name, uint64_t head);
size_t data_count(const struct data *list);                            /* items of a list; 0 for all others */
const struct data *data_first(const struct data *list);                /* NULL: empty */
const struct data *data_next(const struct data *item);                 /* NULL: it was the last */
struct text data_value(const struct data *text);                       /* empty for all but texts */
/* What a section asks: a flag that is set, a text or list that is not empty, any map. */
bool data_holds(const struct data *data);
/* Whether the name occurs in the map or anywhere below it. */
bool data_mentions(const struct data *data, struct text name);

#endif

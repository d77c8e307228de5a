/* lists_internal: what the files that read the lists' YAML share. Internal to config/. */
#ifndef CASEWATCH_CONFIG_LISTS_INTERNAL_H
#define CASEWATCH_CONFIG_LISTS_INTERNAL_H

#include "config/lists.h"
#include "config/yaml.h"

struct lists_reader {
	struct arena *arena;
	struct config_faults *faults;
	struct config_list list;
};

/* The text, in the reader's arena. */
const char *lists_keep(const struct lists_reader *reader, struct text text);
/* Lower-case letters, digits and _, a letter first. */
bool lists_is_name(const char *name);
/* "" after a fault. */
const char *lists_need_text(struct lists_reader *reader, const struct yaml_node *mapping, const char *key,
                            const char *what);
const char *lists_may_text(struct lists_reader *reader, const struct yaml_node *mapping, const char *key);
/* The same of words in which nothing is filled: names in {{ }} would go out to people as they are. */
const char *lists_may_plain(struct lists_reader *reader, const struct yaml_node *mapping, const char *key);
const char *lists_need_name(struct lists_reader *reader, const struct yaml_node *mapping, const char *key,
                            const char *what);
bool lists_flag(struct lists_reader *reader, const struct yaml_node *mapping, const char *key, bool unsaid);
int64_t lists_integer(struct lists_reader *reader, const struct yaml_node *mapping, const char *key, int64_t least,
                      int64_t most, int64_t unsaid);
struct list_select lists_need_select(struct lists_reader *reader, const struct yaml_node *mapping, const char *what);
const char **lists_texts(struct lists_reader *reader, const struct yaml_node *node, const char *what, size_t *count);
void lists_read_due(struct lists_reader *reader, const struct yaml_node *mapping);
void lists_read_recipients(struct lists_reader *reader, const struct yaml_node *mapping);

/* `figures`, `parts` and `sums` of a report; then each of `issues` as a list of its own, appended to `lists` (room for
 * `most` in all). `reader->list` is the list as read so far. */
void reports_read(struct lists_reader *reader, const struct yaml_node *root, struct config_list *lists, size_t *count,
                  size_t most);

#endif

/* lists: the files of conf/lists. */
#include "config/lists.h"

#include "base/pool.h"

#include "config/lists_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const list_keys[] = {"list",     "title",    "subject", "due",        "enabled",
                                        "template", "complete", "numbers", "recipients", "sections",
                                        "count",    "children", "trend",   "unread",     "issues",
                                        "figures",  "parts",    "sums",    "fewer-than", NULL};
static const char *const subject_keys[] = {"words", "counts", "after", NULL};
static const char *const complete_keys[] = {"quiet-hours", "unconfirmed-hours", "need-not-confirm", NULL};
static const char *const section_keys[] = {"id", "title", "select", "whole", "aside", "plain",
                                           "alerts", "head", "width", NULL};
static const char *const count_keys[] = {"id", "title", "select", NULL};
static const char *const trend_keys[] = {"weeks", "select", NULL};

/* ---- parts ---- */

static void read_numbers(struct lists_reader *reader, const struct yaml_node *node)
{
	struct config_list *list = &reader->list;
	if (node && node->kind != YAML_MAPPING) {
		yaml_fault(node, reader->faults, "numbers is %s; write names and numbers: {often: 3}",
		           yaml_kind_name(node));
		return;
	}
	size_t count = node ? node->count : 0;
	list->numbers = arena_alloc(reader->arena, (count + 1) * sizeof *list->numbers);
	for (size_t i = 0; i < count; i++) {
		struct list_number *number = &list->numbers[list->number_count++];
		*number = (struct list_number){lists_keep(reader, node->keys[i]->text), 0};
		if (!lists_is_name(number->name))
			yaml_fault(node->keys[i], reader->faults,
			           "\"%s\" is no name for a number: lower-case letters, digits and _", number->name);
		(void)yaml_read_integer(node->items[i], number->name, 0, 1000000, &number->value, reader->faults);
	}
}

static void read_section(struct lists_reader *reader, const struct yaml_node *node)
{
	struct config_list *list = &reader->list;
	if (!yaml_check_keys(node, "a section", section_keys, reader->faults) && node->kind != YAML_MAPPING)
		return;
	struct list_section section = {.id = lists_need_name(reader, node, "id", "a section"),
	                               .title = lists_need_text(reader, node, "title", "a section"),
	                               .select = lists_need_select(reader, node, "a section"),
	                               .whole = lists_flag(reader, node, "whole", false),
	                               .plain = lists_flag(reader, node, "plain", false),
	                               .alerts = lists_flag(reader, node, "alerts", false),
	                               .aside = lists_flag(reader, node, "aside", false),
	                               .head = lists_may_plain(reader, node, "head"),
	                               .width = (int)lists_integer(reader, node, "width", 3, 30, 9)};
	section.plain = section.plain || section.alerts;
	for (size_t i = 0; i < list->section_count; i++)
		if (strcmp(list->sections[i].id, section.id) == 0)
			yaml_fault(node, reader->faults, "there is a section \"%s\" already", section.id);
	list->sections[list->section_count++] = section;
}

static void read_lists_of(struct lists_reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	const struct yaml_node *sections = yaml_get(root, "sections"), *unread = yaml_get(root, "unread");
	list->sections = arena_alloc(reader->arena, (yaml_list_count(sections) + 1) * sizeof *list->sections);
	for (size_t i = 0; i < yaml_list_count(sections); i++)
		read_section(reader, yaml_list_item(sections, i));
	list->unread = lists_texts(reader, unread, "unread", &list->unread_count);
}

static void read_selects(struct lists_reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	const struct yaml_node *count = yaml_get(root, "count"), *children = yaml_get(root, "children");
	const struct yaml_node *trend = yaml_get(root, "trend");
	if (count && yaml_check_keys(count, "count", count_keys, reader->faults)) {
		list->count_id = lists_need_name(reader, count, "id", "count");
		list->count_title = lists_need_text(reader, count, "title", "count");
		list->count = lists_need_select(reader, count, "count");
	}
	if (children && yaml_check_keys(children, "children", trend_keys + 1, reader->faults))
		list->children = lists_need_select(reader, children, "children");
	if (trend && yaml_check_keys(trend, "trend", trend_keys, reader->faults)) {
		list->trend = lists_need_select(reader, trend, "trend");
		list->trend_weeks = (int)lists_integer(reader, trend, "weeks", 2, 104, 26);
	}
}

static void read_subject(struct lists_reader *reader, const struct yaml_node *root)
{
	const struct yaml_node *node = yaml_get(root, "subject");
	if (!node || !yaml_check_keys(node, "subject", subject_keys, reader->faults)) {
		if (!node)
			yaml_fault(root, reader->faults, "a list needs \"subject\"");
		return;
	}
	reader->list.subject = lists_need_text(reader, node, "words", "subject");
	reader->list.subject_count = lists_may_text(reader, node, "counts");
	reader->list.subject_words = lists_may_plain(reader, node, "after");
}

static void read_complete(struct lists_reader *reader, const struct yaml_node *node)
{
	struct config_list *list = &reader->list;
	if (node)
		(void)yaml_check_keys(node, "complete", complete_keys, reader->faults);
	list->quiet_hours = lists_integer(reader, node, "quiet-hours", 1, 1000, 1);
	list->unconfirmed_hours = lists_integer(reader, node, "unconfirmed-hours", 1, 1000, 24);
	list->need_not_confirm = lists_texts(reader, yaml_get(node, "need-not-confirm"), "need-not-confirm",
	                                    &list->need_not_confirm_count);
}

static void read_root(struct lists_reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	list->title = lists_need_text(reader, root, "title", "a list");
	list->template = lists_need_text(reader, root, "template", "a list");
	list->enabled = lists_flag(reader, root, "enabled", true);
	read_complete(reader, yaml_get(root, "complete"));
	read_numbers(reader, yaml_get(root, "numbers"));
	if (!yaml_get(root, "issues")) { /* each issue has its own */
		lists_read_due(reader, root);
		read_subject(reader, root);
		lists_read_recipients(reader, root);
	}
	read_lists_of(reader, root);
	read_selects(reader, root);
}

/* ---- the directory ---- */

static int is_list_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

/* The file is called as the list is, so that one is found and none is there twice. */
static void read_list(struct lists_reader *reader, const struct yaml_node *root, const char *name)
{
	reader->list.id = lists_need_text(reader, root, "list", "a list");
	if (strncmp(reader->list.id, name, strlen(name) - 5) != 0 || strlen(reader->list.id) != strlen(name) - 5)
		yaml_fault(root, reader->faults, "list is \"%s\", but the file is called %s: give both one name",
		           reader->list.id, name);
	read_root(reader, root);
}

/* What is no list at all has its fault, and is none. */
static void read_file(struct lists_reader *reader, const char *directory, const char *name, struct config_list *lists,
                      size_t *count)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", directory, name);
	struct yaml_tree *tree = yaml_tree_read(buffer_cstr(&path), reader->faults);
	reader->list = (struct config_list){.file = lists_keep(reader, buffer_view(&path))};
	const struct yaml_node *root = tree ? yaml_tree_root(tree) : NULL;
	if (root && (yaml_check_keys(root, "a list", list_keys, reader->faults) || root->kind == YAML_MAPPING)) {
		size_t first = *count;
		read_list(reader, root, name);
		if (yaml_get(root, "issues"))
			reports_read(reader, root, lists, count, LISTS_MAX);
		else if (*count < LISTS_MAX)
			lists[(*count)++] = reader->list;
		else
			config_fault_add(reader->faults, directory, 0, 0, "holds more than %d lists", LISTS_MAX);
		for (size_t i = first; i < *count; i++)
			lists[i].fingerprint = yaml_tree_fingerprint(tree) + (i - first);
	}
	yaml_tree_free(tree);
	buffer_free(&path);
}

bool lists_load(const char *directory, struct arena *arena, struct config_list **lists, size_t *count,
                struct config_faults *faults)
{
	struct lists_reader reader = {.arena = arena, .faults = faults};
	struct dirent **entries = NULL;
	size_t before = faults->count;
	int found = scandir(directory, &entries, is_list_file, alphasort);
	*count = 0;
	*lists = arena_alloc(arena, LISTS_MAX * sizeof **lists);
	if (found < 0)
		config_fault_add(faults, directory, 0, 0, "cannot be read as a directory of lists: %s",
		                 strerror(errno));
	for (int i = 0; i < found; i++) {
		read_file(&reader, directory, entries[i]->d_name, *lists, count);
		free(entries[i]);
	}
	free(entries);
	return faults->count == before;
}

static void free_set(void *item)
{
	struct config_list_set *set = item;
	arena_free(set->owned);
	free(set);
}

struct config_list_set *lists_set_load(const char *directory, struct config_faults *faults)
{
	struct pool_key key;
	bool known = pool_look("lists", directory, &key);
	struct config_list_set *set = known ? pool_take(&key) : NULL;
	if (set)
		return set;
	set = MEM_NEW(struct config_list_set);
	set->owned = arena_new(8192);
	bool good = lists_load(directory, set->owned, &set->items, &set->count, faults);
	return good && known ? pool_add(&key, set, free_set) : set;
}

void lists_set_free(struct config_list_set *set)
{
	if (set && !pool_leave(set))
		free_set(set);
}

const struct config_list *lists_find(const struct config_list *lists, size_t count, struct text id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(text_of(lists[i].id), id))
			return &lists[i];
	return NULL;
}

/* lists: the files of conf/lists. */
#include "config/lists.h"

#include "config/yaml.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RECIPIENTS_MAX 64
#define NAME_MAX_LENGTH 60

static const char *const list_keys[] = {"list",     "title",    "subject", "due",        "enabled",
                                        "template", "complete", "numbers", "recipients", "sections",
                                        "count",    "children", "trend",   "unread",     NULL};
static const char *const subject_keys[] = {"words", "counts", "after", NULL};
static const char *const complete_keys[] = {"quiet-hours", "unconfirmed-hours", "need-not-confirm", NULL};
static const char *const recipient_keys[] = {"role", "gets", "else", NULL};
static const char *const gets_words[] = {"own team", "all", NULL};
static const char *const section_keys[] = {"id", "title", "select", "whole", "aside", "head", "width", NULL};
static const char *const count_keys[] = {"id", "title", "select", NULL};
static const char *const trend_keys[] = {"weeks", "select", NULL};

struct reader {
	struct arena *arena;
	struct config_faults *faults;
	struct config_list list;
};

/* ---- values ---- */

static const char *keep(const struct reader *reader, struct text text)
{
	return arena_copy_text(reader->arena, text.at, text.length);
}

/* "" after a fault. */
static const char *need_text(struct reader *reader, const struct yaml_node *mapping, const char *key, const char *what)
{
	struct text text;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (!node)
		yaml_fault(mapping, reader->faults, "%s needs \"%s\"", what, key);
	return node && yaml_read_text(node, key, &text, reader->faults) ? keep(reader, text) : "";
}

static const char *may_text(struct reader *reader, const struct yaml_node *mapping, const char *key)
{
	struct text text;
	const struct yaml_node *node = yaml_get(mapping, key);
	return node && yaml_read_text(node, key, &text, reader->faults) ? keep(reader, text) : NULL;
}

static bool is_name(const char *name)
{
	bool good = islower((unsigned char)name[0]) && strlen(name) <= NAME_MAX_LENGTH;
	for (const char *c = name; *c && good; c++)
		good = islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_';
	return good;
}

static const char *need_name(struct reader *reader, const struct yaml_node *mapping, const char *key, const char *what)
{
	const char *name = need_text(reader, mapping, key, what);
	if (*name && !is_name(name))
		yaml_fault(yaml_get(mapping, key), reader->faults,
		           "%s is a name: lower-case letters, digits and _, a letter first", key);
	return name;
}

static bool read_flag(struct reader *reader, const struct yaml_node *mapping, const char *key, bool unsaid)
{
	bool value = unsaid;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (node)
		(void)yaml_read_bool(node, key, &value, reader->faults);
	return value;
}

static int64_t read_integer(struct reader *reader, const struct yaml_node *mapping, const char *key, int64_t least,
                            int64_t most, int64_t unsaid)
{
	int64_t value = unsaid;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (node)
		(void)yaml_read_integer(node, key, least, most, &value, reader->faults);
	return value;
}

static struct list_select need_select(struct reader *reader, const struct yaml_node *mapping, const char *what)
{
	const struct yaml_node *node = yaml_get(mapping, "select");
	struct list_select select = {.sql = need_text(reader, mapping, "select", what)};
	select.line = node ? node->line : mapping->line;
	select.column = node ? node->column : mapping->column;
	return select;
}

/* ---- parts ---- */

static void read_due(struct reader *reader, const struct yaml_node *root)
{
	const char *why, *words = need_text(reader, root, "due", "a list");
	if (*words && !recurrence_parse(text_of(words), &reader->list.due, &why))
		yaml_fault(yaml_get(root, "due"), reader->faults, "due is \"%s\"; %s", words, why);
}

static void read_numbers(struct reader *reader, const struct yaml_node *node)
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
		*number = (struct list_number){keep(reader, node->keys[i]->text), 0};
		if (!is_name(number->name))
			yaml_fault(node->keys[i], reader->faults,
			           "\"%s\" is no name for a number: lower-case letters, digits and _", number->name);
		(void)yaml_read_integer(node->items[i], number->name, 0, 1000000, &number->value, reader->faults);
	}
}

static void read_recipient(struct reader *reader, const struct yaml_node *node)
{
	struct config_list *list = &reader->list;
	size_t gets = 1;
	struct text role;
	if (!yaml_check_keys(node, "a recipient", recipient_keys, reader->faults) && node->kind != YAML_MAPPING)
		return;
	if (list->recipient_count == RECIPIENTS_MAX) {
		yaml_fault(node, reader->faults, "more than %d recipients; give several roles in one", RECIPIENTS_MAX);
		return;
	}
	const struct yaml_node *roles = yaml_get(node, "role"), *what = yaml_get(node, "gets");
	struct list_recipient made = {.line = node->line, .column = node->column};
	made.roles = arena_alloc(reader->arena, (yaml_list_count(roles) + 1) * sizeof *made.roles);
	for (size_t i = 0; i < yaml_list_count(roles); i++)
		if (yaml_read_text(yaml_list_item(roles, i), "role", &role, reader->faults))
			made.roles[made.role_count++] = keep(reader, role);
	if (!roles)
		yaml_fault(node, reader->faults, "a recipient needs \"role\"");
	if (what && yaml_read_word(what, "gets", gets_words, &gets, reader->faults))
		made.own_team = gets == 0;
	made.otherwise = may_text(reader, node, "else");
	if (made.otherwise && !made.own_team)
		yaml_fault(node, reader->faults, "else is for gets: own team alone");
	list->recipients[list->recipient_count++] = made;
}

static void read_section(struct reader *reader, const struct yaml_node *node)
{
	struct config_list *list = &reader->list;
	if (!yaml_check_keys(node, "a section", section_keys, reader->faults) && node->kind != YAML_MAPPING)
		return;
	struct list_section section = {.id = need_name(reader, node, "id", "a section"),
	                               .title = need_text(reader, node, "title", "a section"),
	                               .select = need_select(reader, node, "a section"),
	                               .whole = read_flag(reader, node, "whole", false),
	                               .aside = read_flag(reader, node, "aside", false),
	                               .head = may_text(reader, node, "head"),
	                               .width = (int)read_integer(reader, node, "width", 3, 30, 9)};
	for (size_t i = 0; i < list->section_count; i++)
		if (strcmp(list->sections[i].id, section.id) == 0)
			yaml_fault(node, reader->faults, "there is a section \"%s\" already", section.id);
	list->sections[list->section_count++] = section;
}

static const char **read_texts(struct reader *reader, const struct yaml_node *node, const char *what, size_t *count)
{
	struct text text;
	const char **texts = arena_alloc(reader->arena, (yaml_list_count(node) + 1) * sizeof *texts);
	*count = 0;
	for (size_t i = 0; i < yaml_list_count(node); i++)
		if (yaml_read_text(yaml_list_item(node, i), what, &text, reader->faults))
			texts[(*count)++] = keep(reader, text);
	return texts;
}

static void read_lists_of(struct reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	const struct yaml_node *recipients = yaml_get(root, "recipients"), *sections = yaml_get(root, "sections");
	const struct yaml_node *unread = yaml_get(root, "unread");
	list->recipients = arena_alloc(reader->arena, (RECIPIENTS_MAX + 1) * sizeof *list->recipients);
	for (size_t i = 0; i < yaml_list_count(recipients); i++)
		read_recipient(reader, yaml_list_item(recipients, i));
	if (!list->recipient_count)
		yaml_fault(recipients ? recipients : root, reader->faults,
		           "a list without recipients is read by nobody");
	list->sections = arena_alloc(reader->arena, (yaml_list_count(sections) + 1) * sizeof *list->sections);
	for (size_t i = 0; i < yaml_list_count(sections); i++)
		read_section(reader, yaml_list_item(sections, i));
	list->unread = read_texts(reader, unread, "unread", &list->unread_count);
}

static void read_selects(struct reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	const struct yaml_node *count = yaml_get(root, "count"), *children = yaml_get(root, "children");
	const struct yaml_node *trend = yaml_get(root, "trend");
	if (count && yaml_check_keys(count, "count", count_keys, reader->faults)) {
		list->count_id = need_name(reader, count, "id", "count");
		list->count_title = need_text(reader, count, "title", "count");
		list->count = need_select(reader, count, "count");
	}
	if (children && yaml_check_keys(children, "children", trend_keys + 1, reader->faults))
		list->children = need_select(reader, children, "children");
	if (trend && yaml_check_keys(trend, "trend", trend_keys, reader->faults)) {
		list->trend = need_select(reader, trend, "trend");
		list->trend_weeks = (int)read_integer(reader, trend, "weeks", 2, 104, 26);
	}
}

static void read_subject(struct reader *reader, const struct yaml_node *root)
{
	const struct yaml_node *node = yaml_get(root, "subject");
	if (!node || !yaml_check_keys(node, "subject", subject_keys, reader->faults)) {
		if (!node)
			yaml_fault(root, reader->faults, "a list needs \"subject\"");
		return;
	}
	reader->list.subject = need_text(reader, node, "words", "subject");
	reader->list.subject_count = may_text(reader, node, "counts");
	reader->list.subject_words = may_text(reader, node, "after");
}

static void read_complete(struct reader *reader, const struct yaml_node *node)
{
	struct config_list *list = &reader->list;
	if (node)
		(void)yaml_check_keys(node, "complete", complete_keys, reader->faults);
	list->quiet_hours = read_integer(reader, node, "quiet-hours", 1, 1000, 1);
	list->unconfirmed_hours = read_integer(reader, node, "unconfirmed-hours", 1, 1000, 24);
	list->need_not_confirm = read_texts(reader, yaml_get(node, "need-not-confirm"), "need-not-confirm",
	                                    &list->need_not_confirm_count);
}

static void read_root(struct reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	list->title = need_text(reader, root, "title", "a list");
	list->template = need_text(reader, root, "template", "a list");
	list->enabled = read_flag(reader, root, "enabled", true);
	read_complete(reader, yaml_get(root, "complete"));
	read_due(reader, root);
	read_subject(reader, root);
	read_numbers(reader, yaml_get(root, "numbers"));
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
static void read_file(struct reader *reader, const char *directory, const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", directory, name);
	struct yaml_tree *tree = yaml_tree_read(buffer_cstr(&path), reader->faults);
	reader->list = (struct config_list){.file = keep(reader, buffer_view(&path))};
	const struct yaml_node *root = tree ? yaml_tree_root(tree) : NULL;
	if (root && (yaml_check_keys(root, "a list", list_keys, reader->faults) || root->kind == YAML_MAPPING)) {
		reader->list.id = need_text(reader, root, "list", "a list");
		if (strncmp(reader->list.id, name, strlen(name) - 5) != 0 ||
		    strlen(reader->list.id) != strlen(name) - 5)
			yaml_fault(root, reader->faults,
			           "list is \"%s\", but the file is called %s: give both one name", reader->list.id,
			           name);
		read_root(reader, root);
	}
	yaml_tree_free(tree);
	buffer_free(&path);
}

bool lists_load(const char *directory, struct arena *arena, struct config_list **lists, size_t *count,
                struct config_faults *faults)
{
	struct reader reader = {.arena = arena, .faults = faults};
	struct dirent **entries = NULL;
	size_t before = faults->count;
	int found = scandir(directory, &entries, is_list_file, alphasort);
	*count = 0;
	*lists = arena_alloc(arena, LISTS_MAX * sizeof **lists);
	if (found < 0)
		config_fault_add(faults, directory, 0, 0, "cannot be read as a directory of lists: %s",
		                 strerror(errno));
	if (found > LISTS_MAX)
		config_fault_add(faults, directory, 0, 0, "holds more than %d lists", LISTS_MAX);
	for (int i = 0; i < found; i++) {
		if (i < LISTS_MAX) {
			read_file(&reader, directory, entries[i]->d_name);
			(*lists)[(*count)++] = reader.list;
		}
		free(entries[i]);
	}
	free(entries);
	return faults->count == before;
}

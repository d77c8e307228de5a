/* lists_read: values that lists and reports have in common: texts, names, times, recipients. */
#include "config/lists_internal.h"

#include <ctype.h>

#define RECIPIENTS_MAX 64 /* entries of one list, each of several roles; `check` refuses more */
/* Of a list: it stands in addresses of pages and in the subject; `check` refuses a longer one. */
#define NAME_MAX_LENGTH 60

static const char *const gets_words[] = {"own team", "all", "own alerts", NULL};

static const char *const recipient_keys[] = {"role", "gets", "else", NULL};

const char *lists_keep(const struct lists_reader *reader, struct text text)
{
	return arena_copy_text(reader->arena, text.at, text.length);
}

/* A heading or a subject stands on one line, however the file breaks it. */
static const char *keep_said(const struct lists_reader *reader, const char *key, const char *what, struct text text)
{
	static const char *const lines[] = {"title", "subject", "heading"};
	bool line = strcmp(what, "subject") == 0;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		line = line || strcmp(key, lines[i]) == 0;
	return line ? text_one_line(reader->arena, text) : lists_keep(reader, text);
}

/* "" after a fault. */
const char *lists_need_text(struct lists_reader *reader, const struct yaml_node *mapping, const char *key,
                            const char *what)
{
	struct text text;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (!node)
		yaml_fault(mapping, reader->faults, "%s needs \"%s\"", what, key);
	bool good = node && yaml_read_text(node, key, &text, reader->faults);
	return good ? keep_said(reader, key, what, text) : "";
}

const char *lists_may_text(struct lists_reader *reader, const struct yaml_node *mapping, const char *key)
{
	struct text text;
	const struct yaml_node *node = yaml_get(mapping, key);
	bool good = node && yaml_read_text(node, key, &text, reader->faults);
	return good ? keep_said(reader, key, "", text) : NULL;
}

const char *lists_may_plain(struct lists_reader *reader, const struct yaml_node *mapping, const char *key)
{
	const char *text = lists_may_text(reader, mapping, key);
	if (text && strstr(text, "{{"))
		yaml_fault(yaml_get(mapping, key), reader->faults,
		           "\"%s\" is printed as it stands: write the words in place of names in {{ }}", key);
	return text;
}

bool lists_is_name(const char *name)
{
	bool good = islower((unsigned char)name[0]) && strlen(name) <= NAME_MAX_LENGTH;
	for (const char *c = name; *c && good; c++)
		good = islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_';
	return good;
}

const char *lists_need_name(struct lists_reader *reader, const struct yaml_node *mapping, const char *key,
                            const char *what)
{
	const char *name = lists_need_text(reader, mapping, key, what);
	if (*name && !lists_is_name(name))
		yaml_fault(yaml_get(mapping, key), reader->faults,
		           "%s is a name: lower-case letters, digits and _, a letter first", key);
	return name;
}

bool lists_flag(struct lists_reader *reader, const struct yaml_node *mapping, const char *key, bool unsaid)
{
	bool value = unsaid;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (node)
		(void)yaml_read_bool(node, key, &value, reader->faults);
	return value;
}

int64_t lists_integer(struct lists_reader *reader, const struct yaml_node *mapping, const char *key, int64_t least,
                            int64_t most, int64_t unsaid)
{
	int64_t value = unsaid;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (node)
		(void)yaml_read_integer(node, key, least, most, &value, reader->faults);
	return value;
}

struct list_select lists_need_select(struct lists_reader *reader, const struct yaml_node *mapping, const char *what)
{
	const struct yaml_node *node = yaml_get(mapping, "select");
	struct list_select select = {.sql = lists_need_text(reader, mapping, "select", what)};
	select.line = node ? node->line : mapping->line;
	select.column = node ? node->column : mapping->column;
	return select;
}

const char **lists_texts(struct lists_reader *reader, const struct yaml_node *node, const char *what, size_t *count)
{
	struct text text;
	const char **texts = arena_alloc(reader->arena, (yaml_list_count(node) + 1) * sizeof *texts);
	*count = 0;
	for (size_t i = 0; i < yaml_list_count(node); i++)
		if (yaml_read_text(yaml_list_item(node, i), what, &text, reader->faults))
			texts[(*count)++] = lists_keep(reader, text);
	return texts;
}

void lists_read_due(struct lists_reader *reader, const struct yaml_node *root)
{
	const char *why, *words = lists_need_text(reader, root, "due", "a list");
	if (*words && !recurrence_parse(text_of(words), &reader->list.due, &why))
		yaml_fault(yaml_get(root, "due"), reader->faults, "due is \"%s\"; %s", words, why);
}

static void read_recipient(struct lists_reader *reader, const struct yaml_node *node)
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
			made.roles[made.role_count++] = lists_keep(reader, role);
	if (what && yaml_read_word(what, "gets", gets_words, &gets, reader->faults))
		made.own_team = gets == 0;
	made.own_alerts = gets == 2;
	if (!roles && !made.own_alerts)
		yaml_fault(node, reader->faults, "a recipient needs \"role\"");
	made.otherwise = lists_may_text(reader, node, "else");
	if (made.otherwise && !made.own_team)
		yaml_fault(node, reader->faults, "else is for gets: own team alone");
	list->recipients[list->recipient_count++] = made;
}

void lists_read_recipients(struct lists_reader *reader, const struct yaml_node *root)
{
	struct config_list *list = &reader->list;
	const struct yaml_node *recipients = yaml_get(root, "recipients");
	list->recipient_count = 0;
	list->recipients = arena_alloc(reader->arena, (RECIPIENTS_MAX + 1) * sizeof *list->recipients);
	for (size_t i = 0; i < yaml_list_count(recipients); i++)
		read_recipient(reader, yaml_list_item(recipients, i));
	if (!list->recipient_count)
		yaml_fault(recipients ? recipients : root, reader->faults,
		           "a list without recipients is read by nobody");
}

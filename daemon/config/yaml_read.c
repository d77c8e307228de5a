/* yaml_read: values out of the tree, each with a fault that says what would be right. */
#include "config/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX 60 /* a longer value is cut in a fault's sentence */

static __attribute__((format(printf, 5, 0))) void fault_here(const struct yaml_node *node, int line, int column,
                                                             struct config_faults *faults, const char *format,
                                                             va_list args)
{
	char text[1536];
	(void)vsnprintf(text, sizeof text, format, args);
	config_fault_add(faults, node->file, line, column, "%s", text);
}

void yaml_fault(const struct yaml_node *node, struct config_faults *faults, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fault_here(node, node->line, node->column, faults, format, args);
	va_end(args);
}

/* Characters, not bytes: a column is what an editor shows. */
static int characters(struct text text, size_t bytes)
{
	return (int)text_columns((struct text){text.at, bytes < text.length ? bytes : text.length});
}

void yaml_fault_at(const struct yaml_node *node, size_t offset, struct config_faults *faults, const char *format, ...)
{
	bool one_line = node->kind == YAML_SCALAR && !memchr(node->text.at, '\n', node->text.length);
	int column = node->column;
	if (one_line)
		column += (node->plain ? 0 : 1) + characters(node->text, offset);
	va_list args;
	va_start(args, format);
	fault_here(node, node->line, column, faults, format, args);
	va_end(args);
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	if (!mapping || mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++)
		if (text_equal(mapping->keys[i]->text, text_of(key)))
			return mapping->items[i];
	return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || !node->plain)
		return false;
	return node->text.length == 0 || text_equal(node->text, TEXT("~")) || text_equal(node->text, TEXT("null"));
}

const char *yaml_kind_name(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_LIST:
		return "a list";
	case YAML_MAPPING:
		return "a mapping";
	case YAML_SCALAR:
		break;
	}
	return yaml_is_null(node) ? "nothing" : "text";
}

static size_t length_of(const char *const *words)
{
	size_t count = 0;
	while (words[count])
		count++;
	return count;
}

static void join(struct buffer *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buffer_format(out, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

bool yaml_check_keys(const struct yaml_node *mapping, const char *what, const char *const *keys,
                     struct config_faults *faults)
{
	if (mapping->kind != YAML_MAPPING) {
		yaml_fault(mapping, faults, "%s is %s; write a mapping of names to values", what,
		           yaml_kind_name(mapping));
		return false;
	}
	bool good = true;
	for (size_t i = 0; i < mapping->count; i++) {
		const struct yaml_node *key = mapping->keys[i];
		bool known = false;
		for (size_t k = 0; keys[k] && !known; k++)
			known = text_equal(key->text, text_of(keys[k]));
		if (known)
			continue;
		good = false;
		struct buffer hint = {0}, all = {0};
		const char *meant = config_did_you_mean(&hint, key->text, keys, length_of(keys));
		join(&all, keys);
		yaml_fault(key, faults, "%s has no \"%.*s\"%s%s", what, TEXT_ARG(key->text),
		           *meant ? meant : "; it may have ", *meant ? "" : buffer_cstr(&all));
		buffer_free(&hint);
		buffer_free(&all);
	}
	return good;
}

size_t yaml_list_count(const struct yaml_node *node)
{
	if (!node || yaml_is_null(node))
		return 0;
	return node->kind == YAML_LIST ? node->count : 1;
}

const struct yaml_node *yaml_list_item(const struct yaml_node *node, size_t index)
{
	return node->kind == YAML_LIST ? node->items[index] : node;
}

/* One sentence for every value that is not what it should be. */
static bool refuse(const struct yaml_node *node, const char *what, const char *right, struct config_faults *faults)
{
	int shown = node->text.length > SHOWN_MAX ? SHOWN_MAX : (int)node->text.length;
	if (node->kind == YAML_SCALAR && !yaml_is_null(node))
		yaml_fault(node, faults, "%s is \"%.*s\"%s; write %s", what, shown, node->text.at,
		           node->text.length > SHOWN_MAX ? "..." : "", right);
	else
		yaml_fault(node, faults, "%s is %s; write %s", what, yaml_kind_name(node), right);
	return false;
}

bool yaml_read_text(const struct yaml_node *node, const char *what, struct text *text, struct config_faults *faults)
{
	if (node->kind != YAML_SCALAR || yaml_is_null(node) || node->text.length == 0)
		return refuse(node, what, "text", faults);
	*text = node->text;
	return true;
}

bool yaml_read_integer(const struct yaml_node *node, const char *what, int64_t least, int64_t most, int64_t *number,
                       struct config_faults *faults)
{
	char *end = NULL;
	errno = 0;
	bool digits = node->kind == YAML_SCALAR && node->plain && node->text.length &&
		      strspn(node->text.at, "-0123456789") == node->text.length;
	long long value = digits ? strtoll(node->text.at, &end, 10) : 0;
	if (digits && !errno && *end == '\0' && value >= least && value <= most) {
		*number = value;
		return true;
	}
	char right[96];
	(void)snprintf(right, sizeof right, "a whole number from %lld to %lld", (long long)least, (long long)most);
	return refuse(node, what, right, faults);
}

bool yaml_read_bool(const struct yaml_node *node, const char *what, bool *value, struct config_faults *faults)
{
	bool plain = node->kind == YAML_SCALAR && node->plain;
	if (!plain || (!text_equal(node->text, TEXT("true")) && !text_equal(node->text, TEXT("false"))))
		return refuse(node, what, "true or false", faults);
	*value = node->text.at[0] == 't';
	return true;
}

bool yaml_read_word(const struct yaml_node *node, const char *what, const char *const *words, size_t *index,
                    struct config_faults *faults)
{
	for (size_t i = 0; node->kind == YAML_SCALAR && words[i]; i++)
		if (text_equal(node->text, text_of(words[i]))) {
			*index = i;
			return true;
		}
	struct buffer right = {0};
	join(&right, words);
	if (node->kind == YAML_SCALAR)
		(void)config_did_you_mean(&right, node->text, words, length_of(words));
	(void)refuse(node, what, buffer_cstr(&right), faults);
	buffer_free(&right);
	return false;
}

bool yaml_read_duration(const struct yaml_node *node, const char *what, struct duration *duration,
                        struct config_faults *faults)
{
	if (node->kind == YAML_SCALAR && duration_parse(node->text, duration))
		return true;
	return refuse(
		node, what,
		"a number and minutes, hours, days, working days, weeks, months or years, such as \"72 hours\" or "
		"\"1 working day\"",
		faults);
}

bool yaml_read_date(const struct yaml_node *node, const char *what, civil_day *day, struct config_faults *faults)
{
	if (node->kind == YAML_SCALAR && day_parse(node->text, day))
		return true;
	return refuse(node, what, "a date such as 2026-04-01", faults);
}

static int two_digits(const char *at)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return -1;
	return (at[0] - '0') * 10 + at[1] - '0';
}

bool yaml_read_wall_time(const struct yaml_node *node, const char *what, int *minute, struct config_faults *faults)
{
	struct text text = node->text;
	if (node->kind == YAML_SCALAR && text.length == 5 && text.at[2] == ':') {
		int hours = two_digits(text.at), minutes = two_digits(text.at + 3);
		if (hours >= 0 && minutes >= 0 && minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0))) {
			*minute = hours * 60 + minutes;
			return true;
		}
	}
	return refuse(node, what, "a time of day from \"00:00\" to \"24:00\"", faults);
}

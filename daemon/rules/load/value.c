/* value: single values of rule files, with settings put in for their names. */
#include "rules/load/load_internal.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- settings ---- */

static const char *const setting_keys[] = {"value", "title", "basis", "source", "note", NULL};

static const struct yaml_node *value_of(const struct yaml_node *setting)
{
	return setting->kind == YAML_MAPPING ? yaml_get(setting, "value") : setting;
}

void rules_settings_begin(struct rules_loader *loader, const struct yaml_node *settings)
{
	loader->settings = NULL;
	loader->settings_used = NULL;
	if (!settings)
		return;
	if (settings->kind != YAML_MAPPING) {
		yaml_fault(settings, loader->faults, "settings is %s; write names and values: {vpg-times: {value: 3}}",
		           yaml_kind_name(settings));
		return;
	}
	for (size_t i = 0; i < settings->count; i++) {
		const struct yaml_node *setting = settings->items[i];
		if (setting->kind == YAML_MAPPING)
			(void)yaml_check_keys(setting, "a setting", setting_keys, loader->faults);
		const struct yaml_node *value = value_of(setting);
		if (!value || value->kind != YAML_SCALAR || yaml_is_null(value))
			yaml_fault(setting, loader->faults,
			           "setting \"%.*s\" needs one value: {value: 3, basis: local}",
			           TEXT_ARG(settings->keys[i]->text));
	}
	loader->settings = settings;
	loader->settings_used = mem_zero(settings->count, sizeof(bool));
}

void rules_settings_end(struct rules_loader *loader)
{
	for (size_t i = 0; loader->settings && i < loader->settings->count; i++)
		if (!loader->settings_used[i])
			yaml_fault(loader->settings->keys[i], loader->faults,
			           "setting \"%.*s\" is used by no rule of this file; use it as $%.*s or remove it",
			           TEXT_ARG(loader->settings->keys[i]->text),
			           TEXT_ARG(loader->settings->keys[i]->text));
	free(loader->settings_used);
	loader->settings = NULL;
	loader->settings_used = NULL;
}

static void fault_setting(struct rules_loader *loader, const struct yaml_node *node, struct text name)
{
	size_t count = loader->settings ? loader->settings->count : 0;
	const char **names = mem_alloc((count + 1) * sizeof *names);
	struct buffer hint = {0};
	for (size_t i = 0; i < count; i++)
		names[i] = loader->settings->keys[i]->text.at;
	yaml_fault(node, loader->faults, "no setting is called \"%.*s\" in this file%s", TEXT_ARG(name),
	           config_did_you_mean(&hint, name, names, count));
	buffer_free(&hint);
	free(names);
}

/* The value of the setting, which is then used; NULL after a fault. */
static const struct yaml_node *setting_of(struct rules_loader *loader, const struct yaml_node *node, struct text name)
{
	for (size_t i = 0; loader->settings && i < loader->settings->count; i++)
		if (text_equal(loader->settings->keys[i]->text, name)) {
			loader->settings_used[i] = true;
			const struct yaml_node *value = value_of(loader->settings->items[i]);
			return value && value->kind == YAML_SCALAR ? value : NULL;
		}
	fault_setting(loader, node, name);
	return NULL;
}

/* $name -> the setting's value; after a fault NULL. */
static const struct yaml_node *resolve(struct rules_loader *loader, const struct yaml_node *node)
{
	if (!node || node->kind != YAML_SCALAR || node->text.length < 2 || node->text.at[0] != '$')
		return node;
	return setting_of(loader, node, (struct text){node->text.at + 1, node->text.length - 1});
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* The length of "$name" at the front of the text; 0: none stands there. */
static size_t setting_at(struct text text)
{
	size_t length = 1;
	if (text.length < 2 || text.at[0] != '$')
		return 0;
	while (length < text.length && is_name(text.at[length]))
		length++;
	return length > 1 ? length : 0;
}

/* As a condition writes it: a number or a truth as it is, all else in quotes. */
static void add_value(const struct yaml_node *value, struct buffer *out)
{
	bool number = value->plain && value->text.length;
	for (size_t i = 0; i < value->text.length; i++)
		number &= isdigit((unsigned char)value->text.at[i]) || value->text.at[i] == '.' ||
		          (i == 0 && value->text.at[i] == '-');
	bool truth = value->plain &&
	             (text_equal(value->text, TEXT("true")) || text_equal(value->text, TEXT("false")));
	buffer_format(out, number || truth ? "%.*s" : "\"%.*s\"", TEXT_ARG(value->text));
}

bool rules_put_settings(struct rules_loader *loader, const struct yaml_node *node, struct buffer *out)
{
	char quote = 0;
	bool good = true;
	for (size_t i = 0; i < node->text.length; i++) {
		char c = node->text.at[i];
		size_t length = quote ? 0 : setting_at((struct text){node->text.at + i, node->text.length - i});
		if (!length) {
			quote = quote == c ? 0 : !quote && (c == '"' || c == '\'') ? c : quote;
			buffer_char(out, c);
			continue;
		}
		const struct yaml_node *value =
			setting_of(loader, node, (struct text){node->text.at + i + 1, length - 1});
		if (value)
			add_value(value, out);
		good &= value != NULL;
		i += length - 1;
	}
	return good;
}

size_t rules_place_before_settings(struct rules_loader *loader, const struct yaml_node *node, size_t at)
{
	size_t written = 0, i = 0;
	while (i < node->text.length && written < at) {
		size_t length = setting_at((struct text){node->text.at + i, node->text.length - i});
		const struct yaml_node *value =
			length ? setting_of(loader, node, (struct text){node->text.at + i + 1, length - 1}) : NULL;
		struct buffer out = {0};
		if (value)
			add_value(value, &out);
		if (value && written + out.length > at) {
			buffer_free(&out);
			break;
		}
		written += value ? out.length : 1;
		i += value ? length : 1;
		buffer_free(&out);
	}
	return i;
}

/* ---- reading ---- */

const struct yaml_node *rules_get(struct rules_loader *loader, const struct yaml_node *mapping, const char *key)
{
	const struct yaml_node *node = yaml_get(mapping, key);
	if (node && yaml_is_null(node)) {
		yaml_fault(node, loader->faults, "%s is empty; give it a value or remove it", key);
		return NULL;
	}
	return resolve(loader, node);
}

const struct yaml_node *rules_need(struct rules_loader *loader, const struct yaml_node *mapping, const char *key,
                                   const char *what)
{
	if (mapping->kind == YAML_MAPPING && !yaml_get(mapping, key))
		yaml_fault(mapping, loader->faults, "%s needs \"%s\"", what, key);
	return rules_get(loader, mapping, key);
}

const struct yaml_node *rules_item(struct rules_loader *loader, const struct yaml_node *list, size_t index)
{
	const struct yaml_node *item = yaml_list_item(list, index), *value = resolve(loader, item);
	return value ? value : item;
}

const char *rules_keep(struct rules_loader *loader, struct text text)
{
	return arena_copy_text(loader->arena, text.at, text.length);
}

const char *rules_text(struct rules_loader *loader, const struct yaml_node *node, const char *what)
{
	struct text text;
	if (!node || !yaml_read_text(node, what, &text, loader->faults))
		return "";
	return rules_keep(loader, text);
}

const char *rules_id(struct rules_loader *loader, const struct yaml_node *node, const char *what)
{
	const char *id = rules_text(loader, node, what);
	bool good = strlen(id) <= RULES_ID;
	for (const char *c = id; *c && good; c++)
		good = isalnum((unsigned char)*c) || *c == '.' || *c == '-' || *c == '_';
	if (!good)
		yaml_fault(
			node, loader->faults,
			"%s may have letters, digits, dots, hyphens and underscores, at most %d: missing.vpg-referral",
			what, RULES_ID);
	return id;
}

struct duration rules_duration(struct rules_loader *loader, const struct yaml_node *node, const char *what)
{
	struct duration duration = {0};
	if (node && yaml_read_duration(node, what, &duration, loader->faults) && duration.amount == 0)
		yaml_fault(node, loader->faults, "%s is no time at all; write \"72 hours\" or \"10 working days\"",
		           what);
	return duration;
}

struct duration *rules_durations(struct rules_loader *loader, const struct yaml_node *node, const char *what,
                                 size_t *count)
{
	*count = yaml_list_count(node);
	struct duration *durations = arena_alloc(loader->arena, (*count + 1) * sizeof *durations);
	for (size_t i = 0; i < *count; i++)
		durations[i] = rules_duration(loader, rules_item(loader, node, i), what);
	return durations;
}

const char **rules_texts(struct rules_loader *loader, const struct yaml_node *node, const char *what, size_t *count)
{
	*count = yaml_list_count(node);
	const char **texts = arena_alloc(loader->arena, (*count + 1) * sizeof *texts);
	for (size_t i = 0; i < *count; i++)
		texts[i] = rules_text(loader, rules_item(loader, node, i), what);
	texts[*count] = NULL;
	return texts;
}

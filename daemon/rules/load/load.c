/* load: the files of a rules directory, from first to last, into one checked set. */
#include "rules/load/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "rules/load/load_internal.h"

static const char *const file_keys[] = {"version", "settings", "events", "states", "rules", "registers", NULL};

/* ---- one file ---- */

static void read_list(struct rules_loader *loader, const struct yaml_node *node, const char *what,
                      void (*read)(struct rules_loader *loader, const struct yaml_node *node))
{
	if (node && node->kind != YAML_LIST) {
		yaml_fault(node, loader->faults, "%s is %s; write a list: each begins with \"- %s:\"", what,
		           yaml_kind_name(node), strcmp(what, "events") == 0 ? "type" : "id");
		return;
	}
	for (size_t i = 0; node && i < node->count; i++)
		read(loader, node->items[i]);
}

static void take_tree(struct rules_loader *loader, struct yaml_tree *tree)
{
	if (!tree)
		return;
	loader->ruleset->fingerprint +=
		yaml_tree_fingerprint(tree); /* neither names nor the order of files mean anything */
	*(struct yaml_tree **)mem_push((void **)&loader->trees, &loader->tree_count, &loader->tree_room, sizeof tree) =
		tree;
}

static void read_events(struct rules_loader *loader, const struct yaml_node *root)
{
	if (root->kind == YAML_MAPPING)
		read_list(loader, rules_get(loader, root, "events"), "events", rules_read_event);
}

static void read_rest(struct rules_loader *loader, const struct yaml_node *root)
{
	if (!yaml_check_keys(root, "a rule file", file_keys, loader->faults) && root->kind != YAML_MAPPING)
		return;
	const struct yaml_node *version = rules_get(loader, root, "version");
	loader->version = DAY_NONE;
	if (version)
		(void)yaml_read_date(version, "version", &loader->version, loader->faults);
	rules_settings_begin(loader, rules_get(loader, root, "settings"));
	read_list(loader, rules_get(loader, root, "states"), "states", rules_read_state);
	read_list(loader, rules_get(loader, root, "rules"), "rules", rules_read_rule);
	read_list(loader, rules_get(loader, root, "registers"), "registers", rules_read_register);
	rules_settings_end(loader);
}

/* Types of all files come first, so that it does not matter where a type is declared and where it is named. */
static void read_trees(struct rules_loader *loader)
{
	for (size_t i = 0; i < loader->tree_count; i++)
		read_events(loader, yaml_tree_root(loader->trees[i]));
	for (size_t i = 0; i < loader->tree_count; i++)
		read_rest(loader, yaml_tree_root(loader->trees[i]));
}

/* ---- the set ---- */

static struct rules_loader begin(struct config_faults *faults)
{
	struct rules_loader loader = {.ruleset = ruleset_new(), .faults = faults};
	schema_start();
	loader.arena = ruleset_arena(loader.ruleset);
	return loader;
}

static struct ruleset *finish(struct rules_loader *loader, const char *name, size_t faults_before)
{
	if (loader->rule_count > RULES_MAX)
		config_fault_add(loader->faults, name, 1, 1, "more than %d rules", RULES_MAX);
	else if (loader->rule_count == 0 && loader->faults->count == faults_before)
		config_fault_add(loader->faults, name, 1, 1,
		                 "no rules: nobody would ever hear of anything; write rules: - id: …");
	rules_resolve_states(loader);
	rules_take_registers(loader);
	if (loader->rule_count <= RULES_MAX)
		rules_order(loader);
	struct ruleset *ruleset = loader->ruleset;
	if (loader->faults->count > faults_before) {
		ruleset_free(ruleset);
		ruleset = NULL;
	}
	for (size_t i = 0; i < loader->tree_count; i++)
		yaml_tree_free(loader->trees[i]);
	free(loader->trees);
	free(loader->rules);
	free(loader->states);
	free(loader->uses);
	free(loader->fact_uses);
	free(loader->declared);
	return ruleset;
}

struct ruleset *rules_load_text(const char *file, struct text bytes, struct config_faults *faults)
{
	size_t before = faults->count;
	struct rules_loader loader = begin(faults);
	take_tree(&loader, yaml_tree_parse(file, bytes, faults));
	read_trees(&loader);
	return finish(&loader, file, before);
}

/* ---- the directory ---- */

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	return length > tail && strcmp(name + length - tail, ending) == 0;
}

static int is_rule_file(const struct dirent *entry)
{
	const char *name = entry->d_name;
	bool yaml = ends_with(name, ".yaml") || ends_with(name, ".yml");
	bool test = ends_with(name, ".test.yaml") || ends_with(name, ".test.yml");
	return name[0] != '.' && yaml && !test;
}

static int by_bytes(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name,
	              (*right)->d_name); /* not by the locale's order, which differs between machines */
}

static void read_file(struct rules_loader *loader, const char *dir, const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", dir, name);
	take_tree(loader, yaml_tree_read(buffer_cstr(&path), loader->faults));
	buffer_free(&path);
}

struct ruleset *rules_load_dir(const char *dir, struct config_faults *faults)
{
	size_t before = faults->count;
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, is_rule_file, by_bytes);
	if (count < 0)
		config_fault_add(faults, dir, 1, 1, "cannot be read as a directory of rules: %s", strerror(errno));
	else if (count == 0)
		config_fault_add(faults, dir, 1, 1, "holds no rule files; each is called NAME.yaml");
	else if (count > RULES_FILES)
		config_fault_add(faults, dir, 1, 1, "holds more than %d rule files", RULES_FILES);
	struct rules_loader loader = begin(faults);
	for (int i = 0; i < count && count <= RULES_FILES; i++)
		read_file(&loader, dir, entries[i]->d_name);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	read_trees(&loader);
	return finish(&loader, dir, before);
}

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

/* ---- the set ---- */

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
	free(loader->rules);
	free(loader->states);
	free(loader->uses);
	free(loader->fact_uses);
	free(loader->declared);
	return ruleset;
}

/* Types of all files come first, so that it does not matter where a type is declared and where it is named. */
struct ruleset *rules_load_roots(const char *name, const struct yaml_node *const *roots, size_t count,
                                 struct config_faults *faults)
{
	struct rules_loader loader = {.ruleset = ruleset_new(), .faults = faults};
	size_t before = faults->count;
	schema_start();
	loader.arena = ruleset_arena(loader.ruleset);
	for (size_t i = 0; i < count; i++)
		read_events(&loader, roots[i]);
	for (size_t i = 0; i < count; i++)
		read_rest(&loader, roots[i]);
	return finish(&loader, name, before);
}

static struct ruleset *load_trees(const char *name, struct rule_trees *trees, struct config_faults *faults)
{
	const struct yaml_node **roots = mem_alloc((trees->count + 1) * sizeof *roots);
	uint64_t fingerprint = 0; /* neither names nor the order of files mean anything */
	for (size_t i = 0; i < trees->count; i++) {
		roots[i] = yaml_tree_root(trees->items[i]);
		fingerprint += yaml_tree_fingerprint(trees->items[i]);
	}
	struct ruleset *ruleset = rules_load_roots(name, roots, trees->count, faults);
	if (ruleset)
		ruleset->fingerprint = fingerprint;
	free(roots);
	return ruleset;
}

static void take_tree(struct rule_trees *trees, struct yaml_tree *tree)
{
	if (tree)
		*(struct yaml_tree **)mem_push((void **)&trees->items, &trees->count, &trees->room, sizeof tree) = tree;
}

void rule_trees_free(struct rule_trees *trees)
{
	for (size_t i = 0; i < trees->count; i++)
		yaml_tree_free(trees->items[i]);
	free(trees->items);
	*trees = (struct rule_trees){0};
}

struct ruleset *rules_load_text(const char *file, struct text bytes, struct config_faults *faults)
{
	size_t before = faults->count;
	struct rule_trees trees = {0};
	take_tree(&trees, yaml_tree_parse(file, bytes, faults));
	struct ruleset *ruleset = faults->count == before ? load_trees(file, &trees, faults) : NULL;
	rule_trees_free(&trees);
	return ruleset;
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

static void read_file(struct rule_trees *trees, const char *dir, const char *name, struct config_faults *faults)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", dir, name);
	take_tree(trees, yaml_tree_read(buffer_cstr(&path), faults));
	buffer_free(&path);
}

bool rules_read_dir(const char *dir, struct rule_trees *trees, struct config_faults *faults)
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
	for (int i = 0; i < count && count <= RULES_FILES; i++)
		read_file(trees, dir, entries[i]->d_name, faults);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return faults->count == before;
}

/* What can be read is read even where another file cannot, so that all faults are told at once. */
static struct ruleset *load_dir(const char *dir, struct config_faults *faults)
{
	struct rule_trees trees = {0};
	bool whole = rules_read_dir(dir, &trees, faults);
	struct ruleset *ruleset = load_trees(dir, &trees, faults);
	rule_trees_free(&trees);
	if (whole)
		return ruleset;
	ruleset_free(ruleset);
	return NULL;
}

/* Types that a council's rules declare are its own, and what is made of rules hangs on them: such rules, and those that
 * are loaded where any are declared, are made anew for each. */
struct ruleset *rules_load_dir(const char *dir, struct config_faults *faults)
{
	struct pool_key key;
	size_t before = faults->count;
	bool known = !schema_declares() && pool_look("rules", dir, &key);
	struct ruleset *ruleset = known ? pool_take(&key) : NULL;
	if (ruleset)
		return ruleset;
	ruleset = load_dir(dir, faults);
	known = known && ruleset && faults->count == before && !schema_declares();
	return known ? ruleset_pool(&key, ruleset) : ruleset;
}

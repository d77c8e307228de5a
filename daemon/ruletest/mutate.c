/* mutate: makes each mutant of a family, loads the rules with it, and runs the family's tests until one fails. */
#include "ruletest/mutate.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ruletest/mutants.h"
#include "ruletest/rule_tests.h"
#include "event/schema.h"
#include "rules/load/load.h"

#define TYPE_NUMBERS ((size_t)UINT16_MAX + 1)

/* One file of rules and the tests beside it. */
struct family {
	const struct config *config;
	const char *name;               /* of the directory, for faults of the whole set */
	const struct yaml_node **roots; /* of all files, prepared */
	size_t root_count, file;        /* the one of this family */
	const struct yaml_node *tests;  /* NULL: none */
	const struct yaml_node *equivalent;
	bool *equivalent_used;
	bool *sent; /* event types, by number */
	mutate_report *report;
	void *context;
	struct mutate_figures *figures;
};

/* ---- a mutant ---- */

static struct ruleset *load_with(const struct family *family, const struct yaml_node *root)
{
	struct config_faults faults = {0};
	const struct yaml_node **roots = mem_alloc((family->root_count + 1) * sizeof *roots);
	for (size_t i = 0; i < family->root_count; i++)
		roots[i] = i == family->file ? root : family->roots[i];
	struct ruleset *ruleset = rules_load_roots(family->name, roots, family->root_count, &faults);
	config_faults_free(&faults);
	free(roots);
	return ruleset;
}

/* The tests that name the rule first: one of them is the likeliest to fail. */
static bool all_hold(const struct config *config, const struct yaml_node *tests, struct text rule)
{
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; tests && i < tests->count; i++)
			if (rule_test_names(tests->items[i], rule) == (named == 1) &&
			    !rule_test_holds(config, tests->items[i]))
				return false;
	return true;
}

/* Whether the change is named as one that no test can notice. */
static bool is_equivalent(struct family *family, const struct mutant *mutant)
{
	for (size_t i = 0; i < yaml_list_count(family->equivalent); i++) {
		const struct yaml_node *item = yaml_list_item(family->equivalent, i);
		if (!text_equal(yaml_get(item, "rule")->text, text_of(mutant->rule)) ||
		    !text_equal(yaml_get(item, "change")->text, text_of(mutant->change)))
			continue;
		family->equivalent_used[i] = true;
		return true;
	}
	return false;
}

static bool take_mutant(void *context, const struct mutant *mutant)
{
	struct family *family = context;
	struct mutate_figures *figures = family->figures;
	struct config config = *family->config;
	config.rules = load_with(family, mutant->root);
	if (!config.rules)
		return false;
	figures->changes++;
	bool noticed = !all_hold(&config, family->tests, text_of(mutant->rule));
	ruleset_free(config.rules);
	if (noticed) {
		figures->noticed++;
	} else if (is_equivalent(family, mutant)) {
		figures->equivalent++;
	} else {
		figures->unnoticed++;
		family->report(family->context, &(struct mutate_survivor){.file = mutant->at->file,
		                                                          .line = mutant->at->line,
		                                                          .column = mutant->at->column,
		                                                          .rule = mutant->rule,
		                                                          .change = mutant->change});
	}
	return true;
}

/* ---- a family ---- */

static void note_sent(struct family *family)
{
	for (size_t i = 0; family->tests && i < family->tests->count; i++) {
		const struct yaml_node *events = yaml_get(family->tests->items[i], "events");
		for (size_t e = 0; e < yaml_list_count(events); e++) {
			const struct yaml_node *type = yaml_get(yaml_list_item(events, e), "type");
			if (type && type->kind == YAML_SCALAR)
				family->sent[schema_find(type->text)] = true;
		}
	}
}

/* A test that fails as the rules are would notice every change. */
static bool hold_as_they_are(const struct family *family, struct config_faults *faults)
{
	for (size_t i = 0; family->tests && i < family->tests->count; i++)
		if (!rule_test_holds(family->config, family->tests->items[i])) {
			yaml_fault(family->tests->items[i], faults,
			           "this test fails with the rules as they are; mend it first: casewatch test");
			return false;
		}
	return true;
}

static void fault_stale(const struct family *family, struct config_faults *faults)
{
	for (size_t i = 0; i < yaml_list_count(family->equivalent); i++) {
		if (family->equivalent_used[i])
			continue;
		family->figures->stale++;
		yaml_fault(yaml_list_item(family->equivalent, i), faults,
		           "no change of these words goes unnoticed any more; remove this entry");
	}
}

static bool run_family(struct family *family, const struct yaml_tree *tree, struct config_faults *faults)
{
	family->tests = tree ? rule_tests_list(tree, faults) : NULL;
	family->equivalent = tree ? yaml_get(yaml_tree_root(tree), "equivalent") : NULL;
	if ((tree && !family->tests) || !hold_as_they_are(family, faults))
		return false;
	family->equivalent_used = mem_zero(yaml_list_count(family->equivalent) + 1, sizeof(bool));
	family->sent = mem_zero(TYPE_NUMBERS, sizeof(bool));
	note_sent(family);
	size_t refused = mutants_make(family->roots[family->file], family->sent, take_mutant, family);
	family->figures->refused += refused;
	family->figures->changes += refused;
	fault_stale(family, faults);
	free(family->sent);
	free(family->equivalent_used);
	return true;
}

/* ---- all ---- */

/* rules/custody.yaml -> rules/custody.test.yaml */
static void path_of_tests(const char *rules, struct buffer *path)
{
	const char *dot = strrchr(rules, '.');
	size_t length = dot ? (size_t)(dot - rules) : strlen(rules);
	buffer_format(path, "%.*s.test%s", (int)length, rules, rules + length);
}

static bool same_file(const char *left, const char *right)
{
	const char *a = strrchr(left, '/'), *b = strrchr(right, '/');
	return strcmp(a ? a + 1 : left, b ? b + 1 : right) == 0;
}

static bool asked_for(const char *path, char *const *files, size_t count)
{
	bool asked = count == 0;
	for (size_t i = 0; i < count; i++)
		asked |= same_file(path, files[i]);
	return asked;
}

/* The family of the set's file number `file`. Rules without a file of tests are looked at by none: all their changes go
 * unnoticed. */
static bool run_file(struct family *family, char *const *files, size_t file_count, struct config_faults *faults)
{
	const struct yaml_node *root = family->roots[family->file];
	struct buffer path = {0};
	bool good = true;
	path_of_tests(root->file, &path);
	if (asked_for(buffer_cstr(&path), files, file_count) && (yaml_get(root, "rules") || yaml_get(root, "states"))) {
		FILE *there = fopen(buffer_cstr(&path), "re");
		struct yaml_tree *tree = there ? yaml_tree_read(buffer_cstr(&path), faults) : NULL;
		good = (tree || !there) && run_family(family, tree, faults);
		yaml_tree_free(tree);
		if (there)
			(void)fclose(there);
	}
	buffer_free(&path);
	return good;
}

bool mutate_run(const struct config *config, const char *dir, char *const *files, size_t file_count,
                mutate_report *report, void *context, struct mutate_figures *figures, struct config_faults *faults)
{
	struct rule_trees trees = {0};
	struct arena *arena = arena_new(256 * 1024);
	bool good = rules_read_dir(dir, &trees, faults);
	struct family family = {.config = config,
	                        .name = dir,
	                        .report = report,
	                        .context = context,
	                        .figures = figures,
	                        .root_count = trees.count};
	family.roots = mem_alloc((trees.count + 1) * sizeof *family.roots);
	for (size_t i = 0; i < trees.count; i++)
		family.roots[i] = mutants_prepare(yaml_tree_root(trees.items[i]), arena);
	for (family.file = 0; good && family.file < trees.count; family.file++)
		good = run_file(&family, files, file_count, faults);
	free(family.roots);
	arena_free(arena);
	rule_trees_free(&trees);
	return good;
}

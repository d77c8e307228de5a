/* Any file: it makes a tree or at least one fault, each with a place within the file; and so do the rules in it. */
#include "event/schema.h"
#include "rules/load/load.h"
#include "fuzz.h"

static void look(struct config_faults *faults, bool there)
{
	FUZZ_EXPECT(there || faults->count > 0);
	for (size_t i = 0; i < faults->count; i++)
		FUZZ_EXPECT(faults->items[i].text && faults->items[i].text[0] && faults->items[i].line >= 0);
	config_faults_free(faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static bool started;
	struct config_faults faults = {0};
	char *owned;
	if (!started)
		schema_start();
	started = true;
	struct text text = fuzz_text(bytes, length, &owned);
	struct yaml_tree *tree = yaml_tree_parse("fuzz.yaml", text, &faults);
	look(&faults, tree != NULL);
	yaml_tree_free(tree);
	struct config_faults rule_faults = {0};
	struct ruleset *rules = rules_load_text("fuzz.yaml", text, &rule_faults);
	look(&rule_faults, rules != NULL);
	ruleset_free(rules);
	free(owned);
	return 0;
}

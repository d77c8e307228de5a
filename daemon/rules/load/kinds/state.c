/* kind state: stands while its condition holds. */
#include "rules/load/shape.h"

/* The number in front of `unit` at the front of `text`: "17 years 6 months". Moves `text` behind it. */
static bool take_amount(struct text *text, const char *unit, int *amount)
{
	struct text rest = text_trim(*text);
	size_t digits = 0;
	int number = 0;
	while (digits < rest.length && digits < 3 && rest.at[digits] >= '0' && rest.at[digits] <= '9')
		number = number * 10 + (rest.at[digits++] - '0');
	if (digits == 0)
		return false;
	rest = text_trim((struct text){rest.at + digits, rest.length - digits});
	size_t length = strlen(unit);
	if (rest.length < length || memcmp(rest.at, unit, length) != 0)
		return false;
	length += rest.length > length && rest.at[length] == 's';
	*amount = number;
	*text = text_trim((struct text){rest.at + length, rest.length - length});
	return true;
}

static void read_from(struct rules_loader *loader, struct rule *rule, const struct yaml_node *node)
{
	struct text text;
	if (!node || !yaml_read_text(node, "from", &text, loader->faults))
		return;
	struct text rest = text_trim(text);
	bool good = rest.length > 5 && memcmp(rest.at, "birth", 5) == 0;
	if (good) {
		rest = text_trim((struct text){rest.at + 5, rest.length - 5});
		good = rest.length > 0 && rest.at[0] == '+';
	}
	if (good) {
		rest = (struct text){rest.at + 1, rest.length - 1};
		bool years = take_amount(&rest, "year", &rule->from_years);
		bool months = take_amount(&rest, "month", &rule->from_months);
		good = (years || months) && rest.length == 0 && rule->from_years <= 150;
	}
	if (!good)
		yaml_fault(node, loader->faults, "from is \"%.*s\"; write \"birth + 17 years 6 months\"",
		           TEXT_ARG(text));
	rule->has_from = good;
}

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	draft->rule.when = rules_condition(loader, rules_need(loader, shape, "when", "a state rule"), NULL, 0);
	read_from(loader, &draft->rule, rules_get(loader, shape, "from"));
}

static const char *const keys[] = {"when", "from", NULL};

const struct rule_kind_row rule_kind_state = {
	.what = "a state rule",
	.keys = keys,
	.read = read,
	.one_a_subject = true,
	.judged_anew = true,
	.of_one_record = true,
};

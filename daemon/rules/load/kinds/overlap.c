/* kind overlap: an interval that meets a nightly window. */
#include "rules/load/shape.h"

static int read_wall_time(struct rules_loader *loader, const struct yaml_node *node, struct text text)
{
	struct yaml_node part = *node;
	int minute = 0;
	text = text_trim(text);
	part.plain = false;
	part.text = (struct text){rules_keep(loader, text), text.length};
	(void)yaml_read_wall_time(&part, "daily", &minute, loader->faults);
	return minute;
}

static void read_daily(struct rules_loader *loader, struct rule *rule, const struct yaml_node *node)
{
	struct text text;
	if (!node || !yaml_read_text(node, "daily", &text, loader->faults))
		return;
	const char *hyphen = memchr(text.at, '-', text.length);
	if (!hyphen) {
		yaml_fault(node, loader->faults, "daily is \"%.*s\"; write a window in local time, as \"22:00-08:00\"",
		           TEXT_ARG(text));
		return;
	}
	size_t before = (size_t)(hyphen - text.at);
	size_t faults = loader->faults->count;
	rule->daily_from = read_wall_time(loader, node, (struct text){text.at, before});
	rule->daily_until = read_wall_time(loader, node, (struct text){hyphen + 1, text.length - before - 1});
	if (rule->daily_from == rule->daily_until && faults == loader->faults->count)
		yaml_fault(node, loader->faults,
		           "daily begins and ends at the same time; write \"00:00-24:00\" for the whole day");
}

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	rules_read_on(loader, draft, shape, "start", "an overlap");
	draft->rule.stop = rules_selectors(loader, rules_need(loader, shape, "stop", "an overlap"), NULL, "stop");
	rules_read_key(loader, draft, shape, "key");
	read_daily(loader, &draft->rule, rules_need(loader, shape, "daily", "an overlap"));
}

static const char *const keys[] = {"start", "where", "stop", "key", "daily", NULL};

const struct rule_kind_row rule_kind_overlap = {
	.what = "an overlap",
	.keys = keys,
	.read = read,
	.of_one_record = true,
};

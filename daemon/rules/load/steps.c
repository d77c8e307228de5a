/* steps: whom a rule tells, and what they may answer. */
#include "rules/load/load_internal.h"

#include <stdlib.h>

#include "people/channels.h"

static const char *const step_keys[] = {"role", "also", "channels", "escalate-after", "answer", NULL};
static const char *const also_keys[] = {"role", "when", NULL};
static const char *const answers[] = {"first", "each", NULL};
static const char *const remark_keys[] = {"when", "text", NULL};

static struct rule_place place_of(const struct yaml_node *node)
{
	return node ? (struct rule_place){node->line, node->column} : (struct rule_place){0};
}

struct named_role {
	const char *role;
	struct rule_place place;
};

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct named_role *)left)->role, ((const struct named_role *)right)->role);
}

/* Sorted, each with its place. */
static void sort_roles(struct rules_loader *loader, const struct yaml_node *node, struct step *step)
{
	struct named_role *named = mem_zero(step->role_count + 1, sizeof *named);
	step->role_places = arena_alloc(loader->arena, (step->role_count + 1) * sizeof *step->role_places);
	for (size_t i = 0; i < step->role_count; i++)
		named[i] = (struct named_role){step->roles[i], place_of(rules_item(loader, node, i))};
	qsort(named, step->role_count, sizeof *named, by_name);
	for (size_t i = 0; i < step->role_count; i++) {
		step->roles[i] = named[i].role;
		step->role_places[i] = named[i].place;
	}
	free(named);
}

static void read_roles(struct rules_loader *loader, const struct yaml_node *node, struct step *step)
{
	if (node && yaml_list_count(node) == 0)
		yaml_fault(node, loader->faults, "role is an empty list; name at least one role");
	step->roles = rules_texts(loader, node, "role", &step->role_count);
	sort_roles(loader, node, step);
	for (size_t i = 1; i < step->role_count; i++)
		if (strcmp(step->roles[i - 1], step->roles[i]) == 0)
			yaml_fault(node, loader->faults, "role \"%s\" stands here twice; keep one", step->roles[i]);
}

static void read_channels(struct rules_loader *loader, const struct yaml_node *node, struct step *step)
{
	const char *names[CHANNEL_KINDS + 1];
	if (!node)
		return;
	channel_names(names);
	step->channel_count = yaml_list_count(node);
	step->channels = arena_alloc(loader->arena, (step->channel_count + 1) * sizeof *step->channels);
	for (size_t i = 0; i < step->channel_count; i++) {
		size_t which = 0;
		(void)yaml_read_word(rules_item(loader, node, i), "channels", names, &which, loader->faults);
		step->channels[i] = names[which];
	}
}

/* What may be kept with an alert has its limit: what a message adds and whom it is told to in addition. */
static uint8_t add_remark(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *node,
                          struct remark remark)
{
	struct rule *rule = &draft->rule;
	if (rule->remark_count == RULE_REMARKS_MAX) {
		yaml_fault(node, loader->faults,
		           "more than %d items of says and also together; no more are kept with an alert",
		           RULE_REMARKS_MAX);
		return 0;
	}
	rule->remarks[rule->remark_count] = remark;
	return (uint8_t)rule->remark_count++;
}

static struct condition *read_when(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *node)
{
	return rules_condition(loader, node, draft->on_types, draft->on_count);
}

/* also: [{role: virtual-school, when: 'open("cla")'}] */
static void read_also(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *node,
                      struct step *step)
{
	step->also = arena_alloc(loader->arena, (yaml_list_count(node) + 1) * sizeof *step->also);
	for (size_t i = 0; i < yaml_list_count(node); i++) {
		const struct yaml_node *item = rules_item(loader, node, i);
		if (item->kind != YAML_MAPPING) {
			yaml_fault(item, loader->faults, "an item of also is %s; write {role: …, when: …}",
			           yaml_kind_name(item));
			continue;
		}
		(void)yaml_check_keys(item, "an item of also", also_keys, loader->faults);
		struct remark remark = {
			.when = read_when(loader, draft, rules_need(loader, item, "when", "an item of also"))};
		const struct yaml_node *role = rules_need(loader, item, "role", "an item of also");
		step->also[step->also_count++] = (struct step_also){
			.role = rules_text(loader, role, "role"),
			.place = place_of(role),
			.remark = add_remark(loader, draft, item, remark)};
	}
}

static void read_step(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *node,
                      struct step *step)
{
	size_t answer = 0;
	if (node->kind != YAML_MAPPING) {
		yaml_fault(node, loader->faults, "a step of tell is %s; write {role: team-manager}",
		           yaml_kind_name(node));
		return;
	}
	(void)yaml_check_keys(node, "a step of tell", step_keys, loader->faults);
	read_roles(loader, rules_need(loader, node, "role", "a step of tell"), step);
	read_also(loader, draft, rules_get(loader, node, "also"), step);
	read_channels(loader, rules_get(loader, node, "channels"), step);
	step->after = rules_duration(loader, rules_get(loader, node, "escalate-after"), "escalate-after");
	const struct yaml_node *each = rules_get(loader, node, "answer");
	if (each && yaml_read_word(each, "answer", answers, &answer, loader->faults))
		step->answer_each = answer == 1;
}

/* {role: …, channels: …}, a role, or a list of roles. */
static void read_warning(struct rules_loader *loader, struct rule_draft *draft)
{
	const struct yaml_node *node = rules_get(loader, draft->node, "tell-warning");
	if (!node)
		return;
	if (!draft->rule.warn_count)
		yaml_fault(node, loader->faults,
		           "tell-warning says whom early warnings tell, but this rule has no warn");
	if (node->kind == YAML_MAPPING) {
		read_step(loader, draft, node, &draft->rule.warning);
		if (draft->rule.warning.also_count)
			yaml_fault(node, loader->faults,
			           "also is judged when an alert opens, and an early warning is none; leave it out");
	} else
		read_roles(loader, node, &draft->rule.warning);
}

static void read_remarks(struct rules_loader *loader, struct rule_draft *draft)
{
	const struct yaml_node *node = rules_get(loader, draft->node, "says");
	for (size_t i = 0; i < yaml_list_count(node); i++) {
		const struct yaml_node *item = rules_item(loader, node, i);
		(void)yaml_check_keys(item, "an item of says", remark_keys, loader->faults);
		(void)add_remark(loader, draft, item,
		                 (struct remark){.when = read_when(loader, draft, rules_get(loader, item, "when")),
		                                 .text = rules_text(loader,
		                                                    rules_need(loader, item, "text",
		                                                               "an item of says"),
		                                                    "text")});
	}
}

static size_t count_roles(const struct rule *rule)
{
	size_t roles = 0;
	for (size_t i = 0; i < rule->step_count; i++)
		roles += rule->steps[i].role_count + rule->steps[i].also_count;
	return roles;
}

void rules_read_steps(struct rules_loader *loader, struct rule_draft *draft)
{
	struct rule *rule = &draft->rule;
	const struct yaml_node *tell = rules_need(loader, draft->node, "tell", "a rule");
	if (tell && yaml_list_count(tell) == 0)
		yaml_fault(tell, loader->faults, "tell is empty: nobody would hear; write - {role: team-manager}");
	rule->remarks = arena_alloc(loader->arena, RULE_REMARKS_MAX * sizeof *rule->remarks);
	rule->step_count = yaml_list_count(tell);
	rule->steps = arena_alloc(loader->arena, (rule->step_count + 1) * sizeof *rule->steps);
	for (size_t i = 0; i < rule->step_count; i++) {
		rule->steps[i] = (struct step){0};
		read_step(loader, draft, rules_item(loader, tell, i), &rule->steps[i]);
	}
	size_t roles = count_roles(rule);
	if (roles > RULE_ROLES_MAX)
		yaml_fault(tell, loader->faults, "tell names %zu roles; at most %d, whatever the steps", roles,
		           RULE_ROLES_MAX);
	read_warning(loader, draft);
	const struct yaml_node *out = rules_get(loader, draft->node, "out-of-hours");
	rule->out_of_hours = out ? rules_text(loader, out, "out-of-hours") : NULL;
	rule->out_of_hours_place = place_of(out);
	const struct yaml_node *restricted = rules_get(loader, draft->node, "restricted");
	if (restricted)
		(void)yaml_read_bool(restricted, "restricted", &rule->restricted, loader->faults);
	rule->actions = rules_texts(loader, rules_get(loader, draft->node, "actions"), "actions", &rule->action_count);
	read_remarks(loader, draft);
}

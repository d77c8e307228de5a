/* condition_idle: what a condition may say of somebody of whom nothing is open. */
#include "rules/condition_tree.h"

/* What a part may come to. Neither is left out unless it is certain. */
struct outlook {
	bool yes, no;
};

static struct outlook look(const struct condition_node *node, bool seen);

static struct outlook look_at_chain(const struct condition_node *node, bool seen)
{
	bool all = node->op == OP_AND; /* of &&: yes where all may, no where one may; of ||: the other way round */
	struct outlook outlook = {.yes = all, .no = !all};
	for (const struct condition_node *part = node->child; part; part = part->next) {
		struct outlook of_part = look(part, seen);
		outlook.yes = all ? outlook.yes && of_part.yes : outlook.yes || of_part.yes;
		outlook.no = all ? outlook.no || of_part.no : outlook.no && of_part.no;
	}
	return outlook;
}

static struct outlook look(const struct condition_node *node, bool seen)
{
	if (node->op == OP_AND || node->op == OP_OR)
		return look_at_chain(node, seen);
	if (node->op == OP_NOT) {
		struct outlook outlook = look(node->child, seen);
		return (struct outlook){.yes = outlook.no, .no = outlook.yes};
	}
	if (node->op == OP_LITERAL)
		return (struct outlook){.yes = node->value.boolean, .no = !node->value.boolean};
	if (node->op == OP_OPEN)
		return (struct outlook){.yes = false, .no = true};
	bool of_what_was_seen = node->op == OP_SEEN || (node->op == OP_HAS && node->child->op == OP_FIRST);
	return (struct outlook){.yes = seen || !of_what_was_seen, .no = true}; /* an age, a fact: either */
}

bool condition_may_hold_idle(const struct condition *condition, bool seen)
{
	return look(condition->root, seen).yes;
}

/* condition_idle: what a condition may say of somebody of whom nothing is open, and what it can say of nobody. */
#include "rules/condition_tree.h"

#include "time/calendar.h"

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

static bool compare(enum condition_op op, double left, double right)
{
	bool equal = left == right;
	if (op == OP_EQUAL || op == OP_UNEQUAL)
		return equal == (op == OP_EQUAL);
	if (op == OP_LESS || op == OP_LESS_EQUAL)
		return left < right || (equal && op == OP_LESS_EQUAL);
	return left > right || (equal && op == OP_GREATER_EQUAL);
}

/* "age >= 35": every age that counts as known is tried. */
static bool asks_age_of_nobody(const struct condition_node *node)
{
	const struct condition_node *left = node->child, *right = left ? left->next : NULL;
	if (node->op < OP_EQUAL || node->op > OP_GREATER_EQUAL || !right)
		return false;
	bool behind = left->op == OP_LITERAL && right->op == OP_AGE; /* 35 <= age */
	if (!behind && !(left->op == OP_AGE && right->op == OP_LITERAL))
		return false;
	for (int age = 0; age < AGE_PLACEHOLDER; age++)
		if (behind ? compare(node->op, left->value.number, age) : compare(node->op, age, right->value.number))
			return false;
	return true;
}

static bool some_part_asks(const struct condition_node *node)
{
	bool asks = asks_age_of_nobody(node);
	for (const struct condition_node *part = node->child; part && !asks; part = part->next)
		asks = some_part_asks(part);
	return asks;
}

bool condition_asks_age_of_nobody(const struct condition *condition)
{
	return condition->reads_age && some_part_asks(condition->root);
}

/* condition_ways: in which ways a condition can hold: its || multiplied out, its ! moved inwards. */
#include "rules/condition_parts.h"

#include "rules/condition_tree.h"

#define WAY_NEEDS 24 /* in one way: more are in no rule that people write; what is beyond is left out */

struct ways {
	struct condition_way items[CONDITION_WAYS];
	size_t count;
};

static struct condition_way new_way(struct arena *arena)
{
	return (struct condition_way){arena_alloc(arena, WAY_NEEDS * sizeof(struct condition_need)), 0};
}

static void add_need(struct condition_way *way, struct condition_need need)
{
	if (way->count < WAY_NEEDS)
		way->needs[way->count++] = need;
}

static void one_way(struct ways *ways, struct arena *arena, const struct condition_need *need)
{
	ways->count = 1;
	ways->items[0] = new_way(arena);
	if (need)
		add_need(&ways->items[0], *need);
}

/* What a node reads, as the subject of a need; false: nothing that a need can speak of. */
static bool reads(const struct condition_node *node, struct condition_need *need)
{
	need->name = node->name;
	need->type = node->type;
	if (node->op == OP_DATA)
		need->kind = NEED_DATA;
	else if (node->op == OP_CHILD)
		need->kind = NEED_CHILD;
	else if (node->op == OP_FIRST)
		need->kind = NEED_FIRST;
	else
		need->kind = NEED_AGE;
	return need->kind != NEED_AGE || node->op == OP_AGE;
}

static void set_how(const struct condition_node *node, struct condition_need *need)
{
	need->how = NEED_EQUAL;
	if (node->op == OP_LESS || node->op == OP_GREATER_EQUAL)
		need->how = NEED_LESS;
	else if (node->op == OP_LESS_EQUAL || node->op == OP_GREATER)
		need->how = NEED_LESS_EQUAL;
	else if (node->op == OP_IN)
		need->how = NEED_IN;
	else if (node->op == OP_STARTS_WITH)
		need->how = NEED_STARTS;
	if (node->op == OP_UNEQUAL || node->op == OP_GREATER || node->op == OP_GREATER_EQUAL)
		need->wanted = !need->wanted; /* not equal, not less or equal, not less */
}

static bool compares_fields(const struct condition_node *node, struct condition_need *need)
{
	const struct condition_node *left = node->child, *right = left->next;
	if (left->op != OP_DATA || right->op != OP_DATA)
		return false;
	bool greater = node->op == OP_GREATER || node->op == OP_GREATER_EQUAL;
	*need = (struct condition_need){.kind = NEED_DATA, .how = NEED_LESS_THAN_FIELD, .wanted = need->wanted,
	                                .name = greater ? right->name : left->name,
	                                .other = greater ? left->name : right->name};
	return node->op != OP_EQUAL && node->op != OP_UNEQUAL;
}

/* A relation as a need; false: of a form that needs do not have. */
static bool relation(const struct condition_node *node, bool wanted, struct condition_need *need)
{
	const struct condition_node *left = node->child, *right = left ? left->next : NULL;
	*need = (struct condition_need){.wanted = wanted};
	if (!left || !right)
		return false;
	if (compares_fields(node, need))
		return true;
	*need = (struct condition_need){.wanted = wanted};
	if (left->op == OP_SIZE && right->op == OP_LITERAL) { /* size(x) > 0, and the like */
		if (!reads(left->child, need))
			return false;
		need->how = NEED_FILLED;
		bool empty = (node->op == OP_EQUAL && right->value.number < 0.5) ||
		             (node->op == OP_LESS && right->value.number < 1.5);
		need->wanted = empty ? !wanted : wanted;
		return true;
	}
	set_how(node, need);
	need->value = &right->value;
	if (right->op == OP_LITERAL || right->op == OP_LIST)
		return reads(left, need);
	if (node->op == OP_IN && left->op == OP_LITERAL) { /* "neglect" in data.flags: a list that is that */
		need->how = NEED_EQUAL;
		need->value = &left->value;
		return reads(right, need);
	}
	return false;
}

static bool single(const struct condition_node *node, bool wanted, struct condition_need *need)
{
	*need = (struct condition_need){.wanted = wanted};
	if (node->op == OP_OPEN || node->op == OP_SEEN) {
		need->kind = node->op == OP_OPEN ? NEED_OPEN : NEED_SEEN;
		need->state = node->op == OP_OPEN ? node->open : NULL;
		need->type = node->type;
		return true;
	}
	if (node->op == OP_HAS) {
		need->how = NEED_PRESENT;
		return reads(node->child, need);
	}
	need->how = NEED_TRUE;
	return node->op == OP_DATA || node->op == OP_CHILD || node->op == OP_FIRST ? reads(node, need)
	                                                                           : relation(node, wanted, need);
}

static void find(const struct condition_node *node, bool wanted, struct arena *arena, struct ways *ways);

/* Any of them. */
static void either(const struct condition_node *node, bool wanted, struct arena *arena, struct ways *ways)
{
	ways->count = 0;
	for (const struct condition_node *part = node->child; part; part = part->next) {
		struct ways some;
		find(part, wanted, arena, &some);
		for (size_t i = 0; i < some.count && ways->count < CONDITION_WAYS; i++)
			ways->items[ways->count++] = some.items[i];
	}
}

static struct condition_way joined(const struct condition_way *a, const struct condition_way *b, struct arena *arena)
{
	struct condition_way both = new_way(arena);
	for (size_t i = 0; i < a->count; i++)
		add_need(&both, a->needs[i]);
	for (size_t i = 0; i < b->count; i++)
		add_need(&both, b->needs[i]);
	return both;
}

/* All of them: each way of one with each of the next. */
static void together(const struct condition_node *node, bool wanted, struct arena *arena, struct ways *ways)
{
	one_way(ways, arena, NULL);
	for (const struct condition_node *part = node->child; part; part = part->next) {
		struct ways some, sum = {.count = 0};
		find(part, wanted, arena, &some);
		for (size_t i = 0; i < ways->count; i++)
			for (size_t k = 0; k < some.count && sum.count < CONDITION_WAYS; k++)
				sum.items[sum.count++] = joined(&ways->items[i], &some.items[k], arena);
		*ways = sum;
	}
}

static void find(const struct condition_node *node, bool wanted, struct arena *arena, struct ways *ways)
{
	struct condition_need need;
	if (node->op == OP_NOT)
		find(node->child, !wanted, arena, ways);
	else if (node->op == OP_AND || node->op == OP_OR)
		((node->op == OP_AND) == wanted ? together : either)(node, wanted, arena, ways);
	else
		one_way(ways, arena, single(node, wanted, &need) ? &need : NULL);
}

size_t condition_ways(const struct condition *condition, struct arena *arena, struct condition_way *ways)
{
	struct ways found;
	if (!condition) {
		one_way(&found, arena, NULL);
	} else {
		find(condition->root, true, arena, &found);
	}
	memcpy(ways, found.items, found.count * sizeof *ways);
	return found.count;
}

/* condition_guard: a field that may be absent is read only where the condition says what its absence means.
 *
 * Each field read has a number; a set of numbers says what is known to be there. has(x) being true puts x into the set,
 * seen("t") being true puts all of t's required fields there. In a chain of && the others are true where a part
 * decides, in a chain of || false: `has(x) && use(x)`, `!has(x) || use(x)`, in either order, since neither operator
 * minds it. */
#include "rules/condition_tree.h"

struct known {
	uint64_t bits[(CONDITION_NODES + 63) / 64];
};

/* What has a number: a field, or (name 0) the type of seen(). */
struct place {
	enum condition_op op;
	type_id type;
	uint16_t name;
};

struct guard {
	struct compiler *compiler;
	struct place places[CONDITION_NODES];
	size_t count;
};

static size_t number_of(struct guard *guard, struct place place)
{
	for (size_t i = 0; i < guard->count; i++)
		if (guard->places[i].op == place.op && guard->places[i].type == place.type &&
		    guard->places[i].name == place.name)
			return i;
	if (guard->count < CONDITION_NODES)
		guard->places[guard->count++] = place;
	return guard->count - 1;
}

static void add(struct known *known, size_t number)
{
	known->bits[number / 64] |= (uint64_t)1 << number % 64;
}

static bool contains(const struct known *known, size_t number)
{
	return known->bits[number / 64] >> number % 64 & 1;
}

static void unite(struct known *known, const struct known *other)
{
	for (size_t i = 0; i < sizeof known->bits / sizeof *known->bits; i++)
		known->bits[i] |= other->bits[i];
}

static void intersect(struct known *known, const struct known *other)
{
	for (size_t i = 0; i < sizeof known->bits / sizeof *known->bits; i++)
		known->bits[i] &= other->bits[i];
}

static size_t number_of_read(struct guard *guard, const struct condition_node *node)
{
	return number_of(guard, (struct place){node->op, node->op == OP_FIRST ? node->type : 0, node->name});
}

static size_t number_of_seen(struct guard *guard, type_id type)
{
	return number_of(guard, (struct place){OP_SEEN, type, 0});
}

/* What is there when the node is true (or false). */
static struct known learned(struct guard *guard, const struct condition_node *node, bool truth)
{
	struct known known = {0};
	if (node->op == OP_NOT)
		return learned(guard, node->child, !truth);
	if (node->op == OP_AND || node->op == OP_OR) {
		bool all = (node->op == OP_AND) == truth; /* every part has that truth, else at least one */
		known = learned(guard, node->child, truth);
		for (const struct condition_node *part = node->child->next; part; part = part->next) {
			struct known more = learned(guard, part, truth);
			if (all)
				unite(&known, &more);
			else
				intersect(&known, &more);
		}
	} else if (node->op == OP_HAS && truth) {
		add(&known, number_of_read(guard, node->child));
		if (node->child->op == OP_FIRST)
			add(&known, number_of_seen(guard, node->child->type));
	} else if (node->op == OP_SEEN && truth) {
		add(&known, number_of_seen(guard, node->type));
	}
	return known;
}

static void check_read(struct guard *guard, const struct condition_node *node, const struct known *known)
{
	bool first = node->op == OP_FIRST;
	if ((!node->optional && !first) || contains(known, number_of_read(guard, node)))
		return;
	if (first && !node->optional && contains(known, number_of_seen(guard, node->type)))
		return;
	struct buffer path = {0};
	condition_print_path(node, &path);
	condition_fail(guard->compiler, node->at,
	               "%s may be absent; say what that means: has(%s) && … or !has(%s) || …", buffer_cstr(&path),
	               buffer_cstr(&path), buffer_cstr(&path));
	buffer_free(&path);
}

static void check(struct guard *guard, const struct condition_node *node, const struct known *known)
{
	if (node->op == OP_HAS)
		return;
	if (node->op == OP_DATA || node->op == OP_CHILD || node->op == OP_FIRST)
		check_read(guard, node, known);
	for (const struct condition_node *part = node->child; part; part = part->next) {
		struct known here = *known;
		if (node->op == OP_AND || node->op == OP_OR)
			for (const struct condition_node *other = node->child; other; other = other->next) {
				struct known more = {0};
				if (other != part)
					more = learned(guard, other, node->op == OP_AND);
				unite(&here, &more);
			}
		check(guard, part, &here);
	}
}

void condition_guard(struct compiler *compiler)
{
	struct guard guard = {.compiler = compiler};
	struct known nothing = {0};
	check(&guard, compiler->condition->root, &nothing);
}

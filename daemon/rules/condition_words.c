/* condition_words: a condition as text again, and which part of it does not hold. */
#include "rules/condition_parts.h"

#include "rules/condition_tree.h"

static void print(const struct condition_node *node, struct buffer *out, bool inside);

static void print_value(const struct value *value, struct buffer *out)
{
	if (value->kind == VALUE_STRING)
		buffer_format(out, "\"%.*s\"", TEXT_ARG(value->string));
	else if (value->kind == VALUE_NUMBER)
		buffer_format(out, "%g", value->number);
	else if (value->kind == VALUE_BOOL)
		buffer_string(out, value->boolean ? "true" : "false");
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->list.count; i++) {
		buffer_string(out, i ? ", " : "[");
		print_value(&value->list.items[i], out);
	}
	if (value->kind == VALUE_LIST)
		buffer_string(out, value->list.count ? "]" : "[]");
}

static const char *const signs[] = {
	[OP_AND] = "&&", [OP_OR] = "||", [OP_EQUAL] = "==", [OP_UNEQUAL] = "!=", [OP_LESS] = "<",
	[OP_LESS_EQUAL] = "<=", [OP_GREATER] = ">", [OP_GREATER_EQUAL] = ">=", [OP_IN] = "in",
};

static void print_infix(const struct condition_node *node, struct buffer *out, bool inside)
{
	buffer_string(out, inside ? "(" : "");
	for (const struct condition_node *part = node->child; part; part = part->next) {
		if (part != node->child)
			buffer_format(out, " %s ", signs[node->op]);
		/* A relation binds closer than && and ||, and needs no brackets in them. */
		print(part, out, part->op == OP_AND || part->op == OP_OR);
	}
	buffer_string(out, inside ? ")" : "");
}

static void print_call(const char *name, const struct condition_node *node, struct buffer *out)
{
	buffer_format(out, "%s(", name);
	for (const struct condition_node *part = node->child; part; part = part->next) {
		buffer_string(out, part == node->child ? "" : ", ");
		print(part, out, false);
	}
	buffer_char(out, ')');
}

static void print_open(const struct condition_node *node, struct buffer *out)
{
	buffer_format(out, "open(\"%s\"", node->open->name);
	if (node->open->has_tail) {
		buffer_string(out, ", \"");
		duration_print(node->open->tail, out);
		buffer_char(out, '"');
	}
	buffer_char(out, ')');
}

static void print(const struct condition_node *node, struct buffer *out, bool inside)
{
	switch (node->op) {
	case OP_LITERAL:
	case OP_LIST:
		print_value(&node->value, out);
		break;
	case OP_DATA:
	case OP_CHILD:
	case OP_FIRST:
		condition_print_path(node, out);
		break;
	case OP_EVENT_TIME:
		buffer_string(out, "event.time");
		break;
	case OP_EVENT_SOURCE:
		buffer_string(out, "event.source");
		break;
	case OP_AGE:
		buffer_string(out, "age");
		break;
	case OP_HAS:
		print_call("has", node, out);
		break;
	case OP_SIZE:
		print_call("size", node, out);
		break;
	case OP_STARTS_WITH:
		print_call("startsWith", node, out);
		break;
	case OP_OPEN:
		print_open(node, out);
		break;
	case OP_SEEN:
		buffer_format(out, "seen(\"%s\")", schema_type_name(node->type));
		break;
	case OP_NOT:
		buffer_char(out, '!');
		print(node->child, out, true);
		break;
	case OP_AND:
	case OP_OR:
	case OP_EQUAL:
	case OP_UNEQUAL:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
	case OP_IN:
		print_infix(node, out, inside);
		break;
	}
}

void condition_parts(const struct condition *condition, const struct condition_scope *scope,
                     condition_visit_part *visit, void *argument)
{
	const struct condition_node *root = condition->root;
	struct buffer words = {0};
	for (const struct condition_node *part = root->op == OP_AND ? root->child : root; part; part = part->next) {
		struct condition alone = *condition;
		struct condition_scope quietly = *scope;
		alone.root = (struct condition_node *)part; /* only read */
		quietly.failures = NULL;
		buffer_clear(&words);
		print(part, &words, false);
		visit(argument, condition_holds(&alone, &quietly), buffer_view(&words));
		if (root->op != OP_AND)
			break;
	}
	buffer_free(&words);
}

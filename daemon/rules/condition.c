/* condition: compiling as a whole, evaluation, and what a condition mentions.
 *
 * Evaluation follows CEL: what cannot be evaluated is neither true nor false; `false && it` is false, `true || it` is
 * true, and only what is left at the top counts as false. */
#include "rules/condition.h"

#include "base/mem.h"
#include "rules/condition_tree.h"

#include <stdlib.h>

static bool compile(struct compiler *compiler)
{
	if (compiler->source.length > CONDITION_BYTES)
		condition_fail(compiler, 0, "longer than %d bytes; split it into several rules", CONDITION_BYTES);
	if (!compiler->failed)
		condition_parse(compiler);
	if (!compiler->failed)
		condition_check(compiler);
	if (!compiler->failed)
		condition_guard(compiler);
	return !compiler->failed;
}

struct condition *condition_compile(struct text source, struct condition_place place, struct fault *fault, size_t *at)
{
	size_t ignored;
	struct compiler compiler = {.source = source, .place = place, .fault = fault, .fault_at = at ? at : &ignored};
	compiler.condition = MEM_NEW(struct condition);
	compiler.condition->arena = arena_new(1024);
	*compiler.fault_at = 0;
	if (compile(&compiler))
		return compiler.condition;
	condition_free(compiler.condition);
	return NULL;
}

void condition_free(struct condition *condition)
{
	if (!condition)
		return;
	free(condition->states);
	free(condition->types);
	free(condition->firsts);
	free(condition->fields);
	arena_free(condition->arena);
	free(condition);
}

/* NOT_KNOWN is an age without a date of birth: false at the top like a failure, but nobody's mistake. */
enum verdict { NO, YES, NOT_KNOWN, FAILED };

static enum verdict judge(const struct condition_node *node, const struct condition_scope *scope);

static const struct value absent = {.kind = VALUE_ABSENT};

static const struct value *read_child(uint16_t name, const struct condition_scope *scope)
{
	for (size_t i = 0; i < scope->child_count; i++)
		if (scope->child[i].name == name && name != scope->child_hidden)
			return &scope->child[i].value;
	return &absent;
}

/* A field's value, or one of kind VALUE_ABSENT. */
static const struct value *read_field(const struct condition_node *node, const struct condition_scope *scope)
{
	if (node->op == OP_DATA)
		return scope->event ? event_field(scope->event, node->name) : &absent;
	if (node->op == OP_CHILD)
		return read_child(node->name, scope);
	const struct value *value = scope->first ? scope->first(scope->context, node->type, node->name) : NULL;
	return value ? value : &absent;
}

/* A value under evaluation: the thing itself, or why there is none. */
struct operand {
	enum verdict trouble; /* NOT_KNOWN or FAILED; else YES */
	const struct value *value;
	struct value made;    /* where the value was computed */
	instant time;         /* of SORT_TIME */
};

static void make_number(struct operand *operand, double number)
{
	operand->made = (struct value){.kind = VALUE_NUMBER, .number = number};
	operand->value = &operand->made;
}

static void read_time(const struct condition_node *node, const struct condition_scope *scope, struct operand *operand)
{
	const char *why;
	if (node->op == OP_EVENT_TIME && scope->event)
		operand->time = scope->event->time;
	else if (node->op == OP_LITERAL)
		operand->time = node->time;
	else if (operand->value->kind != VALUE_STRING || !instant_parse(operand->value->string, &operand->time, &why))
		operand->trouble = FAILED;
}

static void read_operand(const struct condition_node *node, const struct condition_scope *scope,
                         struct operand *operand);

static void read_size(const struct condition_node *node, const struct condition_scope *scope, struct operand *operand)
{
	struct operand of;
	read_operand(node->child, scope, &of);
	operand->trouble = of.trouble;
	if (of.trouble != YES)
		return;
	if (of.value->kind == VALUE_LIST)
		make_number(operand, (double)of.value->list.count);
	else if (of.value->kind == VALUE_STRING)
		make_number(operand, (double)text_columns(of.value->string));
	else
		operand->trouble = FAILED;
}

static void read_operand(const struct condition_node *node, const struct condition_scope *scope,
                         struct operand *operand)
{
	*operand = (struct operand){.trouble = YES, .value = &absent};
	if (node->op == OP_LITERAL || node->op == OP_LIST) {
		operand->value = &node->value;
	} else if (node->op == OP_DATA || node->op == OP_CHILD || node->op == OP_FIRST) {
		operand->value = read_field(node, scope);
		if (operand->value->kind == VALUE_ABSENT)
			operand->trouble = FAILED;
	} else if (node->op == OP_AGE) {
		make_number(operand, scope->age);
		if (scope->age < 0)
			operand->trouble = NOT_KNOWN;
	} else if (node->op == OP_EVENT_SOURCE && scope->event) {
		operand->made = (struct value){.kind = VALUE_STRING, .string = scope->event->source};
		operand->value = &operand->made;
	} else if (node->op == OP_SIZE) {
		read_size(node, scope, operand);
	} else if (node->op != OP_EVENT_TIME) {
		enum verdict verdict = judge(node, scope);
		operand->made = (struct value){.kind = VALUE_BOOL, .boolean = verdict == YES};
		operand->value = &operand->made;
		operand->trouble = verdict == NO ? YES : verdict;
	}
	if (node->sort.kind == SORT_TIME && operand->trouble == YES)
		read_time(node, scope, operand);
}

static enum verdict truth(bool yes)
{
	return yes ? YES : NO;
}

static bool same_text(struct text a, struct text b, bool fold)
{
	return text_equal(a, b) || (fold && text_equal_fold(a, b));
}

/* Things of different kinds are unequal, as in CEL. */
static bool same_value(const struct value *a, const struct value *b, bool fold)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_STRING)
		return same_text(a->string, b->string, fold);
	if (a->kind == VALUE_NUMBER)
		return a->number == b->number;
	return a->kind == VALUE_BOOL && a->boolean == b->boolean;
}

static enum verdict by_order(enum condition_op op, int order)
{
	if (op == OP_LESS)
		return truth(order < 0);
	if (op == OP_LESS_EQUAL)
		return truth(order <= 0);
	if (op == OP_GREATER)
		return truth(order > 0);
	if (op == OP_GREATER_EQUAL)
		return truth(order >= 0);
	return truth((order == 0) == (op == OP_EQUAL));
}

/* One of them is a time; the other may be a field of an unknown type, whose text is read as one. */
static enum verdict compare_times(const struct condition_node *node, const struct condition_scope *scope,
                                  struct operand *a, struct operand *b)
{
	const struct condition_node *left = node->child, *right = left->next;
	if (left->sort.kind != SORT_TIME)
		read_time(left, scope, a);
	if (right->sort.kind != SORT_TIME)
		read_time(right, scope, b);
	if (a->trouble != YES || b->trouble != YES)
		return FAILED;
	return by_order(node->op, (a->time > b->time) - (a->time < b->time));
}

/* By far the most frequent: a field is, or is not, a certain text. */
static enum verdict compare_field(const struct condition_node *node, const struct condition_scope *scope)
{
	const struct value *value = read_field(node->child, scope);
	if (value->kind == VALUE_ABSENT)
		return FAILED;
	return truth(same_value(value, &node->child->next->value, node->fold) == (node->op == OP_EQUAL));
}

static enum verdict compare(const struct condition_node *node, const struct condition_scope *scope)
{
	const struct condition_node *left = node->child, *right = left->next;
	struct operand a, b;
	if (left->op == OP_DATA && right->op == OP_LITERAL && right->sort.kind == SORT_STRING &&
	    (node->op == OP_EQUAL || node->op == OP_UNEQUAL))
		return compare_field(node, scope);
	read_operand(left, scope, &a);
	if (a.trouble != YES)
		return a.trouble;
	read_operand(right, scope, &b);
	if (b.trouble != YES)
		return b.trouble;
	if (left->sort.kind == SORT_TIME || right->sort.kind == SORT_TIME)
		return compare_times(node, scope, &a, &b);
	if (node->op == OP_EQUAL || node->op == OP_UNEQUAL)
		return truth(same_value(a.value, b.value, node->fold) == (node->op == OP_EQUAL));
	if (a.value->kind == VALUE_NUMBER && b.value->kind == VALUE_NUMBER)
		return by_order(node->op, (a.value->number > b.value->number) - (a.value->number < b.value->number));
	if (a.value->kind == VALUE_STRING && b.value->kind == VALUE_STRING)
		return by_order(node->op, text_order(a.value->string, b.value->string));
	return FAILED;
}

static enum verdict is_in(const struct condition_node *node, const struct condition_scope *scope)
{
	struct operand item, list;
	read_operand(node->child, scope, &item);
	if (item.trouble != YES)
		return item.trouble;
	read_operand(node->child->next, scope, &list);
	if (list.trouble != YES || list.value->kind != VALUE_LIST)
		return list.trouble == NOT_KNOWN ? NOT_KNOWN : FAILED;
	for (size_t i = 0; i < list.value->list.count; i++)
		if (same_value(item.value, &list.value->list.items[i], node->fold))
			return YES;
	return NO;
}

static enum verdict starts_with(const struct condition_node *node, const struct condition_scope *scope)
{
	struct operand of, with;
	read_operand(node->child, scope, &of);
	read_operand(node->child->next, scope, &with);
	if (of.trouble != YES || with.trouble != YES || of.value->kind != VALUE_STRING ||
	    with.value->kind != VALUE_STRING)
		return FAILED;
	struct text head = of.value->string;
	if (head.length < with.value->string.length)
		return NO;
	head.length = with.value->string.length;
	return truth(same_text(head, with.value->string, node->fold));
}

/* AND: a NO decides; OR: a YES does. Otherwise what failed weighs more than what is not known, and that more than the
 * rest. */
static enum verdict chain(const struct condition_node *node, const struct condition_scope *scope)
{
	enum verdict decides = node->op == OP_AND ? NO : YES;
	enum verdict verdict = node->op == OP_AND ? YES : NO;
	for (const struct condition_node *part = node->child; part; part = part->next) {
		enum verdict one = judge(part, scope);
		if (one == decides)
			return decides;
		if (one > YES && one > verdict)
			verdict = one;
	}
	return verdict;
}

static enum verdict judge_value(const struct condition_node *node, const struct condition_scope *scope)
{
	struct operand operand;
	read_operand(node, scope, &operand);
	if (operand.trouble != YES)
		return operand.trouble;
	return operand.value->kind == VALUE_BOOL ? truth(operand.value->boolean) : FAILED;
}

static enum verdict judge_has(const struct condition_node *field, const struct condition_scope *scope)
{
	if (read_field(field, scope)->kind != VALUE_ABSENT)
		return YES;
	bool asks = scope->favourable && field->op == OP_DATA && scope->event;
	return asks && event_set_aside(scope->event, field->name) ? FAILED : NO;
}

static enum verdict judge(const struct condition_node *node, const struct condition_scope *scope)
{
	enum verdict verdict;
	switch (node->op) {
	case OP_AND:
	case OP_OR:
		return chain(node, scope);
	case OP_NOT:
		verdict = judge(node->child, scope);
		return verdict > YES ? verdict : truth(verdict == NO);
	case OP_EQUAL:
	case OP_UNEQUAL:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
		return compare(node, scope);
	case OP_IN:
		return is_in(node, scope);
	case OP_HAS:
		return judge_has(node->child, scope);
	case OP_STARTS_WITH:
		return starts_with(node, scope);
	case OP_SEEN:
		return scope->seen ? truth(scope->seen(scope->context, node->type)) : FAILED;
	case OP_OPEN:
		return scope->open ? truth(scope->open(scope->context, node->open)) : FAILED;
	case OP_LITERAL:
	case OP_DATA:
	case OP_CHILD:
	case OP_FIRST:
		return judge_value(node, scope);
	case OP_LIST:
	case OP_EVENT_TIME:
	case OP_EVENT_SOURCE:
	case OP_AGE:
	case OP_SIZE:
		break; /* the type check lets none of these decide */
	}
	return FAILED;
}

bool condition_holds(const struct condition *condition, const struct condition_scope *scope)
{
	enum verdict verdict = judge(condition->root, scope);
	if (verdict == FAILED && scope->failures)
		++*scope->failures;
	return verdict == YES;
}

size_t condition_states(struct condition *condition, struct condition_state **states)
{
	*states = condition->states;
	return condition->state_count;
}

size_t condition_types(const struct condition *condition, const type_id **types)
{
	*types = condition->types;
	return condition->type_count;
}

size_t condition_firsts(const struct condition *condition, const struct condition_first **firsts)
{
	*firsts = condition->firsts;
	return condition->first_count;
}

bool condition_reads_history(const struct condition *condition)
{
	return condition->state_count || condition->type_count || condition->reads_child;
}

bool condition_reads_age(const struct condition *condition)
{
	return condition->reads_age;
}

bool condition_reads_child(const struct condition *condition)
{
	return condition->reads_age || condition->reads_child;
}

size_t condition_fields(const struct condition *condition, const uint16_t **names)
{
	*names = condition->fields;
	return condition->field_count;
}

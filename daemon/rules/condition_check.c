/* condition_check: what every part of a condition gives, held against the event schemas. */
#include "rules/condition_tree.h"

#include "base/mem.h"
#include "base/spelling.h"

static const char *sort_name(enum sort_kind kind)
{
	static const char *const names[] = {
		[SORT_ANY] = "something unknown", [SORT_BOOL] = "true or false", [SORT_NUMBER] = "a number",
		[SORT_STRING] = "text",           [SORT_DATE] = "a date",       [SORT_TIME] = "a time",
		[SORT_LIST] = "a list",
	};
	return names[kind];
}

void condition_print_path(const struct condition_node *node, struct buffer *out)
{
	if (node->op == OP_FIRST)
		buffer_format(out, "first(\"%s\").", schema_type_name(node->type));
	buffer_format(out, "%s.%s", node->op == OP_CHILD ? "child" : "data", schema_name_text(node->name));
}

/* What a node is called in a sentence: "data.risk is one of some words", "this is a number". */
static void print_what(const struct condition_node *node, struct buffer *out)
{
	if (node->op == OP_DATA || node->op == OP_CHILD || node->op == OP_FIRST)
		condition_print_path(node, out);
	else if (node->op == OP_LITERAL && node->value.kind == VALUE_STRING)
		buffer_format(out, "\"%.*s\"", TEXT_ARG(node->value.string));
	else if (node->op == OP_LITERAL && node->value.kind == VALUE_NUMBER)
		buffer_format(out, "%g", node->value.number);
	else if (node->op == OP_AGE)
		buffer_string(out, "age");
	else if (node->op == OP_EVENT_TIME)
		buffer_string(out, "event.time");
	else
		buffer_string(out, "this");
}

static struct sort sort_of_field(const struct field *field)
{
	switch (field->kind) {
	case FIELD_BOOL:
		return (struct sort){.kind = SORT_BOOL};
	case FIELD_NUMBER:
		return (struct sort){.kind = SORT_NUMBER};
	case FIELD_DATE:
		return (struct sort){.kind = SORT_DATE};
	case FIELD_INSTANT:
		return (struct sort){.kind = SORT_TIME};
	case FIELD_STRING:
		return (struct sort){.kind = SORT_STRING, .words = field->words};
	case FIELD_WORD:
		return (struct sort){.kind = SORT_STRING, .words = field->words, .closed = field->words != NULL};
	case FIELD_STRINGS:
		return (struct sort){.kind = SORT_LIST, .words = field->words};
	case FIELD_ANY:
		break;
	}
	return (struct sort){.kind = SORT_ANY};
}

/* A field as the types of a place carry it together. */
struct lookup {
	bool found, everywhere, required;
	struct sort sort;
};

static void merge_sort(struct lookup *lookup, struct sort sort)
{
	if (!lookup->found)
		lookup->sort = sort;
	else if (lookup->sort.kind != sort.kind)
		lookup->sort = (struct sort){.kind = SORT_ANY};
	else if (lookup->sort.words != sort.words)
		lookup->sort = (struct sort){.kind = sort.kind}; /* different words: any text, no promise */
	lookup->found = true;
}

static struct lookup look_up(const type_id *types, size_t count, uint16_t name)
{
	struct lookup lookup = {.everywhere = true, .required = true};
	bool unknown = false;
	for (size_t i = 0; i < count; i++) {
		const struct field *field = schema_field(types[i], text_of(schema_name_text(name)));
		if (!schema_type(types[i]))
			unknown = true; /* not of the catalogue: any field may be there, of any kind */
		else if (field)
			merge_sort(&lookup, sort_of_field(field));
		if (!field || !field->required)
			lookup.required = false;
	}
	if (unknown && !lookup.found)
		merge_sort(&lookup, (struct sort){.kind = SORT_ANY});
	return lookup;
}

static void fail_at_field(struct compiler *compiler, const struct condition_node *node, const type_id *types,
                          size_t count)
{
	const char *name = schema_name_text(node->name);
	struct spelling spelling = spelling_begin(text_of(name));
	struct buffer sentence = {0};
	for (size_t t = 0; t < count; t++) {
		const struct event_type *type = schema_type(types[t]);
		buffer_format(&sentence, "%s%s", t ? " or " : "", schema_type_name(types[t]));
		for (size_t i = 0; type && i < type->field_count; i++)
			spelling_offer(&spelling, type->fields[i].name);
	}
	buffer_format(&sentence, " has no field \"%s\"", name);
	spelling_say(&spelling, &sentence);
	const struct event_type *type = schema_type(types[0]);
	for (size_t i = 0; !spelling.best && type && i < type->field_count; i++)
		buffer_format(&sentence, "%s%s", i ? ", " : "; it has ", type->fields[i].name);
	condition_fail(compiler, node->at, "%s", buffer_cstr(&sentence));
	buffer_free(&sentence);
}

static void remember_field(struct condition *condition, uint16_t name)
{
	for (size_t i = 0; i < condition->field_count; i++)
		if (condition->fields[i] == name)
			return;
	*(uint16_t *)mem_push((void **)&condition->fields, &condition->field_count, &condition->field_room,
	                      sizeof *condition->fields) = name;
}

static void remember_type(struct condition *condition, type_id type)
{
	for (size_t i = 0; i < condition->type_count; i++)
		if (condition->types[i] == type)
			return;
	*(type_id *)mem_push((void **)&condition->types, &condition->type_count, &condition->type_room,
	                     sizeof *condition->types) = type;
}

static void remember_first(struct condition *condition, type_id type, uint16_t field)
{
	remember_type(condition, type);
	for (size_t i = 0; i < condition->first_count; i++)
		if (condition->firsts[i].type == type && condition->firsts[i].field == field)
			return;
	*(struct condition_first *)mem_push((void **)&condition->firsts, &condition->first_count,
	                                    &condition->first_room, sizeof *condition->firsts) =
		(struct condition_first){type, field};
}

/* A rule that waits for a type that nobody sends would wait in silence for ever. */
static void check_type_name(struct compiler *compiler, const struct condition_node *node)
{
	const char *name = schema_type_name(node->type);
	if (schema_type(node->type))
		return;
	const char *meant = condition_type_meant(name);
	if (meant)
		condition_fail(compiler, node->at, "no event type is called \"%s\"; did you mean \"%s\"?", name, meant);
	else
		condition_fail(compiler, node->at,
		               "no event type is called \"%s\"; declare a type of your own: events: - {type: %s, "
		               "title: \"…\"}",
		               name, name);
}

static void check_read(struct compiler *compiler, struct condition_node *node)
{
	const type_id child_updated = TYPE_ID_CHILD_UPDATED;
	struct condition *condition = compiler->condition;
	const type_id *types = node->op == OP_CHILD ? &child_updated : node->op == OP_FIRST ? &node->type
	                                                                                     : compiler->place.types;
	size_t count = node->op == OP_DATA ? compiler->place.type_count : 1;
	if (count == 0) {
		condition_fail(compiler, node->at,
		               "no event is at hand here, so data.%s cannot be read; ask with open(), seen(), first() "
		               "or child",
		               schema_name_text(node->name));
		return;
	}
	if (node->op == OP_FIRST)
		check_type_name(compiler, node);
	struct lookup lookup = look_up(types, count, node->name);
	if (!lookup.found)
		fail_at_field(compiler, node, types, count);
	node->sort = lookup.sort;
	node->optional = node->op == OP_CHILD || !lookup.required;
	if (node->op == OP_DATA)
		remember_field(condition, node->name);
	else if (node->op == OP_FIRST)
		remember_first(condition, node->type, node->name);
}

static bool is_text(struct sort sort)
{
	return sort.kind == SORT_STRING || sort.kind == SORT_ANY;
}

static bool among(const char *const *words, struct text given)
{
	for (; *words; words++)
		if (text_equal_fold(text_of(*words), given))
			return true;
	return false;
}

static void fail_at_word(struct compiler *compiler, const struct condition_node *field,
                         const struct condition_node *literal)
{
	struct spelling spelling = spelling_begin(literal->value.string);
	struct buffer sentence = {0};
	buffer_format(&sentence, "\"%.*s\" is none of the words of ", TEXT_ARG(literal->value.string));
	print_what(field, &sentence);
	for (const char *const *word = field->sort.words; *word; word++) {
		if (field->sort.closed)
			buffer_format(&sentence, "%s%s", word == field->sort.words ? ": " : ", ", *word);
		spelling_offer(&spelling, *word);
	}
	spelling_say(&spelling, &sentence);
	condition_fail(compiler, literal->at, "%s", buffer_cstr(&sentence));
	buffer_free(&sentence);
}

/* One letter from a known word, in a list that may have others too: "directer". Short words are too near one
 * another. */
static bool is_slip(const char *const *words, struct text given)
{
	for (; given.length >= 6 && *words; words++)
		if (spelling_edits(text_of(*words), given) == 1)
			return true;
	return false;
}

/* A literal compared with a field of given words must be one of them; of an open list, no slip of one. */
static void check_word(struct compiler *compiler, const struct condition_node *field,
                       const struct condition_node *literal)
{
	if (!field->sort.words || literal->op != OP_LITERAL || literal->value.kind != VALUE_STRING ||
	    among(field->sort.words, literal->value.string))
		return;
	if (field->sort.closed || is_slip(field->sort.words, literal->value.string))
		fail_at_word(compiler, field, literal);
}

/* A literal beside a date or a time is read as one, now and once. */
static void adopt_literal(struct compiler *compiler, struct condition_node *literal, enum sort_kind kind)
{
	civil_day day;
	const char *why = "";
	if (literal->op != OP_LITERAL || literal->value.kind != VALUE_STRING)
		return;
	struct text text = literal->value.string;
	if (kind == SORT_DATE) {
		if (!day_parse(text, &day))
			condition_fail(compiler, literal->at, "\"%.*s\" is not a date; write it as \"2021-09-09\"",
			               TEXT_ARG(text));
		literal->sort.kind = SORT_DATE;
	} else if (kind == SORT_TIME) {
		if (!instant_parse(text, &literal->time, &why))
			condition_fail(compiler, literal->at,
			               "\"%.*s\" is not a time (%s); write it as \"2021-09-09T00:00:00Z\"",
			               TEXT_ARG(text), why);
		literal->sort.kind = SORT_TIME;
	}
}

static void fail_at_pair(struct compiler *compiler, const struct condition_node *node, const struct condition_node *a,
                         const struct condition_node *b)
{
	struct buffer sentence = {0};
	print_what(a, &sentence);
	buffer_format(&sentence, " is %s and ", sort_name(a->sort.kind));
	print_what(b, &sentence);
	buffer_format(&sentence, " is %s: they cannot be compared", sort_name(b->sort.kind));
	condition_fail(compiler, node->at, "%s", buffer_cstr(&sentence));
	buffer_free(&sentence);
}

static void check_pair(struct compiler *compiler, struct condition_node *node, struct condition_node *a,
                       struct condition_node *b)
{
	adopt_literal(compiler, b, a->sort.kind);
	adopt_literal(compiler, a, b->sort.kind);
	if (a->sort.kind != b->sort.kind && a->sort.kind != SORT_ANY && b->sort.kind != SORT_ANY)
		fail_at_pair(compiler, node, a, b);
	check_word(compiler, a, b);
	check_word(compiler, b, a);
	node->fold = node->fold || a->sort.words || b->sort.words;
}

static void check_comparison(struct compiler *compiler, struct condition_node *node)
{
	struct condition_node *a = node->child, *b = a->next;
	bool equality = node->op == OP_EQUAL || node->op == OP_UNEQUAL;
	check_pair(compiler, node, a, b);
	if (a->sort.kind == SORT_LIST || b->sort.kind == SORT_LIST)
		condition_fail(compiler, node->at, "lists are not compared; ask \"word\" in list, or size(list)");
	else if (!equality && (a->sort.kind == SORT_BOOL || b->sort.kind == SORT_BOOL))
		condition_fail(compiler, node->at, "true and false have no order; compare with == or !=");
	else if (!equality && node->fold)
		condition_fail(compiler, node->at,
		               "words have no order; name those that are meant: data.risk in [\"high\"]");
	node->sort.kind = SORT_BOOL;
}

static void check_in(struct compiler *compiler, struct condition_node *node)
{
	struct condition_node *a = node->child, *b = a->next;
	if (b->op == OP_LIST) {
		for (struct condition_node *item = b->child; item; item = item->next)
			check_pair(compiler, node, a, item);
	} else if (b->sort.kind == SORT_LIST) {
		struct condition_node items = *b; /* as if one item stood there */
		items.sort.kind = SORT_STRING;
		if (!is_text(a->sort))
			fail_at_pair(compiler, node, a, &items);
		node->fold = a->sort.words || b->sort.words;
		check_word(compiler, b, a);
	} else if (b->sort.kind != SORT_ANY) {
		condition_fail(compiler, b->at, "behind \"in\" stands a list, as [\"high\", \"medium\"]; this is %s",
		               sort_name(b->sort.kind));
	}
	if (a->sort.kind == SORT_LIST)
		condition_fail(compiler, a->at, "a list is not looked for in a list; ask for one word at a time");
	node->sort.kind = SORT_BOOL;
}

static void check_truth(struct compiler *compiler, const struct condition_node *node)
{
	struct buffer sentence = {0};
	if (node->sort.kind == SORT_BOOL || node->sort.kind == SORT_ANY)
		return;
	print_what(node, &sentence);
	condition_fail(compiler, node->at, "%s is %s; something that is true or false is needed here",
	               buffer_cstr(&sentence), sort_name(node->sort.kind));
	buffer_free(&sentence);
}

static void check_list(struct compiler *compiler, struct condition_node *node)
{
	size_t count = 0;
	for (struct condition_node *item = node->child; item; item = item->next, count++)
		if (item->op != OP_LITERAL)
			condition_fail(compiler, item->at, "a list holds only texts, numbers, true and false");
		else if (item->value.kind != node->child->value.kind)
			condition_fail(compiler, item->at, "a list holds things of one kind");
	if (count == 0)
		condition_fail(compiler, node->at, "an empty list holds nothing to compare with");
	struct value *items = arena_alloc(compiler->condition->arena, count * sizeof *items + 1);
	count = 0;
	for (const struct condition_node *item = node->child; item; item = item->next)
		items[count++] = item->value;
	node->value = (struct value){.kind = VALUE_LIST, .list = {items, count}};
	node->sort.kind = SORT_LIST;
}

static void check_text_method(struct compiler *compiler, struct condition_node *node)
{
	struct condition_node *of = node->child, *with = of->next;
	if (!is_text(of->sort) || !is_text(with->sort))
		condition_fail(compiler, is_text(of->sort) ? with->at : of->at,
		               "startsWith() is asked of a text, with a text");
	node->fold = of->sort.words != NULL;
	node->sort.kind = SORT_BOOL;
}

static void check_size(struct compiler *compiler, struct condition_node *node)
{
	enum sort_kind kind = node->child->sort.kind;
	if (kind != SORT_LIST && kind != SORT_STRING && kind != SORT_ANY)
		condition_fail(compiler, node->at, "size() counts a list or a text; this is %s", sort_name(kind));
	node->sort.kind = SORT_NUMBER;
}

static void check_literal(struct condition_node *node)
{
	bool is_number = node->value.kind == VALUE_NUMBER, is_bool = node->value.kind == VALUE_BOOL;
	node->sort.kind = is_number ? SORT_NUMBER : is_bool ? SORT_BOOL : SORT_STRING;
}

static void check_event(struct compiler *compiler, struct condition_node *node, enum sort_kind kind)
{
	if (compiler->place.type_count == 0)
		condition_fail(compiler, node->at, "no event is at hand here, so it cannot be read");
	node->sort.kind = kind;
}

static void check_child(struct compiler *compiler, struct condition_node *node)
{
	/* A date of birth that makes the person 31 counts as not known from then on: birthdays matter. */
	compiler->condition->reads_age |= text_equal(text_of(schema_name_text(node->name)), TEXT("date_of_birth"));
	compiler->condition->reads_child = true;
	check_read(compiler, node);
}

static void check_seen(struct compiler *compiler, struct condition_node *node)
{
	check_type_name(compiler, node);
	remember_type(compiler->condition, node->type);
	node->sort.kind = SORT_BOOL;
}

static void check_parts(struct compiler *compiler, struct condition_node *node)
{
	for (struct condition_node *child = node->child; child; child = child->next)
		check_truth(compiler, child);
	node->sort.kind = SORT_BOOL;
}

/* The node itself; what it is made of was checked. */
static void check_one(struct compiler *compiler, struct condition_node *node)
{
	switch (node->op) {
	case OP_LITERAL:
		check_literal(node);
		break;
	case OP_LIST:
		check_list(compiler, node);
		break;
	case OP_CHILD:
		check_child(compiler, node);
		break;
	case OP_DATA:
	case OP_FIRST:
		check_read(compiler, node);
		break;
	case OP_EVENT_TIME:
	case OP_EVENT_SOURCE:
		check_event(compiler, node, node->op == OP_EVENT_TIME ? SORT_TIME : SORT_STRING);
		break;
	case OP_AGE:
		compiler->condition->reads_age = true;
		node->sort.kind = SORT_NUMBER;
		break;
	case OP_SEEN:
		check_seen(compiler, node);
		break;
	case OP_OPEN:
		node->open =
			&compiler->condition->states[node->state]; /* all are parsed: the array stays where it is */
		node->sort.kind = SORT_BOOL;
		break;
	case OP_HAS:
		node->sort.kind = SORT_BOOL;
		break;
	case OP_SIZE:
		check_size(compiler, node);
		break;
	case OP_STARTS_WITH:
		check_text_method(compiler, node);
		break;
	case OP_NOT:
	case OP_AND:
	case OP_OR:
		check_parts(compiler, node);
		break;
	case OP_EQUAL:
	case OP_UNEQUAL:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
		check_comparison(compiler, node);
		break;
	case OP_IN:
		check_in(compiler, node);
		break;
	}
}

static void check_node(struct compiler *compiler, struct condition_node *node)
{
	for (struct condition_node *child = node->child; child; child = child->next)
		check_node(compiler, child);
	if (!compiler->failed)
		check_one(compiler, node);
}

void condition_check(struct compiler *compiler)
{
	check_node(compiler, compiler->condition->root);
	if (!compiler->failed)
		check_truth(compiler, compiler->condition->root);
}

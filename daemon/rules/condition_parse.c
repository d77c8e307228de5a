/* condition_parse: the grammar of conditions, from tokens to a tree.
 *
 *   or       = and { "||" and }
 *   and      = relation { "&&" relation }
 *   relation = unary [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) unary ]
 *   unary    = "!" unary | "-" number | value { ".startsWith(" or ")" | ".size()" }
 *   value    = literal | "(" or ")" | "[" or { "," or } "]" | read | call */
#include "rules/condition_tree.h"

#include "base/mem.h"
#include "base/spelling.h"

struct parser {
	struct compiler *compiler;
	struct token token; /* the one looked at */
	size_t at;          /* where the next begins */
};

static void step(struct parser *parser)
{
	parser->token = condition_token(parser->compiler, &parser->at);
}

static bool is_mark(const struct parser *parser, const char *mark)
{
	return parser->token.kind == TOKEN_MARK && text_equal(parser->token.text, text_of(mark));
}

static bool is_name(const struct parser *parser, const char *name)
{
	return parser->token.kind == TOKEN_NAME && text_equal(parser->token.text, text_of(name));
}

static bool take_mark(struct parser *parser, const char *mark)
{
	if (!is_mark(parser, mark))
		return false;
	step(parser);
	return true;
}

static void expect_mark(struct parser *parser, const char *mark, const char *where)
{
	if (!take_mark(parser, mark))
		condition_fail(parser->compiler, parser->token.at, "\"%s\" is missing %s", mark, where);
}

static struct condition_node *new_node(struct parser *parser, enum condition_op op, size_t at)
{
	struct compiler *compiler = parser->compiler;
	if (++compiler->nodes > CONDITION_NODES)
		condition_fail(compiler, at, "more than %d parts in one condition; split it into several rules",
		               CONDITION_NODES);
	struct condition_node *node = arena_alloc(compiler->condition->arena, sizeof *node);
	*node = (struct condition_node){.op = op, .at = (uint32_t)at};
	return node;
}

static bool enter(struct parser *parser)
{
	if (++parser->compiler->depth > CONDITION_DEPTH)
		condition_fail(parser->compiler, parser->token.at, "nested deeper than %d; flatten it",
		               CONDITION_DEPTH);
	return !parser->compiler->failed;
}

static void leave(struct parser *parser)
{
	parser->compiler->depth--;
}

static struct condition_node *parse_or(struct parser *parser);

/* What stands for an expression after a fault; nobody looks into it. */
static struct condition_node *nothing(struct parser *parser)
{
	return new_node(parser, OP_LITERAL, parser->token.at);
}

static struct text take_name(struct parser *parser, const char *what)
{
	struct text name = parser->token.text;
	if (parser->token.kind != TOKEN_NAME) {
		condition_fail(parser->compiler, parser->token.at, "the name of %s is missing here", what);
		return TEXT_NONE;
	}
	step(parser);
	return name;
}

static struct text take_string(struct parser *parser, const char *what)
{
	struct text string = parser->token.text;
	if (parser->token.kind != TOKEN_STRING || string.length == 0) {
		condition_fail(parser->compiler, parser->token.at, "%s is missing here, in quotes", what);
		return TEXT_NONE;
	}
	step(parser);
	return string;
}

static uint16_t name_field(struct parser *parser, struct text name, size_t at)
{
	uint16_t id = name.length ? schema_name_add(name) : 0;
	if (id == 0)
		condition_fail(parser->compiler, at, "too many different field names in the rules");
	return id;
}

static type_id name_type(struct parser *parser, struct text name, size_t at)
{
	type_id type = name.length ? schema_name_type(name) : TYPE_UNKNOWN;
	if (type == TYPE_UNKNOWN)
		condition_fail(parser->compiler, at, "too many different event types in the rules");
	return type;
}

/* data.NAME and child.NAME, behind the first word. */
static struct condition_node *parse_field(struct parser *parser, enum condition_op op, size_t at, const char *whose)
{
	struct condition_node *node = new_node(parser, op, at);
	if (is_mark(parser, "["))
		condition_fail(parser->compiler, parser->token.at, "write %s.name instead of %s[\"name\"]", whose,
		               whose);
	expect_mark(parser, ".",
	            op == OP_CHILD ? "after child: write child.date_of_birth" : "after data: write data.name");
	size_t name_at = parser->token.at;
	struct text name = take_name(parser, "a field");
	if (!parser->compiler->failed)
		node->name = name_field(parser, name, name_at);
	return node;
}

static struct condition_node *parse_event(struct parser *parser, size_t at)
{
	expect_mark(parser, ".", "after event: write event.time or event.source");
	bool time = is_name(parser, "time"), source = is_name(parser, "source");
	if (!time && !source)
		condition_fail(parser->compiler, parser->token.at,
		               "of the event itself only event.time and event.source can be read");
	step(parser);
	return new_node(parser, time ? OP_EVENT_TIME : OP_EVENT_SOURCE, at);
}

/* first("type").data.NAME */
static struct condition_node *parse_first(struct parser *parser, size_t at)
{
	expect_mark(parser, "(", "after first: write first(\"type\").data.name");
	size_t type_at = parser->token.at;
	struct text type = take_string(parser, "the event type");
	expect_mark(parser, ")", "after the event type");
	expect_mark(parser, ".", "after first(\"type\"): write first(\"type\").data.name");
	if (!is_name(parser, "data"))
		condition_fail(parser->compiler, parser->token.at, "write first(\"type\").data.name");
	step(parser);
	struct condition_node *node = parse_field(parser, OP_FIRST, at, "data");
	if (!parser->compiler->failed)
		node->type = name_type(parser, type, type_at);
	return node;
}

static struct condition_node *parse_seen(struct parser *parser, size_t at)
{
	struct condition_node *node = new_node(parser, OP_SEEN, at);
	expect_mark(parser, "(", "after seen: write seen(\"type\")");
	size_t type_at = parser->token.at;
	struct text type = take_string(parser, "the event type");
	expect_mark(parser, ")", "after the event type");
	if (!parser->compiler->failed)
		node->type = name_type(parser, type, type_at);
	return node;
}

static size_t add_state(struct condition *condition, struct text name, bool has_tail, struct duration tail)
{
	struct condition_state *state =
		mem_push((void **)&condition->states, &condition->state_count, &condition->state_room, sizeof *state);
	*state = (struct condition_state){.name = arena_copy_text(condition->arena, name.at, name.length),
	                                  .has_tail = has_tail, .tail = tail, .state = UINT16_MAX};
	return condition->state_count - 1;
}

static struct condition_node *parse_open(struct parser *parser, size_t at)
{
	struct condition_node *node = new_node(parser, OP_OPEN, at);
	struct duration tail = {0};
	expect_mark(parser, "(", "after open: write open(\"state\")");
	struct text name = take_string(parser, "the state");
	bool has_tail = take_mark(parser, ",");
	if (has_tail) {
		size_t tail_at = parser->token.at;
		struct text text = take_string(parser, "how long after the end");
		if (!parser->compiler->failed && !duration_parse(text, &tail))
			condition_fail(parser->compiler, tail_at,
			               "\"%.*s\" is not a length of time; write it as \"28 days\"", TEXT_ARG(text));
	}
	expect_mark(parser, ")", "after the state");
	if (!parser->compiler->failed)
		node->state = add_state(parser->compiler->condition, name, has_tail, tail);
	return node;
}

static struct condition_node *parse_call(struct parser *parser, enum condition_op op, size_t at, const char *where)
{
	struct condition_node *node = new_node(parser, op, at);
	expect_mark(parser, "(", where);
	if (enter(parser))
		node->child = parse_or(parser);
	leave(parser);
	expect_mark(parser, ")", where);
	return node;
}

static struct condition_node *parse_has(struct parser *parser, size_t at)
{
	struct condition_node *node =
		parse_call(parser, OP_HAS, at, "around what has() asks for: write has(data.name)");
	const struct condition_node *of = node->child;
	if (!parser->compiler->failed && of->op != OP_DATA && of->op != OP_CHILD && of->op != OP_FIRST)
		condition_fail(
			parser->compiler, of->at,
			"has() asks for a field: has(data.name), has(child.name) or has(first(\"type\").data.name)");
	return node;
}

static struct condition_node *literal_bool(struct parser *parser, size_t at, bool value)
{
	struct condition_node *node = new_node(parser, OP_LITERAL, at);
	node->value = (struct value){.kind = VALUE_BOOL, .boolean = value};
	return node;
}

static void fail_at_name(struct parser *parser, struct text name, size_t at)
{
	static const char *const known[] = {"data", "event", "child", "age",   "has", "size",      "open",
	                                    "seen", "first", "true",  "false", "in",  "startsWith"};
	struct buffer guess = {0};
	struct spelling spelling = spelling_begin(name);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		spelling_offer(&spelling, known[i]);
	spelling_say(&spelling, &guess);
	if (text_equal_fold(name, TEXT("and")))
		condition_fail(parser->compiler, at, "write && for \"and\"");
	else if (text_equal_fold(name, TEXT("or")))
		condition_fail(parser->compiler, at, "write || for \"or\"");
	else if (text_equal_fold(name, TEXT("not")))
		condition_fail(parser->compiler, at, "write ! for \"not\"");
	else if (text_equal(name, TEXT("null")))
		condition_fail(parser->compiler, at, "null is absence here: write !has(data.name)");
	else if (spelling.best && spelling.limit == 0)
		condition_fail(parser->compiler, at, "\"%.*s\" cannot stand here; is && or || missing before it?",
		               TEXT_ARG(name));
	else
		condition_fail(parser->compiler, at, "unknown word \"%.*s\"; a text needs quotes, a field data.%.*s%s",
		               TEXT_ARG(name), TEXT_ARG(name), buffer_cstr(&guess));
	buffer_free(&guess);
}

static struct condition_node *parse_name(struct parser *parser)
{
	struct text name = parser->token.text;
	size_t at = parser->token.at;
	step(parser);
	if (text_equal(name, TEXT("data")))
		return parse_field(parser, OP_DATA, at, "data");
	if (text_equal(name, TEXT("child")))
		return parse_field(parser, OP_CHILD, at, "child");
	if (text_equal(name, TEXT("event")))
		return parse_event(parser, at);
	if (text_equal(name, TEXT("age")))
		return new_node(parser, OP_AGE, at);
	if (text_equal(name, TEXT("has")))
		return parse_has(parser, at);
	if (text_equal(name, TEXT("size")))
		return parse_call(parser, OP_SIZE, at, "around what size() counts: write size(data.name)");
	if (text_equal(name, TEXT("open")))
		return parse_open(parser, at);
	if (text_equal(name, TEXT("seen")))
		return parse_seen(parser, at);
	if (text_equal(name, TEXT("first")))
		return parse_first(parser, at);
	if (text_equal(name, TEXT("true")) || text_equal(name, TEXT("false")))
		return literal_bool(parser, at, name.at[0] == 't');
	fail_at_name(parser, name, at);
	return nothing(parser);
}

static struct condition_node *parse_number(struct parser *parser, size_t at, double sign)
{
	struct condition_node *node = new_node(parser, OP_LITERAL, at);
	node->value = (struct value){.kind = VALUE_NUMBER, .number = sign * parser->token.number};
	step(parser);
	return node;
}

static struct condition_node *parse_list(struct parser *parser)
{
	struct condition_node *node = new_node(parser, OP_LIST, parser->token.at), **end = &node->child;
	step(parser);
	if (enter(parser) && !is_mark(parser, "]"))
		do {
			*end = parse_or(parser);
			end = &(*end)->next;
		} while (!parser->compiler->failed && take_mark(parser, ","));
	leave(parser);
	expect_mark(parser, "]", "at the end of the list");
	return node;
}

static struct condition_node *parse_value(struct parser *parser)
{
	size_t at = parser->token.at;
	if (parser->token.kind == TOKEN_NAME)
		return parse_name(parser);
	if (parser->token.kind == TOKEN_NUMBER)
		return parse_number(parser, at, 1);
	if (parser->token.kind == TOKEN_STRING) {
		struct condition_node *node = new_node(parser, OP_LITERAL, at);
		node->value = (struct value){.kind = VALUE_STRING, .string = parser->token.text};
		step(parser);
		return node;
	}
	if (is_mark(parser, "["))
		return parse_list(parser);
	if (take_mark(parser, "(")) {
		struct condition_node *inner = enter(parser) ? parse_or(parser) : nothing(parser);
		leave(parser);
		expect_mark(parser, ")", "to close the parenthesis");
		return inner;
	}
	if (parser->token.kind == TOKEN_END)
		condition_fail(parser->compiler, at, "the condition ends where something should follow");
	else
		condition_fail(parser->compiler, at, "\"%.*s\" cannot stand here", TEXT_ARG(parser->token.text));
	return nothing(parser);
}

/* What may follow a value: .startsWith("a") and .size(). */
static struct condition_node *parse_method(struct parser *parser, struct condition_node *of)
{
	size_t at = parser->token.at;
	struct text name = take_name(parser, "a method");
	bool starts = text_equal(name, TEXT("startsWith"));
	if (!starts && !text_equal(name, TEXT("size"))) {
		condition_fail(
			parser->compiler, at,
			"\"%.*s\" cannot be asked of a value; known are .startsWith(\"…\") and .size(), and a field "
			"inside a field cannot be read",
			TEXT_ARG(name));
		return of;
	}
	struct condition_node *node = new_node(parser, starts ? OP_STARTS_WITH : OP_SIZE, of->at);
	node->child = of;
	expect_mark(parser, "(", "after the method's name");
	if (starts && enter(parser)) {
		of->next = parse_or(parser);
		leave(parser);
	}
	expect_mark(parser, ")", "after the method");
	return node;
}

static struct condition_node *parse_unary(struct parser *parser)
{
	size_t at = parser->token.at;
	if (take_mark(parser, "!")) {
		struct condition_node *node = new_node(parser, OP_NOT, at);
		node->child = enter(parser) ? parse_unary(parser) : nothing(parser);
		leave(parser);
		return node;
	}
	if (take_mark(parser, "-")) {
		if (parser->token.kind == TOKEN_NUMBER)
			return parse_number(parser, at, -1);
		condition_fail(parser->compiler, at, "a number must follow the minus; conditions do not calculate");
		return nothing(parser);
	}
	struct condition_node *node = parse_value(parser);
	while (!parser->compiler->failed && take_mark(parser, "."))
		node = parse_method(parser, node);
	return node;
}

/* The comparison the current token is; OP_LITERAL: none. */
static enum condition_op relation(const struct parser *parser)
{
	static const struct {
		const char *mark;
		enum condition_op op;
	} known[] = {{"==", OP_EQUAL}, {"!=", OP_UNEQUAL}, {"<=", OP_LESS_EQUAL}, {">=", OP_GREATER_EQUAL},
	             {"<", OP_LESS}, {">", OP_GREATER}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (is_mark(parser, known[i].mark))
			return known[i].op;
	return is_name(parser, "in") ? OP_IN : OP_LITERAL;
}

static struct condition_node *parse_relation(struct parser *parser)
{
	struct condition_node *left = parse_unary(parser);
	enum condition_op op = relation(parser);
	if (op == OP_LITERAL || parser->compiler->failed)
		return left;
	struct condition_node *node = new_node(parser, op, parser->token.at);
	step(parser);
	node->child = left;
	left->next = parse_unary(parser);
	if (relation(parser) != OP_LITERAL)
		condition_fail(parser->compiler, parser->token.at,
		               "two comparisons in a row; join them with && or put one in parentheses");
	return node;
}

/* Several operands stay side by side under one node, so that a long chain is no deep tree. */
static struct condition_node *parse_chain(struct parser *parser, const char *mark, enum condition_op op,
                                          struct condition_node *(*operand)(struct parser *parser))
{
	struct condition_node *first = operand(parser);
	if (!is_mark(parser, mark))
		return first;
	struct condition_node *node = new_node(parser, op, parser->token.at), *last = first;
	node->child = first;
	while (!parser->compiler->failed && take_mark(parser, mark)) {
		last->next = operand(parser);
		last = last->next;
	}
	return node;
}

static struct condition_node *parse_and(struct parser *parser)
{
	return parse_chain(parser, "&&", OP_AND, parse_relation);
}

static struct condition_node *parse_or(struct parser *parser)
{
	return parse_chain(parser, "||", OP_OR, parse_and);
}

void condition_parse(struct compiler *compiler)
{
	struct parser parser = {.compiler = compiler};
	step(&parser);
	if (parser.token.kind == TOKEN_END)
		condition_fail(compiler, 0, "the condition is empty; leave it out if it always holds");
	compiler->condition->root = parse_or(&parser);
	if (parser.token.kind == TOKEN_END)
		return;
	if (parser.token.kind == TOKEN_NAME)
		fail_at_name(&parser, parser.token.text, parser.token.at);
	else
		condition_fail(compiler, parser.token.at,
		               "something is left over here; is && or || missing before it?");
}

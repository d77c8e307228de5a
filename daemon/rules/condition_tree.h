/* condition_tree: a condition between parser, type check, guard check and evaluation. Private to model/condition*.c.
 *
 * The one rule: the parser makes the tree, the checks fill in what evaluation needs, and after that nothing changes
 * it. */
#ifndef CASEWATCH_RULES_CONDITION_TREE_H
#define CASEWATCH_RULES_CONDITION_TREE_H

#include "rules/condition.h"

#define CONDITION_BYTES 4096 /* the longest source */
#define CONDITION_DEPTH 32   /* parentheses, calls, lists and ! inside one another */
#define CONDITION_NODES 512

enum condition_op {
	OP_LITERAL, OP_LIST,
	OP_DATA, OP_CHILD, OP_FIRST, OP_EVENT_TIME, OP_EVENT_SOURCE, OP_AGE, /* what can be read */
	OP_HAS, OP_OPEN, OP_SEEN, OP_SIZE, OP_STARTS_WITH,
	OP_NOT, OP_AND, OP_OR,
	OP_EQUAL, OP_UNEQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_IN,
};

/* What an expression gives. */
enum sort_kind { SORT_ANY, SORT_BOOL, SORT_NUMBER, SORT_STRING, SORT_DATE, SORT_TIME, SORT_LIST };
struct sort {
	enum sort_kind kind;
	const char *const *words; /* of a string, or of a list's items; NULL: free text */
	bool closed;              /* no other words are possible */
};

struct condition_node {
	enum condition_op op;
	uint32_t at;                        /* byte offset in the source */
	struct condition_node *child, *next; /* its first part, and the next part of what it belongs to */
	struct value value;                 /* literal; of a list: its items */
	instant time;                       /* a literal that is compared with a time */
	uint16_t name;                      /* field */
	type_id type;                       /* first(), seen() */
	size_t state;                       /* open(): index into states */
	/* filled by the type check */
	struct sort sort;
	bool fold;                          /* compare without regard to case: words */
	bool optional;                      /* may be absent */
	const struct condition_state *open; /* open() */
};

struct condition {
	struct arena *arena;                /* all below lives in it */
	struct condition_node *root;
	struct condition_state *states;
	size_t state_count, state_room;
	type_id *types;
	size_t type_count, type_room;
	struct condition_first *firsts;
	size_t first_count, first_room;
	uint16_t *fields;
	size_t field_count, field_room;
	bool reads_age, reads_child;
};

/* A compilation under way. */
struct compiler {
	struct text source;
	struct condition_place place;
	struct condition *condition;
	struct fault *fault;
	size_t *fault_at;
	bool failed;
	unsigned depth;
	size_t nodes;
};

/* Says what is wrong, once: only the first fault of a condition is told, the others may follow from it. */
void condition_fail(struct compiler *compiler, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_NUMBER, TOKEN_MARK };
struct token {
	enum token_kind kind;
	size_t at;
	struct text text; /* name or mark as written; string: its value */
	double number;
};
/* Reads the token that begins at or after *at, moves *at behind it; after a fault TOKEN_END. */
struct token condition_token(struct compiler *compiler, size_t *at);

void condition_parse(struct compiler *compiler);  /* source -> condition->root */
void condition_check(struct compiler *compiler);  /* sorts, words, fields */
void condition_guard(struct compiler *compiler);  /* what may be absent stands beside its has() */
/* The name of what a node reads, as written: data.risk, first("x").data.y. */
void condition_print_path(const struct condition_node *node, struct buffer *out);

#endif

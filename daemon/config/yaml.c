/* yaml: libyaml's events into a bounded tree. */
#include "config/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/yaml_internal.h"
#include "text/utf8.h"

struct yaml_tree {
	struct arena *arena;
	const struct yaml_node *root;
	uint64_t fingerprint;
};

struct reader {
	yaml_parser_t parser;
	struct text bytes;
	const char *file; /* in the tree's arena */
	struct yaml_tree *tree;
	struct config_faults *faults;
	size_t nodes;
	bool failed;  /* a fault that ends the reading was added */
	bool refused; /* one was added after which the reading goes on, so that all of its kind are found at once */
};

static void stop(struct reader *reader, yaml_mark_t mark, const char *sentence)
{
	if (!reader->failed)
		config_fault_add(reader->faults, reader->file, (int)mark.line + 1, (int)mark.column + 1, "%s",
		                 sentence);
	reader->failed = true;
}

/* The next event; false when the reading has ended with a fault. The caller deletes it. */
static bool next_event(struct reader *reader, yaml_event_t *event)
{
	if (reader->failed)
		return false;
	if (yaml_parser_parse(&reader->parser, event))
		return true;
	yaml_fault_syntax(&reader->parser, reader->bytes, reader->file, reader->faults);
	reader->failed = true;
	return false;
}

static struct yaml_node *new_node(struct reader *reader, enum yaml_kind kind, yaml_mark_t mark)
{
	if (++reader->nodes > YAML_TREE_NODES)
		stop(reader, mark, "more than 100000 values in one file; split it");
	struct yaml_node *node = arena_alloc(reader->tree->arena, sizeof *node);
	*node = (struct yaml_node){
		.kind = kind, .line = (int)mark.line + 1, .column = (int)mark.column + 1, .file = reader->file};
	return node;
}

static void refuse_anchor_and_tag(struct reader *reader, yaml_mark_t mark, const yaml_char_t *anchor,
                                  const yaml_char_t *tag)
{
	if (anchor)
		stop(reader, mark, "anchors (&) are not used here; write the value out");
	else if (tag)
		stop(reader, mark, "tags (!) are not used here; write the plain value");
}

static bool is_clean(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Rules go through word processors and chats, which change what is typed: a curly quote opens nothing, and what stands
 * in it would be taken with it; a no-break space parts no key from its value. In prose within a value both are
 * welcome. */
static void refuse_word_processor(struct reader *reader, const struct yaml_node *node)
{
	const char *colon = memmem(node->text.at, node->text.length, ":\xc2\xa0", 3), *meant, *called;
	struct text from = {colon ? colon + 1 : node->text.at,
	                    colon ? (size_t)(node->text.at + node->text.length - colon) - 1
	                          : node->text.length};
	called = node->plain ? utf8_word_processor(from, &meant) : NULL;
	if (!called)
		return;
	yaml_fault_at(node, (size_t)(from.at - node->text.at), reader->faults,
	              "%s stands here, as word processors put it; write %s", called, meant);
	reader->refused = true;
}

static struct yaml_node *scalar(struct reader *reader, const yaml_event_t *event)
{
	struct yaml_node *node = new_node(reader, YAML_SCALAR, event->start_mark);
	struct text given = {(const char *)event->data.scalar.value, event->data.scalar.length};
	refuse_anchor_and_tag(reader, event->start_mark, event->data.scalar.anchor, event->data.scalar.tag);
	if (!is_clean(given))
		stop(reader, event->start_mark, "a control character in a value; remove it");
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = text_keep(reader->tree->arena, given);
	refuse_word_processor(reader, node);
	return node;
}

static struct yaml_node *read_node(struct reader *reader, const yaml_event_t *event, int depth);

/* A growing list of nodes, moved into the arena when complete. */
struct nodes {
	const struct yaml_node **items;
	size_t count, room;
};

static void nodes_add(struct nodes *nodes, const struct yaml_node *node)
{
	const struct yaml_node **slot = mem_push((void **)&nodes->items, &nodes->count, &nodes->room, sizeof *slot);
	*slot = node;
}

static const struct yaml_node **nodes_move(struct nodes *nodes, struct arena *arena)
{
	size_t bytes = nodes->count * sizeof(struct yaml_node *);
	const struct yaml_node **moved = arena_alloc(arena, bytes);
	if (bytes)
		memcpy(moved, nodes->items, bytes);
	free(nodes->items);
	return moved;
}

static struct yaml_node *list(struct reader *reader, const yaml_event_t *start, int depth)
{
	struct yaml_node *node = new_node(reader, YAML_LIST, start->start_mark);
	refuse_anchor_and_tag(reader, start->start_mark, start->data.sequence_start.anchor,
	                      start->data.sequence_start.tag);
	struct nodes items = {0};
	yaml_event_t event;
	while (next_event(reader, &event)) {
		bool end = event.type == YAML_SEQUENCE_END_EVENT;
		if (!end)
			nodes_add(&items, read_node(reader, &event, depth + 1));
		yaml_event_delete(&event);
		if (end)
			break;
	}
	node->count = items.count;
	node->items = nodes_move(&items, reader->tree->arena);
	return node;
}

static int by_key(const void *left, const void *right)
{
	const struct yaml_node *a = *(const struct yaml_node *const *)left,
			       *b = *(const struct yaml_node *const *)right;
	int order = text_order(a->text, b->text);
	if (order)
		return order;
	return a->line != b->line ? (a->line > b->line) - (a->line < b->line)
				  : (a->column > b->column) - (a->column < b->column);
}

static void fault_double_keys(struct reader *reader, const struct yaml_node *mapping)
{
	if (mapping->count < 2 || reader->failed)
		return;
	const struct yaml_node **sorted = mem_alloc(mapping->count * sizeof *sorted);
	memcpy(sorted, mapping->keys, mapping->count * sizeof *sorted);
	qsort(sorted, mapping->count, sizeof *sorted, by_key);
	for (size_t i = 1; i < mapping->count; i++)
		if (text_equal(sorted[i - 1]->text, sorted[i]->text)) {
			yaml_fault(sorted[i], reader->faults,
			           "\"%.*s\" stands here a second time (first on line %d); keep one",
			           TEXT_ARG(sorted[i]->text), sorted[i - 1]->line);
			reader->failed = true;
		}
	free(sorted);
}

static struct yaml_node *mapping(struct reader *reader, const yaml_event_t *start, int depth)
{
	struct yaml_node *node = new_node(reader, YAML_MAPPING, start->start_mark);
	refuse_anchor_and_tag(reader, start->start_mark, start->data.mapping_start.anchor,
	                      start->data.mapping_start.tag);
	struct nodes keys = {0}, values = {0};
	yaml_event_t event;
	while (next_event(reader, &event)) {
		bool end = event.type == YAML_MAPPING_END_EVENT;
		if (!end && keys.count == values.count) {
			if (event.type != YAML_SCALAR_EVENT)
				stop(reader, event.start_mark, "a key must be a word");
			nodes_add(&keys, read_node(reader, &event, depth + 1));
		} else if (!end) {
			nodes_add(&values, read_node(reader, &event, depth + 1));
		}
		yaml_event_delete(&event);
		if (end)
			break;
	}
	node->count = values.count;
	node->items = nodes_move(&values, reader->tree->arena);
	node->keys = nodes_move(&keys, reader->tree->arena);
	fault_double_keys(reader, node);
	return node;
}

/* Never NULL: after a fault what comes back is not looked at. */
static struct yaml_node *read_node(struct reader *reader, const yaml_event_t *event, int depth)
{
	if (depth > YAML_TREE_DEPTH)
		stop(reader, event->start_mark, "nested deeper than 32; flatten it");
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		return list(reader, event, depth);
	else if (event->type == YAML_MAPPING_START_EVENT)
		return mapping(reader, event, depth);
	else if (event->type == YAML_SCALAR_EVENT)
		return scalar(reader, event);
	else if (event->type == YAML_ALIAS_EVENT)
		stop(reader, event->start_mark, "aliases (*) are not used here; write the value out, or quote it");
	else
		stop(reader, event->start_mark, "a value is missing here");
	return new_node(reader, YAML_SCALAR, event->start_mark);
}

static void read_document(struct reader *reader)
{
	yaml_event_t event;
	bool ended = false;
	while (!ended && next_event(reader, &event)) {
		ended = event.type == YAML_STREAM_END_EVENT;
		bool is_node = event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT ||
			       event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT && reader->tree->root)
			stop(reader, event.start_mark, "a second document (---) begins here; one file holds one");
		else if (is_node)
			reader->tree->root = read_node(reader, &event, 1);
		yaml_event_delete(&event);
	}
}

struct yaml_tree *yaml_tree_parse(const char *file, struct text bytes, struct config_faults *faults)
{
	if (bytes.length > YAML_TREE_BYTES) {
		config_fault_add(faults, file, 1, 1, "larger than 1 MiB; split it");
		return NULL;
	}
	if (bytes.length >= 3 &&
	    memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0) /* a byte-order mark, as Windows editors write it */
		bytes = (struct text){bytes.at + 3, bytes.length - 3};
	if (!yaml_bytes_are_text(bytes, file, faults))
		return NULL;
	struct yaml_tree *tree = MEM_NEW(struct yaml_tree);
	tree->arena = arena_new(16384);
	tree->fingerprint = text_fingerprint(bytes, 0);
	struct reader reader = {.tree = tree, .bytes = bytes, .faults = faults};
	reader.file = arena_copy_text(tree->arena, file, strlen(file));
	if (!yaml_parser_initialize(&reader.parser))
		abort(); /* only for want of memory */
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(bytes.at ? bytes.at : ""), bytes.length);
	read_document(&reader);
	yaml_parser_delete(&reader.parser);
	if (!reader.failed && !tree->root) {
		config_fault_add(faults, file, 1, 1, "empty; it must hold a mapping of names to values");
		reader.failed = true;
	}
	if (!reader.failed && !reader.refused)
		return tree;
	yaml_tree_free(tree);
	return NULL;
}

struct yaml_tree *yaml_tree_read(const char *path, struct config_faults *faults)
{
	FILE *stream = file_read(path);
	if (!stream) {
		config_fault_add(faults, path, 1, 1, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	char *bytes = mem_alloc(YAML_TREE_BYTES + 1); /* a byte more than allowed shows that it is too large */
	size_t length = fread(bytes, 1, YAML_TREE_BYTES + 1, stream);
	struct yaml_tree *tree = NULL;
	if (ferror(stream))
		config_fault_add(faults, path, 1, 1, "cannot be read: %s", strerror(errno));
	else
		tree = yaml_tree_parse(path, (struct text){bytes, length}, faults);
	free(bytes);
	(void)fclose(stream);
	return tree;
}

void yaml_tree_free(struct yaml_tree *tree)
{
	if (!tree)
		return;
	arena_free(tree->arena);
	free(tree);
}

const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree)
{
	return tree->root;
}

uint64_t yaml_tree_fingerprint(const struct yaml_tree *tree)
{
	return tree->fingerprint;
}

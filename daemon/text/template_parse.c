/* template_parse: one pass over the source, with the rule that a tag alone on its line leaves no line behind. */
#include "text/template_parse.h"

#include "base/mem.h"
#include "text/template.h"

#include <stdlib.h>

struct reader {
	const char *label;
	struct text source;
	size_t at;
	int line;
	struct parts *parts;
	size_t open[TEMPLATE_DEPTH]; /* sections not yet closed: part numbers */
	size_t depth;
	struct fault *fault;
};

struct tag {
	char sigil;       /* 0 value, '{' raw, '#', '^', '/', '>', '!' */
	struct text name;
	size_t from, end; /* in the source, braces included */
};

static struct part *add_part(struct reader *reader, enum part_kind kind, struct text text)
{
	void *items = reader->parts->items;
	struct part *part = mem_push(&items, &reader->parts->count, &reader->parts->room, sizeof *part);
	reader->parts->items = items;
	*part = (struct part){.kind = kind, .text = text, .head = kind == PART_TEXT ? 0 : text_head(text),
	                      .line = reader->line};
	return part;
}

static bool name_is_good(struct text name)
{
	if (text_equal(name, TEXT(".")))
		return true;
	for (size_t i = 0; i < name.length; i++) {
		char c = name.at[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
		if (!word)
			return false;
	}
	return name.length > 0 && name.length <= 64;
}

static size_t find(struct text source, size_t from, const char *what)
{
	if (from >= source.length)
		return source.length;
	const char *hit = memmem(source.at + from, source.length - from, what, strlen(what));
	return hit ? (size_t)(hit - source.at) : source.length;
}

/* The tag that opens at reader->at. */
static enum result read_tag(struct reader *reader, struct tag *tag)
{
	struct text source = reader->source;
	*tag = (struct tag){.from = reader->at};
	size_t inside = reader->at + 2;
	if (inside < source.length && strchr("{#^/>!", source.at[inside]))
		tag->sigil = source.at[inside++];
	const char *closing = tag->sigil == '{' ? "}}}" : "}}";
	size_t close = find(source, inside, closing);
	if (close >= source.length)
		return fault_set(reader->fault, RESULT_PERMANENT,
		                 "%s:%d: a tag is opened with {{ and never closed with %s", reader->label, reader->line,
		                 closing);
	tag->name = text_trim((struct text){source.at + inside, close - inside});
	tag->end = close + strlen(closing);
	if (tag->sigil != '!' && !name_is_good(tag->name))
		return fault_set(reader->fault, RESULT_PERMANENT,
		                 "%s:%d: \"%.*s\" is not a name: use lower-case letters, digits, _ and -",
		                 reader->label, reader->line, (int)(tag->name.length > 64 ? 64 : tag->name.length),
		                 tag->name.at);
	return RESULT_OK;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A tag other than a value, with nothing but blanks beside it on its line: *start is where the line begins, *end where
 * the next one does. */
static bool alone(struct text source, const struct tag *tag, size_t *start, size_t *end)
{
	if (tag->sigil == 0 || tag->sigil == '{')
		return false;
	size_t before = tag->from, after = tag->end;
	while (before > 0 && blank(source.at[before - 1]))
		before--;
	while (after < source.length && (blank(source.at[after]) || source.at[after] == '\r'))
		after++;
	if ((before > 0 && source.at[before - 1] != '\n') || (after < source.length && source.at[after] != '\n'))
		return false;
	*start = before;
	*end = after < source.length ? after + 1 : after;
	return true;
}

static enum result close_section(struct reader *reader, const struct tag *tag)
{
	if (reader->depth == 0)
		return fault_set(reader->fault, RESULT_PERMANENT, "%s:%d: {{/%.*s}} closes a section that is not open",
		                 reader->label, reader->line, TEXT_ARG(tag->name));
	struct part *section = &reader->parts->items[reader->open[reader->depth - 1]];
	if (!text_equal(section->text, tag->name))
		return fault_set(reader->fault, RESULT_PERMANENT,
		                 "%s:%d: {{/%.*s}} closes the section {{#%.*s}} of line %d: close that one first",
		                 reader->label, reader->line, TEXT_ARG(tag->name), TEXT_ARG(section->text),
		                 section->line);
	section->end = reader->parts->count;
	reader->depth--;
	return RESULT_OK;
}

static enum result take_tag(struct reader *reader, const struct tag *tag, struct text indent)
{
	switch (tag->sigil) {
	case 0:
		add_part(reader, PART_VALUE, tag->name);
		break;
	case '{':
		add_part(reader, PART_RAW, tag->name);
		break;
	case '>':
		add_part(reader, PART_PARTIAL, tag->name)->indent = indent;
		break;
	case '#':
	case '^':
		if (reader->depth == TEMPLATE_DEPTH)
			return fault_set(reader->fault, RESULT_PERMANENT,
			                 "%s:%d: more than %d sections inside one another", reader->label, reader->line,
			                 TEMPLATE_DEPTH);
		reader->open[reader->depth++] = reader->parts->count;
		add_part(reader, tag->sigil == '#' ? PART_SECTION : PART_CONTRARY, tag->name);
		break;
	case '/':
		return close_section(reader, tag);
	default: /* a comment */
		break;
	}
	return RESULT_OK;
}

static void count_lines(struct reader *reader, size_t from, size_t until)
{
	for (size_t i = from; i < until; i++)
		reader->line += reader->source.at[i] == '\n';
}

static void take_text(struct reader *reader, size_t until)
{
	if (until > reader->at)
		add_part(reader, PART_TEXT, (struct text){reader->source.at + reader->at, until - reader->at});
}

enum result template_parse(const char *label, struct text source, struct parts *parts, struct fault *fault)
{
	struct reader reader = {.label = label, .source = source, .line = 1, .parts = parts, .fault = fault};
	for (;;) {
		size_t open = find(source, reader.at, "{{");
		size_t text_from = reader.at;
		if (open >= source.length) {
			take_text(&reader, source.length);
			break;
		}
		count_lines(&reader, text_from, open);
		reader.at = open;
		struct tag tag;
		enum result result = read_tag(&reader, &tag);
		if (result != RESULT_OK)
			return result;
		size_t start = tag.from, end = tag.end;
		bool is_alone = alone(source, &tag, &start, &end);
		reader.at = text_from;
		take_text(&reader, start > text_from ? start : text_from);
		struct text indent = is_alone ? (struct text){source.at + start, tag.from - start} : TEXT_NONE;
		result = take_tag(&reader, &tag, indent);
		if (result != RESULT_OK)
			return result;
		count_lines(&reader, tag.from, end);
		reader.at = end;
	}
	if (reader.depth) {
		const struct part *section = &parts->items[reader.open[reader.depth - 1]];
		return fault_set(fault, RESULT_PERMANENT, "%s:%d: the section {{#%.*s}} is never closed", label,
		                 section->line, TEXT_ARG(section->text));
	}
	return RESULT_OK;
}

/* ---- which values are words ---- */

struct place {
	enum { AMONG_WORDS, IN_TAG, IN_COMMENT, IN_LETTERS } in;
	char quote;   /* IN_TAG: of an attribute's value; 0: outside one */
	bool letters; /* what the tag begins holds letters and no tags: a tag there would be read out */
};

static bool begins(struct text text, size_t at, const char *what)
{
	size_t length = strlen(what);
	return text.length - at >= length && memcmp(text.at + at, what, length) == 0;
}

static bool holds_letters(struct text text, size_t at)
{
	static const char *const tags[] = {"<title", "<textarea", "<style", "<option"};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (begins(text, at, tags[i]))
			return true;
	return false;
}

static void walk_tag(struct place *place, char c)
{
	if (place->quote)
		place->quote = c == place->quote ? 0 : place->quote;
	else if (c == '"' || c == '\'')
		place->quote = c;
	else if (c == '>')
		place->in = place->letters ? IN_LETTERS : AMONG_WORDS;
}

static void walk(struct place *place, struct text text, size_t at)
{
	switch (place->in) {
	case AMONG_WORDS:
		if (text.at[at] == '<') {
			place->in = begins(text, at, "<!--") ? IN_COMMENT : IN_TAG;
			place->letters = holds_letters(text, at);
		}
		break;
	case IN_TAG: walk_tag(place, text.at[at]); break;
	case IN_COMMENT: place->in = begins(text, at, "-->") ? AMONG_WORDS : IN_COMMENT; break;
	case IN_LETTERS:
		if (begins(text, at, "</")) {
			place->in = IN_TAG;
			place->letters = false;
		}
		break;
	}
}

void template_find_words(struct parts *parts)
{
	struct place place = {.in = AMONG_WORDS};
	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->items[i];
		part->words = (part->kind == PART_VALUE || part->kind == PART_PARTIAL) && place.in == AMONG_WORDS;
		for (size_t at = 0; part->kind == PART_TEXT && at < part->text.length; at++)
			walk(&place, part->text, at);
	}
}

/* mutants_condition: a condition is read as tokens; each change puts something else in place of a few of them. */
#include "ruletest/mutants_condition.h"

#include "base/mem.h"
#include "event/schema.h"
#include "time/calendar.h"

#include <stdio.h>
#include <stdlib.h>

enum token_kind { TOKEN_NAME, TOKEN_STRING, TOKEN_NUMBER, TOKEN_MARK };
struct token {
	enum token_kind kind;
	struct text text; /* as written; a string with its quotes */
	int depth;        /* of parentheses and brackets around it; of one itself, as what is around the pair */
};
#define TOKENS_MAX 4096 /* a condition that loads has at most so many characters (docs/rules.md) */

struct edit {
	struct text source;
	struct token tokens[TOKENS_MAX];
	size_t count;
	const bool *sent;
	mutant_text *take;
	void *context;
	struct buffer out;
	size_t refused;
};

/* ---- tokens ---- */

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

static struct token token_at(struct text rest)
{
	static const char *const pairs[] = {"&&", "||", "==", "!=", "<=", ">="};
	struct token token = {.kind = TOKEN_MARK, .text = {rest.at, 1}};
	char c = rest.at[0];
	if (c == '"' || c == '\'') {
		token.kind = TOKEN_STRING;
		while (token.text.length < rest.length && rest.at[token.text.length] != c)
			token.text.length += rest.at[token.text.length] == '\\' ? 2 : 1;
		token.text.length += 1;
	} else if (is_name_character(c)) {
		bool number = c >= '0' && c <= '9';
		token.kind = number ? TOKEN_NUMBER : TOKEN_NAME;
		while (token.text.length < rest.length &&
		       (is_name_character(rest.at[token.text.length]) || (number && rest.at[token.text.length] == '.')))
			token.text.length++;
	}
	for (size_t i = 0; token.kind == TOKEN_MARK && i < sizeof pairs / sizeof *pairs; i++)
		if (rest.length >= 2 && memcmp(rest.at, pairs[i], 2) == 0)
			token.text.length = 2;
	if (token.text.length > rest.length)
		token.text.length = rest.length;
	return token;
}

static bool is(const struct token *token, const char *mark)
{
	return token->kind != TOKEN_STRING && text_equal(token->text, text_of(mark));
}

static void read_tokens(struct edit *edit)
{
	int depth = 0;
	for (size_t at = 0; at < edit->source.length && edit->count < TOKENS_MAX;) {
		struct text rest = {edit->source.at + at, edit->source.length - at};
		if (strchr(" \t\r\n", rest.at[0])) {
			at++;
			continue;
		}
		struct token token = token_at(rest);
		depth -= is(&token, ")") || is(&token, "]");
		token.depth = depth;
		depth += is(&token, "(") || is(&token, "[");
		edit->tokens[edit->count++] = token;
		at += token.text.length;
	}
}

/* ---- changes ---- */

/* Tokens [from, until) give way to `by`. */
static bool replace(struct edit *edit, size_t from, size_t until, struct text by)
{
	const char *begin = edit->tokens[from].text.at;
	const char *end = edit->tokens[until - 1].text.at + edit->tokens[until - 1].text.length;
	buffer_clear(&edit->out);
	buffer_text(&edit->out, (struct text){edit->source.at, (size_t)(begin - edit->source.at)});
	buffer_text(&edit->out, by);
	buffer_text(&edit->out, (struct text){end, (size_t)(edit->source.at + edit->source.length - end)});
	return edit->take(edit->context, buffer_view(&edit->out));
}

/* The same, where there is no other way to make the change. */
static void change(struct edit *edit, size_t from, size_t until, struct text by)
{
	edit->refused += !replace(edit, from, until, by);
}

static void change_operator(struct edit *edit, size_t at)
{
	static const char *const others[][2] = {{"==", "!="}, {"!=", "=="}, {"<", "<="}, {"<=", "<"},  {">", ">="},
	                                        {">=", ">"},  {"<", ">="},  {">", "<="}, {"&&", "||"}, {"||", "&&"}};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (is(&edit->tokens[at], others[i][0]))
			change(edit, at, at + 1, text_of(others[i][1]));
	if (is(&edit->tokens[at], "!"))
		change(edit, at, at + 1, TEXT(""));
}

/* Where the part that begins at `from` (or ends before it, going backward) is over: at a mark that binds it less. */
static size_t part_end(const struct edit *edit, size_t at, int step, const char *mark)
{
	int depth = edit->tokens[at].depth;
	size_t end = at;
	for (size_t i = at + (size_t)step; i < edit->count; i += (size_t)step) {
		const struct token *token = &edit->tokens[i];
		bool over = token->depth == depth && (is(token, mark) || is(token, "||") || is(token, ","));
		if (over || token->depth < depth)
			break;
		end = i;
	}
	return end;
}

/* a && b: each of them alone. The first part of a row of them only once. */
static void leave_part_out(struct edit *edit, size_t at)
{
	bool both = is(&edit->tokens[at], "&&");
	if ((!both && !is(&edit->tokens[at], "||")) || at == 0 || at + 1 == edit->count)
		return;
	const char *mark = both ? "&&" : "||";
	struct text neutral = both ? TEXT("true") : TEXT("false");
	size_t first = part_end(edit, at, -1, mark), last = part_end(edit, at, 1, mark);
	change(edit, at + 1, last + 1, neutral);
	if (first == 0 || !is(&edit->tokens[first - 1], mark))
		change(edit, first, at, neutral);
}

static void change_number(struct edit *edit, size_t at)
{
	char other[64];
	double number = strtod(edit->tokens[at].text.at, NULL);
	for (int step = -1; step <= 1; step += 2) {
		int length = snprintf(other, sizeof other, "%.15g", number + step);
		if (number + step >= 0)
			change(edit, at, at + 1, (struct text){other, (size_t)length});
	}
}

/* A word of a list: the list without it. */
static void leave_item_out(struct edit *edit, size_t at)
{
	bool first = at > 0 && is(&edit->tokens[at - 1], "["),
	     more = at + 1 < edit->count && is(&edit->tokens[at + 1], ",");
	if (first && more)
		change(edit, at, at + 2, TEXT(""));
	else if (at > 0 && is(&edit->tokens[at - 1], ",") && edit->tokens[at].depth > 0 && at + 1 < edit->count &&
	         (more || is(&edit->tokens[at + 1], "]")))
		change(edit, at - 1, at + 1, TEXT(""));
}

/* ---- strings ---- */

struct string_place {
	struct edit *edit;
	size_t at;
};

static bool put_string(void *context, struct text word)
{
	const struct string_place *place = context;
	char quote = place->edit->tokens[place->at].text.at[0];
	struct buffer quoted = {0};
	buffer_format(&quoted, "%c%.*s%c", quote, TEXT_ARG(word), quote);
	bool loads = replace(place->edit, place->at, place->at + 1, buffer_view(&quoted));
	buffer_free(&quoted);
	return loads;
}

static bool has_word(const char *const *words, struct text word)
{
	for (size_t i = 0; words && words[i]; i++)
		if (text_equal_fold(text_of(words[i]), word))
			return true;
	return false;
}

static bool condition_holds_text(const struct edit *edit, const char *word)
{
	return memmem(edit->source.at, edit->source.length, word, strlen(word)) != NULL;
}

/* The words that the field may have of which this is one: of a field that the condition names. */
static const char *const *words_beside(const struct edit *edit, struct text word)
{
	for (size_t t = 0; t < schema_types_named(); t++) {
		const struct event_type *type = schema_type((type_id)t);
		for (size_t f = 0; type && f < type->field_count; f++)
			if (has_word(type->fields[f].words, word) && condition_holds_text(edit, type->fields[f].name))
				return type->fields[f].words;
	}
	return NULL;
}

/* Another word that the field may have and that the condition does not name yet; where words are free, none that
 * anybody would write. */
static void change_word(struct string_place *place, struct text word)
{
	const char *const *words = words_beside(place->edit, word);
	for (size_t i = 0; words && words[i]; i++)
		if (!condition_holds_text(place->edit, words[i]) && put_string(place, text_of(words[i])))
			return;
	struct buffer other = {0};
	buffer_format(&other, "%.*s-x", TEXT_ARG(word));
	place->edit->refused += !put_string(place, buffer_view(&other));
	buffer_free(&other);
}

/* "2021-09-09", also before a time: the days beside it. */
static bool change_date(struct string_place *place, struct text word)
{
	int year, month, day;
	char date[11];
	if (word.length < 10)
		return false;
	memcpy(date, word.at, 10);
	date[10] = '\0';
	if (sscanf(date, "%4d-%2d-%2d", &year, &month, &day) != 3)
		return false;
	for (int step = -1; step <= 1; step += 2) {
		struct buffer other = {0};
		int beside = day + step < 1 ? day + 1 : day + step > 28 ? day - 1 : day + step;
		buffer_format(&other, "%04d-%02d-%02d%.*s", year, month, beside, (int)(word.length - 10), word.at + 10);
		place->edit->refused += !put_string(place, buffer_view(&other));
		buffer_free(&other);
	}
	return true;
}

static void change_string(struct edit *edit, size_t at)
{
	struct string_place place = {edit, at};
	struct text written = edit->tokens[at].text, word = {written.at + 1, written.length - 2};
	const struct token *call = at >= 2 && is(&edit->tokens[at - 1], "(") ? &edit->tokens[at - 2] : NULL;
	if (call && is(call, "open"))
		edit->refused += !mutants_of_state(word, edit->sent, put_string, &place);
	else if (call && (is(call, "seen") || is(call, "first")))
		edit->refused += !mutants_of_type(word, edit->sent, put_string, &place);
	else if (!mutants_of_duration(word, put_string, &place, &edit->refused) && !change_date(&place, word))
		change_word(&place, word);
	leave_item_out(edit, at);
}

size_t mutants_of_condition(struct text condition, const bool *sent, mutant_text *take, void *context)
{
	struct edit *edit = MEM_NEW(struct edit);
	edit->source = condition;
	edit->sent = sent;
	edit->take = take;
	edit->context = context;
	read_tokens(edit);
	for (size_t i = 0; i < edit->count; i++) {
		if (edit->tokens[i].kind == TOKEN_MARK) {
			change_operator(edit, i);
			leave_part_out(edit, i);
		} else if (edit->tokens[i].kind == TOKEN_NUMBER) {
			change_number(edit, i);
		} else if (edit->tokens[i].kind == TOKEN_STRING) {
			change_string(edit, i);
		}
	}
	size_t refused = edit->refused;
	buffer_free(&edit->out);
	free(edit);
	return refused;
}

/* ---- types, states, durations ---- */

struct candidate {
	type_id type;
	int alike;
};

static int most_alike_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	return a->alike != b->alike ? b->alike - a->alike : (a->type > b->type) - (a->type < b->type);
}

/* How much the types have in common: fields, and whom they are about. */
static int alike(const struct event_type *a, const struct event_type *b)
{
	int common = a->subject == b->subject ? 1 : 0;
	for (size_t i = 0; i < a->field_count; i++)
		for (size_t j = 0; j < b->field_count; j++)
			if (strcmp(a->fields[i].name, b->fields[j].name) == 0)
				common += a->fields[i].key ? 4 : 2;
	return common;
}

bool mutants_of_type(struct text name, const bool *sent, mutant_text *take, void *context)
{
	enum { TRIED = 12 }; /* what is less alike loads no better */
	const struct event_type *of = schema_type(schema_find(name));
	size_t named = schema_types_named(), count = 0;
	struct candidate *candidates = mem_zero(named + 1, sizeof *candidates);
	for (size_t i = TYPE_ID_CHILD_DIED; of && i < named; i++) {
		const struct event_type *type = schema_type((type_id)i);
		if (!type || type == of || (i >= TYPE_ID_EVENT_WITHDRAWN && i < TYPE_ID_WELL_KNOWN))
			continue;
		candidates[count++] = (struct candidate){(type_id)i, alike(of, type) * 2 + !sent[i]};
	}
	if (count)
		qsort(candidates, count, sizeof *candidates, most_alike_first);
	bool loaded = false;
	for (size_t i = 0; i < count && i < TRIED && !loaded; i++)
		loaded = take(context, text_of(schema_type_name(candidates[i].type)));
	free(candidates);
	return loaded;
}

bool mutants_of_state(struct text name, const bool *sent, mutant_text *take, void *context)
{
	/* What pairs of types of the catalogue define, so that it is known everywhere. */
	static const char *const states[][2] = {{"private_fostering", "private_fostering.started"},
	                                        {"leaving_care", "leaving_care.started"},
	                                        {"vemt", "vemt.opened"},
	                                        {"cin", "cin.opened"},
	                                        {"cla", "cla.started"}};
	bool loaded = false;
	for (int also_sent = 0; also_sent < 2 && !loaded; also_sent++)
		for (size_t i = 0; i < sizeof states / sizeof *states && !loaded; i++) {
			bool is_sent = sent[schema_find(text_of(states[i][1]))];
			if (is_sent == (bool)also_sent && !text_equal(name, text_of(states[i][0])))
				loaded = take(context, text_of(states[i][0]));
		}
	return loaded;
}

bool mutants_of_duration(struct text written, mutant_text *take, void *context, size_t *refused)
{
	struct duration duration;
	struct text unit = written;
	if (!duration_parse(written, &duration) || duration.amount == 0)
		return false;
	while (unit.length && ((unit.at[0] >= '0' && unit.at[0] <= '9') || unit.at[0] == ' '))
		unit = (struct text){unit.at + 1, unit.length - 1};
	for (int step = -1; step <= 1; step += 2) {
		struct buffer other = {0};
		buffer_format(&other, "%lld %.*s", (long long)(duration.amount + step), TEXT_ARG(unit));
		if (duration.amount + step > 0)
			*refused += !take(context, buffer_view(&other));
		buffer_free(&other);
	}
	bool working = duration.unit == UNIT_WORKING_DAYS, days = duration.unit == UNIT_DAYS;
	struct buffer other = {0};
	buffer_format(&other, "%lld %s", (long long)duration.amount, working ? "days" : "working days");
	if (working || days)
		*refused += !take(context, buffer_view(&other));
	buffer_free(&other);
	return true;
}

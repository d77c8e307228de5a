/* mutants: walks a rule by its words; each word knows how its value may be changed. */
#include "ruletest/mutants.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ruletest/mutants_condition.h"

#define NOTHING "nothing"
#define SHORT 40 /* characters of a value that is told before and after; of longer ones what they become will do */

struct maker {
	struct arena *scratch; /* of the mutant at hand */
	const bool *sent;
	mutant_take *take;
	void *context;
	struct {
		const struct yaml_node *node;
		size_t index;
	} path[YAML_TREE_DEPTH + 1]; /* from the document down to what is changed */
	size_t depth;
	size_t rule_depth; /* of the path: where the rule begins */
	const struct yaml_node *rule;
	bool is_state;
	size_t refused; /* changes that load in no way */
};

typedef void visit(struct maker *maker, const struct yaml_node *node);

/* ---- one mutant ---- */

static struct yaml_node *copy_of(struct maker *maker, const struct yaml_node *node, size_t room)
{
	struct yaml_node *copy = arena_alloc(maker->scratch, sizeof *copy);
	*copy = *node;
	copy->items = arena_alloc(maker->scratch, (node->count + room) * sizeof(struct yaml_node *));
	copy->keys = arena_alloc(maker->scratch, (node->count + room) * sizeof(struct yaml_node *));
	for (size_t i = 0; i < node->count; i++) {
		copy->items[i] = node->items[i];
		copy->keys[i] = node->keys ? node->keys[i] : NULL;
	}
	return copy;
}

/* The document with `by` at the end of the path; NULL: without what stands there. */
static const struct yaml_node *document_with(struct maker *maker, const struct yaml_node *by)
{
	const struct yaml_node *changed = by;
	for (size_t d = maker->depth; d-- > 0;) {
		size_t index = maker->path[d].index;
		struct yaml_node *copy = copy_of(maker, maker->path[d].node, 1);
		if (!changed) {
			copy->count--;
			for (size_t i = index; i < copy->count; i++) {
				copy->items[i] = copy->items[i + 1];
				copy->keys[i] = copy->keys[i + 1];
			}
		} else {
			copy->items[index] = changed;
		}
		changed = copy;
	}
	return changed;
}

/* "tell[2].escalate-after" */
static void put_path(const struct maker *maker, struct buffer *out)
{
	for (size_t d = maker->rule_depth; d < maker->depth; d++) {
		const struct yaml_node *node = maker->path[d].node;
		size_t index = maker->path[d].index;
		if (node->kind == YAML_LIST)
			buffer_format(out, "[%zu]", index + 1);
		else
			buffer_format(out, "%s%s", out->length ? "." : "", node->keys[index]->text.at);
	}
}

/* A value in one line, as a person would write it. */
static void put_value(const struct yaml_node *node, struct buffer *out)
{
	for (size_t i = 0; node->kind == YAML_SCALAR && i < node->text.length; i++) {
		char c = node->text.at[i];
		bool blank = c == ' ' || c == '\n' || c == '\t';
		if (!blank)
			buffer_char(out, c);
		else if (out->length && out->at[out->length - 1] != ' ')
			buffer_char(out, ' ');
	}
	if (node->kind != YAML_SCALAR)
		buffer_char(out, node->kind == YAML_LIST ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		buffer_string(out, i ? ", " : "");
		if (node->kind == YAML_MAPPING)
			buffer_format(out, "%s: ", node->keys[i]->text.at);
		put_value(node->items[i], out);
	}
	if (node->kind != YAML_SCALAR)
		buffer_char(out, node->kind == YAML_LIST ? ']' : '}');
}

static bool hand_over(struct maker *maker, const struct yaml_node *root, const struct yaml_node *at, const char *change)
{
	const struct yaml_node *id = yaml_get(maker->rule, "id");
	struct buffer rule = {0};
	buffer_format(&rule, "%s%s", maker->is_state ? "state " : "", id ? id->text.at : "");
	struct mutant mutant = {.root = root, .at = at, .rule = buffer_cstr(&rule), .change = change};
	bool loads = maker->take(maker->context, &mutant);
	buffer_free(&rule);
	arena_reset(maker->scratch);
	return loads;
}

/* What stands at the end of the path gives way to `by`; NULL: it is left out. */
static bool change(struct maker *maker, const struct yaml_node *by)
{
	const struct yaml_node *parent = maker->path[maker->depth - 1].node;
	const struct yaml_node *was = parent->items[maker->path[maker->depth - 1].index];
	struct buffer words = {0}, value = {0};
	put_path(maker, &words);
	put_value(was, &value);
	if (value.length <= SHORT)
		buffer_format(&words, ": %s", buffer_cstr(&value));
	buffer_string(&words, " -> ");
	if (by)
		put_value(by, &words);
	else
		buffer_string(&words, NOTHING);
	bool loads = hand_over(maker, document_with(maker, by), was, buffer_cstr(&words));
	buffer_free(&words);
	buffer_free(&value);
	return loads;
}

static void leave_out(struct maker *maker)
{
	maker->refused += !change(maker, NULL);
}

/* The same scalar with another text. */
static bool change_text(void *context, struct text text)
{
	struct maker *maker = context;
	const struct yaml_node *parent = maker->path[maker->depth - 1].node;
	struct yaml_node *by = arena_alloc(maker->scratch, sizeof *by);
	*by = *parent->items[maker->path[maker->depth - 1].index];
	by->text = text_keep(maker->scratch, text);
	return change(maker, by);
}

/* ---- values ---- */

static void visit_optional(struct maker *maker, const struct yaml_node *node)
{
	(void)node;
	leave_out(maker);
}

static void visit_nothing(struct maker *maker, const struct yaml_node *node)
{
	(void)maker;
	(void)node;
}

static void visit_word(struct maker *maker, const struct yaml_node *node, const char *const *words)
{
	for (; *words; words++)
		if (!text_equal(node->text, text_of(*words)))
			maker->refused += !change_text(maker, text_of(*words));
}

static void visit_severity(struct maker *maker, const struct yaml_node *node)
{
	visit_word(maker, node, (const char *const[]){"critical", "high", "normal", NULL});
}

static void visit_is(struct maker *maker, const struct yaml_node *node)
{
	visit_word(maker, node, (const char *const[]){"opened", "resolved", NULL});
}

/* Every whole number in a text, one more and one less: "birth + 17 years 6 months", "22:00-08:00". */
static void visit_numbers(struct maker *maker, const struct yaml_node *node)
{
	struct text text = node->text;
	for (size_t at = 0; at < text.length; at++) {
		size_t end = at;
		while (end < text.length && text.at[end] >= '0' && text.at[end] <= '9')
			end++;
		long number = strtol(text.at + at, NULL, 10);
		for (int step = -1; end > at && step <= 1; step += 2) {
			struct buffer other = {0};
			buffer_format(&other, "%.*s%0*ld%.*s", (int)at, text.at, (int)(end - at), number + step,
			              (int)(text.length - end), text.at + end);
			if (number + step >= 0)
				maker->refused += !change_text(maker, buffer_view(&other));
			buffer_free(&other);
		}
		at = end > at ? end - 1 : at;
	}
}

static void visit_date(struct maker *maker, const struct yaml_node *node)
{
	civil_day day;
	for (int step = -1; day_parse(node->text, &day) && step <= 1; step += 2) {
		int year, month, date;
		char other[40];
		day_split(day + step, &year, &month, &date);
		int length = snprintf(other, sizeof other, "%04d-%02d-%02d", year, month, date);
		maker->refused += !change_text(maker, (struct text){other, (size_t)length});
	}
	leave_out(maker);
}

static void visit_age(struct maker *maker, const struct yaml_node *node)
{
	visit_numbers(maker, node);
	leave_out(maker);
}

static void visit_each(struct maker *maker, const struct yaml_node *node, visit *each);
static void visit_entries(struct maker *maker, const struct yaml_node *mapping);

static void visit_duration(struct maker *maker, const struct yaml_node *node)
{
	if (node->kind == YAML_LIST) {
		visit_each(maker, node, visit_duration);
		return;
	}
	if (node->kind == YAML_MAPPING) { /* one with a condition of its own */
		visit_entries(maker, node);
		return;
	}
	(void)mutants_of_duration(node->text, change_text, maker, &maker->refused);
	if (maker->path[maker->depth - 1].node->kind == YAML_LIST && maker->path[maker->depth - 1].node->count > 1)
		leave_out(maker);
}

static void visit_condition(struct maker *maker, const struct yaml_node *node)
{
	maker->refused += mutants_of_condition(node->text, maker->sent, change_text, maker);
	maker->refused += !change_text(maker, TEXT("false")); /* as if what it is about never came */
}

static void visit_where(struct maker *maker, const struct yaml_node *node)
{
	visit_condition(maker, node);
	leave_out(maker);
}

static void visit_type(struct maker *maker, const struct yaml_node *node)
{
	maker->refused += !mutants_of_type(node->text, maker->sent, change_text, maker);
}

static void visit_state_name(struct maker *maker, const struct yaml_node *node)
{
	maker->refused += !mutants_of_state(node->text, maker->sent, change_text, maker);
}

/* ---- words of a rule ---- */

/* One event, several, or one with a condition of its own. */
static void visit_events(struct maker *maker, const struct yaml_node *node)
{
	if (node->kind == YAML_LIST)
		visit_each(maker, node, visit_events);
	else if (node->kind == YAML_MAPPING)
		visit_entries(maker, node);
	else
		visit_type(maker, node);
}

static void visit_ends(struct maker *maker, const struct yaml_node *node)
{
	visit_events(maker, node);
	leave_out(maker);
}

/* What begins a state, or "birth + 17 years 6 months" of a rule about one. */
static void visit_from(struct maker *maker, const struct yaml_node *node)
{
	if (maker->is_state) {
		visit_events(maker, node);
		return;
	}
	visit_numbers(maker, node);
	leave_out(maker);
}

/* A clock that another rule's alert starts: of the rules beside it, the first that can. */
static void visit_alert(struct maker *maker, const struct yaml_node *node)
{
	const struct yaml_node *rules = maker->path[0].node->items[maker->path[0].index];
	bool loads = false;
	for (size_t i = 0; i < yaml_list_count(rules) && !loads; i++) {
		const struct yaml_node *id = yaml_get(yaml_list_item(rules, i), "id");
		if (id && !text_equal(id->text, node->text))
			loads = change_text(maker, id->text);
	}
	maker->refused += !loads;
}

static void visit_role(struct maker *maker, const struct yaml_node *node)
{
	if (node->kind == YAML_LIST) {
		visit_each(maker, node, visit_role);
		return;
	}
	const struct yaml_node *parent = maker->path[maker->depth - 1].node;
	bool other = !text_equal(node->text, TEXT("performance"));
	maker->refused += !change_text(maker, other ? TEXT("performance") : TEXT("commissioning"));
	if (parent->kind == YAML_LIST && parent->count > 1)
		leave_out(maker);
}

/* A step that leaves its time to the severity: a time of its own. The last step's is that of whoever comes after the
 * rule's own steps, and not the rule's. */
static void visit_default_time(struct maker *maker, const struct yaml_node *step)
{
	const struct yaml_node *parent = maker->path[maker->depth - 1].node;
	bool last = parent->kind != YAML_LIST || maker->path[maker->depth - 1].index + 1 == parent->count;
	if (last || step->kind != YAML_MAPPING || yaml_get(step, "escalate-after"))
		return;
	struct yaml_node *key = arena_alloc(maker->scratch, sizeof *key),
			 *time = arena_alloc(maker->scratch, sizeof *time);
	*key = (struct yaml_node){.kind = YAML_SCALAR,
	                          .plain = true,
	                          .line = step->line,
	                          .column = step->column,
	                          .file = step->file,
	                          .text = TEXT("escalate-after")};
	*time = *key;
	time->text = TEXT("3 hours");
	struct yaml_node *by = copy_of(maker, step, 1);
	by->keys[by->count] = key;
	by->items[by->count++] = time;
	maker->refused += !change(maker, by);
}

static void visit_step(struct maker *maker, const struct yaml_node *node)
{
	if (node->kind != YAML_MAPPING) {
		visit_role(maker, node);
		return;
	}
	visit_entries(maker, node);
	visit_default_time(maker, node);
	const struct yaml_node *parent = maker->path[maker->depth - 1].node;
	if (parent->kind == YAML_LIST && parent->count > 1)
		leave_out(maker);
}

static void visit_tell(struct maker *maker, const struct yaml_node *node)
{
	if (node->kind == YAML_LIST)
		visit_each(maker, node, visit_step);
	else
		visit_step(maker, node);
}

static void visit_warned(struct maker *maker, const struct yaml_node *node)
{
	visit_step(maker, node);
	leave_out(maker);
}

/* A word that is not known here, of a language that has grown: by the look of its value. */
static void visit_unknown(struct maker *maker, const struct yaml_node *node)
{
	struct duration duration;
	if (node->kind == YAML_LIST)
		visit_each(maker, node, visit_unknown);
	else if (node->kind == YAML_MAPPING)
		visit_entries(maker, node);
	else if (duration_parse(node->text, &duration))
		visit_duration(maker, node);
	else
		visit_numbers(maker, node);
	leave_out(maker);
}

static const struct {
	const char *word;
	visit *visit;
} words[] = {
	/* for people, and names */
	{"id", visit_nothing},
	{"title", visit_nothing},
	{"basis", visit_nothing},
	{"message", visit_nothing},
	{"says", visit_events},
	{"actions", visit_nothing},
	{"text", visit_nothing},
	{"warning-title", visit_nothing},
	{"warning-text", visit_nothing},
	{"still-there", visit_nothing},
	{"if-still", visit_nothing},
	{"due-what", visit_nothing},
	{"facts", visit_nothing},
	{"channels", visit_nothing},
	{"renamed-from", visit_nothing},
	/* events */
	{"event", visit_events},
	{"start", visit_events},
	{"stop", visit_events},
	{"moves", visit_ends},
	{"unless-before", visit_events},
	{"to", visit_events},
	{"closes-on", visit_ends},
	{"ends-on", visit_ends},
	{"from", visit_from},
	{"alert", visit_alert},
	{"is", visit_is},
	/* conditions */
	{"where", visit_where},
	{"where-before", visit_where},
	{"while", visit_where},
	{"when", visit_condition},
	{"open", visit_state_name},
	/* keys */
	{"key", visit_optional},
	{"distinct", visit_optional},
	{"due", visit_optional},
	{"of", visit_optional},
	/* numbers and times */
	{"within", visit_duration},
	{"every", visit_duration},
	{"first", visit_duration},
	{"warn", visit_duration},
	{"warn-before", visit_duration},
	{"length", visit_duration},
	{"after", visit_duration},
	{"escalate-after", visit_duration},
	{"at-least", visit_numbers},
	{"more-than", visit_numbers},
	{"daily", visit_numbers},
	{"until-age", visit_age},
	{"effective-from", visit_date},
	{"effective-until", visit_date},
	/* who is told */
	{"severity", visit_severity},
	{"tell", visit_tell},
	{"tell-warning", visit_warned},
	{"also", visit_tell},
	{"role", visit_role},
	{"answer", visit_optional},
	{"out-of-hours", visit_optional},
	{"restricted", visit_optional},
	{"mode", visit_optional},
	/* kinds: what stands in them has the words above */
	{"guard", visit_events},
	{"count", visit_events},
	{"deadline", visit_events},
	{"recurring", visit_events},
	{"overlap", visit_events},
	{"state", visit_events},
	{"load", visit_events},
};

static visit *visit_of(const char *word)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].visit;
	return visit_unknown;
}

/* ---- walking ---- */

static void enter(struct maker *maker, const struct yaml_node *node, size_t index, visit *each)
{
	if (maker->depth > YAML_TREE_DEPTH) /* no document is deeper */
		return;
	maker->path[maker->depth].node = node;
	maker->path[maker->depth++].index = index;
	each(maker, node->items[index]);
	maker->depth--;
}

static void visit_each(struct maker *maker, const struct yaml_node *node, visit *each)
{
	for (size_t i = 0; i < node->count; i++)
		enter(maker, node, i, each);
}

static void visit_entries(struct maker *maker, const struct yaml_node *mapping)
{
	for (size_t i = 0; i < mapping->count; i++)
		enter(maker, mapping, i, visit_of(mapping->keys[i]->text.at));
}

static void visit_rule(struct maker *maker, const struct yaml_node *node)
{
	maker->rule = node;
	maker->rule_depth = maker->depth;
	visit_entries(maker, node);
}

static void visit_rules(struct maker *maker, const struct yaml_node *node)
{
	visit_each(maker, node, visit_rule);
}

size_t mutants_make(const struct yaml_node *root, const bool *sent, mutant_take *take, void *context)
{
	struct maker maker = {.scratch = arena_new(64 * 1024), .sent = sent, .take = take, .context = context};
	for (size_t i = 0; root->kind == YAML_MAPPING && i < root->count; i++) {
		maker.is_state = text_equal(root->keys[i]->text, TEXT("states"));
		if (maker.is_state || text_equal(root->keys[i]->text, TEXT("rules")))
			enter(&maker, root, i, visit_rules);
	}
	arena_free(maker.scratch);
	return maker.refused;
}

/* ---- settings ---- */

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.", c);
}

/* The setting that is named at the beginning of `text`, after its $, and how long the name is; NULL: none. */
static const struct yaml_node *setting(const struct yaml_node *settings, struct text text, size_t *length)
{
	*length = 0;
	while (*length < text.length && is_name_character(text.at[*length]))
		++*length;
	for (size_t i = 0; settings && settings->kind == YAML_MAPPING && i < settings->count; i++) {
		const struct yaml_node *item = settings->items[i];
		if (text_equal(settings->keys[i]->text, (struct text){text.at, *length}))
			return item->kind == YAML_MAPPING ? yaml_get(item, "value") : item;
	}
	return NULL;
}

/* Within a condition words stand in quotes: open("fff", "28 days"). */
static void add_value(struct buffer *out, const struct yaml_node *value, bool whole)
{
	bool quoted = !whole && !text_equal(value->text, TEXT("true")) && !text_equal(value->text, TEXT("false"));
	bool number = value->plain && strspn(value->text.at, "0123456789.-") == value->text.length;
	buffer_format(out, quoted && !number ? "\"%.*s\"" : "%.*s", TEXT_ARG(value->text));
}

/* A scalar's text with the values for the names: one as a whole, or several in a condition. */
static struct text text_with_values(const struct yaml_node *node, const struct yaml_node *settings, struct arena *arena)
{
	struct buffer out = {0};
	struct text text = node->text;
	for (size_t i = 0; i < text.length; i++) {
		size_t length = 0;
		struct text rest = {text.at + i + 1, text.length - i - 1};
		const struct yaml_node *value = text.at[i] == '$' ? setting(settings, rest, &length) : NULL;
		if (value)
			add_value(&out, value, length + 1 == text.length);
		else
			buffer_char(&out, text.at[i]);
		i += value ? length : 0;
	}
	text = (struct text){arena_copy_text(arena, buffer_cstr(&out), out.length), out.length};
	buffer_free(&out);
	return text;
}

/* The copy stands where the name stood, so that a change is told of where it is used. */
static const struct yaml_node *resolved(const struct yaml_node *node, const struct yaml_node *settings,
                                        struct arena *arena)
{
	struct yaml_node *copy = arena_alloc(arena, sizeof *copy);
	*copy = *node;
	if (node->kind == YAML_SCALAR && settings && strchr(node->text.at, '$'))
		copy->text = text_with_values(node, settings, arena);
	copy->items = arena_alloc(arena, (node->count + 1) * sizeof(struct yaml_node *));
	for (size_t i = 0; i < node->count; i++)
		copy->items[i] = resolved(node->items[i], settings, arena);
	return copy;
}

const struct yaml_node *mutants_prepare(const struct yaml_node *root, struct arena *arena)
{
	struct yaml_node *copy = arena_alloc(arena, sizeof *copy);
	*copy = *resolved(root, yaml_get(root, "settings"), arena);
	copy->keys = arena_alloc(arena, (root->count + 1) * sizeof(struct yaml_node *));
	size_t kept = 0;
	for (size_t i = 0; root->kind == YAML_MAPPING && i < root->count; i++) {
		if (text_equal(root->keys[i]->text, TEXT("settings")))
			continue;
		copy->keys[kept] = root->keys[i];
		copy->items[kept++] = copy->items[i];
	}
	copy->count = root->kind == YAML_MAPPING ? kept : root->count;
	return copy;
}

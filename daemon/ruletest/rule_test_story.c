/* rule_test_story: the expected beside what came nearest, and the days of each child concerned. */
#include "ruletest/rule_test_story.h"

#include "base/mem.h"
#include "ruletest/rule_test_line.h"
#include "time/instant.h"

#include <stdlib.h>

/* A story is read by a person: of more than so many children, or so many lines of one, it says how many there are. */
#define CHILDREN 4
#define MOMENTS 60

/* ---- what was expected ---- */

/* As it may stand in the file of tests. */
static void put_plain(const struct yaml_node *node, struct buffer *out)
{
	if (node->kind == YAML_SCALAR) {
		buffer_text(out, node->text);
		return;
	}
	buffer_char(out, node->kind == YAML_LIST ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		buffer_string(out, i ? ", " : "");
		if (node->kind == YAML_MAPPING)
			buffer_format(out, "%s: ", node->keys[i]->text.at);
		put_plain(node->items[i], out);
	}
	buffer_char(out, node->kind == YAML_LIST ? ']' : '}');
}

static void put_expected(const struct yaml_node *item, struct buffer *out)
{
	for (size_t i = 0; i < item->count; i++) {
		const char *key = item->keys[i]->text.at;
		bool plain = strcmp(key, "at") == 0 || strcmp(key, "what") == 0 || strcmp(key, "rule") == 0;
		buffer_format(out, "%s%s%s", i ? plain ? " " : ", " : "", plain ? "" : key, plain ? "" : " ");
		put_plain(item->items[i], out);
	}
}

/* What is of another rule or child is not near. */
static bool same(struct text line, const struct yaml_node *item, const char *key)
{
	const struct yaml_node *value = yaml_get(item, key);
	return !value || rule_test_line_meets(line, key, value);
}

static size_t nearest(const struct rule_test_story *story, const struct yaml_node *item)
{
	size_t best = story->count, best_alike = 0;
	for (size_t i = 0; i < story->count; i++) {
		struct text line = story->came[i].line;
		size_t alike = 1;
		if (story->came[i].met || !same(line, item, "rule") || !same(line, item, "subject"))
			continue;
		for (size_t k = 0; k < item->count; k++)
			alike += rule_test_line_meets(line, item->keys[k]->text.at, item->items[k]) ? 2 : 0;
		alike += same(line, item, "what") ? 4 : 0;
		if (alike > best_alike) {
			best_alike = alike;
			best = i;
		}
	}
	return best;
}

static void put_differences(struct text line, const struct yaml_node *item, struct buffer *out)
{
	bool first = true;
	for (size_t i = 0; i < item->count; i++) {
		const char *key = item->keys[i]->text.at;
		if (rule_test_line_meets(line, key, item->items[i]))
			continue;
		buffer_format(out, "%s%s is ", first ? "" : "; ", key);
		rule_test_line_words(line, strcmp(key, "says") == 0 ? "because" : key, out);
		buffer_string(out, ", not ");
		put_plain(item->items[i], out);
		first = false;
	}
}

static void tell_missing(const struct rule_test_story *story, const struct yaml_node *item, bool *told,
                         struct buffer *out)
{
	const struct yaml_node *rule = yaml_get(item, "rule"), *subject = yaml_get(item, "subject");
	size_t near = nearest(story, item);
	buffer_format(out, "  line %d: expected, but did not come: ", item->line);
	put_expected(item, out);
	buffer_char(out, '\n');
	if (near < story->count) {
		told[near] = true;
		buffer_format(out, "    nearest was what came at %.*s: ",
		              TEXT_ARG(rule_test_line_text(story->came[near].line, "at")));
		put_differences(story->came[near].line, item, out);
		buffer_char(out, '\n');
	} else if (rule || subject) {
		buffer_format(out, "    nothing else came%s%.*s%s%.*s\n", rule ? " of " : "",
		              TEXT_ARG(rule ? rule->text : TEXT("")), subject ? " about " : "",
		              TEXT_ARG(subject ? subject->text : TEXT("")));
	}
}

static void tell_unexpected(const struct rule_test_came *came, struct buffer *out)
{
	buffer_format(out, "  came, but was not expected: %.*s %.*s ", TEXT_ARG(rule_test_line_text(came->line, "at")),
	              TEXT_ARG(rule_test_line_text(came->line, "subject")));
	rule_test_line_print(came->line, out);
	buffer_char(out, '\n');
}

/* ---- the days of a child ---- */

struct moment {
	instant at;
	size_t order;                  /* of one instant: events first, then what came of them */
	const struct yaml_node *event; /* or */
	const struct rule_test_came *came;
};
struct moments {
	struct moment *items;
	size_t count, room;
};

static int by_time(const void *left, const void *right)
{
	const struct moment *a = left, *b = right;
	return a->at != b->at ? (a->at > b->at) - (a->at < b->at) : (a->order > b->order) - (a->order < b->order);
}

static void add_moment(struct moments *moments, struct text at, struct moment moment)
{
	const char *why;
	if (!instant_parse(at, &moment.at, &why)) /* what is refused for its time comes first */
		moment.at = INSTANT_NONE;
	moment.order = moments->count;
	*(struct moment *)mem_push((void **)&moments->items, &moments->count, &moments->room, sizeof moment) = moment;
}

static struct text event_word(const struct yaml_node *event, const char *word, const char *shorter)
{
	const struct yaml_node *value = yaml_get(event, word);
	if (!value)
		value = yaml_get(event, shorter);
	return value && value->kind == YAML_SCALAR ? value->text : TEXT("");
}

static void put_event(const struct rule_test_story *story, const struct yaml_node *event, struct buffer *out)
{
	const struct yaml_node *events = yaml_get(story->test, "events"), *data = yaml_get(event, "data");
	struct text id = event_word(event, "id", "id"), recorded = event_word(event, "recorded", "rec");
	size_t number = 0;
	while (number < yaml_list_count(events) && yaml_list_item(events, number) != event)
		number++;
	if (id.length)
		buffer_format(out, "%.*s ", TEXT_ARG(id));
	else
		buffer_format(out, "e%zu ", number + 1);
	buffer_text(out, event_word(event, "type", "type"));
	if (data) {
		buffer_char(out, ' ');
		put_plain(data, out);
	}
	if (recorded.length)
		buffer_format(out, ", recorded %.*s", TEXT_ARG(recorded));
	if (event_word(event, "replaces", "replaces").length)
		buffer_format(out, ", replaces %.*s", TEXT_ARG(event_word(event, "replaces", "replaces")));
}

/* Lines that the test does not look at are shown, too: they often are the reason. */
static void tell_days(const struct rule_test_story *story, struct text subject, struct buffer *out)
{
	struct moments moments = {0};
	const struct yaml_node *events = yaml_get(story->test, "events");
	for (size_t i = 0; i < yaml_list_count(events); i++) {
		const struct yaml_node *event = yaml_list_item(events, i);
		if (text_equal(event_word(event, "subject", "subject"), subject))
			add_moment(&moments, event_word(event, "at", "t"), (struct moment){.event = event});
	}
	for (size_t i = 0; i < story->count; i++)
		if (text_equal(rule_test_line_text(story->came[i].line, "subject"), subject))
			add_moment(&moments, rule_test_line_text(story->came[i].line, "at"),
			           (struct moment){.came = &story->came[i]});
	if (moments.count)
		qsort(moments.items, moments.count, sizeof *moments.items, by_time);
	buffer_format(out, "  %.*s%s\n", TEXT_ARG(subject),
	              moments.count ? ", in order of time:" : ": nothing is recorded and nothing came");
	for (size_t i = 0; i < moments.count && i < MOMENTS; i++) {
		const struct moment *moment = &moments.items[i];
		struct text at = moment->event ? event_word(moment->event, "at", "t")
		                               : rule_test_line_text(moment->came->line, "at");
		buffer_format(out, "    %.*s  %s", TEXT_ARG(at), moment->event ? "" : "-> ");
		if (moment->event)
			put_event(story, moment->event, out);
		else
			rule_test_line_print(moment->came->line, out);
		buffer_format(out, "%s\n", moment->came && !moment->came->looked_at ? " (not looked at)" : "");
	}
	if (moments.count > MOMENTS)
		buffer_format(out, "    and %zu more\n", moments.count - MOMENTS);
	free(moments.items);
}

/* ---- the whole ---- */

struct subjects {
	struct text items[CHILDREN];
	size_t count, more;
};

static void concerns(struct subjects *subjects, struct text subject)
{
	bool known = subject.length == 0;
	for (size_t i = 0; i < subjects->count; i++)
		known |= text_equal(subjects->items[i], subject);
	if (known)
		return;
	if (subjects->count < CHILDREN)
		subjects->items[subjects->count++] = subject;
	else
		subjects->more++;
}

void rule_test_tell(const struct rule_test_story *story, struct buffer *out)
{
	struct subjects subjects = {.count = 0};
	bool *told = mem_zero(story->count + 1, sizeof *told);
	for (size_t i = 0; i < story->missing_count; i++) {
		const struct yaml_node *subject = yaml_get(story->missing[i], "subject");
		tell_missing(story, story->missing[i], told, out);
		concerns(&subjects, subject && subject->kind == YAML_SCALAR ? subject->text : TEXT(""));
	}
	for (size_t i = 0; i < story->count; i++) {
		const struct rule_test_came *came = &story->came[i];
		if (came->met || !came->looked_at)
			continue;
		if (!told[i])
			tell_unexpected(came, out);
		concerns(&subjects, rule_test_line_text(came->line, "subject"));
	}
	for (size_t i = 0; i < subjects.count; i++)
		tell_days(story, subjects.items[i], out);
	if (subjects.more)
		buffer_format(out, "  and %zu %s about others\n", subjects.more, subjects.more == 1 ? "line" : "lines");
	free(told);
}

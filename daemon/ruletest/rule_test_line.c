/* rule_test_line: finding a value in a line, and saying the line in words. */
#include "ruletest/rule_test_line.h"

#include "ruletest/rule_test_event.h"

#include <stdio.h>

/* How long the JSON value is that begins here. */
static size_t value_length(struct text rest)
{
	char first = rest.length ? rest.at[0] : '\0';
	size_t length = 1;
	if (first == '"') {
		while (length < rest.length && rest.at[length] != '"')
			length += rest.at[length] == '\\' ? 2 : 1;
		return length < rest.length ? length + 1 : rest.length;
	}
	if (first == '[') { /* of strings, of which none holds a bracket: roles and ids of events */
		while (length < rest.length && rest.at[length] != ']')
			length++;
		return length < rest.length ? length + 1 : rest.length;
	}
	for (length = 0; length < rest.length && rest.at[length] != ',' && rest.at[length] != '}';)
		length++;
	return length;
}

struct text rule_test_line_value(struct text line, const char *key)
{
	char name[40];
	int length = snprintf(name, sizeof name, "\"%s\":", key);
	const char *at = line.at, *end = line.at + line.length;
	while ((at = memmem(at, (size_t)(end - at), name, (size_t)length))) {
		struct text rest = {at + length, (size_t)(end - at) - (size_t)length};
		if (at > line.at && (at[-1] == '{' || at[-1] == ','))
			return (struct text){rest.at, value_length(rest)};
		at = rest.at;
	}
	return TEXT("");
}

struct text rule_test_line_text(struct text line, const char *key)
{
	struct text value = rule_test_line_value(line, key);
	if (value.length >= 2 && value.at[0] == '"')
		return (struct text){value.at + 1, value.length - 2};
	return value;
}

/* A piece of why the alert stands: what the rule remarks of it, without the words around it. */
static bool says(struct text line, struct text piece)
{
	struct text because = rule_test_line_text(line, "because");
	return piece.length > 2 && piece.at[0] == '"' &&
	       memmem(because.at, because.length, piece.at + 1, piece.length - 2) != NULL;
}

bool rule_test_line_meets(struct text line, const char *key, const struct yaml_node *value)
{
	struct buffer wanted = {0};
	struct json_writer json = json_writer_on(&wanted);
	rule_test_put_node(&json, value);
	bool meets = strcmp(key, "says") == 0 ? says(line, buffer_view(&wanted))
	                                      : text_equal(rule_test_line_value(line, key), buffer_view(&wanted));
	buffer_free(&wanted);
	return meets;
}

/* Words without the quotes and escapes of JSON; after a comma of a list a blank. */
static void put_words(struct text json, struct buffer *out)
{
	bool list = json.length && json.at[0] == '[';
	for (size_t i = 0; i < json.length; i++) {
		char c = json.at[i];
		if (c == '\\' && i + 1 < json.length && strchr("\"\\/", json.at[i + 1]))
			c = json.at[++i];
		else if (c == '"')
			continue;
		buffer_char(out, c);
		if (list && c == ',')
			buffer_char(out, ' ');
	}
}

void rule_test_line_words(struct text line, const char *key, struct buffer *out)
{
	struct text value = rule_test_line_value(line, key);
	put_words(value.length ? value : TEXT("absent"), out);
}

/* Why it stands is said where it begins; afterwards it is the same. */
void rule_test_line_print(struct text line, struct buffer *out)
{
	static const char *const named[] = {"severity", "tell", "field", "reason", "late", "shadow", "list", NULL};
	struct text what = rule_test_line_text(line, "what"), rule = rule_test_line_text(line, "rule");
	bool begins = !text_equal(what, TEXT("alert.escalated")) && !text_equal(what, TEXT("alert.resolved"));
	buffer_format(out, "%.*s%s%.*s", TEXT_ARG(what), rule.length ? " " : "", TEXT_ARG(rule));
	for (size_t i = 0; named[i]; i++) {
		if (!rule_test_line_value(line, named[i]).length)
			continue;
		buffer_format(out, ", %s ", named[i]);
		rule_test_line_words(line, named[i], out);
	}
	if (!begins || !rule_test_line_value(line, "because").length)
		return;
	buffer_string(out, ": ");
	rule_test_line_words(line, "because", out);
}

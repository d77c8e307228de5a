/* audit_words: sentences by kind of row. */
#include "cli/audit_words.h"

#include "text/json_data.h"

/* ---- fields ---- */

struct data *audit_fields(const struct audit_entry *entry, struct arena *arena)
{
	struct fault unused = {0};
	struct data *fields = json_data(entry->detail, arena, &unused);
	struct data *personal = entry->personal.length ? json_data(entry->personal, arena, &unused) : NULL;
	static const char *const names[] = {"because", "reason", "action", "note"};
	if (!fields)
		fields = data_new(DATA_MAP, arena);
	for (size_t i = 0; personal && i < sizeof names / sizeof names[0]; i++)
		if (data_get(personal, text_of(names[i])))
			data_text(fields, names[i], audit_field(personal, names[i]));
	return fields;
}

struct text audit_field(const struct data *fields, const char *name)
{
	const struct data *field = data_get(fields, text_of(name));
	return field ? data_value(field) : TEXT_NONE;
}

/* " in the role team-manager" where the field is there. */
static void put(const struct data *fields, const char *before, const char *name, const char *after, struct buffer *out)
{
	struct text value = audit_field(fields, name);
	if (value.length)
		buffer_format(out, "%s%.*s%s", before, TEXT_ARG(value), after);
}

static void put_list(const struct data *fields, const char *before, const char *name, struct buffer *out)
{
	const struct data *list = data_get(fields, text_of(name));
	const struct data *item = list && data_kind_of(list) == DATA_LIST ? data_first(list) : NULL;
	for (; item; item = data_next(item)) {
		buffer_format(out, "%s%.*s", before, TEXT_ARG(data_value(item)));
		before = ", ";
	}
}

/* ---- by kind ---- */

static const struct {
	const char *what, *words;
} messages[] = {
	{"message.accepted", "told"},
	{"message.given", "handed to the service for"},
	{"message.delivered", "delivered to"},
	{"message.not-delivered", "not delivered to"},
	{"message.bounced", "came back from"},
	{"message.delayed", "delayed on its way to"},
	{"message.auto-reply", "an automatic reply, which is no answer, of"},
	{"message.retry", "not taken for now, for"},
	{"message.uncertain", "nobody knows whether it reached"},
	{"message.other-way", "goes by another way to"},
	{"message.failed", "given up, for"},
	{"message.dropped", "not sent to"},
	{"message.abandoned", "broken off, for"},
};

static bool say_message(const struct audit_entry *entry, const struct data *fields, struct buffer *out)
{
	const char *words = NULL;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
		if (text_equal(entry->what, text_of(messages[i].what)))
			words = messages[i].words;
	if (!words)
		return false;
	buffer_format(out, "%s %.*s", words, TEXT_ARG(entry->person.length ? entry->person : TEXT("nobody")));
	put(fields, " (", "role", ")", out);
	put(fields, " by ", "channel", "", out);
	put(fields, " at ", "address", "", out);
	put(fields, ", ", "purpose", "", out);
	put(fields, ", server ", "server", "", out);
	put(fields, ": ", "reply", "", out);
	return true;
}

static bool begins(struct text text, const char *with)
{
	size_t length = strlen(with);
	return text.length > length && memcmp(text.at, with, length) == 0;
}

static bool say_alert(const struct audit_entry *entry, const struct data *fields, struct buffer *out)
{
	if (!begins(entry->what, "alert."))
		return false;
	buffer_text(out, (struct text){entry->what.at + 6, entry->what.length - 6});
	put(fields, ", step ", "step", "", out);
	put_list(fields, ", to be told: ", "tell", out);
	put(fields, ", by ", "by", "", out);
	put(fields, " (", "person", ")", out);
	put(fields, ": ", "because", "", out);
	put(fields, ", because: ", "reason", "", out);
	return true;
}

static bool say_answer(const struct audit_entry *entry, const struct data *fields, struct buffer *out)
{
	if (!text_equal(entry->what, TEXT("answer.received")))
		return false;
	buffer_format(out, "%.*s said", TEXT_ARG(entry->person.length ? entry->person : TEXT("somebody")));
	put(fields, " as ", "by", "", out);
	put(fields, ": ", "type", "", out);
	put(fields, ", to ", "to", "", out);
	put(fields, ", ", "action", "", out);
	put(fields, ", ", "reason", "", out);
	put(fields, " (", "note", ")", out);
	return true;
}

static bool say_look(const struct audit_entry *entry, const struct data *fields, struct buffer *out)
{
	if (!text_equal(entry->what, TEXT("page.opened")))
		return false;
	buffer_format(out, "%.*s opened", TEXT_ARG(entry->person.length ? entry->person : TEXT("somebody")));
	put(fields, " ", "page", "", out);
	return true;
}

void audit_say(const struct audit_entry *entry, const struct data *fields, struct buffer *out)
{
	if (say_message(entry, fields, out) || say_alert(entry, fields, out) || say_answer(entry, fields, out) ||
	    say_look(entry, fields, out))
		return;
	buffer_format(out, "%.*s %.*s", TEXT_ARG(entry->what), TEXT_ARG(entry->detail));
	if (entry->personal.length > 2)
		buffer_format(out, " %.*s", TEXT_ARG(entry->personal));
}

/* render: from what is known to subject, text part and HTML part. */
#include "message/page.h"

#include "message/ops_mail.h"
#include "text/layout.h"
#include "text/preview.h"

/* Bytes that most parts do with. */
#define TEXT_ROOM 4000
#define HTML_ROOM 16000

static const char *own_wording(const struct message_input *input, struct buffer *name)
{
	const struct message_alert *alert = &input->alerts[0];
	if (!alert->rule || !alert->rule->message)
		return NULL;
	buffer_clear(name);
	buffer_format(name, "%s.txt", alert->rule->message);
	if (!template_has(input->templates, name->at))
		return NULL;
	name->at[name->length - 4] = '\0';
	return name->at;
}

#define NOT_ENOUGH "answered-still-together"

bool message_says_not_enough(const struct template_set *templates)
{
	return templates && template_has(templates, NOT_ENOUGH ".txt") && template_has(templates, NOT_ENOUGH ".html");
}

/* The base name of the templates: a rule's own wording, else that of the purpose. */
static const char *template_of(const struct message_input *input, struct buffer *name)
{
	if (input->alert_count > 1 && message_needs_nothing(input->purpose))
		return message_is_all_over(input) || !message_says_not_enough(input->templates) ? "answered-together"
		                                                                                : NOT_ENOUGH;
	if (input->alert_count > 1)
		return "alerts-together";
	switch (input->purpose) {
	case MESSAGE_OPENED:
	case MESSAGE_PASSED_ON: {
		const char *own = own_wording(input, name);
		return own ? own : "alert";
	}
	case MESSAGE_WARNED:
		return "warning";
	case MESSAGE_UPDATED:
		return "correction";
	case MESSAGE_ESCALATED:
		return "escalation";
	case MESSAGE_ASKED_AGAIN:
		return "reminder";
	case MESSAGE_ANSWERED:
		return "answered";
	case MESSAGE_REVIEW_CUT:
		return "review-cut";
	case MESSAGE_RESOLVED:
		return "ended";
	case MESSAGE_WITHDRAWN:
		return "withdrawn";
	case MESSAGE_OPS:  /* ops_mail.c */
	case MESSAGE_LIST: /* rendered by whoever makes it */
		return NULL;
	}
	return NULL;
}

static enum result render_text(const struct message_input *input, const char *name, const struct data *page,
                               struct buffer *text, struct fault *fault)
{
	struct buffer file = {0}, wide = {0};
	buffer_string(&file, name);
	buffer_string(&file, ".txt");
	(void)buffer_room(&wide, TEXT_ROOM);
	(void)buffer_room(text, TEXT_ROOM);
	enum result result = template_render(input->templates, file.at, page, &wide, fault);
	if (result == RESULT_OK)
		layout_text(buffer_view(&wide), text);
	buffer_free(&wide);
	buffer_free(&file);
	return result;
}

static enum result render_html(const struct message_input *input, const char *name, const struct data *page,
                               struct buffer *html, struct fault *fault)
{
	struct buffer file = {0};
	buffer_string(&file, name);
	buffer_string(&file, ".html");
	(void)buffer_room(html, HTML_ROOM);
	enum result result = template_render(input->templates, file.at, page, html, fault);
	buffer_free(&file);
	return result;
}

static bool names(const struct message_input *input, struct text shown)
{
	for (size_t i = 0; i < input->alert_count; i++) {
		const struct message_alert *alert = &input->alerts[i];
		if (preview_names(shown, alert->subject))
			return true;
	}
	return false;
}

/* Whether the start of a part names a child: it must not (look.md, "Least data"). */
static bool starts_with_child(const struct message_input *input, struct text part,
                              void (*preview)(struct text part, struct buffer *out))
{
	struct buffer shown = {0};
	preview(part, &shown);
	bool found = names(input, buffer_view(&shown));
	buffer_free(&shown);
	return found;
}

/* Both parts, or as many as are made until one's start names a child: then the words that go before the facts (`lead`)
 * are wanted, and both are made anew. */
static enum result render_parts(const struct message_input *input, const char *name, const struct data *page,
                                struct message *out, bool *names_child, struct fault *fault)
{
	enum result result = render_text(input, name, page, &out->text, fault);
	*names_child = result == RESULT_OK && starts_with_child(input, buffer_view(&out->text), preview_of_text);
	if (result == RESULT_OK && !*names_child)
		result = render_html(input, name, page, &out->html, fault);
	if (result == RESULT_OK && !*names_child)
		*names_child = starts_with_child(input, buffer_view(&out->html), preview_of_html);
	return result;
}

static enum result render(const struct message_input *input, const char *name, struct message *out, struct fault *fault)
{
	struct arena *arena = arena_new(32 * 1024);
	struct data *page = message_page(input, false, arena);
	bool names_child = false;
	enum result result = render_parts(input, name, page, out, &names_child, fault);
	if (result == RESULT_OK && names_child) {
		buffer_clear(&out->text);
		buffer_clear(&out->html);
		message_lead(page);
		result = render_parts(input, name, page, out, &names_child, fault);
	}
	if (result == RESULT_OK && names_child)
		result = fault_set(fault, RESULT_PERMANENT, "%s.txt.mustache: the first %d characters name a child",
		                   name, PREVIEW_CHARACTERS);
	arena_free(arena);
	return result;
}

/* A change that overtakes the first message is no change to its reader. */
static bool nobody_knows(const struct message_alert *alert)
{
	for (size_t i = 0; i < alert->told_count; i++)
		if (alert->told[i].sent != INSTANT_NONE)
			return false;
	return true;
}

enum result message_render(const struct message_input *given, struct message *out, struct fault *fault)
{
	struct message_input own_input = *given, *input = &own_input;
	if (!input->templates)
		return fault_set(fault, RESULT_PERMANENT, "no templates are loaded");
	if (input->purpose == MESSAGE_OPS)
		return ops_mail_render(input, out, fault);
	if (!input->alert_count)
		return fault_set(fault, RESULT_PERMANENT, "a message about an alert has no alert");
	if (input->purpose == MESSAGE_UPDATED && input->alert_count == 1 && nobody_knows(&input->alerts[0]))
		input->purpose = MESSAGE_OPENED;
	struct buffer own = {0};
	const char *name = template_of(input, &own);
	enum result result = RESULT_PERMANENT;
	if (!name) {
		(void)fault_set(fault, RESULT_PERMANENT, "only messages about alerts have templates here");
		goto out;
	}
	result = render(input, name, out, fault);
	if (result == RESULT_OK)
		message_subject(input, &out->subject);
out:
	buffer_free(&own);
	return result;
}

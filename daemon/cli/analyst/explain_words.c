/* explain_words: an alert explained, for people. */
#include "cli/analyst/explain.h"

#include "cli/analyst/story_words.h"
#include "time/words.h"

static void heading(struct buffer *out, const char *words)
{
	buffer_format(out, "\n%s\n", words);
}

static void put_moment(const struct opened *opened, const struct event *event, struct buffer *out)
{
	struct words_moment moment = {.at = event->time, .day_only = event->day_precision};
	words_moment(opened->zone, moment, WORDS_TABLE_YEAR, out);
}

static void put_state(const struct opened *opened, const struct alert_row *row, struct buffer *out)
{
	if (row->early) {
		buffer_string(out, "early warning, sent ");
		cli_time(opened, row->told, out);
		buffer_string(out, "; no alert stands: it would have this number\n");
		return;
	}
	buffer_format(out, "%s, ", severity_name(row->severity));
	if (row->state == ALERT_STANDING) {
		buffer_string(out, "standing since ");
		cli_time(opened, row->opened, out);
	} else {
		buffer_format(out, "%s ", alert_state_name(row->state));
		cli_time(opened, row->closed, out);
		buffer_string(out, "; it stood from ");
		cli_time(opened, row->opened, out);
		if (row->reason.length)
			buffer_format(out, "; reason: %.*s", TEXT_ARG(row->reason));
	}
	buffer_char(out, '\n');
	if (row->shadow)
		buffer_string(out, "Its rule is on trial (mode: shadow): nobody is told\n");
}

static void put_ladder(const struct opened *opened, const struct alert_row *row, struct buffer *out)
{
	if (row->state != ALERT_STANDING || row->shadow)
		return;
	if (row->acknowledged) {
		buffer_string(out, "  Somebody answered; it is looked at again ");
		cli_time(opened, row->review_at == INSTANT_NONE ? row->next : row->review_at, out);
		buffer_string(out, ".\n");
	} else if (row->step == 0) {
		buffer_string(out, "  Nobody has been told yet");
		if (row->next != INSTANT_NEVER) {
			buffer_string(out, ": it is muted, and told if it still stands ");
			cli_time(opened, row->next, out);
		}
		buffer_string(out, ".\n");
	} else if (row->next != INSTANT_NEVER) {
		buffer_format(out, "  It is at step %d. If nobody answers, %s ", row->step,
		              row->spent ? "the last step is asked again" : "it goes on");
		cli_time(opened, row->next, out);
		buffer_string(out, ".\n");
	}
}

static void put_rule(const struct explained *explained, struct buffer *out)
{
	const struct rule *rule = explained->rule;
	heading(out, "Rule");
	buffer_format(out, "  %.*s", TEXT_ARG(explained->row.rule));
	if (!rule) {
		buffer_string(out, ", which is no longer among the rules\n");
		return;
	}
	buffer_string(out, ", ");
	if (rule->effective_from == DAY_NONE) {
		buffer_string(out, "in force from the beginning");
	} else {
		buffer_string(out, "version in force from ");
		words_day(rule->effective_from, WORDS_PLAIN_YEAR, out);
	}
	if (rule->effective_until != DAY_NONE) {
		buffer_string(out, " until before ");
		words_day(rule->effective_until, WORDS_PLAIN_YEAR, out);
	}
	buffer_format(out, " (%s, line %d)\n", rule->file, rule->line);
	if (rule->version != DAY_NONE) {
		buffer_string(out, "  Version of ");
		words_day(rule->version, WORDS_PLAIN_YEAR, out);
		buffer_string(out, "\n");
	}
	if (rule->basis)
		buffer_format(out, "  Basis: %s\n", rule->basis);
}

static void put_value(const struct value *value, struct buffer *out)
{
	switch (value->kind) {
	case VALUE_BOOL:
		buffer_string(out, value->boolean ? "yes" : "no");
		break;
	case VALUE_NUMBER:
		buffer_format(out, "%g", value->number);
		break;
	case VALUE_STRING:
		buffer_text(out, value->string);
		break;
	case VALUE_LIST:
		for (size_t i = 0; i < value->list.count; i++) {
			buffer_string(out, i ? ", " : "");
			put_value(&value->list.items[i], out);
		}
		break;
	case VALUE_ABSENT:
	case VALUE_OTHER:
		buffer_char(out, '-');
		break;
	}
}

static void put_fields(const struct event *event, struct buffer *out)
{
	for (size_t i = 0; i < event->field_count; i++) {
		const char *name = schema_name_text(event->fields[i].name);
		const struct field *field = schema_field(event->type, text_of(name));
		buffer_format(out, "%s%s: ", i ? "; " : "      ", field && field->label ? field->label : name);
		put_value(&event->fields[i].value, out);
	}
	if (event->field_count)
		buffer_char(out, '\n');
}

static void put_event(const struct opened *opened, const struct explained_event *item, struct buffer *out)
{
	const struct event *event = &item->event;
	instant known = event->recorded == INSTANT_NONE ? item->arrived : event->recorded;
	buffer_string(out, "  ");
	put_moment(opened, event, out);
	buffer_format(out, "  %s\n      event %.*s from %.*s, recorded ", schema_type_title(event->type),
	              TEXT_ARG(event->id), TEXT_ARG(event->source));
	cli_time(opened, known, out);
	if (known - event->time >= 24 * HOUR) {
		buffer_string(out, ", late by ");
		words_span(known - event->time, out);
	}
	buffer_char(out, '\n');
	put_fields(event, out);
}

/* Of an alert that is made of none now, those that it told of last. */
static void put_events(const struct opened *opened, const struct explained *explained, struct buffer *out)
{
	struct buffer ids = {0};
	struct fault ignored;
	heading(out, "Which events");
	for (size_t i = 0; i < explained->event_count; i++)
		put_event(opened, &explained->events[i], out);
	if (explained->event_count == 0 &&
	    alerts_evidence(opened->store, &explained->row, &ids, &ignored) == RESULT_OK && ids.length > 2)
		buffer_format(out, "  %.*s\n", TEXT_ARG(buffer_view(&ids)));
	else if (explained->event_count == 0)
		buffer_string(out, "  None: it stands because something did not happen, or by the clock.\n");
	buffer_free(&ids);
}

static const char *role_words(const struct opened *opened, struct text role, struct buffer *keep)
{
	buffer_clear(keep);
	buffer_text(keep, role);
	if (!opened->config->directory)
		return buffer_cstr(keep);
	return directory_role_title(opened->config->directory, buffer_cstr(keep));
}

/* What became of a message, for somebody who wants to know whether the other one knows. */
static const char *message_words(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_PENDING:
		return "not sent yet";
	case OUTBOX_SENDING:
		return "being sent";
	case OUTBOX_ACCEPTED:
		return "accepted";
	case OUTBOX_DELIVERED:
		return "delivered";
	case OUTBOX_RETRY:
		return "not accepted yet, tried again";
	case OUTBOX_FAILED:
		return "failed";
	case OUTBOX_UNCERTAIN:
		return "uncertain, sent again";
	case OUTBOX_GIVEN:
		return "with the service, not known to have arrived";
	}
	return "";
}

static void put_message(const struct opened *opened, const struct outbox_row *row, struct buffer *out)
{
	struct buffer role = {0};
	buffer_string(out, "  ");
	cli_time(opened, row->sent != INSTANT_NONE ? row->sent : row->not_before, out);
	buffer_format(out, "  %s", role_words(opened, row->role, &role));
	if (row->person.length)
		buffer_format(out, " (%.*s)", TEXT_ARG(row->person));
	if (row->channel.length)
		buffer_format(out, " by %.*s", TEXT_ARG(row->channel));
	buffer_format(out, ": %.*s, step %d, %s", TEXT_ARG(row->purpose), row->step, message_words(row->state));
	if (row->possible_duplicate)
		buffer_string(out, ", possible duplicate");
	if (row->reply.length)
		buffer_format(out, ". The server answered: %.*s", TEXT_ARG(row->reply));
	buffer_char(out, '\n');
	buffer_free(&role);
}

static void put_answer(const struct opened *opened, const struct explained_event *item, struct buffer *out)
{
	const struct event *event = &item->event;
	struct text person = event_string(event, schema_name(TEXT("person")));
	struct text review = event_string(event, schema_name(TEXT("review_at")));
	struct text to = event_string(event, schema_name(TEXT("to")));
	bool resolved = event->type == TYPE_ID_ALERT_RESOLVED, passed = event->type == TYPE_ID_ALERT_PASSED_ON;
	struct text words = event_string(event, schema_name(resolved || passed ? TEXT("reason") : TEXT("action")));
	struct buffer role = {0};
	buffer_string(out, "  ");
	put_moment(opened, event, out);
	buffer_format(out, "  %s", role_words(opened, event_string(event, schema_name(TEXT("by"))), &role));
	if (person.length)
		buffer_format(out, " (%.*s)", TEXT_ARG(person));
	buffer_format(out, ": %s", resolved ? "ended it, " : passed ? "passed it on" : "");
	if (to.length)
		buffer_format(out, " to the role %.*s", TEXT_ARG(to));
	buffer_format(out, "%s%.*s", passed && words.length ? ", " : "", TEXT_ARG(words));
	if (review.length)
		buffer_format(out, "; to be looked at again %.*s", TEXT_ARG(review));
	buffer_char(out, '\n');
	buffer_free(&role);
}

static void put_told(const struct opened *opened, const struct explained *explained, struct buffer *out)
{
	heading(out, "Who was told");
	for (size_t i = 0; i < explained->told_count; i++)
		put_message(opened, &explained->told[i], out);
	if (!explained->told_count)
		buffer_string(out, "  Nobody yet.\n");
	heading(out, "Who answered");
	for (size_t i = 0; i < explained->answer_count; i++)
		put_answer(opened, &explained->answers[i], out);
	if (!explained->answer_count)
		buffer_string(out, "  Nobody yet.\n");
}

static void put_acts(const struct opened *opened, const struct explained *explained, struct buffer *out)
{
	if (!explained->act_count)
		return;
	heading(out, "On record");
	for (size_t i = 0; i < explained->act_count; i++) {
		const struct explained_act *act = &explained->acts[i];
		buffer_string(out, "  ");
		cli_time(opened, act->at, out);
		buffer_format(out, "  %.*s", TEXT_ARG(act->what));
		if (act->detail.length > 2)
			buffer_format(out, "  %.*s", TEXT_ARG(act->detail));
		buffer_char(out, '\n');
	}
}

void explained_words(const struct opened *opened, const struct explained *explained, struct buffer *out)
{
	const struct alert_row *row = &explained->row;
	buffer_format(out, "A-%lld  %s\n", (long long)row->number,
	              explained->rule ? explained->rule->title : row->rule.at);
	put_state(opened, row, out);
	buffer_format(out, "About %.*s", TEXT_ARG(row->subject));
	if (row->key.length)
		buffer_format(out, ", %.*s", TEXT_ARG(row->key));
	buffer_char(out, '\n');
	heading(out, "Why");
	buffer_format(out, "  %.*s\n", row->because.length ? (int)row->because.length : 12,
	              row->because.length ? row->because.at : "Not recorded");
	if (explained->due != INSTANT_NONE) {
		buffer_string(out, row->early ? "  Its clock runs until " : "  Its clock ran out ");
		words_until(opened->zone, explained->due, WORDS_FULL_YEAR, out);
		buffer_string(out, ".\n");
	}
	put_ladder(opened, row, out);
	put_rule(explained, out);
	if (explained->told_story)
		story_words(opened->zone, &explained->story, out);
	put_events(opened, explained, out);
	put_told(opened, explained, out);
	put_acts(opened, explained, out);
}

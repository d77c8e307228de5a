/* plain: the facts of a message in plain text, made by code alone: what goes out when a template fails. */
#include "message/message.h"

#include "message/facts.h"
#include "text/layout.h"
#include "time/words.h"

#include <inttypes.h>

void message_free(struct message *message)
{
	buffer_free(&message->subject);
	buffer_free(&message->text);
	buffer_free(&message->html);
	buffer_free(&message->fell_back);
}

static const char *const purpose_names[] = {[MESSAGE_OPENED] = "opened",
                                            [MESSAGE_WARNED] = "warned",
                                            [MESSAGE_UPDATED] = "updated",
                                            [MESSAGE_ESCALATED] = "escalated",
                                            [MESSAGE_ASKED_AGAIN] = "asked-again",
                                            [MESSAGE_PASSED_ON] = "passed-on",
                                            [MESSAGE_ANSWERED] = "answered",
                                            [MESSAGE_REVIEW_CUT] = "review-cut",
                                            [MESSAGE_RESOLVED] = "resolved",
                                            [MESSAGE_WITHDRAWN] = "withdrawn",
                                            [MESSAGE_LIST] = "list",
                                            [MESSAGE_OPS] = "ops"};

const char *message_purpose_name(enum message_purpose purpose)
{
	return purpose_names[purpose];
}

bool message_needs_nothing(enum message_purpose purpose)
{
	return purpose == MESSAGE_ANSWERED || purpose == MESSAGE_RESOLVED;
}

enum message_purpose message_purpose_of(struct text name)
{
	for (int purpose = MESSAGE_OPENED; purpose <= MESSAGE_OPS; purpose++)
		if (text_equal(text_of(purpose_names[purpose]), name))
			return (enum message_purpose)purpose;
	return MESSAGE_OPENED;
}

/* Private to this file, as nothing that a person can edit may be needed here. */
static const char *severity_word(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return "Critical";
	case SEVERITY_HIGH:
		return "High";
	case SEVERITY_NORMAL:
		return "Normal";
	}
	return "Normal";
}

bool message_is_all_over(const struct message_input *input)
{
	bool over = message_needs_nothing(input->purpose);
	for (size_t i = 0; i < input->alert_count && over; i++)
		over = !input->alerts[i].asked_still;
	return over;
}

static void alert_subject(const struct message_input *input, struct buffer *out)
{
	const struct message_alert *alert = &input->alerts[0];
	if (input->alert_count > 1) {
		buffer_format(out, "%zu alerts", input->alert_count);
		if (message_needs_nothing(input->purpose))
			buffer_string(out, ": answered or ended");
		return;
	}
	if (input->purpose == MESSAGE_WARNED) {
		buffer_format(out, "Early warning A-%" PRId64, alert->number);
		return;
	}
	/* It starts the same way each time, so that mail clients keep an alert's messages together. */
	buffer_format(out, "%s alert A-%" PRId64, severity_word(alert->severity), alert->number);
	if (input->purpose == MESSAGE_WITHDRAWN)
		buffer_string(out, ": withdrawn");
	else if (input->purpose == MESSAGE_ASKED_AGAIN)
		buffer_string(out, ": asked again");
	else if (input->purpose == MESSAGE_ANSWERED)
		buffer_string(out, ": answered");
	else if (input->purpose == MESSAGE_REVIEW_CUT)
		buffer_string(out, ": asked again sooner");
	else if (input->purpose == MESSAGE_RESOLVED)
		buffer_string(out, ": ended");
	else if (input->purpose == MESSAGE_UPDATED)
		buffer_string(out, ": changed");
}

void message_subject(const struct message_input *input, struct buffer *out)
{
	if (input->purpose == MESSAGE_OPS) {
		buffer_format(out, "casewatch: %.*s",
		              TEXT_ARG(input->payload->ops.length ? input->payload->ops : TEXT("ops")));
		return;
	}
	buffer_string(out, "OFFICIAL-SENSITIVE ");
	if (input->alert_count == 0)
		buffer_string(out, "List");
	else
		alert_subject(input, out);
}

/* ---- bodies ---- */

static void put_moment(const struct message_input *input, instant at, bool day_only, struct buffer *out)
{
	words_moment(calendar_zone(input->calendar), (struct words_moment){at, day_only}, WORDS_FULL, out);
}

/* Untrusted words on one line: nothing in them may begin a line or a heading of its own. */
static void put_words(struct text words, struct buffer *out)
{
	for (size_t i = 0; i < words.length; i++) {
		unsigned char c = (unsigned char)words.at[i];
		buffer_char(out, c < ' ' || c == 0x7F ? ' ' : words.at[i]);
	}
}

/* What an alert that asks for an answer says beside its number. Why it is asked again is said only where that is
 * kept. */
static void put_asking(const struct message_input *input, const struct message_alert *alert, struct buffer *out)
{
	const struct payload *payload = alert->payload;
	buffer_format(out, "%s alert A-%" PRId64, severity_word(alert->severity), alert->number);
	if (input->purpose == MESSAGE_UPDATED)
		buffer_string(out, " has changed. It still stands");
	if (input->purpose == MESSAGE_PASSED_ON)
		buffer_string(out, " was passed on to you");
	if (payload->cause_known && payload->cause == CAUSE_UNANSWERED && alert->answer.at == INSTANT_NONE)
		buffer_string(out, ": nobody has answered");
	if (payload->cause_known && (payload->cause == CAUSE_REVIEW_ASKED || payload->cause == CAUSE_REVIEW_DEFAULT))
		buffer_string(out, ": the cause is still there");
	if (payload->answer_by != INSTANT_NEVER) {
		buffer_string(out, ": answer by ");
		words_answer_by(calendar_zone(input->calendar), payload->answer_by, input->now, out);
	}
}

static void put_heading(const struct message_input *input, const struct message_alert *alert, struct buffer *out)
{
	buffer_string(out, "# ");
	switch (input->purpose) {
	case MESSAGE_WARNED:
		buffer_format(out, "Early warning A-%" PRId64, alert->number);
		break;
	case MESSAGE_WITHDRAWN:
		buffer_format(out, "Alert A-%" PRId64 " is withdrawn: you do not need to answer", alert->number);
		break;
	case MESSAGE_ANSWERED:
	case MESSAGE_RESOLVED:
		buffer_format(out, "Alert A-%" PRId64 " %s: %s", alert->number,
		              alert->state == ALERT_STANDING ? "was answered" : "has ended",
		              !alert->asked_still                 ? "you do not need to do anything"
		              : message_owes_answer(input, alert) ? "your own answer is still asked for"
		                                                  : "it is still open");
		break;
	case MESSAGE_REVIEW_CUT:
		buffer_format(out, "Alert A-%" PRId64 ": we ask again sooner than you asked", alert->number);
		break;
	case MESSAGE_OPENED:
	case MESSAGE_UPDATED:
	case MESSAGE_ESCALATED:
	case MESSAGE_ASKED_AGAIN:
	case MESSAGE_PASSED_ON:
	case MESSAGE_LIST:
	case MESSAGE_OPS:
		put_asking(input, alert, out);
		break;
	}
	buffer_string(out, "\n\n");
}

static void put_fact(const struct message_input *input, const struct message_fact *fact, struct buffer *out)
{
	buffer_format(out, "%s:\t", fact->label);
	switch (fact->kind) {
	case FACT_WORDS:
		put_words(fact->words, out);
		break;
	case FACT_TIME:
	case FACT_SINCE:
		put_moment(input, fact->time, fact->day_precision, out);
		break;
	case FACT_DUE:
		words_until(calendar_zone(input->calendar), fact->time, WORDS_FULL_YEAR, out);
		break;
	case FACT_NOT_RECORDED:
		put_words(fact->words.length ? fact->words : TEXT("Not recorded"), out);
		break;
	case FACT_UNREADABLE:
		buffer_string(out, "Not readable");
		break;
	}
	buffer_char(out, '\n');
}

static void put_subject_line(const struct message_alert *alert, struct buffer *out)
{
	if (!alert->subject.length)
		return;
	buffer_format(out, "%s:\t", message_subject_label(alert));
	put_words(alert->subject, out);
	if (alert->initials.length) {
		buffer_string(out, ", ");
		put_words(alert->initials, out);
	}
	if (alert->age >= 0)
		buffer_format(out, ", aged %d", alert->age);
	buffer_char(out, '\n');
}

/* The same facts as in the usual form: a broken template must not cost a fact. */
static void put_facts(const struct message_input *input, const struct message_alert *alert, struct buffer *out)
{
	struct arena *arena = arena_new(4096);
	struct message_facts facts;
	message_facts(input, alert, alert->history, alert->history_count, arena, &facts);
	put_subject_line(alert, out);
	for (size_t i = 0; i < facts.count; i++)
		put_fact(input, &facts.items[i], out);
	arena_free(arena);
}

static void put_evidence(const struct message_input *input, const struct message_alert *alert, struct buffer *out)
{
	if (!alert->evidence_count)
		return;
	buffer_string(out, "\n# What happened\n\n");
	for (size_t i = 0; i < alert->evidence_count && i < 50; i++) {
		const struct message_event *item = &alert->evidence[i];
		buffer_format(out, "* %s: ", item->title);
		put_moment(input, item->event->time, item->event->day_precision, out);
		buffer_string(out, item->late ? "; recorded LATE, " : "; recorded ");
		put_moment(input, item->recorded, false, out);
		buffer_char(out, '\n');
	}
}

static void put_why(const struct message_input *input, const struct message_alert *alert, struct buffer *out)
{
	if (alert->payload->because.length) {
		buffer_string(out, "\n# Why you are told\n\n");
		put_words(alert->payload->because, out);
		buffer_string(out, "\n");
	}
	if (alert->payload->reason.length) {
		buffer_string(out, "\nReason: ");
		put_words(alert->payload->reason, out);
		buffer_string(out, "\n");
	}
	if (alert->rule && alert->rule->text && !message_needs_nothing(input->purpose) &&
	    input->purpose != MESSAGE_WITHDRAWN) {
		const char *words = input->purpose == MESSAGE_WARNED && alert->rule->warning_text
		                            ? alert->rule->warning_text
		                            : alert->rule->text;
		buffer_string(out, "\n# What to do\n\n");
		put_words(text_of(words), out);
		buffer_string(out, "\n");
	}
}

static void put_alert(const struct message_input *input, const struct message_alert *alert, struct buffer *out)
{
	buffer_format(out, "\n**%s**\n\n", alert->title);
	if (alert->restricted)
		buffer_string(out, "The facts of this alert are in the case system alone.\n");
	else
		put_facts(input, alert, out);
	if (alert->answer_url)
		buffer_format(out, "\nAnswer this alert:\n%s\n", alert->answer_url);
	if (alert->restricted)
		return;
	put_why(input, alert, out);
	put_evidence(input, alert, out);
}

static void put_footer(const struct message_input *input, struct buffer *out)
{
	buffer_string(out, "\n--\n");
	for (size_t i = 0; i < input->alert_count; i++)
		if (input->alerts[i].number)
			buffer_format(out, "Alert A-%" PRId64 ". ", input->alerts[i].number);
	if (input->council && input->council[0])
		buffer_format(out, "casewatch for %s. ", input->council);
	buffer_string(out, "Do not forward this email: it was sent to you by role.");
	if (input->directory && input->directory->duty_phone)
		buffer_format(out, " Questions: ring %s and give the alert number.", input->directory->duty_phone);
	buffer_string(out, " An email can arrive twice; the alert number tells you it is the same one.\n");
}

static void put_sent(const struct message_input *input, struct buffer *out)
{
	buffer_string(out, "For the ");
	words_in_sentence(input->role_title, out);
	buffer_string(out, ". Sent ");
	words_moment(calendar_zone(input->calendar), (struct words_moment){input->now, false}, WORDS_FULL_YEAR, out);
	buffer_string(out, ".\n");
}

static void plain_ops(const struct message_input *input, struct buffer *out)
{
	buffer_format(out, "# casewatch: %.*s\n\n", TEXT_ARG(input->payload->ops));
	put_words(input->payload->words, out);
	buffer_string(out, "\n\n");
	put_sent(input, out);
}

static void plain_alerts(const struct message_input *input, struct buffer *out)
{
	buffer_string(out, "OFFICIAL-SENSITIVE\n\n");
	if (input->alert_count == 1)
		put_heading(input, &input->alerts[0], out);
	else
		buffer_format(out, "# %zu alerts for you\n\n", input->alert_count);
	put_sent(input, out);
	/* also keeps the child's data out of the first 256 characters, which lock screens show */
	buffer_string(out,
	              "\nThis message is in plain words, because its usual form could not be made; those who run "
	              "casewatch have "
	              "been told. What it says is complete: the facts follow below. Its first lines show on a locked "
	              "screen and name nobody.\n");
	for (size_t i = 0; i < input->alert_count; i++) {
		if (input->alert_count > 1) {
			buffer_char(out, '\n');
			put_heading(input, &input->alerts[i], out);
		}
		put_alert(input, &input->alerts[i], out);
	}
	put_footer(input, out);
}

void message_plain(const struct message_input *input, struct message *out)
{
	struct buffer source = {0};
	buffer_clear(&out->subject);
	buffer_clear(&out->text);
	buffer_clear(&out->html);
	message_subject(input, &out->subject);
	if (input->purpose == MESSAGE_OPS)
		plain_ops(input, &source);
	else
		plain_alerts(input, &source);
	layout_text(buffer_view(&source), &out->text);
	buffer_free(&source);
}

/* brief: one text to a phone, and the card of a channel. */
#include "message/brief.h"

#include "message/page.h"
#include "text/gsm7.h"

#include <inttypes.h>
#include <stdio.h>

/* What is left out of a text where one part of 160 has no room for all, the first of these first. */
enum worth { WORTH_LITTLE, WORTH_A_CALL, WORTH_A_LINK, WORTH_ALL };
#define PARTS_MOST 10 /* of a text message: those that layout() below puts in, fewer than so many */
struct brief {
	const struct message_input *input;
	const struct message_alert *alert; /* the one, or the most urgent */
	struct buffer parts[PARTS_MOST];
	enum worth worth[PARTS_MOST];
	size_t count;
};

static struct buffer *part(struct brief *brief, enum worth worth)
{
	brief->worth[brief->count] = worth;
	return &brief->parts[brief->count++];
}

static const char *severity_word(enum severity severity)
{
	/* In capitals, since a text has neither colour nor shape; the others stand out by not being it. */
	return severity == SEVERITY_CRITICAL ? "CRITICAL" : message_severity_word(severity);
}

static const struct zone *zone_of(const struct brief *brief)
{
	return calendar_zone(brief->input->calendar);
}

static void put_number(const struct brief *brief, struct buffer *out)
{
	buffer_format(out, "%s alert A-%" PRId64, severity_word(brief->alert->severity), brief->alert->number);
}

/* "Answer by 02:40"; nothing where no answer is asked for. */
static bool put_answer_by(const struct brief *brief, struct buffer *out)
{
	instant by = brief->alert->payload->answer_by;
	if (!message_has_time(by))
		return false;
	buffer_string(out, "Answer by ");
	words_answer_by(zone_of(brief), by, brief->input->now, out);
	return true;
}

/* Of several alerts to the page of all that waits for this person, if there is one. */
static void put_link(struct brief *brief)
{
	if (brief->input->alert_count > 1 && brief->input->page_url)
		buffer_format(part(brief, WORTH_A_LINK), "%s %s", brief->input->no_more_before ? " Read them all:" : "",
		              brief->input->page_url);
	else if (brief->alert->answer_url && brief->alert->answer_url[0])
		buffer_format(part(brief, WORTH_A_LINK), " %s", brief->alert->answer_url);
}

/* A phone that is quiet from here on must not look like peace. */
static void put_silence(struct brief *brief, enum worth worth)
{
	if (!brief->input->no_more_before)
		return;
	struct buffer *out = part(brief, worth);
	buffer_string(out, " No more texts to this phone before ");
	words_clock(zone_of(brief), brief->input->no_more_before, out);
	buffer_char(out, '.');
}

static void put_phone(struct brief *brief)
{
	const struct directory *directory = brief->input->directory;
	if (!directory || !directory->duty_phone)
		return;
	bool link = brief->alert->answer_url && brief->alert->answer_url[0];
	struct buffer *out =
		part(brief, link ? WORTH_A_CALL : WORTH_A_LINK); /* without a page it is the way to answer */
	buffer_string(out, link ? " No internet? Ring " : " Ring ");
	gsm7_put(text_of(directory->duty_phone), out);
}

/* ---- alerts that ask for an answer ---- */

/* Why it is said now, where that is known: each with the fact it stands on (docs/sentences.md). */
static void put_cause(struct brief *brief)
{
	const struct payload *payload = brief->alert->payload;
	instant since = message_silent_since(brief->alert, brief->input->now);
	if (!payload->cause_known)
		return;
	if (payload->cause == CAUSE_UNANSWERED && since != INSTANT_NEVER && brief->input->now - since >= MINUTE) {
		struct buffer *silence = part(brief, WORTH_LITTLE);
		buffer_string(silence, " No answer for ");
		words_span(brief->input->now - since, silence);
		buffer_char(silence, '.');
	}
	if (payload->cause == CAUSE_UNANSWERED && brief->input->purpose == MESSAGE_ESCALATED)
		buffer_string(part(brief, WORTH_A_CALL), " It is now with you.");
	if (payload->cause == CAUSE_REVIEW_ASKED || payload->cause == CAUSE_REVIEW_DEFAULT)
		buffer_string(part(brief, WORTH_LITTLE), " The cause is still there.");
}

static void put_asking(struct brief *brief)
{
	enum message_purpose purpose = brief->input->purpose;
	struct buffer *head = part(brief, WORTH_ALL), by = {0};
	put_number(brief, head);
	if (purpose == MESSAGE_UPDATED)
		buffer_string(head, " has changed and still stands");
	else if (purpose == MESSAGE_PASSED_ON)
		buffer_string(head, " was passed on to you");
	buffer_char(head, '.');
	put_cause(brief);
	if (purpose != MESSAGE_ESCALATED && put_answer_by(brief, &by)) {
		buffer_format(part(brief, WORTH_ALL), " %s", buffer_cstr(&by));
		if (purpose == MESSAGE_OPENED && brief->alert->payload->next_count)
			buffer_string(part(brief, WORTH_LITTLE), " or the next person is told");
		buffer_char(part(brief, WORTH_ALL), '.');
	}
	buffer_free(&by);
	put_silence(brief, WORTH_ALL);
	put_link(brief);
	if (purpose != MESSAGE_UPDATED)
		put_phone(brief);
}

static void put_several(struct brief *brief)
{
	const struct message_input *input = brief->input;
	struct buffer *head = part(brief, WORTH_ALL), by = {0};
	size_t critical = 0;
	const struct message_alert *first = &input->alerts[0];
	for (size_t i = 0; i < input->alert_count; i++) {
		critical += input->alerts[i].severity == SEVERITY_CRITICAL;
		if (input->alerts[i].payload->answer_by < first->payload->answer_by)
			first = &input->alerts[i];
	}
	brief->alert = first;
	if (message_needs_nothing(input->purpose)) {
		buffer_format(head, "%zu alerts were answered or have ended. %s", input->alert_count,
		              message_is_all_over(input) ? "You do not need to do anything."
		                                         : "Not all are over for you.");
		put_silence(brief, WORTH_ALL);
		return;
	}
	buffer_format(head, "%zu alerts wait", input->alert_count);
	if (critical)
		buffer_format(head, ", %zu CRITICAL", critical);
	buffer_char(head, '.');
	if (message_has_time(first->payload->answer_by)) {
		words_answer_by(zone_of(brief), first->payload->answer_by, input->now, &by);
		buffer_format(part(brief, input->no_more_before ? WORTH_LITTLE : WORTH_ALL),
		              " Answer the first by %s.", buffer_cstr(&by));
	}
	buffer_free(&by);
	put_silence(brief, WORTH_ALL);
	put_link(brief);
	put_phone(brief);
}

/* ---- what asks for nothing ---- */

/* Whether this person has an email of the same kind about it: a text may point to it only then. */
static bool has_email(const struct brief *brief)
{
	const struct message_alert *alert = brief->alert;
	for (size_t i = 0; brief->input->person && i < alert->told_count; i++)
		if (alert->told[i].purpose == brief->input->purpose &&
		    channel_words_called(text_of(alert->told[i].channel))->form == CHANNEL_LETTER &&
		    text_equal(alert->told[i].person, text_of(brief->input->person->id)))
			return true;
	return false;
}

static void put_over(struct brief *brief)
{
	const struct message_alert *alert = brief->alert;
	struct buffer *out = part(brief, WORTH_ALL);
	buffer_format(out, "alert A-%" PRId64, alert->number);
	if (brief->input->purpose == MESSAGE_WITHDRAWN) {
		buffer_string(out, " is withdrawn. You do not need to answer.");
		if (has_email(brief))
			buffer_string(part(brief, WORTH_LITTLE), " The email says why.");
		put_silence(brief, WORTH_ALL);
		return;
	}
	if (alert->state != ALERT_STANDING) {
		buffer_string(out, " has ended");
	} else {
		buffer_string(out, " was answered");
		if (message_has_time(alert->payload->answered_at)) {
			buffer_string(out, " at ");
			words_clock(zone_of(brief), alert->payload->answered_at, out);
		}
	}
	if (!alert->asked_still) {
		buffer_string(out, ". You do not need to do anything.");
		put_silence(brief, WORTH_ALL);
		return;
	}
	buffer_string(out, message_owes_answer(brief->input, alert) ? ". Your own answer is still asked for."
	                                                            : ". It is still open.");
	put_silence(brief, WORTH_ALL);
	put_link(brief);
}

static void put_review_cut(struct brief *brief)
{
	struct buffer *out = part(brief, WORTH_ALL);
	buffer_format(out, "alert A-%" PRId64 ": we ask again sooner than you asked", brief->alert->number);
	if (message_has_time(brief->alert->payload->review_at)) {
		buffer_string(out, ": ");
		words_moment(zone_of(brief), (struct words_moment){brief->alert->payload->review_at, false},
		             WORDS_TABLE, out);
	}
	buffer_char(out, '.');
	put_silence(brief, WORTH_ALL);
}

static void put_warning(struct brief *brief)
{
	struct buffer *out = part(brief, WORTH_ALL);
	instant due = brief->alert->due;
	buffer_format(out, "early warning A-%" PRId64 ". Nothing to answer yet.", brief->alert->number);
	if (message_has_time(due) && due > brief->input->now) {
		buffer_char(out, ' ');
		words_left(due - brief->input->now, out);
		buffer_char(out, '.');
	}
	put_silence(brief, WORTH_ALL);
	put_link(brief);
}

static void put_ops(struct brief *brief)
{
	struct text word = brief->input->payload->ops;
	struct buffer *out = part(brief, WORTH_ALL);
	buffer_string(out, "casewatch: ");
	gsm7_put(word.length ? word : TEXT("ops"), out);
	buffer_string(out, ". What is wrong, and what to do next: casewatch status");
	put_silence(brief, WORTH_LITTLE);
}

/* ---- all ---- */

/* What a part takes of a text as it is put: a character that the alphabet lacks becomes one question mark. */
static size_t septets(const struct buffer *part)
{
	size_t length = gsm7_length(buffer_view(part));
	return length == SIZE_MAX ? part->length : length;
}

static void put_fitting(struct brief *brief, struct buffer *out)
{
	size_t length = 0;
	for (size_t i = 0; i < brief->count; i++)
		length += septets(&brief->parts[i]);
	for (int worth = WORTH_LITTLE; worth < WORTH_ALL; worth++)
		for (size_t i = 0; i < brief->count && length > GSM7_ONE_PART; i++)
			if (brief->worth[i] == (enum worth)worth) {
				length -= septets(&brief->parts[i]);
				buffer_clear(&brief->parts[i]);
			}
	for (size_t i = 0; i < brief->count; i++) {
		gsm7_put(buffer_view(&brief->parts[i]), out);
		buffer_free(&brief->parts[i]);
	}
}

static void put_alert(struct brief *brief)
{
	buffer_string(part(brief, WORTH_ALL), "casewatch: ");
	if (brief->input->alert_count > 1) {
		put_several(brief);
		return;
	}
	switch (brief->input->purpose) {
	case MESSAGE_WARNED:
		put_warning(brief);
		break;
	case MESSAGE_ANSWERED:
	case MESSAGE_RESOLVED:
	case MESSAGE_WITHDRAWN:
		put_over(brief);
		break;
	case MESSAGE_REVIEW_CUT:
		put_review_cut(brief);
		break;
	case MESSAGE_OPENED:
	case MESSAGE_UPDATED:
	case MESSAGE_ESCALATED:
	case MESSAGE_ASKED_AGAIN:
	case MESSAGE_PASSED_ON:
	case MESSAGE_LIST:
	case MESSAGE_OPS:
		put_asking(brief);
		break;
	}
}

#define LIST_NAME_MOST 40 /* beside the longest link */

/* "your missing list". */
static void put_list_name(struct text name, struct buffer *out)
{
	char words[LIST_NAME_MOST + 1];
	bool fits = name.length && name.length <= LIST_NAME_MOST;
	(void)snprintf(words, sizeof words, "%.*s", fits ? (int)name.length : 4, fits ? name.at : "list");
	buffer_string(out, "your ");
	words_in_sentence(words, out);
}

static void put_list(struct brief *brief)
{
	const struct payload *payload = brief->input->payload;
	struct buffer *out = part(brief, WORTH_ALL);
	buffer_string(out, "casewatch: ");
	put_list_name(brief->input->list_name, out);
	if (message_has_time(payload->due)) {
		buffer_string(out, " of ");
		words_day(zone_date(zone_of(brief), payload->due), WORDS_TABLE, out);
	}
	buffer_string(out, " could not be emailed.");
	if (!brief->input->page_url) {
		buffer_string(out, " Ask those who run casewatch for it.");
		put_silence(brief, WORTH_LITTLE);
		return;
	}
	buffer_format(out, " Read it: %s", brief->input->page_url);
	const char *name = strstr(out->at, "/lists/"); /* of a long one the page that has all of this person's */
	if (gsm7_length(buffer_view(out)) > GSM7_ONE_PART && name)
		out->at[out->length = (size_t)(name - out->at) + 6] = '\0';
	put_silence(brief, WORTH_LITTLE);
}

void message_brief(const struct message_input *input, struct buffer *out)
{
	struct brief brief = {.input = input, .alert = input->alert_count ? &input->alerts[0] : NULL};
	if (brief.alert)
		put_alert(&brief);
	else if (input->purpose == MESSAGE_OPS)
		put_ops(&brief);
	else
		put_list(&brief);
	put_fitting(&brief, out);
}

/* ---- card ---- */

/* The first letter of a card's line is a capital one. */
static void end_line(struct buffer *line)
{
	if (line->length && line->at[0] >= 'a' && line->at[0] <= 'z')
		line->at[0] = (char)(line->at[0] - 'a' + 'A');
}

static void card_of_alert(struct brief *brief, struct message_card *card)
{
	const struct directory *directory = brief->input->directory;
	bool over = message_needs_nothing(brief->input->purpose) || brief->input->purpose == MESSAGE_WITHDRAWN;
	if (over || brief->input->purpose == MESSAGE_REVIEW_CUT || brief->input->purpose == MESSAGE_WARNED) {
		put_alert(brief);
		buffer_text(&card->title, buffer_view(&brief->parts[1]));
		return;
	}
	put_number(brief, &card->title);
	if (brief->input->purpose == MESSAGE_UPDATED)
		buffer_string(&card->title, " has changed");
	if (!put_answer_by(brief, &card->by))
		return;
	if (brief->alert->payload->next_count)
		buffer_format(&card->words, "If %s, the next person is told. ",
		              message_each_owed(brief->alert) ? "not everyone answers" : "nobody answers");
	if (directory && directory->duty_phone)
		buffer_format(&card->words, "%sing %s.", card->link ? "No internet? R" : "R", directory->duty_phone);
}

void message_card(const struct message_input *input, struct message_card *card)
{
	struct brief brief = {.input = input, .alert = input->alert_count ? &input->alerts[0] : NULL};
	*card = (struct message_card){0};
	if (!brief.alert) {
		message_brief(input, &card->title);
		return;
	}
	card->link = brief.alert->answer_url && brief.alert->answer_url[0] ? brief.alert->answer_url : NULL;
	if (input->alert_count > 1) {
		put_alert(&brief);
		buffer_text(&card->title, buffer_view(&brief.parts[1]));
	} else {
		card_of_alert(&brief, card);
	}
	if (card->link)
		buffer_format(&card->open, "Open alert A-%" PRId64, brief.alert->number);
	end_line(&card->title);
	for (size_t i = 0; i < brief.count; i++)
		buffer_free(&brief.parts[i]);
}

void message_card_free(struct message_card *card)
{
	buffer_free(&card->title);
	buffer_free(&card->by);
	buffer_free(&card->words);
	buffer_free(&card->open);
}

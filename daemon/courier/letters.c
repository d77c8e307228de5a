/* letters: which rows go together, what their message says, and its bytes. */
#include "courier/courier_internal.h"

#include "message/brief.h"
#include "store/lines.h"
#include "store/outbox/told.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- together ---- */

size_t letters_most(const struct letter *letter)
{
	const struct payload *payload = letter->items[0]->payload;
	if (letter->storm || letter->tried) /* a text counts them: many are as short as few; as many as there were */
		return DIGEST_ALERTS;
	return payload->cause_known && payload->cause == CAUSE_GO_LIVE ? DIGEST_ALERTS : LETTER_ALERTS;
}

static bool same_alert(const struct letter *letter, const struct item *item)
{
	if (letter->asks) /* by its reference, which is compared already: whatever it was about */
		return true;
	return item->row.alert.length && text_equal(letter->items[0]->row.alert, item->row.alert) &&
	       text_equal(letter->items[0]->row.purpose, item->row.purpose);
}

static bool go_together(const struct item *first, const struct item *item)
{
	return hours_groups(first) && hours_groups(item) && hours_purposes(first) == hours_purposes(item);
}

/* Two roles of one person hear of one alert once; other alerts join where both group. A message that was tried before
 * keeps its rows together, and takes in no others. */
static bool joins(const struct letter *letter, const struct item *item, const struct person *person)
{
	const struct item *first = letter->items[0];
	if (letter->person != person || letter->asks != outbox_is_given(&item->row) ||
	    letter->count == letters_most(letter) ||
	    !text_equal(first->row.channel, item->row.channel) ||
	    !text_equal(first->row.message_id, item->row.message_id))
		return false;
	return letter->tried || same_alert(letter, item) || go_together(first, item);
}

struct letter *letters_put(struct pass *pass, struct item *item, const struct person *person, enum lane lane,
                           bool may_begin)
{
	for (size_t i = 0; i < pass->letter_count; i++) {
		struct letter *letter = pass->letters[i];
		if (joins(letter, item, person)) {
			letter->items[letter->count++] = item;
			return letter;
		}
	}
	if (!may_begin || pass->letter_count == PASS_ROWS)
		return NULL;
	struct letter *letter = arena_alloc(pass->arena, sizeof *letter);
	*letter = (struct letter){.person = person, .count = 1, .way = item->way, .lane = lane,
	                          .tried = item->row.message_id.length > 0, .asks = outbox_is_given(&item->row)};
	letter->items = arena_alloc(pass->arena, DIGEST_ALERTS * sizeof *letter->items);
	letter->role = arena_copy_text(pass->arena, item->row.role.at, item->row.role.length);
	letter->items[0] = item;
	pass->planned[letter->way][letter->lane]++;
	pass->letters[pass->letter_count++] = letter;
	return letter;
}

/* ---- words ---- */

static int urgency(const void *left, const void *right)
{
	const struct message_alert *a = left, *b = right;
	if (a->severity != b->severity)
		return a->severity < b->severity ? -1 : 1;
	if (a->payload->answer_by != b->payload->answer_by)
		return a->payload->answer_by < b->payload->answer_by ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Who holds a link answers as the person it was made for, so it goes to that person alone; a channel that many read
 * is sent the address of the alert's page, which asks who they are (look.md, "A channel is read by many"). An early
 * warning asks for no answer. */
static const char *answer_link(struct pass *pass, const struct letter *letter, const struct item *item)
{
	const struct courier_settings *settings = &pass->courier->settings;
	char token[LINK_TOKEN_SIZE];
	struct buffer link = {0};
	if (!settings->answer_url || !settings->link_keys || item->row.kind == OUTBOX_WARNING)
		return NULL;
	buffer_string(&link, settings->answer_url);
	if (channel_form(pass->courier->ways[letter->way].by->channel->reaches) == CHANNEL_CARD) {
		link.length -= link.length >= 2 ? 2 : 0; /* the base of all pages: without "a/" */
		buffer_format(&link, "alerts/A-%lld", (long long)item->about->alert.number);
	} else {
		struct outbox_row row = item->row;
		row.person = text_of(letter->person->id);
		link_make(settings->link_keys, &row, pass->now, token);
		buffer_string(&link, token);
	}
	char *kept = arena_copy_text(pass->arena, link.at, link.length);
	buffer_free(&link);
	return kept;
}

/* Of several alerts: the page of all that waits for the person, which the first alert's token opens, too. */
static const char *page_link(struct pass *pass, const struct message_alert *alerts, size_t count)
{
	const struct courier_settings *settings = &pass->courier->settings;
	if (count < 2 || !alerts[0].answer_url || !settings->answer_url)
		return NULL;
	size_t base = strlen(settings->answer_url), length = strlen(alerts[0].answer_url);
	if (base < 2 || length != base + LINK_TOKEN_LENGTH)
		return NULL; /* of a channel that many read */
	char *link = arena_copy_text(pass->arena, alerts[0].answer_url, length);
	link[base - 2] = 'm';
	return link;
}

/* Of a list: its page, which asks who reads it. The answers' address ends in "/a/" (config.c). */
static const char *list_link(struct pass *pass, const struct payload *payload)
{
	const char *base = pass->courier->settings.answer_url;
	struct buffer link = {0};
	if (!base || strlen(base) < 3 || !payload->list.length)
		return NULL;
	buffer_format(&link, "%.*slists/%.*s", (int)strlen(base) - 2, base, TEXT_ARG(payload->list));
	if (payload->team.length)
		buffer_format(&link, "?team=%.*s", TEXT_ARG(payload->team));
	const char *kept = arena_copy_text(pass->arena, link.at, link.length);
	buffer_free(&link);
	return kept;
}

/* Each alert once, the most urgent first. */
static size_t gather_alerts(struct pass *pass, const struct letter *letter, struct message_alert *alerts)
{
	size_t count = 0;
	for (size_t i = 0; i < letter->count; i++) {
		bool known = false;
		if (!letter->items[i]->about)
			continue;
		for (size_t k = 0; k < count; k++)
			known = known || text_equal(alerts[k].id, letter->items[i]->about->alert.id);
		if (known)
			continue;
		alerts[count] = letter->items[i]->about->alert;
		alerts[count++].answer_url = answer_link(pass, letter, letter->items[i]);
	}
	if (count > 1)
		qsort(alerts, count, sizeof *alerts, urgency);
	return count;
}

static const char *team_title(const struct pass *pass, const struct item *item)
{
	const struct directory *directory = pass->courier->settings.directory;
	const struct team *team = NULL;
	if (item->payload->team.length)
		team = directory_team(directory, item->payload->team);
	else if (item->about && directory_role_from(directory, item->row.role) == ROLE_FROM_MANAGER)
		(void)directory_teams(directory, item->about->open, item->about->open_count, &team, 1);
	return team ? team->title : NULL;
}

static enum result render_list(struct pass *pass, const struct letter *letter, struct message *message,
                               struct fault *fault)
{
	const struct courier_settings *settings = &pass->courier->settings;
	const struct item *item = letter->items[0];
	if (!settings->list)
		return fault_set(fault, RESULT_PERMANENT, "no list can be rendered here");
	return settings->list(settings->context, &item->row, item->payload, letter->person, pass->now, message, fault);
}

static enum result render_mail(struct pass *pass, const struct message_input *input, struct message *message)
{
	const struct courier_settings *settings = &pass->courier->settings;
	struct fault why = {"there is no template"};
	bool in_parts = input->purpose != MESSAGE_OPS || input->payload->detail.length;
	if (!in_parts || !settings->render) {
		message_plain(input, message);
		return RESULT_OK;
	}
	if (settings->render(input, message, &why) == RESULT_OK && message->text.length && message->subject.length)
		return RESULT_OK;
	message_plain(input, message);
	buffer_string(&message->fell_back, why.text);
	return RESULT_OK;
}

/* A form that fails falls back to the CloudEvent, which is made of nothing that a person can edit. */
static enum result render_hook(const struct message_input *input, struct text reference, struct message *message,
                               struct fault *fault)
{
	struct fault why = {""};
	if (message_hook(input, reference, &message->text, &message->media, &why) == RESULT_OK)
		return RESULT_OK;
	struct person plain = *input->person;
	struct message_input without = *input;
	plain.webhook_form = NULL;
	without.person = &plain;
	buffer_clear(&message->text);
	buffer_string(&message->fell_back, why.text);
	return message_hook(&without, reference, &message->text, &message->media, fault);
}

/* As the channel has it: a mail, one text, or a card. */
static enum result render_as(struct pass *pass, const struct letter *letter, const struct message_input *input,
                             struct message *message, struct fault *fault)
{
	switch (channel_form(pass->courier->ways[letter->way].by->channel->reaches)) {
	case CHANNEL_LETTER: return render_mail(pass, input, message);
	case CHANNEL_BRIEF: message_brief(input, &message->text); return RESULT_OK;
	case CHANNEL_CARD: return render_hook(input, letter->items[0]->row.message_id, message, fault);
	}
	return render_mail(pass, input, message);
}

static enum result render(struct pass *pass, const struct letter *letter, struct message *message, struct fault *fault)
{
	const struct courier_settings *settings = &pass->courier->settings;
	const struct item *first = letter->items[0];
	bool mail = channel_form(pass->courier->ways[letter->way].by->channel->reaches) == CHANNEL_LETTER;
	if (first->row.kind == OUTBOX_LIST && mail)
		return render_list(pass, letter, message, fault);
	struct message_alert *alerts = arena_alloc(pass->arena, letter->count * sizeof *alerts);
	struct message_input input = {.purpose = message_purpose_of(first->row.purpose),
	                              .alerts = alerts,
	                              .alert_count = gather_alerts(pass, letter, alerts),
	                              .payload = first->payload,
	                              .role = letter->role,
	                              .role_title = directory_role_title(settings->directory, letter->role),
	                              .team_title = team_title(pass, first),
	                              .person = letter->person,
	                              .no_more_before = letter->no_more_before,
	                              .now = pass->now,
	                              .calendar = settings->calendar,
	                              .directory = settings->directory,
	                              .council = settings->council,
	                              .templates = settings->templates};
	/* Reminders and early warnings are of alerts, too: their purpose is the row's own. */
	if (first->row.kind == OUTBOX_OPS || first->row.kind == OUTBOX_LIST)
		input.purpose = first->row.kind == OUTBOX_OPS ? MESSAGE_OPS : MESSAGE_LIST;
	if (input.alert_count)
		input.payload = alerts[0].payload;
	if (input.purpose == MESSAGE_LIST && settings->list_name)
		input.list_name = settings->list_name(settings->context, first->payload->list);
	input.page_url = input.purpose == MESSAGE_LIST ? list_link(pass, first->payload)
	                                               : page_link(pass, alerts, input.alert_count);
	return render_as(pass, letter, &input, message, fault);
}

/* ---- bytes ---- */

/* The first message about the alert that went to this person: later ones answer it, so that clients thread them. */
static struct text find_first_id(const struct letter *letter)
{
	const struct outbox_row *own = &letter->items[0]->row;
	if (letter->asks || letter->count > 1 || own->alert.length == 0 || !letter->items[0]->about->known)
		return TEXT_NONE;
	const struct alert_context_rows *rows = &letter->items[0]->about->rows;
	for (size_t i = 0; i < rows->count; i++) {
		const struct outbox_row *row = &rows->items[i];
		if (row->message_id.length && told_reached(row) && text_equal(row->channel, own->channel) &&
		    text_equal(row->person, text_of(letter->person->id)))
			return row->id == own->id ? TEXT_NONE : row->message_id;
	}
	return TEXT_NONE;
}

/* As a row, by which it is named. */
static struct outbox_row named_after(const struct letter *letter)
{
	struct outbox_row *rows = mem_zero(letter->count, sizeof *rows);
	for (size_t i = 0; i < letter->count; i++)
		rows[i].same = letter->items[i]->row.same;
	struct outbox_row named = {.id = letter->items[0]->row.id, .same = outbox_same_together(rows, letter->count)};
	free(rows);
	return named;
}

static struct text name_of(struct pass *pass, struct letter *letter)
{
	struct buffer id = {0};
	if (letter->name.length)
		return letter->name;
	const struct courier_channel *by = pass->courier->ways[letter->way].by;
	letter->name = letter->items[0]->row.message_id; /* the same for ever */
	if (!letter->name.length) {
		letter->named = letter->count == 1 ? letter->items[0] : NULL;
		char name[OUTBOX_NAME_SIZE];
		struct outbox_row named = named_after(letter);
		outbox_message_name(pass->courier->settings.store, &named, name);
		by->channel->reference(by->settings, letter->items[0]->row.id, text_of(name), &id);
	}
	if (id.length)
		letter->name = text_keep(pass->arena, buffer_view(&id));
	buffer_free(&id);
	return letter->name;
}

enum result letters_name(struct pass *pass, struct letter *letter, struct item *item, struct fault *fault)
{
	return courier_write_address(pass, item, name_of(pass, letter), fault);
}

/* Also the rows that came from another letter; by now all of them are known. */
static enum result name_all(struct pass *pass, struct letter *letter, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool as_named = letter->count == 1 && letter->named == letter->items[0];
	if (!letter->items[0]->row.message_id.length && !letter->asks && !as_named)
		letter->name = TEXT_NONE;
	for (size_t i = 0; i < letter->count && result == RESULT_OK; i++) {
		result = letter->asks ? RESULT_OK : letters_name(pass, letter, letter->items[i], fault);
		letter->items[i]->row.message_id = name_of(pass, letter);
	}
	return result;
}

static struct text keep_text(struct delivery *delivery, struct text text)
{
	delivery->bytes += text.length;
	return text_keep(delivery->arena, text);
}

static struct delivery *make_delivery(const struct pass *pass, const struct letter *letter,
                                      const struct message *message, struct text first_id)
{
	struct delivery *delivery = MEM_NEW(struct delivery);
	const struct outbox_row *first = &letter->items[0]->row;
	const struct zone *zone = calendar_zone(pass->courier->settings.calendar);
	delivery->asks = letter->asks;
	delivery->urgent = first->critical;
	delivery->way = letter->way;
	delivery->lane = letter->lane;
	delivery->message.patient = letter->lane == LANE_SUSPECT;
	delivery->message.critical = first->critical;
	delivery->arena = arena_new(2048);
	delivery->rows = arena_alloc(delivery->arena, letter->count * sizeof *delivery->rows);
	for (size_t i = 0; i < letter->count; i++) {
		struct outbox_row *row = &delivery->rows[delivery->row_count++];
		*row = letter->items[i]->row;
		alert_context_own_row(row, delivery->arena);
		delivery->message.possible_duplicate = delivery->message.possible_duplicate || row->possible_duplicate;
	}
	delivery->message.to = keep_text(delivery, first->address);
	delivery->message.subject = keep_text(delivery, buffer_view(&message->subject));
	delivery->message.text = keep_text(delivery, buffer_view(&message->text));
	delivery->message.html = keep_text(delivery, buffer_view(&message->html));
	delivery->message.media = message->media;
	delivery->message.reference = keep_text(delivery, first->message_id);
	delivery->message.first = keep_text(delivery, first_id);
	delivery->message.date = pass->now;
	delivery->message.date_offset = zone_offset(zone, pass->now);
	return delivery;
}

/* What cannot be made now is tried later; what can never be made ends its rows, loudly. */
static enum result not_made(struct pass *pass, const struct letter *letter, enum result why, const struct fault *reason,
                            struct fault *fault)
{
	struct store *store = pass->courier->settings.store;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < letter->count && result == RESULT_OK; i++) {
		const struct outbox_row *row = &letter->items[i]->row;
		if (why == RESULT_TEMPORARY) {
			result = outbox_result(store, row->id, OUTBOX_RETRY, pass->now, pass->now + MINUTE,
			                       text_of(reason->text), fault);
			if (result == RESULT_OK)
				result = tell_late_list(pass->courier, row, letter->items[i]->payload, pass->now,
				                        reason->text, fault);
		} else {
			result = courier_give_up(pass->courier, row, OPS_UNDELIVERABLE, pass->now, reason->text, fault);
		}
	}
	return result;
}

/* A template failed: what is sent in its place holds the facts, and ops are told. Of a message to ops only the log is:
 * telling them by such a message would fail in the same way, without end. */
static enum result tell_template(struct pass *pass, const struct letter *letter, const char *why, struct fault *fault)
{
	char words[512];
	const struct item *item = letter->items[0];
	bool list = item->row.kind == OUTBOX_LIST;
	struct text name = list ? item->payload->list : item->about ? item->about->alert.rule_id : item->row.rule;
	if (item->row.kind == OUTBOX_OPS) {
		store_log_warning(pass->courier->settings.store,
		                  "ops.template: a message to ops fell back to plain text: %.200s", why);
		return RESULT_OK;
	}
	(void)snprintf(words, sizeof words,
	               "a message of %s %.*s fell back to plain text: %.200s. Correct the template; "
	               "what was sent holds the facts.",
	               list ? "list" : "rule", TEXT_ARG(name), why);
	store_log_warning(pass->courier->settings.store, "ops.template: %s", words);
	return courier_tell_ops(pass->courier, OPS_TEMPLATE, name, pass->now, words, fault);
}

static enum result write_letter(struct pass *pass, struct letter *letter, struct fault *fault)
{
	struct message message = {0};
	struct fault reason = {""};
	struct text first_id = find_first_id(letter);
	enum result result = name_all(pass, letter, fault);
	if (result == RESULT_OK) /* a question of the store: where it fails the pass does, and not this message alone */
		result = caps_last(pass, letter, &letter->no_more_before, fault);
	if (result != RESULT_OK)
		return result;
	enum result made = letter->asks ? RESULT_OK : render(pass, letter, &message, &reason);
	bool held = false;
	if (made == RESULT_OK && message.fell_back.length)
		result = tell_template(pass, letter, buffer_cstr(&message.fell_back), fault);
	if (made == RESULT_OK && result == RESULT_OK)
		result = caps_look(pass, letter, buffer_view(&message.text), &held, fault);
	if (result != RESULT_OK || held) {
		message_free(&message);
		return result;
	}
	if (made == RESULT_OK)
		letter->delivery = make_delivery(pass, letter, &message, first_id);
	if (letter->delivery)
		pass->bytes += letter->delivery->bytes;
	else
		result = not_made(pass, letter, made, &reason, fault);
	message_free(&message);
	return result;
}

enum result letters_write(struct pass *pass, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < pass->letter_count && result == RESULT_OK; i++)
		if (pass->letters[i]->count)
			result = write_letter(pass, pass->letters[i], fault);
	return result;
}

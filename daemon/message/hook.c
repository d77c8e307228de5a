/* hook: the card as a webhook is sent it: a CloudEvent, or a template's own JSON. */
#include "message/brief.h"

#include "text/json_read.h"
#include "text/json_write.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdio.h>

static struct data *card_data(const struct message_card *card, bool critical, struct arena *arena)
{
	struct data *data = data_new(DATA_MAP, arena);
	data_text(data, "title", buffer_view(&card->title));
	data_text(data, "by", buffer_view(&card->by));
	data_text(data, "words", buffer_view(&card->words));
	data_text(data, "open", buffer_view(&card->open));
	data_string(data, "link", card->link);
	data_flag(data, "critical", critical);
	return data;
}

/* ---- a template's own ---- */

static enum result check_json(const char *form, struct text made, struct fault *fault)
{
	struct json_reader *reader = json_reader_new(32, 65536);
	struct text value;
	enum json_token token;
	json_start(reader, made, 0);
	do
		token = json_next(reader, &value);
	while (token != JSON_END && token != JSON_FAULT);
	enum result result = RESULT_OK;
	if (token == JSON_FAULT)
		result = fault_set(fault, RESULT_PERMANENT, "%s.json.mustache: what it makes is %.200s", form,
		                   json_fault(reader));
	json_reader_free(reader);
	return result;
}

static enum result render_form(const struct template_set *templates, const char *form, const struct data *card,
                               struct buffer *out, struct fault *fault)
{
	struct buffer name = {0};
	buffer_format(&name, "%s.json", form);
	enum result result = template_render(templates, name.at, card, out, fault);
	buffer_free(&name);
	return result == RESULT_OK ? check_json(form, buffer_view(out), fault) : result;
}

enum result message_check_hook(const struct template_set *templates, const char *form, struct fault *fault)
{
	struct arena *arena = arena_new(1024);
	struct buffer name = {0}, out = {0};
	struct message_card none = {0}, all = {.link = "https://example.org/a/1"};
	buffer_string(&all.title, "High alert \"A-1\"");
	buffer_string(&all.by, "Answer by 02:40");
	buffer_string(&all.words, "Ring 01632 960123.");
	buffer_string(&all.open, "Open alert A-1");
	buffer_format(&name, "%s.json", form);
	enum result result = template_check(templates, name.at, card_data(&all, true, arena), fault);
	if (result == RESULT_OK)
		result = render_form(templates, form, card_data(&all, true, arena), &out, fault);
	buffer_clear(&out);
	if (result == RESULT_OK)
		result = render_form(templates, form, card_data(&none, false, arena), &out, fault);
	message_card_free(&all);
	buffer_free(&name);
	buffer_free(&out);
	arena_free(arena);
	return result;
}

/* ---- CloudEvent ---- */

static void put_instant(struct json_writer *json, const char *key, instant at)
{
	char words[64];
	if (at == INSTANT_NONE || at == INSTANT_NEVER)
		return;
	instant_print(at, words);
	json_put_string(json, key, words);
}

static void put_alert(struct json_writer *json, const struct message_alert *alert)
{
	static const char *const severities[] = {
		[SEVERITY_CRITICAL] = "critical", [SEVERITY_HIGH] = "high", [SEVERITY_NORMAL] = "normal"};
	char number[32];
	(void)snprintf(number, sizeof number, "A-%" PRId64, alert->number);
	json_object(json);
	json_put_string(json, "alert", number);
	json_put_string(json, "severity", severities[alert->severity]);
	put_instant(json, "answer_by", alert->payload->answer_by);
	if (alert->answer_url && alert->answer_url[0])
		json_put_string(json, "link", alert->answer_url);
	json_object_end(json);
}

static void cloud_event(const struct message_input *input, const struct message_card *card, struct text reference,
                        struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	struct buffer type = {0};
	buffer_format(&type, "casewatch.message.%s", message_purpose_name(input->purpose));
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_put_text(&json, "id", reference);
	json_put_string(&json, "source", "/casewatch");
	json_put_string(&json, "type", buffer_cstr(&type));
	put_instant(&json, "time", input->now);
	json_put_string(&json, "datacontenttype", "application/json");
	json_key(&json, "data");
	json_object(&json);
	json_put_text(&json, "title", buffer_view(&card->title));
	if (input->purpose == MESSAGE_OPS) {
		json_put_text(&json, "word", input->payload->ops);
		json_put_text(&json, "words", input->payload->words);
	}
	json_key(&json, "alerts");
	json_array(&json);
	for (size_t i = 0; i < input->alert_count; i++)
		put_alert(&json, &input->alerts[i]);
	json_array_end(&json);
	json_object_end(&json);
	json_object_end(&json);
	buffer_free(&type);
}

enum result message_hook(const struct message_input *input, struct text reference, struct buffer *out,
                         struct text *media, struct fault *fault)
{
	struct message_card card;
	const char *form = input->person ? input->person->webhook_form : NULL;
	enum result result = RESULT_OK;
	message_card(input, &card);
	if (form) {
		struct arena *arena = arena_new(1024);
		bool critical = input->alert_count && input->alerts[0].severity == SEVERITY_CRITICAL;
		*media = TEXT("application/json");
		result = input->templates ? render_form(input->templates, form, card_data(&card, critical, arena), out,
		                                        fault)
		                          : fault_set(fault, RESULT_PERMANENT, "no templates are loaded");
		arena_free(arena);
	} else {
		*media = TEXT("application/cloudevents+json; charset=utf-8");
		cloud_event(input, &card, reference, out);
	}
	message_card_free(&card);
	return result;
}

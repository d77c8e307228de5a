/* page: what pages have in common: how they are rendered, what they say when something is wrong, values for forms. */
#include "web/web.h"

#include "base/digest.h"
#include "message/link.h"
#include "text/place.h"
#include "time/words.h"

#include <stdio.h>

/* ---- who ---- */

static bool holds(const struct role_title *role, const struct person *person)
{
	for (size_t i = 0; i < role->people_count; i++)
		if (strcmp(role->people[i], person->id) == 0)
			return true;
	return false;
}

static const char *title_found(const struct directory *directory, enum role_from from, const char *otherwise)
{
	for (size_t i = 0; i < directory->role_count; i++)
		if (directory->roles[i].from == from)
			return directory->roles[i].title;
	return otherwise;
}

const char *web_role_title(const struct web_settings *settings, const struct person *person)
{
	const struct directory *directory = settings->directory;
	if (!person)
		return "";
	for (size_t i = 0; i < directory->role_count; i++)
		if (holds(&directory->roles[i], person))
			return directory->roles[i].title;
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].head && strcmp(directory->teams[i].head, person->id) == 0)
			return title_found(directory, ROLE_FROM_HEAD, "Head of Service");
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].manager && strcmp(directory->teams[i].manager, person->id) == 0)
			return title_found(directory, ROLE_FROM_MANAGER, "Team manager");
	return person->worker ? title_found(directory, ROLE_FROM_ALLOCATION, "Social worker") : person->id;
}

/* ---- rendering ---- */

static void put_phone(struct data *data, const char *phone)
{
	struct buffer dialled = {0}, shown = {0};
	phone_dialled(phone ? phone : "", &dialled);
	phone_shown(phone ? phone : "", &shown);
	data_text(data, "duty_link", buffer_view(&dialled));
	data_text(data, "duty_phone", buffer_view(&shown));
	buffer_free(&dialled);
	buffer_free(&shown);
}

static void say_phone(const char *phone, struct buffer *body)
{
	struct buffer dialled = {0}, shown = {0};
	phone_dialled(phone ? phone : "", &dialled);
	phone_shown(phone ? phone : "", &shown);
	buffer_format(body, "<a href=\"tel:%s\">", buffer_cstr(&dialled));
	template_escape_html(buffer_view(&shown), body);
	buffer_string(body, "</a>");
	buffer_free(&dialled);
	buffer_free(&shown);
}

static const char *duty_title(const struct directory *directory)
{
	for (size_t i = 0; i < directory->role_count; i++)
		if (directory->roles[i].out_of_hours)
			return directory->roles[i].title;
	return "duty team";
}

static void put_common(struct web_page *page, struct data *data)
{
	const struct web_settings *settings = page->settings;
	struct buffer now = {0};
	put_phone(data, settings->directory->duty_phone);
	data_string(data, "duty_title", duty_title(settings->directory));
	data_string(data, "council", settings->council);
	data_string(data, "signed_in", web_role_title(settings, page->person));
	words_moment(page->zone, (struct words_moment){page->now, false}, WORDS_FULL_YEAR, &now);
	data_text(data, "now", buffer_view(&now));
	buffer_free(&now);
}

enum result web_render(struct web_page *page, const char *name, struct data *data, int status, struct fault *fault)
{
	char file[64];
	(void)snprintf(file, sizeof file, "%s.html", name);
	if (!page->settings->templates)
		return fault_set(fault, RESULT_PERMANENT, "there are no templates");
	put_common(page, data);
	buffer_clear(&page->reply.body);
	page->reply.status = status;
	return template_render(page->settings->templates, file, data, &page->reply.body, fault);
}

/* Made of nothing that a person can edit, so that it works when nothing else does. */
void web_say(struct web_page *page, int status, const char *title, const char *sentences)
{
	struct buffer *body = &page->reply.body;
	const char *phone = page->settings->directory ? page->settings->directory->duty_phone : NULL;
	buffer_clear(body);
	page->reply.status = status;
	buffer_string(body, "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n  <meta charset=\"utf-8\">\n"
	                    "  <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n  <title>");
	template_escape_html(text_of(title), body);
	buffer_string(body, "</title>\n  <style>\n    :root { color-scheme: light dark; }\n"
	                    "    body { margin: 0; background: #ffffff; color: #0b0c0c; "
	                    "font: 18px/1.45 Arial, Helvetica, sans-serif; }\n"
	                    "    header, main { max-width: 640px; margin: 0 auto; padding: 12px 16px; }\n"
	                    "    header { border-bottom: 2px solid #0b0c0c; font-size: 15px; }\n"
	                    "    h1 { font-size: 26px; line-height: 1.2; }\n    a { color: #12508f; }\n"
	                    "    @media (prefers-color-scheme: dark) { body { background: #15181b; color: #f3f2f1; } "
	                    "header { border-color: #f3f2f1; } a { color: #9cccff; } }\n"
	                    "  </style>\n</head>\n<body>\n<header><b>casewatch</b></header>\n<main>\n  <h1>");
	template_escape_html(text_of(title), body);
	buffer_string(body, "</h1>\n  <p>");
	template_escape_html(text_of(sentences), body);
	buffer_string(body, "</p>\n");
	if (phone && *phone) {
		buffer_string(body, "  <p>If it cannot wait, ring the ");
		template_escape_html(text_of(duty_title(page->settings->directory)), body);
		buffer_string(body, " on ");
		say_phone(phone, body);
		buffer_string(body, ".</p>\n");
	}
	buffer_string(body, "</main>\n</body>\n</html>\n");
}

void web_redirect(struct web_page *page, const char *location)
{
	page->reply.status = 303;
	buffer_clear(&page->reply.location);
	buffer_string(&page->reply.location, location);
}

/* ---- looks ---- */

void web_look(struct web_page *page, struct text subject, struct text alert)
{
	for (size_t i = 0; i < page->look_count; i++)
		if (text_equal(page->looks[i].subject, subject) && text_equal(page->looks[i].alert, alert))
			return;
	struct web_look *look = mem_push((void **)&page->looks, &page->look_count, &page->look_room, sizeof *look);
	*look = (struct web_look){text_keep(page->arena, subject), text_keep(page->arena, alert)};
}

/* ---- forms ---- */

#define NONCE_BYTES 12 /* 96 random bits: no two forms share one */
#define MAC_BYTES 12

static void form_mac(const struct web_page *page, struct text what, const unsigned char *nonce,
                     unsigned char mac[MAC_BYTES])
{
	struct buffer bytes = {0};
	buffer_string(&bytes, "form");
	buffer_char(&bytes, '\0');
	buffer_text(&bytes, what);
	buffer_char(&bytes, '\0');
	buffer_string(&bytes, page->person ? page->person->id : "");
	buffer_char(&bytes, '\0');
	buffer_add(&bytes, nonce, NONCE_BYTES);
	link_mac(page->settings->keys, buffer_view(&bytes), mac, MAC_BYTES);
	buffer_free(&bytes);
}

void web_form_value(const struct web_page *page, struct text what, char value[WEB_FORM_SIZE])
{
	unsigned char bytes[NONCE_BYTES + MAC_BYTES];
	struct buffer coded = {0};
	digest_random(bytes, NONCE_BYTES);
	form_mac(page, what, bytes, bytes + NONCE_BYTES);
	digest_put_base64url((struct text){(const char *)bytes, sizeof bytes}, &coded);
	(void)snprintf(value, WEB_FORM_SIZE, "%s", buffer_cstr(&coded));
	buffer_free(&coded);
}

bool web_form_used(const struct web_page *page, struct text what, struct text value, char id[WEB_FORM_ID_SIZE])
{
	unsigned char mac[MAC_BYTES];
	struct buffer bytes = {0}, name = {0};
	bool ours = value.length < WEB_FORM_SIZE && digest_read_base64url(value, &bytes) &&
	            bytes.length == NONCE_BYTES + MAC_BYTES;
	if (ours) {
		form_mac(page, what, (const unsigned char *)bytes.at, mac);
		ours = digest_equal(mac, bytes.at + NONCE_BYTES, MAC_BYTES);
	}
	if (ours) {
		digest_put_hex((struct text){bytes.at, NONCE_BYTES}, &name);
		(void)snprintf(id, WEB_FORM_ID_SIZE, "page-%s", buffer_cstr(&name));
	}
	buffer_free(&bytes);
	buffer_free(&name);
	return ours;
}

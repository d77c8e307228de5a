/* gallery: one page with an example of every mail, text and list, for whoever edits templates. */
#include "cli/templates.h"

#include <stdlib.h>

#include "message/brief.h"
#include "report/list.h"
#include "web/board_pages.h"

struct gallery {
	struct cli *cli;
	struct buffer index, body;
	size_t shown, failed;
};

static void put_escaped(struct text value, struct buffer *out)
{
	for (size_t i = 0; i < value.length; i++) {
		char c = value.at[i];
		if (c == '&' || c == '<' || c == '>' || c == '"')
			buffer_format(out, "&#%d;", c);
		else
			buffer_char(out, c);
	}
}

/* A frame of its own, without scripts: the mail's style stays in it, and it is seen as a mail client would. */
static void put_message(struct gallery *gallery, const char *name, const struct message *message, struct text brief)
{
	struct buffer *out = &gallery->body;
	buffer_format(&gallery->index, "<li><a href=\"#m%zu\">%s</a>\n", gallery->shown, name);
	buffer_format(out, "<section id=\"m%zu\"><h2>%s</h2>\n<p>Subject: <b>", gallery->shown, name);
	put_escaped(buffer_view(&message->subject), out);
	buffer_string(out, "</b></p>\n<div class=\"both\"><iframe sandbox loading=\"lazy\" "
	                   "title=\"HTML part\" srcdoc=\"");
	put_escaped(buffer_view(&message->html), out);
	buffer_string(out, "\"></iframe>\n<pre>");
	put_escaped(buffer_view(&message->text), out);
	buffer_string(out, "</pre></div>\n");
	if (brief.length) {
		buffer_string(out, "<p>To a phone: ");
		put_escaped(brief, out);
		buffer_string(out, "</p>\n");
	}
	buffer_string(out, "</section>\n");
	gallery->shown++;
}

static void put_failure(struct gallery *gallery, const char *name, const struct fault *fault)
{
	buffer_format(&gallery->index, "<li>%s: does not render\n", name);
	buffer_format(&gallery->body, "<section><h2>%s</h2><p>", name);
	put_escaped(text_of(fault->text), &gallery->body);
	buffer_string(&gallery->body, "</p></section>\n");
	(void)cli_failed(gallery->cli, "%s: %s", name, fault->text);
	gallery->failed++;
}

static void free_message(struct message *message)
{
	buffer_free(&message->subject);
	buffer_free(&message->text);
	buffer_free(&message->html);
}

static void take_sample(void *context, const char *name, const struct message_input *input)
{
	struct gallery *gallery = context;
	struct message message = {.media = TEXT("")};
	struct buffer brief = {0};
	struct fault fault = {{0}};
	if (message_render(input, &message, &fault) == RESULT_OK) {
		if (input->purpose != MESSAGE_OPS)
			message_brief(input, &brief);
		put_message(gallery, name, &message, buffer_view(&brief));
	} else {
		put_failure(gallery, name, &fault);
	}
	buffer_free(&brief);
	free_message(&message);
}

/* How a list grows (look.md): with nothing on it, with one row, on a team's bad day, with all teams; and cut off. */
static const struct look {
	const char *title;
	size_t rows;
	bool cut_off;
} looks[] = {{"a nil return", 0, false},
             {"one row in every register", 1, false},
             {"12 rows in every register", 12, false},
             {"150 rows in every register", 150, false},
             {"not complete", 12, true}};

/* Invented rows are of the two weeks before. That is Wednesday 4 February 2026, 07:30, whenever it is looked at; for
 * what comes by the quarter 1 April, when the quarter that they lie in has just ended. */
static instant sample_time(const struct zone *zone, const struct config_list *list)
{
	civil_day day = list->due.every == EVERY_QUARTER ? day_of(2026, 4, 1) : day_of(2026, 2, 4);
	return zone_midnight(zone, day) + 7 * HOUR + 30 * MINUTE;
}

static void take_list(struct gallery *gallery, const struct config *config, const struct config_list *list,
                      const struct look *look, const struct template_set *templates)
{
	const struct list_select *wrong = NULL;
	struct message message = {.media = TEXT("")};
	struct fault fault = {{0}};
	const struct zone *zone = calendar_zone(config->calendar);
	instant as_of = sample_time(zone, list);
	struct list_request request = {.rules = config->rules, .zone = zone, .list = list, .as_of = as_of,
	                               .last = as_of - 24 * HOUR, .go_live = INSTANT_NONE,
	                               .calendar = config->calendar, .directory = config->directory};
	struct list_facts *facts = list_facts_invented(&request, look->rows, &wrong, &fault);
	struct list *made = NULL;
	char name[160];
	(void)snprintf(name, sizeof name, "%s: %s", list->id, look->title);
	if (facts) {
		struct list_view view = {.zone = zone,
		                         .list = list,
		                         .directory = config->directory,
		                         .council = config->council,
		                         .role_title = "Director of Children's Care",
		                         .due = facts->as_of,
		                         .next = facts->as_of + 24 * HOUR};
		facts->completeness.complete_to = facts->completeness.last_arrival =
			facts->as_of - (look->cut_off ? (list->quiet_hours + 3) * HOUR : 8 * MINUTE);
		made = list_new(facts, &view);
	}
	if (made && list_render(made, templates, &message.subject, &message.text, &message.html, &fault) == RESULT_OK)
		put_message(gallery, name, &message, TEXT(""));
	else
		put_failure(gallery, name, &fault);
	list_free(made);
	list_facts_free(facts);
	free_message(&message);
}

struct paging {
	struct gallery *gallery;
	const struct template_set *templates;
};

static void take_page(void *context, const char *name, const struct data *data)
{
	struct paging *paging = context;
	struct message message = {.media = TEXT("")};
	struct fault fault = {{0}};
	if (template_render(paging->templates, name, data, &message.html, &fault) == RESULT_OK)
		put_message(paging->gallery, name, &message, TEXT(""));
	else
		put_failure(paging->gallery, name, &fault);
	free_message(&message);
}

static void print_page(struct gallery *gallery)
{
	struct buffer page = {0};
	buffer_string(
		&page,
		"<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">"
		"<title>Mails and lists of casewatch</title>\n<style>body{font:16px/1.5 sans-serif;margin:2em}"
		"ul{columns:20em}.both{display:flex;gap:1em;"
		"flex-wrap:wrap}.both>*{min-width:0;max-width:100%}iframe{width:640px;max-width:100%;height:900px;"
		"border:1px solid #767676}pre{font:13px/1.4 monospace;margin:0;white-space:pre-wrap;"
		"overflow-wrap:anywhere;max-width:74ch}section{margin-top:3em}</style></head>\n<body><h1>Mails "
		"and lists</h1>\n<p>Examples of an invented child with something in every place of each template, so "
		"that one mail may say what no mail says at once.</p>\n<ul>\n");
	buffer_text(&page, buffer_view(&gallery->index));
	buffer_string(&page, "</ul>\n");
	buffer_text(&page, buffer_view(&gallery->body));
	buffer_string(&page, "</body></html>\n");
	cli_print_file(gallery->cli, &page);
	buffer_free(&page);
}

static enum cli_status run_gallery(struct cli *cli)
{
	struct config *config = cli_config(cli, NULL);
	struct template_set *templates = config ? cli_templates(cli, config) : NULL;
	struct gallery gallery = {.cli = cli};
	if (templates) {
		message_samples(templates, config->calendar, config->directory, config->council, take_sample, &gallery);
		for (size_t i = 0; i < config->list_count; i++)
			for (size_t k = 0; k < sizeof looks / sizeof *looks; k++)
				take_list(&gallery, config, &config->lists[i], &looks[k], templates);
		page_samples(take_page, &(struct paging){&gallery, templates});
		print_page(&gallery);
	}
	enum cli_status status = !templates ? CLI_WRONG : gallery.failed ? CLI_FOUND : CLI_FINE;
	buffer_free(&gallery.index);
	buffer_free(&gallery.body);
	template_free(templates);
	config_free(config);
	return status;
}

static const struct cli_option options[] = {
	{"templates", "DIR", "the templates of another directory"},
	{NULL, NULL, NULL},
};

const struct cli_command cli_gallery = {
	.name = "gallery",
	.usage = "",
	.summary = "print a page with an example of every mail, text, list and page",
	.help = "Prints one HTML page (casewatch gallery >gallery.html) with an example of every kind of mail in both "
                "its parts,\n"
		"with its subject and the text to a phone, and every list and report with nothing on it, with 1, "
		"12 and\n"
		"150 invented rows in every register, and where data are missing: for whoever edits templates and "
		"lists.\n"
		"With --templates DIR it shows wording that is not in force yet. A template that does not render is "
		"named,\n"
		"and the exit status is 1.\n",
	.options = options,
	.run = run_gallery,
};

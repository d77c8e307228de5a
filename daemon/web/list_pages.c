/* list_pages: the lists and reports of whoever is entitled to them, as they would go out now. */
#include "web/board_pages.h"

#include "config/config.h"
#include "report/lists.h"
#include "report/schedule.h"
#include "store/alerts/alerts.h"
#include "time/words.h"
#include "web/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS_MOST 200 /* children whose look is noted one by one; of a longer list the list is noted */

/* One way in which a list is the viewer's. */
struct entitled {
	const struct config_list *list;
	struct schedule_recipient as;
};
typedef void visit_entitled(void *argument, const struct entitled *entitled);

static bool is_viewer(const struct viewer *viewer, const struct person *person)
{
	for (size_t i = 0; i < viewer->as_count; i++)
		if (viewer->as[i] == person)
			return true;
	return false;
}

/* As the schedule sends them: nobody reads here what they would not be sent. */
static void find_entitled(const struct shown_page *shown, visit_entitled *visit, void *argument)
{
	const struct web_page *page = shown->page;
	const struct config *config = page->settings->config;
	const struct viewer *viewer = &shown->sight->viewer;
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *list = &config->lists[i];
		struct schedule_recipients recipients;
		if (list->by_person)
			continue;
		schedule_recipients_find(list, page->settings->directory, zone_date(page->zone, page->now),
		                         &recipients);
		for (size_t k = 0; k < recipients.count; k++)
			if (is_viewer(viewer, recipients.items[k].person))
				visit(argument, &(struct entitled){list, recipients.items[k]});
		schedule_recipients_free(&recipients);
	}
}

/* ---- the index ---- */

struct listing {
	struct shown_page *shown;
	struct data *rows;
	const struct config_list *before;
};

static void put_row(void *argument, const struct entitled *entitled)
{
	struct listing *listing = argument;
	struct data *row = data_item(listing->rows);
	const char *which = strchr(entitled->list->id, '/'); /* "custody/monthly": one of several of a title */
	instant next = recurrence_next(&entitled->list->due, listing->shown->page->settings->calendar,
	                               listing->shown->page->now);
	data_string(row, "list_title", entitled->list->title);
	data_string(row, "list_id", entitled->list->id);
	data_string(row, "list_which", which ? which + 1 : "");
	data_string(row, "list_team", entitled->as.team ? entitled->as.team->title : "");
	data_string(row, "list_team_id", entitled->as.team ? entitled->as.team->id : "");
	shown_begin(listing->shown);
	if (next != INSTANT_NEVER)
		shown_moment(listing->shown, next, false);
	shown_end(listing->shown, row, "list_next");
}

enum result page_lists(struct web_page *page, struct fault *fault)
{
	struct sight sight;
	struct shown_page shown;
	enum result result = shown_new(page, &sight, &shown, fault);
	struct listing listing = {.shown = &shown, .rows = data_list(shown.root, "lists")};
	if (result == RESULT_OK) {
		find_entitled(&shown, put_row, &listing);
		data_flag(shown.root, "any", data_count(listing.rows) > 0);
		shown_title(&shown, "Lists and reports");
		result = web_render(page, "lists-page", shown.root, 200, fault);
	}
	shown_free(&shown);
	return result;
}

/* ---- one list ---- */

struct choosing {
	struct text id, team;
	struct entitled chosen;
	bool found;
};

static void choose(void *argument, const struct entitled *entitled)
{
	struct choosing *choosing = argument;
	struct text team = entitled->as.team ? text_of(entitled->as.team->id) : TEXT_NONE;
	if (choosing->found || !text_equal(text_of(entitled->list->id), choosing->id) ||
	    !text_equal(team, choosing->team))
		return;
	choosing->found = true;
	choosing->chosen = *entitled;
}

static void note_looks(struct web_page *page, const struct list *list)
{
	if (list->children.count > LOOKS_MOST) {
		char name[96];
		(void)snprintf(name, sizeof name, "list:%s", list->view.list->id);
		web_look(page, text_of(name), TEXT_NONE);
		return;
	}
	for (size_t i = 0; i < list->children.count; i++)
		web_look(page, list->children.items[i].row->child->id, TEXT_NONE);
}

static struct list_facts *read_facts(struct web_page *page, const struct config_list *list, enum result *result,
                                     struct fault *fault)
{
	const struct web_settings *settings = page->settings;
	instant last;
	*result = lists_last(page->store, text_of(list->id), &last, fault);
	if (*result != RESULT_OK)
		return NULL;
	if (last == INSTANT_NONE || last >= page->now)
		last = recurrence_latest(&list->due, settings->calendar, page->now - 1);
	struct list_request request = {.database = settings->database,
	                               .type_prefix = settings->type_prefix,
	                               .rules = settings->rules,
	                               .zone = page->zone,
	                               .list = list,
	                               .as_of = page->now,
	                               .last = last,
	                               .go_live = settings->go_live,
	                               .calendar = settings->calendar,
	                               .directory = settings->directory,
	                               .due = list->report ? last : INSTANT_NONE};
	return list_facts_read(&request, result, fault);
}

/* A list is written as a mail, which has no landmarks; on a page those who hear it find its beginning by one. */
static void put_landmark(struct buffer *body)
{
	struct text all = buffer_view(body);
	const char *begin = memmem(all.at, all.length, "<body", 5),
	           *end = memmem(all.at, all.length, "</body>", 7);
	const char *open = begin ? memchr(begin, '>', all.length - (size_t)(begin - all.at)) : NULL;
	struct buffer with = {0};
	if (!open || !end || end < open)
		return;
	buffer_add(&with, all.at, (size_t)(open + 1 - all.at));
	buffer_string(&with, "<div role=\"main\">");
	buffer_add(&with, open + 1, (size_t)(end - open - 1));
	buffer_string(&with, "</div>");
	buffer_add(&with, end, all.length - (size_t)(end - all.at));
	buffer_free(body);
	*body = with;
}

static enum result make(struct web_page *page, const struct entitled *entitled, struct fault *fault)
{
	const struct web_settings *settings = page->settings;
	enum result result;
	struct list_facts *facts = read_facts(page, entitled->list, &result, fault);
	if (!facts)
		return result;
	struct list_view view = {.zone = page->zone,
	                         .list = entitled->list,
	                         .directory = settings->directory,
	                         .team = entitled->as.team,
	                         .role_title = directory_role_title(settings->directory, entitled->as.role),
	                         .council = settings->council,
	                         .due = page->now,
	                         .asked = true,
	                         .next = recurrence_next(&entitled->list->due, settings->calendar, page->now)};
	struct list *list = list_new(facts, &view);
	struct buffer subject = {0}, text = {0};
	buffer_clear(&page->reply.body);
	result = list_render(list, settings->templates, &subject, &text, &page->reply.body, fault);
	if (result == RESULT_OK) {
		put_landmark(&page->reply.body);
		note_looks(page, list);
	}
	page->reply.status = 200;
	buffer_free(&subject);
	buffer_free(&text);
	list_free(list);
	list_facts_free(facts);
	return result;
}

/* "custody/monthly" is two parts of the path. */
static struct text name_of(struct web_page *page)
{
	struct buffer name = {0};
	buffer_text(&name, page->parts[0]);
	if (page->parts[1].length) {
		buffer_char(&name, '/');
		buffer_text(&name, page->parts[1]);
	}
	struct text kept = text_keep(page->arena, buffer_view(&name));
	buffer_free(&name);
	return kept;
}

static bool is_by_person(const struct config *config, struct text id)
{
	for (size_t i = 0; i < config->list_count; i++)
		if (text_equal(text_of(config->lists[i].id), id))
			return config->lists[i].by_person;
	return false;
}

enum result page_list(struct web_page *page, struct fault *fault)
{
	struct sight sight;
	struct shown_page shown;
	struct choosing choosing = {.id = name_of(page), .team = http_query(page->request, "team")};
	enum result result = shown_new(page, &sight, &shown, fault);
	if (result == RESULT_OK)
		find_entitled(&shown, choose, &choosing);
	if (result == RESULT_OK && !choosing.found && is_by_person(page->settings->config, choosing.id))
		web_redirect(page, "/board"); /* what waits for whoever reads it, of which a text gave the address */
	else if (result == RESULT_OK && !choosing.found)
		page_not_there(page);
	else if (result == RESULT_OK && !sight.ready)
		web_say(page, 503, "Not at the moment",
		        "The registers are being read anew. Try again in some minutes.");
	else if (result == RESULT_OK)
		result = make(page, &choosing.chosen, fault);
	shown_free(&shown);
	return result;
}

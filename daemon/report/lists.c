/* lists: facts are read once for all who get the list at that time. */
#include "report/lists.h"

#include "report/schedule.h"

#include <stdlib.h>

#define SERVES (5 * MINUTE) /* facts read longer ago are read anew */

struct lists {
	struct lists_settings settings;
	struct missing_facts *facts; /* NULL: none */
	struct missing_completeness completeness;
	instant as_of, read;
};

struct lists *lists_new(const struct lists_settings *settings)
{
	struct lists *lists = MEM_NEW(struct lists);
	lists->settings = *settings;
	return lists;
}

static void forget(struct lists *lists)
{
	missing_facts_free(lists->facts);
	lists->facts = NULL;
}

void lists_free(struct lists *lists)
{
	if (!lists)
		return;
	forget(lists);
	free(lists);
}

void lists_use(struct lists *lists, const struct lists_settings *settings)
{
	forget(lists);
	lists->settings = *settings;
}

static enum result know(struct lists *lists, instant as_of, instant now, struct fault *fault)
{
	bool serves = lists->facts && lists->as_of == as_of && now >= lists->read && now - lists->read < SERVES;
	if (serves)
		return RESULT_OK;
	forget(lists);
	enum result result = missing_load_completeness(&lists->settings.from, &lists->completeness, fault);
	if (result != RESULT_OK)
		return result;
	lists->facts = missing_load(&lists->settings.from, fault);
	lists->as_of = as_of;
	lists->read = now;
	return lists->facts ? RESULT_OK : RESULT_TEMPORARY;
}

static void render(struct lists *lists, const struct missing_view *view, struct buffer *subject, struct buffer *text,
                   struct buffer *html, bool *fell_back, struct fault *fault)
{
	struct missing_list *list = missing_list_new(lists->facts, view);
	size_t text_start = text->length, html_start = html->length;
	*fell_back = !lists->settings.templates ||
	             missing_render(list, lists->settings.templates, subject, text, html, fault) != RESULT_OK;
	if (*fell_back) {
		text->length = text_start;
		html->length = html_start;
		missing_plain(list, subject, text);
	}
	missing_list_free(list);
}

static struct missing_view view_of(const struct lists *lists, const struct team *team, const char *role_title, instant as_of,
                                   instant due)
{
	const struct zone *zone = lists->settings.from.zone;
	return (struct missing_view){.zone = zone, .directory = lists->settings.directory, .team = team,
	                             .role_title = role_title, .as_of = as_of, .due = due,
	                             .last = schedule_latest(zone, lists->settings.minute, due - 1),
	                             .next = schedule_next(zone, lists->settings.minute, as_of),
	                             .go_live = lists->settings.go_live, .completeness = lists->completeness};
}

enum result lists_render(struct lists *lists, const struct payload *payload, const char *role_title, instant now,
                         struct buffer *subject, struct buffer *text, struct buffer *html, bool *fell_back,
                         struct fault *fault)
{
	*fell_back = false;
	if (!text_equal(payload->list, TEXT(SCHEDULE_DAILY_MISSING)))
		return fault_set(fault, RESULT_PERMANENT, "there is no list %.*s", TEXT_ARG(payload->list));
	const struct team *team = NULL;
	if (payload->team.length) {
		team = directory_team(lists->settings.directory, payload->team);
		if (!team)
			return fault_set(fault, RESULT_PERMANENT, "the directory has no team %.*s any more", TEXT_ARG(payload->team));
	}
	instant as_of = payload->at != INSTANT_NONE ? payload->at : now;
	enum result result = know(lists, as_of, now, fault);
	if (result != RESULT_OK)
		return result;
	struct missing_view view = view_of(lists, team, role_title, as_of, payload->due != INSTANT_NONE ? payload->due : as_of);
	if (payload->caused != INSTANT_NONE)
		view.last = payload->caused;
	view.late = payload->old_news;
	view.follows = text_equal(payload->reason, TEXT(SCHEDULE_FULL));
	render(lists, &view, subject, text, html, fell_back, fault);
	return RESULT_OK;
}

enum result lists_show(struct lists *lists, const struct team *team, const char *role_title, instant now,
                       struct buffer *subject, struct buffer *text, struct buffer *html, bool *fell_back,
                       struct fault *fault)
{
	*fell_back = false;
	enum result result = know(lists, now, now, fault);
	if (result != RESULT_OK)
		return result;
	struct missing_view view = view_of(lists, team, role_title, now, now);
	view.last = schedule_latest(lists->settings.from.zone, lists->settings.minute, now - 1);
	render(lists, &view, subject, text, html, fell_back, fault);
	return RESULT_OK;
}

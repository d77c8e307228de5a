/* explain_page: an alert explained as the page that casewatchd shows of it (web/alert_page.h), in a file. */
#include "cli/analyst/explain.h"

#include "cli/analyst/page.h"
#include "text/template.h"
#include "web/alert_page.h"

/* The page is for somebody who has the database before them: all of it, without links that a file cannot follow. */
struct making {
	const struct explained *explained;
	struct shown_page *shown;
	bool found;
};

static enum result take_alert(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	struct making *making = argument;
	struct sight_child of = {0};
	(void)more;
	making->found = true;
	enum result result = alert->domain == PARTY_NONE
	                             ? sight_child(making->shown->sight, alert->subject, false, &of, fault)
	                             : RESULT_OK;
	return result == RESULT_OK ? alert_page_fill(making->shown, alert, &of, making->explained, fault) : result;
}

static enum result make(const struct opened *opened, const struct explained *explained,
                        const struct template_set *templates, struct arena *arena, struct buffer *out, bool *made,
                        struct fault *fault)
{
	const struct config *config = opened->config;
	struct web_settings settings = {.directory = config->directory,
	                                .rules = config->rules,
	                                .calendar = config->calendar,
	                                .config = config,
	                                .council = config->council};
	struct web_page page = {.settings = &settings,
	                        .store = opened->store,
	                        .zone = opened->zone,
	                        .now = opened->now,
	                        .arena = arena};
	struct sight sight;
	struct shown_page shown;
	struct making making = {.explained = explained, .shown = &shown};
	enum result result = shown_new(&page, &sight, &shown, fault);
	if (result == RESULT_OK)
		result = shown_completeness(&shown, fault);
	if (result == RESULT_OK)
		result = board_find(opened->store, explained->row.number, take_alert, &making, fault);
	if (result == RESULT_OK && making.found)
		result = template_render(templates, "alert-page.html", shown.root, out, fault);
	*made = result == RESULT_OK && making.found;
	shown_free(&shown);
	return result;
}

bool explain_page(const struct opened *opened, const struct explained *explained, struct buffer *out,
                  struct fault *fault)
{
	const struct config *config = opened->config;
	bool made = false;
	if (!config->rules || !config->calendar || !config->directory || !config->templates_dir)
		return false;
	struct template_set *templates = template_load(config->templates_dir, fault);
	struct arena *arena = arena_new(65536);
	if (!templates || make(opened, explained, templates, arena, out, &made, fault) != RESULT_OK)
		made = false;
	if (!made)
		buffer_clear(out);
	arena_free(arena);
	template_free(templates);
	return made;
}

/* lists: the lists: when they are due, and what they say when the courier has one in hand. */
#include "run/run_internal.h"

#include "base/log.h"

static struct text canonical(void *context, struct text id)
{
	const struct daemon *daemon = context;
	return pipeline_canonical(daemon->pipeline, id);
}

static const struct config_list *daily_missing(const struct config *config)
{
	for (size_t i = 0; i < config->list_count; i++)
		if (strcmp(config->lists[i].id, SCHEDULE_DAILY_MISSING) == 0)
			return &config->lists[i];
	return NULL;
}

static struct missing_store read_from(struct daemon *daemon)
{
	return (struct missing_store){.store = daemon->store, .zone = calendar_zone(daemon->config->calendar),
	                              .canonical = canonical, .context = daemon};
}

static struct lists_settings settings_of(struct daemon *daemon)
{
	const struct config_list *list = daily_missing(daemon->config);
	return (struct lists_settings){.from = read_from(daemon), .directory = daemon->config->directory,
	                               .templates = daemon->templates, .minute = list ? list->minute : 0,
	                               .go_live = daemon->config->go_live};
}

/* ---- due ---- */

static void on_due(void *argument)
{
	struct daemon *daemon = argument;
	const struct config_list *list = daily_missing(daemon->config);
	struct schedule schedule = {.from = read_from(daemon), .directory = daemon->config->directory,
	                            .minute = list ? list->minute : 0, .enabled = list && list->enabled};
	struct fault fault = {0};
	size_t added = 0;
	instant next = INSTANT_NEVER;
	if (!daemon->feeds.caught_up) { /* a list made before the log was read would be wrong */
		loop_timer_in(daemon->lists_due, SECOND / 10);
		return;
	}
	enum result result = schedule_run(&schedule, daemon_now(daemon), &added, &next, &fault);
	if (result == RESULT_TEMPORARY) {
		log_warning("the lists are late: %s", fault.text);
		next = daemon_now(daemon) + 10 * SECOND;
	}
	if (added)
		log_notice("%zu list(s) are on their way", added);
	loop_timer_at(daemon->lists_due, next);
	daemon_after(daemon, result, &fault);
}

void daemon_start_lists(struct daemon *daemon)
{
	struct lists_settings settings = settings_of(daemon);
	daemon->lists = lists_new(&settings);
	daemon->lists_due = loop_timer_new(daemon->loop, on_due, daemon);
	loop_timer_at(daemon->lists_due, daemon_now(daemon));
}

void daemon_use_lists(struct daemon *daemon)
{
	struct lists_settings settings = settings_of(daemon);
	lists_use(daemon->lists, &settings);
	loop_timer_at(daemon->lists_due, daemon_now(daemon));
}

void daemon_stop_lists(struct daemon *daemon)
{
	loop_timer_free(daemon->lists_due);
	lists_free(daemon->lists);
	daemon->lists_due = NULL;
	daemon->lists = NULL;
}

/* ---- in the courier's hand ---- */

/* Inside the courier's transaction. */
enum result daemon_render_list(void *context, const struct outbox_row *row, const struct payload *payload,
                               const struct person *person, instant now, struct message *out, struct fault *fault)
{
	struct daemon *daemon = context;
	struct arena *arena = arena_new(256);
	struct fault unused = {0};
	bool fell_back = false;
	(void)person;
	const char *role = arena_copy_text(arena, row->role.at, row->role.length);
	const char *title = directory_role_title(daemon->config->directory, role);
	enum result result = lists_render(daemon->lists, payload, title, now, &out->subject, &out->text, &out->html,
	                                  &fell_back, fault);
	arena_free(arena);
	if (result == RESULT_OK && fell_back) {
		struct ops_word word = {.what = OPS_TEMPLATE, .key = TEXT("daily-missing"), .more = 1,
		                        .title = "A list fell back to plain text",
		                        .facts = {{"Fault", fault->text, NULL}}, .fact_count = 1};
		result = ops_say(daemon->ops, &word, now, &unused);
		if (result != RESULT_OK)
			*fault = unused;
	}
	return result;
}

/* pages: the server of the pages, and what they need of the daemon. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/mem.h"
#include "source/spool_put.h"
#include "store/audit/audit.h"

#include <stdlib.h>

struct pages {
	struct web *web;
	bool served; /* when last looked at */
};

/* The address names the spool directory, which cannot be changed while running. */
static enum result hand_in(void *context, const char *name, struct text bytes, struct fault *fault)
{
	return spool_put(context, name, bytes, fault);
}

static int notify_called(void *context, struct text authorization, struct text body)
{
	return notify_calls_take(context, authorization, body);
}

static const char *user_header_of(const struct edition *edition)
{
	return edition->user_header[0] ? edition->user_header : NULL;
}

static void settings_of(struct council *council, struct web_settings *settings)
{
	const struct config *config = council->config;
	*settings = (struct web_settings){.database = council->first->database,
	                                  .directory = config->directory,
	                                  .rules = config->rules,
	                                  .calendar = config->calendar,
	                                  .templates = council->edition->templates,
	                                  .council = config->council,
	                                  .user_header = user_header_of(council->edition),
	                                  .go_live = config->go_live,
	                                  .keys = council->edition->keys,
	                                  .event_bytes = config->event_bytes,
	                                  .event_depth = config->event_depth,
	                                  .type_prefix = council->first->type_prefix,
	                                  .by_log = council->first->cell.machine != NULL,
	                                  .config = config,
	                                  .clock = council->daemon->clock,
	                                  .hand_in = hand_in,
	                                  .notify_called = council->notify_calls ? notify_called : NULL,
	                                  .notify_context = council->notify_calls,
	                                  .context = (void *)(uintptr_t)council->first->spool,
	                                  .owner = &council->edition->shared};
	memcpy(settings->review_after, config->review_after, sizeof settings->review_after);
}

static enum result write_looks(struct store *store, instant at, struct text person, const char *page,
                               const struct web_look *looks, size_t count, struct fault *fault)
{
	enum result result = store_begin(store, fault);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = audit_look(store, at, person, page, looks[i].subject, looks[i].alert, fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

static bool looked(void *context, instant at, struct text person, const char *page, const struct web_look *looks,
                   size_t count)
{
	struct council *council = context;
	struct fault fault = {0};
	enum result result = write_looks(council->store, at, person, page, looks, count, &fault);
	council_after(council, result, &fault);
	return result == RESULT_OK;
}

static void say_not_served(struct council *council, const struct fault *why)
{
	struct ops_word word = {.what = OPS_PAGES, .facts = {{"Why", why->text, NULL}}, .fact_count = 1};
	council_say_ops(council, &word);
}

#define ANSWERS "answers" /* the key of ops.pages, of answers that lead nowhere */

/* Whoever answers would be told that they have not, one after another; of the disk of the database it says nothing. */
static void look_at_answers(struct council *council)
{
	struct fault why = {""};
	if (spool_put_try(council->first->spool, &why) == RESULT_OK) {
		council_end_ops(council, OPS_PAGES, TEXT(ANSWERS), NULL);
		return;
	}
	struct ops_word word = {.what = OPS_PAGES,
	                        .key = TEXT(ANSWERS),
	                        .title = "The pages take no answers",
	                        .meaning =
	                                "Whoever answers by the link in their message is told that it cannot be taken. "
	                                "Who gives no answer is followed by the next step.",
	                        .facts = {{"Why", why.text, NULL}},
	                        .fact_count = 1};
	council_say_ops(council, &word);
}

/* Pages that cannot be served are no reason to watch over nobody: the daemon runs on, and says so. */
static void serve(struct council *council)
{
	const struct config_web *web = &council->first->web;
	struct pages *pages = council->pages;
	struct fault why = {""};
	if (web_is_served(pages->web))
		return;
	if (pages->served)
		log_error("pages: the socket's name was removed or replaced; making it anew");
	pages->served = web_listen(pages->web, web->socket, web->listen, &why) == RESULT_OK;
	if (!pages->served) {
		say_not_served(council, &why);
		return;
	}
	if (web->listen)
		log_notice("pages are served on port %d, too", web_port(pages->web));
	council_end_ops(council, OPS_PAGES, TEXT_NONE, NULL);
}

enum result pages_look(struct council *council, struct fault *fault)
{
	(void)fault;
	if (!council->pages)
		return RESULT_OK;
	serve(council);
	look_at_answers(council);
	return RESULT_OK;
}

enum result pages_start(struct council *council, struct fault *fault)
{
	const struct config_web *web = &council->first->web;
	struct web_settings settings;
	if (!web->socket && !web->listen)
		return RESULT_OK;
	settings_of(council, &settings);
	struct web *made;
	enum result result = web_new(council->daemon->loop, &settings, looked, council, &made, fault);
	if (result != RESULT_OK)
		return result;
	council->pages = MEM_NEW(struct pages);
	*council->pages = (struct pages){.web = made};
	serve(council); /* the spool's directory may not be there yet */
	return RESULT_OK;
}

void pages_use(struct council *council)
{
	struct web_settings settings;
	if (!council->pages)
		return;
	settings_of(council, &settings);
	web_use(council->pages->web, &settings);
}

void pages_stop(struct council *council)
{
	if (council->pages)
		web_free(council->pages->web);
	free(council->pages);
	council->pages = NULL;
}

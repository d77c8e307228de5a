/* pages: the server of the pages, and what they need of the daemon. */
#include "run/run_internal.h"

#include "base/log.h"
#include "source/spool_put.h"
#include "store/audit.h"

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

static void settings_of(struct daemon *daemon, struct web_settings *settings)
{
	const struct config *config = daemon->config;
	*settings = (struct web_settings){.database = daemon->first->database,
	                                  .directory = config->directory,
	                                  .rules = config->rules,
	                                  .calendar = config->calendar,
	                                  .templates = daemon->edition->templates,
	                                  .council = config->council,
	                                  .user_header = user_header_of(daemon->edition),
	                                  .go_live = config->go_live,
	                                  .keys = daemon->edition->keys,
	                                  .event_bytes = config->event_bytes,
	                                  .event_depth = config->event_depth,
	                                  .type_prefix = daemon->first->type_prefix,
	                                  .config = config,
	                                  .clock = daemon->clock,
	                                  .hand_in = hand_in,
	                                  .notify_called = daemon->notify_calls ? notify_called : NULL,
	                                  .notify_context = daemon->notify_calls,
	                                  .context = (void *)(uintptr_t)daemon->first->spool,
	                                  .owner = &daemon->edition->shared};
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
	struct daemon *daemon = context;
	struct fault fault = {0};
	enum result result = write_looks(daemon->store, at, person, page, looks, count, &fault);
	daemon_after(daemon, result, &fault);
	return result == RESULT_OK;
}

static void say_not_served(struct daemon *daemon, const struct fault *why)
{
	struct ops_word word = {.what = OPS_PAGES, .facts = {{"Why", why->text, NULL}}, .fact_count = 1};
	daemon_say_ops(daemon, &word);
}

/* Pages that cannot be served are no reason to watch over nobody: the daemon runs on, and says so. */
enum result pages_look(struct daemon *daemon, struct fault *fault)
{
	const struct config_web *web = &daemon->first->web;
	struct fault why = {""};
	(void)fault;
	if (!daemon->web || web_is_served(daemon->web))
		return RESULT_OK;
	if (daemon->served)
		log_error("pages: the socket's name was removed or replaced; making it anew");
	daemon->served = web_listen(daemon->web, web->socket, web->listen, &why) == RESULT_OK;
	if (!daemon->served) {
		say_not_served(daemon, &why);
		return RESULT_OK;
	}
	if (web->listen)
		log_notice("pages are served on port %d, too", web_port(daemon->web));
	daemon_end_ops(daemon, OPS_PAGES, TEXT_NONE, NULL);
	return RESULT_OK;
}

enum result pages_start(struct daemon *daemon, struct fault *fault)
{
	const struct config_web *web = &daemon->first->web;
	struct web_settings settings;
	if (!web->socket && !web->listen)
		return RESULT_OK;
	settings_of(daemon, &settings);
	enum result result = web_new(daemon->loop, &settings, looked, daemon, &daemon->web, fault);
	if (result != RESULT_OK)
		return result;
	return pages_look(daemon, fault);
}

void pages_use(struct daemon *daemon)
{
	struct web_settings settings;
	if (!daemon->web)
		return;
	settings_of(daemon, &settings);
	web_use(daemon->web, &settings);
}

void pages_stop(struct daemon *daemon)
{
	web_free(daemon->web);
	daemon->web = NULL;
}

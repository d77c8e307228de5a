/* desk_world: the signed-in pages over a pipeline's own database, made by the same functions that the daemon calls. */
#ifndef CASEWATCH_TESTS_DESK_WORLD_H
#define CASEWATCH_TESTS_DESK_WORLD_H

#include "pipeline_world.h"
#include "registers_fixture.h"

#include "message/link.h"
#include "store/alerts/board.h"
#include "text/template.h"
#include "web/board_pages.h"

struct desk {
	struct world *w;
	struct store *reader;
	struct event_parser *parser;
	struct template_set *templates;
	struct link_keys *keys;
	struct web_settings settings;
	struct arena *arena;
	struct http_incoming request;
	struct http_field fields[4];
	struct web_page page;
	struct buffer handed_in; /* what the last POST handed in */
	char name[128];
};

static enum result take_bytes(void *context, const char *name, struct text bytes, struct fault *fault)
{
	struct desk *desk = context;
	(void)fault;
	buffer_clear(&desk->handed_in);
	buffer_text(&desk->handed_in, bytes);
	(void)snprintf(desk->name, sizeof desk->name, "%s", name);
	return RESULT_OK;
}

static inline int set_up(void **state)
{
	struct desk *desk = MEM_NEW(struct desk);
	struct fault fault = {{0}};
	void *world;
	(void)setup(&world);
	desk->w = world;
	const struct config *config = desk->w->config;
	desk->templates = template_load("conf/templates", &fault);
	if (!desk->templates)
		fail_msg("%s", fault.text);
	desk->keys = link_keys_of(TEXT("0123456789012345678901234567890123456789\n"), &fault);
	assert_non_null(desk->keys);
	desk->settings = (struct web_settings){.database = desk->w->f->path,
	                                       .directory = config->directory,
	                                       .rules = config->rules,
	                                       .calendar = config->calendar,
	                                       .config = config,
	                                       .templates = desk->templates,
	                                       .council = "Example Council",
	                                       .keys = desk->keys,
	                                       .hand_in = take_bytes,
	                                       .context = desk};
	desk->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	*state = desk;
	return 0;
}

static inline int tear_down(void **state)
{
	struct desk *desk = *state;
	void *world = desk->w;
	store_close(desk->reader);
	event_parser_free(desk->parser);
	template_free(desk->templates);
	link_keys_free(desk->keys);
	buffer_free(&desk->page.reply.body);
	buffer_free(&desk->page.reply.location);
	buffer_free(&desk->handed_in);
	free(desk->page.looks);
	if (desk->arena)
		arena_free(desk->arena);
	(void)teardown(&world);
	free(desk);
	return 0;
}

/* The registers as the daemon has brought them up to date. */
static inline void settle(struct desk *desk)
{
	registers_fixture_build(desk->w->f->store, desk->w->config);
}

static inline void see(struct desk *desk)
{
	struct fixture *f = desk->w->f;
	if (!desk->reader) {
		OK(store_open(f->path, STORE_READ, &desk->reader, &f->fault));
		events_set_parser(desk->reader, desk->parser);
	}
	store_look_anew(desk->reader);
}

/* "id" or "name=value&..." of a form; the page is what the person gets. */
static inline int get(struct desk *desk, web_make *make, const char *person, const char *part, const char *name,
                      const char *value, const char *now)
{
	struct fixture *f = desk->w->f;
	if (desk->arena)
		arena_free(desk->arena);
	desk->arena = arena_new(65536);
	buffer_clear(&desk->page.reply.body);
	buffer_clear(&desk->page.reply.location);
	see(desk);
	desk->fields[0] = (struct http_field){text_of(name ? name : ""), text_of(value ? value : "")};
	desk->request = (struct http_incoming){.method = HTTP_GET,
	                                       .fields = desk->fields,
	                                       .field_count = name != NULL,
	                                       .query_fields = name != NULL,
	                                       .arena = desk->arena};
	struct buffer body = desk->page.reply.body, location = desk->page.reply.location;
	struct web_look *looks = desk->page.looks;
	size_t room = desk->page.look_room;
	desk->page = (struct web_page){.request = &desk->request,
	                               .settings = &desk->settings,
	                               .store = desk->reader,
	                               .person = directory_person(desk->settings.directory, text_of(person)),
	                               .zone = calendar_zone(desk->settings.calendar),
	                               .now = at(now),
	                               .arena = desk->arena,
	                               .looks = looks,
	                               .look_room = room};
	desk->page.reply.body = body;
	desk->page.reply.location = location;
	desk->page.parts[0] = text_of(part ? part : "");
	assert_non_null(desk->page.person);
	OK(make(&desk->page, &f->fault));
	return desk->page.reply.status;
}

/* A form that was filled in. */
static inline int post(struct desk *desk, web_make *make, const char *person, const char *part, const char *once,
                       const char *reason, const char *now)
{
	struct fixture *f = desk->w->f;
	char value[WEB_FORM_SIZE];
	(void)snprintf(value, sizeof value, "%s", once);
	(void)get(desk, page_lists, person, NULL, NULL, NULL, now);
	desk->fields[0] = (struct http_field){TEXT("once"), text_of(value)};
	desk->fields[1] = (struct http_field){TEXT("reason"), text_of(reason)};
	desk->request.method = HTTP_POST;
	desk->request.field_count = 2;
	desk->request.query_fields = 0;
	desk->page.parts[0] = text_of(part);
	buffer_clear(&desk->page.reply.body);
	OK(make(&desk->page, &f->fault));
	return desk->page.reply.status;
}

static inline const char *html(const struct desk *desk)
{
	return buffer_cstr((struct buffer *)&desk->page.reply.body);
}

static inline void assert_says(const struct desk *desk, const char *words)
{
	if (!strstr(html(desk), words))
		fail_msg("the page does not say \"%s\":\n%s", words, strstr(html(desk), "<main"));
}

static inline void assert_silent(const struct desk *desk, const char *words)
{
	if (strstr(html(desk), words))
		fail_msg("the page says \"%s\":\n%s", words, strstr(html(desk), "<main"));
}

static inline bool looked_at(const struct desk *desk, const char *child)
{
	for (size_t i = 0; i < desk->page.look_count; i++)
		if (text_equal(desk->page.looks[i].subject, text_of(child)))
			return true;
	return false;
}

#endif

/* pages: somebody answers by the link in their message: the page is opened, filled in and sent, by the code that makes
 * pages, without a server before it. */
#include "sim/sim.h"

#include "message/link.h"
#include "store/events/events.h"
#include "web/answer.h"

#include <stdlib.h>

#define KEY "a key of the simulator's own, for links"

struct visit {
	struct sim *sim;
	struct chance chance;
	struct link_keys *keys;
	struct web_settings settings;
	struct web_page page;
	struct http_incoming request;
	struct http_field fields[6];
	char token[LINK_TOKEN_SIZE], form[WEB_FORM_SIZE];
};

static enum result hand_in(void *context, const char *name, struct text bytes, struct fault *fault)
{
	struct buffer line = {0};
	(void)name, (void)fault;
	buffer_text(&line, text_trim(bytes));
	world_hand_in(context, buffer_cstr(&line));
	buffer_free(&line);
	return RESULT_OK;
}

static void put_settings(struct visit *visit)
{
	struct sim *sim = visit->sim;
	const struct config *config = sim->council->config;
	visit->settings = (struct web_settings){.database = sim->database,
	                                        .directory = config->directory,
	                                        .rules = config->rules,
	                                        .calendar = config->calendar,
	                                        .templates = sim->council->edition->templates,
	                                        .council = config->council,
	                                        .keys = visit->keys,
	                                        .by_log = sim->council->first->cell.machine != NULL,
	                                        .config = config,
	                                        .clock = clock_two_hands(&sim->hands),
	                                        .hand_in = hand_in,
	                                        .context = sim};
	for (size_t i = 0; i < 3; i++)
		visit->settings.review_after[i] = config->review_after[i];
}

/* As web.c does: what was accepted stays readable when limits are lowered. */
static void open_reader(struct visit *visit)
{
	struct sim *sim = visit->sim;
	struct page_reader *pages = &sim->pages;
	struct fault fault = {0};
	if (pages->store && pages->edition != sim->council->edition) {
		look_close_pages(sim);
		disk_look(sim->disk, true); /* as whoever asked had it */
	}
	pages->edition = sim->council->edition;
	if (!pages->store && store_open(sim->database, STORE_READ, &pages->store, &fault) != RESULT_OK)
		sim_fail(sim, "a page cannot open the database: %s", fault.text);
	if (pages->store && !pages->parser) {
		pages->parser =
			event_parser_new((struct event_limits){SIZE_MAX / 2, 1024}, TEXT_NONE, visit->page.zone);
		events_set_parser(pages->store, pages->parser);
	}
	visit->page.store = pages->store;
}

static bool begin(struct visit *visit, const struct outbox_row *row)
{
	struct sim *sim = visit->sim;
	struct fault fault = {0};
	visit->keys = link_keys_of(TEXT(KEY), &fault);
	put_settings(visit);
	link_make(visit->keys, row, sim->hands.now, visit->token);
	visit->page = (struct web_page){.settings = &visit->settings,
	                                .request = &visit->request,
	                                .parts = {text_of(visit->token)},
	                                .zone = calendar_zone(visit->settings.calendar),
	                                .now = sim->hands.now,
	                                .arena = arena_new(65536),
	                                .brake = web_brake_new()};
	visit->request.arena = visit->page.arena;
	open_reader(visit);
	return visit->page.store != NULL;
}

static void leave(struct visit *visit)
{
	web_brake_free(visit->page.brake);
	arena_free(visit->page.arena);
	buffer_free(&visit->page.reply.body);
	buffer_free(&visit->page.reply.location);
	free(visit->page.looks);
	link_keys_free(visit->keys);
}

/* Makes the page, and says what it answered. */
static int make(struct visit *visit, web_make *maker)
{
	struct web_page *page = &visit->page;
	struct fault fault = {0};
	buffer_clear(&page->reply.body);
	buffer_clear(&page->reply.location);
	page->reply.status = 0;
	store_look_anew(page->store);
	if (store_view(page->store, &fault) != RESULT_OK || maker(page, &fault) != RESULT_OK)
		sim_fail(visit->sim, "the answer page cannot be made: %s", fault.text);
	store_view_end(page->store);
	return page->reply.status;
}

static void fill_in(struct visit *visit)
{
	static const char *const what[][2] = {{"act", ""}, {"act", "1h"}, {"act", "none"}, {"pass", "none"}};
	const char *const *chosen = what[chance_below(&visit->chance, sizeof what / sizeof *what)];
	web_form_value(&visit->page, text_of(visit->token), visit->form);
	visit->fields[0] = (struct http_field){TEXT("form"), text_of(visit->form)};
	visit->fields[1] = (struct http_field){TEXT("do"), text_of(chosen[0])};
	visit->fields[2] = (struct http_field){TEXT("action"), TEXT("other")};
	visit->fields[3] = (struct http_field){TEXT("note"), TEXT("seen to")};
	visit->fields[4] = (struct http_field){TEXT("review"), text_of(chosen[1])};
	visit->fields[5] = (struct http_field){TEXT("to"), TEXT("next")};
	visit->request.method = HTTP_POST;
	visit->request.fields = visit->fields;
	visit->request.field_count = sizeof visit->fields / sizeof *visit->fields;
}

/* A link that was sent holds for as long as its person is in the directory; a form that is filled in and good is taken,
 * and one that is sent twice is one answer. */
static void answer(struct visit *visit)
{
	int status = make(visit, answer_page);
	if (status == 403 && visit->sim->other_edition) /* who was told is no longer in the directory */
		return;
	if (status != 200)
		sim_fail(visit->sim, "the page of a link that was sent says %d", status);
	fill_in(visit);
	for (uint64_t times = 1 + chance_below(&visit->chance, 2); times && !sim_failed(visit->sim); times--) {
		status = make(visit, answer_post);
		if (status != 303)
			sim_fail(visit->sim, "a form that was filled in was answered with %d", status);
	}
}

void pages_answer(struct sim *sim, const struct outbox_row *row, struct chance chance)
{
	struct visit visit = {.sim = sim, .chance = chance};
	if (begin(&visit, row))
		answer(&visit);
	leave(&visit);
	sim->figures.answers++;
}

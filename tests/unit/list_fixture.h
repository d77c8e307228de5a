/* A daemon's database with its pipeline and registers, and one list read from it: for the tests of lists. */
#ifndef CASEWATCH_TESTS_LIST_FIXTURE_H
#define CASEWATCH_TESTS_LIST_FIXTURE_H

#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "report/list.h"

struct bench {
	struct fixture *f;
	struct pipeline *pipeline;
	struct registers *registers;
	struct team teams[4];
	struct person people[4];
	struct directory directory;
	struct list_view view;
	instant as_of, last, now;
	struct list_facts *facts;
	struct list *list;
	int64_t next;
	int number;
	struct fault fault;
};

static struct config *config;

static inline instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static inline int load_config(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	schema_start();
	log_set_level(LOG_LEVEL_ERROR);
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].text);
	config_faults_free(&faults);
	return config ? 0 : -1;
}

static inline int free_config(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

static inline size_t bench_linked(void *context, struct text id, const struct text **ids)
{
	const struct bench *bench = context;
	return pipeline_linked(bench->pipeline, id, ids);
}

static inline struct text bench_canonical(void *context, struct text id)
{
	const struct bench *bench = context;
	return pipeline_canonical(bench->pipeline, id);
}

/* Three teams, each with a manager but South 1; MACH is the duty team. The list of Wed 5 February 2020, 07:30, of
 * North 3. */
static inline int set_up(void **state)
{
	struct bench *bench = MEM_NEW(struct bench);
	void *fixture;
	(void)fixture_setup(&fixture);
	bench->f = fixture;
	struct fixture *f = bench->f;
	event_parser_free(f->readers);
	event_parser_free(f->parser);
	f->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	f->readers = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	events_set_parser(f->store, f->readers);
	struct pipeline_settings settings = {.store = f->store};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	OK(pipeline_new(&settings, &bench->pipeline, &f->fault));
	struct registers_settings own = {.store = f->store,
	                                 .rules = config->rules,
	                                 .zone = calendar_zone(config->calendar),
	                                 .context = bench,
	                                 .linked = bench_linked,
	                                 .canonical = bench_canonical};
	OK(registers_new(&own, &bench->registers, &f->fault));
	bench->people[0] = (struct person){.id = "p-north", .addresses[CHANNEL_EMAIL] = "north@example.org"};
	bench->people[1] = (struct person){.id = "p-mach", .addresses[CHANNEL_EMAIL] = "mach@example.org"};
	bench->teams[0] = (struct team){.id = "north-3", .title = "North 3", .manager = "p-north"};
	bench->teams[1] = (struct team){.id = "south-1", .title = "South 1", .manager = "p-mach"};
	bench->teams[2] = (struct team){.id = "mach", .title = "MACH", .manager = "p-mach"};
	static struct role_title roles[] = {{.role = "team-manager", .title = "Team manager",
	                                    .from = ROLE_FROM_MANAGER}};
	bench->directory = (struct directory){.people = bench->people,
	                                      .person_count = 2,
	                                      .teams = bench->teams,
	                                      .team_count = 3,
	                                      .roles = roles,
	                                      .role_count = 1,
	                                      .duty_team = "mach",
	                                      .duty_phone = "01632 960123"};
	bench->as_of = at("2020-02-05T07:30:00Z");
	bench->last = at("2020-02-04T07:30:00Z");
	bench->now = at("2020-02-05T08:00:00Z");
	bench->view = (struct list_view){.zone = calendar_zone(config->calendar),
	                                 .list = lists_find(config->lists, config->list_count, TEXT("daily-missing")),
	                                 .directory = &bench->directory, .team = &bench->teams[0],
	                                 .role_title = "Team manager", .due = bench->as_of,
	                                 .next = at("2020-02-06T07:30:00Z")};
	*state = bench;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *bench = *state;
	void *fixture = bench->f;
	list_free(bench->list);
	list_facts_free(bench->facts);
	registers_free(bench->registers);
	pipeline_free(bench->pipeline);
	(void)fixture_teardown(&fixture);
	free(bench);
	return 0;
}

/* An event, arriving when it happened unless `arrived` says otherwise. `time` of ten letters is a date alone. */
static inline void tell_late(struct bench *bench, const char *type, const char *child, const char *time,
                             const char *data, const char *arrived)
{
	struct fixture *f = bench->f;
	bool day = strlen(time) == 10;
	char id[16], whole[40];
	(void)snprintf(id, sizeof id, "e%d", bench->number++);
	(void)snprintf(whole, sizeof whole, "%s%s", time, day ? "T00:00:00Z" : "");
	struct batch *batch = batch_new();
	(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++bench->next,
	                event_json(f, "lcs", id, type, child, whole, day ? "\"timeprecision\":\"day\"," : "", data),
	                at(arrived ? arrived : whole));
	OK(pipeline_take(bench->pipeline, batch, bench->now, bench->now, &f->fault));
	batch_free(batch);
}

static inline void tell(struct bench *bench, const char *type, const char *child, const char *time, const char *data)
{
	tell_late(bench, type, child, time, data, NULL);
}

static inline void missing(struct bench *bench, const char *child, const char *time, const char *episode)
{
	char data[128];
	(void)snprintf(data, sizeof data, "\"episode\":\"%s\",\"kind\":\"missing\"", episode);
	tell(bench, "missing.started", child, time, data);
}

static inline void returned(struct bench *bench, const char *child, const char *time, const char *episode)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"episode\":\"%s\"", episode);
	tell(bench, "missing.ended", child, time, data);
}

static inline void of_team(struct bench *bench, const char *child, const char *team)
{
	char data[96];
	(void)snprintf(data, sizeof data, "\"role\":\"social-worker\",\"worker\":\"W-%s\",\"team\":\"%s\"", child,
	               team);
	tell(bench, "allocation.started", child, "2019-01-01T09:00:00Z", data);
}

static inline void complete_to(struct bench *bench, const char *time)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"up_to\":\"%s\"", time);
	tell(bench, "source.complete", "lcs", time, data);
}

/* A record that could not be read. */
static inline void refused(struct bench *bench, const char *bytes, const char *reason, const char *came)
{
	struct fixture *f = bench->f;
	struct quarantine_row row = {.source_name = TEXT("kafka:events:0@18"), .arrived = at(came),
	                             .reason = text_of(reason), .bytes = text_of(bytes)};
	OK(store_begin(f->store, &f->fault));
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static inline void bring_up_to_date(struct bench *bench)
{
	struct fixture *f = bench->f;
	for (bool more = true; more;)
		OK(registers_step(bench->registers, &more, &f->fault));
}

/* Reads the facts anew. */
static inline const struct list *list(struct bench *bench)
{
	enum result result;
	struct list_request request = {.database = bench->f->path, .rules = config->rules, .zone = bench->view.zone,
	                               .list = bench->view.list, .as_of = bench->as_of, .last = bench->last,
	                               .go_live = INSTANT_NONE};
	bring_up_to_date(bench);
	list_free(bench->list);
	list_facts_free(bench->facts);
	bench->list = NULL;
	bench->facts = list_facts_read(&request, &result, &bench->fault);
	if (!bench->facts)
		fail_msg("%s", bench->fault.text);
	bench->list = list_new(bench->facts, &bench->view);
	return bench->list;
}

static inline size_t section_of(const struct list *list, const char *id)
{
	for (size_t i = 0; i < list->view.list->section_count; i++)
		if (strcmp(list->view.list->sections[i].id, id) == 0)
			return i;
	fail_msg("no section %s", id);
	return 0;
}

/* The children of a section, in order. */
static inline void assert_ids(const struct list *list, const char *section, const char *wanted)
{
	const struct list_part *part = &list->sections[section_of(list, section)];
	struct buffer ids = {0};
	for (size_t i = 0; i < part->count; i++)
		buffer_format(&ids, "%s%.*s", i ? " " : "", TEXT_ARG(part->items[i].row->child->id));
	assert_string_equal(buffer_cstr(&ids), wanted);
	buffer_free(&ids);
}

/* What a row says: "column: value" of one column. */
static inline void assert_says(const struct list *list, const char *section, size_t row, const char *column,
                               const char *wanted)
{
	size_t at_section = section_of(list, section);
	const struct list_rows *rows = &list->facts->sections[at_section];
	const struct list_part *part = &list->sections[at_section];
	for (size_t i = 0; i < rows->column_count; i++)
		if (strcmp(rows->columns[i], column) == 0) {
			assert_true(row < part->count);
			struct text value = part->items[row].row->values[i];
			char said[256];
			(void)snprintf(said, sizeof said, "%.*s", TEXT_ARG(value));
			assert_string_equal(said, wanted);
			return;
		}
	fail_msg("section %s has no column %s", section, column);
}

/* Text part of the list as it stands. */
static inline char *rendered(struct bench *bench, struct buffer *html)
{
	struct buffer subject = {0}, text = {0}, own = {0};
	struct template_set *templates = template_load("conf/templates", &bench->fault);
	if (!templates ||
	    list_render(list(bench), templates, &subject, &text, html ? html : &own, &bench->fault) != RESULT_OK)
		fail_msg("%s", bench->fault.text);
	template_free(templates);
	buffer_free(&subject);
	buffer_free(&own);
	buffer_char(&text, '\0');
	return text.at;
}

#endif

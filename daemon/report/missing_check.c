/* missing_check: an example list, so that its templates are known to render before 07:30. */
#include "report/missing_page.h"

#define EXAMPLE_TEAMS 2

struct example {
	struct missing_facts *facts;
	const struct zone *zone;
	instant as_of;
	struct team teams[EXAMPLE_TEAMS];
	struct directory directory;
	unsigned told;
};

static void tell(struct example *example, const char *type, const char *id, const char *episode, instant time,
                 const char *name, const char *value)
{
	char own[2] = {(char)('a' + example->told++ % 26), '\0'};
	struct event_field fields[] = {
		{schema_name(TEXT("episode")), {.kind = VALUE_STRING, .string = text_of(episode)}},
		{schema_name(TEXT("kind")), {.kind = VALUE_STRING, .string = TEXT("missing")}},
		{schema_name(text_of(name)), {.kind = VALUE_STRING, .string = text_of(value)}}};
	struct event event = {.id = text_of(own), .source = TEXT("example"), .subject = text_of(id),
	                      .type = schema_find(text_of(type)), .time = time, .fields = fields, .field_count = 3};
	missing_facts_event(example->facts, text_of(id), &event, time);
}

/* One child for each section. */
static void fill(struct example *example)
{
	instant now = example->as_of;
	tell(example, "missing.started", "C1", "E1", now - 3 * HOUR, "risk", "high");
	tell(example, "missing.started", "C1", "E2", now - 200 * HOUR, "from", "home");
	tell(example, "missing.ended", "C1", "E2", now - 190 * HOUR, "from", "home");
	tell(example, "missing.started", "C1", "E3", now - 300 * HOUR, "placement", "PL-1");
	tell(example, "missing.ended", "C1", "E3", now - 5 * HOUR, "from", "home");
	tell(example, "child.updated", "C1", "", now - 400 * HOUR, "initials", "AB");
	tell(example, "rhi.completed", "C1", "E3", now - HOUR, "from", "home");
	missing_facts_alert(example->facts, TEXT("C1"), 1);
	missing_facts_unread(example->facts, TEXT("C2"), now - HOUR, "without the time it happened");
	missing_facts_unread(example->facts, TEXT_NONE, now - HOUR, "and could not be read");
}

/* `all_names`: the list has something in every section, so that every name occurs. */
static enum result check_one(const struct missing_list *list, const struct template_set *templates, bool all_names,
                             struct fault *fault)
{
	static const char *const parts[] = {"daily-missing.txt", "daily-missing.html"};
	struct arena *arena = arena_new(64 * 1024);
	struct data *page = missing_page(list, MISSING_CUT_ROWS, arena);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < 2 && result == RESULT_OK; i++) {
		struct buffer out = {0};
		result = all_names ? template_check(templates, parts[i], page, fault)
		                   : template_render(templates, parts[i], page, &out, fault);
		buffer_free(&out);
	}
	arena_free(arena);
	return result;
}

enum result missing_check_templates(const struct template_set *templates, const struct zone *zone, struct fault *fault)
{
	struct example example = {.zone = zone, .as_of = zone_midnight(zone, day_of(2020, 2, 5)) + 450 * MINUTE};
	example.teams[0] = (struct team){.id = "a", .title = "A"};
	example.directory = (struct directory){.teams = example.teams, .team_count = 1, .duty_team = "a", .duty_phone = "01"};
	struct missing_view view = {.zone = zone, .directory = &example.directory, .role_title = "Example",
	                            .as_of = example.as_of, .due = example.as_of - HOUR, .last = example.as_of - 24 * HOUR,
	                            .next = example.as_of + 24 * HOUR, .go_live = INSTANT_NONE, .late = true, .follows = true,
	                            .completeness = {.complete_to = example.as_of, .last_arrival = example.as_of}};
	enum result result = RESULT_OK;
	for (int round = 0; round < 4 && result == RESULT_OK; round++) {
		example.facts = missing_facts_new(zone);
		if (round < 2)
			fill(&example);
		view.team = round % 2 ? &example.teams[0] : NULL;
		view.completeness.complete_to = round < 3 ? example.as_of : example.as_of - 5 * HOUR;
		struct missing_list *list = missing_list_new(example.facts, &view);
		result = check_one(list, templates, round == 0, fault);
		missing_list_free(list);
		missing_facts_free(example.facts);
	}
	return result;
}

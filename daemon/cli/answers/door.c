/* door: whether somebody may answer an alert; if not, who may. */
#include "cli/answers/door.h"

#include <stdlib.h>

#include "people/allocation.h"
#include "store/events/events.h"
#include "store/outbox/told.h"

struct asking {
	struct arena *arena;
	struct told told;
	struct answerer_told *items;
	const struct event **events;
	size_t event_count, event_room;
	struct allocation *open;
	size_t open_count;
};

static enum result note_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct asking *asking = argument;
	(void)bytes;
	(void)arrived;
	(void)fault;
	struct event *copy = arena_alloc(asking->arena, sizeof *copy);
	event_copy(copy, event, asking->arena);
	*(const struct event **)mem_push((void **)&asking->events, &asking->event_count, &asking->event_room,
	                                 sizeof copy) = copy;
	return RESULT_OK;
}

static enum result gather(const struct opened *opened, struct text alert, struct text subject, enum party_kind domain,
                          struct asking *asking, struct fault *fault)
{
	enum result result = told_find(opened->store, alert, INSTANT_NONE, asking->arena, &asking->told, fault);
	asking->items = arena_alloc(asking->arena, (asking->told.count + 1) * sizeof *asking->items);
	for (size_t i = 0; i < asking->told.count; i++)
		asking->items[i] = (struct answerer_told){asking->told.items[i].role, asking->told.items[i].person};
	if (result == RESULT_OK)
		result = events_history(opened->store, domain, subject, note_event, asking, fault);
	asking->open = arena_alloc(asking->arena, (asking->event_count + 1) * sizeof *asking->open);
	if (result == RESULT_OK)
		asking->open_count = allocations_open(asking->events, asking->event_count, domain == PARTY_NONE,
		                                      opened->zone, opened->now, asking->open, asking->event_count);
	return result;
}

/* "director (p-director), dcs" */
static void put_told(const struct asking *asking, struct buffer *out)
{
	for (size_t i = 0; i < asking->told.count; i++) {
		const struct told_person *told = &asking->told.items[i];
		buffer_format(out, "%s%.*s", i ? ", " : "", TEXT_ARG(told->role));
		if (told->person.length)
			buffer_format(out, " (%.*s)", TEXT_ARG(told->person));
	}
}

static enum cli_status refuse(struct cli *cli, const char *called, const struct answerer *answerer,
                              enum answerer_verdict verdict, const struct asking *asking)
{
	struct buffer words = {0};
	struct text who = answerer->person.length ? answerer->person : answerer->by;
	if (!asking->told.count) {
		(void)cli_failed(cli,
		                 "nobody has been told of %s, so nobody can answer it; casewatch explain %s shows why",
		                 called, called);
		return CLI_FOUND;
	}
	put_told(asking, &words);
	if (verdict == ANSWERER_TO_NOBODY)
		(void)cli_failed(cli,
		                 "--to is \"%.*s\", which nobody else holds for %s today, or nobody who can be "
		                 "reached: it would rest with nobody. Name another role, or leave --to out: then the "
		                 "next step is told once everyone has passed it on",
		                 TEXT_ARG(answerer->to), called);
	else if (verdict == ANSWERER_FOR_NOT_TOLD)
		(void)cli_failed(cli, "--for is \"%.*s\", who was not told of %s. Told were: %s",
		                 TEXT_ARG(answerer->for_role), called, buffer_cstr(&words));
	else if (verdict == ANSWERER_NOT_HOLDER)
		(void)cli_failed(cli,
		                 "%.*s does not hold the role %.*s today and was not told of %s. It may be answered "
		                 "by: %s. Whoever "
		                 "answers for one of them says so: --for %.*s",
		                 TEXT_ARG(who), TEXT_ARG(answerer->by), called, buffer_cstr(&words),
		                 TEXT_ARG(asking->told.items[0].role));
	else
		(void)cli_failed(cli,
		                 "%.*s was not told of %s. It may be answered by: %s. Whoever answers for one of them "
		                 "says so: --for "
		                 "%.*s",
		                 TEXT_ARG(answerer->by), called, buffer_cstr(&words),
		                 TEXT_ARG(asking->told.items[0].role));
	buffer_free(&words);
	return CLI_FOUND;
}

enum cli_status door_ask(struct cli *cli, const struct opened *opened, struct text alert, const char *called,
                         struct text subject, enum party_kind domain, const struct answerer *answerer)
{
	struct fault fault = {{0}};
	struct asking asking = {.arena = arena_new(4096)};
	enum cli_status status = CLI_FINE;
	if (gather(opened, alert, subject, domain, &asking, &fault) != RESULT_OK) {
		status = cli_failed(cli, "%s", fault.text);
	} else {
		enum answerer_verdict verdict =
			answerer_may(answerer, asking.items, asking.told.count, opened->config->directory, asking.open,
		                     asking.open_count, zone_date(opened->zone, opened->now));
		if (verdict != ANSWERER_MAY)
			status = refuse(cli, called, answerer, verdict, &asking);
	}
	told_free(&asking.told);
	free(asking.events);
	arena_free(asking.arena);
	return status;
}

/* asked: a rule, a subject, a time, and the subject's events out of the store or a file. */
#include "cli/asked.h"

#include "base/spelling.h"
#include "store/events.h"
#include "time/instant.h"

#include <stdlib.h>

/* ---- out of the store ---- */

struct gathering {
	struct subject *subject;
	const struct event **merges; /* copies in the subject's arena */
	size_t merge_count, merge_room;
	struct text *children;       /* that name the party */
	size_t child_count, child_room;
};

static enum result take(void *argument, const struct event *event, struct text bytes, instant arrived,
                        struct fault *fault)
{
	struct gathering *gathering = argument;
	(void)bytes, (void)arrived, (void)fault;
	subject_keep(gathering->subject, event);
	return RESULT_OK;
}

static enum result take_merge(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct gathering *gathering = argument;
	enum result result = take(argument, event, bytes, arrived, fault);
	*(const struct event **)mem_push((void **)&gathering->merges, &gathering->merge_count, &gathering->merge_room,
	                                 sizeof event) = gathering->subject->events[gathering->subject->count - 1];
	return result;
}

static enum result take_record(void *argument, const struct events_record *record, struct fault *fault)
{
	uint64_t **end = argument;
	(void)fault;
	*(*end)++ = record->ref;
	return RESULT_OK;
}

static enum result count_record(void *argument, const struct events_record *record, struct fault *fault)
{
	(void)record, (void)fault;
	++*(size_t *)argument;
	return RESULT_OK;
}

/* What corrects or withdraws the event, also where it does not stand, and what the event itself amends. */
static enum result take_amendments(const struct opened *opened, struct gathering *gathering, const struct event *event,
                                   struct fault *fault)
{
	struct store *store = opened->store;
	struct text target = event->replaces;
	size_t count = 0;
	if (event->type == TYPE_ID_EVENT_WITHDRAWN && !target.length)
		target = event_string(event, schema_name(TEXT("id")));
	enum result result = events_amendments(store, event->source, event->id, count_record, &count, fault);
	uint64_t *refs = mem_zero(count + 1, sizeof *refs), *end = refs;
	if (result == RESULT_OK && count)
		result = events_amendments(store, event->source, event->id, take_record, &end, fault);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = events_by_ref(store, refs[i], take, gathering, fault);
	free(refs);
	if (result == RESULT_OK && target.length)
		result = events_find(store, event->source, target, take, gathering, fault);
	return result;
}

static enum result take_linked(const struct opened *opened, struct gathering *gathering, struct text id,
                               enum party_kind domain, struct fault *fault)
{
	const struct text *ids;
	struct subject of = *gathering->subject;
	of.id = id;
	size_t count = subject_linked(opened->config, &of, gathering->merges, gathering->merge_count, &ids);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = events_history(opened->store, domain, ids[i], take, gathering, fault);
	return result;
}

/* Merges first: they say which ids are one history. What amends an event may itself be amended: the list grows. */
enum result asked_gather(const struct opened *opened, struct subject *subject, struct fault *fault)
{
	struct gathering gathering = {.subject = subject};
	enum result result = events_merges(opened->store, take_merge, &gathering, fault);
	if (result == RESULT_OK)
		result = take_linked(opened, &gathering, subject->id, subject->domain, fault);
	size_t own = subject->count;
	for (size_t i = 0; i < own && result == RESULT_OK && subject->domain != PARTY_NONE; i++)
		result = take_linked(opened, &gathering, subject->events[i]->subject, PARTY_NONE, fault);
	for (size_t i = 0; i < subject->count && result == RESULT_OK; i++)
		result = take_amendments(opened, &gathering, subject->events[i], fault);
	free(gathering.merges);
	return result;
}

/* ---- what is asked ---- */

static enum cli_status find_rule(struct cli *cli, struct asked *asked)
{
	const struct ruleset *rules = asked->config->rules;
	const char *id = cli->operands[0];
	asked->rule = trial_rule(rules, asked->opened.zone, text_of(id), asked->at);
	if (asked->rule)
		return CLI_FINE;
	struct spelling spelling = spelling_begin(text_of(id));
	struct buffer meant = {0};
	for (size_t i = 0; i < rules->rule_count; i++)
		spelling_offer(&spelling, rules->rules[i].id);
	spelling_say(&spelling, &meant);
	enum cli_status status = cli_failed(cli, "no rule is called \"%s\"%s", id, buffer_cstr(&meant));
	buffer_free(&meant);
	return status;
}

static enum cli_status read_at(struct cli *cli, struct asked *asked)
{
	const char *given = cli_value(cli, "at"), *why = NULL;
	asked->at = clock_now(&cli->clock);
	if (!given || instant_parse(text_of(given), &asked->at, &why))
		return CLI_FINE;
	return cli_wrong(cli, "--at \"%s\" is not a time such as 2020-03-01T00:00:00Z: %s", given, why);
}

static enum cli_status read_events(struct cli *cli, struct asked *asked)
{
	struct fault fault = {{0}};
	instant last;
	const char *file = cli_value(cli, "events");
	enum result result;
	asked->complete_to = INSTANT_NONE;
	if (file)
		result = subject_read(asked->config, file, &asked->subject, &asked->refused, &fault);
	else
		result = asked_gather(&asked->opened, &asked->subject, &fault);
	if (result == RESULT_OK && !file)
		result = sources_complete(asked->opened.store, &asked->complete_to, &last, &fault);
	return result == RESULT_OK ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

static enum cli_status begin(struct cli *cli, struct asked *asked)
{
	*asked = (struct asked){.complete_to = INSTANT_NONE};
	enum cli_status status = read_at(cli, asked);
	if (status == CLI_FINE)
		asked->config = cli_config(cli, cli_value(cli, "rules"));
	if (status != CLI_FINE || !asked->config)
		return CLI_WRONG;
	asked->opened = (struct opened){.now = asked->at, .zone = calendar_zone(asked->config->calendar)};
	status = find_rule(cli, asked);
	if (status == CLI_FINE && !cli_value(cli, "events"))
		status = cli_open(cli, &asked->opened);
	if (status != CLI_FINE)
		return status;
	asked->subject = subject_of(text_of(cli->operands[1]), asked->rule->of);
	return read_events(cli, asked);
}

static void end(struct asked *asked)
{
	if (asked->subject.arena)
		subject_free(&asked->subject);
	if (asked->opened.store)
		cli_close(&asked->opened);
	config_free(asked->config);
}

enum cli_status asked_run(struct cli *cli, enum cli_status (*show)(struct cli *cli, const struct asked *asked))
{
	struct asked asked;
	enum cli_status status = begin(cli, &asked);
	if (status == CLI_FINE)
		status = show(cli, &asked);
	end(&asked);
	return status;
}

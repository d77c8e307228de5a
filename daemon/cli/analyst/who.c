/* who: the ladder of a rule for a subject as it would run: persons, channels, hours and cover; nothing is sent. */
#include "cli/analyst/who.h"

#include <stdlib.h>

#include "people/allocation.h"
#include "people/own_hours.h"

/* ---- gathering ---- */

static const char *own(struct who *who, const char *words)
{
	return arena_copy_text(who->arena, words, strlen(words));
}

/* A step holds the roles of the directory and of its own; each with who holds it on its date. */
static void add_person(struct who *who, struct who_role *role, struct recipient recipient, instant at)
{
	const struct asked *asked = who->asked;
	const struct calendar *calendar = asked->config->calendar;
	struct who_person *person = mem_push((void **)&role->people, &role->count, &role->room, sizeof *person);
	bool at_once = asked->rule->severity == SEVERITY_CRITICAL || own_hours_always(recipient.person) ||
	               directory_out_of_hours(asked->config->directory, text_of(role->role)) ||
	               own_hours_in(recipient.person, calendar, at);
	*person = (struct who_person){.recipient = recipient,
	                              .hears = at_once ? at : own_hours_next(recipient.person, calendar, at)};
	for (size_t i = 0; i < asked->config->directory->cover_count && recipient.covers; i++) {
		const struct cover *cover = &asked->config->directory->covers[i];
		civil_day day = zone_date(asked->opened.zone, at);
		if (strcmp(cover->person, recipient.covers->id) == 0 && day >= cover->from && day <= cover->until)
			person->cover = cover;
	}
}

/* `named`, `owner`: whom the latest event that says so names; before the alert there may be none. */
static void add_named(struct who *who, struct who_role *role, instant at)
{
	const struct subject *subject = &who->asked->subject;
	const struct directory *directory = who->asked->config->directory;
	role->from_event = true;
	uint16_t field = schema_name(text_of(role->role));
	for (size_t i = subject->count; i-- > 0 && !role->count;) {
		const struct value *value = event_field(subject->events[i], field);
		size_t items = value->kind == VALUE_LIST ? value->list.count : value->kind == VALUE_STRING;
		for (size_t k = 0; k < items; k++) {
			struct text id = value->kind == VALUE_LIST ? value->list.items[k].string : value->string;
			const struct person *person = directory_person(directory, id);
			if (person || (person = directory_worker(directory, id)) != NULL)
				add_person(who, role,
				           directory_stand_in(directory, person, role->role,
				                              zone_date(who->asked->opened.zone, at)),
				           at);
		}
	}
}

static void add_role(struct who *who, struct who_step *step, const char *name)
{
	const struct directory *directory = who->asked->config->directory;
	struct who_role *role = mem_push((void **)&step->roles, &step->role_count, &step->role_room, sizeof *role);
	/* Those who work when nobody else does hear at once; the others, when the council's hours let it go. */
	instant told = directory_out_of_hours(directory, text_of(name)) ? step->at : step->told;
	*role = (struct who_role){.role = own(who, name)};
	if (directory_role_from(directory, text_of(name)) == ROLE_FROM_EVENT) {
		add_named(who, role, told);
		return;
	}
	struct recipient *found = arena_alloc(who->arena, (directory->person_count + 1) * sizeof *found);
	size_t count =
		directory_resolve_at(directory, text_of(name), who->open, who->open_count,
	                             zone_date(who->asked->opened.zone, told), told, found, directory->person_count);
	for (size_t i = 0; i < count; i++)
		add_person(who, role, found[i], told);
}

static void add_step(void *argument, const struct engine_step *ladder)
{
	struct who *who = argument;
	struct who_step *step = mem_push((void **)&who->steps, &who->step_count, &who->step_room, sizeof *step);
	*step = (struct who_step){.number = ladder->step,
	                          .at = ladder->at,
	                          .told = ladder->not_before,
	                          .next = ladder->next,
	                          .after = ladder->after,
	                          .again = ladder->again};
	if (ladder->of_rule)
		step->own = &who->asked->rule->steps[ladder->step - 1];
	for (size_t i = 0; i < ladder->role_count; i++)
		add_role(who, step, ladder->roles[i]);
}

static enum result gather(struct who *who, struct fault *fault)
{
	const struct asked *asked = who->asked;
	const struct subject *subject = &asked->subject;
	who->open = arena_alloc(who->arena, (subject->count + 1) * sizeof *who->open);
	who->open_count = allocations_open(subject->events, subject->count, subject->domain == PARTY_NONE,
	                                   asked->opened.zone, asked->at, who->open, subject->count);
	trial_ladder(asked->config, asked->rule, asked->at, add_step, who);
	const struct trial trial = {.config = asked->config,
	                            .rules = asked->config->rules,
	                            .subject = subject,
	                            .at = asked->at,
	                            .mutes_of = asked->rule,
	                            .muted_until = &who->muted_until};
	return trial_judge(&trial, NULL, NULL, fault);
}

static void free_who(struct who *who)
{
	for (size_t i = 0; i < who->step_count; i++) {
		for (size_t k = 0; k < who->steps[i].role_count; k++)
			free(who->steps[i].roles[k].people);
		free(who->steps[i].roles);
	}
	free(who->steps);
	arena_free(who->arena);
}

/* ---- JSON ---- */

static void put_person(struct json_writer *json, const struct who *who, const struct who_step *step,
                       const struct who_person *person)
{
	const struct person *one = person->recipient.person;
	struct who_ways ways = who_ways(who, step, one);
	json_object(json);
	json_put_string(json, "person", one->id);
	json_put_instant(json, "hears", person->hears);
	if (person->recipient.covers)
		json_put_string(json, "covers", person->recipient.covers->id);
	json_key(json, "channels");
	json_array(json);
	for (size_t i = 0; i < ways.count; i++)
		json_string(json, channel_name(ways.kinds[i]));
	json_array_end(json);
	json_put_bool(json, "together", ways.together);
	json_object_end(json);
}

static void put_step(struct json_writer *json, const struct who *who, const struct who_step *step)
{
	json_object(json);
	json_put_integer(json, "step", step->number);
	json_put_bool(json, "again", step->again);
	json_put_instant(json, "at", step->at);
	json_put_instant(json, "told", step->told);
	json_put_instant(json, "next", step->next);
	json_key(json, "roles");
	json_array(json);
	for (size_t i = 0; i < step->role_count; i++) {
		json_object(json);
		json_put_string(json, "role", step->roles[i].role);
		json_key(json, "people");
		json_array(json);
		for (size_t k = 0; k < step->roles[i].count; k++)
			put_person(json, who, step, &step->roles[i].people[k]);
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static void put_json(const struct who *who, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "rule", who->asked->rule->id);
	json_put_text(&json, "subject", who->asked->subject.id);
	json_put_instant(&json, "at", who->asked->at);
	json_put_string(&json, "severity", severity_name(who->asked->rule->severity));
	json_put_bool(&json, "shadow", who->asked->rule->shadow);
	if (who->muted_until != INSTANT_NONE)
		json_put_instant(&json, "muted_until", who->muted_until);
	json_key(&json, "steps");
	json_array(&json);
	for (size_t i = 0; i < who->step_count; i++)
		put_step(&json, who, &who->steps[i]);
	json_array_end(&json);
	json_put_integer(&json, "to_mend", (int64_t)who_to_mend(who));
	json_object_end(&json);
}

static enum cli_status show(struct cli *cli, const struct asked *asked)
{
	struct who who = {.asked = asked, .arena = arena_new(16 * 1024), .muted_until = INSTANT_NONE};
	struct buffer out = {0};
	struct fault fault = {{0}};
	if (gather(&who, &fault) != RESULT_OK) {
		free_who(&who);
		return cli_failed(cli, "%s", fault.text);
	}
	size_t to_mend = who_to_mend(&who);
	if (cli->json) {
		put_json(&who, &out);
		cli_print_json(cli, &out);
	} else {
		who_words(&who, &out);
		cli_print(cli, &out);
	}
	free_who(&who);
	return to_mend ? CLI_FOUND : CLI_FINE;
}

static enum cli_status run_who(struct cli *cli)
{
	return asked_run(cli, show);
}

static const struct cli_option options[] = {ASKED_OPTIONS, {NULL, NULL, NULL}};

const struct cli_command cli_who = {
	.name = "who",
	.usage = "RULE SUBJECT",
	.summary = "who would be told of an alert, step by step; nothing is sent",
	.help = "Shows the ladder of RULE for SUBJECT (a child; for a rule about workers or providers one of those) as "
		"it\nwould run if an alert opened now and nobody answered: each step with its time, the people who "
		"hold its\nroles that day with their cover, when each of them hears, and by which ways. Nothing is "
		"sent and\nnothing is written. What needs mending (nobody in a role, one way alone on the last step "
		"of a\ncritical rule) is marked (!), and the exit status is 1.\n\n"
		"Example:\n"
		"  casewatch who custody.threshold C1122 --at 2020-02-08T23:40:00Z\n",
	.options = options,
	.least = 2,
	.most = 2,
	.run = run_who,
};

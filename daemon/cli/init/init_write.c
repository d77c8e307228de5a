/* init_write: the three files of a first configuration, with comments for whoever goes on with them. */
#include "cli/init/init.h"

#include "text/address.h"
#include "text/json_write.h"
#include "time/instant.h"

#include <stdlib.h>
#include <time.h>

/* In quotes, as JSON has them, which YAML reads alike: whatever an answer holds, it stays one scalar. */
static void put_quoted(struct buffer *out, struct text words)
{
	struct json_writer json = json_writer_on(out);
	json_text(&json, words);
}

/* ---- casewatchd.yaml ---- */

static void put_option(struct buffer *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	buffer_format(out, "%s: ", name);
	put_quoted(out, text_of(value));
	buffer_char(out, '\n');
}

/* HOST or HOST:PORT; an address of IPv6 with a port is in brackets. What is no port stays with the host, so that check
 * refuses it: of "25x" nobody guesses what was meant. */
static struct text host_of(const char *given, int *port)
{
	struct text host = text_of(given);
	const char *colon = strrchr(given, ':');
	bool bare = *given != '[' && colon && strchr(given, ':') != colon;
	*port = 0;
	if (colon && !bare && strlen(colon + 1) - 1 < 5 && colon[1 + strspn(colon + 1, "0123456789")] == '\0') {
		*port = atoi(colon + 1);
		host.length = (size_t)(colon - given);
	}
	if (host.length > 2 && host.at[0] == '[' && host.at[host.length - 1] == ']')
		host = (struct text){host.at + 1, host.length - 2};
	return host;
}

static bool on_this_machine(const struct init_plan *plan, struct text host)
{
	return host_is_loopback(text_keep(plan->arena, host).at);
}

static void put_kafka(const struct init_plan *plan, struct buffer *out)
{
	const char *end = strchr(plan->kafka, ',');
	int port;
	struct text first = {plan->kafka, end ? (size_t)(end - plan->kafka) : strlen(plan->kafka)};
	struct text host = host_of(text_keep(plan->arena, first).at, &port);
	bool here = on_this_machine(plan, host);
	buffer_string(out, "kafka:\n  topics: [");
	put_quoted(out, text_of(plan->topic));
	buffer_string(out, "]\n  instance: casewatch-1                  # one name a machine\n");
	if (plan->kafka_user)
		buffer_string(out, "  password-file: credential:kafka-password\n");
	buffer_string(out, "  properties:\n");
	put_option(out, "    bootstrap.servers", plan->kafka);
	put_option(out, "    security.protocol",
	           plan->kafka_user ? (here ? "sasl_plaintext" : "sasl_ssl") : (here ? "plaintext" : "ssl"));
	if (plan->kafka_user) {
		put_option(out, "    sasl.mechanism", "SCRAM-SHA-512");
		put_option(out, "    sasl.username", plan->kafka_user);
	}
	buffer_char(out, '\n');
}

/* On this machine a mail server listens on 25 and needs no TLS; elsewhere mail goes to 587, or 465 by TLS alone. */
static void put_smtp(const struct init_plan *plan, struct buffer *out)
{
	int port;
	struct text host = text_keep(plan->arena, host_of(plan->mail, &port));
	bool here = on_this_machine(plan, host);
	buffer_string(out, "smtp:\n");
	put_option(out, "  host", host.at);
	buffer_format(out, "  port: %d\n", port ? port : here ? 25 : 587);
	put_option(out, "  tls", here ? "none" : port == 465 ? "tls" : "starttls");
	put_option(out, "  from", plan->from);
	put_option(out, "  user", plan->mail_user);
	if (plan->mail_user)
		buffer_string(out, "  password-file: credential:smtp-password\n");
	buffer_char(out, '\n');
}

void init_write_config(const struct init_plan *plan, instant now, struct buffer *out)
{
	char time[32];
	instant_print(now - now % MINUTE, time);
	buffer_string(
		out,
		"# casewatchd: made by casewatch init. Every option, its range and its default: man casewatchd.yaml.\n"
		"# Relative paths are relative to this file. Try a change before it takes effect: casewatch check\n\n");
	put_option(out, "council", plan->council);
	put_option(out, "database", plan->database);
	put_option(out, "spool", plan->spool);
	put_option(out, "directory", "directory.yaml");
	put_option(out, "rules", init_path(plan, "rules"));
	put_option(out, "templates", init_path(plan, "templates"));
	put_option(out, "lists", init_path(plan, "lists"));
	buffer_string(out, "calendar:\n");
	put_option(out, "  file", init_path(plan, "bank-holidays.json"));
	buffer_string(out, "\n# What happened before only builds history; what still stood then is told once. Move it "
	                   "on to watch\n"
	                   "# for some weeks first (docs/operations.md, \"Go live in shadow first\").\n");
	buffer_format(out, "go-live: %s\n\n", time);
	if (plan->kafka)
		put_kafka(plan, out);
	if (plan->mail)
		put_smtp(plan, out);
	else
		buffer_string(out, "# There is no smtp: nobody is sent mail (shadow). Add it to go live.\n");
}

/* ---- directory.yaml ---- */

static void end_line(struct init_plan *plan, struct buffer *out, int64_t row)
{
	buffer_char(out, '\n');
	*(int64_t *)mem_push((void **)&plan->lines, &plan->line_count, &plan->line_room, sizeof row) = row;
}

static void put_line(struct init_plan *plan, struct buffer *out, const char *words)
{
	buffer_string(out, words);
	end_line(plan, out, 0);
}

static void put_member(struct buffer *out, const char *key, struct text value)
{
	if (!value.length)
		return;
	buffer_format(out, "%s%s: ", out->at[out->length - 1] == '{' ? "" : ", ", key);
	put_quoted(out, value);
}

static bool is_there(const struct init_plan *plan, size_t person)
{
	return person != SIZE_MAX && !plan->people[person].left_out;
}

/* The first who holds the role; SIZE_MAX: nobody. */
static size_t holder(const struct init_plan *plan, const char *role)
{
	for (size_t i = 0; i < plan->hold_count; i++)
		if (strcmp(plan->holds[i].role, role) == 0 && is_there(plan, plan->holds[i].person))
			return plan->holds[i].person;
	return SIZE_MAX;
}

/* What nobody holds yet is the Director's: nothing about a child leaves the house, and nothing is lost. */
static struct text instead(struct init_plan *plan, const char *what, struct text whose)
{
	const struct init_person *director = &plan->people[holder(plan, "director")];
	buffer_format(&plan->to_do, "  %s %.*s\n", what, TEXT_ARG(whose));
	return director->id;
}

static void put_people(struct init_plan *plan, struct buffer *out)
{
	put_line(plan, out, "people:");
	buffer_string(out, "  - {");
	put_member(out, "id", TEXT("p-ops"));
	put_member(out, "email", text_of(plan->ops));
	put_member(out, "hours", TEXT("00:00-24:00"));
	buffer_char(out, '}');
	end_line(plan, out, 0);
	for (size_t i = 0; i < plan->person_count; i++) {
		const struct init_person *person = &plan->people[i];
		if (person->left_out)
			continue;
		buffer_string(out, "  - {");
		put_member(out, "id", person->id);
		put_member(out, "worker", person->worker);
		put_member(out, "email", person->email);
		put_member(out, "phone", person->phone);
		put_member(out, "hours", person->hours);
		put_member(out, "login", person->login);
		buffer_char(out, '}');
		end_line(plan, out, person->row);
	}
	put_line(plan, out, "");
}

static const struct init_team *team_above(const struct init_plan *plan, const struct init_team *team)
{
	for (size_t i = 0; team->parent.length && i < plan->team_count; i++)
		if (text_equal_fold(plan->teams[i].title, team->parent))
			return &plan->teams[i];
	return NULL;
}

/* Whether the team or one above it has a head; a ring is left to `check`. */
static bool has_head(const struct init_plan *plan, const struct init_team *team)
{
	for (size_t steps = 0; team && steps <= plan->team_count; steps++, team = team_above(plan, team))
		if (is_there(plan, team->head))
			return true;
	return false;
}

static void put_teams(struct init_plan *plan, struct buffer *out)
{
	put_line(plan, out, "# A team without a head has that of the nearest team above it.");
	put_line(plan, out, "teams:");
	for (size_t i = 0; i < plan->team_count; i++) {
		const struct init_team *team = &plan->teams[i], *above = team_above(plan, team);
		buffer_string(out, "  - {");
		put_member(out, "id", team->id);
		put_member(out, "title", team->title);
		if (above)
			put_member(out, "parent", above->id);
		if (is_there(plan, team->manager))
			put_member(out, "manager", plan->people[team->manager].id);
		else if (!team->is_parent)
			put_member(out, "manager", instead(plan, "a manager of the team", team->title));
		if (is_there(plan, team->head))
			put_member(out, "head", plan->people[team->head].id);
		else if (!above && !has_head(plan, team))
			put_member(out, "head", instead(plan, "a head of service of the team", team->title));
		buffer_char(out, '}');
		end_line(plan, out, 0);
	}
	put_line(plan, out, "");
}

static void put_holders(struct init_plan *plan, const struct role_title *role, struct buffer *out)
{
	size_t count = 0;
	buffer_string(out, ", people: [");
	for (size_t i = 0; i < plan->hold_count; i++) {
		if (strcmp(plan->holds[i].role, role->role) != 0 || !is_there(plan, plan->holds[i].person))
			continue;
		buffer_string(out, count++ ? ", " : "");
		put_quoted(out, plan->people[plan->holds[i].person].id);
	}
	if (!count && strcmp(role->role, "ops") == 0)
		buffer_string(out, "p-ops");
	else if (!count)
		put_quoted(out, instead(plan, "the role", text_of(role->title)));
	buffer_char(out, ']');
}

static void put_roles(struct init_plan *plan, struct buffer *out)
{
	static const char *const from[] = {NULL, "allocation", "manager", "head", "event"};
	static const char *const sees[] = {NULL, "teams", "all"};
	put_line(plan, out,
	         "# How each is found, and what they see on the pages: man casewatchd.yaml, \"The directory\".");
	put_line(plan, out, "roles:");
	for (size_t i = 0; i < plan->sample->role_count; i++) {
		const struct role_title *role = &plan->sample->roles[i];
		buffer_format(out, "  %s: {", role->role);
		put_member(out, "title", text_of(role->title));
		if (from[role->from])
			buffer_format(out, ", from: %s", from[role->from]);
		else
			put_holders(plan, role, out);
		if (strcmp(role->role, "edt") == 0)
			buffer_string(out, ", rota: {file: edt.ics}");
		if (role->out_of_hours)
			buffer_string(out, ", hours: out-of-hours");
		if (sees[role->sees])
			buffer_format(out, ", sees: %s", sees[role->sees]);
		buffer_string(out, role->runs ? ", runs: true}" : "}");
		end_line(plan, out, 0);
	}
	put_line(plan, out, "");
}

/* Printed in every message: the telephone of the nights. NULL: no row of theirs has one. */
static const struct init_person *who_is_rung(const struct init_plan *plan)
{
	for (size_t i = 0; i < plan->hold_count; i++) {
		const struct init_person *person = &plan->people[plan->holds[i].person];
		if (strcmp(plan->holds[i].role, "edt") == 0 && is_there(plan, plan->holds[i].person) &&
		    person->phone.length)
			return person;
	}
	return NULL;
}

/* Whom nobody can stand in for: the last two steps of every ladder, and the nights. */
static bool must_be_held(struct init_plan *plan)
{
	static const char *const roles[] = {"director", "dcs", "edt"};
	bool good = true;
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		if (holder(plan, roles[i]) != SIZE_MAX)
			continue;
		(void)cli_failed(plan->cli, "%s names nobody who holds the role %s (%s); add a row for them",
		                 plan->people_file, roles[i], directory_role_title(plan->sample, roles[i]));
		good = false;
	}
	if (good && !who_is_rung(plan)) {
		(void)cli_failed(plan->cli,
		                 "%s has no phone for the role edt (%s): it is printed in every message; fill the "
		                 "column phone",
		                 plan->people_file, directory_role_title(plan->sample, "edt"));
		good = false;
	}
	if (good && !plan->team_count) {
		(void)cli_failed(plan->cli, "%s names no team; write the column team", plan->people_file);
		good = false;
	}
	return good;
}

bool init_write_directory(struct init_plan *plan, struct buffer *out)
{
	buffer_clear(&plan->to_do);
	plan->line_count = 0;
	if (!must_be_held(plan))
		return false;
	const struct init_person *night = who_is_rung(plan);
	struct text duty = plan->duty_team.length ? plan->duty_team : plan->teams[0].id;
	if (!plan->duty_team.length)
		buffer_format(&plan->to_do,
		              "  duty-team: which team has the children of no team (the first was taken, %.*s)\n",
		              TEXT_ARG(plan->teams[0].title));
	put_line(plan, out,
	         "# Who is told, and how: made by casewatch init. Ids and addresses, no names: what is not here cannot "
	         "leak.");
	buffer_string(out, "duty-team: ");
	put_quoted(out, duty);
	end_line(plan, out, 0);
	buffer_string(out, "duty-phone: ");
	put_quoted(out, night->phone);
	end_line(plan, out, night->row);
	put_line(plan, out,
	         "ladder: [director, dcs]   # to whom alerts go on when nobody answers at a rule's own steps");
	put_line(plan, out, "");
	put_people(plan, out);
	put_teams(plan, out);
	put_roles(plan, out);
	put_line(plan, out, "# Who mends what a source sends; \"*\" is each that is not named.");
	put_line(plan, out, "sources:");
	put_line(plan, out, "  - {name: \"*\", owner: performance}");
	return true;
}

/* ---- the rota ---- */

/* iCalendar ends its lines with CR LF; a time without a zone is the council's own. */
static void put_rota_week(struct buffer *out, const char *role, size_t at, size_t of, struct text person,
                          civil_day monday)
{
	int year, month, day, until_year, until_month, until_day;
	day_split(monday + (civil_day)(7 * at), &year, &month, &day);
	day_split(monday + (civil_day)(7 * at) + 7, &until_year, &until_month, &until_day);
	buffer_format(out, "BEGIN:VEVENT\r\nUID:%s-%zu@casewatch\r\nDTSTAMP:%04d%02d%02dT000000Z\r\n", role, at + 1,
	              year, month, day);
	buffer_format(out, "DTSTART:%04d%02d%02dT080000\r\nDTEND:%04d%02d%02dT080000\r\n", year, month, day, until_year,
	              until_month, until_day);
	buffer_format(out, "RRULE:FREQ=WEEKLY;INTERVAL=%zu\r\nSUMMARY:%.*s\r\nEND:VEVENT\r\n", of, TEXT_ARG(person));
}

void init_write_rota(const struct init_plan *plan, const char *role, instant now, struct buffer *out)
{
	civil_day today = (civil_day)(now / (24 * HOUR)), monday = today - day_of_week(today) - 7;
	size_t of = 0, at = 0;
	for (size_t i = 0; i < plan->hold_count; i++)
		of += strcmp(plan->holds[i].role, role) == 0 && is_there(plan, plan->holds[i].person);
	buffer_string(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//casewatch//first rota//EN\r\n");
	for (size_t i = 0; i < plan->hold_count; i++)
		if (strcmp(plan->holds[i].role, role) == 0 && is_there(plan, plan->holds[i].person))
			put_rota_week(out, role, at++, of, plan->people[plan->holds[i].person].id, monday);
	buffer_string(out, "END:VCALENDAR\r\n");
}

/* init_people: a CSV file of who is who: a row a person, with the roles they hold and the team they hold them in. */
#include "cli/init/init.h"

#include "base/spelling.h"
#include "text/csv.h"
#include "text/csv_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

enum column { EMAIL, ROLE, TEAM, PARENT, ID, WORKER, PHONE, HOURS, LOGIN, DUTY, TITLE, COLUMNS };
static const char *const names[COLUMNS] = {
	[EMAIL] = "email", [ROLE] = "role",     [TEAM] = "team",   [PARENT] = "parent",
	[ID] = "id",       [WORKER] = "worker", [PHONE] = "phone", [HOURS] = "hours",
	[LOGIN] = "login", [DUTY] = "duty",     [TITLE] = "title",
};

void init_refuse_row(struct init_plan *plan, int64_t row, const char *format, ...)
{
	va_list arguments;
	(void)fprintf(plan->cli->err, "%s:%lld: ", plan->people_file, (long long)row);
	va_start(arguments, format);
	(void)vfprintf(plan->cli->err, format, arguments);
	va_end(arguments);
	(void)fputs(" (not taken)\n", plan->cli->err);
	plan->refused++;
}

struct reading {
	struct init_plan *plan;
	struct csv_reader *csv;
	size_t places[COLUMNS]; /* by column: where it stands; SIZE_MAX: nowhere */
	size_t width;
};

static struct text cell(const struct reading *reading, enum column column)
{
	return reading->places[column] == SIZE_MAX ? TEXT_NONE
	                                           : text_trim(csv_cell(reading->csv, reading->places[column]));
}

/* What may stand in an id: letters, digits, dots and underscores as they are, all else as one hyphen. */
static struct text id_of(struct arena *arena, const char *before, struct text words)
{
	struct buffer id = {0};
	buffer_string(&id, before);
	for (size_t i = 0; i < words.length && id.length < 60; i++) {
		unsigned char c = (unsigned char)words.at[i];
		if (c < 0x80 && (isalnum(c) || c == '.' || c == '_'))
			buffer_char(&id, (char)tolower(c));
		else if (id.length && id.at[id.length - 1] != '-')
			buffer_char(&id, '-');
	}
	while (id.length && id.at[id.length - 1] == '-')
		id.length--;
	struct text made = text_keep(arena, buffer_view(&id));
	buffer_free(&id);
	return made;
}

/* ---- people ---- */

static size_t find_person(const struct init_plan *plan, struct text email)
{
	for (size_t i = 0; i < plan->person_count; i++)
		if (text_equal_fold(plan->people[i].email, email))
			return i;
	return SIZE_MAX;
}

static bool id_is_taken(const struct init_plan *plan, struct text id)
{
	for (size_t i = 0; i < plan->person_count; i++)
		if (text_equal(plan->people[i].id, id))
			return true;
	return false;
}

/* "p-" and what stands before the @; of two who have the same there, the second gets a number. */
static struct text person_id(const struct init_plan *plan, struct text email)
{
	const char *at = memchr(email.at, '@', email.length);
	struct text local = {email.at, at ? (size_t)(at - email.at) : email.length};
	struct text id = id_of(plan->arena, "p-", local);
	for (int number = 2; id_is_taken(plan, id); number++) {
		char ending[16];
		struct buffer other = {0};
		(void)snprintf(ending, sizeof ending, "-%d", number);
		buffer_text(&other, id_of(plan->arena, "p-", local));
		buffer_string(&other, ending);
		id = text_keep(plan->arena, buffer_view(&other));
		buffer_free(&other);
	}
	return id;
}

static bool differs(struct text one, struct text other)
{
	return one.length && other.length && !text_equal(one, other);
}

static struct init_person person_of_row(const struct reading *reading)
{
	return (struct init_person){.id = cell(reading, ID),
	                            .email = cell(reading, EMAIL),
	                            .row = reading->csv->begun,
	                            .worker = cell(reading, WORKER),
	                            .phone = cell(reading, PHONE),
	                            .hours = cell(reading, HOURS),
	                            .login = cell(reading, LOGIN)};
}

static bool person_is_good(const struct reading *reading)
{
	const struct init_plan *plan = reading->plan;
	const struct init_person row = person_of_row(reading);
	size_t at = find_person(plan, row.email);
	const struct init_person *known = at == SIZE_MAX ? NULL : &plan->people[at];
	if (!known ||
	    !(differs(known->id, row.id) || differs(known->worker, row.worker) || differs(known->phone, row.phone) ||
	      differs(known->hours, row.hours) || differs(known->login, row.login)))
		return true;
	init_refuse_row(reading->plan, row.row,
	                "the same email stands in line %lld with another id, worker, phone, hours or login",
	                (long long)known->row);
	return false;
}

static void fill(struct arena *arena, struct text *field, struct text value)
{
	if (!field->length)
		*field = text_keep(arena, value);
}

static size_t take_person(struct reading *reading)
{
	struct init_plan *plan = reading->plan;
	const struct init_person row = person_of_row(reading);
	size_t at = find_person(plan, row.email);
	if (at == SIZE_MAX) {
		struct init_person new = {.email = text_keep(plan->arena, row.email), .row = row.row};
		new.id = row.id.length ? text_keep(plan->arena, row.id) : person_id(plan, row.email);
		*(struct init_person *)mem_push((void **)&plan->people, &plan->person_count, &plan->person_room,
		                                sizeof new) = new;
		at = plan->person_count - 1;
	}
	struct init_person *person = &plan->people[at];
	fill(plan->arena, &person->worker, row.worker);
	fill(plan->arena, &person->phone, row.phone);
	fill(plan->arena, &person->hours, row.hours);
	fill(plan->arena, &person->login, row.login);
	return at;
}

/* ---- teams ---- */

static struct init_team *find_team(struct init_plan *plan, struct text title)
{
	struct text id = id_of(plan->arena, "", title);
	for (size_t i = 0; i < plan->team_count; i++)
		if (text_equal(plan->teams[i].id, id))
			return &plan->teams[i];
	return NULL;
}

static bool team_is_good(const struct reading *reading)
{
	struct text title = cell(reading, TEAM), parent = cell(reading, PARENT);
	const struct init_team *known = title.length ? find_team(reading->plan, title) : NULL;
	if (title.length && !id_of(reading->plan->arena, "", title).length) {
		init_refuse_row(reading->plan, reading->csv->begun, "the team has neither letter nor digit");
		return false;
	}
	if (!known || !differs(known->parent, parent))
		return true;
	init_refuse_row(reading->plan, reading->csv->begun, "the team %.*s stands under %.*s in an earlier line",
	                TEXT_ARG(known->title), TEXT_ARG(known->parent));
	return false;
}

/* Where it is in the plan: the array may move with the next. */
static size_t add_team(struct init_plan *plan, struct text title)
{
	struct init_team *team = find_team(plan, title);
	if (!team) {
		team = mem_push((void **)&plan->teams, &plan->team_count, &plan->team_room, sizeof *team);
		*team = (struct init_team){.id = id_of(plan->arena, "", title),
		                           .title = text_keep(plan->arena, title),
		                           .manager = SIZE_MAX,
		                           .head = SIZE_MAX};
	}
	return (size_t)(team - plan->teams);
}

/* The team of the row, and the one above it; SIZE_MAX: the row names none. */
static size_t take_team(struct reading *reading)
{
	struct init_plan *plan = reading->plan;
	struct text title = cell(reading, TEAM), parent = cell(reading, PARENT);
	if (!title.length)
		return SIZE_MAX;
	size_t at = add_team(plan, title), above = parent.length ? add_team(plan, parent) : SIZE_MAX;
	fill(plan->arena, &plan->teams[at].parent, parent);
	if (above != SIZE_MAX)
		plan->teams[above].is_parent = true;
	if (text_equal_fold(cell(reading, DUTY), TEXT("yes")))
		plan->duty_team = plan->teams[at].id;
	return at;
}

/* ---- roles ---- */

static const struct role_title *find_role(const struct directory *sample, struct text word)
{
	for (size_t i = 0; i < sample->role_count; i++)
		if (text_equal_fold(word, text_of(sample->roles[i].role)) ||
		    text_equal_fold(word, text_of(sample->roles[i].title)))
			return &sample->roles[i];
	return NULL;
}

static bool refuse_role(const struct reading *reading, struct text word)
{
	const struct directory *sample = reading->plan->sample;
	struct spelling spelling = spelling_begin(word);
	struct buffer hint = {0};
	for (size_t i = 0; i < sample->role_count; i++)
		spelling_offer(&spelling, sample->roles[i].role);
	spelling_say(&spelling, &hint);
	init_refuse_row(reading->plan, reading->csv->begun, "\"%.*s\" is no role%s (casewatch init --form lists them)",
	                (int)(word.length < 60 ? word.length : 60), word.at, buffer_cstr(&hint));
	buffer_free(&hint);
	return false;
}

static bool of_team(const struct role_title *role)
{
	return role->from == ROLE_FROM_MANAGER || role->from == ROLE_FROM_HEAD;
}

/* The next of several roles with ";" between them; false: there is none. */
static bool next_role(struct text *words, struct text *word)
{
	*word = TEXT_NONE;
	while (words->length && !word->length) {
		const char *end = memchr(words->at, ';', words->length);
		size_t length = end ? (size_t)(end - words->at) : words->length, past = length + (end != NULL);
		*word = text_trim((struct text){words->at, length});
		*words = (struct text){words->at + past, words->length - past};
	}
	return word->length > 0;
}

static bool role_is_good(const struct reading *reading, struct text word)
{
	struct init_plan *plan = reading->plan;
	const struct role_title *role = find_role(plan->sample, word);
	struct text title = cell(reading, TEAM);
	if (!role)
		return refuse_role(reading, word);
	if (!of_team(role))
		return true;
	if (!title.length) {
		init_refuse_row(plan, reading->csv->begun, "%s is a role of a team, and the row names none",
		                role->title);
		return false;
	}
	const struct init_team *team = find_team(plan, title);
	size_t holder = !team ? SIZE_MAX : role->from == ROLE_FROM_MANAGER ? team->manager : team->head;
	if (holder == SIZE_MAX || text_equal_fold(plan->people[holder].email, cell(reading, EMAIL)))
		return true;
	init_refuse_row(plan, reading->csv->begun, "%.*s has a %s already, of line %lld", TEXT_ARG(team->title),
	                role->title, (long long)plan->people[holder].row);
	return false;
}

static bool roles_are_good(const struct reading *reading)
{
	struct text words = cell(reading, ROLE), word;
	bool good = true;
	while (good && next_role(&words, &word))
		good = role_is_good(reading, word);
	return good;
}

static void hold(struct init_plan *plan, const char *role, size_t person)
{
	for (size_t i = 0; i < plan->hold_count; i++)
		if (plan->holds[i].person == person && strcmp(plan->holds[i].role, role) == 0)
			return;
	*(struct init_hold *)mem_push((void **)&plan->holds, &plan->hold_count, &plan->hold_room, sizeof *plan->holds) =
		(struct init_hold){role, person};
}

static void take_roles(struct reading *reading, size_t team, size_t person)
{
	struct text words = cell(reading, ROLE), word;
	while (next_role(&words, &word)) {
		const struct role_title *role = find_role(reading->plan->sample, word);
		if (role->from == ROLE_FROM_MANAGER)
			reading->plan->teams[team].manager = person;
		else if (role->from == ROLE_FROM_HEAD)
			reading->plan->teams[team].head = person;
		else if (role->from == ROLE_FROM_PEOPLE)
			hold(reading->plan, role->role, person);
	}
}

/* ---- rows ---- */

/* A row is taken whole or not at all. */
static void take_row(struct reading *reading)
{
	struct init_plan *plan = reading->plan;
	if (csv_row_is_empty(reading->csv))
		return;
	const char *wrong = csv_row_fault(reading->csv, reading->width);
	plan->rows++;
	if (!wrong && !cell(reading, EMAIL).length)
		wrong = "it has no email";
	if (!wrong && plan->person_count >= INIT_PEOPLE_MOST)
		wrong = "there are more than 10,000 people";
	if (wrong) {
		init_refuse_row(plan, reading->csv->begun, "%s", wrong);
	} else if (person_is_good(reading) && team_is_good(reading) && roles_are_good(reading)) {
		size_t person = take_person(reading);
		take_roles(reading, take_team(reading), person);
	}
}

static size_t find_column(const void *context, struct text name)
{
	(void)context;
	for (size_t column = 0; column < COLUMNS; column++)
		if (text_equal_fold(name, text_of(names[column])))
			return column;
	return SIZE_MAX;
}

static bool read_columns(struct reading *reading)
{
	struct init_plan *plan = reading->plan;
	size_t columns[CSV_COLUMNS_MOST];
	for (size_t i = 0; i < COLUMNS; i++)
		reading->places[i] = SIZE_MAX;
	reading->width = reading->csv->cells;
	csv_find_columns(reading->csv, find_column, NULL, columns);
	for (size_t at = 0; at < reading->width; at++) {
		struct text name = text_trim(csv_cell(reading->csv, at));
		if (columns[at] < COLUMNS) {
			reading->places[columns[at]] = at;
		} else if (columns[at] == CSV_AGAIN) { /* whose mails go where is not guessed */
			(void)cli_failed(plan->cli, "%s:1: column \"%.*s\" is there twice, the second as column %zu",
			                 plan->people_file, TEXT_ARG(name), at + 1);
			return false;
		} else if (name.length) {
			(void)fprintf(plan->cli->err, "%s:1: column \"%.*s\" is unknown and is not read\n",
			              plan->people_file, name.length > 60 ? 60 : (int)name.length, name.at);
		}
	}
	if (reading->places[EMAIL] == SIZE_MAX || reading->places[ROLE] == SIZE_MAX) {
		(void)cli_failed(plan->cli, "%s has no column \"%s\"; casewatch init --form prints the columns",
		                 plan->people_file, reading->places[EMAIL] == SIZE_MAX ? "email" : "role");
		return false;
	}
	return true;
}

bool init_read_people(struct init_plan *plan)
{
	struct csv_reader *csv = MEM_NEW(struct csv_reader);
	struct reading reading = {.plan = plan, .csv = csv};
	csv->file = fopen(plan->people_file, "re");
	const char *wrong = csv->file ? csv_read_header(csv) : NULL;
	bool good = csv->file && !wrong && read_columns(&reading);
	if (!csv->file)
		(void)cli_failed(plan->cli, "cannot open %s: %s", plan->people_file, strerror(errno));
	else if (wrong)
		(void)cli_failed(plan->cli, "%s %s", plan->people_file, wrong);
	while (good && csv_read_row(csv))
		take_row(&reading);
	const char *broken = good ? csv_read_error(csv) : NULL;
	if (broken) {
		(void)cli_failed(plan->cli, "cannot read %s to its end: %s", plan->people_file, broken);
		good = false;
	}
	if (csv->file)
		(void)fclose(csv->file);
	csv_reader_free(csv);
	free(csv);
	return good;
}

void init_print_form(const struct directory *sample, struct buffer *out)
{
	struct csv csv = csv_on(out);
	for (size_t i = 0; i < COLUMNS; i++)
		csv_plain(&csv, text_of(names[i]));
	csv_end(&csv);
	for (size_t i = 0; i < sample->role_count; i++) {
		const struct role_title *role = &sample->roles[i];
		if ((role->from != ROLE_FROM_PEOPLE && !of_team(role)) || strcmp(role->role, "ops") == 0)
			continue;
		for (size_t column = 0; column < COLUMNS; column++)
			csv_text(&csv, column == ROLE    ? text_of(role->role)
			               : column == TITLE ? text_of(role->title)
			                                 : TEXT_NONE);
		csv_end(&csv);
	}
}

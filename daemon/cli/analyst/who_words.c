/* who_words: the ladder as it would run, for people. */
#include "cli/analyst/who.h"

#include "config/rota.h"
#include "rules/kinds.h"
#include "text/layout.h"
#include "time/words.h"

#include <stdlib.h>

static void add_way(const struct who *who, struct who_ways *ways, const struct person *person, enum channel_kind kind)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->kinds[i] == kind)
			return;
	if (directory_reaches_by(who->asked->config->directory, person, kind) && ways->count < CHANNEL_KINDS)
		ways->kinds[ways->count++] = kind;
}

struct who_ways who_ways(const struct who *who, const struct who_step *step, const struct person *person)
{
	struct who_ways ways = {.together = true};
	enum channel_kind kind;
	for (size_t i = 0; step->own && i < step->own->channel_count; i++)
		if (channel_called(text_of(step->own->channels[i]), &kind))
			add_way(who, &ways, person, kind);
	if (ways.count)
		return ways;
	ways.together = false;
	for (size_t i = 0; i < person->order_count; i++)
		add_way(who, &ways, person, person->order[i]);
	for (int i = 0; i < CHANNEL_KINDS && !person->order_count; i++)
		add_way(who, &ways, person, (enum channel_kind)i);
	return ways;
}

/* ---- what to mend ---- */

static bool one_way_at_the_end(const struct who *who, const struct who_step *step, const struct who_person *person)
{
	const struct who_step *last = &who->steps[who->step_count - 1];
	return who->asked->rule->severity == SEVERITY_CRITICAL && step->number == last->number &&
	       who_ways(who, step, person->recipient.person).count == 1;
}

static size_t mend_role(const struct who *who, const struct who_step *step, const struct who_role *role,
                        struct buffer *out)
{
	size_t found = 0;
	const char *title = directory_role_title(who->asked->config->directory, role->role);
	if (!role->count && !role->from_event) {
		found++;
		buffer_format(out, "  (!) step %u: nobody holds the role %s (%s)\n", step->number, role->role, title);
	}
	for (size_t i = 0; i < role->count; i++) {
		const struct person *person = role->people[i].recipient.person;
		if (who_ways(who, step, person).count == 0) {
			found++;
			buffer_format(out, "  (!) %s is reached by nothing that is configured\n", person->id);
		} else if (one_way_at_the_end(who, step, &role->people[i])) {
			found++;
			buffer_format(out, "  (!) %s is the last step of a critical rule and has one channel\n",
			              person->id);
		}
	}
	return found;
}

static size_t mend(const struct who *who, struct buffer *out)
{
	size_t found = 0;
	for (size_t i = 0; i < who->step_count; i++)
		for (size_t k = 0; k < who->steps[i].role_count && !who->steps[i].again; k++)
			found += mend_role(who, &who->steps[i], &who->steps[i].roles[k], out);
	return found;
}

size_t who_to_mend(const struct who *who)
{
	struct buffer ignored = {0};
	size_t found = mend(who, &ignored);
	buffer_free(&ignored);
	return found;
}

/* ---- words ---- */

static void put_time(const struct who *who, instant at, struct buffer *out)
{
	words_moment(who->asked->opened.zone, (struct words_moment){.at = at}, WORDS_TABLE, out);
}

static void put_cover(const struct who_person *person, struct buffer *out)
{
	buffer_format(out, ", cover for %s", person->recipient.covers->id);
	if (!person->cover)
		return;
	buffer_string(out, " from ");
	words_day(person->cover->from, WORDS_TABLE, out);
	buffer_string(out, " to the end of ");
	words_day(person->cover->until, WORDS_TABLE, out);
}

static void put_ways(const struct who *who, const struct who_step *step, const struct person *person,
                     struct buffer *out)
{
	struct who_ways ways = who_ways(who, step, person);
	buffer_string(out, "      ");
	if (!ways.count)
		buffer_string(out, "nothing that is configured reaches them (!)");
	for (size_t i = 0; i < ways.count; i++)
		buffer_format(out, "%s%s", !i ? "" : ways.together ? " and " : ", then ", channel_name(ways.kinds[i]));
	if (ways.count == 1)
		buffer_string(out, " only");
	else if (ways.together && ways.count)
		buffer_string(out, " together; one that fails leaves the others");
	else if (ways.count)
		buffer_string(out, ", if the one before fails for good");
	buffer_char(out, '\n');
}

static void put_role(const struct who *who, const struct who_step *step, const struct who_role *role,
                     struct buffer *out)
{
	buffer_format(out, "  %s\n", directory_role_title(who->asked->config->directory, role->role));
	if (!role->count)
		buffer_string(out, role->from_event ? "    whom the event names; none on record names anybody yet\n"
		                                    : "    nobody (!): the next step comes at once\n");
	for (size_t i = 0; i < role->count; i++) {
		const struct who_person *person = &role->people[i];
		buffer_format(out, "    %s", person->recipient.person->id);
		if (person->recipient.covers)
			put_cover(person, out);
		if (person->hears > step->at) {
			buffer_string(out, ", hears ");
			put_time(who, person->hears, out);
		}
		buffer_char(out, '\n');
		put_ways(who, step, person->recipient.person, out);
	}
}

static void put_step(const struct who *who, size_t at, struct buffer *out)
{
	const struct who_step *step = &who->steps[at];
	buffer_format(out, "\nSTEP %u  ", step->number);
	put_time(who, step->at, out);
	if (at == 0) {
		buffer_string(out, ", at once");
	} else {
		buffer_string(out, ", if nobody answers in ");
		duration_print(who->steps[at - 1].after, out);
	}
	buffer_char(out, '\n');
	if (step->told > step->at) {
		buffer_string(out, "  held back to working hours: ");
		put_time(who, step->told, out);
		buffer_char(out, '\n');
	}
	for (size_t i = 0; i < step->role_count; i++)
		put_role(who, step, &step->roles[i], out);
}

static void put_last(const struct who *who, struct buffer *out)
{
	const struct who_step *last = &who->steps[who->step_count - 1];
	if (!last->again)
		return;
	buffer_string(out, "\nAFTER THAT  ");
	put_time(who, last->at, out);
	buffer_format(out, ", if nobody answers\n  no step is left: step %u is asked again every ", last->number);
	duration_print(last->after, out);
	buffer_string(out, ", and ops are told once (ops.ladder-spent)\n");
}

static void put_types(const struct selectors *selectors, size_t *count, bool *keyed, struct buffer *out)
{
	for (size_t i = 0; i < selectors->count; i++) {
		*keyed = *keyed && selectors->items[i].keyed;
		buffer_format(out, "%s%s", (*count)++ ? ", " : "", schema_type_name(selectors->items[i].type));
	}
}

static void put_ends(const struct who *who, struct buffer *out)
{
	const struct rule *rule = who->asked->rule;
	size_t count = 0;
	bool keyed = rule->key && !rule_kind_row(rule->kind)->one_a_subject;
	buffer_string(out, "\nENDS IT    ");
	put_types(&rule->stop, &count, &keyed, out);
	put_types(&rule->closes_on, &count, &keyed, out);
	put_types(&rule->ends_on, &count, &keyed, out);
	if (count && keyed)
		buffer_format(out, " (same %s)", schema_name_text(rule->key));
	else if (!count && rule->momentary)
		buffer_string(out, "the first answer");
	else if (!count)
		buffer_string(out, "when its cause is over");
	buffer_char(out, '\n');
}

static bool tells(const struct who *who, const struct person *person)
{
	for (size_t i = 0; i < who->step_count; i++)
		for (size_t k = 0; k < who->steps[i].role_count; k++)
			for (size_t n = 0; n < who->steps[i].roles[k].count; n++)
				if (who->steps[i].roles[k].people[n].recipient.person == person ||
				    who->steps[i].roles[k].people[n].recipient.covers == person)
					return true;
	return false;
}

/* Its manager, or one of its own workers. */
static bool is_of_the_child(const struct who *who, const struct role_title *role)
{
	for (size_t i = 0; role->from == ROLE_FROM_ALLOCATION && i < who->open_count; i++)
		if (text_equal(who->open[i].role, text_of(role->role)))
			return true;
	return role->from == ROLE_FROM_MANAGER;
}

/* The child's own workers and managers, whom the rule passes over. */
static void put_not_told(const struct who *who, struct buffer *out)
{
	const struct directory *directory = who->asked->config->directory;
	struct recipient *found = mem_zero(directory->person_count + 1, sizeof *found);
	size_t count = 0;
	for (size_t i = 0; i < directory->role_count; i++) {
		const struct role_title *role = &directory->roles[i];
		if (!is_of_the_child(who, role))
			continue;
		size_t held = directory_resolve(directory, text_of(role->role), who->open, who->open_count,
		                                zone_date(who->asked->opened.zone, who->asked->at), found,
		                                directory->person_count);
		for (size_t k = 0; k < held; k++)
			if (!tells(who, found[k].person))
				buffer_format(out, "%s%s %s", count++ ? ", " : "\nNOT TOLD   ",
				              role->title ? role->title : role->role, found[k].person->id);
	}
	if (count)
		buffer_string(out, ": the rule does not name them\n");
	free(found);
}

static bool is_used(const struct who *who, const struct cover *cover)
{
	for (size_t i = 0; i < who->step_count; i++)
		for (size_t k = 0; k < who->steps[i].role_count; k++)
			for (size_t n = 0; n < who->steps[i].roles[k].count; n++)
				if (who->steps[i].roles[k].people[n].cover == cover)
					return true;
	return false;
}

/* Whoever is away and is not told for that reason. */
static void put_without(const struct who *who, struct buffer *out)
{
	const struct directory *directory = who->asked->config->directory;
	size_t count = 0;
	for (size_t i = 0; i < directory->cover_count; i++) {
		const struct cover *cover = &directory->covers[i];
		if (!is_used(who, cover))
			continue;
		buffer_format(out, "%sthe cover: %s, who is away until ", count++ ? "           " : "\nWITHOUT    ",
		              cover->person);
		words_day(cover->until, WORDS_TABLE, out);
		buffer_char(out, '\n');
	}
}

static bool has_rota(const struct who *who, const char *role)
{
	const struct role_title *title = directory_role(who->asked->config->directory, text_of(role));
	return title && title->rota;
}

/* In a step before this one, or in this one before this place. */
static bool stands_before(const struct who *who, size_t step, size_t place)
{
	const char *role = who->steps[step].roles[place].role;
	for (size_t i = 0; i <= step; i++)
		for (size_t k = 0; k < (i < step ? who->steps[i].role_count : place); k++)
			if (strcmp(who->steps[i].roles[k].role, role) == 0)
				return true;
	return false;
}

/* Of a time that no rota was read for: nobody shown is no gap of it. */
static void put_unread_rotas(const struct who *who, struct buffer *out)
{
	const struct asked *asked = who->asked;
	instant from = asked->now - ROTA_BEFORE, until = asked->now + ROTA_AFTER;
	bool early = asked->at < from;
	if (!early && asked->at < until)
		return;
	for (size_t i = 0; i < who->step_count; i++)
		for (size_t k = 0; k < who->steps[i].role_count && !who->steps[i].again; k++) {
			if (!has_rota(who, who->steps[i].roles[k].role) || stands_before(who, i, k))
				continue;
			buffer_format(out, "The rota of %s is read %s ", who->steps[i].roles[k].role,
			              early ? "from" : "until");
			words_moment(asked->opened.zone, (struct words_moment){.at = early ? from : until},
			             WORDS_TABLE_YEAR, out);
			buffer_string(out, early ? " on: who was on call before is not shown.\n"
			                         : ": who is on call after that is not shown.\n");
		}
}

static void put_head(const struct who *who, struct buffer *out)
{
	const struct asked *asked = who->asked;
	buffer_format(out, "Who would be told if %s opened for %.*s now, ", asked->rule->id,
	              TEXT_ARG(asked->subject.id));
	words_moment(asked->opened.zone, (struct words_moment){.at = asked->at}, WORDS_TABLE_YEAR, out);
	if (asked->rule->severity == SEVERITY_CRITICAL)
		buffer_string(out, ". Critical: day and night. Nothing is sent.\n");
	else
		buffer_format(out, ". %s: in the hours of those who are told%s. Nothing is sent.\n",
		              asked->rule->severity == SEVERITY_HIGH ? "High" : "Normal",
		              asked->rule->out_of_hours ? ", out of hours the duty team" : "");
	if (asked->rule->shadow)
		buffer_string(out, "The rule is on trial (mode: shadow): as long as it is, nobody is told.\n");
	if (who->muted_until != INSTANT_NONE) {
		buffer_string(out, "It is muted until ");
		words_moment(asked->opened.zone, (struct words_moment){.at = who->muted_until}, WORDS_TABLE_YEAR, out);
		buffer_string(out, ": nobody is told before, and then of what still stands, step by step as below.\n");
	}
	if (!asked->subject.count)
		buffer_format(out, "Nothing is on record of %.*s.\n", TEXT_ARG(asked->subject.id));
	put_unread_rotas(who, out);
}

void who_words(const struct who *who, struct buffer *out)
{
	struct buffer raw = {0}, mends = {0};
	put_head(who, &raw);
	for (size_t i = 0; i < who->step_count; i++)
		if (!who->steps[i].again)
			put_step(who, i, &raw);
	put_last(who, &raw);
	put_ends(who, &raw);
	put_not_told(who, &raw);
	put_without(who, &raw);
	size_t count = mend(who, &mends);
	if (count)
		buffer_format(&raw, "\n%zu %s to mend\n%s", count, count == 1 ? "thing" : "things",
		              buffer_cstr(&mends));
	layout_text(buffer_view(&raw), out);
	buffer_char(out, '\n');
	buffer_free(&raw);
	buffer_free(&mends);
}

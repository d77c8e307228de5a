/* facts: each of the rule's lines, made from the records. */
#include "message/facts.h"

#include "people/allocation.h"
#include "rules/kinds.h"
#include "time/words.h"

#include <stdlib.h>

#define SUBJECTS_NAMED 30 /* children named in one fact; the rest are counted: a mail is no register */

struct making {
	const struct message_input *input;
	const struct message_alert *alert;
	const struct zone *zone;
	const struct message_event *history;
	size_t count;
	struct arena *arena;
	struct buffer words;
};

static void say_fact(struct making *making, struct message_fact *fact)
{
	const struct buffer *words = &making->words;
	if (!words->length)
		return;
	fact->kind = FACT_WORDS;
	fact->words = (struct text){arena_copy_text(making->arena, buffer_cstr(words), words->length), words->length};
}

/* As it stands in a fact: with the year where years mix. */
static void add_moment(struct making *making, instant at, bool day_only)
{
	int year, this_year, month, day;
	day_split(zone_date(making->zone, at), &year, &month, &day);
	day_split(zone_date(making->zone, making->input->now), &this_year, &month, &day);
	words_moment(making->zone, (struct words_moment){at, day_only},
	             year == this_year ? WORDS_FULL : WORDS_FULL_YEAR, &making->words);
}

/* ---- a field ---- */

/* The newest event of the key that says anything of the field. */
static const struct event *field_event(const struct making *making, const struct rule_fact *fact,
                                       const struct selectors *events)
{
	const struct event *found = NULL;
	for (size_t i = 0; i < making->count; i++) {
		const struct event *event = making->history[i].event;
		const struct message_event *one =
			message_find(making->input, making->alert, &making->history[i], 1, events, fact->last);
		bool said = event_field(event, fact->field)->kind != VALUE_ABSENT;
		if (one && (said || event_set_aside(event, fact->field)))
			found = event;
	}
	return found;
}

static void add_string(struct making *making, const struct field *field, struct text value)
{
	const char *title = field ? schema_word_title(field, value) : NULL;
	char role[64];
	if (field && field->role && making->input->directory && value.length < sizeof role) {
		memcpy(role, value.at, value.length);
		role[value.length] = '\0';
		title = directory_role_title(making->input->directory, role);
	}
	bool word = false; /* one of the catalogue's: "very-high" */
	for (size_t i = 0; field && field->words && field->words[i] && !title; i++)
		word = word || text_equal(text_of(field->words[i]), value);
	if (title)
		buffer_string(&making->words, title);
	else if (!word)
		buffer_text(&making->words, value);
	size_t start = making->words.length;
	if (word)
		words_sentence(value, &making->words);
	for (size_t i = start; i < making->words.length; i++)
		if (making->words.at[i] == '-')
			making->words.at[i] = ' ';
}

static void add_value(struct making *making, const struct field *field, const struct value *value)
{
	civil_day day;
	instant at;
	const char *why;
	switch (value->kind) {
	case VALUE_STRING:
		if (field && field->kind == FIELD_DATE && day_parse(value->string, &day))
			words_day_beside(day, zone_date(making->zone, making->input->now), WORDS_FULL, &making->words);
		else if (field && field->kind == FIELD_INSTANT && instant_parse(value->string, &at, &why))
			add_moment(making, at, false);
		else
			add_string(making, field, value->string);
		break;
	case VALUE_BOOL:
		buffer_string(&making->words, value->boolean ? "Yes" : "No");
		break;
	case VALUE_NUMBER:
		buffer_format(&making->words, "%g", value->number);
		break;
	case VALUE_LIST:
		for (size_t i = 0; i < value->list.count; i++) {
			buffer_string(&making->words, words_between(i, value->list.count));
			add_value(making, field, &value->list.items[i]);
		}
		break;
	case VALUE_ABSENT:
	case VALUE_OTHER:
		break;
	}
}

static void take_field(struct making *making, const struct rule_fact *line, struct message_fact *fact)
{
	const struct event *event = field_event(making, line, &line->events);
	const char *name = schema_name_text(line->field);
	if (!event)
		return;
	if (event_set_aside(event, line->field)) {
		fact->kind = FACT_UNREADABLE;
		return;
	}
	add_value(making, schema_field(event->type, text_of(name)), event_field(event, line->field));
	say_fact(making, fact);
}

/* ---- a time ---- */

static void take_time(struct making *making, const struct rule_fact *line, struct message_fact *fact)
{
	const struct message_event *event = message_find(making->input, making->alert, making->history, making->count,
	                                                 &line->events, line->last);
	if (!event)
		return;
	fact->kind = line->show == FACT_SHOWS_AGO ? FACT_SINCE : FACT_TIME;
	fact->time = event->event->time;
	fact->day_precision = event->event->day_precision;
	if (!line->until.count)
		return;
	const struct message_event *end = message_find(making->input, making->alert, making->history, making->count,
	                                               &line->until, false);
	add_moment(making, fact->time, fact->day_precision);
	if (end && end->event->time >= fact->time) {
		buffer_string(&making->words, ", to ");
		add_moment(making, end->event->time, end->event->day_precision);
	} else {
		buffer_string(&making->words, ", end not recorded");
	}
	say_fact(making, fact);
}

/* ---- a state ---- */

static bool same_keys(const struct state_def *state, const struct event *a, const struct event *b)
{
	for (size_t i = 0; i < sizeof state->keys / sizeof state->keys[0] && state->keys[i]; i++) {
		struct text own = event_string(a, state->keys[i]), other = event_string(b, state->keys[i]);
		if (own.length && other.length && !text_equal(own, other))
			return false;
	}
	return text_equal(a->subject, b->subject) || !state->keys[0];
}

/* The last instant of its date, where only that is known: an end counts as late as it can have been. */
static instant end_time(const struct making *making, const struct event *event)
{
	return event->day_precision ? zone_midnight(making->zone, zone_date(making->zone, event->time) + 1) - 1
	                            : event->time;
}

/* What ended the interval that `start` began, or the child's own end; NULL: it is open. */
static const struct event *end_of(const struct making *making, const struct state_def *state, const struct event *start)
{
	for (size_t i = 0; i < making->count; i++) {
		const struct event *event = making->history[i].event;
		if (event->time > making->input->now || end_time(making, event) < start->time || event == start)
			continue;
		bool ended = message_matches(&state->to, event) && same_keys(state, start, event);
		bool gone = event->type == TYPE_ID_CHILD_DIED || event->type == TYPE_ID_CHILD_TRANSFERRED;
		if (ended || (gone && text_equal(event->subject, start->subject)))
			return event;
	}
	return NULL;
}

/* Whether the state's intervals are those of the alert's key, and this is another's. Where what opens a state may lack
 * the key (a VEMT plan, and the alert is of a safety plan) any of them is meant, as in the rule's condition. */
static bool of_another_key(const struct making *making, const struct state_def *state, const struct event *start)
{
	uint16_t name;
	struct text value;
	bool keyed = !state->key_optional && message_key(making->alert, &name, &value);
	for (size_t i = 0; i < sizeof state->keys / sizeof state->keys[0] && state->keys[i] && keyed; i++)
		if (state->keys[i] == name && !text_equal(event_string(start, name), value))
			return true;
	return false;
}

/* "Missing since Wednesday 29 January, 23:10", "Returned Friday 31 January, 21:00". */
static void take_state(struct making *making, const struct rule_fact *line, struct message_fact *fact)
{
	const struct event *open = NULL, *ended = NULL;
	for (size_t i = 0; i < making->count && line->state; i++) {
		const struct event *start = making->history[i].event;
		if (start->time > making->input->now || !message_matches(&line->state->from, start) ||
		    of_another_key(making, line->state, start))
			continue;
		const struct event *end = end_of(making, line->state, start);
		if (!end)
			open = start;
		else if (!ended || end_time(making, end) > end_time(making, ended))
			ended = end;
	}
	if (!open && !ended)
		return;
	buffer_format(&making->words, "%s ", open ? line->open : line->ended);
	add_moment(making, open ? open->time : ended->time, open ? open->day_precision : ended->day_precision);
	say_fact(making, fact);
}

static bool named_before(const struct text *subjects, size_t count, struct text subject)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(subjects[i], subject))
			return true;
	return false;
}

/* The children whose placement with the provider is open: for whoever must look at each of them. */
static void take_who(struct making *making, const struct rule_fact *line, struct message_fact *fact)
{
	struct text subjects[SUBJECTS_NAMED];
	size_t named = 0, more = 0;
	for (size_t i = 0; i < making->count && line->state; i++) {
		const struct event *start = making->history[i].event;
		if (start->time > making->input->now || !message_matches(&line->state->from, start) ||
		    named_before(subjects, named, start->subject) || end_of(making, line->state, start))
			continue;
		if (named == SUBJECTS_NAMED) {
			more++;
			continue;
		}
		subjects[named] = start->subject;
		buffer_format(&making->words, "%s%.*s", named++ ? ", " : "", TEXT_ARG(start->subject));
	}
	if (more)
		buffer_format(&making->words, " and %zu more", more);
	say_fact(making, fact);
}

/* ---- clock, count, team ---- */

static void take_due(struct making *making, struct message_fact *fact)
{
	instant due = message_due(making->input, making->alert);
	if (due == INSTANT_NEVER)
		return;
	fact->kind = FACT_DUE;
	fact->time = due;
}

/* "3 times in 30 days", "3 times in 30 days, and 4 more since then": those that lie in one window, and those beyond. */
static void take_count(struct making *making, struct message_fact *fact)
{
	const struct message_alert *alert = making->alert;
	struct fault ignored;
	instant from;
	size_t window = alert->payload->window_count;
	size_t more = alert->payload->since_count;
	if (!alert->evidence_count || !alert->rule || !rule_kind_row(alert->rule->kind)->counts)
		return;
	for (size_t i = 0; i < alert->evidence_count && !alert->payload->window_count;
	     i++) { /* the first begins the window */
		if (calendar_back(making->input->calendar, alert->evidence[i].event->time, alert->rule->within, &from,
		                  &ignored) != RESULT_OK ||
		    from > alert->evidence[0].event->time)
			break;
		window++;
	}
	words_count((int64_t)window, "time", "times", &making->words);
	buffer_string(&making->words, " in ");
	duration_print(alert->rule->within, &making->words);
	if (!alert->payload->window_count)
		more = alert->evidence_count - window;
	if (more)
		buffer_format(&making->words, ", and %zu more since then", more);
	say_fact(making, fact);
}

size_t message_teams(const struct message_input *input, const struct message_event *history, size_t history_count,
                     bool one_child, const struct team **teams, size_t room)
{
	const struct directory *directory = input->directory;
	if (!directory)
		return 0;
	const struct event **events = mem_zero(history_count + 1, sizeof *events);
	for (size_t i = 0; i < history_count; i++)
		events[i] = history[i].event;
	struct allocation *open = mem_zero(history_count + 1, sizeof *open);
	size_t count = allocations_open(events, history_count, one_child, calendar_zone(input->calendar), input->now,
	                                open, history_count);
	count = directory_teams(directory, open, count, teams, room);
	free(events);
	free(open);
	return count;
}

static void take_team(struct making *making, struct message_fact *fact)
{
	size_t room = making->input->directory ? making->input->directory->team_count : 0;
	const struct team **teams = mem_zero(room + 1, sizeof *teams);
	size_t found = message_teams(making->input, making->history, making->count, making->alert->domain == PARTY_NONE,
	                             teams, room);
	for (size_t i = 0; i < found; i++) {
		buffer_string(&making->words, words_between(i, found));
		buffer_string(&making->words, teams[i]->title);
	}
	free(teams);
	say_fact(making, fact);
}

static void take_line(struct making *making, const struct rule_fact *line, struct message_fact *fact)
{
	buffer_clear(&making->words);
	switch (line->show) {
	case FACT_SHOWS_TIME:
	case FACT_SHOWS_AGO:
		take_time(making, line, fact);
		break;
	case FACT_SHOWS_FIELD:
		take_field(making, line, fact);
		break;
	case FACT_SHOWS_STATE:
		take_state(making, line, fact);
		break;
	case FACT_SHOWS_WHO:
		take_who(making, line, fact);
		break;
	case FACT_SHOWS_DUE:
		take_due(making, fact);
		break;
	case FACT_SHOWS_COUNT:
		take_count(making, fact);
		break;
	case FACT_SHOWS_TEAM:
		take_team(making, fact);
		break;
	}
}

static bool shown_here(const struct message_input *input, enum rule_fact_only only)
{
	switch (only) {
	case FACT_EVERYWHERE:
		return true;
	case FACT_IN_WARNINGS:
		return input->purpose == MESSAGE_WARNED;
	case FACT_IN_ALERTS:
		return input->purpose != MESSAGE_WARNED;
	case FACT_ALONE:
		return input->purpose != MESSAGE_WARNED && input->alert_count < 2;
	case FACT_TOGETHER:
		return input->alert_count > 1;
	}
	return true;
}

void message_facts(const struct message_input *input, const struct message_alert *alert,
                   const struct message_event *history, size_t history_count, struct arena *arena,
                   struct message_facts *facts)
{
	*facts = (struct message_facts){0};
	const struct rule *rule = alert->rule;
	if (!rule || !rule->fact_count) {
		for (size_t i = 0; i < alert->fact_count && i < MESSAGE_FACTS; i++)
			facts->items[facts->count++] = alert->facts[i];
		return;
	}
	struct making making = {.input = input,
	                        .alert = alert,
	                        .zone = calendar_zone(input->calendar),
	                        .history = history,
	                        .count = history_count,
	                        .arena = arena};
	for (size_t i = 0; i < rule->fact_count && facts->count < MESSAGE_FACTS; i++) {
		const struct rule_fact *line = &rule->facts[i];
		if (!shown_here(input, line->only))
			continue;
		struct message_fact fact = {.label = line->label, .kind = FACT_NOT_RECORDED, .time = INSTANT_NONE,
		                            .words = text_of(line->otherwise ? line->otherwise : "")};
		take_line(&making, line, &fact);
		if (fact.kind != FACT_NOT_RECORDED || !line->if_recorded)
			facts->items[facts->count++] = fact;
	}
	buffer_free(&making.words);
}

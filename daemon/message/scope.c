/* scope: which records an alert is about, and which only the child's. */
#include "message/facts.h"
#include "rules/kinds.h"

/* The key of the event's own type, where the rule names none: a state's or guard's evidence has one all the same. */
static uint16_t key_of_type(const struct event *event)
{
	const struct event_type *type = schema_type(event->type);
	for (size_t i = 0; type && i < type->field_count; i++)
		if (type->fields[i].key && type->fields[i].party == PARTY_NONE)
			return type->fields[i].name_id;
	return 0;
}

/* A count, a load, and a clock without a key are of the subject, whatever keys their records have. */
static bool of_one_record(const struct rule *rule)
{
	return !rule || rule_kind_row(rule->kind)->of_one_record;
}

bool message_key(const struct message_alert *alert, uint16_t *name, struct text *value)
{
	const struct event *newest = alert->evidence_count ? alert->evidence[alert->evidence_count - 1].event : NULL;
	*name = alert->rule && !rule_kind_row(alert->rule->kind)->counts ? alert->rule->key : 0;
	if (!*name && newest && of_one_record(alert->rule))
		*name = key_of_type(newest);
	*value = alert->key_text;
	if (*name && !value->length && newest)
		*value = event_string(newest, *name);
	return *name && value->length;
}

/* Whether the event carries the alert's key, with its value. */
static bool same_key(const struct message_alert *alert, const struct event *event)
{
	uint16_t name;
	struct text value;
	return message_key(alert, &name, &value) && text_equal(event_string(event, name), value);
}

instant message_begin_of(const struct message_alert *alert)
{
	const struct rule *rule = alert->rule;
	if (!alert->evidence_count)
		return alert->opened;
	instant first = alert->evidence[0].event->time, last = alert->evidence[alert->evidence_count - 1].event->time;
	if (!rule)
		return first;
	switch (rule_kind_row(rule->kind)->begins) {
	case KIND_BEGINS_OPENED:
		return alert->opened != INSTANT_NONE && alert->opened >= first ? alert->opened : last;
	case KIND_BEGINS_CLOCK:
		return rule->start_alert.rule_id ? last : first;
	case KIND_BEGINS_FIRST:
		break;
	}
	return first;
}

bool message_matches(const struct selectors *selectors, const struct event *event)
{
	for (size_t i = 0; i < selectors->count; i++) {
		const struct selector *selector = &selectors->items[i];
		struct condition_scope scope = {.event = event, .age = -1, .favourable = selector->favourable};
		if (selector->type == event->type && (!selector->where || condition_holds(selector->where, &scope)))
			return true;
	}
	return false;
}

/* The last instant at which it can have happened: of one known by date alone the end of its date. */
static instant at_latest(const struct zone *zone, const struct event *event)
{
	return event->day_precision ? zone_midnight(zone, zone_date(zone, event->time) + 1) - 1 : event->time;
}

const struct message_event *message_find(const struct message_input *input, const struct message_alert *alert,
                                         const struct message_event *history, size_t count,
                                         const struct selectors *events, bool last)
{
	const struct zone *zone = calendar_zone(input->calendar);
	const struct message_event *found = NULL;
	uint16_t name;
	struct text value;
	bool keyed = message_key(alert, &name, &value);
	instant begin = message_begin_of(alert);
	for (size_t i = 0; i < count; i++) {
		const struct event *event = history[i].event;
		struct text own = keyed ? event_string(event, name) : TEXT_NONE;
		if (event->time > input->now || !message_matches(events, event) ||
		    (own.length && !text_equal(own, value)))
			continue;
		if (!own.length && !last && at_latest(zone, event) < begin)
			continue;
		found = &history[i];
		if (!last)
			break;
	}
	return found;
}

/* ---- its clock ---- */

/* The newest date that was set: by the start, or by what moved it. */
static instant due_date(const struct message_input *input, const struct message_alert *alert)
{
	const struct zone *zone = calendar_zone(input->calendar);
	instant due = INSTANT_NEVER;
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct event *event = alert->history[i].event;
		civil_day day;
		bool carries = message_matches(&alert->rule->on, event) || message_matches(&alert->rule->moves, event);
		if (carries && same_key(alert, event) && day_parse(event_string(event, alert->rule->due), &day))
			due = zone_midnight(zone, day + 1);
	}
	return due;
}

instant message_due(const struct message_input *input, const struct message_alert *alert)
{
	const struct rule *rule = alert->rule;
	struct fault ignored;
	instant due = INSTANT_NEVER;
	if (alert->due != INSTANT_NONE && alert->due != INSTANT_NEVER)
		return alert->due;
	if (!rule || !alert->evidence_count || rule_kind_row(rule->kind)->begins != KIND_BEGINS_CLOCK)
		return INSTANT_NEVER;
	if (rule->due)
		return due_date(input, alert);
	const struct message_event *start =
		message_find(input, alert, alert->history, alert->history_count, &rule->on, false);
	instant from = start ? start->event->time : message_begin_of(alert);
	if (!rule->within.amount || calendar_expiry(input->calendar, from, rule->within, &due, &ignored) != RESULT_OK)
		return INSTANT_NEVER;
	return due;
}

/* ---- conditions of other rules, read from the history at hand ---- */

struct reading {
	const struct ruleset *rules;
	const struct message_alert *alert;
	const struct event *at;
	struct text key;
	uint16_t key_name;
};

static bool in_key(const struct reading *reading, const struct event *event)
{
	struct text own = reading->key_name ? event_string(event, reading->key_name) : TEXT_NONE;
	return !own.length || text_equal(own, reading->key);
}

static bool seen(void *context, type_id type)
{
	const struct reading *reading = context;
	for (size_t i = 0; i < reading->alert->history_count; i++) {
		const struct event *event = reading->alert->history[i].event;
		if (event->type == type && event_order(event, reading->at) <= 0 && in_key(reading, event))
			return true;
	}
	return false;
}

/* Whether one of the state's intervals holds at the event; a state that reads more than its own records is taken as not
 * open, and the clock then goes unsaid. */
static bool open(void *context, const struct condition_state *use)
{
	const struct reading *reading = context;
	const struct state_def *state = &reading->rules->states[use->state];
	bool holds = false;
	for (size_t i = 0; i < reading->alert->history_count; i++) {
		const struct event *event = reading->alert->history[i].event;
		if (event_order(event, reading->at) > 0 || !in_key(reading, event))
			continue;
		if (message_matches(&state->from, event))
			holds = true;
		else if (message_matches(&state->to, event))
			holds = false;
	}
	return holds;
}

bool message_starts_clock(const struct ruleset *rules, const struct message_alert *alert, const struct rule *rule,
                          const struct message_event *start)
{
	struct reading reading = {.rules = rules, .alert = alert, .at = start->event, .key_name = rule->key};
	struct condition_scope scope = {
		.event = start->event, .age = alert->age, .context = &reading, .open = open, .seen = seen};
	bool starts = false;
	if (rule->while_holds)
		return false; /* reads states, which a message does not know */
	reading.key = rule->key ? event_string(start->event, rule->key) : TEXT_NONE;
	for (size_t i = 0; i < rule->on.count && !starts; i++) {
		struct condition *where = rule->on.items[i].where;
		if (rule->on.items[i].type == start->event->type)
			starts = !where || condition_holds(where, &scope);
	}
	for (size_t i = 0; i < alert->history_count && starts; i++) {
		const struct event *event = alert->history[i].event;
		starts = !(message_matches(&rule->stop, event) && in_key(&reading, event) &&
		           (rule->key || event->time >= start->event->time));
	}
	return starts;
}

/* ---- whom it is about ---- */

bool message_about_child(const struct message_alert *alert)
{
	if (alert->domain != PARTY_NONE)
		return false;
	if (!alert->rule || !alert->rule->on.count)
		return true;
	const struct event_type *type = schema_type(alert->rule->on.items[0].type);
	return !type || type->subject == SUBJECT_CHILD;
}

const char *message_subject_label(const struct message_alert *alert)
{
	if (message_about_child(alert))
		return "Child";
	const struct event_type *type =
		alert->rule && alert->rule->on.count ? schema_type(alert->rule->on.items[0].type) : NULL;
	if (alert->domain == PARTY_WORKER || (type && type->subject == SUBJECT_WORKER))
		return "Worker";
	if (alert->domain == PARTY_PROVIDER || (type && type->subject == SUBJECT_PROVIDER))
		return "Provider";
	return "About";
}

/* facts: one table a family: label, event type, and what to take of it. */
#include "message/facts.h"

#include "people/allocation.h"
#include "time/words.h"

#include <stdlib.h>

enum take { TAKE_TIME, TAKE_SINCE, TAKE_FIELD, TAKE_TIMES, TAKE_NOW, TAKE_TEAM, TAKE_DUE, TAKE_CHILDREN };

struct line {
	const char *label;
	enum take take;
	const char *types[3]; /* the latest of these types is taken; of times the first */
	const char *field;
	bool optional;        /* no line where nothing is recorded */
};

static const struct line CUSTODY[] = {
	{"Held at", TAKE_FIELD, {"custody.detained"}, "station", false},
	{"Held since", TAKE_SINCE, {"custody.detained"}, NULL, false},
	{"Bail refused", TAKE_TIME, {"custody.charged_bail_refused"}, NULL, false},
	{"Bed asked for", TAKE_TIME, {"pace.bed_requested"}, NULL, false},
	{"Bed offered", TAKE_TIME, {"pace.bed_offered"}, NULL, true},
	{"Move failed", TAKE_TIME, {"pace.transfer_failed"}, NULL, true},
	{"Why it failed", TAKE_FIELD, {"pace.transfer_failed"}, "reason", true},
	{"Certificate", TAKE_FIELD, {"custody.certificate_issued"}, "ground", true},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line FEEDBACK[] = {
	{"Held at", TAKE_FIELD, {"custody.detained"}, "station", false},
	{"Held since", TAKE_TIME, {"custody.detained"}, NULL, false},
	{"Released", TAKE_TIME, {"custody.released"}, NULL, false},
	{"Feedback", TAKE_TIME, {"custody.feedback_recorded"}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line EPISODE[] = {
	{"Missing since", TAKE_SINCE, {"missing.started"}, NULL, false},
	{"From", TAKE_FIELD, {"missing.started"}, "from", false},
	{"Placement", TAKE_FIELD, {"missing.started"}, "placement", true},
	{"Risk", TAKE_FIELD, {"missing.started", "missing.risk_changed"}, "risk", false},
	{"Returned", TAKE_TIME, {"missing.ended"}, NULL, true},
	{"Team", TAKE_TEAM, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line RETURNED[] = {
	{"Missing since", TAKE_TIME, {"missing.started"}, NULL, false},
	{"Returned", TAKE_SINCE, {"missing.ended"}, NULL, false},
	{"Interview due", TAKE_DUE, {"missing.ended"}, NULL, false},
	{"Interview", TAKE_TIME, {"rhi.completed"}, NULL, false},
	{"Team", TAKE_TEAM, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line AGAIN[] = {
	{"Missing", TAKE_TIMES, {NULL}, NULL, false},
	{"Now", TAKE_NOW, {NULL}, NULL, false},
	{"Team", TAKE_TEAM, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line DISCUSSED[] = {
	{"Now", TAKE_NOW, {NULL}, NULL, false},
	{"Discussed", TAKE_TIME, {"vpg.discussed"}, NULL, false},
	{"Shared", TAKE_TIME, {"vpg.shared"}, NULL, true},
	{"Due by", TAKE_DUE, {NULL}, NULL, true},
	{"Team", TAKE_TEAM, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line CHECKLIST[] = {
	{"Level", TAKE_FIELD, {"vcl.scored"}, "level", false},
	{"Scored", TAKE_TIME, {"vcl.scored"}, NULL, false},
	{"RMG opened", TAKE_TIME, {"rmg.opened"}, NULL, false},
	{"Team", TAKE_TEAM, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line PROVIDER[] = {
	{"Registered", TAKE_FIELD, {"provider.registration_changed"}, "registered", false},
	{"Since", TAKE_TIME, {"provider.registration_changed"}, NULL, false},
	{"Children placed", TAKE_CHILDREN, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line PLACEMENT[] = {
	{"Setting", TAKE_FIELD, {"placement.decided", "placement.started"}, "setting", false},
	{"Provider", TAKE_FIELD, {"placement.decided", "placement.started"}, "provider", false},
	{"Registered", TAKE_FIELD, {"placement.decided", "placement.started"}, "registered", false},
	{"Decided", TAKE_TIME, {"placement.decided"}, NULL, false},
	{"Placed", TAKE_SINCE, {"placement.started"}, NULL, false},
	{"Ratified", TAKE_TIME, {"placement.ratified"}, NULL, false},
	{"Ratified by", TAKE_FIELD, {"placement.ratified"}, "by", true},
	{"Care needed", TAKE_FIELD, {"risk_assessment.completed"}, "care", true},
	{"Support needed", TAKE_FIELD, {"risk_assessment.completed"}, "support", true},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line CONTACT[] = {
	{"Received", TAKE_SINCE, {"contact.received"}, NULL, false},
	{"Due by", TAKE_DUE, {"contact.received"}, NULL, true},
	{"Decided", TAKE_TIME, {"contact.decided"}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};
static const struct line ASSESSMENT[] = {
	{"Referral", TAKE_SINCE, {"referral.accepted"}, NULL, false},
	{"Started", TAKE_TIME, {"assessment.started"}, NULL, false},
	{"Due by", TAKE_DUE, {"referral.accepted"}, NULL, true},
	{"Authorised", TAKE_TIME, {"assessment.authorised"}, NULL, false},
	{"Team", TAKE_TEAM, {NULL}, NULL, false},
	{NULL, TAKE_TIME, {NULL}, NULL, false}};

/* The first prefix of the rule's id that fits. */
static const struct {
	const char *prefix;
	const struct line *lines;
} FAMILIES[] = {{"custody.no-feedback", FEEDBACK},
                {"custody.", CUSTODY},
                {"missing.vpg-referral", AGAIN},
                {"missing.vpg-", DISCUSSED},
                {"missing.return-interview", RETURNED},
                {"missing.", EPISODE},
                {"vcl.", CHECKLIST},
                {"placement.provider-", PROVIDER},
                {"placement.", PLACEMENT},
                {"contact.overdue", CONTACT},
                {"assessment.", ASSESSMENT}};

/* The key of the event's own type, where the rule names none: a state's or guard's evidence has one all the same. */
static uint16_t key_of_type(const struct event *event)
{
	const struct event_type *type = schema_type(event->type);
	for (size_t i = 0; type && i < type->field_count; i++)
		if (type->fields[i].key && type->fields[i].party == PARTY_NONE)
			return type->fields[i].name_id;
	return 0;
}

bool message_key(const struct message_alert *alert, uint16_t *name, struct text *value)
{
	const struct event *newest = alert->evidence_count ? alert->evidence[alert->evidence_count - 1].event : NULL;
	*name = alert->rule ? alert->rule->key : 0;
	bool of_many = alert->rule && (alert->rule->kind == RULE_COUNT || alert->rule->kind == RULE_LOAD);
	if (!*name && newest && !of_many)
		*name = key_of_type(newest);
	*value = alert->key_text;
	if (*name && !value->length && newest)
		*value = event_string(newest, *name);
	return *name && value->length;
}

bool message_same_key(const struct message_alert *alert, const struct event *event)
{
	uint16_t name;
	struct text value;
	if (!message_key(alert, &name, &value))
		return true;
	struct text key = event_string(event, name);
	return !key.length || text_equal(key, value);
}

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

struct making {
	const struct message_input *input;
	const struct message_alert *alert;
	const struct message_event *history;
	size_t count;
	struct arena *arena;
	struct buffer words;
};

static struct text keep(struct making *making)
{
	const struct buffer *words = &making->words;
	return (struct text){arena_copy_text(making->arena, buffer_cstr(words), words->length), words->length};
}

static void say(struct making *making, struct message_fact *fact)
{
	fact->kind = FACT_WORDS;
	fact->words = keep(making);
}

static bool set_aside(const struct event *event, const char *field)
{
	for (size_t i = 0; i < event->warning_count; i++)
		if (strncmp(event->warnings[i].field, "data.", 5) == 0 && strcmp(event->warnings[i].field + 5, field) == 0)
			return true;
	return false;
}

static bool says(const struct event *event, const char *field)
{
	return event_field(event, schema_name(text_of(field)))->kind != VALUE_ABSENT || set_aside(event, field);
}

/* Of the line's types the event to show: the first; of fields the latest that says anything of it. */
static const struct message_event *event_for(const struct making *making, const struct line *line)
{
	const struct message_event *found = NULL;
	for (size_t i = 0; i < making->count; i++) {
		const struct event *event = making->history[i].event;
		bool fits = false;
		for (size_t k = 0; k < 3 && line->types[k]; k++)
			fits = fits || event->type == schema_find(text_of(line->types[k]));
		if (!fits || !message_same_key(making->alert, event))
			continue;
		if (line->take != TAKE_FIELD)
			return &making->history[i];
		if (says(event, line->field))
			found = &making->history[i];
	}
	return found;
}

/* What codes of the returns mean (SSDA903). */
static const char *setting_title(struct text code)
{
	if (text_equal(code, TEXT("H5")))
		return "Supported accommodation (H5)";
	if (text_equal(code, TEXT("P2")))
		return "Independent living (P2)";
	return NULL;
}

static void say_string(struct making *making, const struct line *line, struct text value)
{
	const char *title = strcmp(line->field, "setting") == 0 ? setting_title(value) : NULL;
	char role[64];
	if (strcmp(line->field, "by") == 0 && making->input->directory && value.length < sizeof role) {
		memcpy(role, value.at, value.length);
		role[value.length] = '\0';
		title = directory_role_title(making->input->directory, role);
	}
	if (title) {
		buffer_string(&making->words, title);
		return;
	}
	bool word = strcmp(line->field, "risk") == 0 || strcmp(line->field, "from") == 0 ||
	            strcmp(line->field, "level") == 0 || strcmp(line->field, "ground") == 0;
	if (!word) {
		buffer_text(&making->words, value);
		return;
	}
	words_sentence(value, &making->words); /* words of the catalogue: "very-high" */
	for (size_t i = 0; i < making->words.length; i++)
		if (making->words.at[i] == '-')
			making->words.at[i] = ' ';
}

static void take_field(struct making *making, const struct line *line, const struct event *event, struct message_fact *fact)
{
	const struct value *value = event_field(event, schema_name(text_of(line->field)));
	if (set_aside(event, line->field)) {
		fact->kind = FACT_UNREADABLE;
		return;
	}
	switch (value->kind) {
	case VALUE_STRING:
		say_string(making, line, value->string);
		break;
	case VALUE_BOOL:
		buffer_string(&making->words, value->boolean ? "Yes" : "No");
		break;
	case VALUE_NUMBER:
		buffer_format(&making->words, "%g", value->number);
		break;
	case VALUE_ABSENT:
	case VALUE_LIST:
	case VALUE_OTHER:
		return;
	}
	if (making->words.length)
		say(making, fact);
}

/* "3 times in 30 days". */
static void take_times(struct making *making, struct message_fact *fact)
{
	const struct message_alert *alert = making->alert;
	if (!alert->evidence_count || !alert->rule)
		return;
	words_count((int64_t)alert->evidence_count, "time", "times", &making->words);
	if (alert->rule->kind == RULE_COUNT) {
		buffer_string(&making->words, " in ");
		duration_print(alert->rule->within, &making->words);
	}
	say(making, fact);
}

static const struct event *end_of(const struct making *making, struct text episode)
{
	type_id ended = schema_find(TEXT("missing.ended"));
	uint16_t key = schema_name(TEXT("episode"));
	for (size_t i = 0; i < making->count; i++)
		if (making->history[i].event->type == ended &&
		    text_equal(event_string(making->history[i].event, key), episode))
			return making->history[i].event;
	return NULL;
}

static void add_moment(struct making *making, const struct event *event)
{
	words_moment(calendar_zone(making->input->calendar), (struct words_moment){event->time, event->day_precision},
	             WORDS_FULL, &making->words);
}

/* "Missing since Wednesday 29 January, 23:10", or since when not. */
static void take_now(struct making *making, struct message_fact *fact)
{
	type_id started = schema_find(TEXT("missing.started"));
	uint16_t key = schema_name(TEXT("episode")), kind = schema_name(TEXT("kind"));
	const struct event *back = NULL;
	for (size_t i = 0; i < making->count; i++) {
		const struct event *event = making->history[i].event;
		if (event->type != started || text_equal(event_string(event, kind), TEXT("away")))
			continue;
		const struct event *end = end_of(making, event_string(event, key));
		if (!end) {
			buffer_string(&making->words, "Missing since ");
			add_moment(making, event);
			say(making, fact);
			return;
		}
		if (!back || event_order(end, back) > 0)
			back = end;
	}
	buffer_string(&making->words, "Not missing");
	if (back) {
		buffer_string(&making->words, ". Returned ");
		add_moment(making, back);
	}
	say(making, fact);
}

static void take_team(struct making *making, struct message_fact *fact)
{
	const struct directory *directory = making->input->directory;
	if (!directory)
		return;
	const struct event **events = mem_zero(making->count + 1, sizeof *events);
	for (size_t i = 0; i < making->count; i++)
		events[i] = making->history[i].event;
	struct allocation open[32];
	size_t count = allocations_open(events, making->count, calendar_zone(making->input->calendar), making->input->now,
	                                open, 32);
	free(events);
	const struct team *teams[8];
	size_t found = directory_teams(directory, open, count, teams, 8);
	for (size_t i = 0; i < found; i++) {
		buffer_string(&making->words, words_between(i, found));
		buffer_string(&making->words, teams[i]->title);
	}
	if (found)
		say(making, fact);
}

static void take_due(struct making *making, const struct line *line, struct message_fact *fact)
{
	const struct message_alert *alert = making->alert;
	const struct message_event *start = line->types[0] ? event_for(making, line) : NULL;
	if (!start && alert->evidence_count)
		start = &alert->evidence[0];
	if (!start || !alert->rule || alert->rule->kind != RULE_DEADLINE || alert->rule->due || !alert->rule->within.amount)
		return;
	instant due;
	struct fault ignored;
	if (calendar_expiry(making->input->calendar, start->event->time, alert->rule->within, &due, &ignored) != RESULT_OK)
		return;
	words_until(calendar_zone(making->input->calendar), due, WORDS_FULL, &making->words);
	struct buffer sentence = {0};
	words_sentence(buffer_view(&making->words), &sentence);
	buffer_clear(&making->words);
	buffer_text(&making->words, buffer_view(&sentence));
	buffer_free(&sentence);
	say(making, fact);
}

/* The children whose placement with the provider is open: for whoever must look at each of them. */
static void take_children(struct making *making, struct message_fact *fact)
{
	type_id started = schema_find(TEXT("placement.started")), ended = schema_find(TEXT("placement.ended"));
	uint16_t key = schema_name(TEXT("placement"));
	size_t named = 0;
	for (size_t i = 0; i < making->count; i++) {
		const struct event *event = making->history[i].event;
		bool open = event->type == started;
		for (size_t k = 0; open && k < making->count; k++) {
			const struct event *other = making->history[k].event;
			open = other->type != ended || !text_equal(other->subject, event->subject) ||
			       !text_equal(event_string(other, key), event_string(event, key));
		}
		if (!open || named >= 30)
			continue;
		buffer_format(&making->words, "%s%.*s", named++ ? ", " : "", TEXT_ARG(event->subject));
	}
	if (named)
		say(making, fact);
}

static void take(struct making *making, const struct line *line, struct message_fact *fact)
{
	const struct message_event *event = line->take <= TAKE_FIELD ? event_for(making, line) : NULL;
	buffer_clear(&making->words);
	switch (line->take) {
	case TAKE_TIME:
	case TAKE_SINCE:
		if (!event)
			break;
		fact->kind = line->take == TAKE_SINCE ? FACT_SINCE : FACT_TIME;
		fact->time = event->event->time;
		fact->day_precision = event->event->day_precision;
		break;
	case TAKE_FIELD:
		if (event)
			take_field(making, line, event->event, fact);
		break;
	case TAKE_TIMES:
		take_times(making, fact);
		break;
	case TAKE_NOW:
		take_now(making, fact);
		break;
	case TAKE_TEAM:
		take_team(making, fact);
		break;
	case TAKE_DUE:
		take_due(making, line, fact);
		break;
	case TAKE_CHILDREN:
		take_children(making, fact);
		break;
	}
}

static const struct line *family_of(const struct message_alert *alert)
{
	for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++) {
		size_t length = strlen(FAMILIES[i].prefix);
		if (alert->rule_id.length >= length && memcmp(alert->rule_id.at, FAMILIES[i].prefix, length) == 0)
			return FAMILIES[i].lines;
	}
	return NULL;
}

void message_facts(const struct message_input *input, const struct message_alert *alert,
                   const struct message_event *history, size_t history_count, struct arena *arena,
                   struct message_facts *facts)
{
	*facts = (struct message_facts){0};
	const struct line *lines = history_count ? family_of(alert) : NULL;
	if (!lines) {
		for (size_t i = 0; i < alert->fact_count && i < MESSAGE_FACTS; i++)
			facts->items[facts->count++] = alert->facts[i];
		return;
	}
	struct making making = {.input = input, .alert = alert, .history = history, .count = history_count, .arena = arena};
	for (const struct line *line = lines; line->label && facts->count < MESSAGE_FACTS; line++) {
		struct message_fact fact = {.label = line->label, .kind = FACT_NOT_RECORDED, .time = INSTANT_NONE};
		take(&making, line, &fact);
		if (fact.kind != FACT_NOT_RECORDED || !line->optional)
			facts->items[facts->count++] = fact;
	}
	buffer_free(&making.words);
}

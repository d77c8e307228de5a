/* alert_context: reads an alert, its history and who was told of it. */
#include "message/alert_context.h"

#include "base/map.h"
#include "message/as_told.h"
#include "message/beside.h"
#include "message/change.h"
#include "message/history.h"
#include "message/standing.h"
#include "store/elsewhere.h"
#include "store/lines.h"
#include "text/json_read.h"

#include <stdlib.h>

/* By when the row's message asked for an answer. */
static instant asked_by(const struct outbox_row *row, struct arena *arena)
{
	struct payload payload;
	struct fault ignored;
	return payload_read(row->payload, &payload, arena, &ignored) == RESULT_OK ? payload.answer_by : INSTANT_NEVER;
}

/* Nobody looks at any but the last of a role that went and asked; to read them all was a twentieth of what a message
 * costs. From the newest on: `*list` has `count`. */
static void when_asked(struct message_told *list, const struct outbox_row *const *rows, size_t count,
                       struct arena *arena)
{
	const char *done[GATHER_TOLD];
	size_t done_count = 0;
	for (size_t i = count; i-- > 0;) {
		bool known = list[i].sent == INSTANT_NONE;
		for (size_t k = 0; k < done_count && !known; k++)
			known = strcmp(done[k], list[i].role_title) == 0;
		list[i].answer_by = known || done_count == GATHER_TOLD ? INSTANT_NEVER : asked_by(rows[i], arena);
		if (list[i].answer_by != INSTANT_NONE && list[i].answer_by != INSTANT_NEVER)
			done[done_count++] = list[i].role_title;
	}
}

static enum result told(const struct alert_context_sources *gather, const struct alert_context_rows *rows,
                        struct arena *arena, struct message_alert *alert, struct fault *fault)
{
	bool each = message_asks_each(alert); /* elsewhere one answer is enough, and nobody looks who is waited for */
	enum result result = RESULT_OK;
	const struct outbox_row **of = arena_alloc(arena, (rows->count + 1) * sizeof(const struct outbox_row *));
	struct message_told *list = arena_alloc(arena, (rows->count + 1) * sizeof *list);
	for (size_t i = 0; i < rows->count && result == RESULT_OK; i++) {
		const struct outbox_row *row = &rows->items[i];
		bool given_up = false;
		if (row->kind == OUTBOX_OPS || row->kind == OUTBOX_LIST || !row->person.length)
			continue;
		if (each && row->step == alert->step)
			result = elsewhere_waits_not(gather->store, row, gather->by_log, &given_up, fault);
		const char *role = arena_copy_text(arena, row->role.at, row->role.length);
		of[alert->told_count] = row;
		list[alert->told_count++] = (struct message_told){
			.role_title = directory_role_title(gather->directory, role),
			.channel = row->channel.length ? arena_copy_text(arena, row->channel.at, row->channel.length)
		                                       : channel_name(CHANNEL_EMAIL),
			.sent = row->sent,
			.created = row->created,
			.step = row->step,
			.state = row->state,
			.given_up = given_up,
			.reply = row->reply,
			.person = row->person,
			.purpose = message_purpose_of(row->purpose)};
	}
	when_asked(list, of, alert->told_count, arena);
	alert->told = list;
	return result;
}

/* ---- the alert's row ---- */

struct row_found {
	struct alert_row row;
	struct arena *arena;
	bool found;
};

static enum result take_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct row_found *found = argument;
	(void)fault;
	found->row = *row;
	struct text *const texts[] = {&found->row.id,  &found->row.rule,   &found->row.subject, &found->row.key,
	                              &found->row.reason, &found->row.because, &found->row.told_of,
	                              &found->row.told_ids, &found->row.made_of};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = text_keep(found->arena, *texts[i]);
	found->found = true;
	return RESULT_OK;
}

/* ---- what the history says ---- */

static void child_facts(struct message_alert *alert, const struct zone *zone, instant now)
{
	uint16_t birth = schema_name(TEXT("date_of_birth")), initials = schema_name(TEXT("initials")),
	         restricted = schema_name(TEXT("restricted"));
	civil_day day, known = DAY_NONE, doubtful = DAY_NONE;
	for (size_t i = 0; i < alert->history_count; i++) { /* in order of time: the latest holds */
		const struct event *event = alert->history[i].event;
		if (event->type != TYPE_ID_CHILD_UPDATED)
			continue;
		if (event_field(event, initials)->kind == VALUE_STRING)
			alert->initials = event_string(event, initials);
		if (event_field(event, restricted)->kind == VALUE_BOOL)
			alert->restricted = event_field(event, restricted)->boolean;
		if (!day_parse(event_string(event, birth), &day))
			continue;
		/* One that was a placeholder when it was entered counts only where there is no other (rules.md,
		 * Conditions). */
		if (calendar_known_age(day, zone_date(zone, event->time)) < 0 &&
		    calendar_age(day, zone_date(zone, event->time)) >= 0)
			doubtful = day;
		else
			known = day;
	}
	alert->age = calendar_known_age(known != DAY_NONE ? known : doubtful, zone_date(zone, now));
}

static void last_answer(const struct alert_context_sources *gather, struct message_alert *alert, struct arena *arena)
{
	uint16_t which = schema_name(TEXT("alert")), by = schema_name(TEXT("by")), action = schema_name(TEXT("action")),
	         person = schema_name(TEXT("person")), review = schema_name(TEXT("review_at"));
	struct message_answer *answer = &alert->answer;
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct event *event = alert->history[i].event;
		const char *why;
		if (event->type != TYPE_ID_ALERT_ACKNOWLEDGED || !text_equal(event_string(event, which), alert->id))
			continue;
		struct text role = event_string(event, by);
		answer->one_role = answer->count == 0 || (answer->one_role && text_equal(role, answer->role));
		answer->count++;
		answer->at = event->time;
		answer->action = event_string(event, action);
		answer->role = role;
		answer->person = event_string(event, person);
		answer->role_title =
			directory_role_title(gather->directory, arena_copy_text(arena, role.at, role.length));
		if (!instant_parse(event_string(event, review), &answer->asked_for, &why))
			answer->asked_for = INSTANT_NONE;
	}
}

static bool is_reaction(const struct message_alert *alert, const struct event *event)
{
	bool passed_on = event->type == TYPE_ID_ALERT_PASSED_ON;
	return (passed_on || event->type == TYPE_ID_ALERT_ACKNOWLEDGED) &&
	       text_equal(event_string(event, schema_name(TEXT("alert"))), alert->id);
}

/* Each answer, not the last alone: whoever reads who was told reads who of them answered. */
static void all_reactions(const struct alert_context_sources *gather, struct message_alert *alert, struct arena *arena)
{
	uint16_t by = schema_name(TEXT("by")), person = schema_name(TEXT("person")), to = schema_name(TEXT("to"));
	size_t count = 0;
	for (size_t i = 0; i < alert->history_count; i++)
		count += is_reaction(alert, alert->history[i].event);
	struct message_reaction *reactions = arena_alloc(arena, (count + 1) * sizeof *reactions);
	alert->reactions = reactions;
	for (size_t i = 0; i < alert->history_count && alert->reaction_count < count; i++) {
		const struct event *event = alert->history[i].event;
		struct text role = event_string(event, by);
		if (is_reaction(alert, event))
			reactions[alert->reaction_count++] = (struct message_reaction){
				.role_title = directory_role_title(gather->directory,
			                                           arena_copy_text(arena, role.at, role.length)),
				.person = event_string(event, person),
				.role = role,
				.to = event_string(event, to),
				.at = event->time,
				.passed_on = event->type == TYPE_ID_ALERT_PASSED_ON};
	}
}

#define FEW_REFS 4

/* The history's events by what tells them apart: an alert may be made of thousands. */
struct evidence_finder {
	struct message_alert *alert;
	struct message_event *found;
	struct map map;
};

static void add_evidence(struct evidence_finder *finder, uint64_t hash, uint64_t ref, struct text id)
{
	struct message_alert *alert = finder->alert;
	struct map_walk walk = map_walk(&finder->map, hash);
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE && alert->evidence_count < alert->history_count;) {
		const struct event *event = alert->history[i].event;
		if (ref ? event->ref == ref : text_equal(event->id, id)) {
			finder->found[alert->evidence_count++] = alert->history[i];
			return;
		}
	}
}

/* Most alerts are made of a few: each is looked for from the newest on, and no map is made of all there are. */
static void by_few_refs(struct evidence_finder *finder, struct text refs)
{
	struct message_alert *alert = finder->alert;
	for (size_t at = 0; at + sizeof(uint64_t) <= refs.length; at += sizeof(uint64_t)) {
		uint64_t ref;
		memcpy(&ref, refs.at + at, sizeof ref);
		for (size_t i = alert->history_count; i-- > 0 && alert->evidence_count < alert->history_count;)
			if (alert->history[i].event->ref == ref) {
				finder->found[alert->evidence_count++] = alert->history[i];
				break;
			}
	}
}

static void by_ref(struct evidence_finder *finder, struct text refs)
{
	const struct message_alert *alert = finder->alert;
	if (refs.length <= FEW_REFS * sizeof(uint64_t)) {
		by_few_refs(finder, refs);
		return;
	}
	for (size_t i = 0; i < alert->history_count; i++)
		map_add(&finder->map, alert->history[i].event->ref, (uint32_t)i);
	for (size_t at = 0; at + sizeof(uint64_t) <= refs.length; at += sizeof(uint64_t)) {
		uint64_t ref;
		memcpy(&ref, refs.at + at, sizeof ref);
		add_evidence(finder, ref, ref, TEXT_NONE);
	}
}

/* `ids`: a JSON list. */
static void by_id(struct evidence_finder *finder, struct text ids)
{
	const struct message_alert *alert = finder->alert;
	struct json_reader *reader = json_reader_new(2, 4096);
	struct text id;
	for (size_t i = 0; i < alert->history_count; i++)
		map_add(&finder->map, text_fingerprint(alert->history[i].event->id, 0), (uint32_t)i);
	json_start(reader, ids, 0);
	if (json_next(reader, &id) == JSON_ARRAY)
		while (json_next(reader, &id) == JSON_STRING)
			add_evidence(finder, text_fingerprint(id, 0), 0, id);
	json_reader_free(reader);
}

static void find_evidence(struct message_alert *alert, const struct alert_row *row, struct arena *arena)
{
	if (!alert->history_count)
		return;
	struct evidence_finder finder = {
		.alert = alert, .found = arena_alloc(arena, alert->history_count * sizeof *finder.found)};
	if (row->told_of.length)
		by_ref(&finder, row->told_of);
	else if (row->told_ids.length)
		by_id(&finder, row->told_ids);
	alert->evidence = finder.found;
	map_free(&finder.map);
}

/* ---- facts ---- */

#define FACTS_MOST 10 /* of an alert whose rule declares none: the first; the sentence above them counts all */

static bool has_fact(const struct message_alert *alert, const char *label)
{
	for (size_t i = 0; i < alert->fact_count; i++)
		if (strcmp(alert->facts[i].label, label) == 0)
			return true;
	return false;
}

static void fields_of(struct message_alert *alert, struct message_fact *facts, const struct event *event)
{
	const struct event_type *type = schema_type(event->type);
	for (size_t i = 0; type && i < type->field_count && alert->fact_count < FACTS_MOST; i++) {
		const struct field *field = &type->fields[i];
		if (!field->label || field->key || field->party != PARTY_NONE || has_fact(alert, field->label))
			continue;
		const struct value *value = event_field(event, field->name_id);
		if (value->kind == VALUE_STRING)
			facts[alert->fact_count++] = (struct message_fact){
				.label = field->label, .kind = FACT_WORDS, .words = value->string};
		else if (value->kind == VALUE_BOOL)
			facts[alert->fact_count++] =
				(struct message_fact){.label = field->label,
			                              .kind = FACT_WORDS,
			                              .words = value->boolean ? TEXT("yes") : TEXT("no")};
	}
}

/* What any rule can be told by: when each of its events happened, the first as "since", and what they say. */
static void general_facts(struct message_alert *alert, struct arena *arena)
{
	struct message_fact *facts = arena_alloc(arena, FACTS_MOST * sizeof *facts);
	alert->facts = facts;
	for (size_t i = 0; i < alert->evidence_count && alert->fact_count < FACTS_MOST; i++) {
		const struct event *event = alert->evidence[i].event;
		facts[alert->fact_count++] = (struct message_fact){.label = alert->evidence[i].title,
		                                                   .kind = i == 0 ? FACT_SINCE : FACT_TIME,
		                                                   .time = event->time,
		                                                   .day_precision = event->day_precision};
		fields_of(alert, facts, event);
	}
}

/* ---- all of it ---- */

static void from_row(struct alert_context *out, const struct alert_row *row)
{
	struct message_alert *alert = &out->alert;
	out->known = !row->early;
	out->acknowledged = row->acknowledged;
	out->acknowledged_at = row->acknowledged_at;
	alert->number = row->number;
	alert->id = row->id;
	alert->rule_id = row->rule;
	alert->subject = row->subject;
	alert->key_text = row->key;
	alert->severity = row->severity;
	alert->state = row->state;
	alert->asked_still = row->state == ALERT_STANDING && !row->acknowledged;
	alert->opened = row->opened;
	alert->closed = row->closed;
	alert->domain = row->domain;
	alert->answer.review_at = row->review_at;
	alert->due = row->due;
}

static enum result find_alert(const struct alert_context_sources *gather, const struct outbox_row *row,
                              struct arena *arena, struct alert_context *out, struct alert_row *kept,
                              struct fault *fault)
{
	struct row_found found = {.arena = arena};
	struct message_alert *alert = &out->alert;
	enum result result = alerts_find_any(gather->store, row->alert, take_alert, &found, fault);
	*alert = (struct message_alert){
		.id = row->alert,
		.rule_id = row->rule,
		.subject = row->subject,
		.step = row->step,
		.severity = row->critical ? SEVERITY_CRITICAL : SEVERITY_HIGH,
		.age = -1,
		.opened = row->created,
		.closed = INSTANT_NEVER,
		.due = INSTANT_NONE,
		.answer = {.at = INSTANT_NONE, .review_at = INSTANT_NONE, .asked_for = INSTANT_NONE}};
	if (found.found)
		from_row(out, &found.row);
	*kept = found.row;
	return result;
}

static void find_payload(struct store *store, const struct outbox_row *row, struct arena *arena,
                         struct message_alert *alert)
{
	struct payload *payload = arena_alloc(arena, sizeof *payload);
	struct fault why = {""};
	if (payload_read(row->payload, payload, arena, &why) != RESULT_OK) /* the rest can still be told */
		store_log_error(store, "outbox row %lld: %s", (long long)row->id, why.text);
	alert->payload = payload;
}

/* In the version that it was told of by: a clock that began before a change of its rule goes on by the version then in
 * force, whenever it runs out. */
static void find_rule(const struct alert_context_sources *gather, const struct alert_row *kept, struct arena *arena,
                      struct message_alert *alert)
{
	civil_day told_by = alert->payload->rule_from;
	alert->rule =
		ruleset_find_version(gather->rules, alert->rule_id, told_by != DAY_NONE ? told_by : kept->rule_from);
	alert->title =
		alert->rule ? alert->rule->title : arena_copy_text(arena, alert->rule_id.at, alert->rule_id.length);
	if (alert->rule) {
		alert->severity = alert->rule->severity;
		alert->domain = alert->rule->of;
	}
}

static void find_allocations(const struct alert_context_sources *gather, const struct message_alert *alert, instant now,
                             struct arena *arena, struct alert_context *out)
{
	const struct event **events = arena_alloc(arena, (alert->history_count + 1) * sizeof *events);
	for (size_t i = 0; i < alert->history_count; i++)
		events[i] = alert->history[i].event;
	out->open_count = allocations_open(events, alert->history_count, alert->domain == PARTY_NONE,
	                                   calendar_zone(gather->calendar), now, out->open, GATHER_ALLOCATIONS);
}

static bool take_history(const struct alert_context *before, struct message_alert *alert)
{
	if (!before || alert->domain != before->alert.domain || !text_equal(alert->subject, before->alert.subject))
		return false;
	alert->history = before->alert.history;
	alert->history_count = before->alert.history_count;
	return true;
}

static enum result find_history(const struct alert_context_sources *gather, struct message_alert *alert,
                                struct arena *arena, struct fault *fault)
{
	if (take_history(gather->before, alert))
		return RESULT_OK;
	return history_find(gather, alert->domain, alert->subject, arena, &alert->history, &alert->history_count,
	                    fault);
}

/* What the messages about a change or an end say beyond the facts. */
static enum result find_change(const struct alert_context_sources *gather, enum message_purpose purpose,
                               const struct alert_row *kept, instant now, struct arena *arena,
                               struct message_alert *alert, struct fault *fault)
{
	size_t count = kept->made_of.length / sizeof(struct evidence);
	struct evidence *made_of = arena_alloc(arena, (count + 1) * sizeof *made_of);
	if (count)
		memcpy(made_of, kept->made_of.at, count * sizeof *made_of);
	enum result result = RESULT_OK;
	if (purpose == MESSAGE_UPDATED)
		result = as_told_find(gather, alert, arena, fault);
	if (result == RESULT_OK && (purpose == MESSAGE_UPDATED || purpose == MESSAGE_WITHDRAWN))
		result = change_find(gather, alert, made_of, count, arena, fault);
	if (result == RESULT_OK && (purpose == MESSAGE_RESOLVED || purpose == MESSAGE_WITHDRAWN))
		result = standing_find(gather, alert, arena, fault);
	if (result == RESULT_OK && alert->state == ALERT_RESOLVED) {
		change_find_end(alert, calendar_zone(gather->calendar));
		standing_find_clocks(gather, alert, now, arena);
	}
	return result;
}

enum result alert_context_alert(const struct alert_context_sources *gather, const struct outbox_row *row, instant now,
                                struct arena *arena, struct alert_context *out, struct fault *fault)
{
	struct alert_row kept;
	*out = (struct alert_context){.acknowledged_at = INSTANT_NONE};
	struct message_alert *alert = &out->alert;
	enum result result = find_alert(gather, row, arena, out, &kept, fault);
	find_payload(gather->store, row, arena, alert);
	find_rule(gather, &kept, arena, alert);
	if (result == RESULT_OK && alert->subject.length)
		result = find_history(gather, alert, arena, fault);
	if (result == RESULT_OK)
		result = alert_context_rows(gather->store, alert->id, gather->claimed ? row : NULL, arena, &out->rows,
		                            fault);
	if (result == RESULT_OK)
		result = told(gather, &out->rows, arena, alert, fault);
	if (result != RESULT_OK)
		return result;
	if (alert->domain == PARTY_NONE)
		child_facts(alert, calendar_zone(gather->calendar), now);
	last_answer(gather, alert, arena);
	all_reactions(gather, alert, arena);
	find_evidence(alert, &kept, arena);
	general_facts(alert, arena);
	find_allocations(gather, alert, now, arena, out);
	beside_find(gather, row, now, arena, out);
	return find_change(gather, message_purpose_of(row->purpose), &kept, now, arena, alert, fault);
}

/* address: from a role to people and their mailboxes. */
#include "courier/courier_internal.h"

#include "base/log.h"

#include <stdio.h>

/* Those a row is for, each once. */
struct people {
	struct recipient items[RECIPIENTS_MOST];
	size_t count;
	size_t unknown; /* named, but not in the directory */
};

/* ---- ways ---- */

/* The person's address of that kind, if a channel can take it. */
static struct text address_by(const struct courier *courier, const struct person *person, enum channel_kind kind)
{
	struct text address = text_of(directory_address(person, kind));
	for (size_t i = 0; i < courier->settings.channel_count && address.length; i++) {
		const struct channel *channel = courier->settings.channels[i].channel;
		if (channel->reaches == kind && channel->address_ok(address, NULL))
			return address;
	}
	return TEXT_NONE;
}

bool courier_way(const struct courier *courier, const struct person *person, struct text channel, struct text only, struct text *next,
                 struct text *address)
{
	static const enum channel_kind usual[] = {CHANNEL_EMAIL, CHANNEL_TEXT, CHANNEL_WEBHOOK};
	const enum channel_kind *order = person->order_count ? person->order : usual;
	size_t count = person->order_count ? person->order_count : sizeof usual / sizeof usual[0];
	bool passed = channel.length == 0;
	for (size_t i = 0; i < count; i++) {
		struct text name = text_of(channel_name(order[i]));
		struct text found = address_by(courier, person, order[i]);
		if (passed && found.length && (only.length == 0 || text_equal(only, name))) {
			*next = name;
			*address = found;
			return true;
		}
		passed = passed || text_equal(name, channel);
	}
	return false;
}

/* ---- who ---- */

static void add_recipient(struct people *people, struct recipient recipient)
{
	for (size_t i = 0; i < people->count; i++)
		if (people->items[i].person == recipient.person)
			return;
	if (people->count < RECIPIENTS_MOST)
		people->items[people->count++] = recipient;
}

static civil_day today(const struct pass *pass)
{
	return zone_date(calendar_zone(pass->courier->settings.calendar), pass->now);
}

/* A person an event names: by their id, or as the worker they are. */
static void add_named(const struct pass *pass, const char *role, struct text id, struct people *people)
{
	const struct directory *directory = pass->courier->settings.directory;
	const struct person *person = directory_person(directory, id);
	if (!person)
		person = directory_worker(directory, id);
	if (person)
		add_recipient(people, directory_stand_in(directory, person, role, today(pass)));
	else
		people->unknown++;
}

/* Roles whose holders the alert's own events name: `named` (a list of people) and `owner`. The latest event that says so
 * holds. */
static bool named_by_events(const struct pass *pass, const struct item *item, const char *role, struct people *people)
{
	bool named = strcmp(role, "named") == 0, owner = strcmp(role, "owner") == 0;
	if ((!named && !owner) || !item->about)
		return named || owner;
	uint16_t field = schema_name(text_of(role));
	const struct message_alert *alert = &item->about->alert;
	for (size_t i = alert->evidence_count; i > 0; i--) {
		const struct value *value = event_field(alert->evidence[i - 1].event, field);
		if (value->kind == VALUE_STRING)
			add_named(pass, role, value->string, people);
		for (size_t k = 0; value->kind == VALUE_LIST && k < value->list.count; k++)
			if (value->list.items[k].kind == VALUE_STRING)
				add_named(pass, role, value->list.items[k].string, people);
		if (value->kind != VALUE_ABSENT)
			break;
	}
	return true;
}

/* An end is told to those who were told of the alert in this role, whoever holds it today. */
struct told_visit {
	const struct pass *pass;
	const struct item *item;
	const char *role;
	struct people *people;
};

static enum result look_at_told(void *argument, const struct outbox_row *row, struct fault *fault)
{
	const struct told_visit *visit = argument;
	enum message_purpose purpose = message_purpose_of(row->purpose);
	(void)fault;
	if (row->id == visit->item->row.id || purpose == MESSAGE_RESOLVED || purpose == MESSAGE_WITHDRAWN ||
	    !text_equal(row->role, text_of(visit->role)) || !alert_context_reached(row))
		return RESULT_OK;
	const struct person *person = directory_person(visit->pass->courier->settings.directory, row->person);
	if (person)
		add_recipient(visit->people, (struct recipient){.person = person, .role = visit->role});
	return RESULT_OK;
}

/* All rows are looked at: a critical alert that was asked about every half hour for a week has hundreds after the first. */
static enum result told_before(const struct pass *pass, const struct item *item, const char *role, struct people *people,
                               struct fault *fault)
{
	struct told_visit visit = {pass, item, role, people};
	return outbox_each(pass->courier->settings.store, item->row.alert, false, SIZE_MAX, look_at_told, &visit, fault);
}

static void by_directory(const struct pass *pass, const struct item *item, const char *role, struct people *people)
{
	struct allocation of_team = {.team = item->payload->team}; /* a list for a team's manager */
	const struct allocation *open = item->about ? item->about->open : of_team.team.length ? &of_team : NULL;
	size_t count = item->about ? item->about->open_count : of_team.team.length ? 1 : 0;
	people->count = directory_resolve(pass->courier->settings.directory, text_of(role), open, count, today(pass),
	                                  people->items, RECIPIENTS_MOST);
	if (people->count == RECIPIENTS_MOST)
		log_error("the role %s has %d people or more: no more than that are told", role, RECIPIENTS_MOST);
}

static bool is_end(const struct item *item)
{
	enum message_purpose purpose = message_purpose_of(item->row.purpose);
	return item->about && item->about->known && (purpose == MESSAGE_RESOLVED || purpose == MESSAGE_WITHDRAWN);
}

/* ---- rows ---- */

/* One recipient a row: the first keeps this one, the others get copies that are claimed like any other. */
static enum result add_row(const struct pass *pass, const struct item *item, const struct person *person,
                           struct fault *fault)
{
	struct outbox_row row = item->row;
	int64_t id;
	row.person = text_of(person->id);
	row.address = row.message_id = TEXT_NONE;
	row.not_before = pass->now;
	return outbox_add(pass->courier->settings.store, &row, &id, fault);
}

static enum result nobody_holds(struct pass *pass, const struct item *item, const struct people *people,
                                struct fault *fault)
{
	char why[256];
	if (people->count == 0 && people->unknown)
		(void)snprintf(why, sizeof why, "the role %.*s names nobody of the directory", TEXT_ARG(item->row.role));
	else
		(void)snprintf(why, sizeof why, people->count ? "nobody who holds the role %.*s can be reached"
		                                              : "nobody holds the role %.*s", TEXT_ARG(item->row.role));
	return courier_give_up(pass->courier, &item->row, OPS_NOBODY, pass->now, why, fault);
}

/* Chooses those who can be reached: the first for this row, the others for rows of their own. */
static enum result divide(struct pass *pass, struct item *item, const struct people *people,
                          const struct person **person, struct fault *fault)
{
	struct text channel, address;
	enum result result = RESULT_OK;
	*person = NULL;
	for (size_t i = 0; i < people->count && result == RESULT_OK; i++) {
		const struct person *one = people->items[i].person;
		if (!courier_way(pass->courier, one, TEXT_NONE, item->row.channel, &channel, &address)) {
			char words[256];
			(void)snprintf(words, sizeof words, "%s holds the role %.*s and has no way to be reached: give them an email "
			               "in the directory", one->id, TEXT_ARG(item->row.role));
			log_work(LOG_LEVEL_WARNING, (struct log_about){.rule = "ops.undeliverable"},
			         "ops.undeliverable: somebody who holds the role %.*s has no way to be reached: `casewatch check` and the "
			         "directory say who", TEXT_ARG(item->row.role));
			if (item->row.kind != OUTBOX_OPS)
				result = courier_tell_ops(pass->courier, OPS_UNDELIVERABLE, text_of(one->id), pass->now, words, fault);
		} else if (!*person) {
			*person = one;
		} else {
			result = add_row(pass, item, one, fault);
		}
	}
	return result;
}

static enum result find_people(struct pass *pass, struct item *item, struct people *people, struct fault *fault)
{
	const char *role = arena_copy_text(pass->arena, item->row.role.at, item->row.role.length);
	if (is_end(item))
		return told_before(pass, item, role, people, fault);
	if (!named_by_events(pass, item, role, people))
		by_directory(pass, item, role, people);
	if (!people->unknown)
		return RESULT_OK;
	char words[256];
	(void)snprintf(words, sizeof words, "an event names %zu people for rule %.*s whom the directory does not know; the "
	               "others are told", people->unknown, TEXT_ARG(item->row.rule));
	log_work(LOG_LEVEL_WARNING, (struct log_about){.rule = "ops.nobody"}, "ops.nobody: %s", words);
	return courier_tell_ops(pass->courier, OPS_NOBODY, item->row.rule, pass->now, words, fault);
}

enum result courier_address(struct pass *pass, struct item *item, const struct person **person,
                            enum addressed *addressed, struct fault *fault)
{
	struct courier *courier = pass->courier;
	struct outbox_row *row = &item->row;
	struct people people = {.count = 0};
	enum result result = RESULT_OK;
	*addressed = ADDRESSED_NOT;
	*person = row->person.length ? directory_person(courier->settings.directory, row->person) : NULL;
	if (*person && row->address.length) { /* as before: a retry, or one that waited */
		*addressed = ADDRESSED;
		return RESULT_OK;
	}
	if (!*person) {
		result = find_people(pass, item, &people, fault);
		if (result == RESULT_OK)
			result = divide(pass, item, &people, person, fault);
	}
	struct text channel, address;
	if (result == RESULT_OK && !*person && is_end(item))
		return courier_drop(courier, row, pass->now, "nobody had been told of the alert in this role", fault);
	if (result == RESULT_OK && (!*person || !courier_way(courier, *person, TEXT_NONE, row->channel, &channel, &address)))
		return nobody_holds(pass, item, &people, fault);
	if (result != RESULT_OK)
		return result;
	row->person = text_of((*person)->id);
	row->channel = channel;
	row->address = address;
	*addressed = ADDRESSED;
	return outbox_address(courier->settings.store, row->id, row->person, row->channel, row->address, row->message_id,
	                      fault);
}

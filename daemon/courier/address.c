/* address: from a role to people and their mailboxes. */
#include "courier/courier_internal.h"

#include "message/beside.h"
#include "store/lines.h"
#include "store/outbox/told.h"

#include <stdio.h>
#include <stdlib.h>

/* Those a row is for, each once: room for everybody in the directory. */
struct people {
	struct recipient *items;
	size_t count, room;
	size_t unknown; /* named, but not in the directory */
	size_t early;   /* rows that tell of the alert and have nobody yet */
};

/* ---- who ---- */

static void add_recipient(struct people *people, struct recipient recipient)
{
	for (size_t i = 0; i < people->count; i++)
		if (people->items[i].person == recipient.person)
			return;
	if (people->count < people->room)
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

/* Roles whose holders the alert's own events name: in `named` a list of people, in `owner` one. */
static bool named_by_events(const struct pass *pass, const struct item *item, const char *role, struct people *people)
{
	bool by_event = directory_role_from(pass->courier->settings.directory, item->row.role) == ROLE_FROM_EVENT;
	if (!by_event || !item->about)
		return by_event;
	const struct value *value = beside_named(&item->about->alert, role);
	if (value && value->kind == VALUE_STRING)
		add_named(pass, role, value->string, people);
	for (size_t i = 0; value && value->kind == VALUE_LIST && i < value->list.count; i++)
		if (value->list.items[i].kind == VALUE_STRING)
			add_named(pass, role, value->list.items[i].string, people);
	return true;
}

/* An end is told to those who were told of the alert in this role, whoever holds it today. */
struct told_visit {
	const struct pass *pass;
	const struct item *item;
	const char *role;
	struct people *people;
};

static bool says_it_ended(const struct outbox_row *row)
{
	enum message_purpose purpose = message_purpose_of(row->purpose);
	return purpose == MESSAGE_RESOLVED || purpose == MESSAGE_WITHDRAWN;
}

/* A row by which somebody heard of what the item's word is about, or is to hear. What was made later was made by who
 * knew of it. */
static bool tells_before(const struct item *item, const struct outbox_row *row)
{
	return row->id != item->row.id && !says_it_ended(row) &&
	       message_purpose_of(row->purpose) != MESSAGE_ANSWERED && row->created <= item->row.created &&
	       text_equal(row->role, item->row.role);
}

/* In a cell whoever has a row, whatever came of it: that is known to the machine that sends, and to others later or
 * never, and what all of them make must be the same. Whether it came to each is asked when their own is to go
 * (courier_owed). */
static enum result look_at_told(void *argument, const struct outbox_row *row, struct fault *fault)
{
	const struct told_visit *visit = argument;
	(void)fault;
	if (!tells_before(visit->item, row))
		return RESULT_OK;
	if (!row->person.length) { /* while another machine sends it may wait for word of itself */
		bool holds = gate_holds(visit->pass->courier, row);
		instant soon = visit->pass->now + (holds ? GATE_LOOKS : 0);
		visit->people->early += row->state != OUTBOX_FAILED && row->not_before <= soon;
		return RESULT_OK;
	}
	const struct courier_settings *settings = &visit->pass->courier->settings;
	const struct person *person = directory_person(settings->directory, row->person);
	if (person && (settings->gate || told_reached(row)))
		add_recipient(visit->people, (struct recipient){.person = person, .role = visit->role});
	return RESULT_OK;
}

/* Whose answer it was knows of it: the person it names, or whoever alone was told in its role. */
static void leave_out_answerer(const struct item *item, const char *role, struct people *people)
{
	const struct payload *payload = item->payload;
	bool alone = !payload->person.length && people->count == 1 && text_equal(payload->by, text_of(role));
	for (size_t i = people->count; i-- > 0;)
		if (alone || text_equal(payload->person, text_of(people->items[i].person->id)))
			people->items[i] = people->items[--people->count];
}

static int by_id(const void *a, const void *b)
{
	const struct recipient *one = a, *other = b;
	return strcmp(one->person->id, other->person->id);
}

/* All rows are looked at: a critical alert that was asked about every half hour for a week has hundreds after the
 * first. In an order that is the same on every machine: the first keeps the row. */
static enum result told_before(const struct pass *pass, const struct item *item, const char *role,
                               struct people *people, struct fault *fault)
{
	struct told_visit visit = {pass, item, role, people};
	enum result result = outbox_each(pass->courier->settings.store, item->row.alert, false, SIZE_MAX, look_at_told,
	                                 &visit, fault);
	leave_out_answerer(item, role, people);
	qsort(people->items, people->count, sizeof *people->items, by_id);
	return result;
}

static void by_directory(const struct pass *pass, const struct item *item, const char *role, struct people *people)
{
	struct allocation of_team = {.team = item->payload->team}; /* a list for a team's manager */
	const struct allocation *open = item->about ? item->about->open : of_team.team.length ? &of_team : NULL;
	size_t count = item->about ? item->about->open_count : of_team.team.length ? 1 : 0;
	people->count = directory_resolve_at(pass->courier->settings.directory, text_of(role), open, count, today(pass),
	                                     pass->now, people->items, people->room);
}

static bool is_end(const struct item *item)
{
	return item->about && item->about->known && says_it_ended(&item->row);
}

/* A word to one who was told of the alert, about an answer or its end. */
static bool about_told(const struct item *item)
{
	return text_equal(item->row.purpose, TEXT("answered")) || text_equal(item->row.purpose, TEXT("review-cut"));
}

/* An end, or that it was answered, of which only the role is known so far. */
static bool goes_to_those_told(const struct item *item)
{
	return is_end(item) || (!item->row.person.length && text_equal(item->row.purpose, TEXT("answered")));
}

struct owed {
	const struct item *item;
	bool told, may_be;
	bool tells;             /* a row by which they were told is on its way, or may arrive again */
	instant told_at, ended; /* when they were last told of it, and that it had ended; INSTANT_NONE: never */
};

static instant later(instant one, instant other)
{
	return one > other ? one : other;
}

static enum result look_at_owed(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct owed *owed = argument;
	(void)fault;
	if (!text_equal(row->person, owed->item->row.person))
		return RESULT_OK;
	if (says_it_ended(row) && row->created < owed->item->row.created && outbox_went(row->state))
		owed->ended = later(owed->ended, row->created);
	if (!tells_before(owed->item, row))
		return RESULT_OK;
	owed->told = owed->told || told_reached(row);
	owed->may_be = owed->may_be || row->state != OUTBOX_FAILED;
	owed->tells = owed->tells || (row->state != OUTBOX_FAILED && !outbox_went(row->state));
	if (outbox_went(row->state))
		owed->told_at = later(owed->told_at, later(row->created, row->sent));
	return RESULT_OK;
}

/* They heard that it had ended, and of no opening again. A withdrawal takes back all that was ever said. */
static bool knows_it_ended(const struct owed *owed)
{
	const struct payload *payload = owed->item->payload;
	bool takes_back = message_purpose_of(owed->item->row.purpose) == MESSAGE_WITHDRAWN &&
			  payload->cause != CAUSE_OPENED_WRONGLY;
	return !takes_back && !owed->tells && owed->ended > owed->told_at;
}

enum result courier_owed(struct pass *pass, const struct item *item, bool *dropped, struct fault *fault)
{
	struct courier *courier = pass->courier;
	struct owed owed = {.item = item, .told_at = INSTANT_NONE, .ended = INSTANT_NONE};
	bool word = is_end(item) || text_equal(item->row.purpose, TEXT("answered"));
	if (!courier->settings.gate || !word || item->row.possible_duplicate)
		return RESULT_OK;
	enum result result =
		outbox_each(courier->settings.store, item->row.alert, false, SIZE_MAX, look_at_owed, &owed, fault);
	if (result == RESULT_OK && knows_it_ended(&owed)) {
		*dropped = true;
		return courier_drop(courier, &item->row, pass->now, "they know that it ended, and of no opening again",
		                    fault);
	}
	if (result != RESULT_OK || owed.told || (owed.may_be && gate_holds(courier, &item->row)))
		return result;
	*dropped = true;
	return courier_drop(courier, &item->row, pass->now, "they had not been told of the alert before", fault);
}

/* ---- rows ---- */

/* One recipient and channel a row: the first keeps this one, the others get copies that are claimed like any other. */
static enum result add_row(const struct pass *pass, const struct item *item, const struct person *person,
                           struct text channel, struct fault *fault)
{
	struct outbox_row row = item->row;
	int64_t id;
	row.person = text_of(person->id);
	row.channel = channel;
	row.address = row.message_id = TEXT_NONE;
	row.not_before = pass->now;
	if (outbox_same_known(&item->row.same))
		row.cause = (struct text){(const char *)item->row.same.at, sizeof item->row.same.at};
	return outbox_add(pass->courier->settings.store, &row, &id, fault);
}

static enum result nobody_holds(struct pass *pass, const struct item *item, const struct people *people,
                                struct fault *fault)
{
	char why[256];
	if (people->count == 0 && people->unknown)
		(void)snprintf(why, sizeof why, "the role %.*s names nobody of the directory",
		               TEXT_ARG(item->row.role));
	else
		(void)snprintf(why, sizeof why, people->count ? "nobody who holds the role %.*s can be reached"
		                                              : "nobody holds the role %.*s", TEXT_ARG(item->row.role));
	return courier_give_up(pass->courier, &item->row, OPS_NOBODY, pass->now, why, fault);
}

static enum result cannot_be_reached(const struct pass *pass, const struct item *item, const struct person *one,
                                     struct fault *fault)
{
	char words[256];
	(void)snprintf(words, sizeof words,
	               "%s holds the role %.*s and has no way to be reached: give them an email in the directory",
	               one->id, TEXT_ARG(item->row.role));
	store_log(pass->courier->settings.store, LOG_LEVEL_WARNING, (struct log_about){.rule = "ops.undeliverable"},
	          "ops.undeliverable: somebody who holds the role %.*s has no way to be reached: `casewatch check` and "
	          "the directory say who",
	          TEXT_ARG(item->row.role));
	if (item->row.kind == OUTBOX_OPS && text_equal(item->row.role, TEXT(DIRECTORY_OPS)))
		return RESULT_OK;
	return courier_tell_ops(pass->courier, OPS_UNDELIVERABLE, text_of(one->id), pass->now, words, fault);
}

/* Chooses those who can be reached: the first for this row, the others for rows of their own, one a channel. */
static enum result divide(struct pass *pass, struct item *item, const struct people *people,
                          const struct person **person, struct fault *fault)
{
	struct text own = item->row.channel;
	enum result result = RESULT_OK;
	*person = NULL;
	for (size_t i = 0; i < people->count && result == RESULT_OK; i++) {
		const struct person *one = people->items[i].person;
		struct way_found found[WAYS_OF_PERSON];
		size_t count = own.length ? courier_way_by(pass->courier, one, &item->row, own, found)
		                          : courier_ways(pass->courier, one, &item->row, found);
		if (!count)
			result = cannot_be_reached(pass, item, one, fault);
		for (size_t k = 0; k < count && result == RESULT_OK; k++) {
			if (*person) {
				result = add_row(pass, item, one, found[k].channel, fault);
				continue;
			}
			*person = one;
			item->row.channel = found[k].channel;
		}
	}
	return result;
}

static enum result find_people(struct pass *pass, struct item *item, struct people *people, struct fault *fault)
{
	const char *role = arena_copy_text(pass->arena, item->row.role.at, item->row.role.length);
	if (goes_to_those_told(item))
		return told_before(pass, item, role, people, fault);
	if (!named_by_events(pass, item, role, people))
		by_directory(pass, item, role, people);
	if (!people->unknown)
		return RESULT_OK;
	char words[256];
	(void)snprintf(words, sizeof words,
	               "an event names %zu people for rule %.*s whom the directory does not know; the "
	               "others are told",
	               people->unknown, TEXT_ARG(item->row.rule));
	store_log(pass->courier->settings.store, LOG_LEVEL_WARNING, (struct log_about){.rule = "ops.nobody"},
	          "ops.nobody: %s", words);
	return tell_unknown(pass->courier, &item->row, pass->now, words, fault);
}

/* Cover that began since the row got its person: the one who covers is told, unless somebody may have been already.
 * What is said about an alert that they were told of goes to those who were told. */
static const struct person *who_is_there(const struct pass *pass, const struct item *item, const struct person *person)
{
	const struct directory *directory = pass->courier->settings.directory;
	char role[128];
	if (item->row.possible_duplicate || !item->about || is_end(item) || about_told(item))
		return person;
	(void)snprintf(role, sizeof role, "%.*s", TEXT_ARG(item->row.role));
	return directory_stand_in(directory, person, role, today(pass)).person;
}

/* ---- the shift changed ---- */

static bool has_rota(const struct directory *directory, struct text role)
{
	for (size_t i = 0; i < directory->role_count; i++)
		if (text_equal(text_of(directory->roles[i].role), role))
			return directory->roles[i].rota != NULL;
	return false;
}

/* The row waited (for hours, a mailbox, a server) and whoever it is for is on call no more: *people are those who are.
 * Where nobody is, it stays with who was. */
static bool shift_is_over(const struct pass *pass, const struct item *item, const struct person *person,
                          struct people *people)
{
	if (!item->about || item->row.possible_duplicate || is_end(item) || about_told(item) ||
	    !has_rota(pass->courier->settings.directory, item->row.role))
		return false;
	by_directory(pass, item, arena_copy_text(pass->arena, item->row.role.at, item->row.role.length), people);
	for (size_t i = 0; i < people->count; i++)
		if (people->items[i].person == person)
			return false;
	return people->count > 0;
}

struct beside {
	const struct item *item;
	struct people *people;
};

/* Who has a row of their own of the same telling needs no second one. */
static enum result strike_out(void *argument, const struct outbox_row *row, struct fault *fault)
{
	const struct beside *beside = argument;
	const struct outbox_row *own = &beside->item->row;
	struct people *people = beside->people;
	(void)fault;
	if (row->id == own->id || row->created != own->created || row->step != own->step ||
	    row->state == OUTBOX_FAILED || !text_equal(row->role, own->role) ||
	    !text_equal(row->purpose, own->purpose))
		return RESULT_OK;
	for (size_t i = 0; i < people->count; i++)
		if (text_equal(text_of(people->items[i].person->id), row->person))
			people->items[i--] = people->items[--people->count];
	return RESULT_OK;
}

/* To those who are on call now; *person NULL: each of them has a message of their own, and this one goes no more. */
static enum result hand_over(struct pass *pass, struct item *item, struct people *people,
                             const struct person **person, struct fault *fault)
{
	struct courier *courier = pass->courier;
	struct beside beside = {item, people};
	enum result result = outbox_each(courier->settings.store, item->row.alert, false, SIZE_MAX, strike_out, &beside,
	                                 fault);
	*person = NULL;
	item->row.channel = TEXT_NONE; /* it was the other's */
	if (result == RESULT_OK && people->count)
		result = divide(pass, item, people, person, fault);
	else if (result == RESULT_OK)
		result = courier_drop(courier, &item->row, pass->now,
		                      "the shift changed, and who is on call has a message of their own", fault);
	return result;
}

enum result courier_write_address(struct pass *pass, struct item *item, struct text name, struct fault *fault)
{
	const struct outbox_row *row = &item->row;
	if (!item->unwritten && text_equal(item->name, name))
		return RESULT_OK;
	item->unwritten = false;
	item->name = name;
	return outbox_address(pass->courier->settings.store, row->id, row->person, row->channel, row->address, name,
	                      fault);
}

/* The address as the directory has it now: what was corrected since the last attempt is used at this one. */
static bool take_address(const struct pass *pass, struct item *item, const struct person *person)
{
	const struct courier *courier = pass->courier;
	struct outbox_row *row = &item->row;
	struct way_found ways[WAYS_OF_PERSON];
	item->gathered = row->address.length > 0;
	bool found = (row->channel.length && courier_way_by(courier, person, row, row->channel, ways)) ||
	             courier_ways(courier, person, row, ways) > 0;
	if (!found)
		return false;
	item->unwritten = !text_equal(row->person, text_of(person->id)) ||
	                  !text_equal(row->channel, ways[0].channel) || !text_equal(row->address, ways[0].address);
	if (!text_equal(row->channel, ways[0].channel))
		row->message_id = TEXT_NONE; /* it is its channel's own */
	item->name = row->message_id;
	item->way = ways[0].way;
	row->person = text_of(person->id);
	row->channel = ways[0].channel;
	row->address = ways[0].address;
	item->place = place_key(row->address, 1);
	return true;
}

enum result courier_address(struct pass *pass, struct item *item, const struct person **person,
                            enum addressed *addressed, struct fault *fault)
{
	const struct directory *directory = pass->courier->settings.directory;
	struct outbox_row *row = &item->row;
	struct people people = {.room = directory->person_count};
	enum result result = RESULT_OK;
	bool found = false;
	*addressed = ADDRESSED_NOT;
	*person = row->person.length ? directory_person(directory, row->person) : NULL;
	people.items = arena_alloc(pass->arena, (people.room + 1) * sizeof *people.items);
	if (*person && shift_is_over(pass, item, *person, &people)) {
		result = hand_over(pass, item, &people, person, fault);
		if (result != RESULT_OK || !people.count)
			return result;
	} else if (*person) {
		*person = who_is_there(pass, item, *person);
	} else if (row->person.length && about_told(item)) {
		return courier_drop(pass->courier, row, pass->now, "who was told is no longer in the directory", fault);
	} else {
		bool by_told = goes_to_those_told(item);
		result = find_people(pass, item, &people, fault);
		if (result == RESULT_OK && by_told && people.early) /* they come before it, and in a moment */
			return outbox_hold(pass->courier->settings.store, row->id, pass->now + GATE_LOOKS, fault);
		if (result == RESULT_OK)
			result = divide(pass, item, &people, person, fault);
		if (result == RESULT_OK && !*person && by_told)
			return courier_drop(pass->courier, row, pass->now,
			                    "nobody had been told of the alert in this role", fault);
	}
	if (result == RESULT_OK && *person)
		found = take_address(pass, item, *person);
	if (result == RESULT_OK && !found)
		return nobody_holds(pass, item, &people, fault);
	*addressed = ADDRESSED;
	return result;
}

/* beside: the rows of the same telling, and of those that have no person yet whoever holds their role. */
#include "message/beside.h"

#include "people/own_hours.h"

#define SOON MINUTE /* what waits for others that go in the same message waits so long */

struct looking {
	const struct alert_context_sources *gather;
	const struct outbox_row *own;
	instant now;
	struct arena *arena;
	struct alert_context *out;
	struct message_beside *found;
	size_t room;
};

const struct value *beside_named(const struct message_alert *alert, const char *role)
{
	uint16_t field = schema_name(text_of(role));
	for (size_t i = alert->evidence_count; i > 0; i--) {
		const struct value *value = event_field(alert->evidence[i - 1].event, field);
		if (value->kind != VALUE_ABSENT)
			return value;
	}
	return NULL;
}

static bool works_now(const struct looking *looking, const struct outbox_row *row, const struct person *person)
{
	const struct calendar *calendar = looking->gather->calendar;
	return row->critical || own_hours_always(person) ||
	       directory_out_of_hours(looking->gather->directory, row->role) ||
	       own_hours_in(person, calendar, looking->now) || own_hours_in(person, calendar, looking->now - SOON);
}

/* By the channels that the step names, or by their own. */
static bool is_reached(const struct looking *looking, const struct outbox_row *row, const struct person *person)
{
	const struct rule *rule = looking->out->alert.rule;
	const struct step *step =
		rule && row->step > 0 && (size_t)row->step <= rule->step_count ? &rule->steps[row->step - 1] : NULL;
	return directory_reaches_at(looking->gather->directory, person, step ? step->channels : NULL,
	                            step ? step->channel_count : 0);
}

static void add(struct looking *looking, const struct outbox_row *row, const struct person *person)
{
	struct message_alert *alert = &looking->out->alert;
	bool waits = row->state == OUTBOX_PENDING;
	if (!person || alert->beside_count == looking->room ||
	    (waits && (!is_reached(looking, row, person) || !works_now(looking, row, person))))
		return;
	looking->found[alert->beside_count++] = (struct message_beside){row->role, text_of(person->id)};
}

static void add_named(struct looking *looking, const struct outbox_row *row, const char *role, struct text id,
                      civil_day today)
{
	const struct directory *directory = looking->gather->directory;
	const struct person *person = directory_person(directory, id);
	if (!person)
		person = directory_worker(directory, id);
	if (person)
		add(looking, row, directory_stand_in(directory, person, role, today).person);
}

/* It has no person yet: whoever holds the role now, as the courier will find. */
static void add_holders(struct looking *looking, const struct outbox_row *row)
{
	const struct directory *directory = looking->gather->directory;
	const struct alert_context *out = looking->out;
	const char *role = arena_copy_text(looking->arena, row->role.at, row->role.length);
	civil_day today = zone_date(calendar_zone(looking->gather->calendar), looking->now);
	if (directory_role_from(directory, row->role) == ROLE_FROM_EVENT) {
		const struct value *value = beside_named(&out->alert, role);
		if (value && value->kind == VALUE_STRING)
			add_named(looking, row, role, value->string, today);
		for (size_t i = 0; value && value->kind == VALUE_LIST && i < value->list.count; i++)
			if (value->list.items[i].kind == VALUE_STRING)
				add_named(looking, row, role, value->list.items[i].string, today);
		return;
	}
	struct recipient *holders = arena_alloc(looking->arena, (directory->person_count + 1) * sizeof *holders);
	size_t count = directory_resolve_at(directory, row->role, out->open, out->open_count, today, looking->now,
	                                    holders, directory->person_count);
	for (size_t i = 0; i < count; i++)
		add(looking, row, holders[i].person);
}

/* Another role's row of the same telling that has gone, or goes now. */
static bool goes_now(const struct looking *looking, const struct outbox_row *row)
{
	const struct outbox_row *own = looking->own;
	if (row->created != own->created || row->step != own->step || text_equal(row->role, own->role) ||
	    !text_equal(row->purpose, own->purpose) || row->state == OUTBOX_FAILED || row->state == OUTBOX_RETRY)
		return false;
	return row->state != OUTBOX_PENDING || row->not_before <= looking->now + SOON;
}

void beside_find(const struct alert_context_sources *gather, const struct outbox_row *row, instant now,
                 struct arena *arena, struct alert_context *out)
{
	struct message_alert *alert = &out->alert;
	if (!alert->payload->tell_count || !gather->directory)
		return;
	struct looking looking = {.gather = gather, .own = row, .now = now, .arena = arena, .out = out,
	                          .room = gather->directory->person_count + out->rows.count};
	looking.found = arena_alloc(arena, (looking.room + 1) * sizeof *looking.found);
	alert->beside = looking.found;
	alert->beside_known = true;
	for (size_t i = 0; i < out->rows.count; i++) {
		const struct outbox_row *other = &out->rows.items[i];
		if (!goes_now(&looking, other))
			continue;
		if (other->person.length)
			add(&looking, other, directory_person(gather->directory, other->person));
		else
			add_holders(&looking, other);
	}
}

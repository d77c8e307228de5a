/* hours: when a person hears: in their own hours, and together with what else falls to them within a minute. */
#include "courier/courier_internal.h"

#include "people/own_hours.h"

/* What goes in one message (rules.md, Grouping). A change or a correction has a form of its own. */
#define KINDS 2
static const struct text together[KINDS][OUTBOX_PURPOSES + 1] = {
	{TEXT_LITERAL("opened"), TEXT_LITERAL("escalated"), TEXT_LITERAL("asked-again"), TEXT_LITERAL("passed-on")},
	{TEXT_LITERAL("answered"), TEXT_LITERAL("resolved")}};
/* That others answered, where that is not enough, is no line among those that need nothing. */
static const struct text not_enough[OUTBOX_PURPOSES + 1] = {TEXT_LITERAL("answered")};

const struct text *hours_purposes(const struct item *item)
{
	if (item->about && item->about->alert.asked_still &&
	    message_purpose_of(item->row.purpose) == MESSAGE_ANSWERED)
		return not_enough;
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; together[kind][i].length; i++)
			if (text_equal(item->row.purpose, together[kind][i]))
				return together[kind];
	return NULL;
}

bool hours_asks(const struct item *item)
{
	return hours_purposes(item) == together[0];
}

bool hours_groups(const struct item *item)
{
	return !item->row.critical && item->about && item->about->known && !item->alone && hours_purposes(item);
}

/* ---- the recipient's own hours ---- */

/* Those whose hours are all hours; and a role that works when others do not. */
static bool always(const struct pass *pass, const struct item *item, const struct person *person)
{
	return own_hours_always(person) || directory_out_of_hours(pass->courier->settings.directory, item->row.role);
}

/* A first attempt alone: what was tried once is not held back again. */
static instant own_hours_from(const struct pass *pass, const struct item *item, const struct person *person)
{
	const struct calendar *calendar = pass->courier->settings.calendar;
	if (item->row.critical || item->row.kind == OUTBOX_OPS || item->row.kind == OUTBOX_LIST ||
	    item->row.message_id.length || always(pass, item, person) || own_hours_in(person, calendar, pass->now))
		return pass->now;
	if (item->gathered && /* their hours ended while it waited for others */
	    own_hours_in(person, calendar, pass->now - pass->courier->settings.together))
		return pass->now;
	return own_hours_next(person, calendar, pass->now);
}

/* ---- others ---- */

enum result hours_wait(struct pass *pass, const struct item *item, const struct person *person, instant *until,
                       struct fault *fault)
{
	struct courier *courier = pass->courier;
	*until = own_hours_from(pass, item, person);
	if (*until > pass->now || !hours_groups(item) || item->gathered || item->row.message_id.length)
		return RESULT_OK;
	/* The first alert that falls to somebody waits a minute for others; those that come meanwhile go when it
	 * does. */
	instant last = pass->now + courier->settings.together;
	enum result result =
		outbox_gathers(courier->settings.store, text_of(person->id), pass->now, last, until, fault);
	if (*until == INSTANT_NEVER)
		*until = last;
	return result;
}

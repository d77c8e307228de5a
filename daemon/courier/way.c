/* way: by which of a person's addresses a message goes, and through which channel. */
#include "courier/courier_internal.h"

#include "store/outbox/payload.h"

/* Kinds of channel, in the order in which they are tried; each once. */
struct order {
	enum channel_kind kinds[CHANNEL_KINDS];
	size_t count;
};

static void add_kind(struct order *order, enum channel_kind kind)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->kinds[i] == kind)
			return;
	if (order->count < CHANNEL_KINDS)
		order->kinds[order->count++] = kind;
}

/* In the version that the alert is of. */
static const struct rule *rule_of(const struct courier *courier, const struct outbox_row *row)
{
	const struct rule *rule = row->rule.length ? ruleset_find_renamed(courier->settings.rules, row->rule) : NULL;
	struct payload payload;
	struct fault unread;
	if (!rule || !rule_has_versions(rule))
		return rule;
	struct arena *arena = arena_new(1024);
	if (payload_read(row->payload, &payload, arena, &unread) == RESULT_OK)
		rule = ruleset_find_version(courier->settings.rules, row->rule, payload.rule_from);
	arena_free(arena); /* else by its first: the message goes all the same */
	return rule;
}

/* The channels that the rule's step names: by all of them at once. */
static void of_step(const struct courier *courier, const struct outbox_row *row, struct order *order)
{
	const struct rule *rule = rule_of(courier, row);
	const struct step *step =
		rule && row->step > 0 && (size_t)row->step <= rule->step_count ? &rule->steps[row->step - 1] : NULL;
	enum channel_kind kind;
	for (size_t i = 0; step && i < step->channel_count; i++)
		if (channel_called(text_of(step->channels[i]), &kind))
			add_kind(order, kind);
}

/* The person's own: one after the other, where one fails. */
static void of_person(const struct person *person, struct order *order)
{
	for (size_t i = 0; i < person->order_count; i++)
		add_kind(order, person->order[i]);
	for (int i = 0; i < CHANNEL_KINDS && !person->order_count; i++)
		add_kind(order, (enum channel_kind)i);
}

/* The person's address of that kind, if a channel can take it. */
static struct text address_by(const struct courier *courier, const struct person *person, enum channel_kind kind,
                              size_t *way)
{
	struct text address = text_of(directory_address(person, kind));
	for (size_t i = 0; i < courier->settings.channel_count && address.length; i++) {
		const struct channel *channel = courier->settings.channels[i].channel;
		if (channel->reaches != kind || !channel->address_ok(address, NULL))
			continue;
		*way = i;
		return address;
	}
	return TEXT_NONE;
}

static bool find(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                 enum channel_kind kind, struct way_found *found)
{
	if (row->kind == OUTBOX_LIST && channel_form(kind) == CHANNEL_CARD)
		return false; /* a list is no card */
	if (channel_form(kind) == CHANNEL_LETTER && row->kind == OUTBOX_OPS &&
	    text_equal(row->rule, text_of(ops_alert(OPS_MAIL_DOWN)->id)))
		return false; /* that mail takes nothing is no mail: it would come when that is over */
	found->channel = text_of(channel_name(kind));
	found->address = address_by(courier, person, kind, &found->way);
	return found->address.length > 0;
}

size_t courier_ways(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                    struct way_found *found)
{
	struct order order = {.count = 0};
	size_t count = 0;
	of_step(courier, row, &order);
	for (size_t i = 0; i < order.count; i++)
		count += find(courier, person, row, order.kinds[i], &found[count]);
	if (count)
		return count;
	of_person(person, &order); /* told another way rather than not at all */
	for (size_t i = 0; i < order.count && !count; i++)
		count += find(courier, person, row, order.kinds[i], found);
	return count;
}

bool courier_way_by(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                    struct text channel, struct way_found *found)
{
	enum channel_kind kind;
	return channel_called(channel, &kind) && find(courier, person, row, kind, found);
}

bool courier_next_way(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                      struct way_found *found)
{
	struct order at_once = {.count = 0}, order;
	of_step(courier, row, &at_once);
	order = at_once;
	of_person(person, &order);
	size_t begin = at_once.count;
	for (size_t i = begin; i < order.count; i++)
		if (text_equal(row->channel, text_of(channel_name(order.kinds[i]))))
			begin = i + 1;
	for (size_t i = begin; i < order.count; i++)
		if (find(courier, person, row, order.kinds[i], found))
			return true;
	return false;
}

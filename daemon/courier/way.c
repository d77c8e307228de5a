/* way: by which of a person's addresses a message goes, and through which channel. */
#include "courier/courier_internal.h"

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

bool courier_way(const struct courier *courier, const struct person *person, struct text channel, struct text only,
                 enum outbox_kind kind, struct text *next, struct text *address, size_t *way)
{
	static const enum channel_kind usual[] = {CHANNEL_EMAIL, CHANNEL_TEXT, CHANNEL_WEBHOOK};
	const enum channel_kind *order = person->order_count ? person->order : usual;
	size_t count = person->order_count ? person->order_count : sizeof usual / sizeof usual[0];
	bool passed = channel.length == 0;
	for (size_t i = 0; i < count; i++) {
		struct text name = text_of(channel_name(order[i]));
		bool fits = kind != OUTBOX_LIST || order[i] != CHANNEL_WEBHOOK; /* a list is no card */
		struct text found = fits ? address_by(courier, person, order[i], way) : TEXT_NONE;
		if (passed && found.length && (only.length == 0 || text_equal(only, name))) {
			*next = name;
			*address = found;
			return true;
		}
		passed = passed || text_equal(name, channel);
	}
	return false;
}

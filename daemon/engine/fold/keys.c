/* keys: what tells episodes, placements and plans of one history apart. */
#include "engine/fold/fold.h"

#include <string.h>

static bool is_party(const struct event *event, uint16_t name)
{
	const struct event_type *known = schema_names_party(name) ? schema_type(event->type) : NULL;
	for (size_t i = 0; known && i < known->field_count; i++)
		if (known->fields[i].name_id == name)
			return known->fields[i].party != PARTY_NONE;
	return false;
}

/* A worker or provider whose ids were linked is one, whichever of them the event names. */
uint64_t context_plain_key(const struct fold *fold, const struct event *event, uint16_t name)
{
	const struct value *value = event_field(event, name);
	if (value->kind == VALUE_STRING && is_party(event, name))
		return alert_key_of(fold->canonical(fold->canonical_context, value->string));
	if (value->kind == VALUE_STRING)
		return alert_key_of(value->string);
	if (value->kind == VALUE_NUMBER) {
		uint64_t bits;
		memcpy(&bits, &value->number, sizeof bits);
		return mark_mix(bits, 4);
	}
	return KEY_NONE;
}

/* In a party's history the child is part of every key: two children may have a placement "p1". */
uint64_t context_with_subject(const struct fold *fold, const struct event *event, uint64_t key)
{
	if (fold->history->domain == PARTY_NONE)
		return key;
	struct text subject = fold->canonical(fold->canonical_context, event->subject);
	return mark_mix(key, alert_key_of(subject));
}

uint64_t context_rule_key(const struct fold *fold, const struct rule *rule, const struct selector *selector,
                          const struct event *event)
{
	if (!rule->key || (selector && !selector->keyed))
		return KEY_NONE;
	uint64_t key = context_plain_key(fold, event, rule->key);
	return key == KEY_NONE ? KEY_NONE : context_with_subject(fold, event, key);
}

uint64_t context_field_key(const struct fold *fold, const struct event *event, uint16_t name)
{
	uint64_t key = context_plain_key(fold, event, name);
	return key == KEY_NONE ? KEY_NONE : context_with_subject(fold, event, key);
}

/* meaning: whether two events with one source and id say the same (events.md, `source`+`id`). */
#include "event/meaning.h"

#include "text/json_meaning.h"

uint64_t value_meaning(const struct value *value)
{
	uint64_t sum = MEANING_LIST;
	switch (value->kind) {
	case VALUE_BOOL:
		return meaning_of_word(value->boolean ? JSON_TRUE : JSON_FALSE);
	case VALUE_NUMBER:
		return meaning_of_number(value->number);
	case VALUE_STRING:
		return meaning_of_string(value->string);
	case VALUE_LIST:
		for (size_t i = 0; i < value->list.count; i++)
			sum = meaning_blend(sum,
			                    value_meaning(&value->list.items[i])); /* items are no lists: one level */
		return sum;
	case VALUE_OTHER:
		return value->other;
	case VALUE_ABSENT:
		return meaning_of_word(JSON_NULL);
	}
	return 0;
}

static bool same_fields(const struct event *a, const struct event *b)
{
	if (a->field_count != b->field_count)
		return false;
	for (size_t i = 0; i < a->field_count; i++) /* each has a name once */
		if (value_meaning(&a->fields[i].value) != value_meaning(event_field(b, a->fields[i].name)))
			return false;
	return true;
}

bool event_same_meaning(const struct event *a, const struct event *b)
{
	return text_equal(a->type_name, b->type_name) && text_equal(a->subject, b->subject) && a->time == b->time &&
	       a->day_precision == b->day_precision && text_equal(a->replaces, b->replaces) && a->rest == b->rest &&
	       same_fields(a, b);
}

/* schema_intervals: rows of the catalogue that are about more than one type, and the names that say it themselves. */
#include "event/schema_intervals.h"

#include <stdio.h>

/* What begins or ends an interval and is not called so. */
static const struct {
	const char *type, *of;
	bool ends;
	const char *kind;
} named_otherwise[] = {
	{"custody.detained", "custody", false, NULL},
	{"custody.released", "custody", true, NULL},
	{"dol.order_made", "dol.order", false, NULL},
	{"dol.order_ended", "dol.order", true, NULL},
	/* A change to missing begins an episode where nothing else did; one to away says nothing of the time before. */
	{"missing.status_changed", "missing", false, "missing"},
};

static const char *const begin_names[] = {".started", ".opened"};
static const char *const end_names[] = {".ended", ".closed", ".completed"};

static const struct schema_spell spells[] = {
	{"missing", "episode", "episodes", "not yet returned", "without the time the child was last seen"},
};

static const struct {
	const char *state, *opens, *closes;
} states[] = {
	{"safety_plan", "safety_plan.signed_off", "safety_plan.ended"},
};

/* Families (with a dot at the end) and types: what lists and reports read (docs/registers.md, `records`); and what
 * casewatch must find again: merges, what a source confirmed. */
static const char *const listed[] = {"missing.", "rhi.",           "allocation.", "person.",
                                     "child.",   "vpg.discussed", "source.complete"};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static bool split(struct text name, const char *const *suffixes, size_t count, struct text *stem)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(suffixes[i]);
		if (name.length <= length || memcmp(name.at + name.length - length, suffixes[i], length) != 0)
			continue;
		*stem = (struct text){name.at, name.length - length};
		return true;
	}
	return false;
}

/* In the catalogue, or among a council's own types. */
static bool something_begins(struct text of)
{
	char name[160];
	for (size_t i = 0; i < COUNT(named_otherwise); i++)
		if (!named_otherwise[i].ends && text_equal(of, text_of(named_otherwise[i].of)))
			return true;
	for (size_t i = 0; i < COUNT(begin_names); i++) {
		int length = snprintf(name, sizeof name, "%.*s%s", TEXT_ARG(of), begin_names[i]);
		if (length > 0 && (size_t)length < sizeof name && schema_find(text_of(name)) != TYPE_UNKNOWN)
			return true;
	}
	return false;
}

bool schema_interval(type_id type, struct schema_interval *interval)
{
	struct text name = text_of(schema_type_name(type));
	*interval = (struct schema_interval){0};
	for (size_t i = 0; i < COUNT(named_otherwise); i++)
		if (text_equal(name, text_of(named_otherwise[i].type))) {
			*interval = (struct schema_interval){text_of(named_otherwise[i].of), !named_otherwise[i].ends,
			                                     named_otherwise[i].ends, named_otherwise[i].kind};
			return true;
		}
	interval->begins = split(name, begin_names, COUNT(begin_names), &interval->of);
	interval->ends = !interval->begins && split(name, end_names, COUNT(end_names), &interval->of) &&
	                 something_begins(interval->of);
	return interval->begins || interval->ends;
}

const struct schema_spell *schema_spell(struct text of)
{
	for (size_t i = 0; i < COUNT(spells); i++)
		if (text_equal(of, text_of(spells[i].of)))
			return &spells[i];
	return NULL;
}

bool schema_state_types(struct text state, type_id *opens, type_id *closes)
{
	for (size_t i = 0; i < COUNT(states); i++) {
		if (!text_equal(state, text_of(states[i].state)))
			continue;
		*opens = schema_find(text_of(states[i].opens));
		*closes = schema_find(text_of(states[i].closes));
		return true;
	}
	return false;
}

bool schema_is_listed(type_id type)
{
	struct text name = text_of(schema_type_name(type));
	for (size_t i = 0; i < COUNT(listed); i++) {
		struct text one = text_of(listed[i]);
		bool family = one.at[one.length - 1] == '.' && name.length > one.length;
		if (family ? memcmp(name.at, one.at, one.length) == 0 : text_equal(name, one))
			return true;
	}
	return false;
}

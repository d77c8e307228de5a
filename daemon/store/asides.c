/* asides: what this machine of a cell set aside. */
#include "store/asides.h"

#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define META_NAME 48

/* By which the database knows it for good: it tells nobody who the child is. */
static void name_in_meta(struct text name, int64_t number, char *out)
{
	(void)snprintf(out, META_NAME, "cell-aside:%016llx",
	               (unsigned long long)text_fingerprint(name, (uint64_t)number));
}

enum result asides_note(struct store *store, struct text name, int64_t number, struct fault *fault)
{
	char meta[META_NAME];
	struct buffer value = {0};
	name_in_meta(name, number, meta);
	buffer_format(&value, "%lld ", (long long)number);
	buffer_text(&value, name);
	enum result result = store_set(store, meta, buffer_view(&value), fault);
	buffer_free(&value);
	return result;
}

static enum result see_row(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	(void)row;
	(void)fault;
	*(bool *)argument = true;
	return RESULT_OK;
}

enum result asides_hold(struct store *store, struct text name, int64_t number, bool *held, struct fault *fault)
{
	char meta[META_NAME];
	struct text value;
	struct buffer place = {0};
	name_in_meta(name, number, meta);
	enum result result = store_get(store, meta, &value, fault);
	*held = result == RESULT_OK && value.length > 0;
	buffer_format(&place, "%.*s@%lld", TEXT_ARG(name), (long long)number);
	if (result == RESULT_OK && !*held && number)
		result = quarantine_from(store, buffer_view(&place), see_row, held, fault);
	buffer_free(&place);
	return result;
}

enum result asides_owed(struct store *store, struct buffer *name, int64_t *number, bool *found, struct fault *fault)
{
	struct query query = query_start(
		store, "SELECT value FROM meta WHERE name >= 'cell-aside:' AND name < 'cell-aside;' AND value <> 'told'"
		       " LIMIT 1");
	char digits[24];
	*found = query_row(&query);
	struct text value = *found ? row_text(&query, 0) : TEXT_NONE;
	size_t length = 0;
	while (length < value.length && value.at[length] != ' ')
		length++;
	(void)snprintf(digits, sizeof digits, "%.*s", (int)length, value.length ? value.at : "");
	*number = strtoll(digits, NULL, 10);
	buffer_clear(name);
	if (length < value.length)
		buffer_add(name, value.at + length + 1, value.length - length - 1);
	return query_end(&query, RESULT_OK, fault);
}

enum result asides_told(struct store *store, struct text name, int64_t number, struct fault *fault)
{
	char meta[META_NAME];
	name_in_meta(name, number, meta);
	return store_keep(store, meta, TEXT("told"), fault);
}

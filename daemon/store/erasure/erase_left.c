/* erase_left: who is named in events that are packed. */
#include "event/packing.h"
#include "store/erasure/erasures.h"
#include "store/store_internal.h"

static bool names_one(struct text bytes, const struct text *ids, size_t count)
{
	bool named = false;
	for (size_t i = 0; i < count && !named; i++)
		named = erasures_named_in(bytes, ids[i]);
	return named;
}

enum result erasures_named(struct store *store, const struct text *ids, size_t count, struct erasures_left *left,
                          struct fault *fault)
{
	char room[PACKING_MOST];
	struct fault why;
	struct query query = query_start(store, "SELECT packed, bytes FROM event WHERE packed <> 0");
	*left = (struct erasures_left){0};
	while (query_row(&query)) {
		struct packed packed = {row_blob(&query, 1), (int)row_int(&query, 0)};
		struct text bytes;
		if (packing_unpack(packed, room, &bytes, &why) != RESULT_OK)
			left->unread++;
		else
			left->naming += names_one(bytes, ids, count);
	}
	return query_end(&query, RESULT_OK, fault);
}

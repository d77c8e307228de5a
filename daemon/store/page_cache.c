/* page_cache: the cache of pages of a database that is written to, of which a process has one budget; who only reads it
 * (the pages that people look at) has half a part more. */
#include "store/store_internal.h"

#include <stdio.h>

#define EACH_MOST ((size_t)32 << 20) /* one alone has as much; so has each of eight */
#define EACH_LEAST ((size_t)1 << 20) /* 64 pages: those of a commit, and the upper ones of each table */

static atomic_size_t written; /* databases that this process has open for writing */

size_t store_page_cache(size_t count)
{
	size_t each = count ? STORE_PAGE_CACHE / count : EACH_MOST;
	return each > EACH_MOST ? EACH_MOST : each < EACH_LEAST ? EACH_LEAST : each;
}

enum result page_cache_look(struct store *store, struct fault *fault)
{
	char sql[64];
	bool reads = store->mode == STORE_READ;
	size_t count = atomic_load(&written), part = store_page_cache(count);
	if ((!reads && !store->shares_page_cache) || count + 1 == store->page_cache_among)
		return RESULT_OK;
	(void)snprintf(sql, sizeof sql, "PRAGMA cache_size = -%zu", (reads ? part / 2 : part) >> 10);
	enum result result = store_execute(store, sql, fault);
	if (result == RESULT_OK)
		store->page_cache_among = count + 1;
	return result;
}

enum result page_cache_begin(struct store *store, struct fault *fault)
{
	store->shares_page_cache = true;
	(void)atomic_fetch_add(&written, 1);
	return page_cache_look(store, fault);
}

void page_cache_end(struct store *store)
{
	if (store->shares_page_cache)
		(void)atomic_fetch_sub(&written, 1);
	store->shares_page_cache = false;
}

/* The cache of pages: one budget for all databases that a process writes to, and one alone has what it always had. */
#include "store_fixture.h"

#include "store/store_internal.h"

#define MANY 20

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static size_t cache_of(struct fixture *f, struct store *store)
{
	int64_t kbytes = 0;
	OK(store_pragma(store, "PRAGMA cache_size", &kbytes, &f->fault));
	assert_true(kbytes < 0); /* in KiB, and not in pages */
	return (size_t)-kbytes << 10;
}

static void work(struct fixture *f, struct store *store)
{
	OK(store_begin(store, &f->fault));
	OK(store_commit(store, &f->fault));
}

static void open_more(struct fixture *f, struct store **more, size_t count)
{
	char path[600];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "%s.%zu", f->path, i);
		OK(store_open(path, STORE_WRITE, &more[i], &f->fault));
	}
}

static void close_more(struct fixture *f, struct store **more, size_t count)
{
	char path[700];
	static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
	for (size_t i = 0; i < count; i++) {
		store_close(more[i]);
		for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
			(void)snprintf(path, sizeof path, "%s.%zu%s", f->path, i, endings[k]);
			(void)unlink(path);
		}
	}
}

static void parts_never_add_up_to_more_than_there_is(void **state)
{
	(void)state;
	assert_int_equal(store_page_cache(1), (size_t)32 << 20);
	for (size_t count = 1; count <= 256; count++) {
		assert_true(count * store_page_cache(count) <= STORE_PAGE_CACHE);
		assert_true(store_page_cache(count) >= store_page_cache(count + 1));
	}
	assert_int_equal(store_page_cache(1000), (size_t)1 << 20);
}

static void those_that_were_there_first_give_back_what_others_need(void **state)
{
	struct fixture *f = *state;
	struct store *more[MANY];
	assert_int_equal(cache_of(f, f->store), store_page_cache(1));
	open_more(f, more, MANY);
	assert_int_equal(cache_of(f, more[MANY - 1]) >> 10, store_page_cache(MANY + 1) >> 10);
	work(f, f->store);
	assert_int_equal(cache_of(f, f->store) >> 10, store_page_cache(MANY + 1) >> 10);
	OK(store_tidy(more[0], &f->fault)); /* one that has nothing to write, within the minute */
	assert_int_equal(cache_of(f, more[0]) >> 10, store_page_cache(MANY + 1) >> 10);
	close_more(f, more, MANY);
	work(f, f->store);
	assert_int_equal(cache_of(f, f->store), store_page_cache(1));
}

static void who_only_reads_takes_nothing_of_it(void **state)
{
	struct fixture *f = *state;
	struct store *reading;
	OK(store_open(f->path, STORE_READ, &reading, &f->fault));
	work(f, f->store);
	assert_int_equal(cache_of(f, f->store), store_page_cache(1));
	assert_int_equal(cache_of(f, reading), (size_t)16 << 20);
	store_close(reading);
}

/* Of many councils each has people who look at pages. */
static void who_only_reads_has_less_as_there_are_more(void **state)
{
	struct fixture *f = *state;
	struct store *reading, *more[MANY];
	OK(store_open(f->path, STORE_READ, &reading, &f->fault));
	open_more(f, more, MANY);
	OK(store_view(reading, &f->fault));
	store_view_end(reading);
	assert_int_equal(cache_of(f, reading) >> 10, store_page_cache(MANY + 1) / 2 >> 10);
	close_more(f, more, MANY);
	OK(store_view(reading, &f->fault));
	store_view_end(reading);
	assert_int_equal(cache_of(f, reading), (size_t)16 << 20);
	store_close(reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parts_never_add_up_to_more_than_there_is),
		TEST(those_that_were_there_first_give_back_what_others_need),
		TEST(who_only_reads_takes_nothing_of_it),
		TEST(who_only_reads_has_less_as_there_are_more),
	};
	return cmocka_run_group_tests_name("page_cache", tests, NULL, NULL);
}

/* The page of all that waits for one person: by the link of one of their messages, and honest about what it looks
 * at. */
#include "desk_world.h"

#include "message/alert_context.h"
#include "message/link.h"
#include "web/mine.h"

#define MORNING "2020-02-05T02:14:00Z"

struct sought {
	struct outbox_row row;
	struct arena *arena;
};

static enum result keep_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct sought *sought = argument;
	(void)fault;
	if (!text_equal(row->rule, TEXT("custody.threshold")) || !row->person.length)
		return RESULT_OK;
	sought->row = *row;
	alert_context_own_row(&sought->row, sought->arena);
	return RESULT_OK;
}

static void what_waits_is_there_and_that_more_was_sent_than_it_looks_at_is_said(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	char token[LINK_TOKEN_SIZE], sql[96];
	struct sought sought = {.arena = arena_new(4096)};
	hear(desk->w, "e1", "custody.threshold_met", "C1001", "2020-02-05T02:10:00Z", K1);
	hear(desk->w, "e2", "custody.threshold_met", "C1002", "2020-02-05T02:11:00Z", "\"custody\":\"k2\"");
	deliver(desk->w);
	settle(desk);
	OK(outbox_each(f->store, TEXT_NONE, false, SIZE_MAX, keep_row, &sought, &f->fault));
	link_make(desk->keys, &sought.row, at(MORNING), token);
	assert_int_equal(get(desk, mine_page, "p-director", token, NULL, NULL, MORNING), 200);
	assert_says(desk, "2 alerts wait");
	assert_silent(desk, "Not all of it may be here");
	(void)snprintf(sql, sizeof sql, "UPDATE outbox SET id = id + 30000 WHERE id <> %lld", (long long)sought.row.id);
	OK(store_execute(f->store, sql, &f->fault));
	assert_int_equal(get(desk, mine_page, "p-director", token, NULL, NULL, MORNING), 200);
	assert_says(desk, "Not all of it may be here");
	arena_free(sought.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_waits_is_there_and_that_more_was_sent_than_it_looks_at_is_said, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("mine", tests, NULL, NULL);
}

/* What is kept of a child's events between two messages is what would be read now, whatever happened meanwhile. */
#include "store_fixture.h"

#include "event/meaning.h"
#include "message/history.h"
#include "store/erasure/erasures.h"
#include "store/store_internal.h"

#define DAY (24 * HOUR)

struct world {
	struct fixture *f;
	struct calendar *calendar;
	struct history_cache *kept;
	bool merged; /* C1 and C2 are one child */
	int arrived;
	uint64_t random;
};

static struct calendar *calendar_of(struct fixture *f)
{
	struct text holidays = TEXT("{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":["
	                            "{\"title\":\"Christmas Day\",\"date\":\"2020-12-25\",\"notes\":\"\","
	                            "\"bunting\":true}]}}");
	struct calendar *calendar = calendar_new(zone_load("Europe/London", &f->fault), holidays, &f->fault);
	assert_non_null(calendar);
	return calendar;
}

static struct world begin(struct fixture *f, size_t bytes)
{
	return (struct world){.f = f, .calendar = calendar_of(f), .kept = history_cache_new(bytes), .random = 7};
}

static void end(struct world *world)
{
	history_cache_free(world->kept);
	calendar_free(world->calendar);
}

static size_t linked(void *context, struct text subject, struct text *ids, size_t room)
{
	const struct world *world = context;
	bool both = world->merged && (text_equal(subject, TEXT("C1")) || text_equal(subject, TEXT("C2")));
	assert_true(room >= 2);
	ids[0] = both ? TEXT("C1") : subject;
	ids[1] = TEXT("C2");
	return both ? 2 : 1;
}

struct found {
	const struct message_event *events;
	size_t count;
};

static struct found look(struct world *world, const char *subject, bool keeps)
{
	struct fixture *f = world->f;
	struct found found = {NULL, 0};
	struct alert_context_sources gather = {.store = f->store, .calendar = world->calendar, .linked = linked,
	                                       .context = world, .kept = keeps ? world->kept : NULL};
	OK(history_find(&gather, PARTY_NONE, text_of(subject), f->arena, &found.events, &found.count, &f->fault));
	return found;
}

static int count_statement(unsigned kind, void *counted, void *statement, void *words)
{
	(void)kind, (void)statement, (void)words;
	++*(int *)counted;
	return 0;
}

/* Compares what is kept with what is read; returns how many questions of the database the first took. */
static int expect_same(struct world *world, const char *subject)
{
	struct fixture *f = world->f;
	int counted = 0;
	(void)sqlite3_trace_v2(f->store->database, SQLITE_TRACE_STMT, count_statement, &counted);
	struct found kept = look(world, subject, true);
	(void)sqlite3_trace_v2(f->store->database, 0, NULL, NULL);
	struct found read = look(world, subject, false);
	assert_int_equal(kept.count, read.count);
	for (size_t i = 0; i < read.count; i++) {
		const struct message_event *a = &kept.events[i], *b = &read.events[i];
		assert_true(a->event->ref == b->event->ref && text_equal(a->event->id, b->event->id));
		assert_true(a->recorded == b->recorded && a->arrived == b->arrived && a->late == b->late);
		assert_true(event_same_meaning(a->event, b->event));
		assert_string_equal(a->title, b->title);
	}
	return counted;
}

/* Of an instant within some days, so that most come in no order; a part is recorded late. */
static uint64_t arrive(struct world *world, const char *subject)
{
	struct fixture *f = world->f;
	char id[24], time[32], more[64] = "", data[64];
	unsigned day = 1 + (unsigned)(world->random = world->random * 6364136223846793005u + 1442695040888963407u) % 20;
	(void)snprintf(id, sizeof id, "e%d", ++world->arrived);
	(void)snprintf(time, sizeof time, "2020-02-%02uT%02u:10:00Z", day, (unsigned)(world->random >> 40) % 24);
	if (world->random >> 60 == 0)
		(void)snprintf(more, sizeof more, "\"recordedtime\":\"2020-02-27T10:00:00Z\",");
	(void)snprintf(data, sizeof data, "\"custody\":\"K%d\",\"station\":\"Northgate\"", world->arrived);
	uint64_t ref;
	OK(store_begin(f->store, &f->fault));
	(void)store_bytes(f, event_json(f, "lcs", id, "custody.detained", subject, time, more, data), &ref);
	OK(store_commit(f->store, &f->fault));
	return ref;
}

static void stands(struct world *world, uint64_t ref, bool standing)
{
	struct fixture *f = world->f;
	OK(store_begin(f->store, &f->fault));
	OK(events_set_standing(f->store, ref, standing, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void what_did_not_change_is_not_read_again(void **state)
{
	struct world world = begin(*state, 1 << 20);
	for (int i = 0; i < 50; i++)
		(void)arrive(&world, "C1");
	assert_true(expect_same(&world, "C1") >= 50);
	assert_int_equal(expect_same(&world, "C1"), 0);
	history_cache_trim(world.kept, world.f->store);
	assert_int_equal(expect_same(&world, "C1"), 0);
	(void)arrive(&world, "C2"); /* of another child */
	history_cache_trim(world.kept, world.f->store);
	assert_int_equal(expect_same(&world, "C1"), 0);
	end(&world);
}

static void what_came_since_alone_is_read_and_put_in_its_place(void **state)
{
	struct world world = begin(*state, 1 << 20);
	for (int i = 0; i < 30; i++)
		(void)arrive(&world, "C1");
	(void)expect_same(&world, "C1");
	for (int i = 0; i < 30; i++) {
		(void)arrive(&world, "C1");
		(void)arrive(&world, "C1");
		history_cache_trim(world.kept, world.f->store);
		assert_in_range(expect_same(&world, "C1"), 2, 3);
	}
	end(&world);
}

static void what_was_corrected_erased_or_merged_is_read_anew(void **state)
{
	struct fixture *f = *state;
	struct world world = begin(f, 1 << 20);
	uint64_t wrong = arrive(&world, "C1");
	(void)arrive(&world, "C1");
	(void)arrive(&world, "C2");
	(void)expect_same(&world, "C1");
	history_cache_trim(world.kept, f->store);
	stands(&world, wrong, false);
	(void)expect_same(&world, "C1");
	assert_int_equal(look(&world, "C1", true).count, 1);
	history_cache_trim(world.kept, f->store);
	world.merged = true;
	(void)expect_same(&world, "C1");
	assert_int_equal(look(&world, "C1", true).count, 2);
	history_cache_trim(world.kept, f->store);
	world.merged = false;
	(void)expect_same(&world, "C1");
	history_cache_trim(world.kept, f->store);
	struct erasure_order order = {.subject = TEXT("C1"), .person = TEXT("p-1"), .reason = TEXT("asked"), .at = 1,
	                              .audit_from = INSTANT_NONE};
	OK(erasures_begin(f->store, &order, &f->fault));
	(void)expect_same(&world, "C1");
	assert_int_equal(look(&world, "C1", true).count, 0);
	end(&world);
}

/* The event that came in a transaction that failed has the number of another afterwards. */
static void what_came_in_a_transaction_that_failed_was_never_there(void **state)
{
	struct fixture *f = *state;
	struct world world = begin(f, 1 << 20);
	struct text bytes = event_json(f, "lcs", "x1", "custody.detained", "C1", "2020-02-04T22:10:00Z", "",
	                               "\"custody\":\"K1\",\"station\":\"Southgate\"");
	(void)arrive(&world, "C1");
	(void)expect_same(&world, "C1");
	history_cache_trim(world.kept, f->store);
	OK(store_begin(f->store, &f->fault));
	(void)store_bytes(f, bytes, NULL);
	(void)expect_same(&world, "C1");
	store_rollback(f->store);
	history_cache_trim(world.kept, f->store);
	(void)arrive(&world, "C1");
	(void)expect_same(&world, "C1");
	assert_int_equal(look(&world, "C1", true).count, 2);
	end(&world);
}

/* What one message was made of stays as it is while another is made, though more came or all is another. */
static void what_is_looked_at_stays_as_it_is(void **state)
{
	struct world world = begin(*state, 1 << 20);
	uint64_t first = arrive(&world, "C1");
	struct found before = look(&world, "C1", true);
	(void)arrive(&world, "C1");
	assert_int_equal(look(&world, "C1", true).count, 2);
	stands(&world, first, false);
	assert_int_equal(look(&world, "C1", true).count, 1);
	assert_int_equal(before.count, 1);
	assert_true(before.events[0].event->ref == first);
	end(&world);
}

static void it_holds_as_many_as_it_may(void **state)
{
	struct fixture *f = *state;
	struct world world = begin(f, 64 << 10);
	char subject[16];
	for (int child = 0; child < 40; child++) {
		(void)snprintf(subject, sizeof subject, "D%d", child);
		for (int i = 0; i < 10; i++)
			(void)arrive(&world, subject);
		(void)expect_same(&world, subject);
		history_cache_trim(world.kept, f->store);
	}
	assert_int_equal(expect_same(&world, "D39"), 0);
	assert_int_equal(expect_same(&world, "D38"), 0);
	assert_true(expect_same(&world, "D0") >= 10);
	/* One alone that is too large for it. */
	for (int i = 0; i < 500; i++)
		(void)arrive(&world, "E1");
	assert_true(expect_same(&world, "E1") >= 500);
	assert_int_equal(expect_same(&world, "E1"), 0);
	history_cache_trim(world.kept, f->store);
	assert_true(expect_same(&world, "E1") >= 500);
	end(&world);
}

/* More children in one pass than there are places: those that have none are read. */
static void more_children_than_places(void **state)
{
	struct world world = begin(*state, 8 << 20);
	char subject[16];
	for (int child = 0; child < 60; child++) {
		(void)snprintf(subject, sizeof subject, "D%d", child);
		(void)arrive(&world, subject);
	}
	for (int round = 0; round < 3; round++) {
		for (int child = 0; child < 60; child++) {
			(void)snprintf(subject, sizeof subject, "D%d", child);
			(void)expect_same(&world, subject);
		}
		history_cache_trim(world.kept, world.f->store);
	}
	end(&world);
}

static void whatever_happens_it_is_what_would_be_read(void **state)
{
	static const char *const subjects[] = {"C1", "C2", "C3"};
	struct fixture *f = *state;
	struct world world = begin(f, 1 << 20);
	uint64_t refs[400];
	size_t count = 0;
	srand(fixture_seed());
	for (int turn = 0; turn < 400; turn++) {
		const char *subject = subjects[rand() % 3];
		switch (rand() % 8) {
		case 0: world.merged = !world.merged; break;
		case 1: events_set_parser(f->store, f->readers); break;
		case 2:
			if (count)
				stands(&world, refs[(size_t)rand() % count], rand() % 2);
			break;
		case 3: history_cache_clear(world.kept); break;
		default: refs[count++] = arrive(&world, subject); break;
		}
		(void)expect_same(&world, subjects[rand() % 3]);
		if (rand() % 2)
			history_cache_trim(world.kept, f->store);
	}
	end(&world);
}

int main(void)
{
#define S(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		S(what_did_not_change_is_not_read_again),
		S(what_came_since_alone_is_read_and_put_in_its_place),
		S(what_was_corrected_erased_or_merged_is_read_anew),
		S(what_came_in_a_transaction_that_failed_was_never_there),
		S(what_is_looked_at_stays_as_it_is),
		S(it_holds_as_many_as_it_may),
		S(more_children_than_places),
		S(whatever_happens_it_is_what_would_be_read),
	};
	return cmocka_run_group_tests_name("message_history", tests, NULL, NULL);
}

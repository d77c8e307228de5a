/* Whoever owns a source hears of its records that need correcting: at once, and once a day until they are corrected. */
#include "pipeline_world.h"

#include "config/directory_load.h"
#include "scratch_file.h"

/* Who owns what. */
static struct source_owner owners[] = {{"lcs", "performance", NULL}, {"police", NULL, "p-edt"}};
static struct directory directory;

static int own(void **state)
{
	(void)setup(state);
	struct world *w = *state;
	directory = *w->config->directory;
	directory.sources = owners;
	directory.source_count = 2;
	ops_use_owners(w->ops, &directory);
	return 0;
}

#define OWNER_ROWS "SELECT count(*) FROM outbox WHERE kind = 1 AND rule = 'source."
#define LCS "' AND role = 'performance' AND person = '' "
#define POLICE "' AND person = 'p-edt' "

/* A child is missing, and a return of that episode comes from `source` that is dated before. */
static void contradict(struct world *w, const char *source, int number)
{
	char episode[32], start[16], end[16], child[16];
	(void)snprintf(episode, sizeof episode, "\"episode\":\"m%d\"", number);
	(void)snprintf(start, sizeof start, "s%d", number);
	(void)snprintf(end, sizeof end, "e%d", number);
	(void)snprintf(child, sizeof child, "C%d", number);
	char data[64];
	(void)snprintf(data, sizeof data, "%s,\"kind\":\"missing\"", episode);
	add(w, start, "missing.started", child, "2026-02-04T02:10:00Z", data);
	add_bytes(w, event_json(w->f, source, end, "missing.ended", child, "2026-02-03T20:00:00Z", "", episode),
	          at("2026-02-04T03:00:00Z"));
}

static void tick(struct world *w, const char *now)
{
	struct fixture *f = w->f;
	instant next;
	struct ops_works works = {.sources = 2, .reckoned = INSTANT_NONE, .certificate = INSTANT_NEVER};
	OK(ops_tick(w->ops, &works, at(now), &next, &f->fault));
}

static void the_owner_hears_at_once_of_their_records_and_of_no_others(void **state)
{
	struct world *w = *state;
	contradict(w, "lcs", 1);
	contradict(w, "police", 2);
	take(w, "2026-02-04T08:00:00Z");
	assert_int_equal(count(w, OWNER_ROWS "contradiction" LCS "AND payload LIKE '%e1 of lcs%'"), 1);
	assert_int_equal(count(w, OWNER_ROWS "contradiction" POLICE "AND payload LIKE '%e2 of police%'"), 1);
	assert_int_equal(count(w, OWNER_ROWS "contradiction' AND (payload LIKE '%C1%' OR payload LIKE '%C2%')"), 0);
	assert_int_equal(count(w, OWNER_ROWS "contradiction" LCS "AND payload LIKE '%police%'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.contradiction' AND payload LIKE"
	                          " '%performance hears of those of lcs%'"),
	                 1);
}

static void ops_hear_that_a_source_has_no_owner_and_where_to_name_one(void **state)
{
	struct world *w = *state;
	contradict(w, "mosaic", 1);
	take(w, "2026-02-04T08:00:00Z");
	assert_int_equal(count(w, OWNER_ROWS "contradiction'"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.contradiction' AND payload LIKE"
	                          " '%nobody is named for mosaic: add it to `sources` of the directory%'"),
	                 1);
}

/* Ops hear of ten things of a kind at once, and of the rest in one mail without records: the owner misses none. */
static void of_very_many_at_once_the_days_email_names_each_until_it_is_corrected(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-03T09:00:00Z");
	for (int i = 1; i <= 14; i++)
		contradict(w, "lcs", i);
	take(w, "2026-02-04T07:00:00Z");
	assert_int_equal(count(w, OWNER_ROWS "contradiction" LCS), 10);
	tick(w, "2026-02-04T08:31:00Z");
	assert_int_equal(count(w, OWNER_ROWS "daily" LCS "AND payload LIKE '%e1 of lcs%' AND payload LIKE '%e14 of "
	                                     "lcs%' AND payload LIKE '%beginning: 14%'"),
	                 1);
	tick(w, "2026-02-05T08:31:00Z");
	assert_int_equal(count(w, OWNER_ROWS "daily" LCS), 2);
	for (int i = 1; i <= 14; i++) {
		char id[16], more[32], child[16], data[32];
		(void)snprintf(id, sizeof id, "k%d", i);
		(void)snprintf(more, sizeof more, "\"replaces\":\"e%d\",", i);
		(void)snprintf(child, sizeof child, "C%d", i);
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\"", i);
		add_bytes(w,
		          event_json(w->f, "lcs", id, "missing.ended", child, "2026-02-04T07:00:00Z", more, data),
		          at("2026-02-05T09:00:00Z"));
	}
	take(w, "2026-02-05T09:00:00Z");
	tick(w, "2026-02-06T08:31:00Z");
	assert_int_equal(count(w, OWNER_ROWS "daily" LCS), 2);
}

static void what_could_be_read_in_part_only_is_in_one_days_email(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-03T09:00:00Z");
	hear(w, "s1", "missing.started", "C1", "2026-02-03T22:10:00Z",
	     "\"episode\":\"m1\",\"kind\":\"missing\",\"risk\":\"purple\"");
	tick(w, "2026-02-04T08:31:00Z");
	assert_int_equal(count(w, OWNER_ROWS "daily" LCS "AND payload LIKE '%s1 of lcs: data.risk is not one of%' AND "
	                                     "payload NOT LIKE '%C1%' AND payload NOT LIKE '%purple%'"),
	                 1);
	assert_int_equal(count(w, OWNER_ROWS "daily" POLICE), 0);
	tick(w, "2026-02-05T08:31:00Z");
	assert_int_equal(count(w, OWNER_ROWS "daily'"), 1);
}

static void more_than_are_looked_at_in_one_turn_are_said_to_be_more(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-03T09:00:00Z");
	for (int i = 0; i < 501; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "s%d", i);
		add(w, id, "child.updated", "C1", "2026-02-03T22:10:00Z", "\"restricted\":\"perhaps\"");
	}
	take(w, "2026-02-03T22:10:00Z");
	tick(w, "2026-02-04T08:31:00Z");
	assert_int_equal(count(w, OWNER_ROWS "daily" LCS "AND payload LIKE '%and 480 more%' AND payload LIKE "
	                                     "'%There are more than the 500 of one kind that were looked at%'"),
	                 1);
}

/* ---- the directory ---- */

/* The directory that is shipped, with these sources instead. */
static struct directory *with_sources(const char *sources, struct config_faults *faults)
{
	char line[512];
	struct buffer bytes = {0};
	FILE *from = fopen("conf/directory.yaml", "r");
	assert_non_null(from);
	while (fgets(line, sizeof line, from) && strncmp(line, "sources:", 8) != 0)
		buffer_string(&bytes, line);
	buffer_string(&bytes, sources);
	assert_int_equal(fclose(from), 0);
	const char *path = scratch_file(bytes.at, bytes.length);
	struct directory *shipped = directory_load(path, NULL, 0, faults);
	(void)remove(path);
	buffer_free(&bytes);
	return shipped;
}

static void assert_refused(const char *sources, const char *expected)
{
	struct config_faults faults = {0};
	assert_null(with_sources(sources, &faults));
	assert_int_equal(faults.count, 1);
	assert_string_equal(faults.items[0].text, expected);
	config_faults_free(&faults);
}

static void a_source_is_owned_by_who_is_named_or_else_by_who_has_the_rest(void **state)
{
	struct config_faults faults = {0};
	struct directory *some;
	(void)state;
	some = with_sources("sources:\n  - {name: /lcs, owner: qa-manager}\n  - {name: \"*\", owner: p-ops}\n",
	                    &faults);
	assert_string_equal(directory_source_owner(some, TEXT("/lcs"))->role, "qa-manager");
	assert_null(directory_source_owner(some, TEXT("/lcs"))->person);
	assert_string_equal(directory_source_owner(some, TEXT("/police"))->person, "p-ops");
	directory_free(some);
	some = with_sources("sources:\n  - {name: /lcs, owner: qa-manager}\n", &faults);
	assert_null(directory_source_owner(some, TEXT("/police")));
	directory_free(some);
}

static void an_owner_of_a_source_who_is_nobody_is_refused(void **state)
{
	(void)state;
	assert_refused("sources:\n  - {name: /lcs, owner: p-opps}\n",
	               "owner is \"p-opps\", which is no person here; did you mean \"p-ops\"?");
	assert_refused("sources:\n  - {name: /lcs, owner: iro}\n",
	               "owner is \"iro\", whose holders differ by child; write a role with people of its own, or a "
	               "person");
	assert_refused("sources:\n  - {name: /lcs, owner: edt}\n  - {name: /lcs, owner: dcs}\n",
	               "source /lcs stands here a second time; keep one");
	assert_refused("sources:\n  - {owner: edt}\n",
	               "a source has no name; write it as its events do, such as /lcs");
}

#define OWNED(name) cmocka_unit_test_setup_teardown(name, own, teardown)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_owned_by_who_is_named_or_else_by_who_has_the_rest),
		cmocka_unit_test(an_owner_of_a_source_who_is_nobody_is_refused),
		OWNED(the_owner_hears_at_once_of_their_records_and_of_no_others),
		OWNED(ops_hear_that_a_source_has_no_owner_and_where_to_name_one),
		OWNED(of_very_many_at_once_the_days_email_names_each_until_it_is_corrected),
		OWNED(what_could_be_read_in_part_only_is_in_one_days_email),
		OWNED(more_than_are_looked_at_in_one_turn_are_said_to_be_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

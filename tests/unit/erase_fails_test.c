/* Whatever statement of the database fails while a child is erased: it is said, the next try goes on, and in the end
 * all of the child is gone, nothing of any other, and the record verifies, as if none had failed.
 */
#include "store_changes.h"

#include "statements.h"

#include <fcntl.h>

#define MARKER "ZQ7-MARKER-31"
#define NOTE "zq7-note-of-the-child"
#define ERASED_AT (1700000000 * SECOND)
#define EVENTS 6
#define TRIES_MOST 2000 /* of one erasure: far more statements than any takes of so few rows */
#define TURNS_MOST 1000

static size_t places_in(const char *path, const char *what)
{
	struct buffer bytes = {0};
	char piece[65536];
	size_t places = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	for (ssize_t got; file >= 0 && (got = read(file, piece, sizeof piece)) > 0;)
		buffer_add(&bytes, piece, (size_t)got);
	if (file >= 0)
		(void)close(file);
	for (const char *at = bytes.at;
	     at && (at = memmem(at, (size_t)(bytes.at + bytes.length - at), what, strlen(what))); at++)
		places++;
	buffer_free(&bytes);
	return places;
}

/* ---- a child with something of everything ---- */

static void write_alert(struct fixture *f, const char *id, const char *child)
{
	struct alert alert = alert_here(id);
	OK(alerts_keep(S, &ruleset_here, PARTY_NONE, text_of(child), &alert, &(int64_t){0}, &f->fault));
	const struct outbox_row row = {.purpose = TEXT("opened"),
	                               .alert = text_of(id),
	                               .subject = text_of(child),
	                               .role = TEXT("director"),
	                               .payload = TEXT("{\"because\":\"" NOTE "\"}"),
	                               .deadline = INSTANT_NEVER};
	OK(outbox_add(S, &row, &(int64_t){0}, &f->fault));
	const struct condition condition = {.id = TEXT("ops.undeliverable"),
	                                    .key = text_of(id),
	                                    .since = NOW,
	                                    .seen = NOW,
	                                    .ended = INSTANT_NEVER,
	                                    .told = NOW,
	                                    .digest = INSTANT_NONE,
	                                    .count = 1,
	                                    .title = TEXT(NOTE)};
	OK(conditions_put(S, &condition, &f->fault));
	const struct audit_row audit = {.at = NOW,
	                                .what = "alert.opened",
	                                .alert = text_of(id),
	                                .subject = text_of(child),
	                                .personal = TEXT("{\"note\":\"" NOTE "\"}")};
	OK(audit_write(S, &audit, &f->fault));
}

static void write_child(struct fixture *f)
{
	for (int i = 0; i < EVENTS; i++) {
		char id[32];
		(void)snprintf(id, sizeof id, "m%d", i);
		(void)store_event(f, id, "missing.started", MARKER, "2020-01-01T00:00:00Z",
		                  "\"episode\":\"" NOTE "\",\"kind\":\"missing\"");
	}
	(void)store_event(f, "w1", "event.withdrawn", MARKER, "2020-01-02T00:00:00Z", "\"id\":\"m1\"");
	(void)store_event(f, "other", "missing.started", MARKER "-other", "2020-01-01T00:00:00Z",
	                  "\"episode\":\"x\",\"kind\":\"missing\"");
	OK(store_begin(S, &f->fault));
	write_alert(f, "00000000000000aa", MARKER);
	write_alert(f, "00000000000000bb", MARKER);
	const struct quarantine_row aside = {.source_name = TEXT("kafka:events:0@7"),
	                                     .bytes = TEXT("{\"subject\":\"" MARKER "\",\"note\":\"" NOTE),
	                                     .reason = TEXT("not JSON"),
	                                     .arrived = NOW};
	OK(quarantine_add(S, &aside, &f->fault));
	OK(store_commit(S, &f->fault));
}

/* ---- erased ---- */

static enum result count_erasure(void *argument, const struct erasure_row *row, struct fault *fault)
{
	(void)row, (void)fault;
	++*(int *)argument;
	return RESULT_OK;
}

/* As the daemon does it: what fails is tried again. */
static void erase_with_a_failure_at(struct fixture *f, uint64_t at, bool *struck)
{
	const struct erasure_order order = {.subject = TEXT(MARKER),
	                                    .person = TEXT("p-dpo"),
	                                    .reason = TEXT("request 31"),
	                                    .at = ERASED_AT,
	                                    .audit_from = INSTANT_NONE};
	struct fault fault = {""};
	fail_at(at);
	enum result result = erasures_begin(S, &order, &fault);
	if (result != RESULT_OK) {
		assert_true(statements.struck && fault.text[0]);
		OK(erasures_begin(S, &order, &f->fault));
	}
	bool more = true;
	for (int turns = 0; more; turns++) {
		fault.text[0] = '\0';
		bool before = statements.struck;
		result = erasures_step(S, ERASED_AT, &more, &fault);
		if (result != RESULT_OK && (before || !statements.struck || !fault.text[0]))
			fail_msg("a step failed by itself: %s", fault.text);
		more = more || result != RESULT_OK;
		assert_true(turns < TURNS_MOST);
	}
	*struck = statements.struck;
	fail_at(NEVER_FAILS);
}

static void assert_gone(struct fixture *f)
{
	static const char *const files[] = {"", "-wal", ".erased"};
	struct audit_verdict verdict;
	struct seen seen_events = {0};
	int erasures = 0;
	int64_t waiting = -1, keys = -1;
	OK(audit_verify(S, NULL, 0, NULL, NULL, &verdict, &f->fault));
	assert_int_equal(verdict.wrong, 0);
	OK(erasures_each(S, count_erasure, &erasures, &f->fault));
	OK(erasures_pending(S, &waiting, &f->fault));
	assert_int_equal(erasures, 1);
	assert_int_equal(waiting, 0);
	OK(store_pragma(S, "SELECT count(*) FROM meta WHERE name = 'erasure_key'", &keys, &f->fault));
	assert_int_equal(keys, 1); /* it was in the file alone, and lost with it */
	assert_true(erasures_hold(S, TEXT("lcs"), TEXT("m0")));
	OK(events_history(S, PARTY_NONE, TEXT(MARKER "-other"), see_event, &seen_events, &f->fault));
	assert_seen(&seen_events, "other");
	store_close(S);
	f->store = NULL;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char name[160];
		(void)snprintf(name, sizeof name, "%s%s", f->path, files[i]);
		assert_int_equal(places_in(name, NOTE), 0);
		assert_int_equal(places_in(name, MARKER), i ? 0 : places_in(name, MARKER "-other"));
	}
}

static void whatever_statement_fails_all_of_an_erased_child_goes_and_nothing_of_another(void **state)
{
	bool struck = true;
	(void)state;
	for (uint64_t at = 0; struck; at++) {
		void *fixture;
		(void)fixture_setup(&fixture);
		struct fixture *f = fixture;
		write_child(f);
		fixture_reopen(f);
		erase_with_a_failure_at(f, at, &struck);
		assert_gone(f);
		(void)fixture_teardown(&fixture);
		assert_true(at < TRIES_MOST);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_statement_fails_all_of_an_erased_child_goes_and_nothing_of_another),
	};
	return cmocka_run_group_tests_name("erase_fails", tests, NULL, NULL);
}

/* What came in is kept as it came, once; found by child, worker, provider, type and id; and corrections change what
 * stands. */
#include "store_fixture.h"

#include "store/events/packed.h"
#include "store/store_internal.h"

#define MISSING(n) "\"episode\":\"" n "\",\"kind\":\"missing\""

static void a_childs_history_has_its_events_and_no_others(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", MISSING("1"));
	(void)store_event(f, "e2", "missing.started", "C2", "2020-01-01T11:00:00Z", MISSING("2"));
	(void)store_event(f, "e3", "missing.ended", "C1", "2020-01-01T12:00:00Z", "\"episode\":\"1\"");
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e3 e1");
	fixture_reopen(f);
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e3 e1");
	OK(events_history(f->store, PARTY_NONE, TEXT("C3"), see_event, &seen, &f->fault));
	assert_seen(&seen, "");
}

static void a_workers_history_has_events_that_name_them_and_their_own(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	(void)store_event(f, "a1", "allocation.started", "C1", "2020-01-01T10:00:00Z",
	                  "\"role\":\"social-worker\",\"worker\":\"w1\"");
	(void)store_event(f, "a2", "allocation.started", "C2", "2020-01-01T10:00:00Z",
	                  "\"role\":\"social-worker\",\"worker\":\"w2\"");
	(void)store_event(f, "s1", "supervision.held", "w1", "2020-02-01T10:00:00Z", "");
	(void)store_event(f, "p1", "placement.ended", "C1", "2020-02-01T10:00:00Z",
	                  "\"placement\":\"p\",\"provider\":\"w1\"");
	OK(events_history(f->store, PARTY_WORKER, TEXT("w1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "s1 a1");
	OK(events_history(f->store, PARTY_PROVIDER, TEXT("w1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "s1 p1");
	OK(events_history(f->store, PARTY_NONE, TEXT("w1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "s1");
}

static void the_exact_bytes_are_kept(void **state)
{
	struct fixture *f = *state;
	struct text bytes = event_json(f, "lcs", "e1", "missing.started", "C1", "2020-01-01T10:00:00.250+00:00",
	                               " \"recordedtime\" : \"2020-01-01T10:00:01Z\", ", MISSING("1"));
	int64_t same = 0;
	OK(store_begin(f->store, &f->fault));
	(void)store_bytes(f, bytes, NULL);
	OK(store_commit(f->store, &f->fault));
	assert_true(packed_function(f->store->database, NULL, NULL));
	struct query query = query_start(f->store, "SELECT event_json(id, packed, bytes) = ? FROM event");
	bind_blob(&query, bytes.at, bytes.length);
	if (query_row(&query))
		same = row_int(&query, 0);
	OK(query_end(&query, RESULT_OK, &f->fault));
	assert_int_equal(same, 1);
}

static enum stored store_again(struct fixture *f, struct text bytes)
{
	OK(store_begin(f->store, &f->fault));
	enum stored stored = store_bytes(f, bytes, NULL);
	OK(store_commit(f->store, &f->fault));
	return stored;
}

static void the_same_record_again_is_a_duplicate_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct text bytes =
		event_json(f, "lcs", "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", "", MISSING("1"));
	assert_int_equal(store_again(f, bytes), STORED_NEW);
	assert_int_equal(store_again(f, bytes), STORED_DUPLICATE);
	fixture_reopen(f);
	assert_int_equal(store_again(f, bytes), STORED_DUPLICATE);
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e1");
}

static void the_same_record_spelled_otherwise_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct text one = event_json(f, "lcs", "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", "", MISSING("1"));
	struct text other = TEXT("{ \"time\":\"2020-01-01T10:00:00Z\", \"data\" : "
	                         "{\"kind\":\"m\\u0069ssing\",\"episode\":\"1\",\"risk\":null},"
	                         "\"subject\":\"C1\",\"type\":\"missing.started\",\"source\":\"lcs\",\"id\":\"e1\","
	                         "\"specversion\":\"1.0\"}");
	assert_int_equal(store_again(f, one), STORED_NEW);
	assert_int_equal(store_again(f, other), STORED_DUPLICATE);
}

static void another_record_with_a_known_id_is_a_conflict_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", MISSING("1"));
	assert_int_equal(store_again(f, event_json(f, "lcs", "e1", "missing.started", "C2", "2020-01-01T10:00:00Z", "",
	                                           MISSING("1"))),
	                 STORED_CONFLICT);
	OK(events_history(f->store, PARTY_NONE, TEXT("C2"), see_event, &seen, &f->fault));
	assert_seen(&seen, "");
}

static void one_id_from_two_sources_is_two_events(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	assert_int_equal(
		store_again(f, event_json(f, "lcs", "e1", "visit.noted", "C1", "2020-01-01T10:00:00Z", "", "")),
		STORED_NEW);
	assert_int_equal(
		store_again(f, event_json(f, "police", "e1", "visit.noted", "C1", "2020-01-01T10:00:00Z", "", "")),
		STORED_NEW);
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e1 e1");
}

static void a_duplicate_within_one_transaction_is_found(void **state)
{
	struct fixture *f = *state;
	struct text bytes = event_json(f, "lcs", "e1", "visit.noted", "C1", "2020-01-01T10:00:00Z", "", "");
	uint64_t first, second;
	OK(store_begin(f->store, &f->fault));
	assert_int_equal(store_bytes(f, bytes, &first), STORED_NEW);
	assert_int_equal(store_bytes(f, bytes, &second), STORED_DUPLICATE);
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(first, second);
}

/* Against a plain list of what was stored: random ids, some of them again, over several starts. */
static void thousands_of_random_ids_are_each_known_exactly_once(void **state)
{
	struct fixture *f = *state;
	unsigned seed = fixture_seed();
	bool known[3000] = {0};
	int stored = 0;
	for (int round = 0; round < 8; round++) {
		OK(store_begin(f->store, &f->fault));
		for (int i = 0; i < 1000; i++) {
			int n = rand_r(&seed) % 3000;
			char id[32], subject[32];
			(void)snprintf(id, sizeof id, "id-%d", n);
			(void)snprintf(subject, sizeof subject, "C%d", n % 97);
			struct text bytes =
				event_json(f, "lcs", id, "visit.noted", subject, "2020-01-01T10:00:00Z", "", "");
			assert_int_equal(store_bytes(f, bytes, NULL), known[n] ? STORED_DUPLICATE : STORED_NEW);
			stored += !known[n];
			known[n] = true;
		}
		OK(store_commit(f->store, &f->fault));
		fixture_reopen(f);
	}
	int found = 0;
	for (int i = 0; i < 97; i++) {
		char subject[32];
		struct seen seen = {0};
		(void)snprintf(subject, sizeof subject, "C%d", i);
		OK(events_history(f->store, PARTY_NONE, text_of(subject), see_event, &seen, &f->fault));
		found += seen.count;
		buffer_free(&seen.ids);
	}
	assert_int_equal(found, stored);
}

static void a_map_of_many_hashes_gives_back_each_ref(void **state)
{
	(void)state;
	struct refmap *map = refmap_new(0);
	uint64_t hash = 88172645463325252u;
	for (uint32_t pass = 0; pass < 2; pass++) {
		hash = 88172645463325252u;
		for (uint32_t i = 1; i <= 300000; i++) {
			hash ^= hash << 13;
			hash ^= hash >> 7;
			hash ^= hash << 17;
			uint64_t cursor = 0;
			if (pass == 0)
				refmap_add(map, hash, i);
			else
				assert_int_equal(refmap_next(map, hash, &cursor), i);
		}
	}
	assert_true(refmap_bytes(map) < (size_t)300000 * 8 * 2);
	refmap_free(map);
}

static void hashes_that_are_the_same_are_all_candidates(void **state)
{
	(void)state;
	struct refmap *map = refmap_new(0);
	uint64_t cursor = 0;
	for (uint32_t i = 1; i <= 700; i++)
		refmap_add(map, 0xffffffffffffffffu, i); /* the last slots, and round the end */
	for (uint32_t i = 1; i <= 700; i++)
		assert_true(refmap_next(map, 0xffffffffffffffffu, &cursor) > 0);
	assert_int_equal(refmap_next(map, 0xffffffffffffffffu, &cursor), 0);
	refmap_free(map);
}

/* ---- finding ---- */

static void events_are_found_by_source_and_id(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint64_t ref = store_event(f, "e1", "visit.noted", "C1", "2020-01-01T10:00:00Z", "");
	OK(events_find(f->store, TEXT("lcs"), TEXT("e1"), see_event, &seen, &f->fault));
	assert_seen(&seen, "e1");
	OK(events_find(f->store, TEXT("lcs"), TEXT("e2"), see_event, &seen, &f->fault));
	assert_seen(&seen, "");
	OK(events_by_ref(f->store, ref, see_event, &seen, &f->fault));
	assert_seen(&seen, "e1");
	OK(events_by_ref(f->store, ref + 1, see_event, &seen, &f->fault));
	assert_seen(&seen, "");
}

static void lists_read_events_by_type_in_order_of_time(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	instant from, until;
	const char *why;
	const type_id types[] = {schema_find(TEXT("missing.started")), schema_find(TEXT("missing.ended"))};
	(void)store_event(f, "late", "missing.started", "C1", "2020-01-03T10:00:00Z", MISSING("3"));
	(void)store_event(f, "early", "missing.started", "C2", "2020-01-01T10:00:00Z", MISSING("1"));
	(void)store_event(f, "middle", "missing.ended", "C2", "2020-01-02T10:00:00Z", "\"episode\":\"1\"");
	(void)store_event(f, "other", "vpg.discussed", "C2", "2020-01-02T10:00:00Z", "");
	(void)store_event(f, "after", "missing.started", "C2", "2020-01-04T00:00:00Z", MISSING("4"));
	assert_true(instant_parse(TEXT("2020-01-01T10:00:00Z"), &from, &why));
	assert_true(instant_parse(TEXT("2020-01-04T00:00:00Z"), &until, &why));
	OK(events_of_types(f->store, types, 2, from, until, see_event, &seen, &f->fault));
	assert_seen(&seen, "early middle late");
}

struct nesting {
	struct fixture *f;
	int depth;
};

static enum result look_deeper(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	struct nesting *nesting = argument;
	struct fixture *f = nesting->f;
	char before[16];
	(void)bytes;
	(void)arrived;
	(void)snprintf(before, sizeof before, "%.*s", TEXT_ARG(event->id));
	if (nesting->depth++ < 3)
		OK(events_history(f->store, PARTY_NONE, TEXT("C1"), look_deeper, nesting, fault));
	nesting->depth--;
	assert_true(text_equal(event->id, text_of(before)));
	return RESULT_OK;
}

static void a_visitor_may_ask_for_other_events(void **state)
{
	struct fixture *f = *state;
	struct nesting nesting = {f, 0};
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", MISSING("1"));
	(void)store_event(f, "e2", "missing.started", "C1", "2020-01-02T10:00:00Z", MISSING("2"));
	OK(events_history(f->store, PARTY_NONE, TEXT("C1"), look_deeper, &nesting, &f->fault));
}

static enum result refuse(void *argument, const struct event *event, struct text bytes, instant arrived,
                          struct fault *fault)
{
	(void)argument;
	(void)event;
	(void)bytes;
	(void)arrived;
	return fault_set(fault, RESULT_TEMPORARY, "enough");
}

static void a_visitor_that_fails_ends_the_visit(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", MISSING("1"));
	assert_int_equal(events_history(f->store, PARTY_NONE, TEXT("C1"), refuse, NULL, &f->fault), RESULT_TEMPORARY);
	assert_string_equal(f->fault.text, "enough");
}

/* ---- amendments and standing ---- */

static enum result see_record(void *argument, const struct events_record *record, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%.*s>%.*s%s", seen->count++ ? " " : "", TEXT_ARG(record->id),
	              TEXT_ARG(record->withdraws.length ? record->withdraws : record->replaces),
	              record->standing ? "" : "!");
	return RESULT_OK;
}

static void corrections_and_withdrawals_are_found_by_what_they_amend(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	OK(store_begin(f->store, &f->fault));
	(void)store_bytes(f, event_json(f, "lcs", "e2", "missing.started", "C1", "2020-01-01T10:00:00Z",
	                                "\"replaces\":\"e1\",", MISSING("1")), NULL);
	(void)store_bytes(
		f, event_json(f, "lcs", "e3", "event.withdrawn", "C1", "2020-01-02T10:00:00Z", "", "\"id\":\"e1\""),
		NULL);
	(void)store_bytes(f,
	                  event_json(f, "lcs", "e4", "event.withdrawn", "C1", "2020-01-02T11:00:00Z",
	                             "\"replaces\":\"e3\",", "\"id\":\"e9\""),
	                  NULL);
	OK(store_commit(f->store, &f->fault));
	for (int start = 0; start < 2; start++) {
		OK(events_amendments(f->store, TEXT("lcs"), TEXT("e3"), see_record, &seen, &f->fault));
		assert_seen(&seen, "e4>e9");
		OK(events_amendments(f->store, TEXT("lcs"), TEXT("e9"), see_record, &seen, &f->fault));
		assert_seen(&seen, "e4>e9");
		OK(events_amendments(f->store, TEXT("lcs"), TEXT("e1"), see_record, &seen, &f->fault));
		assert_seen(&seen, "e2>e1 e3>e1");
		OK(events_amendments(f->store, TEXT("police"), TEXT("e1"), see_record, &seen, &f->fault));
		assert_seen(&seen, "");
		OK(events_record(f->store, TEXT("lcs"), TEXT("e3"), see_record, &seen, &f->fault));
		assert_seen(&seen, "e3>e1");
		OK(events_record(f->store, TEXT("lcs"), TEXT("e1"), see_record, &seen, &f->fault));
		assert_seen(&seen, "");
		fixture_reopen(f);
	}
}

static void an_event_that_no_longer_stands_is_in_no_history_and_no_list(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	const type_id types[] = {schema_find(TEXT("missing.started"))};
	uint64_t ref = store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", MISSING("1"));
	for (int stands = 0; stands < 2; stands++) {
		OK(events_set_standing(f->store, ref, stands, &f->fault));
		OK(events_history(f->store, PARTY_NONE, TEXT("C1"), see_event, &seen, &f->fault));
		assert_seen(&seen, stands ? "e1" : "");
		OK(events_of_types(f->store, types, 1, INSTANT_NONE, INSTANT_NEVER, see_event, &seen, &f->fault));
		assert_seen(&seen, stands ? "e1" : "");
		OK(events_record(f->store, TEXT("lcs"), TEXT("e1"), see_record, &seen, &f->fault));
		assert_seen(&seen, stands ? "e1>" : "e1>!");
		OK(events_by_ref(f->store, ref, see_event, &seen, &f->fault));
		assert_seen(&seen, "e1");
	}
}

static void merges_are_all_found(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	(void)store_event(f, "m1", "person.merged", "C1", "2020-01-01T10:00:00Z", "\"from\":\"C2\"");
	(void)store_event(f, "m2", "person.unmerged", "C1", "2020-02-01T10:00:00Z", "\"from\":\"C2\"");
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z", MISSING("1"));
	OK(events_merges(f->store, see_event, &seen, &f->fault));
	assert_seen(&seen, "m1 m2");
}

/* ---- warnings, quarantine, positions, completeness ---- */

static enum result see_warning(void *argument, const struct warning_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%llu:%.*s", seen->count++ ? " " : "", (unsigned long long)row->ref,
	              TEXT_ARG(row->field));
	return RESULT_OK;
}

static void what_was_set_aside_of_an_accepted_event_is_kept(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint64_t ref = store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z",
	                           MISSING("1") ",\"risk\":\"purple\"");
	assert_int_equal(ref, 1);
	OK(warnings_each(f->store, 1600000000 * SECOND, INSTANT_NEVER, see_warning, &seen, &f->fault));
	assert_seen(&seen, "1:data.risk");
	OK(warnings_each(f->store, INSTANT_NONE, 1600000000 * SECOND, see_warning, &seen, &f->fault));
	assert_seen(&seen, "");
}

static enum result see_quarantined(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%lld %.*s %zu %.*s %.*s", seen->count++ ? ", " : "", (long long)row->id,
	              TEXT_ARG(row->reason), row->bytes.length, TEXT_ARG(row->state), TEXT_ARG(row->note));
	return RESULT_OK;
}

static void refused_bytes_wait_in_quarantine_until_somebody_decides(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct store_figures figures;
	const char bytes[] = "{\0\xff";
	struct quarantine_row row = {
		.source_name = TEXT("spool:f:1"), .bytes = {bytes, 3}, .reason = TEXT("not JSON"), .arrived = 77};
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(store_figures(f->store, &figures, &f->fault));
	assert_int_equal(figures.quarantine_waiting, 2);
	assert_int_equal(figures.quarantine_oldest, 77);
	OK(quarantine_set(f->store, 1, TEXT("discarded"), TEXT("test data, by A"), &f->fault));
	OK(quarantine_each(f->store, true, see_quarantined, &seen, &f->fault));
	assert_seen(&seen, "2 not JSON 3 waiting ");
	OK(quarantine_get(f->store, 1, see_quarantined, &seen, &f->fault));
	assert_seen(&seen, "1 not JSON 3 discarded test data, by A");
	OK(quarantine_each(f->store, false, see_quarantined, &seen, &f->fault));
	assert_seen(&seen, "1 not JSON 3 discarded test data, by A, 2 not JSON 3 waiting ");
}

static void positions_are_kept_by_name(void **state)
{
	struct fixture *f = *state;
	bool found;
	struct position position = {TEXT("kafka:events:0"), 124, 0xfedcba9876543210u, 99};
	OK(positions_get(f->store, position.name, &position, &found, &f->fault));
	assert_false(found);
	position = (struct position){TEXT("kafka:events:0"), 124, 0xfedcba9876543210u, 99};
	OK(positions_set(f->store, &position, &f->fault));
	position.next = 125;
	OK(positions_set(f->store, &position, &f->fault));
	fixture_reopen(f);
	OK(positions_get(f->store, TEXT("kafka:events:0"), &position, &found, &f->fault));
	assert_true(found);
	assert_int_equal(position.next, 125);
	assert_true(position.fingerprint == 0xfedcba9876543210u);
	assert_int_equal(position.event_time, 99);
}

static void data_is_complete_up_to_what_the_slowest_source_has_confirmed(void **state)
{
	struct fixture *f = *state;
	instant complete, last;
	char printed[32];
	OK(sources_complete(f->store, &complete, &last, &f->fault));
	assert_true(complete == INSTANT_NONE && last == INSTANT_NONE);
	(void)store_event(f, "c1", "source.complete", "lcs", "2020-01-02T06:00:00Z",
	                  "\"up_to\":\"2020-01-02T05:00:00Z\"");
	(void)store_event(f, "c2", "source.complete", "police", "2020-01-02T06:00:00Z",
	                  "\"up_to\":\"2020-01-02T04:00:00Z\"");
	uint64_t wrong = store_event(f, "c3", "source.complete", "police", "2020-01-02T07:00:00Z",
	                             "\"up_to\":\"2020-01-02T07:00:00Z\"");
	OK(sources_complete(f->store, &complete, &last, &f->fault));
	instant_print(complete, printed);
	assert_string_equal(printed, "2020-01-02T05:00:00Z");
	assert_true(last == 1600000000 * SECOND);
	OK(events_set_standing(f->store, wrong, false, &f->fault));
	OK(sources_complete(f->store, &complete, &last, &f->fault));
	instant_print(complete, printed);
	assert_string_equal(printed, "2020-01-02T04:00:00Z");
}

static void complete_is(struct fixture *f, const char *expected)
{
	instant complete, last;
	char printed[32];
	OK(sources_complete(f->store, &complete, &last, &f->fault));
	instant_print(complete, printed);
	assert_string_equal(printed, expected);
}

static void of_several_confirmations_the_latest_holds_so_a_lower_one_takes_back(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "c2", "source.complete", "lcs", "2020-01-02T06:00:00Z",
	                  "\"up_to\":\"2020-01-02T05:00:00Z\"");
	(void)store_event(f, "c5", "source.complete", "lcs", "2020-01-02T07:00:00Z",
	                  "\"up_to\":\"2020-01-02T03:00:00Z\"");
	complete_is(f, "2020-01-02T03:00:00Z");
	(void)store_event(f, "c1", "source.complete", "lcs", "2020-01-02T06:30:00Z",
	                  "\"up_to\":\"2020-01-02T06:00:00Z\"");
	complete_is(f, "2020-01-02T03:00:00Z"); /* it came late, and was said before */
	(void)store_event(f, "c4", "source.complete", "lcs", "2020-01-02T07:00:00Z",
	                  "\"up_to\":\"2020-01-02T06:00:00Z\"");
	complete_is(f, "2020-01-02T03:00:00Z"); /* at one time the higher id holds */
	(void)store_event(f, "c6", "source.complete", "lcs", "2020-01-02T07:00:00Z",
	                  "\"up_to\":\"2020-01-02T06:30:00Z\"");
	complete_is(f, "2020-01-02T06:30:00Z");
	/* one that says more than its own time is cut to that, when it is read */
	(void)store_event(f, "c7", "source.complete", "lcs", "2020-01-02T08:00:00Z",
	                  "\"up_to\":\"2031-01-01T00:00:00Z\"");
	complete_is(f, "2020-01-02T08:00:00Z");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_childs_history_has_its_events_and_no_others),
		TEST(a_workers_history_has_events_that_name_them_and_their_own),
		TEST(the_exact_bytes_are_kept),
		TEST(the_same_record_again_is_a_duplicate_and_changes_nothing),
		TEST(the_same_record_spelled_otherwise_is_a_duplicate),
		TEST(another_record_with_a_known_id_is_a_conflict_and_changes_nothing),
		TEST(one_id_from_two_sources_is_two_events),
		TEST(a_duplicate_within_one_transaction_is_found),
		TEST(thousands_of_random_ids_are_each_known_exactly_once),
		cmocka_unit_test(a_map_of_many_hashes_gives_back_each_ref),
		cmocka_unit_test(hashes_that_are_the_same_are_all_candidates),
		TEST(events_are_found_by_source_and_id),
		TEST(lists_read_events_by_type_in_order_of_time),
		TEST(a_visitor_may_ask_for_other_events),
		TEST(a_visitor_that_fails_ends_the_visit),
		TEST(corrections_and_withdrawals_are_found_by_what_they_amend),
		TEST(an_event_that_no_longer_stands_is_in_no_history_and_no_list),
		TEST(merges_are_all_found),
		TEST(what_was_set_aside_of_an_accepted_event_is_kept),
		TEST(refused_bytes_wait_in_quarantine_until_somebody_decides),
		TEST(positions_are_kept_by_name),
		TEST(data_is_complete_up_to_what_the_slowest_source_has_confirmed),
		TEST(of_several_confirmations_the_latest_holds_so_a_lower_one_takes_back),
	};
	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}

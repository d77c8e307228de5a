/* What ops hear, and when: at once what is new or worse, in the digest what stays the same, and never nothing. */
#include "ops_world.h"

#define UNDELIVERABLE(of) ((struct ops_word){.what = OPS_UNDELIVERABLE, .key = TEXT(of), .more = 1, .about = of})
#define TOLD(id) count(w, "SELECT count(*) FROM outbox WHERE kind = 1 AND role = 'ops' AND rule = '" id "'")

/* Alerts of that number and the following, which nobody has answered. */
static void alerts_stand(struct world *w, int first, int how_many)
{
	char sql[640];
	assert_int_equal(count(w, "INSERT INTO history (id, domain, name) VALUES (1, 0, 'C1') RETURNING 1"), 1);
	(void)snprintf(sql, sizeof sql,
	               "INSERT INTO alert (number, id, history, previous, rule, rule_from, severity, key, key_text, "
	               "state, opened, closed, nights, due, reason, told, step, next, acknowledged, spent, answer, "
	               "early, evidence) WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	               "SELECT i, 'x' || i, 1, 0, 'custody.threshold', 0, 0, i, '', 0, 0, 0, 0, 0, '', 0, 2, 0, 0, 1, "
	               "0, 0, x'' FROM n RETURNING 1",
	               first, first + how_many - 1);
	assert_int_equal(count(w, sql), 1);
}

static void a_second_undeliverable_alert_within_a_minute_is_told_too(void **state)
{
	struct world *w = *state;
	say(w, "2026-02-04T10:00:00Z", UNDELIVERABLE("A-1001"));
	say(w, "2026-02-04T10:00:10Z", UNDELIVERABLE("A-1002"));
	assert_int_equal(TOLD("ops.undeliverable"), 2);
	say(w, "2026-02-04T10:00:20Z", UNDELIVERABLE("A-1002"));
	assert_int_equal(TOLD("ops.undeliverable"), 2);
	assert_wrong(w, "ops.undeliverable A-1001 1, ops.undeliverable A-1002 2");
}

static void what_stays_the_same_is_not_told_again_even_after_a_restart(void **state)
{
	struct world *w = *state;
	struct ops_word disk = {.what = OPS_DISK};
	say(w, "2026-02-04T10:00:00Z", disk);
	for (int i = 1; i < 50; i++) {
		char now[32];
		(void)snprintf(now, sizeof now, "2026-02-04T10:%02d:00Z", i);
		say(w, now, disk);
	}
	restart(w);
	say(w, "2026-02-06T10:00:00Z", disk);
	assert_int_equal(TOLD("ops.disk"), 1);
	assert_wrong(w, "ops.disk  1");
}

static void what_gets_worse_is_told_again_at_once(void **state)
{
	struct world *w = *state;
	say(w, "2026-02-04T10:00:00Z", (struct ops_word){.what = OPS_QUARANTINE, .count = 2});
	say(w, "2026-02-04T11:00:00Z", (struct ops_word){.what = OPS_QUARANTINE, .count = 2});
	say(w, "2026-02-04T12:00:00Z", (struct ops_word){.what = OPS_QUARANTINE, .count = 1});
	assert_int_equal(TOLD("ops.quarantine"), 1);
	say(w, "2026-02-04T13:00:00Z", (struct ops_word){.what = OPS_QUARANTINE, .count = 2});
	assert_int_equal(TOLD("ops.quarantine"), 2);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE payload LIKE '%2 records are set aside%worse%'"),
	                 1);
}

static void a_thousand_at_once_make_neither_silence_nor_a_thousand_mails(void **state)
{
	struct world *w = *state;
	alerts_stand(w, 1001, 1000);
	for (int i = 0; i < 1000; i++) {
		char key[16];
		(void)snprintf(key, sizeof key, "A-%d", 1001 + i);
		say(w, "2026-02-04T10:00:00Z",
		    (struct ops_word){.what = OPS_LADDER_SPENT, .key = text_of(key), .about = key});
	}
	assert_int_equal(TOLD("ops.ladder-spent"), OPS_BURST);
	tick(w, "2026-02-04T10:02:00Z");
	assert_int_equal(TOLD("ops.ladder-spent"), OPS_BURST);
	tick(w, "2026-02-04T10:06:00Z");
	assert_int_equal(TOLD("ops.ladder-spent"), OPS_BURST + 1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE payload LIKE '%990 more%'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE told < 0"), 0);
	tick(w, "2026-02-04T10:12:00Z");
	assert_int_equal(TOLD("ops.ladder-spent"), OPS_BURST + 1);
}

static void the_digest_comes_at_half_past_eight_also_when_nothing_is_wrong(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-04T10:00:00Z"); /* a new installation owes none */
	assert_int_equal(TOLD("ops.daily"), 0);
	tick(w, "2026-02-05T08:29:59Z");
	assert_int_equal(TOLD("ops.daily"), 0);
	tick(w, "2026-02-05T08:30:00Z");
	tick(w, "2026-02-05T08:31:00Z");
	assert_int_equal(TOLD("ops.daily"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE payload LIKE '%Nothing needs you%88 GB free%'"),
	                 1);
	restart(w); /* down over two mornings: one digest, of now */
	tick(w, "2026-02-07T11:00:00Z");
	assert_int_equal(TOLD("ops.daily"), 2);
}

static void in_summer_the_digest_keeps_the_council_s_clock(void **state)
{
	struct world *w = *state;
	tick(w, "2026-07-01T10:00:00Z");
	tick(w, "2026-07-02T07:29:00Z");
	assert_int_equal(TOLD("ops.daily"), 0);
	tick(w, "2026-07-02T07:30:00Z");
	assert_int_equal(TOLD("ops.daily"), 1);
}

static void the_digest_says_what_is_new_what_is_worse_and_what_has_ended(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	tick(w, "2026-02-03T10:00:00Z");
	say(w, "2026-02-03T11:25:00Z", (struct ops_word){.what = OPS_QUARANTINE, .count = 1});
	say(w, "2026-02-03T14:02:00Z", (struct ops_word){.what = OPS_MAIL_DOWN});
	assert_int_equal(TOLD("ops.mail-down"), 0); /* mail cannot tell that mail is down */
	tick(w, "2026-02-04T08:30:00Z");
	OK(ops_end(w->ops, OPS_MAIL_DOWN, TEXT_NONE, "The mail server took nothing from 14:02 to 14:14.",
	           at("2026-02-04T14:14:00Z"), &f->fault));
	say(w, "2026-02-04T15:00:00Z", (struct ops_word){.what = OPS_QUARANTINE, .count = 2});
	say(w, "2026-02-04T16:00:00Z",
	    (struct ops_word){.what = OPS_TEAM_UNREAD,
	                      .key = TEXT("west-2"),
	                      .title = "Nobody reads the list of team West 2",
	                      .meaning = "14 children are on the duty team's list instead."});
	tick(w, "2026-02-05T08:30:00Z");
	static const char *const parts[] = {
		"2 records are set aside", "Since Tue 3 Feb, 11:25.", "Worse: 1 more than yesterday.",
		"Nobody reads the list of team West 2", "New since yesterday.", "14 children are on the duty team",
		"The mail server took nothing from 14:02 to 14:14.", "2 things need you. 1 worse, 1 ended.",
	};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		char sql[512];
		(void)snprintf(sql, sizeof sql,
		               "SELECT count(*) FROM outbox WHERE rule = 'ops.daily' AND payload LIKE '%%%s%%' AND "
		               "created > %lld",
		               parts[i], (long long)at("2026-02-05T00:00:00Z"));
		if (count(w, sql) != 1)
			fail_msg("the digest does not say: %s", parts[i]);
	}
	tick(w, "2026-02-06T08:30:00Z");
	assert_int_equal(count(w,
	                       "SELECT count(*) FROM outbox WHERE rule = 'ops.daily' AND payload LIKE '%As yesterday%' "
	                       "AND payload NOT LIKE '%took nothing%'"),
	                 1);
}

static int64_t digests_that_say(struct world *w, const char *words)
{
	char sql[256];
	(void)snprintf(sql, sizeof sql,
	               "SELECT count(*) FROM outbox WHERE rule = 'ops.daily' AND payload LIKE '%%%s%%'", words);
	return count(w, sql);
}

static void tick_with_audit(struct world *w, const char *now, struct ops_audit audit)
{
	struct fixture *f = w->f;
	instant next;
	struct ops_works works = {.audit = audit, .sources = 3, .reckoned = INSTANT_NONE, .certificate = INSTANT_NEVER};
	OK(ops_tick(w->ops, &works, at(now), &next, &f->fault));
}

/* The last row's hash is in every digest, so that it is kept where nobody who can write the database can write. */
static void the_digest_says_whole_of_an_audit_that_was_read_and_of_no_other(void **state)
{
	struct world *w = *state;
	struct ops_audit read = {.at = at("2026-02-04T08:15:00Z"),
	                         .head = {.row = 104332, .hash = {{0x9f, 0x3c, 0x01, 0xd7}}}};
	struct ops_audit never = {.at = INSTANT_NONE}, broken = read;
	tick(w, "2026-02-03T10:00:00Z");
	tick_with_audit(w, "2026-02-04T08:30:00Z", read);
	assert_int_equal(digests_that_say(w, "Whole: 104,332 rows. Last row 9f3c 01d7"), 1);
	tick_with_audit(w, "2026-02-05T08:30:00Z", never);
	assert_int_equal(digests_that_say(w, "0 rows, not read through today. Last row 0000 0000"), 1);
	tick_with_audit(w, "2026-02-06T08:30:00Z", read); /* two days ago */
	assert_int_equal(digests_that_say(w, "not read through today"), 2);
	broken.at = at("2026-02-07T08:15:00Z");
	broken.wrong = true;
	tick_with_audit(w, "2026-02-07T08:30:00Z", broken);
	assert_int_equal(digests_that_say(w, "DOES NOT VERIFY"), 1);
	assert_int_equal(digests_that_say(w, "Whole"), 1);
}

static void tick_with_works(struct world *w, const char *now, instant reckoned, const char *certificate)
{
	struct fixture *f = w->f;
	instant next;
	struct ops_works works = {.audit = {.at = INSTANT_NONE}, .reckoned = reckoned, .certificate = at(certificate)};
	OK(ops_tick(w->ops, &works, at(now), &next, &f->fault));
}

/* "Every step" is said of what was reckoned, and of nothing else. */
static void the_digest_says_that_every_step_was_sent_only_where_it_was_reckoned_lately(void **state)
{
	struct world *w = *state;
	static const char every[] = "0 open, 0 without an answer. Every step that was due was sent";
	tick(w, "2026-02-03T10:00:00Z");
	tick_with_works(w, "2026-02-04T08:30:00Z", at("2026-02-04T08:01:00Z"), "2026-04-30T22:00:00Z");
	assert_int_equal(digests_that_say(w, every), 1);
	assert_int_equal(digests_that_say(w, "The next runs out on Thursday 30 April 2026"), 1);
	tick_with_works(w, "2026-02-05T08:30:00Z", at("2026-02-05T06:01:00Z"), "2026-02-04T12:00:00Z");
	assert_int_equal(digests_that_say(w, every), 1);
	assert_int_equal(digests_that_say(w, "was not reckoned in the last two hours"), 1);
	assert_int_equal(digests_that_say(w, "One ran out on Wednesday 4 February 2026"), 1);
	say(w, "2026-02-05T12:00:00Z", (struct ops_word){.what = OPS_LADDER_MISSED, .key = TEXT("A-1001"), .more = 1});
	tick_with_works(w, "2026-02-06T08:30:00Z", at("2026-02-06T08:01:00Z"), "2026-04-30T22:00:00Z");
	assert_int_equal(digests_that_say(w, every), 1);
	assert_int_equal(digests_that_say(w, "What was told late is named above"), 1);
}

static void what_only_happened_is_named_by_the_digest_once(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-03T10:00:00Z");
	say(w, "2026-02-03T11:00:00Z", (struct ops_word){.what = OPS_CLOCK_STEPPED, .more = 1});
	assert_wrong(w, "ops.clock-stepped  1");
	tick(w, "2026-02-04T08:30:00Z");
	assert_wrong(w, "");
}

static void an_end_that_comes_back_within_its_pause_is_not_told_as_new(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_word lost = {.what = OPS_SOURCE_LOST, .key = TEXT("kafka")};
	say(w, "2026-02-04T10:00:00Z", lost);
	OK(ops_end(w->ops, OPS_SOURCE_LOST, TEXT("kafka"), NULL, at("2026-02-04T10:01:00Z"), &f->fault));
	assert_wrong(w, "");
	say(w, "2026-02-04T10:02:00Z", lost);
	assert_wrong(w, "ops.source-lost kafka 1");
	assert_int_equal(TOLD("ops.source-lost"), 1);
	OK(ops_end(w->ops, OPS_SOURCE_LOST, TEXT("kafka"), NULL, at("2026-02-04T10:03:00Z"), &f->fault));
	say(w, "2026-02-04T12:02:00Z", lost);
	assert_int_equal(TOLD("ops.source-lost"), 2);
}

static size_t line_count;
static char last_line[512];

static void keep_line(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	(void)about;
	line_count++;
	(void)snprintf(last_line, sizeof last_line, "%s", line);
}

static void what_is_said_in_a_transaction_that_fails_was_not_said(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	line_count = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(keep_line);
	OK(store_begin(f->store, &f->fault));
	say(w, "2026-02-04T10:00:00Z", UNDELIVERABLE("A-1001"));
	store_rollback(f->store);
	assert_int_equal(line_count, 0);
	OK(store_begin(f->store, &f->fault));
	say(w, "2026-02-04T10:00:00Z", UNDELIVERABLE("A-1002"));
	assert_int_equal(line_count, 0);
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(line_count, 1);
	OK(ops_end(w->ops, OPS_UNDELIVERABLE, TEXT("A-1002"), NULL, at("2026-02-04T10:00:00Z"), &f->fault));
	log_set_sink(NULL);
	log_set_level(LOG_LEVEL_ERROR);
	assert_wrong(w, "");
	say(w, "2026-02-04T10:00:01Z", UNDELIVERABLE("A-1001"));
	assert_int_equal(TOLD("ops.undeliverable"), 2);
}

static void leave_no_room(struct world *w)
{
	char sql[64];
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)count(w, "PRAGMA page_count"));
	(void)count(w, sql);
}

/* What no page that is there has room for. */
static const char *too_much(void)
{
	static char much[500000];
	memset(much, 'x', sizeof much - 1);
	return much;
}

static void what_could_not_be_written_is_wrong_all_the_same_and_told_later(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_word word = {.what = OPS_DISK, .meaning = too_much()};
	leave_no_room(w);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(ops_say(w->ops, &word, at("2026-02-04T10:00:00Z"), &f->fault), RESULT_TEMPORARY);
	assert_wrong(w, "ops.disk  1");
	(void)count(w, "PRAGMA max_page_count = 100000");
	tick(w, "2026-02-04T10:05:00Z");
	assert_wrong(w, "ops.disk  1");
	assert_int_equal(TOLD("ops.disk"), 1);
}

/* Found each minute, while nothing can be written (casewatch-sim --seed 107). */
static void what_cannot_be_written_is_in_the_log_once_and_since_when_it_was_found(void **state)
{
	static const char *const minutes[] = {"2026-02-04T10:00:00Z", "2026-02-04T10:01:00Z", "2026-02-04T10:02:00Z"};
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_word word = {.what = OPS_STORE, .key = TEXT("taking"), .title = "No events are taken"};
	line_count = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(keep_line);
	leave_no_room(w);
	word.meaning = too_much();
	for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++)
		assert_int_equal(ops_say(w->ops, &word, at(minutes[i]), &f->fault), RESULT_TEMPORARY);
	assert_int_equal(line_count, 1);
	(void)count(w, "PRAGMA max_page_count = 100000");
	tick(w, "2026-02-04T13:00:00Z");
	assert_int_equal(line_count, 1);
	OK(ops_end(w->ops, OPS_STORE, TEXT("taking"), NULL, at("2026-02-04T13:00:00Z"), &f->fault));
	log_set_sink(NULL);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(line_count, 2);
	assert_string_equal(last_line, "ops.store: No events are taken: over since 13:00, after 3 hours.");
}

/* As where a hundred teams have a list each, and the disk is full when all of them fall due. */
static void of_many_things_that_cannot_be_written_each_is_in_the_log_and_told_later(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	leave_no_room(w);
	line_count = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(keep_line);
	for (int minute = 0; minute < 3; minute++)
		for (int i = 0; i < 150; i++) {
			char key[16];
			(void)snprintf(key, sizeof key, "late-list/%d", i);
			struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = text_of(key), .meaning = too_much(),
			                        .lasting = OPS_UNTIL_DIGEST};
			instant now = at("2026-02-04T10:00:00Z") + minute * MINUTE;
			assert_int_equal(ops_say(w->ops, &word, now, &f->fault), RESULT_TEMPORARY);
		}
	log_set_sink(NULL);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(line_count, 150);
	(void)count(w, "PRAGMA max_page_count = 100000");
	tick(w, "2026-02-04T10:05:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE id = 'ops.undeliverable' AND ended > 0"), 150);
	assert_int_equal(count(w, "SELECT count(DISTINCT key) FROM condition"), 150);
}

static void what_hangs_on_an_alert_goes_with_it(void **state)
{
	struct world *w = *state;
	alerts_stand(w, 1001, 1);
	say(w, "2026-02-04T10:00:00Z",
	    (struct ops_word){.what = OPS_LADDER_SPENT, .key = TEXT("A-1001"), .about = "A-1001"});
	tick(w, "2026-02-04T10:01:00Z");
	assert_wrong(w, "ops.ladder-spent A-1001 1");
	assert_int_equal(count(w, "UPDATE alert SET acknowledged = 1 RETURNING 1"), 1);
	tick(w, "2026-02-04T10:02:00Z");
	assert_wrong(w, "");
}

/* A child was erased, and its alerts with it: nobody can answer one any more. */
static void what_hangs_on_an_alert_that_is_there_no_more_is_over(void **state)
{
	struct world *w = *state;
	alerts_stand(w, 1001, 1);
	say(w, "2026-02-04T10:00:00Z", UNDELIVERABLE("A-1001"));
	tick(w, "2026-02-04T10:01:00Z");
	assert_wrong(w, "ops.undeliverable A-1001 1");
	assert_int_equal(count(w, "DELETE FROM alert WHERE number = 1001 RETURNING 1"), 1);
	tick(w, "2026-02-04T10:02:00Z");
	assert_wrong(w, "");
}

/* It is found a quarter of an hour before the digest, and looked for again a day later: between the two it is as wrong
 * as before. */
static void an_audit_that_does_not_verify_stays_wrong_after_the_digest_until_it_verifies(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct ops_word audit = {.what = OPS_STORE, .key = TEXT("audit"), .title = "The audit does not verify"};
	tick(w, "2026-02-03T10:00:00Z");
	say(w, "2026-02-04T08:15:00Z", audit);
	tick(w, "2026-02-04T08:30:00Z");
	assert_wrong(w, "ops.store audit 1");
	restart(w);
	say(w, "2026-02-05T08:15:00Z", audit);
	assert_int_equal(TOLD("ops.store"), 1); /* as yesterday: in the digest alone */
	tick(w, "2026-02-05T08:30:00Z");
	assert_int_equal(digests_that_say(w, "As yesterday."), 1);
	OK(ops_end(w->ops, OPS_STORE, TEXT("audit"), NULL, at("2026-02-06T08:15:00Z"), &f->fault));
	assert_wrong(w, "");
}

/* Of each kind: what stands is wrong for as long as it stands, and what happened is named by one digest and wrong no
 * more, so that status says neither less nor more than is so. */
static void what_stands_outlives_the_digest_and_what_happened_does_not(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-03T10:00:00Z");
	for (int what = 0; what < OPS_WHATS; what++) {
		static const enum ops_lasting each[] = {OPS_UNTIL_OVER, OPS_UNTIL_DIGEST};
		static const char *const key[] = {"stands", "happened"};
		for (size_t i = 0; i < 2; i++)
			say(w, "2026-02-03T11:00:00Z",
			    (struct ops_word){.what = (enum ops_what)what, .key = text_of(key[i]), .lasting = each[i]});
	}
	tick(w, "2026-02-04T08:30:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE key = 'stands'"), OPS_WHATS);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE key = 'happened'"), 0);
}

/* Somebody who cannot be reached, a phone with too many texts, a list that was refused: none of them is an alert. */
static void what_could_not_be_delivered_and_is_about_no_alert_is_named_by_one_digest(void **state)
{
	struct world *w = *state;
	tick(w, "2026-02-03T10:00:00Z");
	say(w, "2026-02-03T11:00:00Z", UNDELIVERABLE("p-south-1"));
	say(w, "2026-02-03T11:00:00Z", UNDELIVERABLE("texts/p-south-1"));
	say(w, "2026-02-03T11:00:00Z", UNDELIVERABLE("list/team-manager"));
	say(w, "2026-02-03T11:00:00Z", UNDELIVERABLE("by-text/p-south-1"));
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE payload LIKE '%Once more in the next daily%'"), 4);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE payload LIKE '%until the alert is%'"), 0);
	tick(w, "2026-02-03T11:01:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE ended = 9223372036854775807"), 4);
	tick(w, "2026-02-04T08:30:00Z");
	assert_wrong(w, "");
	assert_int_equal(digests_that_say(w, "4 things need you"), 1);
}

/* ---- the table ---- */

/* "See what the server answered" helps nobody whose dead-man's switch is silent. */
static void what_needs_something_else_than_others_of_its_kind_has_its_own_next_step(void **state)
{
	static const struct {
		enum ops_what what;
		const char *key, *next;
	} rows[] = {
		{OPS_STORE, "audit", "See which row does not fit"},
		{OPS_STORE, "taking", "See why nothing is taken"},
		{OPS_STORE, "ended", "See why it ended"},
		{OPS_STORE, "stamp", "Look at the time stamp service"},
		{OPS_STORE, "damaged", "Look for errors of the disk"},
		{OPS_UNDELIVERABLE, "late", "See what waits"},
		{OPS_UNDELIVERABLE, "late-critical", "Ring whoever it is for"},
		{OPS_UNDELIVERABLE, "returned", "Make the directory"},
		{OPS_UNDELIVERABLE, "returned-unwritten", "See why it cannot be written"},
		{OPS_UNDELIVERABLE, "letters", "Read the flagged mail"},
		{OPS_UNDELIVERABLE, "late-list/missing", "Ring whoever reads it"},
		{OPS_UNDELIVERABLE, "lost-list/missing/p-south-1", "Ring whoever it was for"},
		{OPS_UNDELIVERABLE, "passed-over/custody/monthly", "Make the report of each period"},
		{OPS_UNDELIVERABLE, "bounces", "Read the flagged mail"},
		{OPS_UNDELIVERABLE, "dead-man", "Look at dead-man.url"},
		{OPS_UNDELIVERABLE, "texts/p-south-1", "See what keeps alerting this person"},
		{OPS_UNDELIVERABLE, "by-text/p-south-1", "See what the server answered"},
		{OPS_UNDELIVERABLE, "notify-email", "See how the channel is"},
		{OPS_UNDELIVERABLE, "webhook", "See how the channel is"},
		{OPS_UNDELIVERABLE, "A-1001", "See what the server answered"},
		{OPS_NOBODY, "rota edt", "Put somebody on call"},
		{OPS_NOBODY, "edt", "Fill the role"},
	};
	static const char *const moments[] = {"2026-02-04T06:00:00Z", "2026-02-04T07:00:00Z", "2026-02-04T08:00:00Z"};
	struct world *w = *state;
	tick(w, "2026-02-03T10:00:00Z");
	alerts_stand(w, 1001, 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char title[32], sql[256];
		(void)snprintf(title, sizeof title, "Thing %zu is wrong", i);
		/* more of one kind at once would be gathered */
		say(w, moments[i / 8],
		    (struct ops_word){.what = rows[i].what, .key = text_of(rows[i].key), .title = title});
		(void)snprintf(sql, sizeof sql,
		               "SELECT count(*) FROM outbox WHERE payload LIKE '%%%s%%' AND payload LIKE '%%%s%%'",
		               title, rows[i].next);
		if (count(w, sql) != 1)
			fail_msg("the email of %s does not say: %s", rows[i].key, rows[i].next);
	}
	tick(w, "2026-02-04T08:30:00Z");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (digests_that_say(w, rows[i].next) != 1)
			fail_msg("the daily email does not say of %s: %s", rows[i].key, rows[i].next);
}

/* What is said of when it is heard of again holds for as long as it counts as wrong. */
static void when_it_is_heard_of_again_is_said_as_it_is(void **state)
{
	(void)state;
	for (int what = 0; what < OPS_WHATS; what++) {
		const struct ops_alert *alert = ops_alert((enum ops_what)what);
		assert_int_not_equal(alert->lasting, OPS_AS_ITS_KIND);
		assert_non_null(strstr(ops_again(alert, OPS_UNTIL_DIGEST), "nce more in the next daily email"));
		if (alert->lasting == OPS_UNTIL_ANSWERED)
			assert_non_null(strstr(alert->again, "until the alert is answered or over"));
		else if (!alert->not_by_mail)
			assert_non_null(strstr(ops_again(alert, OPS_UNTIL_OVER), "n the daily email until "));
	}
}

static void every_alert_to_ops_says_what_it_means_for_children_and_what_to_do(void **state)
{
	(void)state;
	for (int what = 0; what < OPS_WHATS; what++) {
		const struct ops_alert *alert = ops_alert((enum ops_what)what);
		assert_int_equal(alert->what, what);
		assert_ptr_equal(ops_alert_by_id(alert->id), alert);
		assert_non_null(alert->one);
		assert_non_null(alert->many);
		assert_non_null(alert->meaning);
		assert_non_null(alert->steps[0].words);
		assert_non_null(alert->again);
		assert_int_equal(strlen(alert->message_id), 32);
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789", alert->one[0]));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A server that is down for a night makes one thing of every alert: the email names some, counts all, and can be
 * read. */
static void a_digest_of_thousands_of_things_counts_them_all_and_names_what_is_new_or_worse_first(void **state)
{
	struct world *w = *state;
	char key[16];
	alerts_stand(w, 2000, 3000);
	tick(w, "2026-02-03T08:31:00Z");
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(key, sizeof key, "A-%d", 2000 + i);
		say(w, "2026-02-03T20:00:00Z",
		    (struct ops_word){.what = OPS_UNDELIVERABLE, .key = text_of(key), .more = 1});
	}
	tick(w, "2026-02-04T08:31:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.daily' AND payload LIKE '%3000 things "
	                          "need you%' AND payload LIKE '%2960 further things%'"),
	                 1);
	say(w, "2026-02-04T09:00:00Z", UNDELIVERABLE("A-4999"));
	say(w, "2026-02-04T09:00:00Z", (struct ops_word){.what = OPS_MAIL_DOWN});
	tick(w, "2026-02-05T08:31:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM outbox WHERE rule = 'ops.daily' AND payload LIKE '%3001 things "
	                          "need you. 1 worse%' AND payload LIKE '%ew since yesterday%' AND payload LIKE "
	                          "'%Worse: 1 more%' AND payload LIKE '%2961 further things%'"),
	                 1);
	assert_true(count(w, "SELECT max(length(payload)) FROM outbox") < PAYLOAD_BYTES);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_digest_of_thousands_of_things_counts_them_all_and_names_what_is_new_or_worse_first),
		TEST(a_second_undeliverable_alert_within_a_minute_is_told_too),
		TEST(what_stays_the_same_is_not_told_again_even_after_a_restart),
		TEST(what_gets_worse_is_told_again_at_once),
		TEST(a_thousand_at_once_make_neither_silence_nor_a_thousand_mails),
		TEST(the_digest_comes_at_half_past_eight_also_when_nothing_is_wrong),
		TEST(in_summer_the_digest_keeps_the_council_s_clock),
		TEST(the_digest_says_what_is_new_what_is_worse_and_what_has_ended),
		TEST(the_digest_says_whole_of_an_audit_that_was_read_and_of_no_other),
		TEST(the_digest_says_that_every_step_was_sent_only_where_it_was_reckoned_lately),
		TEST(what_only_happened_is_named_by_the_digest_once),
		TEST(an_end_that_comes_back_within_its_pause_is_not_told_as_new),
		TEST(what_is_said_in_a_transaction_that_fails_was_not_said),
		TEST(what_could_not_be_written_is_wrong_all_the_same_and_told_later),
		TEST(what_cannot_be_written_is_in_the_log_once_and_since_when_it_was_found),
		TEST(of_many_things_that_cannot_be_written_each_is_in_the_log_and_told_later),
		TEST(what_hangs_on_an_alert_goes_with_it),
		TEST(what_hangs_on_an_alert_that_is_there_no_more_is_over),
		TEST(an_audit_that_does_not_verify_stays_wrong_after_the_digest_until_it_verifies),
		TEST(what_stands_outlives_the_digest_and_what_happened_does_not),
		TEST(what_could_not_be_delivered_and_is_about_no_alert_is_named_by_one_digest),
		cmocka_unit_test(when_it_is_heard_of_again_is_said_as_it_is),
		TEST(what_needs_something_else_than_others_of_its_kind_has_its_own_next_step),
		cmocka_unit_test(every_alert_to_ops_says_what_it_means_for_children_and_what_to_do),
	};
	return cmocka_run_group_tests_name("ops", tests, NULL, NULL);
}

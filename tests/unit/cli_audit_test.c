/* `casewatch audit` and `casewatch verify`: who was told what, and whether the record of it is whole. */
#include "cli_world.h"

#include "store/audit/audit.h"

/* Beside the row of the world itself (row 1, the alert). */
static void write_rows(void)
{
	struct store *store;
	char address[] = "anna@council.example";
	char detail[256];
	assert_int_equal(store_open(in_directory("casewatch.db"), STORE_WRITE, &store, &fault), RESULT_OK);
	(void)snprintf(detail, sizeof detail,
	               "{\"purpose\":\"opened\",\"role\":\"director\",\"channel\":\"email\",\"address\":\"%s\","
	               "\"reply\":\"250 2.0.0 Ok: queued as 4XyZ\"}",
	               address);
	const struct audit_row rows[] = {
		{.at = at("2020-02-04T22:11:05Z"), .what = "message.accepted", .alert = text_of(alert_id),
	         .rule = TEXT("custody.threshold"), .subject = TEXT("C1001"), .person = TEXT("p-anna"),
	         .detail = text_of(detail)},
		{.at = at("2020-02-04T22:15:00Z"), .what = "answer.received", .alert = text_of(alert_id),
	         .subject = TEXT("C1001"), .person = TEXT("p-anna"),
	         .detail = TEXT("{\"type\":\"alert.acknowledged\",\"by\":\"director\"}"),
	         .personal = TEXT("{\"action\":\"spoke to custody sergeant\"}")},
		{.at = at("2020-02-04T22:20:00Z"), .what = "alert.opened", .alert = text_of(closed_id),
	         .rule = TEXT("contact.overdue"), .subject = TEXT("C1002"),
	         .detail = TEXT("{\"step\":1,\"tell\":[\"team-manager\"],\"reply\":\"=1+1\"}"),
	         .personal = TEXT("{\"because\":\"no decision after 2 days\"}")},
		{.at = at("2020-02-04T22:25:00Z"), .what = "page.opened", .subject = TEXT("C1001"),
	         .person = TEXT("p-ben"), .detail = TEXT("{\"page\":\"child\"}")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(audit_write(store, &rows[i], &fault), RESULT_OK);
	store_close(store);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in: %s", part, text);
}

static void an_alert_shows_who_was_told_and_what_they_answered(void **state)
{
	(void)state;
	struct said said = RUN("audit", "--alert", number);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "told p-anna (director) by email at anna@council.example, opened: 250 2.0.0 Ok");
	assert_has(said.out, "p-anna said as director: alert.acknowledged, spoke to custody sergeant");
	assert_has(said.out, ": p-anna answered first, Tue 4 Feb 2020, 22:15:00.");
	assert_lacks(said.out, "C1002");
	assert_lacks(said.out, "p-ben");
	forget(&said);
}

static void an_alert_that_nobody_answered_says_so(void **state)
{
	(void)state;
	struct said said = RUN("audit", "--subject", "C1002");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "opened, step 1, to be told: team-manager");
	assert_has(said.out, "nobody has answered.");
	assert_lacks(said.out, "C1001");
	forget(&said);
}

static void a_person_shows_what_they_did_and_were_told(void **state)
{
	(void)state;
	struct said said = RUN("audit", "--person", "p-ben");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "p-ben opened child");
	assert_lacks(said.out, "p-anna");
	forget(&said);
}

static void times_are_from_and_before(void **state)
{
	(void)state;
	struct said said = RUN("audit", "--from", "2020-02-04T22:15:00Z", "--until", "2020-02-04T22:25:00Z", "--json");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "\"row\":3,");
	assert_has(said.out, "\"row\":4,");
	assert_lacks(said.out, "\"row\":2,");
	assert_lacks(said.out, "\"row\":5,");
	forget(&said);
	said = RUN("audit", "--from", "2021-01-01T00:00:00Z");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "No row of the audit is of what was asked for.");
	forget(&said);
}

static void json_has_every_field_one_row_a_line(void **state)
{
	(void)state;
	struct said said = RUN("audit", "--alert", number, "--format", "json");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "\"personal\":{\"action\":\"spoke to custody sergeant\"}");
	assert_has(said.out, "\"erased\":false");
	assert_has(said.out, "\"hash\":\"");
	forget(&said);
}

static void csv_never_holds_a_formula(void **state)
{
	(void)state;
	struct said said = RUN("audit", "--subject", "C1002", "--format", "csv");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "row,at,what,alert,rule,subject,person,role,channel,address,server,reply,by,words,"
	                     "hash\r\n");
	assert_has(said.out, "4,2020-02-04T22:20:00Z,alert.opened,A-");
	assert_has(said.out, ",\"'=1+1\","); /* what a server said: the sign before it makes it text */
	assert_lacks(said.out, "\"=1+1");
	assert_lacks(said.out, ",=1+1");
	forget(&said);
}

static void a_page_has_the_rows_and_who_answered(void **state)
{
	(void)state;
	char bytes[16384] = "";
	struct said said = RUN("audit", "--alert", number, "--format", "html", "--out", (char *)in_directory("a.html"));
	assert_int_equal(said.status, 0);
	FILE *file = fopen(in_directory("a.html"), "r");
	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
	(void)fclose(file);
	assert_int_equal(unlink(in_directory("a.html")), 0);
	assert_has(bytes, "<th scope=\"col\">When</th>");
	assert_has(bytes, "told p-anna (director) by email");
	assert_has(bytes, "p-anna answered first");
	assert_lacks(bytes, "<script");
	forget(&said);
}

static void what_makes_no_sense_is_refused_with_what_would(void **state)
{
	(void)state;
	static const struct {
		char *arguments[6];
		const char *says;
	} wrong[] = {
		{{"casewatch", "audit", "--format", "pdf", NULL}, "it is text, csv, json or html"},
		{{"casewatch", "audit", "--format", "html", NULL}, "--out FILE and --format html go together"},
		{{"casewatch", "audit", "--from", "yesterday", NULL}, "is not a time such as"},
		{{"casewatch", "verify", "--head", "12", NULL}, "such as 104332:9f3c01d7"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct said said = run_arguments((char **)wrong[i].arguments);
		assert_int_equal(said.status, 2);
		assert_has(said.err, wrong[i].says);
		forget(&said);
	}
}

static void a_whole_audit_says_its_head(void **state)
{
	(void)state;
	struct said said = RUN("verify", "--json");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "\"whole\":true,\"rows\":5,");
	const char *head = strstr(said.out, "\"head\":\"5:");
	assert_non_null(head);
	char kept[40];
	(void)snprintf(kept, sizeof kept, "%.18s", head + 8);
	forget(&said);
	said = RUN("verify", "--head", kept);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "The audit is whole: 5 rows, the last of Tue 4 Feb 2020, 22:25.\nHead: 5:");
	forget(&said);
}

static void a_head_kept_elsewhere_shows_that_rows_were_cut_off(void **state)
{
	(void)state;
	struct said said = RUN("verify", "--head", "9:9f3c01d7");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "The audit does not verify: row 6 is missing: the audit ends at row 5, and row 9 "
	                     "was there");
	assert_has(said.out, "Keep a copy of the database");
	forget(&said);
	said = RUN("verify", "--head", "3:00000000", "--json");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "\"whole\":false,\"rows\":2,\"erased\":0,\"stamps\":0,\"row\":3,"
	                     "\"wrong\":\"row 3 is another");
	forget(&said);
}

static int begin_with_rows(void **state)
{
	int failed = begin(state);
	if (!failed)
		write_rows();
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_shows_who_was_told_and_what_they_answered),
		cmocka_unit_test(an_alert_that_nobody_answered_says_so),
		cmocka_unit_test(a_person_shows_what_they_did_and_were_told),
		cmocka_unit_test(times_are_from_and_before),
		cmocka_unit_test(json_has_every_field_one_row_a_line),
		cmocka_unit_test(csv_never_holds_a_formula),
		cmocka_unit_test(a_page_has_the_rows_and_who_answered),
		cmocka_unit_test(what_makes_no_sense_is_refused_with_what_would),
		cmocka_unit_test(a_whole_audit_says_its_head),
		cmocka_unit_test(a_head_kept_elsewhere_shows_that_rows_were_cut_off),
	};
	return cmocka_run_group_tests(tests, begin_with_rows, end);
}

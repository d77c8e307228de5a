/* What a mail says that came back: a server's report, a machine's reply, a person's letter; and an address that only
 * who was sent it can know. */
#include "base/mem.h"
#include "channel/smtp/returned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ADDRESS TEXT("bounce@council.example")
#define KEY TEXT("0123456789abcdef0123456789abcdef")
#define ID "12.00ff00ff00ff00ff"

static void address_of(const char *id, struct buffer *out)
{
	char message_id[64];
	(void)snprintf(message_id, sizeof message_id, "<%s@council.example>", id);
	assert_true(verp_write(ADDRESS, KEY, text_of(message_id), out));
}

static struct returned read_it(struct text mail)
{
	struct returned returned;
	returned_read(mail, ADDRESS, KEY, &returned);
	return returned;
}

/* ---- addresses ---- */

static void an_address_of_a_message_names_it_and_no_other(void **state)
{
	(void)state;
	struct buffer address = {0};
	char id[VERP_ID_SIZE] = "";
	address_of(ID, &address);
	assert_true(address.length < 64 + 16);
	assert_memory_equal(address.at, "bounce+" ID ".", strlen("bounce+" ID "."));
	assert_true(verp_find(ADDRESS, KEY, buffer_view(&address), id));
	assert_string_equal(id, ID);
	for (size_t i = 7; i < address.length - strlen("@council.example"); i++) {
		address.at[i] ^= 1; /* whichever character is another, it is no address of ours */
		assert_false(verp_find(ADDRESS, KEY, buffer_view(&address), id));
		address.at[i] ^= 1;
	}
	assert_false(verp_find(ADDRESS, TEXT("another key, of the same length"), buffer_view(&address), id));
	buffer_free(&address);
}

static void an_address_is_known_in_capitals_in_brackets_and_behind_what_servers_put_before_it(void **state)
{
	(void)state;
	static const char *const before[] = {
		" ", " <", "rfc822; ", "prvs=123456abcd=", "\"x\" <", "bounce+ bounce+1. "};
	struct buffer address = {0}, words = {0};
	char id[VERP_ID_SIZE];
	address_of(ID, &address);
	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
		for (int capitals = 0; capitals < 2; capitals++) {
			buffer_clear(&words);
			buffer_format(&words, "%s%s>", before[i], buffer_cstr(&address));
			for (size_t k = 0; capitals && k < words.length; k++)
				if (words.at[k] >= 'a' && words.at[k] <= 'z')
					words.at[k] = (char)(words.at[k] - 32);
			id[0] = '\0';
			assert_true(verp_find(ADDRESS, KEY, buffer_view(&words), id));
			assert_string_equal(id, ID);
		}
	buffer_free(&address);
	buffer_free(&words);
}

static void an_address_fits_into_what_mail_allows_for_the_greatest_row(void **state)
{
	(void)state;
	struct buffer out = {0};
	assert_true(verp_address_ok(TEXT("casewatch-bounces@council.example"), NULL));
	assert_false(verp_address_ok(TEXT("casewatch-bouncers@council.example"), NULL));
	assert_true(verp_write(TEXT("casewatch-bounces@council.example"), KEY,
	                       TEXT("<999999999999.00ff00ff00ff00ff@council.example>"), &out));
	assert_true(strchr(buffer_cstr(&out), '@') - out.at <= 64);
	buffer_free(&out);
	assert_false(verp_write(ADDRESS, KEY, TEXT("<somebody-elses@mail.example>"), &out));
	assert_int_equal(out.length, 0);
}

/* ---- reports ---- */

struct report {
	const char *action, *status;
	enum returned_kind kind;
};

static void put_report(struct buffer *mail, const char *to, const char *action, const char *status,
                       const char *returned)
{
	buffer_format(mail,
	              "Return-Path: <>\r\nDelivered-To: %s\r\nFrom: MAILER-DAEMON@mail.example\r\n"
	              "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
	              "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
	              "\tboundary=\"B/1.mail\"\r\n\r\nThis is a MIME message.\r\n\r\n--B/1.mail\r\n\r\nSorry.\r\n\r\n"
	              "--B/1.mail\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n"
	              "\r\nFinal-Recipient: rfc822; director@council.example\r\nAction: %s\r\nStatus: %s\r\n"
	              "Diagnostic-Code: smtp; 550 5.1.1 <director@council.example>:\r\n    no such user\r\n\r\n"
	              "--B/1.mail\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n--B/1.mail--\r\n",
	              to, action, status, returned);
}

static void a_report_says_what_became_of_the_message(void **state)
{
	(void)state;
	static const struct report reports[] = {
		{"failed", "5.1.1", RETURNED_FAILED},    {"FAILED", "4.4.7", RETURNED_FAILED},
		{"failed (no)", "5.0.0", RETURNED_FAILED}, {"delayed", "4.4.1", RETURNED_DELAYED},
		{"delivered", "2.0.0", RETURNED_DELIVERED}, {"relayed", "2.0.0", RETURNED_DELIVERED},
		{"expanded", "2.0.0", RETURNED_DELIVERED},  {"failing", "", RETURNED_UNCLEAR}};
	struct buffer address = {0};
	address_of(ID, &address);
	for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
		struct buffer mail = {0};
		put_report(&mail, buffer_cstr(&address), reports[i].action, reports[i].status, "Subject: x\r\n\r\n");
		struct returned returned = read_it(buffer_view(&mail));
		assert_int_equal(returned.kind, reports[i].kind);
		assert_string_equal(returned.id, ID);
		assert_true(returned.by_address);
		if (returned.kind != RETURNED_UNCLEAR) {
			assert_string_equal(returned.status, reports[i].status);
			assert_string_equal(returned.words, "smtp; 550 5.1.1 <director@council.example>: no such user");
		}
		buffer_free(&mail);
	}
	buffer_free(&address);
}

static void without_an_address_of_its_own_the_returned_mail_names_the_message(void **state)
{
	(void)state;
	struct buffer mail = {0};
	put_report(&mail, "casewatch@council.example", "failed", "5.1.1",
	           "Message-ID: <" ID "@council.example>\r\nSubject: x\r\n\r\nbody\r\n");
	struct returned returned = read_it(buffer_view(&mail));
	assert_int_equal(returned.kind, RETURNED_FAILED);
	assert_string_equal(returned.id, ID);
	assert_false(returned.by_address);
	buffer_clear(&mail);
	put_report(&mail, "casewatch@council.example", "failed", "5.1.1",
	           "Message-ID: <other@elsewhere.example>\r\n\r\n");
	assert_string_equal(read_it(buffer_view(&mail)).id, "");
	buffer_free(&mail);
}

/* Message-ID: <ID@council.example> */
#define RETURNED_HEAD "TWVzc2FnZS1JRDogPDEyLjAwZmYwMGZmMDBmZjAwZmZA\r\nY291bmNpbC5leGFtcGxlPg0KU3ViamVjdDogeA0KDQo="
#define STATUS                                                                                                         \
	"Reporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; director@council.example\r\n"               \
	"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"

/* Servers that speak SMTPUTF8 encode both parts for those that do not (RFC 6533 3). */
static void a_report_is_read_in_every_transfer_encoding(void **state)
{
	static const struct {
		const char *type, *encoding, *status;
	} reports[] = {
		{"message/delivery-status", "7bit", STATUS},
		{"message/delivery-status", "8BIT", STATUS},
		{"message/global-delivery-status", "binary", STATUS},
		{"message/global-delivery-status", "base64",
	         "UmVwb3J0aW5nLU1UQTogZG5zOyBtYWlsLmV4YW1wbGUNCg0KRmluYWwtUmVjaXBp\r\n"
				"ZW50OiByZmM4MjI7IGRpcmVjdG9yQGNvdW5jaWwuZXhhbXBsZQ0KQWN0aW9uOiBm\r\n"
				"YWlsZWQNClN0YXR1czogNS4xLjENCkRpYWdub3N0aWMtQ29kZTogc210cDsgNTUw\r\n"
				"IDUuMS4xIG5vIHN1Y2ggdXNlcg0KDQo=\r\n"},
		{"message/delivery-status", "BASE64",
	         "  UmVwb3J0aW5nLU1UQTogZG5zOyBtYWlsLmV4YW1wbGUNCg0KRmluYWwtUmVjaXBp\r\n"
				"ZW50OiByZmM4MjI7IGRpcmVjdG9yQGNvdW5jaWwuZXhhbXBsZQ0KQWN0aW9uOiBm\r\n"
				"YWlsZWQNClN0YXR1czogNS4xLjENCkRpYWdub3N0aWMtQ29kZTogc210cDsgNTUw\r\n"
				"IDUuMS4xIG5vIHN1Y2ggdXNlcg0KDQo=\r\n"},
		{"message/global-delivery-status", "quoted-printable",
	         "Reporting-MTA: dns; mail.example=0D=0A=0D=0AFinal-Recipient: rfc822; director=\r\n"
	         "=40council.example\r\nAct=  \r\nion: fa=69led\r\nStatus: 5.1.1\r\n"
	         "Diagnostic-Code: smtp; 550 5.1.1 no such us=\ner\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
		struct buffer mail = {0};
		buffer_format(&mail,
		              "Return-Path: <>\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
		              "--b\r\nContent-Type: %s\r\n"
		              "Content-Transfer-Encoding: %s\r\n\r\n%s--b\r\nContent-Type: message/global-headers\r\n"
		              "Content-Transfer-Encoding: base64\r\n\r\n" RETURNED_HEAD "\r\n--b--\r\n",
		              reports[i].type, reports[i].encoding, reports[i].status);
		struct returned returned = read_it(buffer_view(&mail));
		if (returned.kind != RETURNED_FAILED || strcmp(returned.status, "5.1.1") != 0)
			fail_msg("report %zu: %s, %s", i, returned_kind_name(returned.kind), returned.status);
		assert_string_equal(returned.words, "smtp; 550 5.1.1 no such user");
		assert_string_equal(returned.id, ID);
		buffer_free(&mail);
	}
}

/* What is said to be encoded and is not says nothing, and is kept for somebody to read. */
static void a_report_that_cannot_be_decoded_is_unclear(void **state)
{
	static const char *const bodies[] = {"",     "=", "====", "!!!!", "QWN0aW9uOiBmYWls", "\xff\xff\xff",
	                                     "Action= failed"};
	static const char *const encodings[] = {"base64", "quoted-printable"};
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		for (size_t k = 0; k < 2; k++) {
			struct buffer mail = {0};
			buffer_format(&mail,
			              "Content-Type: multipart/report; boundary=b\n\n"
			              "--b\nContent-Type: message/delivery-status\n"
			              "Content-Transfer-Encoding: %s\n\n%s\n--b--\n",
			              encodings[k], bodies[i]);
			char *exact = mem_copy_text(mail.at, mail.length);
			assert_int_equal(read_it((struct text){exact, mail.length}).kind, RETURNED_UNCLEAR);
			free(exact);
			buffer_free(&mail);
		}
}

static void a_forged_address_does_not_name_a_message(void **state)
{
	(void)state;
	struct buffer mail = {0};
	put_report(&mail, "bounce+12.00ff00ff00ff00ff.0000000000000000@council.example", "failed", "5.1.1", "\r\n");
	assert_string_equal(read_it(buffer_view(&mail)).id, "");
	buffer_free(&mail);
}

static void of_several_recipients_the_worst_counts(void **state)
{
	(void)state;
	struct returned returned = read_it(
		TEXT("From: a@b\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
	             "message/delivery-status\n\n"
	             "Reporting-MTA: dns; x\n\nAction: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.2.2\n\n"
	             "Action: delayed\nStatus: 4.0.0\n--b--\n"));
	assert_int_equal(returned.kind, RETURNED_FAILED);
	assert_string_equal(returned.status, "5.2.2");
}

/* ---- machines and people ---- */

static void a_reply_of_a_machine_is_neither_an_answer_nor_a_failure(void **state)
{
	(void)state;
	static const char *const heads[] = {
		"Auto-Submitted: auto-replied",
		"auto-submitted: Auto-Generated; x=y",
		"Auto-Submitted: auto-notified",
		"X-Autoreply: yes",
		"X-Autorespond: Away",
		"Precedence: auto_reply",
		"Precedence: bulk",
		"precedence: junk",
		"Subject: Automatic reply: OFFICIAL-SENSITIVE Critical alert A-1001",
		"Subject: Out of Office until Monday",
		"Content-Type: multipart/report; report-type=disposition-notification; boundary=b"};
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct buffer mail = {0};
		buffer_format(&mail,
		              "From: director@council.example\r\n%s\r\nIn-Reply-To: <" ID "@council.example>\r\n\r\n"
		              "I am away. Action: failed\r\nStatus: 5.1.1\r\n",
		              heads[i]);
		struct returned returned = read_it(buffer_view(&mail));
		assert_int_equal(returned.kind, RETURNED_AUTO_REPLY);
		assert_string_equal(returned.id, ID);
		buffer_free(&mail);
	}
}

static void a_letter_is_a_letter_and_what_a_server_sends_without_a_report_is_unclear(void **state)
{
	(void)state;
	assert_int_equal(read_it(TEXT("From: director@council.example\r\nSubject: Re: alert\r\n\r\nDone.\r\n")).kind,
	                 RETURNED_LETTER);
	assert_int_equal(read_it(TEXT("Auto-Submitted: no\r\nSubject: Re\r\n\r\nDone.\r\n")).kind, RETURNED_LETTER);
	assert_int_equal(read_it(TEXT("Return-Path: <>\r\nSubject: failure notice\r\n\r\nHi. This is qmail.\r\n")).kind,
	                 RETURNED_UNCLEAR);
	assert_int_equal(read_it(TEXT("From: MAILER-DAEMON@x\nSubject: bounce\n\n")).kind, RETURNED_UNCLEAR);
	assert_int_equal(read_it(TEXT_NONE).kind, RETURNED_LETTER);
}

/* ---- hostile ---- */

static void a_mail_of_nothing_but_parts_within_parts_ends(void **state)
{
	(void)state;
	struct buffer mail = {0};
	for (int i = 0; i < 3000; i++)
		buffer_format(&mail, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	buffer_string(&mail, "Content-Type: message/delivery-status\n\n\nAction: failed\n");
	assert_int_equal(read_it(buffer_view(&mail)).kind, RETURNED_LETTER); /* deeper than anybody looks */
	buffer_clear(&mail);
	while (mail.length < RETURNED_BYTES * 2)
		buffer_string(&mail, "To: bounce+12.00ff00ff00ff00ff.0000000000000000@council.example\n");
	assert_string_equal(read_it(buffer_view(&mail)).id, "");
	buffer_free(&mail);
}

/* Any byte may be any other, anything may be missing: it is read to its end, and says nothing that is not there. */
static void whatever_a_stranger_changes_in_a_report_is_read_without_harm(void **state)
{
	(void)state;
	struct buffer address = {0}, mail = {0};
	uint64_t random = 88172645463325252u;
	address_of(ID, &address);
	put_report(&mail, buffer_cstr(&address), "failed", "5.1.1",
	           "Message-ID: <" ID "@council.example>\r\n\r\nbody\r\n");
	for (int round = 0; round < 3000; round++) {
		char *bytes = mem_copy_text(mail.at, mail.length);
		size_t length = mail.length;
		for (int changes = 0; changes < 1 + round % 5; changes++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			size_t at = random % length;
			if (random >> 62 == 0)
				length = at + 1;
			else
				bytes[at] = "\r\n:;=\"-. \0zB"[random >> 40 & 11];
		}
		char *exact = mem_alloc(length); /* so that a byte too far is seen */
		memcpy(exact, bytes, length);
		struct returned returned = read_it((struct text){exact, length});
		assert_true(returned.id[0] == '\0' || strlen(returned.id) < VERP_ID_SIZE);
		for (const char *at = returned.words; *at; at++)
			assert_true(*at >= ' ' && *at < 0x7F);
		free(exact);
		free(bytes);
	}
	buffer_free(&address);
	buffer_free(&mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_of_a_message_names_it_and_no_other),
		cmocka_unit_test(an_address_is_known_in_capitals_in_brackets_and_behind_what_servers_put_before_it),
		cmocka_unit_test(an_address_fits_into_what_mail_allows_for_the_greatest_row),
		cmocka_unit_test(a_report_says_what_became_of_the_message),
		cmocka_unit_test(without_an_address_of_its_own_the_returned_mail_names_the_message),
		cmocka_unit_test(a_forged_address_does_not_name_a_message),
		cmocka_unit_test(a_report_is_read_in_every_transfer_encoding),
		cmocka_unit_test(a_report_that_cannot_be_decoded_is_unclear),
		cmocka_unit_test(of_several_recipients_the_worst_counts),
		cmocka_unit_test(a_reply_of_a_machine_is_neither_an_answer_nor_a_failure),
		cmocka_unit_test(a_letter_is_a_letter_and_what_a_server_sends_without_a_report_is_unclear),
		cmocka_unit_test(a_mail_of_nothing_but_parts_within_parts_ends),
		cmocka_unit_test(whatever_a_stranger_changes_in_a_report_is_read_without_harm),
	};
	return cmocka_run_group_tests_name("returned", tests, NULL, NULL);
}

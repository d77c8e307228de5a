/* What goes over the wire as a mail: encoded so that it reads back exactly, and so that no content can become a header,
 * a recipient or a part. */
#include "channel/smtp/mime.h"
#include "channel/smtp/verp.h"
#include "channel/smtp/mime_encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static struct mime_head head_for(const char *subject)
{
	return (struct mime_head){.from = TEXT("casewatch@council.example"),
	                          .from_name = TEXT("casewatch"),
	                          .to = TEXT("director@council.example"),
	                          .subject = text_of(subject),
	                          .message_id = TEXT("<1.00ff@council.example>"),
	                          .date = 1580868600 * SECOND};
}

/* A decoder of its own, from RFC 2045 6.7: a second opinion on what the encoder wrote. */
static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void decode(struct text encoded, struct buffer *out)
{
	for (size_t i = 0; i < encoded.length; i++) {
		if (encoded.at[i] != '=') {
			buffer_char(out, encoded.at[i]);
		} else if (encoded.at[i + 1] == '\r') {
			assert_int_equal(encoded.at[i + 2], '\n');
			i += 2;
		} else {
			assert_true(hex(encoded.at[i + 1]) >= 0 && hex(encoded.at[i + 2]) >= 0);
			buffer_char(out, (char)(hex(encoded.at[i + 1]) * 16 + hex(encoded.at[i + 2])));
			i += 2;
		}
	}
}

/* What a body is as text: CRLF lines, the last one ended. */
static void normalise(struct text body, struct buffer *out)
{
	for (size_t i = 0; i < body.length; i++) {
		if (body.at[i] == '\r' || body.at[i] == '\n') {
			buffer_string(out, "\r\n");
			i += body.at[i] == '\r' && i + 1 < body.length && body.at[i + 1] == '\n';
		} else {
			buffer_char(out, body.at[i]);
		}
	}
	if (out->length && out->at[out->length - 1] != '\n')
		buffer_string(out, "\r\n");
}

static void assert_wire_lines(struct text wire, size_t most)
{
	size_t start = 0;
	for (size_t i = 0; i < wire.length; i++) {
		unsigned char c = (unsigned char)wire.at[i];
		assert_true(c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c < 0x7F));
		if (c == '\r')
			assert_true(i + 1 < wire.length && wire.at[i + 1] == '\n');
		if (c == '\n') {
			assert_true(i > 0 && wire.at[i - 1] == '\r');
			assert_true(i - 1 - start <= most);
			assert_true(i - 1 == start || (wire.at[i - 2] != ' ' && wire.at[i - 2] != '\t'));
			start = i + 1;
		}
	}
	assert_int_equal(start, wire.length);
}

static void random_character(struct buffer *out)
{
	static const char *const pieces[] = {".",
	                                     "..",
	                                     "=",
	                                     "=_",
	                                     "From ",
	                                     "\n",
	                                     "\r",
	                                     "\r\n",
	                                     " ",
	                                     "\t",
	                                     "--",
	                                     "é",
	                                     "€",
	                                     "😀",
	                                     "--=_casewatch_",
	                                     "Subject: x",
	                                     "a",
	                                     "zz",
	                                     "0123456789012345678901234567890"};
	if (rand() % 4)
		buffer_string(out, pieces[(size_t)rand() % (sizeof pieces / sizeof pieces[0])]);
	else
		buffer_char(out, (char)(' ' + rand() % 95));
}

static void any_body_reads_back_exactly_through_a_decoder(void **state)
{
	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct buffer body = {0}, wire = {0}, back = {0}, wanted = {0};
		for (int i = rand() % 200; i > 0; i--)
			random_character(&body);
		mime_quoted_printable(buffer_view(&body), &wire);
		assert_wire_lines(buffer_view(&wire), 76);
		if (wire.length) {
			assert_null(strstr(wire.at, "=_"));
			assert_null(strstr(wire.at, "=0A"));
			assert_true(wire.at[0] != '.');
			assert_null(strstr(wire.at, "\n."));
			assert_null(strstr(wire.at, "\nFrom "));
		}
		decode(buffer_view(&wire), &back);
		normalise(buffer_view(&body), &wanted);
		assert_string_equal(buffer_cstr(&back), buffer_cstr(&wanted));
		buffer_free(&body);
		buffer_free(&wire);
		buffer_free(&back);
		buffer_free(&wanted);
	}
}

static void any_bytes_at_all_become_a_mail_of_ascii_lines(void **state)
{
	(void)state;
	for (int round = 0; round < 500; round++) {
		struct buffer body = {0}, wire = {0};
		for (int i = rand() % 300; i > 0; i--)
			buffer_char(&body, (char)(rand() % 256));
		struct mime_head head = head_for("OFFICIAL-SENSITIVE High alert A-1");
		assert_int_equal(mime_write(&head, buffer_view(&body), buffer_view(&body), &wire, NULL), RESULT_OK);
		assert_wire_lines(buffer_view(&wire), 76);
		buffer_free(&body);
		buffer_free(&wire);
	}
}

static void a_header_value_is_folded_and_no_character_is_split(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct buffer value = {0}, wire = {0};
		int kind = rand() % 3;
		for (int i = rand() % 120; i > 0; i--) {
			if (kind && rand() % 6 == 0)
				buffer_string(&value, rand() % 2 ? "ü" : "漢");
			else
				buffer_char(&value, (char)(rand() % 7 ? 'a' + rand() % 26 : kind == 2 ? '?' : ' '));
		}
		buffer_string(&wire, "Subject: ");
		mime_header_value(buffer_view(&value), 9, &wire);
		buffer_string(&wire, "\r\n");
		size_t start = 0;
		for (size_t i = 0; i < wire.length; i++)
			if (wire.at[i] == '\n') {
				assert_true(i - 1 - start <= 76);
				start = i + 1;
				assert_true(start == wire.length || wire.at[start] == ' ');
			}
		for (const char *word = strstr(wire.at, "=?UTF-8?Q?"); word; word = strstr(word + 1, "=?UTF-8?Q?")) {
			const char *end = strstr(word + 10, "?=");
			assert_non_null(end);
			assert_true(end + 2 - word <= 75);
			struct buffer plain = {0};
			decode((struct text){word + 10, (size_t)(end - word - 10)}, &plain);
			for (size_t i = 0; i < plain.length;) {
				size_t length = mime_utf8_length((unsigned char *)plain.at + i, plain.length - i);
				assert_true(length > 0);
				i += length;
			}
			buffer_free(&plain);
		}
		buffer_free(&value);
		buffer_free(&wire);
	}
}

static void a_plain_subject_stands_as_it_is(void **state)
{
	(void)state;
	struct buffer wire = {0};
	struct mime_head head = head_for("OFFICIAL-SENSITIVE Critical alert A-2041");
	assert_int_equal(mime_write(&head, TEXT("Told.\n"), TEXT("<p>Told.</p>\n"), &wire, NULL), RESULT_OK);
	assert_non_null(strstr(wire.at, "\r\nSubject: OFFICIAL-SENSITIVE Critical alert A-2041\r\n"));
	assert_non_null(strstr(wire.at, "Date: Wed, 05 Feb 2020 02:10:00 +0000\r\n"));
	assert_non_null(strstr(wire.at, "\r\nAuto-Submitted: auto-generated\r\n"));
	assert_non_null(strstr(wire.at, "\r\nX-Auto-Response-Suppress: RN, NRN, OOF, AutoReply\r\n"));
	assert_null(strstr(wire.at, "NDR")); /* what did not arrive is to come back */
	assert_non_null(strstr(wire.at, "\r\nMessage-ID: <1.00ff@council.example>\r\n"));
	assert_non_null(strstr(wire.at, "\r\nTo: director@council.example\r\n"));
	assert_null(strstr(wire.at, "References"));
	assert_null(strstr(wire.at, "Possible-Duplicate"));
	assert_true(strstr(wire.at, "text/plain") < strstr(wire.at, "text/html"));
	buffer_free(&wire);
}

/* What is always marked is soon read by nobody. */
static void a_critical_message_is_marked_as_important_and_no_other(void **state)
{
	(void)state;
	for (int critical = 0; critical < 2; critical++) {
		struct buffer wire = {0};
		struct mime_head head = head_for("Alert A-1");
		head.critical = critical;
		assert_int_equal(mime_write(&head, TEXT("Told.\n"), TEXT(""), &wire, NULL), RESULT_OK);
		assert_int_equal(strstr(wire.at, "\r\nImportance: high\r\n") != NULL, critical);
		buffer_free(&wire);
	}
}

static void a_later_message_of_the_alert_names_the_first(void **state)
{
	(void)state;
	struct buffer wire = {0};
	struct mime_head head = head_for("x");
	head.first_id = TEXT("<0.aa@council.example>");
	head.possible_duplicate = true;
	assert_int_equal(mime_write(&head, TEXT("Told.\n"), TEXT_NONE, &wire, NULL), RESULT_OK);
	assert_non_null(
		strstr(wire.at, "\r\nIn-Reply-To: <0.aa@council.example>\r\nReferences: <0.aa@council.example>\r\n"));
	assert_non_null(strstr(wire.at, "\r\nX-Casewatch-Possible-Duplicate: yes\r\n"));
	assert_null(strstr(wire.at, "multipart"));
	buffer_free(&wire);
}

static void a_message_id_is_made_of_its_name_and_fits_into_an_envelope_address(void **state)
{
	char id[VERP_ID_SIZE];
	(void)state;
	struct buffer a = {0}, b = {0};
	mime_message_id(TEXT("000000000000001100ff00ff00ff00ff"), TEXT("council.example"), &a);
	mime_message_id(TEXT("ffffffffffffffff0123456789abcdef"), TEXT("council.example"), &b);
	assert_true(mime_message_id_ok(buffer_view(&a)) && mime_message_id_ok(buffer_view(&b)));
	assert_string_equal(a.at, "<17.00ff00ff00ff00ff@council.example>");
	assert_true(verp_id(buffer_view(&a), id) && verp_id(buffer_view(&b), id));
	assert_string_equal(id, "73709551615.0123456789abcdef"); /* at most twelve digits of the first half */
	buffer_free(&a);
	buffer_free(&b);
}

static void refused(struct mime_head head, const char *word)
{
	struct buffer wire = {0};
	struct fault fault = {""};
	assert_int_equal(mime_write(&head, TEXT("x"), TEXT("x"), &wire, &fault), RESULT_PERMANENT);
	assert_int_equal(wire.length, 0);
	assert_non_null(strstr(fault.text, word));
	assert_null(strstr(fault.text, "evil")); /* what was refused is not repeated into a log */
}

static void a_control_character_adds_no_header_and_no_recipient(void **state)
{
	(void)state;
	static const char *const evil[] = {
		"evil\r\nBcc: a@b.example", "evil\nX: y", "evil\rX: y", "evil\x7f", "evil\x01", "evil\t"};
	for (size_t i = 0; i < sizeof evil / sizeof evil[0]; i++) {
		struct mime_head head = head_for("x");
		head.subject = text_of(evil[i]);
		refused(head, "subject");
		head = head_for("x");
		head.from_name = text_of(evil[i]);
		refused(head, "sender's name");
		head = head_for("x");
		head.to = text_of(evil[i]);
		refused(head, "recipient's address");
		head = head_for("x");
		head.from = text_of(evil[i]);
		refused(head, "sender's address");
		head = head_for("x");
		head.message_id = text_of(evil[i]);
		refused(head, "Message-ID");
		head = head_for("x");
		head.first_id = text_of(evil[i]);
		refused(head, "Message-ID");
	}
	struct mime_head head = head_for("x");
	head.subject = (struct text){"evil\0hidden", 11};
	refused(head, "subject");
}

static void an_address_is_one_plain_mailbox(void **state)
{
	(void)state;
	static const char *const good[] = {"a@b", "team.manager+north@council.example", "o'neill@x-y.example",
	                                   "1@1.example"};
	static const char *const bad[] = {"",
	                                  "a",
	                                  "@b",
	                                  "a@",
	                                  "a@b@c",
	                                  "a b@c.example",
	                                  "a@b..c",
	                                  ".a@b.c",
	                                  "a.@b.c",
	                                  "a..b@c.d",
	                                  "a@-b.c",
	                                  "a@b-.c",
	                                  "a@b.c.",
	                                  "a@[127.0.0.1]",
	                                  "<a@b.c>",
	                                  "\"a b\"@c.d",
	                                  "a@b,c@d.e",
	                                  "é@b.c",
	                                  "a@bé.example",
	                                  "a@b.c> SIZE=1",
	                                  "a(x)@b.c",
	                                  "a@b_c.com",
	                                  "a;b@c.d",
	                                  "a@b c",
	                                  "a\r\n@b.c",
	                                  "a@b.c\r\nRCPT TO:<x@y.z>"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(mime_address_ok(text_of(good[i]), NULL));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *why = NULL;
		assert_false(mime_address_ok(text_of(bad[i]), &why));
		assert_non_null(why);
	}
	char name[400];
	memset(name, 'a', sizeof name);
	(void)snprintf(name + 64, sizeof name - 64, "@b.example");
	assert_true(mime_address_ok(text_of(name), NULL));
	memset(name, 'a', 65);
	(void)snprintf(name + 65, sizeof name - 65, "@b.example");
	assert_false(mime_address_ok(text_of(name), NULL));
}

int main(void)
{
	const char *given = getenv("TEST_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	(void)printf("mime_test: TEST_SEED=%u\n", seed);
	srand(seed);
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_body_reads_back_exactly_through_a_decoder),
	        cmocka_unit_test(any_bytes_at_all_become_a_mail_of_ascii_lines),
	        cmocka_unit_test(a_header_value_is_folded_and_no_character_is_split),
	        cmocka_unit_test(a_plain_subject_stands_as_it_is),
	        cmocka_unit_test(a_critical_message_is_marked_as_important_and_no_other),
	        cmocka_unit_test(a_later_message_of_the_alert_names_the_first),
	        cmocka_unit_test(a_message_id_is_made_of_its_name_and_fits_into_an_envelope_address),
	        cmocka_unit_test(a_control_character_adds_no_header_and_no_recipient),
	        cmocka_unit_test(an_address_is_one_plain_mailbox),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Certificates: until when they hold, of a file and as servers showed them. */
#include "channel/certificates.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Made with openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test. */
#include "certificates_data.h"

static char path[] = "/tmp/casewatch-certificates-XXXXXX";

static void write_file(const char *first, const char *second)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file, "words before it\n%s\n%s\n", first, second);
	(void)fclose(file);
}

static void a_file_holds_until_its_first_and_its_last_run_out(void **state)
{
	struct certificates_hold hold;
	struct fault fault;
	(void)state;
	write_file(ends_first, ends_last);
	assert_int_equal(certificates_of_file(path, &hold, &fault), RESULT_OK);
	assert_int_equal(hold.count, 2);
	assert_int_equal(hold.first, END_OF_FIRST * SECOND);
	assert_int_equal(hold.last, END_OF_SECOND * SECOND);
}

static void a_file_without_any_says_nothing(void **state)
{
	struct certificates_hold hold;
	struct fault fault;
	(void)state;
	write_file("", "");
	assert_int_equal(certificates_of_file(path, &hold, &fault), RESULT_OK);
	assert_int_equal(hold.count, 0);
	assert_int_equal(hold.first, INSTANT_NEVER);
	assert_int_equal(certificates_of_file("/nowhere", &hold, &fault), RESULT_PERMANENT);
	assert_int_equal(certificates_of_pem("no certificate"), INSTANT_NEVER);
}

static void note(void *argument, const char *server, instant until)
{
	struct buffer *seen = argument;
	buffer_format(seen, "%s %lld;", server, (long long)(until / SECOND));
}

static void a_server_is_known_by_what_it_showed_last(void **state)
{
	struct buffer seen = {0};
	(void)state;
	certificates_note_seen("mail.example.org:587", certificates_of_pem(ends_first));
	assert_true(certificates_of_pem(ends_soon) < certificates_of_pem(ends_first));
	certificates_note_seen("other.example.org:25", 7 * SECOND);
	certificates_note_seen("mail.example.org:587", certificates_of_pem(ends_last));
	certificates_each_seen(note, &seen);
	char expected[128];
	(void)snprintf(expected, sizeof expected, "mail.example.org:587 %lld;other.example.org:25 7;",
	               (long long)END_OF_SECOND);
	assert_string_equal(buffer_cstr(&seen), expected);
	buffer_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_holds_until_its_first_and_its_last_run_out),
		cmocka_unit_test(a_file_without_any_says_nothing),
		cmocka_unit_test(a_server_is_known_by_what_it_showed_last),
	};
	int file = mkstemp(path);
	if (file < 0)
		return 1;
	(void)close(file);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}

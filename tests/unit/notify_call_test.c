/* Calls of GOV.UK Notify: who may call, and what a call says. */
#include "channel/http/notify_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN TEXT("a-token-of-twenty-two")
#define BEARER TEXT("Bearer a-token-of-twenty-two")
#define CALL(status)                                                                                                   \
	TEXT("{\"id\":\"740e5834-3a29-46b4-9a6f-16142fde533a\",\"reference\":\"casewatch-12@example.org\","            \
	     "\"to\":\"07700900123\",\"status\":\"" status "\",\"created_at\":\"2026-11-28T12:15:30.000000Z\","        \
	     "\"completed_at\":null,\"sent_at\":null,\"notification_type\":\"sms\",\"template_id\":\"x\","             \
	     "\"template_version\":1}")

static void only_who_has_the_token_is_heard(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		int status;
	} rows[] = {{"Bearer a-token-of-twenty-two", 200}, {"bearer a-token-of-twenty-two ", 200},
	            {"Bearer a-token-of-twenty-tw", 401},  {"Bearer a-token-of-twenty-twoo", 401},
	            {"Bearer A-token-of-twenty-two", 401}, {"Basic a-token-of-twenty-two", 401},
	            {"a-token-of-twenty-two", 401},        {"", 401}};
	struct notify_call call;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(notify_call_read(TOKEN, text_of(rows[i].header), CALL("delivered"), &call),
		                 rows[i].status);
	assert_int_equal(notify_call_read(TEXT_NONE, TEXT("Bearer "), CALL("delivered"), &call), 401);
}

static void a_call_says_what_became_of_which_message(void **state)
{
	(void)state;
	static const struct {
		const char *status;
		enum channel_outcome outcome;
	} rows[] = {{"delivered", CHANNEL_ACCEPTED},          {"permanent-failure", CHANNEL_PERMANENT},
	            {"temporary-failure", CHANNEL_PERMANENT}, {"technical-failure", CHANNEL_TEMPORARY},
	            {"sending", CHANNEL_GIVEN},               {"a-new-word", CHANNEL_GIVEN}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct notify_call call;
		struct buffer body = {0};
		buffer_format(&body, "{\"status\":\"%s\",\"more\":[{\"status\":\"x\"}],\"reference\":\"r-1\"}",
		              rows[i].status);
		assert_int_equal(notify_call_read(TOKEN, BEARER, buffer_view(&body), &call), 200);
		assert_int_equal(call.reply.outcome, rows[i].outcome);
		assert_string_equal(call.reference, "r-1");
		buffer_free(&body);
	}
}

static void what_is_no_call_is_refused(void **state)
{
	(void)state;
	static const char *const bodies[] = {"",      "[]",  "{}", "{\"status\":1}", "{\"status\":\"delivered\"",
	                                     "null",  "{\"status\":\"delivered\"}x",
	                                     "{\"status\":\"delivered\",\"status\":\"sent\"}", "\xff"};
	struct notify_call call;
	struct buffer large = {0};
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		assert_int_equal(notify_call_read(TOKEN, BEARER, text_of(bodies[i]), &call), 400);
	while (large.length <= NOTIFY_CALL_BYTES)
		buffer_string(&large, "{\"status\":\"delivered\"}");
	assert_int_equal(notify_call_read(TOKEN, BEARER, buffer_view(&large), &call), 413);
	buffer_free(&large);
	/* of somebody else's message, or of none: heard, and of nobody */
	assert_int_equal(notify_call_read(TOKEN, BEARER,
	                                  TEXT("{\"reference\":null,\"status\":\"delivered\"}"), &call), 200);
	assert_string_equal(call.reference, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_who_has_the_token_is_heard),
		cmocka_unit_test(a_call_says_what_became_of_which_message),
		cmocka_unit_test(what_is_no_call_is_refused),
	};
	return cmocka_run_group_tests_name("notify_call", tests, NULL, NULL);
}

/* What a message is called of which several machines hold the rows: nothing that may have gone loses its name, and
 * nothing goes under the name of another message. */
#include "courier_gate_world.h"

/* Two messages of one name are one to a mail server, which may throw the second away. */
static void what_is_left_of_a_message_of_which_another_machine_sent_a_part_has_a_name_of_its_own(void **state)
{
	char name[32];
	(void)state;
	open_gate(true);
	tell_two_roles();
	wait_for(bench, SECOND / 10);
	const struct asked first = script.asked[0], second = script.asked[1];
	refuse();
	wait_for(bench, SECOND / 10);
	learn(&first.row, &first.row, true); /* alone */
	wait_for(bench, MINUTE);
	assert_int_equal(script.asked_count, 3);
	assert_memory_equal(&script.asked[2].row, &second.row, sizeof second.row);
	assert_memory_equal(&script.asked[2].message, &second.row, sizeof second.row);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	(void)snprintf(name, sizeof name, "<%lld@memory.example>", (long long)last_row().id);
	assert_string_equal(last_attempt()->reference, name);
	assert_false(last_attempt()->possible_duplicate);
}

static enum result read_name(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, 64, "%.*s", TEXT_ARG(row->message_id));
	return RESULT_OK;
}

static void assert_named(const struct outbox_same *row, const char *wanted)
{
	struct fault *fault;
	char name[64] = "no such row";
	OK(outbox_find_same(bench->store, row, read_name, name, fault));
	assert_string_equal(name, wanted);
}

static void what_was_not_begun_has_the_name_by_which_it_went_elsewhere(void **state)
{
	char name[64];
	(void)state;
	open_gate(true);
	tell_two_roles();
	wait_for(bench, SECOND / 10);
	const struct asked second = script.asked[1];
	refuse();
	wait_for(bench, SECOND / 100);
	assert_named(&second.row, "");
	learn(&second.row, &second.row, true);
	(void)snprintf(name, sizeof name, "<%lld@memory.example>", (long long)last_row().id);
	assert_named(&second.row, name);
}

static void what_may_have_gone_keeps_its_name_though_it_is_put_back(void **state)
{
	char name[64];
	(void)state;
	open_gate(true);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	const struct outbox_same row = script.asked[0].row;
	refuse();
	wait_for(bench, SECOND / 100);
	learn(&row, &row, false);
	(void)snprintf(name, sizeof name, "<%lld@memory.example>", (long long)last_row().id);
	assert_named(&row, name);
	wait_for(bench, MINUTE);
	assert_true(script.asked_count > 1 && script.asked[script.asked_count - 1].doubtful);
	refuse();
	wait_for(bench, SECOND / 100);
	assert_named(&row, name);
}

static void what_was_tried_keeps_its_name_though_it_is_put_back(void **state)
{
	char name[64];
	(void)state;
	open_gate(true);
	behave(bench, 1, ANSWER_LATER, 0);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND / 10);
	permit(INSTANT_NEVER);
	wait_for(bench, MINUTE);
	assert_int_equal(script.asked_count, 2);
	refuse();
	wait_for(bench, SECOND / 100);
	(void)snprintf(name, sizeof name, "<%lld@memory.example>", (long long)last_row().id);
	assert_named(&script.asked[0].row, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE(what_is_left_of_a_message_of_which_another_machine_sent_a_part_has_a_name_of_its_own),
		SENTENCE(what_was_not_begun_has_the_name_by_which_it_went_elsewhere),
		SENTENCE(what_may_have_gone_keeps_its_name_though_it_is_put_back),
		SENTENCE(what_was_tried_keeps_its_name_though_it_is_put_back),
	};
	return cmocka_run_group_tests_name("courier_gate_names", tests, NULL, NULL);
}

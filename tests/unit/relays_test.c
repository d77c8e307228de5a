/* Several mail servers: which one is tried, and when one that was down is tried again. */
#include "channel/smtp/relays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct channel_reply down = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER, .code = 421},
				  taken = {.outcome = CHANNEL_ACCEPTED, .code = 250};

static void a_server_that_is_down_is_passed_over_and_then_tried_by_one_message(void **state)
{
	(void)state;
	struct relays *relays = relays_new();
	assert_true(relays_try(relays, 0, 1000) && relays_try(relays, 0, 1000));
	relays_learn(relays, 0, &down, 1000);
	assert_false(relays_try(relays, 0, 1000 + RELAY_PAUSE_MS - 1));
	assert_true(relays_try(relays, 1, 1001));                     /* the next is as it was */
	assert_true(relays_try(relays, 0, 1000 + RELAY_PAUSE_MS));
	assert_false(relays_try(relays, 0, 1000 + RELAY_PAUSE_MS));   /* the others wait for what comes of that one */
	relays_learn(relays, 0, &taken, 1000 + RELAY_PAUSE_MS);
	assert_true(relays_try(relays, 0, 1000 + RELAY_PAUSE_MS) && relays_try(relays, 0, 1000 + RELAY_PAUSE_MS));
	relays_free(relays);
}

static void what_is_known_of_each_server_is_its_own(void **state)
{
	(void)state;
	static const struct channel_reply others[] = {
		{.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_RECIPIENT, .code = 550},
		{.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_MESSAGE, .code = 451},
		{.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE},
	};
	struct relays *relays = relays_new();
	relays_learn(relays, 1, &down, 5000);
	relays_learn(relays, 1, &down, 6000);
	relays_learn(relays, 0, &taken, 6000);
	struct relay_health first = relays_health(relays, 0, 7000), second = relays_health(relays, 1, 7000);
	assert_true(!first.down && first.accepted == 1 && first.troubles == 0);
	assert_true(second.down && second.down_ms == 2000 && second.troubles == 2 && second.code == 421);
	relays_learn(relays, 1, &(struct channel_reply){.outcome = CHANNEL_ABANDONED}, 7000); /* the daemon stops */
	assert_true(relays_health(relays, 1, 7000).down);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) { /* whatever it said, it is there */
		relays_learn(relays, 1, &down, 8000);
		relays_learn(relays, 1, &others[i], 8000);
		assert_false(relays_health(relays, 1, 8000).down);
	}
	relays_free(relays);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_is_down_is_passed_over_and_then_tried_by_one_message),
		cmocka_unit_test(what_is_known_of_each_server_is_its_own),
	};
	return cmocka_run_group_tests_name("relays", tests, NULL, NULL);
}

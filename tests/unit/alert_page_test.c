/* The page of one alert. */
#include "desk_world.h"

/* Its page of the alert that a record of that date opened, which came at `arrived`. */
static void look_at_one_known_by_its_date(struct desk *desk, const char *subject, const char *arrived)
{
	struct world *w = desk->w;
	char alert[32], number[160], key[64];
	hear(w, arrived, "allocation.started", subject, "2020-02-01T10:00:00Z",
	     "\"role\":\"social-worker\",\"worker\":\"W1\",\"team\":\"north-3\"");
	(void)snprintf(key, sizeof key, "\"custody\":\"%s\"", subject);
	struct text bytes = event_json(w->f, "lcs", subject, "custody.threshold_met", subject, "2020-02-04T00:00:00Z",
	                               "\"timeprecision\":\"day\",", key);
	add_bytes(w, bytes, at(arrived));
	take(w, arrived);
	deliver(w);
	settle(desk);
	(void)snprintf(number, sizeof number,
	               "SELECT number FROM alert WHERE rule = 'custody.threshold' AND history = "
	               "(SELECT id FROM history WHERE name = '%s')", subject);
	(void)snprintf(alert, sizeof alert, "A-%lld", (long long)count(w, number));
	assert_int_equal(get(desk, page_alert, "p-director", alert, NULL, NULL, "2020-02-06T03:00:00Z"), 200);
	assert_says(desk, "<span class=\"l\">Recorded: </span>");
}

/* As the mails have it: the whole of its date may be when it happened. */
static void a_record_known_by_its_date_is_late_a_day_after_that_date_has_ended(void **state)
{
	struct desk *desk = *state;
	look_at_one_known_by_its_date(desk, "C1001", "2020-02-05T23:00:00Z");
	assert_silent(desk, "Late:");
	look_at_one_known_by_its_date(desk, "C1002", "2020-02-06T01:00:00Z");
	assert_says(desk, "<b>Late:</b> ");
}

#define PAGE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE(a_record_known_by_its_date_is_late_a_day_after_that_date_has_ended),
	};
	return cmocka_run_group_tests_name("alert_page", tests, NULL, NULL);
}

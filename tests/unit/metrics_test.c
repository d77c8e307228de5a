/* metrics: what Prometheus reads is what was counted, and nobody can make it grow without bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "ops/metrics.h"

static void written(struct metrics *metrics, enum metrics_format format, struct buffer *out)
{
	buffer_clear(out);
	metrics_write(metrics, format, out);
}

#define HAS(out, words) assert_non_null(strstr(buffer_cstr(out), words))
#define HAS_NOT(out, words) assert_null(strstr(buffer_cstr(out), words))

static void a_counter_is_called_as_each_format_wants(void **state)
{
	struct metrics *metrics = metrics_new();
	struct buffer out = {0};
	(void)state;
	metrics_counter(metrics, "casewatch_events_total", "Events", 12345678901);
	written(metrics, METRICS_PROMETHEUS, &out);
	HAS(&out, "# HELP casewatch_events_total Events\n# TYPE casewatch_events_total counter\n"
	          "casewatch_events_total 12345678901\n");
	HAS_NOT(&out, "# EOF");
	written(metrics, METRICS_OPEN, &out);
	HAS(&out, "# TYPE casewatch_events counter\ncasewatch_events_total 12345678901\n");
	assert_string_equal(buffer_cstr(&out) + out.length - 6, "# EOF\n");
	buffer_free(&out);
	metrics_free(metrics);
}

static void no_name_can_break_out_of_its_label(void **state)
{
	struct metrics *metrics = metrics_new();
	struct buffer out = {0};
	(void)state;
	metrics_family(metrics, METRICS_GAUGE, "casewatch_source_up", "Up");
	metrics_add_two(metrics, "part", "a\"} 1\nevil{x=\"\\", "other", "b\r\t", 1);
	written(metrics, METRICS_PROMETHEUS, &out);
	HAS(&out, "casewatch_source_up{part=\"a\\\"} 1\\nevil{x=\\\"\\\\\",other=\"b??\"} 1\n");
	HAS_NOT(&out, "\nevil");
	buffer_free(&out);
	metrics_free(metrics);
}

static void a_family_keeps_so_many_series_and_says_how_many_there_would_have_been(void **state)
{
	struct metrics *metrics = metrics_new();
	struct buffer out = {0};
	(void)state;
	metrics_family(metrics, METRICS_GAUGE, "casewatch_source_quiet_seconds", "Quiet");
	for (int i = 0; i < METRICS_SERIES_MOST + 7; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "s%d", i);
		metrics_add(metrics, "source", name, i);
	}
	metrics_gauge(metrics, "casewatch_rules", "Rules", 3);
	written(metrics, METRICS_PROMETHEUS, &out);
	HAS(&out, "{source=\"s399\"} 399\n");
	HAS_NOT(&out, "{source=\"s400\"}");
	HAS(&out, "casewatch_rules 3\n"); /* another family is not harmed */
	HAS(&out, "casewatch_metrics_series_left_out 7\n");
	buffer_free(&out);
	metrics_free(metrics);
}

static void a_histogram_counts_each_length_once_and_adds_up(void **state)
{
	struct histogram histogram = {.steps = histogram_short};
	struct metrics *metrics = metrics_new();
	struct buffer out = {0};
	(void)state;
	histogram_count(&histogram, SECOND / 1000);      /* at the step itself */
	histogram_count(&histogram, SECOND / 1000 + 1);  /* beyond it */
	histogram_count(&histogram, -5);                 /* a clock that was set back */
	histogram_count(&histogram, 11 * SECOND);        /* beyond all */
	metrics_family(metrics, METRICS_HISTOGRAM, "casewatch_commit_seconds", "Commits");
	metrics_add_histogram(metrics, "by", "x", &histogram);
	written(metrics, METRICS_PROMETHEUS, &out);
	HAS(&out, "casewatch_commit_seconds_bucket{by=\"x\",le=\"0.001\"} 2\n");
	HAS(&out, "casewatch_commit_seconds_bucket{by=\"x\",le=\"0.002\"} 3\n");
	HAS(&out, "casewatch_commit_seconds_bucket{by=\"x\",le=\"10.0\"} 3\n");
	HAS(&out, "casewatch_commit_seconds_bucket{by=\"x\",le=\"+Inf\"} 4\n");
	HAS(&out, "casewatch_commit_seconds_count{by=\"x\"} 4\n");
	HAS(&out, "casewatch_commit_seconds_sum{by=\"x\"} 11.002001\n");
	buffer_free(&out);
	metrics_free(metrics);
}

static void what_cannot_be_said_is_left_out_and_not_said_to_be_nothing(void **state)
{
	struct metrics *metrics = metrics_new();
	struct buffer out = {0};
	(void)state;
	metrics_gauge(metrics, "casewatch_audit_head_age_seconds", "Age", metrics_seconds(INSTANT_NONE));
	metrics_gauge(metrics, "casewatch_half_seconds", "Half", metrics_seconds(SECOND / 2));
	written(metrics, METRICS_PROMETHEUS, &out);
	HAS_NOT(&out, "\ncasewatch_audit_head_age_seconds ");
	HAS(&out, "casewatch_half_seconds 0.5\n");
	buffer_free(&out);
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_is_called_as_each_format_wants),
		cmocka_unit_test(no_name_can_break_out_of_its_label),
		cmocka_unit_test(a_family_keeps_so_many_series_and_says_how_many_there_would_have_been),
		cmocka_unit_test(a_histogram_counts_each_length_once_and_adds_up),
		cmocka_unit_test(what_cannot_be_said_is_left_out_and_not_said_to_be_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

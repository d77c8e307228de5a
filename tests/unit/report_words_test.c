/* A number and its noun: "1 hold", "2 holds", "0 holds", in every report, for the council that has one of each, two of
 * each, and nothing. */
#include "report_fixture.h"

#include <ctype.h>

#define MARCH "2020-03-25T10:00:00Z" /* a Wednesday of the last whole week before the report */

/* Of each kind of record one. */
static void one_of_each(struct bench *bench, int n)
{
	static const struct {
		const char *type, *key, *more;
	} records[] = {
		{"contact.received", "contact", ""},
		{"contact.decided", "contact", ",\"outcome\":\"nfa\""},
		{"referral.accepted", "referral", ""},
		{"assessment.authorised", "assessment", ",\"kind\":\"single\",\"referral\":\"R\",\"outcome\":\"nfa\""},
		{"case.stepped_up", "case", ""},
		{"stepdown.requested", "case", ""},
		{"stepdown.completed", "case", ""},
		{"cin.opened", "plan", ""},
		{"cp.started", "plan", ""},
		{"cla.started", "plan", ""},
		{"shortbreak.started", "break", ""},
		{"placement.started", "placement", ",\"regulated\":false"},
		{"custody.detained", "custody", ""},
		{"pace.bed_requested", "custody", ""},
		{"audit.completed", "audit", ",\"area\":\"Plans\",\"agrees\":false"},
		{"audit.action_raised", "action", ",\"audit\":\"A\",\"due\":\"2020-03-26\""},
		{"iro.alert_raised", "alert", ""},
		{"task.created", "task", ",\"due\":\"2020-03-26\""},
		{"indicator.reported", "indicator", ",\"value\":1,\"target\":2,\"better\":\"higher\""},
	};
	char child[32], data[80], episode[16];
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		keyed(bench, records[i].type, "C", n, MARCH, records[i].key, records[i].more);
	(void)snprintf(child, sizeof child, "C%d", n);
	(void)snprintf(data, sizeof data, "\"role\":\"personal-adviser\",\"worker\":\"W%d\"", n);
	tell(bench, "allocation.started", child, MARCH, data);
	(void)snprintf(episode, sizeof episode, "E%d", n);
	missing(bench, child, MARCH, episode);
	returned(bench, child, "2020-03-25T20:00:00Z", episode);
}

/* No noun, or one that is written with an s. */
static bool may_follow_one(const char *word, size_t length)
{
	static const char *const words[] = {"is", "was", "has", "needs", "stands", "this", "previous", "less"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == length && strncmp(word, words[i], length) == 0)
			return true;
	return length < 2 || word[length - 1] != 's';
}

static void assert_one_is_one(const char *issue, const char *text)
{
	for (const char *at = text; (at = strstr(at, "1 ")); at++) {
		const char *word = at + 2;
		size_t length = 0;
		if (at > text && (isalnum((unsigned char)at[-1]) || strchr(".,:-", at[-1])))
			continue;
		while (islower((unsigned char)word[length]) || word[length] == '-')
			length++;
		if (length && !may_follow_one(word, length) && !isalnum((unsigned char)word[length]))
			fail_msg("%s: %.40s", issue, at);
	}
}

/* "0 hold", "2 hold": each figure says what one of it is called. */
static void assert_many_are_many(const char *issue, const struct config_report *report, const char *text)
{
	for (size_t i = 0; i < report->figure_count; i++)
		for (int number = 0; number <= 2 && report->figures[i].one; number += 2) {
			char wrong[80];
			(void)snprintf(wrong, sizeof wrong, "%d %s", number, report->figures[i].one);
			const char *at = strstr(text, wrong);
			bool whole = at && !isalpha((unsigned char)at[strlen(wrong)]);
			if (whole && (at == text || !isalnum((unsigned char)at[-1])))
				fail_msg("%s: %.40s", issue, at);
		}
}

static void numbers_agree(struct bench *bench)
{
	complete_to(bench, "2020-04-01T04:52:00Z");
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *list = &config->lists[i];
		if (!list->report || list->by_person)
			continue;
		struct page page = report_page_of(bench, list->id, DUE, "Reader");
		char *text = in_one_line(page.text.at);
		assert_one_is_one(list->id, text);
		assert_one_is_one(list->id, buffer_cstr(&page.subject));
		assert_many_are_many(list->id, list->report, text);
		assert_many_are_many(list->id, list->report, buffer_cstr(&page.subject));
		free(text);
		page_free(&page);
	}
}

static void of_nothing_numbers_agree_with_their_nouns(void **state)
{
	numbers_agree(*state);
}

static void of_one_of_each_numbers_agree_with_their_nouns(void **state)
{
	one_of_each(*state, 1);
	numbers_agree(*state);
}

static void of_two_of_each_numbers_agree_with_their_nouns(void **state)
{
	one_of_each(*state, 1);
	one_of_each(*state, 2);
	numbers_agree(*state);
}

/* The test itself: it finds what it is for. */
static void a_noun_that_does_not_agree_is_found(void **state)
{
	(void)state;
	assert_true(may_follow_one("hold", 4));
	assert_true(may_follow_one("is", 2));
	assert_false(may_follow_one("holds", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_noun_that_does_not_agree_is_found),
		cmocka_unit_test_setup_teardown(of_nothing_numbers_agree_with_their_nouns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_one_of_each_numbers_agree_with_their_nouns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(of_two_of_each_numbers_agree_with_their_nouns, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}

/* layout: a text part as the references lay it out. */
#include "text/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect(const char *source, const char *wanted)
{
	struct buffer out = {0};
	layout_text(text_of(source), &out);
	assert_string_equal(buffer_cstr(&out), wanted);
	buffer_free(&out);
}

static void a_paragraph_is_broken_at_72_columns(void **state)
{
	(void)state;
	expect("For the Director of Children's Care. Sent Wednesday 5 February 2020, 02:10. If nobody answers by "
	       "02:40, the "
	       "Director of Children's Services is told.\n",
	       "For the Director of Children's Care. Sent Wednesday 5 February 2020,\n02:10. If nobody answers by "
	       "02:40, the "
	       "Director of Children's Services\nis told.\n");
}

static void a_heading_is_in_capitals(void **state)
{
	(void)state;
	expect("# High alert A-2011: answer by the end of Friday 31 January\n",
	       "HIGH ALERT A-2011: ANSWER BY THE END OF FRIDAY 31 JANUARY\n");
	expect("# What happened (happened; recorded)\n", "WHAT HAPPENED (happened; recorded)\n");
}

static void strong_words_are_in_capitals(void **state)
{
	(void)state;
	expect("**One episode was late.** It began\n  Recorded **Late**, Wed 29 Jan\n",
	       "ONE EPISODE WAS LATE. It began\n  Recorded LATE, Wed 29 Jan\n");
}

static void a_row_of_stars_stays(void **state)
{
	(void)state;
	expect("**********\n**warning**\n**********\n", "**********\nWARNING\n**********\n");
}

static void a_bullet_hangs(void **state)
{
	(void)state;
	expect("* C1019, TS, 13. Missing since: 3 days; Sun 2 Feb, time not known. From and risk: Placement PL-31; "
	       "Risk not "
	       "recorded.",
	       "* C1019, TS, 13. Missing since: 3 days; Sun 2 Feb, time not known. From\n  and risk: Placement PL-31; "
	       "Risk not "
	       "recorded.\n");
}

static void facts_stand_in_a_column(void **state)
{
	(void)state;
	expect("Child:\tC1001\nBed asked for:\tNot recorded\n\t4 hours ago\nA very long label:\tx\n",
	       "Child:             C1001\nBed asked for:     Not recorded\n                   4 hours ago\n"
	       "A very long label: x\n");
	expect("Child:\tC1001\nA label that no rule may have:\tx\n", /* it stands out, and the others keep their
	                                                                 column */
	       "Child:         C1001\nA label that no rule may have: x\n");
	expect("Held at:\tNorthgate police station, the one behind the old market hall and the river\n",
	       "Held at:       Northgate police station, the one behind the old market\n               hall and the "
	       "river\n");
}

static void a_numbered_item_hangs_and_a_command_can_be_copied(void **state)
{
	(void)state;
	expect("1. Ask the performance team to have it sent again with its time. Out of hours, ring somebody else.\n\n"
	       "> casewatch quarantine release 12 --with fixed.json --person p-ops --reason 'time added'\n",
	       "1. Ask the performance team to have it sent again with its time. Out of\n   hours, ring somebody "
	       "else.\n\n"
	       "   casewatch quarantine release 12 --with fixed.json --person p-ops \\\n     --reason 'time added'\n");
}

static void a_long_label_breaks_nothing(void **state)
{
	(void)state;
	expect("Answer:\thttps://casewatch.council.example/a/"
	       "0123456789012345678901234567890123456789012345678901234567\n",
	       "Answer:        "
	       "https://casewatch.council.example/a/0123456789012345678901234567890123456789012345678901234567\n");
}

static void an_address_is_never_broken(void **state)
{
	(void)state;
	expect("See https://casewatch.council.example/a/0123456789012345678901234567890123456789012345678901234567 "
	       "now\n",
	       "See\nhttps://casewatch.council.example/a/"
	       "0123456789012345678901234567890123456789012345678901234567\nnow\n");
}

static void a_table_keeps_its_columns(void **state)
{
	(void)state;
	expect("  4 Nov    0\n 18 Nov    1 #\n", "  4 Nov    0\n 18 Nov    1 #\n");
}

static void empty_lines_become_one(void **state)
{
	(void)state;
	expect("\n\n a\n   \n\n\nb\n\n\n", " a\n\nb\n");
	expect("", "");
	expect("\n \n", "");
}

static void columns_are_letters_not_bytes(void **state)
{
	(void)state;
	expect("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 123456789 123456789 "
	       "123456789 "
	       "123456789 123456789 123456789 1\n",
	       "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 123456789 123456789 "
	       "123456789 "
	       "123456789 123456789 123456789 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_paragraph_is_broken_at_72_columns),
		cmocka_unit_test(a_heading_is_in_capitals),
		cmocka_unit_test(strong_words_are_in_capitals),
		cmocka_unit_test(a_bullet_hangs),
		cmocka_unit_test(a_row_of_stars_stays),
		cmocka_unit_test(a_numbered_item_hangs_and_a_command_can_be_copied),
		cmocka_unit_test(facts_stand_in_a_column),
		cmocka_unit_test(a_long_label_breaks_nothing),
		cmocka_unit_test(an_address_is_never_broken),
		cmocka_unit_test(a_table_keeps_its_columns),
		cmocka_unit_test(empty_lines_become_one),
		cmocka_unit_test(columns_are_letters_not_bytes),
	};
	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}

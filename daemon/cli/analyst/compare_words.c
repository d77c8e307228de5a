/* compare_words: a comparison of two rule sets as JSON lines, words and a page: the summary first, then the list. */
#include "cli/analyst/compare.h"

#include "cli/analyst/page.h"
#include "time/words.h"

static const char *const lines[DIFFERENCES] = {"alert.lost", "alert.added", "alert.earlier", "alert.later"};
static const char *const words[DIFFERENCES] = {"only here", "only there", "earlier there", "later there"};

/* ---- JSON lines ---- */

static void put_counts(struct json_writer *json, const uint64_t *counts, uint64_t night_here, uint64_t night_there)
{
	json_put_integer(json, "only_here", (int64_t)counts[DIFFERENCE_ONLY_HERE]);
	json_put_integer(json, "only_there", (int64_t)counts[DIFFERENCE_ONLY_THERE]);
	json_put_integer(json, "earlier", (int64_t)counts[DIFFERENCE_EARLIER]);
	json_put_integer(json, "later", (int64_t)counts[DIFFERENCE_LATER]);
	json_put_integer(json, "night_here", (int64_t)night_here);
	json_put_integer(json, "night_there", (int64_t)night_there);
}

static void print_row(struct cli *cli, const struct compare_row *row)
{
	struct buffer out = {0};
	char month[16];
	struct json_writer json = json_writer_on(&out);
	(void)snprintf(month, sizeof month, "%04d-%02d", row->year % 10000, row->month % 100);
	json_object(&json);
	json_put_string(&json, "what", "comparison.row");
	json_put_string(&json, "rule", row->rule);
	json_put_string(&json, "month", month);
	json_put_string(&json, "recipient", row->role);
	put_counts(&json, row->counts, row->night_here, row->night_there);
	json_object_end(&json);
	cli_print_json(cli, &out);
}

static void print_difference(struct cli *cli, const struct compare_difference *difference)
{
	const struct compared *item = difference->there ? difference->there : difference->here;
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "what", lines[difference->what]);
	json_put_instant(&json, "at", item->at);
	if (difference->here && difference->there)
		json_put_instant(&json, "here_at", difference->here->at);
	json_put_string(&json, "rule", item->rule);
	json_put_string(&json, "subject", item->subject);
	json_put_string(&json, "alert", item->alert);
	json_put_string(&json, "severity", severity_name(item->severity));
	json_key(&json, "tell");
	json_array(&json);
	for (size_t i = 0; i < item->role_count; i++)
		json_string(&json, item->roles[i]);
	json_array_end(&json);
	if (item->night)
		json_put_bool(&json, "night", true);
	if (item->shadow)
		json_put_bool(&json, "shadow", true);
	json_put_string(&json, "because", item->because);
	json_object_end(&json);
	cli_print_json(cli, &out);
}

void compare_print_json(struct cli *cli, const struct comparison *comparison)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_string(&json, "what", "comparison");
	json_put_integer(&json, "here", (int64_t)comparison->here.count);
	json_put_integer(&json, "there", (int64_t)comparison->there.count);
	put_counts(&json, comparison->totals, comparison->night_here, comparison->night_there);
	json_object_end(&json);
	cli_print_json(cli, &out);
	for (size_t i = 0; i < comparison->row_count; i++)
		print_row(cli, &comparison->rows[i]);
	for (size_t i = 0; i < comparison->count; i++)
		print_difference(cli, &comparison->differences[i]);
}

/* ---- words ---- */

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void put_totals(const struct comparison *comparison, struct buffer *out)
{
	buffer_format(
		out,
		"Alerts: %zu here, %zu there: %llu only here, %llu only there, %llu earlier there, %llu later there.\n",
		comparison->here.count, comparison->there.count,
		(unsigned long long)comparison->totals[DIFFERENCE_ONLY_HERE],
		(unsigned long long)comparison->totals[DIFFERENCE_ONLY_THERE],
		(unsigned long long)comparison->totals[DIFFERENCE_EARLIER],
		(unsigned long long)comparison->totals[DIFFERENCE_LATER]);
	buffer_format(out, "Told at night (22:00 to 08:00): %llu here, %llu there.\n",
	              (unsigned long long)comparison->night_here, (unsigned long long)comparison->night_there);
}

static void put_month(const struct compare_row *row, struct buffer *out)
{
	buffer_format(out, "%s %d", months[row->month - 1], row->year);
}

static void put_night(const struct compare_row *row, struct buffer *out)
{
	buffer_format(out, "%llu, %llu", (unsigned long long)row->night_here, (unsigned long long)row->night_there);
}

static void put_time(const struct zone *zone, instant at, struct buffer *out)
{
	words_moment(zone, (struct words_moment){.at = at}, WORDS_TABLE_YEAR, out);
}

static void put_roles(const struct compared *item, struct buffer *out)
{
	for (size_t i = 0; i < item->role_count; i++)
		buffer_format(out, "%s%s", i ? ", " : "", item->roles[i]);
}

static void print_summary(struct cli *cli, const struct comparison *comparison)
{
	static const char *const titles[] = {"Rule",       "Month",   "Recipient", "Only here",
	                                     "Only there", "Earlier", "Later",     "At night: here, there",
	                                     NULL};
	struct cli_table table = {.titles = titles};
	struct buffer cell = {0};
	for (size_t i = 0; i < comparison->row_count; i++) {
		const struct compare_row *row = &comparison->rows[i];
		cli_table_add(&table, text_of(row->rule));
		put_month(row, &cell);
		cli_table_add_buffer(&table, &cell);
		cli_table_add(&table, text_of(row->role));
		for (size_t k = 0; k < DIFFERENCES; k++) {
			buffer_format(&cell, "%llu", (unsigned long long)row->counts[k]);
			cli_table_add_buffer(&table, &cell);
		}
		put_night(row, &cell);
		cli_table_add_buffer(&table, &cell);
	}
	cli_table_print(cli, &table);
	buffer_free(&cell);
}

static void print_list(struct cli *cli, const struct zone *zone, const struct comparison *comparison)
{
	static const char *const titles[] = {"When", "What", "Rule", "Subject", "Told", "Because", NULL};
	struct cli_table table = {.titles = titles};
	struct buffer cell = {0};
	for (size_t i = 0; i < comparison->count; i++) {
		const struct compare_difference *difference = &comparison->differences[i];
		const struct compared *item = difference->there ? difference->there : difference->here;
		put_time(zone, item->at, &cell);
		cli_table_add_buffer(&table, &cell);
		buffer_string(&cell, words[difference->what]);
		if (difference->here && difference->there) {
			buffer_string(&cell, ", here ");
			put_time(zone, difference->here->at, &cell);
		}
		cli_table_add_buffer(&table, &cell);
		cli_table_add(&table, text_of(item->rule));
		cli_table_add(&table, text_of(item->subject));
		put_roles(item, &cell);
		buffer_string(&cell, item->shadow ? " (shadow)" : item->night ? " (at night)" : "");
		cli_table_add_buffer(&table, &cell);
		cli_table_add(&table, text_of(item->because));
	}
	cli_table_print(cli, &table);
	buffer_free(&cell);
}

void compare_print_words(struct cli *cli, const struct zone *zone, const struct comparison *comparison)
{
	struct buffer out = {0};
	put_totals(comparison, &out);
	if (!comparison->count)
		buffer_string(&out, "Both tell the same.\n");
	buffer_char(&out, '\n');
	cli_print(cli, &out);
	if (comparison->row_count)
		print_summary(cli, comparison);
	buffer_string(&out, comparison->count ? "\nIn order of time\n" : "");
	cli_print(cli, &out);
	if (comparison->count)
		print_list(cli, zone, comparison);
}

/* ---- a page ---- */

static void page_summary(const struct comparison *comparison, struct buffer *out)
{
	static const char *const titles[] = {
		"Rule", "Month", "Told", "Only here", "Only there", "Earlier", "Later", "At night: here, there", NULL};
	struct buffer cell = {0};
	uint64_t most = 0;
	for (size_t i = 0; i < comparison->row_count; i++)
		for (size_t k = 0; k < 2; k++)
			most = comparison->rows[i].counts[k] > most ? comparison->rows[i].counts[k] : most;
	page_heading(out, "By rule, month and who is told");
	page_table_begin(out, titles);
	for (size_t i = 0; i < comparison->row_count; i++) {
		const struct compare_row *row = &comparison->rows[i];
		page_row_begin(out);
		page_cell(out, titles[0], text_of(row->rule));
		put_month(row, &cell);
		page_cell(out, titles[1], buffer_view(&cell));
		buffer_clear(&cell);
		page_cell(out, titles[2], text_of(row->role));
		page_bar(out, titles[3], (int64_t)row->counts[DIFFERENCE_ONLY_HERE], (int64_t)most);
		page_bar(out, titles[4], (int64_t)row->counts[DIFFERENCE_ONLY_THERE], (int64_t)most);
		page_number(out, titles[5], (int64_t)row->counts[DIFFERENCE_EARLIER]);
		page_number(out, titles[6], (int64_t)row->counts[DIFFERENCE_LATER]);
		put_night(row, &cell);
		page_cell(out, titles[7], buffer_view(&cell));
		buffer_clear(&cell);
		page_row_end(out);
	}
	page_table_end(out);
	buffer_free(&cell);
}

static void page_list(const struct zone *zone, const struct comparison *comparison, struct buffer *out)
{
	static const char *const titles[] = {"When", "What", "Rule", "Subject", "Told", "Because", NULL};
	struct buffer cell = {0};
	page_heading(out, "In order of time");
	page_table_begin(out, titles);
	for (size_t i = 0; i < comparison->count; i++) {
		const struct compare_difference *difference = &comparison->differences[i];
		const struct compared *item = difference->there ? difference->there : difference->here;
		page_row_begin(out);
		put_time(zone, item->at, &cell);
		page_cell(out, titles[0], buffer_view(&cell));
		buffer_clear(&cell);
		buffer_string(&cell, words[difference->what]);
		if (difference->here && difference->there) {
			buffer_string(&cell, ", here ");
			put_time(zone, difference->here->at, &cell);
		}
		page_cell(out, titles[1], buffer_view(&cell));
		buffer_clear(&cell);
		page_cell(out, titles[2], text_of(item->title ? item->title : item->rule));
		page_cell(out, titles[3], text_of(item->subject));
		put_roles(item, &cell);
		buffer_string(&cell, item->shadow ? " (shadow)" : item->night ? " (at night)" : "");
		page_cell(out, titles[4], buffer_view(&cell));
		buffer_clear(&cell);
		page_cell(out, titles[5], text_of(item->because));
		page_row_end(out);
	}
	page_table_end(out);
	buffer_free(&cell);
}

void compare_print_page(const struct zone *zone, const struct comparison *comparison, struct buffer *out)
{
	struct buffer totals = {0};
	page_begin(out, "What the changed rules would add and lose");
	put_totals(comparison, &totals);
	page_paragraph(out, buffer_view(&totals));
	buffer_free(&totals);
	if (comparison->row_count)
		page_summary(comparison, out);
	if (comparison->count)
		page_list(zone, comparison, out);
	else
		page_paragraph(out, TEXT("Both tell the same."));
	page_end(out);
}

/* A report of a test's own events: read, rendered, and printed for good, as the daemon does it. */
#ifndef CASEWATCH_TESTS_REPORT_FIXTURE_H
#define CASEWATCH_TESTS_REPORT_FIXTURE_H

#include "list_fixture.h"

#include "report/lists.h"
#include "report/report_out.h"
#include "report/report_page.h"

#include <stdlib.h>

struct page {
	struct buffer subject, text, html, csv, json;
	bool fell_back;
};

static inline void page_free(struct page *page)
{
	buffer_free(&page->subject);
	buffer_free(&page->text);
	buffer_free(&page->html);
	buffer_free(&page->csv);
	buffer_free(&page->json);
}

static inline const struct config_list *issue_of(const char *id)
{
	const struct config_list *found = lists_find(config->lists, config->list_count, text_of(id));
	if (!found)
		fail_msg("no issue %s", id);
	return found;
}

static struct period report_told; /* of which it tells; `next` 0: the last whole one before it is due */
static const char *report_made;   /* when the full one after one that was not complete is made; NULL: it is no such */
static const char *report_person; /* whose list is read; NULL: everybody's */
/* How they answer by a link; NULL: not. */
static void (*report_link)(void *context, const struct list_alert *alert, struct buffer *out);

/* Reads it as due at `due`. The caller frees with list_facts_free. */
static inline struct list_facts *report_read_at(struct bench *bench, const char *id, const char *due)
{
	enum result result;
	struct list_request request = {.database = bench->f->path, .rules = config->rules, .zone = bench->view.zone,
	                               .list = issue_of(id), .as_of = at(due), .due = at(due), .last = at(due) - HOUR,
	                               .go_live = INSTANT_NONE, .calendar = config->calendar,
	                               .directory = config->directory, .person = text_of(report_person),
	                               .told = report_told};
	if (report_made) {
		request.as_of = at(report_made);
		request.full = true;
	}
	bring_up_to_date(bench);
	struct list_facts *facts = list_facts_read(&request, &result, &bench->fault);
	if (!facts)
		fail_msg("%s", bench->fault.text);
	return facts;
}

static inline struct list_view report_view(struct bench *bench, const char *id, const char *due, const char *role)
{
	(void)bench;
	return (struct list_view){.zone = calendar_zone(config->calendar), .list = issue_of(id),
	                          .directory = config->directory, .role_title = role, .due = at(due),
	                          .next = at(due) + 24 * HOUR, .link = report_link,
	                          .asked = report_told.next != 0};
}

static inline struct page report_page_of(struct bench *bench, const char *id, const char *due, const char *role)
{
	struct page page = {0};
	struct fault fault = {{0}};
	struct list_facts *facts = report_read_at(bench, id, due);
	struct list_view view = report_view(bench, id, due, role);
	struct template_set *templates = template_load("conf/templates", &fault);
	lists_render_facts(facts, &view, templates, &page.subject, &page.text, &page.html, &page.fell_back, &fault);
	if (page.fell_back)
		fail_msg("%s: %s", id, fault.text);
	struct list *list = list_new(facts, &view);
	report_csv(list, &page.csv);
	report_json(list, &page.json);
	list_free(list);
	template_free(templates);
	list_facts_free(facts);
	buffer_char(&page.text, '\0');
	buffer_char(&page.html, '\0');
	return page;
}

/* As the daemon does when it makes the rows: the figures are kept. */
static inline void report_print(struct bench *bench, const char *id, const char *due)
{
	struct fixture *f = bench->f;
	struct list_facts *facts = report_read_at(bench, id, due);
	OK(store_begin(f->store, &f->fault));
	OK(report_print_figures(facts->report, issue_of(id), TEXT_NONE, f->store, &f->fault));
	OK(store_commit(f->store, &f->fault));
	list_facts_free(facts);
}

/* With single blanks: where lines are broken is not what is asked. */
static inline char *in_one_line(const char *text)
{
	struct buffer line = {0};
	for (const char *c = text; *c; c++)
		if (*c != ' ' && *c != '\n')
			buffer_char(&line, *c);
		else if (line.length && line.at[line.length - 1] != ' ')
			buffer_char(&line, ' ');
	buffer_char(&line, '\0');
	return line.at;
}

static inline bool says(const struct page *page, const char *words)
{
	char *text = in_one_line(page->text.at), *wanted = in_one_line(words);
	bool found = strstr(text, wanted) != NULL;
	free(text);
	free(wanted);
	return found;
}

static inline void assert_said(const struct page *page, const char *words)
{
	if (!says(page, words))
		fail_msg("not said: %s\n%s", words, page->text.at);
}

static inline void assert_not_said(const struct page *page, const char *words)
{
	if (says(page, words))
		fail_msg("said: %s\n%s", words, page->text.at);
}

/* Of the first line, of a table or list, that begins with `label`: the rest, its further lines too. */
static inline void assert_line(const struct page *page, const char *label, const char *wanted)
{
	const char *found = NULL, *end;
	for (const char *c = page->text.at; (c = strstr(c, label)) && !found; c++)
		if (c == page->text.at || c[-1] == '\n')
			found = c + strlen(label);
	if (!found)
		fail_msg("no line %s\n%s", label, page->text.at);
	for (end = found; *end && !(end[0] == '\n' && strncmp(end + 1, "  ", 2) != 0); end++)
		continue;
	struct buffer rest = {0};
	buffer_text(&rest, text_trim((struct text){found, (size_t)(end - found)}));
	char *said = in_one_line(buffer_cstr(&rest));
	assert_string_equal(said, wanted);
	free(said);
	buffer_free(&rest);
}

/* Where a page differs from its reference, and why it may: tests/data/look/README.md. */
struct look_change {
	const char *designed, *said;
};

/* The styles for print are those of most reports. */
static const struct look_change look_print[] = {
	{".page { max-width: none; } .os", ".page { max-width: none; } .page > tbody > tr > td { padding-bottom: 0 "
                                           "!important; } .os"},
	{"    @media (max-width: 700px) {",
         "    @media (max-width: 340px) { table.data { font-size: 13px; } table.data th, "
         "table.data td { padding-right: 3px; } }\n    @media (max-width: 700px) {"},
	{"table.data { font-size: 9.5pt; }", "table.data { font-size: 9.5pt !important; break-inside: avoid; }"},
};

static inline void look_put(struct buffer *page, const struct look_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer changed = {0};
		const char *at = buffer_cstr(page), *found = strstr(at, changes[i].designed);
		if (!found && changes == look_print)
			continue;
		if (!found)
			fail_msg("the reference has no \"%s\"", changes[i].designed);
		buffer_add(&changed, at, (size_t)(found - at));
		buffer_string(&changed, changes[i].said);
		buffer_string(&changed, found + strlen(changes[i].designed));
		buffer_free(page);
		*page = changed;
	}
}

/* The HTML part is the reference's, byte for byte, but for `changes`; as far as `end`, or all of it (NULL). */
static inline void assert_look(const struct page *page, const char *path, const struct look_change *changes,
                               size_t count, const char *end)
{
	char read[65536];
	struct buffer wanted = {0};
	FILE *stream = fopen(path, "r");
	assert_non_null(stream);
	for (size_t got; (got = fread(read, 1, sizeof read, stream)) > 0;)
		buffer_add(&wanted, read, got);
	(void)fclose(stream);
	look_put(&wanted, look_print, sizeof look_print / sizeof *look_print);
	look_put(&wanted, changes, count);
	const char *cut = end ? strstr(page->html.at, end) : NULL;
	const char *whole = buffer_cstr(&wanted), *cut_too = end ? strstr(whole, end) : NULL;
	assert_true(!end || (cut && cut_too));
	struct buffer said = {0};
	buffer_add(&said, page->html.at, cut ? (size_t)(cut - page->html.at) : strlen(page->html.at));
	if (cut_too)
		wanted.at[cut_too - wanted.at] = '\0';
	const char *a = buffer_cstr(&said), *b = whole;
	size_t at = 0;
	while (a[at] && a[at] == b[at])
		at++;
	if (a[at] || b[at]) /* the whole page would hide where they part */
		fail_msg("%s, at %zu: said \"%.120s\", wanted \"%.120s\"", path, at, a + at, b + at);
	buffer_free(&said);
	buffer_free(&wanted);
}

/* With CASEWATCH_KEEP=DIR what was rendered is kept, to be looked at in a browser. */
static inline void keep_look(const struct page *page, const char *issue)
{
	const char *directory = getenv("CASEWATCH_KEEP");
	char path[200], name[60];
	if (!directory)
		return;
	(void)snprintf(name, sizeof name, "%s", issue);
	*strchr(name, '/') = '-';
	(void)snprintf(path, sizeof path, "%s/%s.html", directory, name);
	FILE *stream = fopen(path, "we");
	assert_non_null(stream);
	(void)fputs(page->html.at, stream);
	fclose(stream);
}

#define DUE "2020-04-01T05:00:00Z" /* 06:00 on Wednesday 1 April 2020 */

/* An event of child PREFIXn with a key of its own. */
static inline void keyed(struct bench *bench, const char *type, const char *prefix, int number, const char *time,
                  const char *key, const char *more)
{
	char child[48], data[200];
	(void)snprintf(child, sizeof child, "%.20s%d", prefix, number);
	(void)snprintf(data, sizeof data, "\"%s\":\"%s-%d\"%s", key, prefix, number, more);
	tell(bench, type, child, time, data);
}

static inline void counted_from(struct bench *bench, const char *type, const char *prefix, int count, const char *time)
{
	for (int i = 0; i < count; i++)
		keyed(bench, type, prefix, i, time, "plan", "");
}

/* The issue as due then, on complete data. */
static inline struct page march_report(struct bench *bench, const char *issue)
{
	complete_to(bench, "2020-04-01T04:52:00Z");
	struct page page = report_page_of(bench, issue, DUE, "Reader");
	keep_look(&page, issue);
	return page;
}

#endif

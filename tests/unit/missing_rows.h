/* missing_rows: what a reference of the daily list holds (tests/data/look/daily-missing-*.tsv), as rows of the
 * registers that the list is read from. For missing_look_test.c alone. */
#ifndef CASEWATCH_TESTS_MISSING_ROWS_H
#define CASEWATCH_TESTS_MISSING_ROWS_H

#include "store_fixture.h"

#include "base/log.h"
#include "config/config.h"
#include "report/list.h"
#include "store/registers/registers.h"
#include "store/store_internal.h"
#include "time/words.h"

#define LOOK "tests/data/look/"
#define AS_OF "2020-02-05T07:30:00Z"
#define LAST "2020-02-04T07:30:00Z"
#define DAY (24 * HOUR)

/* A list as a .tsv beside the reference holds it: one row a line, the section first. */
struct bench {
	struct fixture *f;
	struct template_set *templates;
	struct directory directory;
	struct team teams[16];
	struct list_view view;
	struct list_facts *facts;
	struct arena *arena;
	struct text weeks[4000];
	size_t week_count, episodes;
	const char *order[600];       /* section, child: the page's own order */
	size_t order_count;
	bool by_hand; /* the page's figures do not follow from its rows: they are put in as they stand */
	char **hand[400];             /* its lines */
	size_t hand_count;
	struct buffer subject, text, html;
};

static struct config *config;

static instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static char *read_file(const char *path)
{
	FILE *stream = fopen(path, "re");
	if (!stream)
		fail_msg("%s is missing: run the tests from the top of the checkout", path);
	struct buffer content = {0};
	char chunk[8192];
	size_t got;
	while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
		buffer_add(&content, chunk, got);
	fclose(stream);
	buffer_char(&content, '\0');
	return content.at;
}

/* ---- rows of the registers ---- */

static void run(struct bench *bench, const char *format, ...) PRINTF_LIKE(2, 3);
static void run(struct bench *bench, const char *format, ...)
{
	char *sql = NULL;
	va_list arguments;
	va_start(arguments, format);
	assert_true(vasprintf(&sql, format, arguments) > 0);
	va_end(arguments);
	if (sqlite3_exec(bench->f->store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(bench->f->store->database), sql);
	free(sql);
}

struct moment {
	instant at;
	bool by_date;
};

/* An episode of a child; end.at INSTANT_NONE: it is open. */
static void add_episode(struct bench *bench, const char *child, struct moment start, struct moment end, bool settled)
{
	run(bench,
	    "INSERT INTO register_missing_episode (child, episode, opened, opened_by_date, missing, missing_by_date,"
	    " started_as, kind) VALUES ('%s', 'E%zu', %lld, %d, %lld, %d, 'missing', 'missing')",
	    child, bench->episodes, (long long)start.at, start.by_date, (long long)start.at, start.by_date);
	if (end.at != INSTANT_NONE)
		run(bench,
		    "UPDATE register_missing_episode SET closed = %lld, closed_by_date = %d, closed_by = "
		    "'missing.ended',"
		    " closed_recorded = %lld, closed_arrived = %lld WHERE episode = 'E%zu'",
		    (long long)end.at, end.by_date, (long long)end.at, (long long)end.at, bench->episodes);
	if (settled)
		run(bench,
		    "UPDATE register_missing_episode SET declined = %lld, declined_by_date = 0 WHERE episode = 'E%zu'",
		    (long long)end.at + HOUR, bench->episodes);
	bench->episodes++;
}

static const char *team_id(const struct bench *bench, const char *title)
{
	return title[0] == '-' && bench->view.team ? bench->view.team->id : title;
}

static bool is_known(struct bench *bench, const char *child)
{
	struct buffer sql = {0};
	sqlite3_stmt *rows;
	buffer_format(&sql, "SELECT 1 FROM register_child WHERE child = '%s'", child);
	assert_int_equal(sqlite3_prepare_v2(bench->f->store->database, buffer_cstr(&sql), -1, &rows, NULL), SQLITE_OK);
	bool known = sqlite3_step(rows) == SQLITE_ROW;
	(void)sqlite3_finalize(rows);
	buffer_free(&sql);
	return known;
}

static void add_child(struct bench *bench, const char *child, const char *initials, int age, const char *team)
{
	if (is_known(bench, child))
		return;
	run(bench, "INSERT INTO register_child (child, initials, date_of_birth) VALUES ('%s', '%s', '%d-01-15')", child,
	    initials, 2020 - age);
	run(bench,
	    "INSERT INTO register_allocation (child, role, worker, team, opened) VALUES ('%s', 'social-worker', 'W', "
	    "'%s',"
	    " 0)",
	    child, team_id(bench, team));
}

static struct moment moment(char **cells)
{
	return (struct moment){at(cells[0]), cells[1][0] == '1'};
}

static const struct moment NONE = {INSTANT_NONE, false};

static void add_now(struct bench *bench, char **cells)
{
	struct moment since = moment(cells + 5);
	add_episode(bench, cells[2], since, NONE, false);
	run(bench, "UPDATE register_missing_episode SET place = '%s' WHERE episode = 'E%zu'", cells[7],
	    bench->episodes - 1);
	if (cells[8][0] != '-')
		run(bench, "UPDATE register_missing_episode SET placement = '%s' WHERE episode = 'E%zu'", cells[8],
		    bench->episodes - 1);
	if (strcmp(cells[9], "risk") != 0)
		run(bench, "UPDATE register_missing_episode SET risk = '%s' WHERE episode = 'E%zu'", cells[9],
		    bench->episodes - 1);
}

/* It lasted an hour, or a day where only dates are known; longest() makes it longer where the page says so. */
static void add_returned(struct bench *bench, char **cells, bool back)
{
	struct moment end = moment(cells + 5);
	struct moment start = {end.at - (end.by_date ? DAY : HOUR), end.by_date};
	add_episode(bench, cells[2], start, end, false);
	if (back && cells[7][0] != '-')
		run(bench, "UPDATE register_missing_episode SET held = %lld, held_by_date = 0 WHERE episode = 'E%zu'",
		    (long long)at(cells[7]), bench->episodes - 1);
}

static void add_often(struct bench *bench, char **cells)
{
	civil_day day;
	if (day_parse(text_of(cells[6]), &day))
		run(bench, "UPDATE register_child SET vpg_discussed = %lld WHERE child = '%s'", (long long)day * DAY,
		    cells[2]);
	if (atoi(cells[8])) {
		run(bench, "INSERT INTO history (id, domain, name) VALUES (%s, 0, '%s')", cells[8], cells[2]);
		run(bench,
		    "INSERT INTO alert (number, id, history, previous, rule, rule_from, severity, key, key_text, state,"
		    " opened, closed, nights, due, reason, told, step, next, acknowledged, spent, answer, early, "
		    "evidence) VALUES"
		    " (%s, 'x', %s, 0, 'missing.vpg-referral', 0, 1, 0, '', 0, 0, 0, 0, 0, '', 0, 1, 0, 0, 0, 0, 0, "
		    "x'')",
		    cells[8], cells[8]);
	}
}

static int64_t number_of(struct bench *bench, const char *format, const char *child)
{
	struct buffer sql = {0};
	sqlite3_stmt *rows;
	buffer_format(&sql, "%s '%s'", format, child);
	assert_int_equal(sqlite3_prepare_v2(bench->f->store->database, buffer_cstr(&sql), -1, &rows, NULL), SQLITE_OK);
	int64_t number = sqlite3_step(rows) == SQLITE_ROW ? sqlite3_column_int64(rows, 0) : 0;
	(void)sqlite3_finalize(rows);
	buffer_free(&sql);
	return number;
}

/* Episodes of long ago, until the child's figures are those of the page. */
static void add_figures(struct bench *bench, char **cells)
{
	const char *child = cells[2];
	int wanted[3] = {atoi(cells[4]), atoi(cells[5]), atoi(cells[6])}, days[3] = {20, 60, 200};
	int have = (int)number_of(bench, "SELECT count(*) FROM register_missing_episode WHERE child =", child);
	instant longest = atoi(cells[7]) * HOUR, now = at(AS_OF), start = now - 500 * DAY;
	bool older = false;
	civil_day interview;
	for (int i = 0; i < 3; i++)
		for (; have < wanted[i]; have++, older = true) {
			start = now - days[i] * DAY - have * HOUR;
			add_episode(bench, child, (struct moment){start, false}, (struct moment){start + MINUTE, false},
			            true);
		}
	bool by_date = cells[8][0] == '1', held = day_parse(text_of(cells[9]), &interview);
	if (!older) { /* none of these days is left over: what else the page says is of the year before */
		start = now - 500 * DAY;
		add_episode(bench, child, (struct moment){start, false}, (struct moment){start + MINUTE, false}, true);
	}
	if (!by_date)
		run(bench, "UPDATE register_missing_episode SET closed = %lld WHERE episode = 'E%zu'",
		    (long long)(start + longest), bench->episodes - 1);
	if (held && !number_of(bench, "SELECT count(held) FROM register_missing_episode WHERE child =", child))
		run(bench, "UPDATE register_missing_episode SET held = %lld, held_by_date = 1 WHERE episode = 'E%zu'",
		    (long long)interview * DAY, bench->episodes - 1);
}

static void add_unread(struct bench *bench, char **cells)
{
	add_child(bench, cells[1], "", 14, bench->view.team->id);
	run(bench,
	    "INSERT INTO quarantine (source_name, bytes, reason, event_id, event_source, arrived, state, note) VALUES"
	    " ('x', CAST('{\"type\":\"missing.started\",\"subject\":\"%s\"}' AS BLOB), 'time is missing', '', '', "
	    "%lld, 'waiting', '')",
	    cells[1], (long long)at(cells[2]));
}

#endif

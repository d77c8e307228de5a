/* reader_people: teams, roles and rules in SQL, and what casewatch keeps of its own work as views. */
#include "report/reader_internal.h"

#include "rules/alert.h"
#include "time/words.h"

#include <stdlib.h>

static struct reader *reader_of(sqlite3_context *context)
{
	return sqlite3_user_data(context);
}

static void answer_string(sqlite3_context *context, const char *words)
{
	if (words)
		sqlite3_result_text(context, words, -1, SQLITE_TRANSIENT);
}

/* ---- teams ---- */

static const char allocations[] = "SELECT team FROM allocation WHERE child = ?1 AND opened <= ?2"
				  " AND (closed IS NULL OR closed > ?2) AND team IS NOT NULL"
				  " ORDER BY role <> 'social-worker', opened, role, worker";

/* The child's first team at that time that the directory knows, social workers' first; NULL: none. False: it cannot be
 * read, which is the answer: a child of whom nobody knows is not one without a team. */
static bool team_at(sqlite3_context *context, sqlite3_value **values, const struct team **found)
{
	struct reader *reader = reader_of(context);
	int status = SQLITE_OK;
	*found = NULL;
	if (!reader->directory)
		return true;
	if (!reader->allocations)
		status = sqlite3_prepare_v2(reader->database, allocations, -1, &reader->allocations, NULL);
	if (status == SQLITE_OK)
		status = sqlite3_bind_value(reader->allocations, 1, values[0]);
	if (status == SQLITE_OK)
		status = sqlite3_bind_value(reader->allocations, 2, values[1]);
	while (!*found && (status == SQLITE_OK || status == SQLITE_ROW)) {
		status = sqlite3_step(reader->allocations);
		if (status == SQLITE_ROW)
			*found = directory_team(reader->directory,
			                        text_of((const char *)sqlite3_column_text(reader->allocations, 0)));
	}
	(void)sqlite3_reset(reader->allocations);
	if (status == SQLITE_ROW || status == SQLITE_DONE)
		return true;
	sqlite3_result_error(context, sqlite3_errstr(status), -1);
	sqlite3_result_error_code(context, status);
	return false;
}

/* team_at(child, at): the title of the team that held the child then: "North 3", "No team" */
static void say_team(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct team *team;
	if (!reader_lacks(count, values, 2) && team_at(context, values, &team))
		answer_string(context, team ? team->title : "No team");
}

/* team_id_at(child, at): its id; '' is no team */
static void say_team_id(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct team *team;
	if (!reader_lacks(count, values, 2) && team_at(context, values, &team))
		answer_string(context, team ? team->id : "");
}

/* service_at(child, at): the title of the service the team is of: the team above all others */
static void say_service(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct reader *reader = reader_of(context);
	const struct team *team;
	if (reader_lacks(count, values, 2) || !team_at(context, values, &team))
		return;
	const struct team *above = team;
	for (size_t depth = 0; above && depth < 32; depth++) {
		team = above;
		above = team->parent ? directory_team(reader->directory, text_of(team->parent)) : NULL;
	}
	answer_string(context, team ? team->title : "No service");
}

/* role_title(role), setting_title(code): as people read them */
static void say_role(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1))
		return;
	const char *role = (const char *)sqlite3_value_text(values[0]);
	answer_string(context, reader->directory ? directory_role_title(reader->directory, role) : role);
}

/* key_of(value): as `key` of alerts has it */
static void reckon_key(sqlite3_context *context, int count, sqlite3_value **values)
{
	if (!reader_lacks(count, values, 1))
		sqlite3_result_int64(context,
		                     (int64_t)alert_key_of(text_of((const char *)sqlite3_value_text(values[0]))));
}

bool reader_people_functions(struct reader *reader)
{
	static const struct {
		const char *name;
		int count;
		void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
	} functions[] = {{"team_at", 2, say_team},
	                 {"team_id_at", 2, say_team_id},
	                 {"service_at", 2, say_service},
	                 {"role_title", 1, say_role},
	                 {"key_of", 1, reckon_key}};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (sqlite3_create_function_v2(reader->database, functions[i].name, functions[i].count, SQLITE_UTF8,
		                               reader, functions[i].call, NULL, NULL, NULL) != SQLITE_OK)
			return false;
	return true;
}

/* ---- casewatch's own work ---- */

/* By the indexes, which have the rows that are of an alert: unless that is said, too, all there are are gone through
 * for each alert. */
#define OF_OUTBOX "FROM main.outbox o WHERE o.number = a.number AND o.number > 0 AND "
#define OF_AUDIT "FROM main.audit u WHERE u.number = a.number AND u.number > 0 AND "

/* A row that was damaged says nothing; casewatch verify says which. */
#define OF_DETAIL(ROW, NAME) "json_extract(iif(json_valid(" ROW ".detail), " ROW ".detail, '{}'), '$." NAME "')"

/* Messages by which somebody is asked. One that was muted when it opened is first told by being asked again. */
#define ASKS "o.purpose IN ('opened', 'escalated', 'asked-again', 'passed-on')"
/* The alert's own page or the one to answer on: that it stood on a board is no reading of it, nor is a row of which
 * nobody knows any more what was opened. */
#define IS_OPENED "u.what = 'page.opened' AND json_valid(u.detail) AND " OF_DETAIL("u", "page") " IS NOT 'board'"
/* An answer is a person's or a role's; what ends an alert by itself names neither. One by which it ended, and that
 * proved wrong, was none: it opened again. */
#define IS_ANSWER                                                                                                      \
	"(u.what = 'alert.acknowledged' OR (u.what = 'alert.resolved' AND"                                             \
	" coalesce(" OF_DETAIL("u", "person") ", " OF_DETAIL("u", "by") ") IS NOT NULL"                    \
	" AND NOT EXISTS (SELECT 1 FROM main.audit w WHERE w.number = a.number AND w.number > 0"                       \
	" AND w.what = 'alert.opened' AND w.id > u.id)))"
/* One that was withdrawn never was one. Of several that the same person and role gave at that instant any counts; of
 * one of which it is not on record how it came nothing is known that speaks against it. */
#define SAME(NAME) " AND " OF_DETAIL("r", NAME) " IS " OF_DETAIL("u", NAME)
#define STANDS                                                                                                         \
	"coalesce((SELECT max(NOT EXISTS (SELECT 1 FROM main.amendment m JOIN main.event c ON c.id = m.event"          \
	" JOIN main.event_type k ON k.id = c.type WHERE m.source = " OF_DETAIL("r", "source") ""                 \
	" AND m.target = " OF_DETAIL("r", "id") " AND c.flags & 1 AND k.name = 'event.withdrawn'))"              \
	" FROM main.audit r WHERE r.number = a.number AND r.number > 0 AND r.what = 'answer.received'"                 \
	" AND r.at = u.at AND " OF_DETAIL("r", "type") " = u.what" SAME("by") SAME("person") "), 1)"

#define OF_EVENT(NAME) "json_extract(CAST(event_json(e.id, e.packed, e.bytes) AS TEXT), '$." NAME "')"

/* One row an alert that was told, shadow and early warnings apart: `answered` is the first answer that was not
 * withdrawn; `told` when a server first took a message. The numbers are those of the enums in rules/alert.h and
 * store/outbox/outbox.h. */
const char reader_work_views[] =
	"CREATE TEMP TABLE rule_word (rule TEXT PRIMARY KEY, title TEXT, family TEXT, about_child INTEGER,"
	" restricted INTEGER) WITHOUT ROWID;\n"
	"CREATE TEMP VIEW alert_work AS SELECT a.number AS number, a.id AS id, h.name AS child, h.domain AS of, "
	"h.domain = 0 AND coalesce(w.about_child, 1) AS about_child, coalesce(w.restricted, 0) AS restricted,"
	" a.rule AS rule, coalesce(w.title, a.rule) AS title, w.family AS family,"
	" CASE a.severity WHEN 0 THEN 'critical' WHEN 1 THEN 'high' ELSE 'normal' END AS severity,"
	" a.severity AS severity_order, a.opened AS opened,"
	" CASE WHEN a.state <> 0 THEN a.closed END AS ended, a.state = 0 AS stands, a.state = 2 AS withdrawn,"
	" a.due AS due, a.step AS step, a.acknowledged AS acknowledged, a.review_at AS review_at, a.spent AS spent,"
	" CASE WHEN a.next BETWEEN 1 AND 4000000000000000 THEN a.next END AS next, a.key AS key,"
	" (SELECT min(o.sent) " OF_OUTBOX "o.kind = 0 AND o.sent > 0) AS told,"
	" (SELECT min(o.created) " OF_OUTBOX ASKS ") AS first_told,"
	" (SELECT min(u.at) " OF_AUDIT IS_ANSWER " AND " STANDS ") AS answered,"
	" (SELECT count(*) " OF_AUDIT "u.what = 'alert.asked_again') AS asked_again,"
	" (SELECT max(u.at) " OF_AUDIT "u.what = 'alert.asked_again') AS last_asked_again,"
	" (SELECT count(*) " OF_AUDIT "u.what = 'alert.passed_on') AS passed_on,"
	" (SELECT min(u.at) " OF_AUDIT "u.what = 'alert.escalated') AS climbed,"
	" (SELECT min(u.at) " OF_AUDIT "u.what = 'alert.opened') AS made,"
	" (SELECT min(u.at) " OF_AUDIT IS_OPENED ") AS page_opened"
	" FROM main.alert a JOIN main.history h ON h.id = a.history LEFT JOIN rule_word w ON w.rule = a.rule"
	" WHERE a.early = 0 AND a.shadow = 0;\n"
	/* One row a message about an alert. */
	"CREATE TEMP VIEW messages AS SELECT o.id AS id, o.number AS number, o.kind AS kind, o.purpose AS purpose,"
	" o.step AS step, o.role AS role, o.person AS person, o.created AS created,"
	" CASE WHEN o.sent > 0 THEN o.sent END AS sent, o.state IN (2, 3) AS accepted, o.state = 5 AS failed"
	" FROM main.outbox o WHERE o.number > 0;\n"
	/* One row a record of a type that lists read, as it came; what was corrected or withdrawn does not stand. */
	"CREATE TEMP VIEW records AS SELECT e.id AS id, t.name AS type, h.name AS subject, e.time AS time,"
	" e.arrived AS arrived, e.flags & 1 AS stands, " OF_EVENT("source") " AS source,"
	" " OF_EVENT("recordedtime") " AS recorded, " OF_EVENT("replaces") " AS replaces,"
	" e.flags & 1 = 0 AND EXISTS (SELECT 1 FROM main.amendment m JOIN main.event c ON c.id = m.event"
	"   JOIN main.event_type k ON k.id = c.type WHERE m.source = " OF_EVENT("source")
	"   AND m.target = " OF_EVENT("id") " AND k.name <> 'event.withdrawn') AS corrected"
	" FROM main.event e JOIN main.event_type t ON t.id = e.type JOIN main.history h ON h.id = e.history"
	" WHERE e.flags & 4;\n";

/* Of a task or an indicator there are no initials that were not recorded. */
static bool is_about_child(const struct rule *rule)
{
	const struct event_type *type = rule->on.count ? schema_type(rule->on.items[0].type) : NULL;
	return rule->of == PARTY_NONE && (!type || type->subject == SUBJECT_CHILD);
}

bool reader_fill_rules(struct reader *reader, const struct ruleset *rules)
{
	sqlite3_stmt *insert = NULL;
	bool good = sqlite3_prepare_v2(reader->database, "INSERT OR REPLACE INTO rule_word VALUES (?, ?, ?, ?, ?)", -1,
	                               &insert, NULL) == SQLITE_OK;
	for (size_t i = 0; i < rules->rule_count && good; i++) {
		const struct rule *rule = &rules->rules[i];
		const char *family = strchr(rule->id, '.');
		int length = family ? (int)(family - rule->id) : -1;
		(void)sqlite3_bind_text(insert, 1, rule->id, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(insert, 2, rule->title, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(insert, 3, rule->id, length, SQLITE_STATIC);
		(void)sqlite3_bind_int(insert, 4, is_about_child(rule));
		(void)sqlite3_bind_int(insert, 5, rule->restricted);
		good = sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
	}
	(void)sqlite3_finalize(insert);
	return good;
}

/* Made when a SELECT first asks for it, once: every figure of a report reads all of it again. */
static const char make_alerts[] = "CREATE TEMP TABLE alerts AS SELECT * FROM alert_work;"
				  "CREATE INDEX temp.alerts_told ON alerts (first_told);"
				  "CREATE INDEX temp.alerts_child ON alerts (child);";

bool reader_make_alerts(struct reader *reader, const char *sql)
{
	if (reader->has_alerts || !strstr(sql, "alerts"))
		return true;
	reader->has_alerts = true;
	return sqlite3_exec(reader->database, make_alerts, NULL, NULL, NULL) == SQLITE_OK;
}

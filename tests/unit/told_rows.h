/* Alerts, messages and audit as the daemon leaves them, for reports on casewatch's own work; and references to compare
 * with. */
#ifndef CASEWATCH_TESTS_TOLD_ROWS_H
#define CASEWATCH_TESTS_TOLD_ROWS_H

#include "report_fixture.h"

#include "store/store_internal.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static inline void run(struct bench *bench, const char *format, ...)
{
	char sql[1200], *why = NULL;
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(sql, sizeof sql, format, arguments);
	va_end(arguments);
	if (sqlite3_exec(bench->f->store->database, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

static int64_t next_message, messages_in_march;

static inline void write_audit(struct bench *bench, int64_t number, instant when, const char *what)
{
	static const char asked[] = "SELECT 1 FROM pragma_table_info('audit') WHERE name = 'personal'";
	sqlite3_stmt *found = NULL;
	assert_int_equal(sqlite3_prepare_v2(bench->f->store->database, asked, -1, &found, NULL), SQLITE_OK);
	bool chained = sqlite3_step(found) == SQLITE_ROW;
	(void)sqlite3_finalize(found);
	run(bench,
	    "INSERT INTO audit (at, what, number, alert, rule, subject, detail%s) VALUES (%lld, '%s', %lld, '', '', '',"
	    " '{}'%s)",
	    chained ? ", person, subject_key, proof, hash, personal" : "", (long long)when, what, (long long)number,
	    chained ? ", '', 0, x'', x'', '{}'" : "");
}

static inline void write_message(struct bench *bench, int64_t number, int step, const char *role, instant when,
                                 bool accepted)
{
	run(bench,
	    "INSERT INTO outbox (id, kind, state, open, critical, purpose, number, alert, rule, subject, step, role,"
	    " person, channel, address, message_id, payload, created, not_before, deadline, sent, attempts,"
	    " possible_duplicate, reply) VALUES (%lld, 0, %d, 0, 0, '%s', %lld, '', '', '', %d, '%s', 'p', 'mail', '',"
	    " '', '', %lld, 0, 0, %lld, 1, 0, '')",
	    (long long)++next_message, accepted ? 2 : 5, step == 1 ? "opened" : "escalated", (long long)number, step,
	    role, (long long)when, accepted ? (long long)when : 0LL);
	messages_in_march += when >= at("2020-03-01T00:00:00Z");
}

static inline char *text_of_file(const char *path)
{
	struct buffer text = {0};
	char part[4096];
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	for (size_t count; (count = fread(part, 1, sizeof part, file)) > 0;)
		buffer_text(&text, (struct text){part, count});
	(void)fclose(file);
	buffer_char(&text, '\0');
	return text.at;
}

/* Takes the words out of the one line, once. */
static inline void without(char *line, const char *words)
{
	char *found = strstr(line, words);
	if (!found)
		fail_msg("not said: %s", words);
	memmove(found, found + strlen(words), strlen(found + strlen(words)) + 1);
}

enum fate { FIRST, CLIMBED, OVER, NONE, FATES };

/* ---- alerts ---- */

struct written {
	int64_t number;
	int severity;
	const char *team, *rule;
	instant told, made;
	enum fate fate;
	instant answered, ended; /* after it was told; 0: not */
};

static inline void write_alert(struct bench *bench, const struct written *alert)
{
	long long number = (long long)alert->number;
	run(bench, "INSERT INTO history (id, domain, name) VALUES (%lld, 0, 'A%lld')", number, number);
	run(bench,
	    "INSERT INTO register_allocation (child, role, worker, team, opened) VALUES ('A%lld', 'social-worker',"
	    " 'W', '%s', 0)",
	    number, alert->team);
	run(bench,
	    "INSERT INTO alert (number, id, history, previous, rule, rule_from, severity, key, key_text, state, opened,"
	    " closed, nights, due, reason, told, step, next, acknowledged, spent, answer, early, evidence) VALUES "
	    "(%lld,"
	    " 'x', %lld, 0,"
	    " '%s', 0, %d, 0, '', %d, %lld, %lld, 0, 0, '', 0, %d, 0, 0, 0, 0, 0, x'')",
	    number, number, alert->rule, alert->severity, alert->ended ? 1 : 0, (long long)alert->told,
	    (long long)(alert->told + alert->ended), alert->fate == CLIMBED ? 2 : 1);
	write_message(bench, alert->number, 1, "team-manager", alert->told, true);
	write_audit(bench, alert->number, alert->made, "alert.opened");
	if (alert->fate == CLIMBED)
		write_audit(bench, alert->number, alert->told + MINUTE, "alert.escalated");
	if (alert->answered)
		write_audit(bench, alert->number, alert->told + alert->answered, "alert.acknowledged");
}

#endif

/* alert_rows: alerts as people and pages see them. */
#include "store/store_internal.h"

#include "text/json_write.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS                                                                                                        \
	"SELECT a.number, a.id, a.rule, h.name, a.key_text, a.reason, a.because, h.domain, a.severity, a.state, "      \
	"a.opened,"                                                                                                    \
	" a.closed, a.told, a.next, a.acknowledged_at, a.review_at, a.step, a.acknowledged, a.spent, a.evidence_ids,"  \
	" a.evidence, a.due, a.early, a.shadow, a.told_of, a.rule_from"                                                \
	" FROM alert a JOIN history h ON h.id = a.history"

static enum severity severity_of(int64_t number)
{
	return number == SEVERITY_CRITICAL ? SEVERITY_CRITICAL
	       : number == SEVERITY_HIGH   ? SEVERITY_HIGH
	                                   : SEVERITY_NORMAL;
}

static instant instant_or_none(const struct query *query, int column)
{
	int64_t value = row_int(query, column);
	return value ? value : INSTANT_NONE;
}

static struct alert_row read_row(const struct query *query)
{
	return (struct alert_row){
		.number = row_int(query, 0),
		.id = row_text(query, 1),
		.rule = row_text(query, 2),
		.subject = row_text(query, 3),
		.key = row_text(query, 4),
		.reason = row_text(query, 5),
		.because = row_text(query, 6),
		.domain = (enum party_kind)row_int(query, 7),
		.severity = severity_of(row_int(query, 8)),
		.state = (enum alert_state)row_int(query, 9),
		.opened = row_int(query, 10),
		.closed = row_int(query, 11),
		.told = row_int(query, 12),
		.next = row_int(query, 13),
		.acknowledged_at = instant_or_none(query, 14),
		.review_at = instant_or_none(query, 15),
		.step = (int)row_int(query, 16),
		.acknowledged = row_int(query, 17) != 0,
		.spent = row_int(query, 18) != 0,
		.told_ids = row_text(query, 19),
		.made_of = row_blob(query, 20),
		.due = instant_or_none(query, 21),
		.early = row_int(query, 22) != 0,
		.shadow = row_int(query, 23) != 0,
		.told_of = row_blob(query, 24),
		.rule_from = (civil_day)row_int(query, 25),
	};
}

static enum result show_rows(struct query *query, struct text rule, struct text subject, alert_row_visit *visit,
                             void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(query)) {
		struct alert_row row = read_row(query);
		if ((rule.length && !text_equal(rule, row.rule)) ||
		    (subject.length && !text_equal(subject, row.subject)))
			continue;
		result = visit(argument, &row, fault);
	}
	return query_end(query, result, fault);
}

/* ---- what it told of ---- */

static enum result add_id(void *argument, const struct event *event, struct text bytes, instant arrived,
                          struct fault *fault)
{
	(void)bytes;
	(void)arrived;
	(void)fault;
	json_text(argument, event->id);
	return RESULT_OK;
}

enum result alerts_evidence(struct store *store, const struct alert_row *row, struct buffer *out, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct json_writer json = json_writer_on(out);
	if (!row->told_of.length) { /* none, or from before their numbers were kept */
		buffer_text(out, row->told_ids.length ? row->told_ids : TEXT("[]"));
		return RESULT_OK;
	}
	json_array(&json);
	uint64_t ref;
	for (size_t at = 0; result == RESULT_OK && at + sizeof ref <= row->told_of.length; at += sizeof ref) {
		memcpy(&ref, row->told_of.at + at, sizeof ref);
		result = events_by_ref(store, ref, add_id, &json, fault);
	}
	json_array_end(&json);
	return result;
}

/* ---- found ---- */

/* "2041", "A-2041", "a2041"; 0 where it is no number. An id has 16 hexadecimal digits, which may all be decimal: so
 * many digits are never a number. */
static int64_t read_number(struct text which)
{
	char digits[ALERT_ID_SIZE];
	if (which.length && (which.at[0] == 'A' || which.at[0] == 'a')) {
		which = (struct text){which.at + 1, which.length - 1};
		if (which.length && which.at[0] == '-')
			which = (struct text){which.at + 1, which.length - 1};
	}
	if (!which.length || which.length > 10)
		return 0;
	for (size_t i = 0; i < which.length; i++)
		if (which.at[i] < '0' || which.at[i] > '9')
			return 0;
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(which));
	return strtoll(digits, NULL, 10);
}

static enum result find_number(struct store *store, int64_t number, const char *sql, alert_row_visit *visit,
                               void *argument, struct fault *fault)
{
	struct query query = query_start(store, sql);
	bind_int(&query, number);
	return show_rows(&query, TEXT_NONE, TEXT_NONE, visit, argument, fault);
}

/* Of each that may be it the row is read at once, and not first whether it is. */
static enum result find_id(struct store *store, struct text id, const char *sql, alert_row_visit *visit, void *argument,
                           struct fault *fault)
{
	uint64_t cursor = 0;
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	uint64_t hash = alert_hash(store, id);
	uint32_t candidate = alerts_known(&store->alerts, hash, id);
	if (candidate)
		return find_number(store, candidate, sql, visit, argument, fault);
	for (bool found = false; result == RESULT_OK && !found;) {
		candidate = refmap_next(store->alerts.map, hash, &cursor);
		if (!candidate)
			break;
		struct query query = query_start(store, sql);
		bind_int(&query, candidate);
		if (query_row(&query)) {
			struct alert_row row = read_row(&query);
			found = text_equal(row.id, id);
			if (found) {
				alerts_remember(&store->alerts, hash, id, candidate);
				result = visit(argument, &row, fault);
			}
		}
		result = query_end(&query, result, fault);
	}
	return result;
}

static enum result find(struct store *store, struct text which, const char *sql, alert_row_visit *visit, void *argument,
                        struct fault *fault)
{
	int64_t number = read_number(which);
	return number ? find_number(store, number, sql, visit, argument, fault)
	              : find_id(store, which, sql, visit, argument, fault);
}

enum result alerts_find(struct store *store, struct text which, alert_row_visit *visit, void *argument,
                        struct fault *fault)
{
	return find(store, which, COLUMNS " WHERE a.number = ? AND a.early = 0", visit, argument, fault);
}

enum result alerts_find_any(struct store *store, struct text which, alert_row_visit *visit, void *argument,
                            struct fault *fault)
{
	return find(store, which, COLUMNS " WHERE a.number = ?", visit, argument, fault);
}

enum result alerts_waits(struct store *store, struct text which, bool *waits, struct fault *fault)
{
	int64_t number = read_number(which);
	enum result result = number ? RESULT_OK : alerts_number(store, which, &number, fault);
	*waits = false;
	if (result != RESULT_OK || !number)
		return result;
	struct query query = query_start(store, "SELECT state, acknowledged FROM alert WHERE number = ? AND early = 0");
	bind_int(&query, number);
	while (query_row(&query))
		*waits = row_int(&query, 0) == ALERT_STANDING && !row_int(&query, 1);
	return query_end(&query, RESULT_OK, fault);
}

enum result alerts_asked(struct store *store, struct text id, instant *asked, struct fault *fault)
{
	int64_t number = 0;
	enum result result = alerts_number(store, id, &number, fault);
	*asked = INSTANT_NONE;
	if (result != RESULT_OK || !number)
		return result;
	struct query query = query_start(store, "SELECT asked FROM alert WHERE number = ?");
	bind_int(&query, number);
	while (query_row(&query))
		*asked = row_int(&query, 0);
	return query_end(&query, RESULT_OK, fault);
}

/* ---- lists ---- */

#define STANDING " WHERE a.state = 0 AND a.early = 0"
#define IN_ORDER " ORDER BY a.opened, a.number"

/* Each alert knows the one before it of its history. */
#define CHAIN                                                                                                          \
	"WITH RECURSIVE chain (number) AS (VALUES (?1), (?2), (?3) UNION SELECT b.previous FROM chain"                 \
	" JOIN alert b ON b.number = chain.number WHERE b.previous > 0 AND b.previous < b.number) "

enum result alerts_standing_of(struct store *store, struct text subject, alert_row_visit *visit, void *argument,
                               struct fault *fault)
{
	static const enum party_kind domains[] = {PARTY_NONE, PARTY_WORKER, PARTY_PROVIDER};
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, CHAIN COLUMNS " WHERE a.number IN (SELECT number FROM chain)"
	                                                      " AND +a.state = 0 AND a.early = 0 AND a.shadow = 0"
	                                                      IN_ORDER);
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
		uint32_t history = histories_find(store, domains[i], subject);
		bind_int(&query, history ? store->histories.items[history].last_alert : 0);
	}
	return show_rows(&query, TEXT_NONE, TEXT_NONE, visit, argument, fault);
}

enum result alerts_each(struct store *store, struct text rule, struct text subject, bool all, alert_row_visit *visit,
                        void *argument, struct fault *fault)
{
	struct query query = query_start(store, all ? COLUMNS " WHERE a.early = 0 AND a.shadow = 0" IN_ORDER
	                                            : COLUMNS STANDING " AND a.shadow = 0" IN_ORDER);
	return show_rows(&query, rule, subject, visit, argument, fault);
}

enum result alerts_each_shadow(struct store *store, struct text rule, struct text subject, bool all,
                               alert_row_visit *visit, void *argument, struct fault *fault)
{
	struct query query = query_start(store, all ? COLUMNS " WHERE a.early = 0 AND a.shadow = 1" IN_ORDER
	                                            : COLUMNS STANDING " AND a.shadow = 1" IN_ORDER);
	return show_rows(&query, rule, subject, visit, argument, fault);
}

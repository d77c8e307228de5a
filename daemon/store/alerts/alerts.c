/* alerts: keeping the engine's alerts and giving them back to it. */
#include "store/store_internal.h"

#include "time/calendar.h"

#include <stdlib.h>

#define ENTRY 12
#define ENTRIES_A_ROW 1350

/* Ids are kept as hashes of text, as events are; the seed is the same. */
uint64_t alert_hash(struct store *store, struct text id)
{
	return duplicates_hash(store, TEXT("alert"), id);
}

/* ---- keeping ---- */

static void bind_alert(struct query *query, const struct rule *rule, const struct alert *alert)
{
	bind_text(query, text_of(rule->id));
	bind_int(query, rule->effective_from);
	bind_int(query, rule->severity);
	bind_int(query, (int64_t)alert->key);
	bind_text(query, alert->key_text);
	bind_int(query, alert->state);
	bind_int(query, alert->opened);
	bind_int(query, alert->closed);
	bind_int(query, alert->nights);
	bind_int(query, alert->due);
	bind_text(query, text_of(alert->reason));
	bind_int(query, alert->told);
	bind_int(query, alert->step);
	bind_int(query, alert->next);
	bind_int(query, alert->acknowledged);
	bind_int(query, alert->spent);
	bind_int(query, (int64_t)alert->answer);
	bind_int(query, alert->early_warning);
	bind_int(query, alert->why);
	bind_int(query, alert->asked);
	bind_int(query, alert->stood_until);
	bind_int(query, (int64_t)alert->heard);
	bind_int(query, alert->warned.at);
	bind_int(query, alert->warned.due);
	bind_int(query, alert->warned.start);
	bind_int(query, alert->warned.stage);
	bind_int(query, alert->shadow);
	bind_blob(query, alert->evidence, alert->evidence_count * sizeof *alert->evidence);
}

_Static_assert(sizeof(struct evidence) == 16, "evidence is stored as pairs of 8 bytes");

static enum result update(struct store *store, const struct rule *rule, const struct alert *alert, uint32_t number,
                          bool *done, struct fault *fault)
{
	struct query query =
		query_start(store, "UPDATE alert SET rule = ?, rule_from = ?, severity = ?, key = ?, key_text = ?,"
	                           " state = ?, opened = ?, closed = ?, nights = ?, due = ?, reason = ?, told = ?,"
	                           " step = ?, next = ?, acknowledged = ?, spent = ?, answer = ?, early = ?,"
	                           " why = ?, asked = ?, stood_until = ?, heard = ?, warned_at = ?, warned_due = ?,"
	                           " warned_start = ?, warned_stage = ?, shadow = ?, evidence = ?,"
	                           " review_at = CASE WHEN ?15 THEN ?14 ELSE review_at END"
	                           " WHERE number = ? AND id = ?");
	bind_alert(&query, rule, alert);
	bind_int(&query, number);
	bind_text(&query, text_of(alert->id));
	enum result result = query_run(&query, fault);
	*done = result == RESULT_OK && sqlite3_changes(store->database) > 0;
	return result;
}

static enum result insert(struct store *store, const struct rule *rule, const struct alert *alert, uint32_t history,
                          uint32_t number, struct fault *fault)
{
	char entry[ENTRY];
	uint64_t hash = alert_hash(store, text_of(alert->id));
	struct query query = query_start(
		store, "INSERT INTO alert (rule, rule_from, severity, key, key_text, state, opened, closed,"
		       " nights, due, reason, told, step, next, acknowledged, spent, answer, early, why, asked,"
		       " stood_until, heard, warned_at, warned_due, warned_start, warned_stage, shadow,"
		       " evidence, number, id, history, previous)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		       " ?, ?, ?, ?, ?, ?, ?)");
	bind_alert(&query, rule, alert);
	bind_int(&query, number);
	bind_text(&query, text_of(alert->id));
	bind_int(&query, history);
	bind_int(&query, store->histories.items[history].last_alert);
	enum result result = query_run(&query, fault);
	if (result != RESULT_OK)
		return result;
	memcpy(entry, &hash, sizeof hash);
	memcpy(entry + sizeof hash, &history, sizeof history);
	refmap_add(store->alerts.map, hash, number);
	store->alerts.last = number;
	store->histories.items[history].last_alert = number;
	return chunks_append(store, &store->alerts.chunks, entry, fault);
}

enum result alerts_keep(struct store *store, const struct ruleset *rules, enum party_kind domain, struct text subject,
                        const struct alert *alert, int64_t *number, struct fault *fault)
{
	enum result result = store_changing(store, fault);
	if (result != RESULT_OK)
		return result;
	const struct rule *rule = &rules->rules[alert->rule];
	uint64_t cursor = 0, hash = alert_hash(store, text_of(alert->id));
	uint32_t candidate, history;
	while ((candidate = refmap_next(store->alerts.map, hash, &cursor)) != 0) {
		bool done;
		result = update(store, rule, alert, candidate, &done, fault);
		*number = candidate;
		if (result != RESULT_OK || done)
			return result;
	}
	result = histories_intern(store, domain, subject, &history, fault);
	if (result != RESULT_OK)
		return result;
	*number = (int64_t)store->alerts.last + 1;
	return insert(store, rule, alert, history, (uint32_t)*number, fault);
}

/* ---- numbers ---- */

void alerts_remember(struct alert_index *index, uint64_t hash, struct text id, int64_t number)
{
	struct alert_known *known = &index->known[hash % ALERTS_KNOWN];
	if (!number || id.length >= sizeof known->id)
		return;
	memcpy(known->id, id.at, id.length);
	known->id[id.length] = '\0';
	known->number = (uint32_t)number;
}

uint32_t alerts_known(const struct alert_index *index, uint64_t hash, struct text id)
{
	const struct alert_known *known = &index->known[hash % ALERTS_KNOWN];
	return known->number && text_equal(text_of(known->id), id) ? known->number : 0;
}

void alerts_forget_known(struct alert_index *index)
{
	memset(index->known, 0, sizeof index->known);
}

enum result alerts_number(struct store *store, struct text id, int64_t *number, struct fault *fault)
{
	uint64_t cursor = 0;
	uint32_t candidate;
	*number = 0;
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	uint64_t hash = alert_hash(store, id);
	*number = alerts_known(&store->alerts, hash, id);
	while (result == RESULT_OK && !*number &&
	       (candidate = refmap_next(store->alerts.map, hash, &cursor)) != 0) {
		struct query query = query_start(store, "SELECT 1 FROM alert WHERE number = ? AND id = ?");
		bind_int(&query, candidate);
		bind_text(&query, id);
		if (query_row(&query))
			*number = candidate;
		result = query_end(&query, RESULT_OK, fault);
	}
	alerts_remember(&store->alerts, hash, id, *number);
	return result;
}

/* ---- words and answers ---- */

enum result alerts_set_words(struct store *store, struct text id, struct text because, const struct evidence *evidence,
                             size_t count, struct fault *fault)
{
	int64_t number;
	enum result result = alerts_number(store, id, &number, fault);
	if (result != RESULT_OK || !number)
		return result;
	uint64_t *refs = mem_alloc(count * sizeof *refs);
	for (size_t i = 0; i < count; i++)
		refs[i] = evidence[i].ref;
	struct query query =
		query_start(store, "UPDATE alert SET because = ?, told_of = ?, evidence_ids = '[]' WHERE number = ?");
	bind_text(&query, because);
	bind_blob(&query, refs, count * sizeof *refs);
	bind_int(&query, number);
	result = query_run(&query, fault);
	free(refs);
	return result;
}

enum result alerts_set_answered(struct store *store, struct text id, instant at, instant review_at,
                                struct fault *fault)
{
	int64_t number;
	enum result result = alerts_number(store, id, &number, fault);
	if (result != RESULT_OK || !number)
		return result;
	struct query query = query_start(store, "UPDATE alert SET acknowledged_at = ?, review_at = ? WHERE number = ?");
	bind_int(&query, at);
	bind_int(&query, review_at);
	bind_int(&query, number);
	return query_run(&query, fault);
}

/* ---- when rules are no longer in force ---- */

enum result alerts_of_rules(struct store *store, int64_t after, size_t most, int64_t *last, alert_rule_visit *visit,
                            void *argument, struct fault *fault)
{
	enum result result = store_ready(store, fault);
	int64_t until = after < ALERT_FIRST_NUMBER ? ALERT_FIRST_NUMBER - 1 : after;
	*last = 0;
	if (result != RESULT_OK || until >= (int64_t)store->alerts.last)
		return result;
	struct query query = query_start(
		store, "SELECT number, rule, state, early, shadow FROM alert WHERE number > ? AND number <= ?"
		       " ORDER BY number");
	bind_int(&query, until);
	until += (int64_t)most;
	bind_int(&query, until);
	while (result == RESULT_OK && query_row(&query)) {
		bool stands = row_int(&query, 2) == ALERT_STANDING && !row_int(&query, 3);
		result = visit(argument, row_int(&query, 0), row_text(&query, 1), stands, row_int(&query, 4) != 0,
		               fault);
	}
	*last = until < (int64_t)store->alerts.last ? until : 0;
	return query_end(&query, result, fault);
}

enum result alerts_rename_rule(struct store *store, int64_t number, const char *rule, struct fault *fault)
{
	enum result result = store_changing(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "UPDATE alert SET rule = ? WHERE number = ?");
	bind_text(&query, text_of(rule));
	bind_int(&query, number);
	return query_run(&query, fault);
}

enum result alerts_withdraw(struct store *store, int64_t number, instant at, const char *reason, struct fault *fault)
{
	enum result result = store_changing(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query =
		query_start(store, "UPDATE alert SET state = 2, reason = ?, closed = ?, next = ? WHERE number = ?");
	bind_text(&query, text_of(reason));
	bind_int(&query, at);
	bind_int(&query, INSTANT_NEVER);
	bind_int(&query, number);
	return query_run(&query, fault);
}

/* ---- back to the engine ---- */

/* Reasons are a few words of casewatch's own and what people wrote; alerts point to them for as long as the store is
 * open. */
static const char *intern_reason(struct alert_index *index, struct text reason)
{
	if (!reason.length)
		return NULL;
	for (size_t i = 0; i < index->reason_count; i++)
		if (text_equal(text_of(index->reasons[i]), reason))
			return index->reasons[i];
	char **place =
		mem_push((void **)&index->reasons, &index->reason_count, &index->reason_room, sizeof *index->reasons);
	return *place = mem_copy_text(reason.at, reason.length);
}

static enum effect_cause cause_of(int64_t number)
{
	return number >= 0 && number < EFFECT_CAUSES ? (enum effect_cause)number : CAUSE_UNANSWERED;
}

static void read_alert(struct store *store, const struct query *query, const struct rule *rule, struct alert *alert)
{
	struct text id = row_text(query, 2), evidence = row_blob(query, 19);
	*alert = (struct alert){
		.rule = rule->index,
		.key = (uint64_t)row_int(query, 4),
		.key_text = row_text(query, 5),
		.state = (enum alert_state)row_int(query, 6),
		.opened = row_int(query, 7),
		.closed = row_int(query, 8),
		.nights = (uint32_t)row_int(query, 9),
		.due = row_int(query, 10),
		.reason = intern_reason(&store->alerts, row_text(query, 11)),
		.told = row_int(query, 12),
		.step = (uint16_t)row_int(query, 13),
		.next = row_int(query, 14),
		.acknowledged = row_int(query, 15) != 0,
		.spent = row_int(query, 16) != 0,
		.answer = (uint64_t)row_int(query, 17),
		.early_warning = row_int(query, 18) != 0,
		.why = cause_of(row_int(query, 20)),
		.asked = row_int(query, 21),
		.stood_until = row_int(query, 22),
		.heard = (uint64_t)row_int(query, 23),
		.warned = {row_int(query, 24), row_int(query, 26), row_int(query, 27), (uint32_t)row_int(query, 28)},
		.shadow = row_int(query, 25) != 0,
		.evidence_count = evidence.length / sizeof(struct evidence),
	};
	alert->evidence = mem_alloc(evidence.length);
	if (evidence.length)
		memcpy(alert->evidence, evidence.at, alert->evidence_count * sizeof *alert->evidence);
	if (id.length < sizeof alert->id)
		memcpy(alert->id, id.at, id.length);
}

static enum result show_alert(struct store *store, const struct ruleset *rules, const struct query *query,
                              alerts_visit *visit, void *argument, struct fault *fault)
{
	const struct rule *rule = ruleset_find_version(rules, row_text(query, 1), (civil_day)row_int(query, 3));
	struct alert alert;
	if (!rule)
		return RESULT_OK;
	read_alert(store, query, rule, &alert);
	enum result result = visit(argument, &alert, fault);
	free(alert.evidence);
	return result;
}

enum result alerts_history(struct store *store, const struct ruleset *rules, enum party_kind domain,
                           struct text subject, alerts_visit *visit, void *argument, struct fault *fault)
{
	enum result result = store_ready(store, fault);
	if (result != RESULT_OK)
		return result;
	uint32_t history = histories_find(store, domain, subject);
	int64_t number = history ? store->histories.items[history].last_alert : 0;
	while (result == RESULT_OK && number) {
		struct query query =
			query_start(store, "SELECT previous, rule, id, rule_from, key, key_text, state, opened, closed,"
		                           " nights, due, reason, told, step, next, acknowledged, spent, answer, early,"
		                           " evidence, why, asked, stood_until, heard, warned_at, shadow,"
		                           " warned_due, warned_start, warned_stage FROM alert WHERE number = ?");
		bind_int(&query, number);
		number = 0;
		if (query_row(&query)) {
			number = row_int(&query, 0);
			result = show_alert(store, rules, &query, visit, argument, fault);
		}
		result = query_end(&query, result, fault);
	}
	return result;
}

/* ---- start ---- */

static enum result take_entries(struct store *store, const char *entries, size_t count, struct fault *fault)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t hash;
		uint32_t history;
		memcpy(&hash, entries + i * ENTRY, sizeof hash);
		memcpy(&history, entries + i * ENTRY + sizeof hash, sizeof history);
		if (history == 0 || history >= store->histories.count)
			return fault_set(
				fault, RESULT_PERMANENT,
				"the database %s is damaged (alert %u belongs to no history): restore the last backup",
				store->path, store->alerts.last + 1);
		refmap_add(store->alerts.map, hash, ++store->alerts.last);
		store->histories.items[history].last_alert = store->alerts.last;
	}
	return RESULT_OK;
}

static void begin_load(struct store *store, int64_t newest)
{
	struct alert_index *index = &store->alerts;
	index->chunks = (struct chunks){
		.write_sql = "INSERT OR REPLACE INTO alert_index (id, entries) VALUES (?, ?)",
		.read_sql = "SELECT id, entries FROM alert_index WHERE id >= ? ORDER BY id",
		.clear_sql = "DELETE FROM alert_index",
		.entry = ENTRY,
		.room = ENTRIES_A_ROW,
	};
	index->last = ALERT_FIRST_NUMBER - 1;
	index->map = refmap_new(newest >= ALERT_FIRST_NUMBER ? (size_t)newest - ALERT_FIRST_NUMBER + 1 : 0);
}

enum result alerts_load(struct store *store, struct fault *fault)
{
	struct alert_index *index = &store->alerts;
	int64_t newest = 0;
	alerts_forget_known(index); /* who only reads it may find one erased meanwhile */
	enum result result = store_pragma(store, "SELECT max(number) FROM alert", &newest, fault);
	if (result == RESULT_OK && !index->map)
		begin_load(store, newest);
	if (result == RESULT_OK)
		result = chunks_load(store, &index->chunks, take_entries, fault);
	if (result == RESULT_OK && index->last != (newest ? newest : ALERT_FIRST_NUMBER - 1))
		result = fault_set(fault, RESULT_PERMANENT,
		                   "the database %s is damaged (alerts up to %lld, up to %u in the index): restore the "
		                   "last backup",
		                   store->path, (long long)newest, index->last);
	return result;
}

/* The reasons stay: alerts in the engine point to them. */
void alerts_forget(struct alert_index *index)
{
	refmap_free(index->map);
	chunks_free(&index->chunks);
	index->map = NULL;
	index->last = 0;
	alerts_forget_known(index);
}

void alerts_free(struct alert_index *index)
{
	alerts_forget(index);
	for (size_t i = 0; i < index->reason_count; i++)
		free(index->reasons[i]);
	free(index->reasons);
	*index = (struct alert_index){0};
}

/* ---- a clock that was ahead ---- */

enum result alerts_wake_asked_ahead(struct store *store, instant now, instant ahead, uint64_t *count,
                                    struct fault *fault)
{
	enum result result = store_changing(store, fault);
	*count = 0;
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "SELECT h.domain, h.name, count(*) FROM alert a"
	                                        " JOIN history h ON h.id = a.history WHERE a.state = 0 AND a.early = 0"
	                                        " AND CASE WHEN a.acknowledged THEN a.acknowledged_at"
	                                        " WHEN a.step = 0 THEN a.told ELSE a.asked END"
	                                        " > ? GROUP BY a.history");
	bind_int(&query, now + ahead);
	while (result == RESULT_OK && query_row(&query)) {
		*count += (uint64_t)row_int(&query, 2);
		result = due_set(store, (enum party_kind)row_int(&query, 0), row_text(&query, 1), now, fault);
	}
	return query_end(&query, result, fault);
}

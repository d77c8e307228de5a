/* board: standing alerts, and children's facts, for pages, in bounded portions. */
#include "store/alerts/board.h"

#include "store/registers/registers.h"
#include "store/store_internal.h"

#include <string.h>

#define ALERT                                                                                                          \
	"SELECT a.number, a.id, a.rule, h.name, h.domain, a.severity, a.state, a.opened, a.closed, a.told, a.next,"    \
	" a.reason, a.because, a.step, a.acknowledged, a.spent, a.review_at, a.answer, a.rule_from"
#define FACTS ", c.child IS NOT NULL, c.initials, c.date_of_birth, c.restricted"
#define NO_FACTS ", 0, NULL, NULL, 1"
#define FROM " FROM alert a JOIN history h ON h.id = a.history"
#define CHILD " LEFT JOIN register_child c ON c.child = h.name AND h.domain = 0"
#define TOLD " AND a.early = 0 AND a.shadow = 0 AND a.told > 0"
#define STANDS " WHERE a.state = 0" TOLD
#define URGENT " ORDER BY a.acknowledged, a.severity, a.next, a.number LIMIT ?"
#define OLDEST " ORDER BY a.acknowledged, a.opened, a.number LIMIT ?"

static struct board_alert read_alert(const struct query *query)
{
	return (struct board_alert){
		.number = row_int(query, 0),
		.id = row_text(query, 1),
		.rule = row_text(query, 2),
		.subject = row_text(query, 3),
		.domain = (enum party_kind)row_int(query, 4),
		.severity = (enum severity)row_int(query, 5),
		.state = (enum alert_state)row_int(query, 6),
		.opened = row_int(query, 7),
		.closed = row_int(query, 8),
		.told = row_int(query, 9),
		.next = row_int(query, 10),
		.reason = row_text(query, 11),
		.because = row_text(query, 12),
		.step = (int)row_int(query, 13),
		.acknowledged = row_int(query, 14) != 0,
		.spent = row_int(query, 15) != 0,
		.review_at = row_int(query, 16) ? row_int(query, 16) : INSTANT_NONE,
		.answer = (uint64_t)row_int(query, 17),
		.rule_from = (civil_day)row_int(query, 18),
		.known = row_int(query, 19) != 0,
		.initials = row_text(query, 20),
		.born = row_text(query, 21),
		.restricted = row_int(query, 22) != 0,
	};
}

static enum result show_alerts(struct query *query, size_t most, board_visit *visit, void *argument, bool *cut,
                               struct fault *fault)
{
	enum result result = RESULT_OK;
	bool more = true;
	*cut = false;
	for (size_t seen = 0; result == RESULT_OK && more && query_row(query); seen++) {
		struct board_alert alert = read_alert(query);
		*cut = seen == most;
		if (*cut)
			break;
		result = visit(argument, &alert, &more, fault);
	}
	return query_end(query, result, fault);
}

enum result board_each(struct store *store, enum board_order order, board_visit *visit, void *argument, bool *cut,
                       struct fault *fault)
{
	bool ready;
	enum result result = board_registers(store, &ready, fault);
	if (result != RESULT_OK)
		return result;
	const char *sql = order == BOARD_URGENT
	                          ? (ready ? ALERT FACTS FROM CHILD STANDS URGENT : ALERT NO_FACTS FROM STANDS URGENT)
	                          : (ready ? ALERT FACTS FROM CHILD STANDS OLDEST : ALERT NO_FACTS FROM STANDS OLDEST);
	struct query query = query_start(store, sql);
	bind_int(&query, BOARD_ALERTS_MOST + 1);
	return show_alerts(&query, BOARD_ALERTS_MOST, visit, argument, cut, fault);
}

/* ---- by the index ---- */

#define BY_INDEX " FROM alert INDEXED BY alert_board WHERE state = 0 AND early = 0 AND shadow = 0 AND told > 0"

static int64_t *count_of(struct board_count *count, bool answered)
{
	return answered ? &count->answered : &count->unanswered;
}

static enum result count_rule(struct store *store, bool answered, struct text rule, struct board_count *count,
                              struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*)" BY_INDEX " AND acknowledged = ? AND rule = ?");
	bind_int(&query, answered);
	bind_text(&query, rule);
	int64_t found = query_row(&query) ? row_int(&query, 0) : 0;
	*count_of(count, answered) -= found;
	count->hidden += found;
	return query_end(&query, RESULT_OK, fault);
}

static enum result count_all(struct store *store, bool answered, struct board_count *count, struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*)" BY_INDEX " AND acknowledged = ?");
	bind_int(&query, answered);
	*count_of(count, answered) = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

static bool is_among(struct text word, const struct text *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(word, words[i]))
			return true;
	return false;
}

/* Along the child's alerts, each of which names the one before it. What its rule hides is counted already. */
static enum result leave_out_child(struct store *store, struct text child, const struct board_hidden *hidden,
                                   struct board_count *count, struct fault *fault)
{
	uint32_t history = histories_find(store, PARTY_NONE, child);
	int64_t number = history ? store->histories.items[history].last_alert : 0;
	enum result result = RESULT_OK;
	while (result == RESULT_OK && number) {
		struct query query = query_start(store, "SELECT previous, state = 0 AND early = 0 AND shadow = 0 AND"
		                                        " told > 0, acknowledged, rule FROM alert WHERE number = ?");
		bind_int(&query, number);
		number = 0;
		if (query_row(&query)) {
			number = row_int(&query, 0);
			if (row_int(&query, 1) && !is_among(row_text(&query, 3), hidden->rules, hidden->rule_count)) {
				*count_of(count, row_int(&query, 2)) -= 1;
				count->hidden++;
			}
		}
		result = query_end(&query, RESULT_OK, fault);
	}
	return result;
}

enum result board_index_restricted(struct store *store, const struct register_def *def, struct fault *fault)
{
	bool has = false;
	for (size_t i = 0; i < def->field_count; i++)
		has = has || strcmp(def->fields[i].name, "restricted") == 0;
	if (!has || strcmp(def->id, "child") != 0)
		return RESULT_OK;
	return store_execute(store, "CREATE INDEX IF NOT EXISTS register_child_restricted ON register_child (child)"
	                            " WHERE restricted <> 0", fault);
}

/* The few of whom the register says it: by that index alone. */
static enum result leave_out_restricted(struct store *store, const struct board_hidden *hidden,
                                        struct board_count *count, struct fault *fault)
{
	struct query query = query_start(store, "SELECT child FROM register_child WHERE restricted <> 0");
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(&query))
		if (!is_among(row_text(&query, 0), hidden->children, hidden->child_count))
			result = leave_out_child(store, row_text(&query, 0), hidden, count, fault);
	return query_end(&query, result, fault);
}

enum result board_count(struct store *store, const struct board_hidden *hidden, struct board_count *count,
                        struct fault *fault)
{
	bool ready = false;
	*count = (struct board_count){0};
	enum result result = store_ready(store, fault);
	for (int answered = 0; answered < 2 && result == RESULT_OK; answered++) {
		result = count_all(store, answered, count, fault);
		for (size_t i = 0; i < hidden->rule_count && result == RESULT_OK; i++)
			result = count_rule(store, answered, hidden->rules[i], count, fault);
	}
	for (size_t i = 0; i < hidden->child_count && result == RESULT_OK; i++)
		result = leave_out_child(store, hidden->children[i], hidden, count, fault);
	if (result == RESULT_OK)
		result = board_registers(store, &ready, fault);
	return result == RESULT_OK && ready ? leave_out_restricted(store, hidden, count, fault) : result;
}

/* Numbers first, by the index alone; then the rows of these. The order is said again: a join keeps none by promise. */
#define FIRST_OF(order) " FROM (SELECT number" BY_INDEX order ") o CROSS JOIN alert a ON a.number = o.number"          \
	" CROSS JOIN history h ON h.id = a.history"
/* As URGENT and OLDEST, of the index alone. */
#define URGENT_NUMBERS " ORDER BY acknowledged, severity, next, number LIMIT ?"
#define OLDEST_NUMBERS " ORDER BY acknowledged, opened, number LIMIT ?"
#define IN_URGENCY " ORDER BY a.acknowledged, a.severity, a.next, a.number"
#define IN_AGE " ORDER BY a.acknowledged, a.opened, a.number"

enum result board_first(struct store *store, enum board_order order, int64_t most, board_visit *visit, void *argument,
                        struct fault *fault)
{
	bool ready, cut;
	enum result result = board_registers(store, &ready, fault);
	if (result != RESULT_OK)
		return result;
	const char *urgent = ready ? ALERT FACTS FIRST_OF(URGENT_NUMBERS) CHILD IN_URGENCY
	                           : ALERT NO_FACTS FIRST_OF(URGENT_NUMBERS) IN_URGENCY;
	const char *oldest = ready ? ALERT FACTS FIRST_OF(OLDEST_NUMBERS) CHILD IN_AGE
	                           : ALERT NO_FACTS FIRST_OF(OLDEST_NUMBERS) IN_AGE;
	struct query query = query_start(store, order == BOARD_URGENT ? urgent : oldest);
	bind_int(&query, most);
	return show_alerts(&query, SIZE_MAX, visit, argument, &cut, fault);
}

#define ONE " WHERE a.number = ? AND a.early = 0 AND a.shadow = 0"

enum result board_find(struct store *store, int64_t number, board_visit *visit, void *argument, struct fault *fault)
{
	bool ready, cut;
	enum result result = board_registers(store, &ready, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, ready ? ALERT FACTS FROM CHILD ONE : ALERT NO_FACTS FROM ONE);
	bind_int(&query, number);
	return show_alerts(&query, 1, visit, argument, &cut, fault);
}

/* Along the alerts of its history, each of which names the one before it, the newest first. */
enum result board_of_subject(struct store *store, enum party_kind domain, struct text subject, size_t most,
                             board_visit *visit, void *argument, bool *cut, struct fault *fault)
{
	enum result result = store_ready(store, fault);
	uint32_t history = result == RESULT_OK ? histories_find(store, domain, subject) : 0;
	int64_t number = history ? store->histories.items[history].last_alert : 0;
	size_t shown = 0;
	*cut = false;
	while (result == RESULT_OK && number && !*cut) {
		bool more = true;
		struct query query = query_start(store, ALERT NO_FACTS ", a.previous, a.early = 0 AND a.shadow = 0 AND"
		                                                       " a.told > 0" FROM " WHERE a.number = ?");
		bind_int(&query, number);
		number = 0;
		if (query_row(&query)) {
			struct board_alert alert = read_alert(&query);
			number = row_int(&query, 23);
			*cut = row_int(&query, 24) && shown == most;
			if (row_int(&query, 24) && !*cut && ++shown)
				result = visit(argument, &alert, &more, fault);
		}
		result = query_end(&query, result, fault);
	}
	return result;
}

/* ---- what the registers know ---- */

enum result board_registers(struct store *store, bool *ready, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT count(*) FROM register_state WHERE name IN ('child', 'allocation')"
	                           " AND built = 1");
	*ready = query_row(&query) && row_int(&query, 0) == 2;
	return query_end(&query, RESULT_OK, fault);
}

#define REGISTERS_DONE "(SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE name = 'registers-done')"

static enum result behind(struct store *store, int64_t *events, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT (SELECT coalesce(max(id), 0) FROM event) - " REGISTERS_DONE);
	*events = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

enum result board_doubtful(struct store *store, board_child_visit *visit, void *argument, bool *cut,
                           struct fault *fault)
{
	int64_t events;
	enum result result = behind(store, &events, fault);
	*cut = events > BOARD_BEHIND_MOST;
	if (result != RESULT_OK || *cut)
		return result;
	struct query query = query_start(
		store,
		"SELECT DISTINCT h.name FROM (SELECT history, type FROM event WHERE id > " REGISTERS_DONE " UNION ALL"
		" SELECT e.history, e.type FROM register_again g JOIN event e ON e.id = g.event) n"
		" JOIN event_type t ON t.id = n.type JOIN history h ON h.id = n.history"
		" WHERE t.name IN ('child.updated', 'person.merged', 'person.unmerged', 'event.withdrawn') LIMIT ?");
	size_t seen = 0;
	bind_int(&query, BOARD_DOUBTFUL_MOST + 1);
	while (result == RESULT_OK && !*cut && query_row(&query)) {
		*cut = seen++ == BOARD_DOUBTFUL_MOST;
		if (!*cut)
			result = visit(argument, row_text(&query, 0), fault);
	}
	return query_end(&query, result, fault);
}

enum result board_allocations(struct store *store, struct text child, instant at, board_allocation_visit *visit,
                              void *argument, struct fault *fault)
{
	struct query query = query_start(store, "SELECT role, worker, team FROM register_allocation WHERE child = ?1"
	                                        " AND opened <= ?2 AND (closed IS NULL OR closed > ?2)"
	                                        " ORDER BY role <> 'social-worker', opened, role, worker LIMIT 1000");
	enum result result = RESULT_OK;
	bind_text(&query, child);
	bind_int(&query, at);
	while (result == RESULT_OK && query_row(&query))
		result = visit(argument, row_text(&query, 0), row_text(&query, 1), row_text(&query, 2), fault);
	return query_end(&query, result, fault);
}

enum result board_missing(struct store *store, struct text child, instant at, bool *known, instant *since,
                          struct fault *fault)
{
	struct query built = query_start(store, "SELECT built FROM register_state WHERE name = 'missing_episode'");
	*known = query_row(&built) && row_int(&built, 0) != 0;
	*since = INSTANT_NEVER;
	enum result result = query_end(&built, RESULT_OK, fault);
	if (result != RESULT_OK || !*known)
		return result;
	struct query query = query_start(store, "SELECT min(opened) FROM register_missing_episode WHERE child = ?1"
	                                        " AND opened <= ?2 AND (closed IS NULL OR closed > ?2)");
	bind_text(&query, child);
	bind_int(&query, at);
	if (query_row(&query) && row_int(&query, 0))
		*since = row_int(&query, 0);
	return query_end(&query, RESULT_OK, fault);
}

enum result board_child(struct store *store, struct text child, struct board_alert *facts, bool *found,
                        struct fault *fault)
{
	struct query query = query_start(store, "SELECT initials, date_of_birth, restricted FROM register_child"
	                                        " WHERE child = ?");
	bind_text(&query, child);
	*facts = (struct board_alert){.domain = PARTY_NONE, .restricted = true};
	*found = query_row(&query);
	if (*found) {
		facts->known = true;
		struct text initials = row_text(&query, 0), born = row_text(&query, 1);
		facts->initials = text_keep(store->claimed, initials);
		facts->born = text_keep(store->claimed, born);
		facts->restricted = row_int(&query, 2) != 0;
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result board_was_told(struct store *store, int64_t number, struct text person, bool *told, struct fault *fault)
{
	struct query query = query_start(store, "SELECT 1 FROM outbox WHERE number = ?1 AND number > 0 AND person = ?2"
	                                        " LIMIT 1");
	bind_int(&query, number);
	bind_text(&query, person);
	*told = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

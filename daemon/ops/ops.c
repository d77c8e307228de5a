/* ops: what is found is kept in the table, and told at once where it is new or worse. */
#include "ops/ops_internal.h"

#include "base/log.h"
#include "store/alerts/alerts.h"
#include "store/lines.h"
#include "time/words.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOKED_A_TICK 500 /* conditions, whether the alert they hang on was answered: the others in the next minutes */
#define SEEN_AGAIN HOUR /* that it still is so is written so often */

struct ops *ops_new(struct store *store, const struct calendar *calendar)
{
	struct ops *ops = MEM_NEW(struct ops);
	ops->store = store;
	ops->calendar = calendar;
	ops->arena = arena_new(4096);
	return ops;
}

static void free_unwritten(struct unwritten *unwritten)
{
	free(unwritten->key);
	free(unwritten->title);
	free(unwritten->words);
}

void ops_free(struct ops *ops)
{
	if (!ops)
		return;
	for (size_t i = 0; i < ops->unwritten_count; i++)
		free_unwritten(&ops->unwritten[i]);
	arena_free(ops->arena);
	free(ops->unwritten);
	free(ops);
}

void ops_use(struct ops *ops, const struct calendar *calendar)
{
	ops->calendar = calendar;
}

void ops_use_owners(struct ops *ops, const struct directory *directory)
{
	ops->directory = directory;
}

static enum result count_others(struct ops *ops, const struct condition *but, size_t *others, struct fault *fault)
{
	struct ops_rows rows;
	enum result result = ops_read(ops, &rows, fault);
	*others = 0;
	for (size_t i = 0; result == RESULT_OK && i < rows.count; i++)
		*others += rows.items[i].ended == INSTANT_NEVER &&
		           !(text_equal(rows.items[i].id, but->id) && text_equal(rows.items[i].key, but->key));
	return result;
}

/* ---- saying ---- */

/* What it now is, from what was known and what was found. A condition that comes back within its pause is the same one:
 * what comes and goes all day is not new each time. */
static void renew(const struct ops_word *word, const struct ops_alert *alert, bool found, instant since, instant now,
                  struct condition *condition)
{
	bool old = found && (condition->ended == INSTANT_NEVER || now - condition->ended < alert->pause);
	if (!old)
		*condition = (struct condition){.id = text_of(alert->id),
		                                .key = word->key,
		                                .since = since,
		                                .told = INSTANT_NONE,
		                                .digest = INSTANT_NONE};
	else if (condition->ended != INSTANT_NEVER)
		condition->count = 0;
	condition->seen = now;
	condition->ended = INSTANT_NEVER;
	condition->lasting = ops_lasts(alert, word->key, word->lasting);
	condition->count = word->more ? condition->count + word->more : word->count ? word->count : 1;
	if (condition->count < condition->told_count) /* fewer than were told: one more than now is worse again */
		condition->told_count = condition->count;
}

static bool is_worse(const struct condition *condition)
{
	return condition->told != INSTANT_NONE && condition->count > condition->told_count;
}

/* ---- what mail cannot tell ---- */

static bool has_other_way(const struct directory *directory, const struct person *person)
{
	bool own = person->order_count; /* else all of theirs */
	for (size_t i = 0; i < (own ? person->order_count : (size_t)CHANNEL_KINDS); i++) {
		enum channel_kind kind = own ? person->order[i] : (enum channel_kind)i;
		if (channel_form(kind) != CHANNEL_LETTER && directory_reaches_by(directory, person, kind))
			return true;
	}
	return false;
}

/* Those of ops who hear by something else than mail. Free *them. */
static size_t by_other_ways(const struct ops *ops, instant now, struct recipient **them)
{
	const struct directory *directory = ops->directory;
	civil_day today = zone_date(calendar_zone(ops->calendar), now);
	size_t count = 0, room = directory ? directory->person_count : 0;
	*them = mem_zero(room + 1, sizeof **them);
	size_t all = room ? directory_resolve_at(directory, TEXT(DIRECTORY_OPS), NULL, 0, today, now, *them, room) : 0;
	for (size_t i = 0; i < all; i++)
		if (has_other_way(directory, (*them)[i].person))
			(*them)[count++] = (*them)[i];
	return count;
}

static bool can_be_told(const struct ops *ops, const struct ops_alert *alert, instant now)
{
	struct recipient *them;
	if (!alert->not_by_mail)
		return true;
	size_t count = by_other_ways(ops, now, &them);
	free(them);
	return count > 0;
}

/* The row of the outbox: for whoever holds the role when it goes, or one for each who hears by another way. */
static enum result add_rows(struct ops *ops, const struct ops_alert *alert, struct text words, struct text detail,
                            instant now, struct fault *fault)
{
	struct recipient *them;
	enum result result = RESULT_OK;
	if (!alert->not_by_mail)
		return ops_add_row(ops, alert->id, words, detail, now, fault);
	size_t count = by_other_ways(ops, now, &them);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = ops_add_row_to(ops, alert->id, them[i].person, words, detail, now, fault);
	free(them);
	return result;
}

static bool tells_now(const struct ops *ops, const struct ops_alert *alert, const struct condition *condition,
                      instant now)
{
	if (!can_be_told(ops, alert, now))
		return false;
	if (condition->told == INSTANT_NONE)
		return true;
	return is_worse(condition) && (now - condition->told >= alert->pause || now < condition->told);
}

static void write_log(struct ops *ops, const struct ops_alert *alert, const struct ops_word *word, const char *title)
{
	struct buffer line = {0};
	buffer_string(&line, title);
	for (size_t i = 0; !word->not_logged && i < word->fact_count && i < OPS_FACTS; i++)
		buffer_format(&line, "; %s: %s", word->facts[i].label, word->facts[i].value);
	store_log(ops->store, LOG_LEVEL_WARNING, (struct log_about){.rule = alert->id}, "%s: %s", alert->id,
	          buffer_cstr(&line));
	buffer_free(&line);
}

/* Of records: which, and who was told besides ops. */
static void add_record_facts(const struct ops *ops, struct ops_word *word, struct buffer *records,
                             struct buffer *owners)
{
	if (!word->record_count || word->fact_count + 2 > OPS_FACTS)
		return;
	ops_records(ops, word, NULL, records);
	ops_owners(ops, word, owners);
	word->facts[word->fact_count++] = (struct ops_fact){"Records", buffer_cstr(records), NULL};
	word->facts[word->fact_count++] = (struct ops_fact){"Owner of the source", buffer_cstr(owners), NULL};
}

static enum result tell_condition(struct ops *ops, const struct ops_word *word, struct condition *condition,
                                  instant now, struct fault *fault)
{
	struct buffer detail = {0}, words = {0};
	const char *title = arena_copy_text(ops->arena, condition->title.at, condition->title.length);
	size_t others;
	enum result result = count_others(ops, condition, &others, fault);
	if (result == RESULT_OK) {
		ops_detail(word, title, condition->since, others, is_worse(condition), &detail);
		ops_plain(word, title, &words);
		result = add_rows(ops, ops_alert(word->what), buffer_view(&words), buffer_view(&detail), now, fault);
	}
	if (result == RESULT_OK)
		result = ops_tell_owners(ops, word, title, now, fault);
	condition->told = now;
	condition->told_count = condition->count;
	buffer_free(&detail);
	buffer_free(&words);
	return result;
}

static struct unwritten *unwritten_of(struct ops *ops, enum ops_what what, struct text key)
{
	for (size_t i = 0; i < ops->unwritten_count; i++)
		if (ops->unwritten[i].what == what && text_equal(text_of(ops->unwritten[i].key), key))
			return &ops->unwritten[i];
	return NULL;
}

static enum result write_word(struct ops *ops, const struct ops_word *said, instant now, struct fault *fault)
{
	struct ops_word with_records = *said;
	const struct ops_word *word = &with_records;
	const struct ops_alert *alert = ops_alert(word->what);
	struct condition condition;
	struct buffer title = {0}, records = {0}, owners = {0};
	int64_t lately = 0;
	bool found, tells;
	const struct unwritten *kept = unwritten_of(ops, word->what, word->key); /* that is in the log */
	arena_reset(ops->arena);
	enum result result =
		conditions_get(ops->store, text_of(alert->id), word->key, ops->arena, &condition, &found, fault);
	if (result == RESULT_OK)
		result = conditions_told_after(ops->store, text_of(alert->id), now - OPS_BURST_TIME, &lately, fault);
	if (result != RESULT_OK)
		return result;
	add_record_facts(ops, &with_records, &records, &owners);
	bool stood = found && condition.ended == INSTANT_NEVER;
	int64_t before = found ? condition.count : 0;
	renew(word, alert, found, kept && kept->since < now ? kept->since : now, now, &condition);
	if (word->title)
		buffer_string(&title, word->title);
	else
		ops_title(alert, condition.count, &title);
	condition.title = buffer_view(&title);
	condition.meaning = text_of(word->meaning);
	condition.about = text_of(word->about);
	tells = tells_now(ops, alert, &condition, now) && lately < OPS_BURST;
	if (!kept && (!stood || condition.count > before))
		write_log(ops, alert, word, buffer_cstr(&title));
	if (tells)
		result = tell_condition(ops, word, &condition, now, fault);
	if (result == RESULT_OK)
		result = conditions_put(ops->store, &condition, fault);
	buffer_free(&title);
	buffer_free(&records);
	buffer_free(&owners);
	return result;
}

/* Begins a transaction where none is open, and ends what it began. */
static enum result begin_own(struct ops *ops, bool *own, struct fault *fault)
{
	*own = !store_in_transaction(ops->store);
	return *own ? store_begin(ops->store, fault) : RESULT_OK;
}

static enum result finish_own(struct ops *ops, bool own, enum result result, struct fault *fault)
{
	if (!own)
		return result;
	if (result == RESULT_OK)
		result = store_commit(ops->store, fault);
	else
		store_rollback(ops->store);
	return result;
}

static struct unwritten *room_for_unwritten(struct ops *ops)
{
	if (ops->unwritten_count == UNWRITTEN_MOST)
		return &ops->unwritten[UNWRITTEN_MOST - 1];
	struct unwritten *kept = mem_push((void **)&ops->unwritten, &ops->unwritten_count, &ops->unwritten_room,
	                                  sizeof *kept);
	*kept = (struct unwritten){0};
	return kept;
}

static void keep_unwritten(struct ops *ops, const struct ops_word *word, instant now)
{
	struct buffer title = {0}, words = {0};
	struct unwritten *kept = unwritten_of(ops, word->what, word->key);
	instant since = kept ? kept->since : now;
	int64_t count = word->more ? (kept ? kept->count : 0) + word->more : word->count ? word->count : 1;
	bool known = kept != NULL;
	if (!known)
		kept = room_for_unwritten(ops);
	if (word->title)
		buffer_string(&title, word->title);
	else
		ops_title(ops_alert(word->what), count, &title);
	for (size_t i = 0; i < word->fact_count && i < OPS_FACTS; i++)
		buffer_format(&words, "%s%s: %s", i ? "; " : "", word->facts[i].label, word->facts[i].value);
	char *key = mem_copy_text(word->key.at, word->key.length);
	if (!known)
		write_log(ops, ops_alert(word->what), word, buffer_cstr(&title));
	free_unwritten(kept);
	*kept = (struct unwritten){.what = word->what, .key = key, .title = mem_copy_text(title.at, title.length),
	                           .words = mem_copy_text(words.at, words.length), .since = since, .count = count,
	                           .lasting = word->lasting};
	buffer_free(&title);
	buffer_free(&words);
}

/* Most looks find what was found a minute ago: then nothing is written. */
static enum result is_known(struct ops *ops, const struct ops_word *word, instant now, bool *known, struct fault *fault)
{
	const struct ops_alert *alert = ops_alert(word->what);
	struct condition row;
	bool found;
	arena_reset(ops->arena);
	enum result result = conditions_get(ops->store, text_of(alert->id), word->key, ops->arena, &row, &found, fault);
	*known = result == RESULT_OK && found && !word->more && row.ended == INSTANT_NEVER && now >= row.seen &&
	         now - row.seen < SEEN_AGAIN && row.count == (word->count ? word->count : 1) &&
	         !tells_now(ops, alert, &row, now) && (!word->title || text_equal(row.title, text_of(word->title)));
	return result;
}

struct ops_word ops_late_list(struct text list, const char *what, struct ops_late_list *room)
{
	(void)snprintf(room->key, sizeof room->key, "late-list/%.*s", TEXT_ARG(list));
	(void)snprintf(room->title, sizeof room->title, "The list %.*s is late: %s", TEXT_ARG(list), what);
	return (struct ops_word){.what = OPS_UNDELIVERABLE,
	                         .key = text_of(room->key),
	                         .lasting = OPS_UNTIL_DIGEST,
	                         .title = room->title,
	                         .meaning = "Alerts go on. Whoever lives from that list has none: ring them."};
}

enum result ops_say(struct ops *ops, const struct ops_word *word, instant now, struct fault *fault)
{
	bool own, known;
	if (!ops)
		return RESULT_OK;
	enum result result = is_known(ops, word, now, &known, fault);
	if (result == RESULT_TEMPORARY && !store_in_transaction(ops->store))
		keep_unwritten(ops, word, now);
	if (result != RESULT_OK || known)
		return result;
	result = begin_own(ops, &own, fault);
	if (result == RESULT_OK)
		result = finish_own(ops, own, write_word(ops, word, now, fault), fault);
	if (result == RESULT_TEMPORARY && own)
		keep_unwritten(ops, word, now);
	return result;
}

/* ---- over ---- */

/* "Nobody reads the list of team West 2: over since 10:12, after 16 days." */
static void write_end(const struct ops *ops, const struct condition *condition, const char *how, instant now,
                      struct buffer *out)
{
	if (how) {
		buffer_string(out, how);
		return;
	}
	buffer_format(out, "%.*s: over since ", TEXT_ARG(condition->title));
	words_clock(calendar_zone(ops->calendar), now, out);
	buffer_string(out, ", after ");
	words_span(now - condition->since, out);
	buffer_char(out, '.');
}

static enum result end_row(struct ops *ops, struct condition *condition, const char *how, instant now,
                           struct fault *fault)
{
	struct buffer words = {0};
	write_end(ops, condition, how, now, &words);
	condition->ended = now;
	condition->title = buffer_view(&words);
	char id[64];
	(void)snprintf(id, sizeof id, "%.*s", TEXT_ARG(condition->id));
	store_log(ops->store, LOG_LEVEL_NOTICE, (struct log_about){.rule = id}, "%s: %s", id, buffer_cstr(&words));
	enum result result = conditions_put(ops->store, condition, fault);
	buffer_free(&words);
	return result;
}

static void forget_unwritten(struct ops *ops, struct unwritten *unwritten)
{
	if (!unwritten)
		return;
	free_unwritten(unwritten);
	*unwritten = ops->unwritten[--ops->unwritten_count];
	ops->unwritten[ops->unwritten_count] = (struct unwritten){0};
}

enum result ops_end(struct ops *ops, enum ops_what what, struct text key, const char *how, instant now,
                    struct fault *fault)
{
	struct condition condition;
	bool found, own;
	if (!ops)
		return RESULT_OK;
	forget_unwritten(ops, unwritten_of(ops, what, key));
	arena_reset(ops->arena);
	enum result result =
		conditions_get(ops->store, text_of(ops_alert(what)->id), key, ops->arena, &condition, &found, fault);
	if (result != RESULT_OK || !found || condition.ended != INSTANT_NEVER)
		return result; /* most calls: nothing is written */
	result = begin_own(ops, &own, fault);
	return result == RESULT_OK ? finish_own(ops, own, end_row(ops, &condition, how, now, fault), fault) : result;
}

enum result ops_end_others(struct ops *ops, enum ops_what what, ops_stays *stays, void *argument, instant now,
                           struct fault *fault)
{
	struct ops_rows rows;
	if (!ops)
		return RESULT_OK;
	arena_reset(ops->arena);
	/* Each minute, of each kind, however much is wrong. */
	enum result result = ops_read_of(ops, what, &rows, fault);
	for (size_t i = 0; result == RESULT_OK && i < rows.count; i++) {
		struct condition *row = &rows.items[i];
		bool own;
		if (row->ended != INSTANT_NEVER || row->lasting != OPS_UNTIL_OVER ||
		    (stays && stays(argument, row->key)))
			continue;
		result = begin_own(ops, &own, fault);
		if (result == RESULT_OK)
			result = finish_own(ops, own, end_row(ops, row, NULL, now, fault), fault);
	}
	return result;
}

/* ---- every minute ---- */

static enum result write_unwritten(struct ops *ops, instant now, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && ops->unwritten_count) {
		struct unwritten kept = ops->unwritten[ops->unwritten_count - 1];
		struct ops_word word = {
			.what = kept.what, .key = text_of(kept.key), .count = kept.count, .title = kept.title,
			.lasting = kept.lasting};
		bool own;
		if (*kept.words)
			word.facts[word.fact_count++] = (struct ops_fact){"What was found", kept.words, NULL};
		result = begin_own(ops, &own, fault);
		if (result == RESULT_OK)
			result = finish_own(ops, own, write_word(ops, &word, now, fault), fault);
		if (result == RESULT_OK)
			forget_unwritten(ops, &ops->unwritten[ops->unwritten_count - 1]);
	}
	return result;
}

/* What hangs on an alert is over when that was answered or has ended, or is there no more. */
static enum result let_go_answered(struct ops *ops, struct condition *row, instant now, struct fault *fault)
{
	bool waits;
	if (row->lasting != OPS_UNTIL_ANSWERED || row->ended != INSTANT_NEVER)
		return RESULT_OK;
	enum result result = alerts_waits(ops->store, row->key, &waits, fault);
	return result == RESULT_OK && !waits ? end_row(ops, row, NULL, now, fault) : result;
}

/* One mail for all of one kind that were held back, so that nothing is told late without end. */
static enum result tell_together(struct ops *ops, const struct ops_rows *rows, const struct ops_alert *alert,
                                 instant now, struct fault *fault)
{
	struct buffer names = {0}, title = {0};
	int64_t count = 0, lately = 0;
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && !lately && i < rows->count; i++) {
		struct condition *row = &rows->items[i];
		if (row->ended != INSTANT_NEVER || !text_equal(row->id, text_of(alert->id)) ||
		    !tells_now(ops, alert, row, now))
			continue;
		if (!count) /* asked only where there is one: a minute has none of most kinds */
			result = conditions_told_after(ops->store, text_of(alert->id), now - OPS_BURST_TIME, &lately,
			                               fault);
		if (result != RESULT_OK || lately)
			break;
		if (count++ < OPS_BURST)
			buffer_format(&names, "%s%.*s", count > 1 ? "; " : "", TEXT_ARG(row->title));
		row->told = now;
		row->told_count = row->count;
		result = conditions_put(ops->store, row, fault);
	}
	if (result == RESULT_OK && count) {
		struct ops_word word = {
			.what = alert->what, .facts = {{"Among them", buffer_cstr(&names), NULL}}, .fact_count = 1};
		struct buffer words = {0}, detail = {0};
		buffer_format(&title, "%lld more of one kind: %s", (long long)count, alert->id);
		if (count == 1) {
			buffer_clear(&title);
			buffer_text(&title, buffer_view(&names));
			word.fact_count = 0;
		}
		ops_plain(&word, buffer_cstr(&title), &words);
		ops_detail(&word, buffer_cstr(&title), now, rows->count > 1 ? rows->count - 1 : 0, true, &detail);
		result = ops_add_row(ops, alert->id, buffer_view(&words), buffer_view(&detail), now, fault);
		buffer_free(&words);
		buffer_free(&detail);
	}
	buffer_free(&names);
	buffer_free(&title);
	return result;
}

static enum result look_again(struct ops *ops, instant now, struct fault *fault)
{
	struct ops_rows rows;
	bool own;
	arena_reset(ops->arena);
	enum result result = ops_read(ops, &rows, fault);
	if (result != RESULT_OK || !rows.count)
		return result;
	result = begin_own(ops, &own, fault);
	if (result != RESULT_OK)
		return result;
	size_t looks = rows.count < LOOKED_A_TICK ? rows.count : LOOKED_A_TICK;
	for (size_t i = 0; result == RESULT_OK && i < looks; i++)
		result = let_go_answered(ops, &rows.items[ops->looked++ % rows.count], now, fault);
	ops->looked = looks < rows.count ? ops->looked % rows.count : 0;
	for (int what = 0; result == RESULT_OK && what < OPS_WHATS; what++)
		result = tell_together(ops, &rows, ops_alert((enum ops_what)what), now, fault);
	return finish_own(ops, own, result, fault);
}

enum result ops_tick(struct ops *ops, const struct ops_works *works, instant now, instant *next, struct fault *fault)
{
	*next = now + MINUTE;
	enum result result = write_unwritten(ops, now, fault);
	if (result == RESULT_OK)
		result = look_again(ops, now, fault);
	return result == RESULT_OK ? ops_daily(ops, works, now, next, fault) : result;
}

/* ---- looking ---- */

struct showing {
	ops_visit *visit;
	void *argument;
};

static enum result show_row(void *argument, const struct condition *row, struct fault *fault)
{
	const struct showing *showing = argument;
	char id[64];
	(void)fault;
	(void)snprintf(id, sizeof id, "%.*s", TEXT_ARG(row->id));
	struct ops_wrong wrong = {ops_alert_by_id(id), row->key, row->title, row->since, row->count};
	if (row->ended == INSTANT_NEVER && wrong.alert)
		showing->visit(showing->argument, &wrong);
	return RESULT_OK;
}

enum result ops_each_stored(struct store *store, ops_visit *visit, void *argument, struct fault *fault)
{
	struct showing showing = {visit, argument};
	return conditions_each(store, show_row, &showing, fault);
}

enum result ops_each(const struct ops *ops, ops_visit *visit, void *argument, struct fault *fault)
{
	for (size_t i = 0; i < ops->unwritten_count; i++) {
		const struct unwritten *kept = &ops->unwritten[i];
		struct ops_wrong wrong = {ops_alert(kept->what), text_of(kept->key), text_of(kept->title), kept->since,
		                          kept->count};
		visit(argument, &wrong);
	}
	return ops_each_stored(ops->store, visit, argument, fault);
}

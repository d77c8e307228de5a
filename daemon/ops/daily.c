/* daily: the digest: what still is wrong, what has ended, and what works; once a day, also when nothing is wrong. */
#include "ops/ops_internal.h"

#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "text/json_write.h"
#include "time/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST "ops.daily"
#define RUN TEXT("ops-daily") /* in lists_last: when it was last due and made */
#define DAY_OF_WALL ((int64_t)86400 * SECOND)
/* Of each part so many are named, what is new or worse first; the rest is a number, and `casewatch status` shows it: a
 * mail server that is down makes one thing of every alert. */
#define NAMED 40
#define FURTHER_MEANING "Each is a thing that may keep somebody from hearing of a child."
#define FURTHER_NEXT "See all of them."
#define FURTHER_COMMAND "casewatch status"

/* ---- when ---- */

static instant due_on(const struct zone *zone, civil_day day)
{
	return zone_instant(zone, (int64_t)day * DAY_OF_WALL + OPS_DAILY_MINUTE * MINUTE, WALL_EARLIER);
}

static instant latest_due(const struct zone *zone, instant now)
{
	civil_day today = zone_date(zone, now);
	instant due = due_on(zone, today);
	return due <= now ? due : due_on(zone, today - 1);
}

instant ops_digest_after(const struct calendar *calendar, instant now)
{
	const struct zone *zone = calendar_zone(calendar);
	return due_on(zone, zone_date(zone, latest_due(zone, now)) + 1);
}

/* ---- what needs somebody ---- */

struct daily {
	struct ops *ops;
	const struct zone *zone;
	instant now;
	struct buffer detail, words; /* JSON; plain words */
	struct json_writer json;
	int64_t needs, worse, ended;
	bool missed; /* something was told late, and is among what needs somebody */
};

static void put_since(const struct daily *digest, instant since, struct buffer *out)
{
	instant stood = digest->now - since;
	buffer_string(out, "Since ");
	words_moment(digest->zone, (struct words_moment){since, false}, WORDS_TABLE, out);
	if (stood >= 7 * 24 * HOUR) {
		buffer_string(out, ", ");
		words_days(stood / (24 * HOUR), out);
	}
	buffer_char(out, '.');
}

static bool is_worse(const struct condition *row)
{
	return row->digest != INSTANT_NONE && row->count > row->digest_count;
}

static bool is_news(const struct condition *row)
{
	return row->digest == INSTANT_NONE || is_worse(row);
}

static void put_change(const struct condition *row, struct buffer *out)
{
	if (row->digest == INSTANT_NONE)
		buffer_string(out, "New since yesterday.");
	else if (is_worse(row))
		buffer_format(out, "Worse: %lld more than yesterday.", (long long)(row->count - row->digest_count));
	else
		buffer_string(out, "As yesterday.");
}

static const char *first_command(const struct ops_step *steps, bool about)
{
	for (size_t step = 0; step < OPS_STEPS && steps[step].words; step++)
		for (size_t i = 0; i < OPS_COMMANDS && steps[step].commands[i]; i++)
			if (about || !strstr(steps[step].commands[i], "{}"))
				return steps[step].commands[i];
	return NULL;
}

static void put_need(struct daily *digest, const struct condition *row, const struct ops_alert *alert, int64_t number)
{
	struct buffer since = {0}, change = {0}, command = {0};
	const struct ops_step *steps = ops_steps(alert, row->key);
	const char *pattern = first_command(steps, row->about.length > 0);
	struct text meaning = row->meaning.length ? row->meaning : text_of(alert->meaning);
	put_since(digest, row->since, &since);
	put_change(row, &change);
	if (pattern)
		ops_fill(pattern, row->about, &command);
	json_object(&digest->json);
	json_put_text(&digest->json, "title", row->title);
	json_put_text(&digest->json, "since", buffer_view(&since));
	json_put_text(&digest->json, "change", buffer_view(&change));
	json_put_text(&digest->json, "meaning", meaning);
	json_put_string(&digest->json, "next", steps[0].words);
	json_put_text(&digest->json, "command", buffer_view(&command));
	json_object_end(&digest->json);
	buffer_format(&digest->words, "\n%lld. %.*s\n   %s %s\n   For children: %.*s\n   Next: %s %s\n",
	              (long long)number, TEXT_ARG(row->title), buffer_cstr(&since), buffer_cstr(&change),
	              TEXT_ARG(meaning), steps[0].words, buffer_cstr(&command));
	buffer_free(&since);
	buffer_free(&change);
	buffer_free(&command);
}

static const struct ops_alert *alert_of(const struct condition *row)
{
	char id[64];
	(void)snprintf(id, sizeof id, "%.*s", TEXT_ARG(row->id));
	return ops_alert_by_id(id);
}

/* What stands of those; counts it. */
static bool is_needed(struct daily *digest, const struct condition *row)
{
	bool needed = row->ended == INSTANT_NEVER && alert_of(row);
	digest->needs += needed;
	digest->missed |= needed && alert_of(row)->what == OPS_LADDER_MISSED;
	digest->worse += needed && is_worse(row);
	return needed;
}

static void put_further(struct daily *digest, int64_t count)
{
	char title[64];
	(void)snprintf(title, sizeof title, "%lld further thing%s", (long long)count, count == 1 ? "" : "s");
	json_object(&digest->json);
	json_put_string(&digest->json, "title", title);
	json_put_string(&digest->json, "since", "");
	json_put_string(&digest->json, "change", "");
	json_put_string(&digest->json, "meaning", FURTHER_MEANING);
	json_put_string(&digest->json, "next", FURTHER_NEXT);
	json_put_string(&digest->json, "command", FURTHER_COMMAND);
	json_object_end(&digest->json);
	buffer_format(&digest->words, "\n%s\n   For children: %s\n   Next: %s %s\n", title, FURTHER_MEANING,
	              FURTHER_NEXT, FURTHER_COMMAND);
}

/* Those that are new or worse have their place first; they stand in the order of all. */
static void put_needs(struct daily *digest, const struct ops_rows *rows)
{
	bool *needed = mem_zero(rows->count + 1, sizeof *needed);
	int64_t fresh = 0, named = 0;
	for (size_t i = 0; i < rows->count; i++) {
		needed[i] = is_needed(digest, &rows->items[i]);
		fresh += needed[i] && is_news(&rows->items[i]);
	}
	int64_t rest = fresh < NAMED ? NAMED - fresh : 0;
	json_key(&digest->json, "needs");
	json_array(&digest->json);
	for (size_t i = 0; i < rows->count && named < NAMED; i++) {
		const struct condition *row = &rows->items[i];
		if (!needed[i] || (!is_news(row) && rest-- <= 0))
			continue;
		put_need(digest, row, alert_of(row), ++named);
	}
	if (digest->needs > named)
		put_further(digest, digest->needs - named);
	json_array_end(&digest->json);
	free(needed);
}

static void put_ended(struct daily *digest, const struct ops_rows *rows)
{
	char more[64];
	json_key(&digest->json, "ended");
	json_array(&digest->json);
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].ended == INSTANT_NEVER || digest->ended++ >= NAMED)
			continue;
		json_text(&digest->json, rows->items[i].title);
		buffer_format(&digest->words, "%s%.*s\n", digest->ended > 1 ? "" : "\nEnded since yesterday\n",
		              TEXT_ARG(rows->items[i].title));
	}
	if (digest->ended > NAMED) {
		(void)snprintf(more, sizeof more, "And %lld more.", (long long)digest->ended - NAMED);
		json_text(&digest->json, text_of(more));
		buffer_format(&digest->words, "%s\n", more);
	}
	json_array_end(&digest->json);
}

static void put_ids(struct daily *digest, const struct ops_rows *rows)
{
	bool seen[OPS_WHATS] = {false};
	json_key(&digest->json, "words");
	json_array(&digest->json);
	for (size_t i = 0; i < rows->count; i++) {
		const struct ops_alert *alert = alert_of(&rows->items[i]);
		if (alert && !seen[alert->what])
			json_text(&digest->json, rows->items[i].id);
		if (alert)
			seen[alert->what] = true;
	}
	json_array_end(&digest->json);
}

/* ---- what works ---- */

static void put_work(struct daily *digest, const char *label, struct buffer *value)
{
	json_object(&digest->json);
	json_put_string(&digest->json, "label", label);
	json_put_text(&digest->json, "value", buffer_view(value));
	json_object_end(&digest->json);
	buffer_format(&digest->words, "%s: %s\n", label, buffer_cstr(value));
	buffer_clear(value);
}

static void say_data(const struct daily *digest, const struct ops_works *works, instant complete_to,
                     struct buffer *out)
{
	if (complete_to == INSTANT_NONE)
		buffer_string(out, "No source has confirmed up to when it is complete");
	else {
		buffer_string(out, "Complete to ");
		words_until(digest->zone, complete_to, WORDS_TABLE, out);
	}
	buffer_string(out, ", ");
	words_count((int64_t)works->sources, "source", "sources", out);
}

static void say_database(const struct store_figures *figures, const struct ops_works *works, struct buffer *out)
{
	buffer_format(out, "%.1f GB, %.0f GB free. ", (double)figures->database_bytes / 1e9,
	              (double)works->disk_free_bytes / 1e9);
	words_count((int64_t)figures->events, "event", "events", out);
}

/* "Whole" is said of what was read, and of nothing else. */
static enum result say_audit(const struct daily *digest, const struct ops_works *works, struct buffer *out,
                             struct fault *fault)
{
	const struct ops_audit *audit = &works->audit;
	struct audit_head head = audit->head;
	bool lately = audit->at != INSTANT_NONE && digest->now - audit->at < OPS_AUDIT_OLD;
	enum result result = RESULT_OK;
	if (!lately)
		result = audit_head(digest->ops->store, &head, fault);
	if (result != RESULT_OK)
		return result;
	if (lately && audit->wrong)
		buffer_string(out, "DOES NOT VERIFY: casewatch verify says where. The last row that fits is row ");
	else if (lately)
		buffer_string(out, "Whole: ");
	words_number(head.row, out);
	if (!audit->wrong || !lately)
		buffer_string(out, head.row == 1 ? " row" : " rows");
	buffer_string(out, lately ? ". Last row " : ", not read through today. Last row ");
	audit_head_short(&head, out);
	return RESULT_OK;
}

/* By the hourly reckoning, and by nothing else. */
static void say_steps(const struct daily *digest, const struct ops_works *works, struct buffer *out)
{
	bool lately = works->reckoned != INSTANT_NONE && digest->now - works->reckoned < OPS_RECKONED_OLD;
	buffer_string(out, digest->missed ? ". What was told late is named above"
	                   : lately      ? ". Every step that was due was sent"
	                                 : ". Whether every step was sent was not reckoned in the last two hours");
}

static void say_certificate(const struct daily *digest, instant until, struct buffer *out)
{
	buffer_string(out, until <= digest->now ? "One ran out on " : "The next runs out on ");
	words_day(zone_date(digest->zone, until), WORDS_FULL_YEAR, out);
}

static void say_holidays(const struct daily *digest, struct buffer *out)
{
	buffer_string(out, "Known to ");
	words_day(calendar_last_day(digest->ops->calendar), WORDS_FULL_YEAR, out);
}

static enum result put_works(struct daily *digest, const struct ops_works *works, struct fault *fault)
{
	struct store *store = digest->ops->store;
	struct store_figures figures;
	int64_t accepted = 0;
	struct buffer value = {0};
	instant complete_to, last_arrival;
	enum result result = store_figures(store, &figures, fault);
	if (result == RESULT_OK)
		result = sources_complete(store, &complete_to, &last_arrival, fault);
	if (result == RESULT_OK)
		result = outbox_accepted_since(store, digest->now - 24 * HOUR, &accepted, fault);
	if (result != RESULT_OK)
		return result;
	buffer_string(&digest->words, "\nWhat works\n");
	json_key(&digest->json, "works");
	json_array(&digest->json);
	say_data(digest, works, complete_to, &value);
	put_work(digest, "Data", &value);
	buffer_format(&value, "%llu open, %llu without an answer",
	              (unsigned long long)(figures.standing[0] + figures.standing[1] + figures.standing[2]),
	              (unsigned long long)figures.unanswered);
	say_steps(digest, works, &value);
	put_work(digest, "Alerts", &value);
	buffer_format(&value, "%lld accepted since yesterday, %lld wait", (long long)accepted,
	              (long long)figures.outbox_waiting);
	put_work(digest, "Messages", &value);
	say_database(&figures, works, &value);
	put_work(digest, "Database", &value);
	result = say_audit(digest, works, &value, fault);
	if (result == RESULT_OK)
		put_work(digest, "Audit", &value);
	buffer_clear(&value);
	if (works->certificate != INSTANT_NEVER) {
		say_certificate(digest, works->certificate, &value);
		put_work(digest, "Certificates", &value);
	}
	say_holidays(digest, &value);
	put_work(digest, "Bank holidays", &value);
	json_array_end(&digest->json);
	buffer_free(&value);
	return result;
}

/* ---- the digest ---- */

/* What ended is named once, and what only happened once too; what stands is as it was told today. A few statements, and
 * none for each row. */
static enum result settle(struct daily *digest, const struct ops_rows *rows, struct fault *fault)
{
	struct store *store = digest->ops->store;
	enum result result = conditions_remove_lasting(store, OPS_UNTIL_DIGEST, fault);
	for (size_t i = 0; result == RESULT_OK && i < rows->count; i++)
		if (!alert_of(&rows->items[i])) /* of another version */
			result = conditions_remove(store, rows->items[i].id, rows->items[i].key, fault);
	return result == RESULT_OK ? conditions_digested(store, digest->now, fault) : result;
}

static void put_heading(const struct daily *digest, struct buffer *out)
{
	if (!digest->needs)
		buffer_string(out, "Nothing needs you.\n");
	else
		buffer_format(out, "%lld thing%s need%s you. %lld worse, %lld ended.\n", (long long)digest->needs,
		              digest->needs == 1 ? "" : "s", digest->needs == 1 ? "s" : "", (long long)digest->worse,
		              (long long)digest->ended);
}

static enum result make(struct daily *digest, const struct ops_works *works, struct fault *fault)
{
	struct ops_rows rows;
	struct buffer words = {0};
	arena_reset(digest->ops->arena);
	enum result result = ops_read(digest->ops, &rows, fault);
	if (result != RESULT_OK)
		return result;
	json_object(&digest->json);
	json_put_string(&digest->json, "word", DIGEST);
	put_needs(digest, &rows);
	put_ended(digest, &rows);
	result = put_works(digest, works, fault);
	json_put_integer(&digest->json, "worse", digest->worse);
	json_put_integer(&digest->json, "ended_count", digest->ended);
	json_put_integer(&digest->json, "needs_count", digest->needs);
	put_ids(digest, &rows);
	json_object_end(&digest->json);
	put_heading(digest, &words);
	buffer_text(&words, buffer_view(&digest->words));
	if (result == RESULT_OK)
		result = ops_add_row(digest->ops, DIGEST, buffer_view(&words), buffer_view(&digest->detail),
		                     digest->now, fault);
	if (result == RESULT_OK)
		result = settle(digest, &rows, fault);
	buffer_free(&words);
	return result;
}

static enum result make_due(struct ops *ops, const struct ops_works *works, instant due, instant last, instant now,
                            struct fault *fault)
{
	struct daily digest = {.ops = ops, .zone = calendar_zone(ops->calendar), .now = now};
	digest.json = json_writer_on(&digest.detail);
	enum result result = store_begin(ops->store, fault);
	if (result != RESULT_OK)
		return result;
	if (last != INSTANT_NONE) /* a new installation owes none */
		result = make(&digest, works, fault);
	if (result == RESULT_OK && last != INSTANT_NONE)
		result = ops_daily_owners(ops, last, now, fault);
	if (result == RESULT_OK)
		result = lists_done(ops->store, RUN, due, fault);
	if (result == RESULT_OK)
		result = store_commit(ops->store, fault);
	else
		store_rollback(ops->store);
	buffer_free(&digest.detail);
	buffer_free(&digest.words);
	return result;
}

enum result ops_daily(struct ops *ops, const struct ops_works *works, instant now, instant *next, struct fault *fault)
{
	const struct zone *zone = calendar_zone(ops->calendar);
	instant done, due = latest_due(zone, now), following = ops_digest_after(ops->calendar, now);
	enum result result = lists_last(ops->store, RUN, &done, fault);
	if (result == RESULT_OK && done < due)
		result = make_due(ops, works, due, done, now, fault);
	if (following < *next)
		*next = following;
	return result;
}

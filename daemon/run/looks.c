/* looks: what is looked at every minute, the wall clock, systemd's line and watchdog, and the digest to ops.
 *
 * A look that finds something wrong says so to ops, and that it is over when it is: the table of conditions is all that
 * status, systemd's line and mails to ops know. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/changes.h"
#include "store/copies/follow.h"
#include "time/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define CALENDAR_SHORT 90            /* days */
#define DISK_LITTLE ((uint64_t)512 << 20)
#define JUMP_WORTH_SAYING (5 * SECOND)
#define BEHIND_WORTH_SAYING (24 * HOUR) /* at a start: what was set back while running was said then */
#define SET_BACK MINUTE              /* what was judged ahead of time is judged anew from the start */
#define WAITS_LONG HOUR
#define CRITICAL_WAITS_LONG (5 * MINUTE)
#define COPY_LATE (10 * MINUTE)     /* a machine that is restarted, or brought to a new version, is back by then */

struct looks {
	struct loop_timer *timer, *digest, *prune;
	struct loop_watch *store;
	instant wall_ahead; /* of time passed, as last seen */
	uint64_t unreadable; /* stored events, of which ops were told */
	bool looked;        /* since the start */
	bool copy_read;     /* what is known of the copy on another machine was once read: */
	instant copy_at, copy_since; /* when it had everything; by time passed: since when that has not moved */
};

/* ---- what is looked at ---- */

/* RESULT_PERMANENT leaves: nothing is written into a file that is gone. */
static enum result look_at_ground(struct council *council, struct fault *fault)
{
	return store_look_at_ground(council->store, fault);
}

static enum result tidy(struct council *council, struct fault *fault)
{
	return store_tidy(council->store, fault);
}

static enum result look_at_sources(struct council *council, struct fault *fault)
{
	(void)fault;
	feeds_say_ready(council);
	feeds_look(council);
	return RESULT_OK;
}

static enum result look_at_calendar(struct council *council, struct fault *fault)
{
	civil_day last = calendar_last_day(council->config->calendar);
	civil_day today = zone_date(calendar_zone(council->config->calendar), council_now(council));
	char left[64];
	(void)fault;
	if (last - today >= CALENDAR_SHORT) {
		council_end_ops(council, OPS_CALENDAR_ENDS, TEXT_NONE, NULL);
		return RESULT_OK;
	}
	int days = last > today ? (int)(last - today) : 0;
	(void)snprintf(left, sizeof left, "%d %s", days, days == 1 ? "day" : "days");
	struct ops_word word = {.what = OPS_CALENDAR_ENDS,
	                        .facts = {{"Known for", left, NULL}, {"File", council->config->calendar_file, NULL}},
	                        .fact_count = 2};
	council_say_ops(council, &word);
	return RESULT_OK;
}

static uint64_t disk_free(const struct council *council)
{
	struct statvfs disk;
	return statvfs(council->first->database, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
}

static enum result look_at_disk(struct council *council, struct fault *fault)
{
	char left_words[64];
	uint64_t left = disk_free(council);
	(void)fault;
	if (left >= DISK_LITTLE) {
		council_end_ops(council, OPS_DISK, TEXT_NONE, NULL);
		return RESULT_OK;
	}
	(void)snprintf(left_words, sizeof left_words, "%" PRIu64 " MB", left >> 20);
	struct ops_word word = {.what = OPS_DISK,
	                        .facts = {{"Left", left_words, NULL}, {"Database", council->first->database, NULL}},
	                        .fact_count = 2};
	council_say_ops(council, &word);
	return RESULT_OK;
}

/* No event is taken: a full disk, a busy or damaged database. */
static enum result look_at_taking(struct council *council, struct fault *fault)
{
	const char *trouble = council_trouble(council);
	(void)fault;
	if (!trouble) {
		council_end_ops(council, OPS_STORE, TEXT("taking"), NULL);
		return RESULT_OK;
	}
	struct ops_word word = {.what = OPS_STORE, .key = TEXT("taking"), .title = "No events are taken",
	                        .facts = {{"Why", trouble, NULL}}, .fact_count = 1};
	council_say_ops(council, &word);
	return RESULT_OK;
}

/* A row that turned on the disk: what it said of a child is in no history and on no list. It is over when a reading of
 * all (audit_watch) finds none. */
static enum result look_at_stored_events(struct council *council, struct fault *fault)
{
	int64_t last;
	uint64_t count = store_unreadable(council->store, &last);
	(void)fault;
	if (count == council->looks->unreadable)
		return RESULT_OK;
	council->looks->unreadable = count;
	council_say_unreadable(council, last);
	return RESULT_OK;
}

/* So many messages are late, as was found; or none is any more. */
static enum result say_late(struct council *council, enum result found, int64_t late, const char *key,
                            const char *title, const char *meaning)
{
	if (found != RESULT_OK)
		return found == RESULT_TEMPORARY ? RESULT_OK : found;
	if (!late) {
		council_end_ops(council, OPS_UNDELIVERABLE, text_of(key), NULL);
		return RESULT_OK;
	}
	struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = text_of(key), .count = late, .title = title,
	                        .lasting = OPS_UNTIL_OVER, .meaning = meaning};
	council_say_ops(council, &word);
	return RESULT_OK;
}

/* What should have gone an hour ago. Messages that wait for their recipient's morning are not late. */
static enum result look_at_messages(struct council *council, struct fault *fault)
{
	int64_t late = 0;
	char title[96];
	enum result result = RESULT_OK;
	if (council_channels(council) && cell_is_to_send(council))
		result = outbox_late(council->store, council_now(council) - WAITS_LONG, &late, fault);
	(void)snprintf(title, sizeof title, "%" PRId64 " message%s should have gone more than an hour ago", late,
	               late == 1 ? "" : "s");
	return say_late(council, result, late, "late", title, "Whoever they are for has not been told yet.");
}

static bool channels_are_well(const struct council *council)
{
	struct courier_health health;
	bool well = true;
	for (size_t i = 0; council->courier && courier_health(council->courier, i, &health); i++)
		well = well && health.trouble_since == INSTANT_NONE;
	return well;
}

/* A mailbox that hangs or says "later" is no trouble of a server's, and the next step is half an hour away. Of a
 * channel in trouble ops hear by itself; and where another machine sends, what it gave up waits here for ever. */
static enum result look_at_critical_messages(struct council *council, struct fault *fault)
{
	int64_t late = 0;
	char title[96];
	instant now = council_now(council);
	enum result result = RESULT_OK;
	if (council_channels(council) && cell_is_to_send(council) && channels_are_well(council))
		result = outbox_late_critical(council->store, now - CRITICAL_WAITS_LONG, now + MINUTE, &late, fault);
	(void)snprintf(title, sizeof title, "%" PRId64 " critical message%s not been taken for 5 minutes", late,
	               late == 1 ? " has" : "s have");
	return say_late(council, result, late, "late-critical", title,
	                "Whoever they are for has not been told yet. They are tried again and again; when the step's "
	                "time is over the next one is told.");
}

/* By time passed since the file that says so last said something else, which a copy that follows makes it do each
 * second; before that since our own start. A wall clock that was set back would call it well for as long. */
static enum result look_at_copy(struct council *council, struct fault *fault)
{
	struct follow_seen seen;
	struct buffer since = {0};
	(void)fault;
	if (!council->first->follow)
		return RESULT_OK;
	struct looks *looks = council->looks;
	bool known = follow_seen_read(council->first->database, &seen);
	instant now = council_elapsed(council);
	bool follows = known && looks->copy_read && seen.at != looks->copy_at;
	if (follows || !looks->copy_read) /* it is given time to come back after we do */
		looks->copy_since = now;
	looks->copy_read = true;
	looks->copy_at = seen.at;
	if (follows)
		council_end_ops(council, OPS_COPY, TEXT_NONE, NULL);
	if (now - looks->copy_since < COPY_LATE)
		return RESULT_OK;
	if (known)
		words_moment(calendar_zone(council->config->calendar), (struct words_moment){.at = seen.at},
		             WORDS_TABLE_YEAR, &since);
	struct ops_word word = {.what = OPS_COPY,
	                        .facts = {{"Had everything", known ? buffer_cstr(&since) : "never", NULL},
	                                  {"Machine", known ? seen.host : "none has followed yet", NULL}},
	                        .fact_count = 2};
	council_say_ops(council, &word);
	buffer_free(&since);
	return RESULT_OK;
}

static enum result look_at_people(struct council *council, struct fault *fault)
{
	(void)fault;
	teams_look(council);
	rotas_look(council);
	return RESULT_OK;
}

/* ---- ops ---- */

static void tell_ops(struct council *council)
{
	instant next = INSTANT_NEVER;
	struct fault fault = {0};
	uint64_t left = disk_free(council);
	struct pipeline_figures figures;
	pipeline_figures(council->pipeline, &figures);
	struct ops_works works = {.audit = audit_watch_found(council),
	                          .disk_free_bytes = left == UINT64_MAX ? 0 : left,
	                          .sources = feeds_count(council),
	                          .reckoned = figures.reckoned_at,
	                          .certificate = certificates_next(council)};
	enum result result = ops_tick(council->ops, &works, council_now(council), &next, &fault);
	if (council->seams.ops_every)
		next = council_now(council) + council->seams.ops_every;
	loop_timer_at(council->looks->digest, next);
	if (result == RESULT_TEMPORARY) /* said by who stores events; tried again in a minute */
		result = RESULT_OK;
	council_after(council, result, &fault);
}

static void on_digest(void *argument)
{
	tell_ops(argument);
}

/* ---- every minute ---- */

/* A reload that was refused before this start: what it was started with has no fault. */
static void begin(struct council *council)
{
	council->looks->looked = true;
	council_end_ops(council, OPS_RELOAD_FAILED, TEXT_NONE, NULL);
	council_end_ops(council, OPS_RELOAD_FAILED, TEXT(RELOAD_UNASKED), NULL);
	outdated_end(council);
}

static void on_minute(void *argument)
{
	static enum result (*const looks[])(struct council *, struct fault *) = {
		look_at_ground,
		tidy,
		look_at_sources,
		look_at_calendar,
		look_at_disk,
		said_look,
		look_at_taking,
		look_at_stored_events,
		look_at_messages,
		look_at_critical_messages,
		look_at_people,
		look_at_copy,
		cell_look,
		reload_look_at_files,
		silence_look,
		record_look,
		pages_look,
		metrics_look,
	};
	struct council *council = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	for (size_t i = 0; i < sizeof looks / sizeof looks[0] && result == RESULT_OK && !council->leaving; i++)
		result = looks[i](council, &fault);
	council_after(council, result, &fault);
	if (!council->leaving && !council->looks->looked)
		begin(council);
	if (council->leaving)
		return;
	tell_ops(council);
	said_now(council);
	loop_figures_reset(council->daemon->loop);
	log_say_held_back();
	council->looks->wall_ahead = council_now(council) - council_elapsed(council);
	loop_timer_in(council->looks->timer, said_is_to_be_looked_at(council) ? SECOND
	                                     : council->seams.look_every      ? council->seams.look_every
	                                                                      : MINUTE);
}

void looks_ask(struct council *council)
{
	struct fault fault = {0};
	if (!council->looks || council->leaving)
		return;
	said_now(council);
	if (!said_is_to_be_looked_at(council))
		return;
	enum result result = said_look(council, &fault);
	if (result == RESULT_OK)
		result = look_at_taking(council, &fault);
	council_after(council, result, &fault);
}

/* Notes of changes that are older than any copy may be behind. */
static void on_prune(void *argument)
{
	struct council *council = argument;
	struct fault fault = {0};
	bool more = false;
	enum result result = changes_prune(council->store, CHANGES_MOST, &more, &fault);
	if (result == RESULT_TEMPORARY) /* the disk is full, which is said; tried again in a minute */
		result = RESULT_OK;
	council_after(council, result, &fault);
	if (!council->leaving)
		loop_timer_in(council->looks->prune, more ? SECOND / 10 : MINUTE);
}

/* A checkpoint on its own thread failed. */
static void on_store(void *argument)
{
	struct council *council = argument;
	struct fault fault = {0};
	council_after(council, store_tidy(council->store, &fault), &fault);
}

/* ---- the wall clock ---- */

void looks_clock_jumped(struct council *council)
{
	instant ahead = council_now(council) - council_elapsed(council), jump = ahead - council->looks->wall_ahead;
	council->looks->wall_ahead = ahead;
	log_notice("the wall clock was set by %lld ms", (long long)(jump / 1000));
	pipeline_clock_set(council->pipeline);
	if (llabs(jump) >= JUMP_WORTH_SAYING) {
		char by[64];
		(void)snprintf(by, sizeof by, "%lld seconds %s", (long long)(llabs(jump) / SECOND),
		               jump < 0 ? "back" : "ahead");
		struct ops_word word = {
			.what = OPS_CLOCK_STEPPED, .more = 1, .facts = {{"By", by, NULL}}, .fact_count = 1};
		council_say_ops(council, &word);
	}
	if (jump <= -SET_BACK) { /* the engine's time never goes back while it runs */
		log_warning("leaving to start clean: the wall clock was set back");
		council_leave(council, EXIT_FAILURE, "the wall clock was set back");
		return;
	}
	council_after(council, RESULT_OK, NULL);
}

/* ---- start and stop ---- */

/* The daemon before this one ended itself; or this council could not be watched over for a while, and its ops not be
 * told. */
static void say_last_end(struct council *council)
{
	char why[768];
	struct fault fault = {0};
	bool written = last_end_read(council->first->database, why, sizeof why);
	if (!written && !council->why.text[0])
		return;
	bool ended = written && strncmp(why, LAST_END_ALONE, strlen(LAST_END_ALONE)) != 0;
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("ended"),
	                        .lasting = OPS_UNTIL_DIGEST,
	                        .more = 1,
	                        .title =
	                                ended ? "casewatch ended itself and was started again"
	                                      : "casewatch did not watch over this council for a while, and does again",
	                        .facts = {{"Why", written ? why : council->why.text, NULL}},
	                        .fact_count = 1};
	enum result result = ops_say(council->ops, &word, council_now(council), &fault);
	if (result == RESULT_OK && written)
		last_end_forget(council->first->database);
	if (result == RESULT_OK)
		council->why = (struct fault){""};
	council_after(council, result, &fault);
}

/* A machine without a battery for its clock, or one whose clock was wrong before: which, nobody here knows. */
static void say_clock_behind(struct council *council)
{
	struct buffer now = {0}, then = {0};
	const struct zone *zone = calendar_zone(council->config->calendar);
	if (council->recorded_last == INSTANT_NONE ||
	    council->recorded_last - council_now(council) < BEHIND_WORTH_SAYING)
		return;
	words_moment(zone, (struct words_moment){.at = council_now(council)}, WORDS_TABLE_YEAR, &now);
	words_moment(zone, (struct words_moment){.at = council->recorded_last}, WORDS_TABLE_YEAR, &then);
	struct ops_word word = {.what = OPS_CLOCK_STEPPED,
	                        .key = TEXT("behind"),
	                        .more = 1,
	                        .title = "The wall clock is behind what is on record",
	                        .meaning = "If it is wrong now, records of what happened today are refused as of the "
	                                   "future, and nobody is told of them: release them once it is right. If it "
	                                   "was ahead before, what was judged ahead of time is judged anew.",
	                        .facts = {{"It says", buffer_cstr(&now), NULL},
	                                  {"On record", buffer_cstr(&then), NULL}},
	                        .fact_count = 2};
	log_warning("the wall clock says %s, and %s is on record: is it wrong now? See timedatectl", buffer_cstr(&now),
	            buffer_cstr(&then));
	council_say_ops(council, &word);
	buffer_free(&now);
	buffer_free(&then);
}

void looks_start(struct council *council)
{
	struct looks *looks = council->looks = MEM_NEW(struct looks);
	*looks = (struct looks){.wall_ahead = council_now(council) - council_elapsed(council)};
	said_start(council);
	looks->timer = loop_timer_new(council->daemon->loop, on_minute, council);
	looks->digest = loop_timer_new(council->daemon->loop, on_digest, council);
	if (store_fd(council->store) >= 0)
		looks->store = loop_watch_new(council->daemon->loop, store_fd(council->store), on_store, council);
	say_last_end(council);
	say_clock_behind(council);
	if (council->first->follow) {
		looks->prune = loop_timer_new(council->daemon->loop, on_prune, council);
		loop_timer_in(looks->prune, MINUTE);
	}
	loop_timer_in(looks->timer, SECOND); /* what is wrong is known soon after a start */
	said_now(council);
}

void looks_stop(struct council *council)
{
	struct looks *looks = council->looks;
	said_stop(council);
	if (!looks)
		return;
	loop_timer_free(looks->timer);
	loop_timer_free(looks->digest);
	loop_timer_free(looks->prune);
	loop_watch_free(looks->store);
	free(looks);
	council->looks = NULL;
}

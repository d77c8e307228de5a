/* looks: what is looked at every minute, the wall clock, systemd's line and watchdog, and the digest to ops.
 *
 * A look that finds something wrong says so to ops, and that it is over when it is: the table of conditions is all that
 * status, systemd's line and mails to ops know. */
#include "run/run_internal.h"

#include "base/log.h"
#include "loop/systemd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CALENDAR_SHORT 90            /* days */
#define DISK_LITTLE ((uint64_t)512 << 20)
#define JUMP_WORTH_SAYING (5 * SECOND)
#define SET_BACK MINUTE              /* what was judged ahead of time is judged anew from the start */
#define WAITS_LONG HOUR

/* ---- what is looked at ---- */

/* RESULT_PERMANENT leaves: nothing is written into a file that is gone. */
static enum result look_at_ground(struct daemon *daemon, struct fault *fault)
{
	return store_look_at_ground(daemon->store, fault);
}

static enum result tidy(struct daemon *daemon, struct fault *fault)
{
	return store_tidy(daemon->store, fault);
}

static enum result look_at_sources(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	feeds_say_ready(daemon);
	feeds_look(daemon);
	return RESULT_OK;
}

static enum result look_at_calendar(struct daemon *daemon, struct fault *fault)
{
	civil_day last = calendar_last_day(daemon->config->calendar);
	civil_day today = zone_date(calendar_zone(daemon->config->calendar), daemon_now(daemon));
	char left[64];
	(void)fault;
	if (last - today >= CALENDAR_SHORT) {
		daemon_end_ops(daemon, OPS_CALENDAR_ENDS, TEXT_NONE, NULL);
		return RESULT_OK;
	}
	(void)snprintf(left, sizeof left, "%d days", last > today ? (int)(last - today) : 0);
	struct ops_word word = {.what = OPS_CALENDAR_ENDS,
	                        .facts = {{"Known for", left, NULL}, {"File", daemon->config->calendar_file, NULL}},
	                        .fact_count = 2};
	daemon_say_ops(daemon, &word);
	return RESULT_OK;
}

static uint64_t disk_free(const struct daemon *daemon)
{
	struct statvfs disk;
	return statvfs(daemon->first->database, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
}

static enum result look_at_disk(struct daemon *daemon, struct fault *fault)
{
	char left_words[64];
	uint64_t left = disk_free(daemon);
	(void)fault;
	if (left >= DISK_LITTLE) {
		daemon_end_ops(daemon, OPS_DISK, TEXT_NONE, NULL);
		return RESULT_OK;
	}
	(void)snprintf(left_words, sizeof left_words, "%" PRIu64 " MB", left >> 20);
	struct ops_word word = {.what = OPS_DISK,
	                        .facts = {{"Left", left_words, NULL}, {"Database", daemon->first->database, NULL}},
	                        .fact_count = 2};
	daemon_say_ops(daemon, &word);
	return RESULT_OK;
}

/* No event is taken: a full disk, a busy or damaged database. */
static enum result look_at_taking(struct daemon *daemon, struct fault *fault)
{
	const char *trouble = pipeline_trouble(daemon->pipeline);
	(void)fault;
	if (!trouble) {
		daemon_end_ops(daemon, OPS_STORE, TEXT("taking"), NULL);
		return RESULT_OK;
	}
	struct ops_word word = {.what = OPS_STORE, .key = TEXT("taking"), .title = "No events are taken",
	                        .facts = {{"Why", trouble, NULL}}, .fact_count = 1};
	daemon_say_ops(daemon, &word);
	return RESULT_OK;
}

/* What should have gone an hour ago. Messages that wait for their recipient's morning are not late. */
static enum result look_at_messages(struct daemon *daemon, struct fault *fault)
{
	int64_t late = 0;
	char title[96];
	enum result result = RESULT_OK;
	if (daemon->channel_count)
		result = outbox_late(daemon->store, daemon_now(daemon) - WAITS_LONG, &late, fault);
	if (result != RESULT_OK)
		return result == RESULT_TEMPORARY ? RESULT_OK : result;
	if (!late) {
		daemon_end_ops(daemon, OPS_UNDELIVERABLE, TEXT("late"), NULL);
		return RESULT_OK;
	}
	(void)snprintf(title, sizeof title, "%" PRId64 " message%s should have gone more than an hour ago", late,
	               late == 1 ? "" : "s");
	struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = TEXT("late"), .count = late, .title = title,
	                        .meaning = "Whoever they are for has not been told yet."};
	daemon_say_ops(daemon, &word);
	return RESULT_OK;
}

static enum result look_at_people(struct daemon *daemon, struct fault *fault)
{
	(void)fault;
	teams_look(daemon);
	rotas_look(daemon);
	return RESULT_OK;
}

/* ---- ops ---- */

static void tell_ops(struct daemon *daemon)
{
	instant next = INSTANT_NEVER;
	struct fault fault = {0};
	uint64_t left = disk_free(daemon);
	struct ops_works works = {.audit = daemon->audit,
	                          .disk_free_bytes = left == UINT64_MAX ? 0 : left,
	                          .sources = daemon->feeds.count};
	enum result result = ops_tick(daemon->ops, &works, daemon_now(daemon), &next, &fault);
	if (daemon->seams.ops_every)
		next = daemon_now(daemon) + daemon->seams.ops_every;
	loop_timer_at(daemon->looks.digest, next);
	if (result == RESULT_TEMPORARY) /* said by who stores events; tried again in a minute */
		result = RESULT_OK;
	daemon_after(daemon, result, &fault);
}

static void on_digest(void *argument)
{
	tell_ops(argument);
}

/* ---- what is said of it ---- */

struct naming {
	struct buffer words;
	size_t count;
};

static void name_wrong(void *argument, const struct ops_wrong *wrong)
{
	struct naming *naming = argument;
	if (naming->count++ < 5)
		buffer_format(&naming->words, "%s%s", naming->words.length ? ", " : "", wrong->alert->id);
}

static void say_line(struct daemon *daemon, const struct pipeline_figures *figures)
{
	struct naming naming = {.count = 0};
	struct fault fault = {0};
	char line[512];
	const char *trouble = pipeline_trouble(daemon->pipeline);
	if (ops_each(daemon->ops, name_wrong, &naming, &fault) != RESULT_OK)
		buffer_string(&naming.words, "the database cannot be read");
	(void)snprintf(line, sizeof line, "%s%s; %llu events since start%s%s",
	               naming.words.length ? "wrong: " : "nothing is wrong", buffer_cstr(&naming.words),
	               (unsigned long long)figures->events, trouble ? "; events are not taken: " : "",
	               trouble ? trouble : "");
	systemd_status(line);
	buffer_free(&naming.words);
}

static void write_status(struct daemon *daemon)
{
	static bool said;
	struct pipeline_figures figures;
	struct loop_figures turns;
	struct ops_status_source *sources;
	struct arena *arena = arena_new(4096);
	struct fault fault = {0};
	pipeline_figures(daemon->pipeline, &figures);
	loop_figures(daemon->loop, &turns);
	size_t count = feeds_status(daemon, &sources, arena);
	struct ops_status_channel *channels;
	size_t channel_count = channels_status(daemon, &channels, arena);
	struct ops_status status = {.at = daemon_now(daemon),
	                            .process = (long)getpid(),
	                            .caught_up = daemon->feeds.caught_up,
	                            .trouble = pipeline_trouble(daemon->pipeline),
	                            .events = figures.events,
	                            .quarantined = figures.quarantined,
	                            .last_commit = figures.last_commit,
	                            .longest_turn = turns.longest,
	                            .longest_turn_lately = turns.longest_lately,
	                            .long_turns = turns.long_turns,
	                            .sources = sources,
	                            .source_count = count,
	                            .channels = channels,
	                            .channel_count = channel_count,
	                            .ops = daemon->ops};
	enum result result = ops_status_write(daemon->first->database, &status, &fault);
	if (result != RESULT_OK && !said)
		log_warning("%s: casewatch status will say that the daemon is silent", fault.text);
	said = result != RESULT_OK;
	loop_figures_reset(daemon->loop);
	say_line(daemon, &figures);
	arena_free(arena);
}

/* ---- every minute ---- */

static void on_minute(void *argument)
{
	static enum result (*const looks[])(struct daemon *, struct fault *) = {
		look_at_ground,   tidy,           look_at_sources, look_at_calendar, look_at_disk, look_at_taking,
		look_at_messages, look_at_people, silence_look,    record_look,      pages_look,
		metrics_look,
	};
	struct daemon *daemon = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	for (size_t i = 0; i < sizeof looks / sizeof looks[0] && result == RESULT_OK && !daemon->leaving; i++)
		result = looks[i](daemon, &fault);
	daemon_after(daemon, result, &fault);
	if (daemon->leaving)
		return;
	tell_ops(daemon);
	write_status(daemon);
	log_say_held_back();
	daemon->looks.wall_ahead = daemon_now(daemon) - daemon_elapsed(daemon);
	loop_timer_in(daemon->looks.timer, daemon->looks.every);
}

/* A checkpoint on its own thread failed. */
static void on_store(void *argument)
{
	struct daemon *daemon = argument;
	struct fault fault = {0};
	daemon_after(daemon, store_tidy(daemon->store, &fault), &fault);
}

/* Only the loop's own turn feeds it: a loop that hangs is restarted. */
static void on_watchdog(void *argument)
{
	struct daemon *daemon = argument;
	systemd_watchdog_fed();
	loop_timer_in(daemon->looks.watchdog, systemd_watchdog_interval());
}

/* ---- the wall clock ---- */

static void on_clock_jump(void *argument)
{
	struct daemon *daemon = argument;
	instant ahead = daemon_now(daemon) - daemon_elapsed(daemon), jump = ahead - daemon->looks.wall_ahead;
	daemon->looks.wall_ahead = ahead;
	log_notice("the wall clock was set by %lld ms", (long long)(jump / 1000));
	pipeline_clock_set(daemon->pipeline);
	if (llabs(jump) >= JUMP_WORTH_SAYING) {
		char by[64];
		(void)snprintf(by, sizeof by, "%lld seconds %s", (long long)(llabs(jump) / SECOND),
		               jump < 0 ? "back" : "ahead");
		struct ops_word word = {
			.what = OPS_CLOCK_STEPPED, .more = 1, .facts = {{"By", by, NULL}}, .fact_count = 1};
		daemon_say_ops(daemon, &word);
	}
	if (jump <= -SET_BACK) { /* the engine's time never goes back while it runs */
		log_warning("leaving to start clean: the wall clock was set back");
		daemon_leave(daemon, EXIT_FAILURE);
		return;
	}
	daemon_after(daemon, RESULT_OK, NULL);
}

/* ---- start and stop ---- */

static instant waited(void *context)
{
	return store_waited(context);
}

/* The daemon before this one ended itself. */
static void say_last_end(struct daemon *daemon)
{
	char why[768];
	struct fault fault = {0};
	if (!last_end_read(daemon->first->database, why, sizeof why))
		return;
	struct ops_word word = {.what = OPS_STORE, .key = TEXT("ended"), .more = 1,
	                        .title = "casewatch ended itself and was started again",
	                        .facts = {{"Why", why, NULL}}, .fact_count = 1};
	enum result result = ops_say(daemon->ops, &word, daemon_now(daemon), &fault);
	if (result == RESULT_OK)
		last_end_forget(daemon->first->database);
	daemon_after(daemon, result, &fault);
}

void looks_start(struct daemon *daemon)
{
	struct looks *looks = &daemon->looks;
	looks->wall_ahead = daemon_now(daemon) - daemon_elapsed(daemon);
	looks->timer = loop_timer_new(daemon->loop, on_minute, daemon);
	looks->digest = loop_timer_new(daemon->loop, on_digest, daemon);
	if (store_fd(daemon->store) >= 0)
		looks->store = loop_watch_new(daemon->loop, store_fd(daemon->store), on_store, daemon);
	loop_measure(daemon->loop, waited, daemon->store);
	loop_on_clock_jump(daemon->loop, on_clock_jump, daemon);
	if (systemd_watchdog_interval()) {
		looks->watchdog = loop_timer_new(daemon->loop, on_watchdog, daemon);
		loop_timer_in(looks->watchdog, 0);
	}
	feeds_say_ready(daemon);
	say_last_end(daemon);
	loop_timer_in(looks->timer, SECOND); /* what is wrong is known soon after a start */
	write_status(daemon);
}

void looks_stop(struct daemon *daemon)
{
	struct looks *looks = &daemon->looks;
	loop_timer_free(looks->timer);
	loop_timer_free(looks->watchdog);
	loop_timer_free(looks->digest);
	loop_watch_free(looks->store);
	looks->timer = looks->watchdog = looks->digest = NULL;
	looks->store = NULL;
}

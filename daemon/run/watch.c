/* watch: what is looked at every minute: the write-ahead log, the disk, the calendar, sources that stay away; readiness
 * and the watchdog. */
#include "run/run_internal.h"

#include "base/log.h"
#include "loop/systemd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define CALENDAR_SHORT 90            /* days */
#define DISK_LITTLE ((uint64_t)512 << 20)
#define JUMP_WORTH_SAYING (5 * SECOND)
#define SET_BACK MINUTE              /* what was judged ahead of time is judged anew from the start */

void watch_ready(struct daemon *daemon)
{
	if (daemon->ready || !feeds_settled(daemon))
		return;
	daemon->ready = true;
	systemd_ready("events are taken");
	log_notice("ready");
}

/* ---- ops ---- */

static void check_calendar(struct daemon *daemon)
{
	civil_day last = calendar_last_day(daemon->config->calendar);
	civil_day today = zone_date(calendar_zone(daemon->config->calendar), daemon_now(daemon));
	if (last - today >= CALENDAR_SHORT) {
		daemon_end_ops(daemon, OPS_CALENDAR_ENDS, TEXT_NONE, NULL);
		return;
	}
	char left[64];
	(void)snprintf(left, sizeof left, "%d days", last > today ? (int)(last - today) : 0);
	struct ops_word word = {.what = OPS_CALENDAR_ENDS,
	                        .facts = {{"Known for", left, NULL}, {"File", daemon->config->calendar_file, NULL}}, .fact_count = 2};
	daemon_say_ops(daemon, &word);
}

static uint64_t disk_free(const struct daemon *daemon)
{
	struct statvfs disk;
	return statvfs(daemon->first->database, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
}

static void check_disk(struct daemon *daemon)
{
	char left_words[64];
	uint64_t left = disk_free(daemon);
	if (left == UINT64_MAX)
		return;
	if (left >= DISK_LITTLE) {
		daemon_end_ops(daemon, OPS_DISK, TEXT_NONE, NULL);
		return;
	}
	(void)snprintf(left_words, sizeof left_words, "%llu MB", (unsigned long long)(left >> 20));
	struct ops_word word = {.what = OPS_DISK, .facts = {{"Left", left_words, NULL}, {"Database", daemon->first->database, NULL}},
	                        .fact_count = 2};
	daemon_say_ops(daemon, &word);
}

static enum result tell_ops(struct daemon *daemon, struct fault *fault)
{
	instant next;
	uint64_t left = disk_free(daemon);
	struct ops_works works = {.disk_free_bytes = left == UINT64_MAX ? 0 : left,
	                          .sources = daemon->feed_count};
	enum result result = ops_tick(daemon->ops, &works, daemon_now(daemon), &next, fault);
	return result == RESULT_TEMPORARY ? RESULT_OK : result; /* said by who stores events, and tried again in a minute */
}

/* ---- an end that nobody asked for ---- */

static void name_word(const struct daemon *daemon, struct buffer *path)
{
	buffer_format(path, "%s.ended", daemon->first->database);
}

void watch_leave_word(const struct daemon *daemon, const char *why)
{
	struct buffer path = {0};
	name_word(daemon, &path);
	int file = open(buffer_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (file < 0 || write(file, why, strlen(why)) != (ssize_t)strlen(why))
		log_warning("that could not be written to %s: ops hear of it from this log alone", buffer_cstr(&path));
	if (file >= 0)
		(void)close(file);
	buffer_free(&path);
}

static void say_end(struct daemon *daemon, const char *path, const char *why)
{
	struct fault fault = {0};
	struct ops_word word = {.what = OPS_STORE, .key = TEXT("ended"), .more = 1,
	                        .title = "casewatch ended itself and was started again",
	                        .facts = {{"Why", why, NULL}}, .fact_count = 1};
	enum result result = ops_say(daemon->ops, &word, daemon_now(daemon), &fault);
	if (result == RESULT_OK)
		(void)unlink(path);
	daemon_after(daemon, result, &fault);
}

void watch_say_last_end(struct daemon *daemon)
{
	char why[768];
	struct buffer path = {0};
	name_word(daemon, &path);
	int file = open(buffer_cstr(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file >= 0) {
		ssize_t length = read(file, why, sizeof why - 1);
		(void)close(file);
		why[length > 0 ? length : 0] = '\0';
		say_end(daemon, buffer_cstr(&path), why);
	}
	buffer_free(&path);
}

/* ---- the wall clock ---- */

static instant wall_ahead(const struct daemon *daemon)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return daemon_now(daemon) - ((instant)t.tv_sec * SECOND + t.tv_nsec / 1000);
}

static void on_clock_jump(void *argument)
{
	struct daemon *daemon = argument;
	instant ahead = wall_ahead(daemon), jump = ahead - daemon->wall_ahead;
	daemon->wall_ahead = ahead;
	log_notice("the wall clock was set by %lld ms", (long long)(jump / 1000));
	if (llabs(jump) >= JUMP_WORTH_SAYING) {
		char by[64];
		(void)snprintf(by, sizeof by, "%lld seconds %s", (long long)(llabs(jump) / SECOND), jump < 0 ? "back" : "ahead");
		struct ops_word word = {.what = OPS_CLOCK_STEPPED, .more = 1, .facts = {{"By", by, NULL}}, .fact_count = 1};
		daemon_say_ops(daemon, &word);
	}
	if (jump <= -SET_BACK) { /* the engine's time never goes back while it runs */
		log_warning("leaving to start clean: the wall clock was set back");
		daemon_leave(daemon, EXIT_FAILURE);
		return;
	}
	daemon_after(daemon, RESULT_OK, NULL);
}

/* ---- every minute, and the watchdog ---- */

static void say_status(struct daemon *daemon)
{
	struct pipeline_figures figures;
	char words[512];
	const char *trouble = pipeline_trouble(daemon->pipeline);
	pipeline_figures(daemon->pipeline, &figures);
	(void)snprintf(words, sizeof words, "%llu events since start, %llu in quarantine%s%s",
	               (unsigned long long)figures.events, (unsigned long long)figures.quarantined,
	               trouble ? "; events are not taken: " : "", trouble ? trouble : "");
	systemd_status(words);
}

static void on_minute(void *argument)
{
	struct daemon *daemon = argument;
	struct fault fault = {0};
	enum result result = store_look_at_ground(daemon->store, &fault);
	if (result == RESULT_OK)
		result = store_tidy(daemon->store, &fault);
	watch_ready(daemon);
	if (result == RESULT_OK) {
		feeds_check_down(daemon);
		check_calendar(daemon);
		check_disk(daemon);
		result = tell_ops(daemon, &fault);
	}
	daemon->wall_ahead = wall_ahead(daemon);
	say_status(daemon);
	loop_timer_at(daemon->watch, daemon_now(daemon) + daemon->look_every);
	daemon_after(daemon, result, &fault);
}

/* Only the loop's own turn feeds it: a loop that hangs is restarted. */
static void on_watchdog(void *argument)
{
	struct daemon *daemon = argument;
	systemd_watchdog_fed();
	loop_timer_at(daemon->feeder, daemon_now(daemon) + systemd_watchdog_interval());
}

void watch_start(struct daemon *daemon)
{
	daemon->wall_ahead = wall_ahead(daemon);
	daemon->watch = loop_timer_new(daemon->loop, on_minute, daemon);
	loop_timer_at(daemon->watch, daemon_now(daemon) + daemon->look_every);
	loop_on_clock_jump(daemon->loop, on_clock_jump, daemon);
	if (systemd_watchdog_interval()) {
		daemon->feeder = loop_timer_new(daemon->loop, on_watchdog, daemon);
		loop_timer_at(daemon->feeder, daemon_now(daemon));
	}
}

void watch_stop(struct daemon *daemon)
{
	loop_timer_free(daemon->watch);
	loop_timer_free(daemon->feeder);
}

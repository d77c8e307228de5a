/* main: start and stop order of casewatchd, and the one timer of its clocks. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/version.h"
#include "config/options.h"
#include "loop/systemd.h"
#include "store/events.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GRACE_MS 3000              /* for mails under way when the daemon leaves */
#define NEARLY 100                 /* events: a log may end in marks that are no events, so it is never read to its end */
#define QUIET SECOND
#define STALLED (30 * SECOND)      /* nothing comes, and what is left is not known: clocks wait no longer */
#define CATCH_UP_MOST (15 * MINUTE)

instant daemon_now(const struct daemon *daemon)
{
	return clock_now(&daemon->clock);
}

void daemon_leave(struct daemon *daemon, int status)
{
	if (daemon->status < status)
		daemon->status = status;
	if (daemon->leaving)
		return;
	daemon->leaving = true;
	systemd_stopping();
	loop_stop(daemon->loop);
}

/* ---- clocks ---- */

static bool log_is_read(const struct daemon *daemon)
{
	struct clock machine = clock_real();
	int64_t behind = feeds_behind(daemon);
	instant now = clock_now(&machine), quiet = now - daemon->fed;
	return behind == 0 || (behind > 0 && behind <= NEARLY && quiet > QUIET) || quiet > STALLED ||
	       now - daemon->started > CATCH_UP_MOST;
}

/* Right after a start the log may hold what happened while nobody listened: a clock that fired before it was read would
 * ring people for nothing. A broker that is away is not waited for. */
static bool clocks_may_run(struct daemon *daemon)
{
	if (!daemon->caught_up && log_is_read(daemon)) {
		daemon->caught_up = true;
		pipeline_caught_up(daemon->pipeline);
	}
	return daemon->caught_up;
}

static void arm(struct daemon *daemon)
{
	instant next = pipeline_next(daemon->pipeline), now = daemon_now(daemon);
	if (!daemon->caught_up && next <= now)
		next = now + SECOND / 10;
	loop_timer_at(daemon->tick, next > now ? next : now);
}

void daemon_after(struct daemon *daemon, enum result result, const struct fault *fault)
{
	if (result == RESULT_PERMANENT) {
		log_error("leaving to start clean: %s", fault ? fault->text : "");
		watch_leave_word(daemon, fault ? fault->text : "");
		daemon_leave(daemon, EXIT_FAILURE);
		return;
	}
	if (result == RESULT_OK && daemon->courier)
		courier_wake(daemon->courier);
	arm(daemon);
}

static void on_tick(void *argument)
{
	struct daemon *daemon = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	if (clocks_may_run(daemon))
		result = pipeline_tick(daemon->pipeline, daemon_now(daemon), &fault);
	daemon_after(daemon, result, &fault);
}

void daemon_say_ops(struct daemon *daemon, const struct ops_word *word)
{
	struct fault fault = {0};
	daemon_after(daemon, ops_say(daemon->ops, word, daemon_now(daemon), &fault), &fault);
}

void daemon_end_ops(struct daemon *daemon, enum ops_what what, struct text key, const char *how)
{
	struct fault fault = {0};
	daemon_after(daemon, ops_end(daemon->ops, what, key, how, daemon_now(daemon), &fault), &fault);
}

/* ---- signals ---- */

static void on_terminate(void *argument)
{
	log_notice("asked to leave");
	daemon_leave(argument, EXIT_SUCCESS);
}

static void on_hangup(void *argument)
{
	reload_now(argument);
}

/* Before any thread: only the loop's thread hears signals. */
static void block_signals(void)
{
	sigset_t signals;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write, not an end */
}

static void hear_signals(struct daemon *daemon)
{
	loop_on_signal(daemon->loop, SIGTERM, on_terminate, daemon);
	loop_on_signal(daemon->loop, SIGINT, on_terminate, daemon);
	loop_on_signal(daemon->loop, SIGHUP, on_hangup, daemon);
}

/* ---- start, in this order ---- */

/* Whether neither mail nor events leave or come from another machine. */
static bool stays_here(const struct config *config)
{
	bool here = !config->smtp.host || host_is_loopback(config->smtp.host);
	for (size_t i = 0; i < config->kafka.property_count; i++)
		if (strcmp(config->kafka.properties[i].name, "bootstrap.servers") == 0)
			here = here && strncmp(config->kafka.properties[i].value, "127.0.0.1:", 10) == 0 &&
			       !strchr(config->kafka.properties[i].value, ',');
	return here;
}

static enum result start_config(struct daemon *daemon, struct fault *fault)
{
	struct config_faults faults = {0};
	daemon->first = daemon->config = config_load(daemon->config_path, NULL, &faults);
	reload_say_faults(&faults);
	config_faults_free(&faults);
	if (!daemon->first)
		return fault_set(fault, RESULT_PERMANENT, "the configuration %s cannot be used", daemon->config_path);
	if (daemon->moved_clock && !stays_here(daemon->first))
		return fault_set(fault, RESULT_PERMANENT,
		                 "the clock is moved by another program, which is for the demo alone: smtp.host and bootstrap.servers "
		                 "must be this machine (127.0.0.1)");
	return reload_templates(daemon->first, &daemon->templates, fault);
}

static enum result start_loop(struct daemon *daemon, struct fault *fault)
{
	daemon->loop = loop_new(&daemon->clock, fault);
	return daemon->loop ? RESULT_OK : RESULT_PERMANENT;
}

/* Stored events are read with no limits of their own: what was accepted stays readable when limits are lowered. */
static enum result start_store(struct daemon *daemon, struct fault *fault)
{
	const struct config *config = daemon->first;
	enum result result = store_open(config->database, STORE_WRITE, &daemon->store, fault);
	if (result != RESULT_OK)
		return result;
	daemon->reader = event_parser_new((struct event_limits){SIZE_MAX / 2, 1024},
	                                  config->type_prefix ? text_of(config->type_prefix) : TEXT_NONE,
	                                  calendar_zone(config->calendar));
	events_set_parser(daemon->store, daemon->reader);
	daemon->ops = ops_new(daemon->store, config->calendar);
	if (attempt_open(config->database, &daemon->attempt, fault) != RESULT_OK)
		log_warning("%s", fault->text);
	return RESULT_OK;
}

static enum result start_pipeline(struct daemon *daemon, struct fault *fault)
{
	struct pipeline_settings settings = {.store = daemon->store, .ops = daemon->ops, .attempt = daemon->attempt, .behind = true};
	reload_engine_settings(daemon->first, &settings.engine);
	reload_fingerprint(daemon->first, &daemon->fingerprint);
	settings.fingerprint = buffer_view(&daemon->fingerprint);
	enum result result = pipeline_new(&settings, &daemon->pipeline, fault);
	daemon->tick = loop_timer_new(daemon->loop, on_tick, daemon);
	return result;
}

static enum result start(struct daemon *daemon, struct fault *fault)
{
	static enum result (*const steps[])(struct daemon *, struct fault *) = {
		start_config, start_loop, start_store, start_pipeline, daemon_start_courier, feeds_start,
	};
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < sizeof steps / sizeof steps[0]; i++)
		result = steps[i](daemon, fault);
	return result;
}

static void run(struct daemon *daemon)
{
	struct clock machine = clock_real();
	daemon->started = daemon->fed = clock_now(&machine);
	hear_signals(daemon);
	watch_start(daemon);
	watch_say_last_end(daemon);
	watch_ready(daemon);
	daemon_start_lists(daemon);
	arm(daemon);
	loop_run(daemon->loop);
}

/* The other way round. Everything here is fine with what was never started. */
static void stop(struct daemon *daemon)
{
	if (daemon->loop) {
		watch_stop(daemon);
		feeds_stop(daemon);
	}
	if (daemon->courier)
		courier_stop(daemon->courier, GRACE_MS);
	courier_free(daemon->courier);
	daemon->courier = NULL;
	daemon_stop_lists(daemon);
	loop_timer_free(daemon->tick);
	pipeline_free(daemon->pipeline);
	ops_free(daemon->ops);
	attempt_leave(daemon->attempt); /* what failed for good is still under way, and counted at the next start */
	store_close(daemon->store);
	event_parser_free(daemon->reader);
	loop_free(daemon->loop);
	template_free(daemon->templates);
	buffer_free(&daemon->fingerprint);
	if (daemon->config != daemon->first)
		config_free(daemon->config);
	config_free(daemon->first);
}

/* ---- arguments ---- */

static int usage(FILE *out, int status)
{
	(void)fputs("casewatchd --config FILE\n"
	            "\n"
	            "  --config FILE  the configuration; casewatch check says what is wrong with one\n"
	            "  --debug        more in the log\n"
	            "  --version\n"
	            "  --help\n"
	            "\n"
	            "SIGTERM finishes the batch and leaves; SIGHUP reads the configuration anew.\n",
	            out);
	return status;
}

/* For `casewatch demo` alone, and so not on the page of help: the file holds how many microseconds ahead of the machine's
 * clock ours is, and `casewatch demo` moves that on while we run. */
static bool set_moved_clock(struct daemon *daemon, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat found;
	void *ahead = MAP_FAILED;
	if (file >= 0 && fstat(file, &found) == 0 && found.st_size >= (off_t)sizeof(int64_t))
		ahead = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
	if (file >= 0)
		(void)close(file);
	if (ahead == MAP_FAILED)
		return false;
	daemon->clock = clock_moved(ahead);
	daemon->moved_clock = true;
	daemon->look_every = 24 * HOUR;
	return true;
}

/* -1: go on; else the status to exit with. */
static int read_arguments(struct daemon *daemon, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"debug", no_argument, NULL, 'd'},
		{"moved-clock", required_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},       {0},
	};
	for (int option; (option = getopt_long(argc, argv, "c:dh", options, NULL)) != -1;) {
		if (option == 'c')
			daemon->config_path = optarg;
		else if (option == 'd')
			log_set_level(LOG_LEVEL_DEBUG);
		else if (option == 'h')
			return usage(stdout, EXIT_SUCCESS);
		else if (option == 'V')
			return printf("casewatchd %s\n", casewatch_version) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		else if (option != 'm' || !set_moved_clock(daemon, optarg))
			return usage(stderr, 2);
	}
	return daemon->config_path && optind == argc ? -1 : usage(stderr, 2);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.clock = clock_real(), .look_every = MINUTE};
	struct fault fault = {0};
	int status = read_arguments(&daemon, argc, argv);
	if (status >= 0)
		return status;
	(void)umask(umask(0077) | 0027); /* never more than systemd's UMask= gave */
	systemd_log_to_journal(ops_message_id);
	block_signals();
	(void)hash_seed();
	schema_start();
	if (start(&daemon, &fault) == RESULT_OK) {
		run(&daemon);
	} else {
		log_error("%s", fault.text);
		daemon.status = EXIT_FAILURE;
	}
	stop(&daemon);
	return daemon.status;
}

/* main: arguments, signals, and the daemon from its start to its end. */
#include "run/run_internal.h"

#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "loop/systemd.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- signals ---- */

static void on_terminate(void *argument)
{
	log_notice("asked to leave");
	daemon_leave(argument, EXIT_SUCCESS);
}

static void on_hangup(void *argument)
{
	daemon_reload(argument);
}

/* What would end a process that does not expect it, and is sent by habit: to open a log anew, to write statistics. */
static const struct {
	int number;
	char *name;
} stray[] = {{SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGALRM, "SIGALRM"}};

static void on_stray(void *argument)
{
	log_notice("%s means nothing here, and nothing is done; SIGHUP reads the configuration anew",
	           (const char *)argument);
}

/* Before any thread: only the loop's thread hears signals. */
static void block_signals(void)
{
	sigset_t signals;
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	for (size_t i = 0; i < sizeof stray / sizeof *stray; i++)
		(void)sigaddset(&signals, stray[i].number);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write, not an end */
}

static void hear_signals(struct daemon *daemon)
{
	loop_on_signal(daemon->loop, SIGTERM, on_terminate, daemon);
	loop_on_signal(daemon->loop, SIGINT, on_terminate, daemon);
	loop_on_signal(daemon->loop, SIGHUP, on_hangup, daemon);
	for (size_t i = 0; i < sizeof stray / sizeof *stray; i++)
		loop_on_signal(daemon->loop, stray[i].number, on_stray, stray[i].name);
}

/* ---- arguments ---- */

static int usage(FILE *out, int status)
{
	(void)fputs("casewatchd --config FILE\n"
	            "\n"
	            "  --config FILE  of one council, or of many (councils: DIR); casewatch check says what is wrong\n"
	            "  --debug        more in the log\n"
	            "  --version\n"
	            "  --help\n"
	            "\n"
	            "SIGTERM finishes the batch and leaves; SIGHUP reads the configuration anew.\n",
	            out);
	return status;
}

/* For `casewatch demo` alone, and so not on the page of help: the file holds how many microseconds ahead of the
 * machine's clock ours is, and `casewatch demo` moves that on while we run. */
static bool set_moved_clock(struct daemon *daemon, struct council_seams *seams, const char *path)
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
	seams->look_every = 24 * HOUR;
	return true;
}

/* -1: go on; else the status to exit with. */
static int read_arguments(struct daemon *daemon, int argc, char **argv, const char **path)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"debug", no_argument, NULL, 'd'},
		{"moved-clock", required_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},       {0},
	};
	const char *config = NULL;
	struct council_seams seams = {0};
	for (int option; (option = getopt_long(argc, argv, "c:dh", options, NULL)) != -1;) {
		if (option == 'c')
			config = optarg;
		else if (option == 'd')
			daemon->debugging = true;
		else if (option == 'h')
			return usage(stdout, EXIT_SUCCESS);
		else if (option == 'V')
			return printf("casewatchd %s\n", casewatch_version) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		else if (option != 'm' || !set_moved_clock(daemon, &seams, optarg))
			return usage(stderr, 2);
	}
	if (!config || optind != argc)
		return usage(stderr, 2);
	*path = config;
	daemon->seams = seams;
	return -1;
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.clock = clock_real()};
	struct fault fault = {0};
	const char *path = NULL;
	file_hold_standard();
	int status = read_arguments(&daemon, argc, argv, &path);
	if (status >= 0)
		return status;
	(void)umask(umask(0077) | 0027); /* never more than systemd's UMask= gave */
	systemd_log_to_journal(ops_message_id);
	block_signals();
	(void)hash_seed();
	schema_start();
	if (daemon_find(&daemon, path, &daemon.seams, &fault) == RESULT_OK &&
	    daemon_start(&daemon, &fault) == RESULT_OK) {
		hear_signals(&daemon);
		if (!daemon.leaving)
			loop_run(daemon.loop);
	} else {
		log_error("%s", fault.text);
		daemon.status = EXIT_FAILURE;
	}
	daemon_stop(&daemon);
	log_say_held_back();
	return daemon.status;
}

/* process: fork, pipes, and the way in which a child process ends. */
#include "demo/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MICROSECONDS 2000

/* In the child: only calls that are safe after fork. */
static _Noreturn void become(char *const argv[], pid_t parent, int input, int output, int errors)
{
	sigset_t none;
	(void)setpgid(0, 0); /* an interrupt on the terminal is the demo's, which then ends us in order */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent && dup2(input, STDIN_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 && (errors < 0 || dup2(errors, STDERR_FILENO) >= 0))
		(void)execv(argv[0], argv);
	_exit(127);
}

static void close_one(int *file)
{
	if (*file >= 0)
		(void)close(*file);
	*file = -1;
}

static enum result open_ends(struct demo_process *process, const char *log, int theirs[2], struct fault *fault)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	theirs[0] = theirs[1] = -1;
	if (log) {
		theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		theirs[1] = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	} else if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0) {
		theirs[0] = in[0];
		theirs[1] = out[1];
		process->input = in[1];
		process->output = out[0];
	}
	return theirs[0] >= 0 && theirs[1] >= 0
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT, "cannot start %s: %s", process->name, strerror(errno));
}

enum result demo_process_start(struct demo_process *process, const char *name, char *const argv[], const char *log,
                               struct fault *fault)
{
	int theirs[2];
	*process = (struct demo_process){.name = name, .input = -1, .output = -1};
	if (access(argv[0], X_OK) != 0)
		return fault_set(fault, RESULT_PERMANENT,
		                 "cannot start %s: there is no program %s; `make demo` builds it", name, argv[0]);
	enum result result = open_ends(process, log, theirs, fault);
	if (result == RESULT_OK) {
		pid_t parent = getpid();
		process->pid = fork();
		if (process->pid == 0)
			become(argv, parent, theirs[0], theirs[1], log ? theirs[1] : -1);
		if (process->pid < 0)
			result = fault_set(fault, RESULT_PERMANENT, "cannot start %s: %s", name, strerror(errno));
	}
	close_one(&theirs[0]);
	close_one(&theirs[1]);
	return result;
}

static bool take_line(struct demo_process *process, struct buffer *line)
{
	struct buffer *heard = &process->heard;
	const char *end = heard->length ? memchr(heard->at, '\n', heard->length) : NULL;
	if (!end)
		return false;
	size_t length = (size_t)(end - heard->at);
	buffer_clear(line);
	buffer_add(line, heard->at, length);
	memmove(heard->at, end + 1, heard->length - length - 1);
	heard->length -= length + 1;
	return true;
}

bool demo_process_line(struct demo_process *process, instant wait, struct buffer *line)
{
	struct clock clock = clock_real();
	instant until = clock_now(&clock) + wait;
	char bytes[4096];
	while (!take_line(process, line)) {
		instant left = until - clock_now(&clock);
		struct pollfd watched = {.fd = process->output, .events = POLLIN};
		if (process->output < 0 || poll(&watched, 1, left > 0 ? (int)(left / 1000) : 0) <= 0)
			return false;
		ssize_t length = read(process->output, bytes, sizeof bytes);
		if (length <= 0)
			return false;
		buffer_add(&process->heard, bytes, (size_t)length);
	}
	return true;
}

enum result demo_process_tell(struct demo_process *process, struct text bytes, struct fault *fault)
{
	while (bytes.length) {
		ssize_t written = write(process->input, bytes.at, bytes.length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return fault_set(fault, RESULT_PERMANENT, "%s does not listen any more: %s", process->name,
			                 strerror(errno));
		bytes.at += written;
		bytes.length -= (size_t)written;
	}
	return RESULT_OK;
}

bool demo_process_runs(struct demo_process *process)
{
	if (process->pid > 0 && waitpid(process->pid, &process->status, WNOHANG) == process->pid)
		process->pid = 0;
	return process->pid > 0;
}

bool demo_process_stop(struct demo_process *process, instant patience)
{
	struct clock clock = clock_real();
	instant until = clock_now(&clock) + patience;
	if (!process->name)
		return true;
	bool by_signal = process->input < 0;
	close_one(&process->input);
	if (demo_process_runs(process) && by_signal)
		(void)kill(process->pid, SIGTERM);
	while (demo_process_runs(process)) {
		if (clock_now(&clock) > until)
			(void)kill(process->pid, SIGKILL);
		(void)usleep(LOOK_MICROSECONDS);
	}
	close_one(&process->output);
	buffer_free(&process->heard);
	process->name = NULL;
	return WIFEXITED(process->status) && WEXITSTATUS(process->status) == 0;
}

void demo_process_ended(const struct demo_process *process, struct buffer *out)
{
	if (WIFSIGNALED(process->status))
		buffer_format(out, "signal %d", WTERMSIG(process->status));
	else
		buffer_format(out, "exit status %d", WEXITSTATUS(process->status));
}

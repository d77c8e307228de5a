/* follow_into: the copy's end: starts the original's, and takes what it says. */
#include "cli/follow/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_LOOKS 20 /* a tenth of a second each: it ends by itself when its pipe is closed */
#define PIECE 65536  /* bytes read at once */
#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS 60000 /* an original that is mended is followed within a minute */

extern char **environ;

/* One life of the command. */
struct following {
	struct cli *cli;
	struct follow_copy *copy;
	bool once;
	pid_t process;
	int in, out; /* from and to it */
	struct buffer record;
	bool followed; /* at least one moment came */
};

/* ---- the command ---- */

static enum result start_command(struct following *following, struct fault *fault)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1};
	posix_spawn_file_actions_t actions;
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		return fault_set(fault, RESULT_TEMPORARY, "no pipe can be made: %s", strerror(errno));
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
	char **words = following->cli->operands;
	int status = posix_spawnp(&following->process, words[0], &actions, NULL, words, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(to[0]);
	(void)close(from[1]);
	following->in = from[0];
	following->out = to[1];
	return status == 0 ? RESULT_OK
	                   : fault_set(fault, RESULT_PERMANENT, "%s cannot be started: %s", words[0], strerror(status));
}

static void sleep_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

static void end_command(struct following *following)
{
	if (following->in >= 0)
		(void)close(following->in);
	if (following->out >= 0)
		(void)close(following->out);
	bool ended = following->process <= 0;
	for (int i = 0; i < END_LOOKS && !ended; i++) {
		ended = waitpid(following->process, NULL, WNOHANG) != 0;
		if (!ended)
			sleep_ms(100);
	}
	if (!ended) {
		(void)kill(following->process, SIGTERM); /* one that hangs does not see that its pipe is closed */
		(void)waitpid(following->process, NULL, 0);
	}
	following->in = following->out = -1;
	following->process = 0;
}

static enum result has_gone(struct fault *fault)
{
	return fault_set(fault, RESULT_TEMPORARY, "the original's end has gone");
}

static enum result read_some(struct following *following, char *to, size_t room, size_t *got, struct fault *fault)
{
	struct pollfd poll_in = {.fd = following->in, .events = POLLIN};
	for (;;) {
		int ready = poll(&poll_in, 1, FOLLOW_PATIENCE_MS);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return fault_set(fault, RESULT_TEMPORARY, "the original has said nothing for %d seconds",
			                 FOLLOW_PATIENCE_MS / 1000);
		ssize_t length = read(following->in, to, room);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return has_gone(fault);
		*got = (size_t)length;
		return RESULT_OK;
	}
}

/* So many bytes, however long they take; room is made as they come, not as their length promises. */
static enum result read_bytes(struct following *following, size_t length, struct fault *fault)
{
	buffer_clear(&following->record);
	enum result result = RESULT_OK;
	while (result == RESULT_OK && following->record.length < length) {
		size_t wanted = length - following->record.length, got = 0;
		wanted = wanted < PIECE ? wanted : PIECE;
		result = read_some(following, buffer_room(&following->record, wanted), wanted, &got, fault);
		following->record.length += got;
	}
	return result;
}

static enum result read_line(struct following *following, struct fault *fault)
{
	char c = '\0';
	buffer_clear(&following->record);
	while (c != '\n' && following->record.length < FOLLOW_LINE_MOST) {
		size_t got;
		enum result result = read_some(following, &c, 1, &got, fault);
		if (result != RESULT_OK)
			return result;
		if (c != '\n')
			buffer_char(&following->record, c);
	}
	return RESULT_OK;
}

/* ---- what is said ---- */

/* *gone: nobody hears it any more. */
static enum result say_place(struct following *following, bool *gone, struct fault *fault)
{
	struct follow_place place;
	struct buffer line = {0};
	enum result result = follow_copy_place(following->copy, &place, fault);
	if (result == RESULT_OK) {
		follow_put_place(&place, &line);
		*gone = write(following->out, line.at, line.length) != (ssize_t)line.length;
		result = *gone ? has_gone(fault) : RESULT_OK;
	}
	buffer_free(&line);
	return result;
}

static enum result hear_original(struct following *following, struct fault *fault)
{
	int schema = 0;
	enum result result = read_line(following, fault);
	if (result != RESULT_OK)
		return result;
	const char *line = buffer_cstr(&following->record);
	if (sscanf(line, "casewatch follow 1 %d", &schema) == 1 && schema == follow_schema())
		return RESULT_OK;
	if (strncmp(line, "no: ", 4) == 0)
		return fault_set(fault, RESULT_TEMPORARY, "the original says: %.400s", line + 4);
	return fault_set(fault, RESULT_TEMPORARY,
	                 "what answers is not casewatch follow --serve of this version; it said: %.200s", line);
}

/* One record. *moment: the copy is of a whole moment. */
static enum result take_record(struct following *following, instant *moment, struct fault *fault)
{
	size_t length = 0;
	enum result result = read_bytes(following, FOLLOW_HEAD, fault);
	if (result != RESULT_OK)
		return result;
	char kind = following->record.at[0];
	for (size_t i = FOLLOW_HEAD; i-- > 1;)
		length = length << 8 | (unsigned char)following->record.at[i];
	if (length > FOLLOW_RECORD_MOST)
		return fault_set(fault, RESULT_PERMANENT, "a record of %zu bytes is more than any can have", length);
	result = read_bytes(following, length, fault);
	return result == RESULT_OK
	               ? follow_copy_take(following->copy, kind, buffer_view(&following->record), moment, fault)
	               : result;
}

static void say_moment(struct following *following, instant moment)
{
	char at[40];
	instant_print(moment, at);
	if (!following->followed)
		(void)fprintf(following->cli->err, "the copy follows: it is as of %s\n", at);
	following->followed = true;
}

/* What ended before it heard us may have said why: that is worth more than that it has gone. */
static enum result greet(struct following *following, struct fault *fault)
{
	bool gone = false;
	enum result said = say_place(following, &gone, fault);
	if (said != RESULT_OK && !gone)
		return said;
	enum result heard = hear_original(following, fault);
	return heard == RESULT_OK && gone ? has_gone(fault) : heard;
}

static enum result follow(struct following *following, struct fault *fault)
{
	bool gone;
	enum result result = start_command(following, fault);
	if (result == RESULT_OK)
		result = greet(following, fault);
	while (result == RESULT_OK) {
		instant moment;
		result = take_record(following, &moment, fault);
		if (result != RESULT_OK || moment == INSTANT_NONE)
			continue;
		say_moment(following, moment);
		result = say_place(following, &gone, fault);
		if (following->once)
			break;
	}
	return result;
}

/* ---- again and again ---- */

static enum cli_status follow_on(struct following *following, const char *path)
{
	int pause = PAUSE_FIRST_MS;
	for (;;) {
		struct fault fault = {{0}};
		following->followed = false;
		following->in = following->out = -1;
		enum result result = follow_copy_open(path, &following->copy, &fault);
		if (result == RESULT_OK)
			result = follow(following, &fault);
		bool locked = !following->copy;
		end_command(following);
		follow_copy_close(following->copy);
		following->copy = NULL;
		if (result == RESULT_OK)
			return CLI_FINE;
		if (following->once || locked)
			return cli_failed(following->cli, "%s", fault.text);
		pause = following->followed ? PAUSE_FIRST_MS : pause;
		(void)fprintf(following->cli->err, "casewatch follow: %s; tried again in %d s\n", fault.text,
		              pause / 1000);
		sleep_ms(pause);
		pause = pause * 2 < PAUSE_MOST_MS ? pause * 2 : PAUSE_MOST_MS;
	}
}

enum cli_status follow_into(struct cli *cli, const char *folder)
{
	struct following following = {.cli = cli, .once = cli_value(cli, "once") != NULL};
	struct buffer path = {0};
	if (!cli->operand_count)
		return cli_wrong(cli,
		                 "say how to reach the original: casewatch follow --into DIR -- ssh HOST casewatch "
		                 "follow --serve");
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return cli_failed(cli, "%s cannot be made: %s", folder, strerror(errno));
	buffer_format(&path, "%s/casewatch.db", folder);
	enum cli_status status = follow_on(&following, buffer_cstr(&path));
	buffer_free(&path);
	buffer_free(&following.record);
	return status;
}

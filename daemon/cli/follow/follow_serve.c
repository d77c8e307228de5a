/* follow_serve: the original's end: says what was committed since, every second. */
#include "cli/follow/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct serving {
	struct cli *cli;
	const char *database;
	int in, out;
	struct follow_place place; /* where the copy is */
	char host[128];            /* its machine */
	struct stat erased;        /* the file of erasures, as it was sent last */
	bool erased_sent;
};

/* ---- what the copy says ---- */

/* False: it has gone, or says nothing for too long. */
static bool read_line(int in, char *line, size_t room, int wait_ms)
{
	size_t length = 0;
	struct pollfd poll_in = {.fd = in, .events = POLLIN};
	while (length + 1 < room) {
		int ready = poll(&poll_in, 1, wait_ms);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0 || read(in, line + length, 1) != 1)
			return false;
		if (line[length++] == '\n')
			break;
	}
	line[length] = '\0';
	return length > 0 && line[length - 1] == '\n';
}

static enum cli_status refuse(struct serving *serving, const char *why)
{
	(void)dprintf(serving->out, "no: %s\n", why);
	return cli_failed(serving->cli, "%s", why);
}

/* A line of what it may be asked, so that neither end takes the other's noise (a shell's greeting) for a record. */
static enum cli_status hear_copy(struct serving *serving)
{
	char line[FOLLOW_LINE_MOST], why[256];
	int schema = 0;
	if (!read_line(serving->in, line, sizeof line, FOLLOW_PATIENCE_MS) ||
	    !follow_read_place(line, &schema, &serving->place, serving->host, sizeof serving->host))
		return refuse(serving, "nobody asks who follows; it is started by casewatch follow --into");
	if (schema != follow_schema()) {
		(void)snprintf(why, sizeof why,
		               "the original's database has schema %d, and the copy's casewatch knows %d: install the "
		               "same version there",
		               follow_schema(), schema);
		return refuse(serving, why);
	}
	(void)dprintf(serving->out, "casewatch follow 1 %d\n", schema);
	return CLI_FINE;
}

static bool hear_place(struct serving *serving)
{
	char line[FOLLOW_LINE_MOST];
	int schema;
	return read_line(serving->in, line, sizeof line, 10 * FOLLOW_PATIENCE_MS) &&
	       follow_read_place(line, &schema, &serving->place, serving->host, sizeof serving->host);
}

/* A copy that says something else than it was sent is another database, whatever was made of it there. */
static bool has_it(const struct serving *serving, const struct follow_shipped *shipped)
{
	const struct follow_place *place = &serving->place;
	return strcmp(place->line, shipped->line) == 0 && place->number == shipped->number &&
	       place->head.row == shipped->head.row &&
	       memcmp(place->head.hash.at, shipped->head.hash.at, sizeof place->head.hash.at) == 0;
}

/* ---- what it is sent ---- */

static enum result write_out(void *argument, struct text bytes, struct fault *fault)
{
	const struct serving *serving = argument;
	for (size_t done = 0; done < bytes.length;) {
		ssize_t wrote = write(serving->out, bytes.at + done, bytes.length - done);
		if (wrote < 0 && errno != EINTR)
			return fault_set(fault, RESULT_TEMPORARY, "the copy is gone: %s", strerror(errno));
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	return RESULT_OK;
}

static bool erased_since(const struct serving *serving, struct stat *now)
{
	struct buffer path = {0};
	buffer_format(&path, "%s.erased", serving->database);
	bool there = stat(buffer_cstr(&path), now) == 0;
	buffer_free(&path);
	if (!there)
		*now = (struct stat){.st_size = 0};
	return !serving->erased_sent || now->st_ino != serving->erased.st_ino ||
	       now->st_size != serving->erased.st_size || now->st_mtim.tv_sec != serving->erased.st_mtim.tv_sec ||
	       now->st_mtim.tv_nsec != serving->erased.st_mtim.tv_nsec;
}

/* The database is opened each time: it may have been put back under its name. */
static enum result ship(struct serving *serving, struct fault *fault)
{
	struct store *store;
	struct follow_shipped shipped;
	struct stat now;
	instant at = clock_now(&serving->cli->clock);
	enum result result = store_open(serving->database, STORE_READ, &store, fault);
	if (result != RESULT_OK)
		return result;
	bool erased = erased_since(serving, &now);
	result = follow_ship(store, &serving->place, erased, at, write_out, serving, &shipped, fault);
	store_close(store);
	if (result != RESULT_OK)
		return result;
	if (shipped.whole)
		(void)fprintf(serving->cli->err, "everything was sent to %s, because %s\n", serving->host, shipped.why);
	serving->erased = now;
	serving->erased_sent = true;
	if (!hear_place(serving))
		return fault_set(fault, RESULT_TEMPORARY, "the copy on %s is gone", serving->host);
	if (!has_it(serving, &shipped))
		return fault_set(fault, RESULT_TEMPORARY, "the copy on %s is not what was sent to it", serving->host);
	struct follow_seen seen = {.at = at, .number = serving->place.number};
	(void)snprintf(seen.host, sizeof seen.host, "%s", serving->host);
	follow_seen_write(serving->database, &seen);
	return RESULT_OK;
}

static bool rest(const struct serving *serving)
{
	struct pollfd poll_in = {.fd = serving->in, .events = POLLIN};
	return poll(&poll_in, 1, FOLLOW_EVERY_MS) == 0; /* it has nothing to say: what comes is its end */
}

enum cli_status follow_serve(struct cli *cli)
{
	struct config_faults faults = {0};
	struct fault fault = {{0}};
	struct config *config = config_load_partly(cli->config, &faults);
	struct serving serving = {.cli = cli, .in = STDIN_FILENO, .out = fileno(cli->out)};
	if (!config)
		cli_print_faults(cli->err, &faults);
	config_faults_free(&faults);
	if (!config)
		return refuse(&serving, "the original's configuration cannot be read: casewatch check");
	serving.database = config->database;
	enum cli_status status = hear_copy(&serving);
	while (status == CLI_FINE) {
		enum result result = ship(&serving, &fault);
		if (result != RESULT_OK)
			status = cli_failed(cli, "%s", fault.text);
		else if (!rest(&serving))
			break;
	}
	config_free(config);
	return status;
}

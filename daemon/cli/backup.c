/* backup: a copy of the database beside a running daemon, read through before it counts. */
#include "cli/opened.h"

#include "cli/traces.h"
#include "store/copies/backup.h"
#include "time/words.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct cli_option options[] = {
	{"to", "PLACE", "a directory (the name has the time), a file that is not there yet, or - for a pipe"},
	{"quiet", NULL, "no progress on standard error"},
	{NULL, NULL, NULL},
};

struct backing_up {
	struct cli *cli;
	const char *database;
	struct buffer name, partial; /* what it is to be called, and is called until it is whole */
	bool pipe, watched;
	bool said; /* that it cannot be written down */
	int percent;
	struct backup_facts facts;
};

static bool say_progress(void *argument, int64_t done, int64_t pages)
{
	struct backing_up *backing_up = argument;
	int percent = pages ? (int)(done * 100 / pages) : 100;
	if (backing_up->watched && percent != backing_up->percent)
		(void)fprintf(backing_up->cli->err, "\rcasewatch backup: %d %% of %lld pages%s", percent,
		              (long long)pages, percent == 100 ? "\n" : "");
	(void)fflush(backing_up->cli->err);
	backing_up->percent = percent;
	return true;
}

static void put_time(instant now, struct buffer *out)
{
	char stamp[24];
	time_t seconds = (time_t)(now / SECOND);
	struct tm utc;
	(void)gmtime_r(&seconds, &utc);
	(void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	buffer_string(out, stamp);
}

static enum cli_status choose_names(struct backing_up *backing_up, instant now)
{
	struct cli *cli = backing_up->cli;
	const char *to = cli_value(cli, "to");
	struct stat found;
	if (!to)
		return cli_wrong(cli, "--to is missing: a directory, a file or - (a pipe)");
	backing_up->pipe = strcmp(to, "-") == 0;
	if (backing_up->pipe && isatty(fileno(cli->out)))
		return cli_wrong(cli, "--to - writes the database to standard output, which is a terminal here");
	if (backing_up->pipe) {
		buffer_format(&backing_up->partial, "%s.backup-", backing_up->database);
		put_time(now, &backing_up->partial);
		buffer_format(&backing_up->partial, "-%ld.partial", (long)getpid());
		return CLI_FINE;
	}
	buffer_string(&backing_up->name, to);
	if (stat(to, &found) == 0 && S_ISDIR(found.st_mode)) {
		buffer_string(&backing_up->name, "/casewatch-");
		put_time(now, &backing_up->name);
		buffer_string(&backing_up->name, ".db");
	}
	if (stat(buffer_cstr(&backing_up->name), &found) == 0)
		return cli_failed(cli, "%s is there already: a backup is never written over another",
		                  buffer_cstr(&backing_up->name));
	buffer_format(&backing_up->partial, "%s.%ld.partial", buffer_cstr(&backing_up->name), (long)getpid());
	return CLI_FINE;
}

/* The name goes first: whoever is ended on the way leaves no copy of the children's data lying about. */
static enum result write_to_pipe(struct backing_up *backing_up, struct fault *fault)
{
	static char piece[1 << 16];
	const char *path = buffer_cstr(&backing_up->partial);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	bool whole = file >= 0 && unlink(path) == 0;
	while (whole && (got = read(file, piece, sizeof piece)) > 0)
		whole = fwrite(piece, 1, (size_t)got, backing_up->cli->out) == (size_t)got;
	whole = whole && got == 0 && fflush(backing_up->cli->out) == 0;
	enum result result = whole ? RESULT_OK
	                           : fault_set(fault, RESULT_PERMANENT,
	                                       "the backup could not be written to the pipe: %s", strerror(errno));
	if (file >= 0)
		(void)close(file);
	return result;
}

/* On a full disk a copy elsewhere is what is needed most: one that cannot be written down is made all the same. */
static void note(struct backing_up *backing_up, const char *name)
{
	struct fault fault = {{0}};
	instant now = clock_now(&backing_up->cli->clock);
	if (traces_note_backup(backing_up->database, name, now, &fault) == RESULT_OK || backing_up->said)
		return;
	(void)fprintf(backing_up->cli->err, "casewatch backup: %s\n", fault.text);
	backing_up->said = true;
}

/* Nothing waits for it: the daemon comes first. */
static enum result make(struct backing_up *backing_up, struct fault *fault)
{
	const char *partial = buffer_cstr(&backing_up->partial);
	(void)setpriority(PRIO_PROCESS, 0, 10);
	traces_drop_abandoned(backing_up->database);
	note(backing_up, partial);
	enum result result = backup_copy(backing_up->database, partial, say_progress, backing_up, fault);
	if (result != RESULT_OK)
		return result;
	result = backup_check(partial, true, &backing_up->facts, fault);
	if (result == RESULT_OK && !backing_up->pipe)
		result = backup_erasures(backing_up->database, buffer_cstr(&backing_up->name), fault);
	/* Before it has the name: one that is killed right behind that is known of all the same. */
	if (result == RESULT_OK && !backing_up->pipe)
		note(backing_up, buffer_cstr(&backing_up->name));
	if (result == RESULT_OK)
		result = backing_up->pipe ? write_to_pipe(backing_up, fault)
		                          : backup_name(partial, buffer_cstr(&backing_up->name), fault);
	if (result != RESULT_OK)
		(void)unlink(partial);
	else if (backing_up->pipe)
		note(backing_up, "-");
	return result;
}

static void print_words(struct backing_up *backing_up)
{
	const struct backup_facts *facts = &backing_up->facts;
	struct buffer out = {0}, head = {0};
	audit_head_put(&facts->head, &head);
	buffer_format(&out, "%s\n", backing_up->pipe ? "Written to standard output" : buffer_cstr(&backing_up->name));
	words_count((int64_t)(facts->bytes / 1024), "KiB, ", "KiB, ", &out);
	words_count(facts->events, "event, ", "events, ", &out);
	words_count(facts->alerts, "alert.", "alerts.", &out);
	buffer_format(&out, " Read through: every page and index is whole, and the audit verifies.\nHead: %s\n",
	              buffer_cstr(&head));
	cli_put_damaged(&facts->damaged, &out);
	if (backing_up->pipe)
		(void)fputs(buffer_cstr(&out), backing_up->cli->err);
	else
		cli_print(backing_up->cli, &out);
	buffer_free(&out);
	buffer_free(&head);
}

static void print_json(struct backing_up *backing_up)
{
	const struct backup_facts *facts = &backing_up->facts;
	struct buffer out = {0}, head = {0};
	struct json_writer json = json_writer_on(&out);
	audit_head_put(&facts->head, &head);
	json_object(&json);
	json_put_string(&json, "backup", backing_up->pipe ? "-" : buffer_cstr(&backing_up->name));
	json_put_integer(&json, "bytes", (int64_t)facts->bytes);
	json_put_integer(&json, "schema", facts->version);
	json_put_integer(&json, "events", facts->events);
	json_put_integer(&json, "alerts", facts->alerts);
	json_put_integer(&json, "waiting", facts->waiting);
	json_put_text(&json, "head", buffer_view(&head));
	cli_put_damaged_json(&facts->damaged, &json);
	json_object_end(&json);
	buffer_free(&head);
	if (backing_up->pipe) {
		(void)fprintf(backing_up->cli->err, "%s\n", buffer_cstr(&out));
		buffer_free(&out);
	} else {
		cli_print_json(backing_up->cli, &out);
	}
}

static enum cli_status run_backup(struct cli *cli)
{
	struct opened opened = {0};
	struct fault fault = {{0}};
	struct backing_up backing_up = {.cli = cli, .percent = -1};
	backing_up.watched = !cli_value(cli, "quiet") && !cli->json && isatty(fileno(cli->err));
	enum cli_status status = cli_open(cli, &opened);
	if (status == CLI_FINE) {
		backing_up.database = opened.config->database;
		status = choose_names(&backing_up, opened.now);
	}
	if (status == CLI_FINE && make(&backing_up, &fault) != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else if (status == CLI_FINE && cli->json)
		print_json(&backing_up);
	else if (status == CLI_FINE)
		print_words(&backing_up);
	if (status == CLI_FINE && backing_up.facts.damaged.count)
		status = CLI_FOUND; /* it is made all the same: the next one would be no better */
	buffer_free(&backing_up.name);
	buffer_free(&backing_up.partial);
	cli_close(&opened);
	return status;
}

const struct cli_command cli_backup = {
	.name = "backup",
	.usage = "",
	.summary = "a copy of the database beside the running daemon, read through before it counts",
	.help = "Copies the database as it is at this moment, while the daemon goes on. The copy is read through "
                "(every\n"
		"page and index, the audit) and synchronised before it gets its name: there is never half a backup "
                "under\n"
		"it. Beside it lies NAME.erased, which a restore on another machine needs (docs/backup.md).\n"
		"\n"
		"  casewatch backup --to /var/backups/casewatch\n"
		"  ssh council casewatch backup --to - > casewatch.db\n",
	.options = options,
	.run = run_backup,
};

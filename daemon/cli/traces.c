/* traces: the files beside the tables. */
#include "cli/traces.h"

#include "base/mem.h"
#include "store/erasures.h"
#include "time/instant.h"
#include "time/words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)

static bool names_one(struct text bytes, const struct text *ids, size_t count)
{
	bool named = false;
	for (size_t i = 0; i < count && !named; i++)
		named = erasures_named_in(bytes, ids[i]);
	return named;
}

/* ---- done/ ---- */

/* Copies all lines but those; how many were left out. -1: it failed. */
static int64_t copy_others(FILE *from, FILE *to, const struct text *ids, size_t count)
{
	char *line = NULL;
	size_t room = 0;
	int64_t out = 0;
	for (ssize_t length; out >= 0 && (length = getline(&line, &room, from)) > 0;) {
		if (names_one((struct text){line, (size_t)length}, ids, count))
			out++;
		else if (fwrite(line, 1, (size_t)length, to) != (size_t)length)
			out = -1;
	}
	bool failed = ferror(from) || fflush(to) != 0 || fsync(fileno(to)) != 0;
	free(line);
	return failed ? -1 : out;
}

static enum result clean_file(int directory, const char *name, const struct text *ids, size_t count,
                              struct traces *traces, struct fault *fault)
{
	struct buffer fresh = {0};
	buffer_format(&fresh, ".%s.erasing", name);
	int source = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int copy = source < 0 ? -1
	                      : openat(directory, buffer_cstr(&fresh),
	                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *from = source >= 0 ? fdopen(source, "r") : NULL, *to = copy >= 0 ? fdopen(copy, "w") : NULL;
	int64_t out = from && to ? copy_others(from, to, ids, count) : -1;
	bool replaced = out > 0 && renameat(directory, buffer_cstr(&fresh), directory, name) == 0;
	enum result result =
		out < 0 || (out > 0 && !replaced)
			? fault_set(fault, RESULT_PERMANENT, "the file %s in done/ cannot be written anew: %s", name,
	                            strerror(errno))
			: RESULT_OK;
	if (!replaced)
		(void)unlinkat(directory, buffer_cstr(&fresh), 0);
	if (out > 0)
		traces->lines += out;
	if (from)
		(void)fclose(from);
	if (to)
		(void)fclose(to);
	buffer_free(&fresh);
	return result;
}

static enum result clean_done(const char *spool, const struct text *ids, size_t count, struct traces *traces,
                              struct fault *fault)
{
	struct buffer path = {0};
	struct stat found;
	enum result result = RESULT_OK;
	buffer_format(&path, "%s/done", spool);
	DIR *directory = opendir(buffer_cstr(&path));
	for (const struct dirent *entry; directory && result == RESULT_OK && (entry = readdir(directory));)
		if (entry->d_name[0] != '.' &&
		    fstatat(dirfd(directory), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(found.st_mode))
			result = clean_file(dirfd(directory), entry->d_name, ids, count, traces, fault);
	if (directory)
		(void)closedir(directory);
	buffer_free(&path);
	return result;
}

/* ---- the database's files ---- */

/* Pieces overlap by what an id may be long, so that none lies across two. */
static int64_t places_in(const char *path, const struct text *ids, size_t count)
{
	enum { OVERLAP = 256 };
	char *piece = mem_alloc(PIECE + OVERLAP);
	size_t kept = 0;
	int64_t places = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	for (ssize_t got; file >= 0 && (got = read(file, piece + kept, PIECE)) > 0;) {
		size_t length = kept + (size_t)got;
		places += names_one((struct text){piece, length}, ids, count);
		kept = length < OVERLAP ? length : OVERLAP;
		memmove(piece, piece + length - kept, kept);
	}
	if (file >= 0)
		(void)close(file);
	free(piece);
	return places;
}

/* ---- backups ---- */

static void backups_file(const char *database, struct buffer *path)
{
	buffer_format(path, "%s.backups", database);
}

/* As it is called from everywhere: whoever erases somebody stands elsewhere. */
static void whole_name(const char *name, struct buffer *out)
{
	char here[PATH_MAX];
	if (name[0] != '/' && strcmp(name, "-") != 0 && getcwd(here, sizeof here))
		buffer_format(out, "%s/", here);
	buffer_string(out, name);
}

void traces_note_backup(const char *database, const char *backup, instant at)
{
	struct buffer path = {0}, name = {0};
	char when[32];
	backups_file(database, &path);
	whole_name(backup, &name);
	FILE *file = fopen(buffer_cstr(&path), "ae");
	instant_print(at / SECOND * SECOND, when);
	if (file)
		(void)fprintf(file, "%s %s\n", when, buffer_cstr(&name));
	if (file)
		(void)fclose(file);
	buffer_free(&name);
	buffer_free(&path);
}

/* "FILE.PID.partial" of a process that has ended: it was killed, and nobody will finish it. */
static bool is_abandoned(const char *name)
{
	static const char end[] = ".partial";
	size_t length = strlen(name);
	if (length <= sizeof end || strcmp(name + length - (sizeof end - 1), end) != 0)
		return false;
	size_t at = length - (sizeof end - 1);
	while (at && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	long process = strtol(name + at, NULL, 10);
	return process > 0 && process <= INT_MAX && kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

typedef void each_backup(void *argument, char *line, const char *name);

static void backups_each(const char *database, each_backup *visit, void *argument)
{
	struct buffer path = {0};
	char *line = NULL;
	size_t room = 0;
	backups_file(database, &path);
	FILE *file = fopen(buffer_cstr(&path), "re");
	for (ssize_t length; file && (length = getline(&line, &room, file)) > 0;) {
		line[strcspn(line, "\n")] = '\0';
		const char *name = strchr(line, ' ');
		if (name)
			visit(argument, line, name + 1);
	}
	if (file)
		(void)fclose(file);
	free(line);
	buffer_free(&path);
}

static void drop_abandoned(void *argument, char *line, const char *name)
{
	/* What SQLite has beside a database: while it is written, and while it is read through. */
	static const char *const beside[] = {"-journal", "-wal", "-shm", ""};
	(void)argument;
	(void)line;
	if (!is_abandoned(name))
		return;
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		struct buffer path = {0};
		buffer_format(&path, "%s%s", name, beside[i]);
		(void)unlink(buffer_cstr(&path));
		buffer_free(&path);
	}
}

void traces_drop_abandoned(const char *database)
{
	backups_each(database, drop_abandoned, NULL);
}

/* Those that are gone from this machine are named no more; of those that went through a pipe nobody knows. */
static void name_backup(void *argument, char *line, const char *name)
{
	struct traces *traces = argument;
	bool piped = strcmp(name, "-") == 0;
	if (!piped && access(name, F_OK) != 0)
		return;
	traces->backups++;
	buffer_format(&traces->names, "  %s%s\n", line, piped ? " (a pipe)" : "");
}

/* ---- copies beside the database ---- */

static const char *const live[] = {"", "-wal", ".attempt", ".status", ".ended"};

static bool is_live(const char *suffix)
{
	bool found = strcmp(suffix, "-shm") == 0 || strcmp(suffix, ".erased") == 0; /* no names in them */
	for (size_t i = 0; i < sizeof live / sizeof live[0]; i++)
		found = found || strcmp(suffix, live[i]) == 0;
	return found;
}

/* What a restore put aside, or did not finish; a copy that somebody made by hand. */
static void name_copies(const char *database, const struct text *ids, size_t count, struct traces *traces)
{
	const char *slash = strrchr(database, '/'), *base = slash ? slash + 1 : database;
	char *folder = slash ? mem_copy_text(database, (size_t)(base - database)) : mem_copy_text("./", 2);
	size_t length = strlen(base);
	struct stat found;
	DIR *directory = opendir(folder);
	for (const struct dirent *entry; directory && (entry = readdir(directory));) {
		struct buffer path = {0};
		buffer_format(&path, "%s%s", folder, entry->d_name);
		if (strncmp(entry->d_name, base, length) == 0 && !is_live(entry->d_name + length) &&
		    lstat(buffer_cstr(&path), &found) == 0 && S_ISREG(found.st_mode) &&
		    places_in(buffer_cstr(&path), ids, count)) {
			traces->backups++;
			buffer_format(&traces->names, "  %s\n", buffer_cstr(&path));
		}
		buffer_free(&path);
	}
	if (directory)
		(void)closedir(directory);
	free(folder);
}

/* ---- together ---- */

enum result traces_look(const struct config *config, const struct text *ids, size_t count, struct traces *traces,
                        struct fault *fault)
{
	enum result result = config->spool ? clean_done(config->spool, ids, count, traces, fault) : RESULT_OK;
	for (size_t i = 0; i < sizeof live / sizeof live[0]; i++) {
		struct buffer path = {0};
		buffer_format(&path, "%s%s", config->database, live[i]);
		traces->left += places_in(buffer_cstr(&path), ids, count);
		buffer_free(&path);
	}
	backups_each(config->database, name_backup, traces);
	name_copies(config->database, ids, count, traces);
	return result;
}

void traces_print(const struct traces *traces, struct buffer *out)
{
	if (traces->lines) {
		words_count(traces->lines, "line was", "lines were", out);
		buffer_string(out, " taken out of files in the spool's done/.\n");
	}
	if (traces->left) {
		words_count(traces->left, "place", "places", out);
		buffer_string(
			out, " of the database's files still have the id, as the log is moved into the database once a "
			     "minute:\nrun this command again in two minutes. What is left then is said in "
			     "docs/retention.md.\n");
	}
	if (traces->backups) {
		buffer_string(out, "Backups and copies that were made before still hold it, until you remove them:\n");
		buffer_text(out, buffer_view(&traces->names));
		buffer_string(out, "A restore of one of them erases it again.\n");
	}
}

void traces_free(struct traces *traces)
{
	buffer_free(&traces->names);
}

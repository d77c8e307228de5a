/* traces: the files beside the tables. */
#include "cli/traces.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/erasure/erasures.h"
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

/* Nobody may take for clean what nobody has read. */
static void note_unread(struct traces *traces, const char *path, int why)
{
	traces->unread++;
	buffer_format(&traces->unread_names, "  %s: %s\n", path, strerror(why));
}

/* A directory of which there is none has nothing in it. */
static DIR *open_directory(const char *path, struct traces *traces)
{
	DIR *directory = opendir(path);
	if (!directory && errno != ENOENT)
		note_unread(traces, path, errno);
	return directory;
}

/* The next of the directory's files; NULL: no more. */
static const struct dirent *next_entry(DIR *directory, const char *path, struct traces *traces)
{
	int why = 0;
	const struct dirent *entry = file_next(directory, &why);
	if (!entry && why)
		note_unread(traces, path, why);
	return entry;
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

static void clean_file(int directory, const char *done, const char *name, const struct text *ids, size_t count,
                       struct traces *traces)
{
	struct buffer fresh = {0}, path = {0};
	buffer_format(&fresh, ".%s.erasing", name);
	buffer_format(&path, "%s/%s", done, name);
	int source = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int copy = source < 0 ? -1
	                      : openat(directory, buffer_cstr(&fresh),
	                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *from = source >= 0 ? fdopen(source, "r") : NULL, *to = copy >= 0 ? fdopen(copy, "w") : NULL;
	int64_t out = from && to ? copy_others(from, to, ids, count) : -1;
	bool replaced = out > 0 && renameat(directory, buffer_cstr(&fresh), directory, name) == 0;
	if (out < 0 || (out > 0 && !replaced))
		note_unread(traces, buffer_cstr(&path), errno);
	else
		traces->lines += out;
	if (!replaced)
		(void)unlinkat(directory, buffer_cstr(&fresh), 0);
	if (from)
		(void)fclose(from);
	if (to)
		(void)fclose(to);
	buffer_free(&fresh);
	buffer_free(&path);
}

static void clean_done(const char *spool, const struct text *ids, size_t count, struct traces *traces)
{
	struct buffer path = {0};
	struct stat found;
	buffer_format(&path, "%s/done", spool);
	DIR *directory = open_directory(buffer_cstr(&path), traces);
	for (const struct dirent *entry;
	     directory && (entry = next_entry(directory, buffer_cstr(&path), traces));)
		if (entry->d_name[0] != '.' &&
		    fstatat(dirfd(directory), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(found.st_mode))
			clean_file(dirfd(directory), buffer_cstr(&path), entry->d_name, ids, count, traces);
	if (directory)
		(void)closedir(directory);
	buffer_free(&path);
}

/* ---- the database's files ---- */

/* Pieces overlap by what an id may be long, so that none lies across two. */
static int64_t places_in(const char *path, const struct text *ids, size_t count, struct traces *traces)
{
	enum { OVERLAP = 256 };
	char *piece = mem_alloc(PIECE + OVERLAP);
	size_t kept = 0;
	int64_t places = 0;
	ssize_t got = -1;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	while (file >= 0 && (got = read(file, piece + kept, PIECE)) > 0) {
		size_t length = kept + (size_t)got;
		places += names_one((struct text){piece, length}, ids, count);
		kept = length < OVERLAP ? length : OVERLAP;
		memmove(piece, piece + length - kept, kept);
	}
	if (got < 0 && (file >= 0 || errno != ENOENT))
		note_unread(traces, path, errno);
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

enum result traces_note_backup(const char *database, const char *backup, instant at, struct fault *fault)
{
	struct buffer path = {0}, name = {0};
	char when[32];
	backups_file(database, &path);
	whole_name(backup, &name);
	FILE *file = fopen(buffer_cstr(&path), "ae");
	instant_print(at / SECOND * SECOND, when);
	bool noted = file && fprintf(file, "%s %s\n", when, buffer_cstr(&name)) > 0 && fflush(file) == 0;
	enum result result = noted ? RESULT_OK
	                           : fault_set(fault, RESULT_TEMPORARY,
	                                       "%s cannot be written (%s): whoever erases a child is not told of this "
	                                       "backup",
	                                       buffer_cstr(&path), strerror(errno));
	if (file)
		(void)fclose(file);
	buffer_free(&name);
	buffer_free(&path);
	return result;
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

/* 0, or why the file that names them cannot be read. */
static int backups_each(const char *database, each_backup *visit, void *argument)
{
	struct buffer path = {0};
	char *line = NULL;
	size_t room = 0;
	backups_file(database, &path);
	FILE *file = fopen(buffer_cstr(&path), "re");
	int why = file || errno == ENOENT ? 0 : errno;
	for (ssize_t length; file && (length = getline(&line, &room, file)) > 0;) {
		line[strcspn(line, "\n")] = '\0';
		const char *name = strchr(line, ' ');
		if (name)
			visit(argument, line, name + 1);
	}
	if (file && ferror(file))
		why = errno;
	if (file)
		(void)fclose(file);
	free(line);
	buffer_free(&path);
	return why;
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
	(void)backups_each(database, drop_abandoned, NULL); /* one that cannot be read is said when one is noted */
}

/* Those that are gone from this machine are named no more; of those that went through a pipe nobody knows. */
static void name_backup(void *argument, char *line, const char *name)
{
	struct traces *traces = argument;
	bool piped = strcmp(name, "-") == 0;
	if (!piped && access(name, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	traces->backups++;
	buffer_format(&traces->names, "  %s%s\n", line, piped ? " (a pipe)" : "");
}

static void name_backups(const char *database, struct traces *traces)
{
	struct buffer path = {0};
	backups_file(database, &path);
	int why = backups_each(database, name_backup, traces);
	if (why)
		note_unread(traces, buffer_cstr(&path), why);
	buffer_free(&path);
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
	DIR *directory = open_directory(folder, traces);
	for (const struct dirent *entry; directory && (entry = next_entry(directory, folder, traces));) {
		struct buffer path = {0};
		buffer_format(&path, "%s%s", folder, entry->d_name);
		if (strncmp(entry->d_name, base, length) == 0 && !is_live(entry->d_name + length) &&
		    lstat(buffer_cstr(&path), &found) == 0 && S_ISREG(found.st_mode) &&
		    places_in(buffer_cstr(&path), ids, count, traces)) {
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

void traces_look(const struct config *config, const struct text *ids, size_t count, struct traces *traces)
{
	if (config->spool)
		clean_done(config->spool, ids, count, traces);
	for (size_t i = 0; i < sizeof live / sizeof live[0]; i++) {
		struct buffer path = {0};
		buffer_format(&path, "%s%s", config->database, live[i]);
		traces->left += places_in(buffer_cstr(&path), ids, count, traces);
		buffer_free(&path);
	}
	name_backups(config->database, traces);
	name_copies(config->database, ids, count, traces);
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
	if (traces->unread) {
		buffer_string(out, "Could not be looked at or written anew, and may still have the id:\n");
		buffer_text(out, buffer_view(&traces->unread_names));
		buffer_string(out, "Run this command again as the user of casewatchd, and look at the disk.\n");
	}
}

void traces_free(struct traces *traces)
{
	buffer_free(&traces->names);
	buffer_free(&traces->unread_names);
}

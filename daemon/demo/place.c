/* place: the directory that the demo leaves, and the configuration in it. */
#include "demo/stage.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".casewatch-demo" /* a directory without it is not ours to empty */
#define DEEP 8

/* ---- an earlier demo goes ---- */

char *demo_stage_path(const struct demo_stage *stage, const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", stage->out, name);
	return path.at;
}

static bool remove_entry(int parent, const char *name, int deep);

static bool empty(int directory, int deep)
{
	DIR *entries = directory < 0 ? NULL : fdopendir(directory);
	bool good = entries != NULL && deep < DEEP;
	if (!entries && directory >= 0)
		(void)close(directory);
	int why = 0;
	for (const struct dirent *entry; good && (entry = file_next(entries, &why));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			good = remove_entry(dirfd(entries), entry->d_name, deep + 1);
	if (entries)
		(void)closedir(entries);
	errno = why ? why : errno;
	return good && !why;
}

static bool remove_entry(int parent, const char *name, int deep)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	return empty(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), deep) &&
	       unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

/* Also where nobody can know. */
static bool may_have_entries(int directory)
{
	DIR *entries = fdopendir(fcntl(directory, F_DUPFD_CLOEXEC, 0));
	bool found = !entries;
	int why = 0;
	for (const struct dirent *entry; !found && (entry = file_next(entries, &why));)
		found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (entries)
		(void)closedir(entries);
	return found || why;
}

static enum result prepare(int directory, const char *out, struct fault *fault)
{
	if (faccessat(directory, MARK, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
		if (may_have_entries(directory))
			return fault_set(fault, RESULT_PERMANENT,
			                 "%s holds something that no demo has left: name another directory with --out",
			                 out);
	} else if (!empty(fcntl(directory, F_DUPFD_CLOEXEC, 0), 0)) {
		return fault_set(fault, RESULT_PERMANENT, "cannot remove the earlier demo in %s: %s", out,
		                 strerror(errno));
	}
	int mark = openat(directory, MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (mark < 0 || mkdirat(directory, "mails", 0750) != 0 || mkdirat(directory, "spool", 0750) != 0) {
		int why = errno;
		if (mark >= 0)
			(void)close(mark);
		return fault_set(fault, RESULT_PERMANENT, "cannot write into the directory %s: %s", out, strerror(why));
	}
	(void)close(mark);
	return RESULT_OK;
}

enum result demo_place_make(const char *out, struct fault *fault)
{
	if (mkdir(out, 0750) != 0 && errno != EEXIST)
		return fault_set(fault, RESULT_PERMANENT, "cannot make the directory %s: %s", out, strerror(errno));
	int directory = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot open the directory %s: %s", out, strerror(errno));
	enum result result = prepare(directory, out, fault);
	(void)close(directory);
	return result;
}

/* ---- the configuration: the council's own, but for what would leave this machine or touch what is not the demo's
 * ---- */

static const char *const replaced[] = {"database:", "rules:",      "directory:", "templates:", "lists:", "spool:",
                                       "go-live:",  "answer-url:", "calendar:",  "kafka:",     "smtp:"};

static bool is_replaced(const char *line)
{
	for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
		if (strncmp(line, replaced[i], strlen(replaced[i])) == 0)
			return true;
	return false;
}

/* A key of the outermost mapping stands at the margin; all up to the next belongs to it. */
static enum result copy_kept(const char *path, struct buffer *out, struct fault *fault)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool kept = true;
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, strerror(errno));
	while (getline(&line, &room, file) >= 0) {
		if (line[0] != ' ' && line[0] != '\t' && line[0] != '#' && line[0] != '\n')
			kept = !is_replaced(line);
		if (kept && line[0] != '#')
			buffer_string(out, line);
	}
	free(line);
	(void)fclose(file);
	return RESULT_OK;
}

static void put_path(struct buffer *out, const char *indent_and_key, const char *path)
{
	char *whole = realpath(path, NULL);
	buffer_format(out, "%s: \"", indent_and_key);
	for (const char *c = whole ? whole : path; *c; c++) {
		if (*c == '"' || *c == '\\')
			buffer_char(out, '\\');
		buffer_char(out, *c);
	}
	buffer_string(out, "\"\n");
	free(whole);
}

static void put_ours(struct buffer *out, const struct demo_stage *stage, const struct config *config,
                     const char *brokers, int smtp_port, instant go_live)
{
	char *database = demo_stage_path(stage, "casewatch.db"), *spool = demo_stage_path(stage, "spool"), live[32];
	instant_print(go_live, live);
	put_path(out, "database", database);
	put_path(out, "spool", spool);
	put_path(out, "rules", config->rules_dir);
	put_path(out, "directory", config->directory_file);
	put_path(out, "templates", config->templates_dir);
	if (config->lists_dir)
		put_path(out, "lists", config->lists_dir);
	buffer_format(out, "go-live: %s\ncalendar:\n", live);
	put_path(out, "  file", config->calendar_file);
	buffer_format(out, "  zone: %s\n", config->zone);
	buffer_format(out,
	              "kafka:\n  topics: [" DEMO_TOPIC
	              "]\n  group: casewatch-demo\n  instance: casewatch-demo-1\n  properties:\n"
	              "    bootstrap.servers: \"%s\"\n    fetch.wait.max.ms: 2\n",
	              brokers);
	buffer_format(out,
	              "smtp:\n  host: 127.0.0.1\n  port: %d\n  tls: none\n  from: casewatch@example.org\n  from-name: "
	              "casewatch\n"
	              "  domain: example.org\n",
	              smtp_port);
	free(database);
	free(spool);
}

enum result demo_place_configure(const struct demo_stage *stage, const struct config *config, const char *brokers,
                                 int smtp_port, instant go_live, struct fault *fault)
{
	struct buffer out = {0};
	buffer_format(&out, "# Written by casewatch demo after %s; the servers it names ended with the demo.\n",
	              config->path);
	enum result result = copy_kept(config->path, &out, fault);
	put_ours(&out, stage, config, brokers, smtp_port, go_live);
	FILE *file = result == RESULT_OK ? fopen(stage->config, "we") : NULL;
	bool good = file && fwrite(out.at, 1, out.length, file) == out.length;
	if (file && fclose(file) != 0)
		good = false;
	if (result == RESULT_OK && !good)
		result = fault_set(fault, RESULT_PERMANENT, "cannot write %s: %s", stage->config, strerror(errno));
	buffer_free(&out);
	return result;
}

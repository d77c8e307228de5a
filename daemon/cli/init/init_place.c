/* init_place: a draft in a directory of its own beside where it will stand, so that what is checked is what will be
 * there. */
#include "cli/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP "casewatch" /* as whom the daemon reads the directory (systemd/casewatch.sysusers) */

/* What a configuration names beside itself. */
static const char *const beside[] = {"rules", "templates", "lists", "bank-holidays.json"};

static const char *joined(const struct init_plan *plan, const char *directory, const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", directory, name);
	const char *kept = text_keep(plan->arena, buffer_view(&path)).at;
	buffer_free(&path);
	return kept;
}

static bool is_file(const char *path)
{
	struct stat file;
	return lstat(path, &file) == 0;
}

const char *init_path(const struct init_plan *plan, const char *name)
{
	char whole[PATH_MAX];
	const char *own = joined(plan, plan->samples, name);
	if (is_file(joined(plan, plan->out, name)))
		return name;
	if (!is_file(own)) /* as in the tree: rules/ beside conf/ */
		own = joined(plan, joined(plan, plan->samples, ".."), name);
	return realpath(own, whole) ? text_keep(plan->arena, text_of(whole)).at : name;
}

static bool failed(const struct init_plan *plan, const char *what, const char *path)
{
	(void)cli_failed(plan->cli, "cannot %s %s: %s", what, path, strerror(errno));
	return false;
}

bool init_draft_begin(struct init_plan *plan, struct init_draft *draft)
{
	struct buffer name = {0};
	if (mkdir(plan->out, 0755) != 0 && errno != EEXIST)
		return failed(plan, "make", plan->out);
	for (size_t i = 0; i < INIT_FILES; i++)
		if (is_file(joined(plan, plan->out, plan->files[i]))) {
			(void)cli_failed(plan->cli,
			                 "%s is there already, and nothing is overwritten: move it away, or change it "
			                 "by hand and run casewatch check",
			                 joined(plan, plan->out, plan->files[i]));
			return false;
		}
	buffer_format(&name, "%s/.init-XXXXXX", plan->out);
	draft->directory = mkdtemp(name.at) ? name.at : NULL;
	if (!draft->directory) {
		buffer_free(&name);
		return failed(plan, "write into", plan->out);
	}
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		if (is_file(joined(plan, plan->out, beside[i])) &&
		    symlink(joined(plan, "..", beside[i]), joined(plan, draft->directory, beside[i])) != 0)
			return failed(plan, "write", joined(plan, draft->directory, beside[i]));
	return true;
}

bool init_draft_write(struct init_plan *plan, const struct init_draft *draft, enum init_file which,
                      const struct buffer *bytes)
{
	const char *path = joined(plan, draft->directory, plan->files[which]);
	mode_t mode = which == INIT_CONFIG ? 0644 : 0640;
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	bool good = file >= 0 && write(file, bytes->at, bytes->length) == (ssize_t)bytes->length &&
	            fchmod(file, mode) == 0 && fsync(file) == 0;
	const struct group *group = getgrnam(GROUP);
	if (good && which != INIT_CONFIG && group && geteuid() == 0)
		good = fchown(file, (uid_t)-1, group->gr_gid) == 0;
	if (file >= 0 && close(file) != 0)
		good = false;
	return good || failed(plan, "write", path);
}

/* A link fails where something is there; a rename would replace it. */
bool init_draft_place(struct init_plan *plan, const struct init_draft *draft)
{
	for (size_t i = 0; i < INIT_FILES; i++) {
		const char *to = joined(plan, plan->out, plan->files[i]);
		if (link(joined(plan, draft->directory, plan->files[i]), to) == 0)
			continue;
		(void)failed(plan, "write", to);
		while (i-- > 0)
			(void)unlink(joined(plan, plan->out, plan->files[i]));
		return false;
	}
	return true;
}

void init_draft_end(struct init_plan *plan, struct init_draft *draft)
{
	if (!draft->directory)
		return;
	for (size_t i = 0; i < INIT_FILES; i++)
		(void)unlink(joined(plan, draft->directory, plan->files[i]));
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		(void)unlink(joined(plan, draft->directory, beside[i]));
	(void)rmdir(draft->directory);
	free(draft->directory);
	draft->directory = NULL;
}

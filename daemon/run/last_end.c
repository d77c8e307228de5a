/* last_end: why the daemon ended itself, for the next one and for `casewatch status`. */
#include "run/last_end.h"

#include "base/log.h"
#include "base/text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int open_word(const char *database, int flags, struct buffer *path)
{
	buffer_format(path, "%s.ended", database);
	return open(buffer_cstr(path), flags | O_CLOEXEC | O_NOFOLLOW, 0640);
}

void last_end_write(const char *database, const char *why)
{
	struct buffer path = {0};
	int file = open_word(database, O_WRONLY | O_CREAT | O_TRUNC, &path);
	if (file < 0 || write(file, why, strlen(why)) != (ssize_t)strlen(why))
		log_warning("that could not be written to %s: ops hear of it from this log alone", buffer_cstr(&path));
	if (file >= 0)
		(void)close(file);
	buffer_free(&path);
}

bool last_end_read(const char *database, char *why, size_t room)
{
	struct buffer path = {0};
	int file = open_word(database, O_RDONLY, &path);
	buffer_free(&path);
	if (file < 0)
		return false;
	ssize_t length = read(file, why, room - 1);
	(void)close(file);
	why[length > 0 ? length : 0] = '\0';
	return true;
}

void last_end_forget(const char *database)
{
	struct buffer path = {0};
	buffer_format(&path, "%s.ended", database);
	(void)unlink(buffer_cstr(&path));
	buffer_free(&path);
}

/* follow_seen: what the original knows of its copy. */
#include "store/copies/follow.h"

#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void follow_seen_write(const char *database, const struct follow_seen *seen)
{
	struct buffer path = {0}, fresh = {0}, line = {0};
	buffer_format(&path, "%s.follower", database);
	buffer_format(&fresh, "%s.follower.new", database);
	buffer_format(&line, "%lld %lld %s\n", (long long)seen->at, (long long)seen->number, seen->host);
	int file = open(buffer_cstr(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (file >= 0) {
		bool whole = write(file, line.at, line.length) == (ssize_t)line.length;
		whole = close(file) == 0 && whole;
		if (whole) /* else status says that no copy was seen since */
			(void)rename(buffer_cstr(&fresh), buffer_cstr(&path));
	}
	buffer_free(&path);
	buffer_free(&fresh);
	buffer_free(&line);
}

bool follow_seen_read(const char *database, struct follow_seen *seen)
{
	char line[256] = "";
	long long at = 0, number = 0;
	struct buffer path = {0};
	*seen = (struct follow_seen){.at = INSTANT_NONE};
	buffer_format(&path, "%s.follower", database);
	int file = open(buffer_cstr(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	buffer_free(&path);
	if (file < 0)
		return false;
	ssize_t length = read(file, line, sizeof line - 1);
	(void)close(file);
	line[length > 0 ? length : 0] = '\0';
	if (sscanf(line, "%lld %lld %127s", &at, &number, seen->host) != 3)
		return false;
	seen->at = at;
	seen->number = number;
	return true;
}

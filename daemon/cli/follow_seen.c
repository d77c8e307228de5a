/* follow_seen: the lines that both ends say, and what the original knows of its copy. */
#include "cli/follow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- lines ---- */

void follow_put_place(const struct follow_place *place, struct buffer *line)
{
	char host[128] = "";
	(void)gethostname(host, sizeof host - 1);
	for (char *c = host; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '-';
	buffer_format(line, "casewatch follow 1 %d %s %lld %lld:", follow_schema(), place->line[0] ? place->line : "-",
	              (long long)place->number, (long long)place->head.row);
	for (size_t i = 0; i < sizeof place->head.hash.at; i++)
		buffer_format(line, "%02x", place->head.hash.at[i]);
	buffer_format(line, " %s\n", *host ? host : "-");
}

bool follow_read_place(const char *line, int *schema, struct follow_place *place, char *host, size_t room)
{
	char hash[65], name[128];
	long long number, row;
	int end = 0;
	*place = (struct follow_place){.number = 0};
	if (sscanf(line, "casewatch follow 1 %d %39s %lld %lld:%64[0-9a-f] %127s%n", schema, place->line, &number, &row,
	           hash, name, &end) != 6 ||
	    (line[end] && line[end] != '\n') || strlen(hash) != 64 || number < 0 || row < 0)
		return false;
	if (strcmp(place->line, "-") == 0)
		place->line[0] = '\0';
	place->number = number;
	place->head.row = row;
	for (size_t i = 0; i < sizeof place->head.hash.at; i++) {
		const char digits[3] = {hash[2 * i], hash[2 * i + 1], '\0'};
		place->head.hash.at[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
	(void)snprintf(host, room, "%s", name);
	return true;
}

/* ---- what is known of the copy ---- */

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

/* follow_line: the line by which a copy says where it is. */
#include "cli/follow/follow.h"

#include <unistd.h>

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
	    (line[end] && line[end] != '\n') || number < 0 || row < 0 ||
	    !digest_take_hex(text_of(hash), place->head.hash.at, sizeof place->head.hash.at))
		return false;
	if (strcmp(place->line, "-") == 0)
		place->line[0] = '\0';
	place->number = number;
	place->head.row = row;
	(void)snprintf(host, room, "%s", name);
	return true;
}

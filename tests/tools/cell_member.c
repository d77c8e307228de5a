/* cell_member: one machine of a cell, without a daemon: the journal alone, and a host that does what it is told, so
 *that tests can kill and freeze it where they like.
 *
 *	cell_member BROKERS TOPIC GROUP NAME [PARTITION]
 * Lines: "owns", "stops", "start ROW" (it may be sent, and is not yet), "not-start ROW", "doubtful ROW", "result ROW
 * WHAT", "sent ROW marked|unmarked", "late ROW", "waits ROW", "not-ours ROW".
 * Commands on standard input, ROW a number from 1: "want ROW"; "send ROW", which looks at the clock as a courier does;
 * "send-and-say-nothing ROW": it goes, and nothing of it is written. The end of the input stops it cleanly. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "cell/journal.h"

#define ROWS 100

struct row {
	bool doubtful;
	uint32_t attempt;
	instant until;
};

struct member {
	struct journal *journal;
	struct row rows[ROWS];
};

static struct journal_row id_of(int row)
{
	struct journal_row id;
	memset(id.at, row, sizeof id.at);
	return id;
}

static void say(const char *what, int row, const char *more)
{
	if (row)
		(void)printf("%s %d%s%s\n", what, row, *more ? " " : "", more);
	else
		(void)printf("%s\n", what);
	(void)fflush(stdout);
}

static void on_owns(void *context, size_t council, bool owns)
{
	(void)context;
	(void)council;
	say(owns ? "owns" : "stops", 0, "");
}

static void on_start(void *context, size_t council, const struct ownership_order *order)
{
	struct member *member = context;
	(void)council;
	member->rows[order->row.at[0] % ROWS].attempt = order->attempt;
	member->rows[order->row.at[0] % ROWS].until = order->until;
	say("start", order->row.at[0], "");
}

static void on_not_start(void *context, size_t council, const struct journal_row *row)
{
	(void)context;
	(void)council;
	say("not-start", row->at[0], "");
}

static void on_doubtful(void *context, size_t council, const struct journal_row *row, const struct journal_row *message)
{
	struct member *member = context;
	(void)council;
	(void)message;
	for (int i = 0; i < ROWS && !row; i++)
		member->rows[i].doubtful = true;
	if (row)
		member->rows[row->at[0] % ROWS].doubtful = true;
	say(row ? "doubtful" : "all-doubtful", row ? row->at[0] : 0, "");
}

static void on_result(void *context, size_t council, const struct journal_row *row, const struct journal_row *message,
                      enum journal_what what)
{
	(void)context;
	(void)council;
	(void)message;
	say("result", row->at[0], journal_what_name(what));
}

static void want_row(struct member *member, int row)
{
	struct journal_row id = id_of(row);
	instant until;
	switch (journal_want(member->journal, 0, &id, &id, member->rows[row].doubtful, &until)) {
	case OWNERSHIP_WANTED: return;
	case OWNERSHIP_NOT_OURS: say("not-ours", row, ""); return;
	case OWNERSHIP_WAITS:
	case OWNERSHIP_FULL: say("waits", row, ""); return;
	}
}

static void send_row(struct member *member, int row, bool says)
{
	struct journal_row id = id_of(row);
	const struct row *own = &member->rows[row];
	if (clock_boot() > own->until) {
		say("late", row, "");
		journal_over(member->journal, 0, &id, own->attempt, JOURNAL_NOT_STARTED);
		return;
	}
	say("sent", row, own->doubtful ? "marked" : "unmarked");
	if (says)
		journal_over(member->journal, 0, &id, own->attempt, JOURNAL_TAKEN);
}

static void obey(struct member *member, char *line)
{
	char command[32];
	int row;
	if (sscanf(line, "%31s %d", command, &row) != 2 || row < 1 || row >= ROWS)
		return;
	if (strcmp(command, "want") == 0)
		want_row(member, row);
	else
		send_row(member, row, strcmp(command, "send") == 0);
}

/* False: the input has ended. */
static bool read_commands(struct member *member)
{
	char lines[4096];
	ssize_t got = read(STDIN_FILENO, lines, sizeof lines - 1);
	if (got <= 0)
		return false;
	lines[got] = '\0';
	char *rest;
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		obey(member, line);
	return true;
}

static void serve(struct member *member)
{
	struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
	                        {.fd = journal_fd(member->journal), .events = POLLIN}};
	for (;;) {
		instant next = journal_wake(member->journal), now = clock_boot();
		instant wait = next > now ? (next - now) / 1000 + 1 : 0;
		(void)poll(fds, 2, wait > 1000 ? 1000 : (int)wait);
		if ((fds[0].revents & (POLLIN | POLLHUP)) && !read_commands(member))
			return;
	}
}

int main(int count, char **words)
{
	struct member member = {.journal = NULL};
	struct fault fault = {""};
	if (count != 5 && count != 6)
		return 2;
	const struct kafka_property properties[] = {{"bootstrap.servers", words[1]}};
	const struct journal_council council = {.name = TEXT("ashford"), .partition = count == 6 ? atoi(words[5]) : 0};
	const struct journal_settings settings = {
		.topic = words[2],
		.since = (int64_t)time(NULL), .group = words[3],
		.owner = words[4],
		.properties = properties,
		.property_count = 1,
		.councils = &council,
		.council_count = 1,
		.host = {&member, on_owns, on_start, on_not_start, on_doubtful, on_result}};
	if (journal_open(&settings, &member.journal, &fault) != RESULT_OK) {
		(void)fprintf(stderr, "cell_member: %s\n", fault.text);
		return 1;
	}
	serve(&member);
	journal_close(member.journal);
	return 0;
}

/* systemd: sd_notify and the journal's own socket. */
#include "loop/systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION /* it would always name this file */
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#define STATUS_BYTES 512
#define FIELD_BYTES 2304 /* a log line has at most 2048 bytes */
#define FIELDS_MAX 8     /* of one line: message, priority, identifier, message id, event, rule, alert, council */

static const char *(*message_id_of)(const char *rule); /* as handed to systemd_log_to_journal */

/* sd_notify reads one assignment a line: a status with a line end in it could say READY=1. */
static void copy_line(char *to, size_t room, const char *from)
{
	(void)snprintf(to, room, "%s", from ? from : "");
	for (char *c = to; *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
}

static void notify(const char *state, const char *status)
{
	char line[STATUS_BYTES];
	copy_line(line, sizeof line, status);
	(void)sd_notifyf(0, "%s%s%s", state, line[0] ? "STATUS=" : "", line);
}

void systemd_ready(const char *status)
{
	notify("READY=1\n", status);
}

void systemd_status(const char *status)
{
	notify("", status);
}

void systemd_reloading(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000);
}

void systemd_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

instant systemd_watchdog_interval(void)
{
	uint64_t microseconds;
	return sd_watchdog_enabled(0, &microseconds) > 0 ? (instant)(microseconds / 2) : 0;
}

void systemd_watchdog_fed(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

struct fields {
	struct iovec items[FIELDS_MAX];
	char bytes[FIELDS_MAX][FIELD_BYTES];
	int count;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
	if (!value)
		return;
	char *at = fields->bytes[fields->count];
	int length = snprintf(at, FIELD_BYTES, "%s=%s", name, value);
	size_t bytes = length < FIELD_BYTES ? (size_t)length : FIELD_BYTES - 1;
	fields->items[fields->count++] = (struct iovec){at, bytes};
}

static void journal_sink(enum log_level level, const struct log_about *about, const char *line)
{
	struct fields fields;
	char priority[2] = {(char)('0' + (int)level), '\0'};
	fields.count = 0;
	char words[FIELD_BYTES];
	(void)snprintf(words, sizeof words, "%s%s%s", about->council ? about->council : "", about->council ? ": " : "",
	               line);
	add_field(&fields, "MESSAGE", words);
	add_field(&fields, "PRIORITY", priority);
	add_field(&fields, "MESSAGE_ID", message_id_of && about->rule ? message_id_of(about->rule) : NULL);
	add_field(&fields, "CASEWATCH_EVENT", about->event);
	add_field(&fields, "CASEWATCH_RULE", about->rule);
	add_field(&fields, "CASEWATCH_ALERT", about->alert);
	add_field(&fields, "CASEWATCH_COUNCIL", about->council);
	if (sd_journal_sendv(fields.items, fields.count) < 0)
		(void)fprintf(stderr, "<%s>%s\n", priority,
		              words); /* the same journal by another door, without the fields */
}

/* JOURNAL_STREAM is "device:inode" of the stream systemd connected (systemd.exec(5)); stderr may be redirected
 * since. */
static bool stderr_is_the_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat found;
	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &found) == 0 &&
	       found.st_dev == device && found.st_ino == inode;
}

void systemd_log_to_journal(const char *(*message_id)(const char *rule))
{
	message_id_of = message_id;
	if (stderr_is_the_journal())
		log_set_sink(journal_sink);
}

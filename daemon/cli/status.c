/* status: whether casewatch does its work, and what waits. */
#include "cli/opened.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ops/status.h"
#include "run/last_end.h"
#include "store/events.h"
#include "time/words.h"

#define LOOKS_AT_LOCKS 3

struct status {
	const struct opened *opened;
	bool running;
	char who[256];               /* "process 12 on HOST since ..."; of the last one that ran */
	struct store_figures figures;
	struct audit_head audit;
	instant complete_to, last_arrival;
	struct buffer said;          /* what the daemon last said of itself, as JSON; and when */
	instant said_at;
	long process;
	struct buffer known;         /* conditions that are in `wrong`, one line each */
	struct buffer wrong;         /* what is wrong, one line each */
};

/* The lock is looked at where the kernel lists locks, never tried: a daemon that starts this very moment must get
 * it. */
static bool is_held(int lock)
{
	struct stat file;
	char wanted[64], line[256];
	bool held = false;
	if (fstat(lock, &file) != 0)
		return false;
	(void)snprintf(wanted, sizeof wanted, "%02x:%02x:%llu ", major(file.st_dev), minor(file.st_dev),
	               (unsigned long long)file.st_ino);
	/* The kernel lists a page at a time, by place: when another's lock goes in between, one that stays may be
	 * missed. */
	for (int looks = 0; looks < LOOKS_AT_LOCKS && !held; looks++) {
		FILE *locks = fopen("/proc/locks", "re");
		while (locks && !held && fgets(line, sizeof line, locks))
			held = strstr(line, "FLOCK") && strstr(line, wanted);
		if (locks)
			(void)fclose(locks);
	}
	return held;
}

/* Where file systems are stacked, the kernel lists the lock under another device: then what the lock says of its
 * holder. */
static bool is_alive(const char *who)
{
	char path[64], name[32] = "";
	long process = strncmp(who, "process ", 8) == 0 ? strtol(who + 8, NULL, 10) : 0;
	(void)snprintf(path, sizeof path, "/proc/%ld/comm", process);
	FILE *file = process > 0 ? fopen(path, "re") : NULL;
	bool named = file && fgets(name, sizeof name, file) && strcmp(name, "casewatchd\n") == 0;
	if (file)
		(void)fclose(file);
	return named;
}

static void look_for_daemon(struct status *status)
{
	struct buffer name = {0};
	buffer_format(&name, "%s.lock", status->opened->config->database);
	int lock = open(buffer_cstr(&name), O_RDONLY | O_CLOEXEC);
	buffer_free(&name);
	if (lock < 0)
		return;
	ssize_t length = read(lock, status->who, sizeof status->who - 1);
	status->who[length > 0 ? length : 0] = '\0';
	status->who[strcspn(status->who, "\n")] = '\0';
	status->running = is_held(lock) || is_alive(status->who);
	(void)close(lock);
}

static void add_wrong(struct status *status, const char *format, ...) PRINTF_LIKE(2, 3);
static void add_wrong(struct status *status, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	buffer_format(&status->wrong, "%s\n", line);
}

/* One that the daemon could not write into the database is in its file alone: each once. */
static void add_condition(struct status *status, const char *word, struct text key, struct text title, const char *next)
{
	struct buffer mark = {0};
	buffer_format(&mark, "%s %.*s\n", word, TEXT_ARG(key));
	if (!status->known.length || !strstr(buffer_cstr(&status->known), buffer_cstr(&mark)))
		add_wrong(status, "%s: %.*s%s%s", word, TEXT_ARG(title), next ? ". Next: " : "", next ? next : "");
	buffer_text(&status->known, buffer_view(&mark));
	buffer_free(&mark);
}

static void see_condition(void *argument, const struct ops_wrong *wrong)
{
	add_condition(argument, wrong->alert->id, wrong->key, wrong->title, wrong->alert->steps[0].words);
}

/* Lines of "ops.disk KEY\tTITLE". */
static void add_what_it_says(struct status *status, struct text lines)
{
	while (lines.length) {
		const char *end = memchr(lines.at, '\n', lines.length);
		size_t length = end ? (size_t)(end - lines.at) : lines.length;
		const char *space = memchr(lines.at, ' ', length), *tab = memchr(lines.at, '\t', length);
		if (space && tab && space < tab) {
			struct buffer word = {0};
			buffer_add(&word, lines.at, (size_t)(space - lines.at));
			const struct ops_alert *alert = ops_alert_by_id(buffer_cstr(&word));
			add_condition(status, buffer_cstr(&word), (struct text){space + 1, (size_t)(tab - space - 1)},
			              (struct text){tab + 1, (size_t)(lines.at + length - tab - 1)},
			              alert ? alert->steps[0].words : NULL);
			buffer_free(&word);
		}
		length += end != NULL;
		lines = (struct text){lines.at + length, lines.length - length};
	}
}

/* A daemon that hangs or cannot write must not look as if it were well. */
static void judge_daemon(struct status *status)
{
	char ended[512] = "";
	instant now = status->opened->now;
	if (!status->running) {
		(void)last_end_read(status->opened->config->database, ended, sizeof ended);
		bool alone = strncmp(ended, LAST_END_ALONE, strlen(LAST_END_ALONE)) == 0;
		if (alone)
			add_wrong(status, "casewatchd goes on without this council: %.400s",
			          ended + strlen(LAST_END_ALONE));
		else
			add_wrong(status, "casewatchd does not run: start it (systemctl start casewatchd)%s%.400s",
			          ended[0] ? ". It ended itself: " : "", ended);
	} else if (status->said_at == INSTANT_NONE || now - status->said_at > OPS_STATUS_OLD ||
	           now - status->said_at < -OPS_STATUS_OLD) {
		struct buffer since = {0};
		if (status->said_at != INSTANT_NONE)
			words_span(now - status->said_at, &since);
		add_wrong(status,
		          "casewatchd runs and has not said how it is for %s: look at journalctl -u casewatchd, and "
		          "restart it",
		          since.length ? buffer_cstr(&since) : "as long as is known");
		buffer_free(&since);
	}
}

/* Of two configurations that name one database only one is served: of the other nobody would hear. */
static void judge_config(struct status *status)
{
	struct buffer running = {0};
	char own[PATH_MAX];
	ops_status_config(buffer_view(&status->said), &running);
	if (running.length && realpath(status->opened->config->path, own) && strcmp(own, buffer_cstr(&running)) != 0)
		add_wrong(status,
		          "casewatchd runs on this database with %.180s, and not with this configuration: give each a "
		          "database of its own (docs/configuration.md, \"Several councils\")",
		          buffer_cstr(&running));
	buffer_free(&running);
}

/* The table of conditions, and nothing beside it, says what is wrong; but for what only the one who looks can know. */
static enum result judge(struct status *status, struct fault *fault)
{
	struct buffer said = {0};
	const struct config *config = status->opened->config;
	(void)ops_status_read(config->database, &status->said, &status->said_at, &status->process, &said);
	judge_daemon(status);
	enum result result = ops_each_stored(status->opened->store, see_condition, status, fault);
	if (status->running) {
		add_what_it_says(status, buffer_view(&said));
		judge_config(status);
	}
	if (!config->calendar || !config->directory || !config->rules)
		add_wrong(status, "the configuration has faults, and a reload would be refused: see casewatch check");
	buffer_free(&said);
	return result;
}

/* As the daemon last said of them. */
static void put_channels(const struct status *status, struct buffer *out)
{
	struct buffer lines = {0};
	ops_status_channels(buffer_view(&status->said), &lines);
	struct text rest = text_trim(buffer_view(&lines));
	while (rest.length) {
		const char *end = memchr(rest.at, '\n', rest.length);
		size_t length = end ? (size_t)(end - rest.at) : rest.length;
		buffer_format(out, "\nChannel      %.*s", (int)length, rest.at);
		rest = text_trim((struct text){rest.at + length, rest.length - length});
	}
	buffer_free(&lines);
}

/* Where several machines hold the council. */
static void put_cell(const struct status *status, struct buffer *out)
{
	struct buffer line = {0};
	ops_status_cell(buffer_view(&status->said), &line);
	if (line.length)
		buffer_format(out, "\nCell         %s", buffer_cstr(&line));
	buffer_free(&line);
}

static void print_words(struct cli *cli, struct status *status)
{
	const struct store_figures *figures = &status->figures;
	struct buffer out = {0};
	buffer_format(&out, "Daemon       %s%s%s\n", status->running ? "runs: " : "does not run",
	              status->running ? status->who : *status->who ? "; last: " : "",
	              status->running ? "" : status->who);
	buffer_format(&out, "Database     %s, %llu MiB", status->opened->config->database,
	              (unsigned long long)(figures->database_bytes >> 20));
	buffer_format(&out, " and %llu MiB of log\n", (unsigned long long)(figures->log_bytes >> 20));
	buffer_string(&out, "Events       ");
	words_number((int64_t)figures->events, &out);
	buffer_string(&out, ", the last arrived ");
	cli_time(status->opened, status->last_arrival, &out);
	buffer_string(&out, "\nComplete to  ");
	if (status->complete_to == INSTANT_NONE)
		buffer_string(&out, "no source has confirmed (source.complete)");
	else
		cli_time(status->opened, status->complete_to, &out);
	buffer_format(&out, "\nStanding     %llu critical, %llu high, %llu normal\n",
	              (unsigned long long)figures->standing[SEVERITY_CRITICAL],
	              (unsigned long long)figures->standing[SEVERITY_HIGH],
	              (unsigned long long)figures->standing[SEVERITY_NORMAL]);
	buffer_format(&out, "Outbox       %llu waiting", (unsigned long long)figures->outbox_waiting);
	if (figures->outbox_waiting) {
		buffer_string(&out, ", the oldest since ");
		cli_time(status->opened, figures->outbox_oldest, &out);
	}
	buffer_format(&out, "\nQuarantine   %llu waiting", (unsigned long long)figures->quarantine_waiting);
	if (figures->quarantine_waiting) {
		buffer_string(&out, ", the oldest since ");
		cli_time(status->opened, figures->quarantine_oldest, &out);
	}
	buffer_string(&out, "\nAudit        ");
	words_count(status->audit.row, "row", "rows", &out);
	if (status->audit.row) {
		buffer_string(&out, ", the last of ");
		cli_time(status->opened, status->audit.at, &out);
		buffer_string(&out, ", ");
		audit_head_short(&status->audit, &out);
	}
	if (status->said_at != INSTANT_NONE) {
		buffer_string(&out, "\nSaid         ");
		cli_time(status->opened, status->said_at, &out);
	}
	put_channels(status, &out);
	put_cell(status, &out);
	buffer_string(&out, status->wrong.length ? "\n\nWhat is wrong\n" : "\n\nNothing is wrong.\n");
	buffer_text(&out, buffer_view(&status->wrong));
	cli_print(cli, &out);
}

static void put_wrong(struct json_writer *json, struct text lines)
{
	json_key(json, "wrong");
	json_array(json);
	while (lines.length) {
		const char *end = memchr(lines.at, '\n', lines.length);
		size_t length = end ? (size_t)(end - lines.at) : lines.length;
		json_text(json, (struct text){lines.at, length});
		length += end != NULL;
		lines = (struct text){lines.at + length, lines.length - length};
	}
	json_array_end(json);
}

static void print_json(struct cli *cli, const struct status *status)
{
	const struct store_figures *figures = &status->figures;
	struct buffer out = {0}, head = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_bool(&json, "running", status->running);
	json_put_string(&json, "who", status->who);
	json_put_string(&json, "database", status->opened->config->database);
	json_put_integer(&json, "database_bytes", (int64_t)figures->database_bytes);
	json_put_integer(&json, "log_bytes", (int64_t)figures->log_bytes);
	json_put_integer(&json, "events", (int64_t)figures->events);
	json_put_instant(&json, "last_arrival", status->last_arrival);
	json_put_instant(&json, "complete_to", status->complete_to);
	json_key(&json, "standing");
	json_object(&json);
	for (int i = 0; i < 3; i++)
		json_put_integer(&json, severity_name((enum severity)i), (int64_t)figures->standing[i]);
	json_object_end(&json);
	json_put_integer(&json, "outbox_waiting", (int64_t)figures->outbox_waiting);
	json_put_instant(&json, "outbox_oldest", figures->outbox_oldest);
	json_put_integer(&json, "quarantine_waiting", (int64_t)figures->quarantine_waiting);
	json_put_instant(&json, "quarantine_oldest", figures->quarantine_oldest);
	audit_head_put(&status->audit, &head);
	json_put_integer(&json, "audit_rows", status->audit.row);
	json_put_text(&json, "audit_head", buffer_view(&head));
	buffer_free(&head);
	if (status->said_at != INSTANT_NONE) {
		json_key(&json, "daemon");
		json_raw(&json, text_trim(buffer_view(&status->said)));
	}
	put_wrong(&json, buffer_view(&status->wrong));
	json_object_end(&json);
	cli_print_json(cli, &out);
}

static enum cli_status run_status(struct cli *cli)
{
	struct opened opened;
	struct fault fault = {{0}};
	struct status status = {.opened = &opened};
	enum cli_status outcome = cli_open(cli, &opened);
	if (outcome == CLI_FINE &&
	    (store_figures(opened.store, &status.figures, &fault) != RESULT_OK ||
	     sources_complete(opened.store, &status.complete_to, &status.last_arrival, &fault) != RESULT_OK ||
	     audit_head(opened.store, &status.audit, &fault) != RESULT_OK))
		outcome = cli_failed(cli, "%s", fault.text);
	if (outcome == CLI_FINE) {
		look_for_daemon(&status);
		if (judge(&status, &fault) != RESULT_OK)
			add_wrong(&status, "%s", fault.text);
		if (cli->json)
			print_json(cli, &status);
		else
			print_words(cli, &status);
		outcome = status.wrong.length ? CLI_FOUND : CLI_FINE;
	}
	buffer_free(&status.wrong);
	buffer_free(&status.known);
	buffer_free(&status.said);
	cli_close(&opened);
	return outcome;
}

const struct cli_command cli_status = {
	.name = "status",
	.usage = "",
	.summary = "whether casewatch does its work, and what waits",
	.help = "Shows whether the daemon runs, up to when the data is complete, how many alerts stand, and what waits "
		"in the outbox\n"
		"and in quarantine. Exit status 1 if something is wrong; each such thing is one line with what to do. "
		"What is wrong is\n"
		"what ops were told and is not over, by the same table; and a daemon that has not said how it is for 3 "
		"minutes.\n",
	.each = true,
	.run = run_status,
};

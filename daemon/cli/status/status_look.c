/* status_look: how one council is, by its database, its daemon's file and lock, and what a daemon beside it says. */
#include "cli/status/status.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "ops/status.h"
#include "run/last_end.h"
#include "store/events/events.h"
#include "time/words.h"

static void add_wrong(struct status *status, const char *format, ...) PRINTF_LIKE(2, 3);
static void add_wrong(struct status *status, const char *format, ...)
{
	char line[2048]; /* why, with the names of files, and then what to do */
	va_list args;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	buffer_format(&status->wrong, "%s\n", line);
}

/* One that the daemon could not write into the database is in its file alone: each once. */
static void add_condition(struct status *status, const char *word, struct text key, struct text title, const char *next)
{
	struct buffer mark = {0}, of = {0};
	buffer_format(&mark, "%s %.*s\n", word, TEXT_ARG(key));
	if (ops_is_of_alert(key)) /* four lines that say the same are of four alerts */
		buffer_format(&of, " (%.*s)", TEXT_ARG(key));
	if (!status->known.length || !strstr(buffer_cstr(&status->known), buffer_cstr(&mark)))
		add_wrong(status, "%s: %.*s%s%s%s", word, TEXT_ARG(title), buffer_cstr(&of), next ? ". Next: " : "",
		          next ? next : "");
	buffer_text(&status->known, buffer_view(&mark));
	buffer_free(&mark);
	buffer_free(&of);
}

static void see_condition(void *argument, const struct ops_wrong *wrong)
{
	add_condition(argument, wrong->alert->id, wrong->key, wrong->title, ops_steps(wrong->alert, wrong->key)->words);
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
			struct text key = {space + 1, (size_t)(tab - space - 1)};
			const struct ops_alert *alert = ops_alert_by_id(buffer_cstr(&word));
			add_condition(status, buffer_cstr(&word), key,
			              (struct text){tab + 1, (size_t)(lines.at + length - tab - 1)},
			              alert ? ops_steps(alert, key)->words : NULL);
			buffer_free(&word);
		}
		length += end != NULL;
		lines = (struct text){lines.at + length, lines.length - length};
	}
}

/* A daemon that runs with other councils is not to be started: it would take their place from itself. */
static void judge_beside(struct status *status, struct text why)
{
	const struct status_process *process = status->process;
	const char *state = status->state;
	if (!process->answers)
		add_wrong(
			status,
			"casewatchd runs (%s) without this council, and does not say why to you. Next: sudo casewatch "
			"status",
			process->who);
	else if (!state)
		add_wrong(status,
		          "casewatchd runs (%s) and has not heard of this council. Next: systemctl reload casewatchd, "
		          "which begins it",
		          process->who);
	else if (strcmp(state, "opening") == 0 || strcmp(state, "up") == 0)
		add_wrong(status,
		          "casewatchd is just beginning this council: its configuration is read, or its database "
		          "brought up to date. Next: look again");
	else if (strcmp(state, "off") == 0)
		add_wrong(status, "this council is switched off, and nobody watches over it%s%.*s",
		          why.length ? ": " : "", TEXT_ARG(why));
	else if (strcmp(state, "out") == 0)
		add_wrong(status,
		          "another process has taken this council's place. Next: start casewatchd again when this one "
		          "alone is meant to");
	else
		add_wrong(status,
		          "casewatchd goes on without this council: %.*s. Next: mend that; it is tried again every "
		          "minute, or at once by systemctl reload casewatchd",
		          TEXT_ARG(why));
}

static void judge_absent(struct status *status)
{
	char ended[512] = "";
	struct buffer why = {0};
	const struct config *config = status->opened.config;
	status_find_process(status->process, config->path);
	if (status->process->runs)
		status->state = status_of_council(status->process, config->path, &why);
	(void)last_end_read(config->database, ended, sizeof ended);
	if (status->process->runs)
		judge_beside(status, buffer_view(&why));
	else if (strncmp(ended, LAST_END_ALONE, strlen(LAST_END_ALONE)) == 0)
		add_wrong(status, "casewatchd goes on without this council: %.400s", ended + strlen(LAST_END_ALONE));
	else
		add_wrong(status, "casewatchd does not run: start it (systemctl start casewatchd)%s%.400s",
		          ended[0] ? ". It ended itself: " : "", ended);
	buffer_free(&why);
}

/* A daemon that hangs or cannot write must not look as if it were well. */
static void judge_daemon(struct status *status)
{
	instant now = status->opened.now;
	if (!status->running) {
		judge_absent(status);
	} else if (status->stands) {
		add_wrong(status,
		          "casewatchd runs and does not answer: its loop stands. Next: journalctl -u casewatchd -p "
		          "warning; systemd ends it after a minute and starts it again, or systemctl restart "
		          "casewatchd");
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
	if (running.length && realpath(status->opened.config->path, own) && strcmp(own, buffer_cstr(&running)) != 0)
		add_wrong(status,
		          "casewatchd runs on this database with %.180s, and not with this configuration: give each a "
		          "database of its own (docs/configuration.md, \"Several councils\")",
		          buffer_cstr(&running));
	buffer_free(&running);
}

#define COPY_OLD MINUTE /* it is written every second */

static enum result judge_copy(struct status *status, struct fault *fault)
{
	const struct config *config = status->opened.config;
	instant now = status->opened.now;
	int64_t newest = -1;
	struct buffer since = {0};
	enum result result = follow_newest(status->opened.store, &newest, fault);
	status->seen = follow_seen_read(config->database, &status->copy);
	status->copy_behind = newest < 0 || !status->seen ? -1 : newest - status->copy.number;
	if (result != RESULT_OK || !config->follow)
		return result;
	if (!status->seen) {
		add_wrong(status, "no copy has ever followed, and `follow` is yes. Next: casewatch follow on the other "
		                  "machine (docs/follow.md)");
	} else if (now - status->copy.at > COPY_OLD || now - status->copy.at < -COPY_OLD) {
		words_span(now - status->copy.at, &since);
		add_wrong(
			status,
			"the copy on %s has not followed for %s: if this machine is lost, so is what came since. Next: "
			"look at casewatch follow there",
			status->copy.host, buffer_cstr(&since));
	}
	buffer_free(&since);
	return RESULT_OK;
}

/* The table of conditions, and nothing beside it, says what is wrong; but for what only the one who looks can know. */
static enum result judge(struct status *status, struct fault *fault)
{
	struct buffer said = {0};
	const struct config *config = status->opened.config;
	if (status->running &&
	    status_ask(status->process, config->database, status->who, &status->said, &status->stands))
		ops_status_take(buffer_view(&status->said), &status->said_at, &status->said_by, &said);
	else
		(void)ops_status_read(config->database, &status->said, &status->said_at, &status->said_by, &said);
	judge_daemon(status);
	enum result result = ops_each_stored(status->opened.store, see_condition, status, fault);
	if (status->running) {
		add_what_it_says(status, buffer_view(&said));
		judge_config(status);
	}
	if (status->opened.faults)
		add_wrong(
			status,
			"the configuration has %zu fault%s, and a reload or a restart would be refused: see casewatch "
			"check",
			status->opened.faults, status->opened.faults == 1 ? "" : "s");
	buffer_free(&said);
	return result;
}

/* What a daemon beside it says, where there is nothing of its own to look at. */
static bool look_without_database(struct cli *cli, struct status *status)
{
	struct buffer why = {0};
	status_find_process(status->process, cli->config);
	if (status->process->runs) {
		status->state = status_of_council(status->process, cli->config, &why);
		judge_beside(status, buffer_view(&why));
	}
	buffer_free(&why);
	return status->process->runs;
}

enum cli_status status_look(struct cli *cli, struct status_process *process, struct status *status)
{
	struct fault fault = {{0}};
	*status = (struct status){.process = process};
	enum cli_status outcome = cli_open(cli, &status->opened);
	if (outcome != CLI_FINE)
		return look_without_database(cli, status) ? CLI_FOUND : outcome;
	struct store *store = status->opened.store;
	if (store_figures(store, &status->figures, &fault) != RESULT_OK ||
	    sources_complete(store, &status->complete_to, &status->last_arrival, &fault) != RESULT_OK ||
	    audit_head(store, &status->audit, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	status->running = status_is_held(status->opened.config->database, status->who);
	if (judge(status, &fault) != RESULT_OK || judge_copy(status, &fault) != RESULT_OK)
		add_wrong(status, "%s", fault.text);
	return CLI_FINE;
}

void status_end(struct status *status)
{
	buffer_free(&status->wrong);
	buffer_free(&status->known);
	buffer_free(&status->said);
	cli_close(&status->opened);
}

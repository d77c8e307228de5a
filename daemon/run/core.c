/* core: what follows each transaction, and how the daemon leaves. */
#include "run/run_internal.h"

#include "base/here.h"
#include "base/log.h"
#include "loop/systemd.h"

#include <assert.h>
#include <limits.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

instant council_now(const struct council *council)
{
	return clock_now(&council->daemon->clock);
}

instant council_elapsed(const struct council *council)
{
	return clock_elapsed(&council->daemon->clock);
}

void council_use_log_level(const struct council *council)
{
	static const enum log_level levels[] = {[CONFIG_LEVEL_ERROR] = LOG_LEVEL_ERROR,
	                                        [CONFIG_LEVEL_WARNING] = LOG_LEVEL_WARNING,
	                                        [CONFIG_LEVEL_NOTICE] = LOG_LEVEL_NOTICE,
	                                        [CONFIG_LEVEL_INFO] = LOG_LEVEL_INFO,
	                                        [CONFIG_LEVEL_DEBUG] = LOG_LEVEL_DEBUG};
	log_set_level(council->daemon->debugging ? LOG_LEVEL_DEBUG : levels[council->config->log_level]);
}

void daemon_leave(struct daemon *daemon, int status)
{
	if (daemon->status < status)
		daemon->status = status;
	if (daemon->leaving)
		return;
	daemon->leaving = true;
	systemd_stopping();
	loop_stop(daemon->loop);
}

void council_leave(struct council *council, int status, const char *why)
{
	struct daemon *daemon = council->daemon;
	if (council->status < status)
		council->status = status;
	if (!council->leaving)
		(void)fault_set(&council->why, RESULT_PERMANENT, "%s", why);
	council->leaving = true;
	if (!council->here)
		daemon_leave(daemon, status);
	else
		loop_timer_at(daemon->settle, INSTANT_NONE); /* before whatever else is due */
}

void council_write_end(const struct council *council, const char *why)
{
	struct buffer words = {0};
	buffer_format(&words, "%s%s%s", council->here ? LAST_END_ALONE : "", why,
	              council->here && council->status != EXIT_FENCED ? ". It is tried again every minute" : "");
	last_end_write(council->first->database, buffer_cstr(&words));
	buffer_free(&words);
}

int council_patience(const struct council *council, int own_ms)
{
	const struct daemon *daemon = council->daemon;
	if (!council->here)
		return own_ms;
	if (!daemon->patience_until)
		return 0;
	int64_t left = (daemon->patience_until - clock_elapsed(&daemon->clock)) / (SECOND / 1000);
	return left < 0 ? 0 : left < own_ms ? (int)left : own_ms;
}

void council_follow(struct council *council, council_follower *follower)
{
	assert(council->follower_count < COUNCIL_FOLLOWERS);
	council->followers[council->follower_count++] = follower;
}

void council_after(struct council *council, enum result result, const struct fault *fault)
{
	if (result == RESULT_PERMANENT) {
		log_error("leaving to start clean: %s", fault ? fault->text : "");
		council_write_end(council, fault ? fault->text : "");
		council_leave(council, EXIT_FAILURE, fault ? fault->text : "");
		return;
	}
	uint64_t written = council->store ? store_written(council->store) : 0;
	bool stored = result == RESULT_OK && written != council->followed_to;
	if (stored)
		council->followed_to = written;
	for (size_t i = 0; i < council->follower_count; i++)
		council->followers[i](council, stored);
}

void council_say_ops(struct council *council, const struct ops_word *word)
{
	struct fault fault = {0};
	council_after(council, ops_say(council->ops, word, council_now(council), &fault), &fault);
}

void council_say_unreadable(struct council *council, int64_t event)
{
	char row[64];
	(void)snprintf(row, sizeof row, "stored event %" PRId64, event);
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("events"),
	                        .title = "Events that are stored can no longer be read",
	                        .meaning = "What is judged from here on is judged without them: an alert that they "
	                                   "made may be withdrawn, or never come.",
	                        .facts = {{"One of them", row, NULL},
	                                  {"Next", "docs/operations.md, \"Is the database sound?\"", NULL}},
	                        .fact_count = 2};
	council_say_ops(council, &word);
}

void council_end_ops(struct council *council, enum ops_what what, struct text key, const char *how)
{
	struct fault fault = {0};
	council_after(council, ops_end(council->ops, what, key, how, council_now(council), &fault), &fault);
}

/* ---- systemd ---- */

#define NAMED_MOST 3 /* councils in systemd's line, which has 512 bytes; of more their number */

/* Those that are not up are said to be so, and not waited for: systemd would end all of them. */
void daemon_look_ready(struct daemon *daemon)
{
	if (daemon->begun < daemon->council_count)
		return;
	for (size_t i = 0; i < daemon->council_count; i++)
		if (daemon->councils[i]->state == COUNCIL_UP && !daemon->councils[i]->ready)
			return;
	if (!daemon->ready)
		systemd_ready(NULL); /* the line says more: daemon_say_line */
	daemon->ready = true;
}

void council_is_ready(struct council *council)
{
	council->ready = true;
	if (!council->here)
		systemd_ready("events are taken");
	else if (council->state == COUNCIL_UP) /* else the start is not over */
		daemon_look_ready(council->daemon);
	log_notice("ready");
}

void council_reload_begins(struct council *council)
{
	if (!council->daemon->reloading++)
		systemd_reloading();
}

void council_reload_ends(struct council *council, const char *status)
{
	if (--council->daemon->reloading)
		return;
	systemd_ready(council->here ? NULL : status);
	if (council->here)
		daemon_say_line(council->daemon);
}

static void name_wrong(const struct council *council, struct buffer *line)
{
	if (council->gone)
		buffer_format(line, "; %s: its directory is gone", council->here->name);
	else if (council->state == COUNCIL_UP)
		buffer_format(line, "; %s: %s", council->here->name, council->line);
	else
		buffer_format(line, "; %s is not: %.100s", council->here->name,
		              council->why.text[0] ? council->why.text : "it is being begun");
}

void daemon_say_line(struct daemon *daemon)
{
	struct buffer line = {0}, named = {0};
	size_t up = 0, wrong = 0, off = 0;
	uint64_t events = 0;
	for (size_t i = 0; i < daemon->council_count; i++) {
		const struct council *council = daemon->councils[i];
		bool is_off = council->state == COUNCIL_OFF;
		bool is_wrong = !is_off && (council->state != COUNCIL_UP || council->line[0] || council->gone);
		off += is_off;
		if (is_wrong && wrong++ < NAMED_MOST)
			name_wrong(council, &named);
		up += council->state == COUNCIL_UP;
		events += council->events;
	}
	buffer_format(&line, "%zu of %zu councils are up", up, daemon->council_count - off);
	if (off)
		buffer_format(&line, "; %zu switched off", off);
	if (wrong)
		buffer_format(&line, "; %zu with something wrong", wrong);
	buffer_format(&line, "; %llu %s since start", (unsigned long long)events, events == 1 ? "event" : "events");
	buffer_text(&line, buffer_view(&named));
	if (daemon->list_wrong)
		buffer_string(&line, "; the directory of councils has faults (casewatch check)");
	if (wrong > NAMED_MOST)
		buffer_format(&line, "; and %zu more", wrong - NAMED_MOST);
	systemd_status(buffer_cstr(&line));
	buffer_free(&line);
	buffer_free(&named);
}

void council_say_line(struct council *council, uint64_t events, const char *wrong, const char *whole)
{
	council->events = events;
	(void)snprintf(council->line, sizeof council->line, "%s", wrong);
	if (!council->here)
		systemd_status(whole);
	else if (council->state == COUNCIL_UP) /* else the start is not over */
		daemon_say_line(council->daemon);
}

static const char *state_of(const struct council *council)
{
	switch (council->state) {
	case COUNCIL_DOWN:
		return !council->why.text[0] || (council->opening && council->parts) ? "opening" : "down";
	case COUNCIL_UP:
		return "up";
	case COUNCIL_OUT:
		return "out";
	case COUNCIL_OFF:
		return "off";
	}
	return "";
}

void daemon_put_councils(const struct daemon *daemon, struct buffer *out)
{
	for (size_t i = 0; i < daemon->council_count; i++) {
		const struct council *council = daemon->councils[i];
		char path[PATH_MAX];
		const char *why = council->state == COUNCIL_UP ? council->line : council->why.text;
		buffer_format(out, "%s\t%s\t", state_of(council),
		              realpath(council->config_path, path) ? path : council->config_path);
		for (; *why; why++)
			buffer_char(out, (unsigned char)*why < ' ' ? ' ' : *why);
		buffer_char(out, '\n');
	}
}

void council_seek(const struct council *council)
{
	if (council->daemon->seek)
		loop_timer_in(council->daemon->seek, 0);
}

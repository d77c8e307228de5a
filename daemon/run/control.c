/* control: the daemon's end: who is connected, and what each asked for. */
#include "run/control.h"
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/log.h"
#include "config/published.h"
#include "text/json_write.h"
#include "time/words.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAULTS_ANSWERED 200
#define MOVE_LOOK (SECOND / 20) /* whether another machine has taken over */
#define PUBLISH_LOOK (SECOND / 20) /* whether it stands in the log, and whether it is in force here */
#define SEND_LOOK (SECOND / 100) /* whether the kernel has room for more of an answer */

/* Somebody who is connected. */
struct call {
	struct control *control;
	int fd; /* -1: free */
	struct loop_watch *watch;
	struct loop_timer *patience; /* until the line has come */
	char line[CONTROL_LINE_MOST];
	size_t length;
	bool json;
	struct buffer record; /* that is published */
	int64_t number;       /* of it; 0: it stands in the log */
	struct buffer words;  /* the answer */
	size_t sent;
	instant given_up;     /* whoever has not read it until then (clock_elapsed) */
};

struct control {
	struct council *council;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *look; /* whether the socket is still there */
	struct call calls[CONTROL_CALLS_MOST];
};

static void hang_up(struct call *call)
{
	loop_watch_free(call->watch);
	loop_timer_free(call->patience);
	if (call->fd >= 0)
		(void)close(call->fd);
	call->watch = NULL;
	call->patience = NULL;
	call->fd = -1;
	buffer_free(&call->record);
	buffer_free(&call->words);
}

/* What the kernel has no room for goes later: two hundred councils, or a council with very much that is wrong, are more
 * than it takes at once. */
static void send_on(void *argument)
{
	struct call *call = argument;
	instant elapsed = clock_elapsed(&call->control->council->daemon->clock);
	ssize_t took = send(call->fd, call->words.at + call->sent, call->words.length - call->sent,
	                    MSG_NOSIGNAL | MSG_DONTWAIT);
	bool full = took < 0 && (errno == EAGAIN || errno == EINTR);
	call->sent += took > 0 ? (size_t)took : 0;
	if (call->sent == call->words.length || (took < 0 && !full) || elapsed >= call->given_up)
		hang_up(call);
	else
		loop_timer_in(call->patience, SEND_LOOK);
}

/* Whoever has gone away since needs no answer. */
static void answer(struct call *call, int status, const struct buffer *words)
{
	const struct daemon *daemon = call->control->council->daemon;
	buffer_format(&call->words, "%d\n", status);
	buffer_text(&call->words, buffer_view(words));
	loop_timer_free(call->patience);
	call->patience = loop_timer_new(daemon->loop, send_on, call);
	call->given_up = clock_elapsed(&daemon->clock) + CONTROL_LINE_WITHIN;
	send_on(call);
}

/* Whoever has gone (interrupted, or its own time is over) holds no place that somebody else could have: eight who gave
 * up while the brokers are away would leave nobody able to ask how it is. */
static bool has_gone(const struct call *call)
{
	struct pollfd end = {.fd = call->fd};
	return poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR));
}

/* ---- reload ---- */

static void put_faults(const struct config_faults *faults, struct buffer *out)
{
	for (size_t i = 0; i < faults->count && i < FAULTS_ANSWERED; i++)
		buffer_format(out, "%s:%d:%d: %s\n", faults->items[i].file, faults->items[i].line,
		              faults->items[i].column, faults->items[i].text);
	if (faults->count > FAULTS_ANSWERED)
		buffer_format(out, "And %zu more: casewatch check shows all.\n", faults->count - FAULTS_ANSWERED);
}

static void put_words(const struct reload_outcome *outcome, struct buffer *out)
{
	if (!outcome->taken) {
		put_faults(outcome->faults, out);
		buffer_string(out, "Refused: the configuration before it stays in force.\n");
		return;
	}
	buffer_string(out, "In force: ");
	words_count((int64_t)outcome->rules, "rule, ", "rules, ", out);
	words_count((int64_t)outcome->people, "person. ", "people. ", out);
	if (*outcome->changed)
		buffer_format(out, "Changed: %s.\n", outcome->changed);
	else
		buffer_string(out, "No file differs from what was in force.\n");
	if (*outcome->restart)
		buffer_format(out, "Changed, but in force only after a restart (systemctl restart casewatchd): %s.\n",
		              outcome->restart);
	if (outcome->judging)
		buffer_string(out,
		              "Every child's history is judged anew beside the other work; the journal says when all "
		              "are.\n");
}

static void put_json(const struct reload_outcome *outcome, struct buffer *out)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_bool(&json, "taken", outcome->taken);
	json_put_integer(&json, "rules", (int64_t)outcome->rules);
	json_put_integer(&json, "people", (int64_t)outcome->people);
	json_put_string(&json, "changed", outcome->changed);
	json_put_string(&json, "after_restart", outcome->restart);
	json_put_bool(&json, "judging_anew", outcome->judging);
	json_key(&json, "faults");
	json_array(&json);
	for (size_t i = 0; i < outcome->faults->count && i < FAULTS_ANSWERED; i++) {
		const struct config_fault *fault = &outcome->faults->items[i];
		json_object(&json);
		json_put_string(&json, "file", fault->file);
		json_put_integer(&json, "line", fault->line);
		json_put_integer(&json, "column", fault->column);
		json_put_string(&json, "text", fault->text);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_char(out, '\n');
}

static void on_reloaded(void *argument, const struct reload_outcome *outcome)
{
	struct call *call = argument;
	struct buffer words = {0};
	(call->json ? put_json : put_words)(outcome, &words);
	answer(call, outcome->taken ? 0 : 1, &words);
	buffer_free(&words);
}

static void order_reload(struct call *call, const char *rest)
{
	call->json = strcmp(rest, "json") == 0;
	reload_ask(call->control->council, on_reloaded, call);
	council_seek(call->control->council);
}

/* ---- the log ---- */

static void order_log(struct call *call, const char *rest)
{
	struct buffer words = {0};
	enum log_level level;
	bool known = log_level_named(rest, &level);
	if (known)
		log_set_level(level);
	if (known)
		log_notice("asked to log %s and what weighs more", log_level_name(level));
	buffer_string(&words, known ? "Done: until the next reload or restart.\n" : "There is no such level.\n");
	answer(call, known ? 0 : 2, &words);
	buffer_free(&words);
}

/* ---- handing over ---- */

static void on_move(void *argument)
{
	struct call *call = argument;
	struct council *council = call->control->council;
	struct ops_status_cell cell;
	struct buffer words = {0};
	if (has_gone(call)) {
		hang_up(call);
		return;
	}
	if (!cell_status(council, &cell) || cell_is_moving(council) ||
	    (!cell.sends && (!*cell.owner || strcmp(cell.owner, cell.machine) == 0))) {
		loop_timer_in(call->patience, MOVE_LOOK); /* the tool waits no longer than it wants to */
		return;
	}
	if (cell.sends)
		buffer_format(&words, "%s (this machine) sends on: no other machine stands by.\n", cell.machine);
	else
		buffer_format(&words, "%s sends from here on; %s (this machine) stands by.\n", cell.owner,
		              cell.machine);
	answer(call, cell.sends ? 1 : 0, &words);
	buffer_free(&words);
}

static void order_move(struct call *call, const char *rest)
{
	struct council *council = call->control->council;
	struct ops_status_cell cell;
	struct buffer words = {0};
	(void)rest;
	if (cell_move(council)) {
		call->patience = loop_timer_new(council->daemon->loop, on_move, call);
		loop_timer_in(call->patience, MOVE_LOOK);
		return;
	}
	if (!cell_status(council, &cell))
		buffer_string(&words, "This machine is alone: there is none to hand over to.\n");
	else
		buffer_format(
			&words, "%s (this machine) does not send; %s does: give the order on the machine that does.\n",
			cell.machine,
			*cell.owner && strcmp(cell.owner, cell.machine) != 0 ? cell.owner : "nobody is known who");
	answer(call, 2, &words);
	buffer_free(&words);
}

/* ---- publishing ---- */

static void answer_words(struct call *call, int status, const char *words, const char *more)
{
	struct buffer out = {0};
	buffer_format(&out, "%s%s%s\n", words, *more ? ": " : "", more);
	answer(call, status, &out);
	buffer_free(&out);
}

static void look_in_log(struct call *call)
{
	struct fault why = {{0}};
	switch (orders_ask(call->control->council, ORDER_PUBLISH, buffer_view(&call->record), &why)) {
	case KAFKA_ORDER_UNDER_WAY: break;
	case KAFKA_ORDER_STANDS: buffer_free(&call->record); break;
	case KAFKA_ORDER_REFUSED:
		answer_words(call, 1, "Nothing was published: the brokers do not take it", why.text);
		return;
	}
	loop_timer_in(call->patience, PUBLISH_LOOK);
}

static void on_publish(void *argument)
{
	struct call *call = argument;
	struct council *council = call->control->council;
	const char *why;
	char words[160];
	if (has_gone(call)) { /* what is under way in the log goes its way there */
		if (call->record.length)
			orders_ask_no_more(council, ORDER_PUBLISH, buffer_view(&call->record));
		hang_up(call);
	} else if (call->record.length) {
		look_in_log(call);
	} else if (council->edition_number >= call->number) {
		(void)snprintf(
			words, sizeof words,
			"Edition %lld is in force here, and on every machine of the cell from its place in the log on.",
			(long long)call->number);
		answer_words(call, 0, words, "");
	} else if (published_is_refused(council, &why)) {
		answer_words(call, 1, "It stands in the log, and this machine cannot take it", why);
	} else {
		loop_timer_in(call->patience, PUBLISH_LOOK);
	}
}

/* The tool's file, beside the database. */
static bool read_record(const struct council *council, const char *name, struct buffer *record)
{
	const char *database = council->first->database, *slash = strrchr(database, '/');
	struct buffer path = {0};
	size_t got = 1;
	if (slash)
		buffer_add(&path, database, (size_t)(slash - database) + 1);
	buffer_format(&path, "%s.jsonl", name);
	FILE *file = strncmp(name, "publish-", 8) == 0 && !strchr(name, '/') ? fopen(buffer_cstr(&path), "re") : NULL;
	while (file && got && record->length <= PUBLISHED_BYTES_MOST) {
		got = fread(buffer_room(record, 65536), 1, 65536, file);
		record->length += got;
	}
	bool good = file && !ferror(file) && unlink(buffer_cstr(&path)) == 0;
	if (file)
		(void)fclose(file);
	buffer_free(&path);
	return good;
}

static void order_publish(struct call *call, const char *rest)
{
	struct council *council = call->control->council;
	struct published head;
	struct fault fault = {{0}};
	if (!read_record(council, rest, &call->record) ||
	    published_read(buffer_view(&call->record), &head, &fault) != RESULT_OK) {
		answer_words(call, 2, "Nothing was published: what the tool left for casewatchd cannot be read",
		             fault.text);
		return;
	}
	const char *why = published_is_in_the_way(council, head.number);
	if (why) {
		answer_words(call, 1, "Nothing was published", why);
		return;
	}
	call->number = head.number;
	call->patience = loop_timer_new(council->daemon->loop, on_publish, call);
	look_in_log(call);
}

/* ---- how it is, and how all councils of the process are ---- */

/* Its last byte is a newline, and it has no other: by it who asks knows that nothing was cut off. */
static void order_status(struct call *call, const char *rest)
{
	struct buffer json = {0};
	(void)rest;
	looks_ask(call->control->council);
	said_put(call->control->council, &json);
	answer(call, 0, &json);
	buffer_free(&json);
}

static void order_councils(struct call *call, const char *rest)
{
	struct buffer words = {0};
	(void)rest;
	daemon_put_councils(call->control->council->daemon, &words);
	answer(call, 0, &words);
	buffer_free(&words);
}

/* ---- orders ---- */

/* A new order is one row. It answers now or later, once. `rest`: what follows its name. */
static const struct order {
	const char *name;
	void (*run)(struct call *call, const char *rest);
} orders[] = {
	{"reload", order_reload},
	{"log", order_log},
	{"status", order_status},
	{"councils", order_councils},
	{"move", order_move},
	{"publish", order_publish},
};

static void run_order(struct call *call)
{
	struct buffer words = {0};
	size_t length = strcspn(call->line, " ");
	const char *rest = call->line + length + (call->line[length] == ' ');
	loop_watch_free(call->watch); /* nothing more is read */
	loop_timer_free(call->patience);
	call->watch = NULL;
	call->patience = NULL;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
		if (strlen(orders[i].name) == length && memcmp(orders[i].name, call->line, length) == 0) {
			orders[i].run(call, rest);
			return;
		}
	buffer_string(&words, "This casewatchd knows no such order: the tool is of another version.\n");
	answer(call, 2, &words);
	buffer_free(&words);
}

static void on_line(void *argument)
{
	struct call *call = argument;
	ssize_t got = recv(call->fd, call->line + call->length, sizeof call->line - 1 - call->length, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	call->length += got > 0 ? (size_t)got : 0;
	char *end = memchr(call->line, '\n', call->length);
	if (end) {
		*end = '\0';
		run_order(call);
	} else if (got <= 0 || call->length + 1 == sizeof call->line) {
		hang_up(call);
	}
}

static void on_patience(void *argument)
{
	hang_up(argument);
}

static void on_call(void *argument)
{
	static const char busy[] = "2\ncasewatchd is busy with as many orders as it takes at once; try again.\n";
	struct control *control = argument;
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i = 0;
	while (i < CONTROL_CALLS_MOST && control->calls[i].fd >= 0)
		i++;
	if (fd < 0)
		return;
	if (i == CONTROL_CALLS_MOST) {
		char line[CONTROL_LINE_MOST]; /* left unread it would be an error to whoever wrote it */
		(void)!recv(fd, line, sizeof line, MSG_DONTWAIT);
		(void)!send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)close(fd);
		return;
	}
	struct call *call = &control->calls[i];
	*call = (struct call){.control = control, .fd = fd};
	call->watch = loop_watch_new(control->council->daemon->loop, fd, on_line, call);
	call->patience = loop_timer_new(control->council->daemon->loop, on_patience, call);
	loop_timer_in(call->patience, CONTROL_LINE_WITHIN);
}

/* ---- start and stop ---- */

/* Somebody removed it: nobody could give an order, or ask how it is. */
static void on_look(void *argument)
{
	struct control *control = argument;
	const char *database = control->council->first->database;
	struct buffer path = {0};
	buffer_format(&path, "%s.control", database);
	bool gone = access(buffer_cstr(&path), F_OK) != 0;
	buffer_free(&path);
	loop_timer_in(control->look, MINUTE);
	if (!gone)
		return;
	loop_watch_free(control->watch);
	control->watch = NULL;
	if (control->fd >= 0)
		(void)close(control->fd);
	control->fd = control_socket(database, true);
	if (control->fd < 0)
		return;
	control->watch = loop_watch_new(control->council->daemon->loop, control->fd, on_call, control);
	log_notice("orders are heard: the socket beside the database was not there, and is now");
}

enum result control_start(struct council *council, struct fault *fault)
{
	struct control *control = MEM_NEW(struct control);
	(void)fault;
	*control = (struct control){.council = council, .fd = control_socket(council->first->database, true)};
	for (size_t i = 0; i < CONTROL_CALLS_MOST; i++)
		control->calls[i].fd = -1;
	council->control = control;
	control->look = loop_timer_new(council->daemon->loop, on_look, control);
	loop_timer_in(control->look, MINUTE);
	if (control->fd < 0) /* no reason to watch over nobody */
		log_warning("orders of `casewatch reload` are not heard: no socket can be made beside the database: %s",
		            strerror(errno));
	else
		control->watch = loop_watch_new(council->daemon->loop, control->fd, on_call, control);
	return RESULT_OK;
}

void control_stop(struct council *council)
{
	struct control *control = council->control;
	struct buffer path = {0};
	if (!control)
		return;
	council->control = NULL;
	for (size_t i = 0; i < CONTROL_CALLS_MOST; i++)
		hang_up(&control->calls[i]);
	loop_watch_free(control->watch);
	loop_timer_free(control->look);
	if (control->fd >= 0) {
		buffer_format(&path, "%s.control", council->first->database);
		(void)unlink(buffer_cstr(&path));
		(void)close(control->fd);
	}
	buffer_free(&path);
	free(control);
}

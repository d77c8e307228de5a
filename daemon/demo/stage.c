/* stage: starts what the demo needs, moves the clock from one moment that matters to the next, and ends it all. */
#include "demo/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "report/lists.h"
#include "time/recurrence.h"
#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"

#define START_PATIENCE (30 * SECOND)
#define STOP_PATIENCE (15 * SECOND)
#define LOOK_MICROSECONDS 500
#define AT_LEAST (3 * SECOND / 1000) /* of the machine's time at each moment: timers that leave no trace fire in it */

/* ---- start ---- */

static enum result start_helper(struct demo_stage *stage, struct demo_process *process, const char *name,
                                const char *program, char *const more[], struct fault *fault)
{
	struct buffer path = {0};
	char *argv[12] = {NULL};
	buffer_format(&path, "%s/%s", stage->tools, program);
	argv[0] = path.at;
	for (size_t i = 0; more[i] && i + 2 < sizeof argv / sizeof *argv; i++)
		argv[i + 1] = more[i];
	enum result result = demo_process_start(process, name, argv, NULL, fault);
	buffer_free(&path);
	return result;
}

/* The word after `label` on the helper's first line. */
static enum result first_word(struct demo_process *process, const char *label, struct buffer *word, struct fault *fault)
{
	struct buffer line = {0};
	size_t length = strlen(label);
	enum result result = RESULT_OK;
	if (demo_process_line(process, START_PATIENCE, &line) && strncmp(buffer_cstr(&line), label, length) == 0)
		buffer_string(word, line.at + length);
	else
		result = fault_set(fault, RESULT_PERMANENT, "%s did not start", process->name);
	buffer_free(&line);
	return result;
}

static enum result start_kafka(struct demo_stage *stage, struct buffer *brokers, struct fault *fault)
{
	char topic[] = DEMO_TOPIC, one[] = "1", brokers_option[] = "-b", topic_option[] = "-t";
	char *cluster[] = {topic, one, NULL};
	enum result result = start_helper(stage, &stage->cluster, "Kafka", "mock_cluster", cluster, fault);
	if (result == RESULT_OK)
		result = first_word(&stage->cluster, "bootstrap ", brokers, fault);
	char *producer[] = {brokers_option, brokers->at, topic_option, topic, NULL};
	if (result == RESULT_OK)
		result = start_helper(stage, &stage->producer, "the producer", "produce", producer, fault);
	return result;
}

static enum result start_mail(struct demo_stage *stage, int *port, struct fault *fault)
{
	struct buffer word = {0};
	char *arguments[] = {stage->mails, NULL};
	enum result result = start_helper(stage, &stage->sink, "the mail server", "mail_sink", arguments, fault);
	if (result == RESULT_OK)
		result = first_word(&stage->sink, "port ", &word, fault);
	*port = atoi(buffer_cstr(&word));
	buffer_free(&word);
	return result;
}

static enum result make_clock(struct demo_stage *stage, const char *path, instant start, struct fault *fault)
{
	struct clock machine = clock_real();
	int64_t ahead = start - clock_now(&machine);
	int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	void *page = MAP_FAILED;
	if (file >= 0 && write(file, &ahead, sizeof ahead) == sizeof ahead)
		page = mmap(NULL, sizeof ahead, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	enum result result = page != MAP_FAILED ? RESULT_OK
	                                        : fault_set(fault, RESULT_PERMANENT, "cannot make the clock %s: %s",
	                                                    path, strerror(errno));
	if (file >= 0)
		(void)close(file);
	if (result != RESULT_OK)
		return result;
	stage->ahead = page;
	stage->clock = clock_moved(stage->ahead);
	return RESULT_OK;
}

/* The daemon is beside this program. */
static bool find_daemon(struct buffer *path)
{
	char here[4096];
	ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
	if (length <= 0)
		return false;
	here[length] = '\0';
	char *slash = strrchr(here, '/');
	if (slash)
		*slash = '\0';
	buffer_format(path, "%s/casewatchd", here);
	return slash != NULL;
}

static enum result start_daemon(struct demo_stage *stage, instant start, struct fault *fault)
{
	struct buffer program = {0};
	char *clock = demo_stage_path(stage, "clock"), *log = demo_stage_path(stage, "daemon.log");
	char config_option[] = "--config", clock_option[] = "--moved-clock";
	enum result result = make_clock(stage, clock, start, fault);
	if (result == RESULT_OK && !find_daemon(&program))
		result = fault_set(fault, RESULT_PERMANENT, "cannot find out where casewatchd is: /proc is missing");
	char *argv[] = {program.at, config_option, stage->config, clock_option, clock, NULL};
	if (result == RESULT_OK)
		result = demo_process_start(&stage->daemon, "the daemon", argv, log, fault);
	buffer_free(&program);
	free(clock);
	free(log);
	return result;
}

/* The daemon makes its database; until then there is none to look at. */
static enum result open_database(struct demo_stage *stage, struct fault *fault)
{
	struct clock machine = clock_real();
	instant until = clock_now(&machine) + START_PATIENCE;
	char *database = demo_stage_path(stage, "casewatch.db");
	struct store *store = NULL;
	/* as if no option were given: the demo's own are not those of the commands it shows */
	static const char *no_options[16];
	stage->reader = (struct cli){.command = stage->cli->command, .out = stage->cli->out, .err = stage->cli->err,
	                             .clock = stage->clock, .config = stage->config, .values = no_options};
	enum result result;
	while ((result = store_open(database, STORE_READ, &store, fault)) != RESULT_OK &&
	       demo_process_runs(&stage->daemon) && clock_now(&machine) < until && !demo_interrupted())
		(void)usleep(10000);
	store_close(store);
	free(database);
	if (!demo_process_runs(&stage->daemon))
		result = fault_set(fault, RESULT_PERMANENT, "the daemon did not start: its log %s/daemon.log says why",
		                   stage->out);
	if (result == RESULT_OK && cli_open(&stage->reader, &stage->opened) != CLI_FINE)
		result = fault_set(fault, RESULT_PERMANENT, "the demo's own configuration %s cannot be used",
		                   stage->config);
	return result;
}

enum result demo_stage_start(struct demo_stage *stage, const char *out, instant start, instant go_live,
                             struct fault *fault)
{
	struct buffer brokers = {0};
	int port = 0;
	stage->moved_to = INSTANT_NONE;
	enum result result = demo_place_make(out, fault);
	if (result == RESULT_OK && !(stage->out = realpath(out, NULL)))
		result = fault_set(fault, RESULT_PERMANENT, "cannot find %s: %s", out, strerror(errno));
	if (result != RESULT_OK)
		return result;
	stage->config = demo_stage_path(stage, "casewatchd.yaml");
	stage->mails = demo_stage_path(stage, "mails");
	struct config *config = cli_config(stage->cli, NULL);
	if (!config)
		return fault_set(fault, RESULT_PERMANENT, "the configuration %s cannot be used", stage->cli->config);
	result = start_kafka(stage, &brokers, fault);
	if (result == RESULT_OK)
		result = start_mail(stage, &port, fault);
	if (result == RESULT_OK)
		result = demo_place_configure(stage, config, buffer_cstr(&brokers), port, go_live, fault);
	if (result == RESULT_OK)
		result = start_daemon(stage, start, fault);
	if (result == RESULT_OK)
		result = open_database(stage, fault);
	config_free(config);
	buffer_free(&brokers);
	return result;
}

enum result demo_stage_send(struct demo_stage *stage, struct text lines, size_t count, struct fault *fault)
{
	stage->sent += count;
	return demo_process_tell(&stage->producer, lines, fault);
}

/* ---- time ---- */

void demo_stage_move(struct demo_stage *stage, instant to)
{
	instant now = clock_now(&stage->clock);
	if (to > now)
		atomic_fetch_add(stage->ahead, to - now);
	stage->moved_to = clock_now(&stage->clock);
}

/* ---- whether anything is left to do ---- */

struct looking {
	instant now, next;
	bool busy;
};

static enum result look_at_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct looking *looking = argument;
	(void)fault;
	/* The daemon reads a list beside all else, and its clock is not to run on meanwhile. */
	bool being_read = row->kind == OUTBOX_LIST && text_equal(row->reply, TEXT(LISTS_READING));
	if (row->state == OUTBOX_SENDING || row->not_before <= looking->now || being_read)
		looking->busy = true;
	else if (row->not_before < looking->next)
		looking->next = row->not_before;
	return RESULT_OK;
}

static enum result look_at_mails(struct demo_stage *stage, struct looking *looking, struct fault *fault)
{
	return outbox_each(stage->opened.store, TEXT_NONE, true, SIZE_MAX, look_at_row, looking, fault);
}

static enum result look_at_records(struct demo_stage *stage, struct looking *looking, struct fault *fault)
{
	struct position position;
	bool found;
	enum result result =
		positions_get(stage->opened.store, TEXT("kafka:" DEMO_TOPIC ":0"), &position, &found, fault);
	looking->busy = looking->busy || (stage->sent && (!found || position.next < (int64_t)stage->sent));
	return result;
}

static enum result look_at_spool(struct demo_stage *stage, struct looking *looking, struct fault *fault)
{
	const char *spool = stage->opened.config->spool;
	DIR *entries = opendir(spool);
	int why = entries ? 0 : errno;
	for (const struct dirent *entry; entries && (entry = file_next(entries, &why));) {
		size_t length = strlen(entry->d_name);
		looking->busy = looking->busy || (length > 6 && strcmp(entry->d_name + length - 6, ".jsonl") == 0);
	}
	if (entries)
		(void)closedir(entries);
	return why ? fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", spool, strerror(why)) : RESULT_OK;
}

static enum result look_at_list(struct demo_stage *stage, const struct config_list *list, struct looking *looking,
                                struct fault *fault)
{
	instant notes[3] = {INSTANT_NONE, INSTANT_NONE, INSTANT_NONE}; /* done, not complete, made good */
	static const char *const names[] = {"", "/not-complete", "/made-good"};
	const struct calendar *calendar = stage->opened.config->calendar;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < 3 && result == RESULT_OK; i++) {
		char name[160];
		int length = snprintf(name, sizeof name, "%s%s", list->id, names[i]);
		result = lists_last(stage->opened.store, (struct text){name, (size_t)length}, &notes[i], fault);
	}
	instant next = recurrence_next(&list->due, calendar, looking->now);
	bool moved = stage->moved_to != INSTANT_NONE;
	bool waits = list->report && list->report->outside; /* for its data, by days of this very clock (schedule.c) */
	bool owed = moved && notes[0] < recurrence_latest(&list->due, calendar, stage->moved_to);
	looking->busy = looking->busy || (owed && !waits);
	if (notes[0] != INSTANT_NONE && notes[1] == notes[0] && notes[2] != notes[1])
		next = looking->now +
		       MINUTE; /* a full list is owed: the daemon looks every minute whether it can be made */
	if (next < looking->next)
		looking->next = next;
	return result;
}

static enum result look_at_lists(struct demo_stage *stage, struct looking *looking, struct fault *fault)
{
	const struct config *config = stage->opened.config;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < config->list_count && result == RESULT_OK; i++)
		if (config->lists[i].enabled)
			result = look_at_list(stage, &config->lists[i], looking, fault);
	return result;
}

static enum result look_at_clocks(struct demo_stage *stage, struct looking *looking, struct fault *fault)
{
	instant due;
	store_look_anew(stage->opened.store);
	enum result result = due_next(stage->opened.store, &due, fault);
	looking->busy = looking->busy || due <= looking->now;
	if (due < looking->next)
		looking->next = due;
	return result;
}

/* The cheapest first; the clocks cost most and are looked at when all else is quiet. */
static enum result look(struct demo_stage *stage, struct looking *looking, struct fault *fault)
{
	*looking = (struct looking){.now = clock_now(&stage->clock), .next = INSTANT_NEVER};
	enum result result = look_at_records(stage, looking, fault);
	if (result == RESULT_OK)
		result = look_at_spool(stage, looking, fault);
	if (result == RESULT_OK && !looking->busy)
		result = look_at_lists(stage, looking, fault);
	if (result == RESULT_OK && !looking->busy)
		result = look_at_mails(stage, looking, fault);
	if (result == RESULT_OK && !looking->busy)
		result = look_at_clocks(stage, looking, fault);
	if (result == RESULT_OK && !looking->busy) /* a clock that was the last to fire may have left mails */
		result = look_at_mails(stage, looking, fault);
	return result;
}

static enum result all_run(struct demo_stage *stage, struct fault *fault)
{
	struct demo_process *all[] = {&stage->daemon, &stage->cluster, &stage->sink, &stage->producer};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct buffer how = {0};
		if (demo_process_runs(all[i]))
			continue;
		demo_process_ended(all[i], &how);
		enum result result = fault_set(fault, RESULT_PERMANENT, "%s ended (%s): %s/daemon.log may say why",
		                               all[i]->name, buffer_cstr(&how), stage->out);
		buffer_free(&how);
		return result;
	}
	return RESULT_OK;
}

static void count_mails(struct demo_stage *stage)
{
	struct buffer line = {0};
	while (demo_process_line(&stage->sink, 0, &line))
		stage->mailed++;
	buffer_free(&line);
}

enum result demo_stage_settle(struct demo_stage *stage, instant patience, instant *next, struct fault *fault)
{
	struct clock machine = clock_real();
	instant begun = clock_now(&machine);
	struct looking looking;
	for (;;) {
		enum result result = all_run(stage, fault);
		if (result == RESULT_OK)
			result = look(stage, &looking, fault);
		count_mails(stage);
		*next = looking.next;
		instant spent = clock_now(&machine) - begun;
		if (result != RESULT_OK || (!looking.busy && spent >= AT_LEAST))
			return result;
		if (demo_interrupted())
			return fault_set(fault, RESULT_PERMANENT, "interrupted");
		if (spent > patience) {
			char now[32];
			instant_print(clock_now(&stage->clock), now);
			return fault_set(fault, RESULT_PERMANENT,
			                 "the daemon got no further in %d seconds at %s: see %s/daemon.log",
			                 (int)(patience / SECOND), now, stage->out);
		}
		(void)usleep(LOOK_MICROSECONDS);
	}
}

/* ---- end ---- */

enum result demo_stage_stop(struct demo_stage *stage, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool started = stage->daemon.name != NULL;
	(void)demo_process_stop(&stage->producer, STOP_PATIENCE);
	if (!demo_process_stop(&stage->daemon, STOP_PATIENCE) && started) {
		struct buffer how = {0};
		demo_process_ended(&stage->daemon, &how);
		result = fault_set(fault, RESULT_PERMANENT,
		                   "the daemon did not leave as it should (%s): see %s/daemon.log", buffer_cstr(&how),
		                   stage->out);
		buffer_free(&how);
	}
	count_mails(stage);
	(void)demo_process_stop(&stage->sink, STOP_PATIENCE);
	(void)demo_process_stop(&stage->cluster, STOP_PATIENCE);
	return result;
}

void demo_stage_free(struct demo_stage *stage)
{
	cli_close(&stage->opened);
	if (stage->ahead)
		(void)munmap(stage->ahead, sizeof(int64_t));
	free(stage->out);
	free(stage->config);
	free(stage->mails);
}

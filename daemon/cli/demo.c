/* demo: a month of an invented council in a minute or two, through the real daemon. */
#include "demo/month.h"
#include "demo/people.h"
#include "demo/told.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "time/words.h"

#define PATIENCE (180 * SECOND) /* at one moment: a Monday's dozen reports are read, perhaps on a busy machine */
#define BAR_WIDTH 30
#define BAR_EVERY (SECOND / 20)

static const struct cli_option options[] = {
	{"out", "DIR", "where the mails, the list and all else is left (demo)"},
	{"tools", "DIR", "where mock_cluster, produce and mail_sink are (beside casewatch, in tests/)"},
	{"days", "N", "so many days of the month (30)"},
	{"seed", "N", "of the invented month (1): the same seed, the same month"},
	{NULL, NULL, NULL},
};

struct demo {
	struct cli *cli;
	int days;
	uint64_t seed;
	const char *out;
	struct diary diary;
	struct demo_stage stage;
	struct demo_people *people;
	size_t at;          /* the record that is sent next */
	size_t history;     /* records before the month */
	instant drawn;      /* by the machine's clock: when the bar was drawn last */
	int day;            /* where there is no terminal: the day said last */
	bool terminal;
};

/* ---- progress ---- */

static void write_progress(const struct demo *demo, instant now, struct buffer *out)
{
	words_moment(demo->diary.zone, (struct words_moment){.at = now}, WORDS_TABLE_YEAR, out);
	buffer_format(out, "   %zu records, %zu mails, %zu answers", demo->at, demo->stage.mailed,
	              demo_people_answered(demo->people));
}

static void draw_bar(struct demo *demo, instant now)
{
	struct clock machine = clock_real();
	struct buffer out = {0};
	if (clock_now(&machine) - demo->drawn < BAR_EVERY && now < demo->diary.end)
		return;
	demo->drawn = clock_now(&machine);
	instant passed = now > demo->diary.start ? now - demo->diary.start : 0;
	int filled = (int)(BAR_WIDTH * passed / (demo->diary.end - demo->diary.start));
	buffer_string(&out, "\r[");
	for (int i = 0; i < BAR_WIDTH; i++)
		buffer_char(&out, i < filled ? '#' : '.');
	buffer_string(&out, "] ");
	write_progress(demo, now, &out);
	(void)fprintf(demo->cli->err, "%s\033[K", buffer_cstr(&out));
	(void)fflush(demo->cli->err);
	buffer_free(&out);
}

/* A line each Monday. */
static void say_week(struct demo *demo, instant now)
{
	struct buffer out = {0};
	int day = diary_day(&demo->diary, now);
	if (now < demo->diary.start || day / 7 == demo->day)
		return;
	demo->day = day / 7;
	write_progress(demo, now, &out);
	(void)fprintf(demo->cli->err, "  %s\n", buffer_cstr(&out));
	buffer_free(&out);
}

static void show_progress(struct demo *demo)
{
	instant now = clock_now(&demo->stage.clock);
	if (demo->terminal)
		draw_bar(demo, now);
	else
		say_week(demo, now);
}

/* ---- the month ---- */

static enum result send_until(struct demo *demo, instant until, struct fault *fault)
{
	struct buffer lines = {0};
	size_t from = demo->at;
	enum result result = RESULT_OK;
	for (; demo->at < demo->diary.count && demo->diary.records[demo->at].sent <= until; demo->at++) {
		buffer_add(&lines, demo->diary.records[demo->at].line, demo->diary.records[demo->at].length);
		buffer_char(&lines, '\n');
	}
	if (demo->at > from)
		result = demo_stage_send(&demo->stage, buffer_view(&lines), demo->at - from, fault);
	buffer_free(&lines);
	return result;
}

static instant next_moment(const struct demo *demo, instant due)
{
	instant next = demo->diary.end, answer = demo_people_next(demo->people);
	if (demo->at < demo->diary.count && demo->diary.records[demo->at].sent < next)
		next = demo->diary.records[demo->at].sent;
	if (answer < next)
		next = answer;
	return due < next ? due : next;
}

/* One moment: what is recorded is sent, who wanted to answer answers, and the daemon does what there is to do. */
static enum result live_through(struct demo *demo, instant *due, struct fault *fault)
{
	size_t mailed = demo->stage.mailed;
	enum result result = send_until(demo, clock_now(&demo->stage.clock), fault);
	if (result == RESULT_OK)
		result = demo_people_answer(demo->people, fault);
	if (result == RESULT_OK)
		result = demo_stage_settle(&demo->stage, PATIENCE, due, fault);
	if (result == RESULT_OK && demo->stage.mailed > mailed)
		result = demo_people_read(demo->people, fault);
	show_progress(demo);
	return result;
}

static enum result run_month(struct demo *demo, struct fault *fault)
{
	instant due;
	enum result result = live_through(demo, &due, fault); /* the history */
	demo->history = demo->at;
	while (result == RESULT_OK && clock_now(&demo->stage.clock) < demo->diary.end) {
		demo_stage_move(&demo->stage, next_moment(demo, due));
		result = live_through(demo, &due, fault);
	}
	if (demo->terminal)
		(void)fputc('\n', demo->cli->err);
	return result;
}

/* ---- what is left to look at ---- */

static enum result keep_records(const struct demo *demo, struct fault *fault)
{
	struct buffer lines = {0};
	char *path = demo_stage_path(&demo->stage, "events.jsonl");
	for (size_t i = 0; i < demo->diary.count; i++) {
		buffer_add(&lines, demo->diary.records[i].line, demo->diary.records[i].length);
		buffer_char(&lines, '\n');
	}
	enum result result = demo_write_file(path, buffer_view(&lines), fault);
	buffer_free(&lines);
	free(path);
	return result;
}

static void say_figures(const struct demo *demo, const struct demo_result *found, const struct demo_mails *mails)
{
	FILE *out = demo->cli->out;
	(void)fprintf(out,
	              "\n%zu records came through Kafka, %zu of them of the half year before; %llu were refused. With "
	              "people's answers, %llu events are stored.\n"
	              "%zu alerts were told: %zu critical, %zu climbed the ladder, %zu were answered, %zu withdrawn "
	              "because records "
	              "changed; %zu stand.\n%zu mails were accepted, %zu of them lists, on each of %zu mornings; %zu "
	              "lists were sent as "
	              "not complete.\n",
	              demo->stage.sent, demo->history, (unsigned long long)found->quarantined,
	              (unsigned long long)found->events, found->alerts, found->critical, found->climbed,
	              found->answered, found->withdrawn, found->standing, mails->count, found->lists,
	              found->days_with_lists, found->incomplete);
}

static void say_where_next(const struct demo *demo, int64_t number)
{
	const char *out = demo->out;
	(void)fprintf(
		demo->cli->out,
		"\nWhere to look next\n\n"
		"  %s/index.html    every mail, in order      %s/list.html    the list above, as it is read on a "
	        "phone\n"
		"  %s/alerts.txt    all alerts: who was told when, and what came of it\n"
		"  %s/mails/        each mail as it went over the wire, and its HTML part\n"
		"  %s/daemon.log    what the daemon said of its own work\n\n"
		"  build/casewatch alerts --config %s/casewatchd.yaml\n"
		"  build/casewatch explain A-%lld --config %s/casewatchd.yaml\n"
		"  build/casewatch quarantine show 1 --config %s/casewatchd.yaml\n"
		"  build/casewatch backtest --config %s/casewatchd.yaml --from 2026-03-02T00:00:00Z %s/events.jsonl | "
	        "less\n"
		"      the same month without a daemon: try it after changing a number in rules/, with --against\n",
		out, out, out, out, out, out, (long long)number, out, out, out, out);
}

static void print_json(const struct demo *demo, const struct demo_result *found, const struct demo_mails *mails)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_integer(&json, "records", (int64_t)demo->stage.sent);
	json_put_integer(&json, "events", (int64_t)found->events);
	json_put_integer(&json, "quarantined", (int64_t)found->quarantined);
	json_put_integer(&json, "alerts", (int64_t)found->alerts);
	json_put_integer(&json, "critical", (int64_t)found->critical);
	json_put_integer(&json, "answered", (int64_t)found->answered);
	json_put_integer(&json, "climbed", (int64_t)found->climbed);
	json_put_integer(&json, "withdrawn", (int64_t)found->withdrawn);
	json_put_integer(&json, "mails", (int64_t)mails->count);
	json_put_integer(&json, "lists", (int64_t)found->lists);
	json_put_integer(&json, "incomplete", (int64_t)found->incomplete);
	json_put_integer(&json, "mornings", (int64_t)found->days_with_lists);
	json_object_end(&json);
	cli_print_json(demo->cli, &out);
}

static void heading(const struct demo *demo, const char *words)
{
	(void)fprintf(demo->cli->out, "\n%s\n", words);
	for (size_t i = strlen(words); i > 0; i--)
		(void)fputc('-', demo->cli->out);
	(void)fputs("\n\n", demo->cli->out);
}

static enum result show_all(const struct demo *demo, const struct demo_mails *mails, const struct demo_result *found,
                            struct fault *fault)
{
	char *alerts = demo_stage_path(&demo->stage, "alerts.txt"), *list = demo_stage_path(&demo->stage, "list.html");
	int64_t number = 0;
	heading(demo, "Critical alerts: what was told to whom");
	enum result result = demo_told_alerts(&demo->stage, alerts, fault);
	heading(demo, "The missing-children list of the last morning");
	if (result == RESULT_OK)
		result = demo_told_list(&demo->stage, mails, list, fault);
	heading(demo, "One alert explained");
	if (result == RESULT_OK)
		result = demo_told_explain(&demo->stage, &number, fault);
	heading(demo, "What was refused, and waits in quarantine");
	demo_told_refused(&demo->stage);
	say_figures(demo, found, mails);
	say_where_next(demo, number);
	free(alerts);
	free(list);
	return result;
}

static enum result show_result(const struct demo *demo, struct fault *fault)
{
	struct demo_mails mails = {0};
	struct demo_result found;
	char *index = demo_stage_path(&demo->stage, "index.html");
	enum result result = demo_mails_read(demo->stage.mails, &mails, fault);
	if (result == RESULT_OK)
		result = demo_mails_index(&mails, index, fault);
	if (result == RESULT_OK)
		result = keep_records(demo, fault);
	if (result == RESULT_OK)
		result = demo_told_check(&demo->stage, &mails, demo->diary.start, demo->days, &found, fault);
	if (result == RESULT_OK && demo->cli->json)
		print_json(demo, &found, &mails);
	else if (result == RESULT_OK)
		result = show_all(demo, &mails, &found, fault);
	demo_mails_free(&mails);
	free(index);
	return result;
}

/* ---- the command ---- */

static bool read_number(struct cli *cli, const char *name, long least, long most, long *number)
{
	const char *value = cli_value(cli, name);
	char *end = NULL;
	if (!value)
		return true;
	*number = strtol(value, &end, 10);
	return *value && !*end && *number >= least && *number <= most;
}

static enum cli_status read_line(struct demo *demo)
{
	long days = DEMO_DAYS, seed = 1;
	const char *out = cli_value(demo->cli, "out");
	if (!read_number(demo->cli, "days", 1, DEMO_DAYS, &days))
		return cli_wrong(demo->cli, "--days is \"%s\"; write a number from 1 to %d",
		                 cli_value(demo->cli, "days"), DEMO_DAYS);
	if (!read_number(demo->cli, "seed", 0, 1000000000, &seed))
		return cli_wrong(demo->cli, "--seed is \"%s\"; write a number from 0 to 1000000000",
		                 cli_value(demo->cli, "seed"));
	demo->days = (int)days;
	demo->seed = (uint64_t)seed;
	demo->out = out ? out : "demo";
	return CLI_FINE;
}

/* Beside this program, in tests/, as `make` leaves them. */
static char *tools_of(struct cli *cli)
{
	const char *given = cli_value(cli, "tools");
	char here[4096];
	ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
	if (given || length <= 0)
		return mem_copy_text(given ? given : ".", strlen(given ? given : "."));
	here[length] = '\0';
	struct buffer path = {0};
	buffer_format(&path, "%.*s/tests", (int)(strrchr(here, '/') - here), here);
	return path.at;
}

static enum result start(struct demo *demo, struct fault *fault)
{
	struct config_faults faults = {0};
	struct config *config = config_load_partly(demo->cli->config, &faults);
	config_faults_free(&faults);
	struct zone *zone = zone_load(config ? config->zone : "Europe/London", fault);
	demo->diary = (struct diary){
		.zone = zone, .prefix = config && config->type_prefix ? config->type_prefix : "", .dice = demo->seed};
	if (!zone) {
		config_free(config);
		return RESULT_PERMANENT;
	}
	demo_month(&demo->diary, demo->days);
	(void)fprintf(
		demo->cli->err,
		"A month of an invented council (seed %llu) goes through Kafka into casewatchd; its mails to a mail "
		"server here. Kafka takes a few seconds to begin.\n",
		(unsigned long long)demo->seed);
	enum result result =
		demo_stage_start(&demo->stage, demo->out, demo->diary.start - 12 * HOUR, demo->diary.start, fault);
	demo->diary.prefix = ""; /* the configuration goes; nothing is written any more */
	config_free(config);
	return result;
}

static void clean(struct demo *demo)
{
	demo_people_free(demo->people);
	demo_stage_free(&demo->stage);
	diary_free(&demo->diary);
	zone_free((struct zone *)(uintptr_t)demo->diary.zone);
	free((char *)(uintptr_t)demo->stage.tools);
}

static enum cli_status run_demo(struct cli *cli)
{
	struct fault fault = {{0}}, leaving = {{0}};
	struct demo demo = {.cli = cli, .day = -1, .terminal = isatty(STDERR_FILENO) == 1};
	demo.stage.cli = cli;
	enum cli_status status = read_line(&demo);
	if (status != CLI_FINE)
		return status;
	(void)umask(0027);
	demo_hear_interrupts();
	demo.stage.tools = tools_of(cli);
	enum result result = start(&demo, &fault);
	demo.people = demo_people_new(&demo.stage, demo.seed);
	if (result == RESULT_OK)
		result = run_month(&demo, &fault);
	enum result left = demo_stage_stop(&demo.stage, &leaving);
	if (result == RESULT_OK && left == RESULT_OK)
		result = show_result(&demo, &fault);
	if (result != RESULT_OK)
		status = cli_failed(cli, "%s", fault.text);
	else if (left != RESULT_OK)
		status = cli_failed(cli, "%s", leaving.text);
	clean(&demo);
	return status;
}

const struct cli_command cli_demo = {
	.name = "demo",
	.usage = "",
	.summary = "a month of an invented council in a minute or two",
	.help = "Replays a month of an invented council through the real daemon: the records go in through Kafka "
                "(librdkafka's own\n"
		"pretended broker, in a process of its own), some of them late, corrected, withdrawn, joined or "
                "broken; the mails go\n"
		"to a mail server on this machine, which keeps them as files; invented people answer most of them. The "
                "daemon's clock\n"
		"is moved from one moment that matters to the next. Nothing leaves this machine, and no process "
                "outlives the demo.\n"
		"\n"
		"At the end: who was told what and when, the list of the last morning, one alert explained, and what "
                "was refused.\n",
	.options = options,
	.run = run_demo,
};

/* init: the questions, and the way from answers to a configuration that `check` calls good. */
#include "cli/init/init.h"

#include "config/directory_load.h"
#include "config/options.h"

#include <stdlib.h>
#include <unistd.h>

#include "text/address.h"

#define SAMPLES "/usr/share/casewatch"
#define ANSWER_MOST 4096 /* characters of an answer, the newline among them */

static const struct cli_option options[] = {
	{"council", "NAME", "the council's name, as the foot of every message gives it"},
	{"kafka", "HOST:PORT,...", "the brokers that events come from; without them they come as files"},
	{"topic", "NAME", "their topic (childrens-events)"},
	{"kafka-user", "NAME", "sign in to them by that name; the password goes into credentials/kafka-password"},
	{"mail", "HOST", "the mail server, or HOST:PORT; without it nobody is sent mail (shadow)"},
	{"from", "ADDRESS", "the address that messages come from (casewatch@ and the domain of --ops)"},
	{"mail-user", "NAME", "sign in to it by that name; the password goes into credentials/smtp-password"},
	{"ops", "ADDRESS", "who runs casewatch: hears when something is wrong with it"},
	{"people", "FILE", "the CSV file of people and teams"},
	{"form", NULL, "print an empty file of people, with a row for each role, and do nothing else"},
	{"samples", "DIR", "where casewatch's own roles, rules and lists are (" SAMPLES ")"},
	{"database", "FILE", "the database (/var/lib/casewatch/casewatch.db)"},
	{"spool", "DIR", "where files of events are put (/var/spool/casewatch)"},
	{NULL, NULL, NULL},
};

/* ---- the five questions ---- */

struct question {
	const char *option, *words;
	bool needed;
};
static const struct question questions[] = {
	{"council", "1. Which council is it?", true},
	{"kafka", "2. Which Kafka brokers do events come from (HOST:PORT,...)? Empty: they come as files.", false},
	{"mail", "3. Which mail server takes mail (HOST or HOST:PORT)? Empty: nobody is sent mail yet.", false},
	{"ops", "4. Which address hears when something is wrong with casewatch itself?", true},
	{"people", "5. Which CSV file has the people and teams? (casewatch init --form prints an empty one.)", true},
};
#define QUESTIONS (sizeof questions / sizeof *questions)

/* A line of standard input without its end, or NULL: there is none, or it is too long. */
static const char *read_answer(const struct init_plan *plan)
{
	char line[ANSWER_MOST];
	if (!fgets(line, sizeof line, stdin) || !strchr(line, '\n'))
		return NULL;
	return text_keep(plan->arena, text_trim(text_of(line))).at;
}

/* Without a terminal nobody is asked: what is missing is said. */
static bool ask_questions(struct init_plan *plan, const char **answers)
{
	bool asked = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	for (size_t i = 0; i < QUESTIONS; i++) {
		answers[i] = cli_value(plan->cli, questions[i].option);
		while (!answers[i] && asked) {
			(void)fprintf(plan->cli->out, "%s\n> ", questions[i].words);
			(void)fflush(plan->cli->out);
			const char *answer = read_answer(plan);
			if (!answer)
				return cli_failed(plan->cli, "there was no answer; nothing was written") == CLI_FINE;
			answers[i] = *answer || !questions[i].needed ? answer : NULL;
		}
		if (questions[i].needed && (!answers[i] || !*answers[i]))
			return cli_wrong(plan->cli, "--%s is missing: %s", questions[i].option,
			                 questions[i].words + 3) == CLI_FINE;
	}
	return true;
}

static const char *or_none(const char *answer)
{
	return answer && *answer ? answer : NULL;
}

static const char *or_else(const struct init_plan *plan, const char *option, const char *otherwise)
{
	const char *given = or_none(cli_value(plan->cli, option));
	return given ? given : otherwise;
}

/* What says how to speak to something that there is not would be passed over: whoever wrote it would wait for mails. */
static bool means_something(const struct init_plan *plan)
{
	static const char *const of_kafka[] = {"topic", "kafka-user", NULL};
	static const char *const of_mail[] = {"from", "mail-user", NULL};
	const struct {
		const char *option, *given, *const *others;
	} parts[] = {{"kafka", plan->kafka, of_kafka}, {"mail", plan->mail, of_mail}};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (const char *const *other = parts[i].others; *other && !parts[i].given; other++)
			if (or_none(cli_value(plan->cli, *other)))
				return cli_wrong(plan->cli, "--%s means nothing without --%s", *other,
				                 parts[i].option) == CLI_FINE;
	return true;
}

static bool take_answers(struct init_plan *plan)
{
	const char *answers[QUESTIONS];
	if (!ask_questions(plan, answers))
		return false;
	plan->council = answers[0];
	plan->kafka = or_none(answers[1]);
	plan->mail = or_none(answers[2]);
	plan->ops = answers[3];
	plan->people_file = answers[4];
	if (!means_something(plan))
		return false;
	plan->topic = or_else(plan, "topic", "childrens-events");
	plan->kafka_user = or_else(plan, "kafka-user", NULL);
	plan->mail_user = or_else(plan, "mail-user", NULL);
	const char *at = strchr(plan->ops, '@'), *why;
	if (!mail_address_is_good(text_of(plan->ops), &why))
		return cli_wrong(plan->cli, "--ops \"%s\" is no mail address: %s", plan->ops, why) == CLI_FINE;
	struct buffer from = {0};
	buffer_format(&from, "casewatch%s", at);
	plan->from = or_else(plan, "from", text_keep(plan->arena, buffer_view(&from)).at);
	buffer_free(&from);
	return true;
}

/* ---- places ---- */

static void find_places(struct init_plan *plan)
{
	const char *slash = strrchr(plan->cli->config, '/');
	struct text out = {plan->cli->config, slash ? (size_t)(slash - plan->cli->config) : 0};
	plan->out = !slash ? "." : slash == plan->cli->config ? "/" : text_keep(plan->arena, out).at;
	plan->files[INIT_CONFIG] = slash ? slash + 1 : plan->cli->config;
	plan->files[INIT_DIRECTORY] = "directory.yaml";
	plan->files[INIT_ROTA] = "edt.ics";
	plan->samples = or_else(plan, "samples", SAMPLES);
	plan->database = or_else(plan, "database", "/var/lib/casewatch/casewatch.db");
	plan->spool = or_else(plan, "spool", "/var/spool/casewatch");
}

static struct directory *load_sample(const struct init_plan *plan)
{
	struct config_faults faults = {0};
	struct buffer path = {0};
	buffer_format(&path, "%s/directory.yaml", plan->samples);
	struct directory *sample = directory_load(buffer_cstr(&path), NULL, clock_now(&plan->cli->clock), &faults);
	if (!sample) {
		cli_print_faults(plan->cli->err, &faults);
		(void)cli_failed(plan->cli,
		                 "the roles that come with casewatch cannot be read; --samples says where they are");
	}
	config_faults_free(&faults);
	buffer_free(&path);
	return sample;
}

/* ---- the draft, and what check says of it ---- */

static bool write_draft(struct init_plan *plan, const struct init_draft *draft, struct buffer *directory)
{
	struct buffer config = {0}, rota = {0};
	instant now = clock_now(&plan->cli->clock);
	buffer_clear(directory);
	bool good = init_write_directory(plan, directory);
	if (good) {
		init_write_config(plan, now, &config);
		init_write_rota(plan, "edt", now, &rota);
		good = init_draft_write(plan, draft, INIT_DIRECTORY, directory) &&
		       init_draft_write(plan, draft, INIT_ROTA, &rota) &&
		       init_draft_write(plan, draft, INIT_CONFIG, &config);
	}
	buffer_free(&config);
	buffer_free(&rota);
	return good;
}

static bool is_about(const struct config_fault *fault, const char *file)
{
	const char *slash = strrchr(fault->file, '/');
	return strcmp(slash ? slash + 1 : fault->file, file) == 0;
}

/* A fault of a person's line is one of their row: the row is left out. How many were. */
static size_t leave_rows_out(struct init_plan *plan, const struct config_faults *faults)
{
	size_t count = 0;
	for (size_t i = 0; i < faults->count; i++) {
		const struct config_fault *fault = &faults->items[i];
		size_t line = (size_t)fault->line;
		int64_t row = is_about(fault, "directory.yaml") && line >= 1 && line <= plan->line_count
		                      ? plan->lines[line - 1]
		                      : 0;
		for (size_t k = 0; row && k < plan->person_count; k++) {
			struct init_person *person = &plan->people[k];
			if (person->row != row || person->left_out)
				continue;
			person->left_out = true;
			init_refuse_row(plan, row, "%s", fault->text);
			count++;
		}
	}
	return count;
}

static struct text line_of(const struct buffer *bytes, int line)
{
	const char *at = buffer_cstr(bytes);
	for (; line > 1 && at && (at = strchr(at, '\n')) != NULL; line--)
		at++;
	return at ? (struct text){at, strcspn(at, "\n")} : TEXT_NONE;
}

static void print_faults(const struct init_plan *plan, const struct config_faults *faults,
                         const struct buffer *directory)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct config_fault *fault = &faults->items[i];
		const char *slash = strrchr(fault->file, '/');
		(void)fprintf(plan->cli->err, "%s: %s\n", slash ? slash + 1 : fault->file, fault->text);
		if (is_about(fault, "directory.yaml"))
			(void)fprintf(plan->cli->err, "  %.*s\n", TEXT_ARG(line_of(directory, fault->line)));
	}
	(void)cli_failed(plan->cli, "with these answers the configuration would be refused; nothing was written");
}

/* Until nothing is at fault, or what is cannot be left out. */
static bool draft_until_good(struct init_plan *plan, const struct init_draft *draft)
{
	struct buffer directory = {0}, path = {0};
	bool good = false, again = true;
	buffer_format(&path, "%s/%s", draft->directory, plan->files[INIT_CONFIG]);
	while (again) {
		struct config_faults faults = {0};
		again = write_draft(plan, draft, &directory);
		if (again) {
			config_free(config_load(buffer_cstr(&path), NULL, &faults));
			config_faults_sort(&faults);
			good = faults.count == 0;
			again = !good && leave_rows_out(plan, &faults) > 0;
			if (!good && !again)
				print_faults(plan, &faults, &directory);
		}
		config_faults_free(&faults);
	}
	buffer_free(&directory);
	buffer_free(&path);
	return good;
}

/* The command itself, as whoever changes the configuration later runs it: it looks at templates, lists and rotas, too.
 */
static bool check_draft(const struct init_plan *plan, const struct init_draft *draft, struct buffer *said)
{
	const char *values[16] = {0};
	char *words = NULL;
	size_t length = 0;
	struct buffer path = {0}, place = {0};
	struct cli check = *plan->cli;
	buffer_format(&path, "%s/%s", draft->directory, plan->files[INIT_CONFIG]);
	check = (struct cli){.command = &cli_check,
	                     .out = open_memstream(&words, &length),
	                     .err = plan->cli->err,
	                     .clock = plan->cli->clock,
	                     .config = buffer_cstr(&path),
	                     .values = values};
	enum cli_status status = cli_check.run(&check);
	(void)fclose(check.out);
	buffer_format(&place, "%s/", draft->directory);
	for (const char *at = words, *next; at && *at; at = next) { /* names the place that it will have */
		const char *found = strstr(at, buffer_cstr(&place));
		next = found ? found + place.length : at + strlen(at);
		buffer_add(said, at, found ? (size_t)(found - at) : (size_t)(next - at));
		if (found)
			buffer_format(said, "%s/", plan->out);
	}
	free(words);
	buffer_free(&path);
	buffer_free(&place);
	return status == CLI_FINE;
}

/* ---- what to do next ---- */

static void say_next(const struct init_plan *plan, const struct buffer *checked)
{
	struct buffer out = {0};
	int step = 1;
	buffer_format(&out, "Written: %s/{%s,%s,%s}.\n", plan->out, plan->files[INIT_CONFIG],
	              plan->files[INIT_DIRECTORY], plan->files[INIT_ROTA]);
	buffer_text(&out, buffer_view(checked));
	if (plan->refused)
		buffer_format(&out, "%zu of %zu rows of %s %s not taken; the reasons stand above.\n", plan->refused,
		              plan->rows, plan->people_file, plan->refused == 1 ? "was" : "were");
	if (plan->to_do.length) {
		buffer_string(
			&out,
			"\nNobody is named for these yet. What is for a role, manager or head goes to the Director of\n"
			"Children's Care until you name somebody in directory.yaml:\n");
		buffer_text(&out, buffer_view(&plan->to_do));
	}
	buffer_string(&out, "\nNext:\n");
	if (plan->kafka_user)
		buffer_format(&out,
		              "  %d. Write the password of Kafka into %s/credentials/kafka-password, mode 0600.\n",
		              step++, plan->out);
	if (plan->mail_user)
		buffer_format(&out,
		              "  %d. Write that of the mail server into %s/credentials/smtp-password, mode 0600.\n",
		              step++, plan->out);
	buffer_format(&out, "  %d. Look through the files; after each change: casewatch check\n", step++);
	buffer_format(&out, "  %d. systemctl enable --now casewatchd, and then: casewatch status\n", step++);
	buffer_format(&out, "  %d. Have the case system send its history%s\n", step++,
	              plan->kafka ? "." : ", as files moved into the spool (man casewatch-events).");
	buffer_format(&out, "  %d. Put who is on call into edt.ics: it is only a week each in turn.\n", step);
	cli_print(plan->cli, &out);
}

static enum cli_status make_configuration(struct init_plan *plan)
{
	struct init_draft draft = {0};
	struct buffer checked = {0};
	bool good = init_draft_begin(plan, &draft) && init_read_people(plan) && draft_until_good(plan, &draft);
	if (good && !check_draft(plan, &draft, &checked)) {
		good = false;
		cli_print(plan->cli, &checked);
		(void)cli_failed(plan->cli, "check finds this wrong with the draft; nothing was written");
	}
	good = good && init_draft_place(plan, &draft);
	init_draft_end(plan, &draft);
	if (good)
		say_next(plan, &checked);
	buffer_free(&checked);
	return !good ? CLI_WRONG : plan->refused ? CLI_FOUND : CLI_FINE;
}

static enum cli_status run_init(struct cli *cli)
{
	struct init_plan plan = {.cli = cli, .arena = arena_new(1 << 16)};
	struct buffer form = {0};
	enum cli_status status = CLI_WRONG;
	find_places(&plan);
	struct directory *sample = load_sample(&plan);
	plan.sample = sample;
	if (sample && cli_value(cli, "form")) {
		init_print_form(sample, &form);
		(void)fwrite(form.at, 1, form.length, cli->out);
		buffer_free(&form);
		status = CLI_FINE;
	} else if (sample && take_answers(&plan)) {
		status = make_configuration(&plan);
	}
	directory_free(sample);
	free(plan.people);
	free(plan.teams);
	free(plan.holds);
	free(plan.lines);
	buffer_free(&plan.to_do);
	arena_free(plan.arena);
	return status;
}

const struct cli_command cli_init = {
	.name = "init",
	.usage = "",
	.summary = "a first configuration from five questions and a file of people",
	.help = "Asks for the council, where events come from, the mail server, who runs casewatch, and a CSV file of "
		"people and\n"
		"teams; options answer beforehand, and without a terminal nobody is asked. Writes casewatchd.yaml "
		"(--config),\n"
		"directory.yaml and a first rota of the Emergency Duty Team beside it, once casewatch check calls them "
		"good.\n"
		"Never overwrites. Ends with what is to be done next.\n"
		"\n"
		"The file of people has a row for each person and role, columns in any order: email and role (an id or "
		"title\n"
		"of casewatch init --form; several with ; between them), team and parent (the team above it) for "
		"managers and\n"
		"heads of service, and as far as they are known id, worker (as allocations name them), phone, hours\n"
		"(08:00-16:00), login (of the pages), duty (yes: of the team that has the children of no team). "
		"Somebody must\n"
		"be director, dcs and edt. A row that cannot be taken is reported with its line, and the status is "
		"then 1.\n",
	.options = options,
	.run = run_init,
};

/* publish: this machine's files become the configuration of all machines of its cell, at one place of the log. */
#include "cli/opened.h"
#include "cli/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/published.h"
#include "run/control.h"
#include "run/edition.h"
#include "source/spool_put.h"

#define PUBLISH_ANSWER_MS 90000 /* it is appended, and read here as everywhere */

static const struct cli_option options[] = {
	{"person", "ID", "who publishes it, an id of the directory (needed)"},
	{NULL, NULL, NULL},
};

/* Checked as a whole, as for a reload. NULL: its faults were printed. */
static struct edition *load(struct cli *cli, const char *directory)
{
	struct config_faults faults = {0};
	struct edition *edition = edition_load_published(cli->config, directory, &faults);
	cli_print_faults(cli->json ? cli->err : cli->out, &faults);
	config_faults_free(&faults);
	return edition;
}

/* What was packed is what every machine will read: it is read here first, as they do. */
static bool reads_back(struct cli *cli, const struct published *head, struct text record)
{
	char place[] = "/tmp/casewatch-publish-XXXXXX";
	struct buffer database = {0}, path = {0}, own = {0};
	struct fault fault = {{0}};
	struct edition *edition = NULL;
	bool made = mkdtemp(place) != NULL;
	buffer_format(&database, "%s/try", place);
	published_directory(buffer_cstr(&database), head, &path);
	if (!made || published_unpack(buffer_cstr(&database), record, &fault) != RESULT_OK)
		(void)cli_failed(cli, "it cannot be tried in %s: %s", place,
		                 made ? fault.text : "no such directory can be made");
	else
		edition = load(cli, buffer_cstr(&path));
	if (edition)
		edition_fingerprint(edition->config, &own);
	bool same = edition && strcmp(buffer_cstr(&own), head->fingerprint) == 0;
	if (edition && !same)
		(void)cli_failed(cli, "the files were changed while they were read: publish them again");
	shared_release(edition ? &edition->shared : NULL);
	if (made)
		published_remove(buffer_cstr(&database));
	(void)rmdir(place);
	buffer_free(&database);
	buffer_free(&path);
	buffer_free(&own);
	return same;
}

static enum cli_status hand_over(struct cli *cli, const struct config *config, const struct published *head,
                                 struct text record)
{
	const char *slash = strrchr(config->database, '/');
	struct buffer folder = {0}, name = {0}, order = {0}, answer = {0};
	struct fault fault = {{0}};
	int exit_status = CLI_WRONG;
	buffer_add(&folder, slash ? config->database : ".", slash ? (size_t)(slash - config->database) : 1);
	buffer_format(&name, "publish-%lld-%ld", (long long)head->number, (long)getpid());
	buffer_format(&order, "publish %s", buffer_cstr(&name));
	enum result result = spool_put(buffer_cstr(&folder), buffer_cstr(&name), record, &fault);
	if (result == RESULT_OK)
		result = control_ask(config->database, buffer_cstr(&order), PUBLISH_ANSWER_MS, &exit_status, &answer,
		                     &fault);
	buffer_format(&folder, "/%s.jsonl", buffer_cstr(&name));
	(void)unlink(buffer_cstr(&folder)); /* where nobody took it */
	buffer_free(&folder);
	buffer_free(&name);
	buffer_free(&order);
	return order_answered(cli, result, exit_status, &answer, &fault);
}

static enum cli_status publish(struct cli *cli, const struct config *config, const char *person)
{
	struct published head = {.number = 1}, before;
	struct buffer record = {0}, fingerprint = {0};
	struct fault fault = {{0}};
	if (!config->cell.machine)
		return cli_failed(cli,
		                  "%s names no cell.machine: this machine is alone, and casewatch reload is enough",
		                  cli->config);
	if (!directory_person(config->directory, text_of(person)))
		return cli_wrong(cli, "--person: \"%s\" is nobody's id in the directory", person);
	if (published_current(config->database, &before))
		head.number = before.number + 1;
	edition_fingerprint(config, &fingerprint);
	(void)snprintf(head.fingerprint, sizeof head.fingerprint, "%s", buffer_cstr(&fingerprint));
	(void)snprintf(head.person, sizeof head.person, "%s", person);
	enum cli_status status = CLI_FOUND;
	if (published_pack(config, &head, &record, &fault) != RESULT_OK)
		(void)cli_failed(cli, "%s", fault.text);
	else if (published_read(buffer_view(&record), &head, &fault) != RESULT_OK)
		(void)cli_failed(cli, "%s", fault.text);
	else if (reads_back(cli, &head, buffer_view(&record)))
		status = hand_over(cli, config, &head, buffer_view(&record));
	buffer_free(&record);
	buffer_free(&fingerprint);
	return status;
}

static enum cli_status run_publish(struct cli *cli)
{
	const char *person = cli_value(cli, "person");
	if (!person || text_is_blank(text_of(person)))
		return cli_wrong(cli, "--person is missing; who changed what the council is told by stays on record");
	struct edition *edition = load(cli, published_none);
	enum cli_status status = edition ? publish(cli, edition->config, person) : CLI_FOUND;
	shared_release(edition ? &edition->shared : NULL);
	return status;
}

const struct cli_command cli_publish = {
	.name = "publish",
	.usage = "",
	.summary = "put this machine's rules, directory and configuration in force on all machines of its cell",
	.help = "Checks the files that this machine's casewatchd.yaml names, as a reload does, and appends what "
		"a reload can\nchange of them (rules, directory with its rotas, calendar, templates, lists, and "
		"options) to the council's\nlog as one record. Every machine of the cell puts it in force when "
		"it comes to that record, so that all of\nthem tell the same. One that cannot take it says why, "
		"stays there, and sends nothing (docs/cells.md).\nFrom then on files that are changed here are "
		"in force when they are published, and not by a reload.\n\n  casewatch check && casewatch "
		"publish --person p-performance\n",
	.options = options,
	.run = run_publish,
};

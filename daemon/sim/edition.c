/* edition: the configuration that the daemon reads: the tree's own, or one in which a rule, a person or a list is
 * another, or one that is wrong. What people change between one reload and the next, and change back. */
#include "sim/members.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One change of words in one file; `to` is NULL: the file is not there. */
struct change {
	const char *file, *from, *to;
};
static const struct change rule_changes[] = {
	{"new-law.yaml", NULL, NULL}, /* rules are taken out */
	{"work.yaml", NULL, NULL},
	{"missing-and-exploited.yaml", "at-least: 3", "at-least: 2"},
	{"missing-and-exploited.yaml", "within: 72 hours", "within: 60 hours"},
	{"placements.yaml", "value: 24 hours", "value: 6 hours"},
	{"custody.yaml", "    severity: critical", "    mode: shadow\n    severity: critical"},
	{"new-law.yaml", "    severity: high", "    mode: shadow\n    severity: high"},
};
static const struct change directory_changes[] = {
	{"directory.yaml", "duty-team: mach", "duty-team: assessment"},
	{"directory.yaml", "ladder: [director, dcs]", "ladder: [dcs]"},
	{"directory.yaml", "edt@example.org", "night@example.org"},
};
/* A list of every day and one of every month; the others cost a council's year as much as all else, and have tests of
 * their own (tests/unit/reports_test). */
static const char *const lists[] = {"daily-missing.yaml", "custody.yaml"};
#define ONE_OF(table, chance) (&(table)[chance_below((chance), sizeof(table) / sizeof *(table))])

static void write_words(struct sim *sim, const char *path, const struct buffer *words)
{
	FILE *file = fopen(path, "we");
	if (!file || fwrite(words->at, 1, words->length, file) != words->length || fclose(file) != 0)
		sim_fail(sim, "the simulator cannot write %s", path);
}

static void read_words(struct sim *sim, const char *path, struct buffer *words)
{
	FILE *file = fopen(path, "re");
	for (int c; file && (c = getc(file)) != EOF;)
		buffer_char(words, (char)c);
	if (!file || fclose(file) != 0)
		sim_fail(sim, "the simulator runs in the root of the tree: there is no %s here", path);
}

/* A change that no longer fits its file is a mistake of the simulator's, and is said. */
static void change_words(struct sim *sim, const struct change *change, struct buffer *words)
{
	struct buffer changed = {0};
	const char *at = strstr(buffer_cstr(words), change->from);
	if (!at) {
		sim_fail(sim, "%s no longer says \"%s\", which the simulator changes", change->file, change->from);
		return;
	}
	buffer_add(&changed, words->at, (size_t)(at - words->at));
	buffer_string(&changed, change->to);
	buffer_string(&changed, at + strlen(change->from));
	buffer_free(words);
	*words = changed;
}

static void copy_file(struct sim *sim, const char *from, const char *name, const struct change *change, const char *to)
{
	char path[512];
	struct buffer words = {0};
	bool changes = change && strcmp(change->file, name) == 0;
	if (changes && !change->from)
		return;
	(void)snprintf(path, sizeof path, "%s/%s", from, name);
	read_words(sim, path, &words);
	if (changes)
		change_words(sim, change, &words);
	(void)snprintf(path, sizeof path, "%s/%s/%s", sim->folder, to, name);
	write_words(sim, path, &words);
	buffer_free(&words);
}

void edition_empty(struct sim *sim, const char *name, bool goes)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s", sim->folder, name);
	DIR *folder = opendir(path);
	int why = 0;
	for (const struct dirent *entry; folder && (entry = file_next(folder, &why));) {
		char file[800];
		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			(void)unlink(file);
	}
	if (folder)
		(void)closedir(folder);
	if (why)
		sim_fail(sim, "the simulator cannot read the directory %s: %s", path, strerror(why));
	if (goes)
		(void)rmdir(path);
	else
		(void)mkdir(path, 0750);
}

static void copy_rules(struct sim *sim, const struct change *change)
{
	DIR *folder = opendir("rules");
	int why = folder ? 0 : errno;
	edition_empty(sim, "rules", false);
	for (const struct dirent *entry; folder && (entry = file_next(folder, &why));)
		if (entry->d_name[0] != '.' && !strstr(entry->d_name, ".test."))
			copy_file(sim, "rules", entry->d_name, change, "rules");
	if (folder)
		(void)closedir(folder);
	if (why)
		sim_fail(sim, "the simulator cannot read the directory rules: %s", strerror(why));
}

/* What makes it a machine of a cell. */
static void write_cell(struct sim *sim, struct buffer *words)
{
	char path[512];
	struct buffer key = {0};
	buffer_string(&key, "a key that all machines of the simulated cell have");
	(void)snprintf(path, sizeof path, "%s/cell.key", sim->folder);
	write_words(sim, path, &key);
	if (chmod(path, 0600) != 0)
		sim_fail(sim, "the simulator cannot protect %s", path);
	buffer_free(&key);
	buffer_format(words,
	              "kafka: {topics: [events], partitions: [0], sources: [/lcs, /edt, /police], "
	              "group: casewatch-%zu, properties: {bootstrap.servers: \"broker:9092\"}}\n"
	              "cell: {machine: machine-%zu, council: " MEMBERS_COUNCIL ", journal: journal, partition: 0, "
	              "key-file: %s}\n",
	              sim->member->number, sim->member->number, path);
}

void edition_write(struct sim *sim, uint64_t chance)
{
	char here[256];
	struct buffer words = {0};
	struct chance own = chance_of(sim->plan.seed, chance);
	bool wrong = chance && chance_one_in(&own, 4), changes = chance && !wrong && !chance_one_in(&own, 4);
	const struct change *rules = changes && !chance_one_in(&own, 3) ? ONE_OF(rule_changes, &own) : NULL;
	const struct change *directory = changes && chance_one_in(&own, 2) ? ONE_OF(directory_changes, &own) : NULL;
	size_t list_count = sizeof lists / sizeof *lists - (changes && chance_one_in(&own, 4));
	sim->written = chance;
	if (!getcwd(here, sizeof here))
		sim_fail(sim, "the simulator has no working directory");
	if (rules)
		copy_rules(sim, rules);
	if (directory)
		copy_file(sim, "conf", "directory.yaml", directory, ".");
	edition_empty(sim, "lists", false);
	for (size_t i = 0; i < list_count; i++)
		copy_file(sim, "conf/lists", lists[i], NULL, "lists");
	buffer_format(&words,
	              "council: Simulated Council\ndatabase: casewatch.db\nrules: %s/rules\n"
	              "directory: %s%s/directory.yaml\ntemplates: %s/conf/templates\nlists: lists\n"
	              "calendar: {file: %s/conf/bank-holidays.json}\n",
	              rules ? sim->folder : here, directory ? sim->folder : here, directory ? "" : "/conf", here, here);
	if (wrong)
		buffer_string(&words, "ladder: {step-after: {critical: sometime}}\n"); /* refused */
	else if (changes && chance_one_in(&own, 3))
		buffer_format(&words, "limits: {batch-events: %d}\n", 1 + (int)chance_below(&own, 50));
	if (sim->member)
		write_cell(sim, &words);
	write_words(sim, sim->config, &words);
	buffer_free(&words);
}

void edition_clear(struct sim *sim)
{
	char path[128];
	(void)unlink(sim->config);
	(void)snprintf(path, sizeof path, "%s/directory.yaml", sim->folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/cell.key", sim->folder);
	(void)unlink(path);
	edition_empty(sim, "lists", true);
	edition_empty(sim, "rules", true);
}

/* councils: the directory of councils, and what two of them may not share. */
#include "config/councils.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/yaml.h"

#define FILE_NAME "casewatchd.yaml"
#define OFF ".off" /* behind it */

/* ---- which they are ---- */

static const char *join(struct arena *arena, const char *folder, const char *name)
{
	struct buffer path = {0};
	buffer_format(&path, "%s/%s", folder, name);
	const char *copy = arena_copy_text(arena, path.at, path.length);
	buffer_free(&path);
	return copy;
}

/* Relative to the file that names it, as every path of a configuration is. */
static const char *folder_of(struct arena *arena, const struct yaml_node *node)
{
	const char *slash = strrchr(node->file, '/');
	const char *given = arena_copy_text(arena, node->text.at, node->text.length);
	if (*given == '/' || !slash)
		return given;
	return join(arena, arena_copy_text(arena, node->file, (size_t)(slash - node->file)), given);
}

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t length = strspn(name, letters);
	return length > 0 && !name[length] && length <= CONFIG_COUNCIL_NAME_MOST;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct config_council *)a)->name, ((const struct config_council *)b)->name);
}

static bool is_folder(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* A directory without a configuration is no council that was left out in silence. */
static void add_folder(struct config_councils *councils, size_t *room, const struct yaml_node *node, const char *folder,
                       const char *name, struct config_faults *faults)
{
	struct stat found;
	const char *own = join(councils->owned, folder, name), *path = join(councils->owned, own, FILE_NAME);
	bool off = false;
	if (name[0] == '.' || !is_folder(own))
		return;
	if (!is_name(name)) {
		yaml_fault(
			node, faults,
			"%s is no name for a council: it stands in the log; write 1 to %d letters, digits and hyphens",
			own, CONFIG_COUNCIL_NAME_MOST);
		return;
	}
	if (stat(path, &found) != 0) {
		int why = errno;
		off = why == ENOENT && stat(join(councils->owned, own, FILE_NAME OFF), &found) == 0;
		if (!off) {
			yaml_fault(node, faults,
			           "%s cannot be read (%s); write the council's configuration, or take its directory "
			           "away",
			           path, strerror(why));
			return;
		}
	}
	councils->off += off;
	*(struct config_council *)mem_push((void **)&councils->items, &councils->count, room, sizeof *councils->items) =
		(struct config_council){arena_copy_text(councils->owned, name, strlen(name)), path, off};
}

static void read_folder(struct config_councils *councils, const struct yaml_node *node, struct config_faults *faults)
{
	const char *folder = folder_of(councils->owned, node);
	size_t room = 0, before = faults->count;
	DIR *directory = opendir(folder);
	if (!directory) {
		yaml_fault(node, faults, "councils: %s cannot be read: %s; write a directory with one for each council",
		           folder, strerror(errno));
		return;
	}
	int why = 0;
	for (const struct dirent *entry; (entry = file_next(directory, &why));)
		add_folder(councils, &room, node, folder, entry->d_name, faults);
	if (why) /* one that was not seen would be taken for one that was taken away */
		yaml_fault(node, faults, "councils: %s cannot be read to its end: %s", folder, strerror(why));
	(void)closedir(directory);
	if (councils->count)
		qsort(councils->items, councils->count, sizeof *councils->items, by_name);
	else if (faults->count == before)
		yaml_fault(node, faults, "councils: there is none in %s; write NAME/" FILE_NAME " for each", folder);
	if (councils->count && councils->off == councils->count && faults->count == before)
		yaml_fault(node, faults, "councils: all %zu in %s are switched off (NAME/" FILE_NAME OFF ")",
		           councils->count, folder);
	if (councils->count > CONFIG_COUNCILS_MOST) {
		yaml_fault(
			node, faults,
			"councils: %zu are more than one process takes, and those after the first %d are left out; run "
			"another for them",
			councils->count, CONFIG_COUNCILS_MOST);
		for (size_t i = CONFIG_COUNCILS_MOST; i < councils->count; i++)
			councils->off -= councils->items[i].off;
		councils->count = CONFIG_COUNCILS_MOST;
	}
}

static void add_itself(struct config_councils *councils, const char *path)
{
	size_t room = 0;
	*(struct config_council *)mem_push((void **)&councils->items, &councils->count, &room,
	                                   sizeof *councils->items) =
		(struct config_council){NULL, arena_copy_text(councils->owned, path, strlen(path)), false};
}

bool config_councils_read(const char *path, struct config_councils *councils, struct config_faults *faults)
{
	static const char *const keys[] = {"councils", NULL};
	struct config_faults of_yaml = {0};
	size_t before = faults->count;
	*councils = (struct config_councils){.owned = arena_new(1024)};
	struct yaml_tree *tree = yaml_tree_read(path, &of_yaml);
	const struct yaml_node *root = tree ? yaml_tree_root(tree) : NULL, *node = yaml_get(root, "councils");
	struct text given;
	councils->named = node != NULL;
	if (!node)
		add_itself(councils, path);
	else if (yaml_check_keys(root, "a file that names councils", keys, faults) &&
	         yaml_read_text(node, "councils", &given, faults))
		read_folder(councils, node, faults);
	yaml_tree_free(tree);
	config_faults_free(&of_yaml);
	return faults->count == before;
}

void config_councils_free(struct config_councils *councils)
{
	free(councils->items);
	arena_free(councils->owned);
	*councils = (struct config_councils){0};
}

/* ---- what two of them may not share ---- */

/* Whether two paths are of one file, which need not be there yet. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;
	if (strcmp(a, b) == 0)
		return true;
	if (stat(a, &of_a) == 0 && stat(b, &of_b) == 0)
		return of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
	const char *name_a = strrchr(a, '/'), *name_b = strrchr(b, '/');
	if (!name_a || !name_b || strcmp(name_a, name_b) != 0)
		return false;
	struct buffer folder_a = {0}, folder_b = {0};
	buffer_add(&folder_a, a, (size_t)(name_a - a) + 1);
	buffer_add(&folder_b, b, (size_t)(name_b - b) + 1);
	bool same = stat(buffer_cstr(&folder_a), &of_a) == 0 && stat(buffer_cstr(&folder_b), &of_b) == 0 &&
	            of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
	buffer_free(&folder_a);
	buffer_free(&folder_b);
	return same;
}

/* The place of "web.socket" in the file; where it is not written, the file as a whole. */
static void fault_shared(const struct config *own, const struct config *other, const char *option, const char *value,
                         const char *why, struct config_faults *faults)
{
	struct config_faults of_yaml = {0};
	struct yaml_tree *tree = yaml_tree_read(own->path, &of_yaml);
	const struct yaml_node *node = tree ? yaml_tree_root(tree) : NULL;
	char part[64];
	for (const char *at = option; node && *at; at += strcspn(at, ".") + (at[strcspn(at, ".")] == '.')) {
		(void)snprintf(part, sizeof part, "%.*s", (int)strcspn(at, "."), at);
		node = yaml_get(node, part);
	}
	config_fault_add(faults, own->path, node ? node->line : 1, node ? node->column : 1,
	                 "%s is \"%s\", as in %s: %s", option, value, other->path, why);
	yaml_tree_free(tree);
	config_faults_free(&of_yaml);
}

static const char *brokers_of(const struct config *config)
{
	for (size_t i = 0; i < config->kafka.property_count; i++)
		if (strcmp(config->kafka.properties[i].name, "bootstrap.servers") == 0)
			return config->kafka.properties[i].value;
	return "";
}

static const char *topic_of_both(const struct config_kafka *own, const struct config_kafka *other)
{
	for (size_t i = 0; i < own->topic_count; i++)
		for (size_t j = 0; j < other->topic_count; j++)
			if (strcmp(own->topics[i], other->topics[j]) == 0)
				return own->topics[i];
	return NULL;
}

static void compare_partitions(const struct config *own, const struct config *other, struct config_faults *faults)
{
	char value[16];
	for (size_t i = 0; i < own->kafka.partition_count; i++)
		for (size_t j = 0; j < other->kafka.partition_count; j++) {
			if (own->kafka.partitions[i] != other->kafka.partitions[j])
				continue;
			(void)snprintf(value, sizeof value, "%d", (int)own->kafka.partitions[i]);
			fault_shared(own, other, "kafka.partitions", value,
			             "each would read the other's children; write a partition for each council",
			             faults);
		}
}

/* Whether a record could be of both: one is the other, or begins with it where that stands for all that do. */
static bool stands_for(const char *wide, const char *narrow)
{
	size_t length = strlen(wide);
	bool all_below = length && (wide[length - 1] == '/' || wide[length - 1] == ':');
	return strcmp(wide, narrow) == 0 || (all_below && strncmp(wide, narrow, length) == 0);
}

static void compare_sources(const struct config *own, const struct config *other, struct config_faults *faults)
{
	for (size_t i = 0; i < own->kafka.source_count; i++)
		for (size_t j = 0; j < other->kafka.source_count; j++)
			if (stands_for(own->kafka.sources[i], other->kafka.sources[j]) ||
			    stands_for(other->kafka.sources[j], own->kafka.sources[i]))
				fault_shared(own, other, "kafka.sources", own->kafka.sources[i],
				             "a record of the one in the other's partition would not be noticed; write "
				             "sources that each council alone has",
				             faults);
}

/* Each member of a group gets some partitions, and each reader of a topic all of it: either way a council would have
 * another's records, or not its own. Where both name partitions, none is a member. */
static void compare_kafka(const struct config *own, const struct config *other, struct config_faults *faults)
{
	const char *topic = topic_of_both(&own->kafka, &other->kafka);
	bool both_name = own->kafka.partition_count && other->kafka.partition_count;
	if (!own->kafka.topic_count || !other->kafka.topic_count || strcmp(brokers_of(own), brokers_of(other)) != 0)
		return;
	if (strcmp(own->kafka.group, other->kafka.group) == 0 && !both_name)
		fault_shared(own, other, "kafka.group", own->kafka.group,
		             "the two would take partitions from each other; write a group for each council", faults);
	if (topic && both_name) {
		compare_partitions(own, other, faults);
		compare_sources(own, other, faults);
	} else if (topic) {
		fault_shared(own, other, "kafka.topics", topic,
		             "each would read the other's children; write a topic for each council, or "
		             "kafka.partitions in both",
		             faults);
	}
}

/* One partition of the journal is one council's. */
static void compare_cell(const struct config *own, const struct config *other, struct config_faults *faults)
{
	const struct config_cell *a = &own->cell, *b = &other->cell;
	if (a->machine && b->machine && strcmp(a->journal, b->journal) == 0 && a->partition == b->partition)
		fault_shared(own, other, "cell.partition", a->journal,
		             "the two would refuse each other's records; write a partition for each council", faults);
}

void config_councils_compare(const struct config *own, const struct config *other, struct config_faults *faults)
{
	static const char only_one[] = "only one council can have it; write another";
	const struct {
		const char *option, *own, *other;
	} files[] = {
		{"database", own->database, other->database},
		{"spool", own->spool, other->spool},
		{"web.socket", own->web.socket, other->web.socket},
		{"http-intake.socket", own->http_intake.socket, other->http_intake.socket},
		{"smtp.bounces", own->smtp.bounces, other->smtp.bounces},
	};
	const struct {
		const char *option, *own, *other, *why;
	} words[] = {
		{"answer-url", own->answer_url, other->answer_url,
	         "its links lead to the pages of one council alone; write another"},
		{"dead-man.url", own->dead_man.url, other->dead_man.url,
	         "that one has fallen silent would not be seen while the other asks; write another"},
	};
	const char *own_addresses[][2] = {{"web.listen", own->web.listen},
	                                  {"http-intake.listen", own->http_intake.listen},
	                                  {"metrics.listen", own->metrics.listen}};
	const char *other_addresses[] = {other->web.listen, other->http_intake.listen, other->metrics.listen};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (files[i].own && files[i].other && is_same_file(files[i].own, files[i].other))
			fault_shared(own, other, files[i].option, files[i].own, only_one, faults);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].own && words[i].other && strcmp(words[i].own, words[i].other) == 0)
			fault_shared(own, other, words[i].option, words[i].own, words[i].why, faults);
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 3; j++)
			if (own_addresses[i][1] && other_addresses[j] &&
			    strcmp(own_addresses[i][1], other_addresses[j]) == 0)
				fault_shared(own, other, own_addresses[i][0], own_addresses[i][1], only_one, faults);
	compare_kafka(own, other, faults);
	compare_cell(own, other, faults);
}

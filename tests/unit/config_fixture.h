/* A directory with a casewatchd.yaml, and what the loader says of it: for the tests of the configuration. */
#ifndef CASEWATCH_TESTS_CONFIG_FIXTURE_H
#define CASEWATCH_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/config.h"
#include "rules/load/load.h"

/* The rules that the next load finds: here one rule that tells `told`. It stands in for the room's own reader of rules,
 * which has tests of its own. */
static const char *told, *told_at_night; /* the second: its out-of-hours; NULL: none */

struct ruleset *rules_load_dir(const char *dir, struct config_faults *faults)
{
	if (strstr(dir, "no-such")) {
		config_fault_add(faults, dir, 1, 1, "cannot be opened: No such file or directory");
		return NULL;
	}
	struct ruleset *set = ruleset_new();
	if (!told)
		return set;
	struct arena *arena = ruleset_arena(set);
	struct rule *rule = memset(arena_alloc(arena, sizeof *rule), 0, sizeof *rule);
	struct step *step = memset(arena_alloc(arena, sizeof *step), 0, sizeof *step);
	step->roles = arena_alloc(arena, sizeof *step->roles);
	step->roles[0] = told;
	step->role_count = 1;
	*rule = (struct rule){.id = "custody.threshold", .file = "rules/custody.yaml", .line = 7, .steps = step,
	                      .step_count = 1, .out_of_hours = told_at_night};
	set->rules = rule;
	set->rule_count = 1;
	return set;
}

static char directory[] = "/tmp/casewatch-config-XXXXXX";
static char path[64];

static inline void write_file(const char *name, const char *bytes, mode_t mode)
{
	char whole[128];
	(void)snprintf(whole, sizeof whole, "%s/%s", directory, name);
	(void)unlink(whole);
	FILE *file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(whole, mode), 0);
}

static inline int make_directory(void **state)
{
	(void)state;
	char here[1024], whole[1200], link[128];
	if (!mkdtemp(directory) || !getcwd(here, sizeof here))
		return -1;
	(void)snprintf(path, sizeof path, "%s/casewatchd.yaml", directory);
	static const char *const files[] = {"directory.yaml", "bank-holidays.json"};
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(whole, sizeof whole, "%s/conf/%s", here, files[i]);
		(void)snprintf(link, sizeof link, "%s/%s", directory, files[i]);
		if (symlink(whole, link) != 0)
			return -1;
	}
	write_file("secret", "correct horse\n", 0600);
	write_file("open-secret", "correct horse\n", 0644);
	write_file("empty-secret", "", 0600);
	write_file("key", "0123456789abcdef0123456789abcdef\n", 0600);
	write_file("ca.pem", "a certificate\n", 0644);
	write_file("not.json", "{]", 0644);
	return unsetenv("CREDENTIALS_DIRECTORY");
}

static inline int remove_directory(void **state)
{
	(void)state;
	static const char *const files[] = {
		"directory.yaml", "bank-holidays.json", "secret",      "open-secret",    "key", "empty-secret",
		"ca.pem",         "not.json",           "spoilt.yaml", "casewatchd.yaml"};
	char whole[128];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		(void)snprintf(whole, sizeof whole, "%s/%s", directory, files[i]);
		(void)unlink(whole);
	}
	return rmdir(directory);
}

/* The faults as "FILE:LINE:COLUMN: TEXT", one a line; the test's directory is shown as "@". */
static inline void all_of(const struct config_faults *faults, struct buffer *out)
{
	struct buffer raw = {0};
	for (size_t i = 0; i < faults->count; i++)
		buffer_format(&raw, "%s%s:%d:%d: %s", i ? "\n" : "", faults->items[i].file, faults->items[i].line,
		              faults->items[i].column, faults->items[i].text);
	buffer_clear(out);
	const char *at = buffer_cstr(&raw);
	for (const char *next; (next = strstr(at, directory)); at = next + strlen(directory)) {
		buffer_add(out, at, (size_t)(next - at));
		buffer_char(out, '@');
	}
	buffer_string(out, at);
	buffer_free(&raw);
}

static inline struct config *load(const char *bytes, struct config_faults *faults)
{
	write_file("casewatchd.yaml", bytes, 0644);
	return config_load(path, NULL, faults);
}

static inline void assert_faults(const char *bytes, const char *expected)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct config *config = load(bytes, &faults);
	all_of(&faults, &said);
	if (strcmp(buffer_cstr(&said), expected) != 0)
		print_error("for:\n%s\n", bytes);
	assert_string_equal(buffer_cstr(&said), expected);
	assert_null(config);
	buffer_free(&said);
	config_faults_free(&faults);
}

static inline struct config *assert_loads(const char *bytes)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct config *config = load(bytes, &faults);
	all_of(&faults, &said);
	assert_string_equal(buffer_cstr(&said), "");
	assert_non_null(config);
	buffer_free(&said);
	config_faults_free(&faults);
	return config;
}

#define WHOLE "council: Example Council\ndatabase: casewatch.db\n" /* two lines; cases go on with the third */
#define DURATIONS "write 1 to 1000 minutes, hours, days, working days, weeks or months"

#endif

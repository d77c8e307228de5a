/* A directory that contradicts itself thousands of times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/directory_load.h"

#define DIRECTORY                                                                                                      \
	"people:\n"                                                                                                    \
	"  - {id: p-director, email: a@example.org}\n"                                                                 \
	"  - {id: p-dcs, email: b@example.org}\n"                                                                      \
	"  - {id: p-other, email: other@example.org}\n"                                                                \
	"  - {id: p-ops, email: ops@example.org}\n"                                                                    \
	"teams: [{id: duty, title: Duty, manager: p-other, head: p-other}]\n"                                          \
	"duty-team: duty\n"                                                                                            \
	"duty-phone: 01632 960123\n"                                                                                   \
	"ladder: [director, dcs]\n"                                                                                    \
	"roles:\n"                                                                                                     \
	"  director: {title: Director of Children's Care, people: [p-other, p-director]}\n"                            \
	"  dcs: {title: Director of Children's Services, people: p-dcs}\n"                                             \
	"  ops: {title: Operations, people: p-ops}\n"

/* What is wrong with it, as "LINE TEXT"; empty: nothing. */
static void load(const char *bytes, struct buffer *said)
{
	char path[] = "/tmp/casewatch-ladder-XXXXXX";
	struct config_faults faults = {0};
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, strlen(bytes)), strlen(bytes));
	(void)close(file);
	directory_free(directory_load(path, NULL, 0, &faults));
	buffer_clear(said);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(said, "%s%d %s", i ? "\n" : "", faults.items[i].line, faults.items[i].text);
	(void)unlink(path);
	config_faults_free(&faults);
}

/* Of a directory that a program wrote: what is wrong is said, and each contradiction of thousands is not. */
static void however_many_teams_and_covers_there_are_what_is_wrong_is_said(void **state)
{
	enum { MANY = 4000 };
	struct buffer bytes = {0}, said = {0};
	size_t lines = 0;
	(void)state;
	buffer_string(&bytes, DIRECTORY "cover:\n");
	for (int i = 0; i < MANY; i++)
		buffer_format(&bytes, "  - {person: p-%s, by: p-%s, from: 2026-01-01, until: 2026-01-02}\n",
		              i % 2 ? "dcs" : "director", i % 2 ? "director" : "dcs");
	load(buffer_cstr(&bytes), &said);
	for (const char *at = buffer_cstr(&said); (at = strstr(at, "is away then and covered")); at++)
		lines++;
	assert_in_range(lines, MANY, 5 * MANY);
	buffer_clear(&bytes);
	buffer_string(&bytes, "teams:\n  - {id: t0, title: T, head: p-other, manager: p-other, parent: tx}\n");
	for (int i = 1; i < MANY; i++)
		buffer_format(&bytes, "  - {id: t%d, title: T, manager: p-nobody, parent: t%d}\n", i, i - 1);
	buffer_string(&bytes, "people: [{id: p-other, email: o@example.org}]\nduty-team: t0\nduty-phone: 01632 960123\n"
	                      "roles: {ops: {title: Operations, people: p-other}}\nladder: []\n");
	load(buffer_cstr(&bytes), &said);
	assert_non_null(strstr(buffer_cstr(&said), "2 parent is \"tx\", which is no team here"));
	assert_non_null(strstr(buffer_cstr(&said), "\n4001 manager is \"p-nobody\", which is no person here"));
	assert_null(strstr(buffer_cstr(&said), "has no head"));
	buffer_free(&bytes);
	buffer_free(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(however_many_teams_and_covers_there_are_what_is_wrong_is_said),
	};
	return cmocka_run_group_tests_name("directory_large", tests, NULL, NULL);
}

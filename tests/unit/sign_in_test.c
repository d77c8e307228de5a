/* Who signs in, and what the directory says that they may see; a directory that would let somebody in as another is
 * refused or names nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/directory_load.h"
#include "scratch_file.h"

static char bytes[4096];

static struct directory *load(const char *people, const char *roles, const char *more, struct config_faults *faults)
{
	(void)snprintf(bytes, sizeof bytes,
	               "duty-team: duty\nduty-phone: 01632 960123\nladder: [director]\npeople:\n"
	               "  - {id: p-director, email: director@example.org}\n"
	               "  - {id: p-head, email: head@example.org}\n  - {id: p-tm, email: tm@example.org}\n%s"
	               "teams:\n  - {id: duty, title: Duty, manager: p-tm, head: p-head}\n"
	               "roles:\n  director: {title: Director, people: p-director, sees: all}\n"
	               "  team-manager: {title: Team manager, from: manager}\n"
	               "  head-of-service: {title: Head of Service, from: head}\n"
	               "  ops: {title: Operations, people: p-tm, runs: true}\n"
	               "  edt: {title: Emergency Duty Team, people: p-head}\n%s%s",
	               people, roles, more);
	const char *path = scratch_file(bytes, strlen(bytes));
	struct directory *directory = directory_load(path, NULL, 0, faults);
	(void)remove(path);
	return directory;
}

static void assert_is(const struct directory *directory, const char *login, const char *id)
{
	const struct person *person = directory_login(directory, text_of(login));
	if (!id)
		assert_null(person);
	else
		assert_string_equal(person ? person->id : "nobody", id);
}

static void a_person_is_known_by_login_else_by_id_or_email_without_regard_to_capitals(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	struct directory *directory =
		load("  - {id: p-edt, email: edt@example.org, login: [a.shaw@example.org, j.lee]}\n", "", "", &faults);
	assert_non_null(directory);
	assert_is(directory, "A.Shaw@example.org", "p-edt");
	assert_is(directory, "j.lee", "p-edt");
	assert_is(directory, "edt@example.org",
	          NULL); /* who has logins is known by them alone: a mailbox is no person */
	assert_is(directory, "TM@example.org", "p-tm");
	assert_is(directory, "p-tm", "p-tm");
	assert_is(directory, "", NULL);
	assert_is(directory, "p-t", NULL);
	directory_free(directory);
	config_faults_free(&faults);
}

static void a_login_that_two_people_have_is_nobodys(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	struct directory *directory = load("  - {id: p-a, email: a@example.org, login: shared}\n"
	                                   "  - {id: p-b, email: b@example.org, login: Shared}\n",
	                                   "", "", &faults);
	assert_non_null(directory);
	assert_is(directory, "shared", NULL);
	directory_free(directory);
	config_faults_free(&faults);
}

static void managers_and_heads_see_their_teams_and_others_their_own_unless_it_is_said(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	struct directory *directory =
		load("", "  psw: {title: Principal social worker, people: p-head, sees: teams}\n", "", &faults);
	assert_non_null(directory);
	static const struct {
		const char *role;
		enum role_sees sees;
		bool runs;
	} expected[] = {{"director", SEES_ALL, false},
	                {"team-manager", SEES_TEAMS, false},
	                {"head-of-service", SEES_TEAMS, false},
	                {"ops", SEES_OWN, true},
	                {"edt", SEES_OWN, false},
	                {"psw", SEES_TEAMS, false}};
	assert_int_equal(directory->role_count, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < directory->role_count; i++) {
		assert_string_equal(directory->roles[i].role, expected[i].role);
		assert_int_equal(directory->roles[i].sees, expected[i].sees);
		assert_int_equal(directory->roles[i].runs, expected[i].runs);
	}
	directory_free(directory);
	config_faults_free(&faults);
}

static void a_restricted_case_is_for_people_of_the_directory(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	struct directory *directory = load("", "", "restricted:\n  C1003: [p-head, p-director]\n", &faults);
	assert_non_null(directory);
	assert_int_equal(directory->restricted_count, 1);
	assert_string_equal(directory->restricted[0].child, "C1003");
	assert_int_equal(directory->restricted[0].people_count, 2);
	directory_free(directory);
	assert_null(load("", "", "restricted:\n  C1003: [p-haed]\n", &faults));
	assert_int_equal(faults.count, 1);
	assert_non_null(strstr(faults.items[0].text, "p-haed is nobody of people"));
	config_faults_free(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_person_is_known_by_login_else_by_id_or_email_without_regard_to_capitals),
		cmocka_unit_test(a_login_that_two_people_have_is_nobodys),
		cmocka_unit_test(managers_and_heads_see_their_teams_and_others_their_own_unless_it_is_said),
		cmocka_unit_test(a_restricted_case_is_for_people_of_the_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

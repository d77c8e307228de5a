/* An address on a channel that is not configured reaches nobody: whoever asks whether somebody can be told hears no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/check/check_reach.h"
#include "config/config.h"
#include "ops/ops.h"
#include "people/answerer.h"
#include "store/store_internal.h"
#include "store_fixture.h"
#include "scratch_file.h"

/* The shipped configuration with this beside it, and a directory of which some hear by a webhook alone. */
static struct config *configured(const char *more)
{
	char command[2048], here[256];
	struct config_faults faults = {0};
	assert_non_null(getcwd(here, sizeof here));
	const char *folder = mkdtemp(strdupa("/tmp/casewatch-reach-XXXXXX"));
	(void)snprintf(command, sizeof command,
	               "cp -r %s/conf/. %s && sed -i 's|: \\.\\./rules|: %s/rules|' %s/casewatchd.yaml && "
	               "printf '%%b' '%s' >>%s/casewatchd.yaml && "
	               "sed -i 's|id: p-edt, email: [^,]*,|id: p-edt, webhook: \"https://hooks.example/1\",|' "
	               "%s/directory.yaml",
	               here, folder, here, folder, more, folder, folder);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof command, "%s/casewatchd.yaml", folder);
	struct config *config = config_load(command, NULL, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].text);
	assert_non_null(config);
	config_faults_free(&faults);
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	return config;
}

static const struct person *person(const struct config *config, const char *id)
{
	const struct person *found = directory_person(config->directory, text_of(id));
	assert_non_null(found);
	return found;
}

static bool passes_to(const struct config *config, const char *role)
{
	return answerer_passes_to(config->directory, text_of(role), TEXT("p-somebody-else"), NULL, 0, 20000);
}

#define MAIL "\nsmtp: {host: mail.example, from: casewatch@council.example}\n"

static void who_has_an_address_on_no_channel_that_is_configured_is_not_reached(void **state)
{
	(void)state;
	struct config *config = configured("");
	struct buffer said = {0};
	assert_false(config_sends_by(config, CHANNEL_EMAIL));
	assert_false(directory_reaches(config->directory, person(config, "p-director")));
	assert_true(directory_reaches(config->directory, person(config, "p-edt")));
	assert_false(passes_to(config, "director"));
	assert_true(passes_to(config, "edt"));
	check_reach(config, &said);
	assert_non_null(strstr(buffer_cstr(&said), "Nothing that is configured reaches p-dcs, p-director, "));
	assert_non_null(
		strstr(buffer_cstr(&said), ": what falls to them goes to the next step at once, and ops hear of it."));
	assert_null(strstr(buffer_cstr(&said), "p-edt,"));
	buffer_free(&said);
	config_free(config);
}

static void who_has_one_on_a_channel_that_is_configured_is(void **state)
{
	(void)state;
	struct config *config = configured(MAIL);
	struct buffer said = {0};
	assert_true(directory_reaches(config->directory, person(config, "p-director")));
	assert_true(directory_reaches_by(config->directory, person(config, "p-director"), CHANNEL_EMAIL));
	assert_false(directory_reaches_by(config->directory, person(config, "p-director"), CHANNEL_TEXT));
	assert_true(passes_to(config, "director"));
	check_reach(config, &said);
	assert_null(strstr(buffer_cstr(&said), "Nothing that is configured"));
	buffer_free(&said);
	config_free(config);
}

/* Its order is all there is of a person: who is to be told by text alone is told by nothing else. */
static void whose_own_channels_are_none_that_are_configured_is_not_reached(void **state)
{
	(void)state;
	struct config *config = configured(MAIL);
	struct person *director = &config->directory->people[person(config, "p-director") - config->directory->people];
	director->order[0] = CHANNEL_TEXT;
	director->order_count = 1;
	assert_false(directory_reaches(config->directory, director));
	config_free(config);
}

/* A step that names a channel goes by it, whatever their own order is. */
static void whom_a_step_reaches_by_the_channel_it_names_is_reached_at_that_step(void **state)
{
	static const char *const text[] = {"text"}, *const webhook[] = {"webhook"};
	struct buffer said = {0};
	(void)state;
	struct config *config = configured(MAIL);
	config->directory->unsent[CHANNEL_TEXT] = false;
	const char *names[] = {"text"};
	struct step *step = &config->rules->rules[0].steps[0];
	struct person *director = &config->directory->people[person(config, "p-director") - config->directory->people];
	director->order[0] = CHANNEL_WEBHOOK;
	director->order_count = 1;
	assert_false(directory_reaches(config->directory, director));
	assert_true(directory_reaches_at(config->directory, director, text, 1));
	assert_false(directory_reaches_at(config->directory, director, webhook, 1));
	assert_false(directory_reaches_at(config->directory, director, NULL, 0));
	check_reach(config, &said);
	assert_non_null(
		strstr(buffer_cstr(&said), "Nothing that is configured reaches p-director: what falls to them"));
	buffer_clear(&said);
	step->channels = names;
	step->channel_count = 1;
	check_reach(config, &said);
	step->channels = NULL;
	step->channel_count = 0;
	assert_non_null(strstr(buffer_cstr(&said), "Nothing that is configured reaches p-director but steps that name "
	                                           "a channel, as of rule "));
	assert_null(strstr(buffer_cstr(&said), "p-director: what falls to them"));
	buffer_free(&said);
	config_free(config);
}

/* A reload puts all in force but the channels, which are there from the start on. */
static void until_a_restart_those_are_reached_whom_what_was_started_reaches(void **state)
{
	(void)state;
	struct config *mail = configured(MAIL), *none = configured("");
	config_sends_as(none, mail);
	assert_true(directory_reaches(none->directory, person(none, "p-director")));
	assert_true(directory_reaches(none->directory, person(none, "p-edt")));
	config_free(none);
	none = configured("");
	config_sends_as(mail, none);
	assert_false(directory_reaches(mail->directory, person(mail, "p-director")));
	assert_true(directory_reaches(mail->directory, person(mail, "p-edt")));
	config_free(mail);
	config_free(none);
}

/* A list goes by email, or as the address of its page by text: a team whose manager gets neither is the duty team's. */
static void a_team_whose_manager_is_sent_nothing_is_read_by_nobody(void **state)
{
	struct recipient reader;
	(void)state;
	for (int mail = 0; mail < 2; mail++) {
		struct config *config = configured(mail ? MAIL : "");
		size_t managed = 0, read = 0;
		for (size_t i = 0; i < config->directory->team_count; i++) {
			const struct team *team = &config->directory->teams[i];
			managed += team->manager != NULL;
			read += directory_team_reader(config->directory, team, 20000, &reader);
		}
		assert_true(managed > 0);
		assert_int_equal(read, mail ? managed : 0);
		config_free(config);
	}
}

/* Nothing at all is sent: each is said to be reached as they would be, by whoever tries the rules. */
static void in_shadow_each_is_as_good_as_reached(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	struct config *config = config_load("conf/casewatchd.yaml", NULL, &faults);
	assert_non_null(config);
	for (int kind = 0; kind < CHANNEL_KINDS; kind++)
		assert_false(config_sends_by(config, (enum channel_kind)kind));
	assert_true(directory_reaches(config->directory, person(config, "p-director")));
	config_free(config);
}

/* Whoever of ops has a phone, and no text is sent: a message to it would be given up, and say so to nobody. */
static void that_mail_is_down_is_no_text_where_none_is_configured(void **state)
{
	static const char *holders[] = {"p-ops"};
	struct person people[1] = {{.id = "p-ops", .addresses = {[CHANNEL_TEXT] = "07700 900123"}}};
	struct role_title roles[1] = {{.role = DIRECTORY_OPS, .people = holders, .people_count = 1}};
	struct directory small = {.people = people, .person_count = 1, .roles = roles, .role_count = 1};
	struct config *config = configured(MAIL);
	struct fixture *f = *state;
	struct ops *ops = ops_new(f->store, config->calendar);
	ops_use_owners(ops, &small);
	for (int sent = 0; sent < 2; sent++) {
		struct ops_word word = {.what = OPS_MAIL_DOWN, .key = text_of(sent ? "b" : "a")};
		int64_t owed;
		small.unsent[CHANNEL_TEXT] = !sent;
		OK(ops_say(ops, &word, 1770000000 * SECOND, &f->fault));
		OK(store_pragma(f->store, "SELECT count(*) FROM outbox WHERE rule = 'ops.mail-down'", &owed,
		                &f->fault));
		assert_int_equal(owed, sent);
	}
	ops_free(ops);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_an_address_on_no_channel_that_is_configured_is_not_reached),
		cmocka_unit_test(who_has_one_on_a_channel_that_is_configured_is),
		cmocka_unit_test(whose_own_channels_are_none_that_are_configured_is_not_reached),
		cmocka_unit_test(until_a_restart_those_are_reached_whom_what_was_started_reaches),
		cmocka_unit_test(whom_a_step_reaches_by_the_channel_it_names_is_reached_at_that_step),
		cmocka_unit_test(a_team_whose_manager_is_sent_nothing_is_read_by_nobody),
		cmocka_unit_test_setup_teardown(that_mail_is_down_is_no_text_where_none_is_configured, fixture_setup,
	                                        fixture_teardown),
		cmocka_unit_test(in_shadow_each_is_as_good_as_reached),
	};
	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}

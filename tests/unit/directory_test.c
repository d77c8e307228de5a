/* Who is told for a child today; and a directory that could leave somebody untold is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/directory_load.h"
#include "scratch_file.h"

/* A small council: an area with a head and two teams, one with its own head; a duty team. */
#define PEOPLE                                                                                                         \
	"duty-team: duty\n"                                                                                            \
	"duty-phone: 01632 960123\n"                                                                                   \
	"people:\n"                                                                                                    \
	"  - {id: p-director, email: director@example.org}\n"                                                          \
	"  - {id: p-dcs, email: dcs@example.org}\n"                                                                    \
	"  - {id: p-edt, email: edt@example.org, phone: 01632 960123, channels: [text, email], hours: "                \
	"\"00:00-24:00\"}\n"                                                                                           \
	"  - {id: p-ops, email: ops@example.org}\n"                                                                    \
	"  - {id: p-head-area, email: head.area@example.org}\n"                                                        \
	"  - {id: p-head-south, email: head.south@example.org}\n"                                                      \
	"  - {id: p-tm-north, email: tm.north@example.org}\n"                                                          \
	"  - {id: p-tm-south, email: tm.south@example.org}\n"                                                          \
	"  - {id: p-tm-duty, email: tm.duty@example.org}\n"                                                            \
	"  - {id: p-sw-1, worker: W1, email: sw.1@example.org}\n"                                                      \
	"  - {id: p-sw-2, worker: W2, email: sw.2@example.org}\n"                                                      \
	"  - {id: p-iro, worker: W3, email: iro@example.org}\n"                                                        \
	"  - {id: p-iro-pool, email: iro.pool@example.org}\n"
#define TEAMS                                                                                                          \
	"teams:\n"                                                                                                     \
	"  - {id: area, title: Area, head: p-head-area}\n"                                                             \
	"  - {id: north, title: North, parent: area, manager: p-tm-north}\n"                                           \
	"  - {id: south, title: South, parent: area, manager: p-tm-south, head: p-head-south}\n"                       \
	"  - {id: duty, title: Duty, parent: area, manager: p-tm-duty}\n"
#define ROLES                                                                                                          \
	"ladder: [director, dcs]\n"                                                                                    \
	"roles:\n"                                                                                                     \
	"  social-worker: {title: Social worker, from: allocation}\n"                                                  \
	"  team-manager: {title: Team manager, from: manager}\n"                                                       \
	"  head-of-service: {title: Head of Service, from: head}\n"                                                    \
	"  director: {title: Director of Children's Care, people: p-director}\n"                                       \
	"  dcs: {title: Director of Children's Services, people: p-dcs}\n"                                             \
	"  edt: {title: Emergency Duty Team, people: [p-edt]}\n"                                                       \
	"  ops: {title: Operations, people: p-ops}\n"                                                                  \
	"  iro: {title: Reviewing officer, from: allocation, people: p-iro-pool}\n"                                    \
	"  vpg-chair: {title: Chair of the VPG, people: [p-tm-north, p-tm-south]}\n"                                   \
	"  named: {title: Person named, from: event}\n"

static struct directory *load(const char *bytes, struct config_faults *faults)
{
	const char *path = scratch_file(bytes, strlen(bytes));
	struct directory *directory = directory_load(path, NULL, 0, faults);
	(void)remove(path);
	return directory;
}

static struct directory *loaded(const char *bytes)
{
	struct config_faults faults = {0};
	struct directory *directory = load(bytes, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%d:%d %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	assert_non_null(directory);
	config_faults_free(&faults);
	return directory;
}

/* The faults as "LINE:COLUMN TEXT", one a line. */
static void assert_refused(const char *bytes, const char *expected)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct directory *directory = load(bytes, &faults);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(&said, "%s%d:%d %s", i ? "\n" : "", faults.items[i].line, faults.items[i].column,
		              faults.items[i].text);
	assert_string_equal(buffer_cstr(&said), expected);
	assert_null(directory);
	buffer_free(&said);
	config_faults_free(&faults);
}

static const civil_day today = 18297; /* 5 February 2020 */

/* Who is told, as "p-a p-b(for p-c)". */
static void assert_told(const struct directory *directory, const char *role, const struct allocation *open,
                        size_t count, civil_day day, const char *expected)
{
	struct recipient recipients[8];
	struct buffer said = {0};
	size_t found = directory_resolve(directory, text_of(role), open, count, day, recipients, 8);
	for (size_t i = 0; i < found; i++) {
		buffer_format(&said, "%s%s", i ? " " : "", recipients[i].person->id);
		if (recipients[i].covers)
			buffer_format(&said, "(for %s)", recipients[i].covers->id);
		assert_string_equal(recipients[i].role, role);
	}
	assert_string_equal(buffer_cstr(&said), expected);
	buffer_free(&said);
}

#define ALLOCATED(role_, worker_, team_) {.role = TEXT(role_), .worker = TEXT(worker_), .team = TEXT(team_)}

static const struct allocation in_north[] = {ALLOCATED("social-worker", "W1", "north")};
static const struct allocation in_both[] = {ALLOCATED("social-worker", "W1", "north"),
                                            ALLOCATED("social-worker", "W2", "south"),
                                            ALLOCATED("social-worker", "W1", "south")};

static void the_worker_the_manager_and_the_head_of_a_child_are_told(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	assert_told(directory, "social-worker", in_north, 1, today, "p-sw-1");
	assert_told(directory, "team-manager", in_north, 1, today, "p-tm-north");
	assert_told(directory, "head-of-service", in_north, 1, today, "p-head-area");
	assert_told(directory, "director", in_north, 1, today, "p-director");
	assert_told(directory, "vpg-chair", in_north, 1, today, "p-tm-north p-tm-south");
	directory_free(directory);
}

static void a_child_of_two_teams_has_both_managers_and_each_person_once(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	assert_told(directory, "social-worker", in_both, 3, today, "p-sw-1 p-sw-2");
	assert_told(directory, "team-manager", in_both, 3, today, "p-tm-north p-tm-south");
	assert_told(directory, "head-of-service", in_both, 3, today, "p-head-area p-head-south");
	directory_free(directory);
}

static void a_child_no_team_holds_is_the_duty_teams(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	const struct allocation unknown[] = {ALLOCATED("social-worker", "W-unknown", "closed-team")};
	const struct allocation no_team[] = {{.role = TEXT("social-worker"), .worker = TEXT("W1")}};
	const struct team *teams[4];
	assert_told(directory, "team-manager", NULL, 0, today, "p-tm-duty");
	assert_told(directory, "team-manager", unknown, 1, today, "p-tm-duty");
	assert_told(directory, "head-of-service", no_team, 1, today, "p-head-area");
	assert_told(directory, "social-worker", NULL, 0, today, "");
	assert_told(directory, "social-worker", unknown, 1, today, "");
	assert_int_equal(directory_teams(directory, NULL, 0, teams, 4), 1);
	assert_string_equal(teams[0]->id, "duty");
	directory_free(directory);
}

static void an_allocated_role_falls_back_on_those_who_hold_it_for_all(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	const struct allocation with_iro[] = {ALLOCATED("iro", "W3", "")};
	assert_told(directory, "iro", with_iro, 1, today, "p-iro");
	assert_told(directory, "iro", in_north, 1, today, "p-iro-pool");
	directory_free(directory);
}

static void a_record_cannot_appoint_a_director(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	const struct allocation forged[] = {ALLOCATED("director", "W1", "north"),
	                                    ALLOCATED("team-manager", "W1", "north")};
	assert_told(directory, "director", forged, 2, today, "p-director");
	assert_told(directory, "team-manager", forged, 2, today, "p-tm-north");
	directory_free(directory);
}

static void a_role_nobody_knows_is_held_by_nobody(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	assert_told(directory, "zookeeper", in_north, 1, today, "");
	assert_told(directory, "named", in_north, 1, today, "");
	assert_false(directory_knows_role(directory, TEXT("zookeeper")));
	assert_true(directory_knows_role(directory, TEXT("edt")));
	assert_string_equal(directory_role_title(directory, "edt"), "Emergency Duty Team");
	assert_string_equal(directory_role_title(directory, "zookeeper"), "zookeeper");
	directory_free(directory);
}

static void a_manager_on_leave_is_covered_on_both_dates_and_between(void **state)
{
	(void)state;
	struct directory *directory =
		loaded(PEOPLE TEAMS ROLES "cover:\n"
	                                  "  - {person: p-tm-north, by: p-tm-south, from: 2020-02-05, "
	                                  "until: 2020-02-07}\n");
	assert_told(directory, "team-manager", in_north, 1, today - 1, "p-tm-north");
	assert_told(directory, "team-manager", in_north, 1, today, "p-tm-south(for p-tm-north)");
	assert_told(directory, "team-manager", in_north, 1, today + 2, "p-tm-south(for p-tm-north)");
	assert_told(directory, "team-manager", in_north, 1, today + 3, "p-tm-north");
	/* Who is there for both holds it by themself, and is told once. */
	assert_told(directory, "vpg-chair", in_north, 1, today, "p-tm-south");
	assert_told(directory, "team-manager", in_both, 3, today, "p-tm-south");
	directory_free(directory);
}

#define OF_ALL "  - {person: p-tm-north, by: p-tm-duty, from: 2020-02-01, until: 2020-02-29}\n"
#define OF_CHAIR "  - {person: p-tm-north, by: p-tm-south, role: vpg-chair, from: 2020-02-01, until: 2020-02-29}\n"

static void assert_chair_comes_first(const char *text)
{
	struct directory *directory = loaded(text);
	assert_told(directory, "team-manager", in_north, 1, today, "p-tm-duty(for p-tm-north)");
	assert_told(directory, "vpg-chair", in_north, 1, today, "p-tm-south");
	const struct person *north = directory_person(directory, TEXT("p-tm-north"));
	struct recipient named = directory_stand_in(directory, north, "named", today);
	assert_string_equal(named.person->id, "p-tm-duty");
	assert_string_equal(named.covers->id, "p-tm-north");
	directory_free(directory);
}

static void cover_for_one_role_leaves_the_others_and_comes_first(void **state)
{
	(void)state;
	assert_chair_comes_first(PEOPLE TEAMS ROLES "cover:\n" OF_ALL OF_CHAIR);
	assert_chair_comes_first(PEOPLE TEAMS ROLES "cover:\n" OF_CHAIR OF_ALL); /* in whatever order they stand */
}

static void no_more_are_found_than_there_is_room_for(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	struct recipient one[1];
	assert_int_equal(directory_resolve(directory, TEXT("vpg-chair"), NULL, 0, today, one, 1), 1);
	assert_int_equal(directory_resolve(directory, TEXT("vpg-chair"), NULL, 0, today, one, 0), 0);
	directory_free(directory);
}

static void people_have_channels_and_hours(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES);
	const struct person *edt = directory_person(directory, TEXT("p-edt"));
	assert_int_equal(edt->order_count, 2);
	assert_int_equal(edt->order[0], CHANNEL_TEXT);
	assert_int_equal(edt->hours_until, 1440);
	const struct person *worker = directory_worker(directory, TEXT("W1"));
	assert_string_equal(worker->addresses[CHANNEL_EMAIL], "sw.1@example.org");
	assert_int_equal(worker->order_count, 1);
	assert_int_equal(worker->order[0], CHANNEL_EMAIL);
	assert_int_equal(worker->hours_from, -1);
	assert_string_equal(directory->duty_phone, "01632 960123");
	directory_free(directory);
}

static void ids_that_lead_nowhere_are_named(void **state)
{
	(void)state;
	assert_refused(PEOPLE TEAMS
	               "  - {id: east, title: East, parent: aera, manager: p-tm-nroth, head: p-nobody}\n" ROLES,
	               "22:52 manager is \"p-tm-nroth\", which is no person here; did you mean \"p-tm-north\"?\n"
	               "22:70 head is \"p-nobody\", which is no person here; add them to people\n"
	               "22:37 parent is \"aera\", which is no team here; did you mean \"area\"?");
	assert_refused(PEOPLE TEAMS ROLES "  psw: {title: Principal, people: [p-psw]}\n",
	               "34:35 people is \"p-psw\", which is no person here; add them to people");
	assert_refused("duty-team: dty\n", "1:1 the directory has no duty-phone; write it\n"
	               "1:1 the directory has no ladder; write it\n"
	                                                        "1:1 the directory has no people; write it\n"
	                                                        "1:1 the directory has no teams; write it\n"
	                                                        "1:1 the directory has no roles; write it");
	assert_refused(PEOPLE TEAMS ROLES
	               "cover:\n  - {person: p-x, by: p-y, role: z, from: 2020-02-01, until: 2020-02-02}\n",
	               "35:14 person is \"p-x\", which is no person here; add them to people\n"
	               "35:23 by is \"p-y\", which is no person here; add them to people\n"
	               "35:34 role is \"z\", which is no role here; add it to roles");
}

static void one_who_is_reached_by_webhook_needs_no_email(void **state)
{
	(void)state;
	struct directory *directory = loaded(
		PEOPLE "  - {id: p-teams, webhook: 'https://hooks.example.org/a', webhook-form: teams-card}\n"
		       "  - {id: p-both, email: b@example.org, webhook: 'https://hooks.example.org/b', channels: "
		       "[webhook, email]}\n" TEAMS ROLES);
	const struct person *teams = directory_person(directory, TEXT("p-teams"));
	assert_string_equal(directory_address(teams, CHANNEL_WEBHOOK), "https://hooks.example.org/a");
	assert_string_equal(teams->webhook_form, "teams-card");
	assert_int_equal(teams->order_count, 1);
	assert_int_equal(teams->order[0], CHANNEL_WEBHOOK);
	assert_int_equal(directory_person(directory, TEXT("p-both"))->order[0], CHANNEL_WEBHOOK);
	directory_free(directory);
	assert_refused(PEOPLE "  - {id: p-x, webhook: 'ftp://hooks.example.org/a'}\n" TEAMS ROLES,
	               "17:24 person p-x: webhook is not an address: it does not begin with https:// or http://; write "
	               "one such as "
	               "https://hooks.example.org/abc");
	assert_refused(PEOPLE "  - {id: p-x, email: x@example.org, webhook-form: slack}\n" TEAMS ROLES,
	               "17:51 person p-x has a webhook-form and no webhook; write its address");
	assert_refused(PEOPLE "  - {id: p-x, email: x@example.org, channels: [webhook]}\n" TEAMS ROLES,
	               "17:48 channels has webhook but there is no webhook; write one");
}

static void nobody_is_there_twice(void **state)
{
	(void)state;
	assert_refused(PEOPLE "  - {id: p-sw-1, worker: W2, email: a@example.org}\n" TEAMS
	                      "  - {id: north, title: North, manager: p-ops, head: p-ops}\n" ROLES,
	               "17:10 person p-sw-1 stands here a second time; keep one\n"
	               "17:26 worker W2 stands here a second time; one worker is one person\n"
	               "23:10 team north stands here a second time; keep one");
}

static void parents_that_come_back_to_themselves_are_refused(void **state)
{
	(void)state;
	assert_refused(PEOPLE TEAMS "  - {id: a, title: A, parent: b, manager: p-ops, head: p-ops}\n"
	                            "  - {id: b, title: B, parent: a, manager: p-ops}\n" ROLES,
	               "22:31 team a comes back to itself through its parents; end the chain\n"
	               "23:31 team b comes back to itself through its parents; end the chain");
	assert_refused(PEOPLE TEAMS "  - {id: a, title: A, parent: a, manager: p-ops}\n" ROLES,
	               "22:31 team a comes back to itself through its parents; end the chain");
}

static void a_team_without_manager_or_head_is_refused(void **state)
{
	(void)state;
	assert_refused(PEOPLE TEAMS "  - {id: east, title: East}\n" ROLES,
	               "22:5 team east has no manager; its lists and alerts would go to nobody\n"
	               "22:5 team east has no head of service, nor has any of its parents; write head");
}

static void a_role_with_nobody_is_named(void **state)
{
	(void)state;
	assert_refused(
		PEOPLE TEAMS ROLES "  yos-board: {title: YOS board}\n",
		"34:3 nobody holds the role yos-board; write people, a rota, or from: allocation, manager, "
		"head or event");
	assert_refused(PEOPLE TEAMS "ladder: [director, dsc, dcs]\n"
	                            "roles:\n"
	                            "  social-worker: {title: Social worker, from: allocation}\n"
	                            "  director: {title: Director of Children's Care, people: p-dcs}\n"
	                            "  dcs: {title: Director of Children's Services, people: p-dcs}\n",
	               "22:9 ladder names the role dsc, which is no role here; add it to roles\n"
	               "24:3 p-dcs is both director and dcs; the ladder needs two people there\n"
	               "24:3 the role ops is missing; it hears when casewatch itself cannot do its work");
}

/* A child no manager reads of is on the list of the duty team (rules.md, Roles): this is how one knows. */
static void a_team_is_read_by_its_manager_or_who_covers_them_or_by_nobody(void **state)
{
	(void)state;
	struct directory *directory = loaded(PEOPLE TEAMS ROLES "cover:\n"
	        "  - {person: p-tm-south, by: p-tm-duty, from: 2020-02-01, until: 2020-02-10}\n"
	        "  - {person: p-tm-north, by: p-ops, role: team-manager, from: 2020-02-01, until: 2020-02-10}\n");
	struct recipient reader;
	civil_day day = day_of(2020, 2, 5);
	assert_true(directory_team_reader(directory, directory_team(directory, TEXT("north")), day_of(2020, 3, 1),
	                                  &reader));
	assert_string_equal(reader.person->id, "p-tm-north");
	assert_true(directory_team_reader(directory, directory_team(directory, TEXT("north")), day, &reader));
	assert_string_equal(reader.person->id, "p-ops");
	assert_true(directory_team_reader(directory, directory_team(directory, TEXT("south")), day, &reader));
	assert_string_equal(reader.person->id, "p-tm-duty");
	assert_false(directory_team_reader(directory, directory_team(directory, TEXT("area")), day, &reader));
	struct team dangling = {.id = "x", .title = "X", .manager = "p-gone"};
	assert_false(directory_team_reader(directory, &dangling, day, &reader));
	struct person mute = {.id = "p-mute"};
	struct directory other = {.people = &mute, .person_count = 1};
	struct team unread = {.id = "x", .title = "X", .manager = "p-mute"};
	assert_false(directory_team_reader(&other, &unread, day, &reader));
	directory_free(directory);
}

static void who_works_when_is_read(void **state)
{
	(void)state;
	struct directory *directory =
		loaded(PEOPLE "  - {id: p-part, email: p@example.org, days: [mon, wed]}\n" TEAMS ROLES
	                      "  night: {title: Night team, people: p-edt, hours: out-of-hours}\n");
	assert_int_equal(directory_person(directory, TEXT("p-part"))->days, 5);
	assert_int_equal(directory_person(directory, TEXT("p-ops"))->days, 0);
	assert_true(directory_out_of_hours(directory, TEXT("night")));
	assert_false(directory_out_of_hours(directory, TEXT("director")));
	assert_int_equal(directory->ladder_count, 2);
	assert_string_equal(directory->ladder[1], "dcs");
	directory_free(directory);
}

/* A child may be in more teams, and a role have more holders, than anybody thought of. */
static void nobody_is_left_out_because_there_are_many(void **state)
{
	(void)state;
	struct person *people = mem_zero(200, sizeof *people);
	struct team *teams = mem_zero(200, sizeof *teams);
	char(*ids)[16] = mem_zero(200, sizeof *ids);
	struct allocation open[200];
	struct recipient found[200];
	for (int i = 0; i < 200; i++) {
		(void)snprintf(ids[i], sizeof ids[i], "x%d", i);
		people[i] = (struct person){.id = ids[i], .addresses[CHANNEL_EMAIL] = "a@b.example"};
		teams[i] = (struct team){.id = ids[i], .title = ids[i], .manager = ids[i]};
		open[i] = (struct allocation){
			.role = TEXT("social-worker"), .worker = TEXT("W"), .team = text_of(ids[i])};
	}
	struct role_title role = {.role = "manager", .title = "M", .from = ROLE_FROM_MANAGER};
	struct directory directory = {.people = people,
	                              .person_count = 200,
	                              .teams = teams,
	                              .team_count = 200,
	                              .roles = &role,
	                              .role_count = 1};
	assert_int_equal(directory_resolve(&directory, TEXT("manager"), open, 200, day_of(2020, 2, 5), found, 200),
	                 200);
	free(people);
	free(teams);
	free(ids);
}

static void cover_that_contradicts_itself_is_refused(void **state)
{
	(void)state;
	assert_refused(PEOPLE TEAMS ROLES "cover:\n"
	                                  "  - {person: p-ops, by: p-ops, from: 2020-02-01, until: 2020-02-02}\n",
	               "35:5 p-ops covers themself; name another");
	assert_refused(PEOPLE TEAMS ROLES "cover:\n"
	                                  "  - {person: p-ops, by: p-edt, from: 2020-02-03, until: 2020-02-02}\n",
	               "35:57 until is before from; write a later date");
	assert_refused(PEOPLE TEAMS ROLES "cover:\n"
	                                  "  - {person: p-ops, by: p-edt, from: 2020-02-01, until: 2020-02-10}\n"
	                                  "  - {person: p-ops, by: p-dcs, from: 2020-02-10, until: 2020-02-12}\n",
	               "36:5 p-ops is covered by p-edt and by p-dcs on the same days; let one begin after the other");
	assert_refused(PEOPLE TEAMS ROLES "cover:\n"
	                                  "  - {person: p-ops, by: p-edt, from: 2020-02-01, until: 2020-02-10}\n"
	                                  "  - {person: p-edt, by: p-dcs, from: 2020-02-09, until: 2020-02-12}\n",
	               "35:5 p-edt covers p-ops but is away then and covered by p-dcs; name who is really there");
	directory_free(loaded(PEOPLE TEAMS ROLES
	                      "cover:\n"
	                      "  - {person: p-ops, by: p-edt, from: 2020-02-01, until: 2020-02-10}\n"
	                      "  - {person: p-edt, by: p-dcs, from: 2020-02-11, until: 2020-02-12}\n"
	                      "  - {person: p-ops, by: p-dcs, from: 2020-02-11, until: 2020-02-12}\n"));
	assert_refused(PEOPLE TEAMS ROLES "cover:\n  - {person: p-ops, by: p-edt, from: 2020-02-30}\n",
	               "35:5 cover needs from and until; write both dates (both are included)\n"
	               "35:38 from is \"2020-02-30\"; write a date such as 2026-04-01");
}

static void an_address_that_is_none_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *email, *why;
	} bad[] = {
		{"nobody", "it must have one @"},
		{"a@b@example.org", "it must have one @"},
		{"@example.org", "before the @ there must be 1 to 64 characters"},
		{"a@", "after the @ there must be a domain such as example.org"},
		{"a@-example.org", "after the @ there must be a domain such as example.org"},
		{"a b@example.org", "it holds a space or a control character"},
		{"Duty <a@example.org>", "it holds a space or a control character"},
		{"a@example.org,b@example.org", "it holds punctuation that an address may not"},
		{"dütý@example.org", "it holds a letter outside ASCII"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buffer bytes = {0}, expected = {0};
		buffer_format(&bytes, PEOPLE "  - {id: p-x, email: '%s'}\n" TEAMS ROLES, bad[i].email);
		buffer_format(&expected,
		              "17:22 person p-x: email is not an address: %s; write one such as duty@example.org",
		              bad[i].why);
		assert_refused(buffer_cstr(&bytes), buffer_cstr(&expected));
		buffer_free(&bytes);
		buffer_free(&expected);
	}
	assert_refused(PEOPLE "  - {id: p-x, email: \"a@example.org\\r\\nBcc: b@example.org\"}\n" TEAMS ROLES,
	               "17:22 a control character in a value; remove it");
	assert_refused(PEOPLE "  - {id: p-x}\n" TEAMS ROLES, "17:5 person p-x cannot be reached; write an email");
}

/* Somebody cleared it, and nobody would be told by it. */
static void what_is_there_and_empty_is_refused(void **state)
{
	(void)state;
	assert_refused(PEOPLE "  - {id: p-x, email: }\n  - {id: p-y, email: a@example.org, phone: ~, worker: null}\n"
	                      "  - {id: p-z, email: b@example.org, hours: ~, login: ~}\n" TEAMS ROLES,
	               "17:22 person p-x: email is empty; give it a value or remove it\n"
	               "18:55 a person: worker is empty; give it a value or remove it\n"
	               "18:44 person p-y: phone is empty; give it a value or remove it\n"
	               "19:44 person p-z: hours is empty; give it a value or remove it\n"
	               "19:54 person p-z: login is empty; give it a value or remove it");
}

static void words_that_mean_nothing_here_are_refused(void **state)
{
	(void)state;
	assert_refused(PEOPLE "  - {id: p-x, email: a@example.org, chanels: [email]}\n"
	                      "  - {id: p-y, email: a@example.org, channels: [fax, text]}\n"
	                      "  - {id: p y, email: a@example.org, hours: \"17:00-08:00\"}\n"
	                      "  - {id: p-z, email: a@example.org, phone: ring}\n" TEAMS ROLES,
	               "17:37 a person has no \"chanels\"; did you mean \"channels\"?\n"
	               "18:48 channels is \"fax\"; write email, text or webhook\n"
	               "18:53 channels has text but there is no phone; write one\n"
	               "19:10 a person: id is \"p y\"; write 1 to 64 letters, digits, dots, hyphens or underscores\n"
	               "19:44 hours is \"17:00-08:00\"; write two times of a day such as \"08:00-17:00\"\n"
	               "20:44 person p-z: phone is not a telephone number: it holds more than digits, blanks and a "
	               "plus before them; "
	               "write one such as \"01632 960123\"");
	assert_refused("- a\n", "1:1 the directory is a list; write a mapping of names to values");
}

static void the_shipped_directory_has_every_role_of_the_domain(void **state)
{
	(void)state;
	static const char *const roles[] = {"social-worker",
	                                    "team-manager",
	                                    "head-of-service",
	                                    "director",
	                                    "dcs",
	                                    "vpg-chair",
	                                    "rmg-chair",
	                                    "edt",
	                                    "qa-manager",
	                                    "iro",
	                                    "early-help-lead",
	                                    "mach-manager",
	                                    "head-of-service-assessment",
	                                    "head-of-service-safeguarding",
	                                    "head-of-service-cla",
	                                    "service-manager-cwd",
	                                    "service-manager-residential",
	                                    "virtual-school",
	                                    "yos-board",
	                                    "commissioning",
	                                    "adult-services",
	                                    "performance",
	                                    "psw",
	                                    "head-of-service-transformation",
	                                    "head-of-yos",
	                                    "steering-group",
	                                    "family-caseworker",
	                                    "family-casework-manager",
	                                    "dmt",
	                                    "improvement-board",
	                                    "public-health",
	                                    "ops",
	                                    "personal-adviser",
	                                    "named",
	                                    "owner"};
	struct config_faults faults = {0};
	struct directory *directory = directory_load("conf/directory.yaml", NULL, 0, &faults);
	assert_int_equal(faults.count, 0);
	assert_non_null(directory);
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		assert_true(directory_knows_role(directory, text_of(roles[i])));
	assert_string_equal(directory_role_title(directory, "director"), "Director of Children's Care");
	assert_string_equal(directory_role_title(directory, "dcs"), "Director of Children's Services");
	assert_string_equal(directory_role_title(directory, "edt"), "Emergency Duty Team");
	config_faults_free(&faults);
	directory_free(directory);
}

/* All that an alert may be told to has its room in the engine. */
static void a_ladder_of_more_roles_than_an_alert_has_room_for_is_refused(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	assert_null(load(PEOPLE TEAMS "ladder: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]\nroles: {}\n",
	                 &faults));
	assert_non_null(strstr(faults.items[0].text, "ladder names 17 roles; 16 at most"));
	config_faults_free(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ladder_of_more_roles_than_an_alert_has_room_for_is_refused),
		cmocka_unit_test(one_who_is_reached_by_webhook_needs_no_email),
		cmocka_unit_test(the_worker_the_manager_and_the_head_of_a_child_are_told),
		cmocka_unit_test(a_child_of_two_teams_has_both_managers_and_each_person_once),
		cmocka_unit_test(a_child_no_team_holds_is_the_duty_teams),
		cmocka_unit_test(an_allocated_role_falls_back_on_those_who_hold_it_for_all),
		cmocka_unit_test(a_record_cannot_appoint_a_director),
		cmocka_unit_test(a_role_nobody_knows_is_held_by_nobody),
		cmocka_unit_test(a_manager_on_leave_is_covered_on_both_dates_and_between),
		cmocka_unit_test(cover_for_one_role_leaves_the_others_and_comes_first),
		cmocka_unit_test(no_more_are_found_than_there_is_room_for),
		cmocka_unit_test(people_have_channels_and_hours),
		cmocka_unit_test(ids_that_lead_nowhere_are_named),
		cmocka_unit_test(nobody_is_there_twice),
		cmocka_unit_test(parents_that_come_back_to_themselves_are_refused),
		cmocka_unit_test(a_team_without_manager_or_head_is_refused),
		cmocka_unit_test(a_role_with_nobody_is_named),
		cmocka_unit_test(a_team_is_read_by_its_manager_or_who_covers_them_or_by_nobody),
		cmocka_unit_test(who_works_when_is_read),
		cmocka_unit_test(nobody_is_left_out_because_there_are_many),
		cmocka_unit_test(cover_that_contradicts_itself_is_refused),
		cmocka_unit_test(an_address_that_is_none_is_refused),
		cmocka_unit_test(words_that_mean_nothing_here_are_refused),
		cmocka_unit_test(what_is_there_and_empty_is_refused),
		cmocka_unit_test(the_shipped_directory_has_every_role_of_the_domain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

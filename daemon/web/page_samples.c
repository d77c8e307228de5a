/* page_samples: one invented case for every template of the signed-in pages, with something in every place. */
#include "web/board_pages.h"

#include <string.h>

struct word {
	const char *name, *value;
};
static const struct word words[] = {
	{"title", "Open alerts: 1 without an answer"},
	{"viewer", "Emergency Duty Team"},
	{"refresh", "60"},
	{"now_date", "Wednesday 5 February 2020"},
	{"now_clock", "02:14"},
	{"complete_to", "02:11"},
	{"silent_since", "Tuesday 4 February, 23:40"},
	{"silent_for", "2 hours 34 minutes"},
	{"source", "/police"},
	{"open_count", "2"},
	{"waiting_count", "1"},
	{"answered_count", "1"},
	{"shown_first", "1"},
	{"shown_last", "2"},
	{"here", "/board"},
	{"refresh_link", "/board?refresh=60"},
	{"order_link", "/board?order=oldest"},
	{"order", "oldest"},
	{"later_link", "/board?page=2"},
	{"earlier_link", "/board?page=1"},
	{"severity_word", "Critical"},
	{"severity_class", "c"},
	{"number", "A-2042"},
	{"child_id", "C1001"},
	{"child_facts", ", AK, 15"},
	{"what", "Refused bail and held overnight"},
	{"what_small", "refused bail and held overnight"},
	{"opened", "Wed 5 Feb, 02:06"},
	{"opened_ago", "8 minutes ago"},
	{"with", "Director of Children's Care and Emergency Duty Team"},
	{"delivered", "Email accepted"},
	{"undelivered", "mailbox refused"},
	{"next_at", "02:36, in 22 minutes:"},
	{"next", "Director of Children's Services"},
	{"next_full", "Wednesday 5 February, 02:36"},
	{"answer_by", "Emergency Duty Team, 22:50"},
	{"answer_action", "custody suite rung"},
	{"clocks_until", "10:00"},
	{"clocks_count", "1"},
	{"when", "06:30"},
	{"clock_what", "Return interview: early warning, 24 hours left"},
	{"team_id", "north-3"},
	{"team_title", "North 3"},
	{"team_titles", "North 3"},
	{"team_line", "North 3"},
	{"state", "Nobody has answered"},
	{"opened_full", "Wednesday 5 February, 02:06"},
	{"opened_since", "8 minutes ago"},
	{"ended", "Wed 5 Feb, 06:10, the child was moved"},
	{"ended_reason", "moved to our accommodation"},
	{"answered_full", "Tuesday 4 February, 22:50, by the Emergency Duty Team"},
	{"because", "Refused bail at 22:32 and still held at 02:06."},
	{"rule", "custody.bail-refused-overnight"},
	{"version", "1 January 2020"},
	{"basis", "Recovery plan 2020, task 23"},
	{"happened_count", "1"},
	{"at", "Tue 4 Feb, 22:32"},
	{"event", "Charged, and bail refused"},
	{"did", "Opened the alert"},
	{"recorded", "Tue 4 Feb, 22:40"},
	{"looked_for", "moved to our accommodation, released"},
	{"any_ends", "Either ends the alert."},
	{"span", "2"},
	{"day_number", "1"},
	{"date", "24 Apr"},
	{"days_words", "Day 15 is Fri 15 May, and the clock ran out when that day ended."},
	{"told_count", "130"},
	{"told_between", "10"},
	{"told_at", "Wed 5 Feb, 02:06"},
	{"who", "Director of Children's Care"},
	{"how", "Email"},
	{"came_back", "Accepted by the mail server"},
	{"came_back_at", "02:06"},
	{"said", "250 2.0.0 Ok: queued as 7C1D2F"},
	{"answered", "Wed 5 Feb, 02:20"},
	{"pages_opened", "A page that names it was first opened Wed 5 Feb, 02:10."},
	{"answer_done", "Custody suite rung"},
	{"answer_note", "Rung at 22:45"},
	{"asked_again", "Wednesday 5 February, 06:00"},
	{"standing_count", "1"},
	{"ended_count", "1"},
	{"runs_out", "Fri 7 Feb, 07:30"},
	{"unread_count", "1"},
	{"unread_came", "Wed 5 Feb, 01:10"},
	{"unread_lack", "without the time it happened"},
	{"unread_looked_at", "500"},
	{"states", "Not missing now. Not open to VPG or RMG."},
	{"left", "47 hours left"},
	{"since", "Returned, Tue 4 Feb, 07:30"},
	{"then", "A high alert to the team manager"},
	{"rule_id", "missing.vpg-referral"},
	{"rule_title", "Missing three or more times in 30 days"},
	{"rule_asked", "Missing three or more times in 30 days"},
	{"stands_since", "Tuesday 4 February, 01:20"},
	{"part", "3 episodes in 30 days"},
	{"part_words", "the most is 2"},
	{"nearest", "The third came 4 days too late."},
	{"counted", "Counted from Sunday 5 January, 01:20 to Tuesday 4 February, 01:20."},
	{"note_at", "Tue 21 Jan, 22:05"},
	{"note_event", "Missing"},
	{"count", ", 1"},
	{"note_words", "Within the 30 days"},
	{"addition", "Missing, Wednesday 5 February, 08:00"},
	{"trials", "12"},
	{"message", "117"},
	{"purpose", "opened"},
	{"role", "Director of Children's Care"},
	{"person", "p-director"},
	{"created", "Wed 5 Feb, 02:06"},
	{"state_at", "02:06"},
	{"shown_count", "100"},
	{"waiting_records", "1"},
	{"record", "12"},
	{"why", "time: it is missing"},
	{"record_source", "/lcs"},
	{"record_id", "e-117"},
	{"place", "kafka:events:0@123"},
	{"note", "p-ops: test record"},
	{"came", "Wed 5 Feb, 01:10"},
	{"came_ago", "1 hour ago"},
	{"once", "example"},
	{"wrong", "Say why it is discarded."},
	{"typed_reason", "a test"},
	{"bytes", "{\"specversion\":\"1.0\"}"},
	{"corrected", "{\"specversion\":\"1.0\"}"},
	{"bytes_count", "21"},
	{"way", "smtp: up, 12 taken since start"},
	{"silent_since_status", "Wed 5 Feb, 01:10"},
	{"list_title", "Missing children, every morning"},
	{"list_which", "monthly"},
	{"list_id", "daily-missing"},
	{"list_team", "North 3"},
	{"list_team_id", "north-3"},
	{"list_next", "Wed 5 Feb, 07:30"},
};
static const char *const flags[] = {
	"complete",     "confirmed",     "silent",        "ever",          "facts_known",
	"board_cut",    "paged",         "later",         "earlier",       "oldest",
	"none_open",    "waiting_any",   "answered_any",  "waiting_shown", "answered_shown",
	"sections",     "sees_all",      "child_linked",  "clocks_any",    "clocks_cut",
	"clocks_known", "teams_any",     "chosen",        "on_board",      "stands",
	"shadow",       "answer_any",    "as_now",        "strong",        "late",
	"days_any",     "before",        "out",           "end",           "bad",
	"unanswered",   "told_any",      "told_cut",      "review_said",   "restricted",
	"standing_any", "ended_any",     "alerts_cut",    "no_rule",       "asked",
	"rule_shadow",  "rule_stands",   "notes_any",     "notes_cut",     "counts",
	"takes_back",   "additions_any", "additions_cut", "all",           "any",
	"from_newest",  "critical",      "done",          "waits",         "can_correct",
	"bytes_cut",    "ways_any",      "unread_any",    "unread_cut",
};
/* Each has one entry, which finds its words outside. */
static const char *const lists[] = {
	"never", "waiting",   "answered_alerts", "clocks",       "teams", "happened", "weeks",
	"days",  "told",      "standing",        "ended_alerts", "rules", "not_met",  "met",
	"notes", "additions", "messages",        "records",      "lists", "ways",     "unread"};
static const char *const pages[] = {"board",       "alert-page",      "child-page", "lists-page",
                                    "outbox-page", "quarantine-page", "record-page"};

void page_samples(page_sample *each, void *context)
{
	struct arena *arena = arena_new(16384);
	struct data *root = data_new(DATA_MAP, arena);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		data_string(root, words[i].name, words[i].value);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		data_flag(root, flags[i], true);
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		(void)data_item(data_list(root, lists[i]));
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		char name[48];
		size_t length = strlen(pages[i]);
		memcpy(name, pages[i], length);
		memcpy(name + length, ".html", sizeof ".html");
		each(context, name, root);
	}
	arena_free(arena);
	answer_samples(each, context);
}

struct trying {
	const struct template_set *templates;
	enum result result;
	struct fault *fault;
};

static void try_template(void *context, const char *name, const struct data *data)
{
	struct trying *trying = context;
	if (trying->result == RESULT_OK && template_has(trying->templates, name))
		trying->result = template_check(trying->templates, name, data, trying->fault);
}

enum result page_check_templates(const struct template_set *templates, struct fault *fault)
{
	struct trying trying = {templates, RESULT_OK, fault};
	page_samples(try_template, &trying);
	return trying.result;
}

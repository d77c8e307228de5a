/* child_page: a child: its alerts, the clocks that run, and why an alert does not stand. */
#include "web/board_pages.h"

#include "message/alert_context.h"
#include "report/list_unread.h"
#include "store/events/events.h"
#include "time/words.h"
#include "web/clocks.h"
#include "web/linked.h"
#include "web/why_page.h"

#include <stdlib.h>

#define ALERTS_MOST 60 /* of a child: those that stand, and the latest that ended */
#define IDS_MOST 64    /* of one child, whose records that could not be read are looked for */
#define UNREAD_LOOKED_AT 500 /* records in quarantine that are searched for a child's id: the newest; a page's work */

struct child_page {
	struct shown_page shown;
	struct sight sight;
	struct sight_child of;
	struct board_alert facts;
	struct subject subject;
	struct data *standing, *ended;
};

/* ---- alerts ---- */

static enum result take_alert(void *argument, const struct board_alert *row, bool *more, struct fault *fault)
{
	struct child_page *child = argument;
	struct shown_page *shown = &child->shown;
	struct board_alert alert = *row;
	struct sight_child unused;
	bool sees;
	(void)more;
	alert.known = true;
	alert.initials = child->facts.initials, alert.born = child->facts.born;
	alert.restricted = child->facts.restricted;
	const struct rule *rule = ruleset_find_version(shown->page->settings->rules, alert.rule, alert.rule_from);
	enum result result = sight_alert(&child->sight, &alert, rule, &unused, false, &sees, fault);
	if (result != RESULT_OK || !sees)
		return result;
	bool stands = alert.state == ALERT_STANDING;
	struct data *cells = data_item(stands ? child->standing : child->ended);
	(void)shown_alert(shown, &alert, &child->of, cells);
	if (stands) {
		shown_begin(shown);
		words_ago(shown->page->zone, (struct words_moment){.at = alert.opened}, shown->page->now,
		          &shown->words);
		shown_end(shown, cells, "opened_ago");
		data_flag(cells, "answered", alert.acknowledged);
		return shown_ladder(shown, &alert, rule, &child->of, cells, fault);
	}
	shown_begin(shown);
	shown_moment(shown, alert.closed, false);
	if (alert.reason.length)
		buffer_format(&shown->words, ", %.*s", TEXT_ARG(alert.reason));
	shown_end(shown, cells, "ended");
	return RESULT_OK;
}

static enum result put_alerts(struct child_page *child, struct fault *fault)
{
	struct data *root = child->shown.root;
	bool cut;
	child->standing = data_list(root, "standing");
	child->ended = data_list(root, "ended_alerts");
	enum result result = board_of_subject(child->shown.page->store, PARTY_NONE, child->subject.id, ALERTS_MOST,
	                                      take_alert, child, &cut, fault);
	data_format(root, "standing_count", "%zu", data_count(child->standing));
	data_format(root, "ended_count", "%zu%s", data_count(child->ended),
	            result == RESULT_OK && cut ? " or more" : "");
	data_flag(root, "standing_any", data_count(child->standing) > 0);
	data_flag(root, "ended_any", data_count(child->ended) > 0);
	data_flag(root, "alerts_cut", result == RESULT_OK && cut);
	return result;
}

/* ---- clocks ---- */

static void put_then(struct shown_page *shown, const struct rule *rule)
{
	const struct directory *directory = shown->page->settings->directory;
	const struct step *step = rule->step_count ? &rule->steps[0] : NULL;
	buffer_format(&shown->words, "A %s alert", severity_name(rule->severity));
	for (size_t i = 0; step && i < step->role_count; i++) {
		buffer_string(&shown->words, i ? words_between(i, step->role_count) : " to the ");
		words_in_sentence(directory_role_title(directory, step->roles[i]), &shown->words);
	}
}

static void put_clock(struct shown_page *shown, const struct clock_seen *clock, struct data *row)
{
	shown_begin(shown);
	shown_when(shown, clock->due);
	shown_end(shown, row, "runs_out");
	shown_begin(shown);
	words_left(clock->due - shown->page->now, &shown->words);
	shown_end(shown, row, "left");
	shown_begin(shown);
	clocks_name(clock->rule, &shown->words);
	shown_end(shown, row, "clock_what");
	shown_begin(shown);
	if (clock->since_title)
		buffer_format(&shown->words, "%s, ", clock->since_title);
	shown_moment(shown, clock->since, clock->since_day_only);
	shown_end(shown, row, "since");
	shown_begin(shown);
	if (clock->warn_at != INSTANT_NEVER && clock->warn_at > shown->page->now) {
		buffer_string(&shown->words, "An early warning at ");
		shown_when(shown, clock->warn_at);
		buffer_string(&shown->words, ". ");
	}
	put_then(shown, clock->rule);
	shown_end(shown, row, "then");
}

/* ---- what is open ---- */

static const struct state_seen *open_state(const struct clocks_seen *seen, const char *state)
{
	for (size_t i = 0; i < seen->state_count; i++)
		if (strcmp(seen->states[i].state, state) == 0)
			return &seen->states[i];
	return NULL;
}

static void add_state(struct shown_page *shown, const char *words, const struct state_seen *state)
{
	if (!state)
		return;
	buffer_format(&shown->words, "%s%s since ", shown->words.length ? " " : "", words);
	words_day(zone_date(shown->page->zone, state->since), WORDS_FULL_YEAR, &shown->words);
	buffer_char(&shown->words, '.');
}

/* The engine follows states that a rule asks for: of others nothing is said. */
static bool is_followed(const struct shown_page *shown, const char *state)
{
	const struct ruleset *rules = shown->page->settings->rules;
	for (size_t i = 0; i < rules->state_count; i++)
		if (strcmp(rules->states[i].id, state) == 0)
			return true;
	return false;
}

static enum result put_missing(struct shown_page *shown, struct text child, struct fault *fault)
{
	bool known;
	instant since;
	enum result result = board_missing(shown->page->store, child, shown->page->now, &known, &since, fault);
	if (result == RESULT_OK && known && since == INSTANT_NEVER)
		buffer_format(&shown->words, "%sNot missing now.", shown->words.length ? " " : "");
	else if (result == RESULT_OK && known)
		add_state(shown, "Missing or away", &(struct state_seen){"missing", since});
	return result;
}

/* "On a child protection plan since Thursday 12 December 2019. Not missing now. Not open to VPG or RMG." */
static enum result put_states(struct shown_page *shown, struct text child, const struct clocks_seen *seen,
                              struct fault *fault)
{
	const struct state_seen *vpg = open_state(seen, "vpg"), *rmg = open_state(seen, "rmg");
	shown_begin(shown);
	add_state(shown, "On a child protection plan", open_state(seen, "cp"));
	add_state(shown, "Looked after", open_state(seen, "cla"));
	add_state(shown, "In need", open_state(seen, "cin"));
	enum result result = put_missing(shown, child, fault);
	add_state(shown, "Open to VPG", vpg);
	add_state(shown, "Open to RMG", rmg);
	if (!vpg && !rmg && is_followed(shown, "vpg") && is_followed(shown, "rmg"))
		buffer_format(&shown->words, "%sNot open to VPG or RMG.", shown->words.length ? " " : "");
	shown_end(shown, shown->root, "states");
	return result;
}

static enum result put_clocks(struct child_page *child, struct fault *fault)
{
	struct shown_page *shown = &child->shown;
	struct clocks_seen seen = {0};
	struct data *list = data_list(shown->root, "clocks");
	enum result result = clocks_of(shown->page->settings->config, &child->subject, shown->page->now, &seen, fault);
	if (result == RESULT_OK)
		result = put_states(shown, child->subject.id, &seen, fault);
	for (size_t i = 0; i < seen.count; i++)
		if (!seen.items[i].rule->restricted)
			put_clock(shown, &seen.items[i], data_item(list));
	data_format(shown->root, "clocks_count", "%zu", data_count(list));
	data_flag(shown->root, "clocks_any", data_count(list) > 0);
	free(seen.items);
	return result;
}

/* ---- records that could not be read ---- */

struct unread {
	struct child_page *child;
	struct data *list;
	struct text ids[IDS_MOST]; /* by which the child goes */
	size_t id_count, looked_at;
};

static bool is_of(const struct unread *unread, struct text subject)
{
	for (size_t i = 0; i < unread->id_count; i++)
		if (text_equal(unread->ids[i], subject))
			return true;
	return false;
}

/* What a refused record says of itself is believed as far as its subject goes, and shown in words of our own. */
static enum result take_unread(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct unread *unread = argument;
	struct shown_page *shown = &unread->child->shown;
	struct list_refused refused;
	(void)fault;
	unread->looked_at++;
	list_read_refused(row->bytes, row->reason, NULL, 0, &refused);
	if (!is_of(unread, refused.subject))
		return RESULT_OK;
	struct data *cells = data_item(unread->list);
	shown_begin(shown);
	shown_moment(shown, row->arrived, false);
	shown_end(shown, cells, "unread_came");
	data_string(cells, "unread_lack", refused.lack);
	return RESULT_OK;
}

static enum result put_unread(struct child_page *child, struct fault *fault)
{
	struct data *root = child->shown.root;
	struct unread unread = {.child = child, .list = data_list(root, "unread")};
	struct linked *linked;
	enum result result = linked_read(child->shown.page, &linked, fault);
	if (result != RESULT_OK)
		return result;
	unread.id_count = linked_ids(linked, child->subject.id, unread.ids, IDS_MOST);
	unread.id_count = unread.id_count > IDS_MOST ? IDS_MOST : unread.id_count;
	result = quarantine_before(child->shown.page->store, true, 0, UNREAD_LOOKED_AT, take_unread, &unread, fault);
	data_format(root, "unread_count", "%zu", data_count(unread.list));
	data_flag(root, "unread_any", data_count(unread.list) > 0);
	data_flag(root, "unread_cut", unread.looked_at == UNREAD_LOOKED_AT);
	data_format(root, "unread_looked_at", "%d", UNREAD_LOOKED_AT);
	return result;
}

/* ---- around them ---- */

static void put_head(struct child_page *child)
{
	struct shown_page *shown = &child->shown;
	data_text(shown->root, "child_id", child->subject.id);
	shown_begin(shown);
	shown_child(shown, &child->facts, "aged ");
	shown_end(shown, shown->root, "child_facts");
	shown_title(shown, "Child %.*s", TEXT_ARG(child->subject.id));
	shown_begin(shown);
	for (size_t i = 0; i < child->of.team_count; i++)
		buffer_format(&shown->words, "%s%s", words_between(i, child->of.team_count), child->of.teams[i]->title);
	shown_end(shown, shown->root, "team_line");
	data_flag(shown->root, "restricted", child->of.restricted);
}

static enum result fill(struct child_page *child, struct fault *fault)
{
	struct web_page *page = child->shown.page;
	struct ground ground = {page->settings->config, page->store, page->now, GROUND_PAGE_EVENTS};
	put_head(child);
	web_look(page, child->subject.id, TEXT_NONE);
	enum result result = shown_completeness(&child->shown, fault);
	if (result == RESULT_OK)
		result = put_alerts(child, fault);
	if (result == RESULT_OK)
		result = ground_gather(&ground, &child->subject, fault);
	if (result == RESULT_OK)
		result = put_clocks(child, fault);
	if (result == RESULT_OK)
		result = put_unread(child, fault);
	if (result == RESULT_OK)
		result = why_page_fill(&child->shown, &child->subject, http_query(page->request, "why-not"), fault);
	return result;
}

static enum result look(struct child_page *child, struct text id, bool *sees, struct fault *fault)
{
	bool found = false;
	*sees = false;
	enum result result = child->sight.ready
	                             ? board_child(child->shown.page->store, id, &child->facts, &found, fault)
	                             : RESULT_OK;
	if (result == RESULT_OK && found)
		result = sight_child(&child->sight, id, child->facts.restricted, &child->of, fault);
	*sees = result == RESULT_OK && found && sight_may_see(&child->sight, id, &child->of);
	return result;
}

enum result page_child(struct web_page *page, struct fault *fault)
{
	struct child_page child = {0};
	bool sees = false;
	enum result result = shown_new(page, &child.sight, &child.shown, fault);
	if (result == RESULT_OK)
		result = look(&child, page->parts[0], &sees, fault);
	child.subject = subject_of(page->parts[0], PARTY_NONE);
	if (result == RESULT_OK && sees)
		result = fill(&child, fault);
	if (result == RESULT_OK && sees)
		result = web_render(page, "child-page", child.shown.root, 200, fault);
	else if (result == RESULT_OK && !child.sight.ready)
		web_say(page, 503, "Not at the moment",
		        "What is known of each child is being read anew. Try again in some minutes; the board is "
		        "there.");
	else if (result == RESULT_OK)
		page_not_there(page);
	subject_free(&child.subject);
	shown_free(&child.shown);
	return result;
}

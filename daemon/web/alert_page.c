/* alert_page: what the alert is now and why it stands. */
#include "web/alert_page.h"

#include "time/words.h"
#include "web/board_pages.h"

#include <stdio.h>
#include <stdlib.h>

void page_not_there(struct web_page *page)
{
	web_say(page, 404, "There is nothing here for you",
	        "Either there is no such page, or it is about a child of another team or a restricted case. Whoever "
	        "needs "
	        "it asks the team manager of the child, or the duty team.");
}

/* ---- now ---- */

/* "Thursday 21 May, 17:00", "The end of Friday 15 May". */
static void put_full(struct shown_page *shown, instant at)
{
	const struct zone *zone = shown->page->zone;
	struct buffer words = {0};
	if (at == zone_midnight(zone, zone_date(zone, at)))
		words_until(zone, at, WORDS_FULL, &words);
	else
		words_moment(zone, (struct words_moment){.at = at}, WORDS_FULL, &words);
	words_sentence(buffer_view(&words), &shown->words);
	buffer_free(&words);
}

static void put_now(struct shown_page *shown, const struct board_alert *alert)
{
	struct data *root = shown->root;
	bool stands = alert->state == ALERT_STANDING;
	data_string(root, "state",
	            !stands && alert->state == ALERT_WITHDRAWN ? "Withdrawn: a record proved wrong"
	            : !stands                                  ? "Ended"
	            : alert->acknowledged                      ? "Answered, cause still there"
	                                                       : "Nobody has answered");
	data_flag(root, "stands", stands);
	shown_begin(shown);
	if (!stands && alert->closed != INSTANT_NEVER)
		put_full(shown, alert->closed);
	shown_end(shown, root, "ended");
	data_text(root, "ended_reason", stands ? TEXT_NONE : alert->reason);
	bool falls = stands && alert->next != INSTANT_NEVER && alert->next != INSTANT_NONE;
	shown_begin(shown);
	if (falls && alert->next > shown->page->now)
		put_full(shown, alert->next);
	shown_end(shown, root, "next_full");
	shown_begin(shown);
	if (alert->opened == zone_midnight(shown->page->zone, zone_date(shown->page->zone, alert->opened))) {
		buffer_string(&shown->words, "At ");
		words_until(shown->page->zone, alert->opened, WORDS_FULL, &shown->words);
	} else {
		put_full(shown, alert->opened);
	}
	shown_end(shown, root, "opened_full");
	shown_begin(shown);
	if (shown->page->now - alert->opened >= MINUTE)
		words_ago(shown->page->zone, (struct words_moment){.at = alert->opened}, shown->page->now,
		          &shown->words);
	shown_end(shown, root, "opened_since");
}

static void put_teams(struct shown_page *shown, const struct sight_child *of)
{
	shown_begin(shown);
	for (size_t i = 0; i < of->team_count; i++)
		buffer_format(&shown->words, "%s%s", words_between(i, of->team_count), of->teams[i]->title);
	if (!of->team_count)
		buffer_string(&shown->words, "Not recorded");
	shown_end(shown, shown->root, "team_titles");
}

/* ---- why ---- */

static void put_rule(struct shown_page *shown, const struct explained *explained)
{
	const struct rule *rule = explained->rule;
	struct data *root = shown->root;
	data_text(root, "rule", explained->row.rule);
	data_string(root, "basis", rule && rule->basis ? rule->basis : "");
	civil_day version = !rule ? DAY_NONE : rule->version != DAY_NONE ? rule->version : rule->effective_from;
	shown_begin(shown);
	if (version != DAY_NONE)
		words_day(version, WORDS_PLAIN_YEAR, &shown->words);
	shown_end(shown, root, "version");
	data_text(root, "because", explained->row.because);
	data_flag(root, "shadow", explained->row.shadow);
	data_flag(root, "as_now", explained->told_story && explained->story.stands_so);
}

static size_t add_titles(struct shown_page *shown, const struct selectors *selectors, size_t count)
{
	for (size_t i = 0; i < selectors->count; i++) {
		const char *title = schema_type_title(selectors->items[i].type);
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again = again || selectors->items[k].type == selectors->items[i].type;
		if (again)
			continue;
		buffer_string(&shown->words, count++ ? ", " : "");
		words_in_sentence(title, &shown->words);
	}
	return count;
}

/* "conference held, conference not needed": what would end it, and has not come. */
static void put_looked_for(struct shown_page *shown, const struct board_alert *alert, const struct explained *explained)
{
	const struct rule *rule = explained->rule;
	size_t count = 0;
	shown_begin(shown);
	if (rule && alert->state == ALERT_STANDING) {
		count = add_titles(shown, &rule->stop, count);
		count = add_titles(shown, &rule->closes_on, count);
		count = add_titles(shown, &rule->ends_on, count);
	}
	shown_end(shown, shown->root, "looked_for");
	data_string(shown->root, "any_ends",
	            count == 1   ? "It ends the alert."
	            : count == 2 ? "Either ends the alert."
	                         : "Any of them ends the alert.");
}

enum result alert_page_fill(struct shown_page *shown, const struct board_alert *alert, const struct sight_child *of,
                            const struct explained *explained, struct fault *fault)
{
	struct data *root = shown->root;
	const struct rule *rule = shown_alert(shown, alert, of, root);
	shown_begin(shown);
	words_in_sentence(rule ? rule->title : explained->row.rule.at, &shown->words);
	shown_end(shown, root, "what_small");
	shown_begin(shown);
	if (alert->domain == PARTY_NONE && alert->known)
		shown_child(shown, alert, "aged ");
	shown_end(shown, root, "child_facts");
	shown_title(shown, "Alert A-%lld", (long long)alert->number);
	data_string(root, "team_line", "");
	data_flag(root, "on_board", shown->page->person != NULL);
	put_now(shown, alert);
	put_teams(shown, of);
	put_rule(shown, explained);
	put_looked_for(shown, alert, explained);
	enum result result = shown_ladder(shown, alert, rule, of, root, fault);
	if (result == RESULT_OK)
		result = alert_page_story(shown, of, explained, fault);
	alert_page_days(shown, explained);
	alert_page_told(shown, of, explained);
	return result;
}

/* ---- the page ---- */

struct finding {
	struct shown_page *shown;
	struct explained *explained;
	bool found;
};

static enum result take_alert(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	struct finding *finding = argument;
	struct shown_page *shown = finding->shown;
	const struct web_page *page = shown->page;
	struct sight_child of;
	bool sees = false;
	char number[24];
	struct ground ground = {page->settings->config, page->store, page->now, GROUND_PAGE_EVENTS};
	(void)more;
	(void)snprintf(number, sizeof number, "%lld", (long long)alert->number);
	enum result result = explained_gather(&ground, text_of(number), finding->explained, fault);
	if (result == RESULT_OK && finding->explained->found)
		result = sight_alert(shown->sight, alert, finding->explained->rule, &of, false, &sees, fault);
	if (result != RESULT_OK || !sees)
		return result;
	finding->found = true;
	web_look(shown->page, alert->subject, alert->id);
	result = explained_tell(&ground, finding->explained, fault);
	return result == RESULT_OK ? alert_page_fill(shown, alert, &of, finding->explained, fault) : result;
}

/* "A-2041": as people say it. */
static int64_t read_number(struct text part)
{
	char digits[16];
	char *end;
	if (part.length < 3 || part.length > 12 || (part.at[0] != 'A' && part.at[0] != 'a') || part.at[1] != '-')
		return 0;
	(void)snprintf(digits, sizeof digits, "%.*s", (int)part.length - 2, part.at + 2);
	int64_t number = strtoll(digits, &end, 10);
	return *end || number < 1 ? 0 : number;
}

enum result page_alert(struct web_page *page, struct fault *fault)
{
	struct sight sight;
	struct shown_page shown;
	struct explained explained = {0};
	int64_t number = read_number(page->parts[0]);
	enum result result = shown_new(page, &sight, &shown, fault);
	struct finding finding = {.shown = &shown, .explained = &explained};
	if (result == RESULT_OK)
		result = shown_completeness(&shown, fault);
	if (result == RESULT_OK && number)
		result = board_find(page->store, number, take_alert, &finding, fault);
	if (result == RESULT_OK && finding.found)
		result = web_render(page, "alert-page", shown.root, 200, fault);
	else if (result == RESULT_OK)
		page_not_there(page);
	explained_free(&explained);
	shown_free(&shown);
	return result;
}

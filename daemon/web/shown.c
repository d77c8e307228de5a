/* shown: words that several pages share. */
#include "web/shown.h"

#include "message/alert_context.h"
#include "store/events/events.h"
#include "store/sources.h"
#include "time/words.h"

#include <stdarg.h>
#include <stdio.h>

/* As the lists have it by themselves (conf/lists, complete): beyond, the page says that it is not complete. */
#define QUIET_MOST HOUR              /* since the time up to which the sources confirmed */
#define UNCONFIRMED_MOST (24 * HOUR) /* since anything came, where no source ever confirms */
#define NEVER_DAYS 30                /* a source that sent in them and never confirmed is named (events.md) */

enum result shown_new(struct web_page *page, struct sight *sight, struct shown_page *shown, struct fault *fault)
{
	*shown = (struct shown_page){.page = page, .sight = sight, .root = data_new(DATA_MAP, page->arena)};
	enum result result = sight_begin(page, sight, fault);
	shown_begin(shown);
	words_day(zone_date(page->zone, page->now), WORDS_FULL_YEAR, &shown->words);
	shown_end(shown, shown->root, "now_date");
	shown_begin(shown);
	words_clock(page->zone, page->now, &shown->words);
	shown_end(shown, shown->root, "now_clock");
	data_string(shown->root, "viewer", sight->viewer.title);
	data_string(shown->root, "refresh", "");
	data_flag(shown->root, "facts_known", sight->ready);
	return result;
}

void shown_free(struct shown_page *shown)
{
	sight_end(shown->sight);
	buffer_free(&shown->words);
}

void shown_title(struct shown_page *shown, const char *format, ...)
{
	char title[256];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(title, sizeof title, format, arguments);
	va_end(arguments);
	data_text(shown->root, "title", text_of(title));
}

/* ---- completeness ---- */

static enum result take_source(void *argument, const struct source_row *row, struct fault *fault)
{
	struct data *list = argument;
	(void)fault;
	if (!row->confirms)
		data_text(data_item(list), "source", row->source);
	return RESULT_OK;
}

enum result shown_completeness(struct shown_page *shown, struct fault *fault)
{
	const struct web_page *page = shown->page;
	instant complete_to, last, silent;
	struct data *never = data_list(shown->root, "never");
	enum result result = sources_complete(page->store, &complete_to, &last, fault);
	if (result == RESULT_OK)
		result = sources_each(page->store, page->now - NEVER_DAYS * 24 * HOUR, take_source, never, fault);
	if (result != RESULT_OK)
		return result;
	bool confirmed = complete_to != INSTANT_NONE;
	bool complete = confirmed ? complete_to >= page->now - QUIET_MOST
	                          : last != INSTANT_NONE && last >= page->now - UNCONFIRMED_MOST;
	silent = confirmed ? complete_to : last;
	data_flag(shown->root, "complete", complete);
	data_flag(shown->root, "confirmed", confirmed);
	data_flag(shown->root, "silent",
	          last == INSTANT_NONE || (confirmed && last <= complete_to + MINUTE) || !confirmed);
	data_flag(shown->root, "ever", silent != INSTANT_NONE);
	shown_begin(shown);
	if (confirmed && zone_date(page->zone, complete_to) == zone_date(page->zone, page->now))
		words_clock(page->zone, complete_to, &shown->words);
	else if (silent != INSTANT_NONE)
		words_moment(page->zone, (struct words_moment){.at = silent}, WORDS_FULL, &shown->words);
	shown_end(shown, shown->root, "complete_to");
	shown_begin(shown);
	if (silent != INSTANT_NONE)
		words_moment(page->zone, (struct words_moment){.at = silent}, WORDS_FULL, &shown->words);
	shown_end(shown, shown->root, "silent_since");
	shown_begin(shown);
	if (silent != INSTANT_NONE && page->now > silent)
		words_span(page->now - silent, &shown->words);
	shown_end(shown, shown->root, "silent_for");
	return RESULT_OK;
}

/* ---- times ---- */

static enum words_form form_for(const struct shown_page *shown, instant at)
{
	int year, other, month, day;
	day_split(zone_date(shown->page->zone, at), &year, &month, &day);
	day_split(zone_date(shown->page->zone, shown->page->now), &other, &month, &day);
	return year == other ? WORDS_TABLE : WORDS_TABLE_YEAR;
}

void shown_moment(struct shown_page *shown, instant at, bool day_only)
{
	if (at == INSTANT_NONE || at == INSTANT_NEVER)
		buffer_string(&shown->words, "Not recorded");
	else
		words_moment(shown->page->zone, (struct words_moment){at, day_only}, form_for(shown, at),
		             &shown->words);
}

void shown_ago(struct shown_page *shown, instant at)
{
	instant span = shown->page->now - at;
	if (span < MINUTE) {
		buffer_string(&shown->words, "Just now");
		return;
	}
	if (span < HOUR)
		words_span(span, &shown->words);
	else
		words_longest(span, &shown->words);
	buffer_string(&shown->words, " ago");
}

void shown_when(struct shown_page *shown, instant at)
{
	const struct zone *zone = shown->page->zone;
	struct buffer words = {0};
	bool ends_day = at == zone_midnight(zone, zone_date(zone, at));
	if (ends_day)
		words_until(zone, at, form_for(shown, at - 1), &words);
	else if (at - shown->page->now < 12 * HOUR && at >= shown->page->now)
		words_clock(zone, at, &words);
	else
		words_moment(zone, (struct words_moment){.at = at}, form_for(shown, at), &words);
	if (ends_day && words.length > 4)
		buffer_format(&shown->words, "E%.*s", (int)(words.length - 5), words.at + 5);
	else
		buffer_text(&shown->words, buffer_view(&words));
	buffer_free(&words);
}

void shown_in(struct shown_page *shown, instant at)
{
	instant left = at - shown->page->now;
	if (left < HOUR)
		words_count((left + MINUTE - 1) / MINUTE, "minute", "minutes", &shown->words);
	else if (left < 48 * HOUR)
		words_count((left + HOUR / 2) / HOUR, "hour", "hours", &shown->words);
	else
		words_days(left / (24 * HOUR), &shown->words);
}

/* ---- an alert ---- */

void shown_child(struct shown_page *shown, const struct board_alert *facts, const char *age_word)
{
	civil_day born = DAY_NONE;
	int age = facts->born.length && day_parse(facts->born, &born)
	                  ? calendar_known_age(born, zone_date(shown->page->zone, shown->page->now))
	                  : -1;
	if (facts->initials.length)
		buffer_format(&shown->words, ", %.*s", TEXT_ARG(facts->initials));
	else
		buffer_string(&shown->words, ", initials not recorded");
	if (age >= 0)
		buffer_format(&shown->words, ", %s%d", age_word, age);
	else
		buffer_string(&shown->words, ", age not known");
}

static const char *const severity_words[] = {"Critical", "High", "Normal"};
static const char *const severity_classes[] = {"c", "h", "n"};

const struct rule *shown_alert(struct shown_page *shown, const struct board_alert *alert, const struct sight_child *of,
                               struct data *row)
{
	const struct web_page *page = shown->page;
	const struct rule *rule = ruleset_find_version(page->settings->rules, alert->rule, alert->rule_from);
	bool child = alert->domain == PARTY_NONE;
	data_format(row, "number", "A-%lld", (long long)alert->number);
	data_string(row, "severity_word", severity_words[alert->severity]);
	data_string(row, "severity_class", severity_classes[alert->severity]);
	data_text(row, "what", rule ? text_of(rule->title) : alert->rule);
	bool named = !child || (shown->sight->ready && !of->doubtful);
	data_text(row, "child_id", named ? alert->subject : TEXT_NONE);
	data_flag(row, "child_linked", child && named && sight_may_see(shown->sight, alert->subject, of));
	shown_begin(shown);
	if (child && named && alert->known)
		shown_child(shown, alert, "");
	shown_end(shown, row, "child_facts");
	shown_begin(shown);
	shown_ago(shown, alert->opened);
	shown_end(shown, row, "opened_ago");
	shown_begin(shown);
	shown_moment(shown, alert->opened, false);
	shown_end(shown, row, "opened");
	return rule;
}

void shown_role(struct shown_page *shown, struct text role, struct text person, const struct sight_child *of)
{
	const struct directory *directory = shown->page->settings->directory;
	const char *id = arena_copy_text(shown->page->arena, role.at, role.length);
	const struct team *team = NULL;
	enum role_from from = directory_role_from(directory, role);
	buffer_string(&shown->words, directory_role_title(directory, id));
	if (from != ROLE_FROM_MANAGER)
		return;
	for (size_t i = 0; i < of->team_count; i++)
		if (!team || (of->teams[i]->manager && text_equal(text_of(of->teams[i]->manager), person)))
			team = of->teams[i];
	if (team)
		buffer_format(&shown->words, ", %s", team->title);
}

void shown_answerer(struct shown_page *shown, const struct event *answer, const struct sight_child *of)
{
	size_t start = shown->words.length;
	shown_role(shown, event_string(answer, schema_name(TEXT("by"))),
	           event_string(answer, schema_name(TEXT("person"))), of);
	char *role = arena_copy_text(shown->page->arena, shown->words.at + start, shown->words.length - start);
	shown->words.length = start;
	words_in_sentence(role, &shown->words);
}

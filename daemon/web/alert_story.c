/* alert_story: what happened in order, and the days of a working-day clock. */
#include "web/alert_page.h"

#include "message/history.h"
#include "time/words.h"

#include <stdlib.h>

/* One line: a record, an answer, or what the clock did. */
struct line {
	instant at;
	const struct event *event; /* NULL: no record */
	const struct story_event *of;
	enum { LINE_RECORD, LINE_ANSWER, LINE_WARNED, LINE_OPENED, LINE_ENDED } what;
};
struct lines {
	struct line *items;
	size_t count, room;
};

static struct line *add(struct lines *lines, instant at)
{
	struct line *line = mem_push((void **)&lines->items, &lines->count, &lines->room, sizeof *line);
	*line = (struct line){.at = at};
	return line;
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)x->what - (int)y->what;
}

static void gather(const struct explained *explained, struct lines *lines)
{
	const struct alert_row *row = &explained->row;
	const struct story *story = &explained->story;
	bool told = explained->told_story && story->stands_so;
	for (size_t i = 0; told && i < story->count; i++) {
		struct line *line = add(lines, story->events[i].event->time);
		line->event = story->events[i].event;
		line->of = &story->events[i];
	}
	for (size_t i = 0; !told && i < explained->event_count; i++)
		add(lines, explained->events[i].event.time)->event = &explained->events[i].event;
	for (size_t i = 0; i < explained->act_count; i++)
		if (text_equal(explained->acts[i].what, TEXT("alert.warned")))
			add(lines, explained->acts[i].at)->what = LINE_WARNED;
	for (size_t i = 0; i < explained->answer_count; i++) {
		struct line *line = add(lines, explained->answers[i].event.time);
		line->event = &explained->answers[i].event;
		line->what = LINE_ANSWER;
	}
	if (!row->early)
		add(lines, row->opened)->what = LINE_OPENED;
	if (row->state != ALERT_STANDING && row->closed != INSTANT_NEVER)
		add(lines, row->closed)->what = LINE_ENDED;
	if (lines->count)
		qsort(lines->items, lines->count, sizeof *lines->items, by_time);
}

/* ---- what it did ---- */

static void put_record(struct shown_page *shown, const struct line *line, struct data *row)
{
	const struct story_event *of = line->of;
	data_string(row, "event", schema_type_title(line->event->type));
	shown_begin(shown);
	if (!of)
		buffer_string(&shown->words, "Made the alert");
	else if (of->words)
		words_sentence(text_of(of->words), &shown->words);
	if (of && of->number)
		buffer_format(&shown->words, ": %lld in the window", (long long)of->number);
	if (of && !of->words && of->without == WITHOUT_ENDED)
		buffer_string(&shown->words, "Ended the alert");
	else if (of && !of->words)
		buffer_string(&shown->words, "Without it the alert would be another");
	shown_end(shown, row, "did");
	data_flag(row, "strong", of && of->without == WITHOUT_NONE);
}

static void put_answer(struct shown_page *shown, const struct line *line, const struct sight_child *of,
                       struct data *row)
{
	const struct event *event = line->event;
	struct text review = event_string(event, schema_name(TEXT("review_at")));
	instant at;
	const char *why;
	shown_begin(shown);
	buffer_string(&shown->words, "Answer of the ");
	shown_answerer(shown, event, of);
	shown_end(shown, row, "event");
	shown_begin(shown);
	if (event->type == TYPE_ID_ALERT_PASSED_ON) {
		buffer_string(&shown->words, "Passed it on");
	} else if (event->type == TYPE_ID_ALERT_RESOLVED) {
		buffer_string(&shown->words, "Ended the alert");
	} else {
		buffer_string(&shown->words, "Stopped the ladder");
		if (review.length && instant_parse(review, &at, &why)) {
			buffer_string(&shown->words, " until ");
			shown_moment(shown, at, false);
		}
	}
	shown_end(shown, row, "did");
	data_flag(row, "strong", false);
}

static void put_clock(const struct explained *explained, const struct line *line, struct data *row)
{
	bool by_clock = explained->due != INSTANT_NONE && explained->due == explained->row.opened;
	data_flag(row, "strong", line->what != LINE_WARNED);
	if (line->what == LINE_WARNED) {
		data_string(row, "event", "No event: its clock still ran");
		data_string(row, "did", "Early warning, same number");
	} else if (line->what == LINE_OPENED) {
		data_string(row, "event",
		            by_clock ? "No event: its clock ran out" : "All that the rule asks was there");
		data_string(row, "did", "Opened the alert");
	} else {
		bool withdrawn = explained->row.state == ALERT_WITHDRAWN;
		data_text(row, "event",
		          explained->row.reason.length ? explained->row.reason : TEXT("Its cause was over"));
		data_string(row, "did", withdrawn ? "Withdrew the alert" : "Ended the alert");
	}
}

/* ---- when it was recorded ---- */

static enum result take_arrival(void *argument, const struct event *event, struct text bytes, instant arrived,
                                struct fault *fault)
{
	instant *at = argument;
	(void)event, (void)bytes, (void)fault;
	*at = arrived;
	return RESULT_OK;
}

static enum result put_recorded(struct shown_page *shown, const struct event *event, struct data *row,
                                struct fault *fault)
{
	instant recorded = event->recorded;
	enum result result = RESULT_OK;
	if (recorded == INSTANT_NONE)
		result = events_find(shown->page->store, event->source, event->id, take_arrival, &recorded, fault);
	data_flag(row, "late", history_recorded_late(event, recorded, shown->page->zone));
	shown_begin(shown);
	shown_moment(shown, recorded, false);
	shown_end(shown, row, "recorded");
	return result;
}

enum result alert_page_story(struct shown_page *shown, const struct sight_child *of, const struct explained *explained,
                             struct fault *fault)
{
	struct lines lines = {0};
	struct data *list = data_list(shown->root, "happened");
	enum result result = RESULT_OK;
	gather(explained, &lines);
	for (size_t i = 0; i < lines.count && result == RESULT_OK; i++) {
		const struct line *line = &lines.items[i];
		struct data *row = data_item(list);
		shown_begin(shown);
		if (line->event)
			shown_moment(shown, line->at, line->event->day_precision);
		else
			shown_when(shown, line->at);
		shown_end(shown, row, "at");
		if (line->what == LINE_RECORD)
			put_record(shown, line, row);
		else if (line->what == LINE_ANSWER)
			put_answer(shown, line, of, row);
		else
			put_clock(explained, line, row);
		data_flag(row, "late", false);
		data_string(row, "recorded", "Not a record");
		if (line->event)
			result = put_recorded(shown, line->event, row, fault);
	}
	data_format(shown->root, "happened_count", "%zu", lines.count);
	free(lines.items);
	return result;
}

/* ---- the clock, day by day ---- */

static void put_day(struct shown_page *shown, const struct story_day *day, bool last, struct data *week)
{
	struct data *cell = data_item(week);
	data_flag(cell, "before", false);
	data_flag(cell, "end", last);
	data_flag(cell, "out", day->number < 0);
	data_string(cell, "span", "");
	data_format(cell, "day_number", "%d", day->number);
	shown_begin(shown);
	words_day(day->day, WORDS_BRIEF, &shown->words);
	shown_end(shown, cell, "date");
}

/* Before the first of a week that does not begin on Monday. */
static void put_gap(unsigned days, struct data *week)
{
	struct data *cell = data_item(week);
	data_flag(cell, "before", true);
	data_flag(cell, "end", false);
	data_flag(cell, "out", true);
	data_format(cell, "span", "%u", days);
	data_string(cell, "day_number", "");
	data_string(cell, "date", "");
}

static void put_days_words(struct shown_page *shown, const struct story *story)
{
	shown_begin(shown);
	for (size_t i = 0; i < story->day_count; i++) {
		const struct story_day *day = &story->days[i];
		if (day->number >= 0 || day_of_week(day->day) >= 5)
			continue;
		words_day(day->day, WORDS_TABLE_YEAR, &shown->words);
		buffer_string(&shown->words, ": ");
		words_in_sentence(day->why ? day->why : "bank holiday", &shown->words);
		if (!day->why || !strstr(day->why, "oliday"))
			buffer_string(&shown->words, " bank holiday");
		buffer_string(&shown->words, ", not counted. ");
	}
	const struct story_day *last = &story->days[story->day_count - 1];
	if (last->number > 0) {
		buffer_format(&shown->words, "Day %d is ", last->number);
		words_day(last->day, WORDS_TABLE, &shown->words);
		buffer_string(&shown->words, ", and the clock ran out when that day ended.");
	}
	shown_end(shown, shown->root, "days_words");
}

void alert_page_days(struct shown_page *shown, const struct explained *explained)
{
	const struct story *story = &explained->story;
	struct data *weeks = data_list(shown->root, "weeks"), *week = NULL;
	bool any = explained->told_story && story->day_count > 0;
	data_string(shown->root, "days_words", "");
	for (size_t i = 0; any && i < story->day_count; i++) {
		unsigned of_week = (unsigned)day_of_week(story->days[i].day);
		if (of_week >= 5)
			continue;
		if (!week || of_week == 0) {
			week = data_list(data_item(weeks), "days");
			if (of_week)
				put_gap(of_week, week);
		}
		put_day(shown, &story->days[i], i + 1 == story->day_count, week);
	}
	if (any)
		put_days_words(shown, story);
	data_flag(shown->root, "days_any", any);
}

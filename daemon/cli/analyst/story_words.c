/* story_words: how an alert came about, for people and as JSON. */
#include "cli/analyst/story_words.h"

#include "time/words.h"

#include <stdio.h>

static void put_time(const struct zone *zone, instant at, struct buffer *out)
{
	words_moment(zone, (struct words_moment){.at = at}, WORDS_TABLE_YEAR, out);
}

static void put_without(const struct zone *zone, const struct story *story, const struct story_event *event,
                        struct buffer *out)
{
	switch (event->without) {
	case WITHOUT_NONE: buffer_string(out, "without it there is no alert"); break;
	case WITHOUT_OPENED:
		buffer_string(out, "without it the alert opens ");
		put_time(zone, event->other, out);
		break;
	case WITHOUT_ENDED:
		if (event->other == INSTANT_NEVER)
			buffer_string(out, "without it the alert still stands");
		else if (event->other == story->closed)
			buffer_string(out, "without it the alert ends by something else");
		else {
			buffer_string(out, "without it the alert ends ");
			words_until(zone, event->other, WORDS_TABLE_YEAR, out);
		}
		break;
	case WITHOUT_OTHER: buffer_string(out, "without it the alert rests on other records"); break;
	}
}

static void put_event(const struct zone *zone, const struct story *story, const struct story_event *item,
                      struct buffer *out)
{
	const struct event *event = item->event;
	buffer_string(out, "  ");
	words_moment(zone, (struct words_moment){.at = event->time, .day_only = event->day_precision}, WORDS_TABLE_YEAR,
	             out);
	buffer_format(out, "  %s\n      ", schema_type_title(event->type));
	if (item->words)
		buffer_string(out, item->words);
	if (item->number)
		buffer_format(out, ", %lld in the window", (long long)item->number);
	if (item->until != INSTANT_NEVER) {
		buffer_string(out, ", until ");
		words_until(zone, item->until, WORDS_TABLE_YEAR, out);
	}
	buffer_string(out, item->words ? "; " : "");
	put_without(zone, story, item, out);
	buffer_format(out, "\n      event %.*s from %.*s\n", TEXT_ARG(event->id), TEXT_ARG(event->source));
}

/* "Fri 8 May 2020: early May bank holiday, not counted" */
static void put_day(const struct story_day *day, struct buffer *out)
{
	buffer_string(out, "  ");
	words_day(day->day, WORDS_TABLE_YEAR, out);
	buffer_string(out, ": ");
	if (day->number == 0) {
		buffer_string(out, "the day it starts, not counted");
	} else if (day->number > 0) {
		buffer_format(out, "%d", day->number);
	} else {
		if (day_of_week(day->day) < 5)
			words_in_sentence(day->why ? day->why : "bank holiday", out);
		else
			buffer_string(out, day->why);
		buffer_string(out, ", not counted");
	}
	buffer_char(out, '\n');
}

void story_words(const struct zone *zone, const struct story *story, struct buffer *out)
{
	buffer_string(out, "\nHow it came about\n");
	if (!story->stands_so) {
		buffer_string(
			out,
			"  The records and rules as they are now give no such alert: it was withdrawn, or its rule "
			"has changed.\n");
		return;
	}
	for (size_t i = 0; i < story->count; i++)
		put_event(zone, story, &story->events[i], out);
	if (!story->count)
		buffer_string(out, "  No single record: without any one of them it is the same.\n");
	if (story->tried < story->of)
		buffer_format(out, "  Of %zu records the latest %zu were looked at.\n", story->of, story->tried);
	if (!story->day_count)
		return;
	buffer_string(out, "\nThe days of its clock\n");
	for (size_t i = 0; i < story->day_count; i++)
		put_day(&story->days[i], out);
	buffer_string(out, "  It ran out at ");
	words_until(zone, story->due, WORDS_TABLE_YEAR, out);
	buffer_string(out, ".\n");
}

static void json_event(const struct story_event *item, struct json_writer *json)
{
	static const char *const without[] = {"no alert", "opens otherwise", "ends otherwise", "other records"};
	json_object(json);
	json_put_text(json, "id", item->event->id);
	json_put_text(json, "source", item->event->source);
	json_put_text(json, "type", item->event->type_name);
	json_put_instant(json, "time", item->event->time);
	json_put_string(json, "did", item->words);
	if (item->number)
		json_put_integer(json, "number", item->number);
	json_put_string(json, "without", without[item->without]);
	if (item->without == WITHOUT_OPENED || item->without == WITHOUT_ENDED)
		json_put_instant(json, "instead", item->other);
	json_object_end(json);
}

void story_json(const struct story *story, struct json_writer *json)
{
	json_put_bool(json, "as_records_are_now", story->stands_so);
	json_key(json, "made_and_ended_by");
	json_array(json);
	for (size_t i = 0; i < story->count; i++)
		json_event(&story->events[i], json);
	json_array_end(json);
	json_key(json, "clock");
	json_array(json);
	for (size_t i = 0; i < story->day_count; i++) {
		char date[16];
		int year, month, day;
		day_split(story->days[i].day, &year, &month, &day);
		(void)snprintf(date, sizeof date, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
		json_object(json);
		json_put_string(json, "date", date);
		json_key(json, "number");
		if (story->days[i].number < 0)
			json_null(json);
		else
			json_integer(json, story->days[i].number);
		json_put_string(json, "why", story->days[i].why);
		json_object_end(json);
	}
	json_array_end(json);
	json_put_integer(json, "records_tried", (int64_t)story->tried);
	json_put_integer(json, "records", (int64_t)story->of);
}

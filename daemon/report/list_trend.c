/* list_trend: weeks as bars made of table cells, as rows of signs, and in words. */
#include "report/list_page.h"

#include "time/words.h"

#define BAR_PIXELS 72
#define BAR_SIGNS 40

static void put_numbers(struct data *root, const char *name, const uint32_t *weeks, size_t count)
{
	struct buffer words = {0};
	for (size_t i = 0; i < count; i++) {
		buffer_string(&words, i ? ", " : "");
		words_number(weeks[i], &words);
	}
	data_text(root, name, buffer_view(&words));
	buffer_free(&words);
}

static void put_date(struct data *root, const char *name, civil_day day)
{
	struct buffer words = {0};
	words_day(day, WORDS_PLAIN, &words);
	data_text(root, name, buffer_view(&words));
	buffer_free(&words);
}

/* How long a bar is if the longest is `room`: never nothing for something. */
static uint32_t scaled(uint32_t count, uint32_t most, uint32_t room)
{
	uint32_t length = most ? (uint32_t)(((uint64_t)count * room + most / 2) / most) : 0;
	return count && !length ? 1 : length;
}

static void put_bar(struct data *bars, uint32_t count, uint32_t most, bool recent)
{
	struct data *bar = data_item(bars);
	data_flag(bar, "is_recent", recent);
	if (count)
		data_format(bar, "height", "%u", scaled(count, most, BAR_PIXELS));
	else
		data_string(bar, "height", "");
}

/* "  4 Nov    2 ##": one sign an episode, unless the bar grows too long. */
static void put_line(struct data *lines, civil_day monday, uint32_t count, uint32_t most)
{
	struct buffer day = {0}, line = {0};
	words_day(monday, WORDS_BRIEF, &day);
	buffer_format(&line, "%7s%5u ", day.at, count);
	uint32_t signs = most > BAR_SIGNS ? scaled(count, most, BAR_SIGNS) : count;
	while (signs--)
		buffer_char(&line, '#');
	data_text(data_item(lines), "line", buffer_view(&line));
	buffer_free(&line);
	buffer_free(&day);
}

static void put_change(struct data *root, uint32_t earlier, uint32_t recent)
{
	struct buffer words = {0};
	if (recent == earlier)
		buffer_string(&words, "no change");
	else if (recent > earlier)
		words_count(recent - earlier, "more episode", "more episodes", &words);
	else
		words_count(earlier - recent, "fewer episode", "fewer episodes", &words);
	data_text(root, "trend", buffer_view(&words));
	buffer_clear(&words);
	words_count(recent, "episode", "episodes", &words);
	data_text(root, "recent_episodes", buffer_view(&words));
	buffer_clear(&words);
	words_number(recent, &words);
	data_text(root, "recent", buffer_view(&words));
	buffer_clear(&words);
	words_number(earlier, &words);
	data_text(root, "earlier", buffer_view(&words));
	buffer_free(&words);
}

void list_put_trend(const struct list *list, struct data *root)
{
	const uint32_t *weeks = list->weeks;
	size_t count = (size_t)list->view.list->trend_weeks, half = count / 2;
	civil_day first = list->facts->first_monday;
	uint32_t earlier = 0, recent = 0, most = 0;
	struct data *bars = data_list(root, "bars"), *lines = data_list(root, "weeks");
	for (size_t i = 0; i < count; i++) {
		*(i < half ? &earlier : &recent) += weeks[i];
		most = weeks[i] > most ? weeks[i] : most;
	}
	for (size_t i = 0; i < count; i++) {
		put_bar(bars, weeks[i], most, i >= half);
		if (i >= half)
			put_line(lines, first + 7 * (civil_day)i, weeks[i], most);
	}
	put_change(root, earlier, recent);
	put_date(root, "earlier_from", first);
	put_date(root, "recent_from", first + 7 * (civil_day)half);
	put_date(root, "recent_to", first + 7 * (civil_day)count - 1);
	put_numbers(root, "earlier_numbers", weeks, half);
	put_numbers(root, "recent_numbers", weeks + half, count - half);
}

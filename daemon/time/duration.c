/* calendar: lengths of time as people write them. */
#include "time/calendar.h"

#define AMOUNT_MAX 100000 /* of any unit: 270 years of days; and no sum of instants overflows */

static const char *const unit_names[] = {
	[UNIT_MINUTES] = "minute", [UNIT_HOURS] = "hour", [UNIT_DAYS] = "day", [UNIT_WEEKS] = "week",
	[UNIT_MONTHS] = "month", [UNIT_YEARS] = "year", [UNIT_WORKING_DAYS] = "working day",
};
#define UNIT_COUNT (sizeof unit_names / sizeof unit_names[0])

static struct text without_spaces_before(struct text text)
{
	while (text.length && text.at[0] == ' ')
		text = (struct text){text.at + 1, text.length - 1};
	return text;
}

static bool read_unit(struct text text, enum duration_unit *unit)
{
	for (size_t i = 0; i < UNIT_COUNT; i++) {
		struct text name = text_of(unit_names[i]);
		bool plural = text.length == name.length + 1 && text.at[name.length] == 's';
		if (text_equal((struct text){text.at, plural ? name.length : text.length}, name)) {
			*unit = (enum duration_unit)i;
			return true;
		}
	}
	return false;
}

bool duration_parse(struct text text, struct duration *duration)
{
	int32_t amount = 0;
	size_t length = 0;
	text = text_trim(text);
	for (; length < text.length && text.at[length] >= '0' && text.at[length] <= '9'; length++) {
		amount = amount * 10 + (text.at[length] - '0');
		if (amount > AMOUNT_MAX)
			return false;
	}
	struct text rest = {text.at + length, text.length - length};
	struct text unit = without_spaces_before(rest);
	if (!length || unit.length == rest.length) /* no number, or no space after it */
		return false;
	duration->amount = amount;
	return read_unit(unit, &duration->unit);
}

void duration_print(struct duration duration, struct buffer *out)
{
	buffer_number(out, duration.amount);
	buffer_char(out, ' ');
	buffer_string(out, unit_names[duration.unit]);
	if (duration.amount != 1)
		buffer_char(out, 's');
}

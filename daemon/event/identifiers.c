/* identifiers: check digits of the health service and of schools. */
#include "event/identifiers.h"

#define NHS_DIGITS 10
#define UPN_CHARACTERS 13

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *nhs_number_wrong(struct text number)
{
	int digits[NHS_DIGITS], count = 0, sum = 0;
	for (size_t i = 0; i < number.length; i++) {
		char c = number.at[i];
		if (c == ' ' || c == '-')
			continue;
		if (!is_digit(c) || count == NHS_DIGITS)
			return "is not ten digits";
		digits[count++] = c - '0';
	}
	if (count != NHS_DIGITS)
		return "is not ten digits";
	for (int i = 0; i < NHS_DIGITS - 1; i++)
		sum += digits[i] * (NHS_DIGITS - i);
	int check = (11 - sum % 11) % 11; /* ten is no digit: such numbers are not given out */
	return check == digits[NHS_DIGITS - 1] ? NULL : "has a check digit that does not agree: a digit is wrong";
}

/* Without I, O and S, which look like digits. */
static const char letters[] = "ABCDEFGHJKLMNPQRTUVWXYZ";

static int letter_value(char c)
{
	for (int i = 0; letters[i]; i++)
		if (letters[i] == c || letters[i] + ('a' - 'A') == c)
			return i;
	return -1;
}

const char *upn_wrong(struct text number)
{
	static const char *const shape = "is not a letter and twelve digits (the last a letter where it is temporary)";
	int sum = 0;
	if (number.length != UPN_CHARACTERS)
		return shape;
	for (int i = 1; i < UPN_CHARACTERS; i++) {
		char c = number.at[i];
		int value = is_digit(c) ? c - '0' : i == UPN_CHARACTERS - 1 ? letter_value(c) : -1;
		if (value < 0)
			return shape;
		sum += value * (i + 1);
	}
	int check = letter_value(number.at[0]);
	if (check < 0)
		return shape;
	return check == sum % 23 ? NULL : "has a check letter that does not agree: a digit is wrong";
}

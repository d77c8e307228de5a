/* csv: quoting, and what a spreadsheet would take for a formula. */
#include "text/csv.h"

static void comma(struct csv *csv)
{
	if (csv->comma)
		buffer_char(csv->out, ',');
	csv->comma = true;
}

static void put(struct csv *csv, struct text value, const char *before)
{
	bool quotes = *before != '\0';
	for (size_t i = 0; i < value.length && !quotes; i++)
		quotes = strchr(",\"\r\n", value.at[i]) != NULL || value.at[i] == '\0';
	quotes = quotes || (value.length && (value.at[0] == ' ' || value.at[value.length - 1] == ' '));
	if (quotes)
		buffer_char(csv->out, '"');
	buffer_string(csv->out, before);
	for (size_t i = 0; i < value.length; i++) {
		if (value.at[i] == '"')
			buffer_char(csv->out, '"');
		buffer_char(csv->out, value.at[i] ? value.at[i] : ' ');
	}
	if (quotes)
		buffer_char(csv->out, '"');
}

/* The signs that begin a formula, also after blanks, and their full-width forms, which some spreadsheets take for the
 * same (OWASP, "CSV Injection"). A tab or line end at the start may hide one. */
static bool begins_formula(struct text value)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
	size_t at = 0;
	if (value.length && (value.at[0] == '\t' || value.at[0] == '\r' || value.at[0] == '\n'))
		return true;
	while (at < value.length && (value.at[at] == ' ' || value.at[at] == '\t'))
		at++;
	if (at < value.length && value.at[at] && strchr("=+-@", value.at[at]))
		return true;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (value.length - at >= 3 && memcmp(value.at + at, wide[i], 3) == 0)
			return true;
	return false;
}

void csv_text(struct csv *csv, struct text value)
{
	comma(csv);
	put(csv, value, begins_formula(value) ? "'" : "");
}

void csv_plain(struct csv *csv, struct text value)
{
	comma(csv);
	put(csv, value, "");
}

void csv_end(struct csv *csv)
{
	buffer_string(csv->out, "\r\n");
	csv->comma = false;
}

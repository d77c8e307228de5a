/* reader_sample: registers in memory with invented rows, so that lists and reports can be looked at before they are
 * needed.
 *
 * What a column holds follows from its declared type and its name alone, so that a register that a council declares
 * itself is filled, too. Nothing here is drawn by chance: the same page every time. */
#include "report/reader_internal.h"

#include "base/mem.h"
#include "event/schema.h"
#include <stdio.h>

#define APART (31 * HOUR)                  /* one row begins so long before the other: 150 are half a year */
#define FIRST_AGO (9 * HOUR + 20 * MINUTE) /* the newest */

struct filling {
	sqlite3 *database;
	const struct ruleset *rules;
	const struct reader_sample *sample;
};

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);
	return length >= tail && strcmp(name + length - tail, end) == 0;
}

static instant begun(const struct filling *filling, size_t row)
{
	return filling->sample->as_of - FIRST_AGO - (instant)row * APART;
}

/* The row's `column`th instant; INSTANT_NONE: it has not come. Every other row is still open. */
static instant instant_at(const struct filling *filling, const struct register_def *def, size_t row, size_t column)
{
	instant start = begun(filling, row);
	bool is_first = true;
	for (size_t i = 0; i < column && is_first; i++)
		is_first = def->fields[i].type != REGISTER_INSTANT;
	if (is_first)
		return start;
	if (column == def->field_closed ? row % 2 == 0 : (row + column) % 3 == 0)
		return INSTANT_NONE;
	instant at = start + (column == def->field_closed ? 30 * HOUR : (instant)(column % 5 + 1) * 5 * HOUR);
	return at <= filling->sample->as_of ? at : INSTANT_NONE;
}

static const char *word_of(const struct filling *filling, const char *name, size_t row)
{
	static const struct {
		const char *name, *words[3];
	} known[] = {{"kind", {"missing", "missing", "away"}},
	             {"started_as", {"missing", "missing", "away"}},
	             {"place", {"home", "placement", "home"}},
	             {"risk", {"high", "medium", "low"}},
	             {"initials", {"KM", "AB", "RT"}},
	             {"setting", {"H5", "P2", "H5"}},
	             {"role", {"social-worker", "social-worker", "personal-adviser"}},
	             {"outcome", {"referral", "nfa", "cin"}},
	             {"flags", {"[\"neglect\"]", "[\"domestic-abuse\"]", "[]"}},
	             {"expertise", {"[\"domestic-abuse\"]", "[]", "[]"}},
	             {"level", {"high", "medium", "very-high"}},
	             {"category", {"neglect", "emotional", "neglect"}},
	             {"area", {"front door", "plans", "placements"}},
	             {"rag", {"red", "amber", "green"}},
	             {"better", {"lower", "higher", "lower"}},
	             {"by", {"director", "team-manager", "director"}},
	             {"ratified_by", {"director", "dcs", "director"}},
	             {"date_of_birth", {"2011-05-14", "2009-02-03", "2013-11-30"}},
	             {"due", {"2026-02-20", "2026-01-09", "2026-03-31"}},
	             {"until", {"2026-02-20", "2026-01-09", "2026-03-31"}}};
	const struct directory *directory = filling->sample->directory;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].words[row % 3];
	if (strcmp(name, "team") == 0 && directory && directory->team_count)
		return directory->teams[row % directory->team_count].id;
	return NULL;
}

/* By what the row was closed, for a report that counts what ended so; NULL: it is open, or no event closes it. */
static const char *closed_by(const struct filling *filling, const struct register_def *def, size_t row)
{
	if (!def->closes.count || instant_at(filling, def, row, def->field_closed) == INSTANT_NONE)
		return NULL;
	return schema_type_name(def->closes.items[row % def->closes.count].type);
}

static void bind_text(sqlite3_stmt *put, int at, const char *before, size_t number)
{
	char words[80];
	(void)snprintf(words, sizeof words, "%.60s%zu", before, number);
	(void)sqlite3_bind_text(put, at, words, -1, SQLITE_TRANSIENT);
}

static void bind_column(const struct filling *filling, const struct register_def *def, size_t row, size_t column,
                        sqlite3_stmt *put)
{
	const struct register_field *field = &def->fields[column];
	int at = (int)column + 1;
	instant when;
	const char *word;
	switch (field->type) {
	case REGISTER_INSTANT:
		when = instant_at(filling, def, row, column);
		if (strcmp(field->name, "left") == 0 || strcmp(field->name, "contradiction") == 0)
			when = INSTANT_NONE;
		if (strcmp(field->name, "missing") == 0)
			when = begun(filling, row);
		if (ends_with(field->name, "_recorded") || ends_with(field->name, "_arrived"))
			when = begun(filling, row) + HOUR;
		if (when != INSTANT_NONE)
			(void)sqlite3_bind_int64(put, at, when);
		return;
	case REGISTER_FLAG: /* one in twelve knows only the date; nobody's case is restricted, that all are seen */
		(void)sqlite3_bind_int(put, at,
		                       ends_with(field->name, "_by_date")
		                               ? row % 12 == 11
		                               : strcmp(field->name, "restricted") != 0 && (row / 2 + column) % 2);
		return;
	case REGISTER_INTEGER: (void)sqlite3_bind_int64(put, at, (int64_t)((row + column) % 3)); return;
	case REGISTER_REAL: (void)sqlite3_bind_double(put, at, (double)(2 + (3 * row + 5 * column) % 9)); return;
	case REGISTER_TEXT:
	case REGISTER_ANY: break;
	}
	word = column == def->field_closed_by ? closed_by(filling, def, row) : word_of(filling, field->name, row);
	if (word)
		(void)sqlite3_bind_text(put, at, word, -1, SQLITE_STATIC);
	else if (column == def->field_closed_by)
		return;
	else if (strcmp(field->name, "child") == 0)
		bind_text(put, at, "C", 1001 + row);
	else
		bind_text(put, at, field->name, row % 7 + 1);
}

static bool fill_register(const struct filling *filling, const struct register_def *def)
{
	struct buffer sql = {0};
	sqlite3_stmt *put = NULL;
	buffer_format(&sql, "INSERT INTO register_%s VALUES (", def->id);
	for (size_t i = 0; i < def->field_count; i++)
		buffer_string(&sql, i ? ", ?" : "?");
	buffer_char(&sql, ')');
	bool good = sqlite3_prepare_v2(filling->database, buffer_cstr(&sql), -1, &put, NULL) == SQLITE_OK;
	for (size_t row = 0; row < filling->sample->rows && good; row++) {
		(void)sqlite3_clear_bindings(put);
		for (size_t i = 0; i < def->field_count; i++)
			bind_column(filling, def, row, i, put);
		good = sqlite3_step(put) == SQLITE_DONE && sqlite3_reset(put) == SQLITE_OK;
	}
	(void)sqlite3_finalize(put);
	buffer_free(&sql);
	return good;
}

/* One alert a child, of one rule after the other; two of three were answered, and every fifth is over. */
static bool fill_alerts(const struct filling *filling)
{
	static const char words[] =
		"INSERT INTO history VALUES (?1, 0, ?2);"
		"INSERT INTO alert VALUES (1000 + ?1, printf('%016x', ?1), ?1, ?3, ?4,"
		" CASE WHEN ?1 % 5 THEN 0 ELSE 1 END, ?5, CASE WHEN ?1 % 5 THEN NULL ELSE ?5 + 7200000000 END, NULL, 1,"
		" ?5 + 86400000000, 0, ?1 % 3 > 0, NULL, 0, 0, NULL);"
		"INSERT INTO outbox VALUES (?1, 0, 2, 'opened', 1000 + ?1, 1, 'team-manager', 'p', ?5, ?5 + 2000000,"
		" 'mail');"
		"INSERT INTO audit VALUES (2 * ?1, ?5, 'alert.opened', 1000 + ?1, '{}');"
		"INSERT INTO audit SELECT 2 * ?1 + 1, ?5 + 3600000000, 'alert.acknowledged', 1000 + ?1, '{}'"
		" WHERE ?1 % 3 > 0";
	bool good = true;
	for (size_t row = 0; row < filling->sample->rows && filling->rules->rule_count && good; row++) {
		const struct rule *rule = &filling->rules->rules[row % filling->rules->rule_count];
		for (const char *rest = words; *rest && good;) {
			sqlite3_stmt *put = NULL;
			good = sqlite3_prepare_v2(filling->database, rest, -1, &put, &rest) == SQLITE_OK;
			(void)sqlite3_bind_int64(put, 1, (int64_t)row + 1);
			bind_text(put, 2, "C", 1001 + row);
			(void)sqlite3_bind_text(put, 3, rule->id, -1, SQLITE_STATIC);
			(void)sqlite3_bind_int(put, 4, (int)rule->severity);
			(void)sqlite3_bind_int64(put, 5, begun(filling, row));
			good = good && sqlite3_step(put) == SQLITE_DONE;
			(void)sqlite3_finalize(put);
		}
	}
	return good;
}

bool reader_fill_sample(sqlite3 *database, const struct ruleset *rules, const struct reader_sample *sample)
{
	struct filling filling = {database, rules, sample};
	bool good = fill_alerts(&filling);
	for (size_t i = 0; i < rules->register_count && good; i++)
		good = fill_register(&filling, &rules->registers[i]);
	return good;
}

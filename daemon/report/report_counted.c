/* report_counted: fingerprints of how a figure is counted, and of what it goes by. */
#include "report/report_facts.h"

#define NESTED 32 /* parentheses that a SELECT may have within each other; in deeper ones no register is looked for */
#define DAYS_BEFORE 31 /* of a period, and after it: on which working days that it counts may lie */
#define DAYS_AFTER 92

/* ---- the SELECT ---- */

struct walk {
	const struct config_list *list;
	const struct ruleset *rules;
	size_t depth;
	bool tables[NESTED]; /* by depth: within FROM, where a comma comes before another table */
	bool reads, number;  /* what the next word is */
};

static uint64_t add_number(uint64_t so_far, uint64_t number)
{
	char digits[16];
	text_hex(number, digits);
	return text_fingerprint((struct text){digits, sizeof digits}, so_far);
}

static uint64_t register_meaning(const struct ruleset *rules, struct text id)
{
	for (size_t i = 0; i < rules->register_count; i++)
		if (text_equal(id, text_of(rules->registers[i].id)))
			return rules->registers[i].fingerprint;
	return 0;
}

/* What the word means there: the declaration of a register that is read, the value of a number. */
static uint64_t meaning_of(const struct walk *walk, struct text word)
{
	uint64_t meaning = walk->reads ? register_meaning(walk->rules, word) : 0;
	for (size_t i = 0; walk->number && i < walk->list->number_count; i++)
		if (text_equal(word, text_of(walk->list->numbers[i].name)))
			meaning = (uint64_t)walk->list->numbers[i].value;
	return meaning;
}

static bool is_one_of(struct text word, const char *const *words)
{
	bool is = false;
	for (size_t i = 0; words[i]; i++)
		is = is || text_equal_fold(word, text_of(words[i]));
	return is;
}

static void step(struct walk *walk, struct text word)
{
	static const char *const into[] = {"FROM", "JOIN", NULL};
	static const char *const out_of[] = {"SELECT", "WHERE",  "GROUP",     "ORDER", "HAVING",
	                                     "UNION",  "EXCEPT", "INTERSECT", "LIMIT", NULL};
	bool within = walk->depth < NESTED && walk->tables[walk->depth];
	walk->reads = is_one_of(word, into) || (within && word.at[0] == ',');
	if (walk->depth < NESTED && (walk->reads || is_one_of(word, out_of)))
		walk->tables[walk->depth] = walk->reads;
	if (word.at[0] == '(' && ++walk->depth < NESTED)
		walk->tables[walk->depth] = false;
	if (word.at[0] == ')' && walk->depth)
		walk->depth--;
}

static size_t word_length(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static bool calls(const char *sql, const char *const *functions)
{
	bool any = false;
	for (size_t i = 0; functions[i]; i++)
		any = any || strstr(sql, functions[i]) != NULL;
	return any;
}

static const char *const of_teams[] = {"team_at(", "team_id_at(", "service_at(", NULL};
static const char *const of_days[] = {"after_working_days(", "is_working(", NULL};

static uint64_t definition(const struct config_list *list, const char *sql, const struct ruleset *rules)
{
	struct walk walk = {.list = list, .rules = rules};
	uint64_t counted = calls(sql, of_teams) ? register_meaning(rules, TEXT("allocation")) : 0;
	while (*(sql += strspn(sql, " \t\n"))) {
		size_t length = word_length(sql);
		struct text word = {sql, length ? length : 1};
		counted = text_fingerprint(TEXT(" "), text_fingerprint(word, counted));
		if (length)
			counted = add_number(counted, meaning_of(&walk, word));
		step(&walk, word);
		walk.number = *sql == ':';
		sql += word.length;
	}
	return counted;
}

/* ---- what it goes by ---- */

static uint64_t teams(const struct directory *directory)
{
	uint64_t all = 0;
	for (size_t i = 0; i < directory->team_count; i++) {
		const struct team *team = &directory->teams[i];
		all = text_fingerprint(text_of(team->id), text_fingerprint(TEXT(" "), all));
		all = text_fingerprint(text_of(team->title), text_fingerprint(TEXT(" "), all));
		all = text_fingerprint(text_of(team->parent), text_fingerprint(TEXT(" "), all));
	}
	return all;
}

static uint64_t working_days(const struct calendar *calendar, const struct period *period)
{
	uint64_t all = 0;
	for (civil_day day = period->first - DAYS_BEFORE; day < period->next + DAYS_AFTER; day++)
		all = add_number(all, calendar_is_working(calendar, day));
	return all;
}

bool report_counts_alerts(const struct report_figure *figure)
{
	return strstr(figure->select.sql, "alert") != NULL;
}

static uint64_t lane(uint64_t fingerprint, int bits, int at)
{
	return (fingerprint & ((1ULL << bits) - 1)) << at;
}

#define IN_LANES (1ULL << 63) /* what was kept before there were lanes has it not: of that it is not known */

int64_t report_counted(const struct config_list *list, const struct report_figure *figure,
                       const struct report_ground *ground, const struct period *period)
{
	const char *sql = figure->select.sql;
	uint64_t counted = IN_LANES | 1 | lane(definition(list, sql, ground->rules), 24, 1);
	if (report_counts_alerts(figure))
		counted |= lane(ground->rules->fingerprint, 13, 25);
	if (ground->directory && calls(sql, of_teams))
		counted |= lane(teams(ground->directory), 13, 38);
	if (ground->calendar && calls(sql, of_days))
		counted |= lane(working_days(ground->calendar, period), 12, 51);
	return (int64_t)counted;
}

struct recount report_recount(int64_t before, int64_t now)
{
	struct recount recount = {.unknown = before >= 0 || now >= 0};
	uint64_t other = recount.unknown ? 0 : (uint64_t)before ^ (uint64_t)now;
	recount.otherwise = (other & lane(UINT64_MAX, 24, 1)) != 0;
	recount.rules = (other & lane(UINT64_MAX, 13, 25)) != 0;
	recount.teams = (other & lane(UINT64_MAX, 13, 38)) != 0;
	recount.days = (other & lane(UINT64_MAX, 12, 51)) != 0;
	return recount;
}

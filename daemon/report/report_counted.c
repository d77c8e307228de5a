/* report_counted: a fingerprint of how a figure is counted. */
#include "report/report_facts.h"

/* What the word means there: the declaration of a register that is read, the value of a number. */
static uint64_t meaning_of(const struct config_list *list, const struct ruleset *rules, struct text word, bool reads,
                           bool number)
{
	for (size_t i = 0; reads && i < rules->register_count; i++)
		if (text_equal(word, text_of(rules->registers[i].id)))
			return rules->registers[i].fingerprint;
	for (size_t i = 0; number && i < list->number_count; i++)
		if (text_equal(word, text_of(list->numbers[i].name)))
			return (uint64_t)list->numbers[i].value;
	return 0;
}

static size_t word_length(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static uint64_t add_meaning(uint64_t so_far, uint64_t meaning)
{
	char digits[16];
	text_hex(meaning, digits);
	return text_fingerprint((struct text){digits, sizeof digits}, so_far);
}

int64_t report_counted(const struct config_list *list, const struct report_figure *figure, const struct ruleset *rules)
{
	const char *sql = figure->select.sql;
	uint64_t counted = 0;
	bool reads = false, number = false;
	while (*(sql += strspn(sql, " \t\n"))) {
		size_t length = word_length(sql);
		struct text word = {sql, length ? length : 1};
		counted = text_fingerprint(TEXT(" "), text_fingerprint(word, counted));
		if (length)
			counted = add_meaning(counted, meaning_of(list, rules, word, reads, number));
		reads = text_equal_fold(word, TEXT("FROM")) || text_equal_fold(word, TEXT("JOIN"));
		number = *sql == ':';
		sql += word.length;
	}
	return (int64_t)(counted >> 1) | 1; /* SQLite's integers have a sign; 0 is for what nobody knows */
}

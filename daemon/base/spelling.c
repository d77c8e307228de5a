/* spelling: edit distance between short words, and the best of several. */
#include "base/spelling.h"

#define WORD_MAX 64 /* names are shorter; a longer one is near to none */

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	return c == '_' || c == ' ' ? '-' : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t spelling_edits(struct text a, struct text b)
{
	size_t before[WORD_MAX + 1] = {0}, last[WORD_MAX + 1], row[WORD_MAX + 1] = {0};
	if (a.length > WORD_MAX || b.length > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= WORD_MAX; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.length; j++) {
			char x = folded(a.at[i - 1]), y = folded(b.at[j - 1]);
			row[j] = least(least(row[j - 1], last[j]) + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == folded(b.at[j - 2]) && y == folded(a.at[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		memcpy(before, last, sizeof before);
		memcpy(last, row, sizeof last);
	}
	return last[b.length];
}

struct spelling spelling_begin(struct text given)
{
	size_t limit = given.length / 3;
	if (limit < 1)
		limit = 1;
	if (limit > 3)
		limit = 3;
	return (struct spelling){.given = given, .limit = given.length ? limit + 1 : 0};
}

void spelling_offer(struct spelling *spelling, const char *word)
{
	if (spelling->limit == 0)
		return;
	size_t edits = spelling_edits(spelling->given, text_of(word));
	if (edits >= spelling->limit)
		return;
	spelling->best = word;
	spelling->limit = edits; /* from now on only a nearer one */
}

void spelling_say(const struct spelling *spelling, struct buffer *out)
{
	if (spelling->best)
		buffer_format(out, "; did you mean \"%s\"?", spelling->best);
}

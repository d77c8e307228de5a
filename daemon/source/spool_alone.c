/* spool_alone: words for files that are left alone. */
#include "source/spool_alone.h"

#include <stdlib.h>

#define OTHERS "spool:/others" /* no file can be called so */

struct alone {
	const char *path;
	const struct source_settings *settings;
	size_t said;          /* files that have a word of their own */
	size_t others, told;  /* without one, as counted; and as last said */
	struct buffer first;  /* of the others: its name and what is wrong with it */
};

struct alone *alone_new(const char *path, const struct source_settings *settings)
{
	struct alone *alone = MEM_NEW(struct alone);
	alone->path = path;
	alone->settings = settings;
	return alone;
}

void alone_free(struct alone *alone)
{
	if (alone)
		buffer_free(&alone->first);
	free(alone);
}

/* Control characters and bytes that are no text have no place in a journal, nor in the name of a position. */
bool alone_is_printable(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return true;
}

/* A name as it is shown: what cannot be printed, and a backslash, as \xHH, so that no two look alike. */
static void alone_name(const char *name, struct buffer *out)
{
	for (const char *c = name; *c; c++) {
		if (*c < 0x20 || *c > 0x7e || *c == '\\')
			buffer_format(out, "\\x%02x", (unsigned char)*c);
		else
			buffer_char(out, *c);
	}
}

static void report(const struct alone *alone, const char *name, enum source_state state, const char *sentence)
{
	if (alone->settings->report)
		alone->settings->report(alone->settings->context, name, state, sentence);
}

static void say_file(const struct alone *alone, const char *name, enum source_state state, const char *what)
{
	struct buffer position = {0}, sentence = {0};
	buffer_string(&position, "spool:");
	alone_name(name, &position);
	buffer_format(&sentence, "%s/", alone->path);
	alone_name(name, &sentence);
	buffer_format(&sentence, " %s", what);
	report(alone, buffer_cstr(&position), state, buffer_cstr(&sentence));
	buffer_free(&sentence);
	buffer_free(&position);
}

static void say_own(struct alone *alone, struct alone_word *word, const char *name)
{
	alone->said += !word->said;
	word->said = true;
	say_file(alone, name, SOURCE_STUCK, word->why);
}

void alone_say(struct alone *alone, struct alone_word *word, const char *name, const char *why)
{
	if (word->why && strcmp(word->why, why) == 0)
		return;
	free(word->why);
	word->why = mem_copy_text(why, strlen(why));
	if (word->said || alone->said < ALONE_SAID_MOST)
		say_own(alone, word, name);
}

void alone_over(struct alone *alone, struct alone_word *word, const char *name, const char *what)
{
	if (word->said) {
		alone->said--;
		say_file(alone, name, SOURCE_UP, what);
	}
	free(word->why);
	*word = (struct alone_word){0};
}

void alone_look(struct alone *alone)
{
	alone->others = 0;
	buffer_clear(&alone->first);
}

void alone_see(struct alone *alone, struct alone_word *word, const char *name)
{
	if (!word->why || word->said)
		return;
	if (alone->said < ALONE_SAID_MOST) {
		say_own(alone, word, name);
		return;
	}
	if (!alone->others++) {
		alone_name(name, &alone->first);
		buffer_format(&alone->first, " %s", word->why);
	}
}

void alone_looked(struct alone *alone)
{
	struct buffer sentence = {0};
	size_t less = alone->others < alone->told ? alone->others : alone->told;
	size_t more = alone->others < alone->told ? alone->told : alone->others;
	if (more < 2 * less || more == 0) /* about as many as was said */
		return;
	if (alone->others)
		buffer_format(&sentence,
		              "beside those that are named %zu more files in %s are left alone, the first of them: %s",
		              alone->others, alone->path, buffer_cstr(&alone->first));
	else
		buffer_format(&sentence, "no other file in %s is left alone", alone->path);
	report(alone, OTHERS, alone->others ? SOURCE_STUCK : SOURCE_UP, buffer_cstr(&sentence));
	alone->told = alone->others;
	buffer_free(&sentence);
}

/* channels: the kinds of address by which people are reached: what each is called, what is an address of it, and in
 * which form a message goes there.
 *
 * The one rule: this table alone names them (tests/lint/rooms). A new kind is a value of the enum and a row; what sends
 * to it is a `struct channel` (channel/channel.h). */
#ifndef CASEWATCH_PEOPLE_CHANNELS_H
#define CASEWATCH_PEOPLE_CHANNELS_H

#include "base/text.h"

#include <stdbool.h>

/* In the order in which they are tried where a person has none of their own. */
enum channel_kind { CHANNEL_EMAIL, CHANNEL_TEXT, CHANNEL_WEBHOOK };
#define CHANNEL_KINDS 3

/* What can be said there. */
enum channel_form {
	CHANNEL_LETTER, /* a whole message, with a subject and as HTML, and lists; the form by which ops are told */
	CHANNEL_BRIEF,  /* some words without a name, on something that rings: so many an hour, no more */
	CHANNEL_CARD,   /* a whole message as data, for another system or a room of many readers: no list */
};

#define CHANNEL_OPTIONS 2
struct channel_words {
	const char *name;     /* as the directory and rules name it, and as a message's row keeps it: "text" */
	const char *key;      /* under which a person has the address in directory.yaml: "phone" */
	const char *address;  /* what that is: "a telephone number" */
	const char *example;  /* one, as it would be written */
	const char *noun;     /* one such message, within a sentence: "text" */
	const char *accepted; /* what became of one that the other side took: "accepted by the mail server" */
	/* The options of which any sends it. None: it needs none of its own, and goes to whoever has the address. */
	const char *options[CHANNEL_OPTIONS];
	enum channel_form form;
	/* Whether it is an address; where not, *why says what is wrong, without the address: it is somebody's. */
	bool (*is_address)(struct text text, const char **why);
};

const struct channel_words *channel_words(enum channel_kind kind);
const char *channel_name(enum channel_kind kind);
enum channel_form channel_form(enum channel_kind kind);
/* The kind that is called so. false: none is. */
bool channel_called(struct text name, enum channel_kind *kind);
/* Of a message's row, for people: none chosen yet is email; a kind that this version does not know has the words that
 * hold for any. */
const struct channel_words *channel_words_called(struct text name);
/* Fills `names` with the name of each, and NULL. */
void channel_names(const char *names[CHANNEL_KINDS + 1]);

#endif

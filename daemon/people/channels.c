/* channels: the table, and what is an address of each kind. */
#include "people/channels.h"

#include <string.h>

#include "text/address.h"

#define DIGITS_MOST 15   /* of E.164; abroad it is dialled behind 00 */
#define PHONE_MAX 24     /* the rest is blanks and marks */
#define WEBHOOK_MAX 2048 /* what servers take as an address */

/* A number that can be rung. */
static bool is_phone(struct text text, const char **why)
{
	size_t digits = 0;
	bool others = false;
	for (size_t i = 0; i < text.length; i++) {
		bool digit = text.at[i] >= '0' && text.at[i] <= '9';
		digits += digit;
		others = others || (!digit && text.at[i] != ' ' && !(text.at[i] == '+' && i == 0));
	}
	size_t dialled = text.length > 1 && text.at[0] == '0' && text.at[1] == '0' ? 2 : 0;
	*why = others                    ? "it holds more than digits, blanks and a plus before them"
	       : digits < 3              ? "it has fewer than 3 digits"
	       : text.length > PHONE_MAX ? "it has more than 24 characters"
	       : digits - dialled > DIGITS_MOST ? "it has more than the 15 digits that a number can have"
	                                 : NULL;
	return !*why;
}

static bool begins(struct text text, const char *with)
{
	size_t length = strlen(with);
	return text.length > length && memcmp(text.at, with, length) == 0;
}

static bool is_webhook(struct text text, const char **why)
{
	bool printable = true;
	for (size_t i = 0; i < text.length; i++)
		printable = printable && text.at[i] > ' ' && text.at[i] < 0x7f;
	*why = !begins(text, "https://") && !begins(text, "http://") ? "it does not begin with https:// or http://"
	       : !printable                ? "it holds a space, a control character or a letter outside ASCII"
	       : text.length > WEBHOOK_MAX ? "it has more than 2048 characters"
	                                   : NULL;
	return !*why;
}

static const struct channel_words kinds[CHANNEL_KINDS] = {
	[CHANNEL_EMAIL] = {.name = "email",
                           .key = "email",
                           .address = "an address",
                           .example = "duty@example.org",
                           .noun = "email",
                           .accepted = "accepted by the mail server",
                           .options = {"smtp.host", "notify.email-template"},
                           .form = CHANNEL_LETTER,
                           .is_address = mail_address_is_good},
	[CHANNEL_TEXT] = {.name = "text",
                          .key = "phone",
                          .address = "a telephone number",
                          .example = "\"01632 960123\"",
                          .noun = "text",
                          .accepted = "accepted",
                          .options = {"notify.text-template"},
                          .form = CHANNEL_BRIEF,
                          .is_address = is_phone},
	[CHANNEL_WEBHOOK] = {.name = "webhook",
                             .key = "webhook",
                             .address = "an address",
                             .example = "https://hooks.example.org/abc",
                             .noun = "message",
                             .accepted = "accepted",
                             .form = CHANNEL_CARD,
                             .is_address = is_webhook},
};

const struct channel_words *channel_words(enum channel_kind kind)
{
	return &kinds[kind];
}

const char *channel_name(enum channel_kind kind)
{
	return kinds[kind].name;
}

enum channel_form channel_form(enum channel_kind kind)
{
	return kinds[kind].form;
}

bool channel_called(struct text name, enum channel_kind *kind)
{
	for (int i = 0; i < CHANNEL_KINDS; i++)
		if (text_equal(name, text_of(kinds[i].name))) {
			*kind = (enum channel_kind)i;
			return true;
		}
	return false;
}

const struct channel_words *channel_words_called(struct text name)
{
	static const struct channel_words gone = {
		.name = "message", .noun = "message", .accepted = "accepted", .form = CHANNEL_CARD};
	enum channel_kind kind = CHANNEL_EMAIL;
	return !name.length || channel_called(name, &kind) ? &kinds[kind] : &gone;
}

void channel_names(const char *names[CHANNEL_KINDS + 1])
{
	for (int i = 0; i < CHANNEL_KINDS; i++)
		names[i] = kinds[i].name;
	names[CHANNEL_KINDS] = NULL;
}

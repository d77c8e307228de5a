/* link: the signed address by which one person answers one alert.
 *
 * A message of ours that asks for an answer carries BASE + TOKEN. The token names the outbox row the message was made
 * of, says until when it holds, and is signed (HMAC-SHA256, cut to 72 bits) over the alert, the person, the role, the
 * step, the expiry and the key: nobody makes one, and one that was made for another person or alert does not fit. It
 * says nothing that a reader could learn from. The one rule: who holds it may answer as the person it was made for, so
 * it goes into a message to that person alone. */
#ifndef CASEWATCH_MESSAGE_LINK_H
#define CASEWATCH_MESSAGE_LINK_H

#include "base/clock.h"
#include "store/outbox/outbox.h"

/* 24 characters: 5 bytes of row, 3 of expiry, 9 of signature, 1 of key, in base64 for URLs; the last is a letter, as
 * programs that find links in texts leave out a hyphen at the end. */
#define LINK_TOKEN_LENGTH 24
#define LINK_TOKEN_SIZE (LINK_TOKEN_LENGTH + 1)
/* A link that asks is followed by another each time it is asked again: critical every 30 minutes, normal every week.
 * So long after the last of them nobody answers by it; who keeps a mail for longer signs in. */
#define LINK_HOLDS (30 * 24 * HOUR)

/* One or two keys: the first signs, both are accepted, so that one can be replaced without a gap. */
struct link_keys;
/* `path`: one or two lines of at least LINK_KEY_LEAST characters. NULL and a fault. */
#define LINK_KEY_LEAST 32
struct link_keys *link_keys_load(const char *path, struct fault *fault);
struct link_keys *link_keys_of(struct text lines, struct fault *fault);
void link_keys_free(struct link_keys *keys); /* NULL is fine; wipes them */

/* A token for the row, which has its id, alert, person, role and step. */
void link_make(const struct link_keys *keys, const struct outbox_row *row, instant now, char token[LINK_TOKEN_SIZE]);

enum link_verdict {
	LINK_GOOD,
	LINK_BAD,     /* none of ours, or cut short, or of another message */
	LINK_EXPIRED, /* one of ours; it held until some time ago */
};
/* The row that a token names; false: it is no token at all. Nothing is proved by it. */
MUST_CHECK bool link_row(struct text token, int64_t *row);
/* Whether the token was made for this row. Takes as long whatever is wrong with it. */
enum link_verdict link_check(const struct link_keys *keys, struct text token, const struct outbox_row *row,
                             instant now);

/* Signs other bytes with the first key, for values of forms: bytes must begin with a word of their own and a NUL.
 * Links do so, too. After a key was replaced they no longer fit: a form then says so and keeps what was typed. */
void link_mac(const struct link_keys *keys, struct text bytes, unsigned char *mac, size_t length);

#endif

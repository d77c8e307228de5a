/* mail: email as a channel: a message becomes a mail, and goes to the server that is configured.
 *
 * The one rule: what cannot be written as a mail (an address or a header with a control character in it) is refused as
 * permanent before anything is connected to. */
#ifndef CASEWATCH_CHANNEL_SMTP_MAIL_H
#define CASEWATCH_CHANNEL_SMTP_MAIL_H

#include "channel/smtp/relays.h"
#include "channel/smtp/smtp.h"

struct mail_settings {
	struct smtp_settings server;
	const char *from, *from_name; /* the sender; the name may be NULL */
	const char *domain;           /* of Message-ID: a host name */
	const struct smtp_settings *more; /* servers after the first, in order: tried where one before them is down */
	size_t more_count;            /* at most RELAYS_MOST - 1 */
	struct relays *relays;        /* what is known of each; shared by all lines. NULL: there is one server */
	/* What comes back comes to addresses made from this one (channel/smtp/verp.h); NULL: to `from`. */
	const char *bounce_address, *bounce_key_file;
};

/* Its settings are a struct mail_settings. */
extern const struct channel channel_mail;

#endif

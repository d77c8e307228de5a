/* mail: email as a channel: a message becomes a mail, and goes to the server that is configured.
 *
 * The one rule: what cannot be written as a mail (an address or a header with a control character in it) is refused as
 * permanent before anything is connected to. */
#ifndef CASEWATCH_CHANNEL_SMTP_MAIL_H
#define CASEWATCH_CHANNEL_SMTP_MAIL_H

#include "channel/smtp/smtp.h"

struct mail_settings {
	struct smtp_settings server;
	const char *from, *from_name; /* the sender; the name may be NULL */
	const char *domain;           /* of Message-ID: a host name */
};

/* Its settings are a struct mail_settings. */
extern const struct channel channel_mail;

#endif

/* returned: what a mail says that came back: that one of ours did not arrive, that it is late, that somebody is away.
 *
 * Reads delivery status notifications (RFC 3464), and tells them from automatic replies (RFC 3834) and from letters.
 * The one rule: only what is certainly a report of a server about one of our messages says anything about it. An
 * automatic reply, whatever it says, is neither an answer nor a failure; and what is none of these is a person's, or is
 * said to be unclear: never nothing. All input is a stranger's; the work is in proportion to its bytes. */
#ifndef CASEWATCH_CHANNEL_SMTP_RETURNED_H
#define CASEWATCH_CHANNEL_SMTP_RETURNED_H

#include "channel/smtp/verp.h"

#define RETURNED_BYTES (256u << 10) /* that are read of one mail: a report and the mail it returns; the rest is cut */
#define RETURNED_PARTS 32           /* of a mail, and how deep they may be nested: what is beyond is not looked at */
#define RETURNED_DEPTH 4

enum returned_kind {
	RETURNED_FAILED,     /* a server reports that the message did not arrive, and that it has given up */
	RETURNED_DELAYED,    /* it has not arrived yet, and the server goes on trying */
	RETURNED_DELIVERED,  /* it is in the mailbox, or was handed to a server that reports nothing */
	RETURNED_AUTO_REPLY, /* a machine answered: somebody is away, or a ticket was opened */
	RETURNED_UNCLEAR,    /* a server sent something back that is no report we can read */
	RETURNED_LETTER,     /* a person wrote */
};
const char *returned_kind_name(enum returned_kind kind);

struct returned {
	enum returned_kind kind;
	char id[VERP_ID_SIZE]; /* of the message it is about (see verp_id); "": it names none of ours */
	bool by_address;       /* it came to the address that was signed for that message */
	char status[16];       /* "5.1.1" (RFC 3463); "" where there is none */
	char words[300];       /* what the server said, or how a reply was recognised; printable ASCII. May quote an
	                          address */
};
/* `address` and `key` as in verp.h; both empty where mails go without addresses of their own. */
void returned_read(struct text mail, struct text address, struct text key, struct returned *returned);

#endif

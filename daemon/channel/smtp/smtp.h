/* smtp: hands one message to the mail server and says exactly what came of it.
 *
 * Owns libcurl's handles. The one rule: a message is accepted only when the server said so after the last byte, and
 * silence after it may have arrived is uncertain. A reply of 421, and 530 to 538 (sign-in), and whatever goes wrong
 * before MAIL is the server's trouble; from RCPT to its answer it is the recipient's; later the message's. It blocks
 * (libcurl's SMTP does, even under its multi interface): worker threads call it, each with a struct smtp of its own. */
#ifndef CASEWATCH_CHANNEL_SMTP_SMTP_H
#define CASEWATCH_CHANNEL_SMTP_SMTP_H

#include "channel/channel.h"

enum smtp_security { SMTP_PLAIN, SMTP_STARTTLS /* demanded, not tried */, SMTP_IMPLICIT_TLS };

/* All text is borrowed for as long as a struct smtp made from it lives. */
struct smtp_settings {
	const char *host;
	int port;
	enum smtp_security security;
	const char *ca_file;   /* the only authorities trusted; NULL: the system's */
	const char *user,
		*password_file; /* NULL: no AUTH. The file is read at smtp_new; a last line end is not part of it */
	const char *hello;     /* the name for EHLO: a host name */
	int64_t timeout_ms;    /* of one message as a whole; connecting gets at most a third of it */
};

struct smtp;
/* RESULT_PERMANENT with the reason where settings cannot work: no host, a bad name, an unreadable credential or CA
 * file, a password to be sent without TLS to another machine. `stop`, when it becomes true, breaks off what is under
 * way. */
MUST_CHECK enum result smtp_new(const struct smtp_settings *settings, const atomic_bool *stop, struct smtp **smtp,
                                struct fault *fault);
void smtp_free(struct smtp *smtp); /* NULL is fine */

/* Sends `wire` (as mime_write made it) from and to plain addresses (mime_address_ok). A recipient whose name is not
 * answered gets a third of the time of a message, at most ten seconds, unless `patient`: a mailbox that hangs must not
 * hold a line for long. The connection is kept for the next message after a success and closed after anything else; one
 * that the server has closed meanwhile is opened anew at once. `begin_by` is looked at before MAIL. */
void smtp_send(struct smtp *smtp, struct text from, struct text to, struct text wire, bool patient, instant begin_by,
               struct channel_reply *reply);
/* Closes the connection, if one is open: for a thread that has had nothing to send for a while. */
void smtp_rest(struct smtp *smtp);

#endif

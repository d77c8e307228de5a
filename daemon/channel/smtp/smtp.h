/* smtp: hands one message to the mail server and says exactly what came of it.
 *
 * Owns libcurl's handles; nobody else includes curl. The one rule: a message is accepted only when the server said so
 * after the last byte, and what is not known is said to be uncertain, never guessed. It blocks (libcurl's SMTP does, even
 * under its multi interface): worker threads call it, each with a struct smtp of its own. */
#ifndef CASEWATCH_CHANNEL_SMTP_SMTP_H
#define CASEWATCH_CHANNEL_SMTP_SMTP_H

#include "base/text.h"

#include <stdatomic.h>

enum smtp_security { SMTP_PLAIN, SMTP_STARTTLS /* demanded, not tried */, SMTP_IMPLICIT_TLS };

/* All text is borrowed for as long as a struct smtp made from it lives. */
struct smtp_settings {
	const char *host;
	int port;
	enum smtp_security security;
	const char *ca_file;   /* the only authorities trusted; NULL: the system's */
	const char *user, *password_file; /* NULL: no AUTH. The file is read at smtp_new; a last line end is not part of it */
	const char *hello;     /* the name for EHLO: a host name */
	int64_t timeout_ms;    /* of one message as a whole; connecting gets at most a third of it */
};

enum smtp_outcome {
	SMTP_ACCEPTED,  /* 2xx after the last byte */
	SMTP_TEMPORARY, /* 4xx, no connection, or broken off before the last byte: nothing was delivered */
	SMTP_PERMANENT, /* 5xx about this sender, recipient or message */
	SMTP_UNCERTAIN, /* silence, or the connection ended, after the last byte may have arrived */
	SMTP_ABANDONED, /* the daemon stops; nothing was delivered */
};
const char *smtp_outcome_name(enum smtp_outcome outcome);

struct smtp_reply {
	enum smtp_outcome outcome;
	bool relay;      /* the server as such failed (connection, TLS, greeting, AUTH), not this message */
	bool tls;        /* the connection was encrypted and its certificate checked */
	int code;        /* of the last reply; 0: there was none */
	char text[512];  /* the server's last reply, or why there was none; printable ASCII */
};

/* Once a process, before threads start. */
MUST_CHECK enum result smtp_start(struct fault *fault);

struct smtp;
/* RESULT_PERMANENT with the reason where settings cannot work: no host, a bad name, an unreadable credential or CA file, a
 * password to be sent without TLS to another machine. `stop`, when it becomes true, breaks off what is under way. */
MUST_CHECK enum result smtp_new(const struct smtp_settings *settings, const atomic_bool *stop, struct smtp **smtp,
                                struct fault *fault);
void smtp_free(struct smtp *smtp); /* NULL is fine */

/* Sends `wire` (as mime_write made it) from and to plain addresses (mime_address_ok). The connection is kept for the next
 * message after a success and closed after anything else; one that the server has closed meanwhile is opened anew at once. */
void smtp_send(struct smtp *smtp, struct text from, struct text to, struct text wire, struct smtp_reply *reply);
/* Closes the connection, if one is open: for a thread that has had nothing to send for a while. */
void smtp_rest(struct smtp *smtp);

#endif

/* channel: one way by which a message leaves the house, as a table of functions.
 *
 * Owns the words that every way shares: what is sent, and what came of it. The one rule: a message is accepted only
 * when the other side said so, and what is not known is said to be uncertain, never guessed. A channel knows neither
 * the queue nor the store: it is handed one message and answers for that one.
 *
 * A new channel is one file with one `const struct channel` in it, and one row where the daemon lists what it can send
 * by (run/courier.c); one that reaches people by an address of a new kind is a row there (people/channels.h), too.
 * channel/smtp/ is mail; channel/memory.h is a server in memory, for tests. */
#ifndef CASEWATCH_CHANNEL_CHANNEL_H
#define CASEWATCH_CHANNEL_CHANNEL_H

#include "base/clock.h"
#include "base/text.h"
#include "people/directory.h"

#include <stdatomic.h>

/* One message to one recipient. All text is borrowed for the length of the call. */
struct channel_message {
	struct text to;            /* an address of the kind the channel reaches */
	struct text subject, text; /* UTF-8, lines ended by LF */
	struct text html;          /* empty: there is none, or the channel takes none */
	struct text media;         /* media type of the text where a channel carries data; empty: it is words */
	struct text
		reference; /* as channel.reference made it; the same for every attempt, so that copies can be told */
	struct text first;         /* reference of the first message of its thread; empty: this is the first */
	instant date;
	int32_t date_offset;       /* seconds east of UTC at `date`, where the council is */
	bool possible_duplicate;   /* an earlier attempt may have arrived */
	bool patient;              /* this address did not answer in time before: give it all the time there is */
	bool critical;             /* about an alert that goes out day and night */
	instant begin_by;          /* not to be begun after this, by clock_boot(): then it is ABANDONED; 0: whenever */
};

enum channel_outcome {
	CHANNEL_ACCEPTED,  /* the other side has it and said so */
	CHANNEL_TEMPORARY, /* nothing was delivered; the same may go well later */
	CHANNEL_PERMANENT, /* nothing was delivered, and never will be as it stands */
	CHANNEL_UNCERTAIN, /* it may have been delivered */
	CHANNEL_ABANDONED, /* the daemon stops, or it was too late to begin; nothing was delivered */
	CHANNEL_GIVEN,     /* a service has it and said so; whether it arrives it says when it is asked */
};
const char *channel_outcome_name(enum channel_outcome outcome);

/* Whose trouble it is when it was not accepted. A mailbox is not the server: one that hangs or refuses says nothing of
 * what would happen to a message for somebody else. */
enum channel_whose {
	CHANNEL_OF_RECIPIENT, /* this address: unknown, full, or no answer once it had been named */
	CHANNEL_OF_MESSAGE,   /* once the address was taken: what was sent, or the way it went */
	CHANNEL_OF_SERVER,    /* the server as such: no connection, greeting, TLS, sign-in; or it takes its leave */
};
const char *channel_whose_name(enum channel_whose whose);

struct channel_reply {
	enum channel_outcome outcome;
	enum channel_whose whose;
	bool silent;        /* there was no answer: the connection hung or ended */
	bool encrypted;     /* and the other side's certificate was checked */
	int code;           /* of the last reply; 0: there was none */
	int64_t took_ms;    /* how long the attempt took */
	int64_t wait_ms;    /* so long the other side asks not to be asked again; 0: it named no time */
	char server[128]; /* "mail.example.org:587": that was spoken to; "": none was */
	char text[512]; /* the other side's last words, or why there were none; printable ASCII. May quote an address */
};

/* Whether the message may still be begun. Looked at immediately before its first byte: once the connection stands, as
 * to find a name and to connect take time. */
bool channel_may_begin(instant begin_by);
#define CHANNEL_TOO_LATE "too late to begin: another machine may be about to send it"

/* One connection of a channel, used by one thread at a time. */
struct channel_line;

struct channel {
	const char *name;            /* "smtp": what the configuration and the log call it */
	enum channel_kind reaches;   /* which of a person's addresses it takes */
	bool html;                   /* it carries a second, HTML form */
	size_t text_bytes_max;       /* longest text; longer ones are refused as permanent */
	const char *down, *back;     /* what ops are told when it takes nothing, and when it does again; NULL, NULL: the
	                                words for mail */
	int per_minute_max;          /* messages that are not critical handed over within a minute; 0: no limit */
	/* Whether the address can be used as it stands. *why, if given, is set to a short reason where not. */
	bool (*address_ok)(struct text address, const char **why);
	/* Appends the reference of the message that is named after the outbox row. `name`: 32 hexadecimal digits, other
	 * ones for every row of every council, and on every machine the same; `row`: its number in this database. */
	void (*reference)(const void *settings, int64_t row, struct text name, struct buffer *out);
	/* Makes a line; connects only when there is something to send. `settings` is the channel's own struct, borrowed
	 * until `stop`; RESULT_PERMANENT with the reason where it cannot work. `broken_off`, when it becomes true, ends
	 * what is under way. */
	enum result (*start)(const void *settings, const atomic_bool *broken_off, struct channel_line **line,
	                     struct fault *fault);
	/* Sends one message and fills the reply, always. May block for as long as the settings allow. Looks at
	 * `begin_by` itself, as late as it can. */
	void (*send)(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply);
	/* Asks what became of a message that was GIVEN, by its reference (`to`, `date` and that are set) and fills the
	 * reply: ACCEPTED, it arrived; GIVEN, it is still on its way; PERMANENT, it did not arrive; TEMPORARY of the
	 * message, it did not and the same may go well when it is sent again; TEMPORARY of the server, UNCERTAIN or
	 * ABANDONED, there was no answer. NULL: the channel never gives. */
	void (*ask)(struct channel_line *line, const struct channel_message *message, struct channel_reply *reply);
	void (*rest)(struct channel_line *line); /* nothing to send for a while: the connection may be closed */
	void (*stop)(struct channel_line *line); /* frees it; NULL is fine */
};

#endif

/* mail: the mail server and the people behind it: what it takes, refuses, loses and lies about, and who answers.
 *
 * The one rule: it remembers what may be in a mailbox. A message that may be there and comes again without a mark is a
 * fault. */
#ifndef CASEWATCH_SIM_MAIL_H
#define CASEWATCH_SIM_MAIL_H

#include "base/map.h"
#include "channel/memory.h"
#include "sim/chance.h"

enum mail_weather {
	MAIL_FAIR,
	MAIL_AWAY,       /* no connection */
	MAIL_SLOW,       /* seconds to minutes */
	MAIL_MUTE,       /* takes it, and says nothing more: nobody knows */
	MAIL_REFUSES,    /* "try again later" */
	MAIL_NO_MAILBOX, /* one of the mailboxes is unknown */
	MAIL_LIES,       /* says that it failed, and delivers it; or nothing that is so */
	MAIL_WEATHERS
};

struct mail_sent {
	char *reference, *to; /* owned */
	instant at, until; /* when it was asked, and when the one that asked hears of it */
	bool taken, marked; /* the server said that it has it; it said "possible duplicate" */
	const struct mail *from;
};

struct mail;
struct mail_answer {
	const struct mail *from; /* by whom the message was sent */
	char *reference; /* of the message that is answered; owned */
	instant at;
	uint64_t chance;
	bool given;
};

struct mail {
	struct memory_server server;
	/* Of several machines each has a way of its own to the server, which remembers what came by any of them: below,
	 * from `sent` on. Itself, where there is one. */
	struct mail *all;
	uint64_t seed;
	struct disk *disk; /* where it is down, nothing is sent */
	const instant *truth;
	enum mail_weather weather;
	instant weather_until;
	uint64_t weather_chance;
	bool kill_at_send, after_it; /* the process ends at the next one, before or after the server has it */
	/* Called before the server has a message, and after it; NULL: nobody is. True: it stood still for a while. */
	bool (*at_send)(void *context, bool after);
	void *at_send_context;
	struct mail_sent *sent;
	size_t sent_count, sent_room;
	struct map may_be_there;
	struct mail_answer *answers;
	size_t answer_count, answer_room, answer_next;
	size_t unmarked_since; /* sends before that number are forgiven */
	char unmarked[256];    /* the first that came twice without a mark */
};

void mail_init(struct mail *mail, uint64_t seed, struct disk *disk, const instant *truth);
void mail_clear(struct mail *mail);
void mail_change_weather(struct mail *mail, uint64_t chance);
/* Whether the server said of a message of that reference that it has it. */
bool mail_took(const struct mail *mail, struct text reference);
/* Whether this machine asked it to take one, and has not heard yet what came of it. */
bool mail_is_under_way(const struct mail *mail, struct text reference);
/* From now on nobody remembers what went before: the database is an older one. */
void mail_forget(struct mail *mail);
/* Whether it may be in a mailbox. */
bool mail_may_be_there(const struct mail *mail, struct text reference);

#endif

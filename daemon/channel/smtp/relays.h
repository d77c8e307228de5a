/* relays: several mail servers in order, and which of them is worth trying.
 *
 * The one rule: a message goes to the next server only where it is certain that this one has none of it. A server that
 * is down is passed over for a while by all lines; when that is over one message tries it, the others go on as before.
 * Where all are down none is passed over: that is for the queue to slow down. Used by several threads. */
#ifndef CASEWATCH_CHANNEL_SMTP_RELAYS_H
#define CASEWATCH_CHANNEL_SMTP_RELAYS_H

#include "channel/channel.h"

/* Smtp.host and three of smtp.relays: each more would be one more time-out before the first answer. */
#define RELAYS_MOST 4
#define RELAY_PAUSE_MS 30000 /* a server that is down costs one message a connection time-out so often */

struct relays;
struct relays *relays_new(void);
void relays_free(struct relays *relays); /* NULL is fine */

/* Whether to try the server now. `now_ms` counts time passed, here and below. True after its pause is over is true for
 * one caller alone; the others pass it over for another pause. */
bool relays_try(struct relays *relays, size_t which, int64_t now_ms);
/* What came of it. */
void relays_learn(struct relays *relays, size_t which, const struct channel_reply *reply, int64_t now_ms);
struct relay_health {
	bool down;
	int64_t down_ms;        /* for how long */
	uint64_t accepted, troubles; /* since start: messages it took, and those that found it down */
	int code;               /* of its last refusal; 0: there was no answer */
};
struct relay_health relays_health(struct relays *relays, size_t which, int64_t now_ms);

#endif

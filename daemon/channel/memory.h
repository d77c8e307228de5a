/* memory: a server in memory, behind channel.h, for tests and simulation: what it answers is decided by a script, and
 * what it was given can be looked at. Nothing leaves the process and nothing waits: an answer that would take time says
 * so in `took_ms`, and whoever simulates makes it so. */
#ifndef CASEWATCH_CHANNEL_MEMORY_H
#define CASEWATCH_CHANNEL_MEMORY_H

#include "channel/channel.h"

#include <pthread.h>

/* One attempt, as the server saw it. */
struct memory_attempt {
	char *to, *subject, *text, *reference;
	bool possible_duplicate;
	struct channel_reply reply;
};

struct memory_server {
	/* Decides the reply (all zero before: accepted); NULL: everything is accepted at once. Called with the lock
	 * held, on whichever thread sends. */
	void (*answer)(void *context, const struct channel_message *message, struct channel_reply *reply);
	/* Decides what it says of a message that it was GIVEN before (all zero before: it arrived); likewise. */
	void (*asked)(void *context, const struct channel_message *message, struct channel_reply *reply);
	void *context;
	pthread_mutex_t lock;
	struct memory_attempt *attempts;
	size_t count, room;
	size_t asks; /* how often it was asked */
	size_t lines, lines_max; /* open now, and at most so far */
};
void memory_server_init(struct memory_server *server);
void memory_server_clear(struct memory_server *server); /* forgets all attempts, and frees them */

/* Its settings are a struct memory_server. Reaches email addresses. */
extern const struct channel channel_memory;

#endif

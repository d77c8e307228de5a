/* relays: what is known of each server, behind a lock. */
#include "channel/smtp/relays.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct relay {
	bool down;
	int64_t since_ms, again_ms;
	uint64_t accepted, troubles;
	int code;
};

struct relays {
	pthread_mutex_t lock;
	struct relay items[RELAYS_MOST];
};

struct relays *relays_new(void)
{
	struct relays *relays = MEM_NEW(struct relays);
	(void)pthread_mutex_init(&relays->lock, NULL);
	return relays;
}

void relays_free(struct relays *relays)
{
	if (!relays)
		return;
	(void)pthread_mutex_destroy(&relays->lock);
	free(relays);
}

bool relays_try(struct relays *relays, size_t which, int64_t now_ms)
{
	(void)pthread_mutex_lock(&relays->lock);
	struct relay *relay = &relays->items[which];
	bool may = !relay->down || now_ms >= relay->again_ms;
	if (may && relay->down)
		relay->again_ms = now_ms + RELAY_PAUSE_MS;
	(void)pthread_mutex_unlock(&relays->lock);
	return may;
}

void relays_learn(struct relays *relays, size_t which, const struct channel_reply *reply, int64_t now_ms)
{
	if (reply->outcome == CHANNEL_ABANDONED)
		return;
	(void)pthread_mutex_lock(&relays->lock);
	struct relay *relay = &relays->items[which];
	bool down = reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_SERVER;
	if (down && !relay->down)
		relay->since_ms = now_ms;
	if (down) {
		relay->again_ms = now_ms + RELAY_PAUSE_MS;
		relay->troubles++;
		relay->code = reply->code;
	}
	relay->accepted += reply->outcome == CHANNEL_ACCEPTED;
	relay->down = down;
	(void)pthread_mutex_unlock(&relays->lock);
}

struct relay_health relays_health(struct relays *relays, size_t which, int64_t now_ms)
{
	(void)pthread_mutex_lock(&relays->lock);
	const struct relay *relay = &relays->items[which];
	struct relay_health health = {.down = relay->down,
	                              .down_ms = relay->down ? now_ms - relay->since_ms : 0,
	                              .accepted = relay->accepted,
	                              .troubles = relay->troubles,
	                              .code = relay->code};
	(void)pthread_mutex_unlock(&relays->lock);
	return health;
}

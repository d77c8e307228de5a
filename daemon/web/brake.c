/* brake: how often something may be done within a minute. */
#include "web/web.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

#define PLACES 1024

struct place {
	instant minute; /* since when it counts, by time passed */
	unsigned count;
};

struct web_brake {
	pthread_mutex_t lock;
	struct place places[PLACES];
};

struct web_brake *web_brake_new(void)
{
	struct web_brake *brake = MEM_NEW(struct web_brake);
	(void)pthread_mutex_init(&brake->lock, NULL);
	return brake;
}

void web_brake_free(struct web_brake *brake)
{
	if (!brake)
		return;
	(void)pthread_mutex_destroy(&brake->lock);
	free(brake);
}

bool web_brake(struct web_page *page, uint64_t what, unsigned most)
{
	struct web_brake *brake = page->brake;
	instant now = clock_elapsed(&page->settings->clock);
	struct place *place = &brake->places[what % PLACES];
	(void)pthread_mutex_lock(&brake->lock);
	if (!place->count || now - place->minute >= MINUTE)
		*place = (struct place){.minute = now};
	bool may = place->count < most, first = place->count == most;
	place->count += may || first;
	(void)pthread_mutex_unlock(&brake->lock);
	if (first)
		log_warning("pages: over %u of one kind within a minute (answers by one link, or links that fail). "
		            "Further ones are refused until it is over",
		            most);
	return may;
}

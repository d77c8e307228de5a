/* seen: a table of hashes, each in one place. */
#include "web/seen.h"

#include <stdlib.h>

struct seen {
	struct {
		uint64_t hash;
		instant at;
	} places[SEEN_ROOM];
};

struct seen *seen_new(void)
{
	return MEM_NEW(struct seen);
}

void seen_free(struct seen *seen)
{
	free(seen);
}

static uint64_t hash_of(struct text person, const char *page, const struct web_look *look)
{
	uint64_t hash = text_fingerprint(person, 1);
	hash = text_fingerprint(text_of(page), hash);
	hash = text_fingerprint(look->subject, hash);
	return text_fingerprint(look->alert, hash) | 1; /* 0 is an empty place */
}

static bool is_fresh(const struct seen *seen, uint64_t hash, instant now)
{
	instant at = seen->places[hash % SEEN_ROOM].at;
	return seen->places[hash % SEEN_ROOM].hash == hash && at <= now && now - at < SEEN_FOR;
}

size_t seen_sort(const struct seen *seen, instant now, struct text person, const char *page, struct web_look *looks,
                 size_t count)
{
	size_t wanted = 0;
	for (size_t i = 0; i < count; i++) {
		struct web_look look = looks[i];
		if (is_fresh(seen, hash_of(person, page, &look), now))
			continue;
		looks[i] = looks[wanted];
		looks[wanted++] = look;
	}
	return wanted;
}

void seen_note(struct seen *seen, instant now, struct text person, const char *page, const struct web_look *looks,
               size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t hash = hash_of(person, page, &looks[i]);
		seen->places[hash % SEEN_ROOM].hash = hash;
		seen->places[hash % SEEN_ROOM].at = now;
	}
}

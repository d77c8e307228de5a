/* freeze_internal: what the files that freeze a history share: fields that several records have. Internal to
 * engine/history/freeze*.c. */
#ifndef CASEWATCH_ENGINE_HISTORY_FREEZE_INTERNAL_H
#define CASEWATCH_ENGINE_HISTORY_FREEZE_INTERNAL_H

#include "engine/engine_internal.h"

#include <stdlib.h>

#define KEYS_NEAR 32 /* a power of two */

struct freezer {
	struct codec *codec;
	struct reasons *reasons;
	struct history *history;
	instant base; /* most instants of the history are near it */
	const uint64_t *identities; /* by rule: mixed with a key, what most of its alerts are known by */
	uint64_t keys[KEYS_NEAR];   /* the last that were written or read: clocks, alerts and warnings share them */
	unsigned key_count;
};

/* The count of a list, and room for so many where it is read. */
CODEC_INLINE void code_count(struct codec *codec, bool writing, void **items, uint32_t *count, uint32_t *room,
                             size_t size)
{
	codec_reserve(codec, 1);
	codec_u32(codec, writing, count);
	if (writing || !*count)
		return;
	if (*count > *room) {
		free(*items);
		*items = mem_alloc(*count * size);
		*room = *count;
	}
	memset(*items, 0, *count * size);
}

/* ---- what is the same in several records ---- */

/* Which lines of a begun are written: most begin at a known hour, and nothing is said of what ran before. */
CODEC_INLINE void code_begun(struct freezer *freezer, bool writing, struct begun *begun, instant base)
{
	struct codec *codec = freezer->codec;
	bool plain = begun->at == base && begun->date_ends == INSTANT_NONE && !begun->first &&
	             begun->ran_since == INSTANT_NEVER;
	uint8_t form = (uint8_t)(plain ? 0 : begun->first ? 2 : 1);
	codec_u8(codec, writing, &form);
	if (form == 0) {
		*begun = begun_at(base);
		return;
	}
	begun->first = form == 2;
	codec_instant(codec, writing, &begun->at, base);
	codec_instant(codec, writing, &begun->date_ends, base);
	codec_instant(codec, writing, &begun->ran_since, base);
}

/* In order of time, each near the one before; refs mostly grow with it. */
CODEC_INLINE void code_evidence(struct freezer *freezer, bool writing, struct evidence **items, uint32_t *count,
                                uint32_t *room)
{
	struct codec *codec = freezer->codec;
	uint64_t ref = 0;
	instant time = freezer->base;
	code_count(codec, writing, (void **)items, count, room, sizeof **items);
	codec_reserve(codec, 2 * (size_t)*count);
	for (uint32_t i = 0; i < *count; i++) {
		struct evidence *one = &(*items)[i];
		codec_near(codec, writing, &one->ref, ref);
		codec_instant(codec, writing, &one->time, time);
		ref = one->ref;
		time = one->time;
	}
}

/* A fingerprint: 0: none; 1: it follows; else one of those that came before, so many ago. */
CODEC_INLINE void code_key(struct freezer *freezer, bool writing, uint64_t *key)
{
	struct codec *codec = freezer->codec;
	unsigned near = freezer->key_count < KEYS_NEAR ? freezer->key_count : KEYS_NEAR, ago = 1;
	uint8_t form = 0;
	if (writing && *key) {
		while (ago <= near && freezer->keys[(freezer->key_count - ago) % KEYS_NEAR] != *key)
			ago++;
		form = (uint8_t)(ago <= near ? ago + 1 : 1);
	}
	codec_u8(codec, writing, &form);
	if (form == 1) {
		codec_raw64(codec, writing, key);
		freezer->keys[freezer->key_count++ % KEYS_NEAR] = *key;
	} else if (!writing) {
		*key = form ? freezer->keys[(freezer->key_count + 1 - form) % KEYS_NEAR] : 0;
	}
}

/* What names an alert: mostly its rule and key. */
CODEC_INLINE void code_identity(struct freezer *freezer, bool writing, uint64_t *identity, uint16_t rule, uint64_t key)
{
	struct codec *codec = freezer->codec;
	uint64_t usual = mark_mix(freezer->identities[rule], key);
	uint8_t form = (uint8_t)(*identity == 0 ? 0 : *identity == usual ? 1 : 2);
	codec_u8(codec, writing, &form);
	if (form == 2)
		codec_raw64(codec, writing, identity);
	else
		*identity = form ? usual : 0;
}

/* ---- freeze_alerts.c ---- */

void freeze_outcome(struct freezer *freezer, bool writing, struct outcome *outcome);
void freeze_warned(struct freezer *freezer, bool writing, struct warned *warned);

#endif

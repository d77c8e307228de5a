/* Telling the states of a cell in memory apart (ownership_world.h): all that may make a difference to what happens
 * next. */
#ifndef CASEWATCH_TESTS_OWNERSHIP_HASH_H
#define CASEWATCH_TESTS_OWNERSHIP_HASH_H

#include "ownership_world.h"

static void put_record(struct buffer *out, const struct written *record)
{
	const uint64_t words[2] = {record->nonce, (uint64_t)record->attempt << 32 | (uint64_t)record->kind << 16 |
	                                                  (uint64_t)record->row << 8 | record->what};
	buffer_add(out, words, sizeof words);
}

static void put_queue(struct buffer *out, const struct queue *queue)
{
	buffer_add(out, &queue->count, 1);
	for (size_t i = 0; i < queue->count; i++)
		put_record(out, &queue->records[i]);
}

static void put_member(const struct world *world, const struct member *member, struct buffer *out)
{
	const uint8_t flags[] = {member->machine != NULL, member->told, member->paused, member->lives, member->read};
	buffer_add(out, flags, sizeof flags);
	if (member->machine)
		ownership_put(member->machine, world->now, out);
	buffer_add(out, &member->place.position, sizeof member->place.position);
	buffer_add(out, &member->place.owner, sizeof member->place.owner);
	buffer_add(out, member->kept, sizeof member->kept);
	if (member->machine)
		buffer_add(out, member->knows, sizeof member->knows);
	for (size_t i = 0; i < world->left.rows; i++) {
		const struct sending_row *send = &member->sends[i];
		bool late = world->now > send->until;
		int64_t left = send->stage != TO_START        ? 0
		               : late                         ? -1
		               : send->until == INSTANT_NEVER ? -2
		                                              : send->until - world->now;
		const int64_t words[] = {send->stage,
		                         send->wants,
		                         send->stage == IDLE ? 0 : send->marked,
		                         send->stage == IDLE ? 0 : send->owner_at,
		                         send->stage == TO_START || send->stage == BETWEEN ? send->attempt : 0,
		                         left};
		buffer_add(out, words, sizeof words);
	}
	put_queue(out, &member->out);
	put_queue(out, &member->ghosts);
}

static uint64_t hash_of_world(const struct world *world)
{
	static struct buffer out;
	buffer_clear(&out);
	buffer_add(&out, &world->left, sizeof world->left);
	const uint8_t flags[] = {world->log_count, world->named};
	buffer_add(&out, flags, sizeof flags);
	for (size_t i = 0; i < world->log_count; i++)
		put_record(&out, &world->log[i]);
	buffer_add(&out, world->marked, sizeof world->marked);
	buffer_add(&out, world->unmarked, sizeof world->unmarked);
	buffer_add(&out, world->begun_by, sizeof world->begun_by);
	for (size_t i = 0; i < world->left.members; i++)
		put_member(world, &world->members[i], &out);
	uint64_t hash = 7;
	while (out.length % sizeof hash)
		buffer_char(&out, 0);
	for (size_t i = 0; i < out.length; i += sizeof hash) {
		uint64_t word;
		memcpy(&word, out.at + i, sizeof word);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return hash | 1;
}

#endif

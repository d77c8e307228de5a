/* missing_fold: one pass over a child's notes in the order of a history: (time, source, id). */
#include "report/missing_fold.h"

#include <stdlib.h>

struct fold {
	const struct zone *zone;
	struct missing_person *person;
	struct missing_episode *episodes;
	size_t episode_count;
	struct allocation *allocations;
	size_t allocation_count;
	civil_day birth;
};

static int by_time(const void *a, const void *b)
{
	const struct missing_note *one = a, *other = b;
	if (one->time != other->time)
		return one->time < other->time ? -1 : 1;
	int order = strcmp(one->source, other->source);
	return order ? order : strcmp(one->id, other->id);
}

static struct words_moment moment_of(const struct missing_note *note)
{
	return (struct words_moment){note->time, note->day_only};
}

static const struct words_moment NO_MOMENT = {INSTANT_NONE, false};

static struct missing_episode *episode(struct fold *fold, const char *name)
{
	struct text key = text_of(name);
	for (size_t i = 0; i < fold->episode_count; i++)
		if (text_equal(fold->episodes[i].key, key))
			return &fold->episodes[i];
	struct missing_episode *made = &fold->episodes[fold->episode_count++];
	*made = (struct missing_episode){.key = key, .start = NO_MOMENT, .end = NO_MOMENT, .interview = NO_MOMENT,
	                                 .end_arrived = INSTANT_NONE};
	return made;
}

/* The earliest start of a key counts. */
static void take_start(struct fold *fold, const struct missing_note *note)
{
	struct missing_episode *it = episode(fold, note->key);
	if (it->start.at != INSTANT_NONE)
		return;
	it->start = moment_of(note);
	it->away = note->away;
	it->from = text_of(note->first);
	it->placement = text_of(note->second);
	it->from_unreadable = note->from_unreadable;
	it->placement_unreadable = note->placement_unreadable;
	if (it->risk == MISSING_RISK_NOT_RECORDED)
		it->risk = (enum missing_risk)note->risk;
}

static void take_end(struct fold *fold, const struct missing_note *note)
{
	struct missing_episode *it = episode(fold, note->key);
	if (it->end.at != INSTANT_NONE && !it->cut)
		return;
	it->end = moment_of(note);
	it->end_arrived = note->arrived;
	it->cut = false;
}

static void take_interview(struct fold *fold, const struct missing_note *note)
{
	struct missing_episode *it = episode(fold, note->key);
	if (it->interview.at != INSTANT_NONE && !it->declined)
		return; /* one that was held is not undone by a refusal */
	if (it->interview.at != INSTANT_NONE && note->kind == NOTE_DECLINED)
		return;
	it->interview = moment_of(note);
	it->declined = note->kind == NOTE_DECLINED;
}

static void take_facts(struct fold *fold, const struct missing_note *note)
{
	if (note->says_restricted)
		fold->person->restricted = note->restricted;
	if (note->first)
		fold->person->initials = text_of(note->first);
	if (note->birth != DAY_NONE)
		fold->birth = note->birth;
}

/* child.died and child.transferred end every open episode; that is no return. */
static void cut_all(struct fold *fold, instant at, bool day_only)
{
	for (size_t i = 0; i < fold->episode_count; i++) {
		struct missing_episode *it = &fold->episodes[i];
		if (it->end.at != INSTANT_NONE)
			continue;
		it->end = (struct words_moment){at, day_only};
		it->cut = true;
	}
}

static void release(struct fold *fold, const struct missing_note *note)
{
	for (size_t i = 0; i < fold->allocation_count; i++) {
		struct allocation *open = &fold->allocations[i];
		if (!text_equal(open->role, text_of(note->key)) || !text_equal(open->worker, text_of(note->first)))
			continue;
		fold->allocation_count--;
		memmove(open, open + 1, (fold->allocation_count - i) * sizeof *open);
		return;
	}
}

static void allocate(struct fold *fold, const struct missing_note *note)
{
	release(fold, note); /* said twice: the later team holds */
	fold->allocations[fold->allocation_count++] =
		(struct allocation){text_of(note->key), text_of(note->first), text_of(note->second)};
}

static void take(struct fold *fold, const struct missing_note *note)
{
	switch ((enum missing_note_kind)note->kind) {
	case NOTE_STARTED:
		take_start(fold, note);
		break;
	case NOTE_ENDED:
		take_end(fold, note);
		break;
	case NOTE_RISK:
		episode(fold, note->key)->risk = (enum missing_risk)note->risk;
		break;
	case NOTE_HELD:
	case NOTE_DECLINED:
		take_interview(fold, note);
		break;
	case NOTE_DISCUSSED:
		fold->person->discussed = moment_of(note);
		break;
	case NOTE_CHILD:
		take_facts(fold, note);
		break;
	case NOTE_DIED:
	case NOTE_TRANSFERRED:
		cut_all(fold, note->time, note->day_only);
		fold->person->left = note->time;
		break;
	case NOTE_ALLOCATED:
		allocate(fold, note);
		break;
	case NOTE_RELEASED:
		release(fold, note);
		break;
	}
}

/* An episode is open to the 18th birthday at most (domain.md). */
static void come_of_age(struct fold *fold, instant now)
{
	if (fold->birth == DAY_NONE)
		return;
	instant birthday = zone_midnight(fold->zone, day_birthday(fold->birth, 18, 0));
	if (birthday > now)
		return;
	for (size_t i = 0; i < fold->episode_count; i++) {
		struct missing_episode *it = &fold->episodes[i];
		if (it->end.at != INSTANT_NONE || it->start.at == INSTANT_NONE || it->start.at > birthday)
			continue;
		it->end = (struct words_moment){birthday, false};
		it->cut = true;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct missing_episode *one = a, *other = b;
	if (one->start.at != other->start.at)
		return one->start.at < other->start.at ? -1 : 1;
	return text_order(one->key, other->key);
}

/* Social workers first: the child's own team is theirs. Otherwise in order of their start. */
static void social_workers_first(struct fold *fold)
{
	for (size_t i = 1; i < fold->allocation_count; i++) {
		struct allocation moving = fold->allocations[i];
		if (!text_equal(moving.role, TEXT("social-worker")))
			continue;
		size_t to = i;
		for (; to > 0 && !text_equal(fold->allocations[to - 1].role, TEXT("social-worker")); to--)
			fold->allocations[to] = fold->allocations[to - 1];
		fold->allocations[to] = moving;
	}
}

/* Into the arena, at its true size. */
static void *keep(struct arena *arena, const void *from, size_t bytes)
{
	void *kept = arena_alloc(arena, bytes + 1);
	if (bytes)
		memcpy(kept, from, bytes);
	return kept;
}

void missing_fold(const struct zone *zone, struct missing_note *notes, size_t count, instant now, struct arena *arena,
                  struct missing_person *person)
{
	struct fold fold = {.zone = zone, .person = person, .birth = DAY_NONE};
	fold.episodes = mem_zero(count + 1, sizeof *fold.episodes);
	fold.allocations = mem_zero(count + 1, sizeof *fold.allocations);
	person->discussed = NO_MOMENT;
	person->left = INSTANT_NONE;
	if (count)
		qsort(notes, count, sizeof *notes, by_time);
	for (size_t i = 0; i < count; i++) {
		bool timeless = notes[i].kind == NOTE_CHILD; /* facts about a person hold for the whole history */
		if (timeless || notes[i].time <= now)
			take(&fold, &notes[i]);
	}
	come_of_age(&fold, now);
	if (fold.episode_count)
		qsort(fold.episodes, fold.episode_count, sizeof *fold.episodes, by_start);
	social_workers_first(&fold);
	person->age = fold.birth == DAY_NONE ? -1 : calendar_age(fold.birth, zone_date(zone, now));
	person->episodes = keep(arena, fold.episodes, fold.episode_count * sizeof *fold.episodes);
	person->episode_count = fold.episode_count;
	person->allocations = keep(arena, fold.allocations, fold.allocation_count * sizeof *fold.allocations);
	person->allocation_count = fold.allocation_count;
	free(fold.episodes);
	free(fold.allocations);
}

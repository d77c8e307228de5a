/* missing_facts: the little that is kept of each event, by child. */
#include "report/missing_facts.h"

#include "report/missing_fold.h"

#include <pthread.h>
#include <stdlib.h>

struct known {
	struct text id;
	struct missing_note *notes;
	size_t count, room;
	int64_t alert;
};
struct unread {
	size_t known; /* index + 1 of the child; 0: nobody */
	instant came;
	const char *lack;
};

struct missing_facts {
	const struct zone *zone;
	struct arena *arena;   /* ids and texts of notes */
	struct arena *answers; /* what the last missing_facts_people handed out */
	struct known *known;
	size_t known_count, known_room;
	uint32_t *slots;       /* index + 1 into `known` by hash of the id; a power of two, never over half full */
	size_t slot_count;
	uint64_t seed;
	const char *source;    /* of the last event: most are of one source, and it is kept once */
	struct unread *unread;
	size_t unread_count, unread_room;
	struct missing_person *people; /* as many as known, by id; as of `as_of`, unless something was added since */
	instant as_of;
	bool fresh;
	struct missing_unread *records;
};

static type_id listed[MISSING_NOTE_KINDS];
static type_id context[MISSING_NOTE_KINDS];
static size_t listed_count, context_count;
static uint16_t names[MISSING_NAMES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The type of each kind of note; the first three make a child known. */
static const char *const TYPE_NAMES[MISSING_NOTE_KINDS] = {
	[NOTE_STARTED] = "missing.started",      [NOTE_ENDED] = "missing.ended",
	[NOTE_RISK] = "missing.risk_changed",    [NOTE_HELD] = "rhi.completed",
	[NOTE_DECLINED] = "rhi.declined",        [NOTE_DISCUSSED] = "vpg.discussed",
	[NOTE_CHILD] = "child.updated",          [NOTE_DIED] = "child.died",
	[NOTE_TRANSFERRED] = "child.transferred", [NOTE_ALLOCATED] = "allocation.started",
	[NOTE_RELEASED] = "allocation.ended"};
static const char *const FIELD_NAMES[MISSING_NAMES] = {
	[NAME_EPISODE] = "episode", [NAME_KIND] = "kind",           [NAME_FROM] = "from",
	[NAME_PLACEMENT] = "placement", [NAME_RISK] = "risk",       [NAME_BIRTH] = "date_of_birth",
	[NAME_INITIALS] = "initials",   [NAME_RESTRICTED] = "restricted", [NAME_ROLE] = "role",
	[NAME_WORKER] = "worker",       [NAME_TEAM] = "team"};

static void learn_names(void)
{
	schema_start();
	for (size_t kind = 0; kind < MISSING_NOTE_KINDS; kind++) {
		type_id type = schema_find(text_of(TYPE_NAMES[kind]));
		if (kind <= NOTE_RISK)
			listed[listed_count++] = type;
		else
			context[context_count++] = type;
	}
	for (size_t i = 0; i < MISSING_NAMES; i++)
		names[i] = schema_name(text_of(FIELD_NAMES[i]));
}

const type_id *missing_types(size_t *count)
{
	(void)pthread_once(&once, learn_names);
	*count = listed_count;
	return listed;
}

const type_id *missing_context_types(size_t *count)
{
	(void)pthread_once(&once, learn_names);
	*count = context_count;
	return context;
}

struct missing_facts *missing_facts_new(const struct zone *zone)
{
	(void)pthread_once(&once, learn_names);
	struct missing_facts *facts = MEM_NEW(struct missing_facts);
	facts->zone = zone;
	facts->arena = arena_new(64 * 1024);
	facts->answers = arena_new(64 * 1024);
	facts->slot_count = 256;
	facts->slots = mem_zero(facts->slot_count, sizeof *facts->slots);
	facts->seed = hash_seed();
	return facts;
}

void missing_facts_free(struct missing_facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < facts->known_count; i++)
		free(facts->known[i].notes);
	free(facts->known);
	free(facts->slots);
	free(facts->unread);
	free(facts->people);
	free(facts->records);
	arena_free(facts->answers);
	arena_free(facts->arena);
	free(facts);
}

static size_t slot_of(const struct missing_facts *facts, struct text id)
{
	size_t at = (size_t)text_hash(id, facts->seed) & (facts->slot_count - 1);
	while (facts->slots[at] && !text_equal(facts->known[facts->slots[at] - 1].id, id))
		at = (at + 1) & (facts->slot_count - 1);
	return at;
}

static void widen(struct missing_facts *facts)
{
	free(facts->slots);
	facts->slot_count *= 2;
	facts->slots = mem_zero(facts->slot_count, sizeof *facts->slots);
	for (size_t i = 0; i < facts->known_count; i++)
		facts->slots[slot_of(facts, facts->known[i].id)] = (uint32_t)(i + 1);
}

/* A copy; NULL for empty. */
static const char *keep(struct missing_facts *facts, struct text text)
{
	return text.length ? arena_copy_text(facts->arena, text.at, text.length) : NULL;
}

static const char *keep_source(struct missing_facts *facts, struct text source)
{
	if (!facts->source || !text_equal(text_of(facts->source), source))
		facts->source = arena_copy_text(facts->arena, source.at ? source.at : "", source.length);
	return facts->source;
}

/* NULL: not known, and not to be made so. */
static struct known *find(struct missing_facts *facts, struct text id, bool make)
{
	size_t slot = slot_of(facts, id);
	if (facts->slots[slot])
		return &facts->known[facts->slots[slot] - 1];
	if (!make)
		return NULL;
	void *items = facts->known;
	struct known *known = mem_push(&items, &facts->known_count, &facts->known_room, sizeof *known);
	facts->known = items;
	*known = (struct known){.id = {arena_copy_text(facts->arena, id.at ? id.at : "", id.length), id.length}};
	facts->slots[slot] = (uint32_t)facts->known_count;
	if (facts->known_count * 2 > facts->slot_count)
		widen(facts);
	return &facts->known[facts->known_count - 1];
}

static bool note_kind(type_id type, enum missing_note_kind *kind)
{
	for (size_t i = 0; i < MISSING_NOTE_KINDS; i++) {
		type_id known = i < listed_count ? listed[i] : context[i - listed_count];
		if (known == type) {
			*kind = (enum missing_note_kind)i;
			return true;
		}
	}
	return false;
}

static bool set_aside(const struct event *event, const char *field)
{
	for (size_t i = 0; i < event->warning_count; i++)
		if (strcmp(event->warnings[i].field, field) == 0)
			return true;
	return false;
}

static enum missing_risk risk_of(const struct event *event)
{
	struct text word = event_string(event, names[NAME_RISK]);
	if (text_equal(word, TEXT("high")))
		return MISSING_RISK_HIGH;
	if (text_equal(word, TEXT("medium")))
		return MISSING_RISK_MEDIUM;
	if (text_equal(word, TEXT("low")))
		return MISSING_RISK_LOW;
	if (text_equal(word, TEXT("none")))
		return MISSING_RISK_NONE;
	return set_aside(event, "data.risk") ? MISSING_RISK_NOT_READABLE : MISSING_RISK_NOT_RECORDED;
}

static void read_child(struct missing_facts *facts, const struct event *event, struct missing_note *note)
{
	const struct value *restricted = event_field(event, names[NAME_RESTRICTED]);
	bool unreadable = set_aside(event, "data.restricted"); /* fails closed */
	note->says_restricted = restricted->kind == VALUE_BOOL || unreadable;
	note->restricted = unreadable || (restricted->kind == VALUE_BOOL && restricted->boolean);
	note->first = keep(facts, event_string(event, names[NAME_INITIALS]));
	note->birth = DAY_NONE;
	struct text birth = event_string(event, names[NAME_BIRTH]);
	if (birth.length && !day_parse(birth, &note->birth))
		note->birth = DAY_NONE;
}

static void read_note(struct missing_facts *facts, const struct event *event, struct missing_note *note)
{
	switch ((enum missing_note_kind)note->kind) {
	case NOTE_STARTED:
		note->away = text_equal(event_string(event, names[NAME_KIND]), TEXT("away"));
		note->first = keep(facts, event_string(event, names[NAME_FROM]));
		note->second = keep(facts, event_string(event, names[NAME_PLACEMENT]));
		note->from_unreadable = set_aside(event, "data.from");
		note->placement_unreadable = set_aside(event, "data.placement");
		note->risk = (uint8_t)risk_of(event);
		note->key = keep(facts, event_string(event, names[NAME_EPISODE]));
		break;
	case NOTE_RISK:
		note->risk = (uint8_t)risk_of(event);
		note->key = keep(facts, event_string(event, names[NAME_EPISODE]));
		break;
	case NOTE_ENDED:
	case NOTE_HELD:
	case NOTE_DECLINED:
		note->key = keep(facts, event_string(event, names[NAME_EPISODE]));
		break;
	case NOTE_CHILD:
		read_child(facts, event, note);
		break;
	case NOTE_ALLOCATED:
	case NOTE_RELEASED:
		note->key = keep(facts, event_string(event, names[NAME_ROLE]));
		note->first = keep(facts, event_string(event, names[NAME_WORKER]));
		note->second = keep(facts, event_string(event, names[NAME_TEAM]));
		break;
	case NOTE_DISCUSSED:
	case NOTE_DIED:
	case NOTE_TRANSFERRED:
		break;
	}
}

void missing_facts_event(struct missing_facts *facts, struct text id, const struct event *event, instant arrived)
{
	struct missing_note note = {.time = event->time, .day_only = event->day_precision, .arrived = arrived};
	enum missing_note_kind kind;
	if (!note_kind(event->type, &kind))
		return;
	note.kind = (uint8_t)kind;
	struct known *known = find(facts, id, kind <= NOTE_RISK);
	if (!known)
		return;
	facts->fresh = false;
	note.source = keep_source(facts, event->source);
	note.id = arena_copy_text(facts->arena, event->id.at ? event->id.at : "", event->id.length);
	read_note(facts, event, &note);
	void *items = known->notes;
	*(struct missing_note *)mem_push(&items, &known->count, &known->room, sizeof note) = note;
	known->notes = items;
}

void missing_facts_alert(struct missing_facts *facts, struct text id, int64_t number)
{
	struct known *known = find(facts, id, false);
	if (known)
		known->alert = number;
	facts->fresh = false;
}

void missing_facts_unread(struct missing_facts *facts, struct text id, instant came, const char *lack)
{
	facts->fresh = false;
	size_t index = id.length ? (size_t)(find(facts, id, true) - facts->known) + 1 : 0;
	void *items = facts->unread;
	*(struct unread *)mem_push(&items, &facts->unread_count, &facts->unread_room, sizeof(struct unread)) =
		(struct unread){index, came, arena_copy_text(facts->arena, lack, strlen(lack))};
	facts->unread = items;
}

static int by_id(const void *a, const void *b)
{
	return text_order(((const struct missing_person *)a)->id, ((const struct missing_person *)b)->id);
}

size_t missing_facts_people(struct missing_facts *facts, instant now, const struct missing_person **people)
{
	*people = facts->people;
	if (facts->fresh && facts->as_of == now)
		return facts->known_count; /* the next reader's list, from the same facts */
	arena_reset(facts->answers);
	free(facts->people);
	facts->people = mem_zero(facts->known_count + 1, sizeof *facts->people);
	for (size_t i = 0; i < facts->known_count; i++) {
		struct known *known = &facts->known[i];
		facts->people[i] = (struct missing_person){.id = known->id, .alert = known->alert};
		missing_fold(facts->zone, known->notes, known->count, now, facts->answers, &facts->people[i]);
	}
	if (facts->known_count)
		qsort(facts->people, facts->known_count, sizeof *facts->people, by_id);
	facts->as_of = now;
	facts->fresh = true;
	*people = facts->people;
	return facts->known_count;
}

static int by_coming(const void *a, const void *b)
{
	const struct missing_unread *one = a, *other = b;
	return (one->came > other->came) - (one->came < other->came);
}

size_t missing_facts_unread_records(struct missing_facts *facts, const struct missing_unread **unread)
{
	free(facts->records);
	facts->records = mem_zero(facts->unread_count + 1, sizeof *facts->records);
	for (size_t i = 0; i < facts->unread_count; i++) {
		const struct unread *from = &facts->unread[i];
		const struct missing_person *person = NULL;
		if (from->known && facts->people) {
			struct missing_person key = {.id = facts->known[from->known - 1].id};
			person = bsearch(&key, facts->people, facts->known_count, sizeof key, by_id);
		}
		facts->records[i] = (struct missing_unread){person, from->came, from->lack};
	}
	if (facts->unread_count)
		qsort(facts->records, facts->unread_count, sizeof *facts->records, by_coming);
	*unread = facts->records;
	return facts->unread_count;
}

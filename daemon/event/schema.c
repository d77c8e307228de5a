/* schema: numbers for types and field names, and finding them by name. */
#include "event/schema.h"

#include "base/here.h"
#include "base/mem.h"
#include "event/schema_types.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A set of names that only grows. A slot holds the number + 1 of a name; it is published after the name itself, so that
 * another thread finds a whole entry or none. Never more than half full, so that every search ends. */
#define SLOTS (2 * SCHEMA_NAMES_MAX)
struct name_set {
	_Atomic uint16_t slots[SLOTS];
	struct text names[SCHEMA_NAMES_MAX];
	size_t count;
};

static struct name_set types, fields;
static bool party_names[SCHEMA_NAMES_MAX]; /* by name of a field; the catalogue's alone */
/* What is in force of the declarations of each type, for each council of the process that ever declared one
 * (base/here.h; 0: where there is one alone), and all of them; both only under `growing`, but for reading the first. */
typedef _Atomic(const struct event_type *) declared_type;
static _Atomic(declared_type *) declared[HERE_MOST + 1];
static struct declaration {
	const void *owner; /* NULL: gone */
	unsigned here;
	type_id id;
	bool tried; /* not in force: rules that are being checked declare it */
	const struct event_type *type;
} *declarations;
static size_t declaration_count, declaration_room;
/* What this thread tries, the latest last. */
static _Thread_local struct trial {
	bool on;
	struct tried {
		type_id id;
		const struct event_type *type;
	} *items;
	size_t count, room;
} trial;
static _Atomic unsigned generation = 1;
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;
#define NOT_FOUND SIZE_MAX
#define SEED 0x63617365776174u /* fixed: the tables are filled by us and by rules, never by events */

/* The number of the name, or NOT_FOUND with the free slot it would take. */
static size_t find(const struct name_set *set, struct text name, size_t *slot)
{
	size_t at = (size_t)text_hash(name, SEED) & (SLOTS - 1);
	for (;; at = (at + 1) & (SLOTS - 1)) {
		uint16_t held = atomic_load_explicit(&set->slots[at], memory_order_acquire);
		if (!held) {
			*slot = at;
			return NOT_FOUND;
		}
		if (text_equal(set->names[held - 1], name))
			return held - 1u;
	}
}

/* Takes `name` as it is: it must live for ever and end in NUL. There is room. */
static size_t add(struct name_set *set, size_t slot, struct text name)
{
	size_t number = set->count++;
	set->names[number] = name;
	atomic_store_explicit(&set->slots[slot], (uint16_t)(number + 1), memory_order_release);
	return number;
}

static size_t find_or_add(struct name_set *set, struct text name, bool lasting)
{
	size_t slot;
	size_t number = find(set, name, &slot);
	if (number == NOT_FOUND && set->count < SCHEMA_NAMES_MAX) {
		/* Copies stay for the life of the process: there are as many as rules ever named. */
		struct text kept = {lasting ? name.at : mem_copy_text(name.at, name.length), name.length};
		number = add(set, slot, kept);
		(void)atomic_fetch_add(&generation, 1);
	}
	return number;
}

static void intern_fields(struct event_type *type)
{
	struct field *own = (struct field *)type->fields; /* the table is ours, and constant only for everyone else */
	for (size_t i = 0; i < type->field_count; i++)
		own[i].name_id = (uint16_t)find_or_add(&fields, text_of(own[i].name), true);
}

static void note_parties(const struct event_type *type)
{
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].party != PARTY_NONE)
			party_names[type->fields[i].name_id] = true;
}

bool schema_names_party(uint16_t name)
{
	return party_names[name];
}

void schema_start(void)
{
	(void)pthread_mutex_lock(&growing);
	if (!types.count) {
		(void)find_or_add(&fields, TEXT(""), true); /* number 0: no name */
		for (size_t i = 0; i < schema_types_count; i++) {
			(void)find_or_add(&types, text_of(schema_types[i].name), true);
			intern_fields(&schema_types[i]);
			note_parties(&schema_types[i]);
		}
	}
	(void)pthread_mutex_unlock(&growing);
}

size_t schema_type_count(void)
{
	return schema_types_count;
}

static const struct event_type *find_tried(type_id id)
{
	for (size_t i = trial.count; i-- > 0;)
		if (trial.items[i].id == id)
			return trial.items[i].type;
	return NULL;
}

const struct event_type *schema_type(type_id id)
{
	if (id < schema_types_count)
		return &schema_types[id];
	const struct event_type *tried = trial.count ? find_tried(id) : NULL;
	if (tried)
		return tried;
	declared_type *own = atomic_load_explicit(&declared[here_number()], memory_order_acquire);
	return own && id < SCHEMA_NAMES_MAX ? atomic_load_explicit(&own[id], memory_order_acquire) : NULL;
}

bool schema_declares(void)
{
	return trial.count || atomic_load_explicit(&declared[here_number()], memory_order_acquire);
}

size_t schema_types_named(void)
{
	(void)pthread_mutex_lock(&growing);
	size_t count = types.count;
	(void)pthread_mutex_unlock(&growing);
	return count;
}

type_id schema_find(struct text name)
{
	size_t slot;
	size_t number = find(&types, name, &slot);
	return number == NOT_FOUND ? TYPE_UNKNOWN : (type_id)number;
}

type_id schema_name_type(struct text name)
{
	schema_start();
	(void)pthread_mutex_lock(&growing);
	size_t number = find_or_add(&types, name, false);
	(void)pthread_mutex_unlock(&growing);
	return number == NOT_FOUND ? TYPE_UNKNOWN : (type_id)number;
}

const char *schema_type_name(type_id id)
{
	return id < SCHEMA_NAMES_MAX && types.names[id].at ? types.names[id].at : "";
}

const char *schema_type_title(type_id id)
{
	const struct event_type *type = schema_type(id);
	return type ? type->title : schema_type_name(id);
}

const struct field *schema_field(type_id id, struct text name)
{
	const struct event_type *type = schema_type(id);
	for (size_t i = 0; type && i < type->field_count; i++)
		if (text_equal(text_of(type->fields[i].name), name))
			return &type->fields[i];
	return NULL;
}

const char *schema_word_title(const struct field *field, struct text word)
{
	for (const struct word_title *title = field->titles; title && title->word; title++)
		if (text_equal(text_of(title->word), word))
			return title->title;
	return NULL;
}

uint16_t schema_name(struct text name)
{
	size_t slot;
	size_t number = find(&fields, name, &slot);
	return number == NOT_FOUND ? 0 : (uint16_t)number;
}

uint16_t schema_name_add(struct text name)
{
	schema_start();
	(void)pthread_mutex_lock(&growing);
	size_t number = find_or_add(&fields, name, false);
	(void)pthread_mutex_unlock(&growing);
	return number == NOT_FOUND ? 0 : (uint16_t)number;
}

const char *schema_name_text(uint16_t name)
{
	return name < SCHEMA_NAMES_MAX && fields.names[name].at ? fields.names[name].at : "";
}

unsigned schema_generation(void)
{
	return atomic_load(&generation);
}

/* ---- a council's own types ---- */

static const char *const *copy_words(const char *const *words)
{
	size_t count = 0;
	while (words && words[count])
		count++;
	const char **copy = words ? mem_zero(count + 1, sizeof *copy) : NULL;
	for (size_t i = 0; i < count; i++)
		copy[i] = mem_copy_text(words[i], strlen(words[i]));
	return copy;
}

static const char *copy_string(const char *string)
{
	return string ? mem_copy_text(string, strlen(string)) : NULL;
}

static const struct event_type *copy_type(const struct event_type *from, const char *name)
{
	struct event_type *type = mem_alloc(sizeof *type);
	struct field *own = mem_zero(from->field_count, sizeof *own);
	for (size_t i = 0; i < from->field_count; i++) {
		own[i] = from->fields[i];
		own[i].name = copy_string(own[i].name);
		own[i].label = copy_string(own[i].label);
		own[i].words = copy_words(own[i].words);
	}
	*type = *from;
	type->name = name;
	type->title = copy_string(from->title);
	type->fields = own;
	intern_fields(type);
	return type;
}

/* The latest that still has an owner. */
static void put_in_force(unsigned here, type_id id)
{
	const struct event_type *latest = NULL;
	declared_type *own = atomic_load_explicit(&declared[here], memory_order_acquire);
	for (size_t i = 0; i < declaration_count; i++)
		if (declarations[i].id == id && declarations[i].here == here && declarations[i].owner &&
		    !declarations[i].tried)
			latest = declarations[i].type;
	if (!own) {
		own = mem_zero(SCHEMA_NAMES_MAX, sizeof *own);
		atomic_store_explicit(&declared[here], own, memory_order_release);
	}
	atomic_store_explicit(&own[id], latest, memory_order_release);
	(void)atomic_fetch_add(&generation, 1);
}

type_id schema_declare(const void *owner, const struct event_type *type)
{
	schema_start();
	(void)pthread_mutex_lock(&growing);
	size_t number = find_or_add(&types, text_of(type->name), false);
	if (number != NOT_FOUND) {
		const struct event_type *copy = copy_type(type, types.names[number].at);
		*(struct declaration *)mem_push((void **)&declarations, &declaration_count, &declaration_room,
		                                sizeof(struct declaration)) =
			(struct declaration){owner, here_number(), (type_id)number, trial.on, copy};
		if (trial.on)
			*(struct tried *)mem_push((void **)&trial.items, &trial.count, &trial.room,
			                          sizeof(struct tried)) = (struct tried){(type_id)number, copy};
		else
			put_in_force(here_number(), (type_id)number);
	}
	(void)pthread_mutex_unlock(&growing);
	return number == NOT_FOUND ? TYPE_UNKNOWN : (type_id)number;
}

void schema_undeclare(const void *owner)
{
	(void)pthread_mutex_lock(&growing);
	for (size_t i = 0; i < declaration_count; i++)
		if (declarations[i].owner == owner) {
			declarations[i].owner = NULL;
			put_in_force(declarations[i].here, declarations[i].id);
		}
	(void)pthread_mutex_unlock(&growing);
}

/* ---- trying ---- */

void schema_trial_begin(void)
{
	trial.on = true;
}

void schema_trial_end(void)
{
	free(trial.items);
	trial = (struct trial){0};
}

void schema_adopt(const void *owner)
{
	(void)pthread_mutex_lock(&growing);
	for (size_t i = 0; i < declaration_count; i++)
		if (declarations[i].owner == owner && declarations[i].tried) {
			declarations[i].tried = false;
			put_in_force(declarations[i].here, declarations[i].id);
		}
	(void)pthread_mutex_unlock(&growing);
}

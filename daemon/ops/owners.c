/* owners: whoever owns a source hears of its records that need correcting: at once as ops do, and once a day for as
 * long as any does. In plain words, with records by source and id alone. */
#include "ops/ops_internal.h"

#include "store/contradictions.h"
#include "store/events/events.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE "source.contradiction"
#define DAILY "source.daily"
#define ROLE_OF_PERSON TEXT("owner of the source") /* who is named as a person holds no role of the directory */

/* Of one day: so many of either kind are looked at, the newest first, in one turn of the loop; and of one owner so many
 * are named. Of more the email says that there are more. */
#define LOOKED_AT 500
#define NAMED 20

/* ---- whose ---- */

static const struct source_owner *owner_of(const struct ops *ops, struct text source)
{
	return ops->directory ? directory_source_owner(ops->directory, source) : NULL;
}

static const char *name_of(const struct source_owner *owner)
{
	return owner->role ? owner->role : owner->person;
}

/* One owner may have several sources. */
static bool is_same(const struct source_owner *one, const struct source_owner *other)
{
	return one && other && !one->role == !other->role && strcmp(name_of(one), name_of(other)) == 0;
}

static enum result add_row(struct ops *ops, const char *id, const struct source_owner *owner,
                           const struct buffer *words, instant now, struct fault *fault)
{
	return ops_add_row_for(ops, id, owner->role ? text_of(owner->role) : ROLE_OF_PERSON, text_of(owner->person),
	                       buffer_view(words), now, fault);
}

void ops_records(const struct ops *ops, const struct ops_word *word, const struct source_owner *owner,
                 struct buffer *out)
{
	size_t count = 0;
	for (size_t i = 0; i < word->record_count; i++) {
		const struct ops_record *record = &word->records[i];
		if (!owner || is_same(owner_of(ops, record->source), owner))
			buffer_format(out, "%s%.*s of %.*s", count++ ? ", " : "", TEXT_ARG(record->id),
			              TEXT_ARG(record->source));
	}
	if (!owner && word->records_more)
		buffer_format(out, " %s", word->records_more);
}

static bool source_seen(const struct ops_word *word, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (text_equal(word->records[i].source, word->records[index].source))
			return true;
	return false;
}

void ops_owners(const struct ops *ops, const struct ops_word *word, struct buffer *out)
{
	for (size_t i = 0; i < word->record_count; i++) {
		struct text source = word->records[i].source;
		const struct source_owner *owner = owner_of(ops, source);
		if (source_seen(word, i))
			continue;
		if (owner)
			buffer_format(out, "%s%s hears of those of %.*s", out->length ? "; " : "", name_of(owner),
			              TEXT_ARG(source));
		else
			buffer_format(out, "%snobody is named for %.*s: add it to `sources` of the directory",
			              out->length ? "; " : "", TEXT_ARG(source));
	}
}

/* ---- at once ---- */

static enum result tell_owner(struct ops *ops, const struct ops_word *word, const struct source_owner *owner,
                              const char *title, instant now, struct fault *fault)
{
	const struct ops_alert *alert = ops_alert(word->what);
	struct buffer words = {0};
	buffer_format(&words, "%s.\n\nYou are named as the owner of the source. Of your records it is: ", title);
	ops_records(ops, word, owner, &words);
	buffer_format(&words,
	              ".\n\nWhat it means for children: %s\n\nWhat to do next: correct it in the case system and send "
	              "the correction, or withdraw the record.\n\nWhen you hear of it again: in an email a day until "
	              "it is gone, and at once for further records.",
	              word->meaning ? word->meaning : alert->meaning);
	enum result result = add_row(ops, AT_ONCE, owner, &words, now, fault);
	buffer_free(&words);
	return result;
}

enum result ops_tell_owners(struct ops *ops, const struct ops_word *word, const char *title, instant now,
                            struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < word->record_count; i++) {
		const struct source_owner *owner = owner_of(ops, word->records[i].source);
		bool told = !owner;
		for (size_t k = 0; k < i && !told; k++)
			told = is_same(owner_of(ops, word->records[k].source), owner);
		if (!told)
			result = tell_owner(ops, word, owner, title, now, fault);
	}
	return result;
}

/* ---- once a day ---- */

/* What one owner is told. */
struct portion {
	const struct source_owner *owner;
	struct buffer contradict, partly;
	size_t contradict_count, partly_count;
};
struct gathering {
	struct ops *ops;
	struct portion *portions;
	size_t count, room;
	const char *why;  /* of the record that is looked at: what could not be read; NULL: it contradicts itself */
	bool more;        /* than were looked at */
};

static struct portion *portion_of(struct gathering *gathering, const struct source_owner *owner)
{
	for (size_t i = 0; i < gathering->count; i++)
		if (is_same(gathering->portions[i].owner, owner))
			return &gathering->portions[i];
	struct portion *portion =
		mem_push((void **)&gathering->portions, &gathering->count, &gathering->room, sizeof *portion);
	*portion = (struct portion){.owner = owner};
	return portion;
}

static enum result see_record(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct gathering *gathering = argument;
	const struct source_owner *owner = owner_of(gathering->ops, event->source);
	(void)bytes;
	(void)arrived;
	(void)fault;
	if (!owner)
		return RESULT_OK;
	struct portion *portion = portion_of(gathering, owner);
	struct buffer *words = gathering->why ? &portion->partly : &portion->contradict;
	size_t *count = gathering->why ? &portion->partly_count : &portion->contradict_count;
	if ((*count)++ >= NAMED)
		return RESULT_OK;
	buffer_format(words, "\n- %.*s of %.*s", TEXT_ARG(event->id), TEXT_ARG(event->source));
	if (gathering->why)
		buffer_format(words, ": %s", gathering->why);
	return RESULT_OK;
}

static enum result gather_contradictions(struct gathering *gathering, instant now, struct fault *fault)
{
	uint64_t events[LOOKED_AT];
	size_t count;
	enum result result = contradictions_latest(gathering->ops->store, now, events, LOOKED_AT, &count, fault);
	gathering->why = NULL;
	gathering->more = gathering->more || count > LOOKED_AT;
	for (size_t i = 0; result == RESULT_OK && i < count && i < LOOKED_AT; i++)
		result = events_by_ref(gathering->ops->store, events[i], see_record, gathering, fault);
	return result;
}

struct partly {
	struct warning {
		uint64_t ref;
		char *why;
	} items[LOOKED_AT];
	size_t count;
	bool more;
	struct arena *arena;
};

static enum result see_warning(void *argument, const struct warning_row *row, struct fault *fault)
{
	struct partly *partly = argument;
	struct buffer why = {0};
	(void)fault;
	partly->more = partly->count == LOOKED_AT;
	if (partly->more)
		return RESULT_OK;
	buffer_format(&why, "%.*s %.*s", TEXT_ARG(row->field), TEXT_ARG(row->reason));
	partly->items[partly->count++] =
		(struct warning){row->ref, arena_copy_text(partly->arena, why.at, why.length)};
	buffer_free(&why);
	return RESULT_OK;
}

static enum result gather_warnings(struct gathering *gathering, instant since, instant now, struct fault *fault)
{
	struct partly partly = {.arena = gathering->ops->arena};
	enum result result =
		warnings_latest(gathering->ops->store, since, now, LOOKED_AT + 1, see_warning, &partly, fault);
	gathering->more = gathering->more || partly.more;
	for (size_t i = 0; result == RESULT_OK && i < partly.count; i++) {
		gathering->why = partly.items[i].why;
		result = events_by_ref(gathering->ops->store, partly.items[i].ref, see_record, gathering, fault);
	}
	return result;
}

static void put_part(const char *heading, size_t count, const struct buffer *named, struct buffer *out)
{
	if (!count)
		return;
	buffer_format(out, "%s: %zu\n%s\n", heading, count, named->at);
	if (count > NAMED)
		buffer_format(out, "- and %zu more\n", count - NAMED);
	buffer_char(out, '\n');
}

static enum result tell_portion(const struct gathering *gathering, const struct portion *portion, instant now,
                                struct fault *fault)
{
	struct buffer words = {0};
	buffer_string(&words, "Records of your sources need correcting. You are named as the owner of the source.\n\n");
	put_part("Contradict themselves: what they should have ended stands, or nobody saw its beginning",
	         portion->contradict_count, &portion->contradict, &words);
	put_part("Came since yesterday's email, and count without what could not be read or was changed",
	         portion->partly_count, &portion->partly, &words);
	if (gathering->more)
		buffer_format(&words, "There are more than the %d of one kind that were looked at.\n\n", LOOKED_AT);
	buffer_string(&words, "What to do next: correct them in the case system and send the corrections, or withdraw "
	                      "the records.\n\nWhen you hear of it again: in an email a day, of what contradicts "
	                      "itself until it is gone, and of the rest once.");
	enum result result = add_row(gathering->ops, DAILY, portion->owner, &words, now, fault);
	buffer_free(&words);
	return result;
}

enum result ops_daily_owners(struct ops *ops, instant since, instant now, struct fault *fault)
{
	struct gathering gathering = {.ops = ops};
	if (!ops->directory || !ops->directory->source_count)
		return RESULT_OK;
	enum result result = gather_contradictions(&gathering, now, fault);
	if (result == RESULT_OK)
		result = gather_warnings(&gathering, since, now, fault);
	for (size_t i = 0; i < gathering.count; i++) {
		if (result == RESULT_OK)
			result = tell_portion(&gathering, &gathering.portions[i], now, fault);
		buffer_free(&gathering.portions[i].contradict);
		buffer_free(&gathering.portions[i].partly);
	}
	free(gathering.portions);
	return result;
}

/* tell: what ops hear of messages that could not be delivered. */
#include "courier/courier_internal.h"

#include "time/words.h"

#include <inttypes.h>
#include <stdio.h>

enum result courier_tell_ops(struct courier *courier, enum ops_what what, struct text key, instant now,
                             const char *words, struct fault *fault)
{
	char about[32];
	(void)snprintf(about, sizeof about, "%.*s", TEXT_ARG(key));
	struct ops_word word = {.what = what,
	                        .key = key,
	                        .more = 1,
	                        .about = strncmp(about, "A-", 2) == 0 ? about : NULL,
	                        .facts = {{"What was found", words, NULL}},
	                        .fact_count = 1,
	                        .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

static enum result alert_number(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	*(int64_t *)argument = row->number;
	return RESULT_OK;
}

/* "A-1003"; empty: it is about none, or one that was erased. */
static enum result alert_of(struct courier *courier, const struct outbox_row *row, char *name, size_t room,
                            struct fault *fault)
{
	int64_t number = 0;
	enum result result = RESULT_OK;
	name[0] = '\0';
	if (row->alert.length)
		result = alerts_find(courier->settings.store, row->alert, alert_number, &number, fault);
	if (result == RESULT_OK && number)
		(void)snprintf(name, room, "A-%" PRId64, number);
	return result;
}

/* By `key`: what one role lacks is one thing to mend, however many alerts met it. Which alert did so last is said,
 * since somebody should look at who has that one now. */
static enum result say_nobody(struct courier *courier, const struct outbox_row *row, struct text key,
                              const char *title, instant now, const char *why, struct fault *fault)
{
	char alert[32];
	enum result result = alert_of(courier, row, alert, sizeof alert, fault);
	if (result != RESULT_OK)
		return result;
	struct ops_word word = {.what = OPS_NOBODY, .key = key, .more = 1, .title = title,
	                        .facts = {{"What was found", why, NULL}}, .fact_count = 1, .not_logged = true};
	if (*alert) {
		word.about = alert;
		word.facts[word.fact_count++] = (struct ops_fact){"Alert that met it", alert, NULL};
	}
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

enum result tell_nobody(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                        struct fault *fault)
{
	char role[128], title[256];
	(void)snprintf(role, sizeof role, "%.*s", TEXT_ARG(row->role));
	(void)snprintf(title, sizeof title, "Nobody is %s", directory_role_title(courier->settings.directory, role));
	return say_nobody(courier, row, row->role, title, now, why, fault);
}

enum result tell_unknown(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                         struct fault *fault)
{
	return say_nobody(courier, row, row->rule, NULL, now, why, fault);
}

/* What ops hear of a list that is late or lost: which, when it was due, for whom (the role, and `who`), and why not. */
static enum result say_list(struct courier *courier, const struct outbox_row *row, const struct payload *payload,
                            struct ops_word word, const char *who, instant now, const char *why, struct fault *fault)
{
	char list[96], role[96];
	struct buffer due = {0};
	instant at = payload->due == INSTANT_NONE ? row->created : payload->due;
	(void)snprintf(list, sizeof list, "%.*s", TEXT_ARG(payload->list));
	(void)snprintf(role, sizeof role, "%.*s", TEXT_ARG(row->role));
	words_moment(calendar_zone(courier->settings.calendar), (struct words_moment){at, false}, WORDS_FULL, &due);
	const struct ops_fact facts[] = {{"List", list, NULL}, {"Due", buffer_cstr(&due), NULL},
	                                 {"Waited for by", role, who}, {"What was found", why, NULL}};
	word.what = OPS_UNDELIVERABLE;
	word.lasting = OPS_UNTIL_DIGEST;
	word.not_logged = true;
	for (word.fact_count = 0; word.fact_count < sizeof facts / sizeof *facts; word.fact_count++)
		word.facts[word.fact_count] = facts[word.fact_count];
	enum result result = courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
	buffer_free(&due);
	return result;
}

/* By list and person: each who read nothing is to be rung. */
static enum result tell_lost_list(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                                  struct fault *fault)
{
	char key[192], person[96], title[256];
	struct payload payload = PAYLOAD_EMPTY;
	struct fault unread;
	struct arena *arena = arena_new(1024);
	if (payload_read(row->payload, &payload, arena, &unread) != RESULT_OK)
		payload = PAYLOAD_EMPTY; /* it is said to be lost all the same */
	(void)snprintf(key, sizeof key, "lost-list/%.*s/%.*s", TEXT_ARG(payload.list), TEXT_ARG(row->person));
	(void)snprintf(person, sizeof person, "%.*s", TEXT_ARG(row->person));
	/* Of many one mail has the titles alone: whom to ring stands in it. */
	(void)snprintf(title, sizeof title, "%s%.*s did not reach %s", payload.list.length ? "The list " : "A list",
	               TEXT_ARG(payload.list), *person ? person : "somebody who reads it");
	struct ops_word word = {.key = text_of(key),
	                        .more = 1,
	                        .title = title,
	                        .meaning = "Alerts go on, and so do later lists. Whoever lives from it never had this "
	                                   "one: ring them."};
	enum result result =
		say_list(courier, row, &payload, word, *person ? person : NULL, now, why, fault);
	arena_free(arena);
	return result;
}

/* By alert: that one could not be told must not keep ops from hearing of the next. */
static enum result key_of(struct courier *courier, const struct outbox_row *row, char *key, size_t room,
                          struct fault *fault)
{
	enum result result = alert_of(courier, row, key, room, fault);
	if (result == RESULT_OK && !*key)
		(void)snprintf(key, room, "%.*s/%.*s", TEXT_ARG(row->purpose), TEXT_ARG(row->role));
	return result;
}

enum result tell_undeliverable(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                               struct fault *fault)
{
	char words[768], key[160];
	if (row->kind == OUTBOX_LIST)
		return tell_lost_list(courier, row, now, why, fault);
	enum result result = key_of(courier, row, key, sizeof key, fault);
	if (result != RESULT_OK)
		return result;
	(void)snprintf(words, sizeof words, "message %" PRId64 " (%.*s) for the role %.*s was not delivered: %.300s",
	               row->id, TEXT_ARG(row->rule), TEXT_ARG(row->role), why);
	return courier_tell_ops(courier, OPS_UNDELIVERABLE, text_of(key), now, words, fault);
}

enum result tell_in_doubt(struct courier *courier, const struct outbox_row *row, instant now, struct fault *fault)
{
	char key[160], role[96], person[96];
	if (row->kind == OUTBOX_OPS && text_equal(row->role, TEXT(DIRECTORY_OPS)))
		return RESULT_OK; /* as of one that is given up: it makes no further word to ops */
	enum result result = key_of(courier, row, key, sizeof key, fault);
	if (result != RESULT_OK)
		return result;
	(void)snprintf(role, sizeof role, "%.*s", TEXT_ARG(row->role));
	(void)snprintf(person, sizeof person, "%.*s", TEXT_ARG(row->person));
	struct ops_word word = {.what = OPS_UNDELIVERABLE,
	                        .key = text_of(key),
	                        .more = 1,
	                        .about = strncmp(key, "A-", 2) == 0 ? key : NULL,
	                        .title = "Whether a message arrived can no longer be asked",
	                        .meaning = "It counts as told. Where an answer is waited for, the step's own time goes "
	                                   "on, and then the next step is told.",
	                        .facts = {{"For", role, *person ? person : NULL},
	                                  {"What was found", "a service took it, and no channel is left to ask it by",
	                                   NULL}},
	                        .fact_count = 2,
	                        .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

enum result tell_late_list(struct courier *courier, const struct outbox_row *row, const struct payload *payload,
                           instant now, const char *why, struct fault *fault)
{
	struct ops_late_list room;
	instant at = payload->due == INSTANT_NONE ? row->created : payload->due;
	if (row->kind != OUTBOX_LIST || now - at < OPS_LIST_LATE || row->attempts < LIST_TRIES)
		return RESULT_OK;
	struct ops_word word = ops_late_list(payload->list, "it cannot be made", &room);
	return say_list(courier, row, payload, word, "and whoever else reads it", now, why, fault);
}

/* By person and channel: an address is one thing to mend, however many messages met it. Nobody would look at it
 * otherwise: all that is seen is that each message comes late, by the other way. */
enum result tell_other_way(struct courier *courier, const struct outbox_row *row, struct text instead, instant now,
                           const char *why, struct fault *fault)
{
	char key[160], person[96], title[96], by[32];
	if (row->kind == OUTBOX_OPS && text_equal(row->role, TEXT(DIRECTORY_OPS)))
		return RESULT_OK; /* as of one that is given up: it makes no further word to ops */
	(void)snprintf(key, sizeof key, "by-%.*s/%.*s", TEXT_ARG(row->channel), TEXT_ARG(row->person));
	(void)snprintf(person, sizeof person, "%.*s", TEXT_ARG(row->person));
	(void)snprintf(title, sizeof title, "Somebody is not reached by %.*s", TEXT_ARG(row->channel));
	(void)snprintf(by, sizeof by, "%.*s", TEXT_ARG(instead));
	struct ops_word word = {.what = OPS_UNDELIVERABLE,
	                        .key = text_of(key),
	                        .more = 1,
	                        .lasting = OPS_UNTIL_DIGEST,
	                        .title = title,
	                        .meaning = "That person is told by their other channel instead, later by as long as it "
	                                   "took to find out.",
	                        .facts = {{"Person", person, NULL}, {"Told instead by", by, NULL},
	                                  {"What was found", why, NULL}},
	                        .fact_count = 3,
	                        .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

/* brokers: the log, the journal and the group, as Kafka would have them; and the daemon's own clients of them, in the
 * place of those that speak to Kafka. */
#include "sim/members.h"

#include "base/mem.h"
#include "base/waker.h"
#include "cell/journal_internal.h"
#include "source/kafka/append.h"
#include "source/kafka/kafka_internal.h"
#include "store/outbox/outbox.h"

#include <stdio.h>
#include <stdlib.h>

#define SESSION (JOURNAL_SESSION_MS * (SECOND / 1000))
#define JOURNAL_WITHIN (5 * SECOND) /* then a record that did not come is said not to be there (journal_clients.c) */
#define LOG_WITHIN (10 * SECOND)    /* likewise (source/kafka/append.c) */
#define COMES_WITHIN (SECOND / 50)
#define COMES_LATE_MOST (4 * SECOND) /* short of JOURNAL_WITHIN, so that what is late and what is lost are two things */
#define NEWS_LATE_MOST SECOND /* whom the group names, until a machine hears it */

struct kafka_appending {
	struct waker *waker; /* NULL: nobody waits */
	size_t left;         /* records under way, and one until all were added */
	bool failed, released;
};
struct kafka_appender {
	struct member *member;
};

/* A record on its way. */
struct under_way {
	struct member *member;
	uint64_t life;
	bool journal;
	struct buffer bytes;
	char order[24], seal[DIGEST_BYTES]; /* of the log */
	bool ordered;
	struct kafka_appending *appending; /* likewise */
	instant comes;                     /* INSTANT_NEVER: not at all */
	instant over;                      /* then it is said not to be there, whether it is or not */
	bool stands, unsaid;               /* unsaid: that it is there is not heard */
};

struct logged_record {
	char *bytes, *order; /* owned; order NULL: none */
	char seal[DIGEST_BYTES];
	bool sealed, hostile;
	instant arrived;
};

struct brokers {
	uint64_t seed, appended;
	struct logged_record *log;
	size_t log_count, log_room;
	struct journal_item *journal; /* as they are handed over */
	size_t journal_count, journal_room;
	struct under_way **under_way;
	size_t under_way_count, under_way_room;
};

struct brokers *brokers_new(uint64_t seed)
{
	struct brokers *brokers = MEM_NEW(struct brokers);
	brokers->seed = seed;
	return brokers;
}

/* ---- what is under way ---- */

static void settle(struct kafka_appending *appending, bool failed)
{
	if (!appending)
		return;
	appending->failed = appending->failed || failed;
	if (--appending->left == 0 && appending->waker)
		waker_wake(appending->waker);
	if (appending->left == 0 && appending->released)
		free(appending);
}

static void free_under_way(struct under_way *one)
{
	buffer_free(&one->bytes);
	free(one);
}

/* In the order of the machine, whatever holds one of them up. */
static instant behind_others(const struct brokers *brokers, const struct under_way *new)
{
	instant comes = new->comes;
	for (size_t i = 0; i < brokers->under_way_count; i++) {
		const struct under_way *one = brokers->under_way[i];
		if (one->member == new->member && one->journal == new->journal && one->life == new->life &&
		    !one->stands && one->comes != INSTANT_NEVER && comes < one->comes)
			comes = one->comes;
	}
	return comes;
}

static struct under_way *send_record(struct member *member, bool journal, struct text bytes)
{
	struct brokers *brokers = member->members->brokers;
	instant now = member->sim->truth;
	struct chance chance = chance_of(brokers->seed ^ (uint64_t)now, ++brokers->appended);
	struct under_way *new = MEM_NEW(struct under_way);
	*new = (struct under_way){.member = member, .life = member->life, .journal = journal};
	buffer_text(&new->bytes, bytes);
	new->comes = now + 1000 + (instant)chance_below(&chance, COMES_WITHIN);
	new->over = now + (journal ? JOURNAL_WITHIN : LOG_WITHIN);
	if (now < member->members->rough_until && chance_one_in(&chance, 4))
		new->comes = now + (instant)chance_below(&chance, COMES_LATE_MOST);
	if (now < member->members->rough_until)
		new->unsaid = chance_one_in(&chance, 6);
	new->comes = behind_others(brokers, new);
	if (now < member->members->rough_until && chance_one_in(&chance, 6))
		new->comes = INSTANT_NEVER;
	*(struct under_way **)mem_push((void **)&brokers->under_way, &brokers->under_way_count,
	                               &brokers->under_way_room, sizeof new) = new;
	return new;
}

static void stand(struct brokers *brokers, struct under_way *one)
{
	one->stands = true;
	if (one->journal) {
		struct journal_item *item = mem_push((void **)&brokers->journal, &brokers->journal_count,
		                                     &brokers->journal_room, sizeof *item);
		*item = (struct journal_item){.kind = JOURNAL_ITEM_RECORD,
		                              .position = (int64_t)brokers->journal_count - 1,
		                              .at = one->member->sim->truth,
		                              .length = one->bytes.length};
		memcpy(item->bytes, one->bytes.at, one->bytes.length);
		return;
	}
	struct logged_record *record =
		mem_push((void **)&brokers->log, &brokers->log_count, &brokers->log_room, sizeof *record);
	*record = (struct logged_record){.bytes = mem_copy_text(one->bytes.at, one->bytes.length),
	                                 .sealed = one->ordered,
	                                 .arrived = one->member->sim->truth};
	memcpy(record->seal, one->seal, sizeof record->seal);
	if (one->ordered)
		record->order = mem_copy_text(one->order, strlen(one->order));
}

/* What became of it, as the machine hears it: nothing where it has another life by now. */
static void say_outcome(struct under_way *one, bool failed)
{
	struct member *member = one->member;
	if (!one->journal) {
		settle(one->appending, failed);
		return;
	}
	if (!failed || !member->journal || member->life != one->life)
		return;
	struct journal_item item = {.kind = JOURNAL_ITEM_NOT_APPENDED, .length = one->bytes.length};
	memcpy(item.bytes, one->bytes.at, one->bytes.length);
	(void)journal_ring_push(member->journal->ring, &item);
}

static bool is_cut(const struct member *member)
{
	return member->sim->truth < member->cut_until;
}

/* False: it is over, and everybody heard so. */
static bool goes_on(struct brokers *brokers, struct under_way *one)
{
	instant now = one->member->sim->truth;
	bool reached = !is_cut(one->member);
	if (!one->stands && now >= one->comes && reached)
		stand(brokers, one);
	if (one->stands && !one->unsaid && reached) {
		say_outcome(one, false);
		return false;
	}
	if (now < one->over)
		return true;
	say_outcome(one, true);
	return false;
}

static void move_records(struct members *members)
{
	struct brokers *brokers = members->brokers;
	size_t left = 0;
	for (size_t i = 0; i < brokers->under_way_count; i++) {
		struct under_way *one = brokers->under_way[i];
		if (goes_on(brokers, one))
			brokers->under_way[left++] = one;
		else
			free_under_way(one);
	}
	brokers->under_way_count = left;
}

/* Of what was on its way some had come already, and some never will. */
static void break_off(struct member *member, bool dies)
{
	struct brokers *brokers = member->members->brokers;
	struct chance chance = chance_of(brokers->seed ^ (uint64_t)member->sim->truth, 77 + member->number);
	bool lost = false;
	for (size_t i = 0; i < brokers->under_way_count; i++) {
		struct under_way *one = brokers->under_way[i];
		if (one->member != member || one->stands)
			continue;
		lost = lost || chance_one_in(&chance, 3); /* and all behind it */
		if (dies && lost)
			one->comes = INSTANT_NEVER;
		else if (!dies && !lost && one->comes != INSTANT_NEVER)
			stand(brokers, one);
	}
}

void brokers_cut(struct member *member)
{
	break_off(member, false);
}

void brokers_died(struct member *member)
{
	break_off(member, true);
}

void brokers_put(struct members *members, const char *bytes, const char *order, bool hostile)
{
	struct brokers *brokers = members->brokers;
	struct logged_record *record =
		mem_push((void **)&brokers->log, &brokers->log_count, &brokers->log_room, sizeof *record);
	*record = (struct logged_record){.bytes = mem_copy_text(bytes, strlen(bytes)),
	                                 .order = order ? mem_copy_text(order, strlen(order)) : NULL,
	                                 .hostile = hostile,
	                                 .arrived = members_truth(members)};
}

/* ---- to each machine ---- */

/* An order that some machine gave has its seal; what people hand in was sealed by whichever took it. */
static void look_at_seal(struct member *member, const struct logged_record *record)
{
	struct sim *sim = member->sim;
	struct text key = sim->running ? cell_seal_key(sim->council) : TEXT_NONE;
	if (record->sealed && key.length &&
	    !kafka_seal_is(key, TEXT(MEMBERS_COUNCIL), text_of(record->order), text_of(record->bytes),
	                   (struct text){record->seal, sizeof record->seal}))
		sim_fail(sim, "an order in the log (%s) has no seal of its cell", record->order);
}

static void hand_out_log(struct member *member)
{
	struct brokers *brokers = member->members->brokers;
	for (; member->delivered < brokers->log_count; member->delivered++) {
		const struct logged_record *record = &brokers->log[member->delivered];
		look_at_seal(member, record);
		member->members->came(member->sim, record->bytes, record->arrived, record->order, record->hostile);
	}
}

static void hand_out_journal(struct member *member)
{
	struct brokers *brokers = member->members->brokers;
	struct journal_part *part = &member->journal->parts[0];
	for (; part->next < (int64_t)brokers->journal_count; part->next++)
		if (!journal_ring_push(member->journal->ring, &brokers->journal[part->next]))
			return;
	if (!part->ended &&
	    journal_ring_push(member->journal->ring, &(struct journal_item){.kind = JOURNAL_ITEM_END}))
		part->ended = true;
}

/* ---- the group ---- */

static instant news_late(const struct member *member)
{
	struct chance chance =
		chance_of(member->members->brokers->seed ^ (uint64_t)member->sim->truth, 99 + member->number);
	return member->members->calm ? 0 : (instant)chance_below(&chance, NEWS_LATE_MOST);
}

static void tell_news(struct member *member, bool named)
{
	bool last = member->news_at == INSTANT_NEVER ? member->told : member->news;
	if (last == named)
		return;
	member->news = named;
	member->news_at = member->sim->truth + news_late(member);
}

static void hear_news(struct member *member)
{
	instant now = member->sim->truth;
	if (!member->journal || !members_hears(member) || now < member->news_at || now < member->silent_until)
		return;
	member->told = member->news;
	member->news_at = INSTANT_NEVER;
	journal_ring_name(member->journal->ring, 0, member->told);
}

/* As journal_clients_sit: it leaves, and joins anew. */
static void sit(struct member *member)
{
	int64_t wanted = atomic_load(&member->journal->wanted_since);
	if (wanted == member->seat)
		return;
	member->seat = wanted;
	member->joined = false;
	member->told = false;
	member->news_at = INSTANT_NEVER;
	journal_ring_name(member->journal->ring, 0, false);
}

/* It counts in whoever it heard of within a session, and names who has been there for longest. */
static void look_at_group(struct members *members)
{
	const struct member *first = NULL;
	instant now = members_truth(members);
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->items[i];
		bool here = member->journal && members_hears(member);
		if (here) {
			sit(member);
			member->heard = now;
			member->joined = member->seat != 0;
		} else if (now - member->heard >= SESSION) {
			member->joined = false;
		}
		if (member->joined && (!first || member->seat < first->seat))
			first = member;
	}
	for (size_t i = 0; i < members->count; i++)
		if (members->items[i].journal && members_hears(&members->items[i]))
			tell_news(&members->items[i], &members->items[i] == first);
}

/* ---- a turn ---- */

void brokers_turn(struct members *members)
{
	move_records(members);
	look_at_group(members);
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->items[i];
		if (is_cut(member) || member->busy || member->sim->truth < member->frozen_until)
			continue;
		hand_out_log(member);
		if (!member->journal)
			continue;
		hand_out_journal(member);
		hear_news(member);
	}
}

static void sooner(instant *next, instant at, instant now)
{
	if (at > now && at < *next)
		*next = at;
}

instant brokers_next(const struct members *members)
{
	const struct brokers *brokers = members->brokers;
	instant now = members_truth(members), next = INSTANT_NEVER;
	for (size_t i = 0; i < brokers->under_way_count; i++) {
		const struct under_way *one = brokers->under_way[i];
		if (!one->stands)
			sooner(&next, one->comes, now);
		sooner(&next, one->over, now);
	}
	for (size_t i = 0; i < members->count; i++) {
		const struct member *member = &members->items[i];
		sooner(&next, member->cut_until, now);
		sooner(&next, member->frozen_until, now);
		sooner(&next, member->silent_until, now);
		if (member->news_at != INSTANT_NEVER)
			sooner(&next, member->news_at, now);
		if (member->joined)
			sooner(&next, member->heard + SESSION, now);
	}
	return next;
}

bool brokers_all_read(const struct members *members)
{
	const struct brokers *brokers = members->brokers;
	for (size_t i = 0; i < members->count; i++) {
		const struct member *member = &members->items[i];
		if (member->delivered != brokers->log_count ||
		    (member->journal && member->journal->parts[0].next != (int64_t)brokers->journal_count))
			return false;
	}
	return brokers->under_way_count == 0;
}

/* ---- what was announced ---- */

static bool read_intent(const struct brokers *brokers, size_t at, struct journal_record *record)
{
	struct fault fault = {""};
	const struct journal_item *item = &brokers->journal[at];
	return journal_record_read((struct text){item->bytes, item->length}, TEXT(MEMBERS_COUNCIL), record, &fault) ==
	               JOURNAL_READ &&
	       record->kind == JOURNAL_INTENT;
}

bool brokers_went_by_another_name(const struct members *members, const struct outbox_same *row)
{
	const struct brokers *brokers = members->brokers;
	const struct sim *sim = members->items[0].sim;
	struct journal_record record;
	for (size_t i = 0; i < brokers->journal_count; i++) {
		char name[OUTBOX_NAME_SIZE], reference[OUTBOX_NAME_SIZE + 8];
		struct outbox_row named = {.id = 0};
		if (!read_intent(brokers, i, &record) || memcmp(record.row.at, row->at, sizeof row->at) != 0)
			continue;
		memcpy(named.same.at, record.message.at, sizeof named.same.at);
		outbox_message_name(sim->council->store, &named, name);
		(void)snprintf(reference, sizeof reference, "<%s@c>", name);
		if (mail_may_be_there(&sim->mail, text_of(reference)))
			return true;
	}
	return false;
}

/* ---- the daemon's client that appends to the log ---- */

enum result kafka_appender_join(const struct kafka_settings *settings, struct kafka_appender **appender,
                                struct fault *fault)
{
	(void)settings;
	(void)fault;
	*appender = MEM_NEW(struct kafka_appender);
	(*appender)->member = members_now();
	return RESULT_OK;
}

void kafka_appender_leave(struct kafka_readers *readers, struct kafka_appender *appender)
{
	(void)readers;
	free(appender);
}

struct kafka_appending *kafka_appending_new(struct waker *waker)
{
	struct kafka_appending *appending = MEM_NEW(struct kafka_appending);
	*appending = (struct kafka_appending){.waker = waker, .left = 1};
	return appending;
}

static void note_headers(struct under_way *one, const struct kafka_header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text value = headers[i].value;
		if (strcmp(headers[i].name, KAFKA_HEADER_ORDER) == 0) {
			(void)snprintf(one->order, sizeof one->order, "%.*s", TEXT_ARG(value));
			one->ordered = true;
		} else if (strcmp(headers[i].name, KAFKA_HEADER_SEAL) == 0 && value.length == sizeof one->seal) {
			memcpy(one->seal, value.at, value.length);
		}
	}
}

bool kafka_append(struct kafka_appender *appender, struct kafka_appending *appending, const char *topic,
                  int32_t partition, struct text bytes, const struct kafka_header *headers, size_t count)
{
	struct member *member = appender->member;
	(void)topic;
	(void)partition;
	if (!disk_is_dead(member->sim->disk))
		(void)members_point(member, POINT_LOG);
	if (disk_is_dead(member->sim->disk)) {
		appending->failed = true;
		return false;
	}
	struct under_way *one = send_record(member, false, bytes);
	note_headers(one, headers, count);
	one->appending = appending;
	appending->left++;
	(void)members_point(member, POINT_LOG_AFTER);
	return true;
}

void kafka_appending_all(struct kafka_appending *appending)
{
	settle(appending, false);
}

bool kafka_appending_is_over(struct kafka_appending *appending, const char **why)
{
	*why = appending->failed ? "the brokers did not take it" : NULL;
	return appending->left == 0;
}

bool kafka_appending_is_refused(struct kafka_appending *appending)
{
	(void)appending;
	return false;
}

void kafka_appending_release(struct kafka_appending *appending)
{
	if (!appending)
		return;
	appending->waker = NULL;
	appending->released = true;
	if (appending->left == 0)
		free(appending);
}

/* ---- the daemon's clients of the journal ---- */

static struct member *member_of(const struct journal *journal)
{
	struct members *members = members_now()->members;
	for (size_t i = 0; i < members->count; i++)
		if (members->items[i].journal == journal)
			return &members->items[i];
	return members_now();
}

enum result journal_clients_make(struct journal *journal, const struct journal_settings *settings, struct fault *fault)
{
	struct member *member = members_now();
	(void)settings;
	(void)fault;
	member->journal = journal;
	member->life++;
	member->seat = 0;
	member->told = member->news = false;
	member->news_at = INSTANT_NEVER;
	return RESULT_OK;
}

bool journal_thread_start(struct journal *journal)
{
	(void)journal;
	return true;
}

bool journal_clients_append(struct journal *journal, int32_t partition, struct text bytes)
{
	struct member *member = member_of(journal);
	(void)partition;
	if (!disk_is_dead(member->sim->disk))
		(void)members_point(member, POINT_JOURNAL);
	if (disk_is_dead(member->sim->disk))
		return true; /* and nobody will hear of it */
	(void)send_record(member, true, bytes);
	(void)members_point(member, POINT_JOURNAL_AFTER);
	return true;
}

void journal_clients_end(struct journal *journal)
{
	(void)journal;
}

/* In good order it leaves the group, and what it appended comes; of one that died the group hears nothing. */
void journal_thread_end(struct journal *journal)
{
	struct member *member = member_of(journal);
	if (!disk_is_dead(member->sim->disk) && !is_cut(member))
		member->joined = false;
	member->journal = NULL;
	member->life++;
	member->told = false;
	member->news_at = INSTANT_NEVER;
}

void brokers_free(struct brokers *brokers)
{
	for (size_t i = 0; i < brokers->under_way_count; i++) {
		settle(brokers->under_way[i]->appending, true);
		free_under_way(brokers->under_way[i]);
	}
	for (size_t i = 0; i < brokers->log_count; i++) {
		free(brokers->log[i].bytes);
		free(brokers->log[i].order);
	}
	free(brokers->under_way);
	free(brokers->log);
	free(brokers->journal);
	free(brokers);
}

/* journal: the loop's side: what is read goes to the state machines, and what they order is done. */
#include "cell/journal_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/log.h"

#define ITEMS_A_TURN 256 /* so that the loop never stands for the journal: some 0.1 ms */
#define COMPLAIN_EVERY MINUTE
#define MEMBERS_HOLD_MS 60000 /* an answer of then says nothing of now */
#define WAITS_MOST HOUR /* nothing waits for the clock: as good as for ever, and short enough for every timer */

int journal_fd(const struct journal *journal)
{
	return journal_ring_fd(journal->ring);
}

/* ---- orders ---- */

/* Of a council, once a minute however often it happens. */
static void complain(struct journal_part *part, const char *what, instant now)
{
	part->unsaid++;
	if (part->complained && now - part->complained < COMPLAIN_EVERY)
		return;
	log_warning("the cell's journal, partition %d: %s (%u such since this was last said)", (int)part->partition,
	            what, part->unsaid);
	part->complained = now;
	part->unsaid = 0;
}

static void append(struct journal *journal, struct journal_part *part, const struct journal_record *record)
{
	struct buffer bytes = {0};
	journal_record_write(record, &bytes);
	bool under_way = journal_clients_append(journal, part->partition, buffer_view(&bytes));
	buffer_free(&bytes);
	if (!under_way)
		ownership_not_appended(part->ownership, record, clock_boot());
}

static void follow_orders(struct journal *journal, size_t council)
{
	struct journal_part *part = &journal->parts[council];
	const struct journal_host *host = &journal->host;
	struct ownership_order order;
	while (ownership_order(part->ownership, &order)) {
		switch (order.kind) {
		case OWNERSHIP_APPEND: append(journal, part, &order.record); break;
		case OWNERSHIP_OWNS:
		case OWNERSHIP_STOPS: host->owns(host->context, council, order.kind == OWNERSHIP_OWNS); break;
		case OWNERSHIP_START: host->start(host->context, council, &order); break;
		case OWNERSHIP_NOT_START: host->not_start(host->context, council, &order.row); break;
		case OWNERSHIP_DOUBTFUL:
			host->doubtful(host->context, council, &order.row, &order.message);
			break;
		case OWNERSHIP_ALL_DOUBTFUL: host->doubtful(host->context, council, NULL, NULL); break;
		case OWNERSHIP_RESULT:
			host->result(host->context, council, &order.row, &order.message, order.what);
			break;
		}
	}
}

/* ---- what comes ---- */

/* An OWN of a version to come may say it in another place: then nobody is named. */
static void note_owner(struct journal_part *part, struct text owner)
{
	(void)snprintf(part->owner, sizeof part->owner, "%.*s", TEXT_ARG(owner));
}

/* Each would be taken for the other by whoever reads the status; nothing else goes by names. What an earlier process of
 * this machine wrote was read before. */
static void look_at_name(struct journal *journal, struct journal_part *part, const struct journal_record *record,
                         instant now)
{
	if (part->read && text_equal(record->owner, text_of(journal->owner)) &&
	    !ownership_claimed(part->ownership, record->nonce))
		complain(part,
		         "another machine calls itself as this one does: give each a name of its own (cell.machine)",
		         now);
}

static void read_item(struct journal *journal, const struct journal_item *item, instant now)
{
	struct journal_part *part = &journal->parts[item->council];
	struct journal_record record;
	struct fault why = {""};
	struct text bytes = {item->bytes, item->length};
	if (item->kind == JOURNAL_ITEM_END) {
		part->read = true;
		return;
	}
	if (item->kind == JOURNAL_ITEM_GAP) {
		part->owner[0] = '\0';
		part->proof.print = 0;
		ownership_gap(part->ownership, item->position, now);
		return;
	}
	enum journal_reading how = journal_record_read(bytes, text_of(part->name), &record, &why);
	if (item->kind == JOURNAL_ITEM_NOT_APPENDED) {
		if (how == JOURNAL_READ)
			ownership_not_appended(part->ownership, &record, now);
		return;
	}
	part->appended = item->at;
	part->proof = (struct journal_proof){item->position, journal_record_print(item->bytes, item->length)};
	switch (how) {
	case JOURNAL_READ:
		if (record.kind == JOURNAL_OWN) {
			note_owner(part, record.owner);
			look_at_name(journal, part, &record, now);
		}
		ownership_read(part->ownership, item->position, &record, now);
		return;
	case JOURNAL_NEWER:
	case JOURNAL_BROKEN: ownership_unreadable(part->ownership, item->position); break;
	case JOURNAL_OTHER_COUNCIL: break;
	}
	/* The record's bytes may be of anybody, and are not repeated. */
	char words[sizeof why.text + 64];
	(void)snprintf(words, sizeof words, "the record at %lld is refused: %s", (long long)item->position, why.text);
	complain(part, words, now);
}

static void hear_group(struct journal *journal, instant now)
{
	for (size_t i = 0; i < journal->part_count; i++) {
		bool unnamed, named = journal_ring_named(journal->ring, i, &unnamed);
		if (unnamed || !named)
			ownership_revoked(journal->parts[i].ownership, now);
		if (named)
			ownership_assigned(journal->parts[i].ownership, now);
	}
}

instant journal_wake(struct journal *journal)
{
	struct journal_item item;
	instant now = clock_boot(), next = now + WAITS_MOST;
	size_t taken = 0;
	journal_ring_quiet(journal->ring);
	while (taken < ITEMS_A_TURN && journal_ring_take(journal->ring, &item)) {
		read_item(journal, &item, now);
		follow_orders(journal, item.council);
		taken++;
	}
	if (taken == ITEMS_A_TURN)
		journal_ring_wake(journal->ring);
	hear_group(journal, now);
	for (size_t i = 0; i < journal->part_count; i++) {
		struct ownership *ownership = journal->parts[i].ownership;
		if (now >= ownership_next_time(ownership))
			ownership_time(ownership, now);
		follow_orders(journal, i);
		instant at = ownership_next_time(ownership);
		next = at < next ? at : next;
	}
	return next;
}

/* ---- sending ---- */

enum ownership_answer journal_want(struct journal *journal, size_t council, const struct journal_row *row,
                                   const struct journal_row *message, bool doubtful, instant *until)
{
	enum ownership_answer answer =
		ownership_want(journal->parts[council].ownership, row, message, doubtful, clock_boot(), until);
	follow_orders(journal, council);
	return answer;
}

void journal_over(struct journal *journal, size_t council, const struct journal_row *row, uint32_t attempt,
                  enum journal_what what)
{
	ownership_over(journal->parts[council].ownership, row, attempt, what, clock_boot());
	follow_orders(journal, council);
}

bool journal_owns(const struct journal *journal, size_t council)
{
	return ownership_owns(journal->parts[council].ownership);
}

const char *journal_owner(const struct journal *journal, size_t council)
{
	return journal->parts[council].owner;
}

bool journal_is_read(const struct journal *journal, size_t council)
{
	return journal->parts[council].read;
}

size_t journal_doubtful(const struct journal *journal, size_t council)
{
	return ownership_doubtful(journal->parts[council].ownership);
}

size_t journal_under_way(const struct journal *journal, size_t council)
{
	return ownership_under_way(journal->parts[council].ownership);
}

int journal_machines(const struct journal *journal)
{
	int64_t heard = atomic_load(&journal->members_heard);
	if (!heard || clock_boot() / 1000 - heard > MEMBERS_HOLD_MS)
		return -1;
	return (int)atomic_load(&journal->members);
}

const char *journal_machines_unknown(const struct journal *journal)
{
	int error = atomic_load(&journal->members_error);
	return journal_machines(journal) < 0 && error ? rd_kafka_err2str((rd_kafka_resp_err_t)error) : NULL;
}

bool journal_is_named(const struct journal *journal, size_t council)
{
	return ownership_is_named(journal->parts[council].ownership);
}

instant journal_appended(const struct journal *journal, size_t council)
{
	return journal->parts[council].appended;
}

struct ownership_place journal_place(const struct journal *journal, size_t council)
{
	return ownership_place(journal->parts[council].ownership);
}

struct journal_proof journal_proof(const struct journal *journal, size_t council)
{
	return journal->parts[council].proof;
}

/* ---- life ---- */

void journal_sit(struct journal *journal, int64_t since)
{
	atomic_store(&journal->wanted_since, since);
}

static bool is_name(struct text name)
{
	return name.length > 0 && name.length <= JOURNAL_NAME_MOST;
}

static enum result check_settings(const struct journal_settings *settings, struct fault *fault)
{
	if (!is_name(text_of(settings->owner)))
		return fault_set(fault, RESULT_PERMANENT, "a machine of a cell has a name of 1 to %d bytes",
		                 JOURNAL_NAME_MOST);
	if (settings->council_count == 0 || settings->council_count > JOURNAL_COUNCILS_MOST)
		return fault_set(fault, RESULT_PERMANENT, "a cell has 1 to %d councils, not %zu", JOURNAL_COUNCILS_MOST,
		                 settings->council_count);
	for (size_t i = 0; i < settings->council_count; i++) {
		const struct journal_council *council = &settings->councils[i];
		if (!is_name(council->name))
			return fault_set(fault, RESULT_PERMANENT, "a council of a cell has a name of 1 to %d bytes",
			                 JOURNAL_NAME_MOST);
		for (size_t k = 0; k < i; k++)
			if (settings->councils[k].partition == council->partition)
				return fault_set(fault, RESULT_PERMANENT,
				                 "two councils have partition %d of the journal %s",
				                 (int)council->partition, settings->topic);
	}
	return RESULT_OK;
}

static void add_parts(struct journal *journal, const struct journal_settings *settings)
{
	journal->parts = mem_zero(settings->council_count, sizeof *journal->parts);
	journal->part_count = settings->council_count;
	for (size_t i = 0; i < settings->council_count; i++) {
		const struct journal_council *council = &settings->councils[i];
		struct journal_part *part = &journal->parts[i];
		uint64_t life;
		digest_random(&life, sizeof life);
		part->name = mem_copy_text(council->name.at, council->name.length);
		part->partition = council->partition;
		note_owner(part, council->owner);
		part->next = council->place.position;
		part->proof = part->expected = council->proof;
		part->ownership =
			ownership_new(council->name, text_of(settings->owner), life, council->place, clock_boot());
	}
}

static void journal_free(struct journal *journal)
{
	for (size_t i = 0; i < journal->part_count; i++) {
		ownership_free(journal->parts[i].ownership);
		free(journal->parts[i].name);
	}
	free(journal->parts);
	journal_ring_free(journal->ring);
	free(journal->topic);
	free(journal->group);
	free(journal->owner);
	free(journal);
}

enum result journal_open(const struct journal_settings *settings, struct journal **opened, struct fault *fault)
{
	*opened = NULL;
	enum result result = check_settings(settings, fault);
	if (result != RESULT_OK)
		return result;
	struct journal *journal = MEM_NEW(struct journal);
	journal->topic = mem_copy_text(settings->topic, strlen(settings->topic));
	journal->group = mem_copy_text(settings->group, strlen(settings->group));
	journal->owner = mem_copy_text(settings->owner, strlen(settings->owner));
	journal->host = settings->host;
	atomic_store(&journal->wanted_since, settings->since);
	add_parts(journal, settings);
	journal->ring = journal_ring_new(settings->council_count, fault);
	result = journal->ring ? journal_clients_make(journal, settings, fault) : RESULT_PERMANENT;
	if (result == RESULT_OK && !journal_thread_start(journal))
		result = fault_set(fault, RESULT_PERMANENT, "the cell's journal: no thread is to be had");
	if (result == RESULT_OK) {
		*opened = journal;
		return RESULT_OK;
	}
	journal_clients_end(journal);
	journal_free(journal);
	return result;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	for (size_t i = 0; i < journal->part_count; i++) {
		ownership_leaves(journal->parts[i].ownership, clock_boot());
		follow_orders(journal, i);
	}
	journal_thread_end(journal);
	journal_free(journal);
}

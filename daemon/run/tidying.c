/* tidying: once a day what is kept no longer goes: children who have been done with for years, the bytes of records
 * that somebody decided about, files of the spool that were taken. A portion a turn. */
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/file.h"
#include "base/log.h"
#include "store/alerts/alerts.h"
#include "store/erasure/erasures.h"
#include "store/erasure/retention.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define AFTER_START (10 * MINUTE) /* the start has other things to do */
#define EVERY (24 * HOUR)
#define BETWEEN (SECOND / 20)
#define ORDERS_AGAIN SECOND
#define HISTORIES_A_TURN 300
#define RECORDS_A_TURN 1000
#define FILES_A_TURN 500 /* looked at: done/ has those of a month */
#define YEAR (366 * 24 * HOUR) /* rather a day longer than a day too short */

struct tidying {
	struct council *council;
	struct loop_timer *timer;
	instant began;    /* of the round */
	uint32_t history; /* how far */
	int64_t record;
	enum { CHILDREN, RECORDS, FILES } part;
	DIR *done;        /* while its files are looked at */
	size_t erased, standing, open, unreadable, files;
	size_t stuck;     /* files that cannot be removed */
	int why;          /* they cannot, or done/ cannot be listed: errno's number; 0: they can */
	bool waits; /* for room among the orders to the cell */
};

/* ---- children ---- */

/* A sector that cannot be read, where one child's rows are, keeps no other child longer. */
static enum result leave_out(struct tidying *tidying, struct text child, enum result result, const struct fault *fault)
{
	if (result == RESULT_OK || !store_failed_to_read(tidying->council->store))
		return result;
	log_error("history %016llx is kept beyond its time, as its rows cannot be read; it is looked at again "
	          "tomorrow: %s",
	          (unsigned long long)text_fingerprint(child, PARTY_NONE), fault->text);
	tidying->unreadable++;
	return RESULT_OK;
}

/* Linked ids are one child: it goes as a whole, or stays. */
static enum result judge_linked(struct tidying *tidying, struct text id, instant before, enum retention *all,
                                struct fault *fault)
{
	const struct text *ids;
	size_t count = pipeline_linked(tidying->council->pipeline, id, &ids);
	enum result result = RESULT_OK;
	*all = RETENTION_DUE;
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		enum retention one;
		result = retention_judge(tidying->council->store, ids[i], before, &one, fault);
		*all = one < *all ? one : *all;
	}
	return result;
}

struct due {
	struct tidying *tidying;
	struct buffer ids; /* one after another, each ended by a NUL */
	instant before;
};

static enum result look_at_child(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	struct due *due = argument;
	struct tidying *tidying = due->tidying;
	enum retention retention = RETENTION_STAYS;
	if (domain != PARTY_NONE)
		return RESULT_OK;
	enum result result = retention_judge(tidying->council->store, subject, due->before, &retention, fault);
	if (result == RESULT_OK && retention == RETENTION_DUE)
		result = judge_linked(tidying, subject, due->before, &retention, fault);
	if (result != RESULT_OK)
		return leave_out(tidying, subject, result, fault);
	tidying->standing += retention == RETENTION_STANDING;
	tidying->open += retention == RETENTION_OPEN;
	if (retention == RETENTION_DUE) {
		buffer_text(&due->ids, subject);
		buffer_char(&due->ids, '\0');
	}
	return RESULT_OK;
}

static enum result erase(struct council *council, struct text child, instant at, instant audit_from,
                         struct fault *fault)
{
	struct erasure_order order = {.subject = child,
	                              .at = at,
	                              .reason = TEXT("kept for its time after the last record"),
	                              .audit_from = audit_from};
	return erasing_order(council, &order, fault);
}

/* In a cell every machine looks, and each would find it at a moment of its own: it is ordered, and done when it comes
 * from the log. False: there is no room for more orders now. */
static bool give_order(struct due *due, struct text child, instant audit_from)
{
	struct buffer words = {0};
	buffer_format(&words, "%lld %lld %lld ", (long long)due->before, (long long)due->tidying->began,
	              (long long)audit_from);
	buffer_text(&words, child);
	bool given = orders_give(due->tidying->council, ORDER_RETENTION, buffer_view(&words));
	buffer_free(&words);
	return given;
}

static enum result erase_due(struct due *due, struct fault *fault)
{
	struct tidying *tidying = due->tidying;
	struct council *council = tidying->council;
	const struct config_retention *kept = &council->config->retention;
	instant longer = (instant)(kept->audit_years - kept->child_years) * YEAR;
	instant audit_from = longer > 0 ? tidying->began + longer : INSTANT_NONE;
	enum result result = RESULT_OK;
	tidying->waits = false;
	for (size_t at = 0; result == RESULT_OK && !tidying->waits && at < due->ids.length;
	     at += strlen(due->ids.at + at) + 1) {
		struct text child = text_of(due->ids.at + at);
		if (orders_are_given(council))
			tidying->waits = !give_order(due, child, audit_from);
		else
			result = erase(council, child, tidying->began, audit_from, fault);
		tidying->erased += result == RESULT_OK && !tidying->waits;
		result = leave_out(tidying, child, result, fault);
	}
	return result;
}

static enum result look_at_children(struct tidying *tidying, bool *more, struct fault *fault)
{
	struct council *council = tidying->council;
	struct due due = {.tidying = tidying};
	uint32_t last = 0;
	*more = false;
	if (!council->config->retention.child_years || !pipeline_learn_links(council->pipeline))
		return RESULT_OK;
	due.before = tidying->began - council->config->retention.child_years * YEAR;
	enum result result =
		histories_each(council->store, tidying->history, HISTORIES_A_TURN, &last, look_at_child, &due, fault);
	if (result == RESULT_OK)
		result = erase_due(&due, fault);
	buffer_free(&due.ids);
	tidying->history = tidying->waits ? tidying->history : last;
	*more = last != 0 || tidying->waits;
	return result;
}

/* ---- in a cell: what comes from the log ---- */

struct kept_no_longer {
	instant before, at, audit_from;
	struct text child;
};

static bool read_order(struct text bytes, struct kept_no_longer *order)
{
	char words[128]; /* of which the numbers are the beginning */
	long long before, at, audit_from;
	int read = 0;
	(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(bytes));
	if (sscanf(words, "%lld %lld %lld%n", &before, &at, &audit_from, &read) != 3 || words[read] != ' ')
		return false;
	size_t skipped = (size_t)read + 1;
	*order = (struct kept_no_longer){before, at, audit_from, {bytes.at + skipped, bytes.length - skipped}};
	return order->child.length > 0;
}

/* All ids of one child, or none: as things stand at this place of the log, where every machine holds the same. `ids`: a
 * copy, as the first erasure takes what links them away. */
static enum result erase_linked(struct council *council, const struct kept_no_longer *order, struct buffer *ids,
                                struct fault *fault)
{
	const struct text *linked;
	size_t count = pipeline_linked(council->pipeline, order->child, &linked);
	enum retention all = RETENTION_DUE, one;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK && all == RETENTION_DUE; i++) {
		result = retention_judge(council->store, linked[i], order->before, &one, fault);
		all = one;
		buffer_text(ids, linked[i]);
		buffer_char(ids, '\0');
	}
	for (size_t at = 0; result == RESULT_OK && all == RETENTION_DUE && at < ids->length;
	     at += strlen(ids->at + at) + 1) {
		struct text id = text_of(ids->at + at);
		if (retention_knows(council->store, id)) /* ordered by two machines, it is gone by now */
			result = erase(council, id, order->at, order->audit_from, fault);
	}
	return result;
}

enum result tidying_carry_out(struct council *council, const struct source_record *record, struct fault *fault)
{
	struct kept_no_longer order;
	struct buffer ids = {0};
	if (!read_order(record->bytes, &order)) { /* no machine can, and it holds nothing up */
		log_error("an order to erase who is kept no longer cannot be read, and changes nothing");
		return RESULT_OK;
	}
	if (!pipeline_learn_links(council->pipeline))
		return fault_set(fault, RESULT_TEMPORARY, "merges of children cannot be read now");
	enum result result = erase_linked(council, &order, &ids, fault);
	buffer_free(&ids);
	return leave_out(council->tidying, order.child, result, fault);
}

/* ---- records and files ---- */

static enum result look_at_records(struct tidying *tidying, bool *more, struct fault *fault)
{
	struct council *council = tidying->council;
	instant before = tidying->began - council->config->retention.quarantine_days * (24 * HOUR);
	int64_t last = 0;
	enum result result = store_begin(council->store, fault);
	if (result == RESULT_OK)
		result = retention_quarantine(council->store, tidying->record, RECORDS_A_TURN, before, &last, fault);
	if (result == RESULT_OK)
		result = store_commit(council->store, fault);
	else
		store_rollback(council->store);
	tidying->record = last;
	*more = last != 0;
	return result;
}

/* By when they were last changed, which is before they were taken. */
static void remove_if_over(struct tidying *tidying, const char *name, instant before)
{
	struct stat found;
	if (fstatat(dirfd(tidying->done), name, &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(found.st_mode) ||
	    found.st_ctim.tv_sec * SECOND >= before)
		return;
	if (unlinkat(dirfd(tidying->done), name, 0) == 0) {
		tidying->files++;
	} else if (errno != ENOENT) {
		tidying->stuck++;
		tidying->why = errno;
	}
}

static void end_files(struct tidying *tidying)
{
	if (tidying->done)
		(void)closedir(tidying->done);
	tidying->done = NULL;
}

/* It is listed once a round, however many there are. */
static void look_at_files(struct tidying *tidying, bool *more)
{
	const struct config *config = tidying->council->config;
	const struct dirent *entry = NULL;
	*more = false;
	if (!config->spool || !config->retention.spool_days) {
		end_files(tidying);
		return;
	}
	if (!tidying->done) {
		struct buffer path = {0};
		buffer_format(&path, "%s/done", config->spool);
		tidying->done = opendir(buffer_cstr(&path));
		if (!tidying->done && errno != ENOENT)
			tidying->why = errno;
		buffer_free(&path);
	}
	instant before = tidying->began - config->retention.spool_days * (24 * HOUR);
	for (size_t i = 0; tidying->done && i < FILES_A_TURN && (entry = file_next(tidying->done, &tidying->why)); i++)
		remove_if_over(tidying, entry->d_name, before);
	*more = entry != NULL;
	if (!*more)
		end_files(tidying);
}

/* ---- a round ---- */

static void say_round(const struct tidying *tidying)
{
	if (tidying->erased || tidying->files)
		log_notice("kept no longer%s: %zu children and %zu files of the spool",
		           orders_are_given(tidying->council) ? ", and ordered so of the cell" : "", tidying->erased,
		           tidying->files);
	if (tidying->standing || tidying->open)
		log_notice("kept beyond their time: %zu children of whom an alert stands or a clock runs, and %zu of "
		           "whom a state "
		           "never ended (docs/retention.md)",
		           tidying->standing, tidying->open);
}

static void say_unreadable(const struct tidying *tidying)
{
	if (tidying->unreadable)
		log_warning("children whose rows cannot be read, kept beyond their time: %zu; look at the disk, and "
		            "restore a backup (docs/backup.md)",
		            tidying->unreadable);
}

static void say_stuck(const struct tidying *tidying)
{
	if (tidying->stuck)
		log_warning("files in the spool's done/ that cannot be removed, kept beyond their time: %zu (%s)",
		            tidying->stuck, strerror(tidying->why));
	else if (tidying->why)
		log_warning("files in the spool's done/ may be kept beyond their time: it cannot be read (%s)",
		            strerror(tidying->why));
}

static void end_round(struct tidying *tidying)
{
	say_unreadable(tidying);
	say_stuck(tidying);
	say_round(tidying);
	*tidying = (struct tidying){.council = tidying->council, .timer = tidying->timer, .began = INSTANT_NONE};
	loop_timer_in(tidying->timer, EVERY);
}

static void on_time(void *argument)
{
	struct tidying *tidying = argument;
	struct fault fault = {0};
	enum result result = RESULT_OK;
	bool more = false;
	if (tidying->began == INSTANT_NONE)
		tidying->began = council_now(tidying->council);
	switch (tidying->part) {
	case CHILDREN: result = look_at_children(tidying, &more, &fault); break;
	case RECORDS: result = look_at_records(tidying, &more, &fault); break;
	case FILES: look_at_files(tidying, &more); break;
	}
	if (result != RESULT_OK) { /* what else there is to tidy does not wait for it */
		log_warning("what is kept no longer could not be looked for: %s", fault.text);
		council_after(tidying->council, result, &fault);
		more = false;
	}
	if (!more && tidying->part == FILES) {
		end_round(tidying);
		return;
	}
	if (!more)
		tidying->part = tidying->part == CHILDREN ? RECORDS : FILES;
	loop_timer_in(tidying->timer, tidying->waits ? ORDERS_AGAIN : BETWEEN);
}

enum result tidying_start(struct council *council, struct fault *fault)
{
	struct tidying *tidying = MEM_NEW(struct tidying);
	(void)fault;
	tidying->council = council;
	tidying->began = INSTANT_NONE;
	tidying->timer = loop_timer_new(council->daemon->loop, on_time, tidying);
	council->tidying = tidying;
	loop_timer_in(tidying->timer, AFTER_START);
	return RESULT_OK;
}

void tidying_stop(struct council *council)
{
	if (!council->tidying)
		return;
	end_files(council->tidying);
	loop_timer_free(council->tidying->timer);
	free(council->tidying);
	council->tidying = NULL;
}

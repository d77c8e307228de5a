/* published: a configuration from the log of the cell, put in force at its place there, on every machine
 * (docs/cells.md, "Publishing").
 *
 * A machine that cannot take it stays where it is in the log and sends nothing: going on with what was in force before,
 * it would tell people something else than the others do. */
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/log.h"
#include "config/published.h"
#include "store/asides.h"

#include <stdio.h>
#include <stdlib.h>

#define AGAIN_AFTER MINUTE /* what could not be taken: a file may be there by then, or another version */

enum publishing_state { PUBLISHING_NOTHING, PUBLISHING_READS, PUBLISHING_TAKEN, PUBLISHING_REFUSED };

struct publishing {
	struct council *council;
	enum publishing_state state;
	struct published head; /* what is put in force, or could not be */
	instant refused_at;    /* by time passed */
	instant refused_first; /* of `head`; 0: it was not */
	char why[256];
	struct published current; /* in force; number 0: none */
};

static bool is_same(const struct published *a, const struct published *b)
{
	return a->number == b->number && memcmp(a->digest.at, b->digest.at, 8) == 0;
}

static void go_on_with(struct council *council, const struct published *published)
{
	council->publishing->current = *published;
	council->edition_number = published->number;
}

/* ---- what the thread read ---- */

/* Another program, or other data of the time zone, would make other alerts of the same files. */
static struct edition *look_at(struct council *council, struct edition *edition, struct config_faults *faults)
{
	const struct publishing *publishing = council->publishing;
	struct buffer own = {0};
	if (!edition)
		return NULL;
	edition_fingerprint(edition->config, &own);
	bool same = strcmp(buffer_cstr(&own), publishing->head.fingerprint) == 0;
	if (!same)
		config_fault_add(faults, edition->config->path, 0, 0,
		                 "edition %lld would be judged otherwise here (%s) than where it was published (%s): "
		                 "this machine needs the same version of casewatch and of the time zone's data",
		                 (long long)publishing->head.number, buffer_cstr(&own), publishing->head.fingerprint);
	buffer_free(&own);
	if (same)
		return edition;
	shared_release(&edition->shared);
	return NULL;
}

static void on_read(void *argument, const struct reload_outcome *outcome)
{
	struct council *council = argument;
	struct publishing *publishing = council->publishing;
	council->edition_is_read = false;
	publishing->state = outcome->taken ? PUBLISHING_TAKEN : PUBLISHING_REFUSED;
	publishing->refused_at = council_elapsed(council);
	if (!publishing->refused_first)
		publishing->refused_first = publishing->refused_at;
	struct fault fault = {{0}};
	/* Before anything is judged by it: a process that ends now goes on with it. Where it fails it is tried
	 * again. */
	if (outcome->taken && published_use(council->first->database, &publishing->head, &fault) != RESULT_OK)
		log_warning("%s", fault.text);
	(void)snprintf(publishing->why, sizeof publishing->why, "edition %lld cannot be taken: %s",
	               (long long)publishing->head.number,
	               outcome->faults->count ? outcome->faults->items[0].text : "");
}

/* ---- at its place in the log ---- */

static enum result begin(struct publishing *publishing, struct text record, struct fault *fault)
{
	struct council *council = publishing->council;
	struct buffer path = {0};
	enum result result = published_unpack(council->first->database, record, fault);
	if (result != RESULT_OK)
		return result;
	published_directory(council->first->database, &publishing->head, &path);
	publishing->state = PUBLISHING_READS;
	council->edition_is_read = true;
	reload_published(council, buffer_cstr(&path), look_at, on_read, council);
	buffer_free(&path);
	return fault_set(fault, RESULT_TEMPORARY, "edition %lld is being read", (long long)publishing->head.number);
}

static enum result end(struct publishing *publishing, struct fault *fault)
{
	struct council *council = publishing->council;
	enum result result = published_use(council->first->database, &publishing->head, fault);
	if (result != RESULT_OK)
		return result;
	publishing->state = PUBLISHING_NOTHING;
	go_on_with(council, &publishing->head);
	published_tidy(council->first->database);
	log_notice("edition %lld of the configuration, published by %s, is in force",
	           (long long)publishing->head.number, publishing->head.person);
	return RESULT_OK;
}

/* Nobody is told anything of a council whose machines all wait. Each goes on with what was in force; if one took it,
 * that one says so, and the others stand behind it. */
static enum result pass_over(struct publishing *publishing, const struct source_record *record, struct fault *fault)
{
	struct council *council = publishing->council;
	struct store *store = council->store;
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = asides_note(store, record->position, record->next, fault);
	if (result == RESULT_OK)
		result = store_commit(store, fault);
	else
		store_rollback(store);
	if (result != RESULT_OK)
		return result;
	publishing->state = PUBLISHING_NOTHING;
	publishing->refused_first = 0;
	log_error("%s; after %d seconds it is passed over: what was in force before goes on, behind every machine of "
	          "the cell that took it. Mend it, and publish it again",
	          publishing->why, council->first->cell.edition_seconds);
	asides_look(council);
	return RESULT_OK;
}

/* Refused before: it waits, is tried again, or is given up. *again: it is tried. */
static enum result wait_or_pass(struct publishing *publishing, const struct source_record *record, bool *again,
                                struct fault *fault)
{
	struct council *council = publishing->council;
	instant now = council_elapsed(council);
	*again = false;
	if (now - publishing->refused_first >= council->first->cell.edition_seconds * SECOND)
		return pass_over(publishing, record, fault);
	cell_is_unable(council, publishing->why);
	*again = now - publishing->refused_at >= AGAIN_AFTER;
	return fault_set(fault, RESULT_TEMPORARY, "%s", publishing->why);
}

enum result published_carry_out(struct council *council, const struct source_record *record, struct fault *fault)
{
	struct publishing *publishing = council->publishing;
	struct published head;
	if (published_read(record->bytes, &head, fault) != RESULT_OK) { /* no machine can take it */
		log_error("a published configuration in the log of the cell is passed over: %s", fault->text);
		return RESULT_OK;
	}
	if (publishing->state == PUBLISHING_READS)
		return fault_set(fault, RESULT_TEMPORARY, "edition %lld is being read", (long long)head.number);
	if (publishing->state == PUBLISHING_NOTHING && is_same(&head, &publishing->current))
		return RESULT_OK; /* the process ended before its place in the log was written */
	if (publishing->state == PUBLISHING_NOTHING && head.number <= publishing->current.number) {
		log_error("edition %lld of the configuration is passed over: edition %lld stands before it in the log. "
		          "Publish it again",
		          (long long)head.number, (long long)publishing->current.number);
		return RESULT_OK;
	}
	bool passed = false, again = true;
	enum result result = asides_hold(council->store, record->position, record->next, &passed, fault);
	if (result != RESULT_OK || passed)
		return result;
	if (!is_same(&head, &publishing->head))
		publishing->refused_first = 0;
	publishing->head = head;
	if (publishing->state == PUBLISHING_TAKEN)
		return end(publishing, fault);
	if (publishing->state == PUBLISHING_REFUSED)
		result = wait_or_pass(publishing, record, &again, fault);
	return again ? begin(publishing, record->bytes, fault) : result;
}

/* ---- ordered here ---- */

const char *published_is_in_the_way(const struct council *council, int64_t number)
{
	static const char since[] = "another was published meanwhile: look at it, and publish again";
	static const char behind[] = "this machine holds less than the others: publish on one that does not";
	const struct publishing *publishing = council->publishing;
	struct ops_status_cell cell;
	if (!publishing || !cell_status(council, &cell))
		return "this machine is alone: casewatch reload is enough";
	if (cell.behind)
		return behind;
	if (publishing->state == PUBLISHING_REFUSED)
		return publishing->why;
	return publishing->current.number >= number ? since : NULL;
}

bool published_is_refused(const struct council *council, const char **why)
{
	*why = council->publishing->why;
	return council->publishing->state == PUBLISHING_REFUSED;
}

/* ---- start and stop ---- */

enum result published_start(struct council *council, struct fault *fault)
{
	(void)fault;
	if (!council->cell)
		return RESULT_OK;
	struct publishing *publishing = council->publishing = MEM_NEW(struct publishing);
	publishing->council = council;
	struct published current = {0};
	(void)published_current(council->first->database, &current);
	go_on_with(council, &current);
	return RESULT_OK;
}

void published_stop(struct council *council)
{
	free(council->publishing);
	council->publishing = NULL;
	council->edition_number = 0;
	council->edition_is_read = false;
}

/* cell: one of several machines that hold the council: whether it sends is said by the journal (docs/cells.md).
 *
 * What the journal says is written to the outbox before anything is sent by it. The machine joins once it has read the
 * log: one that is behind must not be named. */
#include "run/cell_internal.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "store/elsewhere.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_AGAIN (SECOND / 10)  /* while the log is read */
#define BUSY_AGAIN (SECOND / 1000) /* somebody's transaction is open */
#define STORE_AGAIN SECOND        /* after the store could not */
#define TURN_MOST SECOND          /* something that was announced may be late */
#define PLACE_EVERY (10 * SECOND) /* so much of the journal is read again after a crash, where nothing changed */
#define KEY_LEAST 16   /* bytes: less can be guessed */
#define KEY_MOST 4096   /* a secret is some dozens of bytes: a longer file is another one */
#define MOVE_LOOK (SECOND / 50)
#define PLACE "journal_place" /* in meta: position, nonce of the owner there, its name */
#define NAME "cell-council"   /* in meta: under which it is in a cell */
#define GIVEN_UP "cell-given-up" /* in meta: what was given up before stands in the log of it, too */
#define PROOF "journal_proof" /* in meta: position and fingerprint of the last record that was read */

_Static_assert(CONFIG_CELL_NAME_MOST == JOURNAL_NAME_MOST, "names that fit");
_Static_assert(sizeof(struct outbox_same) == sizeof(struct journal_row), "a row's name");

/* ---- what the journal says ---- */

static struct outbox_same same_of(const struct journal_row *row)
{
	struct outbox_same same;
	memcpy(same.at, row->at, sizeof same.at);
	return same;
}

static struct heard *hear(struct cell *cell, enum heard_kind kind, const struct journal_row *row)
{
	struct heard *heard =
		mem_push((void **)&cell->heard, &cell->heard_count, &cell->heard_room, sizeof *heard);
	*heard = (struct heard){.kind = kind};
	if (row)
		heard->row = same_of(row);
	loop_timer_in(cell->timer, 0); /* where it was not the journal's own turn */
	return heard;
}

static void on_owns(void *context, size_t council, bool owns)
{
	(void)council;
	(void)owns;
	(void)hear(context, HEARD_TURNED, NULL);
}

static void on_start(void *context, size_t council, const struct ownership_order *order)
{
	struct heard *heard = hear(context, HEARD_START, &order->row);
	(void)council;
	heard->permission = order->attempt;
	heard->until = order->until;
}

static void on_not_start(void *context, size_t council, const struct journal_row *row)
{
	(void)council;
	(void)hear(context, HEARD_NOT_START, row);
}

static void on_doubtful(void *context, size_t council, const struct journal_row *row, const struct journal_row *message)
{
	struct heard *heard = hear(context, row ? HEARD_DOUBTFUL : HEARD_ALL_DOUBTFUL, row);
	(void)council;
	if (message)
		heard->message = same_of(message);
}

static void on_result(void *context, size_t council, const struct journal_row *row, const struct journal_row *message,
                      enum journal_what what)
{
	struct cell *cell = context;
	if (what != JOURNAL_TAKEN && what != JOURNAL_PERHAPS)
		return;
	struct heard *heard = hear(cell, what == JOURNAL_TAKEN ? HEARD_TAKEN : HEARD_DOUBTFUL, row);
	heard->message = same_of(message);
	heard->at = journal_appended(cell->journal, council);
}

/* ---- into the outbox ---- */

static enum result keep_place(struct cell *cell, struct fault *fault)
{
	struct store *store = cell->council->store;
	struct ownership_place place = journal_place(cell->journal, 0);
	struct buffer words = {0};
	buffer_format(&words, "%" PRId64 " %" PRIu64 " %s", place.position, place.owner,
	              journal_owner(cell->journal, 0));
	enum result result = store_set(store, PLACE, buffer_view(&words), fault);
	struct journal_proof proof = journal_proof(cell->journal, 0);
	buffer_clear(&words);
	buffer_format(&words, "%" PRId64 " %" PRIu64, proof.position, proof.print);
	if (result == RESULT_OK)
		result = store_set(store, PROOF, buffer_view(&words), fault);
	buffer_free(&words);
	if (result == RESULT_OK)
		result = elsewhere_forget(store, council_now(cell->council), fault);
	return result;
}

static bool is_place_due(const struct cell *cell)
{
	struct ownership_place place = journal_place(cell->journal, 0);
	bool moved = place.position != cell->kept.position || place.owner != cell->kept.owner;
	return moved && council_elapsed(cell->council) >= cell->kept_at + PLACE_EVERY;
}

static enum result learn(struct cell *cell, bool *changed, struct fault *fault)
{
	struct courier *courier = cell->council->courier;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < cell->heard_count && result == RESULT_OK; i++) {
		const struct heard *heard = &cell->heard[i];
		bool own = false;
		if (heard->kind == HEARD_ALL_DOUBTFUL)
			result = courier_doubt_all(courier, fault);
		else if (heard->kind == HEARD_DOUBTFUL || heard->kind == HEARD_TAKEN)
			result = courier_learn(courier, &heard->row, &heard->message, heard->kind == HEARD_TAKEN,
			                       heard->at, &own, fault);
		*changed = *changed || own || heard->kind == HEARD_ALL_DOUBTFUL;
	}
	return result;
}

/* With the place from which the journal is read again: what was heard up to there is then in the outbox. On the machine
 * that sends it mostly is, and nothing is written. */
static enum result write_heard(struct cell *cell, struct fault *fault)
{
	struct store *store = cell->council->store;
	struct ownership_place place = journal_place(cell->journal, 0);
	bool changed = is_place_due(cell);
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = learn(cell, &changed, fault);
	if (result == RESULT_OK && changed)
		result = keep_place(cell, fault);
	if (result == RESULT_OK && changed)
		result = store_commit(store, fault);
	else
		store_rollback(store);
	if (result == RESULT_OK && changed) {
		cell->kept = place;
		cell->kept_at = council_elapsed(cell->council);
	}
	return result;
}

/* ---- and what follows ---- */

static void say_turned(const struct cell *cell)
{
	const char *owner = journal_owner(cell->journal, 0);
	if (journal_owns(cell->journal, 0))
		log_notice("the cell: this machine (%s) sends from here on; %zu messages are uncertain",
		           cell->council->first->cell.machine, journal_doubtful(cell->journal, 0));
	else
		log_notice("the cell: this machine (%s) sends no more%s%s", cell->council->first->cell.machine,
		           *owner ? "; who says so now is " : "", owner);
}

static void act(struct cell *cell)
{
	struct courier *courier = cell->council->courier;
	bool turned = !cell->written; /* what waited for the store goes */
	for (size_t i = 0; i < cell->heard_count; i++) {
		const struct heard heard = cell->heard[i];
		if (heard.kind == HEARD_START)
			courier_may_send(courier, &heard.row, heard.permission, heard.until);
		else if (heard.kind == HEARD_NOT_START)
			courier_may_not_send(courier, &heard.row);
		else if (heard.kind == HEARD_TURNED)
			say_turned(cell);
		turned = turned || heard.kind == HEARD_TURNED;
	}
	cell->heard_count = 0;
	cell->written = true;
	if (!turned)
		return;
	courier_gate_turned(courier);
	said_now(cell->council);
}

/* What cannot be written now is kept, and until it is nothing is sent. Returns when to come again. */
static instant follow(struct cell *cell)
{
	struct council *council = cell->council;
	struct fault fault = {0};
	if (!cell->heard_count && !is_place_due(cell))
		return TURN_MOST;
	if (store_in_transaction(council->store))
		return BUSY_AGAIN;
	enum result result = write_heard(cell, &fault);
	if (result != RESULT_OK) {
		if (!cell->trouble)
			log_error("what the cell's journal says cannot be written: %s. Nothing is sent until it is",
			          fault.text);
		cell->trouble = true;
		cell->written = false;
		if (result == RESULT_PERMANENT)
			council_after(council, result, &fault);
		return STORE_AGAIN;
	}
	cell->trouble = false;
	act(cell);
	return TURN_MOST;
}

/* ---- the gate ---- */

static bool is_open(void *context)
{
	const struct cell *cell = context;
	return cell->journal && cell->written && !cell->moving && !cell->leaves && !cell->unable &&
	       journal_owns(cell->journal, 0);
}

static enum gate_answer ask(void *context, const struct outbox_same *row, const struct outbox_same *message,
                            bool doubtful, instant *wait)
{
	struct cell *cell = context;
	struct journal_row id, named;
	instant until = 0;
	if (!is_open(context))
		return GATE_CLOSED;
	memcpy(id.at, row->at, sizeof id.at);
	memcpy(named.at, message->at, sizeof named.at);
	*wait = OWNERSHIP_AGAIN_AFTER;
	switch (journal_want(cell->journal, 0, &id, &named, doubtful, &until)) {
	case OWNERSHIP_WANTED: return GATE_ASKED;
	case OWNERSHIP_NOT_OURS: return GATE_CLOSED;
	case OWNERSHIP_WAITS:
		*wait = until - clock_boot();
		*wait = *wait > 0 ? *wait : 0;
		return GATE_LATER;
	case OWNERSHIP_FULL: return GATE_LATER;
	}
	return GATE_LATER;
}

static void over(void *context, const struct outbox_same *row, uint32_t permission, enum gate_what what)
{
	static const enum journal_what words[] = {[GATE_TAKEN] = JOURNAL_TAKEN,
	                                          [GATE_NOT_TAKEN] = JOURNAL_NOT_TAKEN,
	                                          [GATE_PERHAPS] = JOURNAL_PERHAPS,
	                                          [GATE_NOT_BEGUN] = JOURNAL_NOT_STARTED};
	struct cell *cell = context;
	struct journal_row id;
	memcpy(id.at, row->at, sizeof id.at);
	journal_over(cell->journal, 0, &id, permission, words[what]);
}

/* ---- life ---- */

static enum result read_place(struct cell *cell, struct fault *fault)
{
	struct text kept;
	char words[64 + JOURNAL_NAME_MOST];
	enum result result = store_get(cell->council->store, PLACE, &kept, fault);
	(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(kept));
	if (result == RESULT_OK && kept.length)
		(void)sscanf(words, "%" SCNd64 " %" SCNu64 " %64s", &cell->kept.position, &cell->kept.owner,
		             cell->owner);
	if (result == RESULT_OK)
		result = store_get(cell->council->store, PROOF, &kept, fault);
	(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(kept));
	if (result == RESULT_OK && kept.length)
		(void)sscanf(words, "%" SCNd64 " %" SCNu64, &cell->proof.position, &cell->proof.print);
	return result == RESULT_OK ? cell_read_behind(cell, fault) : result;
}

static void turn(void *argument);

static enum result join(struct cell *cell, struct fault *fault)
{
	const struct config *config = cell->council->first;
	struct buffer group = {0};
	cell_look_at_itself(cell, true);
	struct kafka_property *properties = mem_zero(config->kafka.property_count, sizeof *properties);
	for (size_t i = 0; i < config->kafka.property_count; i++)
		properties[i] =
			(struct kafka_property){config->kafka.properties[i].name, config->kafka.properties[i].value};
	/* Its own for each council: of one for all, each process would be named for some partitions of the others. */
	buffer_format(&group, "%s.%d", config->cell.group, config->cell.partition);
	const struct journal_council council = {.name = text_of(config->cell.council),
	                                        .partition = config->cell.partition,
	                                        .place = cell->kept,
	                                        .proof = cell->proof,
	                                        .owner = text_of(cell->owner)};
	const struct journal_settings settings = {
		.topic = config->cell.journal,
		.group = buffer_cstr(&group),
		.owner = config->cell.machine,
		.since = cell->unable ? 0 : cell_new_seat(cell),
		.properties = properties,
		.property_count = config->kafka.property_count,
		.password_file = config->kafka.password_file,
		.councils = &council,
		.council_count = 1,
		.host = {cell, on_owns, on_start, on_not_start, on_doubtful, on_result}};
	enum result result = journal_open(&settings, &cell->journal, fault);
	buffer_free(&group);
	free(properties);
	if (result == RESULT_OK)
		log_notice("the cell: this machine (%s) has read the log, and stands by", config->cell.machine);
	if (result == RESULT_OK)
		cell->watch = loop_watch_new(cell->council->daemon->loop, journal_fd(cell->journal), turn, cell);
	return result;
}

/* What is under way comes to its end first: then nothing is doubtful. Returns when to look again. */
static instant hand_over(struct cell *cell)
{
	cell->leaves = cell->leaves && journal_owns(cell->journal, 0);
	if (!cell->moving)
		return TURN_MOST;
	if (journal_under_way(cell->journal, 0) && council_elapsed(cell->council) < cell->moving)
		return MOVE_LOOK;
	cell->moving = 0;
	cell->leaves = true;
	journal_sit(cell->journal, cell->unable ? 0 : cell_new_seat(cell));
	log_notice("the cell: this machine (%s) hands over, and stands behind all others that are there",
	           cell->council->first->cell.machine);
	return TURN_MOST;
}

/* Whoever asks for the status hears at once who sends now, and who is there. */
static void look_who_sends(struct cell *cell)
{
	const char *owner = journal_owner(cell->journal, 0);
	bool read = journal_is_read(cell->journal, 0);
	int machines = journal_machines(cell->journal);
	if (cell->said_read == read && cell->said_machines == machines && strcmp(cell->said_owner, owner) == 0)
		return;
	cell->said_read = read;
	cell->said_machines = machines;
	(void)snprintf(cell->said_owner, sizeof cell->said_owner, "%s", owner);
	said_now(cell->council);
}

static void turn(void *argument)
{
	struct cell *cell = argument;
	struct council *council = cell->council;
	struct fault fault = {0};
	if (council->leaving || !council->courier || !council_channels(council)) /* in shadow it sends nothing */
		return;
	if (!cell->journal && !feeds_may_be_named(council)) {
		loop_timer_in(cell->timer, LOOK_AGAIN);
		return;
	}
	enum result result = cell->journal ? RESULT_OK : join(cell, &fault);
	if (result != RESULT_OK) {
		log_error("the cell's journal cannot be used: %s", fault.text);
		council_after(council, RESULT_PERMANENT, &fault);
		return;
	}
	instant next = journal_wake(cell->journal) - clock_boot(), own = follow(cell);
	cell_look_at_itself(cell, false);
	instant move = hand_over(cell);
	look_who_sends(cell);
	next = next < own ? next : own;
	next = next < move ? next : move;
	loop_timer_in(cell->timer, next > 0 ? next : 0);
}

/* All machines name messages by it, and know each other's orders in the log. */
static enum result use_key(struct council *council, struct cell *cell, struct fault *fault)
{
	char bytes[KEY_MOST];
	const char *path = council->first->cell.key_file;
	FILE *file = file_read(path);
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read cell.key-file %s: %s", path, strerror(errno));
	struct text key = {bytes, fread(bytes, 1, sizeof bytes, file)};
	(void)fclose(file);
	key = text_trim(key);
	enum result result =
		key.length >= KEY_LEAST
			? RESULT_OK
			: fault_set(fault, RESULT_PERMANENT, "cell.key-file %s has less than %d bytes", path,
	                            KEY_LEAST);
	struct digest digest = digest_hmac(key, TEXT("casewatch cell: names of messages"));
	struct digest seal = digest_hmac(key, TEXT("casewatch cell: seal of orders"));
	memcpy(cell->seal_key, seal.at, sizeof cell->seal_key);
	digest_wipe(&seal, sizeof seal);
	digest_wipe(bytes, sizeof bytes);
	if (result == RESULT_OK)
		result = outbox_use_key(council->store, digest.at, fault);
	digest_wipe(&digest, sizeof digest);
	return result;
}

/* Under another name it would pass over all that the journal says of it, and send again, unmarked, what other machines
 * have sent; and its own orders would be nobody's. */
static enum result look_at_name(struct council *council, struct fault *fault)
{
	struct text name = text_of(council->first->cell.council), kept;
	enum result result = store_get(council->store, NAME, &kept, fault);
	if (result != RESULT_OK || text_equal(kept, name))
		return result;
	if (!kept.length)
		return store_keep(council->store, NAME, name, fault);
	return fault_set(
		fault, RESULT_PERMANENT,
		"cell.council is %s, and this database's machine was in its cell as %.*s: write that. A council's "
		"name in a cell is the same for ever",
		council->first->cell.council, TEXT_ARG(kept));
}

static enum result give_up_old(struct council *council, struct fault *fault)
{
	struct store *store = council->store;
	struct text known;
	enum result result = store_get(store, GIVEN_UP, &known, fault);
	if (result != RESULT_OK || known.length)
		return result;
	result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = elsewhere_give_up_old(store, council_now(council), fault);
	if (result == RESULT_OK)
		result = store_set(store, GIVEN_UP, TEXT("in the log"), fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

enum result cell_start(struct council *council, struct fault *fault)
{
	static_assert(sizeof((struct digest *)NULL)->at == OUTBOX_KEY_BYTES, "a key of a digest's size");
	if (!council->first->cell.machine)
		return RESULT_OK;
	struct cell *cell = council->cell = MEM_NEW(struct cell);
	*cell = (struct cell){.council = council, .written = true};
	cell->gate = (struct courier_gate){is_open, ask, over, cell};
	enum result result = use_key(council, cell, fault);
	if (result == RESULT_OK)
		result = look_at_name(council, fault);
	if (result == RESULT_OK)
		result = give_up_old(council, fault);
	if (result == RESULT_OK)
		result = read_place(cell, fault);
	cell->timer = loop_timer_new(council->daemon->loop, turn, cell);
	loop_timer_in(cell->timer, LOOK_AGAIN);
	return result;
}

/* The courier, which is gone, never heard that they might begin. */
static void close_unheard(struct cell *cell)
{
	for (size_t i = 0; i < cell->heard_count; i++)
		if (cell->heard[i].kind == HEARD_START)
			over(cell, &cell->heard[i].row, cell->heard[i].permission, GATE_NOT_BEGUN);
}

/* What the courier knows of its last messages is announced before the machine leaves the group. */
void cell_stop(struct council *council)
{
	struct cell *cell = council->cell;
	if (!cell)
		return;
	if (cell->journal)
		close_unheard(cell);
	loop_watch_free(cell->watch);
	loop_timer_free(cell->timer);
	journal_close(cell->journal);
	free(cell->heard);
	digest_wipe(cell->seal_key, sizeof cell->seal_key);
	free(cell);
	council->cell = NULL;
}

/* A world in which critical alerts are told, for the tests that try everything that may happen to their messages: the
 * courier and the store are the real ones, the other side answers as it is told, the clock is moved by hand, and a
 * crash leaves what is on the disk at that moment and nothing else.
 *
 * The ladder is the test's own, and small: two steps, each with a person and half an hour; the one who is told when
 * the first cannot be is the second. One alert by mail; or so many to one phone that they are one text. */
#ifndef CASEWATCH_TESTS_OUTBOX_WORLD_H
#define CASEWATCH_TESTS_OUTBOX_WORLD_H

#include "courier_fixture.h"

#include "store/alerts/alerts.h"
#include "store/store_internal.h"

#include <fcntl.h>
#include <sys/stat.h>

#define STEP_TIME (30 * MINUTE)
#define LEDGER 256
#define WORLD_ALERTS 8

/* What the other side does with the next message, or with a question about one that it was given. */
enum reply {
	TAKES,
	TAKES_SLOWLY,
	LATER,
	REFUSES,
	HANGS_UP_HAVING_TAKEN,
	HANGS_UP_WITHOUT,
	IS_LOST,
	IS_DOWN,
	GIVEN,
	REPLIES
};
/* Where the process ends within a turn. */
enum crash { NO_CRASH, AFTER_FIRST_COMMIT, AFTER_SECOND_COMMIT, BEFORE_IT_IS_TAKEN, WHEN_IT_IS_TAKEN };

/* One message, as the other side saw it. */
struct seen_send {
	char reference[64];
	int person;
	bool marked, taken;  /* taken: it is at the other side, or was */
	bool arrived;        /* at its mailbox; what a service was given it says when it is asked */
	bool over;           /* the alert had been withdrawn when it was claimed */
	uint64_t rows;       /* that it was of, a bit each */
	unsigned alerts;     /* likewise, of which it asked for an answer */
};

/* An alert, and where its ladder is. */
struct world_ladder {
	char alert[ALERT_ID_SIZE];
	instant step_began;
	int step, asked_again;
};

struct world {
	struct bench *bench;
	struct world_ladder ladders[WORLD_ALERTS];
	size_t alerts;
	instant opened;
	instant withdrawn, answered; /* the first of them; INSTANT_NONE: not */
	enum reply reply;
	enum crash crash;
	unsigned commits;            /* in this turn */
	bool crashed;                /* in this turn: what comes after it did not happen */
	struct seen_send sends[LEDGER];
	size_t send_count;
	bool endless;                /* more than anybody would look at */
	enum reply coming;           /* what the last one brings back, as long as it is under way */
	uint64_t under_way;          /* rows, a bit each, that were claimed when the alert was withdrawn: those go */
};
static struct world world;

/* What stands beside the courier: a journal (outbox_journal.h); NULL: nothing. */
struct world_side {
	void (*anew)(void);    /* another story begins */
	void (*begin)(void);   /* before the courier is there, on the database as it is */
	void (*end)(void);
	instant (*turn)(void); /* after each turn of the courier; when it has something to do next */
};
static const struct world_side *world_side;

static unsigned references;      /* a channel that gives another name at each time it is asked for one */

/* ---- files ---- */

/* What lay on the disk at some moment. */
struct disk {
	char *bytes[2]; /* of the database, and of its log */
	size_t length[2], room[2];
};
static struct disk first_disk, crash_disk;

static void read_file(const char *path, char **bytes, size_t *length, size_t *room)
{
	struct stat found;
	int in = open(path, O_RDONLY | O_CLOEXEC);
	*length = 0;
	if (in < 0)
		return;
	assert_int_equal(fstat(in, &found), 0);
	if ((size_t)found.st_size > *room) {
		*room = (size_t)found.st_size;
		free(*bytes);
		*bytes = mem_alloc(*room);
	}
	*length = (size_t)found.st_size;
	assert_true(read(in, *bytes, *length) == (ssize_t)*length);
	(void)close(in);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	int out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	assert_true(out >= 0 && write(out, bytes, length) == (ssize_t)length);
	assert_int_equal(ftruncate(out, (off_t)length), 0);
	(void)close(out);
}

static const char *file(const char *name)
{
	static char paths[4][160];
	static size_t next;
	char *path = paths[next++ % 4];
	(void)snprintf(path, sizeof paths[0], "%s/%s", world.bench->folder, name);
	return path;
}

/* What a process that ends now would leave. */
static void keep_disk(struct disk *disk)
{
	read_file(file("db"), &disk->bytes[0], &disk->length[0], &disk->room[0]);
	read_file(file("db-wal"), &disk->bytes[1], &disk->length[1], &disk->room[1]);
}

static void open_disk(const struct disk *disk)
{
	struct fault *fault;
	struct bench *bench = world.bench;
	(void)unlink(file("db-shm"));
	write_file(file("db"), disk->bytes[0], disk->length[0]);
	write_file(file("db-wal"), disk->bytes[1], disk->length[1]);
	OK(store_open(file("db"), STORE_WRITE, &bench->store, fault));
	events_set_parser(bench->store, bench->parser);
	bench->ops = ops_new(bench->store, bench->calendar);
}

static void let_go(void)
{
	struct bench *bench = world.bench;
	world.crashed = true; /* what its end may still do did not happen */
	if (world_side)
		world_side->end();
	/* The files are thrown away. */
	(void)sqlite3_db_config(bench->store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	courier_free(bench->courier);
	ops_free(bench->ops);
	store_close(bench->store);
	bench->courier = NULL;
	bench->ops = NULL;
	bench->store = NULL;
}

static void begin_courier(void)
{
	if (world_side)
		world_side->begin();
	bench_start_courier(world.bench, false);
}

static void begin_again(void)
{
	let_go();
	open_disk(&crash_disk);
	world.crashed = false;
	world.under_way = 0;
	begin_courier();
}

/* The process ends within this turn, here. */
static void crash_now(void)
{
	if (world.crashed)
		return;
	world.crashed = true;
	keep_disk(&crash_disk);
}

/* ---- the ladder ---- */

static void change_alert(const struct world_ladder *ladder, enum alert_state state, bool acknowledged)
{
	struct fault *fault;
	int64_t number;
	struct bench *bench = world.bench;
	struct alert alert = {.rule = 0, .opened = world.opened, .closed = state ? bench->hands.now : INSTANT_NEVER,
	                      .told = world.opened, .step = (uint16_t)ladder->step, .next = INSTANT_NEVER,
	                      .asked = ladder->step_began, .due = INSTANT_NONE, .state = state,
	                      .acknowledged = acknowledged};
	memcpy(alert.id, ladder->alert, sizeof alert.id);
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &number, fault));
	if (acknowledged)
		OK(alerts_set_answered(bench->store, text_of(ladder->alert), bench->hands.now, INSTANT_NEVER, fault));
}

static void owe(const struct world_ladder *ladder, const char *purpose, const char *role, instant deadline)
{
	struct fault *fault;
	int64_t id;
	struct outbox_row row = row_of(world.bench, text_of(ladder->alert), role, true);
	row.purpose = text_of(purpose);
	row.kind = strcmp(purpose, "asked-again") == 0 ? OUTBOX_REMINDER : OUTBOX_ALERT;
	row.step = ladder->step;
	row.deadline = deadline;
	OK(outbox_add(world.bench->store, &row, &id, fault));
}

static bool waits_for_answer(size_t which)
{
	return which > 0 || (world.withdrawn == INSTANT_NONE && world.answered == INSTANT_NONE);
}

/* As the pipeline would, in one transaction: the next step, or the last once more. */
static void climb(struct world_ladder *ladder)
{
	struct fault *fault;
	struct bench *bench = world.bench;
	bool again = ladder->step == 2;
	ladder->step = 2;
	ladder->asked_again += again;
	ladder->step_began = bench->hands.now;
	OK(store_begin(bench->store, fault));
	change_alert(ladder, ALERT_STANDING, false);
	owe(ladder, again ? "asked-again" : "escalated", "p-1", bench->hands.now + STEP_TIME);
	OK(store_commit(bench->store, fault));
	courier_wake(bench->courier);
}

/* The last step is asked again when its time is over, and never sooner. */
static void on_untold(struct bench *bench, struct text alert, int step)
{
	(void)bench;
	for (size_t i = 0; i < world.alerts; i++) {
		struct world_ladder *ladder = &world.ladders[i];
		if (!world.crashed && waits_for_answer(i) && step == ladder->step && ladder->step == 1 &&
		    text_equal(alert, text_of(ladder->alert)))
			climb(ladder);
	}
}

static enum result note_under_way(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument;
	(void)fault;
	if (row->state == OUTBOX_SENDING && row->id < 64)
		world.under_way |= UINT64_C(1) << row->id;
	return RESULT_OK;
}

static void withdraw(void)
{
	struct fault *fault;
	const struct world_ladder *ladder = &world.ladders[0];
	OK(outbox_each(world.bench->store, TEXT_NONE, true, SIZE_MAX, note_under_way, NULL, fault));
	OK(store_begin(world.bench->store, fault));
	world.withdrawn = world.bench->hands.now;
	change_alert(ladder, ALERT_WITHDRAWN, world.answered != INSTANT_NONE);
	owe(ladder, "withdrawn", "p-0", INSTANT_NEVER);
	if (ladder->step == 2)
		owe(ladder, "withdrawn", "p-1", INSTANT_NEVER);
	OK(store_commit(world.bench->store, fault));
}

static void answer(void)
{
	struct fault *fault;
	OK(store_begin(world.bench->store, fault));
	world.answered = world.bench->hands.now;
	change_alert(&world.ladders[0], ALERT_STANDING, true);
	OK(store_commit(world.bench->store, fault));
}

/* ---- the other side ---- */

struct being_sent {
	struct text reference;
	struct seen_send *send;
	uint64_t asked_of_first; /* rows that ask for an answer to the first alert */
	int64_t named;           /* not 0: where none says that it is under way, the row of its name */
};

static enum result note_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct being_sent *being = argument;
	(void)fault;
	bool under_way = row->state == OUTBOX_SENDING && text_equal(row->message_id, being->reference);
	if (being->named ? row->id != being->named : !under_way)
		return RESULT_OK;
	being->send->rows |= UINT64_C(1) << (row->id & 63);
	for (size_t i = 0; i < world.alerts && !text_equal(row->purpose, TEXT("withdrawn")); i++)
		if (text_equal(row->alert, text_of(world.ladders[i].alert))) {
			being->send->alerts |= 1u << i;
			being->asked_of_first |= i == 0 ? UINT64_C(1) << (row->id & 63) : 0;
		}
	return RESULT_OK;
}

static void note_send(const struct channel_message *message, bool taken)
{
	struct fault *fault;
	struct seen_send *send = &world.sends[world.send_count];
	struct being_sent being = {message->reference, send, 0, 0};
	world.endless = world.endless || world.send_count == LEDGER;
	if (world.endless) /* the server's lock is held: what fails here would be waited for without end */
		return;
	world.send_count++;
	*send = (struct seen_send){.person = person_of(message->to), .marked = message->possible_duplicate,
	                           .taken = taken, .arrived = taken && world.reply != GIVEN};
	OK(outbox_each(world.bench->store, TEXT_NONE, true, SIZE_MAX, note_row, &being, fault));
	being.named = send->rows ? 0 : strtol(message->reference.at + 1, NULL, 10);
	if (being.named)
		OK(outbox_each(world.bench->store, TEXT_NONE, false, SIZE_MAX, note_row, &being, fault));
	send->over = world.withdrawn != INSTANT_NONE && (being.asked_of_first & ~world.under_way) != 0;
	world.under_way &= ~send->rows; /* once */
	(void)snprintf(send->reference, sizeof send->reference, "%.*s", TEXT_ARG(message->reference));
}

static struct channel_reply replied(enum reply reply)
{
	static const struct channel_reply replies[REPLIES] = {
		[TAKES] = {.outcome = CHANNEL_ACCEPTED, .code = 250},
		[TAKES_SLOWLY] = {.outcome = CHANNEL_ACCEPTED, .code = 250, .took_ms = 1000},
		[LATER] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT, .code = 451},
		[REFUSES] = {.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_RECIPIENT, .code = 550},
		[HANGS_UP_HAVING_TAKEN] = {.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE, .silent = true},
		[HANGS_UP_WITHOUT] = {.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE, .silent = true},
		[IS_LOST] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_MESSAGE, .silent = true},
		[IS_DOWN] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER, .silent = true},
		[GIVEN] = {.outcome = CHANNEL_GIVEN, .code = 201}};
	return replies[reply];
}

static void take_message(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context;
	bool to_ops = person_of(message->to) < 0; /* ops' own mailbox is always well: theirs is another story */
	*reply = replied(to_ops ? TAKES : world.reply);
	if (to_ops || world.crashed)
		return;
	if (world.crash == BEFORE_IT_IS_TAKEN) {
		crash_now();
		return;
	}
	world.coming = world.reply;
	note_send(message, reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN ||
	                           world.reply == HANGS_UP_HAVING_TAKEN);
	if (world.crash == WHEN_IT_IS_TAKEN)
		crash_now();
}

static void note_answer(const struct channel_message *message, bool arrived, bool lost)
{
	for (size_t i = 0; i < world.send_count; i++)
		if (text_equal(text_of(world.sends[i].reference), message->reference)) {
			world.sends[i].arrived |= arrived;
			world.sends[i].taken &= !lost;
		}
}

static void answer_question(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context;
	world.coming = world.reply;
	if (world.reply == TAKES || world.reply == TAKES_SLOWLY) {
		note_answer(message, true, false);
		return;
	}
	bool said = world.reply == REFUSES || world.reply == IS_DOWN || world.reply == GIVEN;
	*reply = replied(said ? world.reply : LATER);
	if (reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_RECIPIENT)
		reply->whose = CHANNEL_OF_MESSAGE; /* a technical failure: it is to be sent again */
	note_answer(message, false, reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_MESSAGE);
	if (world.crash == WHEN_IT_IS_TAKEN || world.crash == BEFORE_IT_IS_TAKEN)
		crash_now();
}

/* The newest message that arrived, or was thought to have; NULL: there is none. */
static struct seen_send *newest_arrived(void)
{
	for (size_t i = world.send_count; i > 0; i--)
		if (world.sends[i - 1].taken && world.sends[i - 1].arrived)
			return &world.sends[i - 1];
	return NULL;
}

/* What took it says later what became of it. On its way once more at this moment: it will say it again. */
static void hear_later(enum courier_news news, enum crash crash)
{
	struct fault *fault;
	size_t rows = 0;
	bool busy = false;
	const char *reference = newest_arrived()->reference;
	world.crash = crash;
	world.commits = 0;
	OK(courier_hear(world.bench->courier, text_of(reference), news, "5.1.1 no such mailbox", &rows, &busy, fault));
	assert_int_equal(rows, 1);
	for (size_t i = 0; i < world.send_count && news == COURIER_DID_NOT_ARRIVE && !busy; i++)
		if (strcmp(world.sends[i].reference, reference) == 0)
			world.sends[i].taken = world.sends[i].arrived = false;
	world.crash = NO_CRASH;
	if (world.crashed)
		begin_again();
}

/* "<ROW.N@x>": N differs each time, so that a message that is named anew does not pass for the same. */
static void another_reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)settings;
	(void)name;
	buffer_format(out, "<%lld.%u@x>", (long long)row, references++);
}

/* ---- a life ---- */

static struct channel renaming;

static void world_disks_free(void)
{
	for (size_t i = 0; i < 2; i++) {
		free(first_disk.bytes[i]);
		free(crash_disk.bytes[i]);
	}
}

/* Everybody has a phone alone. */
static void give_phones(struct bench *bench)
{
	renaming.reaches = CHANNEL_TEXT;
	renaming.address_ok = bench_any_phone;
	for (int i = 0; i <= PEOPLE; i++) {
		struct person *person = &bench->people[i];
		person->addresses[CHANNEL_TEXT] = person->addresses[CHANNEL_EMAIL];
		person->addresses[CHANNEL_EMAIL] = NULL;
		person->order[0] = CHANNEL_TEXT;
	}
}

static void open_alert(struct world_ladder *ladder)
{
	*ladder = (struct world_ladder){.step = 1, .step_began = world.opened};
	(void)snprintf(ladder->alert, sizeof ladder->alert, "%s", new_alert(world.bench, true).at);
	change_alert(ladder, ALERT_STANDING, false);
	owe(ladder, "opened", "p-0", world.opened + STEP_TIME);
}

/* So many alerts to one person at once: one by mail, more by text. */
static void world_first(size_t alerts)
{
	struct fault *fault;
	world.bench = bench_begin("2020-02-05T10:00:00Z", 1);
	courier_free(world.bench->courier);
	renaming = channel_memory;
	renaming.reference = another_reference;
	if (alerts > 1)
		give_phones(world.bench);
	world.bench->channel.channel = &renaming;
	world.bench->server.answer = take_message;
	world.bench->server.asked = answer_question;
	world.bench->on_nobody = on_untold;
	world.opened = world.bench->hands.now;
	world.withdrawn = world.answered = INSTANT_NONE;
	OK(store_begin(world.bench->store, fault));
	for (world.alerts = 0; world.alerts < alerts; world.alerts++)
		open_alert(&world.ladders[world.alerts]);
	OK(store_commit(world.bench->store, fault));
	keep_disk(&first_disk);
	bench_start_courier(world.bench, false);
}

static void world_anew(void)
{
	struct bench *bench = world.bench;
	let_go();
	struct world anew = {.bench = bench, .alerts = world.alerts, .opened = world.opened, .withdrawn = INSTANT_NONE,
	                     .answered = INSTANT_NONE};
	for (size_t i = 0; i < world.alerts; i++) {
		anew.ladders[i] = (struct world_ladder){.step = 1, .step_began = world.opened};
		memcpy(anew.ladders[i].alert, world.ladders[i].alert, sizeof anew.ladders[i].alert);
	}
	world = anew;
	bench->hands.now = world.opened;
	bench->hands.elapsed = 1000 * SECOND;
	references = 0;
	memory_server_clear(&bench->server);
	if (world_side)
		world_side->anew();
	open_disk(&first_disk);
	begin_courier();
}

static size_t things_that_happened(void)
{
	struct courier_figures figures = figures_of(world.bench);
	return world.send_count + world.bench->server.asks + (size_t)(figures.accepted + figures.temporary +
	       figures.permanent + figures.uncertain + figures.failed + figures.dropped);
}

/* Time passes until a message goes, or comes back, or nothing is left to wait for. */
static void turn(enum reply reply, enum crash crash)
{
	instant most = world.bench->hands.elapsed + 80 * HOUR;
	world.reply = reply;
	world.crash = crash;
	world.commits = 0;
	size_t before = things_that_happened();
	for (int i = 0; i < 2000; i++) {
		instant next = one_turn(world.bench), side = world_side ? world_side->turn() : INSTANT_NEVER;
		next = side < next ? side : next;
		if (world.crashed || things_that_happened() != before || next >= most)
			break;
		move(world.bench, next > world.bench->hands.elapsed ? next - world.bench->hands.elapsed : 0);
	}
	world.crash = NO_CRASH;
	if (world.crashed)
		begin_again();
}

#endif

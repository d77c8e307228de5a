/* Some machines of a cell in one process: each is the daemon's own pipeline, courier, store and ownership over a
 * database of its own; one log of events, one journal, one group and one mail server, which are the test's, and so is
 * the time. Whatever a machine did after it was killed has no effect: it goes on with a copy of its files of that
 * moment. A run follows from its seed. */
#ifndef CASEWATCH_TESTS_MEMBERS_WORLD_H
#define CASEWATCH_TESTS_MEMBERS_WORLD_H

#include "base/log.h"
#include "cell/ownership.h"
#include "channel/memory.h"
#include "config/config.h"
#include "courier/courier.h"
#include "courier/gate.h"
#include "pipeline/pipeline.h"
#include "store/store_internal.h"
#include "time/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MACHINES 3
#define SESSION (6 * SECOND)
#define COMES_LATE_MOST (4 * SECOND) /* a record, after it was appended */
#define NEWS_LATE_MOST SECOND        /* who is named, until a machine hears it */
#define APPENDING (5 * SECOND)       /* then a record that did not come is said not to have been appended */

/* What can be left out, so that the run must find what goes wrong. */
enum left_out {
	ALL_IS_THERE,
	SENDS_UNASKED,   /* each believes to own, whatever stands in the journal */
	LEARNS_NO_TAKEN, /* what another machine's RESULT says is not written */
	LEARNS_NO_DOUBT, /* an INTENT without RESULT is not written as doubtful */
	ITS_OWN_TIME,    /* it judges what came together together, at its own time */
	LEFT_OUT
};

struct appending { /* a record on its way into the journal */
	struct journal_record record;
	size_t machine;
	uint64_t life;
	instant comes; /* INSTANT_NEVER: not at all, which is said at `over` */
	instant over;
};

struct machine {
	size_t number;
	char path[128]; /* of its database; another one in each life */
	uint64_t lives;
	bool runs, dead; /* dead: it was killed within a callback, and is still to be buried */
	instant frozen_until;
	struct store *store;
	struct event_parser *parser, *readers;
	struct pipeline *pipeline;
	struct ops *ops;
	struct courier *courier;
	struct ownership *own;
	struct courier_gate gate;
	struct memory_server server;
	struct channel kind;
	struct courier_channel channel;
	bool caught_up;          /* since it began; before that its clocks stand, and it is in no group */
	size_t taken, committed; /* of the log; the second outlives it */
	size_t read;             /* of the journal */
	instant heard_of;        /* when the group last heard of it; it is a member while it does */
	uint64_t seat;           /* the lower, the longer in the group; 0: not in it */
	bool named;              /* as far as it has heard */
	bool news;               /* and what it will hear then */
	instant news_at;
};

struct sent {
	char *reference;
	size_t machine;
	bool marked, may_be_there;
};

struct members {
	uint64_t random;
	enum left_out left_out;
	struct config *config;
	struct clock_hands hands;
	struct clock clock;
	char folder[64];
	struct machine machines[MACHINES];
	struct logged {
		char *bytes;
		instant arrived;
	} * log;
	size_t log_count, log_room;
	struct journal_record *journal;
	size_t journal_count, journal_room;
	struct appending *under_way;
	size_t under_way_count, under_way_room;
	struct sent *mails;
	size_t mail_count, mail_room;
	uint64_t seats, children, custodies;
	bool calm;                                    /* nothing fails any more */
	char why[512];                                /* the first that must not be; empty: nothing was */
	size_t kills, freezes, moves, owners, marked; /* what there was of it */
};

static struct members *members; /* of which there is one at a time: the clock's function knows no other */

static uint64_t draw(uint64_t below)
{
	members->random ^= members->random << 13;
	members->random ^= members->random >> 7;
	members->random ^= members->random << 17;
	return members->random % below;
}
static bool one_in(uint64_t number)
{
	return !members->calm && draw(number) == 0;
}

static inline void must_not(const char *format, ...) PRINTF_LIKE(1, 2);
static inline void must_not(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (!members->why[0])
		(void)vsnprintf(members->why, sizeof members->why, format, arguments);
	va_end(arguments);
}

#define OK(call)                                                                                                       \
	do {                                                                                                           \
		struct fault fault_ = {""}, *fault = &fault_;                                                          \
		if ((call) != RESULT_OK)                                                                               \
			fail_msg("%s: %s", #call, fault->text);                                                        \
	} while (0)

/* Every machine's clocks run alike; whoever stands still does not look at them. */
instant __wrap_clock_boot(void);
instant __wrap_clock_boot(void)
{
	return members->hands.elapsed;
}

/* ---- files that outlive a machine ---- */

static inline void copy_file(const char *from, const char *to)
{
	char bytes[65536];
	FILE *in = fopen(from, "re"), *out = in ? fopen(to, "we") : NULL;
	if (!in)
		return;
	assert_non_null(out);
	for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;)
		assert_int_equal(fwrite(bytes, 1, got, out), got);
	assert_int_equal(fclose(out), 0);
	(void)fclose(in);
}

static inline void remove_files(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock", ".erased", ".ended", ".status"};
	char name[160];
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
		(void)unlink(name);
	}
}

static inline void path_of(const struct machine *machine, uint64_t life, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/%zu-%llu", members->folder, machine->number, (unsigned long long)life);
}

/* Killed at this very moment: what is in its files now is what its next life begins with. */
static inline void die(struct machine *machine)
{
	char next[128], from[160], to[160];
	if (machine->dead)
		return;
	machine->dead = true;
	machine->committed = machine->taken;
	path_of(machine, machine->lives + 1, next, sizeof next);
	(void)snprintf(from, sizeof from, "%s-wal", machine->path);
	(void)snprintf(to, sizeof to, "%s-wal", next);
	copy_file(machine->path, next);
	copy_file(from, to);
	members->kills++;
}

/* ---- the journal ---- */

/* A machine's records come in its order, whatever holds one of them up; of a dead one's some never come. */
static inline void append_record(struct machine *machine, const struct journal_record *record)
{
	if (machine->dead)
		return;
	instant now = members->hands.elapsed, comes = now + (instant)draw(20000);
	if (one_in(60))
		comes = now + (instant)draw(COMES_LATE_MOST);
	if (one_in(80))
		comes = INSTANT_NEVER;
	for (size_t i = 0; i < members->under_way_count; i++) {
		const struct appending *before = &members->under_way[i];
		if (before->machine == machine->number && before->life == machine->lives &&
		    before->comes != INSTANT_NEVER && comes < before->comes)
			comes = before->comes;
	}
	struct appending *appending = mem_push((void **)&members->under_way, &members->under_way_count,
	                                       &members->under_way_room, sizeof *appending);
	*appending = (struct appending){.record = *record,
	                                .machine = machine->number,
	                                .life = machine->lives,
	                                .comes = comes,
	                                .over = now + APPENDING};
	appending->record.council = TEXT("c");
	appending->record.owner = TEXT("m");
}

static inline void deliver_records(void)
{
	instant now = members->hands.elapsed;
	for (size_t i = 0; i < members->under_way_count;) {
		struct appending *one = &members->under_way[i];
		struct machine *machine = &members->machines[one->machine];
		bool lost = one->comes == INSTANT_NEVER && now >= one->over;
		if (!lost && now < one->comes) {
			i++;
			continue;
		}
		struct appending taken = *one;
		memmove(one, one + 1, (--members->under_way_count - i) * sizeof *one);
		if (!lost)
			*(struct journal_record *)mem_push((void **)&members->journal, &members->journal_count,
			                                   &members->journal_room, sizeof taken.record) = taken.record;
		else if (machine->runs && machine->lives == taken.life)
			ownership_not_appended(machine->own, &taken.record, now);
	}
}

/* ---- what is read becomes rows (run/cell.c does the same) ---- */

static inline struct outbox_same same_of(const struct journal_row *row)
{
	struct outbox_same same;
	memcpy(same.at, row->at, sizeof same.at);
	return same;
}

static inline void learn(struct machine *machine, const struct ownership_order *order, bool *any)
{
	bool changed, taken = order->kind == OWNERSHIP_RESULT && order->what == JOURNAL_TAKEN;
	bool perhaps = order->kind == OWNERSHIP_DOUBTFUL ||
	               (order->kind == OWNERSHIP_RESULT && order->what == JOURNAL_PERHAPS);
	struct outbox_same row = same_of(&order->row), message = same_of(&order->message);
	if (order->kind == OWNERSHIP_ALL_DOUBTFUL) {
		OK(courier_doubt_all(machine->courier, fault));
		*any = true;
	}
	if ((!taken && !perhaps) || members->left_out == (taken ? LEARNS_NO_TAKEN : LEARNS_NO_DOUBT))
		return;
	OK(courier_learn(machine->courier, &row, &message, taken, INSTANT_NONE, &changed, fault));
	*any = true;
}

static inline void act_on(struct machine *machine, const struct ownership_order *order)
{
	struct outbox_same row = same_of(&order->row);
	members->owners += order->kind == OWNERSHIP_OWNS;
	if (order->kind == OWNERSHIP_OWNS || order->kind == OWNERSHIP_STOPS)
		courier_gate_turned(machine->courier);
	else if (order->kind == OWNERSHIP_START)
		courier_may_send(machine->courier, &row, order->attempt, order->until);
	else if (order->kind == OWNERSHIP_NOT_START)
		courier_may_not_send(machine->courier, &row);
}

static inline void follow_orders(struct machine *machine)
{
	struct ownership_order *orders = NULL;
	size_t count = 0, room = 0;
	struct ownership_order order;
	bool any = false;
	while (ownership_order(machine->own, &order))
		if (order.kind == OWNERSHIP_APPEND)
			append_record(machine, &order.record);
		else
			*(struct ownership_order *)mem_push((void **)&orders, &count, &room, sizeof order) = order;
	if (count && !machine->dead) {
		struct buffer place = {0};
		OK(store_begin(machine->store, fault));
		for (size_t i = 0; i < count; i++)
			learn(machine, &orders[i], &any);
		struct ownership_place at = ownership_place(machine->own);
		buffer_format(&place, "%lld %llu", (long long)at.position, (unsigned long long)at.owner);
		OK(store_set(machine->store, "journal_place", buffer_view(&place), fault));
		OK(store_commit(machine->store, fault));
		buffer_free(&place);
	}
	for (size_t i = 0; i < count && !machine->dead; i++)
		act_on(machine, &orders[i]);
	free(orders);
}

static inline void read_journal(struct machine *machine)
{
	instant now = members->hands.elapsed;
	for (size_t i = 0; machine->read < members->journal_count && i < 1 + draw(20); i++) {
		size_t position = machine->read++;
		ownership_read(machine->own, (int64_t)position, &members->journal[position], now);
		follow_orders(machine);
	}
	if (now >= machine->news_at) {
		machine->named = machine->news;
		machine->news_at = INSTANT_NEVER;
	}
	if (machine->named)
		ownership_assigned(machine->own, now);
	else
		ownership_revoked(machine->own, now);
	if (now >= ownership_next_time(machine->own))
		ownership_time(machine->own, now);
	follow_orders(machine);
}

/* ---- the gate ---- */

static inline bool is_open(void *context)
{
	const struct machine *machine = context;
	return members->left_out == SENDS_UNASKED || ownership_owns(machine->own);
}

static inline enum gate_answer ask(void *context, const struct outbox_same *row, const struct outbox_same *message,
                                   bool doubtful, instant *wait)
{
	struct machine *machine = context;
	struct journal_row id, named;
	instant until = 0, now = members->hands.elapsed;
	memcpy(id.at, row->at, sizeof id.at);
	memcpy(named.at, message->at, sizeof named.at);
	if (members->left_out == SENDS_UNASKED) {
		courier_may_send(machine->courier, row, 0, INSTANT_NEVER);
		return GATE_ASKED;
	}
	enum ownership_answer answer = ownership_want(machine->own, &id, &named, doubtful, now, &until);
	follow_orders(machine);
	*wait = answer == OWNERSHIP_WAITS ? until - now : SECOND;
	*wait = *wait > 0 ? *wait : 0;
	return answer == OWNERSHIP_WANTED ? GATE_ASKED : answer == OWNERSHIP_NOT_OURS ? GATE_CLOSED : GATE_LATER;
}

static inline void over(void *context, const struct outbox_same *row, uint32_t permission, enum gate_what what)
{
	static const enum journal_what words[] = {[GATE_TAKEN] = JOURNAL_TAKEN,
	                                          [GATE_NOT_TAKEN] = JOURNAL_NOT_TAKEN,
	                                          [GATE_PERHAPS] = JOURNAL_PERHAPS,
	                                          [GATE_NOT_BEGUN] = JOURNAL_NOT_STARTED};
	struct machine *machine = context;
	struct journal_row id;
	memcpy(id.at, row->at, sizeof id.at);
	if (machine->dead)
		return;
	ownership_over(machine->own, &id, permission, words[what], members->hands.elapsed);
	follow_orders(machine);
}

/* ---- the mail server ---- */

static inline bool may_be_there(struct text reference)
{
	for (size_t i = 0; i < members->mail_count; i++)
		if (members->mails[i].may_be_there && text_equal(text_of(members->mails[i].reference), reference))
			return true;
	return false;
}

static inline void note_mail(const struct machine *machine, const struct channel_message *message, bool there)
{
	if (!message->possible_duplicate && may_be_there(message->reference))
		must_not("%.*s went twice unmarked, the second time from machine %zu", TEXT_ARG(message->reference),
		         machine->number);
	struct sent *sent = mem_push((void **)&members->mails, &members->mail_count, &members->mail_room, sizeof *sent);
	*sent = (struct sent){.reference = mem_copy_text(message->reference.at, message->reference.length),
	                      .machine = machine->number,
	                      .marked = message->possible_duplicate,
	                      .may_be_there = there};
	members->marked += message->possible_duplicate;
}

static inline void answer_mail(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	struct machine *machine = context;
	bool ops = memmem(message->to.at, message->to.length, "ops@", 4) != NULL; /* each machine's own */
	if (!machine->dead && one_in(150))                                        /* before the server has it */
		die(machine);
	if (machine->dead) {
		reply->outcome = CHANNEL_ABANDONED;
		return;
	}
	if (one_in(40)) {
		*reply = (struct channel_reply){
			.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT, .code = 451};
		return;
	}
	bool uncertain = one_in(40), there = !uncertain || draw(2);
	if (!ops)
		note_mail(machine, message, there || uncertain);
	if (uncertain)
		*reply = (struct channel_reply){
			.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE, .silent = true, .took_ms = 3000};
	if (one_in(150)) { /* after it has it */
		die(machine);
		reply->outcome = CHANNEL_ABANDONED;
	}
}

/* A message has the same name on every machine. */
static inline void put_reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)settings;
	(void)row;
	buffer_format(out, "<%.*s@c>", TEXT_ARG(name));
}

/* ---- a machine's life ---- */

static inline void begin(struct machine *machine)
{
	static const unsigned char key[OUTBOX_KEY_BYTES] = "one that all machines have";
	const struct config *config = members->config;
	struct text kept;
	long long position = 0;
	unsigned long long owner = 0;
	char words[64];
	machine->lives++;
	path_of(machine, machine->lives, machine->path, sizeof machine->path);
	OK(store_open(machine->path, STORE_WRITE, &machine->store, fault));
	machine->readers = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	machine->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(config->calendar));
	events_set_parser(machine->store, machine->readers);
	OK(store_begin(machine->store, fault));
	OK(outbox_use_key(machine->store, key, fault));
	OK(store_commit(machine->store, fault));
	machine->ops = ops_new(machine->store, config->calendar);
	struct pipeline_settings settings = {
		.store = machine->store, .ops = machine->ops, .by_log = members->left_out != ITS_OWN_TIME};
	engine_settings_default(&settings.engine);
	settings.engine.calendar = config->calendar;
	settings.engine.rules = config->rules;
	settings.engine.directory = config->directory;
	OK(pipeline_new(&settings, &machine->pipeline, fault));
	memory_server_init(&machine->server);
	machine->server.answer = answer_mail;
	machine->server.context = machine;
	machine->gate = (struct courier_gate){is_open, ask, over, machine};
	OK(store_get(machine->store, "journal_place", &kept, fault));
	(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(kept));
	(void)sscanf(words, "%lld %llu", &position, &owner);
	machine->read = (size_t)position;
	machine->own = ownership_new(TEXT("c"), TEXT("m"), (machine->number + 1) << 50 | machine->lives << 20,
	                             (struct ownership_place){position, owner}, members->hands.elapsed);
	machine->kind = channel_memory;
	machine->kind.reference = put_reference;
	machine->channel = (struct courier_channel){&machine->kind, &machine->server, 1};
	struct courier_settings courier = {.store = machine->store,
	                                   .ops = machine->ops,
	                                   .clock = &members->clock,
	                                   .directory = config->directory,
	                                   .rules = config->rules,
	                                   .calendar = config->calendar,
	                                   .seed = 7,
	                                   .channels = &machine->channel,
	                                   .channel_count = 1,
	                                   .gate = &machine->gate};
	OK(courier_new(&courier, &machine->courier, fault));
	machine->taken = machine->committed;
	machine->runs = true;
	machine->dead = machine->named = machine->caught_up = false;
	machine->news_at = INSTANT_NEVER;
	machine->frozen_until = INSTANT_NONE;
	machine->seat = 0;
	machine->heard_of = members->hands.elapsed;
}

/* `dead` before: what it does from here on has no effect. */
static inline void bury(struct machine *machine)
{
	courier_free(machine->courier);
	pipeline_free(machine->pipeline);
	ops_free(machine->ops);
	ownership_free(machine->own);
	store_close(machine->store);
	event_parser_free(machine->parser);
	event_parser_free(machine->readers);
	memory_server_clear(&machine->server);
	remove_files(machine->path);
	machine->runs = false;
}

/* ---- what it does in a turn ---- */

/* Of what is not read the oldest is younger: for longer than a quarter of an hour clocks wait for no log. */
#define BEHIND_MOST MINUTE

/* As a source does: some records. */
static inline void take_events(struct machine *machine)
{
	instant now = members->hands.now;
	size_t at = machine->taken, until = at + 1 + draw(5);
	if (at == members->log_count || (members->log[at].arrived > now - BEHIND_MOST && one_in(3)))
		return;
	struct batch *batch = batch_new();
	for (; at < members->log_count && at < until; at++) {
		struct source_record *record =
			batch_add(batch, machine->parser, TEXT("kafka:events:0"), (int64_t)at + 1,
		                  text_of(members->log[at].bytes), members->log[at].arrived);
		record->fingerprint = (at + 1) * 1000;
	}
	instant read_to = at < members->log_count ? members->log[at].arrived : INSTANT_NEVER;
	OK(pipeline_take(machine->pipeline, batch, read_to, now, fault));
	batch_free(batch);
	machine->taken = at;
}

static inline void look_at_clocks(struct machine *machine)
{
	instant now = members->hands.now;
	bool all = machine->taken == members->log_count;
	if (all && !machine->caught_up)
		pipeline_caught_up(machine->pipeline);
	machine->caught_up = machine->caught_up || all;
	pipeline_read_to(machine->pipeline, all ? INSTANT_NEVER : members->log[machine->taken].arrived);
	for (int i = 0; machine->caught_up && i < 50 && pipeline_next(machine->pipeline) <= now; i++)
		OK(pipeline_tick(machine->pipeline, now, fault));
	courier_wake(machine->courier);
}

static inline void turn_machine(struct machine *machine)
{
	if (!machine->runs || members->hands.elapsed < machine->frozen_until)
		return;
	if (machine->frozen_until != INSTANT_NONE && machine->news_at < members->hands.elapsed)
		machine->news_at = members->hands.elapsed + (members->calm ? 0 : (instant)draw(NEWS_LATE_MOST));
	machine->frozen_until = INSTANT_NONE;
	machine->heard_of = members->hands.elapsed;
	take_events(machine);
	look_at_clocks(machine);
	read_journal(machine);
	(void)courier_turn(machine->courier);
	if (machine->dead)
		bury(machine);
}

/* ---- the group ---- */

static inline void tell_news(struct machine *machine, bool named)
{
	bool last = machine->news_at == INSTANT_NEVER ? machine->named : machine->news;
	if (last == named)
		return;
	machine->news = named;
	machine->news_at = members->hands.elapsed + (members->calm ? 0 : (instant)draw(NEWS_LATE_MOST));
}

/* It names whoever has been in it for longest, of those that it has heard of within a session; whoever was thrown out
 * and is heard of again joins behind all. */
static inline void group_turn(void)
{
	struct machine *first = NULL;
	for (size_t i = 0; i < MACHINES; i++) {
		struct machine *machine = &members->machines[i];
		bool heard = machine->runs && members->hands.elapsed - machine->heard_of < SESSION;
		if (!heard && members->hands.elapsed - machine->heard_of >= SESSION)
			machine->seat = 0;
		else if (machine->runs && machine->caught_up && !machine->seat)
			machine->seat = ++members->seats;
		if (machine->seat && (!first || machine->seat < first->seat))
			first = machine;
	}
	for (size_t i = 0; i < MACHINES; i++)
		if (members->machines[i].runs)
			tell_news(&members->machines[i], &members->machines[i] == first);
}

#endif

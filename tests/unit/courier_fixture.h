/* What the courier's tests share: a courier by hand over a real store and a server in memory, and two hands of a clock.
 * A test moves time from one thing that happens to the next; nothing sleeps, and days pass in milliseconds. */
#ifndef CASEWATCH_COURIER_FIXTURE_H
#define CASEWATCH_COURIER_FIXTURE_H

#include "base/log.h"
#include "channel/memory.h"
#include "courier/courier.h"
#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "time/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef PEOPLE
#define PEOPLE 100     /* p-0 … hold the roles r-0 … alone, and `all` together */
#endif
#define ANSWERS_MOST 128

enum answer { ANSWER_OK, ANSWER_HANGS /* no answer to the recipient */, ANSWER_REFUSES, ANSWER_LATER, ANSWER_UNCERTAIN,
	      ANSWER_CLOSES /* in the body */, ANSWER_DOWN /* no connection */, ANSWER_GIVEN /* it will say later */,
	      ANSWER_BUSY /* the service asks to be left alone for an hour */,
	      ANSWER_BUSY_ONE /* the recipient's own server does */,
	      ANSWER_TOO_LATE /* it was not begun */ };

/* What the server does with messages to one address (NULL: all others), from now on. */
struct behaviour {
	char to[64];
	enum answer answer;
	int64_t took_ms;
};

/* What arrived at the server. */
struct arrival {
	int person;            /* -1: another address */
	bool critical;         /* by its subject line */
	enum answer answer;
	instant at;            /* clock_elapsed when it was handed to the server */
	int64_t took_ms;
};

struct bench {
	char folder[64];
	struct clock_hands hands;
	struct clock clock;
	struct calendar *calendar;
	struct ruleset *rules;
	struct store *store;
	struct event_parser *parser;
	struct memory_server server;
	struct courier_channel channel;
	struct courier *courier;
	struct ops *ops;
	struct directory directory;
	struct person people[PEOPLE + 2];
	char names[PEOPLE][2][40];
	struct role_title roles[PEOPLE + 8];
	const char *holders[PEOPLE + 2];
	struct cover covers[4];
	struct behaviour behaviours[ANSWERS_MOST], usual;
	size_t behaviour_count;
	enum answer (*decide)(struct bench *bench, int person, int64_t *took_ms); /* NULL: the behaviours */
	struct arrival *arrivals;
	size_t arrival_count, arrival_room;
	courier_list *list;     /* how a list is made; NULL: not at all */
	courier_list_next *list_next; /* when the next is due; NULL: nobody knows */
	const char *answer_url; /* base of answer links; NULL: none */
	const struct courier_gate *gate; /* NULL: this machine is alone */
	/* of `nobody` */
	size_t nobody_count, climbs_that_fail; /* of the next calls so many cannot be written */
	size_t one_less_count; /* somebody could not be told, and others were */
	struct outbox_same unheard[16]; /* the rows of which either was said, one after another */
	size_t unheard_count;
	void (*on_nobody)(struct bench *bench, struct text alert, int step);
	size_t turns;
	uint64_t steps_most;    /* the most work the database did in one turn */
	int alerts;
	uint64_t random;
};

#define OK(call) \
	do { \
		struct fault fault_ = {""}; \
		fault = &fault_; \
		if ((call) != RESULT_OK) \
			fail_msg("%s", fault_.text); \
	} while (0)

static inline int person_of(struct text address)
{
	return address.length > 2 && memcmp(address.at, "p-", 2) == 0 ? atoi(address.at + 2) : -1;
}

static inline struct behaviour behaviour_of(const struct bench *bench, struct text to)
{
	for (size_t i = 0; i < bench->behaviour_count; i++)
		if (text_equal(text_of(bench->behaviours[i].to), to))
			return bench->behaviours[i];
	return bench->usual;
}

static inline void play(enum answer answer, struct channel_reply *reply)
{
	static const struct channel_reply replies[] = {
		[ANSWER_OK] = {.outcome = CHANNEL_ACCEPTED, .code = 250},
		[ANSWER_HANGS] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT, .silent = true},
		[ANSWER_REFUSES] = {.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_RECIPIENT, .code = 550},
		[ANSWER_LATER] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT, .code = 451},
		[ANSWER_UNCERTAIN] = {.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE, .silent = true},
		[ANSWER_CLOSES] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_MESSAGE, .silent = true},
		[ANSWER_GIVEN] = {.outcome = CHANNEL_GIVEN, .code = 201},
		[ANSWER_BUSY] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER, .code = 429,
		                 .wait_ms = 3600000},
		[ANSWER_BUSY_ONE] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT, .code = 429,
		                     .wait_ms = 3600000},
		[ANSWER_TOO_LATE] = {.outcome = CHANNEL_ABANDONED},
		[ANSWER_DOWN] = {.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER, .silent = true}};
	*reply = replies[answer];
}

static inline void answer_of_server(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	struct bench *bench = context;
	struct behaviour behaviour = behaviour_of(bench, message->to);
	int person = person_of(message->to);
	if (bench->decide)
		behaviour.answer = bench->decide(bench, person, &behaviour.took_ms);
	play(behaviour.answer, reply);
	reply->took_ms = behaviour.took_ms;
	struct arrival *arrival = mem_push((void **)&bench->arrivals, &bench->arrival_count, &bench->arrival_room,
	                                   sizeof *arrival);
	*arrival = (struct arrival){.person = person,
	                            .answer = behaviour.answer,
	                            .at = bench->hands.elapsed,
	                            .critical =
	                                    memmem(message->subject.at, message->subject.length, "Critical", 8) != NULL,
	                            .took_ms = behaviour.took_ms};
}

static inline void behave_to(struct bench *bench, const char *to, enum answer answer, int64_t took_ms)
{
	struct behaviour *behaviour = NULL;
	for (size_t i = 0; i < bench->behaviour_count; i++)
		if (strcmp(bench->behaviours[i].to, to) == 0)
			behaviour = &bench->behaviours[i];
	if (!behaviour) {
		assert_true(bench->behaviour_count < ANSWERS_MOST);
		behaviour = &bench->behaviours[bench->behaviour_count++];
	}
	*behaviour = (struct behaviour){.answer = answer, .took_ms = took_ms};
	(void)snprintf(behaviour->to, sizeof behaviour->to, "%s", to);
}

static inline void behave(struct bench *bench, int person, enum answer answer, int64_t took_ms)
{
	char to[64];
	(void)snprintf(to, sizeof to, "p-%d@council.example", person);
	behave_to(bench, to, answer, took_ms);
}

static inline struct calendar *bench_calendar(void)
{
	struct fault fault = {""};
	struct buffer json = {0};
	buffer_string(&json, "{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":[");
	for (int year = 2018; year <= 2026; year++)
		buffer_format(&json,
		              "%s{\"title\":\"Christmas Day\",\"date\":\"%d-12-25\",\"notes\":\"\",\"bunting\":true}",
		              year > 2018 ? "," : "", year);
	buffer_string(&json, "]}}");
	struct calendar *calendar = calendar_new(zone_load("Europe/London", &fault), buffer_view(&json), &fault);
	if (!calendar)
		fail_msg("%s", fault.text);
	buffer_free(&json);
	return calendar;
}

static inline struct ruleset *bench_rules(void)
{
	static const char *const ids[] = {"custody.threshold", "missing.vpg-referral"};
	struct ruleset *rules = ruleset_new();
	rules->rules = arena_alloc(ruleset_arena(rules), 2 * sizeof *rules->rules);
	for (uint16_t i = 0; i < 2; i++)
		rules->rules[i] = (struct rule){.index = i,
		                                .id = ids[i],
		                                .title = i ? "Missing 3 times" : "Held in custody",
		                                .severity = i ? SEVERITY_HIGH : SEVERITY_CRITICAL,
		                                .effective_from = DAY_NONE,
		                                .effective_until = DAY_NONE};
	rules->rule_count = 2;
	return rules;
}

static inline void bench_people(struct bench *bench)
{
	static const char *const ops[] = {"p-ops"};
	for (int i = 0; i < PEOPLE; i++) {
		(void)snprintf(bench->names[i][0], sizeof bench->names[i][0], "p-%d", i);
		(void)snprintf(bench->names[i][1], sizeof bench->names[i][1], "p-%d@council.example", i);
		bench->people[i] = (struct person){.id = bench->names[i][0],
		                                   .addresses[CHANNEL_EMAIL] = bench->names[i][1],
		                                   .order = {CHANNEL_EMAIL},
		                                   .order_count = 1};
		bench->holders[i] = bench->people[i].id;
		bench->roles[i] = (struct role_title){.role = bench->names[i][0] + 0, .title = "Somebody",
		                                      .people = &bench->holders[i], .people_count = 1};
	}
	bench->people[PEOPLE] = (struct person){.id = "p-ops",
	                                        .addresses[CHANNEL_EMAIL] = "ops@council.example",
	                                        .order = {CHANNEL_EMAIL},
	                                        .order_count = 1};
	bench->roles[PEOPLE] = (struct role_title){
		.role = "ops", .title = "Ops", .people = (const char **)(uintptr_t)ops, .people_count = 1};
	bench->roles[PEOPLE + 1] = (struct role_title){.role = "all", .title = "All", .people = bench->holders,
	                                               .people_count = PEOPLE};
	bench->roles[PEOPLE + 2] = (struct role_title){.role = "nobody", .title = "Nobody"};
	bench->directory = (struct directory){.people = bench->people,
	                                      .person_count = PEOPLE + 1,
	                                      .roles = bench->roles,
	                                      .role_count = PEOPLE + 3,
	                                      .covers = bench->covers};
}

static inline bool bench_nobody(void *context, struct text alert, int step, bool others,
                                const struct outbox_same *row)
{
	struct bench *bench = context;
	bench->unheard[bench->unheard_count++ % 16] = *row;
	if (others) {
		bench->one_less_count++;
		return true;
	}
	bench->nobody_count++;
	if (bench->on_nobody)
		bench->on_nobody(bench, alert, step);
	return !bench->climbs_that_fail || !bench->climbs_that_fail--;
}

static inline void bench_silent(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

static inline struct text bench_list_name(void *context, struct text list)
{
	(void)context;
	return text_equal(list, TEXT("daily-missing")) ? TEXT("Missing list") : TEXT_NONE;
}

/* What every courier here has; by what it sends, the test says. */
static inline struct courier_settings bench_settings(struct bench *bench)
{
	return (struct courier_settings){.store = bench->store,
	                                 .ops = bench->ops,
	                                 .clock = &bench->clock,
	                                 .directory = &bench->directory,
	                                 .rules = bench->rules,
	                                 .calendar = bench->calendar,
	                                 .seed = 7,
	                                 .answer_url = bench->answer_url,
	                                 .context = bench,
	                                 .list_name = bench_list_name,
	                                 .list_next = bench->list_next,
	                                 .nobody = bench_nobody};
}

static inline bool bench_any_phone(struct text address, const char **why)
{
	(void)why;
	return address.length > 0;
}

/* Texts, by a channel that the test may change, and mails; one server takes both. */
static inline const struct courier_channel *bench_texts_and_mails(struct bench *bench, struct channel *texts)
{
	static struct courier_channel both[2];
	*texts = channel_memory;
	texts->reaches = CHANNEL_TEXT;
	texts->address_ok = bench_any_phone;
	both[0] = (struct courier_channel){texts, &bench->server, 1};
	both[1] = (struct courier_channel){&channel_memory, &bench->server, 1};
	return both;
}

static inline void bench_start_courier(struct bench *bench, bool shadow)
{
	struct fault *fault;
	struct courier_settings settings = bench_settings(bench);
	settings.channels = &bench->channel;
	settings.channel_count = shadow ? 0 : 1;
	settings.gate = bench->gate;
	settings.list = bench->list;
	OK(courier_new(&settings, &bench->courier, fault));
}

static inline struct bench *bench_begin(const char *now, int lines)
{
	struct bench *bench = MEM_NEW(struct bench);
	struct fault *fault;
	const char *why;
	char path[128];
	log_set_sink(bench_silent);
	(void)snprintf(bench->folder, sizeof bench->folder, "%s/courier_test.XXXXXX",
	               access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(bench->folder));
	(void)snprintf(path, sizeof path, "%s/db", bench->folder);
	assert_true(instant_parse(text_of(now), &bench->hands.now, &why));
	bench->hands.elapsed = 1000 * SECOND;
	bench->clock = clock_two_hands(&bench->hands);
	bench->calendar = bench_calendar();
	bench->rules = bench_rules();
	OK(store_open(path, STORE_WRITE, &bench->store, fault));
	bench->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(bench->calendar));
	events_set_parser(bench->store, bench->parser);
	bench->ops = ops_new(bench->store, bench->calendar);
	memory_server_init(&bench->server);
	bench->server.answer = answer_of_server;
	bench->server.context = bench;
	bench_people(bench);
	bench->random = 88172645463325252u;
	bench->channel = (struct courier_channel){&channel_memory, &bench->server, lines};
	bench_start_courier(bench, false);
	return bench;
}

static inline void bench_end(struct bench *bench)
{
	static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock"};
	char path[160];
	courier_free(bench->courier);
	ops_free(bench->ops);
	store_close(bench->store);
	event_parser_free(bench->parser);
	ruleset_free(bench->rules);
	calendar_free(bench->calendar);
	memory_server_clear(&bench->server);
	free(bench->arrivals);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", bench->folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(bench->folder);
	free(bench);
}

/* ---- time ---- */

static inline void move(struct bench *bench, instant by)
{
	bench->hands.now += by;
	bench->hands.elapsed += by;
}

static inline instant one_turn(struct bench *bench)
{
	uint64_t before = store_steps(bench->store);
	instant next = courier_turn(bench->courier);
	uint64_t steps = store_steps(bench->store) - before;
	bench->steps_most = steps > bench->steps_most ? steps : bench->steps_most;
	bench->turns++;
	return next;
}

/* Lets so much time pass, from one thing that happens to the next. */
static inline void wait_for(struct bench *bench, instant duration)
{
	instant end = bench->hands.elapsed + duration;
	for (size_t turns = 0;; turns++) {
		instant next = one_turn(bench);
		assert_true(turns < 2000000); /* a courier that never rests */
		if (next > end)
			break;
		move(bench, next > bench->hands.elapsed ? next - bench->hands.elapsed : 0);
	}
	move(bench, end - bench->hands.elapsed);
}

/* ---- the world ---- */

static inline void add_rows(struct bench *bench, const struct outbox_row *rows, size_t count)
{
	struct fault *fault;
	int64_t id;
	OK(store_begin(bench->store, fault));
	for (size_t i = 0; i < count; i++)
		OK(outbox_add(bench->store, &rows[i], &id, fault));
	OK(store_commit(bench->store, fault));
}

/* A new alert of the rule, standing at its first step; its id. */
static inline struct text new_alert(struct bench *bench, bool critical)
{
	static char id[ALERT_ID_SIZE];
	struct fault *fault;
	int64_t number;
	struct alert alert = {.rule = critical ? 0 : 1, .opened = bench->hands.now, .closed = INSTANT_NEVER,
	                      .told = bench->hands.now, .step = 1, .next = INSTANT_NEVER, .due = INSTANT_NONE};
	(void)snprintf(id, sizeof id, "%016x", 0xa000 + bench->alerts++);
	memcpy(alert.id, id, sizeof alert.id);
	bool open = store_in_transaction(bench->store);
	if (!open)
		OK(store_begin(bench->store, fault));
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &number, fault));
	if (!open)
		OK(store_commit(bench->store, fault));
	return text_of(id);
}

static inline struct outbox_row row_of(const struct bench *bench, struct text alert, const char *role, bool critical)
{
	return (struct outbox_row){.kind = OUTBOX_ALERT,
	                           .purpose = TEXT("opened"),
	                           .alert = alert,
	                           .rule = critical ? TEXT("custody.threshold") : TEXT("missing.vpg-referral"),
	                           .subject = TEXT("C1"),
	                           .role = text_of(role),
	                           .step = 1,
	                           .critical = critical,
	                           .created = bench->hands.now,
	                           .not_before = bench->hands.now,
	                           .deadline = INSTANT_NEVER};
}

/* A new alert, told to the role. */
static inline void tell(struct bench *bench, const char *role, bool critical)
{
	struct outbox_row row = row_of(bench, new_alert(bench, critical), role, critical);
	add_rows(bench, &row, 1);
}

static inline void tell_person(struct bench *bench, int person, bool critical)
{
	char role[40];
	(void)snprintf(role, sizeof role, "p-%d", person);
	tell(bench, role, critical);
}

/* ---- what came of it ---- */

struct row_counts {
	size_t in_state[OUTBOX_GIVEN + 1], critical_open, ops, duplicates;
	instant next;
	char reply[512], address[256];
};

static inline enum result count_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct row_counts *counts = argument;
	(void)fault;
	if (row->kind == OUTBOX_OPS) {
		counts->ops++;
		return RESULT_OK;
	}
	counts->in_state[row->state]++;
	counts->duplicates += row->possible_duplicate;
	bool open = row->state != OUTBOX_ACCEPTED && row->state != OUTBOX_FAILED;
	counts->critical_open += open && row->critical;
	if (open && row->not_before < counts->next)
		counts->next = row->not_before;
	(void)snprintf(counts->reply, sizeof counts->reply, "%.*s", TEXT_ARG(row->reply));
	(void)snprintf(counts->address, sizeof counts->address, "%.*s", TEXT_ARG(row->address));
	return RESULT_OK;
}

static inline struct row_counts count_rows(struct bench *bench)
{
	struct fault *fault;
	struct row_counts counts = {.next = INSTANT_NEVER};
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, count_row, &counts, fault));
	return counts;
}

static inline size_t texts_that_say(const struct bench *bench, const char *words)
{
	size_t count = 0;
	for (size_t i = 0; i < bench->server.count; i++)
		count += strstr(bench->server.attempts[i].text, words) != NULL;
	return count;
}

static inline size_t attempts_at(const struct bench *bench, int person)
{
	size_t count = 0;
	for (size_t i = 0; i < bench->arrival_count; i++)
		count += bench->arrivals[i].person == person;
	return count;
}

/* When a message to the person was accepted, by clock_elapsed; INSTANT_NEVER: not yet. */
static inline instant accepted_at(const struct bench *bench, int person, bool critical)
{
	for (size_t i = 0; i < bench->arrival_count; i++) {
		const struct arrival *one = &bench->arrivals[i];
		if (one->person == person && one->critical == critical && one->answer == ANSWER_OK)
			return one->at + one->took_ms * (SECOND / 1000);
	}
	return INSTANT_NEVER;
}

/* Person 1 has a phone alone, and `texts` reaches it. */
static inline void bench_phone_alone(struct bench *bench, struct channel *texts)
{
	*texts = channel_memory;
	texts->reaches = CHANNEL_TEXT;
	bench->channel.channel = texts;
	bench->people[1].addresses[CHANNEL_TEXT] = bench->names[1][1];
	bench->people[1].addresses[CHANNEL_EMAIL] = NULL;
	bench->people[1].order[0] = CHANNEL_TEXT;
}

/* What the store has of an alert that ends now. */
static inline void keep_ended(struct bench *bench, struct text id, uint16_t rule)
{
	struct fault *fault;
	int64_t number;
	struct alert alert = {.rule = rule, .opened = bench->hands.now, .closed = bench->hands.now,
	                      .told = bench->hands.now, .step = 1, .next = INSTANT_NEVER, .due = INSTANT_NONE,
	                      .state = ALERT_RESOLVED};
	(void)snprintf(alert.id, sizeof alert.id, "%.*s", TEXT_ARG(id));
	OK(store_begin(bench->store, fault));
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &number, fault));
	OK(store_commit(bench->store, fault));
}

static inline struct courier_figures figures_of(const struct bench *bench)
{
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	return figures;
}

static inline uint64_t draw(struct bench *bench, uint64_t below)
{
	bench->random ^= bench->random << 13;
	bench->random ^= bench->random >> 7;
	bench->random ^= bench->random << 17;
	return bench->random % below;
}

#endif

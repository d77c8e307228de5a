/* courier: its turns: what came back is written, what may go is handed on; and its life. */
#include "courier/courier_internal.h"

#include "base/digest.h"
#include "base/log.h"

#include <stdlib.h>

#define TEXTS_AN_HOUR 60      /* to one phone: networks block a number that sends more (local) */
#define SAME_TEXTS_AN_HOUR 20 /* with the same words: likewise */
#define STORE_AGAIN SECOND          /* after the store could not: full disk, busy */
#define STORE_AGAIN_MOST (5 * SECOND) /* each time reads all that could go, and the histories behind it */
#define CLOCK_SET_BY (SECOND / 10)  /* a smaller difference between the clocks is drift */
#define CLIMBS_A_TURN 50            /* each is a transaction; at the end no more are made */

/* ---- a turn ---- */

static void collect(struct courier *courier)
{
	for (size_t i = 0; i < courier->way_count; i++) {
		*courier->results_end = lanes_take(courier->ways[i].lanes);
		for (; *courier->results_end; courier->result_count++)
			courier->results_end = &(*courier->results_end)->next;
	}
	if (courier->results && courier->came_back == INSTANT_NONE)
		courier->came_back = clock_elapsed(courier->settings.clock);
}

static void store_failed(struct courier *courier, enum result result, const struct fault *fault)
{
	if (!courier->store_trouble)
		log_error("the courier cannot use the store: %s. It tries again every few seconds.", fault->text);
	courier->store_trouble = true;
	courier->store_pause = courier->store_pause * 2 < STORE_AGAIN ? STORE_AGAIN : courier->store_pause * 2;
	if (courier->store_pause > STORE_AGAIN_MOST)
		courier->store_pause = STORE_AGAIN_MOST;
	if (result == RESULT_PERMANENT && courier->settings.fatal)
		courier->settings.fatal(courier->settings.context, fault);
}

static instant earlier(instant a, instant b)
{
	return a < b ? a : b;
}

static bool climb_one(struct courier *courier, const struct nobody *item)
{
	struct text alert = text_of(item->alert);
	bool written = !courier->settings.nobody ||
	               courier->settings.nobody(courier->settings.context, alert, item->step, item->others,
	                                        &item->row);
	if (written && !item->others)
		courier_climbs(courier, alert, item->step);
	return written;
}

/* Returns when it can be tried. */
static instant keep_climb(struct courier *courier, const struct nobody *item, instant elapsed)
{
	courier_nobody_told(courier, text_of(item->alert), item->step, item->others, &item->row);
	courier->nobodies[courier->nobody_count - 1].from = item->from;
	return item->from > elapsed ? item->from : elapsed;
}

/* Calls back for every alert that nobody was told of. Outside a transaction. What could not be written is kept: the
 * ladder's own time may be half an hour away, or a day; it waits by itself, behind all others, and keeps none of them
 * from its turn. Where none of a whole turn can be written all wait, as the store may take nothing; then it is the turn
 * of the next. Returns when it is tried again; INSTANT_NEVER: nothing is. */
static instant climb(struct courier *courier)
{
	instant elapsed = clock_elapsed(courier->settings.clock), next = INSTANT_NEVER;
	struct nobody *items = courier->nobodies;
	size_t count = courier->nobody_count, tried = 0, failed = 0;
	if (!count || elapsed < courier->climbs_from)
		return count ? courier->climbs_from : INSTANT_NEVER;
	courier->nobodies = NULL; /* the callback may wake us */
	courier->nobody_count = courier->nobody_room = 0;
	for (size_t i = 0; i < count; i++) {
		bool now = tried < CLIMBS_A_TURN && items[i].from <= elapsed;
		tried += now;
		if (!now)
			next = earlier(next, keep_climb(courier, &items[i], elapsed));
		else if (!climb_one(courier, &items[i]))
			items[failed++] = items[i];
	}
	for (size_t i = 0; i < failed; i++) {
		items[i].from = elapsed + STORE_AGAIN_MOST;
		next = earlier(next, keep_climb(courier, &items[i], elapsed));
	}
	free(items);
	if (failed == CLIMBS_A_TURN)
		next = courier->climbs_from = elapsed + STORE_AGAIN_MOST;
	return next;
}

static enum result shift(struct courier *courier, instant now, instant by, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (by > CLOCK_SET_BY || by < -CLOCK_SET_BY)
		result = outbox_shift(courier->settings.store, now, by, courier->settings.together, fault);
	if (result == RESULT_OK && courier->hasten)
		result = outbox_hasten(courier->settings.store, now, fault);
	return result;
}

/* The wall clock was set: what waits for a while waits neither longer nor shorter for it. The directory was corrected:
 * what was not taken is tried with it. */
static enum result keep_times(struct courier *courier, instant now, instant elapsed, struct fault *fault)
{
	instant by = now - elapsed - courier->ahead;
	if (by <= CLOCK_SET_BY && by >= -CLOCK_SET_BY && !courier->hasten)
		return RESULT_OK;
	enum result result = courier_begin(courier, fault);
	if (result == RESULT_OK)
		result = shift(courier, now, by, fault);
	result = courier_finish(courier, result, fault);
	if (result == RESULT_OK) {
		courier->ahead += by;
		courier->hasten = false;
	}
	return result;
}

/* When the next row of the lane may go, by the wall clock. Outside a transaction; asked once while nothing is
 * written. */
static enum result lane_waits(struct courier *courier, enum lane lane, instant *at, struct fault *fault)
{
	bool critical = lane == LANE_CRITICAL;
	uint64_t written = store_written(courier->settings.store) + 1;
	enum result result = RESULT_OK;
	if (courier->waits[critical].written != written) {
		result = outbox_next(courier->settings.store, critical, &courier->waits[critical].at, fault);
		courier->waits[critical].written = result == RESULT_OK ? written : 0;
	}
	*at = courier->waits[critical].at;
	return result;
}

/* When the next row of the lane can be claimed, by clock_elapsed. */
static instant next_of_lane(struct courier *courier, enum lane lane, instant now, instant elapsed)
{
	struct fault fault = {""};
	instant at, room = pass_next(courier, lane, elapsed);
	if (room == INSTANT_NEVER)
		return INSTANT_NEVER;
	if (lane_waits(courier, lane, &at, &fault) != RESULT_OK)
		return elapsed + STORE_AGAIN;
	if (at == INSTANT_NEVER)
		return INSTANT_NEVER;
	at = at > now ? elapsed + (at - now) : elapsed;
	return at > room ? at : room;
}

/* When to look again if nothing happens before, by clock_elapsed. */
static instant next_look(struct courier *courier, instant now, instant elapsed)
{
	instant at = trouble_down_at(courier);
	if (!courier->way_count || courier->stopping)
		return INSTANT_NEVER;
	if (unheard_is_sought(courier))
		return elapsed;
	if (courier->results) {
		bool now_due = results_are_due(courier, courier->result_count, elapsed);
		instant due = now_due ? elapsed : courier->came_back + RESULTS_GATHER;
		at = earlier(at, due);
	}
	for (size_t i = 0; i < courier->way_count; i++)
		at = earlier(at, lanes_relieve(courier->ways[i].lanes, elapsed));
	at = earlier(at, next_of_lane(courier, LANE_CRITICAL, now, elapsed));
	return earlier(at, next_of_lane(courier, LANE_ORDINARY, now, elapsed));
}

/* Whether a pass would find something: most turns are of a courier that waits, and need no transaction. Where that
 * cannot be asked the pass is made, and says what is wrong. */
static bool is_due(struct courier *courier, enum lane lane, instant now, instant elapsed)
{
	struct fault fault = {""};
	instant at;
	if (pass_next(courier, lane, elapsed) > elapsed)
		return false;
	return lane_waits(courier, lane, &at, &fault) != RESULT_OK || at <= now;
}

static enum result work(struct courier *courier, instant now, instant elapsed, struct fault *fault)
{
	enum result result = keep_times(courier, now, elapsed, fault);
	if (result == RESULT_OK && unheard_is_sought(courier) && courier->way_count)
		result = unheard_find(courier, fault);
	if (result == RESULT_OK && courier->released)
		result = gate_release(courier, fault);
	if (result == RESULT_OK && results_are_due(courier, courier->result_count, elapsed))
		result = results_write(courier, fault);
	trouble_check(courier, elapsed);
	if (result == RESULT_OK &&
	    (is_due(courier, LANE_CRITICAL, now, elapsed) || is_due(courier, LANE_ORDINARY, now, elapsed)))
		result = pass_make(courier, fault);
	return result;
}

/* Does what there is to do now; returns when to come again, by clock_elapsed. */
static instant turn(struct courier *courier)
{
	struct fault fault = {""};
	instant now = clock_now(courier->settings.clock), elapsed = clock_elapsed(courier->settings.clock);
	gate_turn(courier, elapsed);
	history_cache_trim(courier->histories, courier->settings.store);
	collect(courier);
	if (store_in_transaction(courier->settings.store)) /* somebody else's, across callbacks: not ours to join */
		return elapsed + SECOND / 1000;
	enum result result = work(courier, now, elapsed, &fault);
	if (result != RESULT_OK) {
		store_failed(courier, result, &fault);
		return elapsed + courier->store_pause;
	}
	if (courier->store_trouble)
		log_notice("the courier can use the store again");
	courier->store_trouble = false;
	courier->store_pause = 0;
	gate_turn(courier, elapsed); /* what it refused at once is put back, though nothing else happens */
	return next_look(courier, now, elapsed);
}

/* By time that passes; a wall clock that is set makes a turn of its own (see new_courier). */
static void arm(struct courier *courier, instant next)
{
	instant pause = next == INSTANT_NEVER ? INSTANT_NEVER : next - clock_elapsed(courier->settings.clock);
	courier->next = next;
	loop_timer_in(courier->timer, pause > 0 ? pause : 0);
}

static void on_event(void *argument)
{
	struct courier *courier = argument;
	if (courier->stopping)
		return;
	if (courier->settings.by_hand) {
		arm(courier, courier_turn(courier));
		return;
	}
	arm(courier, turn(courier));
	instant again = climb(courier); /* last: it may add rows and wake us */
	if (again < courier->next)
		arm(courier, again);
}

/* Something came back: no turn for each, while others are under way that will be back in a moment. */
static void on_return(void *argument)
{
	struct courier *courier = argument;
	instant elapsed = clock_elapsed(courier->settings.clock);
	size_t count = courier->result_count;
	for (size_t i = 0; i < courier->way_count; i++)
		count += lanes_hear(courier->ways[i].lanes);
	if (count && courier->came_back == INSTANT_NONE)
		courier->came_back = elapsed;
	if (results_are_due(courier, count, elapsed))
		on_event(courier);
	else if (count && !courier->stopping && courier->came_back + RESULTS_GATHER < courier->next)
		arm(courier, courier->came_back + RESULTS_GATHER);
}

instant courier_turn(struct courier *courier)
{
	instant elapsed = clock_elapsed(courier->settings.clock), next;
	for (size_t i = 0; i < courier->way_count; i++)
		lanes_turn(courier->ways[i].lanes, elapsed);
	next = turn(courier);
	bool waits = courier->results; /* for the store, or for who has a transaction open: turn says until when */
	for (size_t i = 0; i < courier->way_count; i++) {
		lanes_turn(courier->ways[i].lanes, elapsed);
		next = earlier(next, lanes_next(courier->ways[i].lanes));
		collect(courier); /* what took no time is back already */
	}
	next = earlier(next, climb(courier));
	return courier->results && !waits ? elapsed : next;
}

void courier_wake(struct courier *courier)
{
	if (courier && courier->way_count && !courier->stopping && courier->timer)
		loop_timer_in(courier->timer, 0);
}

/* ---- life ---- */

static void set_defaults(struct courier_settings *settings)
{
	if (!settings->together)
		settings->together = MINUTE;
	if (!settings->retry_first)
		settings->retry_first = 15 * SECOND;
	if (!settings->retry_most)
		settings->retry_most = 15 * MINUTE;
	if (!settings->texts_an_hour)
		settings->texts_an_hour = TEXTS_AN_HOUR;
	if (!settings->same_texts_an_hour)
		settings->same_texts_an_hour = SAME_TEXTS_AN_HOUR;
}

static uint64_t seed(uint64_t given)
{
	uint64_t random = given;
	while (random == 0)
		digest_random(&random, sizeof random);
	return random;
}

void courier_use(struct courier *courier, const struct directory *directory, const struct ruleset *rules,
                 const struct calendar *calendar)
{
	courier->settings.directory = directory;
	courier->settings.rules = rules;
	courier->settings.calendar = calendar;
	courier->gather = (struct alert_context_sources){.store = courier->settings.store,
	                                                 .directory = directory,
	                                                 .rules = rules,
	                                                 .calendar = calendar,
	                                                 .linked = courier->settings.linked,
	                                                 .kept = courier->histories,
	                                                 .by_log = courier->settings.gate != NULL,
	                                                 .context = courier->settings.context};
	history_cache_clear(courier->histories);
	recent_free(&courier->mailboxes); /* somebody may have mended them */
	recent_free(&courier->climbed);   /* what led nowhere may lead somewhere now */
	courier->hasten = true;
	unheard_seek(courier);
	courier_wake(courier);
}

void courier_forget(struct courier *courier)
{
	if (courier)
		history_cache_clear(courier->histories);
}

void courier_use_templates(struct courier *courier, const struct template_set *templates)
{
	courier->settings.templates = templates;
}

void courier_use_words(struct courier *courier, const char *council, const struct link_keys *keys)
{
	courier->settings.council = council;
	courier->settings.link_keys = keys;
}

void courier_use_caps(struct courier *courier, int texts_an_hour, int same_texts_an_hour)
{
	courier->settings.texts_an_hour = texts_an_hour;
	courier->settings.same_texts_an_hour = same_texts_an_hour;
}

void courier_reopen(struct courier *courier)
{
	for (size_t i = 0; i < courier->way_count; i++)
		lanes_reopen(courier->ways[i].lanes);
}

/* The daemon ended before it knew what came of it. */
static enum result record_uncertain(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct courier *courier = argument;
	if (row->state != OUTBOX_SENDING || outbox_is_given(row))
		return RESULT_OK;
	return courier_record(courier, row, "message.uncertain", clock_now(courier->settings.clock),
	                      "casewatch ended while it was on its way: nobody knows whether it arrived", fault);
}

static enum result recover(struct courier *courier, struct fault *fault)
{
	size_t uncertain = 0;
	struct store *store = courier->settings.store;
	enum result result = courier_begin(courier, fault);
	if (result == RESULT_OK)
		result = outbox_each(store, TEXT_NONE, true, SIZE_MAX, record_uncertain, courier, fault);
	if (result == RESULT_OK)
		result = outbox_recover(store, &uncertain, fault);
	if (result == RESULT_OK)
		result = outbox_set_back(store, clock_now(courier->settings.clock), WAITED_MOST, fault);
	result = courier_finish(courier, result, fault);
	if (result == RESULT_OK && uncertain)
		log_warning("%zu messages were on their way when the daemon ended: they are sent again as possible "
		            "duplicates",
		            uncertain);
	return result;
}

static enum result start_way(struct courier *courier, const struct courier_channel *by, struct fault *fault)
{
	struct way *way = &courier->ways[courier->way_count];
	bool by_hand = courier->settings.by_hand || !courier->settings.loop;
	if (courier->way_count == COURIER_CHANNELS_MOST)
		return fault_set(fault, RESULT_PERMANENT, "more than %d channels to send by", COURIER_CHANNELS_MOST);
	*way = (struct way){
		.by = by,
		.trouble = {.since_wall = INSTANT_NONE, .since = INSTANT_NONE, .again = INSTANT_NONE}};
	enum result result = lanes_new(by->channel, by->settings, by->lines, by_hand, &way->lanes, fault);
	if (result != RESULT_OK)
		return result;
	courier->way_count++;
	if (!by_hand)
		way->watch = loop_watch_new(courier->settings.loop, lanes_fd(way->lanes), on_return, courier);
	return RESULT_OK;
}

static struct courier *new_courier(const struct courier_settings *settings)
{
	struct courier *courier = MEM_NEW(struct courier);
	courier->settings = *settings;
	courier->results_end = &courier->results;
	courier->asked_end = &courier->asked;
	courier->figures.trouble_since = INSTANT_NONE;
	courier->came_back = INSTANT_NONE;
	courier->arena = arena_new(PASS_ROOM);
	courier->histories = history_cache_new(HISTORIES_KEPT);
	courier->gathers = settings->loop && !settings->by_hand;
	courier->random = seed(settings->seed);
	courier->ahead = clock_now(settings->clock) - clock_elapsed(settings->clock);
	set_defaults(&courier->settings);
	if (settings->loop) {
		courier->timer = loop_timer_new(settings->loop, on_event, courier);
		loop_on_clock_jump(settings->loop, on_event, courier);
	}
	courier_use(courier, settings->directory, settings->rules, settings->calendar);
	courier->hasten = false;
	return courier;
}

enum result courier_new(const struct courier_settings *settings, struct courier **courier, struct fault *fault)
{
	struct courier *new = new_courier(settings);
	enum result result = recover(new, fault);
	for (size_t i = 0; i < settings->channel_count && result == RESULT_OK; i++)
		result = start_way(new, &settings->channels[i], fault);
	new->figures.shadow = new->way_count == 0;
	if (result != RESULT_OK) {
		courier_free(new);
		return result;
	}
	courier_wake(new);
	*courier = new;
	return RESULT_OK;
}

void courier_stop(struct courier *courier, int64_t grace_ms)
{
	struct fault fault = {""};
	enum result result = RESULT_OK;
	if (courier->stopping)
		return;
	courier->stopping = true;
	if (courier->timer)
		loop_timer_in(courier->timer, INSTANT_NEVER);
	gate_stop(courier);
	for (size_t i = 0; i < courier->way_count; i++)
		(void)lanes_stop(courier->ways[i].lanes, grace_ms);
	collect(courier);
	while (courier->results && result == RESULT_OK)
		result = results_write(courier, &fault);
	if (result != RESULT_OK)
		log_error("what came of the last messages could not be written: %s. They are uncertain at the next "
		          "start.",
		          fault.text);
	(void)climb(courier); /* also what was found at the very end: the next start finds the rest (told.h) */
}

void courier_free(struct courier *courier)
{
	if (!courier)
		return;
	courier_stop(courier, 0);
	for (size_t i = 0; i < courier->way_count; i++) {
		loop_watch_free(courier->ways[i].watch);
		lanes_free(courier->ways[i].lanes);
	}
	if (courier->timer)
		loop_timer_free(courier->timer);
	for (struct delivery *delivery = courier->results, *next; delivery; delivery = next) {
		next = delivery->next;
		delivery_free(delivery);
	}
	recent_free(&courier->mailboxes);
	recent_free(&courier->phones);
	recent_free(&courier->climbed);
	arena_free(courier->arena);
	history_cache_free(courier->histories);
	free(courier->nobodies);
	free(courier);
}

void courier_figures(const struct courier *courier, struct courier_figures *figures)
{
	*figures = courier->figures;
}

bool courier_health(const struct courier *courier, size_t number, struct courier_health *health)
{
	if (number >= courier->way_count)
		return false;
	const struct way *way = &courier->ways[number];
	*health = (struct courier_health){.name = way->by->channel->name,
	                                  .mail = channel_form(way->by->channel->reaches) == CHANNEL_LETTER,
	                                  .trouble_since = way->trouble.since_wall,
	                                  .down = way->trouble.down,
	                                  .taken = way->taken,
	                                  .troubles = way->troubles,
	                                  .trouble = way->trouble.words};
	for (int lane = 0; lane < LANES; lane++)
		health->under_way += way->under_way[lane];
	return true;
}

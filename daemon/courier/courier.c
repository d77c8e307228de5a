/* courier: its turns: what came back is written, what may go is claimed, addressed, written and handed on. */
#include "courier/courier_internal.h"

#include "base/log.h"

#include <stdlib.h>
#include <sys/random.h>

#define MATES_MOST 10000   /* rows looked at for those of a message that was tried before */
#define STORE_AGAIN SECOND /* after the store could not: full disk, busy */

static void turn(struct courier *courier);

static void on_timer(void *argument)
{
	turn(argument);
}

static void on_results(void *argument)
{
	turn(argument);
}

/* ---- a pass ---- */

/* An early warning of what has come, or can no longer come in time, would be false. */
static const char *stale_warning(const struct pass *pass, const struct item *item)
{
	const struct message_input input = {.now = pass->now, .calendar = pass->courier->settings.calendar,
	                                    .directory = pass->courier->settings.directory};
	return message_warning_is_over(&input, &item->about->alert) ? "what it warned of has come, or its time is over" : NULL;
}

/* Why the row need not go any more; NULL: it must. */
static const char *stale(const struct pass *pass, const struct item *item)
{
	const struct alert_context *about = item->about;
	if (about && item->row.kind == OUTBOX_WARNING)
		return stale_warning(pass, item);
	if (!about || !about->known)
		return NULL;
	switch (message_purpose_of(item->row.purpose)) {
	case MESSAGE_OPENED:
	case MESSAGE_UPDATED:
	case MESSAGE_ANSWERED:   /* what follows says that it ended */
	case MESSAGE_REVIEW_CUT:
		break;
	case MESSAGE_ESCALATED:
	case MESSAGE_ASKED_AGAIN:
	case MESSAGE_PASSED_ON:
		if (about->acknowledged && about->acknowledged_at != INSTANT_NONE && about->acknowledged_at >= item->row.created)
			return "the alert was answered before it could go";
		break;
	case MESSAGE_WARNED:
	case MESSAGE_RESOLVED:
	case MESSAGE_WITHDRAWN:
	case MESSAGE_LIST:
	case MESSAGE_OPS:
		return NULL;
	}
	if (about->alert.state == ALERT_RESOLVED)
		return "the alert was resolved before it could go";
	if (about->alert.state == ALERT_WITHDRAWN)
		return "the alert was withdrawn before it could go";
	return NULL;
}

/* What waited in shadow, or while the daemon was down: whose time is over before it was ever tried. */
static const char *over(const struct pass *pass, const struct outbox_row *row)
{
	const instant *go_live = pass->courier->settings.go_live;
	if (row->kind == OUTBOX_LIST && pass->now - row->created > LIST_AFTER)
		return "it is more than a day old, and later ones go out";
	if (row->kind == OUTBOX_OPS && pass->now - row->created > GIVE_UP_AFTER)
		return "it is more than three days old; the journal has it";
	if (row->alert.length && go_live && row->created < *go_live)
		return "it was made before go-live";
	return NULL;
}

static enum result read_item(struct pass *pass, struct item *item, struct fault *fault)
{
	if (item->row.alert.length && item->row.kind != OUTBOX_OPS && item->row.kind != OUTBOX_LIST) {
		item->about = arena_alloc(pass->arena, sizeof *item->about);
		enum result result = alert_context_alert(&pass->courier->gather, &item->row, pass->now, pass->arena, item->about, fault);
		item->payload = arena_alloc(pass->arena, sizeof *item->payload);
		if (result == RESULT_OK)
			*item->payload = *item->about->alert.payload;
		return result;
	}
	struct fault why = {""};
	item->payload = arena_alloc(pass->arena, sizeof *item->payload);
	if (payload_read(item->row.payload, item->payload, pass->arena, &why) != RESULT_OK)
		log_error("outbox row %lld: %s", (long long)item->row.id, why.text);
	return RESULT_OK;
}

static enum result take_row(struct pass *pass, struct item *item, struct fault *fault)
{
	const struct person *person = NULL;
	enum addressed addressed = ADDRESSED_NOT;
	const char *why = over(pass, &item->row);
	if (why)
		return courier_drop(pass->courier, &item->row, pass->now, why, fault);
	enum result result = read_item(pass, item, fault);
	if (result != RESULT_OK)
		return result;
	why = stale(pass, item);
	if (why)
		return courier_drop(pass->courier, &item->row, pass->now, why, fault);
	result = courier_address(pass, item, &person, &addressed, fault);
	if (result == RESULT_OK && addressed == ADDRESSED)
		result = courier_put(pass, item, person, fault);
	return result;
}

static enum result claim_one(struct pass *pass, struct item **item, bool *found, struct fault *fault)
{
	*item = arena_alloc(pass->arena, sizeof **item);
	**item = (struct item){.about = NULL};
	enum result result = outbox_claim(pass->courier->settings.store, pass->now, &(*item)->row, found, fault);
	if (result == RESULT_OK && *found)
		alert_context_own_row(&(*item)->row, pass->arena);
	return result;
}

static bool belongs(const struct pass *pass, const struct item *item)
{
	for (size_t i = 0; i < pass->letter_count && item->row.message_id.length; i++)
		if (text_equal(pass->letters[i]->items[0]->row.message_id, item->row.message_id))
			return true;
	return false;
}

static bool has_tried(const struct pass *pass)
{
	for (size_t i = 0; i < pass->letter_count; i++)
		if (pass->letters[i]->items[0]->row.message_id.length && !pass->letters[i]->items[0]->row.critical)
			return true;
	return false;
}

/* A message that was tried before goes again as it was: two with one Message-ID and different alerts would look like one
 * to whoever sorts out copies. So its rows that did not fit into the pass are fetched; all others are put back at once. */
static enum result fetch_mates(struct pass *pass, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool found = has_tried(pass);
	for (size_t claimed = 0; result == RESULT_OK && found && claimed < MATES_MOST; claimed++) {
		struct item *item;
		result = claim_one(pass, &item, &found, fault);
		if (result != RESULT_OK || !found)
			break;
		result = belongs(pass, item) ? take_row(pass, item, fault)
		                             : outbox_hold(pass->courier->settings.store, item->row.id, pass->now + 1, fault);
	}
	return result;
}

static enum result claim_rows(struct pass *pass, size_t most, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool found = true;
	while (result == RESULT_OK && found && pass->touched < most) {
		struct item *item;
		result = claim_one(pass, &item, &found, fault);
		if (result != RESULT_OK || !found)
			break;
		pass->touched++;
		result = take_row(pass, item, fault);
	}
	return result == RESULT_OK && found ? fetch_mates(pass, fault) : result;
}

static void hand_over(struct pass *pass)
{
	struct courier *courier = pass->courier;
	for (size_t i = 0; i < pass->letter_count; i++) {
		struct delivery *delivery = pass->letters[i]->delivery;
		if (!delivery)
			continue;
		courier->under_way++;
		courier->under_way_bytes += delivery->bytes;
		courier_threads_give(courier->threads, delivery);
	}
}

static void throw_away(struct pass *pass)
{
	for (size_t i = 0; i < pass->letter_count; i++)
		delivery_free(pass->letters[i]->delivery);
}

/* One transaction: rows leave for `sending` before the wire is touched. *more: there may be further rows right now. */
static enum result make_pass(struct courier *courier, size_t most, bool *more, struct fault *fault)
{
	struct store *store = courier->settings.store;
	struct pass pass = {.courier = courier, .arena = arena_new(65536), .now = clock_now(courier->settings.clock)};
	size_t nobodies = courier->nobody_count;
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = claim_rows(&pass, most, fault);
	if (result == RESULT_OK)
		result = courier_write_letters(&pass, fault);
	if (result == RESULT_OK && pass.touched)
		result = store_commit(store, fault);
	else
		store_rollback(store);
	*more = result == RESULT_OK && pass.touched >= most;
	if (result == RESULT_OK) {
		hand_over(&pass);
	} else {
		throw_away(&pass);
		courier->nobody_count = nobodies;
	}
	arena_free(pass.arena);
	return result;
}

/* How many rows may be claimed now: one to try with while the server is in trouble. */
static size_t room(const struct courier *courier, instant now)
{
	if (!courier->threads || courier->stopping || courier->results || courier->under_way >= UNDER_WAY_MOST ||
	    courier->under_way_bytes >= UNDER_WAY_BYTES)
		return 0;
	if (courier->figures.trouble_since == INSTANT_NONE)
		return PASS_ROWS;
	return courier->under_way == 0 && now >= courier->relay_again ? 1 : 0;
}

/* ---- a turn ---- */

static void collect(struct courier *courier)
{
	if (!courier->threads)
		return;
	*courier->results_end = courier_threads_take(courier->threads);
	while (*courier->results_end)
		courier->results_end = &(*courier->results_end)->next;
}

static void store_failed(struct courier *courier, enum result result, const struct fault *fault)
{
	if (!courier->store_trouble)
		log_error("the courier cannot use the store: %s. It tries again every second.", fault->text);
	courier->store_trouble = true;
	if (result == RESULT_PERMANENT && courier->settings.fatal)
		courier->settings.fatal(courier->settings.context, fault);
}

/* When to look again if nothing happens before. */
static instant next_look(struct courier *courier, bool more, instant now)
{
	struct fault fault = {""};
	instant at = INSTANT_NEVER, down = courier_mail_down_at(courier);
	if (!courier->threads || courier->stopping)
		return INSTANT_NEVER;
	if (outbox_next(courier->settings.store, &at, &fault) != RESULT_OK)
		at = now + STORE_AGAIN;
	if (more)
		at = now;
	if (courier->figures.trouble_since != INSTANT_NONE && at < courier->relay_again)
		at = courier->relay_again;
	if (room(courier, at > now ? at : now) == 0) /* until something comes back */
		at = INSTANT_NEVER;
	return down < at ? down : at;
}

static void turn(struct courier *courier)
{
	struct fault fault = {""};
	bool more = false;
	instant now = clock_now(courier->settings.clock);
	collect(courier);
	if (store_in_transaction(courier->settings.store)) { /* somebody else's, across callbacks: not ours to join */
		loop_timer_at(courier->timer, now + SECOND / 1000);
		return;
	}
	enum result result = courier_write_results(courier, &fault);
	courier_check_mail_down(courier, now);
	size_t most = result == RESULT_OK ? room(courier, now) : 0;
	if (most)
		result = make_pass(courier, most, &more, &fault);
	courier->figures.under_way = courier->under_way;
	if (result != RESULT_OK) {
		store_failed(courier, result, &fault);
		loop_timer_at(courier->timer, now + STORE_AGAIN);
		return;
	}
	if (courier->store_trouble)
		log_notice("the courier can use the store again");
	courier->store_trouble = false;
	loop_timer_at(courier->timer, next_look(courier, more, now));
	courier_climb(courier); /* last: it may add rows and wake us */
}

void courier_wake(struct courier *courier)
{
	if (courier && courier->threads && !courier->stopping)
		loop_timer_at(courier->timer, clock_now(courier->settings.clock));
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
}

static uint64_t seed(uint64_t given)
{
	uint64_t random = given;
	while (random == 0)
		if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
			random = 0;
	return random;
}

void courier_use(struct courier *courier, const struct directory *directory, const struct ruleset *rules,
                 const struct calendar *calendar)
{
	courier->settings.directory = directory;
	courier->settings.rules = rules;
	courier->settings.calendar = calendar;
	courier->gather = (struct alert_context_sources){.store = courier->settings.store, .directory = directory, .rules = rules,
	                                  .calendar = calendar, .linked = courier->settings.linked,
	                                  .context = courier->settings.context};
	courier->window_count = 0; /* they point into the old directory */
}

void courier_use_templates(struct courier *courier, const struct template_set *templates)
{
	courier->settings.templates = templates;
}

static enum result recover(struct courier *courier, struct fault *fault)
{
	size_t uncertain = 0;
	struct store *store = courier->settings.store;
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = outbox_recover(store, &uncertain, fault);
	if (result == RESULT_OK)
		result = store_commit(store, fault);
	else
		store_rollback(store);
	if (result == RESULT_OK && uncertain)
		log_warning("%zu messages were on their way when the daemon ended: they are sent again as possible duplicates",
		            uncertain);
	return result;
}

static enum result start(struct courier *courier, struct fault *fault)
{
	const struct courier_settings *settings = &courier->settings;
	const struct courier_channel *first = &settings->channels[0];
	enum result result = courier_threads_new(first->channel, first->settings, first->lines, &courier->threads, fault);
	if (result == RESULT_OK)
		courier->watch = loop_watch_new(settings->loop, courier_threads_fd(courier->threads), on_results, courier);
	return result;
}

enum result courier_new(const struct courier_settings *settings, struct courier **courier, struct fault *fault)
{
	struct courier *new = MEM_NEW(struct courier);
	new->settings = *settings;
	new->results_end = &new->results;
	new->relay_again = new->figures.trouble_since = INSTANT_NONE;
	new->random = seed(settings->seed);
	set_defaults(&new->settings);
	courier_use(new, settings->directory, settings->rules, settings->calendar);
	new->timer = loop_timer_new(settings->loop, on_timer, new);
	enum result result = recover(new, fault);
	if (result == RESULT_OK && settings->channel_count)
		result = start(new, fault);
	new->figures.shadow = !new->threads;
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
	if (courier->stopping)
		return;
	courier->stopping = true;
	loop_timer_at(courier->timer, INSTANT_NEVER);
	if (!courier->threads)
		return;
	(void)courier_threads_stop(courier->threads, grace_ms);
	collect(courier);
	if (courier_write_results(courier, &fault) != RESULT_OK)
		log_error("what came of the last messages could not be written: %s. They are uncertain at the next start.",
		          fault.text);
	courier->figures.under_way = courier->under_way;
}

void courier_free(struct courier *courier)
{
	if (!courier)
		return;
	courier_stop(courier, 0);
	loop_watch_free(courier->watch);
	loop_timer_free(courier->timer);
	courier_threads_free(courier->threads);
	for (struct delivery *delivery = courier->results, *next; delivery; delivery = next) {
		next = delivery->next;
		delivery_free(delivery);
	}
	free(courier->windows);
	free(courier->nobodies);
	free(courier);
}

void courier_figures(const struct courier *courier, struct courier_figures *figures)
{
	*figures = courier->figures;
	figures->under_way = courier->under_way;
}

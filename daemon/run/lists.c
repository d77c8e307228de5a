/* lists: the lists: when they are due, and what they say when the courier has one in hand.
 *
 * A list that is due waits, a turn of the loop at a time, until the registers hold every event stored when it was asked
 * for; then a thread reads it; then its rows are made. */
#include "run/run_internal.h"

#include "base/lateness.h"
#include "base/log.h"
#include "message/link.h"
#include "report/lists.h"
#include "report/schedule.h"
#include "store/registers/registers.h"
#include "time/words.h"

#include <stdio.h>
#include <stdlib.h>

#define AFTER_STORED MINUTE           /* while a full list waits for events */
#define TURN (SECOND / 100)           /* between two portions that a list waits for; others get theirs */
#define AGAIN_AFTER (10 * SECOND)     /* after a failure that may pass */
#define BROKEN_AFTER (10 * MINUTE)    /* after one that somebody must mend */
#define WAITED_LEAST (5 * MINUTE)     /* before ops hear of a late one: one of the night before is first read */
#define LATE_LOOKS MINUTE

/* Of each list, by its number in the configuration. Times are of clock_elapsed, but for `told`. */
struct unmade {
	instant since; /* it is due, and was not made; INSTANT_NONE: it is not so */
	instant again; /* it failed: others have their turn until then */
	instant told;  /* ops heard of the one due then */
	bool waits;    /* for events that are still to be stored */
	struct lateness broken;
};

struct listing {
	struct lists *lists;
	struct loop_timer *due;
	struct loop_watch *read;       /* a list was read */
	struct schedule_owed owed;     /* by the list number `at`: being made */
	size_t at;
	bool waits;                    /* a full list is owed and waits for events: what is stored may end that */
	bool woken;                    /* it is looked at again in a minute, since something was stored */
	instant next;                  /* the next time that a list is due, by the wall clock */
	bool sound;                    /* looking for what is owed went well, since the start or since it was damaged */
	struct lateness late, unread;  /* looking for what is owed; reading it */
	struct unmade *unmade;
	size_t unmade_count;
	instant looked;                /* for lists that are late (clock_elapsed); INSTANT_NONE: not yet */
	uint64_t waits_for;            /* the newest event that the registers must hold, and 1; 0: not asked yet */
};

static struct lists_settings settings_of(struct council *council)
{
	const struct config *config = council->config;
	return (struct lists_settings){.database = council->first->database,
	                               .lists = config->lists,
	                               .list_count = config->list_count,
	                               .rules = config->rules,
	                               .directory = config->directory,
	                               .calendar = config->calendar,
	                               .templates = council->edition->templates,
	                               .council = config->council,
	                               .go_live = config->go_live,
	                               .type_prefix = config->type_prefix,
	                               .owner = &council->edition->shared};
}

/* ---- due ---- */

/* Whether the registers hold all that was stored when the list was first asked for. */
static enum result registers_hold(struct council *council, bool *hold, struct fault *fault)
{
	struct register_progress progress;
	bool more;
	*hold = false;
	enum result result = council_step_registers(council, &more, fault);
	if (result == RESULT_OK)
		result = register_progress(council->store, &progress, fault);
	if (result != RESULT_OK)
		return result;
	if (!council->listing->waits_for)
		council->listing->waits_for = progress.newest + 1; /* 0 is: it waits for nothing */
	*hold = !progress.building && progress.done + 1 >= council->listing->waits_for;
	return RESULT_OK;
}

/* A role of the list that nobody holds: the list has a reader fewer, or none. */
static enum result tell_unread(struct council *council, const struct schedule *schedule,
                               const struct schedule_owed *owed, instant now, struct fault *fault)
{
	const struct config *config = council->config;
	struct schedule_recipients to;
	enum result result = RESULT_OK;
	schedule_recipients_find(schedule->list, config->directory,
	                         zone_date(calendar_zone(config->calendar), owed->as_of), &to);
	for (size_t i = 0; i < to.vacant_count && result == RESULT_OK; i++) {
		char title[256];
		(void)snprintf(title, sizeof title, "Nobody is %s",
		               directory_role_title(config->directory, to.vacant[i]));
		struct ops_word word = {.what = OPS_NOBODY, .key = text_of(to.vacant[i]), .more = 1, .title = title,
		                        .meaning = "A list has one reader fewer, or none.",
		                        .facts = {{"List", schedule->list->id, NULL}, {"Role", to.vacant[i], NULL}},
		                        .fact_count = 2};
		result = ops_say(council->ops, &word, now, fault);
	}
	schedule_recipients_free(&to);
	return result;
}

/* A list tells what came since the one before; a report of a period that was passed over is never made by itself. */
static enum result tell_passed_over(struct council *council, const struct schedule *schedule,
                                    const struct schedule_owed *owed, instant now, struct fault *fault)
{
	const struct config_list *list = schedule->list;
	char key[160], title[256];
	struct buffer due = {0};
	instant before = recurrence_latest(&list->due, schedule->calendar, owed->due - 1);
	if (!list->report || list->by_person || owed->full || before <= owed->last)
		return RESULT_OK;
	(void)snprintf(key, sizeof key, "passed-over/%s", list->id);
	(void)snprintf(title, sizeof title, "The report %s was passed over while casewatch was not running", list->id);
	words_moment(calendar_zone(schedule->calendar), (struct words_moment){before, false}, WORDS_FULL, &due);
	struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = text_of(key), .lasting = OPS_UNTIL_DIGEST,
	                        .title = title,
	                        .meaning = "The one of the last period is made. Of those before ask for each by "
	                                   "itself: casewatch report NAME --period PERIOD.",
	                        .facts = {{"Report", list->id, NULL},
	                                  {"Due, and not made", buffer_cstr(&due), "and those before, back to the last "
	                                                                           "that was made"}},
	                        .fact_count = 2};
	enum result result = ops_say(council->ops, &word, now, fault);
	buffer_free(&due);
	return result;
}

static enum result make_list(struct council *council, const struct schedule *schedule, const struct schedule_owed *owed,
                             instant *pause, struct fault *fault)
{
	bool hold = false;
	size_t added;
	instant now = council_now(council);
	*pause = TURN;
	struct lists_wanted wanted = {schedule->list, owed->as_of, owed->last, owed->due,
	                              TEXT_NONE,      TEXT_NONE,   owed->full};
	enum result result = registers_hold(council, &hold, fault);
	if (result != RESULT_OK || !hold || !lists_ready(council->listing->lists, &wanted, now))
		return result;
	result = store_begin(council->store, fault);
	if (result == RESULT_OK)
		result = schedule_make(schedule, owed, now, &added, fault);
	if (result == RESULT_OK)
		result = lists_print(council->listing->lists, &wanted, council->store, now, fault);
	if (result == RESULT_OK)
		result = tell_unread(council, schedule, owed, now, fault);
	if (result == RESULT_OK)
		result = tell_passed_over(council, schedule, owed, now, fault);
	if (result == RESULT_OK)
		result = store_commit(council->store, fault);
	else
		store_rollback(council->store);
	if (result != RESULT_OK)
		return result;
	log_notice("list %s: %zu are on their way", schedule->list->id, added);
	(void)lateness_is_over(&council->listing->unmade[schedule->list - council->config->lists].broken);
	council->listing->owed = (struct schedule_owed){0};
	council->listing->waits_for = 0;
	*pause = 0;
	return RESULT_OK;
}

/* One list at a time: the first that owes something, but for those that failed a moment ago. What it owes is held until
 * its rows are made, so that it is read as of one time. *next: when to look again by the wall clock; *pause: by time
 * passed; INSTANT_NEVER: neither. */
static enum result look_at_lists(struct council *council, instant *next, instant *pause, struct fault *fault)
{
	const struct config *config = council->config;
	enum result result = RESULT_OK;
	instant elapsed = council_elapsed(council);
	*next = *pause = INSTANT_NEVER;
	council->listing->waits = false;
	for (size_t i = 0; i < config->list_count && result == RESULT_OK; i++) {
		struct schedule schedule = {council->store, config->directory, config->calendar, &config->lists[i]};
		struct schedule_owed owed = council->listing->owed;
		instant then = INSTANT_NEVER, again = council->listing->unmade[i].again;
		if (again > elapsed) {
			*pause = again - elapsed < *pause ? again - elapsed : *pause;
			continue;
		}
		if (!owed.anything || council->listing->at != i)
			result = schedule_look(&schedule, council_now(council), &owed, &then, fault);
		if (result == RESULT_OK && owed.anything) {
			council->listing->owed = owed;
			council->listing->at = i;
			return make_list(council, &schedule, &owed, pause, fault);
		}
		*next = then < *next ? then : *next;
		council->listing->unmade[i].waits = owed.waits;
		council->listing->waits = council->listing->waits || owed.waits;
	}
	council->listing->next = *next;
	return result;
}

/* Alerts go on without lists. */
static void say_damaged(struct council *council, const struct fault *fault)
{
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("lists"),
	                        .title = "Lists cannot be made: the database is damaged",
	                        .meaning = "Alerts go on. No list comes until it is restored: ring who waits for one.",
	                        .facts = {{"Fault", fault->text, NULL},
	                                  {"Next", "docs/operations.md, \"Is the database sound?\"", NULL}},
	                        .fact_count = 2};
	log_error("lists cannot be made: %s", fault->text);
	council_say_ops(council, &word);
}

/* ---- late ---- */

static void say_late(struct council *council, const struct config_list *list, instant due)
{
	const struct unmade *unmade = &council->listing->unmade[list - council->config->lists];
	bool failed = unmade->again != INSTANT_NONE;
	const char *why = failed ? "it cannot be read: see ops.template of this list, or the journal"
	                         : "the registers do not hold yet all that was stored when it was due";
	struct ops_late_list room;
	struct buffer when = {0};
	if (!failed && list->report && list->report->outside && unmade->waits)
		why = "it is for a body outside the council, which is told once: it waits for its data, three days at "
		      "most";
	if (!feeds_were_caught_up(council))
		why = "what the sources had before casewatch started is still being read";
	words_moment(calendar_zone(council->config->calendar), (struct words_moment){due, false}, WORDS_FULL, &when);
	struct ops_word word = ops_late_list(text_of(list->id), "it is not made", &room);
	word.facts[word.fact_count++] = (struct ops_fact){"List", list->id, NULL};
	word.facts[word.fact_count++] = (struct ops_fact){"Due", buffer_cstr(&when), NULL};
	word.facts[word.fact_count++] = (struct ops_fact){"What was found", why, NULL};
	council_say_ops(council, &word);
	buffer_free(&when);
}

static enum result look_if_late(struct council *council, size_t number, instant elapsed, struct fault *fault)
{
	const struct config *config = council->config;
	const struct config_list *list = &config->lists[number];
	struct unmade *unmade = &council->listing->unmade[number];
	struct schedule schedule = {council->store, config->directory, config->calendar, list};
	instant now = council_now(council), due;
	enum result result = schedule_unmade(&schedule, now, &due, fault);
	if (result != RESULT_OK || due == INSTANT_NONE) {
		unmade->since = INSTANT_NONE;
		return result;
	}
	if (unmade->since == INSTANT_NONE)
		unmade->since = elapsed;
	if (due == unmade->told || now - due < OPS_LIST_LATE || elapsed - unmade->since < WAITED_LEAST)
		return RESULT_OK;
	unmade->told = due;
	say_late(council, list, due);
	return RESULT_OK;
}

/* Whatever keeps a list from being made (the log is still being read, registers are behind, it cannot be read): who
 * lives from it reads nothing, and takes it for a quiet night. */
static void look_for_late(struct council *council)
{
	struct listing *listing = council->listing;
	instant elapsed = council_elapsed(council);
	struct fault fault = {0};
	enum result result = RESULT_OK;
	if (listing->looked != INSTANT_NONE && elapsed < listing->looked + LATE_LOOKS)
		return;
	listing->looked = elapsed;
	for (size_t i = 0; i < council->config->list_count && result == RESULT_OK; i++)
		result = look_if_late(council, i, elapsed, &fault);
	if (result != RESULT_OK && lateness_failed(&listing->late, elapsed))
		log_warning("whether a list is late cannot be asked: %s", fault.text);
}

/* The earlier of the two: `next` by the wall clock, `pause` by time passed. */
static void arm(struct council *council, instant next, instant pause)
{
	if (pause != INSTANT_NEVER && (next == INSTANT_NEVER || pause <= next - council_now(council)))
		loop_timer_in(council->listing->due, pause);
	else
		loop_timer_at(council->listing->due, next);
}

static void on_due(void *argument)
{
	struct council *council = argument;
	struct fault fault = {0};
	instant next, pause;
	council->listing->woken = false;
	look_for_late(council);
	if (!feeds_were_caught_up(council)) { /* a list made before the log was read would be wrong */
		loop_timer_in(council->listing->due, SECOND / 10);
		return;
	}
	enum result result = look_at_lists(council, &next, &pause, &fault);
	if (result == RESULT_TEMPORARY) {
		if (lateness_failed(&council->listing->late, council_elapsed(council)))
			log_warning("the lists are late: %s", fault.text);
		pause = AGAIN_AFTER;
	} else if (result == RESULT_PERMANENT && store_is_damaged(council->store)) {
		say_damaged(council, &fault);
		council->listing->sound = false;
		pause = BROKEN_AFTER;
		result = RESULT_OK;
	} else if (result == RESULT_OK && !council->listing->sound) {
		council->listing->sound = true;
		council_end_ops(council, OPS_STORE, TEXT("lists"), NULL);
	} else if (result == RESULT_OK && !council->listing->owed.anything && /* one that waits says nothing yet */
		   lateness_is_over(&council->listing->late)) {
		log_notice("the lists are looked after again");
	}
	arm(council, next, pause);
	council_after(council, result, &fault);
}

/* Nothing but an event ends what a full list waits for. */
static void wake(struct council *council, bool stored)
{
	struct listing *listing = council->listing;
	if (!stored || !listing || !listing->waits || listing->woken ||
	    listing->next <= council_now(council) + AFTER_STORED)
		return;
	listing->woken = true;
	loop_timer_in(listing->due, AFTER_STORED);
}

/* ---- read ---- */

static void say_broken(struct council *council, const struct config_list *list, const struct fault *fault)
{
	struct unmade *unmade = &council->listing->unmade[list - council->config->lists];
	struct ops_word word = {.what = OPS_TEMPLATE, .key = text_of(list->id), .more = 1,
	                        .title = "A list cannot be made",
	                        .facts = {{"List", list->file, NULL}, {"Fault", fault->text, NULL}}, .fact_count = 2};
	if (!lateness_failed(&unmade->broken, council_elapsed(council)))
		return;
	log_error("list %s cannot be made: %s", list->id, fault->text);
	council_say_ops(council, &word);
}

/* A team's own report is read when its mail is made: that is when it is printed. What all get was kept with its rows.
 */
static enum result keep_printed(struct council *council, const struct lists_wanted *read, struct fault *fault)
{
	if (!read->list->report || !read->team.length)
		return RESULT_OK;
	enum result result = store_begin(council->store, fault);
	if (result == RESULT_OK)
		result = lists_print(council->listing->lists, read, council->store, council_now(council), fault);
	if (result == RESULT_OK)
		return store_commit(council->store, fault);
	store_rollback(council->store);
	return result;
}

/* Else a mail that could not be made yet is looked at again a minute later. */
static void send_what_waited(struct council *council, const struct lists_wanted *read)
{
	struct fault fault = {0};
	if (!council->courier)
		return;
	enum result result = keep_printed(council, read, &fault);
	if (result == RESULT_TEMPORARY)
		lists_drop(council->listing->lists, read);
	if (result == RESULT_OK)
		result = outbox_list_is_read(council->store, TEXT(LISTS_READING), read->person, council_now(council),
		                             &fault);
	council_after(council, result, &fault);
	courier_wake(council->courier);
}

/* The others have their turn; and how things stand is asked anew when it has its own. */
static void put_off(struct council *council, const struct config_list *list, instant pause)
{
	struct listing *listing = council->listing;
	size_t number = (size_t)(list - council->config->lists);
	if (!listing->owed.anything || listing->at != number)
		return;
	listing->unmade[number].again = council_elapsed(council) + pause;
	listing->owed = (struct schedule_owed){0};
	listing->waits_for = 0;
}

static void on_read(void *argument)
{
	struct council *council = argument;
	struct lists_wanted which;
	struct fault fault = {0};
	int64_t damaged;
	enum result result = lists_take(council->listing->lists, council_now(council), &which, &fault);
	if (result == RESULT_TEMPORARY) {
		if (lateness_failed(&council->listing->unread, council_elapsed(council)))
			log_warning("list %s is late: %s", which.list->id, fault.text);
		put_off(council, which.list, AGAIN_AFTER);
	} else if (result == RESULT_PERMANENT) {
		say_broken(council, which.list, &fault);
		put_off(council, which.list, BROKEN_AFTER);
	} else if (lateness_is_over(&council->listing->unread)) {
		log_notice("list %s is made: lists can be read again", which.list ? which.list->id : "");
	}
	if (lists_unreadable(council->listing->lists, &damaged))
		council_say_unreadable(council, damaged);
	loop_timer_in(council->listing->due, 0);
	if (result == RESULT_OK && which.list)
		send_what_waited(council, &which);
}

/* By the configuration in force: its lists have other numbers than those before. */
static void begin_anew(struct council *council)
{
	struct listing *listing = council->listing;
	free(listing->unmade);
	listing->unmade_count = council->config->list_count;
	listing->unmade = mem_zero(listing->unmade_count + 1, sizeof *listing->unmade);
	for (size_t i = 0; i < listing->unmade_count; i++)
		listing->unmade[i] = (struct unmade){INSTANT_NONE, INSTANT_NONE, INSTANT_NONE, false, {0}};
	listing->looked = INSTANT_NONE;
}

void council_start_lists(struct council *council)
{
	struct lists_settings settings = settings_of(council);
	struct fault fault = {0};
	struct listing *listing = MEM_NEW(struct listing);
	*listing = (struct listing){.lists = lists_new(&settings, &fault)};
	council->listing = listing;
	if (!listing->lists) {
		council_after(council, RESULT_PERMANENT, &fault);
		return;
	}
	listing->read = loop_watch_new(council->daemon->loop, lists_fd(listing->lists), on_read, council);
	listing->due = loop_timer_new(council->daemon->loop, on_due, council);
	begin_anew(council);
	loop_timer_in(listing->due, 0);
	council_follow(council, wake);
}

void council_use_lists(struct council *council)
{
	struct lists_settings settings = settings_of(council);
	lists_use(council->listing->lists, &settings);
	begin_anew(council);
	council->listing->owed = (struct schedule_owed){0};
	council->listing->waits_for = 0;
	loop_timer_in(council->listing->due, 0);
}

void council_stop_lists(struct council *council)
{
	struct listing *listing = council->listing;
	if (!listing)
		return;
	loop_timer_free(listing->due);
	loop_watch_free(listing->read);
	lists_free(listing->lists);
	free(listing->unmade);
	free(listing);
	council->listing = NULL;
}

/* ---- in the courier's hand ---- */

struct linking {
	const struct council *council;
	const struct person *reader;
	instant now;
};

/* A link answers as the person who was told; whoever reads the list in their place gets the address of the alert's
 * page, which asks who they are. */
static void add_link(void *context, const struct list_alert *alert, struct buffer *out)
{
	const struct linking *linking = context;
	const char *base = linking->council->config->answer_url;
	char token[LINK_TOKEN_SIZE];
	if (!base || !linking->council->edition->keys)
		return;
	buffer_string(out, base);
	if (text_equal(alert->told.person, text_of(linking->reader->id))) {
		link_make(linking->council->edition->keys, &alert->told, linking->now, token);
		buffer_string(out, token);
	} else {
		out->length -= strlen(base) >= 2 ? 2 : 0; /* the base of all pages: without "a/" */
		buffer_format(out, "alerts/A-%lld", (long long)alert->number);
	}
}

/* "Custody report, {{holds_counted}}" is called so without its figures. */
static struct text before_figures(struct text words)
{
	bool figures = memmem(words.at, words.length, "{{", 2);
	size_t length = figures ? strcspn(words.at, ",:{") : words.length;
	return text_trim((struct text){words.at, length});
}

struct text council_list_name(void *context, struct text list)
{
	const struct config *config = ((const struct council *)context)->config;
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *known = &config->lists[i];
		if (text_equal(text_of(known->id), list))
			return before_figures(text_of(known->subject ? known->subject : known->title));
	}
	return TEXT_NONE;
}

instant council_list_next(void *context, struct text list, instant due)
{
	const struct config *config = ((const struct council *)context)->config;
	const struct config_list *known = lists_find(config->lists, config->list_count, list);
	return known ? recurrence_next(&known->due, config->calendar, due) : INSTANT_NONE;
}

/* Inside the courier's transaction. */
enum result council_render_list(void *context, const struct outbox_row *row, const struct payload *payload,
                                const struct person *person, instant now, struct message *out, struct fault *fault)
{
	struct council *council = context;
	struct arena *arena = arena_new(256);
	bool fell_back = false;
	struct linking linking = {council, person, now};
	const char *role = arena_copy_text(arena, row->role.at, row->role.length);
	const char *title = directory_role_title(council->config->directory, role);
	/* The row's own person is whose list it is: cover reads that, too. */
	struct lists_reader_of reader = {title, row->person, add_link, &linking};
	enum result result = lists_render(council->listing->lists, payload, &reader, now, &out->subject, &out->text,
	                                  &out->html, &fell_back, fault);
	arena_free(arena);
	if (result == RESULT_OK && fell_back) /* the courier tells ops */
		buffer_string(&out->fell_back, fault->text);
	return result;
}

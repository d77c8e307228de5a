/* clocks: those of one child, and those of all that run out soon. */
#include "web/clocks.h"

#include "store/alerts/alerts.h"
#include "time/words.h"

#include <stdlib.h>

#define SUBJECTS_MOST 40 /* that are judged for one page: each costs about a millisecond */
#define ROWS_MOST 30     /* that are shown */
#define DUE_MOST 2000    /* of which the children are picked: workers and providers have clocks, too */

struct asking {
	const struct subject *subject;
	struct clocks_seen *seen;
};

static void take_clock(void *argument, const struct engine_clock *clock)
{
	struct asking *asking = argument;
	struct clocks_seen *seen = asking->seen;
	if (clock->rule->shadow)
		return;
	const struct event *event =
		clock->ref && clock->ref <= asking->subject->count ? asking->subject->events[clock->ref - 1] : NULL;
	*(struct clock_seen *)mem_push((void **)&seen->items, &seen->count, &seen->room, sizeof *seen->items) =
		(struct clock_seen){clock->rule,
	                            clock->since,
	                            clock->due,
	                            clock->warn_at,
	                            event && event->day_precision && event->time == clock->since,
	                            clock->met_before,
	                            event && event->time == clock->since ? schema_type_title(event->type) : NULL};
}

static void take_state(void *argument, const char *state, instant since)
{
	struct clocks_seen *seen = ((struct asking *)argument)->seen;
	size_t i = 0;
	while (i < seen->state_count && strcmp(seen->states[i].state, state) != 0)
		i++;
	if (i == STATES_SEEN || (i < seen->state_count && seen->states[i].since <= since))
		return;
	seen->states[i] = (struct state_seen){state, since};
	seen->state_count += i == seen->state_count;
}

enum result clocks_of(const struct config *config, const struct subject *subject, instant now, struct clocks_seen *seen,
                      struct fault *fault)
{
	struct asking asking = {subject, seen};
	struct trial trial = {.config = config,
	                      .rules = config->rules,
	                      .subject = subject,
	                      .at = now,
	                      .clocks = take_clock,
	                      .states = take_state,
	                      .clock_argument = &asking};
	return trial_judge(&trial, NULL, NULL, fault);
}

void clocks_name(const struct rule *rule, struct buffer *out)
{
	const char *what = rule->due_what;
	if (!what) {
		buffer_string(out, rule->title);
		return;
	}
	if (strncmp(what, "the ", 4) == 0 || strncmp(what, "a ", 2) == 0)
		what = strchr(what, ' ') + 1;
	words_sentence(text_of(what), out);
}

/* ---- soon ---- */

struct row_seen {
	instant at;
	struct clock_seen clock;
	struct text subject;
	bool warning;
};
struct soon {
	struct shown_page *shown;
	instant until;
	struct row_seen *rows;
	size_t count, room, subjects, due;
	struct text names[SUBJECTS_MOST + 1];
};

static enum result take_due(void *argument, enum party_kind domain, struct text subject, instant at,
                            struct fault *fault)
{
	struct soon *soon = argument;
	(void)at, (void)fault;
	soon->due++;
	if (domain == PARTY_NONE && soon->subjects <= SUBJECTS_MOST)
		soon->names[soon->subjects++] = text_keep(soon->shown->page->arena, subject);
	return RESULT_OK;
}

static void add_row(struct soon *soon, struct text subject, const struct clock_seen *clock, bool warning)
{
	instant at = warning ? clock->warn_at : clock->due;
	if (at == INSTANT_NEVER || at >= soon->until || at <= soon->shown->page->now)
		return;
	*(struct row_seen *)mem_push((void **)&soon->rows, &soon->count, &soon->room, sizeof *soon->rows) =
		(struct row_seen){at, *clock, subject, warning};
}

static enum result judge(struct soon *soon, struct text name, struct fault *fault)
{
	const struct web_page *page = soon->shown->page;
	struct ground ground = {page->settings->config, page->store, page->now, GROUND_PAGE_EVENTS};
	struct subject subject = subject_of(name, PARTY_NONE);
	struct clocks_seen seen = {0};
	enum result result = ground_gather(&ground, &subject, fault);
	if (result == RESULT_OK)
		result = clocks_of(page->settings->config, &subject, page->now, &seen, fault);
	for (size_t i = 0; i < seen.count; i++) {
		if (seen.items[i].rule->restricted)
			continue;
		add_row(soon, name, &seen.items[i], false);
		add_row(soon, name, &seen.items[i], true);
	}
	free(seen.items);
	subject_free(&subject);
	return result;
}

static enum result look_at(struct soon *soon, struct text name, struct fault *fault)
{
	struct shown_page *shown = soon->shown;
	struct board_alert facts;
	struct sight_child of;
	bool found;
	enum result result = board_child(shown->page->store, name, &facts, &found, fault);
	if (result == RESULT_OK && found)
		result = sight_child(shown->sight, name, facts.restricted, &of, fault);
	if (result != RESULT_OK || !found || of.restricted || of.doubtful || !sight_may_see(shown->sight, name, &of))
		return result;
	return judge(soon, name, fault);
}

static int by_time(const void *a, const void *b)
{
	const struct row_seen *x = a, *y = b;
	return x->at != y->at ? (x->at < y->at ? -1 : 1) : 0;
}

static enum result put_row(struct soon *soon, const struct row_seen *seen, struct data *list, struct fault *fault)
{
	struct shown_page *shown = soon->shown;
	struct data *row = data_item(list);
	struct board_alert facts;
	bool found;
	enum result result = board_child(shown->page->store, seen->subject, &facts, &found, fault);
	web_look(shown->page, seen->subject, TEXT_NONE);
	shown_begin(shown);
	shown_when(shown, seen->at);
	shown_end(shown, row, "when");
	data_text(row, "child_id", seen->subject);
	data_flag(row, "child_linked", true);
	shown_begin(shown);
	shown_child(shown, &facts, "");
	shown_end(shown, row, "child_facts");
	shown_begin(shown);
	clocks_name(seen->clock.rule, &shown->words);
	if (seen->warning) {
		buffer_string(&shown->words, ": early warning, ");
		words_left(seen->clock.due - seen->at, &shown->words);
	} else {
		buffer_format(&shown->words, ": it runs out, a %s alert opens",
		              severity_name(seen->clock.rule->severity));
	}
	shown_end(shown, row, "clock_what");
	return result;
}

enum result clocks_soon(struct shown_page *shown, instant until, struct fault *fault)
{
	struct soon soon = {.shown = shown, .until = until};
	struct data *list = data_list(shown->root, "clocks");
	enum result result = RESULT_OK;
	if (shown->sight->ready)
		result = due_each(shown->page->store, until - 1, DUE_MOST, take_due, &soon, fault);
	for (size_t i = 0; i < soon.subjects && i < SUBJECTS_MOST && result == RESULT_OK; i++)
		result = look_at(&soon, soon.names[i], fault);
	if (soon.count)
		qsort(soon.rows, soon.count, sizeof *soon.rows, by_time);
	for (size_t i = 0; i < soon.count && i < ROWS_MOST && result == RESULT_OK; i++)
		result = put_row(&soon, &soon.rows[i], list, fault);
	bool cut = soon.subjects > SUBJECTS_MOST || soon.due == DUE_MOST;
	data_format(shown->root, "clocks_count", "%zu%s", soon.count, cut ? " or more" : "");
	data_flag(shown->root, "clocks_cut", cut || soon.count > ROWS_MOST);
	data_flag(shown->root, "clocks_known", shown->sight->ready);
	shown_begin(shown);
	words_clock(shown->page->zone, until, &shown->words);
	shown_end(shown, shown->root, "clocks_until");
	free(soon.rows);
	return result;
}

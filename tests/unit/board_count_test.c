/* What the duty desk's board counts: by an index alone, and exactly what reading each alert would count. */
#include "desk_world.h"

#define MORNING "2020-02-05T02:14:00Z"

static uint64_t draws;

static size_t draw(size_t below)
{
	draws = draws * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(draws >> 33) % below;
}

/* Of children: P1, P2 plain; R1 restricted by its records; L1 by the directory, which knows no worker L1. */
static const char *const subjects[] = {"P1", "P2", "R1", "L1"};

static void child(struct desk *desk, const char *name, const char *more)
{
	char event[32], data[160];
	(void)snprintf(event, sizeof event, "child-%s", name);
	(void)snprintf(data, sizeof data, "\"initials\":\"AB\"%s", more);
	hear(desk->w, event, "child.updated", name, "2020-02-01T09:00:00Z", data);
}

static void children(struct desk *desk)
{
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
		child(desk, subjects[i], subjects[i][0] == 'R' ? ",\"restricted\":true" : "");
	settle(desk);
}

struct kind {
	enum party_kind domain;
	const char *subject, *rule;
	enum alert_state state;
	bool told, answered;
};

static void stand(struct desk *desk, const struct kind *kind, size_t number)
{
	struct fixture *f = desk->w->f;
	const struct ruleset *rules = desk->w->config->rules;
	int64_t kept;
	struct alert alert = {.rule = ruleset_find(rules, text_of(kind->rule))->index,
	                      .key = number,
	                      .state = kind->state,
	                      .opened = at(MORNING) - (instant)(number + 1) * MINUTE,
	                      .closed = kind->state == ALERT_STANDING ? INSTANT_NEVER : at(MORNING),
	                      .due = INSTANT_NONE,
	                      .told = kind->told ? at(MORNING) - MINUTE : INSTANT_NONE,
	                      .step = 1,
	                      .acknowledged = kind->answered,
	                      .next = at(MORNING) + (instant)(draw(5000) + 1) * MINUTE,
	                      .asked = INSTANT_NONE,
	                      .stood_until = INSTANT_NONE,
	                      .warned = {.at = INSTANT_NONE}};
	(void)snprintf(alert.id, sizeof alert.id, "%016zx", number + 1);
	OK(alerts_keep(f->store, rules, kind->domain, text_of(kind->subject), &alert, &kept, &f->fault));
}

static struct kind some_kind(void)
{
	static const char *const rules[] = {"custody.overnight", "missing.vpg-referral", "strategy.complex"};
	size_t who = draw(5);
	return (struct kind){.domain = who == 4 ? PARTY_WORKER : PARTY_NONE,
	                     .subject = subjects[who == 4 ? 3 : who],
	                     .rule = rules[draw(3)],
	                     .state = draw(4) ? ALERT_STANDING : ALERT_RESOLVED,
	                     .told = draw(6) > 0,
	                     .answered = draw(3) == 0};
}

/* By each alert, as the page did: what stands, was told, and is of nobody who is restricted. */
struct counted {
	size_t unanswered, answered;
	bool ready;
};

static void expect(const struct kind *kind, struct counted *counted)
{
	bool listed = kind->domain == PARTY_NONE && strcmp(kind->subject, "L1") == 0;
	bool recorded = kind->domain == PARTY_NONE && counted->ready && strcmp(kind->subject, "R1") == 0;
	if (kind->state != ALERT_STANDING || !kind->told || listed || recorded ||
	    strcmp(kind->rule, "strategy.complex") == 0)
		return;
	*(kind->answered ? &counted->answered : &counted->unanswered) += 1;
}

static void assert_counts(struct desk *desk, const struct counted *counted)
{
	char words[64];
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	(void)snprintf(words, sizeof words, "<b>%zu</b> without an answer", counted->unanswered);
	assert_says(desk, words);
	(void)snprintf(words, sizeof words, "<b>%zu</b> open", counted->unanswered + counted->answered);
	assert_says(desk, words);
	(void)get(desk, page_board, "p-edt", NULL, "order", "oldest", MORNING);
	assert_says(desk, words);
}

/* Every alert that is seen is shown once, and none that is not, on whichever page and in whichever order. */
static size_t shown_on(struct desk *desk, const char *name, const char *value)
{
	size_t count = 0;
	(void)get(desk, page_board, "p-edt", NULL, name, value, MORNING);
	for (const char *found = html(desk); (found = strstr(found, "href=\"/alerts/A-")) != NULL; found++)
		count++;
	return count;
}

static void what_is_counted_is_what_may_be_seen(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	struct directory *directory = desk->w->config->directory;
	struct restricted restricted = {.child = "L1"};
	struct counted counted = {.ready = true};
	directory->restricted = &restricted;
	directory->restricted_count = 1;
	children(desk);
	OK(store_begin(f->store, &f->fault));
	for (size_t i = 0; i < 400; i++) {
		struct kind kind = some_kind();
		stand(desk, &kind, i);
		expect(&kind, &counted);
	}
	OK(store_commit(f->store, &f->fault));
	assert_true(counted.unanswered > 50 && counted.answered > 20);
	assert_counts(desk, &counted);
	size_t one = shown_on(desk, "page", "1"), two = shown_on(desk, "page", "2");
	assert_true(one >= 100 && two > 0);
	assert_int_equal(shown_on(desk, "order", "oldest"), one);
	assert_silent(desk, "/children/R1");
	assert_silent(desk, "/children/L1");
	directory->restricted_count = 0;
	directory->restricted = NULL;
}

/* A page of a hundred costs about as much however many stand behind it. */
static void what_stands_behind_a_page_is_not_read_for_it(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	uint64_t steps[2];
	const struct kind kind = {PARTY_NONE, "P1", "custody.overnight", ALERT_STANDING, true, false};
	children(desk);
	for (size_t round = 0; round < 2; round++) {
		OK(store_begin(f->store, &f->fault));
		for (size_t i = 0; i < 5000; i++)
			stand(desk, &kind, round * 5000 + i);
		OK(store_commit(f->store, &f->fault));
		(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
		uint64_t before = store_steps(desk->reader);
		(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
		steps[round] = store_steps(desk->reader) - before;
	}
	assert_says(desk, "Shown: 1 to 100 of 10,000.");
	/* To count one; it was read, with its child, by 41. */
	assert_in_range(steps[1] - steps[0], 0, (uint64_t)5000 * 12);
}

#define PAGE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE(what_is_counted_is_what_may_be_seen),
		PAGE(what_stands_behind_a_page_is_not_read_for_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

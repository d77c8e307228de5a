/* A courier behind a gate that says what the test wants, and remembers what it was asked. */
#ifndef CASEWATCH_TESTS_COURIER_GATE_WORLD_H
#define CASEWATCH_TESTS_COURIER_GATE_WORLD_H

#include "courier_fixture.h"

#include "statements.h"
#include "store/elsewhere.h"

#define ASKS_MOST 64

struct asked {
	struct outbox_same row, message;
	bool doubtful;
};
struct over {
	struct outbox_same row;
	uint32_t permission;
	enum gate_what what;
};
/* A gate that says what the test wants, and remembers what it was asked. */
struct script {
	struct courier_gate gate;
	bool open;
	enum gate_answer answer;
	instant wait;
	instant at; /* of what is learnt: when the journal was told */
	struct asked asked[ASKS_MOST];
	size_t asked_count, given, laters; /* laters: so often it says later first */
	struct over over[ASKS_MOST];
	size_t over_count;
};
static struct script script;
static struct bench *bench;

static inline bool is_open(void *context)
{
	return ((struct script *)context)->open;
}

static inline enum gate_answer ask(void *context, const struct outbox_same *row, const struct outbox_same *message,
                            bool doubtful, instant *wait)
{
	struct script *own = context;
	*wait = own->wait;
	if (own->laters) {
		own->laters--;
		return GATE_LATER;
	}
	if (own->answer == GATE_ASKED) {
		assert_true(own->asked_count < ASKS_MOST);
		own->asked[own->asked_count++] = (struct asked){*row, *message, doubtful};
	}
	return own->answer;
}

static inline void note_over(void *context, const struct outbox_same *row, uint32_t permission, enum gate_what what)
{
	struct script *own = context;
	assert_true(own->over_count < ASKS_MOST);
	own->over[own->over_count++] = (struct over){*row, permission, what};
}

/* All that was asked for and is not answered yet. */
static inline void permit(instant begin_by)
{
	for (; script.given < script.asked_count; script.given++)
		courier_may_send(bench->courier, &script.asked[script.given].row, (uint32_t)script.given + 1, begin_by);
}

static inline void refuse(void)
{
	for (; script.given < script.asked_count; script.given++)
		courier_may_not_send(bench->courier, &script.asked[script.given].row);
}

static inline void open_gate(bool open)
{
	script.open = open;
	courier_gate_turned(bench->courier);
}

static inline enum result find_last(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct outbox_row *last = argument;
	(void)fault;
	if (row->kind == OUTBOX_ALERT && row->id > last->id)
		*last = (struct outbox_row){.id = row->id, .same = row->same, .state = row->state,
		                            .possible_duplicate = row->possible_duplicate, .sent = row->sent};
	return RESULT_OK;
}

static inline struct outbox_row last_row(void)
{
	struct fault *fault;
	struct outbox_row last = {.id = 0};
	OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, find_last, &last, fault));
	return last;
}

static inline void learn(const struct outbox_same *row, const struct outbox_same *message, bool taken)
{
	struct fault *fault;
	bool changed;
	OK(store_begin(bench->store, fault));
	OK(courier_learn(bench->courier, row, message, taken, script.at, &changed, fault));
	OK(store_commit(bench->store, fault));
}

static inline const struct memory_attempt *last_attempt(void)
{
	return &bench->server.attempts[bench->server.count - 1];
}

/* Two roles of one person: one message, named after both. */
static inline void tell_two_roles(void)
{
	struct text alert = new_alert(bench, true);
	static const char *both[] = {"p-1"};
	struct outbox_row rows[2] = {row_of(bench, alert, "p-1", true), row_of(bench, alert, "second", true)};
	bench->roles[PEOPLE + 3] =
		(struct role_title){.role = "second", .title = "Second", .people = both, .people_count = 1};
	bench->directory.role_count = PEOPLE + 4;
	add_rows(bench, rows, 2);
}

static inline int setup(void **state)
{
	(void)state;
	bench = bench_begin("2020-02-05T10:00:00Z", 2);
	script = (struct script){.answer = GATE_ASKED, .at = INSTANT_NONE};
	script.gate = (struct courier_gate){is_open, ask, note_over, &script};
	courier_free(bench->courier);
	bench->gate = &script.gate;
	bench_start_courier(bench, false);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	bench_end(bench);
	return 0;
}

#define SENTENCE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif

/* registers: brought up to date in idle time, a portion a turn. */
#include "run/run_internal.h"

#include "base/lateness.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdlib.h>

#define AFTER_STORED SECOND           /* a transaction: what else comes within it is looked at together */
#define BESIDE_A_BACKLOG SECOND       /* while the log is read, events go first */
#define BESIDE_BACKLOGS (SECOND / 5)  /* while that of any council is, one of all councils has a portion */
#define AGAIN_AFTER (10 * SECOND)     /* after a failure */
#define DAMAGED_AFTER HOUR            /* after a page that is damaged: only a restore mends it */

struct council_registers {
	struct registers *made; /* NULL: not yet */
	struct loop_timer *turn;
	struct lateness late;
	bool kept; /* a turn of theirs was whole, since the start or since one found them damaged */
	bool rest; /* they hold everything: the next transaction wakes them */
};

static size_t linked(void *context, struct text id, const struct text **ids)
{
	const struct council *council = context;
	return pipeline_linked(council->pipeline, id, ids);
}

static struct text canonical(void *context, struct text id)
{
	const struct council *council = context;
	return pipeline_canonical(council->pipeline, id);
}

static bool knows_links(void *context)
{
	const struct council *council = context;
	return pipeline_learn_links(council->pipeline);
}

/* Made anew after a reload, and tried again where the database did not take it. */
static enum result make(struct council *council, struct fault *fault)
{
	struct registers_settings settings = {.store = council->store,
	                                      .rules = council->config->rules,
	                                      .zone = calendar_zone(council->config->calendar),
	                                      .context = council,
	                                      .linked = linked,
	                                      .canonical = canonical,
	                                      .knows_links = knows_links};
	return council->registers->made ? RESULT_OK : registers_new(&settings, &council->registers->made, fault);
}

enum result council_step_registers(struct council *council, bool *more, struct fault *fault)
{
	*more = true;
	enum result result = make(council, fault);
	return result == RESULT_OK ? registers_step(council->registers->made, more, fault) : result;
}

/* A register is made of events, for lists; alerts need none. A damaged page of one would otherwise end the daemon at
 * each start, and nobody would be told of anything. */
static void say_damaged(struct council *council, const struct fault *fault)
{
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("registers"),
	                        .title = "Registers are not kept any more: the database is damaged",
	                        .meaning = "Alerts go on. Lists and reports fail, or lack what was recorded since.",
	                        .facts = {{"Fault", fault->text, NULL},
	                                  {"Next", "docs/operations.md, \"Is the database sound?\"", NULL}},
	                        .fact_count = 2};
	log_error("the registers are not kept any more: %s", fault->text);
	council_say_ops(council, &word);
}

/* Who is touched again later in the backlog is reckoned again, too: what is done meanwhile is mostly done twice. While
 * any council of the process reads one, all of them have their portions in turn: of 150 that load one after the other
 * those which were done would otherwise have the loop for themselves. */
static instant pause_of(const struct council *council)
{
	const struct daemon *daemon = council->daemon;
	size_t reading = 0, busy = 0;
	for (size_t i = 0; i < daemon->council_count; i++) {
		const struct council *one = daemon->councils[i];
		reading += one->state == COUNCIL_UP && !feeds_were_caught_up(one);
		busy += one->registers && !one->registers->rest;
	}
	instant least = feeds_were_caught_up(council) ? 0 : BESIDE_A_BACKLOG;
	instant turn = reading ? BESIDE_BACKLOGS * (instant)busy : 0;
	return turn > least ? turn : least;
}

static void on_turn(void *argument)
{
	struct council *council = argument;
	struct council_registers *registers = council->registers;
	struct fault fault = {0};
	bool more = false;
	enum result result = council_step_registers(council, &more, &fault);
	instant wait = pause_of(council);
	bool damaged = result == RESULT_PERMANENT && store_is_damaged(council->store);
	if (result == RESULT_OK && !registers->kept)
		council_end_ops(council, OPS_STORE, TEXT("registers"), NULL);
	registers->kept = result == RESULT_OK || (registers->kept && !damaged);
	if (damaged) {
		say_damaged(council, &fault);
		wait = DAMAGED_AFTER;
	} else if (result == RESULT_TEMPORARY) {
		if (lateness_failed(&registers->late, council_elapsed(council)))
			log_warning("the registers are late: %s", fault.text);
		wait = AGAIN_AFTER;
	} else if (lateness_is_over(&registers->late)) {
		log_notice("the registers are kept again");
	}
	registers->rest = result == RESULT_OK && !more; /* until something is stored */
	if (!registers->rest)
		loop_timer_in(registers->turn, wait);
	if (result == RESULT_PERMANENT && !damaged)
		council_after(council, result, &fault);
}

/* They rest while nothing is stored: a daemon with nothing to do does nothing. */
static void wake(struct council *council, bool stored)
{
	if (!stored || !council_registers_rest(council))
		return;
	council->registers->rest = false;
	loop_timer_in(council->registers->turn, AFTER_STORED);
}

bool council_registers_rest(const struct council *council)
{
	return council->registers && council->registers->rest;
}

void council_start_registers(struct council *council)
{
	struct council_registers *registers = council->registers = MEM_NEW(struct council_registers);
	*registers = (struct council_registers){.turn = loop_timer_new(council->daemon->loop, on_turn, council)};
	loop_timer_in(registers->turn, 0);
	council_follow(council, wake);
}

void council_use_registers(struct council *council)
{
	struct council_registers *registers = council->registers;
	registers_free(registers->made);
	registers->made = NULL;
	registers->rest = false;
	loop_timer_in(registers->turn, 0);
}

void council_stop_registers(struct council *council)
{
	struct council_registers *registers = council->registers;
	if (!registers)
		return;
	loop_timer_free(registers->turn);
	registers_free(registers->made);
	free(registers);
	council->registers = NULL;
}

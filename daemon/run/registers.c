/* registers: brought up to date in idle time, a portion a turn. */
#include "run/run_internal.h"

#include "base/log.h"

#define BESIDE_A_BACKLOG (SECOND / 5) /* while the log is read, events go first */
#define AGAIN_AFTER (10 * SECOND)     /* after a failure */
#define DAMAGED_AFTER HOUR            /* after a page that is damaged: only a restore mends it */

static size_t linked(void *context, struct text id, const struct text **ids)
{
	const struct daemon *daemon = context;
	return pipeline_linked(daemon->pipeline, id, ids);
}

static struct text canonical(void *context, struct text id)
{
	const struct daemon *daemon = context;
	return pipeline_canonical(daemon->pipeline, id);
}

static bool knows_links(void *context)
{
	const struct daemon *daemon = context;
	return pipeline_learn_links(daemon->pipeline);
}

/* Made anew after a reload, and tried again where the database did not take it. */
static enum result make(struct daemon *daemon, struct fault *fault)
{
	struct registers_settings settings = {.store = daemon->store, .rules = daemon->config->rules,
	                                      .zone = calendar_zone(daemon->config->calendar), .context = daemon,
	                                      .linked = linked, .canonical = canonical, .knows_links = knows_links};
	return daemon->registers ? RESULT_OK : registers_new(&settings, &daemon->registers, fault);
}

enum result daemon_step_registers(struct daemon *daemon, bool *more, struct fault *fault)
{
	*more = true;
	enum result result = make(daemon, fault);
	return result == RESULT_OK ? registers_step(daemon->registers, more, fault) : result;
}

/* A register is made of events, for lists; alerts need none. A damaged page of one would otherwise end the daemon at
 * each start, and nobody would be told of anything. */
static void say_damaged(struct daemon *daemon, const struct fault *fault)
{
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("registers"),
	                        .title = "Registers are not kept any more: the database is damaged",
	                        .meaning = "Alerts go on. Lists and reports fail, or lack what was recorded since.",
	                        .facts = {{"Fault", fault->text, NULL},
	                                  {"Next", "docs/operations.md, \"Is the database sound?\"", NULL}},
	                        .fact_count = 2};
	log_error("the registers are not kept any more: %s", fault->text);
	daemon_say_ops(daemon, &word);
}

static void on_turn(void *argument)
{
	struct daemon *daemon = argument;
	struct fault fault = {0};
	bool more = false;
	enum result result = daemon_step_registers(daemon, &more, &fault);
	instant wait = daemon->feeds.caught_up ? 0 : BESIDE_A_BACKLOG;
	bool damaged = result == RESULT_PERMANENT && store_is_damaged(daemon->store);
	if (damaged) {
		say_damaged(daemon, &fault);
		wait = DAMAGED_AFTER;
	} else if (result == RESULT_TEMPORARY) {
		log_warning("the registers are late: %s", fault.text);
		wait = AGAIN_AFTER;
	}
	daemon->registers_rest = result == RESULT_OK && !more; /* until something is stored: core.c */
	if (!daemon->registers_rest)
		loop_timer_in(daemon->registers_turn, wait);
	if (result == RESULT_PERMANENT && !damaged)
		daemon_after(daemon, result, &fault);
}

void daemon_start_registers(struct daemon *daemon)
{
	daemon->registers_turn = loop_timer_new(daemon->loop, on_turn, daemon);
	loop_timer_in(daemon->registers_turn, 0);
}

void daemon_use_registers(struct daemon *daemon)
{
	registers_free(daemon->registers);
	daemon->registers = NULL;
	daemon->registers_rest = false;
	loop_timer_in(daemon->registers_turn, 0);
}

void daemon_stop_registers(struct daemon *daemon)
{
	loop_timer_free(daemon->registers_turn);
	registers_free(daemon->registers);
	daemon->registers_turn = NULL;
	daemon->registers_rest = false;
	daemon->registers = NULL;
}

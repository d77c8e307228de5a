/* core: what follows each transaction, and how the daemon leaves. */
#include "run/run_internal.h"

#include "base/log.h"
#include "loop/systemd.h"

#include <stdlib.h>

#define LOOK_AGAIN (SECOND / 10) /* while clocks wait for the log to be read */
#define REGISTERS_AFTER SECOND   /* a transaction: what else comes within it is looked at together */

instant daemon_now(const struct daemon *daemon)
{
	return clock_now(&daemon->clock);
}

instant daemon_elapsed(const struct daemon *daemon)
{
	return clock_elapsed(&daemon->clock);
}

void daemon_use_log_level(const struct daemon *daemon)
{
	static const enum log_level levels[] = {[CONFIG_LEVEL_ERROR] = LOG_LEVEL_ERROR,
	                                        [CONFIG_LEVEL_WARNING] = LOG_LEVEL_WARNING,
	                                        [CONFIG_LEVEL_NOTICE] = LOG_LEVEL_NOTICE,
	                                        [CONFIG_LEVEL_INFO] = LOG_LEVEL_INFO,
	                                        [CONFIG_LEVEL_DEBUG] = LOG_LEVEL_DEBUG};
	log_set_level(daemon->debugging ? LOG_LEVEL_DEBUG : levels[daemon->config->log_level]);
}

void daemon_leave(struct daemon *daemon, int status)
{
	if (daemon->status < status)
		daemon->status = status;
	if (daemon->leaving)
		return;
	daemon->leaving = true;
	systemd_stopping();
	loop_stop(daemon->loop);
}

static void arm(struct daemon *daemon)
{
	instant next = pipeline_next(daemon->pipeline);
	if (!daemon->feeds.caught_up)
		loop_timer_in(daemon->tick, LOOK_AGAIN);
	else
		loop_timer_at(daemon->tick, next);
}

/* Registers rest while nothing is stored: a daemon with nothing to do does nothing. */
static void wake_registers(struct daemon *daemon)
{
	if (!daemon->registers_rest)
		return;
	daemon->registers_rest = false;
	loop_timer_in(daemon->registers_turn, REGISTERS_AFTER);
}

void daemon_after(struct daemon *daemon, enum result result, const struct fault *fault)
{
	if (result == RESULT_PERMANENT) {
		log_error("leaving to start clean: %s", fault ? fault->text : "");
		last_end_write(daemon->first->database, fault ? fault->text : "");
		daemon_leave(daemon, EXIT_FAILURE);
		return;
	}
	if (result == RESULT_OK && daemon->courier)
		courier_wake(daemon->courier);
	if (result == RESULT_OK)
		wake_registers(daemon);
	if (daemon->tick)
		arm(daemon);
}

void daemon_say_ops(struct daemon *daemon, const struct ops_word *word)
{
	struct fault fault = {0};
	daemon_after(daemon, ops_say(daemon->ops, word, daemon_now(daemon), &fault), &fault);
}

void daemon_end_ops(struct daemon *daemon, enum ops_what what, struct text key, const char *how)
{
	struct fault fault = {0};
	daemon_after(daemon, ops_end(daemon->ops, what, key, how, daemon_now(daemon), &fault), &fault);
}

/* core: what follows each transaction, and how the daemon leaves. */
#include "run/run_internal.h"

#include "base/log.h"
#include "loop/systemd.h"

#include <assert.h>
#include <stdlib.h>

instant council_now(const struct council *council)
{
	return clock_now(&council->daemon->clock);
}

instant council_elapsed(const struct council *council)
{
	return clock_elapsed(&council->daemon->clock);
}

void council_use_log_level(const struct council *council)
{
	static const enum log_level levels[] = {[CONFIG_LEVEL_ERROR] = LOG_LEVEL_ERROR,
	                                        [CONFIG_LEVEL_WARNING] = LOG_LEVEL_WARNING,
	                                        [CONFIG_LEVEL_NOTICE] = LOG_LEVEL_NOTICE,
	                                        [CONFIG_LEVEL_INFO] = LOG_LEVEL_INFO,
	                                        [CONFIG_LEVEL_DEBUG] = LOG_LEVEL_DEBUG};
	log_set_level(council->daemon->debugging ? LOG_LEVEL_DEBUG : levels[council->config->log_level]);
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

void council_leave(struct council *council, int status)
{
	if (council->status < status)
		council->status = status;
	council->leaving = true;
	daemon_leave(council->daemon, status);
}

void council_follow(struct council *council, council_follower *follower)
{
	assert(council->follower_count < COUNCIL_FOLLOWERS);
	council->followers[council->follower_count++] = follower;
}

void council_after(struct council *council, enum result result, const struct fault *fault)
{
	if (result == RESULT_PERMANENT) {
		log_error("leaving to start clean: %s", fault ? fault->text : "");
		last_end_write(council->first->database, fault ? fault->text : "");
		council_leave(council, EXIT_FAILURE);
		return;
	}
	for (size_t i = 0; i < council->follower_count; i++)
		council->followers[i](council, result == RESULT_OK);
}

void council_say_ops(struct council *council, const struct ops_word *word)
{
	struct fault fault = {0};
	council_after(council, ops_say(council->ops, word, council_now(council), &fault), &fault);
}

void council_end_ops(struct council *council, enum ops_what what, struct text key, const char *how)
{
	struct fault fault = {0};
	council_after(council, ops_end(council->ops, what, key, how, council_now(council), &fault), &fault);
}

/* daemon: the process: its loop, its councils, and systemd's watchdog. */
#include "run/run_internal.h"

#include "base/mem.h"
#include "loop/systemd.h"

#include <stdlib.h>

/* ---- systemd's watchdog ---- */

/* Only the loop's own turn feeds it: a loop that hangs is restarted. */
static void on_watchdog(void *argument)
{
	struct daemon *daemon = argument;
	systemd_watchdog_fed();
	loop_timer_in(daemon->watchdog, systemd_watchdog_interval());
}

static void start_watchdog(struct daemon *daemon)
{
	if (!systemd_watchdog_interval())
		return;
	daemon->watchdog = loop_timer_new(daemon->loop, on_watchdog, daemon);
	loop_timer_in(daemon->watchdog, 0);
}

/* ---- start and stop ---- */

struct council *daemon_add(struct daemon *daemon, const char *config_path, const struct council_seams *seams)
{
	struct council **slot =
		mem_push((void **)&daemon->councils, &daemon->council_count, &daemon->council_room, sizeof *slot);
	struct council *council = *slot = MEM_NEW(struct council);
	*council = (struct council){.daemon = daemon, .config_path = config_path, .seams = *seams};
	return council;
}

enum result daemon_start(struct daemon *daemon, struct fault *fault)
{
	daemon->started = clock_elapsed(&daemon->clock);
	daemon->loop = loop_new(&daemon->clock, fault);
	enum result result = daemon->loop ? RESULT_OK : RESULT_PERMANENT;
	for (size_t i = 0; result == RESULT_OK && i < daemon->council_count; i++)
		result = house_start(daemon->councils[i], fault);
	if (result == RESULT_OK)
		start_watchdog(daemon);
	return result;
}

void daemon_stop(struct daemon *daemon)
{
	while (daemon->council_count) {
		struct council *council = daemon->councils[--daemon->council_count];
		house_stop(council);
		free(council);
	}
	free(daemon->councils);
	loop_timer_free(daemon->watchdog);
	loop_free(daemon->loop);
	*daemon = (struct daemon){.clock = daemon->clock, .leaving = daemon->leaving, .status = daemon->status};
}

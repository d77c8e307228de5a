/* interrupt: Ctrl-C ends a demo in order, so that what it produced can be looked at. */
#include "demo/stage.h"

#include <signal.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

bool demo_interrupted(void)
{
	return interrupted != 0;
}

void demo_hear_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

/* opening: reads a council's configuration on a thread before the council is tried again: no other waits for that. */
#include "run/run_internal.h"

#include "base/mem.h"
#include "base/threads.h"
#include "base/waker.h"

#include <stdlib.h>

struct opening {
	struct council *council;
	opening_told *told;
	struct loop_watch *watch;
	struct waker *done;
	pthread_t thread;
	/* The thread's, until it is joined. */
	struct edition *edition;
	struct config_faults faults;
};

static void *load(void *argument)
{
	struct opening *opening = argument;
	opening->edition = edition_load(opening->council->config_path, &opening->faults);
	waker_wake(opening->done);
	return NULL;
}

static void end_opening(struct opening *opening)
{
	loop_watch_free(opening->watch);
	waker_free(opening->done);
	config_faults_free(&opening->faults);
	opening->council->opening = NULL;
	free(opening);
}

static void on_loaded(void *argument)
{
	struct opening *opening = argument;
	struct council *council = opening->council;
	opening_told *told = opening->told;
	(void)pthread_join(opening->thread, NULL);
	struct edition *edition = opening->edition;
	reload_say_faults(&opening->faults);
	end_opening(opening);
	told(council, edition);
}

bool opening_begin(struct council *council, opening_told *told)
{
	if (council->opening)
		return true;
	struct opening *opening = council->opening = MEM_NEW(struct opening);
	*opening = (struct opening){.council = council, .told = told, .done = waker_new(NULL)};
	if (opening->done && thread_start(&opening->thread, load, opening)) {
		opening->watch = loop_watch_new(council->daemon->loop, waker_fd(opening->done), on_loaded, opening);
		return true;
	}
	end_opening(opening);
	return false;
}

void opening_stop(struct council *council)
{
	if (!council->opening)
		return;
	(void)pthread_join(council->opening->thread, NULL);
	shared_release(council->opening->edition ? &council->opening->edition->shared : NULL);
	end_opening(council->opening);
}

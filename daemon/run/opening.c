/* opening: reads a council's configuration, and then opens its database, on a thread each time, before the council is
 * begun or tried again: no other waits for that. A large database is brought up to date in minutes. */
#include "run/run_internal.h"

#include "base/mem.h"
#include "base/threads.h"
#include "base/waker.h"

#include <stdlib.h>

struct opening {
	struct council *council;
	opening_told *told;            /* of its configuration; NULL: a database is opened */
	opening_store_told *store_told;
	struct loop_watch *watch;
	struct waker *done;
	pthread_t thread;
	atomic_bool stop;              /* nobody waits for it any more */
	/* The thread's, until it is joined. */
	struct edition *edition;
	struct config_faults faults;
	struct store *store;
	enum result result;
	struct fault fault;
};

static void *load(void *argument)
{
	struct opening *opening = argument;
	if (opening->told)
		opening->edition = edition_load(opening->council->config_path, &opening->faults);
	else
		opening->result = store_open_until(opening->council->first->database, STORE_WRITE, &opening->stop,
		                                   &opening->store, &opening->fault);
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
	struct opening *opening = argument, done = {.told = opening->told, .store_told = opening->store_told};
	struct council *council = opening->council;
	(void)pthread_join(opening->thread, NULL);
	done.edition = opening->edition;
	done.faults = opening->faults;
	opening->faults = (struct config_faults){0};
	done.result = opening->result;
	done.fault = opening->fault;
	council->store = done.told ? NULL : opening->store;
	reload_say_faults(&done.faults);
	end_opening(opening);
	if (done.told)
		done.told(council, done.edition, &done.faults);
	else
		done.store_told(council, done.result, &done.fault);
	config_faults_free(&done.faults);
}

static bool begin(struct council *council, opening_told *told, opening_store_told *store_told)
{
	struct opening *opening = council->opening = MEM_NEW(struct opening);
	*opening = (struct opening){
		.council = council, .told = told, .store_told = store_told, .done = waker_new(NULL)};
	if (opening->done && thread_start(&opening->thread, load, opening)) {
		opening->watch = loop_watch_new(council->daemon->loop, waker_fd(opening->done), on_loaded, opening);
		return true;
	}
	end_opening(opening);
	return false;
}

bool opening_begin(struct council *council, opening_told *told)
{
	return council->opening || begin(council, told, NULL);
}

bool opening_store(struct council *council, opening_store_told *told)
{
	return begin(council, NULL, told);
}

void opening_stop(struct council *council)
{
	if (!council->opening)
		return;
	atomic_store(&council->opening->stop, true);
	(void)pthread_join(council->opening->thread, NULL);
	shared_release(council->opening->edition ? &council->opening->edition->shared : NULL);
	store_close(council->opening->store);
	end_opening(council->opening);
}

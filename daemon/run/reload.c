/* reload: another edition of the configuration, put in force while running.
 *
 * The loop asks a thread to load it; when that is through, the loop takes it in one step or refuses it aloud. Who asks
 * while a thread is at it is answered by the load after that one: what they changed may have been read before. */
#include "run/run_internal.h"

#include "base/lateness.h"
#include "base/log.h"
#include "base/threads.h"
#include "base/waker.h"

#include <stdio.h>
#include <stdlib.h>

#define FAULTS_SAID 20
#define FILES_EVERY (20 * MINUTE) /* whoever changes several has done so, and reloaded, by the look after the next */

struct asking {
	reload_told *told;
	void *argument;
};
struct askings {
	struct asking *items;
	size_t count, room;
};

struct reloading {
	struct council *council;
	struct loop_watch *watch;
	struct loop_timer *again_soon; /* no thread could be made */
	struct lateness late;          /* since when */
	struct waker *loaded;
	pthread_t thread;
	bool running, again;      /* again: asked for since it began */
	char *published;          /* what the next load is made with; NULL: what is in force */
	bool of_published;        /* this load is */
	bool unasked;             /* this load is to see whether it would be taken */
	bool seen_through;        /* the files as they were seen were loaded so, or refused aloud */
	struct record_files seen; /* as they stood at the last look */
	instant next_look;        /* by time passed */
	reload_look *look;        /* at what was published, before it is put in force */
	struct askings now, next; /* whom to tell of this load, and of the one after it */
	atomic_bool stop;
	atomic_bool unwanted;     /* the load that nobody asked for: somebody waits for another */
	const atomic_bool *until; /* one of the two */
	/* The thread's, until it is joined. */
	struct edition *edition;
	struct config_faults faults;
};

void reload_say_faults(const struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count && i < FAULTS_SAID; i++)
		log_error("%s:%d:%d: %s", faults->items[i].file, faults->items[i].line, faults->items[i].column,
		          faults->items[i].text);
	if (faults->count > FAULTS_SAID)
		log_error("and %zu more: casewatch check shows all", faults->count - FAULTS_SAID);
}

/* ---- taken, or refused ---- */

static void say_refused(struct council *council, const struct config_faults *faults, struct ops_word word)
{
	char place[512];
	const struct config_fault *first = &faults->items[0];
	(void)snprintf(place, sizeof place, "%s:%d:%d", first->file, first->line, first->column);
	word.what = OPS_RELOAD_FAILED;
	word.facts[0] = (struct ops_fact){"Where", place, NULL};
	word.facts[1] = (struct ops_fact){"Fault", first->text, NULL};
	word.fact_count = 2;
	reload_say_faults(faults);
	council_say_ops(council, &word);
	if (!word.key.length)
		record_refused(council, place, first->text);
}

/* Ops were told: as these files stand there is nothing further to be said of the next start. */
static void refuse(struct council *council, const struct config_faults *faults)
{
	struct reloading *reloading = council->reloading;
	say_refused(council, faults, (struct ops_word){.more = 1});
	if (reloading->of_published)
		return;
	record_files_free(&reloading->seen);
	record_files_stand(council->config, &reloading->seen);
	reloading->seen_through = true;
}

/* In one step, or not at all. What is under way goes on with what was in force: whoever needs it holds it. */
static enum result swap(struct council *council, struct edition *edition, struct fault *fault)
{
	const struct config *config = edition->config;
	struct engine_settings settings = edition_engine_settings(config);
	struct buffer fingerprint = {0};
	edition_fingerprint(config, &fingerprint);
	edition_adopt(edition);
	enum result result = pipeline_use(council->pipeline, &settings, buffer_view(&fingerprint), fault);
	buffer_free(&fingerprint);
	if (result != RESULT_OK)
		return result;
	struct edition *old = council->edition;
	council->edition = edition;
	council->config = config;
	council_use_log_level(council);
	council_use_courier(council);
	notify_calls_use(council);
	bounces_use(council);
	council_use_registers(council);
	council_use_lists(council);
	pages_use(council);
	ops_use(council->ops, config->calendar);
	ops_use_owners(council->ops, config->directory);
	shared_release(&old->shared);
	return RESULT_OK;
}

static void tell_all(struct askings *askings, const struct reload_outcome *outcome)
{
	for (size_t i = 0; i < askings->count; i++)
		askings->items[i].told(askings->items[i].argument, outcome);
	askings->count = 0;
}

/* What was changed and yet does not hold must not look as if it did. */
static void say_taken(struct council *council, const struct reload_outcome *outcome)
{
	log_notice("the changed configuration is in force: %zu rules, %zu people%s%s", outcome->rules, outcome->people,
	           *outcome->changed ? "; changed: " : "; no file differs", outcome->changed);
	if (*outcome->restart)
		log_warning("changed, but in force only after a restart (systemctl restart casewatchd): %s",
		            outcome->restart);
	record_reloaded(council);
	council_end_ops(council, OPS_RELOAD_FAILED, TEXT_NONE, NULL);
	council_end_ops(council, OPS_RELOAD_FAILED, TEXT(RELOAD_UNASKED), NULL);
	outdated_end(council);
	council->reloading->seen_through = false; /* that was of what was in force before */
	council_after(council, RESULT_OK, NULL);
}

/* Takes the edition over. */
static void put_in_force(struct council *council, struct edition *edition, struct config_faults *faults,
                         struct askings *askings)
{
	struct buffer changed = {0}, restart = {0};
	struct fault fault = {0};
	struct reload_outcome outcome = {.faults = faults};
	if (edition) {
		(void)record_files_differences(&council->edition->files, &edition->files, &changed);
		(void)config_restart_needed(council->first, edition->config, &restart);
		config_sends_as(edition->config, council->first);
		outcome.rules = edition->config->rules->rule_count;
		outcome.people = edition->config->directory->person_count;
		outcome.taken = swap(council, edition, &fault) == RESULT_OK;
	}
	if (edition && !outcome.taken) {
		config_fault_add(faults, edition->config->path, 0, 0, "it could not be put in force: %s", fault.text);
		shared_release(&edition->shared);
	}
	outcome.changed = buffer_cstr(&changed);
	outcome.restart = buffer_cstr(&restart);
	outcome.judging = outcome.taken && pipeline_judges_anew(council->pipeline);
	if (outcome.taken)
		say_taken(council, &outcome);
	else
		refuse(council, faults);
	council_reload_ends(council, outcome.taken ? "reloaded"
	                                           : "a reload was refused; the configuration before it is in force");
	tell_all(askings, &outcome);
	buffer_free(&changed);
	buffer_free(&restart);
}

/* ---- what nobody asked for ---- */

static void end_unasked(struct reloading *reloading, struct edition *edition)
{
	struct council *council = reloading->council;
	struct buffer changed = {0};
	reloading->unasked = false;
	if (atomic_load(&reloading->unwanted)) {
		reloading->seen_through = false; /* it was broken off, and whoever asked hears what is wrong */
	} else if (reloading->faults.count) {
		say_refused(council, &reloading->faults,
		            (struct ops_word){.key = TEXT(RELOAD_UNASKED),
		                              .title = "The next start of casewatch would be refused",
		                              .meaning = "Files were changed, and nobody reloaded. What is in force "
		                                         "goes on until casewatch is started again, by whatever: then "
		                                         "it would not start, and nobody would be told of any child."});
	} else if (edition) {
		council_end_ops(council, OPS_RELOAD_FAILED, TEXT(RELOAD_UNASKED), NULL);
		if (record_files_differences(&council->edition->files, &edition->files, &changed))
			log_notice("files were changed, and are in force after a reload or the next start: %s",
			           buffer_cstr(&changed));
	}
	shared_release(edition ? &edition->shared : NULL);
	buffer_free(&changed);
}

/* ---- the thread ---- */

static void *load(void *argument)
{
	struct reloading *reloading = argument;
	const char *path = reloading->council->config_path;
	reloading->edition = reloading->of_published
	                             ? edition_load_published(path, reloading->published, &reloading->faults)
	                             : edition_load_still(path, reloading->until, &reloading->faults);
	waker_wake(reloading->loaded);
	return NULL;
}

static void begin(struct reloading *reloading)
{
	struct askings empty = reloading->now;
	reloading->again = false;
	reloading->now = reloading->next;
	reloading->next = empty; /* its room is used again */
	council_reload_begins(reloading->council);
	reloading->of_published = reloading->published != NULL;
	reloading->until = &reloading->stop;
	reloading->running = thread_start(&reloading->thread, load, reloading);
	if (reloading->running) {
		if (lateness_is_over(&reloading->late))
			log_notice("a thread could be made, and the configuration is read");
		return;
	}
	if (lateness_failed(&reloading->late, council_elapsed(reloading->council)))
		log_warning("no thread could be made to read the configuration; it is tried again each second until "
		            "one can");
	reloading->next = reloading->now;
	reloading->now = empty;
	reloading->again = true;
	council_reload_ends(reloading->council, "a reload waits for a thread");
	loop_timer_in(reloading->again_soon, SECOND);
}

static void on_again(void *argument)
{
	struct reloading *reloading = argument;
	if (reloading->again && !reloading->running)
		begin(reloading);
}

static void on_loaded(void *argument)
{
	struct reloading *reloading = argument;
	if (!waker_drain(reloading->loaded) || !reloading->running)
		return;
	(void)pthread_join(reloading->thread, NULL);
	reloading->running = false;
	struct edition *edition = reloading->edition;
	reloading->edition = NULL;
	if (reloading->unasked) {
		end_unasked(reloading, edition);
		config_faults_free(&reloading->faults);
		on_again(reloading);
		return;
	}
	if (reloading->of_published) {
		edition = reloading->look(reloading->council, edition, &reloading->faults);
		free(reloading->published);
		reloading->published = NULL;
	}
	put_in_force(reloading->council, edition, &reloading->faults, &reloading->now);
	config_faults_free(&reloading->faults);
	on_again(reloading);
}

void reload_ask(struct council *council, reload_told *told, void *argument)
{
	struct reloading *reloading = council->reloading;
	if (told)
		*(struct asking *)mem_push((void **)&reloading->next.items, &reloading->next.count,
		                           &reloading->next.room, sizeof(struct asking)) =
			(struct asking){told, argument};
	reloading->again = true;
	if (reloading->running && reloading->unasked) /* else a file that is written to all the time holds it up */
		atomic_store(&reloading->unwanted, true);
	on_again(reloading);
}

/* Whatever is being read meanwhile is of what was in force before; so whoever asks has what is told by the load after
 * that. */
void reload_published(struct council *council, const char *directory, reload_look *look, reload_told *told,
                      void *argument)
{
	struct reloading *reloading = council->reloading;
	free(reloading->published);
	reloading->published = mem_copy_text(directory, strlen(directory));
	reloading->look = look;
	reload_ask(council, told, argument);
}

/* Where no thread is to be had it is looked at again at the next look. */
static bool load_unasked(struct reloading *reloading)
{
	if (reloading->running || reloading->again)
		return false;
	reloading->of_published = false;
	reloading->until = &reloading->unwanted;
	atomic_store(&reloading->unwanted, false);
	reloading->unasked = reloading->running = thread_start(&reloading->thread, load, reloading);
	return reloading->running;
}

enum result reload_look_at_files(struct council *council, struct fault *fault)
{
	struct reloading *reloading = council->reloading;
	struct record_files now;
	(void)fault;
	bool simulated = council->seams.look_every != 0; /* which leaves no files behind */
	if (!reloading || simulated || council_elapsed(council) < reloading->next_look)
		return RESULT_OK;
	reloading->next_look = council_elapsed(council) + FILES_EVERY;
	record_files_stand(council->config, &now);
	bool still = record_files_untouched(&reloading->seen, &now);
	bool changed = !record_files_untouched(&council->edition->stand, &now);
	record_files_free(&reloading->seen);
	reloading->seen = now;
	reloading->seen_through = reloading->seen_through && still;
	if (!changed)
		council_end_ops(council, OPS_RELOAD_FAILED, TEXT(RELOAD_UNASKED), NULL);
	else if (still && !reloading->seen_through)
		reloading->seen_through = load_unasked(reloading);
	return RESULT_OK;
}

void reload_now(struct council *council)
{
	struct config_faults faults = {0};
	struct askings nobody = {0};
	council_reload_begins(council);
	put_in_force(council, edition_load(council->config_path, &faults), &faults, &nobody);
	config_faults_free(&faults);
}

/* ---- start and stop ---- */

enum result reload_start(struct council *council, struct fault *fault)
{
	struct reloading *reloading = MEM_NEW(struct reloading);
	*reloading = (struct reloading){.council = council, .loaded = waker_new(fault)};
	/* Councils of one process do not all look in the same minute. */
	reloading->next_look = council_elapsed(council) +
	                  (instant)(text_fingerprint(text_of(council->config_path), 1) % (uint64_t)FILES_EVERY);
	council->reloading = reloading;
	if (!reloading->loaded)
		return RESULT_TEMPORARY;
	reloading->watch = loop_watch_new(council->daemon->loop, waker_fd(reloading->loaded), on_loaded, reloading);
	reloading->again_soon = loop_timer_new(council->daemon->loop, on_again, reloading);
	return RESULT_OK;
}

void reload_stop(struct council *council)
{
	struct reloading *reloading = council->reloading;
	if (!reloading)
		return;
	atomic_store(&reloading->stop, true);
	atomic_store(&reloading->unwanted, true);
	if (reloading->running) {
		(void)pthread_join(reloading->thread, NULL);
		council->daemon->reloading -= !reloading->unasked; /* nobody is told: it leaves */
	}
	shared_release(reloading->edition ? &reloading->edition->shared : NULL);
	config_faults_free(&reloading->faults);
	config_fault_add(&reloading->faults, council->config_path, 0, 0,
	                 "casewatchd leaves: it reads it at its next start");
	const struct reload_outcome leaving = {.faults = &reloading->faults, .changed = "", .restart = ""};
	tell_all(&reloading->now, &leaving);
	tell_all(&reloading->next, &leaving);
	config_faults_free(&reloading->faults);
	loop_watch_free(reloading->watch);
	loop_timer_free(reloading->again_soon);
	waker_free(reloading->loaded);
	free(reloading->published);
	record_files_free(&reloading->seen);
	free(reloading->now.items);
	free(reloading->next.items);
	free(reloading);
	council->reloading = NULL;
}

/* daemon: the process: its loop, its councils, and systemd's watchdog.
 *
 * A council with a name that fails leaves alone and is tried again; one that has none takes the process with it, which
 * systemd starts again. */
#include "run/run_internal.h"

#include "base/file.h"
#include "base/here.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/councils.h"
#include "loop/systemd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define AGAIN_FIRST (5 * SECOND) /* as systemd's RestartSec= */
#define AGAIN_MOST MINUTE        /* what is wrong is mended by somebody, who can ask for a reload */
#define FILES_A_COUNCIL 100      /* it rests with some 20; each mail under way and each page that is read is one more */
#define WHY_OFF "it was switched off"
#define PATIENCE (8 * SECOND)    /* for all councils together when the process leaves: less than TimeoutStopSec= */

/* ---- the loop ---- */

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

/* For the disk, by all councils since the start: it grows. */
static instant waited(void *context)
{
	const struct daemon *daemon = context;
	instant sum = daemon->waited;
	for (size_t i = 0; i < daemon->council_count; i++)
		if (daemon->councils[i]->store)
			sum += store_waited(daemon->councils[i]->store);
	return sum;
}

static void on_clock_jump(void *argument)
{
	struct daemon *daemon = argument;
	for (size_t i = 0; i < daemon->council_count; i++) {
		struct council *council = daemon->councils[i];
		struct here *before = here_enter(council->here);
		if (council->state == COUNCIL_UP && !council->leaving)
			looks_clock_jumped(council);
		(void)here_enter(before);
	}
}

/* ---- one council ---- */

/* As daemon_add made it; what it was last said to be stays. */
static void make_new(struct council *council)
{
	struct council kept = *council;
	*council = (struct council){.daemon = kept.daemon,
	                            .here = kept.here,
	                            .config_path = kept.config_path,
	                            .seams = kept.seams,
	                            .again = kept.again,
	                            .pause = kept.pause,
	                            .off = kept.off,
	                            .gone = kept.gone,
	                            .status = kept.status,
	                            .why = kept.why};
}

static void stop_council(struct council *council)
{
	if (council->store)
		council->daemon->waited += store_waited(council->store);
	house_stop(council);
	shared_release(council->edition ? &council->edition->shared : NULL); /* it came no further */
	make_new(council);
}

static size_t open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;
	int why = folder ? 0 : errno;
	while (folder && file_next(folder, &why))
		count++;
	if (folder)
		(void)closedir(folder);
	if (why) /* it is started all the same: what it cannot open then says so itself */
		log_warning("how many files are open cannot be read from /proc/self/fd: %s", strerror(why));
	return count;
}

/* One council more that took the last descriptors would leave those that are up without any for a mail or a file. */
static enum result look_for_room(struct fault *fault)
{
	struct rlimit limit;
	size_t are_open = open_files();
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || are_open + FILES_A_COUNCIL <= limit.rlim_cur)
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT,
	                 "a process may have %llu files open (LimitNOFILE), %zu are, and a council is given %d",
	                 (unsigned long long)limit.rlim_cur, are_open, FILES_A_COUNCIL);
}

/* `result`: of what was done for it before. */
static enum result start_council(struct council *council, enum result result, struct fault *fault)
{
	struct here *before = here_enter(council->here);
	if (result == RESULT_OK)
		result = house_start(council, fault);
	if (result == RESULT_OK)
		council->state = COUNCIL_UP;
	else if (council->here && council->store) /* else the database may be another's */
		council_write_end(council, fault->text);
	if (result != RESULT_OK && council->here)
		stop_council(council);
	(void)here_enter(before);
	return result;
}

/* Ops of the council cannot be told by itself: whoever looks at the log, at systemd's line or at casewatch status. */
static void wait_and_try(struct council *council)
{
	council->state = COUNCIL_DOWN;
	council->pause = council->pause ? council->pause * 2 : AGAIN_FIRST;
	council->pause = council->pause > AGAIN_MOST ? AGAIN_MOST : council->pause;
	loop_timer_in(council->again, council->pause);
	log_error("this council is not watched over: %s. It is tried again in %d s", council->why.text,
	          (int)(council->pause / SECOND));
}

/* One council after the other, each opened on threads, so that those before it are watched over meanwhile. */
static void have_begun(struct daemon *daemon)
{
	size_t up = 0;
	daemon->begun++;
	loop_timer_in(daemon->begin, 0);
	for (size_t i = 0; i < daemon->council_count; i++)
		up += daemon->councils[i]->state == COUNCIL_UP;
	if (up || daemon->begun < daemon->council_count || daemon->ready)
		return;
	log_error("none of %zu councils could be started", daemon->council_count);
	daemon_leave(daemon, EXIT_FAILURE);
}

/* Once it has left: on_settle. */
static void switch_off(struct council *council)
{
	council->off = true;
	if (council->opening)
		return; /* when that is over */
	if (council->state == COUNCIL_UP) {
		council_leave(council, EXIT_SUCCESS, WHY_OFF);
		return;
	}
	(void)fault_set(&council->why, RESULT_PERMANENT, "%s", WHY_OFF);
	council->state = COUNCIL_OFF;
	log_notice("this council is switched off, and nobody watches over it");
}

/* It is up, or waits until it is tried again. `result`: of what was done for it before. */
static void on_store(struct council *council, enum result result, const struct fault *so_far)
{
	struct daemon *daemon = council->daemon;
	struct here *before = here_enter(council->here);
	struct fault fault = *so_far;
	if (start_council(council, result, &fault) != RESULT_OK) {
		council->why = fault;
		wait_and_try(council);
	}
	if (council->off) /* meanwhile */
		switch_off(council);
	(void)here_enter(before);
	daemon_look_ready(daemon);
	daemon_say_line(daemon);
	if (daemon->begun < daemon->council_count && daemon->councils[daemon->begun] == council)
		have_begun(daemon);
}

static enum result refuse_config(const struct council *council, const struct config_faults *faults, struct fault *fault)
{
	const struct config_fault *first = faults->count ? &faults->items[0] : NULL;
	if (!first)
		return fault_set(fault, RESULT_PERMANENT, "the configuration %s cannot be used", council->config_path);
	return fault_set(fault, RESULT_PERMANENT, "the configuration cannot be used: %s:%d:%d: %s", first->file,
	                 first->line, first->column, first->text);
}

/* NULL and faults: the configuration has them; NULL and none: there is no thread, and it is read in its place. */
static void try_with(struct council *council, struct edition *edition, const struct config_faults *faults)
{
	struct fault fault = {0};
	struct here *before = here_enter(council->here);
	enum result result = RESULT_OK;
	council->status = EXIT_SUCCESS;
	council->edition = edition;
	if (!edition && faults)
		result = refuse_config(council, faults, &fault);
	if (result == RESULT_OK)
		result = look_for_room(&fault);
	if (result == RESULT_OK)
		result = house_configure(council, &fault);
	bool opens = result == RESULT_OK && opening_store(council, on_store);
	(void)here_enter(before);
	if (!opens)
		on_store(council, result, &fault);
}

static void on_opened(struct council *council, struct edition *edition, const struct config_faults *faults)
{
	try_with(council, edition, faults);
}

static void on_again(void *argument)
{
	struct council *council = argument;
	struct here *before = here_enter(council->here);
	if (council->state == COUNCIL_DOWN && !opening_begin(council, on_opened))
		try_with(council, NULL, NULL);
	(void)here_enter(before);
}

struct council *daemon_add(struct daemon *daemon, const char *name, const char *config_path,
                           const struct council_seams *seams)
{
	struct here *here = name ? here_of(name) : NULL;
	if (name && !here)
		return NULL;
	struct council **slot =
		mem_push((void **)&daemon->councils, &daemon->council_count, &daemon->council_room, sizeof *slot);
	struct council *council = *slot = MEM_NEW(struct council);
	*council = (struct council){.daemon = daemon,
	                            .here = here,
	                            .config_path = mem_copy_text(config_path, strlen(config_path)),
	                            .seams = *seams};
	return council;
}

/* ---- those that leave ---- */

static void let_go(struct council *council)
{
	struct here *before = here_enter(council->here);
	bool fenced = council->status == EXIT_FENCED && !council->off;
	if (council_elapsed(council) - council->started > AGAIN_MOST)
		council->pause = 0; /* it had been well */
	stop_council(council);
	if (fenced) {
		council->state = COUNCIL_OUT;
		log_error("this council is not watched over by this process: another has taken its place. Start "
		          "casewatchd again when this one alone is meant to");
	} else if (council->off) {
		council->state = COUNCIL_DOWN;
		switch_off(council);
	} else {
		wait_and_try(council);
	}
	(void)here_enter(before);
}

static void on_settle(void *argument)
{
	struct daemon *daemon = argument;
	size_t out = 0, off = 0;
	for (size_t i = 0; i < daemon->council_count; i++) {
		if (daemon->councils[i]->leaving)
			let_go(daemon->councils[i]);
		out += daemon->councils[i]->state == COUNCIL_OUT;
		off += daemon->councils[i]->state == COUNCIL_OFF;
	}
	if (out && out + off == daemon->council_count)
		daemon_leave(daemon, EXIT_FENCED);
	daemon_look_ready(daemon);
	daemon_say_line(daemon);
}

/* ---- which there are ---- */

static struct council *find(const struct daemon *daemon, const char *name)
{
	for (size_t i = 0; i < daemon->council_count; i++)
		if (strcmp(daemon->councils[i]->here->name, name) == 0)
			return daemon->councils[i];
	return NULL;
}

/* A process without any would look as if it did its work. */
static bool is_last(const struct council *council)
{
	const struct daemon *daemon = council->daemon;
	for (size_t i = 0; i < daemon->council_count; i++)
		if (daemon->councils[i] != council && !daemon->councils[i]->off)
			return false;
	return true;
}

/* As the directory has it now. */
static void follow_item(struct council *council, const struct config_council *item, struct config_faults *faults)
{
	struct here *before = here_enter(council->here);
	if (council->gone)
		log_notice("this council's directory is back");
	council->gone = false;
	if (item->off && !council->off && is_last(council)) {
		config_fault_add(faults, item->path, 1, 1,
		                 "the last council is not switched off: it goes on. Stop casewatchd instead "
		                 "(systemctl disable --now casewatchd)");
	} else if (item->off && !council->off) {
		log_notice("this council is being switched off (%s.off)", item->path);
		switch_off(council);
	} else if (!item->off && council->off) {
		log_notice("this council is switched on again");
		council->off = false;
		council->why = (struct fault){0}; /* that it was off is no reason any more: it is being begun */
		if (council->state == COUNCIL_OFF)
			council->state = COUNCIL_DOWN; /* and is tried, as all that are down */
	}
	(void)here_enter(before);
}

static void add_item(struct daemon *daemon, const struct config_council *item, struct config_faults *faults)
{
	const struct council *council = item->off ? NULL : daemon_add(daemon, item->name, item->path, &daemon->seams);
	if (!item->off && !council)
		config_fault_add(faults, daemon->list_path, 1, 1,
		                 "councils: this process has known %d by name; restart it for others", HERE_MOST);
	if (!council)
		return;
	struct here *before = here_enter(council->here);
	if (daemon->loop) /* else all begin */
		log_notice("this council is new in the directory, and begins");
	(void)here_enter(before);
}

/* Who is gone from the directory stays: a council that was moved by mistake, or whose disk is away, must not fall
 * silent. Its own reload is refused aloud, and it ends with the process. */
static void look_for_gone(struct daemon *daemon, const struct config_councils *councils)
{
	for (size_t i = 0; i < daemon->council_count; i++) {
		struct council *council = daemon->councils[i];
		bool there = council->off || council->gone;
		for (size_t j = 0; j < councils->count && !there; j++)
			there = strcmp(councils->items[j].name, council->here->name) == 0;
		if (there)
			continue;
		struct here *before = here_enter(council->here);
		council->gone = true;
		log_warning("this council's configuration is gone (%s), and it goes on with what was in force. To "
		            "end it, put its directory back, rename the file to casewatchd.yaml.off, and reload",
		            council->config_path);
		(void)here_enter(before);
	}
}

static void look_at_list(struct daemon *daemon)
{
	struct config_councils councils;
	struct config_faults faults = {0};
	bool good = config_councils_read(daemon->list_path, &councils, &faults);
	for (size_t i = 0; councils.named && i < councils.count; i++) {
		struct council *council = find(daemon, councils.items[i].name);
		if (council)
			follow_item(council, &councils.items[i], &faults);
		else
			add_item(daemon, &councils.items[i], &faults);
	}
	if (!councils.named)
		config_fault_add(&faults, daemon->list_path, 1, 1,
		                 "this file named councils when casewatchd was started, and does not now: those go on");
	else if (councils.count) /* else the directory is away, which is said */
		look_for_gone(daemon, &councils);
	daemon->list_wrong = !good || faults.count;
	reload_say_faults(&faults);
	config_councils_free(&councils);
	config_faults_free(&faults);
}

enum result daemon_find(struct daemon *daemon, const char *config_path, const struct council_seams *seams,
                        struct fault *fault)
{
	struct config_councils councils;
	struct config_faults faults = {0};
	daemon->seams = *seams;
	(void)config_councils_read(config_path, &councils, &faults);
	if (councils.named) {
		daemon->list_path = config_path;
		look_at_list(daemon);
	} else {
		(void)daemon_add(daemon, NULL, config_path, seams);
	}
	config_councils_free(&councils);
	config_faults_free(&faults);
	return daemon->council_count
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT, "%s names no council that could be started", config_path);
}

static void on_seek(void *argument)
{
	struct daemon *daemon = argument;
	look_at_list(daemon);
	for (size_t i = 0; i < daemon->begun; i++)
		if (daemon->councils[i]->state == COUNCIL_DOWN) {
			/* whoever asked waits for what this trial finds */
			daemon->councils[i]->why = (struct fault){0};
			loop_timer_in(daemon->councils[i]->again, 0);
		}
	loop_timer_in(daemon->begin, 0);
	daemon_say_line(daemon);
}

void daemon_reload(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->council_count; i++) {
		struct here *before = here_enter(daemon->councils[i]->here);
		if (daemon->councils[i]->state == COUNCIL_UP && !daemon->councils[i]->leaving)
			reload_ask(daemon->councils[i], NULL, NULL);
		(void)here_enter(before);
	}
	if (daemon->seek)
		loop_timer_in(daemon->seek, 0);
}

/* ---- start and stop ---- */

static void on_begin(void *argument)
{
	struct daemon *daemon = argument;
	if (daemon->begun == daemon->council_count) {
		daemon_look_ready(daemon);
		return;
	}
	struct council *council = daemon->councils[daemon->begun];
	if (!council->again)
		council->again = loop_timer_new(daemon->loop, on_again, council);
	if (council->off) { /* before its turn came */
		have_begun(daemon);
		return;
	}
	struct here *before = here_enter(council->here);
	if (!opening_begin(council, on_opened))
		try_with(council, NULL, NULL);
	(void)here_enter(before);
}

static void start_named(struct daemon *daemon)
{
	daemon->settle = loop_timer_new(daemon->loop, on_settle, daemon);
	daemon->begin = loop_timer_new(daemon->loop, on_begin, daemon);
	if (daemon->list_path)
		daemon->seek = loop_timer_new(daemon->loop, on_seek, daemon);
	loop_timer_in(daemon->begin, 0);
}

enum result daemon_start(struct daemon *daemon, struct fault *fault)
{
	daemon->started = clock_elapsed(&daemon->clock);
	daemon->loop = loop_new(&daemon->clock, fault);
	if (!daemon->loop)
		return RESULT_PERMANENT;
	enum result result = RESULT_OK;
	if (daemon->councils[0]->here)
		start_named(daemon);
	else
		result = start_council(daemon->councils[0], RESULT_OK, fault);
	if (result != RESULT_OK)
		return result;
	loop_measure(daemon->loop, waited, daemon);
	loop_on_clock_jump(daemon->loop, on_clock_jump, daemon);
	start_watchdog(daemon);
	return RESULT_OK;
}

void daemon_stop(struct daemon *daemon)
{
	daemon->patience_until = clock_elapsed(&daemon->clock) + PATIENCE;
	while (daemon->council_count) {
		struct council *council = daemon->councils[--daemon->council_count];
		struct here *before = here_enter(council->here);
		bool is_up = council->state == COUNCIL_UP || council->state == COUNCIL_OFF;
		if (council->here && !is_up && daemon->status == EXIT_SUCCESS)
			daemon->status = EXIT_FAILURE; /* somebody was not watched over */
		opening_stop(council);
		house_stop(council);
		loop_timer_free(council->again);
		(void)here_enter(before);
		free((char *)(uintptr_t)council->config_path);
		free(council);
	}
	free(daemon->councils);
	sources_end(daemon);
	loop_timer_free(daemon->watchdog);
	loop_timer_free(daemon->settle);
	loop_timer_free(daemon->begin);
	loop_timer_free(daemon->seek);
	loop_free(daemon->loop);
	*daemon = (struct daemon){.clock = daemon->clock, .leaving = daemon->leaving, .status = daemon->status};
}

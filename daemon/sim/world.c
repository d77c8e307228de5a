/* world: the daemon's life: it is started, turned, killed, and started again; time stands while anything is to be done,
 * and then leaps to the next timer. */
#include "sim/members.h"

#include "base/log.h"
#include "base/mem.h"
#include "run/edition.h"
#include "source/batch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURNS_MOST 20000         /* without time going on: a loop that never rests */
/* On no machine do two transactions take what they take at one instant. Who is told all of it anew, as it arrived,
 * takes what came at one instant at once, and an alert that the second transaction moved has another id there. */
#define A_CALLBACK (SECOND / 1000000)
#define START_AGAIN (5 * SECOND) /* systemd's RestartSec= */
#define START_RARELY MINUTE      /* when it stays broken: in the simulator alone, each start costs as much as a day */
#define STARTS_MOST 400          /* in a row, without success: six hours, longer than a disk is full (acts.c) */
#define SETTLING_SECONDS 900
#define ATTEMPT_BYTES 16384 /* more than the page has */
#define RECKON_RARELY (7 * 24 * HOUR) /* in a long run: it reads all that ever happened */
#define OPS_EVERY (20 * MINUTE) /* each minute in the daemon: most of what a year would cost */

/* ---- what it finds ---- */

static void write_file(struct sim *sim, const char *path, const char *words)
{
	FILE *file = fopen(path, "we");
	if (!file || fputs(words, file) < 0 || fclose(file) != 0)
		sim_fail(sim, "the simulator cannot write %s", path);
}

static void hand_out(struct sim *sim, const struct logged *one)
{
	if (one->arrived == INSTANT_NONE)
		memory_source_put(sim->source, one->position, one->bytes);
	else
		memory_source_put_logged(sim->source, one->position, one->bytes, one->arrived, one->order);
}

static enum result open_source(struct council *council, struct source **sources, size_t *count, struct fault *fault)
{
	struct sim *sim = council->seams.context;
	struct source_settings settings;
	(void)fault;
	sources_settings(council, &settings);
	settings.batch_events = 20;
	sources[(*count)++] = memory_source_open(&settings, &sim->source);
	for (size_t i = 0; i < sim->log_count; i++)
		hand_out(sim, &sim->log[i]);
	if (sim->truth < sim->source_away_until)
		memory_source_say(sim->source, SOURCE_DOWN, "the broker is away");
	for (size_t i = 0; i < LOG_PARTS; i++)
		if (sim->lags_until[i] != INSTANT_NONE)
			memory_source_hold(sim->source, log_parts[i], true);
	return RESULT_OK;
}

/* A message has the same name on every machine. */
static void put_reference(const void *settings, int64_t row, struct text name, struct buffer *out)
{
	(void)settings;
	(void)row;
	buffer_format(out, "<%.*s@c>", TEXT_ARG(name));
}

static struct channel by_name;

static size_t open_channels(struct council *council, struct courier_channel *channels)
{
	struct sim *sim = council->seams.context;
	channels[0] = (struct courier_channel){sim->member ? &by_name : &channel_memory, &sim->mail.server, 1};
	return 1;
}

static struct logged *keep_record(struct sim *sim, size_t part, const char *bytes, bool hostile)
{
	struct logged *one = mem_push((void **)&sim->log, &sim->log_count, &sim->log_room, sizeof *one);
	*one = (struct logged){.position = log_parts[part],
	                       .bytes = mem_copy_text(bytes, strlen(bytes)),
	                       .print = text_fingerprint(text_of(bytes), 0),
	                       .next = (int64_t)++sim->part_count[part],
	                       .hostile = hostile,
	                       .arrived = INSTANT_NONE};
	return one;
}

static void put(struct sim *sim, size_t part, const char *bytes, bool hostile)
{
	const struct logged *one = keep_record(sim, part, bytes, hostile);
	if (sim->running)
		hand_out(sim, one);
}

void world_put(struct sim *sim, const char *bytes, bool hostile)
{
	if (sim->member)
		brokers_put(sim->member->members, bytes, NULL, hostile);
	else
		put(sim, sim->log_count % 5 == 0, bytes, hostile);
}

void world_lag(struct sim *sim, size_t part, instant until)
{
	sim->lags_until[part] = until;
	if (sim->running)
		memory_source_hold(sim->source, log_parts[part], until != INSTANT_NONE);
}

/* Of several machines each appends it to the log first; what is decided about a record in quarantine with its seal. */
void world_hand_in(struct sim *sim, const char *bytes)
{
	bool decides = strstr(bytes, "\"type\":\"quarantine.") != NULL;
	if (sim->member)
		brokers_put(sim->member->members, bytes, decides ? SOURCE_ORDER_EVENT : NULL, false);
	else
		put(sim, LOG_SPOOL, bytes, false);
}

void world_log(struct sim *sim, const char *bytes, instant arrived, const char *order, bool hostile)
{
	struct logged *one = keep_record(sim, LOG_CELL, bytes, hostile);
	one->arrived = arrived;
	one->order = order ? mem_copy_text(order, strlen(order)) : NULL;
	if (sim->running)
		hand_out(sim, one);
}

/* It is on record at each start, and a longer number moves what comes behind it in the database, and so the call at
 * which a disk fails: a seed would fail or not as the machine counts its processes. */
#define PROCESS 1000
pid_t __wrap_getpid(void);
pid_t __wrap_getpid(void)
{
	return PROCESS;
}

/* ---- life and death ---- */

static void pass(struct sim *sim, instant span)
{
	if (sim->member) {
		members_pass(sim->member->members, span);
		return;
	}
	sim->truth += span;
	sim->hands.now += span;
	sim->hands.elapsed += span;
}

/* What it was at outlives a process that was killed, in a page of memory that the kernel writes. */
static void keep_attempt(void *context)
{
	struct sim *sim = context;
	int file = open(sim->attempt, O_RDONLY | O_CLOEXEC);
	memset(sim->kept_attempt, 0, ATTEMPT_BYTES);
	if (file >= 0 && read(file, sim->kept_attempt, ATTEMPT_BYTES) < 0)
		sim_fail(sim, "the simulator cannot read %s", sim->attempt);
	if (file >= 0)
		(void)close(file);
}

static void put_attempt_back(struct sim *sim)
{
	int file = open(sim->attempt, O_WRONLY | O_CLOEXEC);
	if (file >= 0 && write(file, sim->kept_attempt, ATTEMPT_BYTES) != ATTEMPT_BYTES)
		sim_fail(sim, "the simulator cannot write %s", sim->attempt);
	if (file >= 0)
		(void)close(file);
}

/* What a process that was killed did after its death had no effect. */
static void bury(struct sim *sim)
{
	char ended[160];
	look_close(sim);
	look_close_pages(sim);
	daemon_stop(&sim->daemon);
	sim->council = NULL;
	sim->running = false;
	sim->source = NULL;
	if (!disk_is_dead(sim->disk))
		return;
	if (sim->member)
		brokers_died(sim->member);
	put_attempt_back(sim);
	(void)snprintf(ended, sizeof ended, "%s.ended", sim->database);
	(void)unlink(ended);
	sim->figures.power_cuts += disk_lost_power(sim->disk);
	disk_start(sim->disk);
	sim->crashed = true;
	sim->figures.kills++;
}

static void keep_most(uint64_t *most, uint64_t now, uint64_t before)
{
	*most = now - before > *most ? now - before : *most;
}

/* At the beginning and at the end of each callback. Between two of them nothing works but who looks at the daemon's own
 * store, and says so (worked_apart). */
static instant see_turn(void *context)
{
	struct sim *sim = context;
	bool begins = !sim->in_turn;
	sim->in_turn = begins;
	if (begins && !sim->worked_apart)
		return 0;
	sim->worked_apart = false;
	struct pipeline_work worked = pipeline_worked(sim->council->pipeline);
	struct work now = {worked.events, worked.effects, worked.folded, disk_steps(sim->disk)};
	if (!begins) {
		pass(sim, A_CALLBACK);
		struct work *most = &sim->figures.most;
		keep_most(&most->events, now.events, sim->before.events);
		keep_most(&most->effects, now.effects, sim->before.effects);
		keep_most(&most->folded, now.folded, sim->before.folded);
		keep_most(&most->steps, now.steps, sim->before.steps);
	}
	sim->before = now;
	return 0;
}

/* To read a configuration and try all of it is a fifth of what a run costs, and comes to the same while its files are
 * the same: a start takes the one that a start before it read. */
static void lend_edition(struct sim *sim)
{
	struct edition *edition = sim->kept[sim->written != 0].edition;
	if (!edition || sim->kept[sim->written != 0].is != sim->written)
		return;
	(void)shared_hold(&edition->shared);
	sim->council->edition = edition;
}

static void forget_editions(struct sim *sim)
{
	for (size_t i = 0; i < sizeof sim->kept / sizeof *sim->kept; i++)
		if (sim->kept[i].edition)
			shared_release(&sim->kept[i].edition->shared);
	memset(sim->kept, 0, sizeof sim->kept);
}

static void keep_edition(struct sim *sim)
{
	struct edition *before = sim->kept[sim->written != 0].edition;
	if (before == sim->council->edition)
		return;
	if (before)
		shared_release(&before->shared);
	sim->kept[sim->written != 0].edition = sim->council->edition;
	sim->kept[sim->written != 0].is = sim->written;
	(void)shared_hold(&sim->council->edition->shared);
}

static bool start(struct sim *sim)
{
	struct fault fault = {0};
	const struct council_seams seams = {.sources = open_source,
	                                    .channels = open_channels,
	                                    .ops_every = OPS_EVERY,
	                                    .look_every = HOUR,
	                                    .reckon_every = plan_is_long(&sim->plan) ? RECKON_RARELY : RECKON_EVERY,
	                                    .records_a_turn = sim->records_a_turn,
	                                    .courier_by_hand = true,
	                                    .context = sim};
	sim->daemon = (struct daemon){.clock = clock_two_hands(&sim->hands)};
	sim->council = daemon_add(&sim->daemon, NULL, sim->config, &seams);
	lend_edition(sim);
	sim->figures.starts++;
	sim->struck = disk_struck(sim->disk);
	if (daemon_start(&sim->daemon, &fault) != RESULT_OK || sim->daemon.leaving || disk_is_dead(sim->disk)) {
		bury(sim);
		/* A start may fail because something was wrong with the disk at that moment, and for nothing else. */
		if (disk_struck(sim->disk) == sim->struck && !sim->crashed && fault.text[0])
			sim_fail(sim, "it does not start: %s", fault.text);
		return false;
	}
	keep_edition(sim);
	sim->in_force = sim->written;
	sim->running = true;
	sim->in_turn = false;
	sim->amiss = sim->began = sim->truth;
	sim->seen_failures = 0;
	sim->seen_commit = INSTANT_NONE;
	sim->worked_apart = true;
	loop_measure(sim->daemon.loop, see_turn, sim);
	check_start(sim);
	return true;
}

void world_stop(struct sim *sim)
{
	if (sim->running)
		bury(sim);
}

void world_kill(struct sim *sim, bool power, struct chance chance)
{
	if (!sim->running)
		return;
	disk_kill(sim->disk, power, chance);
	bury(sim);
}


/* One turn of the loop, and what comes of it. False: the daemon ended. */
static bool turn(struct sim *sim)
{
	loop_turn(sim->daemon.loop, 0);
	sim->figures.turns++;
	if (disk_is_dead(sim->disk) || sim->daemon.leaving) {
		bury(sim);
		return false;
	}
	check_turn(sim);
	return true;
}

static void end_spells(struct sim *sim)
{
	if (sim->truth >= sim->power_cut_at) {
		world_kill(sim, true, chance_of(sim->plan.seed, (uint64_t)sim->power_cut_at));
		sim->power_cut_at = INSTANT_NEVER;
	}
	if (sim->full_until != INSTANT_NONE && sim->truth >= sim->full_until) {
		disk_forgive(sim->disk);
		sim->full_until = INSTANT_NONE;
	}
	if (sim->source_away_until != INSTANT_NONE && sim->truth >= sim->source_away_until) {
		sim->source_away_until = INSTANT_NONE;
		if (sim->running)
			memory_source_say(sim->source, SOURCE_UP, "");
	}
	if (sim->ahead_until != INSTANT_NONE && sim->truth >= sim->ahead_until)
		act_clock_right(sim);
	for (size_t i = 0; i < LOG_PARTS; i++)
		if (sim->lags_until[i] != INSTANT_NONE && sim->truth >= sim->lags_until[i])
			world_lag(sim, i, INSTANT_NONE);
}

/* Meanwhile the disk has room again, and the power may be cut. */
static void start_somehow(struct sim *sim)
{
	instant pause = START_AGAIN;
	for (int i = 0; !start(sim) && !sim_failed(sim); i++) {
		pass(sim, pause);
		end_spells(sim);
		pause = pause * 2 > START_RARELY ? START_RARELY : pause * 2;
		if (i == STARTS_MOST)
			sim_fail(sim, "it does not start, however often it is tried");
	}
}

void world_live_until(struct sim *sim, instant truth)
{
	int still = 0;
	while (sim->truth < truth && !sim_failed(sim)) {
		end_spells(sim);
		if (!sim->running && sim->truth < sim->off_until) {
			instant on = sim->off_until < truth ? sim->off_until : truth;
			pass(sim, on - sim->truth);
			continue;
		}
		if (!sim->running)
			start_somehow(sim);
		if (sim_failed(sim))
			return;
		if (!turn(sim))
			pass(sim, START_AGAIN);
		instant next = sim->running ? loop_next(sim->daemon.loop) : 0, left = truth - sim->truth;
		if (next > 0 && left > 0)
			pass(sim, next < left ? next : left);
		still = next > 0 ? 0 : still + 1;
		if (still > TURNS_MOST)
			sim_fail(sim, "the loop never rests");
	}
}

instant world_turn(struct sim *sim)
{
	end_spells(sim);
	if (!sim->running && !start(sim))
		return INSTANT_NEVER;
	if (!turn(sim))
		return INSTANT_NEVER;
	instant next = loop_next(sim->daemon.loop);
	return next > HOUR ? sim->truth + HOUR : sim->truth + next;
}

void world_settle(struct sim *sim)
{
	for (int i = 0; i < SETTLING_SECONDS && !sim_failed(sim) && !check_rests(sim); i++)
		world_live_until(sim, sim->truth + SECOND);
}

/* ---- begin and end ---- */

void world_init(struct sim *sim)
{
	const char *shared = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(sim->folder, sizeof sim->folder, "%s/casewatch-sim-XXXXXX", shared);
	if (!mkdtemp(sim->folder))
		sim_fail(sim, "the simulator cannot make a folder in %s", shared);
	(void)snprintf(sim->config, sizeof sim->config, "%s/casewatchd.yaml", sim->folder);
	(void)snprintf(sim->database, sizeof sim->database, "%s/casewatch.db", sim->folder);
	(void)snprintf(sim->attempt, sizeof sim->attempt, "%s.attempt", sim->database);
	sim->kept_attempt = mem_zero(1, ATTEMPT_BYTES);
	disk_on_death(sim->disk, keep_attempt, sim);
	by_name = channel_memory;
	by_name.reference = put_reference;
	edition_write(sim, 0);
	write_file(sim, sim->database, "The database is in memory; this stands for it, where a file is looked for.\n");
}

void world_clear(struct sim *sim)
{
	static const char *const names[] = {"", ".lock", ".attempt", ".status", ".ended", ".erased"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[160];
		(void)snprintf(path, sizeof path, "%s%s", sim->database, names[i]);
		(void)unlink(path);
	}
	edition_empty(sim, "casewatch.db.erase", true);
	edition_clear(sim);
	forget_editions(sim);
	(void)rmdir(sim->folder);
	free(sim->kept_attempt);
}

/* check_oracle: what stands is what the independent reading of the rules says (tests/sim/oracle), in another language
 * and by other hands: one process for a whole run, which is told of each event once. */
#include "sim/sim.h"

#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair {
	char *words; /* "rule subject"; owned */
	int stored, read;
	bool left_out;
};

struct pairs {
	struct pair *items;
	size_t count, room;
	struct map by_words;
};

static struct pair *pair_of(struct pairs *pairs, struct text words)
{
	struct map_walk walk = map_walk(&pairs->by_words, text_fingerprint(words, 0));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (text_equal(text_of(pairs->items[number].words), words))
			return &pairs->items[number];
	struct pair *new = mem_push((void **)&pairs->items, &pairs->count, &pairs->room, sizeof *new);
	*new = (struct pair){.words = mem_copy_text(words.at, words.length)};
	map_add(&pairs->by_words, text_fingerprint(words, 0), (uint32_t)pairs->count - 1);
	return new;
}

/* ---- the daemon's side ---- */

static void read_stored(struct sim *sim, struct pairs *pairs)
{
	sqlite3_stmt *row = look_start(sim, "SELECT a.rule || ' ' || h.name FROM alert a JOIN history h"
	                                    " ON h.id = a.history WHERE a.state = 0 AND a.early = 0");
	while (look_row(sim, row))
		pair_of(pairs, look_text(row, 0))->stored++;
	/* The reading knows nothing of what people answered, nor of what follows from it. */
	row = look_start(sim, "SELECT DISTINCT a.rule || ' ' || h.name FROM audit u JOIN alert a ON a.number = u.number"
	                      " JOIN history h ON h.id = a.history WHERE u.what IN ('alert.acknowledged',"
	                      " 'alert.passed_on', 'alert.resolved') AND u.person <> ''");
	while (look_row(sim, row))
		pair_of(pairs, look_text(row, 0))->left_out = true;
}

/* ---- the reading's side ---- */

/* In a process of its own, with a pipe to it and one from it. */
static void start_reading(struct sim *sim)
{
	struct reading *reading = &sim->reading;
	int to[2], from[2];
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		abort(); /* the machine's own trouble, and no finding */
	reading->process = fork();
	if (reading->process == 0) {
		(void)dup2(to[0], STDIN_FILENO);
		(void)dup2(from[1], STDOUT_FILENO);
		(void)execlp("python3", "python3", "-B", "tests/sim/oracle", (char *)NULL);
		_exit(127);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	reading->to = fdopen(to[1], "w");
	reading->from = fdopen(from[0], "r");
	if (reading->process < 0 || !reading->to || !reading->from)
		abort();
	(void)signal(SIGPIPE, SIG_IGN); /* one that died is said by what it does not answer */
}

void oracle_end(struct sim *sim)
{
	struct reading *reading = &sim->reading;
	if (!reading->process)
		return;
	(void)fclose(reading->to);
	(void)fclose(reading->from);
	(void)waitpid(reading->process, NULL, 0);
	*reading = (struct reading){0};
}

/* What it was told is no more: a backup was put back. */
void oracle_forget(struct sim *sim)
{
	if (!sim->reading.process)
		return;
	(void)fputs("forget\n", sim->reading.to);
	sim->reading.told = 0;
}

static void tell_events(struct sim *sim)
{
	struct reading *reading = &sim->reading;
	sqlite3_stmt *row =
		look_start(sim, "SELECT " LOOK_EVENT ", arrived, id FROM event WHERE id > ? AND flags & 8 = 0"
	                        " ORDER BY id");
	(void)sqlite3_bind_int64(row, 1, reading->told);
	while (look_row(sim, row)) {
		struct text bytes = look_text(row, 0);
		char arrived[32];
		instant_print(look_int(row, 1), arrived);
		reading->told = look_int(row, 2);
		if (bytes.length)
			(void)fprintf(reading->to, "%.*s,\"recordedtime\":\"%s\"}\n", (int)bytes.length - 1, bytes.at,
			              arrived);
	}
}

static void ask(struct sim *sim, struct pairs *pairs)
{
	struct reading *reading = &sim->reading;
	char now[32], line[256];
	bool answered = false;
	instant_print(sim->hands.now, now);
	(void)fprintf(reading->to, "ask %s\n", now);
	(void)fflush(reading->to);
	while (!answered && fgets(line, sizeof line, reading->from)) {
		line[strcspn(line, "\n")] = '\0';
		answered = strcmp(line, ".") == 0;
		if (strncmp(line, "? ", 2) == 0)
			pair_of(pairs, text_of(line + 2))->left_out = true;
		else if (!answered)
			pair_of(pairs, text_of(line))->read++;
	}
	if (!answered)
		sim_fail(sim, "the independent reading could not be asked");
}

static bool follows_an_answer(const char *words)
{
	return strncmp(words, "custody.no-feedback ", 20) == 0 || strncmp(words, "missing.vpg-not-discussed ", 26) == 0;
}

/* It reads the tree's own rules, and nothing but them. */
void check_oracle(struct sim *sim)
{
	struct pairs pairs = {0};
	if (sim->clock_was_wrong || sim->in_force) /* when something was known is not known */
		return;
	if (!sim->reading.process)
		start_reading(sim);
	tell_events(sim);
	read_stored(sim, &pairs);
	ask(sim, &pairs);
	for (size_t i = 0; i < pairs.count; i++) {
		const struct pair *pair = &pairs.items[i];
		if (pair->stored != pair->read && !pair->left_out && !follows_an_answer(pair->words))
			sim_fail(sim, "%s stands %d times, and by the independent reading %d times", pair->words,
			         pair->stored, pair->read);
		free(pair->words);
	}
	free(pairs.items);
	map_free(&pairs.by_words);
	sim->figures.oracles++;
}

/* check_oracle: what stands is what the independent reading of the rules says (tests/sim/oracle), in another language
 * and by other hands. It is slow, and asked at the end of a run. */
#include "sim/sim.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
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

static void write_events(struct sim *sim, const char *path)
{
	FILE *file = fopen(path, "we");
	sqlite3_stmt *row = look_start(sim, "SELECT bytes, arrived FROM event ORDER BY id");
	while (look_row(sim, row)) {
		struct text bytes = look_text(row, 0);
		char arrived[32];
		instant_print(look_int(row, 1), arrived);
		if (file && bytes.length)
			(void)fprintf(file, "%.*s,\"recordedtime\":\"%s\"}\n", (int)bytes.length - 1, bytes.at,
			              arrived);
	}
	if (!file || fclose(file) != 0)
		sim_fail(sim, "the simulator cannot write %s", path);
}

/* ---- the reading's side ---- */

static void ask(struct sim *sim, const char *path, struct pairs *pairs)
{
	char command[320], now[32], line[256];
	instant_print(sim->hands.now, now);
	(void)snprintf(command, sizeof command, "python3 -B tests/sim/oracle %s %s", path, now);
	FILE *said = popen(command, "re");
	while (said && fgets(line, sizeof line, said)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "? ", 2) == 0)
			pair_of(pairs, text_of(line + 2))->left_out = true;
		else
			pair_of(pairs, text_of(line))->read++;
	}
	if (!said || pclose(said) != 0)
		sim_fail(sim, "the independent reading could not be asked");
}

static bool follows_an_answer(const char *words)
{
	return strncmp(words, "custody.no-feedback ", 20) == 0 || strncmp(words, "missing.vpg-not-discussed ", 26) == 0;
}

void check_oracle(struct sim *sim)
{
	char path[128];
	struct pairs pairs = {0};
	if (sim->clock_was_wrong) /* when something was known is not known */
		return;
	(void)snprintf(path, sizeof path, "%s/events.jsonl", sim->folder);
	write_events(sim, path);
	read_stored(sim, &pairs);
	ask(sim, path, &pairs);
	for (size_t i = 0; i < pairs.count; i++) {
		const struct pair *pair = &pairs.items[i];
		if (pair->stored != pair->read && !pair->left_out && !follows_an_answer(pair->words))
			sim_fail(sim, "%s stands %d times, and by the independent reading %d times", pair->words,
			         pair->stored, pair->read);
		free(pair->words);
	}
	free(pairs.items);
	map_free(&pairs.by_words);
	(void)unlink(path);
	sim->figures.oracles++;
}

/* said: what is said of how it is: the file beside the database, the answer to whoever asks, and systemd's line; and
 * whether the disk takes what is said.
 *
 * Where no file can be made for it the disk may take nothing at all, and a council in which nothing happens would not
 * notice: then the database is asked with a commit. Whoever asks is answered from memory: a disk that takes nothing
 * keeps the file of before, when all was well. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORD_AFTER (SECOND / 4) /* many partitions that go away together are one word */
#define KEPT "said"             /* in meta: that a commit succeeds */
#define KEY TEXT("said")

struct said {
	struct loop_timer *word;
	bool word_due;      /* .word runs */
	bool mute, logged;  /* the file could not be written, and that was logged */
	bool strained;      /* no file could be made for it, whether or not the one before was written over */
	bool looked;        /* since it is so */
	struct fault mute_why, trouble; /* trouble: why nothing can be committed; "": it can, or was not asked */
};

/* ---- systemd's line ---- */

struct naming {
	struct buffer words;
	size_t count;
};

static void name_wrong(void *argument, const struct ops_wrong *wrong)
{
	struct naming *naming = argument;
	if (naming->count++ < 5)
		buffer_format(&naming->words, "%s%s", naming->words.length ? ", " : "", wrong->alert->id);
}

static void say_line(struct council *council)
{
	struct naming naming = {.count = 0};
	struct pipeline_figures figures;
	struct fault fault = {0};
	char line[512];
	const char *trouble = council_trouble(council);
	pipeline_figures(council->pipeline, &figures);
	if (ops_each(council->ops, name_wrong, &naming, &fault) != RESULT_OK)
		buffer_string(&naming.words, "the database cannot be read");
	(void)snprintf(line, sizeof line, "%s%s; %llu events since start%s%.400s",
	               naming.words.length ? "wrong: " : "nothing is wrong", buffer_cstr(&naming.words),
	               (unsigned long long)figures.events, trouble ? "; events are not taken: " : "",
	               trouble ? trouble : "");
	if (trouble)
		buffer_format(&naming.words, "%sevents are not taken", naming.words.length ? ", " : "");
	council_say_line(council, figures.events, buffer_cstr(&naming.words), line);
	buffer_free(&naming.words);
}

/* ---- how it is ---- */

typedef void status_taker(struct council *council, const struct ops_status *status, void *argument);

static void gather(struct council *council, status_taker *take, void *argument)
{
	struct pipeline_figures figures;
	struct loop_figures turns;
	struct ops_status_source *sources;
	struct ops_status_channel *channels;
	struct ops_status_cell cell;
	struct arena *arena = arena_new(4096);
	char path[PATH_MAX];
	pipeline_figures(council->pipeline, &figures);
	loop_figures(council->daemon->loop, &turns);
	size_t count = feeds_status(council, &sources, arena);
	size_t channel_count = channels_status(council, &channels, arena);
	struct ops_status status = {.at = council_now(council),
	                            .process = (long)getpid(),
	                            .config = realpath(council->config_path, path),
	                            .councils = council->here ? council->daemon->council_count : 0,
	                            .caught_up = feeds_were_caught_up(council),
	                            .trouble = council_trouble(council),
	                            .events = figures.events,
	                            .quarantined = figures.quarantined,
	                            .last_commit = figures.last_commit,
	                            .longest_turn = turns.longest,
	                            .longest_turn_lately = turns.longest_lately,
	                            .long_turns = turns.long_turns,
	                            .sources = sources,
	                            .source_count = count,
	                            .channels = channels,
	                            .channel_count = channel_count,
	                            .cell = cell_status(council, &cell) ? &cell : NULL,
	                            .ops = council->ops};
	take(council, &status, argument);
	arena_free(arena);
}

static void put(struct council *council, const struct ops_status *status, void *argument)
{
	(void)council;
	ops_status_put(status, argument);
}

void said_put(struct council *council, struct buffer *json)
{
	gather(council, put, json);
}

static void write_file(struct council *council, const struct ops_status *status, void *argument)
{
	struct said *said = council->said;
	bool anew = false;
	(void)argument;
	said->mute = ops_status_write(council->first->database, status, &anew, &said->mute_why) != RESULT_OK;
	if (said->mute && !said->logged)
		log_warning("%s: who looks at it sees how it was before", said->mute_why.text);
	said->logged = said->mute;
	said->looked = said->looked && !anew;
	said->strained = !anew;
	if (anew)
		said->trouble = (struct fault){""};
}

void said_now(struct council *council)
{
	if (!council->said)
		return;
	gather(council, write_file, NULL);
	say_line(council);
}

static void on_word(void *argument)
{
	struct council *council = argument;
	council->said->word_due = false;
	said_now(council);
}

/* Once for all that changes within a moment. */
static void say_soon(struct council *council)
{
	struct said *said = council->said;
	if (said->word_due)
		return;
	said->word_due = true;
	loop_timer_in(said->word, WORD_AFTER);
}

/* ---- whether the disk takes it ---- */

const char *council_trouble(const struct council *council)
{
	const char *trouble = pipeline_trouble(council->pipeline);
	return trouble                                        ? trouble
	       : council->said && council->said->trouble.text[0] ? council->said->trouble.text
	                                                      : NULL;
}

bool said_is_to_be_looked_at(const struct council *council)
{
	return council->said->strained && !council->said->looked;
}

static enum result try_to_commit(struct council *council, struct fault *fault)
{
	char at[24];
	struct said *said = council->said;
	(void)snprintf(at, sizeof at, "%lld", (long long)council_now(council));
	enum result result = store_keep(council->store, KEPT, text_of(at), fault);
	said->trouble = result == RESULT_TEMPORARY ? *fault : (struct fault){""};
	return result == RESULT_TEMPORARY ? RESULT_OK : result;
}

static void say_mute(struct council *council)
{
	struct ops_word word = {
		.what = OPS_STORE,
		.key = KEY,
		.title = "casewatch cannot write down how it is",
		.meaning = "Everybody is told as before. But of a casewatchd that hangs or is gone `casewatch status` "
			   "would know less, and what the database writes beside itself may be refused next.",
		.facts = {{"Why", council->said->mute_why.text, NULL}},
		.fact_count = 1};
	council_say_ops(council, &word);
}

enum result said_look(struct council *council, struct fault *fault)
{
	struct said *said = council->said;
	said->looked = said->strained;
	enum result result = RESULT_OK;
	if (said->strained)
		result = try_to_commit(council, fault);
	else
		said->trouble = (struct fault){""};
	if (result != RESULT_OK)
		return result;
	if (said->mute && !council_trouble(council))
		say_mute(council);
	if (!said->mute)
		council_end_ops(council, OPS_STORE, KEY, NULL);
	return RESULT_OK;
}

/* ---- start and stop ---- */

void said_start(struct council *council)
{
	struct said *said = council->said = MEM_NEW(struct said);
	said->word = loop_timer_new(council->daemon->loop, on_word, council);
	council->changed = say_soon;
}

void said_stop(struct council *council)
{
	if (!council->said)
		return;
	council->changed = NULL;
	loop_timer_free(council->said->word);
	free(council->said);
	council->said = NULL;
}

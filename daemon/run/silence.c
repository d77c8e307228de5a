/* silence: a source from which nothing comes for longer than it is usually quiet at this weekday and hour. */
#include "run/run_internal.h"

#include "store/quiet.h"
#include "time/words.h"

#include <stdlib.h>

#define LEARNING (14 * 24 * HOUR) /* until then nobody knows what is usual */
#define LEAST HOUR                /* a shorter silence is never too long */
#define FORGOTTEN (30 * 24 * HOUR) /* then it is taken for gone: nobody sends from it any more */

struct looking {
	struct council *council;
	instant now;
	bool listens;        /* events come in: else the silence is ours, and said as ops.source-lost */
	struct arena *arena;
	struct silent {
		const char *source;
		instant last;
		bool too_long, gone;
	} *items;
	size_t count, room;
};

static bool is_too_long(const struct quiet *quiet, instant now)
{
	instant most = quiet->usual * 3 / 2 + HOUR / 2;
	return now - quiet->first >= LEARNING && now - quiet->last > (most > LEAST ? most : LEAST);
}

static enum result see(void *argument, const struct quiet *quiet, struct fault *fault)
{
	struct looking *looking = argument;
	(void)fault;
	struct silent *silent = mem_push((void **)&looking->items, &looking->count, &looking->room, sizeof *silent);
	*silent = (struct silent){arena_copy_text(looking->arena, quiet->source.at, quiet->source.length), quiet->last,
	                          is_too_long(quiet, looking->now), looking->now - quiet->last > FORGOTTEN};
	return RESULT_OK;
}

static void say_silent(struct looking *looking, const struct silent *silent)
{
	struct buffer title = {0}, last = {0};
	buffer_format(&title, "Nothing comes from %s, for longer than it is usually quiet", silent->source);
	words_moment(calendar_zone(looking->council->config->calendar), (struct words_moment){silent->last, false},
	             WORDS_FULL, &last);
	struct ops_word word = {.what = OPS_SOURCE_SILENT, .key = text_of(silent->source), .title = buffer_cstr(&title),
	                        .facts = {{"Last event", buffer_cstr(&last), NULL}}, .fact_count = 1};
	council_say_ops(looking->council, &word);
	buffer_free(&title);
	buffer_free(&last);
}

enum result silence_look(struct council *council, struct fault *fault)
{
	struct looking looking = {.council = council,
	                          .now = council_now(council),
	                          .arena = arena_new(1024),
	                          .listens = feeds_were_caught_up(council) && !feeds_not_up(council)};
	enum result result =
		looking.listens ? quiet_each(council->store, looking.now, see, &looking, fault) : RESULT_OK;
	for (size_t i = 0; i < looking.count; i++) {
		const struct silent *silent = &looking.items[i];
		if (silent->too_long && !silent->gone)
			say_silent(&looking, silent);
		else
			council_end_ops(council, OPS_SOURCE_SILENT, text_of(silent->source),
			                silent->gone ? "A source has been silent for 30 days, and is taken for gone."
			                             : NULL);
	}
	free(looking.items);
	arena_free(looking.arena);
	return result == RESULT_TEMPORARY ? RESULT_OK : result;
}

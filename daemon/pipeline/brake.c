/* brake: a fault that would set aside record after record stops the reading instead, and says why.
 *
 * One record that cannot be judged or read is set aside so that the rest goes on. Where each record after it is set
 * aside too, the fault is hardly the records': then a whole topic would lie in quarantine, and every child behind it be
 * unseen. Nothing is lost while reading rests, as records wait at their source; and it goes on by itself after a time,
 * because good records may come behind bad ones: after moments at first, so that a file of rubbish holds up nobody for
 * long. What cannot be read rests its own source alone. A reload, after which the fault may be gone, lets it go on at
 * once. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "time/words.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME "set-aside-in-a-row" /* in the database, because each of them may have ended the process */

enum result brake_read(struct pipeline *pipeline, struct fault *fault)
{
	struct text value;
	char words[64];
	long long until = 0;
	unsigned in_a_row = 0;
	enum result result = store_get(pipeline->store, NAME, &value, fault);
	(void)snprintf(words, sizeof words, "%.*s", TEXT_ARG(value));
	if (result == RESULT_OK && sscanf(words, "%u %lld", &in_a_row, &until) == 2) {
		pipeline->brake.set_aside = in_a_row;
		pipeline->brake.until = until;
	}
	return result;
}

static enum result keep_pause(struct pipeline *pipeline, unsigned in_a_row, instant until, struct fault *fault)
{
	char words[64];
	(void)snprintf(words, sizeof words, "%u %lld", in_a_row, (long long)until);
	return store_set(pipeline->store, NAME, text_of(words), fault);
}

void brake_begin(struct pipeline *pipeline)
{
	pipeline->brake.now_set_aside = pipeline->brake.now_refused = pipeline->brake.now_good = 0;
}

/* One good record among the bad says that the fault is theirs. */
void brake_count(struct pipeline *pipeline, enum braked what)
{
	struct brake *brake = &pipeline->brake;
	switch (what) {
	case BRAKED_SET_ASIDE:
		brake->now_set_aside++;
		break;
	case BRAKED_REFUSED:
		brake->now_refused++;
		break;
	case BRAKED_NOTHING:
		brake->now_good++;
		break;
	}
}

enum result brake_keep(struct pipeline *pipeline, struct fault *fault)
{
	struct brake *brake = &pipeline->brake;
	if (brake->now_good && brake->set_aside)
		return keep_pause(pipeline, 0, INSTANT_NONE, fault);
	if (!brake->now_set_aside || brake->now_good)
		return RESULT_OK;
	unsigned in_a_row = brake->set_aside + (unsigned)brake->now_set_aside;
	return keep_pause(pipeline, in_a_row, pipeline->transaction.begun + BRAKE_SET_ASIDE_REST, fault);
}

static struct text name_of(struct text position)
{
	const char *end = position.length ? memchr(position.at, ':', position.length) : NULL;
	return (struct text){position.at, end ? (size_t)(end - position.at) : position.length};
}

/* `source_count`: it has none yet. */
static size_t place_of(const struct brake *brake, struct text position)
{
	size_t i = 0;
	while (i < brake->source_count && !text_equal(text_of(brake->sources[i].name), name_of(position)))
		i++;
	return i;
}

static struct brake_source *source_of(struct brake *brake, struct text position)
{
	size_t place = place_of(brake, position);
	struct brake_source *source = &brake->sources[place];
	if (place < brake->source_count)
		return source;
	if (brake->source_count < BRAKE_SOURCES - 1) /* the last is for all that have no place of their own */
		brake->source_count++;
	*source = (struct brake_source){.until = INSTANT_NONE};
	(void)snprintf(source->name, sizeof source->name, "%.*s", TEXT_ARG(name_of(position)));
	return source;
}

static void say_pause(struct pipeline *pipeline, instant until, const char *what, const char *next)
{
	struct brake *brake = &pipeline->brake;
	struct buffer words = {0};
	words_moment(calendar_zone(pipeline->settings.engine.calendar), (struct words_moment){until, false}, WORDS_FULL,
	             &words);
	(void)snprintf(brake->why, sizeof brake->why,
	               "%s: reading rests, so that not every record is set aside; nothing is lost. "
	               "%s, then systemctl reload casewatchd; by itself it tries again on %s",
	               what, next, buffer_cstr(&words));
	buffer_free(&words);
}

static void say_set_aside_rest(struct pipeline *pipeline)
{
	struct brake *brake = &pipeline->brake;
	char what[128];
	(void)snprintf(what, sizeof what, "%u records in a row made casewatch fail and were set aside",
	               brake->set_aside);
	say_pause(pipeline, brake->until, what,
	          "Read the journal (journalctl -u casewatchd), install the version before, or report it");
	if (brake->said != brake->until)
		log_error("%s", brake->why);
	brake->said = brake->until;
}

/* The first rest, the second, fourth, eighth and so on are said in the journal. */
static void say_refused_rest(struct pipeline *pipeline, struct brake_source *source)
{
	char what[128];
	(void)snprintf(what, sizeof what, "%u records in a row of the source \"%s\" could not be read",
	               source->refused, source->name);
	say_pause(pipeline, source->until, what,
	          "See what is wrong with them (casewatch quarantine), correct the source, type-prefix or "
	          "kafka.topics");
	if (source->said != source->rests && !(source->rests & (source->rests - 1)))
		log_error("%s", pipeline->brake.why);
	source->said = source->rests;
}

static void rest_source(struct pipeline *pipeline, struct brake_source *source)
{
	instant rest = (instant)++source->rests * BRAKE_REFUSED_STEP;
	source->until = pipeline->transaction.begun + (rest < BRAKE_REFUSED_REST ? rest : BRAKE_REFUSED_REST);
}

void brake_committed(struct pipeline *pipeline, struct text position)
{
	struct brake *brake = &pipeline->brake;
	struct brake_source *source = source_of(brake, position);
	if (brake->now_good) {
		if (source->rests)
			log_notice("reading of the source \"%s\" goes on", source->name);
		source->refused = source->rests = source->said = brake->set_aside = 0;
		return;
	}
	brake->set_aside += (unsigned)brake->now_set_aside;
	source->refused += (unsigned)brake->now_refused;
	if (brake->now_set_aside)
		brake->until = pipeline->transaction.begun + BRAKE_SET_ASIDE_REST;
	if (source->refused / BRAKE_REFUSED > source->rests)
		rest_source(pipeline, source);
}

/* One that is longer than any was reckoned by a clock that was ahead: of the process before, too, which began anew when
 * it was set back. */
static bool lasts(instant until, instant longest, instant now)
{
	return now < until && until - longest <= now;
}

static bool rests(const struct brake_source *source, instant now)
{
	return source->rests && lasts(source->until, BRAKE_REFUSED_REST, now);
}

static bool any_rests(const struct brake *brake, instant now)
{
	for (size_t i = 0; i < BRAKE_SOURCES; i++)
		if (rests(&brake->sources[i], now))
			return true;
	return false;
}

static bool all_rest(const struct brake *brake, instant now)
{
	return brake->set_aside >= BRAKE_SET_ASIDE && lasts(brake->until, BRAKE_SET_ASIDE_REST, now);
}

bool pipeline_rests(const struct pipeline *pipeline, struct text position, instant now)
{
	const struct brake *brake = &pipeline->brake;
	size_t place = place_of(brake, position);
	return all_rest(brake, now) || (place < brake->source_count && rests(&brake->sources[place], now));
}

bool brake_holds(struct pipeline *pipeline, struct text position, instant now)
{
	struct brake *brake = &pipeline->brake;
	struct brake_source *source = source_of(brake, position);
	bool set_aside = all_rest(brake, now);
	bool refused = rests(source, now);
	if (!set_aside && !any_rests(brake, now))
		brake->why[0] = '\0';
	else if (set_aside)
		say_set_aside_rest(pipeline);
	else if (refused)
		say_refused_rest(pipeline, source);
	return set_aside || refused;
}

void brake_release(struct pipeline *pipeline)
{
	struct brake *brake = &pipeline->brake;
	brake->until = INSTANT_NONE;
	for (size_t i = 0; i < BRAKE_SOURCES; i++)
		brake->sources[i].until = INSTANT_NONE;
}

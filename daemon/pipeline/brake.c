/* brake: a fault that would set aside record after record stops the reading instead, and says why.
 *
 * One record that cannot be judged or read is set aside so that the rest goes on. Where each record after it is set
 * aside too, the fault is hardly the records': then a whole topic would lie in quarantine, and every child behind it be
 * unseen. Nothing is lost while reading rests, as records wait at their source; and it goes on by itself after a time,
 * because good records may come behind bad ones. A reload, after which the fault may be gone, lets it go on at once. */
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
	return keep_pause(pipeline, in_a_row, pipeline->transaction.now + BRAKE_SET_ASIDE_REST, fault);
}

static void say_pause(struct pipeline *pipeline, const char *what, unsigned in_a_row, const char *next)
{
	struct brake *brake = &pipeline->brake;
	struct buffer until = {0};
	words_moment(calendar_zone(pipeline->settings.engine.calendar), (struct words_moment){brake->until, false},
	             WORDS_FULL, &until);
	(void)snprintf(brake->why, sizeof brake->why,
	               "%u records in a row %s: reading rests, so that not every record is set aside; nothing is lost. "
	               "%s, then systemctl reload casewatchd; by itself it tries again on %s",
	               in_a_row, what, next, buffer_cstr(&until));
	log_error("%s", brake->why);
	buffer_free(&until);
}

void brake_committed(struct pipeline *pipeline)
{
	struct brake *brake = &pipeline->brake;
	instant now = pipeline->transaction.now;
	if (brake->now_good) {
		brake->set_aside = brake->refused = 0;
		return;
	}
	brake->set_aside += (unsigned)brake->now_set_aside;
	brake->refused += (unsigned)brake->now_refused;
	if (brake->now_set_aside)
		brake->until = now + BRAKE_SET_ASIDE_REST;
	else if (brake->now_refused && brake->refused >= BRAKE_REFUSED)
		brake->until = now + BRAKE_REFUSED_REST;
}

bool brake_holds(struct pipeline *pipeline, instant now)
{
	struct brake *brake = &pipeline->brake;
	bool set_aside = brake->set_aside >= BRAKE_SET_ASIDE, refused = brake->refused >= BRAKE_REFUSED;
	bool holds = (set_aside || refused) && now < brake->until;
	if (!holds) {
		if (brake->why[0])
			log_notice("reading goes on");
		brake->why[0] = '\0';
		if (refused)
			brake->refused = 0; /* as many again; of those at which it fails one, and then it rests again */
		return false;
	}
	if (!brake->why[0] && set_aside)
		say_pause(pipeline, "made casewatch fail and were set aside", brake->set_aside,
		          "Read the journal (journalctl -u casewatchd), install the version before, or report it");
	else if (!brake->why[0])
		say_pause(pipeline, "could not be read", brake->refused,
		          "See what is wrong with them (casewatch quarantine), correct the source, type-prefix or "
		          "kafka.topics");
	return true;
}

void brake_release(struct pipeline *pipeline)
{
	pipeline->brake.until = INSTANT_NONE;
}

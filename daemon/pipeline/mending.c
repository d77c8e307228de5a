/* mending: what was missed is made good, one history or one alert at a time; what casewatch fails at is set aside.
 *
 * A mending at which the process died three times is on record in the database, with the word why: the next rounds
 * pass over it, and ops hear for as long as it is so (reckon.c). It is tried again when the rules or casewatch itself
 * are others, and once a day, since somebody may have mended what nobody here knows of. One that fails without a death
 * costs nobody anything, and is tried in each round. */
#include "pipeline/pipeline_internal.h"

#include "base/version.h"
#include "store/lines.h"

#include <stdio.h>
#include <stdlib.h>

#define META_NAME 48
#define EDITION 16 /* hexadecimal digits */

/* By which the database knows it: it tells nobody who the child is. */
static void name_in_meta(struct text name, char *out)
{
	(void)snprintf(out, META_NAME, "mending-aside:%016llx", (unsigned long long)text_fingerprint(name, 0));
}

/* Of the rules in force, of the program, and of the day. */
static uint64_t edition(const struct pipeline *pipeline)
{
	uint64_t day = (uint64_t)(pipeline->transaction.now / (24 * HOUR));
	return text_fingerprint(buffer_view(&pipeline->rejudge.fingerprint),
	                        text_fingerprint(text_of(casewatch_version), day));
}

static void note_why(struct pipeline *pipeline, struct text why)
{
	(void)snprintf(pipeline->reckon.why, sizeof pipeline->reckon.why, "%.*s", TEXT_ARG(why));
}

enum result mending_is_aside(struct pipeline *pipeline, struct text name, bool *aside, struct fault *fault)
{
	char meta[META_NAME];
	struct text value;
	name_in_meta(name, meta);
	enum result result = store_get(pipeline->store, meta, &value, fault);
	*aside = result == RESULT_OK && value.length > EDITION && strtoull(value.at, NULL, 16) == edition(pipeline);
	if (*aside)
		note_why(pipeline, (struct text){value.at + EDITION + 1, value.length - EDITION - 1});
	return result;
}

static enum result set_aside(struct pipeline *pipeline, struct text name, const char *about, struct fault *fault)
{
	const char *trouble = pipeline->transaction.trouble;
	bool died = attempt_deaths(pipeline->settings.attempt, name, 0) >= ATTEMPT_DEATHS;
	const char *why = trouble[0] ? trouble : "casewatch ended three times while it was at it";
	char meta[META_NAME];
	struct buffer value = {0};
	name_in_meta(name, meta);
	store_log_error(pipeline->store,
	                "%s: something was missed, and casewatch fails at telling it (%s): it is set aside until %s",
	                about, why,
	                died ? "tomorrow, or the rules or casewatch itself are others" : "the next round");
	note_why(pipeline, text_of(why));
	if (!died)
		return RESULT_OK;
	buffer_format(&value, "%016llx %s", (unsigned long long)edition(pipeline), why);
	enum result result = store_set(pipeline->store, meta, buffer_view(&value), fault);
	buffer_free(&value);
	return result;
}

enum result mending_begin(struct pipeline *pipeline, struct text name, const char *about, bool *begun,
                          struct fault *fault)
{
	bool aside;
	enum result result = mending_is_aside(pipeline, name, &aside, fault);
	*begun = result == RESULT_OK && !aside && aside_begin(pipeline, name, 0);
	return result == RESULT_OK && !aside && !*begun ? set_aside(pipeline, name, about, fault) : result;
}

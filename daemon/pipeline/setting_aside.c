/* setting_aside: one record, or one subject, must never be able to stop the rest.
 *
 * What the process died at three times (the watchdog, a crash, want of memory) is known from a page that outlives it
 * (store/attempt.h). What fails without ending it is found in the same way: after a failure that is not the database's
 * own, everything is taken singly, and what alone fails again and again is set aside. */
#include "pipeline/pipeline_internal.h"

#include "store/asides.h"
#include "store/lines.h"

#include <stdio.h>

#define FAILURES 3 /* of one piece alone, while the database takes others */
#define SUSPECT_MOST                                                                                                   \
	(10 * MINUTE) /* so long everything is taken singly after a death, if what it was does not come again */

bool aside_singly(const struct pipeline *pipeline)
{
	return pipeline->aside.careful || attempt_suspects(pipeline->settings.attempt);
}

static void set(struct piece *piece, struct text name, int64_t number)
{
	piece->length = name.length < ATTEMPT_NAME ? name.length : ATTEMPT_NAME;
	piece->number = number;
	if (piece->length)
		memcpy(piece->name, name.at, piece->length);
}

static struct text name_of(const struct piece *piece)
{
	return (struct text){piece->name, piece->length};
}

static bool same(const struct piece *a, const struct piece *b)
{
	return a->number == b->number && text_equal(name_of(a), name_of(b));
}

bool aside_begin(struct pipeline *pipeline, struct text name, int64_t number)
{
	struct setting_aside *aside = &pipeline->aside;
	struct attempt *attempt = pipeline->settings.attempt;
	set(&aside->now, name, number);
	aside->begun++;
	bool deadly = aside_singly(pipeline) && attempt_deaths(attempt, name, number) >= ATTEMPT_DEATHS;
	if (deadly || (aside->failures >= FAILURES && same(&aside->now, &aside->failed)))
		return false;
	attempt_begin(attempt, name, number);
	return true;
}

/* A suspect that never comes again (its subject is due no more) must not keep everything slow for ever. */
static void forget_old_suspects(struct pipeline *pipeline)
{
	struct setting_aside *aside = &pipeline->aside;
	instant now = pipeline->transaction.begun;
	if (!aside->since || now < aside->since)
		aside->since = now;
	if (now - aside->since < SUSPECT_MOST)
		return;
	attempt_forget(pipeline->settings.attempt);
	aside->careful = false;
}

void aside_committed(struct pipeline *pipeline)
{
	struct setting_aside *aside = &pipeline->aside;
	attempt_end(pipeline->settings.attempt);
	if (aside_singly(pipeline)) {
		if (aside->begun == 1)
			attempt_passed(pipeline->settings.attempt, name_of(&aside->now), aside->now.number);
		if (aside->begun == 1 && same(&aside->now, &aside->failed)) {
			aside->careful = false;
			aside->failures = 0;
		}
		forget_old_suspects(pipeline);
	}
	aside->begun = 0;
}

/* Whether the database takes a row, so that the failure was the work's own. */
static bool database_is_well(struct pipeline *pipeline)
{
	struct fault fault = {0};
	enum result result = store_begin(pipeline->store, &fault);
	if (result == RESULT_OK)
		result = store_set(pipeline->store, "probe", TEXT("1"), &fault);
	if (result == RESULT_OK)
		return store_commit(pipeline->store, &fault) == RESULT_OK;
	store_rollback(pipeline->store);
	return false;
}

static void blame(struct setting_aside *aside)
{
	if (!same(&aside->now, &aside->failed))
		aside->failures = 0;
	aside->failed = aside->now;
	aside->failures++;
}

void aside_failed(struct pipeline *pipeline, enum result result)
{
	struct setting_aside *aside = &pipeline->aside;
	size_t begun = aside->begun;
	aside->begun = 0;
	bool own = begun && (result == RESULT_PERMANENT || store_failed_to_read(pipeline->store));
	if (!own || !database_is_well(pipeline)) { /* the database's own trouble is nobody's fault */
		attempt_end(pipeline->settings.attempt);
		return;
	}
	if (result ==
	    RESULT_PERMANENT) /* the process ends now: what is under way stays so, and is counted at the next start */
		return;
	attempt_end(pipeline->settings.attempt);
	if (!aside->careful)
		aside->since = pipeline->transaction.begun;
	aside->careful = true;
	if (begun == 1)
		blame(aside);
}

/* By the name that it has on all of them; until the transaction ends it is the piece begun last. */
enum result aside_note(struct pipeline *pipeline, struct fault *fault)
{
	struct setting_aside *aside = &pipeline->aside;
	if (!pipeline->settings.by_log)
		return RESULT_OK;
	aside->noted++;
	return asides_note(pipeline->store, name_of(&aside->now), aside->now.number, fault);
}

enum result aside_say(struct pipeline *pipeline, struct text key, const char *what, const char *about,
                      struct fault *fault)
{
	struct ops_word word = {.what = OPS_SET_ASIDE, .key = key, .more = 1, .title = what,
	                        .facts = {{"Which", about ? about : "see the journal", NULL}}, .fact_count = 1};
	return ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
}

/* By a name that tells nobody who the child is, and by which whoever maintains casewatch finds it in the database. */
enum result aside_say_history(struct pipeline *pipeline, enum party_kind domain, struct text subject, const char *what,
                              struct fault *fault)
{
	char key[64];
	(void)snprintf(key, sizeof key, "history %016llx",
	               (unsigned long long)text_fingerprint(subject, (uint64_t)domain));
	store_log_error(pipeline->store, "%s: %s", key, what);
	enum result result = aside_note(pipeline, fault);
	return result == RESULT_OK ? aside_say(pipeline, text_of(key), what, key, fault) : result;
}

/* reckon: each hour what should have been told is reckoned anew from the stored events, answers and the directory, and
 * compared with what was told: what is missing is told at once, marked late, and ops hear.
 *
 * An engine of its own reads what is stored, history by history, and writes nothing. Where all is as it should be it
 * has nothing to say: it would tell somebody, or be due earlier than is kept, only where something is missing. Then the
 * pipeline's own engine forgets what it remembers, judges the history anew, and what it tells was missed. Beside that
 * each alert that was asked must have its messages, and one of which nobody could be told must have climbed. Early
 * warnings are reckoned as steps are: one that was missed is sent while its clock still runs.
 *
 * A history that cannot be read ends no round, nor does one that cannot be mended: it is left out, and ops hear of it
 * at the round's end. One at which the process died is known by name, as what is due is (setting_aside.c).
 *
 * In portions, while nothing else is to be done, a tenth of the time at most. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "store/outbox/told.h"

#include <stdio.h>
#include <stdlib.h>

#define EVERY HOUR
#define FIRST_AFTER (10 * MINUTE)  /* the first one after the start */
#define AFTER_DEATH MINUTE         /* where the process died: before it is forgotten at what (setting_aside.c) */
#define HISTORIES_A_PORTION 64
#define ALERTS_A_PORTION 1000      /* numbers */
#define ALERTS_SINGLY 50           /* the same where each missed step is made good in a transaction of its own */
#define PAUSE (SECOND / 10)        /* between two portions, each some milliseconds: what is due comes first */
#define LATER SECOND               /* where it may not be now */
#define REMEMBERS (8u << 20)       /* bytes of the engine that reckons; every history is read once a round */
#define LEFT_OUT_MOST 20           /* histories one after the other that cannot be read: then it is the database */

struct reckoned {
	enum party_kind domain;
	struct text id;
	instant due;    /* as reckoned; INSTANT_NEVER: not by itself */
	bool tells;     /* something should have been told */
	bool suspect, lost; /* lost: nothing at all is kept of when it is needed next */
};

/* ---- an engine that writes nothing ---- */

static struct reckoned *find(struct reckon *reckon, enum party_kind domain, struct text id)
{
	for (size_t i = 0; i < reckon->count; i++)
		if (reckon->portion[i].domain == domain && text_equal(reckon->portion[i].id, id))
			return &reckon->portion[i];
	return NULL;
}

static enum result note_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct reckoned *one = find(&pipeline->reckon, effect->domain, effect->subject);
	(void)fault;
	if (one)
		one->tells = true;
	return RESULT_OK;
}

static enum result note_due(void *context, enum party_kind domain, struct text id, instant due, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct reckoned *one = find(&pipeline->reckon, domain, id);
	(void)fault;
	if (one)
		one->due = due;
	return RESULT_OK;
}

static enum result keep_no_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                 struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)alert, (void)fault;
	return RESULT_OK;
}

static enum result set_nothing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	(void)context, (void)ref, (void)standing, (void)fault;
	return RESULT_OK;
}

static struct engine *reading_engine(struct pipeline *pipeline)
{
	struct engine_host host = pipeline_host(pipeline);
	struct engine_settings settings = pipeline->settings.engine;
	host.effect = note_effect;
	host.keep_due = note_due;
	host.keep_alert = keep_no_alert;
	host.set_standing = set_nothing;
	host.contradictions = NULL;
	host.warned = NULL;
	host.answer_waits = NULL;
	host.answers_waiting = NULL;
	settings.cache_bytes = REMEMBERS;
	settings.thawed_bytes = 0;
	return engine_new(&settings, &host);
}

/* ---- a round ---- */

static instant every(const struct pipeline *pipeline)
{
	return pipeline->settings.reckon_every ? pipeline->settings.reckon_every : EVERY;
}

void reckon_stop(struct pipeline *pipeline)
{
	engine_free(pipeline->reckon.engine);
	pipeline->reckon.engine = NULL;
	pipeline->reckon.count = pipeline->reckon.singly = 0;
	pipeline->reckon.second_look = pipeline->reckon.reading = false;
}

void reckon_free(struct pipeline *pipeline)
{
	reckon_stop(pipeline);
	free(pipeline->reckon.portion);
	arena_free(pipeline->reckon.arena);
}

static void begin(struct pipeline *pipeline, instant now)
{
	struct reckon *reckon = &pipeline->reckon;
	reckon->engine = reading_engine(pipeline);
	reckon->began = now;
	reckon->history = reckon->last = 0;
	reckon->missing = reckon->untold = 0;
	reckon->histories_done = false;
	reckon->count = reckon->left_out = reckon->in_a_row = 0;
	reckon->found = 0;
	if (!reckon->arena)
		reckon->arena = arena_new(4096);
	engine_start_beside(reckon->engine, pipeline->engine);
}

/* Those that were set aside when they fell due (setting_aside.c) can be read again, and what they missed was mended. */
static bool is_no_history(void *argument, struct text key)
{
	static const struct text history = {"history ", 8};
	(void)argument;
	return key.length < history.length || memcmp(key.at, history.at, history.length) != 0;
}

/* One word for all, which is worse when there are more of them; over with the round that could read every one. */
static enum result say_left_out(struct pipeline *pipeline, instant now, struct fault *fault)
{
	struct text key = TEXT("reckoned");
	struct ops_word word = {.what = OPS_SET_ASIDE, .key = key, .count = (int64_t)pipeline->reckon.left_out,
	                        .title = "Children's histories could not be reckoned anew: casewatch fails at them",
	                        .second = "A step of theirs that was missed is not told",
	                        .facts = {{"Which", "see the journal: history …, step … of alert …", NULL},
	                                  {"Why the last", pipeline->reckon.why, NULL},
	                                  {"Tried again", "each hour; what the daemon died at, once a day", NULL}},
	                        .fact_count = 3};
	if (pipeline->reckon.left_out)
		return ops_say(pipeline->settings.ops, &word, now, fault);
	enum result result = ops_end_others(pipeline->settings.ops, OPS_SET_ASIDE, is_no_history, NULL, now, fault);
	return result == RESULT_OK ? ops_end(pipeline->settings.ops, OPS_SET_ASIDE, key,
	                                     "Every child's history can be reckoned anew again.", now, fault)
	                           : result;
}

static void end(struct pipeline *pipeline, instant now)
{
	struct reckon *reckon = &pipeline->reckon;
	struct fault fault = {0};
	if (say_left_out(pipeline, now, &fault) != RESULT_OK)
		log_error("ops could not be told of histories that cannot be read: %s", fault.text);
	reckon_stop(pipeline);
	pipeline->figures.reckoned++;
	if (!reckon->left_out)
		pipeline->figures.reckoned_at = now;
	reckon->next = reckon->began + every(pipeline);
	if (reckon->next < now) {
		log_warning("reckoning anew what should have been told took longer than it should: the next round "
		            "begins at once");
		reckon->next = now;
	}
	if (reckon->found)
		log_error("%llu times something that should have been told was missed; it was told now",
		          (unsigned long long)reckon->found);
}

/* Other work comes first; while a backlog is read, or histories are judged by other rules, nothing can be said yet. */
static bool has_other_work(const struct pipeline *pipeline)
{
	return pipeline->backlog.behind || pipeline->rejudge.wanted || pipeline->gone.wanted ||
	       pipeline->transaction.forgotten || engine_waiting(pipeline->engine) > 0;
}

instant reckon_next(const struct pipeline *pipeline)
{
	return has_other_work(pipeline) ? INSTANT_NEVER : pipeline->reckon.next;
}

/* A partition that is behind holds clocks up: what they would tell is not missed. What is due comes first. */
bool reckon_may(struct pipeline *pipeline, instant now)
{
	struct reckon *reckon = &pipeline->reckon;
	struct fault fault = {0};
	instant due;
	if (has_other_work(pipeline))
		return false;
	reckon->mending = false;
	if (reckon->next == INSTANT_NONE) {
		instant first = aside_singly(pipeline) ? AFTER_DEATH : FIRST_AFTER;
		reckon->next = now + (every(pipeline) < first ? every(pipeline) : first);
	}
	if (reckon->next > now)
		return false;
	bool held = backlog_horizon(pipeline, now) < now;
	if (!held && due_next(pipeline->store, &due, &fault) == RESULT_OK && due > now)
		return true;
	reckon->next = now + LATER;
	return false;
}

/* ---- mending ---- */

/* The pipeline's own engine reads anew what is stored: what it remembers says that all was told. */
static enum result begin_mending(struct pipeline *pipeline, instant now, struct fault *fault)
{
	enum result result = transaction_begin(pipeline, now, fault);
	pipeline->transaction.live = true;
	if (result == RESULT_OK) {
		engine_forget(pipeline->engine);
		pipeline->reckon.mending = true;
	}
	return result;
}

static enum result end_mending(struct pipeline *pipeline, enum result result, struct fault *fault)
{
	result = transaction_finish(pipeline, result, fault);
	pipeline->reckon.found += pipeline->heard.missed_count;
	pipeline->figures.missed += pipeline->heard.missed_count;
	if (result != RESULT_OK || !engine_waiting(pipeline->engine))
		pipeline->reckon.mending = false;
	return result;
}

/* Nobody was told late, but would have been. */
static enum result say_lost(struct pipeline *pipeline, int64_t lost, struct fault *fault)
{
	struct ops_word word = {.what = OPS_LADDER_MISSED, .key = TEXT("next"), .more = lost,
	                        .title = "Children's next due times were missing, and are there again"};
	pipeline->reckon.found += (uint64_t)lost;
	pipeline->figures.missed += (uint64_t)lost;
	return ops_say(pipeline->settings.ops, &word, pipeline->transaction.now, fault);
}

/* By which it is known where the process died at it, or it always failed. */
static struct text mending_of(struct pipeline *pipeline, const struct reckoned *one)
{
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words, "missed:%d:%.*s", (int)one->domain, TEXT_ARG(one->id));
	return buffer_view(&pipeline->words);
}

static enum result mend_one(struct pipeline *pipeline, const struct reckoned *one, struct fault *fault)
{
	char about[64];
	bool begun;
	(void)snprintf(about, sizeof about, "history %016llx",
	               (unsigned long long)text_fingerprint(one->id, (uint64_t)one->domain));
	enum result result = mending_begin(pipeline, mending_of(pipeline, one), about, &begun, fault);
	if (result != RESULT_OK)
		return result;
	if (begun)
		return engine_missed(pipeline->engine, one->domain, one->id, TEXT_NONE, 0, fault);
	pipeline->reckon.left_out++;
	return RESULT_OK;
}

/* What was set aside before is passed over, and for it alone nothing is forgotten and read anew each hour. */
static enum result pass_over_set_aside(struct pipeline *pipeline, size_t *suspects, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < reckon->count && result == RESULT_OK; i++) {
		bool aside = false;
		if (reckon->portion[i].suspect)
			result = mending_is_aside(pipeline, mending_of(pipeline, &reckon->portion[i]), &aside, fault);
		if (!aside)
			continue;
		reckon->portion[i].suspect = false;
		reckon->left_out++;
		--*suspects;
	}
	return result;
}

static enum result mend_histories(struct pipeline *pipeline, instant now, size_t suspects, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	int64_t lost = 0;
	enum result passed = pass_over_set_aside(pipeline, &suspects, fault);
	if (passed != RESULT_OK || !suspects)
		return passed;
	log_notice("reckoned anew, %zu histories lack something that should have been told, or their next time: "
	            "they are judged anew",
	            suspects);
	enum result result = begin_mending(pipeline, now, fault);
	for (size_t i = 0; i < reckon->count && result == RESULT_OK; i++) {
		const struct reckoned *one = &reckon->portion[i];
		if (!one->suspect)
			continue;
		lost += one->lost;
		result = mend_one(pipeline, one, fault);
	}
	if (result == RESULT_OK && lost)
		result = say_lost(pipeline, lost, fault);
	return end_mending(pipeline, result, fault);
}

/* ---- histories ---- */

static enum result take_history(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	struct pipeline *pipeline = argument;
	struct reckon *reckon = &pipeline->reckon;
	if (domain == PARTY_NONE && !text_equal(engine_canonical(reckon->engine, subject), subject))
		return RESULT_OK; /* it is looked at under the id that it goes by */
	struct reckoned *one = mem_push((void **)&reckon->portion, &reckon->count, &reckon->room, sizeof *one);
	*one = (struct reckoned){.domain = domain, .due = INSTANT_NEVER};
	one->id = text_keep(reckon->arena, subject);
	return engine_due(reckon->engine, domain, one->id, fault);
}

static enum result compare(struct pipeline *pipeline, instant now, size_t *suspects, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < reckon->count && result == RESULT_OK; i++) {
		struct reckoned *one = &reckon->portion[i];
		instant kept;
		result = due_at(pipeline->store, one->domain, one->id, &kept, fault);
		one->suspect = one->tells || (one->due > now && one->due < kept);
		one->lost = one->suspect && !one->tells && kept == INSTANT_NEVER;
		*suspects += one->suspect;
	}
	return result;
}

/* Something may have come while the portion was read, turn by turn: what seemed to be missing is looked at once more,
 * by itself. */
static enum result look_again(struct pipeline *pipeline, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	size_t kept = 0;
	enum result result = RESULT_OK;
	engine_forget(reckon->engine);
	for (size_t i = 0; i < reckon->count && result == RESULT_OK; i++) {
		struct reckoned one = reckon->portion[i];
		if (!one.suspect)
			continue;
		reckon->portion[kept++] = (struct reckoned){.domain = one.domain, .id = one.id, .due = INSTANT_NEVER};
		result = engine_due(reckon->engine, one.domain, one.id, fault);
	}
	reckon->count = kept;
	reckon->second_look = true;
	return result;
}

/* The portion was read and compared: the next one begins after it. */
static void go_on(struct reckon *reckon)
{
	reckon->second_look = false;
	reckon->history = reckon->last;
	reckon->histories_done = reckon->last == 0;
	reckon->singly -= reckon->singly > 0;
}

static enum result look_at_histories(struct pipeline *pipeline, instant now, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	enum result result = RESULT_OK;
	size_t suspects = 0;
	reckon->reading = true;
	if (!engine_waiting(reckon->engine) && !reckon->second_look) {
		reckon->count = 0;
		arena_reset(reckon->arena);
		bool one = reckon->singly || aside_singly(pipeline);
		result = histories_each(pipeline->store, reckon->history, one ? 1 : HISTORIES_A_PORTION, &reckon->last,
		                        take_history, pipeline, fault);
	}
	if (result == RESULT_OK)
		result = engine_flush(reckon->engine, now, fault);
	if (result != RESULT_OK || engine_waiting(reckon->engine))
		return result;
	result = compare(pipeline, now, &suspects, fault);
	if (result == RESULT_OK && suspects && !reckon->second_look)
		return look_again(pipeline, fault);
	if (result != RESULT_OK)
		return result;
	reckon->reading = false;
	if (suspects)
		result = mend_histories(pipeline, now, suspects, fault);
	if (result != RESULT_OK)
		return result;
	reckon->in_a_row = 0;
	go_on(reckon);
	reckon->count = 0;
	return RESULT_OK;
}

/* What cannot be read stops nothing else: the histories of its portion are looked at one by one, and the one that fails
 * alone is left out. While they are read nothing is written, so whatever ailed it ails nobody else; what fails for good
 * while they are mended ends the process, as any transaction that does. Where one history after the other fails, or the
 * database is only busy, the round ends as it came. */
static enum result leave_out(struct pipeline *pipeline, enum result result, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	bool unreadable = (reckon->reading && result == RESULT_PERMANENT) || store_failed_to_read(pipeline->store);
	if (!unreadable || !reckon->count || reckon->in_a_row == LEFT_OUT_MOST)
		return result;
	if (reckon->singly) {
		const struct reckoned *one = &reckon->portion[0];
		log_error("history %016llx cannot be reckoned anew, and is left out: %s",
		          (unsigned long long)text_fingerprint(one->id, (uint64_t)one->domain), fault->text);
		(void)snprintf(reckon->why, sizeof reckon->why, "%.199s", fault->text);
		reckon->left_out++;
		reckon->in_a_row++;
		go_on(reckon);
	} else {
		reckon->singly = HISTORIES_A_PORTION;
		reckon->second_look = false;
	}
	reckon->count = 0;
	reckon->reading = false;
	engine_forget(reckon->engine);
	return RESULT_OK;
}

/* ---- alerts ---- */

struct step_of {
	char alert[ALERT_ID_SIZE];
	int step;
};
struct steps {
	struct step_of *items;
	size_t count, room;
};

static enum result note_step(void *argument, struct text alert, int step, bool others, const struct outbox_same *row,
                             struct fault *fault)
{
	struct steps *steps = argument;
	struct step_of *one = mem_push((void **)&steps->items, &steps->count, &steps->room, sizeof *one);
	(void)others, (void)row, (void)fault;
	*one = (struct step_of){.step = step};
	memcpy(one->alert, alert.at, alert.length < sizeof one->alert ? alert.length : sizeof one->alert - 1);
	return RESULT_OK;
}

static void name_step(const struct step_of *one, bool missed, char *name, size_t room)
{
	(void)snprintf(name, room, "step:%s:%d:%s", one->alert, one->step, missed ? "missed" : "nobody");
}

static enum result mend_step(struct pipeline *pipeline, const struct step_of *one, bool missed, struct fault *fault)
{
	char name[64], about[64];
	bool begun;
	name_step(one, missed, name, sizeof name);
	(void)snprintf(about, sizeof about, "step %d of alert %s", one->step, one->alert);
	enum result result = mending_begin(pipeline, text_of(name), about, &begun, fault);
	if (result != RESULT_OK || begun)
		return begun ? nobody_climb(pipeline, text_of(one->alert), one->step,
		                            missed ? NOBODY_MISSED : NOBODY_TOLD, fault) : result;
	pipeline->reckon.left_out++;
	return RESULT_OK;
}

/* As of histories: what was set aside before is passed over. */
static enum result drop_set_aside(struct pipeline *pipeline, struct steps *steps, bool missed, struct fault *fault)
{
	enum result result = RESULT_OK;
	size_t kept = 0;
	for (size_t i = 0; i < steps->count && result == RESULT_OK; i++) {
		char name[64];
		bool aside;
		name_step(&steps->items[i], missed, name, sizeof name);
		result = mending_is_aside(pipeline, text_of(name), &aside, fault);
		if (!aside)
			steps->items[kept++] = steps->items[i];
		pipeline->reckon.left_out += aside;
	}
	steps->count = kept;
	return result;
}

static enum result mend_steps(struct pipeline *pipeline, const struct steps *steps, bool missed, instant now,
                              struct fault *fault)
{
	size_t together = aside_singly(pipeline) ? 1 : steps->count;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < steps->count && result == RESULT_OK;) {
		result = begin_mending(pipeline, now, fault);
		for (size_t k = 0; k < together && result == RESULT_OK; k++)
			result = mend_step(pipeline, &steps->items[i++], missed, fault);
		result = end_mending(pipeline, result, fault);
	}
	return result;
}

/* Each that was asked has its messages; and each of which nobody could be told has climbed. */
static enum result look_at_alerts(struct pipeline *pipeline, instant now, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	struct steps steps = {0};
	bool missed = reckon->missing >= 0;
	int64_t *after = missed ? &reckon->missing : &reckon->untold;
	int64_t most = aside_singly(pipeline) ? ALERTS_SINGLY : ALERTS_A_PORTION;
	enum result result = missed ? told_missing(pipeline->store, after, most, note_step, &steps, fault)
	                            : told_nobody(pipeline->store, after, most, note_step, &steps, fault);
	if (result == RESULT_OK)
		result = drop_set_aside(pipeline, &steps, missed, fault);
	if (result == RESULT_OK && steps.count)
		result = mend_steps(pipeline, &steps, missed, now, fault);
	if (result == RESULT_OK && *after == 0)
		*after = -1;
	free(steps.items);
	return result;
}

/* ---- a portion ---- */

enum result reckon_portion(struct pipeline *pipeline, instant now, struct fault *fault)
{
	struct reckon *reckon = &pipeline->reckon;
	if (!reckon->engine)
		begin(pipeline, now);
	reckon->next = now + PAUSE;
	enum result result = reckon->histories_done ? look_at_alerts(pipeline, now, fault)
	                                            : look_at_histories(pipeline, now, fault);
	if (result != RESULT_OK)
		result = leave_out(pipeline, result, fault);
	if (result != RESULT_OK) {
		reckon_stop(pipeline);
		reckon->next = now + MINUTE;
		return result;
	}
	if (reckon->histories_done && reckon->missing < 0 && reckon->untold < 0)
		end(pipeline, now);
	return RESULT_OK;
}

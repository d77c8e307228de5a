/* orders: what people order beside answering: a rule is kept quiet for a child, a record that was refused is released
 * or thrown away. They come as the tool hands them in: as events, by the spool. */
#include "sim/sim.h"

#include "base/mem.h"
#include "time/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TOLD_OFTEN                                                                                                     \
	" FROM alert a JOIN history h ON h.id = a.history WHERE a.state = 0 AND a.early = 0 AND a.shadow = 0"          \
	" AND a.severity > 0 AND h.domain = 0"
#define MUTED_FOR_MOST (72 * HOUR) /* shorter than the bound to which a mute is cut (rules.md, "Mutes") */

/* As cli/spool.c writes one. `data` is what stands between its braces. */
static void record(struct sim *sim, const char *id, const char *source, const char *type, const char *subject,
                   const struct buffer *data)
{
	char time[32];
	struct buffer bytes = {0};
	instant_print(sim->hands.now, time); /* the tool has the machine's own clock, right or wrong */
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"%s\","
	              "\"subject\":\"%s\",\"time\":\"%s\",\"data\":{%.*s}}",
	              id, source, type, subject, time, TEXT_ARG(buffer_view(data)));
	world_hand_in(sim, buffer_cstr(&bytes));
	buffer_free(&bytes);
}

static void order(struct sim *sim, const char *id, const char *type, const char *subject, const struct buffer *data)
{
	record(sim, id, "/casewatch/tool", type, subject, data);
}

/* ---- mutes ---- */

static void put_mute(struct sim *sim, const struct muted *mute, const char *id, const char *type)
{
	char until[32];
	struct buffer data = {0};
	instant_print(mute->until, until);
	buffer_format(&data, "\"mute\":\"%s\",\"until\":\"%s\",\"reason\":\"known\",\"by\":\"team-manager\"",
	              mute->event, until);
	if (mute->rule[0])
		buffer_format(&data, ",\"rule\":\"%s\"", mute->rule);
	order(sim, id, type, mute->subject, &data);
	buffer_free(&data);
}

static const char *choose_rule(const struct sim *sim, struct chance *chance)
{
	const struct ruleset *rules = sim->council->config->rules;
	const struct rule *rule = &rules->rules[chance_below(chance, rules->rule_count)];
	return rule->severity == SEVERITY_CRITICAL || chance_one_in(chance, 3) ? "" : rule->id;
}

/* People keep quiet what they are told of again and again: half of the mutes are of an alert that stands, of those
 * made of several events where there is one. */
static void choose_told(struct sim *sim, struct chance *chance, struct muted *mute)
{
	int64_t several = look_one(sim, "SELECT count(*)" TOLD_OFTEN " AND length(a.evidence) > 16");
	int64_t all = look_one(sim, "SELECT count(*)" TOLD_OFTEN);
	bool often = several && !chance_one_in(chance, 4);
	int64_t which = (int64_t)chance_below(chance, (uint64_t)(often ? several : all));
	sqlite3_stmt *row =
		often ? look_start(sim, "SELECT h.name, a.rule" TOLD_OFTEN " AND length(a.evidence) > 16"
	                                " ORDER BY a.number LIMIT 1 OFFSET ?1")
		      : look_start(sim, "SELECT h.name, a.rule" TOLD_OFTEN " ORDER BY a.number LIMIT 1 OFFSET ?1");
	(void)sqlite3_bind_int64(row, 1, which);
	while (look_row(sim, row)) {
		(void)snprintf(mute->subject, sizeof mute->subject, "%.*s", TEXT_ARG(look_text(row, 0)));
		free((void *)(uintptr_t)mute->rule);
		mute->rule = mem_copy_text(look_text(row, 1).at, look_text(row, 1).length);
	}
}

static void end_mute(struct sim *sim, struct muted *mute)
{
	char id[32];
	mute->until = sim->hands.now;
	(void)snprintf(id, sizeof id, "o%" PRIu64, ++sim->orders);
	memcpy(mute->end, id, sizeof id);
	put_mute(sim, mute, id, "mute.ended");
}

static struct muted *add_mute(struct sim *sim, const char *child, const char *rule, instant length)
{
	struct muted *mute = mem_push((void **)&sim->mutes, &sim->mute_count, &sim->mute_room, sizeof *mute);
	*mute = (struct muted){.rule = mem_copy_text(rule, strlen(rule)),
	                       .from = INSTANT_NEVER,
	                       .until = sim->hands.now + length};
	mute->stamped = sim->hands.now;
	mute->ordered = mute->until;
	(void)snprintf(mute->event, sizeof mute->event, "o%" PRIu64, ++sim->orders);
	(void)snprintf(mute->subject, sizeof mute->subject, "%s", child);
	return mute;
}

/* Neglect adds up: who was told of reports about a child hears of each further one, but while that is kept quiet. */
static void report_neglect(struct sim *sim, const char *child, int times)
{
	while (times--) {
		char id[32];
		struct buffer data = {0};
		(void)snprintf(id, sizeof id, "n%" PRIu64, ++sim->orders);
		buffer_format(&data, "\"contact\":\"%s\",\"flags\":[\"neglect\"]", id);
		record(sim, id, "/lcs", "contact.received", child, &data);
		buffer_free(&data);
	}
}

/* Some reports about a child: hours later they are kept quiet for hours, and another one comes meanwhile. */
static void begin_often(struct sim *sim, const char *child, struct chance *chance)
{
	(void)snprintf(sim->often.child, sizeof sim->often.child, "%s", child);
	sim->often.at = sim->hands.now + (instant)chance_below(chance, 6 * HOUR);
	sim->often.length = HOUR + (instant)chance_below(chance, 8 * HOUR);
	report_neglect(sim, child, 3);
}

void orders_go_on(struct sim *sim)
{
	if (!sim->often.child[0] || !sim->running || sim->often.at > sim->hands.now)
		return;
	struct muted *mute = add_mute(sim, sim->often.child, "contact.repeat-neglect", sim->often.length);
	put_mute(sim, mute, mute->event, "mute.started");
	report_neglect(sim, sim->often.child, 1);
	sim->often.child[0] = '\0';
}

void orders_mute(struct sim *sim, struct chance chance)
{
	char child[16];
	if (!sim->running)
		return; /* the tool asks the rules that are in force */
	struct muted *last = sim->mute_count ? &sim->mutes[sim->mute_count - 1] : NULL;
	if (last && last->until > sim->hands.now + HOUR && chance_one_in(&chance, 2)) {
		end_mute(sim, last);
		return;
	}
	const char *rule = choose_rule(sim, &chance);
	instant length = HOUR + (instant)chance_below(&chance, MUTED_FOR_MOST);
	(void)snprintf(child, sizeof child, "C%d", 1 + (int)chance_below(&chance, (uint64_t)sim->plan.children));
	bool told = chance_one_in(&chance, 2);
	if (!told && !sim->member && chance_one_in(&chance, 2)) {
		begin_often(sim, child, &chance);
		return;
	}
	struct muted *mute = add_mute(sim, child, rule, length);
	if (told)
		choose_told(sim, &chance, mute);
	put_mute(sim, mute, mute->event, "mute.started");
}

/* ---- records in quarantine ---- */

static int64_t choose_record(struct sim *sim, struct chance *chance, struct buffer *bytes, struct buffer *from)
{
	int64_t waiting = look_one(sim, "SELECT count(*) FROM quarantine WHERE state = 'waiting'"), id = 0;
	uint64_t which = chance_below(chance, (uint64_t)waiting);
	sqlite3_stmt *row = look_start(sim, "SELECT id, bytes, source_name FROM quarantine WHERE state = 'waiting'"
	                                    " ORDER BY id");
	while (look_row(sim, row))
		if (which-- == 0) {
			id = look_int(row, 0);
			buffer_text(bytes, look_text(row, 1));
			buffer_text(from, look_text(row, 2));
		}
	return id;
}

/* A record that was put right, or the same once more, which is refused again. */
static void hand_in_record(struct sim *sim, struct chance *chance, const struct buffer *refused)
{
	char time[32];
	struct buffer bytes = {0};
	instant_print(sim->hands.now, time);
	if (chance_one_in(chance, 3))
		buffer_text(&bytes, buffer_view(refused));
	else
		buffer_format(&bytes,
		              "{\"specversion\":\"1.0\",\"id\":\"r%" PRIu64 "\",\"source\":\"/lcs\",\"type\":"
		              "\"contact.received\",\"subject\":\"C%d\",\"time\":\"%s\",\"data\":{\"contact\":"
		              "\"r%" PRIu64 "\"}}",
		              sim->orders, 1 + (int)chance_below(chance, (uint64_t)sim->plan.children), time,
		              sim->orders);
	world_hand_in(sim, buffer_cstr(&bytes));
	buffer_free(&bytes);
}

void orders_decide(struct sim *sim, struct chance chance)
{
	char id[32], subject[40];
	struct buffer refused = {0}, data = {0}, from = {0};
	int64_t record = sim->running ? choose_record(sim, &chance, &refused, &from) : 0;
	bool released = !chance_one_in(&chance, 3);
	if (record) {
		(void)snprintf(id, sizeof id, "o%" PRIu64, ++sim->orders);
		(void)snprintf(subject, sizeof subject, "quarantine-%" PRId64, record);
		if (released)
			hand_in_record(sim, &chance, &refused);
		buffer_format(&data, "\"quarantine\":%" PRId64 ",\"reason\":\"looked at\",\"person\":\"p-performance\"",
		              record);
		if (sim->member) /* by which the other machines know it */
			buffer_format(&data, ",\"from\":\"%.*s\"", TEXT_ARG(buffer_view(&from)));
		order(sim, id, released ? "quarantine.released" : "quarantine.discarded", subject, &data);
		struct decided *decided =
			mem_push((void **)&sim->decisions, &sim->decision_count, &sim->decision_room, sizeof *decided);
		*decided = (struct decided){record, released};
	}
	buffer_free(&refused);
	buffer_free(&data);
	buffer_free(&from);
}

void orders_know_mutes(struct sim *sim, const struct sim *of)
{
	for (size_t i = 0; i < of->mute_count; i++) {
		if (i == sim->mute_count)
			*(struct muted *)mem_push((void **)&sim->mutes, &sim->mute_count, &sim->mute_room,
			                          sizeof *sim->mutes) = (struct muted){.from = INSTANT_NEVER};
		struct muted *mute = &sim->mutes[i];
		if (!mute->rule)
			mute->rule = mem_copy_text(of->mutes[i].rule, strlen(of->mutes[i].rule));
		memcpy(mute->event, of->mutes[i].event, sizeof mute->event);
		memcpy(mute->subject, of->mutes[i].subject, sizeof mute->subject);
		memcpy(mute->end, of->mutes[i].end, sizeof mute->end);
		mute->stamped = of->mutes[i].stamped;
		mute->ordered = of->mutes[i].ordered;
		mute->until = of->mutes[i].until;
	}
}

void orders_clear(struct sim *sim)
{
	for (size_t i = 0; i < sim->mute_count; i++)
		free((void *)(uintptr_t)sim->mutes[i].rule);
	free(sim->mutes);
	free(sim->decisions);
}

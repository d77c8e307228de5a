/* mail: the weather of the server, and who answers what arrives. */
#include "sim/mail.h"

#include "base/mem.h"
#include "sim/disk.h"

#include <stdio.h>
#include <stdlib.h>

#define SPELL_MOST (8 * HOUR) /* long enough for a step's time to be over, and short beside a month */

/* ---- what the server says ---- */

static void silent(struct channel_reply *reply)
{
	*reply = (struct channel_reply){
		.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER, .silent = true, .took_ms = 5000};
}

static void later(struct channel_reply *reply)
{
	*reply = (struct channel_reply){.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_RECIPIENT, .code = 451};
}

static void nobody_knows(struct channel_reply *reply)
{
	*reply = (struct channel_reply){
		.outcome = CHANNEL_UNCERTAIN, .whose = CHANNEL_OF_MESSAGE, .silent = true, .took_ms = 30000};
}

static void no_mailbox(struct channel_reply *reply)
{
	*reply = (struct channel_reply){.outcome = CHANNEL_PERMANENT, .whose = CHANNEL_OF_RECIPIENT, .code = 550};
}

/* Whether it ends in a mailbox, for all that the reply says. */
static bool weather_says(struct mail *mail, const struct channel_message *message, struct chance *chance,
                         struct channel_reply *reply)
{
	enum mail_weather weather = *mail->truth < mail->weather_until ? mail->weather : MAIL_FAIR;
	switch (weather) {
	case MAIL_WEATHERS:
	case MAIL_FAIR: break;
	case MAIL_AWAY: silent(reply); return false;
	case MAIL_SLOW: reply->took_ms = (int64_t)chance_below(chance, 90000); break;
	case MAIL_MUTE: nobody_knows(reply); return chance_one_in(chance, 2);
	case MAIL_REFUSES: later(reply); return false;
	case MAIL_NO_MAILBOX:
		if (text_fingerprint(message->to, mail->weather_chance) % 4)
			break;
		no_mailbox(reply);
		return false;
	case MAIL_LIES:
		if (chance_one_in(chance, 2))
			break;
		later(reply);
		return true;
	}
	uint64_t luck = chance_below(chance, 200);
	if (luck < 4) {
		later(reply);
		return false;
	}
	if (luck < 6) {
		nobody_knows(reply);
		return chance_one_in(chance, 2);
	}
	return true;
}

/* ---- what is remembered ---- */

/* `unmarked`: and was not marked; `from`: and came from there; NULL: from wherever. */
static bool is_there(const struct mail *all, struct text reference, bool unmarked, const struct mail *from)
{
	struct map_walk walk = map_walk(&all->may_be_there, text_fingerprint(reference, 0));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;) {
		const struct mail_sent *sent = &all->sent[number];
		if (number >= all->unmarked_since && text_equal(text_of(sent->reference), reference) &&
		    !(unmarked && sent->marked) && !(from && from != sent->from))
			return true;
	}
	return false;
}

/* Operations, and whoever owns a source, hear of each machine by its own mail, also where two say the same of the same
 * record. */
static bool is_for_ops(struct text address)
{
	return memmem(address.at, address.length, "ops@", 4) || memmem(address.at, address.length, "performance@", 12);
}

bool mail_may_be_there(const struct mail *mail, struct text reference)
{
	return is_there(mail->all, reference, false, NULL);
}

bool mail_took(const struct mail *any, struct text reference)
{
	const struct mail *mail = any->all;
	struct map_walk walk = map_walk(&mail->may_be_there, text_fingerprint(reference, 0));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (mail->sent[number].taken && text_equal(text_of(mail->sent[number].reference), reference))
			return true;
	return false;
}

#define ANSWERS_WITHIN (2 * MINUTE) /* at the latest: weather_says */
bool mail_is_under_way(const struct mail *mail, struct text reference)
{
	const struct mail *all = mail->all;
	for (size_t i = all->sent_count; i-- > 0 && all->sent[i].at >= *mail->truth - ANSWERS_WITHIN;)
		if (all->sent[i].from == mail && all->sent[i].until >= *mail->truth &&
		    text_equal(text_of(all->sent[i].reference), reference))
			return true;
	return false;
}

/* Half of the people answer what asks them, within minutes or a day. Who reads a list answers nothing. */
static void perhaps_answer(struct mail *mail, const struct channel_message *message, struct chance *chance)
{
	static const instant within[] = {10 * MINUTE, 2 * HOUR, 30 * HOUR};
	if (chance_below(chance, 100) >= 45)
		return;
	struct mail *all = mail->all;
	struct mail_answer *answer =
		mem_push((void **)&all->answers, &all->answer_count, &all->answer_room, sizeof *answer);
	*answer = (struct mail_answer){.from = mail,
	                               .reference = mem_copy_text(message->reference.at, message->reference.length),
	                               .chance = chance_next(chance)};
	answer->at = *mail->truth + MINUTE + (instant)chance_below(chance, (uint64_t)within[chance_below(chance, 3)]);
}

/* Of the two copies that go where a machine stood still at the first byte the second may be the one without a mark
 * (docs/cells.md, "What is promised"); of two machines that did, never both. */
static void remember(struct mail *mail, const struct channel_message *message, const struct channel_reply *reply,
                     bool arrives, bool stood_still, struct chance *chance)
{
	struct mail *all = mail->all;
	const struct mail *from = is_for_ops(message->to) ? mail : NULL;
	if (!message->possible_duplicate && is_there(all, message->reference, stood_still, from) && !all->unmarked[0])
		(void)snprintf(all->unmarked, sizeof all->unmarked, "%.*s to %.*s", TEXT_ARG(message->reference),
		               TEXT_ARG(message->to));
	struct mail_sent *sent = mem_push((void **)&all->sent, &all->sent_count, &all->sent_room, sizeof *sent);
	*sent = (struct mail_sent){.reference = mem_copy_text(message->reference.at, message->reference.length),
	                           .to = mem_copy_text(message->to.at, message->to.length),
	                           .at = *mail->truth,
	                           .until = *mail->truth + reply->took_ms * (SECOND / 1000),
	                           .taken = reply->outcome == CHANNEL_ACCEPTED,
	                           .marked = message->possible_duplicate,
	                           .from = mail};
	/* A server that said that it failed is believed: what a liar delivered is no fault of ours. */
	if (reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_UNCERTAIN)
		map_add(&all->may_be_there, text_fingerprint(message->reference, 0), (uint32_t)all->sent_count - 1);
	if (arrives)
		perhaps_answer(mail, message, chance);
}

static void answer(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	struct mail *mail = context;
	struct chance chance = chance_of(mail->seed ^ (uint64_t)*mail->truth, text_fingerprint(message->reference, 0));
	if (disk_is_dead(mail->disk)) { /* a process that is no more sends nothing */
		reply->outcome = CHANNEL_ABANDONED;
		return;
	}
	if (mail->kill_at_send && !mail->after_it) {
		mail->kill_at_send = false;
		disk_kill(mail->disk, false, chance);
		reply->outcome = CHANNEL_ABANDONED;
		return;
	}
	bool stood_still = mail->at_send && mail->at_send(mail->at_send_context, false);
	if (disk_is_dead(mail->disk)) {
		reply->outcome = CHANNEL_ABANDONED;
		return;
	}
	bool arrives = weather_says(mail, message, &chance, reply);
	if (mail->kill_at_send) { /* and nobody hears what the server said */
		mail->kill_at_send = false;
		nobody_knows(reply);
		remember(mail, message, reply, arrives, stood_still, &chance);
		disk_kill(mail->disk, false, chance);
		return;
	}
	remember(mail, message, reply, arrives, stood_still, &chance);
	if (mail->at_send)
		(void)mail->at_send(mail->at_send_context, true);
}

/* ---- life ---- */

void mail_init(struct mail *mail, uint64_t seed, struct disk *disk, const instant *truth)
{
	*mail = (struct mail){.seed = seed, .disk = disk, .truth = truth, .weather_until = INSTANT_NONE};
	memory_server_init(&mail->server);
	mail->server.answer = answer;
	mail->server.context = mail;
	mail->all = mail;
}

void mail_clear(struct mail *mail)
{
	memory_server_clear(&mail->server);
	for (size_t i = 0; i < mail->sent_count; i++) {
		free(mail->sent[i].reference);
		free(mail->sent[i].to);
	}
	for (size_t i = 0; i < mail->answer_count; i++)
		free(mail->answers[i].reference);
	free(mail->sent);
	free(mail->answers);
	map_free(&mail->may_be_there);
}

void mail_change_weather(struct mail *mail, uint64_t chance)
{
	struct chance own = chance_of(mail->seed, chance);
	mail->weather = (enum mail_weather)(1 + chance_below(&own, MAIL_WEATHERS - 1));
	mail->weather_chance = chance;
	mail->weather_until = *mail->truth + MINUTE + (instant)chance_below(&own, SPELL_MOST);
}

void mail_forget(struct mail *mail)
{
	mail->unmarked_since = mail->sent_count;
}

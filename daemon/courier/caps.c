/* caps: how many texts one phone is sent in an hour: beyond it networks block the number, and nobody is told anything.
 *
 * The limits are the networks', who do not publish them: both numbers are local and configured. A text that is held
 * back was not delivered: the person's other channel, else the next step, and ops are told. A critical one is held back
 * by no text about anything else: only by its own words, which that phone has had so often already. */
#include "courier/courier_internal.h"

#include "store/outbox/texts.h"

#include <inttypes.h>
#include <stdio.h>

static enum result say_held(const struct pass *pass, const struct letter *letter, const char *why, struct fault *fault)
{
	char key[96];
	(void)snprintf(key, sizeof key, "texts/%.80s", letter->person->id);
	struct ops_word word = {.what = OPS_UNDELIVERABLE,
	                        .key = text_of(key),
	                        .more = (int64_t)letter->count,
	                        .title = "Texts to one phone are held back",
	                        .meaning =
	                                "What is held back counts as not delivered: the person's other channel or the "
	                                "next step is told instead.",
	                        .facts = {{"Person", letter->person->id, NULL}, {"Why", why, NULL}},
	                        .fact_count = 2};
	return pass->courier->settings.ops ? ops_say(pass->courier->settings.ops, &word, pass->now, fault) : RESULT_OK;
}

static enum result hold_back(struct pass *pass, const struct letter *letter, const char *why, struct fault *fault)
{
	enum result result = say_held(pass, letter, why, fault);
	for (size_t i = 0; i < letter->count && result == RESULT_OK; i++)
		result = courier_other_way(pass->courier, &letter->items[i]->row, pass->now, why, fault);
	return result;
}

static bool is_text(const struct pass *pass, const struct letter *letter)
{
	return !letter->asks && channel_form(pass->courier->ways[letter->way].by->channel->reaches) == CHANNEL_BRIEF;
}

enum result caps_last(const struct pass *pass, const struct letter *letter, instant *until, struct fault *fault)
{
	const struct courier_settings *settings = &pass->courier->settings;
	char name[PLACE_MOST];
	*until = 0;
	if (!is_text(pass, letter))
		return RESULT_OK;
	struct text phone = place_name(letter->items[0]->row.address, name);
	enum result result = texts_last(settings->store, phone, pass->now, settings->texts_an_hour, until, fault);
	if (*until) /* by the minute, and none too early */
		*until = (*until + MINUTE - 1) / MINUTE * MINUTE;
	return result;
}

enum result caps_look(struct pass *pass, const struct letter *letter, struct text words, bool *held,
                      struct fault *fault)
{
	struct courier *courier = pass->courier;
	const struct courier_settings *settings = &courier->settings;
	const struct outbox_row *first = &letter->items[0]->row;
	char name[PLACE_MOST], why[160];
	int64_t all = 0, same = 0;
	*held = false;
	if (!is_text(pass, letter))
		return RESULT_OK;
	struct text phone = place_name(first->address, name);
	uint64_t print = text_fingerprint(words, 2);
	enum result result = texts_count(settings->store, phone, pass->now, print, &all, &same, fault);
	if (result != RESULT_OK)
		return result;
	if (same >= settings->same_texts_an_hour)
		(void)snprintf(why, sizeof why, "held back: this phone had these words %" PRId64 " times in an hour",
		               same);
	else if (!first->critical && all >= settings->texts_an_hour)
		(void)snprintf(why, sizeof why, "held back: this phone had %" PRId64 " texts within an hour", all);
	else
		return texts_add(settings->store, phone, pass->now, first->id, first->attempts, print, fault);
	*held = true;
	return hold_back(pass, letter, why, fault);
}

enum result caps_learn(struct courier *courier, const struct delivery *delivery, struct fault *fault)
{
	enum channel_outcome outcome = delivery->reply.outcome;
	bool text = channel_form(courier->ways[delivery->way].by->channel->reaches) == CHANNEL_BRIEF;
	bool may_have = outcome == CHANNEL_ACCEPTED || outcome == CHANNEL_GIVEN || outcome == CHANNEL_UNCERTAIN;
	if (!text || delivery->asks || may_have)
		return RESULT_OK;
	return texts_take_back(courier->settings.store, delivery->rows[0].id, delivery->rows[0].attempts, fault);
}

/* people: those behind the mailboxes answer what asks them. */
#include "sim/sim.h"

#include "store/outbox/outbox.h"

#include <inttypes.h>

struct answering {
	struct sim *sim;
	uint64_t chance;
	bool given;
};

/* Of ten answers: in a run of months whoever has seen to it closes it, or nothing ever ended, and each message of a
 * year would be about all that stood since its beginning. */
static const char *answer_of(const struct sim *sim, uint64_t luck)
{
	bool is_long = plan_is_long(&sim->plan);
	if (luck < (is_long ? 3 : 7))
		return "acknowledged";
	return luck < (is_long ? 4 : 9) ? "passed_on" : "resolved";
}

static const char *words_of(const char *answer)
{
	return strcmp(answer, "acknowledged") == 0 ? "\"action\":\"seen to\""
	       : strcmp(answer, "passed_on") == 0  ? "\"reason\":\"not me\""
	                                           : "\"reason\":\"no longer needed\"";
}

static enum result give_answer(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct answering *answering = argument;
	struct sim *sim = answering->sim;
	struct chance chance = chance_of(sim->plan.seed, answering->chance);
	struct buffer bytes = {0};
	char time[32];
	const char *type = answer_of(sim, chance_below(&chance, 10));
	(void)fault;
	if (answering->given || !row->alert.length)
		return RESULT_OK;
	answering->given = true;
	if (chance_one_in(&chance, 3)) {
		pages_answer(sim, row, chance);
		return RESULT_OK;
	}
	instant_print(sim->hands.now, time); /* by the machine's clock, right or wrong, as the page does */
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"a%" PRIu64
	              "\",\"source\":\"/casewatch/answer\",\"type\":\"alert.%s\","
	              "\"subject\":\"%.*s\",\"time\":\"%s\",\"data\":{\"alert\":\"%.*s\",\"by\":\"%.*s\",\"person\":"
	              "\"%.*s\",%s}}",
	              ++sim->figures.answers, type, TEXT_ARG(row->subject), time, TEXT_ARG(row->alert),
	              TEXT_ARG(row->role), TEXT_ARG(row->person), words_of(type));
	world_hand_in(sim, buffer_cstr(&bytes));
	buffer_free(&bytes);
	return RESULT_OK;
}

/* Whoever answers had the message; what it was about is asked of the database, as the page does. Of several machines
 * that of the one which sent it: its link leads there. */
void people_answer(struct sim *sim)
{
	struct mail *all = sim->mail.all;
	for (size_t i = all->answer_next; i < all->answer_count && sim->running; i++) {
		struct mail_answer *one = &all->answers[i];
		struct answering answering = {.sim = sim, .chance = one->chance};
		struct fault fault = {0};
		if (one->given || one->at > sim->truth || one->from != &sim->mail)
			continue;
		one->given = true;
		sim->worked_apart = true;
		disk_look(sim->disk, true);
		if (outbox_of_message(sim->council->store, text_of(one->reference), give_answer, &answering, &fault) !=
		    RESULT_OK)
			sim_fail(sim, "a message cannot be found: %s", fault.text);
		disk_look(sim->disk, false);
	}
	while (all->answer_next < all->answer_count && all->answers[all->answer_next].given)
		all->answer_next++;
}

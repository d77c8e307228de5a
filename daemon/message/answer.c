/* answer: the last answer, when it is asked again, and why this is said now. */
#include "message/page.h"

#include <stdlib.h>

/* By the very person, where the answer says who gave it; else by the reader's role. */
static bool is_own(const struct message_page *page, struct text person, struct text role)
{
	const struct message_input *input = page->input;
	if (person.length && input->person)
		return text_equal(person, text_of(input->person->id));
	return input->role && role.length && text_equal(role, text_of(input->role));
}

/* Its step, where everyone answers for themselves; NULL: the first answer is enough. */
static const struct step *step_of_each(const struct message_alert *alert)
{
	const struct rule *rule = alert->rule;
	bool own = rule && alert->step > 0 && (size_t)alert->step <= rule->step_count;
	return own && rule->steps[alert->step - 1].answer_each ? &rule->steps[alert->step - 1] : NULL;
}

bool message_asks_each(const struct message_alert *alert)
{
	return step_of_each(alert) != NULL;
}

static bool step_names(const struct step *step, struct text role)
{
	bool asks = false;
	for (size_t i = 0; step && i < step->role_count; i++)
		asks = asks || text_equal(text_of(step->roles[i]), role);
	for (size_t i = 0; step && i < step->also_count; i++)
		asks = asks || text_equal(text_of(step->also[i].role), role);
	return asks;
}

static bool is_among(const struct text *roles, size_t count, struct text role)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(roles[i], role))
			return true;
	return false;
}

/* The step's roles, and those that one of them passed it on to, and so on. Those of one instant are in any order: until
 * a round finds nobody more. */
static bool asks_each(const struct message_alert *alert, struct text role)
{
	const struct step *step = step_of_each(alert);
	if (!step || step_names(step, role))
		return step != NULL;
	struct text *passed_to = mem_zero(alert->reaction_count + 1, sizeof *passed_to);
	size_t count = 0, before;
	do {
		before = count;
		for (size_t i = 0; i < alert->reaction_count; i++) {
			const struct message_reaction *one = &alert->reactions[i];
			bool asked = step_names(step, one->role) || is_among(passed_to, count, one->role);
			if (one->passed_on && one->to.length && asked && !is_among(passed_to, count, one->to))
				passed_to[count++] = one->to;
		}
	} while (count > before);
	bool asks = is_among(passed_to, count, role);
	free(passed_to);
	return asks;
}

bool message_owes_answer(const struct message_input *input, const struct message_alert *alert)
{
	bool owes = alert->asked_still && input->role && asks_each(alert, text_of(input->role));
	for (size_t i = 0; i < alert->reaction_count && owes; i++) {
		const struct message_reaction *one = &alert->reactions[i];
		bool own = one->person.length && input->person
		                   ? text_equal(one->person, text_of(input->person->id))
		                   : input->role_title && strcmp(one->role_title, input->role_title) == 0;
		owes = !own;
	}
	return owes;
}

static bool replied(const struct message_alert *alert, const struct message_told *told)
{
	bool found = false;
	for (size_t i = 0; i < alert->reaction_count && !found; i++) {
		const struct message_reaction *one = &alert->reactions[i];
		found = one->person.length ? text_equal(one->person, told->person)
		                           : strcmp(one->role_title, told->role_title) == 0;
	}
	return found;
}

static bool asks_for_answer(enum message_purpose purpose)
{
	return purpose == MESSAGE_OPENED || purpose == MESSAGE_ESCALATED || purpose == MESSAGE_ASKED_AGAIN ||
	       purpose == MESSAGE_PASSED_ON;
}

/* Once everybody has, one answer is enough when it is asked again: what they said before counts. Who was only told what
 * became of it owes nothing, and who could not be told is not waited for. */
static bool everyone_replied(const struct message_alert *alert)
{
	bool any = false, all = true;
	for (size_t i = 0; i < alert->told_count && all; i++) {
		const struct message_told *told = &alert->told[i];
		bool of_step = told->step == alert->step && told->person.length && asks_for_answer(told->purpose) &&
		               !told->given_up;
		any = any || of_step;
		all = !of_step || replied(alert, told);
	}
	return any && all;
}

bool message_each_owed(const struct message_alert *alert)
{
	return message_asks_each(alert) && !everyone_replied(alert);
}

static void put_times(struct message_page *page)
{
	const struct message_answer *answer = &page->alert->answer;
	static const char *const often[] = {"", "once", "twice"};
	if (answer->count < sizeof often / sizeof *often)
		data_string(page->root, "answered_times", often[answer->count]);
	else
		data_format(page->root, "answered_times", "%zu times", answer->count);
	message_begin(page);
	if (answer->count && answer->one_role && answer->role_title) {
		buffer_string(&page->words, "the ");
		words_in_sentence(answer->role_title, &page->words);
	}
	message_end(page, page->root, "answered_by");
}

/* What was said in the answer, when, and by which role. */
static void put_given(struct message_page *page)
{
	const struct message_answer *answer = &page->alert->answer;
	bool known = answer->at != INSTANT_NONE;
	const char *title = answer->role_title ? answer->role_title : "";
	struct data *root = page->root;
	data_flag(root, "answer_known", known);
	data_flag(root, "answer_own", known && is_own(page, answer->person, answer->role));
	data_flag(root, "asked_still", page->alert->asked_still);
	data_flag(root, "asks_each", message_asks_each(page->alert));
	data_flag(root, "each_owed", message_each_owed(page->alert));
	data_flag(root, "answer_owed", message_owes_answer(page->input, page->alert));
	message_begin(page);
	if (known)
		message_add_full(page, answer->at, false);
	message_end(page, root, "answer_at");
	message_begin(page);
	if (known)
		message_add_when(page, answer->at);
	message_end(page, root, "answer_when");
	message_begin(page);
	if (known && zone_date(page->zone, answer->at) == page->today)
		words_clock(page->zone, answer->at, &page->words);
	else if (known)
		message_add_full(page, answer->at, false);
	message_end(page, root, "answer_short");
	data_text(root, "answer_action", page->alert->restricted ? TEXT_NONE : answer->action);
	data_string(root, "answer_title", title);
	message_begin(page);
	words_in_sentence(title, &page->words);
	message_end(page, root, "answer_role");
	message_begin(page);
	words_in_sentence(message_role_title(page, page->alert->payload->by), &page->words);
	message_end(page, root, "withdrawn_role");
	put_times(page);
}

/* The titles of what would end it: 'no "Moved to our accommodation" and no "Released" is recorded'. */
static void add_missing_end(struct message_page *page, const struct rule *rule)
{
	const struct selectors *const ends[] = {&rule->stop, &rule->closes_on};
	type_id *types = arena_alloc(page->arena, (rule->stop.count + rule->closes_on.count + 1) * sizeof *types);
	size_t count = 0;
	for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
		for (size_t i = 0; i < ends[k]->count; i++) {
			bool known = false;
			for (size_t n = 0; n < count; n++)
				known = known || types[n] == ends[k]->items[i].type;
			if (!known)
				types[count++] = ends[k]->items[i].type;
		}
	for (size_t i = 0; i < count; i++)
		buffer_format(&page->words, "%sno \"%s\"", words_between(i, count), schema_type_title(types[i]));
	if (count)
		buffer_string(&page->words, " is recorded");
}

/* When it is asked again, if the cause is still there, and who is told after that. */
static void put_review(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct payload *payload = alert->payload;
	const struct rule *rule = alert->rule;
	instant review = payload->review_at != INSTANT_NONE ? payload->review_at : alert->answer.review_at;
	bool known = message_has_time(review) && alert->state == ALERT_STANDING && !alert->asked_still;
	struct data *root = page->root;
	message_begin(page);
	if (known)
		message_add_set_time(page, review);
	message_end(page, root, "review");
	message_end_sentence(page, root, "review_alone");
	message_begin(page);
	if (rule && rule->still_there)
		buffer_string(&page->words, rule->still_there);
	else if (rule)
		add_missing_end(page, rule);
	message_end(page, root, "still_there");
	data_string(root, "if_still",
	            rule && rule->if_still && !alert->restricted ? rule->if_still : "the cause is still there");
	bool after =
		known && message_has_time(payload->answer_by) && payload->answer_by > review && payload->next_count;
	message_begin(page);
	if (after)
		message_add_roles(page, payload->next, payload->next_count, NULL);
	message_end(page, root, "after_next");
	data_flag(root, "after_are", payload->next_count > 1);
	message_begin(page);
	if (after)
		words_answer_by(page->zone, payload->answer_by, page->input->now, &page->words);
	message_end(page, root, "after_by");
	message_begin(page);
	if (message_has_time(alert->answer.asked_for))
		message_add_set_time(page, alert->answer.asked_for);
	message_end(page, root, "asked_until");
	data_string(root, "severity_word", alert->severity == SEVERITY_NORMAL   ? "a normal"
	                                   : alert->severity == SEVERITY_HIGH ? "a high"
	                                                                      : "a critical");
}

void message_put_answer(struct message_page *page)
{
	put_given(page);
	put_review(page);
}

/* Rows from before causes were kept say only what they are: then only what is certain of all of them is said. */
static enum effect_cause cause_of(const struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	if (payload->cause_known)
		return payload->cause;
	switch (page->input->purpose) {
	case MESSAGE_ASKED_AGAIN:
	case MESSAGE_ESCALATED:
		return CAUSE_UNANSWERED;
	case MESSAGE_WITHDRAWN:
		return CAUSE_NO_CAUSE;
	case MESSAGE_RESOLVED:
		return CAUSE_ENDED;
	case MESSAGE_UPDATED:
		return CAUSE_UPDATED;
	case MESSAGE_WARNED:
		return CAUSE_EARLY;
	case MESSAGE_ANSWERED:
		return CAUSE_ANSWERED;
	case MESSAGE_REVIEW_CUT:
		return CAUSE_REVIEW_CUT;
	case MESSAGE_PASSED_ON:
		return CAUSE_PASSED_TO;
	case MESSAGE_OPENED:
	case MESSAGE_LIST:
	case MESSAGE_OPS:
		return CAUSE_OPENED;
	}
	return CAUSE_OPENED;
}

void message_put_cause(struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	enum effect_cause cause = cause_of(page);
	struct data *root = page->root;
	bool again = page->input->purpose == MESSAGE_ASKED_AGAIN, answered = page->alert->answer.at != INSTANT_NONE;
	bool review = again && answered;
	data_flag(root, "asked_for", review && cause == CAUSE_REVIEW_ASKED);
	data_flag(root, "by_default", review && cause == CAUSE_REVIEW_DEFAULT);
	data_flag(root, "mute_ended", again && cause == CAUSE_MUTE_ENDED);
	data_flag(root, "answer_withdrawn", again && cause == CAUSE_ANSWER_WITHDRAWN);
	data_flag(root, "unanswered",
	          again && !(review && (cause == CAUSE_REVIEW_ASKED || cause == CAUSE_REVIEW_DEFAULT)) &&
	                  cause != CAUSE_ANSWER_WITHDRAWN && cause != CAUSE_MUTE_ENDED && cause != CAUSE_MISSED);
	data_flag(root, "not_all", again && answered && message_each_owed(page->alert));
	data_flag(root, "answer_holds", answered && cause != CAUSE_ANSWER_WITHDRAWN);
	data_flag(root, "opened_again", cause == CAUSE_OPENED_AGAIN);
	data_flag(root, "go_live", cause == CAUSE_GO_LIVE);
	data_flag(root, "nobody_before", cause == CAUSE_NOBODY);
	data_flag(root, "missed_before", cause == CAUSE_MISSED);
	data_flag(root, "all_passed_on", cause == CAUSE_ALL_PASSED_ON);
	data_flag(root, "passed_to_you", cause == CAUSE_PASSED_TO);
	message_begin(page);
	if (cause == CAUSE_PASSED_TO && payload->by.length)
		words_in_sentence(message_role_title(page, payload->by), &page->words);
	message_end(page, root, "passed_by");
	data_flag(root, "rule_gone", cause == CAUSE_RULE_GONE);
	data_flag(root, "rule_shadow", cause == CAUSE_RULE_SHADOW);
	data_flag(root, "opened_wrongly", cause == CAUSE_OPENED_WRONGLY);
	bool by_rule = cause == CAUSE_RULE_GONE || cause == CAUSE_RULE_SHADOW || cause == CAUSE_OPENED_WRONGLY;
	data_flag(root, "by_records", page->input->purpose == MESSAGE_UPDATED ||
	                              (page->input->purpose == MESSAGE_WITHDRAWN && !by_rule));
}

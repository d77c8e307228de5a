/* warning: an early warning: how long is left, and what happens, step by step, if nothing is recorded. */
#include "message/page.h"

/* A step that says no time of its own waits so long for an answer (rules.md, "Steps"; local). */
static struct duration step_time(const struct rule *rule, const struct step *step)
{
	if (step->after.amount)
		return step->after;
	switch (rule->severity) {
	case SEVERITY_CRITICAL:
		return (struct duration){30, UNIT_MINUTES};
	case SEVERITY_HIGH:
		return (struct duration){1, UNIT_WORKING_DAYS};
	case SEVERITY_NORMAL:
		return (struct duration){5, UNIT_WORKING_DAYS};
	}
	return (struct duration){1, UNIT_WORKING_DAYS};
}

/* "the team manager, South 1"; the team only where the child has one. */
static void add_step_roles(struct message_page *page, const struct step *step, bool with_team)
{
	const struct team *teams[2];
	size_t found = with_team ? message_teams(page->input, page->alert->history, page->alert->history_count,
	                                         page->alert->domain == PARTY_NONE, teams, 2)
	                         : 0;
	for (size_t i = 0; i < step->role_count; i++) {
		buffer_string(&page->words, words_between(i, step->role_count));
		buffer_string(&page->words, "the ");
		words_in_sentence(message_role_title(page, text_of(step->roles[i])), &page->words);
		if (found == 1 &&
		    directory_role_from(page->input->directory, text_of(step->roles[i])) == ROLE_FROM_MANAGER)
			buffer_format(&page->words, ", %s%s", teams[0]->title, i + 1 == step->role_count ? "," : "");
	}
}

static void put_no_break(struct data *row, const char *name, struct text words, struct arena *arena)
{
	struct buffer joined = {0};
	for (size_t i = 0; i < words.length; i++)
		buffer_add(&joined, words.at[i] == ' ' ? "\xc2\xa0" : &words.at[i], words.at[i] == ' ' ? 2 : 1);
	data_text(row, name, (struct text){arena_copy_text(arena, buffer_cstr(&joined), joined.length), joined.length});
	buffer_free(&joined);
}

/* "Thu 6 Feb, 06:30", and in two lines of a cell; what ends a day is "End of Thu 6 Feb", what follows it "After Thu 6
 * Feb". */
static void put_row_time(struct message_page *page, struct data *row, instant at, const char *of_day)
{
	bool midnight = zone_midnight(page->zone, zone_date(page->zone, at)) == at;
	struct buffer day = {0}, clock = {0};
	words_day(zone_date(page->zone, at) - midnight,
	          message_form(page, at - midnight, WORDS_TABLE, WORDS_TABLE_YEAR), &day);
	if (midnight) {
		data_string(row, "when_first", of_day);
		put_no_break(row, "when_second", buffer_view(&day), page->arena);
		data_format(row, "when", "%s %s", of_day, buffer_cstr(&day));
	} else {
		words_clock(page->zone, at, &clock);
		data_format(row, "when", "%s, %s", buffer_cstr(&day), buffer_cstr(&clock));
		buffer_char(&day, ',');
		put_no_break(row, "when_first", buffer_view(&day), page->arena);
		data_text(row, "when_second", buffer_view(&clock));
	}
	buffer_free(&day);
	buffer_free(&clock);
}

static void end_row(struct message_page *page, struct data *row)
{
	message_end(page, row, "what_alone");
	message_end_sentence(page, row, "what");
}

static void put_expiry_row(struct message_page *page, struct data *list, instant due)
{
	struct data *row = data_item(list);
	const struct rule *rule = page->alert->rule;
	put_row_time(page, row, due, "End of");
	message_begin(page);
	if (rule->due) {
		buffer_string(&page->words, "the date is over");
	} else {
		buffer_string(&page->words, "the ");
		duration_print(rule->within, &page->words);
		buffer_string(&page->words, rule->within.amount == 1 ? " is over" : " are over");
	}
	end_row(page, row);
}

/* When the first step is told: at once, or in the recipients' hours (rules.md, "Hours"). */
static instant told_from(const struct message_page *page, instant due)
{
	const struct rule *rule = page->alert->rule;
	return rule->severity == SEVERITY_CRITICAL ? due : calendar_next_hours(page->input->calendar, due);
}

static void put_first_step(struct message_page *page, struct data *list, instant due, instant told)
{
	const struct rule *rule = page->alert->rule;
	if (rule->out_of_hours && rule->severity != SEVERITY_CRITICAL && told > due) {
		struct data *night = data_item(list);
		put_row_time(page, night, due, "After");
		message_begin(page);
		buffer_string(&page->words, "the ");
		words_in_sentence(message_role_title(page, text_of(rule->out_of_hours)), &page->words);
		buffer_string(&page->words, " is told, as nobody else works then");
		end_row(page, night);
	}
	struct data *row = data_item(list);
	put_row_time(page, row, told, "After");
	message_begin(page);
	add_step_roles(page, &rule->steps[0], true);
	buffer_string(&page->words, rule->steps[0].role_count > 1 ? " are told and asked for an answer"
	                                                          : " is told and asked for an answer");
	end_row(page, row);
}

static void put_later_steps(struct message_page *page, struct data *list, instant told)
{
	const struct rule *rule = page->alert->rule;
	for (size_t i = 1; i < rule->step_count; i++) {
		const struct step *before = &rule->steps[i - 1], *step = &rule->steps[i];
		struct fault ignored;
		if (calendar_expiry(page->input->calendar, told, step_time(rule, before), &told, &ignored) != RESULT_OK)
			return;
		struct data *row = data_item(list);
		put_row_time(page, row, told, "After");
		message_begin(page);
		buffer_string(&page->words, "if ");
		add_step_roles(page, before, false);
		buffer_string(&page->words, before->role_count > 1 ? " have not answered, " : " has not answered, ");
		add_step_roles(page, step, false);
		buffer_string(&page->words, step->role_count > 1 ? " are told" : " is told");
		end_row(page, row);
	}
}

/* Which of the rule's warnings this is: "48 hours", and when they were over. */
static void put_passed(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct rule *rule = alert->rule;
	const struct calendar *calendar = page->input->calendar;
	instant caused = alert->payload->caused, at;
	struct fault ignored;
	struct data *root = page->root;
	const struct duration *which = NULL;
	bool counted_from_start = rule && !rule->warn_before && alert->evidence_count && message_has_time(caused);
	for (size_t i = 0; counted_from_start && i < rule->warn_count; i++)
		if (calendar_expiry(calendar, message_begin_of(alert), rule->warn[i], &at, &ignored) == RESULT_OK &&
		    at == caused)
			which = &rule->warn[i];
	message_begin(page);
	if (which)
		duration_print(*which, &page->words);
	message_end(page, root, "passed");
	message_begin(page);
	if (which && zone_midnight(page->zone, zone_date(page->zone, caused)) == caused) {
		buffer_string(&page->words, "at ");
		words_until(page->zone, caused, message_form(page, caused - 1, WORDS_FULL, WORDS_FULL_YEAR),
		            &page->words);
	} else if (which) {
		message_add_when(page, caused);
	}
	message_end(page, root, "passed_when");
	bool waited = which && rule->severity != SEVERITY_CRITICAL && !calendar_in_hours(calendar, caused) &&
	              page->input->now - caused >= MINUTE;
	data_flag(root, "waited", waited);
	message_begin(page);
	if (waited)
		words_clock(page->zone, calendar_next_hours(calendar, caused), &page->words);
	message_end(page, root, "hours_from");
}

/* How long is left: "22 hours", "7 days"; nothing once it is over. */
static void put_left(struct message_page *page, instant due)
{
	message_begin(page);
	if (message_has_time(due) && due > page->input->now) {
		words_left(due - page->input->now, &page->words);
		page->words.length -= strlen(" left");
	}
	message_end(page, page->root, "left");
	message_begin(page);
	if (message_has_time(due))
		words_until(page->zone, due, message_form(page, due - 1, WORDS_FULL, WORDS_FULL_YEAR), &page->words);
	message_end(page, page->root, "expires");
}

static instant due_of(const struct message_input *input, const struct message_alert *alert)
{
	instant due = message_due(input, alert);
	return message_has_time(due) ? due : alert->payload->answer_by; /* the engine gives it there, too */
}

void message_put_warning(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct rule *rule = alert->rule;
	struct data *list = data_list(page->root, "then");
	bool warned = page->input->purpose == MESSAGE_WARNED;
	instant due = warned ? due_of(page->input, alert) : INSTANT_NEVER;
	bool known = warned && message_has_time(due) && due > page->input->now && rule && rule->step_count;
	put_left(page, due);
	message_begin(page);
	if (known)
		add_step_roles(page, &rule->steps[0], false);
	message_end(page, page->root, "then_told");
	data_flag(page->root, "then_are", known && rule->steps[0].role_count > 1);
	if (known) {
		instant told = told_from(page, due);
		put_expiry_row(page, list, due);
		put_first_step(page, list, due, told);
		put_later_steps(page, list, told);
	}
	message_put_any(page->root, "then_any", "then");
	put_passed(page);
}

bool message_warning_is_over(const struct message_input *input, const struct message_alert *alert)
{
	const struct rule *rule = alert->rule;
	instant due = due_of(input, alert);
	if (message_has_time(due) && due <= input->now)
		return true;
	if (!rule || !alert->evidence_count)
		return false;
	const struct selectors *const ends[] = {&rule->stop, &rule->closes_on, &rule->ends_on};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (message_find(input, alert, alert->history, alert->history_count, ends[i], false))
			return true;
	return false;
}

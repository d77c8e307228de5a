/* answer_samples: one invented case for every template of the page on which an alert is answered. */
#include "web/board_pages.h"

#include <string.h>

static const struct word {
	const char *name, *value;
} words[] = {
	{"number", "A-2042"},
	{"title", "Refused bail and held overnight"},
	{"severity", "Critical"},
	{"path", "/a/example"},
	{"form", "example"},
	{"now", "02:14"},
	{"answer_by", "02:36"},
	{"next", "The Director of Children's Services"},
	{"subject_label", "Child"},
	{"child", "C1001, AK, 15"},
	{"reader", "Director of Children's Care"},
	{"signed_in", "p-director"},
	{"duty_title", "Emergency Duty Team"},
	{"duty_phone", "01632 960123"},
	{"duty_link", "01632960123"},
	{"answer_role", "Emergency Duty Team"},
	{"answer_when", "at 02:20"},
	{"answer_action", "Custody suite rung"},
	{"changed_when", "Wednesday 5 February, 06:10,"},
	{"ended_at", "Wednesday 5 February, 06:10"},
	{"closed_when", "Wednesday 5 February, 06:10"},
	{"closer_role", "Director of Children's Care"},
	{"review", "Wednesday 5 February, 14:20"},
	{"if_still", "the child is still held"},
	{"still_there", "nothing says that the child was moved or released"},
	{"recorded", "The child is still recorded as held"},
	{"keep_again", "Wednesday 5 February, 14:20"},
	{"action_error", "Say what you did"},
	{"note_error", "Write at most 500 characters"},
	{"review_error", "Choose a time after now"},
	{"to_error", "Say to whom"},
	{"role_error", "Choose a role"},
	{"end_error", "Say what you want to do"},
	{"note", "Rung at 02:18"},
	{"review_ask", "Another time"},
	{"review_example", "For example 5 February 2020 06:00"},
	{"review_at", "06:00"},
	{"review_most", "40"},
	{"pass_next", "Director of Children's Services"},
	{"pass_others", "the Emergency Duty Team"},
	{"passed_next", "Director of Children's Services"},
	{"passed_by", "02:36"},
	{"also_with", "Emergency Duty Team"},
	{"done_at", "Wednesday 5 February, 02:20"},
	{"done_action", "Custody suite rung"},
	{"told_when", "At 02:16"},
	{"done_to", "Emergency Duty Team"},
	{"done_reason", "Moved by us, the record follows"},
	{"again_at", "Wednesday 5 February, 14:20"},
	{"heading", "2 alerts wait for you"},
	{"more", "3"},
	/* of the entries of the lists below */
	{"id", "1"},
	{"value", "1"},
	{"words", "Custody suite rung"},
	{"at", "action-1"},
	{"label", "Held since"},
	{"channel", "email"},
};
static const char *const lists[] = {"errors", "facts", "actions", "reviews", "roles", "passed_told", "alerts"};

/* Which flags are set on which page; all others occur, and are not set. */
static const struct sample {
	const char *template, *flags[12];
} samples[] = {
	{"answer-page.html",
	 {"stands", "critical", "errors_any", "may_pass", "asks_again", "facts_shown", "others_pass", "to_next",
	  "next_are"}},
	{"answer-end.html", {"stands", "critical", "errors_any", "facts_shown", "end_keep", "last_step"}},
	{"answer-state.html", {"stands", "answer_known", "facts_shown"}},
	{"answer-done.html", {"stands", "did_answer", "told_others"}},
	{"answer-waiting.html", {NULL}},
	{"answer-mine.html", {"critical", "beyond"}},
};
static const char *const never[] = {
	"asks_each",        "each_owed",
	"answered_already", "answered_own", "by_answer", "by_person", "chosen",   "did_end",  "did_pass",
	"each_answers",
	"end_other",        "end_wrong",    "ends_it",   "held",      "high",     "normal",   "kept_only",
	"others_many",
	"resolved",         "restricted",   "taken",     "to_role",   "withdrawn"};

static void set_flags(struct data *root, const struct sample *sample)
{
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		data_flag(root, never[i], false);
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		for (size_t k = 0; k < sizeof samples[i].flags / sizeof samples[i].flags[0] && samples[i].flags[k]; k++)
			if (&samples[i] != sample && !data_get(root, text_of(samples[i].flags[k])))
				data_flag(root, samples[i].flags[k], false);
}

void answer_samples(page_sample *each, void *context)
{
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		const struct sample *sample = &samples[i];
		struct arena *arena = arena_new(16384);
		struct data *root = data_new(DATA_MAP, arena);
		for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
			data_string(root, words[k].name, words[k].value);
		for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
			(void)data_item(data_list(root, lists[k]));
		for (size_t k = 0; k < sizeof sample->flags / sizeof sample->flags[0] && sample->flags[k]; k++)
			data_flag(root, sample->flags[k], true);
		set_flags(root, sample);
		each(context, sample->template, root);
		arena_free(arena);
	}
}

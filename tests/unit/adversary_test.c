/* Whoever subtracts: a reader outside the council who keeps all files that were ever sent, and reckons. Of the counts
 * nothing is taken from the program that hid them: what a file says, and what everybody knows (labels make a total,
 * months a quarter, a share is of a whole, a rate is of so many children, the same counted twice is the same). Of a
 * figure that was printed again this reader even knows whether it changed. A hidden count of 1 to 4 must not follow. */
#include "adversary.h"
#include "hidden_forms.h"
#include "rounds.h"

#define POPULATION 32000
#define DATE 40

/* ---- what a file says ---- */

/* The next cell of a line of CSV; quotes are taken off. */
static const char *cell(const char *at, char *out, size_t room)
{
	bool quoted = *at == '"';
	size_t length = 0;
	for (at += quoted; *at && (quoted ? *at != '"' : *at != ',' && *at != '\r' && *at != '\n'); at++)
		if (length + 1 < room)
			out[length++] = *at;
	out[length] = '\0';
	at += quoted && *at == '"';
	return at + (*at == ',');
}

static const struct report_figure *figure_called(const struct config_report *report, const char *id)
{
	for (size_t i = 0; i < report->figure_count; i++)
		if (strcmp(report->figures[i].id, id) == 0)
			return &report->figures[i];
	return NULL;
}

static void say(struct number *number, const char *value)
{
	if (number->label[0] && number->truth > 0) /* it is there because something was counted */
		between(number, 1, ENDLESS);
	if (strcmp(number->figure, "named_alerts") == 0 && number->label[0] &&
	    strcmp(number->label, "Other rules") != 0) /* and a rule, because it has so many */
		between(number, 10, ENDLESS);
	if (strcmp(value, "fewer than 5") == 0) {
		between(number, 1, 4);
		number->hidden = true;
	} else if (strcmp(value, "not shown") == 0) {
		between(number, 5, ENDLESS);
	} else if (*value && strcmp(value, "left out") != 0) {
		between(number, strtoll(value, NULL, 10), strtoll(value, NULL, 10));
	}
}

/* A rate of so many for every 10,000 says which numbers it may be of. */
static void say_rate(struct number *of, const char *value)
{
	double told = strtod(value, NULL), step = POPULATION / 10000.0;
	if (!*value || strchr("fnl", value[0]))
		return;
	between(of, (int64_t)ceil((told - 0.5) * step - 1e-9), (int64_t)floor((told + 0.5) * step + 1e-9));
}

/* Each line is of one cell, in their order: whether it changed since another file is known from that. */
struct sending {
	const struct config_report *report;
	const struct report_facts *facts;
	const char *line;
	size_t first; /* of adversary.said */
};

static int64_t counted_in(const struct sending *sending, size_t figure, const char *period)
{
	for (size_t i = 0; i < sending->facts->cells_count; i++) {
		const struct report_cells *cells = &sending->facts->cells[i];
		struct buffer key = {0};
		period_key(sending->facts->periods[cells->period], &key);
		bool same = cells->figure == figure && strcmp(buffer_cstr(&key), period) == 0;
		buffer_free(&key);
		if (same)
			return llround(cells->items[0].value);
	}
	fail_msg("a rate of %s without what it counts", period);
	return 0;
}

static void read_line(struct adversary *all, struct sending *sending, const struct report_cell *truth)
{
	char figure[40], skip[120], label[40], period[24], value[40];
	const char *at = cell(sending->line, figure, sizeof figure);
	at = cell(cell(at, skip, sizeof skip), label, sizeof label);
	at = cell(cell(cell(at, period, sizeof period), skip, sizeof skip), skip, sizeof skip);
	(void)cell(at, value, sizeof value);
	sending->line = strchr(at, '\n') + 1;
	const struct report_figure *known = figure_called(sending->report, figure);
	assert_non_null(known);
	if (known->words)
		return;
	if (known->measure && known->counts >= 0) {
		int64_t counted = counted_in(sending, (size_t)known->counts, period);
		size_t of = number_of(all, sending->report->figures[known->counts].id, label, period, counted);
		say_rate(&all->numbers[of], value);
	}
	if (known->measure)
		return;
	size_t number = number_of(all, figure, label, period, llround(truth->value));
	say(&all->numbers[number], value);
	all->said[all->said_count++] = number;
}

/* The latest that was said of it, since the file that began with `first`; SIZE_MAX: nothing. */
static size_t said_since(const struct adversary *all, size_t first, const char *figure, const char *label,
                         const char *period)
{
	for (size_t i = all->said_count; i-- > first;) {
		const struct number *one = &all->numbers[all->said[i]];
		if (!strcmp(one->figure, figure) && !strcmp(one->label, label) && !strcmp(one->period, period))
			return all->said[i];
	}
	return SIZE_MAX;
}

/* ---- what everybody knows ---- */

static void relate_labels(struct adversary *all, const struct sending *sending, size_t total)
{
	struct number whole = all->numbers[total];
	struct relation *made = relate(all, total);
	for (size_t i = sending->first; i < all->said_count; i++) {
		const struct number *one = &all->numbers[all->said[i]];
		if (one->label[0] && !strcmp(one->figure, whole.figure) && !strcmp(one->period, whole.period))
			add_part(made, all->said[i]);
	}
	all->relation_count -= made->count == 0;
}

static void relate_months(struct adversary *all, const struct sending *sending, size_t quarter)
{
	struct number whole = all->numbers[quarter];
	struct period period;
	if (!period_parse(text_of(whole.period), &period) || period.kind != PERIOD_QUARTER ||
	    !figure_called(sending->report, whole.figure)->adds)
		return;
	struct relation *made = relate(all, quarter);
	bool any = false;
	for (civil_day day = period.first; day < period.next; day = day_add_months(day, 1)) {
		struct buffer key = {0};
		period_key(period_of(PERIOD_MONTH, day), &key);
		size_t month = said_since(all, 0, whole.figure, whole.label, buffer_cstr(&key));
		any = any || month != SIZE_MAX;
		add_part(made, month == SIZE_MAX ? unsaid(all) : month);
		buffer_free(&key);
	}
	all->relation_count -= !any; /* three of which nothing is said */
}

/* Those that are not in a share are as secret as those that are. */
static void relate_share(struct adversary *all, const struct sending *sending, size_t share)
{
	struct number one = all->numbers[share];
	const struct report_figure *figure = figure_called(sending->report, one.figure);
	size_t whole = figure->of < 0 ? SIZE_MAX
	                              : said_since(all, sending->first, sending->report->figures[figure->of].id,
	                                           one.label, one.period);
	if (whole == SIZE_MAX)
		return;
	size_t rest = unsaid(all); /* of another report it is another number */
	struct number *made_rest = &all->numbers[rest];
	*made_rest = (struct number){.truth = all->numbers[whole].truth - one.truth, .high = ENDLESS, .rest = true};
	(void)snprintf(made_rest->figure, sizeof made_rest->figure, "not %.30s", one.figure);
	(void)snprintf(made_rest->label, sizeof made_rest->label, "%.30s", one.label);
	(void)snprintf(made_rest->period, sizeof made_rest->period, "%.20s", one.period);
	struct relation *made = relate(all, whole);
	add_part(made, share);
	add_part(made, rest);
}

static const struct {
	const char *report, *total, *parts[4];
} known_sums[] = {
	{"interviews", "ended", {"in_time", "later", "declined", "neither"}},
	{"answering", "alerts", {"first", "climbed", "over", "none"}},
	{"answering", "team_alerts", {"team_first", "team_climbed", "team_over", "team_none"}},
	{"answering", "alerts", {"team_alerts"}},
	{"answering", "first", {"team_first"}},
	{"answering", "climbed", {"team_climbed"}},
	{"answering", "over", {"team_over"}},
	{"answering", "none", {"team_none"}},
	{"answering", "named_alerts", {"named_first", "named_climbed", "named_over", "named_none"}},
	{"answering", "alerts", {"named_alerts"}},
	{"answering", "first", {"named_first"}},
	{"answering", "climbed", {"named_climbed"}},
	{"answering", "over", {"named_over"}},
	{"answering", "none", {"named_none"}},
	{"custody", "holds", {"by_age"}},
	{"plan", "open_tasks", {"by_rag"}},
};

static bool has_labels(const struct adversary *all, const struct sending *sending, const char *figure,
                       const struct number *as)
{
	bool has = false;
	for (size_t i = sending->first; i < all->said_count; i++) {
		const struct number *one = &all->numbers[all->said[i]];
		has = has || (one->label[0] && !strcmp(one->figure, figure) && !strcmp(one->period, as->period));
	}
	return has;
}

static bool is_nothing(const struct adversary *all, const struct sending *sending, const char *figure,
                       const struct number *as)
{
	size_t total = said_since(all, sending->first, figure, "", as->period);
	return total != SIZE_MAX && all->numbers[total].high == 0;
}

/* Part of a sum: what the file says of it. One that has labels, but not this one, is 0, and so is each of a figure that
 * is 0 in all; of a figure that is not in the file nothing is known. */
static void add_said(struct adversary *all, const struct sending *sending, struct relation *made, const char *figure,
                     const struct number *as)
{
	size_t part = said_since(all, sending->first, figure, as->label, as->period);
	if (part != SIZE_MAX)
		add_part(made, part);
	else if (!has_labels(all, sending, figure, as) && !is_nothing(all, sending, figure, as))
		add_part(made, unsaid(all));
}

static void relate_figures(struct adversary *all, const struct sending *sending, size_t total)
{
	struct number one = all->numbers[total];
	for (size_t s = 0; s < sizeof known_sums / sizeof *known_sums; s++) {
		bool twice = !known_sums[s].parts[1];
		if (strcmp(known_sums[s].report, sending->report->base) != 0 ||
		    strcmp(known_sums[s].total, one.figure) != 0 || (twice && one.label[0]))
			continue;
		struct relation *made = relate(all, total);
		for (size_t i = 0; i < 4 && known_sums[s].parts[i]; i++)
			add_said(all, sending, made, known_sums[s].parts[i], &one);
	}
}

/* Each kind is no more than all together, and all together no more than the sum: what lacks is a number of its own. */
static void relate_children(struct adversary *all, const struct sending *sending, size_t together,
                            const char *const *kinds, size_t count)
{
	struct number one = all->numbers[together];
	size_t sum = unsaid(all);
	struct relation *made = relate(all, sum);
	add_part(made, together);
	add_part(made, unsaid(all)); /* counted twice */
	made = relate(all, sum);
	for (size_t i = 0; i < count; i++)
		add_said(all, sending, made, kinds[i], &one);
	for (size_t i = 0; i < count; i++) {
		made = relate(all, together);
		add_said(all, sending, made, kinds[i], &one);
		add_part(made, unsaid(all));
	}
}

static void relate_all(struct adversary *all, const struct sending *sending)
{
	static const char *const kinds[] = {"cin", "cp", "cla"};
	size_t said = all->said_count;
	for (size_t i = sending->first; i < said; i++) {
		struct number one = all->numbers[all->said[i]];
		if (!one.label[0])
			relate_labels(all, sending, all->said[i]);
		relate_months(all, sending, all->said[i]);
		relate_share(all, sending, all->said[i]);
		relate_figures(all, sending, all->said[i]);
		if (strcmp(one.figure, "all_children") == 0)
			relate_children(all, sending, all->said[i], kinds, 3);
		bool of_children = strcmp(one.figure, "ended") == 0 || strcmp(one.figure, "holds") == 0;
		if (of_children && !one.label[0] && strchr(one.period, 'Q')) { /* a child may be in several */
			struct relation *made = relate(all, all->said[i]);
			add_said(all, sending, made, "children", &one);
			add_part(made, unsaid(all));
		}
	}
}

static void send(struct bench *bench, struct adversary *all, const char *issue, const char *due)
{
	struct list_facts *facts = report_read_at(bench, issue, due);
	struct list_view view = report_view(bench, issue, due, "Reader");
	struct list *list = list_new(facts, &view);
	struct buffer csv = {0};
	report_csv(list, &csv);
	if (facts->report->unsafe)
		fail_msg("%s of %s is said to give a small count away", issue, due);
	struct sending sending = {issue_of(issue)->report, facts->report, strchr(buffer_cstr(&csv), '\n') + 1,
	                          all->said_count};
	for (size_t i = 0; i < facts->report->cells_count; i++)
		for (size_t k = 0; k < facts->report->cells[i].count; k++)
			if (!facts->report->cells[i].items[k].unsaid)
				read_line(all, &sending, &facts->report->cells[i].items[k]);
	relate_all(all, &sending);
	no_form_hangs_on_what_is_hidden(bench, issue, due);
	buffer_free(&csv);
	list_free(list);
	list_facts_free(facts);
	report_print(bench, issue, due);
}

/* ---- councils by chance ---- */

static int below(int most)
{
	return (int)(random() % most);
}

/* A day of the month, of those of 2020 and after: month 13 is January 2021. */
static void some_day(char out[DATE], int month, int hour)
{
	(void)snprintf(out, DATE, "%d-%02d-%02dT%02d:00:00Z", 2020 + (month - 1) / 12, (month - 1) % 12 + 1,
	               2 + below(24), hour);
}

static void some_children(struct bench *bench, int month, int round)
{
	static const char *const kinds[] = {"cin.opened", "cp.started", "cla.started"};
	char at_time[DATE], prefix[16];
	for (int kind = 0; kind < 3; kind++) {
		(void)snprintf(prefix, sizeof prefix, "K%d-%d%d", month, kind, round);
		some_day(at_time, month, 9);
		counted_from(bench, kinds[kind], prefix, below(3) ? below(5) : 5 + below(5), at_time);
	}
	for (int i = below(2) ? below(6) : 3 + below(12); i > 0; i--) {
		(void)snprintf(prefix, sizeof prefix, "R%d-%d", month, round);
		some_day(at_time, month, 10);
		keyed(bench, "referral.accepted", prefix, i, at_time, "referral", "");
	}
}

static void some_episodes(struct bench *bench, int month)
{
	static const char *const teams[] = {"north-3", "south-1", "mach"};
	char at_time[DATE], child[24], data[120];
	for (int i = 3 + below(9); i > 0; i--) {
		(void)snprintf(child, sizeof child, "M%d-%d", month, i);
		of_team(bench, child, teams[below(3)]);
		some_day(at_time, month, 1);
		missing(bench, child, at_time, child);
		at_time[12] = '5';
		returned(bench, child, at_time, child);
		at_time[11] = '2';
		at_time[12] = '0';
		(void)snprintf(data, sizeof data, "\"episode\":\"%s\"", child);
		if (below(5))
			tell(bench, below(4) ? "rhi.completed" : "rhi.declined", child, at_time, data);
	}
}

static void some_holds(struct bench *bench, int month)
{
	static const char *const happens[] = {"pace.bed_requested", "pace.bed_offered", "pace.transfer_failed",
	                                      "custody.certificate_issued", "custody.feedback_recorded"};
	char at_time[DATE], child[24], data[120];
	for (int i = below(9); i > 0; i--) {
		(void)snprintf(child, sizeof child, "H%d-%d", month, i);
		(void)snprintf(data, sizeof data, "\"date_of_birth\":\"%d-01-01\"", 2003 + below(6));
		tell(bench, "child.updated", child, "2020-01-01T00:00:00Z", data);
		(void)snprintf(data, sizeof data, "\"custody\":\"%s\"", child);
		some_day(at_time, month, 22);
		tell(bench, "custody.detained", child, at_time, data);
		at_time[12] = '3';
		if (below(2))
			tell(bench, "custody.charged_bail_refused", child, at_time, data);
		for (size_t k = 0; k < sizeof happens / sizeof *happens; k++)
			if (!below(3))
				tell(bench, happens[k], child, at_time, data);
	}
}

/* Tasks of the plan, in a week; some are done. */
static void some_tasks(struct bench *bench, int week)
{
	static const char *const ratings[] = {"red", "amber", "green"};
	char at_time[DATE], task[24], data[120];
	for (int i = below(8); i > 0; i--) {
		(void)snprintf(task, sizeof task, "T%d-%d", week, i);
		(void)snprintf(at_time, sizeof at_time, "2020-%02d-%02dT10:00:00Z", 1 + week / 4, 3 + week % 4 * 7);
		(void)snprintf(data, sizeof data, "\"task\":\"%s\",\"rag\":\"%s\",\"due\":\"2020-%02d-15\"", task,
		               ratings[below(3)], 1 + below(week < 36 ? week / 4 + 4 : 12));
		tell(bench, "task.created", task, at_time, data);
		(void)snprintf(data, sizeof data, "\"task\":\"%s\"", task);
		if (!below(3))
			tell(bench, "task.completed", task, at_time, data);
	}
}

/* Records of months before that came late, and others that are taken back: what was printed of them changes. */
static void some_corrections(struct bench *bench, int month)
{
	char data[40], time[DATE];
	if (month > 1)
		some_children(bench, 1 + below(month - 1), 1 + month);
	for (int i = below(12); i > 0 && bench->number > 1; i--) {
		(void)snprintf(data, sizeof data, "\"id\":\"e%d\"", below(bench->number));
		some_day(time, month, 12);
		tell(bench, "event.withdrawn", "C1", time, data);
	}
}

/* Alerts of a month, each with a severity, a team and a fate; what ended long after it was told changes a quarter that
 * was printed. */
static void some_alerts(struct bench *bench, int month)
{
	static const char *const teams[] = {"north-1", "north-3", "south-1", "mach"};
	char time[DATE];
	int rules = 2 + below(12);
	for (int i = 2 + below(below(3) ? 14 : 60); i > 0; i--) {
		enum fate fate = (enum fate)(below(2) ? FIRST : below(FATES));
		some_day(time, below(8) ? month : 1 + below(month), 10); /* some are known late */
		const char *rule = config->rules->rules[below(2) ? below(3) : below(rules)].id;
		instant after = below(6) ? HOUR : 40 * 24 * HOUR;
		struct written alert = {month * 1000 + i, below(3), teams[below(4)], rule, at(time), at(time), fate,
		                        fate < OVER ? after : 0, fate == OVER ? after : 0};
		write_alert(bench, &alert);
	}
}

/* ---- all that a body is sent ---- */

static int count_from(const char *name, int usual)
{
	return getenv(name) ? atoi(getenv(name)) : usual;
}

static void first_of(char out[DATE], int month)
{
	(void)snprintf(out, DATE, "%d-%02d-01T06:00:00Z", 2020 + (month - 1) / 12, (month - 1) % 12 + 1);
}

/* A report each month, or each quarter, over so many months; records that came late change what was printed. */
static int months_of(struct bench *bench, const char *issue, bool quarterly,
                     void (*live)(struct bench *bench, int month), int months)
{
	struct adversary *all = adversary_new();
	char due[DATE];
	for (int month = 1; month <= months; month++) {
		live(bench, month);
		if (live != some_alerts) /* which has no events */
			some_corrections(bench, month);
		first_of(due, month + 1);
		complete_to(bench, due);
		if (!quarterly || month % 3 == 0)
			send(bench, all, issue, due);
	}
	int found = reckoned(all, issue);
	adversary_free(all);
	return found;
}

static void live_children(struct bench *bench, int month)
{
	some_children(bench, month, 0);
}

static int weeks_of_the_plan(struct bench *bench, const char *issue, int weeks)
{
	struct adversary *all = adversary_new();
	char due[DATE];
	for (int week = 0; week < weeks; week++) {
		some_tasks(bench, week);
		(void)snprintf(due, sizeof due, "2020-%02d-%02dT06:00:00Z", 1 + week / 4, 6 + week % 4 * 7);
		complete_to(bench, due);
		send(bench, all, issue, due);
	}
	int found = reckoned(all, issue);
	adversary_free(all);
	return found;
}

static const char *const tried[] = {"demand/board", "interviews/quarterly", "custody/boards", "plan/board",
                                    "answering/board"};
#define TRIED (sizeof tried / sizeof *tried)

/* Each in a council of its own: they have nothing in common. */
static int one_council(size_t which)
{
	void *state;
	assert_int_equal(set_up(&state), 0);
	struct bench *bench = state;
	int months = count_from("MONTHS", 12), found = 0;
	switch (which) {
	case 0:
		found = months_of(bench, tried[which], false, live_children, months);
		break;
	case 1:
		found = months_of(bench, tried[which], true, some_episodes, months);
		break;
	case 2:
		found = months_of(bench, tried[which], true, some_holds, months);
		break;
	case 3:
		found = weeks_of_the_plan(bench, tried[which], months * 4);
		break;
	case 4:
		found = months_of(bench, tried[which], true, some_alerts, months);
		break;
	}
	assert_int_equal(tear_down(&state), 0);
	return found;
}

static void every_issue_that_goes_outside_is_tried(void **state)
{
	(void)state;
	size_t outside = 0;
	for (size_t i = 0; i < config->list_count; i++) {
		const struct config_list *list = &config->lists[i];
		bool found = false;
		for (size_t t = 0; t < TRIED; t++)
			found = found || strcmp(tried[t], list->id) == 0;
		if (list->report && list->report->outside && !found)
			fail_msg("%s goes to a body outside the council, and nobody here tries what follows from it",
			         list->id);
		outside += list->report && list->report->outside;
	}
	assert_int_equal(outside, TRIED);
}

static void nothing_hidden_follows_from_all_that_a_body_was_ever_sent(void **state)
{
	(void)state;
	/* The same in every run of everything; CASEWATCH_SEED and COUNCILS look for more. */
	unsigned seed = getenv("CASEWATCH_SEED") ? fixture_seed() : 20200119;
	int found = 0;
	struct fault fault = {{0}};
	templates = template_load("conf/templates", &fault);
	assert_non_null(templates);
	for (int i = 0, councils = count_from("COUNCILS", rounds_of(2, 1)); i < councils; i++)
		for (size_t which = 0; which < TRIED; which++) {
			srandom(seed + (unsigned)i);
			int here = one_council(which);
			if (here)
				print_message("council %u, %s\n", seed + (unsigned)i, tried[which]);
			found += here;
		}
	template_free(templates);
	assert_int_equal(found, 0);
	assert_true(hidden_in_all > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_issue_that_goes_outside_is_tried),
		cmocka_unit_test(nothing_hidden_follows_from_all_that_a_body_was_ever_sent),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}

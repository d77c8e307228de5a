/* missing_page: a list as the data its templates are filled with. */
#include "report/missing_page.h"

struct page {
	const struct missing_list *list;
	const struct zone *zone;
	civil_day today;
	size_t cut;          /* rows a section keeps; 0: all */
	struct data *root;
	struct buffer words; /* being put together */
};

static void begin(struct page *page)
{
	buffer_clear(&page->words);
}

static void end(struct page *page, struct data *map, const char *name)
{
	data_text(map, name, buffer_view(&page->words));
}

static void put_count(struct page *page, struct data *map, const char *name, size_t count)
{
	begin(page);
	words_number((int64_t)count, &page->words);
	end(page, map, name);
}

/* The form, with the year where it is not this year's. */
static enum words_form form_of(const struct page *page, instant at, enum words_form form, enum words_form with_year)
{
	int year, this_year, month, day;
	day_split(zone_date(page->zone, at), &year, &month, &day);
	day_split(page->today, &this_year, &month, &day);
	return year == this_year ? form : with_year;
}

static void add_moment(struct page *page, struct words_moment moment)
{
	words_moment(page->zone, moment, form_of(page, moment.at, WORDS_TABLE, WORDS_TABLE_YEAR), &page->words);
}

/* "04:10", or with its day where that is not today. */
static void add_clock(struct page *page, instant at)
{
	if (zone_date(page->zone, at) == page->today)
		words_clock(page->zone, at, &page->words);
	else
		add_moment(page, (struct words_moment){at, false});
}

/* "Tuesday 4 February at 07:30". */
static void put_day_at(struct page *page, const char *name, instant at)
{
	begin(page);
	words_day_beside(zone_date(page->zone, at), page->today, WORDS_FULL, &page->words);
	buffer_string(&page->words, " at ");
	words_clock(page->zone, at, &page->words);
	end(page, page->root, name);
}

/* "GV,<no-break space>15", or what is not known of it. */
static void put_who(struct page *page, struct data *row, const struct missing_person *person)
{
	bool whole = person->initials.length && person->age >= 0;
	begin(page);
	if (person->initials.length)
		buffer_text(&page->words, person->initials);
	else
		buffer_string(&page->words, "initials not recorded");
	buffer_string(&page->words, whole ? ",\xc2\xa0" : ", ");
	if (person->age >= 0)
		buffer_format(&page->words, "%d", person->age);
	else
		buffer_string(&page->words, "age not known");
	data_text(row, "id", person->id);
	end(page, row, "who");
}

static const char *risk_words(enum missing_risk risk)
{
	switch (risk) {
	case MISSING_RISK_NOT_RECORDED:
		return "Risk not recorded";
	case MISSING_RISK_NOT_READABLE:
		return "Risk not readable";
	case MISSING_RISK_NONE:
		return "No\xc2\xa0risk";
	case MISSING_RISK_LOW:
		return "Low\xc2\xa0risk";
	case MISSING_RISK_MEDIUM:
		return "Medium\xc2\xa0risk";
	case MISSING_RISK_HIGH:
		return "High\xc2\xa0risk";
	}
	return "";
}

static const char *from_words(const struct missing_episode *episode)
{
	if (episode->from_unreadable)
		return "Place not readable";
	if (text_equal(episode->from, TEXT("home")))
		return "Home";
	if (text_equal(episode->from, TEXT("placement")))
		return episode->placement_unreadable ? "Placement not readable" : "Placement not recorded";
	return "Place not recorded";
}

static void fill_now(struct page *page, struct data *data, const struct missing_row *row)
{
	const struct missing_episode *episode = row->episode;
	put_who(page, data, row->person);
	begin(page);
	words_elapsed(page->zone, episode->start, page->list->view.as_of, &page->words);
	if (strcmp(buffer_cstr(&page->words), "today") == 0) {
		begin(page);
		buffer_string(&page->words, "Today");
	}
	end(page, data, "elapsed");
	begin(page);
	add_moment(page, episode->start);
	end(page, data, "since");
	bool home = text_equal(episode->from, TEXT("home"));
	data_text(data, "placement", home ? TEXT_NONE : episode->placement);
	data_string(data, "from", from_words(episode));
	data_flag(data, "high", episode->risk == MISSING_RISK_HIGH);
	data_string(data, "risk", risk_words(episode->risk));
}

/* "Due by the end of Thu 6 Feb". The list of all teams leaves it out: 150 rows must fit. */
static void put_due(struct page *page, struct data *data, const char *lead, instant due)
{
	begin(page);
	if (!page->list->group_count) {
		struct buffer *words = &page->words;
		buffer_string(words, lead);
		size_t start = words->length;
		words_until(page->zone, due, form_of(page, due, WORDS_TABLE, WORDS_TABLE_YEAR), words);
		if (strncmp(words->at + start, "the end", 7) == 0 && strcmp(lead, "Due ") == 0) {
			begin(page);
			buffer_string(words, "Due by ");
			words_until(page->zone, due, form_of(page, due, WORDS_TABLE, WORDS_TABLE_YEAR), words);
		}
	}
	end(page, data, "due");
}

static void put_returned(struct page *page, struct data *data, const struct missing_row *row)
{
	put_who(page, data, row->person);
	begin(page);
	add_moment(page, row->episode->end);
	end(page, data, "returned");
}

static void fill_back(struct page *page, struct data *data, const struct missing_row *row)
{
	const struct missing_episode *episode = row->episode;
	instant left = row->due - page->list->view.as_of;
	bool settled = episode->interview.at != INSTANT_NONE;
	put_returned(page, data, row);
	begin(page);
	if (settled) {
		buffer_string(&page->words, episode->declined ? "Declined " : "Done ");
		add_moment(page, episode->interview);
	}
	end(page, data, "settled");
	begin(page);
	if (!settled) {
		words_hours(left > 0 ? left : -left, &page->words);
		buffer_string(&page->words, left > 0 ? " left" : " overdue");
	}
	end(page, data, "clock");
	put_due(page, data, left > 0 ? "Due by " : "Due ", row->due);
}

static void fill_overdue(struct page *page, struct data *data, const struct missing_row *row)
{
	put_returned(page, data, row);
	begin(page);
	words_hours(page->list->view.as_of - row->due, &page->words);
	end(page, data, "late_by");
	put_due(page, data, "Due ", row->due);
}

static void fill_often(struct page *page, struct data *data, const struct missing_row *row)
{
	const struct missing_person *person = row->person;
	put_who(page, data, person);
	put_count(page, data, "times", row->times);
	begin(page);
	if (person->discussed.at == INSTANT_NONE) {
		buffer_string(&page->words, "Not yet");
	} else {
		civil_day day = zone_date(page->zone, person->discussed.at);
		enum words_form form = page->list->group_count ? WORDS_FULL : WORDS_TABLE;
		if (!row->discussed_since) {
			buffer_string(&page->words, "Not since ");
			form = WORDS_BRIEF;
		}
		words_day_beside(day, page->today, form, &page->words);
	}
	end(page, data, "discussed");
	begin(page);
	if (person->alert)
		buffer_format(&page->words, "Alert A-%lld open", (long long)person->alert);
	end(page, data, "alert");
}

/* A section's names in the tree, and how its rows are filled. */
struct section {
	const char *count, *any, *cut, *groups;
	void (*fill)(struct page *page, struct data *data, const struct missing_row *row);
};

static struct data *open_group(struct page *page, struct data *groups, size_t group, size_t count)
{
	bool next = data_count(groups) > 0;
	struct data *map = data_item(groups);
	data_flag(map, "next_group", next);
	data_string(map, "group", page->list->group_count ? page->list->groups[group].title : "");
	put_count(page, map, "group_count", count);
	return data_list(map, "rows");
}

static size_t in_group(const struct missing_rows *rows, size_t from)
{
	size_t until = from;
	while (until < rows->count && rows->items[until].group == rows->items[from].group)
		until++;
	return until - from;
}

static void fill_section(struct page *page, const struct section *section, const struct missing_rows *rows, size_t keep)
{
	size_t shown = keep && rows->count > keep ? keep : rows->count;
	put_count(page, page->root, section->count, rows->count);
	data_flag(page->root, section->any, rows->count > 0);
	data_flag(page->root, section->cut, shown < rows->count);
	struct data *groups = data_list(page->root, section->groups), *into = NULL;
	for (size_t i = 0; i < shown; i++) {
		if (i == 0 || rows->items[i].group != rows->items[i - 1].group)
			into = open_group(page, groups, rows->items[i].group, in_group(rows, i));
		section->fill(page, data_item(into), &rows->items[i]);
	}
}

static void fill_figures_row(struct page *page, struct data *row, const struct missing_figures *figures)
{
	const struct missing_person *person = figures->person;
	struct buffer line = {0}, child = {0};
	buffer_text(&child, person->id);
	if (person->initials.length)
		buffer_format(&child, ",\xc2\xa0%.*s", TEXT_ARG(person->initials));
	data_text(row, "child", buffer_view(&child));
	put_count(page, row, "in_30", figures->in_30);
	put_count(page, row, "in_90", figures->in_90);
	put_count(page, row, "in_365", figures->in_365);
	begin(page);
	if (figures->longest_in_days && figures->longest < 24 * HOUR)
		buffer_string(&page->words, "under 1 day");
	else if (figures->longest_in_days)
		words_days(figures->longest / (24 * HOUR), &page->words);
	else if (figures->longest < 0)
		buffer_string(&page->words, "not known");
	else
		words_longest(figures->longest, &page->words);
	end(page, row, "longest");
	buffer_clear(&child);
	buffer_text(&child, person->id);
	if (person->initials.length)
		buffer_format(&child, ", %.*s", TEXT_ARG(person->initials));
	buffer_format(&line, "%-16s%5zu%5zu%5zu  %-16s", child.at, figures->in_30, figures->in_90, figures->in_365,
	              buffer_cstr(&page->words));
	begin(page);
	if (figures->last_interview.at == INSTANT_NONE) {
		buffer_string(&page->words, "None");
	} else {
		civil_day day = zone_date(page->zone, figures->last_interview.at);
		words_day(day, page->today - day > 365 ? WORDS_BRIEF_YEAR : WORDS_BRIEF, &page->words);
	}
	end(page, row, "interview");
	buffer_text(&line, buffer_view(&page->words));
	data_text(row, "line", buffer_view(&line));
	buffer_free(&line);
	buffer_free(&child);
}

static void fill_figures(struct page *page)
{
	const struct missing_list *list = page->list;
	size_t shown = page->cut && list->figure_count > page->cut ? page->cut : list->figure_count;
	data_flag(page->root, "figures_any", list->figure_count > 0);
	data_flag(page->root, "figures_cut", shown < list->figure_count);
	struct data *groups = data_list(page->root, "figures_groups"), *into = NULL;
	for (size_t i = 0; i < shown; i++) {
		size_t group = list->figures[i].group;
		if (i == 0 || group != list->figures[i - 1].group)
			into = open_group(page, groups, group, list->group_count ? list->groups[group].figures : shown);
		fill_figures_row(page, data_item(into), &list->figures[i]);
	}
}

static void fill_unread(struct page *page)
{
	const struct missing_list *list = page->list;
	size_t shown = list->unread_count > MISSING_CUT_ROWS ? MISSING_CUT_ROWS : list->unread_count;
	put_count(page, page->root, "unread_count", list->unread_count);
	data_flag(page->root, "unread_any", list->unread_count > 0);
	data_flag(page->root, "unread_cut", shown < list->unread_count);
	struct data *rows = data_list(page->root, "unread");
	for (size_t i = 0; i < shown; i++) {
		const struct missing_unread *unread = list->unread[i];
		struct data *row = data_item(rows);
		data_text(row, "id", unread->person ? unread->person->id : TEXT_NONE);
		data_string(row, "lack", unread->lack);
		begin(page);
		buffer_string(&page->words, zone_date(page->zone, unread->came) == page->today ? "at " : "on ");
		add_clock(page, unread->came);
		end(page, row, "came");
	}
}

static void add_summary(struct page *page, struct data *list, const char *label, size_t count, bool up_to)
{
	struct data *row = data_item(list);
	struct text until = data_value(data_get(page->root, TEXT("up_to")));
	struct buffer full = {0};
	buffer_string(&full, label);
	if (up_to && until.length)
		buffer_format(&full, ", up to %.*s", TEXT_ARG(until));
	put_count(page, row, "count", count);
	data_text(row, "label", buffer_view(&full));
	data_format(row, "line", "%-48s%4s", full.at, buffer_cstr(&page->words));
	buffer_free(&full);
}

static void fill_summary(struct page *page)
{
	const struct missing_list *list = page->list;
	struct data *summary = data_list(page->root, "summary");
	add_summary(page, summary, "Missing now", list->now.count, true);
	add_summary(page, summary, "Returned since the last list", list->back.count, true);
	add_summary(page, summary, "Return interview overdue", list->overdue.count, true);
	add_summary(page, summary, "Missing 3 or more times in 30 days", list->often.count, true);
	if (list->away)
		add_summary(page, summary, "Away without permission, not missing", list->away, false);
	data_flag(page->root, "nil",
	          list->now.count + list->back.count + list->overdue.count + list->often.count == 0);
}

/* A team that is only the parent of others has no line unless children are its own. */
static bool shows_team(const struct missing_list *list, size_t at)
{
	const struct missing_group *group = &list->groups[at];
	if (group->now + group->back + group->overdue + group->often)
		return true;
	const struct directory *directory = list->view.directory;
	if (at >= directory->team_count)
		return false;
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].parent && strcmp(directory->teams[i].parent, directory->teams[at].id) == 0)
			return false;
	return true;
}

static void fill_teams(struct page *page)
{
	const struct missing_list *list = page->list;
	size_t width = 15;
	for (size_t i = 0; i < list->group_count; i++)
		if (shows_team(list, i) && strlen(list->groups[i].title) + 1 > width)
			width = strlen(list->groups[i].title) + 1;
	int columns = width > 40 ? 40 : (int)width;
	data_flag(page->root, "all_teams", list->group_count > 0);
	data_format(page->root, "teams_head", "%-*s%3s%6s%9s%11s", columns, "", "Now", "Back", "Overdue", "3 or more");
	struct data *teams = data_list(page->root, "teams");
	for (size_t i = 0; i < list->group_count; i++) {
		const struct missing_group *group = &list->groups[i];
		if (!shows_team(list, i))
			continue;
		struct data *row = data_item(teams);
		data_string(row, "team", group->title);
		put_count(page, row, "now", group->now);
		put_count(page, row, "back", group->back);
		put_count(page, row, "overdue", group->overdue);
		put_count(page, row, "often", group->often);
		data_format(row, "line", "%-*.*s%3zu%6zu%9zu%11zu", columns, columns - 1, group->title, group->now,
		            group->back, group->overdue, group->often);
	}
}

/* A number as a telephone dials it: "01632 960123" is "+441632960123". */
static void put_tel(struct page *page, const char *phone)
{
	begin(page);
	for (const char *c = phone; *c; c++) {
		if (c == phone && *c == '0')
			buffer_string(&page->words, "+44");
		else if ((*c >= '0' && *c <= '9') || (c == phone && *c == '+'))
			buffer_char(&page->words, *c);
	}
	end(page, page->root, "duty_tel");
	begin(page);
	for (const char *c = phone; *c; c++)
		buffer_add(&page->words, *c == ' ' ? "\xc2\xa0" : c, *c == ' ' ? 2 : 1);
	end(page, page->root, "duty_phone");
}

static void fill_completeness(struct page *page)
{
	const struct missing_list *list = page->list;
	const struct missing_completeness *known = &list->view.completeness;
	instant until = known->complete_to != INSTANT_NONE ? known->complete_to : known->last_arrival;
	if (until != INSTANT_NONE && until > list->view.as_of)
		until = list->view.as_of; /* a source may promise more than the list covers */
	bool incomplete = list->incomplete && until != INSTANT_NONE;
	data_flag(page->root, "incomplete", list->incomplete);
	begin(page);
	if (incomplete)
		add_clock(page, until);
	end(page, page->root, "up_to");
	end(page, page->root, "up_to_none");
	if (incomplete && zone_date(page->zone, until) == page->today)
		buffer_string(&page->words, " today");
	end(page, page->root, "silent_since");
	begin(page);
	if (known->complete_to != INSTANT_NONE)
		add_clock(page, until);
	end(page, page->root, "complete_to");
	begin(page);
	if (known->last_arrival != INSTANT_NONE) {
		bool today = zone_date(page->zone, known->last_arrival) == page->today;
		buffer_string(&page->words, today ? "at " : "on ");
		add_clock(page, known->last_arrival);
	}
	end(page, page->root, "last_record");
}

static void fill_head(struct page *page)
{
	const struct missing_view *view = &page->list->view;
	const char *scope = view->team ? view->team->title : "all teams";
	data_string(page->root, "scope", scope);
	data_format(page->root, "page_title", "Daily missing list: %s", scope);
	data_string(page->root, "whose", view->team ? "this team" : "any team");
	begin(page);
	words_in_sentence(view->role_title, &page->words);
	if (view->team)
		buffer_format(&page->words, ", %s", scope);
	end(page, page->root, "reader");
	begin(page);
	words_moment(page->zone, (struct words_moment){view->as_of, false}, WORDS_FULL_YEAR, &page->words);
	end(page, page->root, "list_time");
	data_flag(page->root, "late", view->late);
	data_flag(page->root, "follows", view->follows);
	begin(page);
	add_clock(page, view->due);
	end(page, page->root, "due_time");
	put_day_at(page, "last_list", view->last);
	put_day_at(page, "next_list", view->next);
	begin(page);
	words_clock(page->zone, view->next + 30 * MINUTE, &page->words);
	end(page, page->root, "ring_by");
	put_tel(page, view->directory && view->directory->duty_phone ? view->directory->duty_phone : "");
	begin(page);
	missing_subject(page->list, &page->words);
	end(page, page->root, "subject");
}

void missing_subject(const struct missing_list *list, struct buffer *out)
{
	buffer_string(out, "OFFICIAL-SENSITIVE Missing list");
	if (list->incomplete) {
		buffer_string(out, " NOT COMPLETE");
		return;
	}
	buffer_string(out, ", ");
	words_number((int64_t)list->now.count, out);
	buffer_string(out, " missing now");
}

struct data *missing_page(const struct missing_list *list, size_t cut, struct arena *arena)
{
	static const struct section now = {"now_count", "now_any", "now_cut", "now_groups", fill_now};
	static const struct section back = {"back_count", "back_any", "back_cut", "back_groups", fill_back};
	static const struct section overdue = {"overdue_count", "overdue_any", "overdue_cut", "overdue_groups", fill_overdue};
	static const struct section often = {"often_count", "often_any", "often_cut", "often_groups", fill_often};
	struct page page = {.list = list, .zone = list->view.zone, .cut = cut, .root = data_new(DATA_MAP, arena)};
	page.today = zone_date(page.zone, list->view.as_of);
	fill_completeness(&page);
	fill_head(&page);
	data_flag(page.root, "cut", cut > 0);
	data_format(page.root, "cut_rows", "%d", MISSING_CUT_ROWS);
	fill_summary(&page);
	fill_teams(&page);
	fill_section(&page, &now, &list->now, 0);
	fill_section(&page, &back, &list->back, cut);
	fill_section(&page, &overdue, &list->overdue, cut);
	fill_section(&page, &often, &list->often, cut);
	fill_figures(&page);
	fill_unread(&page);
	missing_put_trend(list, page.root);
	buffer_free(&page.words);
	return page.root;
}

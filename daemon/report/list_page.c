/* list_page: a list as the data its templates are filled with.
 *
 * What the template is called by is what the list's file calls it: a section ID gives ID_count, ID_any, ID_cut and
 * ID_groups with rows, whose names are the columns of its SELECT; docs/lists.md has them all. */
#include "report/list_page.h"
#include "report/report_page.h"

#include "text/place.h"
#include "time/words.h"

#include <stdio.h>

#define SUMMARY_COLUMNS 52 /* of a line of the summary, with its count at the end */
#define INITIALS_TOGETHER 4 /* so many stay on the id's line in a narrow table */
#define TEAM_COLUMNS 40    /* of a team's title, at most: the counts of its sections stand behind it */

struct page {
	const struct list *list;
	const struct zone *zone;
	civil_day today;
	size_t cut;          /* rows a section keeps; 0: all */
	struct data *root;
	struct arena *arena; /* for names that are put together */
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

/* "back_count": a section's own name for something that every section has. */
static const char *name_of(const struct page *page, const char *id, const char *what)
{
	char whole[100];
	int length = snprintf(whole, sizeof whole, "%s_%s", id, what);
	return arena_copy_text(page->arena, whole, (size_t)length);
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

/* "C1023,<no-break space>GV", for a table of figures. */
static void put_name(struct data *row, const struct list_child *child)
{
	struct buffer name = {0};
	buffer_text(&name, child->id);
	if (child->initials.length)
		buffer_format(&name, ",%s%.*s", text_columns(child->initials) <= INITIALS_TOGETHER ? "\xc2\xa0" : " ",
		              TEXT_ARG(child->initials));
	data_text(row, "child", buffer_view(&name));
	buffer_free(&name);
}

/* "GV,<no-break space>15", or what is not known of it. */
static void put_who(struct page *page, struct data *row, const struct list_child *child)
{
	if (!child) {
		data_string(row, "id", "");
		data_string(row, "who", "");
		return;
	}
	bool whole = child->initials.length && child->age >= 0;
	begin(page);
	if (child->initials.length)
		buffer_text(&page->words, child->initials);
	else
		buffer_string(&page->words, "initials not recorded");
	buffer_string(&page->words, whole ? ",\xc2\xa0" : ", ");
	if (child->age >= 0)
		buffer_format(&page->words, "%d", child->age);
	else
		buffer_string(&page->words, "age not known");
	data_text(row, "id", child->id);
	put_name(row, child);
	end(page, row, "who");
}

/* ---- sections ---- */

static void put_values(struct data *row, const char *const *columns, size_t count,
                       const struct text *values)
{
	for (size_t i = 0; i < count; i++)
		data_text(row, columns[i], values[i]);
}

/* What a message says of the alert, and the link of this reader. */
static void put_alert(struct page *page, struct data *row, const struct list_alert *alert)
{
	const struct list_view *view = &page->list->view;
	data_share(row, "alert", alert->said);
	begin(page);
	if (view->link)
		view->link(view->link_context, alert, &page->words);
	end(page, row, "link");
}

static struct data *open_group(struct page *page, struct data *groups, size_t group, size_t count)
{
	bool next = data_count(groups) > 0;
	struct data *map = data_item(groups);
	data_flag(map, "next_group", next);
	data_string(map, "group", page->list->group_count ? page->list->groups[group] : "");
	put_count(page, map, "group_count", count);
	return data_list(map, "rows");
}

static void fill_rows(struct page *page, const char *id, const struct list_part *part, const char *const *columns,
                      size_t column_count, size_t shown)
{
	const struct list *list = page->list;
	struct data *groups = data_list(page->root, name_of(page, id, "groups")), *into = NULL;
	for (size_t i = 0; i < shown; i++) {
		const struct list_item *item = &part->items[i];
		if (i == 0 || item->group != part->items[i - 1].group)
			into = open_group(page, groups, item->group,
			                  list->group_count ? part->in_group[item->group] : shown);
		struct data *row = data_item(into);
		put_who(page, row, item->row->child);
		put_values(row, columns, column_count, item->row->values);
		if (item->row->alert)
			put_alert(page, row, item->row->alert);
	}
}

static void fill_part(struct page *page, const char *id, const struct list_part *part, const char *const *columns,
                      size_t column_count, size_t keep)
{
	size_t shown = keep && part->count > keep ? keep : part->count;
	put_count(page, page->root, name_of(page, id, "count"), part->count);
	data_flag(page->root, name_of(page, id, "any"), part->count > 0);
	data_flag(page->root, name_of(page, id, "cut"), shown < part->count);
	fill_rows(page, id, part, columns, column_count, shown);
}

static void fill_sections(struct page *page)
{
	const struct list *list = page->list;
	const struct config_list *def = list->view.list;
	for (size_t i = 0; i < def->section_count; i++) {
		const struct list_rows *rows = &list->facts->sections[i];
		fill_part(page, def->sections[i].id, &list->sections[i], rows->columns, rows->column_count,
		          def->sections[i].whole ? 0 : page->cut);
	}
	fill_part(page, "figures", &list->children, list->facts->figure_columns, list->facts->figure_column_count,
	          page->cut);
}

/* A record that could not be read: what came since the list before, and how many wait for longer. */
static void fill_unread(struct page *page)
{
	const struct list *list = page->list;
	size_t shown = list->unread_count > LIST_CUT_ROWS ? LIST_CUT_ROWS : list->unread_count;
	put_count(page, page->root, "unread_count", list->unread_count + list->unread_before);
	data_flag(page->root, "unread_any", list->unread_count + list->unread_before > 0);
	data_flag(page->root, "unread_cut", shown < list->unread_count);
	put_count(page, page->root, "unread_new", list->unread_count);
	begin(page);
	if (list->unread_before)
		words_count((int64_t)list->unread_before, "record that came before still waits",
		            "records that came before still wait", &page->words);
	end(page, page->root, "unread_before");
	struct data *rows = data_list(page->root, "unread");
	for (size_t i = 0; i < shown; i++) {
		const struct list_unread *unread = list->unread[i];
		struct data *row = data_item(rows);
		data_text(row, "id", unread->child ? unread->child->id : TEXT_NONE);
		data_string(row, "lack", unread->lack);
		begin(page);
		buffer_string(&page->words, zone_date(page->zone, unread->came) == page->today ? "at " : "on ");
		add_clock(page, unread->came);
		end(page, row, "came");
	}
}

/* ---- summary ---- */

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
	buffer_char(&full, ' ');
	buffer_fill(&full, 0, SUMMARY_COLUMNS - text_columns(buffer_view(&page->words)));
	buffer_text(&full, buffer_view(&page->words));
	data_text(row, "line", buffer_view(&full));
	buffer_free(&full);
}

static bool is_nil(const struct list *list)
{
	const struct config_list *def = list->view.list;
	for (size_t i = 0; i < def->section_count; i++)
		if (!def->sections[i].aside && list->sections[i].count)
			return false;
	return true;
}

static void fill_summary(struct page *page)
{
	const struct list *list = page->list;
	const struct config_list *def = list->view.list;
	struct data *summary = data_list(page->root, "summary");
	for (size_t i = 0; i < def->section_count; i++)
		if (!def->sections[i].aside)
			add_summary(page, summary, def->sections[i].title, list->sections[i].count, true);
	if (list->counted)
		add_summary(page, summary, def->count_title, list->counted, false);
	data_flag(page->root, "nil", is_nil(list));
	for (size_t i = 0; i < def->number_count; i++) {
		put_count(page, page->root, def->numbers[i].name, (size_t)def->numbers[i].value);
		data_format(page->root, name_of(page, def->numbers[i].name, "digits"), "%lld",
		            (long long)def->numbers[i].value); /* of a year or a seed, which count nothing */
	}
}

/* ---- teams ---- */

/* A team that is only the parent of others has no line unless children are its own. */
static bool shows_team(const struct list *list, size_t at)
{
	const struct config_list *def = list->view.list;
	for (size_t i = 0; i < def->section_count; i++)
		if (!def->sections[i].aside && list->sections[i].in_group[at])
			return true;
	const struct directory *directory = list->view.directory;
	if (at >= directory->team_count)
		return false;
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].parent && strcmp(directory->teams[i].parent, directory->teams[at].id) == 0)
			return false;
	return true;
}

/* With a blank at least behind it; one that is longer is cut between two characters, and says so. */
static void put_title(struct text title, size_t columns, struct buffer *line)
{
	size_t kept = text_columns(title) < columns ? columns : columns - 2, at = 0;
	for (size_t taken = 0; at < title.length; at++) {
		bool begins = ((unsigned char)title.at[at] & 0xc0) != 0x80;
		if (begins && taken == kept)
			break;
		taken += begins;
	}
	buffer_add(line, title.at, at);
	buffer_string(line, at < title.length ? "…" : "");
	buffer_fill(line, 0, columns);
}

static void put_team(struct page *page, struct data *teams, size_t group, size_t columns)
{
	const struct list *list = page->list;
	const struct config_list *def = list->view.list;
	struct buffer line = {0};
	struct data *row = data_item(teams);
	data_string(row, "team", list->groups[group]);
	put_title(text_of(list->groups[group]), columns, &line);
	for (size_t i = 0; i < def->section_count; i++) {
		put_count(page, row, def->sections[i].id, list->sections[i].in_group[group]);
		if (def->sections[i].head)
			buffer_format(&line, "%*zu", def->sections[i].width, list->sections[i].in_group[group]);
	}
	data_text(row, "line", buffer_view(&line));
	buffer_free(&line);
}

static void fill_teams(struct page *page)
{
	const struct list *list = page->list;
	const struct config_list *def = list->view.list;
	struct buffer head = {0};
	size_t width = 15;
	for (size_t i = 0; i < list->group_count; i++)
		if (shows_team(list, i) && text_columns(text_of(list->groups[i])) + 1 > width)
			width = text_columns(text_of(list->groups[i])) + 1;
	size_t columns = width > TEAM_COLUMNS ? TEAM_COLUMNS : width;
	data_flag(page->root, "all_teams", list->group_count > 0);
	buffer_fill(&head, 0, columns);
	for (size_t i = 0; i < def->section_count; i++)
		if (def->sections[i].head)
			buffer_format(&head, "%*s", def->sections[i].width, def->sections[i].head);
	data_text(page->root, "teams_head", buffer_view(&head));
	buffer_free(&head);
	struct data *teams = data_list(page->root, "teams");
	for (size_t i = 0; i < list->group_count; i++)
		if (shows_team(list, i))
			put_team(page, teams, i, columns);
}

/* ---- the head ---- */

static void put_tel(struct page *page, const char *phone)
{
	begin(page);
	phone_dialled(phone, &page->words);
	end(page, page->root, "duty_tel");
	begin(page);
	phone_shown(phone, &page->words);
	end(page, page->root, "duty_phone");
}

/* Bodies outside the council hear of no small count. */
static void add_unreadable(struct page *page)
{
	const struct list_facts *facts = page->list->facts;
	if (!facts->unreadable)
		return;
	if (facts->report && facts->report->report->outside)
		buffer_string(&page->words, "Some stored records");
	else
		words_count((int64_t)facts->unreadable, "stored record", "stored records", &page->words);
	buffer_string(&page->words,
	              " can no longer be read: what was recorded there may be missing from these figures.");
}

static void fill_completeness(struct page *page)
{
	const struct list *list = page->list;
	const struct list_completeness *known = &list->facts->completeness;
	instant until = known->complete_to != INSTANT_NONE ? known->complete_to : known->last_arrival;
	if (until != INSTANT_NONE && until > list->facts->as_of)
		until = list->facts->as_of; /* a source may promise more than the list covers */
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
	/* What came after the last confirmation shows that the silence is one of confirmations alone. */
	data_flag(page->root, "silent", known->last_arrival == INSTANT_NONE || known->last_arrival <= until + MINUTE);
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
	begin(page);
	for (size_t i = 0; i < known->never_count; i++)
		buffer_format(&page->words, "%s%.*s", words_between(i, known->never_count), TEXT_ARG(known->never[i]));
	end(page, page->root, "never_confirmed");
	begin(page);
	add_unreadable(page);
	end(page, page->root, "unreadable");
}

static void fill_head(struct page *page)
{
	const struct list_view *view = &page->list->view;
	const char *scope = view->team ? view->team->title : "all teams";
	data_string(page->root, "scope", scope);
	data_string(page->root, "list_title", view->list->title);
	data_string(page->root, "council", view->council);
	data_format(page->root, "page_title", "%s: %s", view->list->title, scope);
	data_string(page->root, "whose", view->team ? "this team" : "any team");
	begin(page);
	words_in_sentence(view->role_title, &page->words);
	if (view->team)
		buffer_format(&page->words, ", %s", scope);
	end(page, page->root, "reader");
	begin(page);
	words_moment(page->zone, (struct words_moment){page->list->facts->as_of, false}, WORDS_FULL_YEAR, &page->words);
	end(page, page->root, "list_time");
	data_flag(page->root, "late", view->late);
	data_flag(page->root, "follows", view->follows);
	data_flag(page->root, "asked", view->asked);
	begin(page);
	add_clock(page, view->due);
	end(page, page->root, "due_time");
	put_day_at(page, "last_list", page->list->facts->last);
	put_day_at(page, "next_list", view->next);
	begin(page);
	words_clock(page->zone, view->next + 30 * MINUTE, &page->words);
	end(page, page->root, "ring_by");
	put_tel(page, view->directory && view->directory->duty_phone ? view->directory->duty_phone : "");
	begin(page);
	list_subject(page->list, &page->words);
	end(page, page->root, "subject");
}

/* A report's is written with its figures. */
static void report_subject(const struct list *list, struct buffer *out)
{
	struct arena *arena = arena_new(16 * 1024);
	struct fault unused = {{0}};
	struct report_page page = {
		list, list->facts->report, list->view.list->report, data_new(DATA_MAP, arena), arena, 0, NULL};
	report_fill_names(&page);
	for (size_t i = 0; i < list->view.list->section_count; i++)
		data_format(page.root, report_name(&page, list->view.list->sections[i].id, "_count"), "%zu",
		            list->sections[i].count);
	buffer_string(out, "OFFICIAL-SENSITIVE ");
	if (list->incomplete)
		buffer_format(out, "%s NOT COMPLETE", list->view.list->title);
	else if (!report_words(&page, page.report->subject, NULL, out, &unused))
		buffer_string(out, list->view.list->title);
	arena_free(arena);
}

void list_subject(const struct list *list, struct buffer *out)
{
	const struct config_list *def = list->view.list;
	if (list->facts->report) {
		report_subject(list, out);
		return;
	}
	buffer_format(out, "OFFICIAL-SENSITIVE %s", def->subject);
	if (list->incomplete) {
		buffer_string(out, " NOT COMPLETE");
		return;
	}
	for (size_t i = 0; def->subject_count && i < def->section_count; i++)
		if (strcmp(def->sections[i].id, def->subject_count) == 0) {
			buffer_string(out, ", ");
			words_number((int64_t)list->sections[i].count, out);
			buffer_format(out, " %s", def->subject_words ? def->subject_words : "");
		}
}

struct data *list_page(const struct list *list, size_t cut, struct arena *arena)
{
	struct page page = {.list = list, .zone = list->view.zone, .cut = cut, .root = data_new(DATA_MAP, arena),
	                    .arena = arena};
	page.today = zone_date(page.zone, list->facts->as_of);
	fill_completeness(&page);
	fill_head(&page);
	data_flag(page.root, "cut", cut > 0);
	data_format(page.root, "cut_rows", "%d", LIST_CUT_ROWS);
	fill_summary(&page);
	fill_teams(&page);
	fill_sections(&page);
	fill_unread(&page);
	if (list->view.list->trend_weeks)
		list_put_trend(list, page.root);
	if (list->facts->report) {
		struct fault fault = {{0}};
		bool good = report_fill(list, page.root, cut, arena, &fault);
		data_string(page.root, "words_fault", good ? "" : fault.text); /* list_check asks for it */
	}
	buffer_free(&page.words);
	return page.root;
}

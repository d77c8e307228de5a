/* board_page: the duty desk's board: what waits, with whom, and when the next step falls. */
#include "web/board_pages.h"

#include "message/alert_context.h"
#include "time/words.h"
#include "web/clocks.h"

#include <stdio.h>
#include <stdlib.h>

#define BOARD_ROWS 100   /* a page of the board: under the looks that a page may note (WEB_LOOKS_MOST) */
#define BOARD_PAGES 1000 /* `page` beyond is the last */
#define SOON (8 * HOUR)  /* clocks that run out in it are named: what a night shift has before it */

/* What the query chooses. */
struct choice {
	struct text team; /* empty: all that the viewer sees */
	bool oldest;
	bool refreshes;
	size_t page; /* from 1 */
};

struct board {
	struct shown_page shown;
	struct sight sight;
	struct choice choice;
	const struct team *team;
	size_t seen, unanswered; /* of those the viewer may see */
	struct data *waiting, *answered;
	bool cut;
};

static struct choice read_choice(const struct web_page *page)
{
	struct choice choice = {.team = http_query(page->request, "team"), .page = 1};
	char digits[8];
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(http_query(page->request, "page")));
	unsigned long number = strtoul(digits, NULL, 10);
	choice.page = number >= 1 && number <= BOARD_PAGES ? number : 1;
	choice.oldest = text_equal(http_query(page->request, "order"), TEXT("oldest"));
	choice.refreshes = text_equal(http_query(page->request, "refresh"), TEXT("60"));
	return choice;
}

/* "/board?refresh=60&team=north-3&order=oldest&page=2": only ids and numbers that were checked go into it. */
static void put_link(struct board *board, const char *name, const struct choice *choice)
{
	struct buffer *words = &board->shown.words;
	char between = '?';
	shown_begin(&board->shown);
	buffer_string(words, "/board");
	if (choice->refreshes)
		buffer_format(words, "%crefresh=60", between), between = '&';
	if (board->team)
		buffer_format(words, "%cteam=%s", between, board->team->id), between = '&';
	if (choice->oldest)
		buffer_format(words, "%corder=oldest", between), between = '&';
	if (choice->page > 1)
		buffer_format(words, "%cpage=%zu", between, choice->page);
	shown_end(&board->shown, board->shown.root, name);
}

static void put_links(struct board *board)
{
	struct choice choice = board->choice;
	size_t pages = (board->seen + BOARD_ROWS - 1) / BOARD_ROWS;
	put_link(board, "here", &choice);
	choice.refreshes = !choice.refreshes;
	put_link(board, "refresh_link", &choice);
	choice = board->choice;
	choice.oldest = !choice.oldest;
	choice.page = 1;
	put_link(board, "order_link", &choice);
	choice = board->choice;
	choice.page = board->choice.page + 1;
	put_link(board, "later_link", &choice);
	choice.page = board->choice.page - 1;
	put_link(board, "earlier_link", &choice);
	data_flag(board->shown.root, "later", board->choice.page < pages);
	data_flag(board->shown.root, "earlier", board->choice.page > 1);
	data_string(board->shown.root, "refresh", board->choice.refreshes ? "60" : "");
	data_flag(board->shown.root, "oldest", board->choice.oldest);
}

/* ---- the alerts ---- */

static bool of_team(const struct board *board, const struct sight_child *of)
{
	for (size_t i = 0; i < of->team_count; i++)
		if (of->teams[i] == board->team)
			return true;
	return !board->team;
}

static enum result put_alert(struct board *board, const struct board_alert *alert, const struct sight_child *of,
                             struct fault *fault)
{
	struct data *row = data_item(alert->acknowledged ? board->answered : board->waiting);
	const struct rule *rule = shown_alert(&board->shown, alert, of, row);
	web_look(board->shown.page, of->doubtful ? TEXT_NONE : alert->subject, alert->id);
	return shown_ladder(&board->shown, alert, rule, of, row, fault);
}

/* Whoever sees all needs no look at the child's teams to be counted. */
static enum result may_see(const struct board *board, const struct board_alert *alert, bool wanted,
                           struct sight_child *of, bool *sees, struct fault *fault)
{
	const struct web_page *page = board->shown.page;
	const struct rule *rule = ruleset_find_version(page->settings->rules, alert->rule, alert->rule_from);
	*of = (struct sight_child){0};
	*sees = !(rule && rule->restricted) && !(alert->known && alert->restricted);
	if (!*sees ||
	    (!wanted && board->sight.viewer.all && sight_is_plain(&board->sight, alert->subject) && !board->team))
		return RESULT_OK;
	enum result result = sight_alert(&board->sight, alert, rule, of, true, sees, fault);
	*sees = *sees && !of->restricted && of_team(board, of);
	return result;
}

static enum result take_alert(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	struct board *board = argument;
	size_t first = (board->choice.page - 1) * BOARD_ROWS;
	bool wanted = board->seen >= first && board->seen < first + BOARD_ROWS, sees;
	struct sight_child of;
	(void)more;
	enum result result = may_see(board, alert, wanted, &of, &sees, fault);
	if (result != RESULT_OK || !sees)
		return result;
	board->seen++;
	board->unanswered += !alert->acknowledged;
	return wanted ? put_alert(board, alert, &of, fault) : RESULT_OK;
}

/* ---- counted by the index ---- */

static bool is_again(const struct text *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(words[i], text_of(word)))
			return true;
	return false;
}

/* Whether a rule is told to named people alone in one of its versions and not in another. */
static bool is_mixed(const struct rule *rule)
{
	const struct rule *first = rule_oldest(rule);
	for (const struct rule *version = first; version <= rule + rule->versions_after; version++)
		if (!version->restricted)
			return true;
	return false;
}

/* Children that the directory restricts, and rules whose alerts are told to named people alone, each once. False: what
 * a rule hides depends on when. */
static bool find_hidden(const struct web_page *page, struct board_hidden *hidden)
{
	const struct directory *directory = page->settings->directory;
	const struct ruleset *rules = page->settings->rules;
	struct text *children = arena_alloc(page->arena, (directory->restricted_count + 1) * sizeof *children);
	struct text *ids = arena_alloc(page->arena, (rules->rule_count + 1) * sizeof *ids);
	*hidden = (struct board_hidden){.children = children, .rules = ids};
	for (size_t i = 0; i < directory->restricted_count; i++)
		if (!is_again(children, hidden->child_count, directory->restricted[i].child))
			children[hidden->child_count++] = text_of(directory->restricted[i].child);
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *rule = &rules->rules[i];
		if (!rule->restricted || is_again(ids, hidden->rule_count, rule->id))
			continue;
		if (is_mixed(rule))
			return false;
		ids[hidden->rule_count++] = text_of(rule->id);
	}
	return true;
}

static enum result take_shown(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	struct board *board = argument;
	enum result result = take_alert(argument, alert, more, fault);
	*more = board->seen < board->choice.page * BOARD_ROWS;
	return result;
}

static enum result count_all(struct board *board, const struct board_hidden *hidden, enum board_order order,
                             struct fault *fault)
{
	struct store *store = board->shown.page->store;
	struct board_count count;
	enum result result = board_count(store, hidden, &count, fault);
	int64_t most = (int64_t)(board->choice.page * BOARD_ROWS) + count.hidden;
	if (result == RESULT_OK)
		result = board_first(store, order, most, take_shown, board, fault);
	board->unanswered = (size_t)count.unanswered;
	board->seen = (size_t)(count.unanswered + count.answered);
	return result;
}

/* Who sees all children that are not restricted sees all alerts but theirs: these are counted by an index, and no more
 * read than is shown. Others see what their teams' are and what they were told of: each is asked about. */
static enum result take_alerts(struct board *board, struct fault *fault)
{
	enum board_order order = board->choice.oldest ? BOARD_OLDEST : BOARD_URGENT;
	struct board_hidden hidden;
	if (board->sight.viewer.all && !board->team && find_hidden(board->shown.page, &hidden))
		return count_all(board, &hidden, order, fault);
	return board_each(board->shown.page->store, order, take_alert, board, &board->cut, fault);
}

/* ---- around them ---- */

static void put_number(struct board *board, const char *name, size_t number)
{
	shown_begin(&board->shown);
	words_number((int64_t)number, &board->shown.words);
	shown_end(&board->shown, board->shown.root, name);
}

static void put_counts(struct board *board)
{
	struct data *root = board->shown.root;
	size_t first = (board->choice.page - 1) * BOARD_ROWS;
	size_t last = first + BOARD_ROWS < board->seen ? first + BOARD_ROWS : board->seen;
	put_number(board, "open_count", board->seen);
	put_number(board, "waiting_count", board->unanswered);
	put_number(board, "answered_count", board->seen - board->unanswered);
	put_number(board, "shown_first", first + 1);
	put_number(board, "shown_last", last);
	data_flag(root, "paged", board->seen > BOARD_ROWS);
	data_flag(root, "none_open", board->seen == 0);
	data_flag(root, "board_cut", board->cut);
	data_flag(root, "sees_all", board->sight.viewer.all);
	data_flag(root, "waiting_any", board->unanswered > 0);
	data_flag(root, "answered_any", board->seen > board->unanswered);
	data_flag(root, "waiting_shown", data_count(board->waiting) > 0);
	data_flag(root, "answered_shown", data_count(board->answered) > 0);
	data_flag(root, "clocks_any", data_count(data_get(root, TEXT("clocks"))) > 0);
	data_flag(root, "sections", board->seen > 0 || data_holds(data_get(root, TEXT("complete"))));
	if (data_holds(data_get(root, TEXT("complete"))))
		shown_title(&board->shown, "Open alerts: %zu without an answer", board->unanswered);
	else
		shown_title(&board->shown, "Board not complete");
}

/* Teams to choose from: all for who sees all, else one's own. */
static void put_teams(struct board *board)
{
	const struct directory *directory = board->shown.page->settings->directory;
	struct data *list = data_list(board->shown.root, "teams");
	for (size_t i = 0; i < directory->team_count; i++) {
		const struct team *team = &directory->teams[i];
		if (!board->sight.viewer.all && !viewer_has_team(&board->sight.viewer, team))
			continue;
		struct data *row = data_item(list);
		data_string(row, "team_id", team->id);
		data_string(row, "team_title", team->title);
		data_flag(row, "chosen", team == board->team);
	}
	data_flag(board->shown.root, "teams_any", data_count(list) > 1);
	data_string(board->shown.root, "team_title", board->team ? board->team->title : "");
	data_string(board->shown.root, "order", board->choice.oldest ? "oldest" : "");
}

static enum result put_clocks(struct board *board, struct fault *fault)
{
	const struct web_page *page = board->shown.page;
	instant until = (page->now + SOON) / HOUR * HOUR;
	return clocks_soon(&board->shown, until, fault);
}

static enum result fill(struct board *board, struct fault *fault)
{
	const struct web_page *page = board->shown.page;
	board->choice = read_choice(page);
	board->team = board->choice.team.length ? directory_team(page->settings->directory, board->choice.team) : NULL;
	board->waiting = data_list(board->shown.root, "waiting");
	board->answered = data_list(board->shown.root, "answered_alerts");
	enum result result = shown_completeness(&board->shown, fault);
	if (result == RESULT_OK)
		result = take_alerts(board, fault);
	if (result == RESULT_OK)
		result = put_clocks(board, fault);
	if (result != RESULT_OK)
		return result;
	put_counts(board);
	put_links(board);
	put_teams(board);
	return RESULT_OK;
}

enum result page_board(struct web_page *page, struct fault *fault)
{
	struct board board = {.choice = {.page = 1}};
	enum result result = shown_new(page, &board.sight, &board.shown, fault);
	if (result == RESULT_OK)
		result = fill(&board, fault);
	if (result == RESULT_OK)
		result = web_render(page, "board", board.shown.root, 200, fault);
	shown_free(&board.shown);
	return result;
}

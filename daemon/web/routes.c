/* routes: every page there is, and who may open it. */
#include "web/web.h"

#include "web/answer.h"
#include "web/board_pages.h"
#include "web/mine.h"
#include "web/notify_post.h"

const struct web_route web_routes[] = {
	{HTTP_GET, "/a/:", WEB_ANYBODY, answer_page, "answer page", false},
	{HTTP_GET, "/m/:", WEB_ANYBODY, mine_page, "page of one's own", false},
	{HTTP_POST, "/a/:", WEB_ANYBODY, answer_post, "answer", false},
	{HTTP_GET, "/board", WEB_SIGNED_IN, page_board, "board", true},
	{HTTP_GET, "/children/:", WEB_SIGNED_IN, page_child, "child", true},
	{HTTP_GET, "/alerts/:", WEB_SIGNED_IN, page_alert, "alert", true},
	{HTTP_GET, "/lists", WEB_SIGNED_IN, page_lists, "lists", false},
	{HTTP_GET, "/lists/:", WEB_SIGNED_IN, page_list, "list", true},
	{HTTP_GET, "/lists/:/:", WEB_SIGNED_IN, page_list, "report", true},
	{HTTP_GET, "/outbox", WEB_SIGNED_IN, page_outbox, "messages", false},
	{HTTP_GET, "/quarantine", WEB_SIGNED_IN, page_quarantine, "refused records", false},
	{HTTP_GET, "/quarantine/:", WEB_SIGNED_IN, page_record, "refused record", false},
	{HTTP_POST, "/quarantine/:/release", WEB_SIGNED_IN, page_release, "release of a record", false},
	{HTTP_POST, "/quarantine/:/discard", WEB_SIGNED_IN, page_discard, "discarding of a record", false},
	{HTTP_POST, "/notify/callback", WEB_ANYBODY, notify_post, "call of GOV.UK Notify", false},
};
const size_t web_route_count = sizeof web_routes / sizeof web_routes[0];

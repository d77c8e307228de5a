/* routes: every page there is, and who may open it. */
#include "web/web.h"

#include "web/answer.h"
#include "web/mine.h"

const struct web_route web_routes[] = {
	{HTTP_GET, "/a/:", WEB_ANYBODY, answer_page, "answer page", false},
	{HTTP_GET, "/m/:", WEB_ANYBODY, mine_page, "page of one's own", false},
	{HTTP_POST, "/a/:", WEB_ANYBODY, answer_post, "answer", false},
};
const size_t web_route_count = sizeof web_routes / sizeof web_routes[0];

/* notify_post: a call of GOV.UK Notify, which has a token instead of a name. */
#include "web/notify_post.h"

enum result notify_post(struct web_page *page, struct fault *fault)
{
	const struct web_settings *settings = page->settings;
	(void)fault;
	page->reply.media = "text/plain; charset=utf-8";
	page->reply.status = settings->notify_called
	                             ? settings->notify_called(settings->notify_context,
	                                                       http_header(page->request, "authorization"),
	                                                       page->request->body)
	                             : 404;
	page->reply.retry_after = page->reply.status == 503 ? 60 : 0;
	return RESULT_OK;
}

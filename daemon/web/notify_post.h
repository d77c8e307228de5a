/* notify_post: where GOV.UK Notify says what became of a message (docs/channels.md). */
#ifndef CASEWATCH_WEB_NOTIFY_POST_H
#define CASEWATCH_WEB_NOTIFY_POST_H

#include "web/web.h"

/* Hands the call on, by its bearer token and body, to web_settings.notify_called; answers with its status alone. */
web_make notify_post;

#endif

/* answer: the page on which somebody answers an alert by the link in their message.
 *
 * The one rule: opening it changes nothing; an answer is a filled form, sent once, and enters by the door that
 * `casewatch ack` uses. */
#ifndef CASEWATCH_WEB_ANSWER_H
#define CASEWATCH_WEB_ANSWER_H

#include "web/web.h"

web_make answer_page;
web_make answer_post;

#endif

/* json_data: what a template is filled with, from JSON.
 *
 * The one rule: the same JSON fills a template as the same data made in memory would: objects are maps, arrays lists of
 * objects or texts, true and false flags, null the empty text, a number its digits as written. */
#ifndef CASEWATCH_TEXT_JSON_DATA_H
#define CASEWATCH_TEXT_JSON_DATA_H

#include "text/data.h"

/* The object that `json` holds, in `arena`. NULL with a sentence: it is no JSON, no object, or holds what no template
 * can show (a list in a list, nested deeper than TEMPLATE_DEPTH). */
struct data *json_data(struct text json, struct arena *arena, struct fault *fault);

#endif

/* tell: what ops hear of messages that could not be delivered. */
#include "courier/courier_internal.h"

#include <inttypes.h>
#include <stdio.h>

enum result courier_tell_ops(struct courier *courier, enum ops_what what, struct text key, instant now,
                             const char *words, struct fault *fault)
{
	char about[32];
	(void)snprintf(about, sizeof about, "%.*s", TEXT_ARG(key));
	struct ops_word word = {.what = what,
	                        .key = key,
	                        .more = 1,
	                        .about = strncmp(about, "A-", 2) == 0 ? about : NULL,
	                        .facts = {{"What was found", words, NULL}},
	                        .fact_count = 1,
	                        .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

enum result tell_nobody(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                        struct fault *fault)
{
	char role[128], title[256];
	(void)snprintf(role, sizeof role, "%.*s", TEXT_ARG(row->role));
	(void)snprintf(title, sizeof title, "Nobody is %s", directory_role_title(courier->settings.directory, role));
	struct ops_word word = {.what = OPS_NOBODY, .key = row->role, .more = 1, .title = title,
	                        .facts = {{"What was found", why, NULL}}, .fact_count = 1, .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

static enum result alert_number(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	*(int64_t *)argument = row->number;
	return RESULT_OK;
}

/* By alert: that one could not be told must not keep ops from hearing of the next. */
enum result tell_undeliverable(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                               struct fault *fault)
{
	char words[768], key[160] = "";
	int64_t number = 0;
	enum result result = RESULT_OK;
	if (row->alert.length)
		result = alerts_find(courier->settings.store, row->alert, alert_number, &number, fault);
	if (result != RESULT_OK)
		return result;
	if (number)
		(void)snprintf(key, sizeof key, "A-%" PRId64, number);
	else
		(void)snprintf(key, sizeof key, "%.*s/%.*s", TEXT_ARG(row->purpose), TEXT_ARG(row->role));
	(void)snprintf(words, sizeof words, "message %" PRId64 " (%.*s) for the role %.*s was not delivered: %.300s",
	               row->id, TEXT_ARG(row->rule), TEXT_ARG(row->role), why);
	return courier_tell_ops(courier, OPS_UNDELIVERABLE, text_of(key), now, words, fault);
}

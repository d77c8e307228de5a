/* outdated: what was wrong of something that the configuration no longer has, such as a channel that was taken out or
 * pages that are not served any more: who would say that it is over is gone with it. */
#include "run/run_internal.h"

static bool is_channel(const struct council *council, struct text name)
{
	struct courier_health health;
	for (size_t i = 0; council->courier && courier_health(council->courier, i, &health); i++)
		if (text_equal(text_of(health.name), name))
			return true;
	return false;
}

/* What lasts until it is over: messages that are late, mail that comes back, the dead-man's switch, and channels. */
static bool can_be_found(void *argument, struct text key)
{
	const struct council *council = argument;
	if (text_equal(key, TEXT("late")) || text_equal(key, TEXT("late-critical")))
		return council_channels(council) > 0;
	if (text_equal(key, TEXT("returned")))
		return council->bounces != NULL;
	if (text_equal(key, TEXT("dead-man")))
		return council->config->dead_man.url != NULL;
	return is_channel(council, key);
}

static bool letters_are_sent(const struct council *council)
{
	struct courier_health health;
	for (size_t i = 0; council->courier && courier_health(council->courier, i, &health); i++)
		if (health.mail)
			return true;
	return false;
}

void outdated_end(struct council *council)
{
	struct fault fault = {0};
	instant now = council_now(council);
	enum result result =
		council->pages ? RESULT_OK : ops_end_others(council->ops, OPS_PAGES, NULL, council, now, &fault);
	if (!letters_are_sent(council))
		council_end_ops(council, OPS_MAIL_DOWN, TEXT_NONE, NULL);
	if (!council->config->audit.stamp_url)
		council_end_ops(council, OPS_STORE, TEXT("stamp"), NULL);
	if (result == RESULT_OK)
		result = ops_end_others(council->ops, OPS_UNDELIVERABLE, can_be_found, council, now, &fault);
	if (result == RESULT_OK && !council->cell) /* it was in one */
		result = ops_end_others(council->ops, OPS_CELL, NULL, council, now, &fault);
	council_after(council, result, &fault);
}

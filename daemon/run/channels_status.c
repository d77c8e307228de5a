/* channels_status: how each way to send by is, for `casewatch status`. */
#include "run/run_internal.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>

static int64_t elapsed_ms(const struct council *council)
{
	return council_elapsed(council) / (SECOND / 1000);
}

static const char *state_of(bool trouble, bool down)
{
	return down ? "down" : trouble ? "trouble" : "up";
}

static void of_channel(const struct courier_health *health, struct ops_status_channel *out)
{
	bool trouble = health->trouble_since != INSTANT_NONE;
	*out = (struct ops_status_channel){.name = health->name,
	                                   .state = state_of(trouble, health->down),
	                                   .since = health->trouble_since,
	                                   .taken = health->taken,
	                                   .troubles = health->troubles};
	if (health->under_way)
		(void)snprintf(out->sentence, sizeof out->sentence, "%zu on their way", health->under_way);
}

/* Of several mail servers each. */
static size_t of_servers(const struct council *council, struct ops_status_channel *out, struct arena *arena)
{
	const struct mail_settings *mail = council_mail(council);
	size_t count = 0;
	for (size_t i = 0; mail && mail->relays && i < 1 + mail->more_count; i++) {
		const struct smtp_settings *server = i ? &mail->more[i - 1] : &mail->server;
		struct relay_health health = relays_health(mail->relays, i, elapsed_ms(council));
		char name[320];
		int length = snprintf(name, sizeof name, "smtp server %zu, %s:%d", i + 1, server->host, server->port);
		out[count] = (struct ops_status_channel){
			.name = arena_copy_text(arena, name, (size_t)length),
			.state = state_of(health.down, false),
			.since = health.down ? council_now(council) - health.down_ms * (SECOND / 1000) : INSTANT_NONE,
			.taken = health.accepted,
			.troubles = health.troubles};
		if (health.down && health.code)
			(void)snprintf(out[count].sentence, sizeof out->sentence, "passed over: reply %d", health.code);
		else if (health.down)
			(void)snprintf(out[count].sentence, sizeof out->sentence, "passed over: no answer");
		count++;
	}
	return count;
}

static size_t of_returned(const struct council *council, struct ops_status_channel *out)
{
	const struct returned_figures *figures = bounces_figures(council);
	if (!figures)
		return 0;
	*out = (struct ops_status_channel){.name = "returned mail",
	                                   .state = state_of(figures->unusable, false),
	                                   .since = INSTANT_NONE,
	                                   .taken = figures->failed + figures->delayed + figures->auto_replies +
	                                            figures->not_understood};
	(void)snprintf(out->sentence, sizeof out->sentence,
	               "%" PRIu64 " did not arrive, %" PRIu64 " late, %" PRIu64 " automatic replies, %" PRIu64
	               " kept for somebody to read",
	               figures->failed, figures->delayed, figures->auto_replies, figures->not_understood);
	return 1;
}

size_t channels_status(struct council *council, struct ops_status_channel **channels, struct arena *arena)
{
	size_t count = 0;
	struct courier_health health;
	*channels = arena_alloc(arena, (council_channels(council) + RELAYS_MOST + 1) * sizeof **channels);
	while (council->courier && courier_health(council->courier, count, &health))
		of_channel(&health, &(*channels)[count++]);
	count += of_servers(council, *channels + count, arena);
	return count + of_returned(council, *channels + count);
}

/* lane_line: a carrier's line, made anew when its passwords, keys and certificates may be others. */
#include "courier/lanes_internal.h"

#include "base/log.h"

void lanes_renew(struct carrier *carrier)
{
	struct lanes *lanes = carrier->lanes;
	unsigned edition = atomic_load(&lanes->edition);
	struct channel_line *line = NULL;
	struct fault fault = {""};
	if (carrier->edition == edition)
		return;
	carrier->edition = edition;
	if (lanes->channel->start(lanes->settings, &lanes->broken_off, &line, &fault) != RESULT_OK) {
		log_warning("%s: a line goes on with the passwords and certificates that it had: %s",
		            lanes->channel->name, fault.text);
		return;
	}
	lanes->channel->rest(carrier->line);
	lanes->channel->stop(carrier->line);
	carrier->line = line;
}

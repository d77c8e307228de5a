/* channel: the names of what may come of a message, and whether one may be begun. */
#include "channel/channel.h"

const char *channel_outcome_name(enum channel_outcome outcome)
{
	switch (outcome) {
	case CHANNEL_ACCEPTED: return "accepted";
	case CHANNEL_TEMPORARY: return "temporary";
	case CHANNEL_PERMANENT: return "permanent";
	case CHANNEL_UNCERTAIN: return "uncertain";
	case CHANNEL_ABANDONED: return "abandoned";
	case CHANNEL_GIVEN: return "given";
	}
	return "";
}

const char *channel_whose_name(enum channel_whose whose)
{
	switch (whose) {
	case CHANNEL_OF_RECIPIENT: return "recipient";
	case CHANNEL_OF_MESSAGE: return "message";
	case CHANNEL_OF_SERVER: return "server";
	}
	return "";
}

bool channel_may_begin(instant begin_by)
{
	return begin_by == 0 || clock_boot() <= begin_by;
}

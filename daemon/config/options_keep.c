/* options_keep: the rows of the options for how long data is kept, and for the dead-man's switch; part of the table in
 * options.c. */
#include "config/options.h"

#include <stddef.h>

#define IN(member) offsetof(struct config, member)

static const char *const no_or_yes[] = {"no", "yes", NULL};

const struct config_option options_of_keeping[] = {
	{.name = "follow",
         .kind = CONFIG_WORD,
         .offset = IN(follow),
         .words = no_or_yes,
         .fallback = "no",
         .help = "Whether each change is noted for a copy on another machine (casewatch follow, docs/follow.md)."},
	{.name = "retention.child-years",
         .kind = CONFIG_NUMBER,
         .offset = IN(retention.child_years),
         .least = 0,
         .most = 100,
         .fallback = "3",
         .reloadable = true,
         .help = "A child's events, alerts and messages are erased so long after the last record of a child of whom "
                 "nothing is open and no alert stands (docs/retention.md). 0: never by themselves."},
	{.name = "retention.audit-years",
         .kind = CONFIG_NUMBER,
         .offset = IN(retention.audit_years),
         .least = 0,
         .most = 100,
         .fallback = "6",
         .reloadable = true,
         .help = "What the audit says of such a child goes so long after the last record. At least "
                 "retention.child-years."},
	{.name = "retention.quarantine-days",
         .kind = CONFIG_NUMBER,
         .offset = IN(retention.quarantine_days),
         .least = 1,
         .most = 3650,
         .fallback = "90",
         .reloadable = true,
         .help = "The bytes of a record in quarantine that was released or discarded go so long after it came. One "
                 "that waits stays."},
	{.name = "retention.spool-days",
         .kind = CONFIG_NUMBER,
         .offset = IN(retention.spool_days),
         .least = 0,
         .most = 3650,
         .fallback = "30",
         .reloadable = true,
         .help = "Files in the spool's done/ are deleted so long after they were taken. Keep them for as long as the "
                 "oldest backup that you would restore: after that they are moved back. 0: never."},
	{.name = "dead-man.url",
         .kind = CONFIG_ANY_URL,
         .offset = IN(dead_man.url),
         .least = 1,
         .most = 400,
         .reloadable = true,
         .help = "Asked (GET) only while events are taken, commits succeed and mail is accepted: whoever listens "
                 "there raises the alarm when it stops. Its path may be a secret, and is never logged. Without it "
                 "nobody is."},
	{.name = "dead-man.seconds",
         .kind = CONFIG_NUMBER,
         .offset = IN(dead_man.seconds),
         .least = 1,
         .most = 3600,
         .fallback = "60",
         .reloadable = true,
         .help = "How often. The listener's patience should be some times as long."},
	{.name = "dead-man.ca-file",
         .kind = CONFIG_PATH,
         .offset = IN(dead_man.ca_file),
         .reloadable = true,
         .help = "Certificates to trust (PEM). Without it those of the system."},
};
const size_t options_of_keeping_count = sizeof options_of_keeping / sizeof *options_of_keeping;

/* options_intake: the rows of the options for events by HTTP, for metrics and for the log; part of the table in
 * options.c. */
#include "config/options.h"

#include <stddef.h>

#define IN(member) offsetof(struct config, member)

static const char *const no_or_yes[] = {"no", "yes", NULL};
static const char *const levels[] = {"error", "warning", "notice", "info", "debug", NULL};

const struct config_option options_of_intake[] = {
	{.name = "http-intake.socket",
         .kind = CONFIG_PATH,
         .offset = IN(http_intake.socket),
         .help = "The UNIX socket on which events are taken by HTTP, for the council's proxy (docs/http.md)."},
	{.name = "http-intake.listen",
         .kind = CONFIG_TEXT,
         .offset = IN(http_intake.listen),
         .least = 3,
         .most = 60,
         .help = "An address and port of this machine beside it, such as 127.0.0.1:8181. Needs "
                 "http-intake.token-file."},
	{.name = "http-intake.beyond-this-machine",
         .kind = CONFIG_WORD,
         .offset = IN(http_intake.beyond),
         .words = no_or_yes,
         .fallback = "no",
         .help = "Whether http-intake.listen may be an address that other machines reach. It has no TLS of its own: "
                 "events and the token would go in clear."},
	{.name = "http-intake.token-file",
         .kind = CONFIG_SECRET,
         .offset = IN(http_intake.token_file),
         .help = "The file with the bearer tokens that senders show, 16 to 512 characters each, one a line, at most 4. "
                 "It is read anew when it is replaced. Without it whoever reaches http-intake.socket may send."},
	{.name = "http-intake.body-kilobytes",
         .kind = CONFIG_SIZE,
         .offset = IN(http_intake.body_kbytes),
         .least = 64,
         .most = 16384,
         .fallback = "512",
         .help = "The largest request in KiB, a batch of at most 1,000 events; larger ones are refused (413)."},
	{.name = "metrics.listen",
         .kind = CONFIG_TEXT,
         .offset = IN(metrics.listen),
         .least = 3,
         .most = 60,
         .help = "An address and port of this machine, such as 127.0.0.1:9464, at which /metrics, /healthz and /readyz "
                 "are answered (docs/metrics.md). Without it they are not."},
	{.name = "metrics.beyond-this-machine",
         .kind = CONFIG_WORD,
         .offset = IN(metrics.beyond),
         .words = no_or_yes,
         .fallback = "no",
         .help = "Whether metrics.listen may be an address that other machines reach. No personal data is there; names "
		 "of "
                 "rules and sources are."},
	{.name = "log.level",
         .kind = CONFIG_WORD,
         .offset = IN(log_level),
         .words = levels,
         .fallback = "info",
         .reloadable = true,
         .help = "The least that is logged: error (a person must act), warning (something is wrong), notice (what ops "
                 "should know of the day), info (work, by ids), debug (for whoever maintains casewatch)."},
};
const size_t options_of_intake_count = sizeof options_of_intake / sizeof *options_of_intake;
_Static_assert(sizeof options_of_intake / sizeof *options_of_intake <= OPTIONS_OF_INTAKE_MOST, "room in options.c");

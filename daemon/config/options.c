/* options: every option, one row each; nothing else knows their ranges and defaults. */
#include "config/options.h"

#include <stddef.h>

#define IN(member) offsetof(struct config, member)
#define KIB ((int64_t)1024)

static const char *const lost_words[] = {"stop", "earliest", NULL};
static const char *const start_words[] = {"earliest", "latest", NULL};
static const char *const inside_words[] = {"no", "yes", NULL};
static const char *const tls_words[] = {"none", "starttls", "tls", NULL};

static const struct config_option options[] = {
	{.name = "council",
         .kind = CONFIG_TEXT,
         .offset = IN(council),
         .least = 1,
         .most = 100,
         .required = true,
         .help = "The council's name, as the foot of every message gives it."},
	{.name = "database",
         .kind = CONFIG_PATH,
         .offset = IN(database),
         .required = true,
         .help = "The SQLite database. Its directory must be writable by the daemon and be on a local disk."},
	{.name = "rules",
         .kind = CONFIG_PATH,
         .offset = IN(rules_dir),
         .fallback = "../rules",
         .reloadable = true,
         .help = "The directory of rule files (NAME.yaml, with their tests NAME.test.yaml beside them)."},
	{.name = "directory",
         .kind = CONFIG_PATH,
         .offset = IN(directory_file),
         .fallback = "directory.yaml",
         .reloadable = true,
         .help = "The file of people, roles, teams and cover."},
	{.name = "templates",
         .kind = CONFIG_PATH,
         .offset = IN(templates_dir),
         .fallback = "templates",
         .reloadable = true,
         .help = "The directory of message templates (NAME.txt.mustache, NAME.html.mustache)."},
	{.name = "lists",
         .kind = CONFIG_PATH,
         .offset = IN(lists_dir),
         .reloadable = true,
         .help = "The directory of lists (NAME.yaml): when each is due, to whom, what is on it. Without it there are "
                 "none."},
	{.name = "go-live",
         .kind = CONFIG_INSTANT,
         .offset = IN(go_live),
         .reloadable = true,
         .help = "Events before this instant only build history; what still stands then is told once, in one opening "
                 "digest a recipient. Without it people are told from the first event on."},
	{.name = "answer-url",
         .kind = CONFIG_URL,
         .offset = IN(answer_url),
         .least = 1,
         .most = 200,
         .help = "The base of the links with which people answer. Without it messages name the telephone and the "
                 "number "
                 "of the alert."},

	{.name = "calendar.file",
         .kind = CONFIG_PATH,
         .offset = IN(calendar_file),
         .fallback = "bank-holidays.json",
         .reloadable = true,
         .help = "Bank holidays, in the format of gov.uk's bank-holidays.json."},
	{.name = "calendar.zone",
         .kind = CONFIG_ZONE,
         .offset = IN(zone),
         .fallback = "Europe/London",
         .help = "The council's time zone: all days, nights and times of day are counted in it."},
	{.name = "hours.from",
         .kind = CONFIG_WALL_TIME,
         .offset = IN(hours_from),
         .most = 1439,
         .fallback = "08:00",
         .reloadable = true,
         .help = "Working hours begin: alerts that are not critical wait for them."},
	{.name = "hours.until",
         .kind = CONFIG_WALL_TIME,
         .offset = IN(hours_until),
         .least = 1,
         .most = 1440,
         .fallback = "17:00",
         .reloadable = true,
         .help = "Working hours end. Later than hours.from."},

	{.name = "events.type-prefix",
         .kind = CONFIG_PREFIX,
         .offset = IN(type_prefix),
         .most = 128,
         .fallback = "",
         .help = "Removed from the front of event types, such as \"uk.gov.middlesbrough.childrens.\"."},
	{.name = "events.bytes",
         .kind = CONFIG_SIZE,
         .offset = IN(event_bytes),
         .least = 64 * KIB,
         .most = 16384 * KIB,
         .fallback = "65536",
         .help = "The largest event in bytes, without its line end; a single string may fill it. Larger ones go into "
                 "quarantine."},
	{.name = "events.depth",
         .kind = CONFIG_SIZE,
         .offset = IN(event_depth),
         .least = 4,
         .most = 128,
         .fallback = "32",
         .help = "How deep an event may be nested; the event itself is 1."},

	{.name = "limits.batch-events",
         .kind = CONFIG_SIZE,
         .offset = IN(batch_events),
         .least = 1,
         .most = 100000,
         .fallback = "2000",
         .help = "Events that may share one transaction."},
	{.name = "limits.batch-kilobytes",
         .kind = CONFIG_SIZE,
         .offset = IN(batch_kbytes),
         .least = 64,
         .most = 65536,
         .fallback = "2048",
         .help = "The same in KiB."},
	{.name = "limits.batch-milliseconds",
         .kind = CONFIG_SIZE,
         .offset = IN(batch_ms),
         .least = 0,
         .most = 1000,
         .fallback = "5",
         .help = "How long a batch may wait for more events before it is taken."},
	{.name = "limits.ring-batches",
         .kind = CONFIG_SIZE,
         .offset = IN(ring_batches),
         .least = 1,
         .most = 64,
         .fallback = "4",
         .help = "Batches that may wait between the Kafka thread and the loop."},
	{.name = "limits.prefetch-kilobytes",
         .kind = CONFIG_SIZE,
         .offset = IN(prefetch_kbytes),
         .least = 1024,
         .most = 1048576,
         .fallback = "16384",
         .help = "What librdkafka may hold fetched ahead, in KiB."},
	{.name = "limits.cache-megabytes",
         .kind = CONFIG_SIZE,
         .offset = IN(cache_mbytes),
         .least = 8,
         .most = 65536,
         .fallback = "512",
         .reloadable = true,
         .help = "Histories kept in memory, in MiB. A child not among them is read from the database when touched."},

	{.name = "ladder.step-after.critical",
         .kind = CONFIG_DURATION,
         .offset = IN(step_after[0]),
         .least = 1,
         .most = 1000,
         .fallback = "30 minutes",
         .reloadable = true,
         .help = "Unanswered for so long, a critical alert goes to the next step, where its rule does not say."},
	{.name = "ladder.step-after.high",
         .kind = CONFIG_DURATION,
         .offset = IN(step_after[1]),
         .least = 1,
         .most = 1000,
         .fallback = "1 working day",
         .reloadable = true,
         .help = "The same for high."},
	{.name = "ladder.step-after.normal",
         .kind = CONFIG_DURATION,
         .offset = IN(step_after[2]),
         .least = 1,
         .most = 1000,
         .fallback = "5 working days",
         .reloadable = true,
         .help = "The same for normal."},
	{.name = "ladder.review-after.critical",
         .kind = CONFIG_DURATION,
         .offset = IN(review_after[0]),
         .least = 1,
         .most = 1000,
         .fallback = "12 hours",
         .reloadable = true,
         .help = "A critical alert that was answered without a review time is looked at again after so long."},
	{.name = "ladder.review-after.high",
         .kind = CONFIG_DURATION,
         .offset = IN(review_after[1]),
         .least = 1,
         .most = 1000,
         .fallback = "2 working days",
         .reloadable = true,
         .help = "The same for high."},
	{.name = "ladder.review-after.normal",
         .kind = CONFIG_DURATION,
         .offset = IN(review_after[2]),
         .least = 1,
         .most = 1000,
         .fallback = "10 working days",
         .reloadable = true,
         .help = "The same for normal."},
	{.name = "ladder.ask-again.critical",
         .kind = CONFIG_DURATION,
         .offset = IN(ask_again[0]),
         .least = 1,
         .most = 1000,
         .fallback = "30 minutes",
         .reloadable = true,
         .help = "When no step is left, the last one is asked again so often about a critical alert."},
	{.name = "ladder.ask-again.high",
         .kind = CONFIG_DURATION,
         .offset = IN(ask_again[1]),
         .least = 1,
         .most = 1000,
         .fallback = "1 day",
         .reloadable = true,
         .help = "The same for high."},
	{.name = "ladder.ask-again.normal",
         .kind = CONFIG_DURATION,
         .offset = IN(ask_again[2]),
         .least = 1,
         .most = 1000,
         .fallback = "1 week",
         .reloadable = true,
         .help = "The same for normal."},
	{.name = "ladder.old-after.critical",
         .kind = CONFIG_DURATION,
         .offset = IN(old_after[0]),
         .least = 1,
         .most = 1000,
         .fallback = "24 hours",
         .reloadable = true,
         .help = "A critical alert whose cause is older than this when it opens waits for the recipient's hours, "
                 "marked "
                 "late."},
	{.name = "ladder.old-after.high",
         .kind = CONFIG_DURATION,
         .offset = IN(old_after[1]),
         .least = 1,
         .most = 1000,
         .fallback = "7 days",
         .reloadable = true,
         .help = "The same for high."},
	{.name = "ladder.old-after.normal",
         .kind = CONFIG_DURATION,
         .offset = IN(old_after[2]),
         .least = 1,
         .most = 1000,
         .fallback = "7 days",
         .reloadable = true,
         .help = "The same for normal."},

	{.name = "kafka.topics",
         .kind = CONFIG_TOPICS,
         .most = 64,
         .help = "Topics that events come from. Without any the daemon does not use Kafka."},
	{.name = "kafka.group",
         .kind = CONFIG_NAME,
         .offset = IN(kafka.group),
         .least = 1,
         .most = 200,
         .fallback = "casewatch",
         .help = "The consumer group (group.id)."},
	{.name = "kafka.instance",
         .kind = CONFIG_NAME,
         .offset = IN(kafka.instance),
         .least = 1,
         .most = 200,
         .fallback = "casewatch-1",
         .help = "This machine's name in the group (group.instance.id), so that a restart gets its partitions back at "
                 "once. "
                 "No two running daemons may share one."},
	{.name = "kafka.password-file",
         .kind = CONFIG_SECRET,
         .offset = IN(kafka.password_file),
         .help = "The file that holds sasl.password, on its first line."},
	{.name = "kafka.properties",
         .kind = CONFIG_PROPERTIES,
         .most = 100,
         .help = "Properties of librdkafka, such as bootstrap.servers, security.protocol, ssl.ca.location, "
                 "sasl.username."},
	{.name = "kafka.first-read",
         .kind = CONFIG_WORD,
         .offset = IN(kafka.start),
         .words = start_words,
         .fallback = "earliest",
         .help = "Where a partition begins that was never read."},
	{.name = "kafka.lost-position",
         .kind = CONFIG_WORD,
         .offset = IN(kafka.lost),
         .words = lost_words,
         .fallback = "stop",
         .help = "When the log no longer has the place where reading stopped: stop that partition and tell ops, or go "
                 "on "
                 "with the earliest event there is and say what was lost."},
	{.name = "spool",
         .kind = CONFIG_PATH,
         .offset = IN(spool),
         .help = "A directory into which files of events are moved, one event a line; each is taken once. Answers "
                 "given "
                 "with `casewatch ack` and `casewatch resolve` go this way, too."},

	{.name = "answer-sources",
         .kind = CONFIG_TEXT,
         .offset = IN(answer_sources_text),
         .least = 1,
         .most = 2000,
         .reloadable = true,
         .help = "Sources whose answers and mutes count (the `source` of alert.acknowledged, alert.resolved, "
                 "alert.passed_on and "
                 "mute.*), with blanks between them; the tool's own is /casewatch/tool. What another source answers is "
                 "warned of and has "
                 "no effect. Without it every source may answer."},

	{.name = "smtp.host",
         .kind = CONFIG_HOST,
         .offset = IN(smtp.host),
         .least = 1,
         .most = 253,
         .help = "The mail server. Without it nobody is sent mail: the daemon only watches (shadow)."},
	{.name = "smtp.port",
         .kind = CONFIG_NUMBER,
         .offset = IN(smtp.port),
         .least = 1,
         .most = 65535,
         .fallback = "587",
         .help = "Its port."},
	{.name = "smtp.tls",
         .kind = CONFIG_WORD,
         .offset = IN(smtp.tls),
         .words = tls_words,
         .fallback = "starttls",
         .help = "starttls and tls are enforced and the server's certificate is verified. none is for a server on this "
                 "machine alone."},
	{.name = "smtp.ca-file",
         .kind = CONFIG_PATH,
         .offset = IN(smtp.ca_file),
         .help = "Certificates to trust (PEM). Without it those of the system."},
	{.name = "smtp.user",
         .kind = CONFIG_TEXT,
         .offset = IN(smtp.user),
         .least = 1,
         .most = 200,
         .help = "The name to sign in with. Without it casewatch does not sign in."},
	{.name = "smtp.password-file",
         .kind = CONFIG_SECRET,
         .offset = IN(smtp.password_file),
         .help = "The file that holds the password, on its first line."},
	{.name = "smtp.from",
         .kind = CONFIG_MAIL,
         .offset = IN(smtp.from),
         .least = 3,
         .most = 254,
         .help = "The address that messages come from."},
	{.name = "smtp.from-name",
         .kind = CONFIG_TEXT,
         .offset = IN(smtp.from_name),
         .least = 1,
         .most = 60,
         .fallback = "casewatch",
         .help = "The name beside it."},
	{.name = "smtp.domain",
         .kind = CONFIG_HOST,
         .offset = IN(smtp.domain),
         .least = 1,
         .most = 253,
         .help = "The domain in Message-ID. Without it that of smtp.from."},
	{.name = "smtp.timeout-milliseconds",
         .kind = CONFIG_LONG,
         .offset = IN(smtp.timeout_ms),
         .least = 1000,
         .most = 300000,
         .fallback = "30000",
         .help = "How long one message may take to be handed over."},
	{.name = "webhook.secret-file",
         .kind = CONFIG_SECRET,
         .offset = IN(webhook.secret_file),
         .help = "The file with the secret by which receivers know our webhooks, as Standard Webhooks writes it: "
                 "whsec_ "
                 "and base64, on a line; while it is replaced, the old one on a second line. Without it they are not "
                 "signed."},
	{.name = "webhook.ca-file",
         .kind = CONFIG_PATH,
         .offset = IN(webhook.ca_file),
         .help = "Certificates to trust (PEM). Without it those of the system."},
	{.name = "webhook.inside",
         .kind = CONFIG_WORD,
         .offset = IN(webhook.inside),
         .words = inside_words,
         .fallback = "no",
         .help = "Whether webhooks may go to addresses inside the house (loopback, private networks) and by http. The "
                 "address is looked at once its name is resolved."},
	{.name = "webhook.timeout-milliseconds",
         .kind = CONFIG_LONG,
         .offset = IN(webhook.timeout_ms),
         .least = 1000,
         .most = 300000,
         .fallback = "15000",
         .help = "How long one message may take to be handed over."},
	{.name = "webhook.threads",
         .kind = CONFIG_NUMBER,
         .offset = IN(webhook.threads),
         .least = 1,
         .most = 16,
         .fallback = "2",
         .help = "Messages that are not critical that may be on their way at once."},

	{.name = "notify.key-file",
         .kind = CONFIG_SECRET,
         .offset = IN(notify.key_file),
         .help = "The file that holds the API key of GOV.UK Notify, on its first line. Without it nobody is sent "
                 "texts."},
	{.name = "notify.text-template",
         .kind = CONFIG_NAME,
         .offset = IN(notify.text_template),
         .least = 36,
         .most = 36,
         .help = "The id of the text template in Notify. It holds ((text)) and nothing else."},
	{.name = "notify.sender",
         .kind = CONFIG_NAME,
         .offset = IN(notify.sender),
         .least = 36,
         .most = 36,
         .help = "The id of the sender's name in Notify. Without it the service's default."},
	{.name = "notify.url",
         .kind = CONFIG_URL,
         .offset = IN(notify.url),
         .least = 1,
         .most = 200,
         .fallback = "https://api.notifications.service.gov.uk",
         .help = "Where Notify is."},
	{.name = "notify.ca-file",
         .kind = CONFIG_PATH,
         .offset = IN(notify.ca_file),
         .help = "Certificates to trust (PEM). Without it those of the system."},
	{.name = "notify.timeout-milliseconds",
         .kind = CONFIG_LONG,
         .offset = IN(notify.timeout_ms),
         .least = 1000,
         .most = 300000,
         .fallback = "15000",
         .help = "How long one message may take to be handed over."},
	{.name = "notify.threads",
         .kind = CONFIG_NUMBER,
         .offset = IN(notify.threads),
         .least = 1,
         .most = 16,
         .fallback = "2",
         .help = "Texts that are not critical that may be on their way at once."},

	{.name = "smtp.threads",
         .kind = CONFIG_NUMBER,
         .offset = IN(smtp.threads),
         .least = 1,
         .most = 16,
         .fallback = "2",
         .help = "Messages that are not critical that may be on their way at once; critical ones have connections of "
                 "their own."},
};

const struct config_option *config_options(size_t *count)
{
	*count = sizeof options / sizeof *options;
	return options;
}

static void wall_time_range(const struct config_option *option, struct buffer *out)
{
	buffer_format(out, "a time of day from \"%02d:%02d\" to \"%02d:%02d\"", (int)option->least / 60,
	              (int)option->least % 60, (int)option->most / 60, (int)option->most % 60);
}

static void word_range(const struct config_option *option, struct buffer *out)
{
	for (size_t i = 0; option->words[i]; i++)
		buffer_format(out, "%s%s", i == 0 ? "" : option->words[i + 1] ? ", " : " or ", option->words[i]);
}

void config_option_range(const struct config_option *option, struct buffer *out)
{
	switch (option->kind) {
	case CONFIG_TEXT:
		buffer_format(out, "text of at most %d characters on one line", (int)option->most);
		break;
	case CONFIG_PATH:
		buffer_string(out, "a path; a relative one is relative to this file");
		break;
	case CONFIG_SECRET:
		buffer_string(out, "a path, or credential:NAME for systemd's LoadCredential=");
		break;
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_LONG:
		buffer_format(out, "a whole number from %lld to %lld", (long long)option->least,
		              (long long)option->most);
		break;
	case CONFIG_WORD:
		word_range(option, out);
		break;
	case CONFIG_DURATION:
		buffer_format(out, "%lld to %lld minutes, hours, days, working days, weeks or months",
		              (long long)option->least, (long long)option->most);
		break;
	case CONFIG_WALL_TIME:
		wall_time_range(option, out);
		break;
	case CONFIG_INSTANT:
		buffer_string(out, "a time such as 2026-04-01T00:00:00+01:00");
		break;
	case CONFIG_ZONE:
		buffer_string(out, "a zone of the tz database, such as Europe/London");
		break;
	case CONFIG_PREFIX:
		buffer_format(out, "at most %d letters, digits, hyphens and dots, with a dot at the end",
		              (int)option->most);
		break;
	case CONFIG_URL:
		buffer_string(out, "an address that begins with https://");
		break;
	case CONFIG_HOST:
		buffer_string(out, "a host name or an address such as mail.example.org");
		break;
	case CONFIG_MAIL:
		buffer_string(out, "one mail address such as casewatch@example.org");
		break;
	case CONFIG_NAME:
		buffer_format(out, "1 to %d letters, digits, dots, hyphens and underscores", (int)option->most);
		break;
	case CONFIG_TOPICS:
		buffer_format(out, "a list of at most %d topic names", (int)option->most);
		break;
	case CONFIG_PROPERTIES:
		buffer_string(out, "a mapping of librdkafka's names to values");
		break;
	}
}

void config_options_print(struct buffer *out)
{
	buffer_string(out,
	              "| option | what may be written | default | reload | what it does |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const struct config_option *option = &options[i];
		buffer_format(out, "| `%s` | ", option->name);
		config_option_range(option, out);
		if (option->required)
			buffer_string(out, " | required");
		else if (option->fallback && *option->fallback)
			buffer_format(out, " | `%s`", option->fallback);
		else
			buffer_string(out, " | none");
		buffer_format(out, " | %s | %s |\n", option->reloadable ? "yes" : "restart", option->help);
	}
}

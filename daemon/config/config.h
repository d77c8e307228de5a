/* config: everything in conf/ and rules/, read, checked as a whole, and only then handed out.
 *
 * The one rule: a configuration is whole or refused; each fault names file, line and column, what is wrong and what
 * would be right. */
#ifndef CASEWATCH_CONFIG_CONFIG_H
#define CASEWATCH_CONFIG_CONFIG_H

#include "config/lists.h"
#include "config/faults.h"
#include "people/directory.h"
#include "rules/rule.h"
#include "time/calendar.h"

/* A librdkafka property of the checked map. */
struct config_property {
	const char *name, *value;
};
enum config_lost { CONFIG_LOST_STOP, CONFIG_LOST_EARLIEST };
enum config_start { CONFIG_START_EARLIEST, CONFIG_START_LATEST };
struct config_kafka {
	const char **topics;
	size_t topic_count;
	const int32_t *partitions;        /* of each topic; none: the group gives them */
	size_t partition_count;
	const char **sources;             /* whose records stand there; none: anybody's */
	size_t source_count;
	const char *group, *instance;     /* group.id, group.instance.id */
	struct config_property *properties; /* bootstrap.servers, security.protocol, ssl.ca.location, ... */
	size_t property_count;
	const char *password_file;        /* sasl.password is read from it; NULL: none */
	enum config_lost lost;            /* what to do when the log no longer has our place */
	enum config_start start;          /* where a partition begins that was never read */
};
#define CONFIG_RELAYS_MOST 3        /* beside smtp.host; both as channel/smtp has them, which this room does not know */
#define CONFIG_BOUNCE_LOCAL_MOST 17 /* characters of bounce-address before the @ */
struct config_relay {
	const char *host;
	int port;
};
enum smtp_tls { SMTP_TLS_NONE, SMTP_TLS_STARTTLS, SMTP_TLS_IMPLICIT };
struct config_smtp {
	const char *host;
	int port;
	enum smtp_tls tls;
	const char *ca_file;             /* NULL: the system's */
	const char *user, *password_file; /* NULL: no AUTH */
	const char *from, *from_name, *domain; /* address, display name, domain of Message-ID */
	const char *relays_text;         /* as written; NULL: there is one server */
	struct config_relay *relays;     /* the same, one by one: tried after `host`, in this order */
	size_t relay_count;              /* at most CONFIG_RELAYS_MOST */
	const char *bounces;             /* a Maildir or a directory of mails that came back; NULL: nobody looks */
	const char *bounce_address, *bounce_key_file; /* NULL: mail comes back to `from` */
	int64_t timeout_ms;
	int threads;
};

enum webhook_inside { WEBHOOK_INSIDE_NO, WEBHOOK_INSIDE_YES };
struct config_webhook {
	const char *ca_file;              /* NULL: the system's */
	const char *secret_file;          /* NULL: what is sent is not signed */
	enum webhook_inside inside;       /* whether addresses inside the house, and http://, are allowed */
	int64_t timeout_ms;
	int threads;
};

struct config_notify {
	const char *key_file;             /* NULL: texts are not sent */
	const char *url, *text_template;
	const char *email_template;       /* NULL: no email goes by Notify */
	const char *reply_to;             /* NULL: the service's own */
	const char *callback_file;        /* the bearer token of its calls; NULL: it does not call */
	int texts_an_hour, same_texts_an_hour; /* to one phone */
	const char *sender;               /* NULL: the service's own */
	const char *ca_file;              /* NULL: the system's */
	int64_t timeout_ms;
	int threads;
};

enum config_beyond { WEB_BEYOND_NO, WEB_BEYOND_YES };
struct config_web {
	const char *socket, *listen;      /* both NULL: there are no pages */
	enum config_beyond beyond;        /* whether `listen` may be reached from other machines */
	const char *user_header;          /* NULL: nobody is signed in */
	const char *link_key_file;        /* NULL: nobody answers by a link */
};
/* Whose answers the pages hand in; the tool's are of "/casewatch/tool". */
#define CONFIG_PAGE_SOURCE "/casewatch/page"

/* Events by HTTP (docs/http.md). */
struct config_http_intake {
	const char *socket, *listen;      /* both NULL: none are taken so */
	enum config_beyond beyond;
	const char *token_file;           /* NULL: no token is asked for */
	size_t body_kbytes;
};
/* /metrics, /healthz, /readyz (docs/metrics.md). */
struct config_metrics {
	const char *listen;               /* NULL: there are none */
	enum config_beyond beyond;
};
enum config_level { CONFIG_LEVEL_ERROR, CONFIG_LEVEL_WARNING, CONFIG_LEVEL_NOTICE, CONFIG_LEVEL_INFO,
	            CONFIG_LEVEL_DEBUG };

/* Time stamps of others for the head of the audit (RFC 3161). */
struct config_audit {
	const char *stamp_url;            /* NULL: none are asked for */
	const char *stamp_ca_file;        /* NULL: the system's */
};

/* How long data is kept (docs/retention.md). */
struct config_retention {
	int child_years, audit_years;     /* 0: never erased by the schedule */
	int quarantine_days, spool_days;
};
/* Several machines that hold the same council (docs/cells.md). */
#define CONFIG_CELL_NAME_MOST 64 /* as the journal's records have room (cell/journal_record.h) */
enum config_one_broker { CELL_ONE_BROKER_NO, CELL_ONE_BROKER_YES };
struct config_cell {
	const char *machine;              /* NULL: this machine is alone */
	const char *council, *journal, *group, *key_file;
	int partition;
	int machines;
	enum config_one_broker one_broker;
	int edition_seconds;
};
struct config_dead_man {
	const char *url;                  /* NULL: there is none */
	int seconds;
	const char *ca_file;              /* NULL: the system's */
};

struct config {
	const char *path;
	const char *council;
	const char *database;
	const char *published; /* the directory of files that came from the log of the cell (published.h); NULL: none */
	const char *calendar_file, *directory_file, *rules_dir, *templates_dir;
	const char *lists_dir; /* NULL: no lists */
	const char *zone;
	const char *type_prefix;
	const char *answer_url;           /* base of answer links; NULL: none yet */
	instant go_live;                  /* INSTANT_NONE: from the first event */
	int hours_from, hours_until;      /* minutes */
	size_t event_bytes, event_depth;
	size_t batch_events, batch_kbytes, batch_ms, ring_batches, prefetch_kbytes, cache_mbytes;
	struct duration step_after[3], review_after[3], ask_again[3], old_after[3];
	struct config_kafka kafka;        /* topic_count 0: no Kafka */
	const char *spool;                /* directory; NULL: none */
	const char *answer_sources_text;  /* as written; NULL: every source may answer */
	const char **answer_sources;      /* the same, one by one */
	size_t answer_source_count;
	struct config_webhook webhook;
	struct config_web web;
	struct config_notify notify;      /* key_file NULL: nobody is sent texts */
	struct config_audit audit;
	struct config_retention retention;
	int follow;                       /* 1: changes are noted for a copy on another machine */
	struct config_dead_man dead_man;
	struct config_cell cell;
	struct config_http_intake http_intake;
	struct config_metrics metrics;
	enum config_level log_level;
	struct config_smtp smtp;          /* host NULL: nobody is sent mail (shadow) */
	const struct config_list *lists; /* of lists_dir; none without it */
	size_t list_count;
	struct config_list_set *list_set; /* which it owns, perhaps with others */
	struct calendar *calendar;        /* owned */
	uint64_t calendar_fingerprint;    /* of the bytes it was made of */
	struct directory *directory;      /* owned */
	struct ruleset *rules;            /* owned */
	void *owned;
};

/* Reads and checks `path` and all it names. `rules_dir` overrides the configured one; NULL: as configured. Relative
 * paths in the file are relative to the file. Faults are gathered, not only the first. NULL if there is any fault. */
struct config *config_load(const char *path, const char *rules_dir, struct config_faults *faults);
/* Whether anything is sent by a channel of that kind. The daemon opens those alone. */
bool config_sends_by(const struct config *config, enum channel_kind kind);
/* Whom it reaches is reckoned by what sends: the channels are those of `running`, with which all was started, until a
 * restart. An address of a channel that needs no option counts at once. */
void config_sends_as(struct config *config, const struct config *running);
/* For looking at what is stored, which must work while somebody mends the rules: the same, but a calendar, a directory
 * or rules that are at fault are left NULL. NULL only if `path` itself cannot be read, or does not say where the
 * database is. */
struct config *config_load_partly(const char *path, struct config_faults *faults);
/* The rules of another directory against an already loaded configuration (backtest --against). */
struct ruleset *config_load_rules(const struct config *config, const char *rules_dir, struct config_faults *faults);
void config_free(struct config *config);

/* The options as a table: reading, the sample, the manual page and `check` all follow it. */
enum config_kind {
	CONFIG_TEXT,
	CONFIG_PATH,
	CONFIG_SECRET /* a file with a secret */,
	CONFIG_NUMBER,
	CONFIG_SIZE,
	CONFIG_LONG,
	CONFIG_WORD,
	CONFIG_DURATION,
	CONFIG_WALL_TIME,
	CONFIG_INSTANT,
	CONFIG_ZONE,
	CONFIG_PREFIX,
	CONFIG_URL,
	CONFIG_ANY_URL, /* http, too: what comes from there is signed */
	CONFIG_HOST,
	CONFIG_MAIL,
	CONFIG_NAME,
	CONFIG_TOPICS,
	CONFIG_PARTITIONS,
	CONFIG_SOURCES,
	CONFIG_PROPERTIES
};
struct config_option {
	const char *name;     /* "smtp.port": a key in the mapping "smtp" */
	enum config_kind kind;
	size_t offset;        /* in struct config; lists: which list */
	int64_t least, most;  /* of numbers; of a duration's amount; of a text's length */
	const char *const *words; /* CONFIG_WORD: NULL-ended, in the order of the enum */
	const char *fallback; /* as it would be written; NULL: none */
	bool required, reloadable;
	const char *help;
};
const struct config_option *config_options(size_t *count);
/* The option of that name, one of text (a path, a name, an address); NULL: it was not given. */
const char *config_text(const struct config *config, const char *name);
/* The options that differ and take effect only at the next start, as "smtp.host, kafka.topics"; returns how many. For
 * the words after a reload: nothing that was changed may silently not hold. */
size_t config_restart_needed(const struct config *running, const struct config *changed, struct buffer *names);
/* "a whole number from 1 to 65535": what may be written. */
void config_option_range(const struct config_option *option, struct buffer *out);
/* The table as docs/configuration.md has it (Markdown). */
void config_options_print(struct buffer *out);

#endif

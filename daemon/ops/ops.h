/* ops: the one place that tells ops, and the table of what is wrong now.
 *
 * Owns the conditions. The one rule: ops hear at once of what is new or worse, by what it is and of which (never by
 * what it is alone), and of what stays the same in the daily digest, which also comes when nothing is wrong. What is
 * wrong now is kept in the database, so that a restart neither forgets it nor tells it twice; status, systemd's line
 * and later metrics read the same table. */
#ifndef CASEWATCH_OPS_OPS_H
#define CASEWATCH_OPS_OPS_H

#include "ops/alerts.h"
#include "people/directory.h"
#include "store/audit/audit.h"
#include "store/conditions.h"
#include "time/calendar.h"

/* Words told at once under one alert id within OPS_BURST_TIME; further ones within it are gathered into one mail at its
 * end, so that a thousand dead mailboxes make neither silence nor a thousand mails. */
#define OPS_BURST 10
#define OPS_BURST_TIME (5 * MINUTE)
#define OPS_FACTS 8
#define OPS_DAILY_MINUTE (8 * 60 + 30) /* after local midnight: when the digest goes (look, ops-daily) */

struct ops;
struct ops *ops_new(struct store *store, const struct calendar *calendar); /* both borrowed; see ops_use */
void ops_free(struct ops *ops);                                             /* NULL is fine */
void ops_use(struct ops *ops, const struct calendar *calendar);             /* after a reload */

/* Who owns which source; borrowed; NULL: nobody, as at first. After ops_new, and after a reload. */
void ops_use_owners(struct ops *ops, const struct directory *directory);

struct ops_fact {
	const char *label, *value, *more; /* more: a second line; NULL: none */
};
/* An event, as its source names it. */
struct ops_record {
	struct text source, id;
};
/* What was found. No child's data in any of it: no child's id, name or record. */
struct ops_word {
	enum ops_what what;
	struct text key;       /* of which: a role, an alert's id, a partition; empty: there is but one */
	int64_t count;         /* how many hang on it now; more than ops were told is worse; 0: one */
	int64_t more;          /* instead of count: so many more than before */
	enum ops_lasting lasting; /* how long it counts as wrong, where not as the table says */
	const char *title;     /* what is wrong, in one line without a full stop; NULL: as in the table */
	const char *second;    /* the second line of the heading; NULL: as in the table */
	const char *meaning;   /* for children; NULL: as in the table */
	const char *about;     /* what the commands are about: "A-1004", "12"; NULL: nothing in particular */
	struct ops_fact facts[OPS_FACTS];
	size_t fact_count;
	const struct ops_record *records; /* it is about these, newest first: the owners of their sources hear it */
	size_t record_count;
	const char *records_more;         /* what is said after them ("and 3 more"); NULL: these are all */
	bool not_logged;       /* the facts may quote an address (a server's reply): they are in the mail alone */
};

#define OPS_LIST_LATE HOUR /* so long after its time a list says that it is late, and ops hear of one that nobody has */
struct ops_late_list {
	char key[160], title[256]; /* of several late ones status and digest have the titles alone */
};
/* What ops hear of a list that nobody has so long after its time: one word a list, whatever keeps it from being made
 * ("it is not made"). Its facts are the caller's; `room` is the word's. */
struct ops_word ops_late_list(struct text list, const char *what, struct ops_late_list *room);

/* Says that it is so (`ops` NULL: to nobody, here and in ops_end; for tests). In the caller's transaction, or one of
 * its own; where that fails (a full disk) the word is kept in memory, shown by status, and written by ops_tick. The
 * mail is a row of the outbox for the role `ops`; the journal has a line. */
MUST_CHECK enum result ops_say(struct ops *ops, const struct ops_word *word, instant now, struct fault *fault);
/* Says that it is over, if it was so. `how`: a sentence for the digest; NULL: "TITLE: over since HH:MM". */
MUST_CHECK enum result ops_end(struct ops *ops, enum ops_what what, struct text key, const char *how, instant now,
                               struct fault *fault);
/* The same for all of one kind that last until they are over, whose key `stays` does not hold to (NULL: for all). */
typedef bool ops_stays(void *argument, struct text key);
MUST_CHECK enum result ops_end_others(struct ops *ops, enum ops_what what, ops_stays *stays, void *argument,
                                      instant now, struct fault *fault);

/* What reading the whole audit found last. */
struct ops_audit {
	instant at;              /* when; INSTANT_NONE: it was not read since the start */
	bool wrong;              /* a row did not fit */
	struct audit_head head;  /* the last row that fits */
};
#define OPS_AUDIT_OLD (26 * HOUR) /* it is read once a day */

/* For the digest's part "What works". */
struct ops_works {
	struct ops_audit audit;
	uint64_t disk_free_bytes;
	size_t sources;          /* that are configured */
	instant reckoned;        /* what should have been told was last reckoned anew from what is stored, all of it;
	                            INSTANT_NONE: not since the start */
	instant certificate;     /* the first of those in use runs out; INSTANT_NEVER: none is known */
};
#define OPS_RECKONED_OLD (2 * HOUR) /* it is done every hour */
/* Every minute: what was held back is told, alerts that were answered are let go, and the digest is made when it is
 * due. In transactions of its own. *next: when it is needed again (a minute on, or the digest's time). */
MUST_CHECK enum result ops_tick(struct ops *ops, const struct ops_works *works, instant now, instant *next,
                                struct fault *fault);

/* When the digest after `now` is due. */
instant ops_digest_after(const struct calendar *calendar, instant now);

/* What is wrong now, those that stand longest first, also what could not be written yet. */
struct ops_wrong {
	const struct ops_alert *alert;
	struct text key, title;
	instant since;
	int64_t count;
};
typedef void ops_visit(void *argument, const struct ops_wrong *wrong);
MUST_CHECK enum result ops_each(const struct ops *ops, ops_visit *visit, void *argument, struct fault *fault);
/* The same of a database that somebody else writes (the tool beside a daemon). */
MUST_CHECK enum result ops_each_stored(struct store *store, ops_visit *visit, void *argument, struct fault *fault);

/* The payload of a row to ops has, beside plain `words`, its parts as JSON in `detail`:
 *   {"word":"ops.quarantine","title":"1 record is set aside","more":"A child may be behind it","change":"new"|"worse",
 *    "since":TIME,"others":2,"meaning":"…","facts":[{"label":"Record","value":"12","more":"…"}],
 *    "steps":[{"words":"Look at it.","commands":["casewatch quarantine show 12"]}],"again":"…"}
 * and the digest
 *   {"word":"ops.daily","worse":1,"ended_count":1,"needs_count":1,"needs":[{"title":"…","since":"Since …",
 *    "change":"As yesterday.","meaning":"…","next":"…","command":"…"}],"ended":["…"],
 *    "works":[{"label":"Data","value":"…"}],"words":["ops.nobody"]} */

#endif

/* store_internal: what the files of this room share; nobody outside store/ includes it.
 *
 * The one rule: memory beside the database (histories, maps, due times) is a cache of committed rows; when a
 * transaction that changed it fails, it is thrown away and read anew. */
#ifndef CASEWATCH_STORE_STORE_INTERNAL_H
#define CASEWATCH_STORE_STORE_INTERNAL_H

#include "base/heap.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "event/event.h"
#include "rules/alert.h"
#include "store/alerts/alerts.h"
#include "store/audit/audit.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "store/store.h"

#include <sqlite3.h>
#include <sys/types.h>

/* ---- statement.c: prepared statements, and what SQLite's errors mean ---- */

#define STATEMENT_SLOTS 256
struct statement {
	const char *sql; /* the literal itself: its address is the key */
	sqlite3_stmt *prepared;
	bool used;
};

/* One use of a statement: query_start, bind_* in order, then query_run, or query_row until false and query_end. */
struct query {
	struct store *store;
	struct statement *statement;
	int bound;
	int status; /* of SQLite; the first error stays */
};

struct query query_start(struct store *store, const char *literal_sql);
void bind_int(struct query *query, int64_t value);
void bind_real(struct query *query, double value);
void bind_text(struct query *query, struct text value); /* must live until the query ends */
void bind_blob(struct query *query, const void *bytes, size_t length);
bool query_row(struct query *query);
int64_t row_int(const struct query *query, int column);
struct text row_text(const struct query *query, int column);
struct text row_blob(const struct query *query, int column);
/* Ends the query. `so_far` unless that is RESULT_OK and SQLite failed. */
MUST_CHECK enum result query_end(struct query *query, enum result so_far, struct fault *fault);
MUST_CHECK enum result query_run(struct query *query, struct fault *fault);
void statements_free(struct store *store);
void store_forget(struct store *store); /* memory beside the database: it is read anew when next needed */
/* What SQLite's status means for the caller, in words; rolls back what SQLite left open. */
enum result store_failed(struct store *store, int status, struct fault *fault);
MUST_CHECK enum result store_execute(struct store *store, const char *sql, struct fault *fault);
MUST_CHECK enum result store_pragma(struct store *store, const char *sql, int64_t *value, struct fault *fault);

/* ---- refmap.c: 64-bit hash -> row ids (1 to 2^32 - 1), 8 bytes an entry ---- */

struct refmap;
struct refmap *refmap_new(size_t expected);
void refmap_free(struct refmap *map);
void refmap_add(struct refmap *map, uint64_t hash, uint32_t ref);
void refmap_prefetch(const struct refmap *map, uint64_t hash);
/* Candidates: every ref added under a hash that shares 40 bits with this one. Start with *cursor 0; 0 ends. A candidate
 * must be compared with what is stored. */
uint32_t refmap_next(const struct refmap *map, uint64_t hash, uint64_t *cursor);
size_t refmap_bytes(const struct refmap *map);

/* ---- chunks.c: a durable array of small entries that only grows, one page a row ---- */

struct chunks {
	const char *write_sql, *read_sql, *clear_sql;
	size_t entry;         /* bytes */
	size_t room;          /* entries a row */
	int64_t row;          /* of the tail */
	size_t filled;        /* entries in the tail, durable or not */
	bool dirty;           /* the tail holds what is not written yet */
	char *tail;
	size_t total;
};
void chunks_free(struct chunks *chunks);
MUST_CHECK enum result chunks_append(struct store *store, struct chunks *chunks, const void *entry,
                                     struct fault *fault);
MUST_CHECK enum result chunks_flush(struct store *store, struct chunks *chunks, struct fault *fault);
MUST_CHECK enum result chunks_clear(struct store *store, struct chunks *chunks, struct fault *fault);
typedef enum result chunks_visit(struct store *store, const char *entries, size_t count, struct fault *fault);
/* Reads all, or what was added since it was read last, and takes the last row as the tail. */
MUST_CHECK enum result chunks_load(struct store *store, struct chunks *chunks, chunks_visit *visit,
                                   struct fault *fault);

/* ---- histories.c: every (domain, id) that has events, alerts or a due time, under a small number ---- */

struct history {
	const char *at;
	uint32_t length, hash;
	uint8_t domain;
	uint32_t last_event; /* the newest event whose subject it is; 0: none */
	uint32_t last_alert; /* the newest alert's number; 0: none */
	instant due;         /* INSTANT_NEVER: none */
};
struct histories {
	struct arena *texts;
	struct history *items; /* items[0] is nobody */
	size_t count, room;    /* count includes items[0] */
	size_t old_count;      /* as it was when the open transaction began */
	struct map by_name;    /* -> place in items */
};
uint32_t histories_hash(enum party_kind domain, struct text id);
void histories_prefetch(const struct store *store, uint32_t hash);
void histories_fetch(const struct store *store, uint32_t hash, bool text); /* the row, and later its text */
/* 0: not known. */
uint32_t histories_find(const struct store *store, enum party_kind domain, struct text id);
MUST_CHECK enum result histories_intern(struct store *store, enum party_kind domain, struct text id, uint32_t *number,
                                        struct fault *fault);
MUST_CHECK enum result histories_intern_hashed(struct store *store, enum party_kind domain, struct text id,
                                               uint32_t hash, uint32_t *number, struct fault *fault);
MUST_CHECK enum result histories_load(struct store *store, struct fault *fault);
void histories_free(struct histories *histories);
static inline struct text history_text(const struct history *history)
{
	return (struct text){history->at, history->length};
}

/* ---- duplicates.c, amendments in events.c ---- */

struct duplicates {
	uint64_t seed;          /* of this database, durable */
	struct refmap *map;
	struct chunks chunks;   /* per event: hash and history */
	uint32_t last;          /* the newest event's id */
	struct text source;     /* the last source hashed, and its hash: most events share it */
	char source_at[128];
	uint64_t source_hash;
};
uint64_t duplicates_hash(struct store *store, struct text source, struct text id);
MUST_CHECK enum result duplicates_load(struct store *store, struct fault *fault);
void duplicates_free(struct duplicates *duplicates);
/* The stored event of (source, id); *ref 0: none. */
MUST_CHECK enum result duplicates_find(struct store *store, struct text source, struct text id, uint64_t hash,
                                       uint32_t *ref, struct fault *fault);

/* ---- due.c ---- */

struct due_entry {
	instant at;
	uint32_t history;
};
struct due_queue {
	struct heap entries;    /* of struct due_entry, the earliest first; stale where the history says otherwise */
	struct chunks log;      /* every change: history and time; compacted */
	size_t live;            /* histories that have a due time */
	bool behind;            /* STORE_READ: to be read anew when somebody asks: few do, and its log may shrink */
};
MUST_CHECK enum result due_load(struct store *store, struct fault *fault);
MUST_CHECK enum result due_compact(struct store *store, struct fault *fault); /* when the log has grown too long */
void due_free(struct due_queue *queue);

/* ---- alerts.c ---- */

#define ALERT_FIRST_NUMBER 1001
#define ALERTS_KNOWN 256 /* as many as are on their way at once, and some */
struct alert_index {
	struct refmap *map;
	struct chunks chunks;  /* per alert: hash of its id, and history */
	uint32_t last;         /* the newest number; ALERT_FIRST_NUMBER - 1: none */
	struct alert_known {
		char id[ALERT_ID_SIZE];
		uint32_t number;
	} known[ALERTS_KNOWN]; /* asked for a moment ago: one alert is asked for several times, and when its messages
	                          came back */
	char **reasons;        /* interned: alerts point to them for ever */
	size_t reason_count, reason_room;
};
MUST_CHECK enum result alerts_load(struct store *store, struct fault *fault);
void alerts_forget(struct alert_index *index);
void alerts_forget_known(struct alert_index *index);
uint64_t alert_hash(struct store *store, struct text id);
/* Its number, where it was asked for a moment ago; 0: look for it. */
uint32_t alerts_known(const struct alert_index *index, uint64_t hash, struct text id);
void alerts_remember(struct alert_index *index, uint64_t hash, struct text id, int64_t number);
void alerts_free(struct alert_index *index);

/* ---- events.c ---- */

#define EVENT_STANDING 1
#define EVENT_WARNED 2
#define EVENT_LISTED 4
#define EVENT_ERASED 8 /* the row is there for its number alone */
struct event_type_entry {
	bool ready, listed;
	int64_t number;        /* in event_type; 0: not stored yet */
	uint16_t party_fields[4];
	enum party_kind parties[4];
	size_t party_count;
};
struct event_tables {
	struct event_type_entry *types; /* by type_id */
	size_t type_room;
	struct refmap *targets;         /* hashes of what is amended */
	uint16_t name_id, name_up_to;   /* fields "id" and "up_to" */
	uint64_t edition;               /* see events_edition */
	uint64_t unreadable;            /* how often a stored event could not be read again */
	int64_t unreadable_last;        /* its row */
};
MUST_CHECK enum result events_load(struct store *store, struct fault *fault);
void events_free(struct event_tables *tables);

/* ---- reading.c ---- */

/* That row of `event` cannot be read again: counted and logged. Not fatal, as the others must go on. */
void store_note_unreadable(struct store *store, int64_t ref, const struct fault *why);
/* A stored event as it is shown to the room's own visitors. */
struct stored_event {
	const struct event *event;
	struct text bytes;
	instant arrived;
	int64_t history, flags;
};
typedef enum result stored_visit(void *argument, const struct stored_event *stored, struct fault *fault);
/* Reads, parses and shows one row; nothing where there is none, or where it cannot be read any more (counted, logged).
 * *previous (may be NULL): the event before it in its history. */
MUST_CHECK enum result stored_show(struct store *store, int64_t ref, int64_t *previous, stored_visit *visit,
                                   void *argument, struct fault *fault);

/* ---- packed.c ---- */

/* Migration: a dictionary is put beside the events. */
#define MIGRATE_PACKED 27
MUST_CHECK enum result packed_keep_dictionary(struct store *store, int number, struct fault *fault);

/* ---- positions.c ---- */
MUST_CHECK enum result completeness_note(struct store *store, const struct event *event, instant up_to,
                                         struct fault *fault);
/* An event's standing changed: if it is a source.complete, what it confirmed is reckoned anew. */
MUST_CHECK enum result completeness_amended(struct store *store, uint64_t ref, struct fault *fault);

/* ---- sources.c ---- */

#define SOURCES_NOTED                                                                                                  \
	64 /* written a short while ago; two that share a place are written more often, and are as right */
struct source_noted {
	uint64_t hash;
	instant at;
	bool confirms;
};

/* ---- audit.c, audit_read.c, audit_verify.c ---- */

struct audit_memory {
	bool known;                 /* the head is */
	struct audit_head head;
	bool key_at_hand;           /* of the subject below; key and key_id are those asked for last */
	struct digest key;
	int64_t key_id;
	char subject[128];
	size_t subject_length;
	struct buffer room;         /* for what is hashed */
};

#define AUDIT_ERASED "subject.erased"
#define AUDIT_COLUMNS                                                                                                  \
	"audit.id, audit.at, what, number, rule, person, detail, subject_key, proof, hash, alert, audit.subject,"      \
	" personal"
struct audit_entry audit_read_entry(const struct query *query);
/* Gives the entry its number and hashes; its texts are the caller's. */
MUST_CHECK enum result audit_append(struct store *store, struct audit_entry *entry, struct fault *fault);
/* The hash of a row behind the row of hash `before`; what proves its words about a child. `room`: for the bytes. */
struct digest audit_row_hash(const struct digest *before, const struct audit_entry *row, struct buffer *room);
struct digest audit_row_proof(struct text key, const struct audit_entry *row, struct buffer *room);
/* Migration: rows of before the chain are put into it, in their order. */
#define MIGRATE_AUDIT 15
MUST_CHECK enum result audit_chain_old(struct store *store, struct fault *fault);

/* A key and the row that says that it is gone; *key 0: the audit knows nothing of the subject. Its words go with
 * audit_erase_words, of rows after < id <= last, in portions. */
MUST_CHECK enum result audit_erase_key(struct store *store, struct text subject, struct text person, instant at,
                                       int64_t *key, struct fault *fault);
MUST_CHECK enum result audit_erase_words(struct store *store, int64_t key, int64_t after, int64_t last, int64_t *rows,
                                         struct fault *fault);

/* ---- erasures.c, erase.c ---- */

#define ERASURE_MARK_BYTES 16
struct erasures;
struct erasure_order;
MUST_CHECK enum result erasures_load(struct store *store, struct fault *fault); /* STORE_WRITE: at the end of opening */
void erasures_free(struct store *store);
MUST_CHECK enum result erasures_need_key(struct store *store, struct fault *fault);
/* What stands for the subject in the file and the table, in hexadecimal; appended. */
void erasures_mark(const struct store *store, struct text subject, struct buffer *hex);
MUST_CHECK enum result erasures_note_subject(struct store *store, struct text mark, instant at, struct fault *fault);
/* In the open transaction; the file is written before it is committed. */
MUST_CHECK enum result erasures_note_records(struct store *store, const uint64_t *prints, size_t count,
                                             struct fault *fault);
uint64_t erasure_print(const struct store *store, struct text source, struct text id);
uint64_t erasure_print_bytes(const struct store *store, struct text bytes);
/* Whether that erasure is in the table: of an id that was erased several times each has its own time. */
MUST_CHECK enum result erasures_know(struct store *store, struct text mark, instant at, bool *there,
                                     struct fault *fault);
/* A file of what either of two says, which must be of one database: who was erased by the one or by the other must not
 * come back. Neither of them is changed. */
MUST_CHECK enum result erasures_unite(const char *one, const char *other, const char *to, struct fault *fault);
/* erase_events.c: of the history with that number, the newest first from *place on (-1: from the newest), a portion;
 * *place 0: that was the last. What was corrected to be this child's, and stood elsewhere before, goes with it. */
MUST_CHECK enum result erase_events(struct store *store, int64_t child, instant now, int64_t *place, int64_t *found,
                                    struct fault *fault);
/* As erasures_begin, of a subject whose mark is in the file already. An empty subject: nothing is stored of it. */
MUST_CHECK enum result erasure_begin_marked(struct store *store, const struct erasure_order *order, struct text mark,
                                            struct fault *fault);
/* What is in the file and not in the table, as after a restore; false: there are no more. Each is begun anew. */
bool erasures_missing(const struct store *store, size_t which, const char **mark, instant *at);
void erasures_count_again(struct store *store);
MUST_CHECK enum result erasures_begin_missing(struct store *store, struct fault *fault);
/* registers.c: the rows of a history, and the ids that it goes by. In the caller's transaction. */
MUST_CHECK enum result register_erase(struct store *store, uint32_t history, struct text id, struct fault *fault);

/* ---- files.c ---- */

/* All of it; false: errno says why, and some of it may be there. */
MUST_CHECK bool file_write(int file, struct text bytes);
/* Synchronised, and never half of it: one that fails leaves nothing under its name. What is there is written over. */
MUST_CHECK enum result file_copy(const char *from, const char *to, mode_t mode, struct fault *fault);
MUST_CHECK enum result file_sync(const char *path, struct fault *fault);
MUST_CHECK enum result file_sync_name(const char *path, struct fault *fault); /* the directory that it is in */

/* ---- migrate.c ---- */

#define STORE_APPLICATION_ID 0x43735774 /* "CsWt" */
int migrate_latest(void);
/* Brings the open database to `version`; each step is a transaction. */
MUST_CHECK enum result migrate_to(struct store *store, int version, struct fault *fault);

/* ---- checkpoint.c: the log is moved into the database on a thread of its own ---- */

struct checkpoint;
struct checkpoint *checkpoint_start(const char *path);
void checkpoint_stop(struct checkpoint *checkpoint);                /* NULL is fine, here and below */
void checkpoint_ask(struct checkpoint *checkpoint, bool truncate);  /* and go on */
int checkpoint_status(struct checkpoint *checkpoint); /* SQLite's, of the first that failed since it was asked */
bool checkpoint_done(struct checkpoint *checkpoint);                /* one succeeded since it was asked */
int checkpoint_fd(const struct checkpoint *checkpoint);             /* readable when one failed */
void checkpoint_wait(struct checkpoint *checkpoint); /* until none is asked for or under way */

/* ---- ground.c ---- */

struct ground_file {
	bool known;
	uint64_t device, inode;
	int64_t bytes;
};
struct ground {
	struct ground_file database, log, index;
};
/* `had_database`: casewatch had one under this name before. */
MUST_CHECK enum result ground_before_opening(const struct store *store, bool had_database, struct fault *fault);
MUST_CHECK enum result ground_check_tables(struct store *store, struct fault *fault);
void ground_note(struct store *store); /* as it is now is as it shall stay */

/* ---- open.c, transaction.c ---- */

/* STORE_WRITE without its lock and without the memory beside it, for what copies rows (follow_copy.c). */
MUST_CHECK enum result store_open_bare(const char *path, struct store **store, struct fault *fault);
/* The lock beside the database, until its descriptor is closed. */
MUST_CHECK enum result store_take_lock(struct store *store, struct fault *fault);
/* Its descriptor, which is closed where it is refused, else kept. */
MUST_CHECK enum result store_lock_database(struct store *store, int database, struct fault *fault);
/* Before SQLite opens it here: whether nobody has it, with its lock file or without. */
MUST_CHECK enum result store_look_if_free(const char *path, struct fault *fault);
void store_keep_lock(struct store *store); /* the file is made again where somebody removed it */
void store_note_database(int lock); /* that there is one: it is missed when it is gone */

/* A table group with memory beside the database; the last has no load. Loading what is loaded takes what the database
 * has beyond it. */
struct store_group {
	enum result (*load)(struct store *store, struct fault *fault);
	void (*forget)(struct store *store);
	enum result (*flush)(struct store *store, struct fault *fault); /* before a commit; NULL: nothing */
};

#define VISITS_DEEP 8

#define STORE_HELD_MS 20 /* once STORE_BUSY_MS were in vain */

/* lines.c: see store/lines.h. */
struct store_line {
	enum log_level level;
	const char *kind; /* the format, a literal */
	char *words, *event, *rule, *alert; /* all but the first may be NULL */
};
struct store_lines {
	struct store_line *items;
	size_t count, room;
};
void lines_end(struct store *store, bool committed);

struct store {
	sqlite3 *database;
	char *path;
	enum store_mode mode;
	int lock;                  /* descriptor of the lock file; -1: none */
	int locked;                /* of the database, which is locked as well; -1: none */
	bool shares_page_cache;    /* page_cache.c */
	bool has_register_feed;    /* registers_feed.c: this connection knows that table */
	size_t page_cache_among;   /* its part is that of so many, and one; 0: it has none yet */
	bool had_database;         /* when the lock was taken it said that there was one */
	struct statement statements[STATEMENT_SLOTS];
	struct statement **extra;  /* those that found no slot */
	size_t extra_count, extra_room;
	struct event_parser *parser; /* borrowed */
	const struct store_group *groups;
	struct checkpoint *checkpoint; /* NULL: STORE_READ */
	struct ground ground;
	instant waited;            /* in commits, since it was opened */
	struct histogram commits;  /* the same, each */
	uint64_t rollbacks;        /* each takes back rows that SQLite has counted as changed */
	bool open;                 /* a transaction is */
	bool touched;              /* the open transaction changed what memory holds */
	bool loaded;               /* memory is what the database says */
	bool behind;               /* STORE_READ: or what it said earlier */
	int wal_pages;
	bool full_said;
	struct store_lines lines;  /* what the log says of the open transaction, once it is committed */
	int failure;               /* SQLite's status of the last failure */
	bool held;                 /* another process has kept us from writing for STORE_BUSY_MS, and may still */
	struct histories histories;
	struct duplicates duplicates;
	struct due_queue due;
	struct alert_index alerts;
	struct event_tables events;
	struct source_noted sources[SOURCES_NOTED];
	struct audit_memory audit;
	struct erasures *erasures; /* NULL: STORE_READ */
	bool alike_said;           /* that more rows were alike than have names of their own */
	unsigned char message_key[OUTBOX_KEY_BYTES]; /* STORE_WRITE: of the names of messages */
	struct arena *claimed;     /* text of the row claimed last */
	struct outbox_claimed {
		int64_t id;        /* 0: none */
		int attempts;
	} claim;                   /* a row that left for `sending`, which is written with its address */
	struct arena *visits[VISITS_DEEP]; /* what visitors see, by how deep they are nested */
	size_t visiting;
};
/* outbox_claim.c: the row claimed last is written, if it is not yet. Before anything that asks for states of rows, and
 * before the transaction ends. */
MUST_CHECK enum result outbox_settle(struct store *store, struct fault *fault);
struct query query_settled(struct store *store, const char *literal_sql); /* query_start, after that */
/* page_cache.c: what of the process's cache of pages is this database's, as others are opened and closed. */
MUST_CHECK enum result page_cache_begin(struct store *store, struct fault *fault);
void page_cache_end(struct store *store);
MUST_CHECK enum result page_cache_look(struct store *store, struct fault *fault);
/* After the register was made as declared, also where it was there before: the board counts without those whose case is
 * restricted. Of other registers nothing. */
struct register_def;
MUST_CHECK enum result board_index_restricted(struct store *store, const struct register_def *def, struct fault *fault);
/* Memory is there: loads it where a reader has not yet, or after a failed transaction. */
MUST_CHECK enum result store_ready(struct store *store, struct fault *fault);
/* outbox_name.c: the key of messages' names, made where there is none. */
MUST_CHECK enum result outbox_load_key(struct store *store, struct fault *fault);
/* The same, and a transaction is open that may change it. */
MUST_CHECK enum result store_changing(struct store *store, struct fault *fault);

/* After a rollback: the head is read anew. */
static inline void audit_forget(struct store *store)
{
	digest_wipe(&store->audit.key, sizeof store->audit.key);
	store->audit.known = store->audit.key_at_hand = false;
}

#endif

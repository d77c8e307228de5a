/* migrate: the schema, one numbered step after another; user_version says which was the last. */
#include "store/store_internal.h"

#include <stdio.h>

/* A step is never changed once it shipped: a database that took it must be like one that takes it today. */
static const char *const steps[] = {
	/* 1: everything the daemon keeps.
         *
         * Tables have few indexes, and those grow at their end: a random index costs a page an event. The maps that
         * stand in for them are event_index, alert_index and due_log: rows of one page, read into memory at start. */
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"

	/* Every subject (domain 0), worker (1) and provider (2), numbered without gaps. */
	"CREATE TABLE history (id INTEGER PRIMARY KEY, domain INTEGER NOT NULL, name TEXT NOT NULL) STRICT;"

	"CREATE TABLE event_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	/* previous: the event before it in its subject's history, 0 for none. type: 0 for one not in the catalogue.
         * flags: 1 standing, 2 accepted with warnings, 4 of a type that lists read. */
	"CREATE TABLE event (id INTEGER PRIMARY KEY, history INTEGER NOT NULL, previous INTEGER NOT NULL,"
	" type INTEGER NOT NULL, time INTEGER NOT NULL, arrived INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" bytes BLOB NOT NULL) STRICT;"
	"CREATE INDEX event_listed ON event (type, time) WHERE flags & 4;"
	/* Entries of 12 bytes: 64-bit hash of (source, id), 32-bit history; the n-th is event n. */
	"CREATE TABLE event_index (id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"
	"CREATE TABLE event_party (history INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (history, event))"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE amendment (event INTEGER PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL) STRICT;"
	"CREATE INDEX amendment_target ON amendment (source, target);"
	"CREATE TABLE warning (id INTEGER PRIMARY KEY, event INTEGER NOT NULL, arrived INTEGER NOT NULL,"
	" field TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
	"CREATE INDEX warning_arrived ON warning (arrived);"
	"CREATE TABLE completeness (source TEXT PRIMARY KEY, up_to INTEGER NOT NULL, event INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"

	"CREATE TABLE quarantine (id INTEGER PRIMARY KEY, source_name TEXT NOT NULL, bytes BLOB NOT NULL,"
	" reason TEXT NOT NULL, event_id TEXT NOT NULL, event_source TEXT NOT NULL, arrived INTEGER NOT NULL,"
	" state TEXT NOT NULL, note TEXT NOT NULL) STRICT;"
	"CREATE INDEX quarantine_waiting ON quarantine (arrived) WHERE state = 'waiting';"
	"CREATE TABLE position (name TEXT PRIMARY KEY, next INTEGER NOT NULL, fingerprint INTEGER NOT NULL,"
	" event_time INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

	/* previous: the alert before it in its history. rule_from: the effective-from date of the rule's version, in
         * days. evidence: pairs of event and time, 8 bytes each. answer: the event in force that acknowledged it, 0 for
         * none. early: an early warning that was sent, not an alert. */
	"CREATE TABLE alert (number INTEGER PRIMARY KEY, id TEXT NOT NULL, history INTEGER NOT NULL,"
	" previous INTEGER NOT NULL, rule TEXT NOT NULL, rule_from INTEGER NOT NULL, severity INTEGER NOT NULL, key "
        "INTEGER NOT NULL,"
	" key_text TEXT NOT NULL, state INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL,"
	" nights INTEGER NOT NULL, due INTEGER NOT NULL, reason TEXT NOT NULL, told INTEGER NOT NULL,"
	" step INTEGER NOT NULL, next INTEGER NOT NULL, acknowledged INTEGER NOT NULL, spent INTEGER NOT NULL,"
	" answer INTEGER NOT NULL, early INTEGER NOT NULL, evidence BLOB NOT NULL, because TEXT NOT NULL DEFAULT '', "
        "evidence_ids TEXT NOT NULL DEFAULT '[]',"
	" acknowledged_at INTEGER, review_at INTEGER) STRICT;"
	"CREATE INDEX alert_standing ON alert (severity) WHERE state = 0 AND early = 0;"
	/* Entries of 12 bytes: 64-bit hash of the id, 32-bit history; the n-th is alert 1000 + n. */
	"CREATE TABLE alert_index (id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"
	/* Entries of 12 bytes: 32-bit history and its new due time; the last one of a history holds. */
	"CREATE TABLE due_log (id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"

	/* number: of the alert, 0 where none is kept (early warnings). */
	"CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, number INTEGER NOT NULL,"
	" alert TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT;"
	"CREATE INDEX audit_number ON audit (number) WHERE number > 0;"

	/* open: 1 while it may still go out (pending, sending, retry, uncertain). */
	"CREATE TABLE outbox (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL, open INTEGER NOT "
        "NULL,"
	" critical INTEGER NOT NULL, purpose TEXT NOT NULL, number INTEGER NOT NULL, alert TEXT NOT NULL,"
	" rule TEXT NOT NULL, subject TEXT NOT NULL, step INTEGER NOT NULL, role TEXT NOT NULL, person TEXT NOT NULL,"
	" channel TEXT NOT NULL, address TEXT NOT NULL, message_id TEXT NOT NULL, payload TEXT NOT NULL,"
	" created INTEGER NOT NULL, not_before INTEGER NOT NULL, deadline INTEGER NOT NULL, sent INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL, possible_duplicate INTEGER NOT NULL, reply TEXT NOT NULL) STRICT;"
	"CREATE INDEX outbox_order ON outbox (kind, critical DESC, id, not_before, state) WHERE open = 1;"
	"CREATE INDEX outbox_when ON outbox (not_before, state) WHERE open = 1;"
	"CREATE INDEX outbox_number ON outbox (number) WHERE number > 0;"
	"CREATE INDEX outbox_ops ON outbox (rule, created) WHERE kind = 1;"

	"CREATE TABLE list_run (list TEXT PRIMARY KEY, due INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

	/* 2: why the next step is told (enum effect_cause; 4: unanswered), when the step was last told, when an alert
         * that opened again had ended before, the newest answer passed on to others, the latest early warning before
         * it, and whether it is of a rule in shadow. The smallest number is INSTANT_NONE. */
	"ALTER TABLE alert ADD COLUMN why INTEGER NOT NULL DEFAULT 4;"
	"ALTER TABLE alert ADD COLUMN asked INTEGER NOT NULL DEFAULT -9223372036854775808;"
	"ALTER TABLE alert ADD COLUMN stood_until INTEGER NOT NULL DEFAULT -9223372036854775808;"
	"ALTER TABLE alert ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE alert ADD COLUMN warned_at INTEGER NOT NULL DEFAULT -9223372036854775808;"
	"ALTER TABLE alert ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0;",

	/* 3: what is wrong now, or was until the last digest (store/conditions.h); and what the digest counts. */
	"CREATE TABLE condition (id TEXT NOT NULL, key TEXT NOT NULL, since INTEGER NOT NULL, seen INTEGER NOT NULL,"
	" ended INTEGER NOT NULL, count INTEGER NOT NULL, told INTEGER NOT NULL, told_count INTEGER NOT NULL,"
	" digest INTEGER NOT NULL, digest_count INTEGER NOT NULL, title TEXT NOT NULL, meaning TEXT NOT NULL,"
	" about TEXT NOT NULL,"
	" PRIMARY KEY (id, key)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX condition_told ON condition (id, told);"
	"DROP INDEX alert_standing;"
	"CREATE INDEX alert_standing ON alert (severity, acknowledged) WHERE state = 0 AND early = 0;"
	"CREATE INDEX outbox_sent ON outbox (sent) WHERE sent > 0;",

	/* 4: the registers that there are (the tables themselves are made from their declarations), whether each is
         * built (1), and the events whose standing changed since registers were last brought up to date. */
	"CREATE TABLE register_state (name TEXT PRIMARY KEY, fingerprint INTEGER NOT NULL, built INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE register_again (id INTEGER PRIMARY KEY, event INTEGER NOT NULL) STRICT;",

	/* 5: a withdrawal that corrects an earlier withdrawal amends two events, and had one row. */
	"CREATE TABLE amends (source TEXT NOT NULL, target TEXT NOT NULL, event INTEGER NOT NULL,"
	" PRIMARY KEY (source, target, event)) STRICT, WITHOUT ROWID;"
	"INSERT INTO amends SELECT source, target, event FROM amendment;"
	"INSERT OR IGNORE INTO amends SELECT a.source, json_extract(CAST(e.bytes AS TEXT), '$.replaces'), a.event"
	" FROM amendment a JOIN event e ON e.id = a.event JOIN event_type t ON t.id = e.type"
	" WHERE t.name = 'event.withdrawn' AND json_valid(CAST(e.bytes AS TEXT))"
	" AND json_type(CAST(e.bytes AS TEXT), '$.replaces') = 'text';"
	"DROP TABLE amendment;"
	"ALTER TABLE amends RENAME TO amendment;",

	/* 6: of the latest early warning before an alert: the due time it spoke of, when its clock started (where
         * clocks have no key) and which of the rule's warnings it was. */
	"ALTER TABLE alert ADD COLUMN warned_due INTEGER NOT NULL DEFAULT -9223372036854775808;"
	"ALTER TABLE alert ADD COLUMN warned_start INTEGER NOT NULL DEFAULT -9223372036854775808;"
	"ALTER TABLE alert ADD COLUMN warned_stage INTEGER NOT NULL DEFAULT 0;",

	/* 7: the outbox in two lanes, each in the order in which its rows may go; those of one person and of one
           message. */
	"DROP INDEX outbox_order;"
	"DROP INDEX outbox_when;"
	"CREATE INDEX outbox_lane ON outbox (critical, kind, not_before, id) WHERE open = 1 AND state <> 1;"
	"CREATE INDEX outbox_person ON outbox (person, not_before, id) WHERE open = 1 AND state = 0 AND person <> '';"
	"CREATE INDEX outbox_message ON outbox (message_id) WHERE open = 1 AND message_id <> '';",

	/* 8: alerts of rules in shadow are counted and listed nowhere but where they are asked for. */
	"DROP INDEX alert_standing;"
	"CREATE INDEX alert_standing ON alert (severity, acknowledged) WHERE state = 0 AND early = 0 AND shadow = 0;",

	/* 9: the sources that events came from (store/sources.h). Those before this step are found again when they next
           send. */
	"CREATE TABLE source_seen (source TEXT PRIMARY KEY, last INTEGER NOT NULL, confirms INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	/* Ids that were merged into another: under which one their rows are now. */
	"CREATE TABLE register_id (id TEXT PRIMARY KEY, child TEXT NOT NULL) STRICT, WITHOUT ROWID;",

	/* 10: how long each source is usually quiet, by hour of the week (store/quiet.h). */
	"CREATE TABLE source_quiet (source TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, began "
        "INTEGER NOT NULL,"
	" longest BLOB NOT NULL) STRICT, WITHOUT ROWID;",

	/* 11: of several confirmations of a source the latest by time, then id, holds: both are kept. What was
         * confirmed before this step gives way to the next. */
	"ALTER TABLE completeness ADD COLUMN said_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE completeness ADD COLUMN said_id TEXT NOT NULL DEFAULT '';",

	/* 12: records that contradict themselves, and from when on ops are to hear of each (store/contradictions.h).
         * Those before this step are held when their history is next judged. */
	"CREATE TABLE contradiction (history INTEGER NOT NULL, event INTEGER NOT NULL, tell_from INTEGER NOT NULL,"
	" told INTEGER NOT NULL, PRIMARY KEY (history, event)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX contradiction_untold ON contradiction (tell_from) WHERE told = 0;",

	/* 13: the figures of reports as they were printed (store/registers/prints.h). */
	"CREATE TABLE report_print (list TEXT NOT NULL, reader TEXT NOT NULL, figure TEXT NOT NULL,"
	" label TEXT NOT NULL, period TEXT NOT NULL, printed INTEGER NOT NULL, value REAL NOT NULL,"
	" shown INTEGER NOT NULL,"
	" PRIMARY KEY (list, reader, figure, label, period, printed)) STRICT, WITHOUT ROWID;",

	/* 14: messages that went, by their reference: what comes back later names it; and the texts to each phone
         * (store/outbox/texts.h). */
	"CREATE INDEX outbox_reference ON outbox (message_id) WHERE open = 0 AND message_id <> '';"
	"CREATE TABLE text_sent (phone TEXT NOT NULL, at INTEGER NOT NULL, row INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL, print INTEGER NOT NULL,"
	" PRIMARY KEY (phone, at, row, attempt)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX text_sent_row ON text_sent (row, attempt);",
	/* 15: the audit as a chain (store/audit/audit.h). subject_key: of each child, worker and provider of whom the
         * audit tells; a number is never used again, because an erased child's rows still name it. The rows before this
         * step are put into the chain by audit_chain_old. */
	"CREATE TABLE subject_key (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE,"
	" key BLOB NOT NULL) STRICT;"
	"ALTER TABLE audit RENAME TO audit_before;"
	"DROP INDEX audit_number;"
	"CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, number INTEGER NOT NULL,"
	" rule TEXT NOT NULL, person TEXT NOT NULL, detail TEXT NOT NULL, subject_key INTEGER NOT NULL,"
	" proof BLOB NOT NULL, hash BLOB NOT NULL, alert TEXT NOT NULL, subject TEXT NOT NULL, personal TEXT NOT NULL)"
	" STRICT;"
	"CREATE INDEX audit_number ON audit (number) WHERE number > 0;"
	"CREATE TABLE audit_stamp (id INTEGER PRIMARY KEY, audit INTEGER NOT NULL, at INTEGER NOT NULL,"
	" token BLOB NOT NULL) STRICT;",
	/* 16: what was erased (store/erasure/erasures.h). mark: an HMAC of the id; subject: the id, until it is done.
         * stage and place: how far it is. erased: fingerprints of records that are not stored again. */
	"CREATE TABLE erasure (id INTEGER PRIMARY KEY, mark TEXT NOT NULL, at INTEGER NOT NULL, person TEXT NOT NULL,"
	" reason TEXT NOT NULL, subject TEXT NOT NULL, child INTEGER NOT NULL, worker INTEGER NOT NULL,"
	" provider INTEGER NOT NULL, subject_key INTEGER NOT NULL, audit_from INTEGER NOT NULL, stage INTEGER NOT NULL,"
	" place INTEGER NOT NULL, events INTEGER NOT NULL, alerts INTEGER NOT NULL, messages INTEGER NOT NULL,"
	" records INTEGER NOT NULL, audit_rows INTEGER NOT NULL) STRICT;"
	"CREATE INDEX erasure_mark ON erasure (mark);"
	"CREATE TABLE erased (print INTEGER PRIMARY KEY) STRICT;",
	/* 17: the numbers of the events of which an alert last told (store/alerts/alerts.h); in evidence_ids are ids of
         * what was told before this version. */
	"ALTER TABLE alert ADD COLUMN told_of BLOB NOT NULL DEFAULT x'';",
	/* 18: one index for the names of messages, waiting or gone: a row that goes no longer moves from one to the
         * other. */
	"DROP INDEX outbox_message;"
	"DROP INDEX outbox_reference;"
	"CREATE INDEX outbox_name ON outbox (message_id, id) WHERE message_id <> '';",
	/* 19: what names a row of the outbox on every machine (store/outbox/outbox.h). Rows before this have none. */
	"ALTER TABLE outbox ADD COLUMN same BLOB NOT NULL DEFAULT x'';"
	"CREATE UNIQUE INDEX outbox_same ON outbox (same) WHERE same <> x'';",
	/* 20: what the journal of a cell says of rows that are not here yet (store/elsewhere.h). */
	"CREATE TABLE elsewhere (same BLOB PRIMARY KEY, message BLOB NOT NULL, taken INTEGER NOT NULL,"
	" at INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
	/* 21: how long each thing that is wrong counts as wrong (store/conditions.h): 1 until it is over, 2 until its
         * alert is answered, 3 until the daily digest. */
	"ALTER TABLE condition ADD COLUMN lasting INTEGER NOT NULL DEFAULT 1;"
	"UPDATE condition SET lasting = 2 WHERE id IN ('ops.undeliverable', 'ops.ladder-spent') AND key GLOB 'A-*';"
	"UPDATE condition SET lasting = 3 WHERE id IN ('ops.conflict', 'ops.template', 'ops.clock-stepped',"
	" 'ops.ladder-missed') OR (id = 'ops.nobody' AND key NOT GLOB 'rota *') OR (id = 'ops.store' AND key = 'ended')"
	" OR (id IN ('ops.undeliverable', 'ops.ladder-spent') AND key NOT GLOB 'A-*');",
	/* 22: all messages that wait or are on their way: what asks of these walked through all there ever were. */
	"CREATE INDEX outbox_open ON outbox (critical, created) WHERE open = 1;",
	/* 23: answers of which it is not known yet whether they had an effect (store/events/events.h). */
	"CREATE TABLE answer_waiting (event INTEGER PRIMARY KEY) STRICT;",
	/* 24: what the board shows, in its order, with all that it counts by: it read every alert that stands, and the
         * child of each, for a page of a hundred. */
	"CREATE INDEX alert_board ON alert (acknowledged, severity, next, number, opened, history, rule)"
	" WHERE state = 0 AND early = 0 AND shadow = 0 AND told > 0;",
	/* 25: how a figure was counted when it was printed (store/registers/prints.h); of those before nobody knows. */
	"ALTER TABLE report_print ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;",
	/* 26: the newest message and record in quarantine when an erasure began: what came later is news. */
	"ALTER TABLE erasure ADD COLUMN last_message INTEGER NOT NULL DEFAULT 9223372036854775807;"
	"ALTER TABLE erasure ADD COLUMN last_record INTEGER NOT NULL DEFAULT 9223372036854775807;",
	/* 27: the dictionary by which `bytes` are packed (event/packing.h), 0 for none, as of all events before this;
         * and the dictionaries themselves, so that what is stored can be read without this program, too. */
	"ALTER TABLE event ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE event_dictionary (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;",
};
#define LATEST ((int)(sizeof steps / sizeof steps[0]))

int migrate_latest(void)
{
	return LATEST;
}

/* The version is set inside the step's own transaction: a step is there as a whole or not at all. */
static enum result take_step(struct store *store, int version, struct fault *fault)
{
	char set_version[64];
	(void)snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", version);
	enum result result = store_execute(store, "BEGIN IMMEDIATE", fault);
	if (result == RESULT_OK)
		result = store_execute(store, steps[version - 1], fault);
	if (result == RESULT_OK && version == MIGRATE_AUDIT)
		result = audit_chain_old(store, fault);
	if (result == RESULT_OK && version == MIGRATE_PACKED)
		result = packed_keep_dictionary(store, 1, fault);
	if (result == RESULT_OK)
		result = store_execute(store, set_version, fault);
	if (result == RESULT_OK)
		result = store_execute(store, "COMMIT", fault);
	if (result != RESULT_OK && !sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

enum result migrate_to(struct store *store, int version, struct fault *fault)
{
	int64_t now = 0;
	enum result result = store_pragma(store, "PRAGMA user_version", &now, fault);
	if (result == RESULT_OK && now > LATEST)
		return fault_set(fault, RESULT_PERMANENT,
		                 "the database %s was written by a newer casewatch (schema %d, this program knows %d): "
		                 "install that version again, or restore a backup made by this one",
		                 store->path, (int)now, LATEST);
	while (result == RESULT_OK && now < version)
		result = take_step(store, (int)++now, fault);
	return result;
}

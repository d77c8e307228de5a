/* traces: where an erased child may still be read outside the tables: files of events that were taken, bytes of the
 * database file, backups. */
#ifndef CASEWATCH_CLI_TRACES_H
#define CASEWATCH_CLI_TRACES_H

#include "config/config.h"

struct traces {
	int64_t lines;       /* that were taken out of files in the spool's done/ */
	int64_t left;        /* places in the database's files that still have one of the ids */
	int64_t backups;     /* that were made before and are still there, or on another machine; copies, too */
	int64_t unread;      /* files and directories that could not be looked at: the ids may stand there */
	struct buffer names; /* of the backups, one a line */
	struct buffer unread_names; /* and of those, with why */
};
/* Takes lines that name one of the ids out of the files in done/, and counts what is left. Nothing but the files in
 * done/ is changed. What cannot be looked at keeps nothing else from being looked at. */
void traces_look(const struct config *config, const struct text *ids, size_t count, struct traces *traces);
void traces_print(const struct traces *traces, struct buffer *out);
void traces_free(struct traces *traces);

/* A backup was made, or is begun: while it is there it is named when somebody is erased. RESULT_TEMPORARY: it cannot be
 * written down, and the copy is good all the same. */
MUST_CHECK enum result traces_note_backup(const char *database, const char *backup, instant at, struct fault *fault);
/* Removes what backups left that were killed before they were whole: children's data that nobody looks for. */
void traces_drop_abandoned(const char *database);

#endif

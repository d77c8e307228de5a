/* record_files: the files of a configuration with their fingerprints, for the audit, and to tell one reading from
 * another. Rotas count, which the directory names; no secret is read.
 *
 * The one rule: names are those in the configuration's own directories, never whole paths of the machine beyond what
 * the configuration says; contents are told by their SHA-256 alone. */
#ifndef CASEWATCH_RUN_RECORD_FILES_H
#define CASEWATCH_RUN_RECORD_FILES_H

#include "base/digest.h"
#include "config/config.h"

struct record_file {
	char *name;           /* "rules/custody.yaml": its part, and its name in it */
	struct digest digest;
	instant changed;      /* its bytes or its owner, by the file system; 0: it cannot be read */
	uint64_t inode;
	unsigned owner;       /* user id */
};
struct record_files {
	struct record_file *items; /* in the order of their names */
	size_t count, room;
};

/* Those that the configuration names; what cannot be read has the digest of nothing. Free in any case. */
void record_files_read(const struct config *config, struct record_files *files);
/* The same without their bytes, and with those of passwords, keys and certificates: to see that somebody was at them.
 */
void record_files_stand(const struct config *config, struct record_files *files);
void record_files_free(struct record_files *files);
/* A file that was changed at `since` or later, by the file system; NULL: none was. */
const char *record_files_youngest(const struct record_files *files, instant since);
/* Whether they are the same files, with the same bytes, untouched. */
bool record_files_same(const struct record_files *a, const struct record_files *b);
/* The same by the file system alone, whatever their bytes. */
bool record_files_untouched(const struct record_files *a, const struct record_files *b);
/* The names of those that were changed, added or taken away, with commas between them; returns how many. */
size_t record_files_differences(const struct record_files *before, const struct record_files *now, struct buffer *out);
/* One line a file: SHA-256 in hex, a blank, the name: what is kept to compare with. */
void record_files_known(const struct record_files *files, struct buffer *out);
/* As JSON: a fingerprint of each part; and each file that is not in `before` (such lines) as it is now, with its owner
 * and when it was changed, and those that are gone. `loading`: when they began to be loaded. */
void record_files_detail(const struct record_files *files, struct text before, instant loading, struct buffer *out);

#endif

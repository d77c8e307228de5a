/* record_files: the files of a configuration with their fingerprints, for the audit.
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
	instant changed;      /* its bytes or its owner, by the file system */
	unsigned owner;       /* user id */
};
struct record_files {
	struct record_file *items; /* in the order of their names */
	size_t count, room;
};

/* Those that the configuration names; what cannot be read has the digest of nothing. Free in any case. */
void record_files_read(const struct config *config, struct record_files *files);
void record_files_free(struct record_files *files);
/* One line a file: SHA-256 in hex, a blank, the name: what is kept to compare with. */
void record_files_known(const struct record_files *files, struct buffer *out);
/* As JSON: a fingerprint of each part; and each file that is not in `before` (such lines) as it is now, with its owner
 * and when it was changed, and those that are gone. `loading`: when they began to be loaded. */
void record_files_detail(const struct record_files *files, struct text before, instant loading, struct buffer *out);

#endif

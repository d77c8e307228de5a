/* pool: what is made of a directory of files, once for all councils of the process whose files say the same.
 *
 * The one rule: what lies here never changes, is whole, and follows from the bytes it is known by; who takes it gives
 * it back once, and the last one frees it. From any thread. */
#ifndef CASEWATCH_BASE_POOL_H
#define CASEWATCH_BASE_POOL_H

#include "base/digest.h"

struct pool_key {
	const char *kind;      /* what is made of them; a literal */
	const char *directory; /* as it is written: what is made says in which file something stands. Borrowed */
	struct digest digest;  /* of the files' names and bytes, and of when they were written */
};
/* The files that stand directly in the directory now, but for those whose names begin with a dot. False: one of them
 * cannot be read, or is too large to be one of ours: then nothing is known of it. */
bool pool_look(const char *kind, const char *directory, struct pool_key *key);

/* What is there under that key; NULL: nothing is. */
void *pool_take(const struct pool_key *key);
/* Puts something there that the caller made between pool_look and now, and gives what there is: that, or what another
 * was faster with, and then the caller's is freed. Where the files were changed meanwhile it is not kept for others. */
typedef void pool_free(void *item);
void *pool_add(const struct pool_key *key, void *item, pool_free *free);
/* Gives it back. False: it is nobody's here, and the caller's own. */
bool pool_leave(const void *item);

#endif

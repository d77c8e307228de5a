/* process: the programs that the demo starts: their input, their output, their end.
 *
 * The one rule: none outlives the demo, however it ends: each is killed by the kernel when its parent is gone. */
#ifndef CASEWATCH_DEMO_PROCESS_H
#define CASEWATCH_DEMO_PROCESS_H

#include "base/clock.h"
#include "base/text.h"

#include <sys/types.h>

struct demo_process {
	const char *name;   /* for people; borrowed; NULL: never started */
	pid_t pid;          /* 0: not running */
	int status;         /* as of waitpid, once it has ended */
	int input, output;  /* our ends of its pipes; -1: none */
	struct buffer heard; /* output that is not a whole line yet */
};

/* Starts argv[0] (a path). With a log, its output and errors go there and it has no pipes; else we write its input and
 * read its output, and its errors are ours. */
MUST_CHECK enum result demo_process_start(struct demo_process *process, const char *name, char *const argv[],
                                          const char *log, struct fault *fault);
/* The next line of its output, without the end, waiting at most so long; false: none came. `line` is replaced. */
bool demo_process_line(struct demo_process *process, instant wait, struct buffer *line);
/* Writes all of it into its input; RESULT_PERMANENT: it has ended. */
MUST_CHECK enum result demo_process_tell(struct demo_process *process, struct text bytes, struct fault *fault);
/* Whether it runs; else `status` says how it ended. */
bool demo_process_runs(struct demo_process *process);
/* Ends it: by the end of its input, or SIGTERM where it has none; after `patience` by SIGKILL. True: it ended by itself
 * with status 0. Fine with one that was never started. */
bool demo_process_stop(struct demo_process *process, instant patience);
/* "exit status 1", "signal 9". */
void demo_process_ended(const struct demo_process *process, struct buffer *out);

#endif

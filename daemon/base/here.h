/* here: for which council of the process a thread works.
 *
 * Several councils live in one process (docs/configuration.md, "Several councils"), and some things are a council's own
 * that every function may ask for: the word in each line of its log, how much it logs, the event types that its rules
 * declare, the certificates its channels saw. A thread carries which council it works for: the loop puts it in place
 * before a callback of what that council made (loop/loop.h), and a thread begins with that of whoever starts it
 * (base/threads.h). NULL is the process itself, and everywhere where there is one council alone.
 *
 * The one rule: names and levels are found by it, never data: a council's data are reached by its own struct. */
#ifndef CASEWATCH_BASE_HERE_H
#define CASEWATCH_BASE_HERE_H

#include <stdatomic.h>
#include <stdbool.h>

/* Councils that one process ever knew by name. England has 153; what they share (a loop, a disk) is not for more. */
#define HERE_MOST 256

struct here {
	const char *name;
	unsigned number;      /* from 1 to HERE_MOST; 0 stands for the process itself */
	atomic_int log_level; /* enum log_level */
};

/* The one of that name; made where there was none, and never freed: a thread that was left behind may carry it. NULL:
 * there are HERE_MOST. On the loop's thread alone. */
struct here *here_of(const char *name);
/* This thread's. */
struct here *here_now(void);
unsigned here_number(void);
/* Puts another in place, and returns what was. */
struct here *here_enter(struct here *here);

#endif

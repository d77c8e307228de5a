/* How often something is tried. The plain programs try what chance and size need; with sanitizers, and under Valgrind,
 * where TEST_ROUNDS is in the environment, each line is looked at as it runs, and few rounds go through all of them. */
#ifndef CASEWATCH_TESTS_ROUNDS_H
#define CASEWATCH_TESTS_ROUNDS_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool few_rounds(void)
{
	return getenv("TEST_ROUNDS") != NULL;
}

static inline int rounds_of(int usual, int few)
{
	return few_rounds() ? few : usual;
}

/* A test of how much or how long, that goes through no line which another of its program does not. It is named as
 * skipped. */
#define PLAIN_ONLY()                                                                                                   \
	do {                                                                                                           \
		if (few_rounds()) {                                                                                    \
			print_message("tried by the plain program alone\n");                                           \
			skip();                                                                                        \
		}                                                                                                      \
	} while (0)

#endif

/* How often something is tried. The plain programs try what chance and size need; with sanitizers, and under Valgrind,
 * where TEST_ROUNDS is in the environment, each line is looked at as it runs, and few rounds go through all of them. */
#ifndef CASEWATCH_TESTS_ROUNDS_H
#define CASEWATCH_TESTS_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline bool few_rounds(void)
{
	return getenv("TEST_ROUNDS") != NULL;
}

static inline int rounds_of(int usual, int few)
{
	return few_rounds() ? few : usual;
}

/* Of so many one is tried where few are: from which one on is another one each time, and said. */
static inline uint64_t rounds_from(uint64_t apart)
{
	const char *given = getenv("CASEWATCH_SEED");
	unsigned long seed = given ? strtoul(given, NULL, 10) : (unsigned long)getpid();
	if (!few_rounds())
		return 0;
	(void)printf("one in %llu, from %llu on: seed %lu (CASEWATCH_SEED)\n", (unsigned long long)apart,
	             (unsigned long long)(seed % apart), seed);
	return seed % apart;
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

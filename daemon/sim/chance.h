/* chance: where the simulator's randomness comes from: a seed, or the bytes of a fuzzer.
 *
 * The one rule: what happens at one place does not depend on how often another place asked. So there is no stream that
 * all draw from: each draw names what it is for, and the same name has the same answer, also when a shrinker left out
 * what came before. */
#ifndef CASEWATCH_SIM_CHANCE_H
#define CASEWATCH_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stream of its own: small, copied freely. */
struct chance {
	uint64_t state;
};
struct chance chance_of(uint64_t seed, uint64_t what);       /* of a number */
struct chance chance_named(uint64_t seed, const char *what); /* of a word, with NUL */
uint64_t chance_next(struct chance *chance);
uint64_t chance_below(struct chance *chance, uint64_t bound); /* 0 to bound - 1; 0 for 0 */
bool chance_one_in(struct chance *chance, uint64_t bound);

#endif

/* chance: splitmix64 (Steele, Lea and Flood 2014; public domain), one stream a name. */
#include "sim/chance.h"

static uint64_t mixed(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

struct chance chance_of(uint64_t seed, uint64_t what)
{
	return (struct chance){mixed(seed ^ mixed(what + 0x9e3779b97f4a7c15u))};
}

struct chance chance_named(uint64_t seed, const char *what)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	for (; *what; what++)
		hash = (hash ^ (unsigned char)*what) * 0x100000001b3u;
	return chance_of(seed, hash);
}

uint64_t chance_next(struct chance *chance)
{
	chance->state += 0x9e3779b97f4a7c15u;
	return mixed(chance->state);
}

uint64_t chance_below(struct chance *chance, uint64_t bound)
{
	return bound ? chance_next(chance) % bound : 0;
}

bool chance_one_in(struct chance *chance, uint64_t bound)
{
	return chance_below(chance, bound) == 0;
}

/* The bytes say what happens to a council, eight an act (docs/simulator.md, "A fuzzer"): whatever they say, what must
 * hold holds. A finding repeats with `casewatch-sim --seed 1 --days 3 --children 12 --bytes FILE`, and goes to
 * tests/sim/found. */
#include "fuzz.h"

#include "base/digest.h"
#include "sim/shrink.h"

#define DAYS 3 /* a second or so: long enough for a step's time to be over, and for a restore */
#define CHILDREN 12

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct sim_settings settings;
	const struct plan_settings wanted = {
		.seed = 1, .days = DAYS, .children = CHILDREN, .bytes = bytes, .length = length};
	struct plan plan;
	struct sim_figures figures;
	struct buffer failure = {0};
	shrink_world(); /* anew each time, so that a run follows from its bytes alone */
	plan_make(&plan, &wanted);
	sim_run(&plan, &settings, &figures, &failure);
	if (failure.length)
		(void)fprintf(stderr, "FAILED at %s\n", buffer_cstr(&failure));
	FUZZ_EXPECT(!failure.length);
	buffer_free(&failure);
	plan_free(&plan);
	return 0;
}

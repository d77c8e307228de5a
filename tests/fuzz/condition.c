/* Any condition: it compiles, or is refused with a reason and a place within it; compiled, it can be evaluated of a
 * child of whom nothing is known. */
#include "rules/condition.h"
#include "fuzz.h"

static bool never(void *context, const struct condition_state *state)
{
	(void)context;
	(void)state;
	return false;
}

static bool never_seen(void *context, type_id type)
{
	(void)context;
	(void)type;
	return false;
}

static const struct value *nothing(void *context, type_id type, uint16_t field)
{
	static const struct value absent;
	(void)context;
	(void)type;
	(void)field;
	return &absent;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static type_id types[2];
	struct fault fault = {{0}};
	size_t at = SIZE_MAX;
	char *owned;
	if (!types[0]) {
		schema_start();
		types[0] = schema_name_type(TEXT("missing.started"));
		types[1] = schema_name_type(TEXT("custody.threshold_met"));
	}
	struct text source = fuzz_text(bytes, length, &owned);
	struct event event = {.type = types[0]};
	struct condition *condition = condition_compile(source, (struct condition_place){types, 2}, &fault, &at);
	if (condition) {
		struct condition_scope scope = {
			.event = &event, .age = -1, .open = never, .seen = never_seen, .first = nothing};
		(void)condition_holds(condition, &scope);
		condition_free(condition);
	} else {
		FUZZ_EXPECT(fault.text[0] && at <= length);
	}
	free(owned);
	return 0;
}

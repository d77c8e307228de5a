/* Any line: the short way and the strict way take the same events, with the same meaning, or refuse it in the same
 * words; what is taken outlasts being packed. */
#include "event/event.h"
#include "event/meaning.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct event_parser *both, *strict;
	struct event a, b, unpacked;
	struct fault fault_a = {{0}}, fault_b = {{0}};
	char *owned;
	if (!both) {
		schema_start();
		struct zone *zone = zone_load("Europe/London", &fault_a);
		FUZZ_EXPECT(zone);
		both = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT("uk.gov."), zone);
		strict = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT("uk.gov."), zone);
		event_parser_strict(strict);
	}
	struct text line = fuzz_text(bytes, length, &owned);
	enum result by_both = event_parse(both, line, INSTANT_NONE, &a, &fault_a);
	enum result by_strict = event_parse(strict, line, INSTANT_NONE, &b, &fault_b);
	FUZZ_EXPECT(by_both == by_strict);
	FUZZ_EXPECT(strcmp(fault_a.text, fault_b.text) == 0);
	FUZZ_EXPECT((by_both == RESULT_OK) == (fault_a.text[0] == '\0'));
	if (by_both == RESULT_OK) {
		FUZZ_EXPECT(event_same_meaning(&a, &b));
		size_t size = event_packed_size(&a);
		char *packed = malloc(size);
		FUZZ_EXPECT(packed && size <= event_packed_most(&a) && event_pack(&a, packed) == size);
		struct arena *arena = arena_new(1024);
		event_unpack(packed, &unpacked, arena);
		FUZZ_EXPECT(event_same_meaning(&unpacked, &a));
		arena_free(arena);
		free(packed);
	}
	free(owned);
	return 0;
}

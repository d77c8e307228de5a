/* Any bytes as those of a packed event: they are refused, or what comes is no longer than the room and packs and
 * unpacks again; and any bytes as an event, with whatever of them is its subject: they come back as they were. */
#include "event/packing.h"
#include "fuzz.h"

static void comes_back(struct text bytes, struct text subject)
{
	struct arena *arena = arena_new(1024);
	char *room = mem_alloc(PACKING_MOST);
	struct fault fault;
	struct text back;
	struct packed packed = packing_pack(bytes, subject, arena);
	FUZZ_EXPECT(packed.bytes.length <= bytes.length);
	FUZZ_EXPECT(packing_unpack(packed, room, &back, &fault) == RESULT_OK);
	FUZZ_EXPECT(text_equal(back, bytes));
	free(room);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *owned, *room = mem_alloc(PACKING_MOST);
	struct text given = fuzz_text(bytes, length, &owned), back;
	struct fault fault;
	if (packing_unpack((struct packed){given, PACKING_DICTIONARY}, room, &back, &fault) == RESULT_OK) {
		FUZZ_EXPECT(back.at == room && back.length <= PACKING_MOST);
		comes_back(back, (struct text){back.at, back.length / 4});
	}
	if (length > 2) {
		size_t place = (size_t)bytes[0] * length / 256, subject = (size_t)bytes[1] * (length - place) / 256;
		comes_back(given, (struct text){given.at + place, subject});
	}
	free(owned);
	free(room);
	return 0;
}

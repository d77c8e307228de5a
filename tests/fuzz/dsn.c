/* Any mail that comes back: whatever it is taken for, it is about a message of ours only by an address or an id that we
 * signed. */
#include "channel/smtp/returned.h"
#include "fuzz.h"

#define OURS "12.00ff00ff00ff00ff"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *owned;
	struct returned returned;
	struct text mail = fuzz_text(bytes, length, &owned);
	returned_read(mail, TEXT("bounce@council.example"), TEXT("0123456789abcdef0123456789abcdef"), &returned);
	FUZZ_EXPECT(returned_kind_name(returned.kind));
	FUZZ_EXPECT(memchr(returned.words, '\0', sizeof returned.words) &&
	            memchr(returned.status, '\0', sizeof returned.status));
	for (const char *at = returned.words; *at; at++)
		FUZZ_EXPECT(*at >= ' ' && *at <= '~');
	FUZZ_EXPECT(!returned.by_address || returned.id[0]);
	returned_read(mail, TEXT_NONE, TEXT_NONE, &returned);
	FUZZ_EXPECT(!returned.by_address);
	free(owned);
	return 0;
}

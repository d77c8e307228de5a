/* Any bytes in the journal: they are a record, which is written as the same bytes again, or there is a reason, and then
 * nothing of them is left in the record. */
#include "cell/journal_record.h"
#include "fuzz.h"

static bool is_zero(const struct journal_record *record)
{
	const struct journal_record none = {.kind = 0};
	return record->kind == none.kind && record->nonce == 0 && record->council.length == 0 &&
	       record->owner.length == 0 && journal_row_equal(&record->row, &none.row) && record->attempt == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *owned;
	struct journal_record record;
	struct fault why = {""};
	struct buffer again = {0};
	struct text text = fuzz_text(bytes, length, &owned);
	enum journal_reading how = journal_record_read(text, TEXT("ashford"), &record, &why);
	if (how == JOURNAL_READ) {
		FUZZ_EXPECT(!why.text[0] && journal_kind_name(record.kind)[0] &&
		            text_equal(record.council, TEXT("ashford")));
		FUZZ_EXPECT(record.kind != JOURNAL_RESULT || journal_what_name(record.what)[0]);
		journal_record_write(&record, &again);
		FUZZ_EXPECT(bytes[3] > JOURNAL_VERSION || text_equal(buffer_view(&again), text));
	} else {
		FUZZ_EXPECT(why.text[0] && is_zero(&record));
		for (const char *at = why.text; *at; at++)
			FUZZ_EXPECT(*at >= ' ' && *at <= '~');
	}
	buffer_free(&again);
	free(owned);
	return 0;
}

/* journal_record: a record of the journal to bytes, and from any bytes back. */
#include "cell/journal_record.h"

#include <assert.h>

static const char magic[3] = {'C', 'W', 'J'};

/* ---- writing ---- */

static void put_number(struct buffer *out, uint64_t number, size_t bytes)
{
	for (size_t i = bytes; i-- > 0;)
		buffer_char(out, (char)(unsigned char)(number >> (8 * i)));
}

static void put_name(struct buffer *out, struct text name)
{
	assert(name.length > 0 && name.length <= JOURNAL_NAME_MOST);
	put_number(out, name.length, 1);
	buffer_text(out, name);
}

void journal_record_write(const struct journal_record *record, struct buffer *out)
{
	buffer_add(out, magic, sizeof magic);
	put_number(out, JOURNAL_VERSION, 1);
	put_number(out, record->kind, 1);
	put_number(out, record->nonce, 8);
	put_name(out, record->council);
	switch (record->kind) {
	case JOURNAL_OWN: put_name(out, record->owner); break;
	case JOURNAL_INTENT:
		buffer_add(out, record->row.at, sizeof record->row.at);
		buffer_add(out, record->message.at, sizeof record->message.at);
		put_number(out, record->attempt, 4);
		break;
	case JOURNAL_RESULT:
		buffer_add(out, record->row.at, sizeof record->row.at);
		put_number(out, record->attempt, 4);
		put_number(out, record->what, 1);
		break;
	}
}

/* ---- reading ---- */

/* What is left to read. Once it is cut, everything read of it is zero. */
struct rest {
	const unsigned char *at;
	size_t length;
	bool cut;
};

static const unsigned char *next_bytes(struct rest *rest, size_t length)
{
	if (rest->cut || rest->length < length) {
		rest->cut = true;
		return NULL;
	}
	const unsigned char *at = rest->at;
	rest->at += length;
	rest->length -= length;
	return at;
}

static uint64_t next_number(struct rest *rest, size_t bytes)
{
	const unsigned char *at = next_bytes(rest, bytes);
	uint64_t number = 0;
	for (size_t i = 0; at && i < bytes; i++)
		number = number << 8 | at[i];
	return number;
}

static struct text next_name(struct rest *rest)
{
	size_t length = (size_t)next_number(rest, 1);
	if (length == 0 || length > JOURNAL_NAME_MOST)
		rest->cut = true;
	const unsigned char *at = next_bytes(rest, length);
	return at ? (struct text){(const char *)at, length} : TEXT_NONE;
}

static struct journal_row next_row(struct rest *rest)
{
	struct journal_row row = {{0}};
	const unsigned char *at = next_bytes(rest, sizeof row.at);
	if (at)
		memcpy(row.at, at, sizeof row.at);
	return row;
}

/* `said`: of fault_set, which wrote why. */
static enum journal_reading refuse(enum journal_reading how, struct journal_record *record, enum result said)
{
	(void)said;
	*record = (struct journal_record){.kind = 0};
	return how;
}

/* The part that differs by kind; false: there is no such kind, or no such result. */
static bool read_body(struct rest *rest, struct journal_record *record)
{
	switch (record->kind) {
	case JOURNAL_OWN: record->owner = next_name(rest); return true;
	case JOURNAL_INTENT:
		record->row = next_row(rest);
		record->message = next_row(rest);
		record->attempt = (uint32_t)next_number(rest, 4);
		return true;
	case JOURNAL_RESULT:
		record->row = next_row(rest);
		record->attempt = (uint32_t)next_number(rest, 4);
		record->what = (enum journal_what)next_number(rest, 1);
		return rest->cut || (record->what >= JOURNAL_TAKEN && record->what <= JOURNAL_NOT_STARTED);
	}
	return false;
}

enum journal_reading journal_record_read(struct text bytes, struct text council, struct journal_record *record,
                                         struct fault *why)
{
	struct rest rest = {(const unsigned char *)bytes.at, bytes.length, false};
	const unsigned char *begin = next_bytes(&rest, sizeof magic);
	*record = (struct journal_record){.kind = 0};
	if (bytes.length > JOURNAL_RECORD_MOST)
		return refuse(JOURNAL_BROKEN, record,
		              fault_set(why, RESULT_PERMANENT, "it has %zu bytes, and a record has at most %d",
		                        bytes.length, JOURNAL_RECORD_MOST));
	if (!begin || memcmp(begin, magic, sizeof magic) != 0)
		return refuse(
			JOURNAL_BROKEN, record,
			fault_set(why, RESULT_PERMANENT, "it is no record of a journal (%zu bytes)", bytes.length));
	unsigned version = (unsigned)next_number(&rest, 1);
	record->kind = (enum journal_kind)next_number(&rest, 1);
	record->nonce = next_number(&rest, 8);
	record->council = next_name(&rest);
	if (rest.cut || version == 0)
		return refuse(JOURNAL_BROKEN, record,
		              fault_set(why, RESULT_PERMANENT,
		                        "it is cut short, or damaged, before its council ends (%zu "
		                        "bytes)",
		                        bytes.length));
	if (!text_equal(record->council, council))
		return refuse(JOURNAL_OTHER_COUNCIL, record,
		              fault_set(why, RESULT_PERMANENT,
		                        "it is of another council (%zu bytes): another machine is "
		                        "configured to use this partition for that one",
		                        bytes.length));
	if (version > JOURNAL_VERSION && record->kind != JOURNAL_OWN)
		return refuse(JOURNAL_NEWER, record,
		              fault_set(why, RESULT_PERMANENT,
		                        "it is of version %u, written by a newer casewatch: upgrade "
		                        "this machine",
		                        version));
	if (!read_body(&rest, record))
		return refuse(JOURNAL_BROKEN, record,
		              fault_set(why, RESULT_PERMANENT,
		                        "it is of no kind, or of no outcome, that there is (%zu "
		                        "bytes)",
		                        bytes.length));
	if (rest.cut || (rest.length > 0 && version == JOURNAL_VERSION))
		return refuse(JOURNAL_BROKEN, record,
		              fault_set(why, RESULT_PERMANENT,
		                        "it is cut short, or longer than what it says it is (%zu "
		                        "bytes)",
		                        bytes.length));
	return JOURNAL_READ;
}

uint64_t journal_record_print(const void *bytes, size_t length)
{
	struct text text = {bytes, bytes ? (length < JOURNAL_RECORD_MOST ? length : JOURNAL_RECORD_MOST) : 0};
	uint64_t print = text_fingerprint(text, 12);
	return print ? print : 1;
}

const char *journal_kind_name(enum journal_kind kind)
{
	switch (kind) {
	case JOURNAL_OWN: return "OWN";
	case JOURNAL_INTENT: return "INTENT";
	case JOURNAL_RESULT: return "RESULT";
	}
	return "";
}

const char *journal_what_name(enum journal_what what)
{
	switch (what) {
	case JOURNAL_TAKEN: return "taken";
	case JOURNAL_NOT_TAKEN: return "not taken";
	case JOURNAL_PERHAPS: return "perhaps taken";
	case JOURNAL_NOT_STARTED: return "not started";
	}
	return "";
}

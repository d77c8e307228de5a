/* audit_verify: whether every row of the audit is as it was written, and where it is not. */
#include "store/store_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SAY_EVERY 100000

struct verifying {
	struct audit_verdict *verdict;
	const struct audit_known *known;
	size_t known_count;
	int64_t *erased;       /* keys whose erasure the chain tells of, in order */
	size_t erased_count, erased_room;
	int64_t *going;        /* of them, whose words are being taken away, portion by portion */
	size_t going_count, going_room;
	struct buffer room;
};

static void put_hex(const struct digest *digest, char hex[2 * DIGEST_BYTES + 1])
{
	struct buffer out = {0};
	digest_put_hex(digest_view(digest), &out);
	(void)snprintf(hex, 2 * DIGEST_BYTES + 1, "%s", buffer_cstr(&out));
	buffer_free(&out);
}

/* ---- what is known from elsewhere ---- */

bool audit_known_read(struct text words, struct audit_known *known)
{
	size_t i = 0, digits = 0;
	*known = (struct audit_known){0};
	for (; i < words.length && ((words.at[i] >= '0' && words.at[i] <= '9') || words.at[i] == ',') && i < 18; i++)
		if (words.at[i] != ',') /* as people write it: "104,332" */
			known->row = known->row * 10 + (words.at[i] - '0');
	if (!i || i == words.length || words.at[i++] != ':')
		return false;
	for (; i < words.length && digits < sizeof known->hash - 1; i++) {
		char c = words.at[i];
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (c == ' ')
			continue;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		known->hash[digits++] = c;
	}
	return i == words.length && digits >= AUDIT_KNOWN_LEAST && known->row > 0;
}

/* ---- erasures ---- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* A key may be gone where the chain says so, and nowhere else. */
static enum result read_erasures(struct store *store, struct verifying *verifying, struct fault *fault)
{
	struct query query = query_start(
		store, "SELECT json_extract(detail, '$.key') FROM audit WHERE what = '" AUDIT_ERASED
		       "' AND json_valid(detail)");
	while (query_row(&query)) {
		int64_t *key = mem_push((void **)&verifying->erased, &verifying->erased_count,
		                        &verifying->erased_room, sizeof *key);
		*key = row_int(&query, 0);
	}
	if (verifying->erased_count)
		qsort(verifying->erased, verifying->erased_count, sizeof *verifying->erased, by_number);
	return query_end(&query, RESULT_OK, fault);
}

static enum result read_going(struct store *store, struct verifying *verifying, struct fault *fault)
{
	struct query query = query_start(store, "SELECT subject_key FROM erasure WHERE stage < 7 AND subject_key > 0");
	while (query_row(&query)) {
		int64_t *key = mem_push((void **)&verifying->going, &verifying->going_count, &verifying->going_room,
		                        sizeof *key);
		*key = row_int(&query, 0);
	}
	return query_end(&query, RESULT_OK, fault);
}

static bool is_going(const struct verifying *verifying, int64_t key)
{
	for (size_t i = 0; i < verifying->going_count; i++)
		if (verifying->going[i] == key)
			return true;
	return false;
}

static bool is_erased(const struct verifying *verifying, int64_t key)
{
	return verifying->erased_count && bsearch(&key, verifying->erased, verifying->erased_count,
	                                          sizeof *verifying->erased, by_number) != NULL;
}

/* ---- one row ---- */

static bool wrong(struct verifying *verifying, int64_t row, const char *format, ...) PRINTF_LIKE(3, 4);
static bool wrong(struct verifying *verifying, int64_t row, const char *format, ...)
{
	struct audit_verdict *verdict = verifying->verdict;
	va_list args;
	verdict->wrong = row;
	va_start(args, format);
	(void)vsnprintf(verdict->what, sizeof verdict->what, format, args);
	va_end(args);
	return false;
}

static bool numbers_fit(struct verifying *verifying, const struct audit_entry *entry)
{
	int64_t expected = verifying->verdict->rows + 1;
	if (entry->id == expected)
		return true;
	if (entry->id > expected)
		return wrong(verifying, expected, "row %" PRId64 " is missing: after row %" PRId64 " comes %" PRId64,
		             expected, expected - 1, entry->id);
	return wrong(verifying, expected, "a row %" PRId64 " stands before row 1, and was never written", entry->id);
}

static bool is_of_child(const struct audit_entry *entry)
{
	return entry->alert.length || entry->subject.length || entry->personal.length;
}

/* What stands beside the chain about a child: as it was written, or erased as a whole and the chain says so. */
static bool words_fit(struct verifying *verifying, const struct audit_entry *entry, struct text key)
{
	if (!entry->key && is_of_child(entry))
		return wrong(verifying, entry->id,
		             "row %" PRId64 " has words about a child that it was not written with", entry->id);
	if (!entry->key)
		return true;
	if (key.length) {
		struct digest proof = audit_row_proof(key, entry, &verifying->room);
		return text_equal(digest_view(&proof), entry->proof)
		               ? true
		               : wrong(verifying, entry->id,
		                       "the alert, subject or words of row %" PRId64
		                       " are not those that it was written with (its proof, made with key %" PRId64
		                       ", differs)",
		                       entry->id, entry->key);
	}
	if (!is_erased(verifying, entry->key))
		return wrong(verifying, entry->id,
		             "key %" PRId64 " of row %" PRId64 " is gone, and no row says that its child was erased",
		             entry->key, entry->id);
	if (is_of_child(entry) && !is_going(verifying, entry->key))
		return wrong(verifying, entry->id,
		             "the child of row %" PRId64 " was erased, and yet it has words about it", entry->id);
	verifying->verdict->erased++;
	return true;
}

static bool hash_fits(struct verifying *verifying, const struct audit_entry *entry)
{
	struct audit_verdict *verdict = verifying->verdict;
	char has[2 * DIGEST_BYTES + 1], expected[2 * DIGEST_BYTES + 1];
	struct digest hash = audit_row_hash(&verdict->hash, entry, &verifying->room), kept = {{0}};
	if (text_equal(digest_view(&hash), entry->hash)) {
		verdict->hash = hash;
		return true;
	}
	memcpy(kept.at, entry->hash.at, entry->hash.length < sizeof kept.at ? entry->hash.length : sizeof kept.at);
	put_hex(&kept, has);
	put_hex(&hash, expected);
	return wrong(verifying, entry->id,
	             "row %" PRId64 " is not as it was written: its hash is %.16s..., and what stands in it, after row "
	             "%" PRId64 ", gives %.16s...",
	             entry->id, has, entry->id - 1, expected);
}

static bool known_fits(struct verifying *verifying, const struct audit_entry *entry)
{
	char hex[2 * DIGEST_BYTES + 1] = "";
	for (size_t i = 0; i < verifying->known_count; i++) {
		const struct audit_known *known = &verifying->known[i];
		if (known->row != entry->id)
			continue;
		if (!*hex)
			put_hex(&verifying->verdict->hash, hex);
		if (strncmp(hex, known->hash, strlen(known->hash)) != 0)
			return wrong(verifying, entry->id,
			             "row %" PRId64 " is another than the one whose hash was kept elsewhere "
			             "(%.16s...; here %.16s...): rows up to it were written anew",
			             entry->id, known->hash, hex);
	}
	return true;
}

static bool row_fits(struct verifying *verifying, const struct audit_entry *entry, struct text key)
{
	bool fits = numbers_fit(verifying, entry) && hash_fits(verifying, entry) &&
	            words_fit(verifying, entry, key) && known_fits(verifying, entry);
	verifying->verdict->rows += fits;
	return fits;
}

/* ---- all ---- */

/* A tail that was cut leaves a chain that fits: only who kept its head elsewhere can tell. */
static void look_at_tail(struct verifying *verifying)
{
	const struct audit_verdict *verdict = verifying->verdict;
	for (size_t i = 0; i < verifying->known_count && !verdict->wrong; i++)
		if (verifying->known[i].row > verdict->rows)
			(void)wrong(verifying, verdict->rows + 1,
			            "row %" PRId64 " is missing: the audit ends at row %" PRId64
			            ", and row %" PRId64 " was there when its hash was kept elsewhere",
			            verdict->rows + 1, verdict->rows, verifying->known[i].row);
}

#define ROWS                                                                                                           \
	"SELECT " AUDIT_COLUMNS ", key FROM audit LEFT JOIN subject_key ON subject_key.id = subject_key"               \
	" ORDER BY audit.id"

static enum result read_rows(struct store *store, struct verifying *verifying, audit_progress *progress, void *argument,
                             struct fault *fault)
{
	struct query query = query_start(store, ROWS);
	enum result result = RESULT_OK;
	bool fit = true;
	while (fit && result == RESULT_OK && query_row(&query)) {
		struct audit_entry entry = audit_read_entry(&query);
		fit = row_fits(verifying, &entry, row_blob(&query, 13));
		if (progress && verifying->verdict->rows % SAY_EVERY == 0 &&
		    !progress(argument, verifying->verdict->rows))
			result = fault_set(fault, RESULT_TEMPORARY, "the audit was not read to its end");
	}
	return query_end(&query, result, fault);
}

enum result audit_verify(struct store *store, const struct audit_known *known, size_t known_count,
                         audit_progress *progress, void *argument, struct audit_verdict *verdict, struct fault *fault)
{
	struct verifying verifying = {.verdict = verdict, .known = known, .known_count = known_count};
	bool own = !store->open; /* one view of both tables, also beside a daemon that erases */
	*verdict = (struct audit_verdict){0};
	enum result result = own ? store_execute(store, "BEGIN", fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = read_erasures(store, &verifying, fault);
	if (result == RESULT_OK)
		result = read_going(store, &verifying, fault);
	if (result == RESULT_OK)
		result = read_rows(store, &verifying, progress, argument, fault);
	if (result == RESULT_OK)
		look_at_tail(&verifying);
	if (own && !sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	buffer_free(&verifying.room);
	free(verifying.erased);
	free(verifying.going);
	return result;
}

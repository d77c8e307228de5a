/* outbox_name: what a row, and the message it goes in, is called on every machine that holds the same. */
#include "store/store_internal.h"

#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_KEY "message_key" /* in meta: hexadecimal */

/* Each with its length before it, so that no two rows are made of the same bytes. */
static void put_text(struct buffer *out, struct text text)
{
	buffer_number(out, (int64_t)text.length);
	buffer_char(out, ' ');
	buffer_text(out, text);
}

struct outbox_same outbox_same_of(const struct outbox_row *row, unsigned before)
{
	struct outbox_same same;
	struct buffer made = {0};
	buffer_format(&made, "casewatch outbox 1 %d %d %u ", (int)row->kind, row->step, before);
	put_text(&made, row->purpose);
	put_text(&made, row->alert);
	put_text(&made, row->rule);
	put_text(&made, row->role);
	put_text(&made, row->person);
	put_text(&made, row->channel);
	put_text(&made, row->cause);
	struct digest digest = digest_sha256(buffer_view(&made));
	memcpy(same.at, digest.at, sizeof same.at);
	buffer_free(&made);
	return same;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outbox_same));
}

struct outbox_same outbox_same_together(const struct outbox_row *rows, size_t count)
{
	struct buffer made = {0};
	if (count == 1)
		return rows[0].same;
	struct outbox_same *sames = mem_zero(count, sizeof *sames), same = {{0}};
	bool known = true;
	for (size_t i = 0; i < count; i++) {
		sames[i] = rows[i].same;
		known = known && outbox_same_known(&rows[i].same);
	}
	qsort(sames, count, sizeof *sames, by_bytes);
	buffer_string(&made, "casewatch outbox together 1 ");
	buffer_add(&made, sames, count * sizeof *sames);
	struct digest digest = digest_sha256(buffer_view(&made));
	if (known)
		memcpy(same.at, digest.at, sizeof same.at);
	buffer_free(&made);
	free(sames);
	return same;
}

bool outbox_same_known(const struct outbox_same *same)
{
	const struct outbox_same none = {{0}};
	return memcmp(same->at, none.at, sizeof none.at) != 0;
}

void outbox_message_name(const struct store *store, const struct outbox_row *row, char name[OUTBOX_NAME_SIZE])
{
	struct digest digest;
	struct buffer hex = {0};
	if (outbox_same_known(&row->same))
		digest = digest_hmac((struct text){(const char *)store->message_key, sizeof store->message_key},
		                     (struct text){(const char *)row->same.at, sizeof row->same.at});
	else
		digest_random(digest.at, sizeof digest.at);
	digest_put_hex((struct text){(const char *)digest.at, (OUTBOX_NAME_SIZE - 1) / 2}, &hex);
	memcpy(name, hex.at, OUTBOX_NAME_SIZE);
	buffer_free(&hex);
}

/* ---- the key ---- */

static bool read_hex(struct text hex, unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < 2 * count; i++) {
		const char *digits = "0123456789abcdef", *at = i < hex.length ? strchr(digits, hex.at[i]) : NULL;
		if (!at || !*at)
			return false;
		bytes[i / 2] = (unsigned char)((unsigned)bytes[i / 2] << 4 | (unsigned)(at - digits));
	}
	return hex.length == 2 * count;
}

enum result outbox_use_key(struct store *store, const unsigned char key[OUTBOX_KEY_BYTES], struct fault *fault)
{
	struct buffer hex = {0};
	digest_put_hex((struct text){(const char *)key, OUTBOX_KEY_BYTES}, &hex);
	enum result result = store_set(store, MESSAGE_KEY, buffer_view(&hex), fault);
	buffer_free(&hex);
	if (result == RESULT_OK)
		memcpy(store->message_key, key, OUTBOX_KEY_BYTES);
	return result;
}

enum result outbox_load_key(struct store *store, struct fault *fault)
{
	struct text kept;
	unsigned char key[OUTBOX_KEY_BYTES];
	enum result result = store_get(store, MESSAGE_KEY, &kept, fault);
	if (result != RESULT_OK || read_hex(kept, store->message_key, sizeof store->message_key))
		return result;
	digest_random(key, sizeof key);
	return outbox_use_key(store, key, fault);
}

/* audit: writing rows of the chain, and erasing what they say of a child. */
#include "store/store_internal.h"

#include "text/json_write.h"

/* ---- the bytes that are hashed (docs/audit.md) ---- */

static void put_field(struct buffer *out, struct text field)
{
	buffer_number(out, (int64_t)field.length);
	buffer_char(out, ':');
	buffer_text(out, field);
	buffer_char(out, ',');
}

static void put_number(struct buffer *out, int64_t number)
{
	char digits[24];
	bool negative = number < 0;
	size_t length = text_digits(negative ? 0 - (uint64_t)number : (uint64_t)number, 1, digits + 1);
	digits[0] = '-';
	put_field(out, (struct text){negative ? digits : digits + 1, length + negative});
}

struct digest audit_row_hash(const struct digest *before, const struct audit_entry *row, struct buffer *room)
{
	buffer_clear(room);
	put_field(room, TEXT("casewatch audit 1"));
	put_field(room, digest_view(before));
	put_number(room, row->id);
	put_number(room, row->at);
	put_field(room, row->what);
	put_number(room, row->number);
	put_field(room, row->rule);
	put_field(room, row->person);
	put_field(room, row->detail);
	put_number(room, row->key);
	put_field(room, row->proof);
	return digest_sha256(buffer_view(room));
}

struct digest audit_row_proof(struct text key, const struct audit_entry *row, struct buffer *room)
{
	buffer_clear(room);
	put_field(room, TEXT("casewatch personal 1"));
	put_number(room, row->id);
	put_field(room, row->subject);
	put_field(room, row->alert);
	put_field(room, row->personal);
	return digest_hmac(key, buffer_view(room));
}

/* ---- the key of a child ---- */

static bool has_key_at_hand(const struct audit_memory *memory, struct text subject)
{
	return memory->key_at_hand && text_equal((struct text){memory->subject, memory->subject_length}, subject);
}

static enum result find_key(struct store *store, struct text subject, int64_t *id, struct digest *key,
                            struct fault *fault)
{
	struct query query = query_start(store, "SELECT id, key FROM subject_key WHERE subject = ?");
	*id = 0;
	bind_text(&query, subject);
	if (query_row(&query)) {
		struct text found = row_blob(&query, 1);
		*id = row_int(&query, 0);
		if (found.length == sizeof key->at)
			memcpy(key->at, found.at, sizeof key->at);
		else
			return query_end(&query,
			                 fault_set(fault, RESULT_PERMANENT,
			                           "a key of the audit in %s is damaged: restore the last backup",
			                           store->path),
			                 fault);
	}
	return query_end(&query, RESULT_OK, fault);
}

static enum result make_key(struct store *store, struct text subject, int64_t *id, struct digest *key,
                            struct fault *fault)
{
	digest_random(key->at, sizeof key->at);
	struct query query = query_start(store, "INSERT INTO subject_key (subject, key) VALUES (?, ?)");
	bind_text(&query, subject);
	bind_blob(&query, key->at, sizeof key->at);
	enum result result = query_run(&query, fault);
	*id = sqlite3_last_insert_rowid(store->database);
	return result;
}

/* Rows about one child come one after another: the last key stays at hand. */
static enum result key_of(struct store *store, struct text subject, struct fault *fault)
{
	struct audit_memory *memory = &store->audit;
	if (has_key_at_hand(memory, subject))
		return RESULT_OK;
	enum result result = find_key(store, subject, &memory->key_id, &memory->key, fault);
	if (result == RESULT_OK && !memory->key_id)
		result = make_key(store, subject, &memory->key_id, &memory->key, fault);
	memory->key_at_hand = result == RESULT_OK && subject.length <= sizeof memory->subject;
	if (memory->key_at_hand && subject.length)
		memcpy(memory->subject, subject.at, subject.length);
	memory->subject_length = memory->key_at_hand ? subject.length : 0;
	return result;
}

/* ---- the head ---- */

enum result audit_head(struct store *store, struct audit_head *head, struct fault *fault)
{
	struct audit_memory *memory = &store->audit;
	if (memory->known && store->mode == STORE_WRITE) {
		*head = memory->head;
		return RESULT_OK;
	}
	*head = (struct audit_head){.at = INSTANT_NONE};
	struct query query = query_start(store, "SELECT id, at, hash FROM audit ORDER BY id DESC LIMIT 1");
	if (query_row(&query)) {
		struct text hash = row_blob(&query, 2);
		head->row = row_int(&query, 0);
		head->at = row_int(&query, 1);
		if (hash.length == sizeof head->hash.at)
			memcpy(head->hash.at, hash.at, sizeof head->hash.at);
	}
	enum result result = query_end(&query, RESULT_OK, fault);
	if (result == RESULT_OK) {
		memory->known = true;
		memory->head = *head;
	}
	return result;
}

void audit_head_put(const struct audit_head *head, struct buffer *out)
{
	buffer_number(out, head->row);
	buffer_char(out, ':');
	digest_put_hex(digest_view(&head->hash), out);
}

void audit_head_short(const struct audit_head *head, struct buffer *out)
{
	digest_put_hex((struct text){(const char *)head->hash.at, 2}, out);
	buffer_char(out, ' ');
	digest_put_hex((struct text){(const char *)head->hash.at + 2, 2}, out);
}

/* ---- writing ---- */

static enum result insert(struct store *store, struct audit_entry *entry, struct fault *fault)
{
	struct query query = query_start(
		store, "INSERT INTO audit (id, at, what, number, rule, person, detail, subject_key, proof, hash,"
	               " alert, subject, personal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	bind_int(&query, entry->id);
	bind_int(&query, entry->at);
	bind_text(&query, entry->what);
	bind_int(&query, entry->number);
	bind_text(&query, entry->rule);
	bind_text(&query, entry->person);
	bind_text(&query, entry->detail);
	bind_int(&query, entry->key);
	bind_blob(&query, entry->proof.at, entry->proof.length);
	bind_blob(&query, entry->hash.at, entry->hash.length);
	bind_text(&query, entry->alert);
	bind_text(&query, entry->subject);
	bind_text(&query, entry->personal);
	return query_run(&query, fault);
}

/* Hashed after the row before it, and put behind it. */
enum result audit_append(struct store *store, struct audit_entry *entry, struct fault *fault)
{
	struct audit_memory *memory = &store->audit;
	struct audit_head head;
	struct digest proof, hash;
	enum result result = audit_head(store, &head, fault);
	entry->id = head.row + 1;
	if (result == RESULT_OK && (entry->alert.length || entry->subject.length || entry->personal.length)) {
		result = key_of(store, entry->subject, fault);
		entry->key = memory->key_id;
		proof = audit_row_proof(digest_view(&memory->key), entry, &memory->room);
		entry->proof = digest_view(&proof);
	}
	if (result != RESULT_OK)
		return result;
	hash = audit_row_hash(&head.hash, entry, &memory->room);
	entry->hash = digest_view(&hash);
	result = insert(store, entry, fault);
	if (result == RESULT_OK)
		memory->head = (struct audit_head){entry->id, entry->at, hash};
	entry->hash = entry->proof = TEXT_NONE;
	return result;
}

enum result audit_write(struct store *store, const struct audit_row *row, struct fault *fault)
{
	struct audit_entry entry = {.at = row->at,
	                            .what = text_of(row->what),
	                            .number = row->number,
	                            .rule = row->rule,
	                            .person = row->person,
	                            .detail = row->detail.length ? row->detail : TEXT("{}"),
	                            .alert = row->alert,
	                            .subject = row->subject,
	                            .personal = row->personal};
	enum result result = row->alert.length ? alerts_number(store, row->alert, &entry.number, fault) : RESULT_OK;
	return result == RESULT_OK ? audit_append(store, &entry, fault) : result;
}

enum result audit_add(struct store *store, instant at, const char *what, struct text alert, struct text rule,
                      struct text subject, struct text detail_json, struct fault *fault)
{
	struct audit_row row = {
		.at = at, .what = what, .alert = alert, .rule = rule, .subject = subject, .detail = detail_json};
	return audit_write(store, &row, fault);
}

enum result audit_look(struct store *store, instant at, struct text person, const char *page, struct text subject,
                       struct text alert, struct fault *fault)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	json_object(&json);
	json_put_string(&json, "page", page);
	json_object_end(&json);
	struct audit_row row = {.at = at, .what = "page.opened", .alert = alert, .subject = subject, .person = person,
	                        .detail = buffer_view(&detail)};
	enum result result = audit_write(store, &row, fault);
	buffer_free(&detail);
	return result;
}

/* ---- erasing ---- */

enum result audit_erase_words(struct store *store, int64_t key, int64_t after, int64_t last, int64_t *rows,
                              struct fault *fault)
{
	struct query query = query_start(store, "UPDATE audit SET alert = '', subject = '', personal = ''"
	                                        " WHERE id > ? AND id <= ? AND subject_key = ?");
	bind_int(&query, after);
	bind_int(&query, last);
	bind_int(&query, key);
	enum result result = query_run(&query, fault);
	*rows = result == RESULT_OK ? sqlite3_changes64(store->database) : 0;
	return result;
}

static enum result erase_key(struct store *store, int64_t key, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM subject_key WHERE id = ?");
	bind_int(&query, key);
	digest_wipe(&store->audit.key, sizeof store->audit.key);
	store->audit.key_at_hand = false;
	return query_run(&query, fault);
}

/* Without it the chain would not verify. `rows` below 0: they are counted later. */
static enum result say_erased(struct store *store, int64_t key, struct text person, instant at, int64_t rows,
                              struct fault *fault)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	json_object(&json);
	json_put_integer(&json, "key", key);
	if (rows >= 0)
		json_put_integer(&json, "rows", rows);
	json_object_end(&json);
	struct audit_row row = {
		.at = at, .what = AUDIT_ERASED, .person = person, .detail = buffer_view(&detail)};
	enum result result = audit_write(store, &row, fault);
	buffer_free(&detail);
	return result;
}

enum result audit_erase_key(struct store *store, struct text subject, struct text person, instant at, int64_t *key,
                            struct fault *fault)
{
	struct digest unread;
	enum result result = find_key(store, subject, key, &unread, fault);
	digest_wipe(&unread, sizeof unread);
	if (result != RESULT_OK || !*key)
		return result;
	result = erase_key(store, *key, fault);
	return result == RESULT_OK ? say_erased(store, *key, person, at, -1, fault) : result;
}

enum result audit_erase(struct store *store, struct text subject, struct text person, instant at, int64_t *rows,
                        struct fault *fault)
{
	struct digest unread;
	int64_t key;
	*rows = 0;
	enum result result = find_key(store, subject, &key, &unread, fault);
	digest_wipe(&unread, sizeof unread);
	if (result != RESULT_OK || !key)
		return result;
	result = audit_erase_words(store, key, 0, INT64_MAX, rows, fault);
	if (result == RESULT_OK)
		result = erase_key(store, key, fault);
	return result == RESULT_OK ? say_erased(store, key, person, at, *rows, fault) : result;
}

/* ---- time stamps ---- */

enum result audit_stamp_add(struct store *store, const struct audit_stamp *stamp, struct fault *fault)
{
	struct query query = query_start(store, "INSERT INTO audit_stamp (audit, at, token) VALUES (?, ?, ?)");
	bind_int(&query, stamp->row);
	bind_int(&query, stamp->at);
	bind_blob(&query, stamp->token.at, stamp->token.length);
	return query_run(&query, fault);
}

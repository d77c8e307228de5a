/* erasures: the file beside the database, and what is not stored again. */
#include "store/erasure/erasures.h"

#include "store/store_internal.h"

#include "base/digest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "casewatch erasures 1 "
#define SUBJECT "subject "
#define RECORDS "records"
#define FILE_BYTES_MOST ((size_t)512 << 20) /* thirty million records */

struct marked {
	char hex[2 * ERASURE_MARK_BYTES + 1];
	instant at;
};
struct erasures {
	char *path;
	bool has_key;
	struct digest key;
	uint64_t seed;
	uint64_t *prints;
	size_t count, room;
	struct map by_print;
	struct marked *marks; /* of the file, each once, by mark and time; and then those that are not in the table */
	size_t mark_count, mark_room;
	size_t again;
	off_t whole; /* where the last line ends; half a one stands behind it. -1: none does */
};

/* ---- fingerprints ---- */

static bool holds(const struct erasures *erasures, uint64_t print)
{
	struct map_walk walk = map_walk(&erasures->by_print, print);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;)
		if (erasures->prints[at] == print)
			return true;
	return false;
}

static bool remember(struct erasures *erasures, uint64_t print)
{
	if (holds(erasures, print))
		return false;
	map_add(&erasures->by_print, print, (uint32_t)erasures->count);
	*(uint64_t *)mem_push((void **)&erasures->prints, &erasures->count, &erasures->room, sizeof print) = print;
	return true;
}

uint64_t erasure_print(const struct store *store, struct text source, struct text id)
{
	return text_fingerprint(id, text_fingerprint(source, store->erasures->seed));
}

uint64_t erasure_print_bytes(const struct store *store, struct text bytes)
{
	return text_fingerprint(bytes, ~store->erasures->seed);
}

bool erasures_hold(const struct store *store, struct text source, struct text id)
{
	const struct erasures *erasures = store->erasures;
	return erasures && erasures->count && holds(erasures, erasure_print(store, source, id));
}

bool erasures_hold_bytes(const struct store *store, struct text bytes)
{
	const struct erasures *erasures = store->erasures;
	return erasures && erasures->count && holds(erasures, erasure_print_bytes(store, bytes));
}

size_t erasures_begun_again(const struct store *store)
{
	return store->erasures ? store->erasures->again : 0;
}

/* ---- the file ---- */

static void use_key(struct erasures *erasures, const struct digest *key)
{
	erasures->key = *key;
	erasures->has_key = true;
	memcpy(&erasures->seed, key->at, sizeof erasures->seed);
}

static enum result damaged(const struct erasures *erasures, struct fault *fault)
{
	return fault_set(
		fault, RESULT_PERMANENT,
		"%s is not as casewatch wrote it: put back a copy of it from beside a backup, or move it away; "
		"then an older backup brings back what was erased after it",
		erasures->path);
}

static bool starts(struct text line, const char *with)
{
	return line.length >= strlen(with) && memcmp(line.at, with, strlen(with)) == 0;
}

static void put_subject(struct text mark, instant at, struct buffer *out)
{
	buffer_format(out, SUBJECT "%.*s %lld\n", TEXT_ARG(mark), (long long)at);
}

/* As put_subject writes it and in no other way: a mark or a time that is like one would erase nobody, in silence. */
static bool read_subject(struct erasures *erasures, struct text line)
{
	struct marked mark = {0};
	unsigned char bytes[ERASURE_MARK_BYTES];
	size_t skipped = strlen(SUBJECT), hex = sizeof mark.hex - 1;
	struct buffer again = {0};
	if (line.length < skipped + hex + 2 ||
	    !digest_take_hex((struct text){line.at + skipped, hex}, bytes, sizeof bytes))
		return false;
	memcpy(mark.hex, line.at + skipped, hex);
	mark.at = strtoll(line.at + skipped + hex + 1, NULL, 10); /* a line feed stands behind each line */
	put_subject(text_of(mark.hex), mark.at, &again);
	bool same = again.length == line.length + 1 && memcmp(again.at, line.at, line.length) == 0;
	buffer_free(&again);
	if (same)
		*(struct marked *)mem_push((void **)&erasures->marks, &erasures->mark_count, &erasures->mark_room,
		                           sizeof mark) = mark;
	return same;
}

static bool read_records(struct erasures *erasures, struct text line)
{
	unsigned char bytes[8];
	for (size_t at = strlen(RECORDS); at < line.length; at += 17) {
		uint64_t print = 0;
		if (at + 17 > line.length || line.at[at] != ' ' ||
		    !digest_take_hex((struct text){line.at + at + 1, 16}, bytes, 8))
			return false;
		for (size_t i = 0; i < sizeof bytes; i++)
			print = print << 8 | bytes[i];
		(void)remember(erasures, print);
	}
	return true;
}

static bool read_line(struct erasures *erasures, struct text line, bool first)
{
	struct digest key;
	size_t skipped = strlen(HEADER);
	if (first && starts(line, HEADER) &&
	    digest_take_hex((struct text){line.at + skipped, line.length - skipped}, key.at, sizeof key.at)) {
		use_key(erasures, &key);
		return true;
	}
	return !first && (starts(line, SUBJECT) ? read_subject(erasures, line)
	                                        : starts(line, RECORDS) && read_records(erasures, line));
}

static int by_mark(const void *a, const void *b)
{
	const struct marked *x = a, *y = b;
	int order = strcmp(x->hex, y->hex);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* One id may have been erased several times: each time is an erasure of its own. */
static void put_marks_in_order(struct erasures *erasures)
{
	size_t kept = 0;
	if (erasures->mark_count)
		qsort(erasures->marks, erasures->mark_count, sizeof *erasures->marks, by_mark);
	for (size_t i = 0; i < erasures->mark_count; i++)
		if (!kept || by_mark(&erasures->marks[kept - 1], &erasures->marks[i]) != 0)
			erasures->marks[kept++] = erasures->marks[i];
	erasures->mark_count = kept;
}

/* Whole ones. */
static enum result read_lines(struct erasures *erasures, struct text bytes, struct fault *fault)
{
	bool first = true;
	while (bytes.length) {
		const char *end = memchr(bytes.at, '\n', bytes.length);
		assert(end);
		struct text line = {bytes.at, (size_t)(end - bytes.at)};
		if (!read_line(erasures, line, first))
			return damaged(erasures, fault);
		first = false;
		bytes = (struct text){end + 1, bytes.length - line.length - 1};
	}
	return RESULT_OK;
}

/* A last line that was written by halves was followed by no commit, and is cut off; in a file that is not ours it is
 * passed over. */
static enum result read_file(struct erasures *erasures, bool ours, struct fault *fault)
{
	struct buffer bytes = {0};
	char piece[16384];
	int file = open(erasures->path, O_CLOEXEC | (ours ? O_RDWR | O_NOFOLLOW : O_RDONLY));
	if (file < 0)
		return errno == ENOENT ? RESULT_OK
		                       : fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", erasures->path,
		                                   strerror(errno));
	ssize_t got = 0;
	while (bytes.length < FILE_BYTES_MOST && (got = read(file, piece, sizeof piece)) > 0)
		buffer_add(&bytes, piece, (size_t)got);
	if (got > 0) {
		(void)close(file);
		buffer_free(&bytes);
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s has more than %zu bytes, which is more than casewatch reads", erasures->path,
		                 FILE_BYTES_MOST);
	}
	size_t whole = bytes.length;
	while (whole && bytes.at[whole - 1] != '\n')
		whole--;
	enum result result = RESULT_OK;
	if (got < 0 || (ours && whole < bytes.length && ftruncate(file, (off_t)whole) != 0))
		result = fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", erasures->path, strerror(errno));
	if (result == RESULT_OK)
		result = read_lines(erasures, (struct text){bytes.at, whole}, fault);
	put_marks_in_order(erasures);
	(void)close(file);
	buffer_free(&bytes);
	return result;
}

static void put_header(const struct erasures *erasures, struct buffer *out)
{
	buffer_string(out, HEADER);
	digest_put_hex(digest_view(&erasures->key), out);
	buffer_char(out, '\n');
}

static void put_records(const struct erasures *erasures, size_t from, struct buffer *out)
{
	for (size_t i = from; i < erasures->count; i++)
		buffer_format(out, RECORDS " %016llx\n", (unsigned long long)erasures->prints[i]);
}

/* On the disk before the transaction that it belongs to: what is then in the file alone is begun again. What could not
 * be written whole is cut off before the next: a line behind half a one would be none, and the file damaged. */
static enum result append(struct erasures *erasures, struct text lines, struct fault *fault)
{
	struct stat found = {0};
	struct buffer head = {0};
	int file = open(erasures->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool kept = file >= 0 && (erasures->whole < 0 || ftruncate(file, erasures->whole) == 0) &&
	            fstat(file, &found) == 0;
	bool fresh = kept && found.st_size == 0;
	if (fresh)
		put_header(erasures, &head);
	buffer_text(&head, lines);
	if (kept)
		erasures->whole = found.st_size;
	kept = kept && file_write(file, buffer_view(&head)) && fsync(file) == 0;
	enum result result =
		kept ? RESULT_OK
		     : fault_set(fault, RESULT_TEMPORARY, "%s cannot be written (%s): nothing is erased until it can",
	                         erasures->path, strerror(errno));
	if (file >= 0)
		(void)close(file);
	buffer_free(&head);
	if (result == RESULT_OK && fresh)
		result = file_sync_name(erasures->path, fault);
	erasures->whole = result == RESULT_OK ? -1 : erasures->whole;
	return result;
}

/* ---- both together ---- */

static enum result write_key(struct store *store, struct fault *fault)
{
	struct buffer hex = {0};
	digest_put_hex(digest_view(&store->erasures->key), &hex);
	enum result result = store_set(store, "erasure_key", buffer_view(&hex), fault);
	buffer_free(&hex);
	return result;
}

enum result erasures_need_key(struct store *store, struct fault *fault)
{
	struct text kept; /* the transaction of a try that failed took it back */
	enum result result = store_get(store, "erasure_key", &kept, fault);
	if (result != RESULT_OK || kept.length)
		return result;
	struct digest key;
	if (!store->erasures->has_key) {
		digest_random(key.at, sizeof key.at);
		use_key(store->erasures, &key);
	}
	return write_key(store, fault);
}

void erasures_mark(const struct store *store, struct text subject, struct buffer *hex)
{
	struct buffer room = {0};
	buffer_string(&room, "subject ");
	buffer_text(&room, subject);
	struct digest mark = digest_hmac(digest_view(&store->erasures->key), buffer_view(&room));
	digest_put_hex((struct text){(const char *)mark.at, ERASURE_MARK_BYTES}, hex);
	buffer_free(&room);
}

enum result erasures_note_subject(struct store *store, struct text mark, instant at, struct fault *fault)
{
	struct buffer line = {0};
	put_subject(mark, at, &line);
	enum result result = append(store->erasures, buffer_view(&line), fault);
	buffer_free(&line);
	return result;
}

enum result erasures_note_records(struct store *store, const uint64_t *prints, size_t count, struct fault *fault)
{
	struct buffer line = {0};
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count; i++)
		if (!holds(store->erasures, prints[i]))
			buffer_format(&line, " %016llx", (unsigned long long)prints[i]);
	if (line.length) {
		struct buffer whole = {0};
		buffer_format(&whole, RECORDS "%s\n", buffer_cstr(&line));
		result = append(store->erasures, buffer_view(&whole), fault);
		buffer_free(&whole);
	}
	buffer_free(&line);
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		(void)remember(store->erasures, prints[i]); /* not before: it would be taken for written */
		struct query query = query_start(store, "INSERT OR IGNORE INTO erased (print) VALUES (?)");
		bind_int(&query, (int64_t)prints[i]);
		result = query_run(&query, fault);
	}
	return result;
}

/* ---- start ---- */

static enum result compare_keys(struct store *store, struct fault *fault)
{
	struct erasures *erasures = store->erasures;
	struct digest key;
	struct text kept;
	enum result result = store_get(store, "erasure_key", &kept, fault);
	if (result != RESULT_OK || (!kept.length && !erasures->has_key))
		return result;
	if (!kept.length)
		return write_key(store, fault);
	if (!digest_take_hex(kept, key.at, sizeof key.at))
		return damaged(erasures, fault);
	if (erasures->has_key && memcmp(key.at, erasures->key.at, sizeof key.at) != 0)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s belongs to another database than %s: put the one that belongs to it beside it "
		                 "(docs/backup.md)",
		                 erasures->path, store->path);
	use_key(erasures, &key);
	return RESULT_OK;
}

/* The file was lost, or is of before: what the table says is written into it again. */
static enum result complete_file(struct store *store, size_t in_file, struct fault *fault)
{
	struct erasures *erasures = store->erasures;
	struct buffer lines = {0};
	struct query query = query_start(store, "SELECT mark, at FROM erasure ORDER BY id");
	while (query_row(&query)) {
		struct text mark = row_text(&query, 0);
		struct marked wanted = {.at = row_int(&query, 1)};
		if (mark.length < sizeof wanted.hex)
			memcpy(wanted.hex, mark.at, mark.length);
		if (!erasures->mark_count ||
		    !bsearch(&wanted, erasures->marks, erasures->mark_count, sizeof *erasures->marks, by_mark))
			put_subject(mark, wanted.at, &lines);
	}
	enum result result = query_end(&query, RESULT_OK, fault);
	put_records(erasures, in_file, &lines);
	if (result == RESULT_OK && lines.length)
		result = append(erasures, buffer_view(&lines), fault);
	buffer_free(&lines);
	return result;
}

static enum result load_records(struct store *store, size_t *in_file, struct fault *fault)
{
	struct erasures *erasures = store->erasures;
	size_t known = 0;
	*in_file = erasures->count;
	struct query query = query_start(store, "SELECT print FROM erased");
	while (query_row(&query))
		known += !remember(erasures, (uint64_t)row_int(&query, 0));
	enum result result = query_end(&query, RESULT_OK, fault);
	for (size_t i = 0; i < *in_file && known < *in_file && result == RESULT_OK; i++) {
		struct query add = query_start(store, "INSERT OR IGNORE INTO erased (print) VALUES (?)");
		bind_int(&add, (int64_t)erasures->prints[i]);
		result = query_run(&add, fault);
	}
	return result;
}

enum result erasures_know(struct store *store, struct text mark, instant at, bool *there, struct fault *fault)
{
	struct query query = query_start(store, "SELECT 1 FROM erasure WHERE mark = ? AND at = ?");
	bind_text(&query, mark);
	bind_int(&query, at);
	*there = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

enum result erasures_load(struct store *store, struct fault *fault)
{
	struct erasures *erasures = store->erasures = MEM_NEW(struct erasures);
	struct buffer path = {0};
	size_t in_file = 0;
	buffer_format(&path, "%s.erased", store->path);
	erasures->path = mem_copy_text(path.at, path.length);
	erasures->whole = -1;
	buffer_free(&path);
	enum result result = read_file(erasures, true, fault);
	if (result == RESULT_OK)
		result = compare_keys(store, fault);
	if (result == RESULT_OK && erasures->has_key)
		result = load_records(store, &in_file, fault);
	if (result == RESULT_OK && erasures->has_key)
		result = complete_file(store, in_file, fault);
	size_t kept = 0;
	for (size_t i = 0; i < erasures->mark_count && result == RESULT_OK; i++) {
		bool there = false;
		result = erasures_know(store, text_of(erasures->marks[i].hex), erasures->marks[i].at, &there, fault);
		if (!there)
			erasures->marks[kept++] = erasures->marks[i];
	}
	erasures->mark_count = kept;
	return result;
}

bool erasures_missing(const struct store *store, size_t which, const char **mark, instant *at)
{
	const struct erasures *erasures = store->erasures;
	if (which >= erasures->mark_count)
		return false;
	*mark = erasures->marks[which].hex;
	*at = erasures->marks[which].at;
	return true;
}

void erasures_count_again(struct store *store)
{
	store->erasures->again++;
}

static void let_go(struct erasures *erasures)
{
	digest_wipe(&erasures->key, sizeof erasures->key);
	free(erasures->path);
	free(erasures->prints);
	map_free(&erasures->by_print);
	free(erasures->marks);
}

void erasures_free(struct store *store)
{
	if (!store->erasures)
		return;
	let_go(store->erasures);
	free(store->erasures);
	store->erasures = NULL;
}

/* ---- two files ---- */

static enum result read_other(struct erasures *erasures, const char *path, struct fault *fault)
{
	*erasures = (struct erasures){.path = mem_copy_text(path, strlen(path)), .whole = -1};
	return read_file(erasures, false, fault);
}

/* What stands in the other is put into the one. */
static enum result take_in(struct erasures *one, const struct erasures *other, struct fault *fault)
{
	if (one->has_key && other->has_key && memcmp(one->key.at, other->key.at, sizeof one->key.at) != 0)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s and %s are of two databases: move away the one that does not belong to the "
		                 "backup; who was erased by that one has to be erased anew",
		                 one->path, other->path);
	if (other->has_key)
		use_key(one, &other->key);
	for (size_t i = 0; i < other->mark_count; i++)
		*(struct marked *)mem_push((void **)&one->marks, &one->mark_count, &one->mark_room,
		                           sizeof *one->marks) = other->marks[i];
	put_marks_in_order(one);
	for (size_t i = 0; i < other->count; i++)
		(void)remember(one, other->prints[i]);
	return RESULT_OK;
}

static enum result write_new(const struct erasures *erasures, const char *path, struct fault *fault)
{
	struct buffer bytes = {0};
	if (erasures->has_key)
		put_header(erasures, &bytes);
	for (size_t i = 0; i < erasures->mark_count; i++)
		put_subject(text_of(erasures->marks[i].hex), erasures->marks[i].at, &bytes);
	put_records(erasures, 0, &bytes);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool kept = file >= 0 && file_write(file, buffer_view(&bytes)) && fsync(file) == 0;
	enum result result =
		kept ? RESULT_OK
		     : fault_set(fault, RESULT_PERMANENT, "%s cannot be written: %s", path, strerror(errno));
	if (file >= 0)
		(void)close(file);
	buffer_free(&bytes);
	return result;
}

enum result erasures_unite(const char *one, const char *other, const char *to, struct fault *fault)
{
	struct erasures first, second = {0};
	enum result result = read_other(&first, one, fault);
	if (result == RESULT_OK)
		result = read_other(&second, other, fault);
	if (result == RESULT_OK)
		result = take_in(&first, &second, fault);
	if (result == RESULT_OK)
		result = write_new(&first, to, fault);
	let_go(&first);
	let_go(&second);
	return result;
}

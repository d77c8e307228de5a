/* erase_orders: written by the tool, taken by the daemon. */
#include "store/erasure/erase_orders.h"

#include "store/store_internal.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "casewatch erase 1"
#define ENDING ".order"
#define ORDER_BYTES_MOST 65536 /* some hundred linked ids */

static void directory_of(const char *database, struct buffer *path)
{
	buffer_format(path, "%s.erase", database);
}

enum result erase_orders_start(const char *database, struct buffer *path, struct fault *fault)
{
	directory_of(database, path);
	if (mkdir(buffer_cstr(path), 0700) == 0 || errno == EEXIST)
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT, "%s cannot be made: %s", buffer_cstr(path), strerror(errno));
}

/* ---- writing ---- */

static bool fits_a_line(struct text words)
{
	for (size_t i = 0; i < words.length; i++)
		if ((unsigned char)words.at[i] < ' ')
			return false;
	return true;
}

static enum result write_orders(const struct erasure_order *orders, size_t count, struct buffer *out,
                                struct fault *fault)
{
	buffer_format(out, HEADER "\nat %lld\naudit %lld\nperson %.*s\nreason %.*s\n", (long long)orders[0].at,
	              (long long)orders[0].audit_from, TEXT_ARG(orders[0].person), TEXT_ARG(orders[0].reason));
	bool fits = fits_a_line(orders[0].person) && fits_a_line(orders[0].reason);
	for (size_t i = 0; i < count; i++) {
		buffer_format(out, "subject %.*s\n", TEXT_ARG(orders[i].subject));
		fits = fits && fits_a_line(orders[i].subject) && orders[i].subject.length;
	}
	buffer_string(out, "end\n");
	return fits && out->length <= ORDER_BYTES_MOST
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT,
	                           "an order to erase takes no control characters, and at most %d "
	                           "bytes",
	                           ORDER_BYTES_MOST);
}

static enum result put_file(int directory, const char *name, const struct buffer *bytes, struct fault *fault)
{
	struct buffer fresh = {0}, whole = {0};
	buffer_format(&fresh, ".%s", name);
	buffer_format(&whole, "%s" ENDING, name);
	int file = openat(directory, buffer_cstr(&fresh), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool kept = file >= 0 && file_write(file, buffer_view(bytes)) && fsync(file) == 0 &&
	            renameat(directory, buffer_cstr(&fresh), directory, buffer_cstr(&whole)) == 0 &&
	            fsync(directory) == 0;
	enum result result =
		kept ? RESULT_OK
		     : fault_set(fault, RESULT_PERMANENT, "the order cannot be written: %s", strerror(errno));
	if (file >= 0)
		(void)close(file);
	if (file >= 0 && !kept) { /* it names the child; and of what is said not to be written nothing comes */
		(void)unlinkat(directory, buffer_cstr(&fresh), 0);
		(void)unlinkat(directory, buffer_cstr(&whole), 0);
	}
	buffer_free(&fresh);
	buffer_free(&whole);
	return result;
}

enum result erase_orders_put(const char *database, const struct erasure_order *orders, size_t count,
                             struct fault *fault)
{
	struct buffer path = {0}, bytes = {0}, name = {0};
	uint64_t random;
	enum result result = write_orders(orders, count, &bytes, fault);
	directory_of(database, &path);
	digest_random(&random, sizeof random);
	buffer_format(&name, "%lld-%016llx", (long long)orders[0].at, (unsigned long long)random);
	int directory = open(buffer_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (result == RESULT_OK && directory < 0)
		result = fault_set(fault, RESULT_PERMANENT,
		                   "%s cannot be opened (%s), through which the daemon is asked: has this version of "
		                   "casewatchd run with this configuration?",
		                   buffer_cstr(&path), strerror(errno));
	if (result == RESULT_OK)
		result = put_file(directory, buffer_cstr(&name), &bytes, fault);
	if (directory >= 0)
		(void)close(directory);
	buffer_free(&path);
	buffer_free(&bytes);
	buffer_free(&name);
	return result;
}

/* ---- taking ---- */

static bool take_value(struct text line, const char *name, struct text *value)
{
	size_t length = strlen(name);
	if (line.length <= length || memcmp(line.at, name, length) != 0 || line.at[length] != ' ')
		return false;
	*value = (struct text){line.at + length + 1, line.length - length - 1};
	return true;
}

static instant number_of(struct text digits)
{
	char room[24] = "";
	if (digits.length < sizeof room)
		memcpy(room, digits.at, digits.length);
	return strtoll(room, NULL, 10);
}

/* The lines of one file, in the order in which they are written; false: it is none, or not whole. */
static bool read_orders(struct text bytes, erase_orders_visit *visit, void *argument, enum result *result,
                        struct fault *fault)
{
	struct erasure_order order = {.at = INSTANT_NONE, .audit_from = INSTANT_NONE};
	struct text value;
	bool first = true;
	*result = RESULT_OK;
	while (bytes.length) {
		const char *end = memchr(bytes.at, '\n', bytes.length);
		if (!end)
			return false;
		struct text line = {bytes.at, (size_t)(end - bytes.at)};
		bytes = (struct text){end + 1, bytes.length - line.length - 1};
		if (first && !text_equal(line, TEXT(HEADER)))
			return false;
		first = false;
		if (text_equal(line, TEXT("end")))
			return order.at != INSTANT_NONE;
		if (take_value(line, "at", &value))
			order.at = number_of(value);
		else if (take_value(line, "audit", &value))
			order.audit_from = number_of(value);
		else if (take_value(line, "person", &value))
			order.person = value;
		else if (take_value(line, "reason", &value))
			order.reason = value;
		else if (take_value(line, "subject", &value) && *result == RESULT_OK && visit) {
			order.subject = value;
			*result = visit(argument, &order, fault);
		}
	}
	return false;
}

enum result erase_orders_read(struct text bytes, erase_orders_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	/* First as a whole: half an order is none. */
	if (!read_orders(bytes, NULL, NULL, &result, fault))
		return fault_set(fault, RESULT_PERMANENT, "it is no order to erase, or not a whole one");
	(void)read_orders(bytes, visit, argument, &result, fault);
	return result;
}

/* One of the two takes them. */
struct taking {
	erase_orders_visit *visit;
	erase_orders_hand_on *hand_on;
	void *argument;
	int unread; /* of a file that cannot be read today: errno; 0: there was none */
};

/* Then it is no order; else the disk, or the process, may be able to another time. */
static bool is_none(int why)
{
	return why == ELOOP || why == EISDIR || why == EACCES || why == ENXIO;
}

static void put_file_aside(int directory, const char *name)
{
	struct buffer aside = {0};
	buffer_format(&aside, "%s.unreadable", name);
	log_error("an order to erase cannot be read and is put aside as %s: order it again", buffer_cstr(&aside));
	if (renameat(directory, name, directory, buffer_cstr(&aside)) != 0)
		log_warning("it cannot be renamed: %s", strerror(errno));
	buffer_free(&aside);
}

static enum result take_file(int directory, const char *name, struct taking *taking, struct fault *fault)
{
	static char bytes[ORDER_BYTES_MOST + 1];
	enum result result = RESULT_OK, unread;
	int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length = file < 0 ? -1 : read(file, bytes, sizeof bytes);
	int why = errno;
	struct text whole = {bytes, length > 0 ? (size_t)length : 0};
	/* First as a whole: half an order is none. */
	bool readable = length > 0 && read_orders(whole, NULL, NULL, &unread, fault);
	if (file >= 0)
		(void)close(file);
	if (readable && taking->hand_on)
		result = taking->hand_on(taking->argument, whole, fault);
	else if (readable)
		(void)read_orders(whole, taking->visit, taking->argument, &result, fault);
	if (readable && result == RESULT_OK && unlinkat(directory, name, 0) != 0)
		log_warning("an order to erase that was carried out cannot be removed: %s", strerror(errno));
	if (length < 0 && !is_none(why))
		taking->unread = why;
	else if (!readable)
		put_file_aside(directory, name);
	digest_wipe(bytes, sizeof bytes);
	return result;
}

static bool is_order(const char *name)
{
	size_t length = strlen(name), ending = strlen(ENDING);
	return name[0] != '.' && length > ending && strcmp(name + length - ending, ENDING) == 0;
}

static enum result take_all(const char *database, struct taking *taking, struct fault *fault)
{
	struct buffer path = {0};
	enum result result = RESULT_OK;
	directory_of(database, &path);
	DIR *directory = opendir(buffer_cstr(&path));
	if (!directory && errno != ENOENT)
		taking->unread = errno;
	for (const struct dirent *entry;
	     directory && result == RESULT_OK && (entry = file_next(directory, &taking->unread));)
		if (is_order(entry->d_name))
			result = take_file(dirfd(directory), entry->d_name, taking, fault);
	if (directory)
		(void)closedir(directory);
	if (result == RESULT_OK && taking->unread)
		result = fault_set(fault, RESULT_TEMPORARY, "an order to erase in %s cannot be read (%s): it waits",
		                   buffer_cstr(&path), strerror(taking->unread));
	buffer_free(&path);
	return result;
}

enum result erase_orders_take(const char *database, erase_orders_visit *visit, void *argument, struct fault *fault)
{
	return take_all(database, &(struct taking){.visit = visit, .argument = argument}, fault);
}

enum result erase_orders_pass(const char *database, erase_orders_hand_on *hand_on, void *argument, struct fault *fault)
{
	return take_all(database, &(struct taking){.hand_on = hand_on, .argument = argument}, fault);
}

size_t erase_orders_waiting(const char *database)
{
	struct buffer path = {0};
	size_t count = 0;
	int why = 0;
	directory_of(database, &path);
	DIR *directory = opendir(buffer_cstr(&path));
	if (!directory && errno != ENOENT)
		why = errno;
	buffer_free(&path);
	for (const struct dirent *entry; directory && (entry = file_next(directory, &why));)
		count += is_order(entry->d_name);
	if (directory)
		(void)closedir(directory);
	return count + (why != 0);
}

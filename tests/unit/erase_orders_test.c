/* Orders to erase a child: written by the tool, taken by the daemon; whole, or not there, and never kept for longer
 * than they are needed.
 */
#include "store_fixture.h"
#include "unlisted.h"

#include "base/file.h"
#include "base/log.h"
#include "store/erasure/erase_orders.h"

#include <fcntl.h>
#include <sys/stat.h>

#define AT (1700000000 * SECOND)

struct place {
	char folder[64], database[80], orders[96];
	struct buffer taken; /* "subject person reason audit_from|" */
	int left;            /* visits until one fails; -1: none does */
};

/* A disk that fails to keep (Makefile: --wrap). */
int __real_fsync(int file);
int __wrap_fsync(int file);
static int syncs_left = -1;

int __wrap_fsync(int file)
{
	if (syncs_left == 0) {
		errno = EIO;
		return -1;
	}
	syncs_left -= syncs_left > 0;
	return __real_fsync(file);
}

static void quiet(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

static int begin(void **state)
{
	struct place *place = MEM_NEW(struct place);
	struct fault fault;
	struct buffer path = {0};
	log_set_sink(quiet);
	(void)snprintf(place->folder, sizeof place->folder, "/tmp/casewatch-orders-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(place->database, sizeof place->database, "%s/db", place->folder);
	assert_int_equal(erase_orders_start(place->database, &path, &fault), RESULT_OK);
	(void)snprintf(place->orders, sizeof place->orders, "%s", buffer_cstr(&path));
	buffer_free(&path);
	place->left = -1;
	syncs_left = -1;
	*state = place;
	return 0;
}

static size_t files_of(const struct place *place, bool remove)
{
	size_t count = 0;
	int why = 0;
	DIR *directory = opendir(place->orders);
	for (const struct dirent *entry; directory && (entry = file_next(directory, &why));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			count++;
			if (remove)
				(void)unlinkat(dirfd(directory), entry->d_name, 0);
		}
	assert_int_equal(why, 0);
	if (directory)
		(void)closedir(directory);
	return count;
}

static int end(void **state)
{
	struct place *place = *state;
	(void)files_of(place, true);
	(void)rmdir(place->orders);
	(void)rmdir(place->folder);
	buffer_free(&place->taken);
	free(place);
	return 0;
}

static enum result take(void *argument, const struct erasure_order *order, struct fault *fault)
{
	struct place *place = argument;
	if (place->left == 0)
		return fault_set(fault, RESULT_TEMPORARY, "the disk is full");
	place->left -= place->left > 0;
	assert_int_equal(order->at, AT);
	buffer_format(&place->taken, "%.*s %.*s %.*s %lld|", TEXT_ARG(order->subject), TEXT_ARG(order->person),
	              TEXT_ARG(order->reason), (long long)order->audit_from);
	return RESULT_OK;
}

static enum result take_all(struct place *place)
{
	struct fault fault = {""};
	buffer_clear(&place->taken);
	enum result result = erase_orders_take(place->database, take, place, &fault);
	assert_true(result == RESULT_OK || fault.text[0]);
	return result;
}

static struct erasure_order order_of(const char *subject)
{
	return (struct erasure_order){.subject = text_of(subject),
	                              .person = TEXT("p-dpo"),
	                              .reason = TEXT("request 31"),
	                              .at = AT,
	                              .audit_from = 7};
}

static enum result put(const struct place *place, const struct erasure_order *orders, size_t count)
{
	struct fault fault = {""};
	enum result result = erase_orders_put(place->database, orders, count, &fault);
	assert_true(result == RESULT_OK || fault.text[0]);
	return result;
}

static void put_bytes(const struct place *place, const char *name, const char *bytes)
{
	char path[160];
	(void)snprintf(path, sizeof path, "%s/%s", place->orders, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs(bytes, file);
	(void)fclose(file);
}

#define WHOLE "casewatch erase 1\nat 1700000000000000\naudit 7\nperson p-dpo\nreason request 31\nsubject C1\nend\n"

static void all_ids_of_a_child_are_ordered_and_taken_together_and_the_order_is_gone(void **state)
{
	struct place *place = *state;
	struct stat found;
	const struct erasure_order orders[] = {order_of("C1"), order_of("C1-old")};
	assert_int_equal(put(place, orders, 2), RESULT_OK);
	assert_int_equal(erase_orders_waiting(place->database), 1);
	assert_int_equal(stat(place->orders, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0700); /* it names a child */
	assert_int_equal(take_all(place), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "C1 p-dpo request 31 7|C1-old p-dpo request 31 7|");
	assert_int_equal(files_of(place, false), 0);
	assert_int_equal(take_all(place), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "");
}

static enum result keep_bytes(void *argument, struct text bytes, struct fault *fault)
{
	struct place *place = argument;
	if (place->left == 0)
		return fault_set(fault, RESULT_TEMPORARY, "not now");
	buffer_text(&place->taken, bytes);
	return RESULT_OK;
}

/* In a cell it goes through the log, where every machine reads it; half of it is none. */
static void an_order_that_is_handed_on_is_read_elsewhere_as_it_was_given(void **state)
{
	struct place *place = *state;
	struct fault fault = {""};
	const struct erasure_order orders[] = {order_of("C1"), order_of("C1-old")};
	assert_int_equal(put(place, orders, 2), RESULT_OK);
	buffer_clear(&place->taken);
	place->left = 0;
	assert_int_equal(erase_orders_pass(place->database, keep_bytes, place, &fault), RESULT_TEMPORARY);
	assert_int_equal(erase_orders_waiting(place->database), 1);
	place->left = -1;
	assert_int_equal(erase_orders_pass(place->database, keep_bytes, place, &fault), RESULT_OK);
	assert_int_equal(erase_orders_waiting(place->database), 0);
	struct buffer bytes = place->taken;
	place->taken = (struct buffer){0};
	for (size_t part = 0; part < bytes.length; part++) {
		assert_int_equal(erase_orders_read((struct text){bytes.at, part}, take, place, &fault),
		                 RESULT_PERMANENT);
		assert_int_equal(place->taken.length, 0);
	}
	assert_int_equal(erase_orders_read(buffer_view(&bytes), take, place, &fault), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "C1 p-dpo request 31 7|C1-old p-dpo request 31 7|");
	buffer_clear(&place->taken);
	place->left = 1;
	assert_int_equal(erase_orders_read(buffer_view(&bytes), take, place, &fault), RESULT_TEMPORARY);
	buffer_free(&bytes);
}

/* The second id cannot be begun now: all of the order comes again, for an erasure that began is none twice. */
static void an_order_of_which_one_id_cannot_be_begun_waits_as_a_whole(void **state)
{
	struct place *place = *state;
	const struct erasure_order orders[] = {order_of("C1"), order_of("C2")};
	assert_int_equal(put(place, orders, 2), RESULT_OK);
	place->left = 1;
	assert_int_equal(take_all(place), RESULT_TEMPORARY);
	assert_int_equal(erase_orders_waiting(place->database), 1);
	place->left = -1;
	assert_int_equal(take_all(place), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "C1 p-dpo request 31 7|C2 p-dpo request 31 7|");
	assert_int_equal(erase_orders_waiting(place->database), 0);
}

/* A line end in a reason would be an order of its own. */
static void words_that_would_be_another_line_are_refused_and_so_is_an_order_of_nobody(void **state)
{
	struct place *place = *state;
	struct erasure_order wrong[4] = {order_of("C1"), order_of("C1"), order_of("C1\nsubject C2"), order_of("")};
	wrong[0].person = TEXT("p\nsubject C2");
	wrong[1].reason = TEXT("tab\there");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(put(place, &wrong[i], 1), RESULT_PERMANENT);
	static char longest[65536];
	memset(longest, 'x', sizeof longest - 1);
	wrong[0] = order_of(longest);
	assert_int_equal(put(place, &wrong[0], 1), RESULT_PERMANENT);
	assert_int_equal(files_of(place, false), 0);
}

/* What a disk that fails has of it is no order, and names nobody. */
static void an_order_that_cannot_be_kept_is_said_and_leaves_nothing_behind(void **state)
{
	struct place *place = *state;
	const struct erasure_order order = order_of("C1");
	syncs_left = 0;
	assert_int_equal(put(place, &order, 1), RESULT_PERMANENT);
	assert_int_equal(files_of(place, false), 0);
	syncs_left = 1; /* the directory's, when it has its whole name: who heard that it is none orders it again */
	assert_int_equal(put(place, &order, 1), RESULT_PERMANENT);
	assert_int_equal(files_of(place, false), 0);
	syncs_left = -1;
	assert_int_equal(take_all(place), RESULT_OK);
	assert_int_equal(files_of(place, false), 0);
}

static void half_an_order_or_another_file_is_put_aside_and_keeps_no_other_waiting(void **state)
{
	static const char *const bad[] = {
		"",
		"something else\n",
		"casewatch erase 2\nat 1\nsubject C9\nend\n",
		"casewatch erase 1\nsubject C9\nend\n",
		"casewatch erase 1\nat 1700000000000000\nsubject C9\n",
		"casewatch erase 1\nat 1700000000000000\nsubject C9",
		"casewatch erase 1\natmost\nend\n",
	};
	struct place *place = *state;
	char name[32];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		(void)snprintf(name, sizeof name, "%zu.order", i);
		put_bytes(place, name, bad[i]);
	}
	put_bytes(place, "z.order", WHOLE);
	put_bytes(place, ".half.order", WHOLE); /* still being written */
	put_bytes(place, "notes.txt", WHOLE);
	put_bytes(place, ".order", WHOLE);
	assert_int_equal(erase_orders_waiting(place->database), 1 + sizeof bad / sizeof *bad);
	assert_int_equal(take_all(place), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "C1 p-dpo request 31 7|");
	assert_int_equal(erase_orders_waiting(place->database), 0);
	assert_int_equal(files_of(place, false), 3 + sizeof bad / sizeof *bad); /* put aside, for somebody to see */
}

/* Of a later version, or by hand: what is not known of it changes nothing of the rest. */
static void lines_that_are_not_known_are_passed_over(void **state)
{
	struct place *place = *state;
	put_bytes(place, "1.order",
	          "casewatch erase 1\nat 1700000000000000\ncolour blue\naudit 7\nperson p-dpo\nreason request 31\n"
	          "subject C1\nsubjects C2\nend\nsubject C3\n");
	assert_int_equal(take_all(place), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "C1 p-dpo request 31 7|");
}

static void orders_that_cannot_be_listed_wait_and_that_is_said(void **state)
{
	struct place *place = *state;
	const struct erasure_order order = order_of("C1");
	assert_int_equal(put(place, &order, 1), RESULT_OK);
	unlisted = true;
	enum result result = take_all(place);
	unlisted = false;
	assert_int_equal(result, RESULT_TEMPORARY);
	assert_int_equal(take_all(place), RESULT_OK);
	assert_string_equal(buffer_cstr(&place->taken), "C1 p-dpo request 31 7|");
}

static void where_no_daemon_ever_ran_it_is_said_what_is_missing(void **state)
{
	struct place *place = *state;
	struct fault fault = {""};
	struct buffer path = {0};
	const struct erasure_order order = order_of("C1");
	assert_int_equal(rmdir(place->orders), 0);
	assert_int_equal(erase_orders_put(place->database, &order, 1, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "has this version of casewatchd run with this configuration?"));
	assert_int_equal(erase_orders_waiting(place->database), 0);
	assert_int_equal(take_all(place), RESULT_OK);
	assert_int_equal(erase_orders_start("/no/such/folder/db", &path, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "/no/such/folder/db.erase cannot be made"));
	buffer_clear(&path);
	assert_int_equal(erase_orders_start(place->database, &path, &fault), RESULT_OK);
	buffer_clear(&path);
	assert_int_equal(erase_orders_start(place->database, &path, &fault), RESULT_OK); /* it is there already */
	buffer_free(&path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_ids_of_a_child_are_ordered_and_taken_together_and_the_order_is_gone),
		TEST(an_order_that_is_handed_on_is_read_elsewhere_as_it_was_given),
		TEST(an_order_of_which_one_id_cannot_be_begun_waits_as_a_whole),
		TEST(words_that_would_be_another_line_are_refused_and_so_is_an_order_of_nobody),
		TEST(an_order_that_cannot_be_kept_is_said_and_leaves_nothing_behind),
		TEST(half_an_order_or_another_file_is_put_aside_and_keeps_no_other_waiting),
		TEST(lines_that_are_not_known_are_passed_over),
		TEST(orders_that_cannot_be_listed_wait_and_that_is_said),
		TEST(where_no_daemon_ever_ran_it_is_said_what_is_missing),
	};
	return cmocka_run_group_tests_name("erase_orders", tests, NULL, NULL);
}

/* A CSV file is read to its end, or it is said that it was not; and each of its columns is known, unknown or there
 * twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/mem.h"
#include "text/csv_read.h"

/* A file on a disk that fails after some bytes; SIZE_MAX: it does not fail. */
struct disk {
	const char *bytes;
	size_t at, fails_at;
};

static ssize_t read_disk(void *argument, char *out, size_t room)
{
	struct disk *disk = argument;
	size_t left = strlen(disk->bytes) - disk->at, until = disk->fails_at - disk->at;
	size_t count = left < until ? left : until;
	count = count < room ? count : room;
	if (!count && disk->at == disk->fails_at) {
		errno = EIO;
		return -1;
	}
	memcpy(out, disk->bytes + disk->at, count);
	disk->at += count;
	return (ssize_t)count;
}

static int seek_disk(void *argument, off_t *at, int from)
{
	struct disk *disk = argument;
	assert_int_equal(from, SEEK_SET);
	disk->at = (size_t)*at;
	return 0;
}

static struct csv_reader *open_on(struct disk *disk)
{
	struct csv_reader *csv = MEM_NEW(struct csv_reader);
	csv->file = fopencookie(disk, "r", (cookie_io_functions_t){.read = read_disk, .seek = seek_disk});
	assert_non_null(csv->file);
	return csv;
}

static void done(struct csv_reader *csv)
{
	(void)fclose(csv->file);
	csv_reader_free(csv);
	free(csv);
}

static void a_file_is_over_only_where_it_ends(void **state)
{
	(void)state;
	struct disk disk = {.bytes = "id,kind\r\na,1\nb,2\n", .fails_at = SIZE_MAX};
	struct csv_reader *csv = open_on(&disk);
	assert_null(csv_read_header(csv));
	assert_true(csv_read_row(csv));
	assert_true(csv_read_row(csv));
	assert_true(text_equal(csv_cell(csv, 0), TEXT("b")));
	assert_false(csv_read_row(csv));
	assert_null(csv_read_error(csv));
	done(csv);
}

/* Half of the people, or half of a return, must not pass for all. */
static void a_file_that_cannot_be_read_to_its_end_is_said_wherever_it_breaks_off(void **state)
{
	(void)state;
	const char *bytes = "id,kind\r\na,1\nb,2\n";
	for (size_t fails_at = strlen("id,kind\r\n"); fails_at <= strlen(bytes); fails_at++) {
		struct disk disk = {.bytes = bytes, .fails_at = fails_at};
		struct csv_reader *csv = open_on(&disk);
		assert_null(csv_read_header(csv));
		while (csv_read_row(csv))
			;
		assert_non_null(csv_read_error(csv));
		assert_non_null(strstr(csv_read_error(csv), "Input/output error"));
		done(csv);
	}
}

static void a_header_that_cannot_be_read_is_not_an_empty_file(void **state)
{
	(void)state;
	struct disk disk = {.bytes = "id,kind\n", .fails_at = 0};
	struct csv_reader *csv = open_on(&disk);
	assert_non_null(strstr(csv_read_header(csv), "cannot be read"));
	done(csv);
	disk = (struct disk){.bytes = "", .fails_at = SIZE_MAX};
	csv = open_on(&disk);
	assert_string_equal(csv_read_header(csv), "is empty");
	done(csv);
}

/* A quote that stands astray takes the rows up to the next one into its cell. */
static void rows_that_a_stray_quote_took_into_a_cell_are_no_cell(void **state)
{
	(void)state;
	static const struct {
		const char *row;
		bool good;
	} cases[] = {
		{"a,\"one\ntwo\"\n", true},
		{"a,\"one\r\ntwo\" \r\n", true},
		{"\"one\ntwo\",b\n", true},
		{"a,\"one\nb,two\nc,\"three\n", false},
		{"a,\"one\nb,\"two\"\n", false},
		{"\"a\" b,\"c\"\n", true},
		{"a,\"said \"\"no\"\"\nand\"\n", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char bytes[100];
		(void)snprintf(bytes, sizeof bytes, "id,note\n%s", cases[i].row);
		struct disk disk = {.bytes = bytes, .fails_at = SIZE_MAX};
		struct csv_reader *csv = open_on(&disk);
		assert_null(csv_read_header(csv));
		assert_true(csv_read_row(csv));
		const char *wrong = csv_row_fault(csv, 2);
		if (cases[i].good ? wrong != NULL : !wrong || !strstr(wrong, "what is in it may be rows"))
			fail_msg("%s: %s", cases[i].row, wrong ? wrong : "no fault");
		done(csv);
	}
}

static size_t find_column(const void *context, struct text name)
{
	const char *const *names = context;
	for (size_t i = 0; names[i]; i++)
		if (text_equal_fold(name, text_of(names[i])))
			return i;
	return SIZE_MAX;
}

static void of_two_columns_of_one_name_the_first_counts_and_the_second_is_known_to_be_one(void **state)
{
	(void)state;
	static const char *const names[] = {"id", "kind", NULL};
	size_t columns[CSV_COLUMNS_MOST];
	struct disk disk = {.bytes = "Note, KIND ,id,kind,note,Id\n", .fails_at = SIZE_MAX};
	struct csv_reader *csv = open_on(&disk);
	assert_null(csv_read_header(csv));
	csv_find_columns(csv, find_column, names, columns);
	const size_t expected[] = {SIZE_MAX, 1, 0, CSV_AGAIN, SIZE_MAX, CSV_AGAIN};
	assert_int_equal(csv->cells, sizeof expected / sizeof *expected);
	assert_memory_equal(columns, expected, sizeof expected);
	done(csv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_over_only_where_it_ends),
		cmocka_unit_test(a_file_that_cannot_be_read_to_its_end_is_said_wherever_it_breaks_off),
		cmocka_unit_test(a_header_that_cannot_be_read_is_not_an_empty_file),
		cmocka_unit_test(rows_that_a_stray_quote_took_into_a_cell_are_no_cell),
		cmocka_unit_test(of_two_columns_of_one_name_the_first_counts_and_the_second_is_known_to_be_one),
	};
	return cmocka_run_group_tests_name("csv_read", tests, NULL, NULL);
}

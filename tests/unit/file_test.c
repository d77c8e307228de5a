/* What a program was started without is no file that it opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"

/* In a process of its own, started with those of the three that `open` has as a set of bits. Its exit status: 0, or the
 * number of the sentence that does not hold. */
static int start_with(unsigned open_ones)
{
	for (int fd = 0; fd <= 2; fd++)
		if (!(open_ones & 1u << fd))
			(void)close(fd);
	file_hold_standard();
	char byte;
	if (!(open_ones & 1) && read(0, &byte, 1) != 0)
		return 1;
	for (int fd = 1; fd <= 2; fd++)
		if (!(open_ones & 1u << fd) && (write(fd, "x", 1) >= 0 || errno != EBADF))
			return 2;
	return open("/dev/zero", O_RDONLY) <= 2 ? 3 : 0;
}

static void what_is_opened_is_never_where_others_print(void **state)
{
	(void)state;
	for (unsigned open_ones = 0; open_ones < 8; open_ones++) {
		int status;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			_exit(start_with(open_ones));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_opened_is_never_where_others_print),
	};
	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}

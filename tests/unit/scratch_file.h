/* A file for what reads files, of this process alone: the same test may run twice on one machine, and by two people. */
#ifndef CASEWATCH_TESTS_SCRATCH_FILE_H
#define CASEWATCH_TESTS_SCRATCH_FILE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Its path, which the next one takes; the caller removes the file. */
static inline const char *scratch_file(const char *bytes, size_t length)
{
	static char path[32];
	(void)strcpy(path, "/tmp/casewatch-test-XXXXXX");
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, length), length);
	assert_int_equal(close(file), 0);
	return path;
}

#endif

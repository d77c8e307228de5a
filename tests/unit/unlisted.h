/* unlisted: directories that are opened and cannot be listed, as of a file server that is away or on a bad disk.
 *
 * The linker puts it between what is tested and readdir (-Wl,--wrap=readdir, UNLISTED in the Makefile). */
#ifndef CASEWATCH_TESTS_UNLISTED_H
#define CASEWATCH_TESTS_UNLISTED_H

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>

static bool unlisted; /* no directory can be */

struct dirent *__real_readdir(DIR *listing);
struct dirent *__wrap_readdir(DIR *listing);
struct dirent *__wrap_readdir(DIR *listing)
{
	if (!unlisted)
		return __real_readdir(listing);
	errno = EIO;
	return NULL;
}

#endif

/* file: files that others put there, opened to be read, the names in a directory, and the three that a program is
 * started with.
 *
 * The rules: opening waits for nobody. fopen() of a pipe waits until somebody writes to it: a check, a reload and a
 * start would, too, for ever and without a word. And a directory that cannot be read any further is not at its end. */
#ifndef CASEWATCH_BASE_FILE_H
#define CASEWATCH_BASE_FILE_H

#include <dirent.h>
#include <stdio.h>

/* As fopen(path, "re"); a pipe to which nobody writes is empty. NULL: errno says why. */
FILE *file_read(const char *path);
/* The next name; NULL: there is none, or nobody can know: one of a file server that is away is opened all the same, and
 * cannot be listed. Only then *why is set, to errno's number. */
const struct dirent *file_next(DIR *directory, int *why);
/* First of all in a program: where it was started without a standard input, output or error the next file that it opens
 * would be that, and what is printed or logged would go into the file. Reading the one finds the end, writing to the
 * others fails. */
void file_hold_standard(void);

#endif

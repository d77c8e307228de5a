/* file: a file of the configuration or with a secret, opened to be read.
 *
 * The one rule: opening waits for nobody. fopen() of a pipe waits until somebody writes to it: a check, a reload and a
 * start would, too, for ever and without a word. */
#ifndef CASEWATCH_BASE_FILE_H
#define CASEWATCH_BASE_FILE_H

#include <stdio.h>

/* As fopen(path, "re"); a pipe to which nobody writes is empty. NULL: errno says why. */
FILE *file_read(const char *path);

#endif

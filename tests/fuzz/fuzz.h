/* fuzz: what the fuzzers share. Each is one file with one target (LLVMFuzzerTestOneInput), which says in its first
 * lines what must hold of any bytes; that nothing reads or writes where it should not is the sanitizers' affair. */
#ifndef CASEWATCH_TESTS_FUZZ_H
#define CASEWATCH_TESTS_FUZZ_H

#include "base/mem.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What must hold. The message is for whoever reads the crash. */
#define FUZZ_EXPECT(holds)                                                                                             \
	do {                                                                                                           \
		if (!(holds)) {                                                                                        \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds);                      \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* The bytes where their end is guarded: reading past it is seen. The caller frees *owned. */
static inline struct text fuzz_text(const uint8_t *bytes, size_t length, char **owned)
{
	*owned = malloc(length ? length : 1);
	FUZZ_EXPECT(*owned);
	memcpy(*owned, bytes, length);
	return (struct text){*owned, length};
}

/* A file that holds the bytes, for what reads files: its path, the same each time. */
static inline const char *fuzz_file(const uint8_t *bytes, size_t length)
{
	static int file = -1;
	static char path[64];
	if (file < 0) {
		file = memfd_create("fuzz", MFD_CLOEXEC);
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	}
	FUZZ_EXPECT(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, bytes, length, 0) == (ssize_t)length);
	return path;
}

#endif

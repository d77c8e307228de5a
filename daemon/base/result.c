/* result: writes the sentence of a failure. */
#include "base/result.h"

#include <stdarg.h>
#include <stdio.h>

enum result fault_set(struct fault *fault, enum result kind, const char *format, ...)
{
	if (fault) {
		va_list args;
		va_start(args, format);
		(void)vsnprintf(fault->text, sizeof fault->text, format, args);
		va_end(args);
	}
	return kind;
}

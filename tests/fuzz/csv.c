/* Any file that says it is an SSDA903 table. */
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	fuzz_import("conf/import/ssda903.yaml", bytes, length);
	return 0;
}

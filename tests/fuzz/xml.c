/* Any file that says it is a census. */
#include "import.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	fuzz_import("conf/import/cin-census.yaml", bytes, length);
	return 0;
}

/* version: the one place that the Makefile tells. */
#include "base/version.h"

const char casewatch_version[] = CASEWATCH_VERSION;

/* version: which casewatch this is. The one rule: said once, in the Makefile. */
#ifndef CASEWATCH_BASE_VERSION_H
#define CASEWATCH_BASE_VERSION_H

extern const char casewatch_version[]; /* "0.2.0" (semver.org) */

#endif

/* identifiers: numbers that carry a check digit, so that a slip of the keyboard can be told.
 *
 * The one rule: each returns what is wrong with the number, in words for people and without the number, or NULL. */
#ifndef CASEWATCH_EVENT_IDENTIFIERS_H
#define CASEWATCH_EVENT_IDENTIFIERS_H

#include "base/text.h"

/* An NHS number: ten digits, the last one a check digit modulo 11 (NHS Data Dictionary, "NHS NUMBER"); blanks and
 * hyphens between them are fine. */
const char *nhs_number_wrong(struct text number);
/* A Unique Pupil Number: a check letter modulo 23, then twelve digits, of which the last is a letter in a temporary one
 * (DfE, "Unique pupil numbers: a guide for schools and local authorities"); letters of any case. */
const char *upn_wrong(struct text number);

#endif

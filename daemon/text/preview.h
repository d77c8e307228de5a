/* preview: the start of a mail as lock screens, mail clients' lists and GOV.UK Notify show it.
 *
 * The one rule: what is shown is counted as it is shown: in characters, each row of blanks as one, of HTML only what a
 * reader sees. The reference for the 256 is shared/look/look.md, "Least data". */
#ifndef CASEWATCH_TEXT_PREVIEW_H
#define CASEWATCH_TEXT_PREVIEW_H

#include "base/text.h"

#define PREVIEW_CHARACTERS 256

/* Appends the shown start of a text part, blanks collapsed. The word in which it ends is whole: who reads the beginning
 * of a child's number knows the child. */
void preview_of_text(struct text text, struct buffer *out);
/* The same of an HTML part: what stands in the body between its tags, character references resolved. */
void preview_of_html(struct text html, struct buffer *out);
/* Whether `words` occur in what is shown, not as a part of a longer word. */
bool preview_names(struct text shown, struct text words);

#endif

/* json_meaning: a fingerprint of what a JSON value means, whatever its spelling.
 *
 * Equal for values that are equal as JSON: the order of members, white space, escapes and how a number is written do
 * not matter, and a member that is null is absent. Keyed, so that nobody can make two values share one; the key is this
 * process's, so a fingerprint is never stored. */
#ifndef CASEWATCH_TEXT_JSON_MEANING_H
#define CASEWATCH_TEXT_JSON_MEANING_H

#include "text/json_read.h"

/* Reads on to the end of the value that `first` (with its text) began, as json_skip does, and adds up what it means. */
enum json_token json_meaning(struct json_reader *reader, enum json_token first, struct text text, uint64_t *meaning);

/* Of single values, for whoever has read them already; the same as above for the same value. */
uint64_t meaning_of_string(struct text string);
uint64_t meaning_of_number(double number);
uint64_t meaning_of_word(enum json_token word); /* JSON_TRUE, JSON_FALSE or JSON_NULL */
/* Of a list: begin with this, and blend in the items one after the other. */
#define MEANING_LIST 3
/* Of an object: begin with this, and add what each member that is not null means, in any order. */
#define MEANING_OBJECT 2
uint64_t meaning_blend(uint64_t a, uint64_t b);
uint64_t meaning_of_member(struct text name, uint64_t value);

#endif

/* template: the words of messages and lists, kept in files that a council may change: a small mustache.
 *
 * Owns the parsed templates of one directory (NAME.txt.mustache, NAME.html.mustache, NAME.json.mustache). The subset:
 * {{x}} (escaped),
 * {{{x}}} (as it is), {{#x}} {{/x}} (flag, text, list or map), {{^x}} (the contrary), {{.}} (the item itself),
 * {{> name}} (name.txt or name.html beside it), {{! comment}}. A section, comment or partial alone on its line leaves
 * no line behind. Names are looked up from the innermost section outwards, and must exist.
 *
 * The one rule: a template that parses, and that template_check accepts, renders; and whatever a value holds, it can
 * neither become markup nor, in a text part, a line of its own. */
#ifndef CASEWATCH_TEXT_TEMPLATE_H
#define CASEWATCH_TEXT_TEMPLATE_H

#include "text/data.h"

#define TEMPLATE_FILE_BYTES (256 * 1024) /* one file */
#define TEMPLATE_DEPTH 24                /* sections and partials inside one another */
#define TEMPLATE_OUTPUT (4 * 1024 * 1024)

struct template_set;

/* Reads and parses every *.mustache file of the directory. NULL and a fault "FILE:LINE: what is wrong" if one does not
 * parse, names a partial that is not there, or cannot be read. */
struct template_set *template_load(const char *directory, struct fault *fault);
void template_free(struct template_set *set); /* NULL is fine; who loaded the same files has the same set */

/* For tests and tools: an empty set, and a template put into it from memory. `name` is "alert.html": what follows the
 * last dot decides the escaping (html, json, or text for all else). RESULT_PERMANENT: it does not parse. */
struct template_set *template_new(void);
MUST_CHECK enum result template_add(struct template_set *set, const char *name, struct text source,
                                    struct fault *fault);

/* Of all their names and words. */
uint64_t template_fingerprint(const struct template_set *set);
bool template_has(const struct template_set *set, const char *name);
/* Appends the rendering of `name` ("alert.html") to `out`. RESULT_PERMANENT: no such template, an unknown name, a list
 * or map where a text is wanted, too deep, too long; then `out` may hold a part. */
MUST_CHECK enum result template_render(const struct template_set *set, const char *name, const struct data *data,
                                       struct buffer *out, struct fault *fault);
/* Whether every name the template uses, also in sections that the sample leaves out and in partials, occurs somewhere
 * in `sample`, and whether the sample renders. */
MUST_CHECK enum result template_check(const struct template_set *set, const char *name, const struct data *sample,
                                      struct fault *fault);

/* As {{x}} does in an .html file. An apostrophe becomes the typographic one and a no-break space &nbsp;, as
 * shared/look writes them; control characters, and those that turn the direction of text round, become spaces. */
void template_escape_html(struct text value, struct buffer *out);
/* The same among the words of a page: in what is long and has no blank (an id, an address, a name in one word) a line
 * may end (<wbr>), so that it pushes nothing off a phone. Ordinary words are never parted. */
void template_escape_words(struct text value, struct buffer *out);
/* As {{x}} does in a .json file: inside the quotes that the template puts. */
void template_escape_json(struct text value, struct buffer *out);
/* As {{x}} does in a text part: control characters become spaces, so that no value makes a line, and ** loses its
 * meaning (text/layout.h). */
void template_escape_text(struct text value, struct buffer *out);

#endif

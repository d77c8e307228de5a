/* template_parse: from the bytes of one template to its parts; private to template*.c. */
#ifndef CASEWATCH_TEXT_TEMPLATE_PARSE_H
#define CASEWATCH_TEXT_TEMPLATE_PARSE_H

#include "base/text.h"

enum part_kind { PART_TEXT, PART_VALUE, PART_RAW, PART_SECTION, PART_CONTRARY, PART_PARTIAL };

struct part {
	enum part_kind kind;
	struct text text;   /* PART_TEXT: the bytes; else the name */
	uint64_t head;      /* text_head of the name */
	struct text indent; /* PART_PARTIAL alone on its line: what stands before it */
	size_t end;         /* sections: the part after their last */
	size_t partial;     /* PART_PARTIAL: which of the set's templates, from 1; 0: it is not there */
	bool words;         /* a value or partial of a page: among its words, not within a tag or a title */
	int line;
};

struct parts {
	struct part *items; /* free with free(); they point into the source */
	size_t count, room;
};

/* `label` names the template in faults. */
MUST_CHECK enum result template_parse(const char *label, struct text source, struct parts *parts, struct fault *fault);
/* Of a template that is HTML: which of its values are words. */
void template_find_words(struct parts *parts);

#endif

/* reader_internal: the connection and the functions that SELECTs may call; private to reader*.c. */
#ifndef CASEWATCH_REPORT_READER_INTERNAL_H
#define CASEWATCH_REPORT_READER_INTERNAL_H

#include "report/reader.h"

#include <sqlite3.h>

struct reader {
	sqlite3 *database;
	const struct zone *zone;
	struct reader_question question;
	civil_day today; /* the local date of question.as_of */
};

/* reader_functions.c: false where SQLite takes one of them not. */
bool reader_functions(struct reader *reader);

#endif

/* A return that a stranger made, of one format: every row becomes events that casewatch itself would take, or is
 * reported. */
#ifndef CASEWATCH_TESTS_FUZZ_IMPORT_H
#define CASEWATCH_TESTS_FUZZ_IMPORT_H

#include "import/import.h"
#include "fuzz.h"

#define CONFIG "conf/casewatchd.yaml" /* run from the top of the tree */

static struct event_parser *fuzz_parser;

static void fuzz_take(void *context, struct text line)
{
	struct event event;
	struct fault fault = {{0}};
	(void)context;
	FUZZ_EXPECT(event_parse(fuzz_parser, line, INSTANT_NONE, &event, &fault) == RESULT_OK);
}

static void fuzz_hear(void *context, const struct import_report *report)
{
	(void)context;
	FUZZ_EXPECT(report->reason && report->reason[0] && report->line >= 0);
}

static void fuzz_pass(void *context, uint64_t bytes)
{
	(void)context;
	(void)bytes;
}

/* `mapping`: conf/import/FORMAT.yaml. */
static inline void fuzz_import(const char *mapping, const uint8_t *bytes, size_t length)
{
	static struct config *config;
	static struct import_mapping *format;
	struct fault fault = {{0}};
	if (!config) {
		struct config_faults faults = {0};
		config = config_load(CONFIG, NULL, &faults);
		format = import_mapping_read(mapping, &faults);
		FUZZ_EXPECT(config && format);
		config_faults_free(&faults);
		fuzz_parser = event_parser_new(EVENT_LIMITS_DEFAULT, text_of(config->type_prefix),
		                               calendar_zone(config->calendar));
	}
	struct import_run run = {.mapping = format,
	                         .config = config,
	                         .source = "/import/fuzz",
	                         .recorded = INSTANT_NONE,
	                         .unconfirmed = true,
	                         .event = fuzz_take,
	                         .report = fuzz_hear,
	                         .progress = fuzz_pass};
	import_begin(&run);
	const char *path = fuzz_file(bytes, length);
	enum result result = format->xml ? import_xml(&run, path, &fault) : import_csv(&run, path, NULL, &fault);
	FUZZ_EXPECT((result == RESULT_OK) == (fault.text[0] == '\0'));
	import_end(&run);
}

#endif

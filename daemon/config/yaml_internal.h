/* yaml_internal: what yaml.c asks of yaml_words.c; nobody else includes it.
 *
 * The one rule: libyaml's own words reach nobody: they name its rules, not what the reader has to mend. */
#ifndef CASEWATCH_CONFIG_YAML_INTERNAL_H
#define CASEWATCH_CONFIG_YAML_INTERNAL_H

#include <yaml.h>

#include "config/faults.h"

/* Faults the first byte that is not UTF-8, or character that YAML does not allow, with its line and column; false
 * then. */
bool yaml_bytes_are_text(struct text bytes, const char *file, struct config_faults *faults);
/* The parser has stopped with an error in these bytes: one fault at the place that is to be mended. */
void yaml_fault_syntax(const yaml_parser_t *parser, struct text bytes, const char *file, struct config_faults *faults);

#endif

/* options: the table of options and how one is read; for config/ alone.
 *
 * The one rule: a row says all there is to an option; whoever reads, prints or checks follows the row. */
#ifndef CASEWATCH_CONFIG_OPTIONS_H
#define CASEWATCH_CONFIG_OPTIONS_H

#include "base/mem.h"
#include "config/config.h"
#include "config/yaml.h"

/* What reading needs. */
struct option_reader {
	struct config *config;
	struct arena *arena;       /* the configuration's own */
	struct config_faults *faults;
};

/* Reads the node's value into the configuration. False after a fault at the node. */
bool option_read(struct option_reader *reader, const struct config_option *option, const struct yaml_node *node);
/* `path`, made relative to the directory of the configuration file, in the arena. */
const char *option_path(const struct option_reader *reader, struct text path);

/* kafka_properties.c: the checked map. */
bool kafka_properties_read(struct option_reader *reader, const struct yaml_node *node);

/* secret.c: whether the file may hold a secret: a regular file, not empty, closed to others. Where the reader may not
 * look (the tool, run by someone without the right) the daemon's own start will. */
void secret_check(const char *name, const char *path, const struct yaml_node *node, struct config_faults *faults);

/* options_channels.c: rows that config_options has, too. */
#define OPTIONS_OF_CHANNELS_MOST 16
extern const struct config_option options_of_channels[];
extern const size_t options_of_channels_count;
/* options_keep.c: likewise. */
#define OPTIONS_OF_KEEPING_MOST 8
extern const struct config_option options_of_keeping[];
extern const size_t options_of_keeping_count;
/* options_cell.c: likewise. */
#define OPTIONS_OF_CELL_MOST 9
extern const struct config_option options_of_cell[];
extern const size_t options_of_cell_count;
/* options_intake.c: likewise. */
#define OPTIONS_OF_INTAKE_MOST 10 /* room in the table; the compiler refuses more */
extern const struct config_option options_of_intake[];
extern const size_t options_of_intake_count;

#endif

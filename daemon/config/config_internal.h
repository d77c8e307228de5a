/* config_internal: a configuration being read, for the files that check it as a whole; nobody else includes it. */
#ifndef CASEWATCH_CONFIG_CONFIG_INTERNAL_H
#define CASEWATCH_CONFIG_CONFIG_INTERNAL_H

#include "config/options.h"

struct loader {
	struct option_reader reader;
	const struct yaml_node **given; /* per option; NULL: its default */
	const struct config_option *options;
	size_t count;
};
/* option_given.c: the number of the option; loader->count: there is none of that name. */
size_t find_option(const struct loader *loader, const char *name);
/* Where the option was given; NULL: it was not. */
const struct yaml_node *node_of(const struct loader *loader, const char *name);
/* A fault where the option was given, or about the file as a whole where it was not. */
void fault_option(const struct loader *loader, const char *name, const char *sentence);

/* config_channels.c: mail servers, what comes back, GOV.UK Notify: what of them fits together. */
void check_channels(const struct loader *loader);
/* config_intake.c: events by HTTP, metrics, and what all servers listen on. */
void check_intake(const struct loader *loader);
/* config_places.c: what options name: each of its kind, and none for two of them. */
void check_places(const struct loader *loader);
/* options_cell.c: several machines. */
void check_cell(const struct loader *loader);

#endif

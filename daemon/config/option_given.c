/* option_given: whether an option was given, and what is wrong with it as part of the whole. */
#include "config/config_internal.h"

size_t find_option(const struct loader *loader, const char *name)
{
	size_t i = 0;
	while (i < loader->count && strcmp(loader->options[i].name, name) != 0)
		i++;
	return i;
}

const struct yaml_node *node_of(const struct loader *loader, const char *name)
{
	size_t i = find_option(loader, name);
	return i < loader->count ? loader->given[i] : NULL;
}

void fault_option(const struct loader *loader, const char *name, const char *sentence)
{
	const struct yaml_node *node = node_of(loader, name);
	if (node)
		yaml_fault(node, loader->reader.faults, "%s", sentence);
	else
		config_fault_add(loader->reader.faults, loader->reader.config->path, 1, 1, "%s", sentence);
}

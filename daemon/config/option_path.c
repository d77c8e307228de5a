/* option_path: a path of the configuration, which is relative to the file that names it. */
#include "config/options.h"

#include <string.h>

const char *option_path(const struct option_reader *reader, struct text path)
{
	const char *slash = strrchr(reader->config->path, '/');
	if (!slash || (path.length && path.at[0] == '/'))
		return arena_copy_text(reader->arena, path.at, path.length);
	struct buffer whole = {0};
	buffer_add(&whole, reader->config->path, (size_t)(slash - reader->config->path) + 1);
	buffer_text(&whole, path);
	const char *kept = arena_copy_text(reader->arena, whole.at, whole.length);
	buffer_free(&whole);
	return kept;
}

/* render: one template with data of one's own. */
#include "cli/templates.h"

#include <errno.h>
#include <stdlib.h>

#include "text/json_data.h"
#include "text/layout.h"

#define DATA_BYTES ((size_t)1 << 20) /* of DATA.json */

struct template_set *cli_templates(struct cli *cli, const struct config *config)
{
	struct fault fault = {{0}};
	const char *own = cli_value(cli, "templates"), *directory = own ? own : config->templates_dir;
	struct template_set *set = template_load(directory, &fault);
	if (!set)
		(void)cli_failed(cli, "%s/%s", directory, fault.text);
	return set;
}

/* The file, or standard input for "-". */
static bool read_data(struct cli *cli, const char *path, struct buffer *bytes)
{
	bool input = strcmp(path, "-") == 0;
	FILE *stream = input ? stdin : fopen(path, "re");
	char piece[4096];
	if (!stream) {
		(void)cli_failed(cli, "%s: %s", path, strerror(errno));
		return false;
	}
	for (size_t got; bytes->length <= DATA_BYTES && (got = fread(piece, 1, sizeof piece, stream)) > 0;)
		buffer_add(bytes, piece, got);
	bool whole = !ferror(stream) && bytes->length <= DATA_BYTES;
	if (!whole)
		(void)cli_failed(cli, "%s: %s", path,
		                 ferror(stream) ? "cannot be read" : "more than 1 MiB; no message is so long");
	if (!input)
		(void)fclose(stream);
	return whole;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), tail = strlen(ending);
	return length > tail && strcmp(name + length - tail, ending) == 0;
}

/* Text parts are laid out, as they are in a mail. */
static enum cli_status print_rendered(struct cli *cli, const struct template_set *set, const char *name,
                                      const struct data *data)
{
	struct buffer wide = {0}, out = {0};
	struct fault fault = {{0}};
	enum cli_status status = CLI_FINE;
	bool text = ends_with(name, ".txt");
	if (template_render(set, name, data, &wide, &fault) != RESULT_OK) {
		(void)cli_failed(cli, "%s", fault.text);
		status = CLI_FOUND;
	} else if (text) {
		layout_text(buffer_view(&wide), &out);
	} else {
		buffer_text(&out, buffer_view(&wide));
	}
	if (text)
		cli_print(cli, &out);
	else
		cli_print_file(cli, &out);
	buffer_free(&wide);
	buffer_free(&out);
	return status;
}

/* "alert.html", also written as the file is called: "conf/templates/alert.html.mustache". */
static void name_of(const char *given, struct buffer *name)
{
	const char *slash = strrchr(given, '/'), *from = slash ? slash + 1 : given;
	size_t length = strlen(from), ending = strlen(".mustache");
	buffer_add(name, from, ends_with(from, ".mustache") ? length - ending : length);
}

static enum cli_status render(struct cli *cli, const struct template_set *set)
{
	struct buffer bytes = {0}, name = {0};
	struct fault fault = {{0}};
	struct arena *arena = arena_new(16 * 1024);
	enum cli_status status = CLI_WRONG;
	struct data *data = NULL;
	name_of(cli->operands[0], &name);
	if (!template_has(set, buffer_cstr(&name)))
		(void)cli_failed(cli,
		                 "there is no template %s; a name is that of a file without .mustache, as alert.html",
		                 buffer_cstr(&name));
	else if (read_data(cli, cli->operands[1], &bytes) && !(data = json_data(buffer_view(&bytes), arena, &fault)))
		(void)cli_failed(cli, "%s: %s", cli->operands[1], fault.text);
	if (data)
		status = print_rendered(cli, set, buffer_cstr(&name), data);
	arena_free(arena);
	buffer_free(&bytes);
	buffer_free(&name);
	return status;
}

static enum cli_status run_render(struct cli *cli)
{
	struct config *config = cli_value(cli, "templates") ? NULL : cli_config(cli, NULL);
	if (!config && !cli_value(cli, "templates"))
		return CLI_WRONG;
	struct template_set *set = cli_templates(cli, config);
	enum cli_status status = set ? render(cli, set) : CLI_WRONG;
	template_free(set);
	config_free(config);
	return status;
}

static const struct cli_option options[] = {
	{"templates", "DIR", "the templates of another directory"},
	{NULL, NULL, NULL},
};

const struct cli_command cli_render = {
	.name = "render",
	.usage = "TEMPLATE DATA.json",
	.summary = "fill one template with data and print it",
	.help = "Prints TEMPLATE (alert.html, alert.txt, teams-card.json) filled with the object in DATA.json, or in "
                "what comes\n"
		"on standard input for \"-\": objects are maps, arrays lists, true and false flags, null the empty "
                "text. Text\n"
		"parts are laid out as in a mail. A name that the template uses and the data lack is told with file "
                "and line:\n"
		"exit status 1. docs/templates.md lists the names that casewatch fills in.\n",
	.options = options,
	.least = 2,
	.most = 2,
	.run = run_render,
};

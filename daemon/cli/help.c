/* help: pages of the table of commands. */
#include "cli/help.h"

#include "base/version.h"
#include "text/json_write.h"

const struct cli_option cli_common_options[] = {
	[CLI_COMMON_CONFIG] = {"config", "FILE",
	                       "the configuration (else $CASEWATCH_CONFIG, else " CLI_INSTALLED_CONFIG ")"},
	[CLI_COMMON_COUNCIL] = {"council", "NAME", "of the councils that the configuration names, this one"},
	[CLI_COMMON_JSON] = {"json", NULL, "print JSON"},
	[CLI_COMMON_HELP] = {"help", NULL, "print this page"},
	{NULL, NULL, NULL},
};

/* `but`: those of them that are there already. */
static void print_options(FILE *out, const struct cli_option *options, const struct cli_option *but)
{
	for (; options->name; options++) {
		char left[64];
		if (cli_find_option(but, text_of(options->name)))
			continue;
		(void)snprintf(left, sizeof left, "--%s%s%s", options->name, options->value ? " " : "",
		               options->value ? options->value : "");
		(void)fprintf(out, "  %-24s %s\n", left, options->help);
	}
}

void help_page(FILE *out, const struct cli_command *command)
{
	static const struct cli_option none[] = {{NULL, NULL, NULL}};
	(void)fprintf(out, "usage: casewatch %s [options]%s%s\n", command->name, *command->usage ? " " : "",
	              command->usage);
	(void)fprintf(out, "\n%s\nOptions:\n", command->help);
	print_options(out, cli_options_of(command), none);
	print_options(out, cli_common_options, cli_options_of(command));
	(void)fputs("\nExit status: 0 fine, 1 found something wrong, 2 wrong use or it could not do its work.\n", out);
}

void help_list(FILE *out, const struct cli_command *const *commands)
{
	(void)fputs(
		"casewatch: the tool of casewatchd, which hears every event, applies the rules and does not rest until "
		"the right\nperson has been told and has answered.\n\nusage: casewatch COMMAND [options] "
	        "[operands]\n\n",
		out);
	for (; *commands; commands++)
		(void)fprintf(out, "  %-12s %s\n", (*commands)->name, (*commands)->summary);
	(void)fputs("\ncasewatch COMMAND --help tells more of each; casewatch --version says which this is.\n", out);
}

static void put_options(struct json_writer *json, const struct cli_option *options)
{
	json_key(json, "options");
	json_array(json);
	for (; options->name; options++) {
		json_object(json);
		json_put_string(json, "name", options->name);
		json_put_string(json, "value", options->value);
		json_put_string(json, "help", options->help);
		json_object_end(json);
	}
	json_array_end(json);
}

void help_json(FILE *out, const struct cli_command *const *commands)
{
	struct buffer line = {0};
	struct json_writer json = json_writer_on(&line);
	json_object(&json);
	json_put_string(&json, "version", casewatch_version);
	put_options(&json, cli_common_options);
	json_key(&json, "commands");
	json_array(&json);
	for (; *commands; commands++) {
		json_object(&json);
		json_put_string(&json, "name", (*commands)->name);
		json_put_string(&json, "usage", (*commands)->usage);
		json_put_string(&json, "summary", (*commands)->summary);
		json_put_string(&json, "help", (*commands)->help);
		put_options(&json, cli_options_of(*commands));
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	(void)fprintf(out, "%s\n", buffer_cstr(&line));
	buffer_free(&line);
}

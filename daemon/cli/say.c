/* say: what every command uses: the options it was given, and its sentences on standard error. */
#include "cli/cli.h"

#include <stdarg.h>

static const struct cli_option no_options[] = {{NULL, NULL, NULL}};

const struct cli_option *cli_options_of(const struct cli_command *command)
{
	return command->options ? command->options : no_options;
}

const struct cli_option *cli_find_option(const struct cli_option *options, struct text name)
{
	for (; options->name; options++)
		if (text_equal(text_of(options->name), name))
			return options;
	return NULL;
}

const char *cli_value(const struct cli *cli, const char *option)
{
	const struct cli_option *options = cli_options_of(cli->command);
	const struct cli_option *found = cli_find_option(options, text_of(option));
	return found ? cli->values[found - options] : NULL;
}

static void say_words(const struct cli *cli, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void say_words(const struct cli *cli, const char *format, va_list args)
{
	(void)fprintf(cli->err, "casewatch %s: ", cli->command->name);
	(void)vfprintf(cli->err, format, args);
	(void)fputc('\n', cli->err);
}

enum cli_status cli_wrong(const struct cli *cli, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say_words(cli, format, args);
	va_end(args);
	(void)fprintf(cli->err, "Try: casewatch %s --help\n", cli->command->name);
	return CLI_WRONG;
}

bool cli_written(FILE *out)
{
	return fflush(out) == 0 && !ferror(out);
}

enum cli_status cli_failed(const struct cli *cli, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say_words(cli, format, args);
	va_end(args);
	return CLI_WRONG;
}

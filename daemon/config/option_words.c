/* option_words: what may be written for an option, and the table of all of them, in words. */
#include "config/options.h"

static void wall_time_range(const struct config_option *option, struct buffer *out)
{
	buffer_format(out, "a time of day from \"%02d:%02d\" to \"%02d:%02d\"", (int)option->least / 60,
	              (int)option->least % 60, (int)option->most / 60, (int)option->most % 60);
}

static void word_range(const struct config_option *option, struct buffer *out)
{
	for (size_t i = 0; option->words[i]; i++)
		buffer_format(out, "%s%s", i == 0 ? "" : option->words[i + 1] ? ", " : " or ", option->words[i]);
}

static void kafka_range(const struct config_option *option, struct buffer *out)
{
	if (option->kind == CONFIG_TOPICS)
		buffer_format(out, "a list of at most %d topic names", (int)option->most);
	else if (option->kind == CONFIG_PARTITIONS)
		buffer_format(out, "a list of at most %d numbers of partitions, from 0", (int)option->most);
	else if (option->kind == CONFIG_SOURCES)
		buffer_format(out, "a list of at most %d sources, such as /north/", (int)option->most);
	else
		buffer_string(out, "a mapping of librdkafka's names to values");
}

void config_option_range(const struct config_option *option, struct buffer *out)
{
	switch (option->kind) {
	case CONFIG_TEXT:
		buffer_format(out, "text of at most %d characters on one line", (int)option->most);
		break;
	case CONFIG_PATH:
		buffer_string(out, "a path; a relative one is relative to this file");
		break;
	case CONFIG_SECRET:
		buffer_string(out, "a path, or credential:NAME for systemd's LoadCredential=");
		break;
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_LONG:
		buffer_format(out, "a whole number from %lld to %lld", (long long)option->least,
		              (long long)option->most);
		break;
	case CONFIG_WORD:
		word_range(option, out);
		break;
	case CONFIG_DURATION:
		buffer_format(out, "%lld to %lld minutes, hours, days, working days, weeks or months",
		              (long long)option->least, (long long)option->most);
		break;
	case CONFIG_WALL_TIME:
		wall_time_range(option, out);
		break;
	case CONFIG_INSTANT:
		buffer_string(out, "a time such as 2026-04-01T00:00:00+01:00");
		break;
	case CONFIG_ZONE:
		buffer_string(out, "a zone of the tz database, such as Europe/London");
		break;
	case CONFIG_PREFIX:
		buffer_format(out, "at most %d letters, digits, hyphens and dots, with a dot at the end",
		              (int)option->most);
		break;
	case CONFIG_URL:
	case CONFIG_ANY_URL:
		buffer_format(out, "an address of at most %d characters that begins with https://%s",
		              (int)option->most, option->kind == CONFIG_ANY_URL ? " or http://" : "");
		break;
	case CONFIG_HOST:
		buffer_string(out, "a host name or an address such as mail.example.org");
		break;
	case CONFIG_MAIL:
		buffer_string(out, "one mail address such as casewatch@example.org");
		break;
	case CONFIG_NAME:
		buffer_format(out, "1 to %d letters, digits, dots, hyphens and underscores", (int)option->most);
		break;
	case CONFIG_TOPICS:
	case CONFIG_PARTITIONS:
	case CONFIG_SOURCES:
	case CONFIG_PROPERTIES:
		kafka_range(option, out);
		break;
	}
}

void config_options_print(struct buffer *out)
{
	buffer_string(out,
	              "| option | what may be written | default | reload | what it does |\n|---|---|---|---|---|\n");
	size_t count;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++) {
		const struct config_option *option = &options[i];
		buffer_format(out, "| `%s` | ", option->name);
		config_option_range(option, out);
		if (option->required)
			buffer_string(out, " | required");
		else if (option->fallback && *option->fallback)
			buffer_format(out, " | `%s`", option->fallback);
		else
			buffer_string(out, " | none");
		buffer_format(out, " | %s | %s |\n", option->reloadable ? "yes" : "restart", option->help);
	}
}

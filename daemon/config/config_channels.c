/* config_channels: what is sent by, as a whole: nothing that would be found only when the first message goes. */
#include "config/config_internal.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "text/address.h"

#define LINE_MOST 600 /* of a file with a key; keys have 512 characters at most */

/* A key that is too short would keep the daemon from starting. */
static void check_key(const struct loader *loader, const char *option, const char *path, size_t least)
{
	char line[LINE_MOST], sentence[160];
	FILE *file = path ? file_read(path) : NULL;
	if (!file) /* said already, or not there outside the service */
		return;
	bool read = fgets(line, sizeof line, file) != NULL;
	(void)fclose(file);
	size_t length = read ? strcspn(line, "\r\n") : 0;
	explicit_bzero(line, sizeof line);
	(void)snprintf(
		sentence, sizeof sentence,
		"%s: the first line of the file has %zu characters; write 16 to 512, such as openssl rand -hex 32 "
		"makes",
		option, length);
	if (length < least || length > 512)
		fault_option(loader, option, sentence);
}

static void check_smtp_user(const struct loader *loader)
{
	const struct config_smtp *smtp = &loader->reader.config->smtp;
	if (smtp->user && !smtp->password_file && !node_of(loader, "smtp.password-file"))
		fault_option(loader, "smtp.user", "smtp.user without a password; write smtp.password-file");
	if (!smtp->user && smtp->password_file)
		fault_option(loader, "smtp.password-file", "smtp.password-file without a user; write smtp.user");
}

static void check_notify(const struct loader *loader)
{
	const struct config_notify *notify = &loader->reader.config->notify;
	if (notify->key_file && !notify->text_template && !notify->email_template &&
	    !node_of(loader, "notify.text-template") && !node_of(loader, "notify.email-template"))
		fault_option(loader, "notify.key-file",
		             "notify.key-file needs the text to be sent; write notify.text-template");
	if (!notify->key_file && notify->email_template && !node_of(loader, "notify.key-file"))
		fault_option(loader, "notify.email-template",
		             "notify.email-template without a key; write notify.key-file");
	if (notify->email_template && loader->reader.config->smtp.host)
		fault_option(loader, "notify.email-template",
		             "notify.email-template beside smtp.host: email goes by one of them; remove the other");
	if (notify->callback_file && !notify->key_file && !node_of(loader, "notify.key-file"))
		fault_option(loader, "notify.callback-token-file",
		             "notify.callback-token-file without a key; write notify.key-file");
	if (!notify->key_file && notify->text_template && !node_of(loader, "notify.key-file"))
		fault_option(loader, "notify.text-template",
		             "notify.text-template without a key; write notify.key-file");
}

/* One of smtp.relays: "HOST" or "HOST:PORT". */
static bool read_relay(const struct loader *loader, struct text word)
{
	struct config_smtp *smtp = &loader->reader.config->smtp;
	const char *colon = memrchr(word.at, ':', word.length);
	bool six = colon && memchr(word.at, ':', (size_t)(colon - word.at)); /* an IPv6 address: it has no port here */
	size_t length = colon && !six ? (size_t)(colon - word.at) : word.length;
	char port[8] = "";
	if (length < word.length)
		(void)snprintf(port, sizeof port, "%.*s", (int)(word.length - length - 1), word.at + length + 1);
	struct config_relay relay = {.host = arena_copy_text(loader->reader.arena, word.at, length),
	                             .port = port[0] ? atoi(port) : smtp->port};
	bool digits = strspn(port, "0123456789") == strlen(port) && (length == word.length || port[0]);
	if (!host_is_good((struct text){word.at, length}) || !digits || relay.port < 1 || relay.port > 65535 ||
	    smtp->relay_count == CONFIG_RELAYS_MOST)
		return false;
	smtp->relays[smtp->relay_count++] = relay;
	return true;
}

static void check_relays(const struct loader *loader)
{
	struct config_smtp *smtp = &loader->reader.config->smtp;
	struct text rest = text_trim(text_of(smtp->relays_text));
	bool good = true, clear = false;
	if (!smtp->relays_text)
		return;
	if (!smtp->host)
		fault_option(loader, "smtp.relays",
		             "smtp.relays without smtp.host, which is tried first; write smtp.host");
	smtp->relays = arena_alloc(loader->reader.arena, CONFIG_RELAYS_MOST * sizeof *smtp->relays);
	while (rest.length && good) {
		size_t length = 0;
		while (length < rest.length && rest.at[length] != ' ')
			length++;
		good = read_relay(loader, (struct text){rest.at, length});
		clear = clear || (good && smtp->tls == SMTP_TLS_NONE &&
		                  !host_is_loopback(smtp->relays[smtp->relay_count - 1].host));
		rest = text_trim((struct text){rest.at + length, rest.length - length});
	}
	if (!good)
		fault_option(
			loader, "smtp.relays",
			"smtp.relays has what is neither HOST nor HOST:PORT, or more than 3 servers; write such as "
			"mail2.example.org mail3.example.org:2525");
	if (clear)
		fault_option(
			loader, "smtp.relays",
			"smtp.tls is none, so mail about children would cross the network in clear; write starttls "
			"or tls");
}

static void check_bounces(const struct loader *loader)
{
	const struct config_smtp *smtp = &loader->reader.config->smtp;
	const char *at = smtp->bounce_address ? strchr(smtp->bounce_address, '@') : NULL;
	if (at && at - smtp->bounce_address > CONFIG_BOUNCE_LOCAL_MOST)
		fault_option(
			loader, "smtp.bounce-address",
			"smtp.bounce-address has more than 17 characters before the @: with the number of a message "
			"it would be longer than an address may be");
	if (smtp->bounce_address && !smtp->bounce_key_file && !node_of(loader, "smtp.bounce-key-file"))
		fault_option(loader, "smtp.bounce-address",
		             "smtp.bounce-address needs a key, so that nobody can forge such an address; write "
		             "smtp.bounce-key-file");
	if (smtp->bounce_address && !smtp->bounces && !node_of(loader, "smtp.bounces"))
		fault_option(loader, "smtp.bounce-address",
		             "smtp.bounce-address and nobody looks at what comes there; write smtp.bounces");
	if (!smtp->bounce_address && smtp->bounce_key_file)
		fault_option(loader, "smtp.bounce-key-file",
		             "smtp.bounce-key-file without an address to sign; write smtp.bounce-address");
}

static void check_smtp(const struct loader *loader)
{
	const struct config_smtp *smtp = &loader->reader.config->smtp;
	if (!smtp->host)
		return;
	if (!smtp->from && !node_of(loader, "smtp.from"))
		fault_option(loader, "smtp.host",
		             "smtp.host needs an address that messages come from; write smtp.from");
	check_smtp_user(loader);
	if (smtp->tls == SMTP_TLS_NONE && smtp->user)
		if (!host_is_loopback(smtp->host))
			fault_option(
				loader, "smtp.tls",
				"smtp.tls is none, so the password would cross the network in clear; write starttls or "
				"tls");
	if (smtp->tls == SMTP_TLS_NONE && !smtp->user && !host_is_loopback(smtp->host))
		fault_option(
			loader, "smtp.tls",
			"smtp.tls is none, so mail about children would cross the network in clear; write starttls or "
			"tls (none is for a server on this machine)");
	if (smtp->tls == SMTP_TLS_NONE && smtp->ca_file)
		fault_option(loader, "smtp.ca-file", "smtp.ca-file without TLS; write smtp.tls: starttls or tls");
}

static void check_ca_file(const struct loader *loader)
{
	const char *path = loader->reader.config->smtp.ca_file;
	FILE *file = path ? file_read(path) : NULL;
	if (path && !file && errno != EACCES) {
		char sentence[4300];
		(void)snprintf(sentence, sizeof sentence,
		               "smtp.ca-file: \"%.4000s\" cannot be opened: %s; write the path of a PEM file", path,
		               strerror(errno));
		fault_option(loader, "smtp.ca-file", sentence);
	}
	if (file)
		(void)fclose(file);
}

void check_channels(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	check_smtp(loader);
	check_relays(loader);
	check_bounces(loader);
	check_notify(loader);
	check_ca_file(loader);
	check_key(loader, "smtp.bounce-key-file", config->smtp.bounce_key_file, 16);
	check_key(loader, "notify.callback-token-file", config->notify.callback_file, 16);
}

/* config_intake: events by HTTP, and metrics: what of their options fits together; and what all servers listen on. */
#include "config/config_internal.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "text/address.h"

#define PORT_MOST 65535 /* a number of 16 bits; a larger one would be cut to another port */

/* "[::1]:8080" into "::1" and "8080"; NULL: there is no port. */
static const char *split(const char *listen, char *host, size_t room)
{
	const char *colon = strrchr(listen, ':');
	size_t length = colon ? (size_t)(colon - listen) : 0;
	if (length >= 2 && listen[0] == '[' && listen[length - 1] == ']') {
		listen++;
		length -= 2;
	}
	(void)snprintf(host, room, "%.*s", (int)length, listen);
	return colon ? colon + 1 : NULL;
}

static bool listens_here(const char *listen)
{
	char host[64];
	(void)split(listen, host, sizeof host);
	return host_is_loopback(host);
}

/* As it is listened on: no name is looked up for it. */
static bool is_address(const char *listen)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found;
	char host[64];
	const char *port = split(listen, host, sizeof host);
	if (!port || !*port || strlen(port) > 5 || strspn(port, "0123456789") != strlen(port) ||
	    strtol(port, NULL, 10) > PORT_MOST || getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

/* What could not be listened on is found here, and not by those who cannot answer. */
static void check_listen(const struct loader *loader, const char *name, const char *listen, const char *beyond)
{
	char sentence[256];
	if (!listen)
		return;
	if (!is_address(listen))
		(void)snprintf(sentence, sizeof sentence,
		               "%s is \"%s\"; write an address and a port such as 127.0.0.1:8080", name, listen);
	else if (beyond && !listens_here(listen))
		(void)snprintf(sentence, sizeof sentence,
		               "%s is no address of this machine alone; write 127.0.0.1:PORT, or %s: yes", name,
		               beyond);
	else
		return;
	fault_option(loader, name, sentence);
}

static void check_socket(const struct loader *loader, const char *name, const char *path)
{
	char sentence[256];
	const size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
	if (!path || strlen(path) <= most)
		return;
	(void)snprintf(sentence, sizeof sentence,
	               "%s is a path of %zu bytes, and that of a socket has at most %zu; write a shorter one", name,
	               strlen(path), most);
	fault_option(loader, name, sentence);
}

void check_intake(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	const struct config_http_intake *intake = &config->http_intake;
	const struct config_metrics *metrics = &config->metrics;
	if (intake->listen && !intake->token_file && !node_of(loader, "http-intake.token-file"))
		fault_option(loader, "http-intake.listen",
		             "whoever reaches http-intake.listen could send events: write http-intake.token-file");
	check_listen(loader, "http-intake.listen", intake->listen,
	             intake->beyond == WEB_BEYOND_NO ? "http-intake.beyond-this-machine" : NULL);
	if (intake->token_file && !intake->listen && !intake->socket)
		fault_option(loader, "http-intake.token-file",
		             "http-intake.token-file without http-intake.socket or http-intake.listen; write one of "
		             "them, or remove it");
	check_listen(loader, "metrics.listen", metrics->listen,
	             metrics->beyond == WEB_BEYOND_NO ? "metrics.beyond-this-machine" : NULL);
	check_listen(loader, "web.listen", config->web.listen,
	             config->web.beyond == WEB_BEYOND_NO ? "web.beyond-this-machine" : NULL);
	check_socket(loader, "web.socket", config->web.socket);
	check_socket(loader, "http-intake.socket", intake->socket);
}

/* config_intake: events by HTTP, and metrics: what of their options fits together. */
#include "config/config_internal.h"

#include <stdio.h>
#include <string.h>

#include "text/address.h"

bool listens_here(const char *listen)
{
	char host[64];
	const char *colon = strrchr(listen, ':');
	size_t length = colon ? (size_t)(colon - listen) : 0;
	if (length >= 2 && listen[0] == '[' && listen[length - 1] == ']') {
		listen++;
		length -= 2;
	}
	(void)snprintf(host, sizeof host, "%.*s", (int)length, listen);
	return host_is_loopback(host);
}

void check_intake(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	const struct config_http_intake *intake = &config->http_intake;
	const struct config_metrics *metrics = &config->metrics;
	if (intake->listen && !intake->token_file && !node_of(loader, "http-intake.token-file"))
		fault_option(loader, "http-intake.listen",
		             "whoever reaches http-intake.listen could send events: write http-intake.token-file");
	if (intake->listen && intake->beyond == WEB_BEYOND_NO && !listens_here(intake->listen))
		fault_option(loader, "http-intake.listen",
		             "http-intake.listen is no address of this machine alone; write 127.0.0.1:PORT, or "
		             "http-intake.beyond-this-machine: yes");
	if (intake->token_file && !intake->listen && !intake->socket)
		fault_option(loader, "http-intake.token-file",
		             "http-intake.token-file without http-intake.socket or http-intake.listen; write one of "
		             "them, or remove it");
	if (metrics->listen && metrics->beyond == WEB_BEYOND_NO && !listens_here(metrics->listen))
		fault_option(loader, "metrics.listen",
		             "metrics.listen is no address of this machine alone; write 127.0.0.1:PORT, or "
		             "metrics.beyond-this-machine: yes");
}

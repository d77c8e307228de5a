/* config_places: files, sockets and addresses that options name: each of its kind, and none for two of them. What is
 * not there yet is the daemon's to make. */
#include "config/config_internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* The second of two could not listen, whichever is the second at a start. */
static void check_taken(const struct loader *loader, const char *name, const char *place, const char *other,
                        const char *other_place)
{
	char sentence[256];
	const char *port = place ? strrchr(place, ':') : NULL;
	if (!place || !other_place || strcmp(place, other_place) != 0 || (port && strcmp(port, ":0") == 0))
		return; /* port 0 is one that the system picks for each */
	(void)snprintf(sentence, sizeof sentence, "%s is what %s is, too, and only one can have it; write another",
	               name, other);
	fault_option(loader, name, sentence);
}

/* A start would fail at it, or wait for it for ever. */
static void check_kind(const struct loader *loader, const char *name, const char *path, mode_t kind, const char *right)
{
	struct stat found;
	char sentence[4400];
	if (!path)
		return;
	bool there = stat(path, &found) == 0;
	if (there ? (found.st_mode & S_IFMT) == kind : errno != ENOTDIR)
		return;
	(void)snprintf(sentence, sizeof sentence, "%s: \"%.4000s\" %s; write the path of %s", name, path,
	               there ? "is something else" : "lies below a file", right);
	fault_option(loader, name, sentence);
}

void check_places(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	const struct config_http_intake *intake = &config->http_intake;
	const struct config_metrics *metrics = &config->metrics;
	check_taken(loader, "http-intake.listen", intake->listen, "web.listen", config->web.listen);
	check_taken(loader, "metrics.listen", metrics->listen, "web.listen", config->web.listen);
	check_taken(loader, "metrics.listen", metrics->listen, "http-intake.listen", intake->listen);
	check_taken(loader, "http-intake.socket", intake->socket, "web.socket", config->web.socket);
	check_taken(loader, "smtp.bounces", config->smtp.bounces, "spool", config->spool);
	check_kind(loader, "database", config->database, S_IFREG, "a file");
	check_kind(loader, "spool", config->spool, S_IFDIR, "a directory");
}

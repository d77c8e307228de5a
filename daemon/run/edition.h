/* edition: a whole configuration as it is in force: its files read and checked as one, with the templates and the keys
 * that it names.
 *
 * The one rule: an edition never changes once it is loaded; a reload makes another one. Whoever uses it for longer than
 * a callback of the loop holds it (base/shared.h). Nothing here touches the daemon, so that it can be loaded on any
 * thread. */
#ifndef CASEWATCH_RUN_EDITION_H
#define CASEWATCH_RUN_EDITION_H

#include "base/shared.h"
#include "config/config.h"
#include "engine/engine.h"
#include "message/link.h"
#include "run/record_files.h"
#include "text/template.h"

struct edition {
	struct shared shared;         /* first: shared_release frees the edition */
	struct config *config;
	struct template_set *templates;
	struct link_keys *keys;       /* NULL: nobody answers by a link */
	char user_header[64];         /* of web.user-header, in small letters, as the server hands them over */
	instant loading;              /* when its files began to be read, by the machine's clock */
	struct record_files files;    /* as they were when they had been read */
	struct record_files stand;    /* the same by the file system, and what else would be read at a start */
};

/* Editing a file, or copying several, takes a moment. So long none of the files may have been written to when they are
 * read, so that nothing is taken by halves. */
#define EDITION_STILL SECOND
/* Where somebody writes on and on: refused, with the file's name. */
#define EDITION_PATIENCE (30 * SECOND)

/* Reads and checks everything. NULL and at least one fault. What it declares (rules' own event types) is in force for
 * this thread's checks alone until edition_adopt. */
struct edition *edition_load(const char *path, struct config_faults *faults);
/* The same, once all files have been still for EDITION_STILL. Waits; *stop ends that: NULL without a fault. */
struct edition *edition_load_still(const char *path, const atomic_bool *stop, struct config_faults *faults);
/* Reads it with the files of that directory as what was published (config/published.h). */
struct edition *edition_load_published(const char *path, const char *directory, struct config_faults *faults);
/* Right before it is put in force. */
void edition_adopt(const struct edition *edition);

/* The templates of a configuration, and the lists that are made with them; what is wrong is added to the faults. NULL
 * where the templates cannot be read. `casewatch check` asks the same. */
struct template_set *edition_templates(const struct config *config, struct config_faults *faults);
/* Everything about its engine that the configuration says. */
struct engine_settings edition_engine_settings(const struct config *config);
/* Whatever can change which alerts stand: the rules, the bank holidays, the zone, the go-live instant, who may answer,
 * and this program. Of the bytes that were loaded, never of a second reading: a file may have been changed between the
 * two. */
void edition_fingerprint(const struct config *config, struct buffer *out);

#endif

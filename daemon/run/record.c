/* record: the daemon's own rows in the audit: when it was started and stopped, and with which configuration, rules,
 * directory, calendar, templates and lists: the fingerprint of every file that changed, and whose file it is.
 *
 * A reload takes no file that was written to while it was read; at a start, which waits for nobody, the row says so of
 * such a file. No secret is read. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/version.h"
#include "run/record_files.h"
#include "store/audit.h"
#include "text/json_write.h"

#include <stdio.h>
#include <unistd.h>

#define KNOWN "audit_files" /* in the database: the files and their fingerprints as they were recorded last */

/* One row in a transaction of its own. A full disk must not end the daemon, and is said by others: the row is owed, and
 * written by a later look. */
static enum result write_row(struct daemon *daemon, const char *what, struct text detail, const struct text *known,
                             struct fault *fault)
{
	struct audit_row row = {.at = daemon_now(daemon), .what = what, .detail = detail};
	enum result result = store_begin(daemon->store, fault);
	if (result == RESULT_OK)
		result = audit_write(daemon->store, &row, fault);
	if (result == RESULT_OK && known)
		result = store_set(daemon->store, KNOWN, *known, fault);
	if (result == RESULT_OK)
		result = store_commit(daemon->store, fault);
	else
		store_rollback(daemon->store);
	return result;
}

static enum result write_started(struct daemon *daemon, struct fault *fault)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	json_object(&json);
	json_put_string(&json, "version", casewatch_version);
	json_put_integer(&json, "process", (int64_t)getpid());
	json_put_integer(&json, "user", (int64_t)getuid());
	json_object_end(&json);
	enum result result = write_row(daemon, "daemon.started", buffer_view(&detail), NULL, fault);
	buffer_free(&detail);
	return result;
}

/* Nothing where no file differs from what was recorded last. */
static enum result write_configuration(struct daemon *daemon, struct fault *fault)
{
	struct buffer detail = {0}, now = {0};
	struct text before;
	const struct record_files *files = &daemon->edition->files;
	bool differs = false;
	enum result result = store_get(daemon->store, KNOWN, &before, fault);
	if (result != RESULT_OK)
		return result;
	record_files_known(files, &now);
	differs = !text_equal(before, buffer_view(&now));
	record_files_detail(files, before, daemon->edition->loading, &detail);
	if (differs) {
		struct text known = buffer_view(&now);
		result = write_row(daemon, "configuration.loaded", buffer_view(&detail), &known, fault);
	}
	buffer_free(&detail);
	buffer_free(&now);
	return result;
}

enum result record_look(struct daemon *daemon, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (daemon->record.owes_start)
		result = write_started(daemon, fault);
	daemon->record.owes_start = daemon->record.owes_start && result != RESULT_OK;
	if (result == RESULT_OK && daemon->record.owes_configuration) {
		result = write_configuration(daemon, fault);
		daemon->record.owes_configuration = result != RESULT_OK;
	}
	return result == RESULT_TEMPORARY ? RESULT_OK : result;
}

enum result record_start(struct daemon *daemon, struct fault *fault)
{
	daemon->record.owes_start = daemon->record.owes_configuration = true;
	return record_look(daemon, fault);
}

void record_reloaded(struct daemon *daemon)
{
	struct fault fault = {0};
	daemon->record.owes_configuration = true;
	daemon_after(daemon, record_look(daemon, &fault), &fault);
}

void record_refused(struct daemon *daemon, const char *place, const char *why)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	struct fault fault = {0};
	json_object(&json);
	json_put_string(&json, "where", place);
	json_put_string(&json, "fault", why);
	json_object_end(&json);
	enum result result = write_row(daemon, "configuration.refused", buffer_view(&detail), NULL, &fault);
	if (result == RESULT_TEMPORARY)
		log_warning("that the reload was refused could not be put into the audit: %s", fault.text);
	daemon_after(daemon, result, &fault);
	buffer_free(&detail);
}

void record_stop(struct daemon *daemon)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	struct fault fault = {0};
	if (daemon->record.owes_start) /* it never came so far */
		return;
	json_object(&json);
	json_put_integer(&json, "status", daemon->status);
	json_object_end(&json);
	if (write_row(daemon, "daemon.stopped", buffer_view(&detail), NULL, &fault) != RESULT_OK)
		log_warning("the end of the daemon could not be put into the audit: %s", fault.text);
	buffer_free(&detail);
}

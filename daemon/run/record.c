/* record: the daemon's own rows in the audit: when it was started and stopped, and with which configuration, rules,
 * directory, calendar, templates and lists: the fingerprint of every file that changed, and whose file it is.
 *
 * A reload takes no file that was written to while it was read; at a start, which waits for nobody, the row says so of
 * such a file. No secret is read. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/version.h"
#include "run/record_files.h"
#include "store/audit/audit.h"
#include "text/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KNOWN "audit_files" /* in the database: the files and their fingerprints as they were recorded last */

struct record {
	bool owes_start, owes_configuration;
};

/* One row in a transaction of its own. A full disk must not end the daemon, and is said by others: the row is owed, and
 * written by a later look. */
static enum result write_row(struct council *council, const char *what, struct text detail, const struct text *known,
                             struct fault *fault)
{
	struct audit_row row = {.at = council_now(council), .what = what, .detail = detail};
	enum result result = store_begin(council->store, fault);
	if (result == RESULT_OK)
		result = audit_write(council->store, &row, fault);
	if (result == RESULT_OK && known)
		result = store_set(council->store, KNOWN, *known, fault);
	if (result == RESULT_OK)
		result = store_commit(council->store, fault);
	else
		store_rollback(council->store);
	return result;
}

static enum result write_started(struct council *council, struct fault *fault)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	json_object(&json);
	json_put_string(&json, "version", casewatch_version);
	json_put_integer(&json, "process", (int64_t)getpid());
	json_put_integer(&json, "user", (int64_t)getuid());
	json_object_end(&json);
	enum result result = write_row(council, "daemon.started", buffer_view(&detail), NULL, fault);
	buffer_free(&detail);
	return result;
}

/* Nothing where no file differs from what was recorded last. */
static enum result write_configuration(struct council *council, struct fault *fault)
{
	struct buffer detail = {0}, now = {0};
	struct text before;
	const struct record_files *files = &council->edition->files;
	bool differs = false;
	enum result result = store_get(council->store, KNOWN, &before, fault);
	if (result != RESULT_OK)
		return result;
	record_files_known(files, &now);
	differs = !text_equal(before, buffer_view(&now));
	record_files_detail(files, before, council->edition->loading, &detail);
	if (differs) {
		struct text known = buffer_view(&now);
		result = write_row(council, "configuration.loaded", buffer_view(&detail), &known, fault);
	}
	buffer_free(&detail);
	buffer_free(&now);
	return result;
}

enum result record_look(struct council *council, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (council->record->owes_start)
		result = write_started(council, fault);
	council->record->owes_start = council->record->owes_start && result != RESULT_OK;
	if (result == RESULT_OK && council->record->owes_configuration) {
		result = write_configuration(council, fault);
		council->record->owes_configuration = result != RESULT_OK;
	}
	return result == RESULT_TEMPORARY ? RESULT_OK : result;
}

enum result record_start(struct council *council, struct fault *fault)
{
	struct audit_head head;
	council->record = MEM_NEW(struct record);
	*council->record = (struct record){true, true};
	enum result result = audit_head(council->store, &head, fault);
	council->recorded_last = result == RESULT_OK && head.row ? head.at : INSTANT_NONE;
	return result == RESULT_OK ? record_look(council, fault) : result;
}

void record_reloaded(struct council *council)
{
	struct fault fault = {0};
	council->record->owes_configuration = true;
	council_after(council, record_look(council, &fault), &fault);
}

void record_refused(struct council *council, const char *place, const char *why)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	struct fault fault = {0};
	json_object(&json);
	json_put_string(&json, "where", place);
	json_put_string(&json, "fault", why);
	json_object_end(&json);
	enum result result = write_row(council, "configuration.refused", buffer_view(&detail), NULL, &fault);
	if (result == RESULT_TEMPORARY)
		log_warning("that the reload was refused could not be put into the audit: %s", fault.text);
	council_after(council, result, &fault);
	buffer_free(&detail);
}

static void write_stopped(struct council *council)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	struct fault fault = {0};
	json_object(&json);
	json_put_integer(&json, "status", council->status);
	json_object_end(&json);
	if (write_row(council, "daemon.stopped", buffer_view(&detail), NULL, &fault) != RESULT_OK)
		log_warning("the end of the daemon could not be put into the audit: %s", fault.text);
	buffer_free(&detail);
}

void record_stop(struct council *council)
{
	if (!council->record->owes_start) /* else it never came so far */
		write_stopped(council);
	free(council->record);
	council->record = NULL;
}

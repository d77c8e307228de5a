/* spool: one event, written whole into the daemon's spool directory. */
#include "cli/spool.h"

#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void spool_id(instant now, char id[SPOOL_ID_SIZE])
{
	uint64_t random = 0;
	char stamp[24];
	time_t seconds = (time_t)(now / SECOND);
	struct tm utc;
	digest_random(&random, sizeof random);
	(void)gmtime_r(&seconds, &utc);
	(void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	(void)snprintf(id, SPOOL_ID_SIZE, "%s-%016llx", stamp, (unsigned long long)random);
}

struct json_writer spool_event(struct buffer *out, const char *id, const char *type, struct text subject, instant now)
{
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_put_string(&json, "id", id);
	json_put_string(&json, "source", SPOOL_SOURCE);
	json_put_string(&json, "type", type);
	json_put_text(&json, "subject", subject);
	json_put_instant(&json, "time", now);
	json_put_string(&json, "datacontenttype", "application/json");
	json_key(&json, "data");
	json_object(&json);
	return json;
}

void spool_event_end(struct json_writer *json)
{
	json_object_end(json);
	json_object_end(json);
	buffer_char(json->out, '\n');
}

/* Root writes for the daemon, which must be able to read it: the file is the directory's owner's. */
static int give_to_owner(int file, int directory)
{
	struct stat owner;
	if (geteuid() != 0 || fstat(directory, &owner) != 0)
		return 0;
	return fchown(file, owner.st_uid, owner.st_gid);
}

static bool write_all(int file, struct text bytes)
{
	while (bytes.length) {
		ssize_t written = write(file, bytes.at, bytes.length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes.at += written;
		bytes.length -= (size_t)written;
	}
	return true;
}

static enum result write_file(int directory, const char *hidden, const char *shown, struct text bytes,
                              struct fault *fault)
{
	int file = openat(directory, hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (file < 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot write into the spool directory: %s", strerror(errno));
	bool good = give_to_owner(file, directory) == 0 && write_all(file, bytes) && fsync(file) == 0;
	int why = errno;
	if (close(file) != 0 && good) {
		good = false;
		why = errno;
	}
	if (good && renameat(directory, hidden, directory, shown) == 0 && fsync(directory) == 0)
		return RESULT_OK;
	if (good)
		why = errno;
	(void)unlinkat(directory, hidden, 0);
	return fault_set(fault, RESULT_PERMANENT, "cannot write into the spool directory: %s", strerror(why));
}

enum result spool_put(const char *directory, const char *name, struct text bytes, struct fault *fault)
{
	int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (opened < 0)
		return fault_set(
			fault, RESULT_PERMANENT,
			"the spool directory %s cannot be opened: %s; has casewatchd ever run with this configuration?",
			directory, strerror(errno));
	struct buffer hidden = {0}, shown = {0};
	buffer_format(&hidden, ".%s.tmp", name);
	buffer_format(&shown, "%s.jsonl", name);
	enum result result = write_file(opened, buffer_cstr(&hidden), buffer_cstr(&shown), bytes, fault);
	buffer_free(&hidden);
	buffer_free(&shown);
	(void)close(opened);
	return result;
}

const char *spool_directory(struct cli *cli, const struct config *config)
{
	if (!config->spool)
		(void)cli_failed(cli, "%s has no spool directory, which answers go through; write spool", cli->config);
	return config->spool;
}

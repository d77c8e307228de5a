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

const char *spool_directory(struct cli *cli, const struct config *config)
{
	if (!config->spool)
		(void)cli_failed(cli, "%s has no spool directory, which answers go through; write spool", cli->config);
	return config->spool;
}

/* certificates: once an hour, whether a certificate is about to run out: of the files that the configuration names, and
 * those that mail servers showed. */
#include "run/run_internal.h"

#include "base/log.h"
#include "channel/certificates.h"
#include "time/words.h"

#include <stdlib.h>

#define EVERY HOUR
#define AFTER_START (15 * SECOND) /* mails that waited have shown a server's certificate by then */
#define SOON (21 * 24 * HOUR)     /* (local) a council's own authority takes a week */

struct certificates {
	struct council *council;
	struct loop_timer *timer;
	struct buffer wrong; /* keys of those that are, each ended by a NUL */
	instant next, found; /* the first to run out, of the last look; of the look under way */
};

static void say_ending(struct certificates *certificates, const char *what, instant until)
{
	struct council *council = certificates->council;
	struct buffer title = {0}, when = {0};
	bool over = until <= council_now(council);
	words_moment(calendar_zone(council->config->calendar), (struct words_moment){until, false}, WORDS_FULL, &when);
	buffer_format(&title, "The certificate of %s %s", what, over ? "has run out" : "is about to run out");
	struct ops_word word = {.what = OPS_CERTIFICATE,
	                        .key = text_of(what),
	                        .title = buffer_cstr(&title),
	                        .facts = {{over ? "Ran out" : "Runs out", buffer_cstr(&when), NULL}},
	                        .fact_count = 1};
	buffer_add(&certificates->wrong, what, strlen(what) + 1);
	council_say_ops(council, &word);
	buffer_free(&title);
	buffer_free(&when);
}

static void look_at(struct certificates *certificates, const char *what, instant until)
{
	certificates->found = until < certificates->found ? until : certificates->found;
	if (until != INSTANT_NEVER && until - council_now(certificates->council) < SOON)
		say_ending(certificates, what, until);
}

/* Of a file of authorities the last counts: one that is replaced runs out beside its successor. Of our own certificate
 * the first: what it is signed with is needed, too. */
static void look_at_file(struct certificates *certificates, const char *what, const char *path, bool authorities)
{
	struct certificates_hold hold;
	struct fault fault = {0};
	if (!path)
		return;
	if (certificates_of_file(path, &hold, &fault) != RESULT_OK)
		log_warning("%s: %s", what, fault.text);
	else
		look_at(certificates, what, authorities ? hold.last : hold.first);
}

static void look_at_seen(void *argument, const char *server, instant until)
{
	look_at(argument, server, until);
}

static void look_at_kafka(struct certificates *certificates)
{
	const struct config *config = certificates->council->config;
	for (size_t i = 0; i < config->kafka.property_count; i++) {
		const char *name = config->kafka.properties[i].name, *value = config->kafka.properties[i].value;
		if (strcmp(name, "ssl.ca.location") == 0)
			look_at_file(certificates, "kafka.properties ssl.ca.location", value, true);
		if (strcmp(name, "ssl.certificate.location") == 0)
			look_at_file(certificates, "kafka.properties ssl.certificate.location", value, false);
	}
}

static bool is_wrong(void *argument, struct text key)
{
	const struct certificates *certificates = argument;
	const char *at = certificates->wrong.at, *end = at + certificates->wrong.length;
	for (; at && at < end; at += strlen(at) + 1)
		if (text_equal(text_of(at), key))
			return true;
	return false;
}

static void on_time(void *argument)
{
	struct certificates *certificates = argument;
	struct council *council = certificates->council;
	const struct config *config = council->config;
	struct fault fault = {0};
	buffer_clear(&certificates->wrong);
	certificates->found = INSTANT_NEVER;
	look_at_file(certificates, "smtp.ca-file", config->smtp.ca_file, true);
	look_at_file(certificates, "notify.ca-file", config->notify.ca_file, true);
	look_at_file(certificates, "webhook.ca-file", config->webhook.ca_file, true);
	look_at_file(certificates, "audit.stamp-ca-file", config->audit.stamp_ca_file, true);
	look_at_file(certificates, "dead-man.ca-file", config->dead_man.ca_file, true);
	look_at_kafka(certificates);
	certificates_each_seen(look_at_seen, certificates);
	certificates->next = certificates->found;
	enum result result =
		ops_end_others(council->ops, OPS_CERTIFICATE, is_wrong, certificates, council_now(council), &fault);
	council_after(council, result, &fault);
	loop_timer_in(certificates->timer, EVERY);
}

enum result certificates_start(struct council *council, struct fault *fault)
{
	struct certificates *certificates = MEM_NEW(struct certificates);
	(void)fault;
	certificates->council = council;
	certificates->next = INSTANT_NEVER;
	certificates->timer = loop_timer_new(council->daemon->loop, on_time, certificates);
	council->certificates = certificates;
	loop_timer_in(certificates->timer, AFTER_START);
	return RESULT_OK;
}

instant certificates_next(const struct council *council)
{
	return council->certificates ? council->certificates->next : INSTANT_NEVER;
}

void certificates_stop(struct council *council)
{
	if (!council->certificates)
		return;
	loop_timer_free(council->certificates->timer);
	buffer_free(&council->certificates->wrong);
	free(council->certificates);
	council->certificates = NULL;
}

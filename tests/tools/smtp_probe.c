/* smtp_probe: sends the message on standard input COUNT times over one struct smtp and prints, a line each, what came
 * of it: "OUTCOME whose=server tls=1 code=250 MILLISECONDS TEXT". For tests/system. smtp_probe HOST PORT
 * none|starttls|tls CA_FILE|- USER|- PASSWORD_FILE|- TIMEOUT_MS FROM TO COUNT [STOP_AFTER_MS] */
#include "base/clock.h"
#include "channel/smtp/smtp.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_bool stop;

static const char *or_null(const char *argument)
{
	return strcmp(argument, "-") == 0 ? NULL : argument;
}

static void *stop_later(void *argument)
{
	(void)usleep((useconds_t)strtoul(argument, NULL, 10) * 1000);
	atomic_store(&stop, true);
	return NULL;
}

static void read_all(struct buffer *wire)
{
	char bytes[65536];
	size_t length;
	while ((length = fread(bytes, 1, sizeof bytes, stdin)) > 0)
		buffer_add(wire, bytes, length);
}

static void send_all(struct smtp *smtp, char **words, struct text wire)
{
	struct clock clock = clock_real();
	for (long left = strtol(words[10], NULL, 10); left > 0; left--) {
		struct channel_reply reply;
		instant start = clock_now(&clock);
		smtp_send(smtp, text_of(words[8]), text_of(words[9]), wire, false, 0, &reply);
		(void)printf("%s whose=%s tls=%d code=%d %lld %s\n", channel_outcome_name(reply.outcome),
		             channel_whose_name(reply.whose), reply.encrypted,
		             reply.code, (long long)((clock_now(&clock) - start) / 1000), reply.text);
		(void)fflush(stdout);
	}
}

int main(int count, char **words)
{
	struct fault fault = {""};
	if (count < 11)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	struct smtp_settings settings = {
	        .host = words[1], .port = atoi(words[2]),
	        .security = strcmp(words[3], "tls") == 0        ? SMTP_IMPLICIT_TLS
	                    : strcmp(words[3], "starttls") == 0 ? SMTP_STARTTLS
	                                                        : SMTP_PLAIN,
	        .ca_file = or_null(words[4]), .user = or_null(words[5]), .password_file = or_null(words[6]),
	        .hello = "casewatch.example", .timeout_ms = strtoll(words[7], NULL, 10)};
	struct smtp *smtp = NULL;
	if (smtp_new(&settings, &stop, &smtp, &fault) != RESULT_OK) {
		(void)printf("refused %s\n", fault.text);
		return 1;
	}
	pthread_t thread;
	if (count > 11)
		(void)pthread_create(&thread, NULL, stop_later, words[11]);
	struct buffer wire = {0};
	read_all(&wire);
	send_all(smtp, words, buffer_view(&wire));
	smtp_free(smtp);
	buffer_free(&wire);
	return 0;
}

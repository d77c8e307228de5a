/* smtp: one message through libcurl, and what the server answered. */
#include "channel/smtp/smtp.h"

#include "channel/certificates.h"

#include "base/file.h"
#include "base/mem.h"
#include "channel/smtp/mime.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PASSWORD_MOST 4096 /* a token of OAuth has at most about 2,000 characters */
#define SHORTER_MOST_MS 10000 /* for connecting, and for the answer to a recipient: a third of the time, or so long */
#define IDLE_SECONDS 60L /* a connection unused for longer is not trusted again */

/* How far one transfer came, as its callbacks saw it. */
struct transfer {
	struct smtp *smtp;
	struct text wire;
	size_t given;        /* bytes of it handed to libcurl */
	bool whole;          /* all of it was handed over: the server may have the last byte */
	bool said_mail, said_rcpt,
		said_data;   /* the command went out: what the server refuses from here on is about it */
	bool patient;        /* no shorter time for the recipient than for the message */
	int64_t rcpt_until_ms; /* when the time of a recipient that is not answered is over; 0: none waits */
	bool answered;       /* the last thing that passed was a reply, not a command */
	bool over;           /* QUIT went out: libcurl takes its leave, what passes now is not about the message */
	bool tls_missing;    /* TLS is demanded and was not there when the text was about to go */
	bool tls;
	bool begun;
	bool late;           /* broken off because its time was over */
	bool too_late;       /* to begin */
	instant begin_by;
	int64_t until_ms;    /* when that is, by the monotonic clock */
	int code;            /* of the last reply */
	char text[512];      /* the last reply, its lines joined */
};

struct smtp {
	const struct smtp_settings *settings;
	const atomic_bool *stop;
	char *url, *password;
	CURL *easy; /* one for as long as its connection is good; always the same TLS policy */
	struct transfer transfer; /* that its callbacks are of */
	char detail[CURL_ERROR_SIZE];
};

/* Once a process; libcurl's own thread-safe counter makes further calls cheap. */
static enum result start_libcurl(struct fault *fault)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK)
		return fault_set(fault, RESULT_PERMANENT, "libcurl cannot start: %s", curl_easy_strerror(code));
	return RESULT_OK;
}

/* Settings */

static bool this_machine(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static bool host_ok(struct text host)
{
	if (mime_domain_ok(host))
		return true;
	for (size_t i = 0; i < host.length; i++) /* an IPv6 address */
		if (!strchr("0123456789abcdefABCDEF:.", host.at[i]))
			return false;
	return host.length > 1 && memchr(host.at, ':', host.length);
}

static enum result check_settings(const struct smtp_settings *settings, struct fault *fault)
{
	if (!settings->host || !host_ok(text_of(settings->host)))
		return fault_set(fault, RESULT_PERMANENT, "smtp.host is not a host name or address");
	if (settings->port < 1 || settings->port > 65535)
		return fault_set(fault, RESULT_PERMANENT, "smtp.port %d is not between 1 and 65535", settings->port);
	if (!settings->hello || !mime_domain_ok(text_of(settings->hello)))
		return fault_set(fault, RESULT_PERMANENT, "the name for EHLO (smtp.domain) is not a host name");
	if (settings->timeout_ms < 100 || settings->timeout_ms > 3600000)
		return fault_set(fault, RESULT_PERMANENT, "smtp.timeout is not between 100 ms and 1 hour");
	if (settings->user && settings->security == SMTP_PLAIN && !this_machine(settings->host))
		return fault_set(fault, RESULT_PERMANENT,
		                 "smtp.user needs smtp.tls: a password is not sent in clear to another machine");
	if (settings->ca_file && access(settings->ca_file, R_OK) != 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot read smtp.ca_file %s: %s", settings->ca_file,
		                 strerror(errno));
	return RESULT_OK;
}

static enum result read_password(const char *path, char **password, struct fault *fault)
{
	FILE *file = file_read(path);
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot read smtp.password_file %s: %s", path,
		                 strerror(errno));
	char bytes[PASSWORD_MOST + 1];
	size_t length = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	enum result result = RESULT_OK;
	if (length == 0 || length > PASSWORD_MOST || memchr(bytes, '\0', length))
		result = fault_set(fault, RESULT_PERMANENT,
		                   "smtp.password_file %s is empty, over %d bytes, or not text", path, PASSWORD_MOST);
	else
		*password = mem_copy_text(bytes, length);
	explicit_bzero(bytes, sizeof bytes);
	return result;
}

static char *make_url(const struct smtp_settings *settings)
{
	struct buffer url = {0};
	bool ipv6 = strchr(settings->host, ':') != NULL;
	buffer_format(&url, "%s://%s%s%s:%d/%s", settings->security == SMTP_IMPLICIT_TLS ? "smtps" : "smtp",
	              ipv6 ? "[" : "", settings->host, ipv6 ? "]" : "", settings->port, settings->hello);
	return url.at;
}

enum result smtp_new(const struct smtp_settings *settings, const atomic_bool *stop, struct smtp **smtp,
                     struct fault *fault)
{
	char *password = NULL;
	enum result result = check_settings(settings, fault);
	if (result == RESULT_OK && settings->user && !settings->password_file)
		result = fault_set(fault, RESULT_PERMANENT, "smtp.user is set and smtp.password_file is not");
	if (result == RESULT_OK)
		result = start_libcurl(fault);
	if (result == RESULT_OK && settings->user)
		result = read_password(settings->password_file, &password, fault);
	if (result != RESULT_OK)
		return result;
	*smtp = MEM_NEW(struct smtp);
	(*smtp)->settings = settings;
	(*smtp)->stop = stop;
	(*smtp)->url = make_url(settings);
	(*smtp)->password = password;
	return RESULT_OK;
}

void smtp_rest(struct smtp *smtp)
{
	curl_easy_cleanup(smtp->easy);
	smtp->easy = NULL;
}

void smtp_free(struct smtp *smtp)
{
	if (!smtp)
		return;
	smtp_rest(smtp);
	free(smtp->url);
	if (smtp->password)
		explicit_bzero(smtp->password, strlen(smtp->password));
	free(smtp->password);
	free(smtp);
}

/* What the wire says */

static bool demands_tls(const struct smtp *smtp)
{
	return smtp->settings->security != SMTP_PLAIN;
}

/* Asked while the connection is attached, before the first byte of the message: afterwards libcurl no longer knows. */
static bool encrypted(CURL *easy)
{
	struct curl_tlssessioninfo *session = NULL;
	return curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session && session->internals;
}

static size_t give(char *to, size_t size, size_t count, void *argument)
{
	struct transfer *transfer = argument;
	if (transfer->given == 0) {
		transfer->tls = encrypted(transfer->smtp->easy);
		if (demands_tls(transfer->smtp) && !transfer->tls) {
			transfer->tls_missing = true;
			return CURL_READFUNC_ABORT;
		}
	}
	size_t room = size * count, left = transfer->wire.length - transfer->given;
	size_t now = left < room ? left : room;
	memcpy(to, transfer->wire.at + transfer->given, now);
	transfer->given += now;
	if (transfer->given == transfer->wire.length)
		transfer->whole = true;
	return now;
}

/* Keeps "250 2.0.0 Ok: queued as 4F2" without its line end; of several lines the last ones that fit. */
static void keep_reply(struct transfer *transfer, const char *at, size_t length)
{
	while (length && (at[length - 1] == '\r' || at[length - 1] == '\n'))
		length--;
	if (length < 3)
		return;
	bool follows = transfer->answered && transfer->text[0];
	size_t used = follows ? strlen(transfer->text) : 0;
	if (used + length + 2 > sizeof transfer->text)
		used = 0;
	if (used)
		transfer->text[used++] = ' ';
	if (length > sizeof transfer->text - 1 - used)
		length = sizeof transfer->text - 1 - used;
	for (size_t i = 0; i < length; i++)
		transfer->text[used + i] = at[i] >= ' ' && at[i] < 0x7F ? at[i] : '?';
	transfer->text[used + length] = '\0';
	transfer->rcpt_until_ms = 0;
	if (at[0] >= '2' && at[0] <= '5' && at[1] >= '0' && at[1] <= '9' && at[2] >= '0' && at[2] <= '9')
		transfer->code = (at[0] - '0') * 100 + (at[1] - '0') * 10 + at[2] - '0';
	transfer->answered = true;
}

static int64_t elapsed_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* how long, not what time it is: that is the courier's clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t shorter_ms(const struct smtp_settings *settings)
{
	return settings->timeout_ms / 3 < SHORTER_MOST_MS ? settings->timeout_ms / 3 : SHORTER_MOST_MS;
}

static bool is_command(struct text line, const char *verb)
{
	return line.length > 4 && memcmp(line.at, verb, 4) == 0;
}

static void note_command(struct transfer *transfer, struct text line)
{
	transfer->said_mail = transfer->said_mail || is_command(line, "MAIL");
	transfer->said_data = transfer->said_data || is_command(line, "DATA");
	if (is_command(line, "RCPT")) {
		transfer->said_rcpt = true;
		transfer->rcpt_until_ms = transfer->patient ? 0 : elapsed_ms() + shorter_ms(transfer->smtp->settings);
	}
}

/* The last line of the last reply there is: 250 and a space. What libcurl says after it is about the connection. */
static bool was_last(const struct transfer *transfer, const char *at, size_t length)
{
	return transfer->whole && transfer->code >= 200 && (length < 4 || at[3] != '-');
}

static int watch(CURL *easy, curl_infotype type, char *at, size_t length, void *argument)
{
	struct transfer *transfer = argument;
	if (type == CURLINFO_HEADER_OUT && length >= 4 && memcmp(at, "QUIT", 4) == 0)
		transfer->over = true;
	if (transfer->over)
		return 0;
	if (type == CURLINFO_HEADER_IN) {
		keep_reply(transfer, at, length);
		if (was_last(transfer, at, length))
			(void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 0L);
	} else if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) {
		transfer->answered = false; /* what comes next answers this */
		transfer->code = 0;
		transfer->text[0] = '\0';
		if (type == CURLINFO_HEADER_OUT)
			note_command(transfer, (struct text){at, length});
	}
	return 0;
}

/* From here on each reply and command is seen. What libcurl has to say of how it found its connection is written for
 * nobody, and costs as much as a tenth of a mail. */
static void begin(struct transfer *transfer)
{
	const struct smtp *smtp = transfer->smtp;
	if (transfer->begun)
		return;
	transfer->begun = true;
	(void)curl_easy_setopt(smtp->easy, CURLOPT_VERBOSE, 1L); /* for the debug function alone: nothing is printed */
	(void)curl_easy_setopt(smtp->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, /* see set_message */
	                       (long)((smtp->settings->timeout_ms + 999) / 1000));
}

/* A new connection: its greeting, TLS and sign-in are seen, too. */
static int on_socket(void *argument, curl_socket_t socket, curlsocktype purpose)
{
	(void)socket, (void)purpose;
	begin(argument);
	return CURL_SOCKOPT_OK;
}

/* The server is greeted, TLS and sign-in are done: the next byte is the message's own MAIL. */
static int about_to_begin(void *argument, char *here, char *there, int local_port, int port)
{
	struct transfer *transfer = argument;
	(void)here, (void)there, (void)local_port, (void)port;
	begin(transfer);
	transfer->too_late = !channel_may_begin(transfer->begin_by);
	return transfer->too_late ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* Called about once a second also while libcurl waits for the last reply, where CURLOPT_TIMEOUT_MS was seen not to fire
 * (libcurl 7.88.1: a server mute after the final dot held a thread for as long as the connection stood). */
static int stopping(void *argument, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transfer *transfer = argument;
	(void)a, (void)b, (void)c, (void)d;
	int64_t now = elapsed_ms();
	transfer->late = now > transfer->until_ms || (transfer->rcpt_until_ms && now > transfer->rcpt_until_ms);
	return transfer->late || (transfer->smtp->stop && atomic_load(transfer->smtp->stop));
}

/* The handle */

#define SET(option, value) \
	do { \
		if (code == CURLE_OK) \
			code = curl_easy_setopt(easy, option, value); \
	} while (0)

static CURLcode set_connection(CURL *easy, const struct smtp *smtp)
{
	const struct smtp_settings *settings = smtp->settings;
	CURLcode code = CURLE_OK;
	SET(CURLOPT_URL, smtp->url);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_PROXY, ""); /* nothing from the environment */
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)shorter_ms(settings));
	SET(CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
	SET(CURLOPT_MAXCONNECTS, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	if (settings->user) {
		SET(CURLOPT_USERNAME, settings->user);
		SET(CURLOPT_PASSWORD, smtp->password);
	}
	return code;
}

static CURLcode set_tls(CURL *easy, const struct smtp_settings *settings)
{
	CURLcode code = CURLE_OK;
	SET(CURLOPT_USE_SSL, settings->security == SMTP_PLAIN ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_CERTINFO, 1L); /* until when it holds, is told while there is time */
	if (settings->ca_file) {
		SET(CURLOPT_CAINFO, settings->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	return code;
}

/* What is the same for each message. */
static CURLcode set_callbacks(CURL *easy, struct smtp *smtp)
{
	CURLcode code = CURLE_OK;
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give);
	SET(CURLOPT_READDATA, &smtp->transfer);
	SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
	SET(CURLOPT_SOCKOPTDATA, &smtp->transfer);
	SET(CURLOPT_DEBUGFUNCTION, watch);
	SET(CURLOPT_DEBUGDATA, &smtp->transfer);
	SET(CURLOPT_XFERINFOFUNCTION, stopping);
	SET(CURLOPT_XFERINFODATA, &smtp->transfer);
	SET(CURLOPT_PREREQFUNCTION, about_to_begin);
	SET(CURLOPT_PREREQDATA, &smtp->transfer);
	SET(CURLOPT_ERRORBUFFER, smtp->detail);
	return code;
}

static CURLcode set_message(CURL *easy, const struct transfer *transfer, const char *from, const struct curl_slist *to)
{
	CURLcode code = CURLE_OK;
	/* At the start of a transfer libcurl clones this timeout for the day it closes the connection, when it says
	 * QUIT and waits for the answer: one second is enough for that. The transfer itself gets its own when it
	 * begins. */
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
	SET(CURLOPT_MAIL_FROM, from);
	SET(CURLOPT_MAIL_RCPT, to);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->wire.length);
	SET(CURLOPT_NOPROGRESS, 0L);
	return code;
}

/* The outcome */

static bool relay_code(int code)
{
	return code == 421 || code == 530 || code == 534 || code == 535 ||
	       code == 538; /* leaving; AUTH needed or refused */
}

/* Whom the trouble is of, by how far it came. A reply to MAIL is about this sender and size; no reply to it is the
 * server's. */
static enum channel_whose whose(const struct transfer *transfer, bool refused)
{
	if (!transfer->said_mail || (refused && relay_code(transfer->code)))
		return CHANNEL_OF_SERVER;
	if (transfer->said_data)
		return CHANNEL_OF_MESSAGE;
	if (transfer->said_rcpt)
		return CHANNEL_OF_RECIPIENT;
	return refused ? CHANNEL_OF_MESSAGE : CHANNEL_OF_SERVER;
}

static void judge(const struct transfer *transfer, CURLcode code, struct channel_reply *reply)
{
	bool refused = transfer->answered && transfer->code >= 400;
	reply->whose = whose(transfer, refused);
	reply->silent = !transfer->answered;
	if (code == CURLE_OK && transfer->answered && transfer->code >= 200 && transfer->code < 300)
		reply->outcome = CHANNEL_ACCEPTED;
	else if (refused)
		reply->outcome = transfer->code >= 500 && reply->whose != CHANNEL_OF_SERVER ? CHANNEL_PERMANENT
		                                                                            : CHANNEL_TEMPORARY;
	else if (transfer->whole)
		reply->outcome = CHANNEL_UNCERTAIN;
	else if (transfer->too_late ||
	         (code == CURLE_ABORTED_BY_CALLBACK && !transfer->late && !transfer->tls_missing))
		reply->outcome = CHANNEL_ABANDONED;
	else
		reply->outcome = CHANNEL_TEMPORARY;
	if (transfer->tls_missing)
		reply->whose = CHANNEL_OF_SERVER;
}

static void say_why(const struct transfer *transfer, CURLcode code, const char *detail, struct channel_reply *reply)
{
	const char *why = detail[0] ? detail : curl_easy_strerror(code);
	if (transfer->tls_missing)
		why = "TLS is demanded and the server did not offer it; nothing was sent";
	else if (transfer->too_late)
		why = CHANNEL_TOO_LATE;
	else if (transfer->late)
		why = "the server did not answer in time";
	if (reply->outcome == CHANNEL_ACCEPTED || (transfer->answered && transfer->code >= 400))
		(void)snprintf(reply->text, sizeof reply->text, "%s", transfer->text);
	else if (reply->outcome == CHANNEL_UNCERTAIN)
		(void)snprintf(reply->text, sizeof reply->text, "no answer after the message was sent: %.400s", why);
	else
		(void)snprintf(reply->text, sizeof reply->text, "%.500s", why);
	for (char *at = reply->text; *at; at++)
		if (*at < ' ' || *at >= 0x7F)
			*at = '?';
}

/* The server's own certificate is the first. */
static void note_certificate(CURL *easy, const struct smtp_settings *settings)
{
	struct curl_certinfo *shown = NULL;
	char server[300];
	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &shown) != CURLE_OK || !shown || shown->num_of_certs < 1)
		return;
	(void)snprintf(server, sizeof server, "%s:%d", settings->host, settings->port);
	for (const struct curl_slist *line = shown->certinfo[0]; line; line = line->next)
		if (strncmp(line->data, "Cert:", 5) == 0)
			certificates_note_seen(server, certificates_of_pem(line->data + 5));
}

/* One attempt on the handle there is. Returns whether it was the remains of an old connection that failed, before the
 * message went: worth one more attempt on a new one. */
static bool attempt(struct smtp *smtp, const char *from, const struct curl_slist *to, struct channel_reply *reply)
{
	const struct transfer *transfer = &smtp->transfer;
	CURL *easy = smtp->easy;
	smtp->detail[0] = '\0';
	CURLcode code = set_message(easy, transfer, from, to);
	if (code == CURLE_OK)
		code = curl_easy_perform(easy);
	long opened = 1;
	(void)curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
	note_certificate(easy, smtp->settings);
	/* What passes when the connection is closed is not about the message. */
	(void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
	*reply = (struct channel_reply){.encrypted = transfer->tls, .code = transfer->answered ? transfer->code : 0};
	judge(transfer, code, reply);
	say_why(transfer, code, smtp->detail, reply);
	bool connection = reply->silent || reply->whose == CHANNEL_OF_SERVER;
	return opened == 0 && connection && reply->outcome == CHANNEL_TEMPORARY && !transfer->late;
}

static bool ready(struct smtp *smtp, struct channel_reply *reply)
{
	if (smtp->easy)
		return true;
	smtp->easy = curl_easy_init();
	CURLcode code = smtp->easy ? set_connection(smtp->easy, smtp) : CURLE_FAILED_INIT;
	if (code == CURLE_OK)
		code = set_tls(smtp->easy, smtp->settings);
	if (code == CURLE_OK)
		code = set_callbacks(smtp->easy, smtp);
	if (code == CURLE_OK)
		return true;
	smtp_rest(smtp);
	*reply = (struct channel_reply){.outcome = CHANNEL_TEMPORARY, .whose = CHANNEL_OF_SERVER};
	(void)snprintf(reply->text, sizeof reply->text, "libcurl refuses a setting: %s", curl_easy_strerror(code));
	return false;
}

void smtp_send(struct smtp *smtp, struct text from, struct text to, struct text wire, bool patient, instant begin_by,
               struct channel_reply *reply)
{
	int64_t began_ms = elapsed_ms();
	char sender[MIME_ADDRESS_MOST + 3], recipient[MIME_ADDRESS_MOST + 3];
	if (!mime_address_ok(from, NULL) || !mime_address_ok(to, NULL)) {
		*reply = (struct channel_reply){.outcome = CHANNEL_PERMANENT, .text = "the address cannot be used"};
		return;
	}
	(void)snprintf(sender, sizeof sender, "<%.*s>", TEXT_ARG(from));
	(void)snprintf(recipient, sizeof recipient, "<%.*s>", TEXT_ARG(to));
	struct curl_slist *list = curl_slist_append(NULL, recipient);
	if (!list)
		abort(); /* no memory: as mem does */
	bool again = true;
	for (int round = 0; again && round < 2; round++) {
		smtp->transfer = (struct transfer){.smtp = smtp, .wire = wire, .patient = patient, .begin_by = begin_by,
		                                   .until_ms = elapsed_ms() + smtp->settings->timeout_ms};
		again = ready(smtp, reply) && attempt(smtp, sender, list, reply);
		if (reply->outcome != CHANNEL_ACCEPTED)
			smtp_rest(smtp);
	}
	curl_slist_free_all(list);
	reply->took_ms = elapsed_ms() - began_ms;
}

/* http: one request through libcurl. */
#include "channel/http/http.h"

#include "base/mem.h"
#include "channel/http/address.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECT_MOST_MS 10000 /* a server that takes longer to connect is treated as away */
#define IDLE_SECONDS 60L     /* a connection unused for longer is not trusted again */
#define WAIT_MOST_MS 3600000 /* a server that asks for more is asked again after an hour all the same */

struct http {
	const struct http_settings *settings;
	const atomic_bool *stop;
	CURL *easy;
};
/* One request under way. */
struct asking {
	struct http *http;
	struct http_answer *answer;
	instant begin_by;
	bool too_late;
};

/* ---- settings ---- */

enum result http_new(const struct http_settings *settings, const atomic_bool *stop, struct http **http,
                     struct fault *fault)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK)
		return fault_set(fault, RESULT_PERMANENT, "libcurl cannot start: %s", curl_easy_strerror(code));
	if (settings->ca_file && access(settings->ca_file, R_OK) != 0)
		return fault_set(fault, RESULT_PERMANENT, "cannot read the CA file %s: %s", settings->ca_file,
		                 strerror(errno));
	*http = MEM_NEW(struct http);
	**http = (struct http){.settings = settings, .stop = stop};
	return RESULT_OK;
}

void http_rest(struct http *http)
{
	curl_easy_cleanup(http->easy);
	http->easy = NULL;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	http_rest(http);
	free(http);
}

static bool begins(struct text text, struct text with)
{
	return text.length >= with.length && memcmp(text.at, with.at, with.length) == 0;
}

bool http_url_ok(struct text url, bool inside, const char **why)
{
	const char *unused, **reason = why ? why : &unused;
	size_t scheme = begins(url, TEXT("https://")) ? 8 : inside && begins(url, TEXT("http://")) ? 7 : 0, host = 0;
	*reason = inside ? "it does not begin with https:// or http://" : "it does not begin with https://";
	if (!scheme)
		return false;
	*reason = "it is longer than 2048 bytes";
	if (url.length > HTTP_URL_BYTES)
		return false;
	*reason = "it has a character that a URL cannot have";
	for (size_t i = 0; i < url.length; i++)
		if (url.at[i] <= ' ' || url.at[i] >= 0x7F || strchr("\"<>\\^`{|}", url.at[i]))
			return false;
	while (scheme + host < url.length && !strchr("/?#", url.at[scheme + host]))
		host++;
	*reason = "it holds a user or a password: these do not belong into a URL";
	if (memchr(url.at + scheme, '@', host))
		return false;
	*reason = "it has no host";
	return host > 0 && url.at[scheme] != ':';
}

/* ---- what libcurl calls ---- */

static curl_socket_t open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct asking *asking = argument;
	(void)purpose;
	if (!asking->http->settings->inside && address_is_inside(&address->addr)) {
		asking->answer->inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *argument)
{
	struct asking *asking = argument;
	struct buffer *body = &asking->answer->body;
	size_t room = HTTP_ANSWER_BYTES > body->length ? HTTP_ANSWER_BYTES - body->length : 0;
	size_t given = size * count;
	buffer_add(body, bytes, given < room ? given : room);
	return given;
}

static int stopping(void *argument, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	struct asking *asking = argument;
	(void)down_all, (void)down, (void)up_all, (void)up;
	asking->answer->stopped = asking->too_late || (asking->http->stop && atomic_load(asking->http->stop));
	return asking->answer->stopped;
}

/* The connection stands: the next byte is the request's own. */
static int about_to_begin(void *argument, char *here, char *there, int local_port, int port)
{
	struct asking *asking = argument;
	(void)here, (void)there, (void)local_port, (void)port;
	asking->too_late = !channel_may_begin(asking->begin_by);
	asking->answer->stopped |= asking->too_late;
	return asking->too_late ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- one request ---- */

#define SET(option, value) code = code == CURLE_OK ? curl_easy_setopt(easy, option, value) : code

static CURLcode set_connection(CURL *easy, const struct http_settings *settings)
{
	CURLcode code = CURLE_OK;
	int64_t connect = settings->timeout_ms / 3 < CONNECT_MOST_MS ? settings->timeout_ms / 3 : CONNECT_MOST_MS;
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, settings->inside ? "https,http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, ""); /* none, whatever the environment says */
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	SET(CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
	SET(CURLOPT_USERAGENT, "casewatch");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (settings->ca_file) {
		SET(CURLOPT_CAINFO, settings->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	return code;
}

static CURLcode set_request(CURL *easy, const struct http_request *request, const struct curl_slist *headers,
                            struct asking *asking)
{
	CURLcode code = CURLE_OK;
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_HTTPHEADER, headers);
	if (request->get) {
		SET(CURLOPT_HTTPGET, 1L);
	} else {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
		SET(CURLOPT_POSTFIELDS, request->body.length ? request->body.at : "");
	}
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, asking);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, asking);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, stopping);
	SET(CURLOPT_XFERINFODATA, asking);
	SET(CURLOPT_PREREQFUNCTION, about_to_begin);
	SET(CURLOPT_PREREQDATA, asking);
	return code;
}

static struct curl_slist *header_list(const struct http_request *request)
{
	/* No waiting for "100 Continue": a server that does not know it would cost a second each time. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; list && i < HTTP_HEADERS_MOST && request->headers[i]; i++)
		list = curl_slist_append(list, request->headers[i]);
	if (!list)
		abort(); /* no memory: as mem does */
	return list;
}

static void look_at(CURL *easy, CURLcode code, const char *detail, const struct http_request *request,
                    const struct asking *asking)
{
	struct http_answer *answer = asking->answer;
	long status = 0, verified = 1;
	curl_off_t wait = 0, sent = 0, took = 0;
	char *scheme = NULL;
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	(void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait);
	(void)curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
	(void)curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);
	(void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
	/* A status whose body breaks off is an answer all the same; one that says "go on" (1xx) is none. */
	answer->status = status >= 200 && status <= 999 ? (int)status : 0;
	answer->encrypted = scheme && (scheme[0] | 32) == 'h' && strlen(scheme) == 5 && verified == 0;
	answer->wait_ms = wait > WAIT_MOST_MS / 1000 ? WAIT_MOST_MS : (int64_t)wait * 1000;
	answer->took_ms = (int64_t)took / 1000;
	long size = 0; /* of the request's head: without a body it is all there is */
	(void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size);
	answer->whole = size > 0 && (request->get || (size_t)sent >= request->body.length);
	if (!answer->status)
		http_put_words(text_of(answer->inside ? "its address is inside the house: allow that, or name another"
		                       : asking->too_late ? CHANNEL_TOO_LATE
		                       : detail[0]    ? detail
		                                      : curl_easy_strerror(code)),
		               answer->why, sizeof answer->why);
}

static CURL *ready(struct http *http, struct http_answer *answer)
{
	CURL *easy = http->easy ? http->easy : curl_easy_init();
	CURLcode code = !easy ? CURLE_FAILED_INIT : http->easy ? CURLE_OK : set_connection(easy, http->settings);
	if (code == CURLE_OK) {
		http->easy = easy;
		return easy;
	}
	curl_easy_cleanup(easy);
	(void)snprintf(answer->why, sizeof answer->why, "libcurl refuses a setting: %s", curl_easy_strerror(code));
	return NULL;
}

void http_ask(struct http *http, const struct http_request *request, struct http_answer *answer)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct asking asking = {.http = http, .answer = answer, .begin_by = request->begin_by};
	*answer = (struct http_answer){0};
	CURL *easy = ready(http, answer);
	if (!easy)
		return;
	struct curl_slist *headers = header_list(request);
	CURLcode code = set_request(easy, request, headers, &asking);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
	if (code == CURLE_OK)
		code = curl_easy_perform(easy);
	look_at(easy, code, detail, request, &asking);
	/* What these point to ends here, the handle does not. */
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		http_rest(http);
}

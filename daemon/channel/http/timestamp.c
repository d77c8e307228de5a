/* timestamp: OpenSSL's time stamp requests and tokens, and one POST. */
#include "channel/http/timestamp.h"

#include <openssl/err.h>
#include <openssl/ts.h>
#include <stdlib.h>
#include <time.h>

#define NONCE_BYTES 16

/* ---- words ---- */

static enum result failed(enum result result, const char *what, struct fault *fault)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return fault_set(fault, result, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
}

/* ---- whom we trust ---- */

/* As of the time of the token: its authority's certificate may have run out since. */
static X509_STORE *authorities(const char *ca_file, instant at)
{
	X509_STORE *store = X509_STORE_new();
	bool good = store && (ca_file ? X509_STORE_load_file(store, ca_file)
	                              : X509_STORE_set_default_paths(store)) == 1;
	if (!good) {
		X509_STORE_free(store);
		return NULL;
	}
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(at / SECOND));
	return store;
}

/* ---- tokens ---- */

static bool time_of(PKCS7 *token, instant *at)
{
	struct tm parts = {0};
	TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(token);
	bool good = info && ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) == 1;
	TS_TST_INFO_free(info);
	if (good)
		*at = (instant)timegm(&parts) * SECOND;
	return good;
}

static enum result check(PKCS7 *token, const struct digest *digest, const char *ca_file, instant at,
                         struct fault *fault)
{
	X509_STORE *store = authorities(ca_file, at);
	if (!store)
		return failed(RESULT_PERMANENT, "the authorities of time stamps cannot be read (audit.stamp-ca-file)",
		              fault);
	TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
	unsigned char *imprint = OPENSSL_memdup(digest->at, sizeof digest->at);
	if (!context || !imprint)
		abort(); /* no memory: as mem does */
	(void)TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE | TS_VFY_IMPRINT);
	(void)TS_VERIFY_CTX_set_store(context, store);
	(void)TS_VERIFY_CTX_set_imprint(context, imprint, sizeof digest->at);
	bool fits = TS_RESP_verify_token(context, token) == 1;
	TS_VERIFY_CTX_free(context); /* and store and imprint */
	return fits ? RESULT_OK : failed(RESULT_PERMANENT, "the time stamp does not fit", fault);
}

enum result timestamp_check(struct text token, const struct digest *digest, const char *ca_file, instant *at,
                            struct fault *fault)
{
	const unsigned char *bytes = (const unsigned char *)token.at;
	PKCS7 *parsed = token.length <= HTTP_ANSWER_BYTES ? d2i_PKCS7(NULL, &bytes, (long)token.length) : NULL;
	enum result result = RESULT_OK;
	if (!parsed || !time_of(parsed, at))
		result = failed(RESULT_PERMANENT, "the time stamp cannot be read", fault);
	if (result == RESULT_OK)
		result = check(parsed, digest, ca_file, *at, fault);
	PKCS7_free(parsed);
	return result;
}

/* ---- asking ---- */

static ASN1_INTEGER *new_nonce(void)
{
	unsigned char bytes[NONCE_BYTES];
	digest_random(bytes, sizeof bytes);
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and of this length whatever came */
	BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
	ASN1_INTEGER *nonce = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	BN_free(number);
	return nonce;
}

static TS_REQ *new_request(const struct digest *digest)
{
	TS_REQ *request = TS_REQ_new();
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	ASN1_INTEGER *nonce = new_nonce();
	unsigned char bytes[DIGEST_BYTES];
	memcpy(bytes, digest->at, sizeof bytes);
	bool good = request && imprint && algorithm && nonce &&
	            X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
	            TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
	            TS_MSG_IMPRINT_set_msg(imprint, bytes, sizeof bytes) == 1 && TS_REQ_set_version(request, 1) == 1 &&
	            TS_REQ_set_msg_imprint(request, imprint) == 1 && TS_REQ_set_nonce(request, nonce) == 1 &&
	            TS_REQ_set_cert_req(request, 1) == 1;
	if (!good)
		abort(); /* no memory */
	TS_MSG_IMPRINT_free(imprint);
	X509_ALGOR_free(algorithm);
	ASN1_INTEGER_free(nonce);
	return request;
}

static bool same_nonce(TS_REQ *request, PKCS7 *token)
{
	TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(token);
	const ASN1_INTEGER *nonce = info ? TS_TST_INFO_get_nonce(info) : NULL;
	bool same = nonce && ASN1_INTEGER_cmp(nonce, TS_REQ_get_nonce(request)) == 0;
	TS_TST_INFO_free(info);
	return same;
}

static void put_token(PKCS7 *token, struct buffer *out)
{
	unsigned char *der = NULL;
	int length = i2d_PKCS7(token, &der);
	if (length > 0)
		buffer_add(out, der, (size_t)length);
	OPENSSL_free(der);
}

static enum result read_response(TS_REQ *request, struct text body, const struct digest *digest, const char *ca_file,
                                 struct buffer *token, struct fault *fault)
{
	const unsigned char *bytes = (const unsigned char *)body.at;
	TS_RESP *response = d2i_TS_RESP(NULL, &bytes, (long)body.length);
	const ASN1_INTEGER *status =
		response ? TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)) : NULL;
	PKCS7 *given = response ? TS_RESP_get_token(response) : NULL; /* the response's own */
	instant at;
	enum result result;
	if (!status)
		result = failed(RESULT_TEMPORARY, "what the time stamp service answered cannot be read", fault);
	else if (ASN1_INTEGER_get(status) > 1 || !given) /* 0 granted, 1 granted with modifications */
		result = fault_set(fault, RESULT_TEMPORARY, "the time stamp service refused (status %ld)",
		                   ASN1_INTEGER_get(status));
	else if (!same_nonce(request, given) || !time_of(given, &at))
		result = fault_set(fault, RESULT_PERMANENT, "the time stamp is of another request");
	else
		result = check(given, digest, ca_file, at, fault);
	if (result == RESULT_OK)
		put_token(given, token);
	TS_RESP_free(response);
	ERR_clear_error();
	return result;
}

static enum result post(const char *url, int64_t timeout_ms, const atomic_bool *stop, struct text body,
                        struct http_answer *answer, struct fault *fault)
{
	struct http_settings settings = {.inside = true, .timeout_ms = timeout_ms}; /* ops named the service */
	struct http_request request = {.url = url,
	                               .headers = {"content-type: application/timestamp-query"},
	                               .body = body};
	struct http *http;
	enum result result = http_new(&settings, stop, &http, fault);
	if (result != RESULT_OK)
		return result;
	http_ask(http, &request, answer);
	http_free(http);
	if (answer->status != 200)
		return fault_set(fault, RESULT_TEMPORARY, "the time stamp service did not answer: %s (status %d)",
		                 answer->why, answer->status);
	return RESULT_OK;
}

enum result timestamp_ask(const char *url, const char *ca_file, int64_t timeout_ms, const atomic_bool *stop,
                          const struct digest *digest, struct buffer *token, struct fault *fault)
{
	struct http_answer answer = {0};
	unsigned char *der = NULL;
	TS_REQ *request = new_request(digest);
	int length = i2d_TS_REQ(request, &der);
	buffer_clear(token);
	struct text body = {(char *)der, length > 0 ? (size_t)length : 0};
	enum result result = body.length ? post(url, timeout_ms, stop, body, &answer, fault)
	                                 : failed(RESULT_PERMANENT, "no time stamp request can be made", fault);
	if (result == RESULT_OK)
		result = read_response(request, buffer_view(&answer.body), digest, ca_file, token, fault);
	OPENSSL_free(der);
	TS_REQ_free(request);
	buffer_free(&answer.body);
	return result;
}

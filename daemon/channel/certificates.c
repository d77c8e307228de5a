/* certificates: read with OpenSSL, and noted as they are seen. */
#include "channel/certificates.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* By how far it is from the first second of 1970: no calendar of the machine's own. */
static instant end_of(const X509 *certificate)
{
	int days = 0, seconds = 0;
	ASN1_TIME *began = ASN1_TIME_set(NULL, 0);
	bool good = began && ASN1_TIME_diff(&days, &seconds, began, X509_get0_notAfter(certificate)) == 1;
	ASN1_TIME_free(began);
	return good ? (instant)days * 24 * HOUR + (instant)seconds * SECOND : INSTANT_NEVER;
}

static void read_all(BIO *bytes, struct certificates_hold *hold)
{
	*hold = (struct certificates_hold){0, INSTANT_NEVER, INSTANT_NEVER};
	for (X509 *one; (one = PEM_read_bio_X509(bytes, NULL, NULL, NULL)) != NULL;) {
		instant until = end_of(one);
		if (!hold->count || until < hold->first)
			hold->first = until;
		if (!hold->count || until > hold->last)
			hold->last = until;
		hold->count++;
		X509_free(one);
	}
	ERR_clear_error();
}

enum result certificates_of_file(const char *path, struct certificates_hold *hold, struct fault *fault)
{
	BIO *bytes = BIO_new_file(path, "r");
	*hold = (struct certificates_hold){0, INSTANT_NEVER, INSTANT_NEVER};
	if (!bytes) {
		ERR_clear_error();
		return fault_set(fault, RESULT_PERMANENT, "%s cannot be read: %s", path, strerror(errno));
	}
	read_all(bytes, hold);
	BIO_free(bytes);
	return RESULT_OK;
}

instant certificates_of_pem(const char *pem)
{
	BIO *bytes = BIO_new_mem_buf(pem, -1);
	X509 *one = bytes ? PEM_read_bio_X509(bytes, NULL, NULL, NULL) : NULL;
	instant until = one ? end_of(one) : INSTANT_NEVER;
	X509_free(one);
	BIO_free(bytes);
	ERR_clear_error();
	return until;
}

/* ---- seen ---- */

static struct seen {
	char server[300];
	instant until;
} seen[CERTIFICATES_SEEN_MOST];
static size_t seen_count;
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

void certificates_note_seen(const char *server, instant until)
{
	size_t at = 0;
	(void)pthread_mutex_lock(&seen_lock);
	while (at < seen_count && strcmp(seen[at].server, server) != 0)
		at++;
	if (at < CERTIFICATES_SEEN_MOST && strlen(server) < sizeof seen[at].server) {
		(void)snprintf(seen[at].server, sizeof seen[at].server, "%s", server);
		seen[at].until = until;
		seen_count = at == seen_count ? at + 1 : seen_count;
	}
	(void)pthread_mutex_unlock(&seen_lock);
}

void certificates_each_seen(certificates_visit *visit, void *argument)
{
	struct seen copy[CERTIFICATES_SEEN_MOST];
	(void)pthread_mutex_lock(&seen_lock);
	size_t count = seen_count;
	memcpy(copy, seen, sizeof copy);
	(void)pthread_mutex_unlock(&seen_lock);
	for (size_t i = 0; i < count; i++)
		visit(argument, copy[i].server, copy[i].until);
}

/* certificates: read with OpenSSL, and noted as they are seen. */
#include "channel/certificates.h"

#include "base/here.h"
#include "base/mem.h"

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
	const struct here *here; /* the council whose channel saw it */
	char server[300];
	instant until;
} * seen;
static size_t seen_count, seen_room;
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. NULL: this council has seen as many as are kept. */
static struct seen *place_of(const char *server)
{
	size_t own = 0;
	for (size_t i = 0; i < seen_count; i++) {
		if (seen[i].here != here_now())
			continue;
		if (strcmp(seen[i].server, server) == 0)
			return &seen[i];
		own++;
	}
	return own < CERTIFICATES_SEEN_MOST ? mem_push((void **)&seen, &seen_count, &seen_room, sizeof *seen) : NULL;
}

void certificates_note_seen(const char *server, instant until)
{
	if (strlen(server) >= sizeof seen->server)
		return;
	(void)pthread_mutex_lock(&seen_lock);
	struct seen *place = place_of(server);
	if (place) {
		(void)snprintf(place->server, sizeof place->server, "%s", server);
		place->until = until;
		place->here = here_now();
	}
	(void)pthread_mutex_unlock(&seen_lock);
}

void certificates_each_seen(certificates_visit *visit, void *argument)
{
	struct seen copy[CERTIFICATES_SEEN_MOST];
	size_t count = 0;
	(void)pthread_mutex_lock(&seen_lock);
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].here == here_now())
			copy[count++] = seen[i];
	(void)pthread_mutex_unlock(&seen_lock);
	for (size_t i = 0; i < count; i++)
		visit(argument, copy[i].server, copy[i].until);
}

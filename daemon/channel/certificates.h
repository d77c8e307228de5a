/* certificates: until when certificates hold: of files, and those that servers showed when they were last talked to.
 *
 * The one rule: a certificate that runs out stops mails or events all at once, so it is told of while there is time;
 * nothing is trusted or refused here, that is TLS's own. */
#ifndef CASEWATCH_CHANNEL_CERTIFICATES_H
#define CASEWATCH_CHANNEL_CERTIFICATES_H

#include "base/clock.h"
#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>

struct certificates_hold {
	size_t count;
	instant first, last; /* when the first and the last of them run out; of none INSTANT_NEVER */
};
/* Of a file of PEM; what else is in it is passed over. RESULT_PERMANENT: it cannot be read. */
MUST_CHECK enum result certificates_of_file(const char *path, struct certificates_hold *hold, struct fault *fault);

/* A server showed a certificate that runs out then. From any thread. `server`: "host:port"; of more than
 * CERTIFICATES_SEEN_MOST servers the first are kept: a council has a handful. */
#define CERTIFICATES_SEEN_MOST 16
void certificates_note_seen(const char *server, instant until);
/* Those, each as it was last seen. */
typedef void certificates_visit(void *argument, const char *server, instant until);
void certificates_each_seen(certificates_visit *visit, void *argument);

/* From "-----BEGIN CERTIFICATE-----…" as text: the first of them; INSTANT_NEVER: there is none. */
instant certificates_of_pem(const char *pem);

#endif

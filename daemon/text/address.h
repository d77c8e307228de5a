/* address: whether text is the name of a machine, or of a mailbox.
 *
 * The one rule: what passes here may stand in a header or a command; nobody asks the network whether it exists. */
#ifndef CASEWATCH_TEXT_ADDRESS_H
#define CASEWATCH_TEXT_ADDRESS_H

#include "base/text.h"

/* One mail address as casewatch sends to: one @, no control characters, spaces or brackets, a domain with labels, at
 * most 254 bytes. *why says what is wrong. */
bool mail_address_is_good(struct text address, const char **why);
/* A host name, or an IPv4 or IPv6 address. */
bool host_is_good(struct text text);
/* Names of this machine: localhost, 127.0.0.0/8, ::1. */
bool host_is_loopback(const char *host);

#endif

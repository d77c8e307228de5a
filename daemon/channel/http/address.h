/* address: which network addresses are inside the house: those that a request to somebody else's server never has
 * business with. */
#ifndef CASEWATCH_CHANNEL_HTTP_ADDRESS_H
#define CASEWATCH_CHANNEL_HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Loopback, private, link-local, shared (carriers), documentation, multicast and reserved addresses: whatever the IANA
 * special-purpose registries (RFC 6890) do not mark as globally reachable; of IPv6 also those that carry an IPv4
 * address, by that. True for whatever is neither IPv4 nor IPv6. */
bool address_is_inside(const struct sockaddr *address);

#endif

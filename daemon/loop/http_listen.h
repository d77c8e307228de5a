/* http_listen: sockets that the server listens on; private to loop/. */
#ifndef CASEWATCH_LOOP_HTTP_LISTEN_H
#define CASEWATCH_LOOP_HTTP_LISTEN_H

#include "base/result.h"

#include <stdbool.h>
#include <stdint.h>

/* `option`: what its options begin with, for faults: "web". A UNIX socket of mode 0660. One that nobody listens on
 * any more is replaced; anything else of that name is not. */
MUST_CHECK enum result http_listen_socket(const char *option, const char *path, int *fd, struct fault *fault);
/* "127.0.0.1:8080" or "[::1]:8080"; *port: which it got. */
MUST_CHECK enum result http_listen_address(const char *option, const char *address, int *fd, int *port,
                                           struct fault *fault);
/* Whether the name still leads to the socket that http_listen_socket made: its number was then `made`. */
bool http_listen_is_there(const char *path, uint64_t made);
uint64_t http_listen_number(const char *path);
/* Removes the socket's name, so that a proxy learns at once that nobody is there. */
void http_listen_gone(const char *path);

#endif

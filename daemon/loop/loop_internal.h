/* loop_internal: libevent's base, for the other files of this room. */
#ifndef CASEWATCH_LOOP_LOOP_INTERNAL_H
#define CASEWATCH_LOOP_LOOP_INTERNAL_H

#include "loop/loop.h"

struct event_base;
struct event_base *loop_base(const struct loop *loop);

#endif

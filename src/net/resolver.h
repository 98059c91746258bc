/* SPDX-License-Identifier: MIT */
/*
 * net/resolver.h - the options of the process, and what is counted
 */
#ifndef COIL_NET_RESOLVER_H
#define COIL_NET_RESOLVER_H

#include <coil/resolver.h>

#include "net/answer.h"

/* A copy of the options, with the defaults in the place of zeros. */
struct coil_resolver_options coil__resolver_options(void);

/* The source for programs that have chosen none; NULL: nobody has offered one. */
const struct coil_resolver_source *coil__resolver_offered(void);

/* How long `answer` is to be kept: 0 is not at all. */
coil_time coil__resolver_duration(const struct coil_resolver_options *options,
                                  const struct coil__answer *answer);

enum coil__resolver_event {
    COIL__RESOLVER_ASKED,
    COIL__RESOLVER_JOINED,
    COIL__RESOLVER_KEPT,
    COIL__RESOLVER_EVENTS,
};

void coil__resolver_count(enum coil__resolver_event event);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * net/resolver_ask.h - ask the resolver, or share what is asked or kept
 */
#ifndef COIL_NET_RESOLVER_ASK_H
#define COIL_NET_RESOLVER_ASK_H

#include "net/answer.h"
#include "net/name_cache.h"

/*
 * The answer to `q`, whose host is in small letters: what is kept, unless
 * `fresh`; or else what the source of the process says.  Waits for it.  The
 * caller has called coil__checkpoint(), and `loop` runs.
 *
 * Returns 0 and a retained answer, which may be an error; or an error of this
 * process, -ECANCELED included.
 */
int coil__resolver_ask(struct coil_loop *loop, const struct coil__question *q,
                       bool fresh, struct coil__answer **answer);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * base/unreachable.h - errors that say that a host was not reached, for now
 *
 * A name, a host or a network that did not answer, or a connection that did not
 * last: the same attempt may succeed a little later.
 */
#ifndef COIL_BASE_UNREACHABLE_H
#define COIL_BASE_UNREACHABLE_H

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>

#include <coil/error.h>

static inline bool coil__is_unreachable(int error)
{
    return error == -ECONNREFUSED || error == -ECONNRESET ||
           error == -ECONNABORTED || error == -ETIMEDOUT || error == -EPIPE ||
           error == -EHOSTUNREACH || error == -ENETUNREACH ||
           error == -ENETDOWN || error == -EADDRNOTAVAIL ||
           error == COIL_ERESOLVE(EAI_AGAIN);
}

#endif

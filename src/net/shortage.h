/* SPDX-License-Identifier: MIT */
/*
 * net/shortage.h - errors that say what the process or the machine lacks
 *
 * Such an error is of no address and of no name: the same call succeeds when
 * others have given back what they hold.  So whoever has tried several ways
 * returns it rather than what another way gave.
 */
#ifndef COIL_NET_SHORTAGE_H
#define COIL_NET_SHORTAGE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool coil__is_shortage(ptrdiff_t error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
           error == -ENOBUFS || error == -ENOSPC;
}

#endif

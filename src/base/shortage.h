/* SPDX-License-Identifier: MIT */
/*
 * base/shortage.h - errors that say what the process or the machine lacks
 *
 * Such an error is not about an address or a name: the same call succeeds when
 * others have released what they use.  So whoever has tried several ways
 * returns such an error rather than that of another way.
 */
#ifndef COIL_BASE_SHORTAGE_H
#define COIL_BASE_SHORTAGE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool coil__is_shortage(ptrdiff_t error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM ||
           error == -ENOBUFS || error == -ENOSPC;
}

#endif

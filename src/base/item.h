/* SPDX-License-Identifier: MIT */
/*
 * base/item.h - how the items of queues and channels are copied
 */
#ifndef COIL_BASE_ITEM_H
#define COIL_BASE_ITEM_H

#include <string.h>

#include "base/platform.h"

/*
 * Items of size 0 may have no address.  Most items are pointers: for these, a
 * call of memcpy() would cost more than the copy.
 */
static inline void coil__item_copy(size_t size, void *to, const void *from)
{
    if (COIL_LIKELY(size == sizeof(void *)))
        memcpy(to, from, sizeof(void *));
    else if (size > 0)
        memcpy(to, from, size);
}

#endif

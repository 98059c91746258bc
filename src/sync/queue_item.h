/* SPDX-License-Identifier: MIT */
/*
 * sync/queue_item.h - how the items of a queue are copied
 */
#ifndef COIL_SYNC_QUEUE_ITEM_H
#define COIL_SYNC_QUEUE_ITEM_H

#include <string.h>

#include <coil/queue.h>

#include "base/platform.h"

/*
 * Items of size 0 may have no address.  Most items are pointers: for these, a
 * call of memcpy() would cost more than the copy.
 */
static inline void coil__queue_copy_item(const struct coil_queue *queue,
                                         void *to, const void *from)
{
    if (COIL_LIKELY(queue->item_size == sizeof(void *)))
        memcpy(to, from, sizeof(void *));
    else if (queue->item_size > 0)
        memcpy(to, from, queue->item_size);
}

#endif

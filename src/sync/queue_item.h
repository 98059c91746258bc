/* SPDX-License-Identifier: MIT */
/*
 * sync/queue_item.h - how the items of a queue are copied
 */
#ifndef COIL_SYNC_QUEUE_ITEM_H
#define COIL_SYNC_QUEUE_ITEM_H

#include <coil/queue.h>

#include "base/item.h"

static inline void coil__queue_copy_item(const struct coil_queue *queue,
                                         void *to, const void *from)
{
    coil__item_copy(queue->item_size, to, from);
}

#endif

/* SPDX-License-Identifier: MIT */
#include <coil/queue.h>

#include "sched/wait.h"

size_t coil_queue_getters(const struct coil_queue *queue)
{
    return coil__waitq_count(&queue->getters);
}

size_t coil_queue_putters(const struct coil_queue *queue)
{
    return coil__waitq_count(&queue->putters);
}

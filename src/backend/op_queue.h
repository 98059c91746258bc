/* SPDX-License-Identifier: MIT */
/*
 * backend/op_queue.h - operations in the order in which they began
 *
 * NULL at both ends, so that zeroed is empty and the queue itself may move.
 */
#ifndef COIL_BACKEND_OP_QUEUE_H
#define COIL_BACKEND_OP_QUEUE_H

#include "backend/backend.h"

struct coil_op_queue {
    struct coil_op *head;
    struct coil_op *tail;
};

static inline void coil__op_append(struct coil_op_queue *queue,
                                   struct coil_op *op)
{
    op->next = NULL;
    op->prev = queue->tail;
    if (queue->tail)
        queue->tail->next = op;
    else
        queue->head = op;
    queue->tail = op;
}

static inline void coil__op_remove(struct coil_op_queue *queue,
                                   struct coil_op *op)
{
    if (op->prev)
        op->prev->next = op->next;
    else
        queue->head = op->next;
    if (op->next)
        op->next->prev = op->prev;
    else
        queue->tail = op->prev;
    op->next = NULL;
    op->prev = NULL;
}

#endif

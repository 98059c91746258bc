/* SPDX-License-Identifier: MIT */
/*
 * disk_queue.h - calls that block, made in other threads and waited for to their end
 *
 * A thread cannot be stopped.  coil_to_thread() leaves it behind when its task is
 * cancelled, and then nobody knows what the disk has.  Here the task waits, so that
 * `arg` may lie on its stack, and what was done is known.
 *
 * To wake a thread, and to be woken by it, costs more than to write a small file.  So
 * what is asked for while a thread is busy waits, and is done by one thread, one
 * after another.  When the disk is slow (it syncs, or is full of work) each call
 * gets a thread of its own instead, up to DISK_LANES.
 */
#ifndef COIL_FETCH_OUTPUT_DISK_QUEUE_H
#define COIL_FETCH_OUTPUT_DISK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/base.h>
#include <coil/executor.h>
#include <coil/future.h>
#include <coil/time.h>

enum { DISK_LANES = 16, DISK_BATCH = 16 };

struct disk_call;
struct disk_queue;

/* A thread at work; private. */
struct disk_lane {
    struct disk_queue *queue;
    struct disk_call *first; /* what it does */
    size_t count;
    coil_time began;
    struct coil_executor_call call;
    struct coil_future_callback over;
    bool is_busy;
};

/* Zeroed, it is empty.  Of one loop.  Private. */
struct disk_queue {
    struct disk_call *first; /* what waits */
    struct disk_call **last;
    size_t busy;
    bool is_slow; /* the last calls took long */
    struct disk_lane lanes[DISK_LANES];
};

/*
 * Let a thread run fn(arg), whose result is 0 or an error, and wait for its end.
 * Returns 0; -ENOMEM, -EAGAIN, -EINVAL (no loop of coil's), and fn has not run; the
 * error of fn; -ECANCELED: on entry, and fn has not run, or while it waited, and fn
 * has succeeded.  fn has to note the difference in `arg`.
 */
int disk_run(struct disk_queue *queue, coil_fn fn, void *arg) COIL_SUSPENDS;

/* The same, which runs fn even if the task has been cancelled. */
int disk_run_anyway(struct disk_queue *queue, coil_fn fn, void *arg)
    COIL_SUSPENDS;

#endif

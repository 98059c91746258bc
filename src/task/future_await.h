/* SPDX-License-Identifier: MIT */
/*
 * task/future_await.h - who waits for a future, and whom that needs
 */
#ifndef COIL_TASK_FUTURE_AWAIT_H
#define COIL_TASK_FUTURE_AWAIT_H

#include "sched/wait.h"

/* The task that is waited for as a future: a wait's reason says who is needed. */
enum coil_need coil__future_need(const struct coil_waiter *waiter,
                                 const void **cursor, uint64_t *id);

#endif

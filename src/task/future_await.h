/* SPDX-License-Identifier: MIT */
/*
 * task/future_await.h - how a future is awaited
 */
#ifndef COIL_TASK_FUTURE_AWAIT_H
#define COIL_TASK_FUTURE_AWAIT_H

#include "sched/wait.h"

/* The `need` of a wait for a future: the task, if the future is one. */
enum coil_need coil__future_need(const struct coil_waiter *waiter,
                                 const void **cursor, uint64_t *id);

#endif

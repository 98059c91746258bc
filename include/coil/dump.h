/* SPDX-License-Identifier: MIT */
/*
 * coil/dump.h - what the tasks do and wait for, at a glance
 */
#ifndef COIL_DUMP_H
#define COIL_DUMP_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Write to `fd` the tasks of the scheduler that runs in this thread: name,
 * where made, what each waits for, since when, who holds that, and a backtrace.
 * Cycles come first.  A task stands above those that it awaits.  Of many tasks
 * that look the same, one is written, with their number.  "Since when" is as
 * exact as the loop's looks at the clock, at the latest one budget apart.
 *
 * May be called anywhere, in signal handlers too.  With COIL_DUMP_SIGNAL=USR1
 * in the environment, coil_run() makes that signal write the tasks of every
 * loop that it runs.
 * asyncio: print_call_graph(), for all tasks.
 */
COIL_API void coil_dump_tasks(int fd);

/*
 * Write to `fd` what coil_dump_tasks() writes of `task`: name, where made, what
 * it waits for, and a backtrace, innermost function first; of the running task,
 * from the caller of this.  Reads debugging information: not for signal
 * handlers.  asyncio: Task.print_stack().
 */
COIL_API void coil_task_print_stack(struct coil_task *task, int fd);

/*
 * Store the addresses of that backtrace in addresses[0 … capacity-1], as
 * backtrace(3) does, and return how many there are, which may be more.  0 if
 * the task has not begun, has ended, or this machine cannot tell.
 * asyncio: Task.get_stack().
 */
COIL_API size_t coil_task_stack(const struct coil_task *task, void **addresses,
                                size_t capacity);

#ifdef __cplusplus
}
#endif

#endif

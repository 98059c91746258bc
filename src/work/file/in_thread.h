/* SPDX-License-Identifier: MIT */
/* work/file/in_thread.h - a call that blocks, from its begin to its end */
#ifndef COIL_WORK_IN_THREAD_H
#define COIL_WORK_IN_THREAD_H

#include <coil/base.h>

/*
 * Run fn(arg) in another thread, and wait until it has ended, whatever happens: a
 * cancellation is told afterwards, by the next call that suspends.  Where no thread
 * can be had it runs in this one.  Returns what fn has returned; -EOWNERDEAD: it has
 * ended its thread.
 */
int coil__in_thread(coil_fn fn, void *arg) COIL_SUSPENDS;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * failures_outside.h - failures.h where the calls that fail are the system's
 *
 * The n-th of them fails with each error that it may have; and, where that would
 * not be the end of all waiting, all later ones of its kind as well.  An error is
 * one that the manual page lists and a correct program can meet.
 *
 * The program is linked so that the library's calls come here:
 *
 *     WRAPS: pthread_attr_init pthread_create epoll_create1 eventfd epoll_ctl
 *            epoll_wait poll syscall
 */
#ifndef COIL_TESTS_FAILURES_OUTSIDE_H
#define COIL_TESTS_FAILURES_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>

/* Before the first test: let fail_everything() mean these calls. */
void fail_outside(void);

/* ---- by hand ---- */

struct system_call;
extern const struct system_call thread_making;

/* From now on all calls of one kind fail with the first of its errors. */
void fail_all_of(const struct system_call *call);

/* The n-th call from now fails with its i-th error, 0: none. */
void fail_system_call(size_t n, size_t i, bool forever);

#endif

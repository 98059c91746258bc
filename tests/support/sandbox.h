/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - a child process for which the kernel refuses a system call
 *
 *     static void run_without_readv(void *arg)
 *     {
 *         refuse(SYS_process_vm_readv, EPERM);
 *         ...
 *     }
 *
 *     sandbox_run(&child, run_without_readv, NULL);
 *
 * What is refused stays so until the process ends.  The test is skipped where
 * the kernel, or what the program runs under, has no such filters.
 */
#ifndef COIL_TESTS_SANDBOX_H
#define COIL_TESTS_SANDBOX_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/platform.h"
#include "child.h"

#define WORD_OF(field) (uint32_t) offsetof(struct seccomp_data, field)

/* Every such call fails with `error`. */
void refuse(long call, int error);

/* Only calls whose argument `n`, as 32 bits, is `value`. */
void refuse_with(long call, unsigned n, uint32_t value, int error);

void sandbox_run(struct child *child, void (*body)(void *arg), void *arg);

#endif

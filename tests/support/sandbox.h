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

static inline void install_filter(struct sock_filter *filter, size_t length)
{
    const struct sock_fprog program = {
        .len = (unsigned short)length,
        .filter = filter,
    };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
        _exit(TEST_EXIT_SKIPPED);
}

/* Every such call fails with `error`. */
static inline void refuse(long call, int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD_OF(nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    install_filter(filter, sizeof filter / sizeof *filter);
}

/* Those whose argument `n`, as 32 bits, is `value`. */
static inline void refuse_with(long call, unsigned n, uint32_t value, int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD_OF(nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD_OF(args[n])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    install_filter(filter, sizeof filter / sizeof *filter);
}

static inline void sandbox_run(struct child *child, void (*body)(void *arg),
                               void *arg)
{
    child_run(child, body, arg);
    if (WIFEXITED(child->status) &&
        WEXITSTATUS(child->status) == TEST_EXIT_SKIPPED)
        SKIP("the kernel refuses nothing on request");
    ASSERT_CHILD_EXITED(child, 0);
}

#endif

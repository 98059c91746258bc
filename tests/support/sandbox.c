/* SPDX-License-Identifier: MIT */
/* sandbox.c - a child process for which the kernel refuses a system call */
#include "sandbox.h"

static void install_filter(struct sock_filter *filter, size_t length)
{
    const struct sock_fprog program = {
        .len = (unsigned short)length,
        .filter = filter,
    };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
        _exit(TEST_EXIT_SKIPPED);
}

void refuse(long call, int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WORD_OF(nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    install_filter(filter, sizeof filter / sizeof *filter);
}

void refuse_with(long call, unsigned n, uint32_t value, int error)
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

void sandbox_run(struct child *child, void (*body)(void *arg), void *arg)
{
    child_run(child, body, arg);
    if (WIFEXITED(child->status) &&
        WEXITSTATUS(child->status) == TEST_EXIT_SKIPPED)
        SKIP("the kernel refuses nothing on request");
    ASSERT_CHILD_EXITED(child, 0);
}

/* SPDX-License-Identifier: MIT */
#include "context/alternate.h"

#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

enum { ALTERNATE_SIZE = 64 << 10 };

/* Of this thread.  NULL: the program brought its own, or nobody has taken it. */
static _Thread_local void *alternate;
static _Thread_local unsigned users;

static bool give_stack(void)
{
    stack_t stack;
    void *memory;

    if (sigaltstack(NULL, &stack) < 0)
        return false;
    if (!(stack.ss_flags & SS_DISABLE))
        return true;
    memory = mmap(NULL, ALTERNATE_SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    stack = (stack_t){ .ss_sp = memory, .ss_size = ALTERNATE_SIZE };
    if (sigaltstack(&stack, NULL) < 0) {
        munmap(memory, ALTERNATE_SIZE);
        return false;
    }
    alternate = memory;
    return true;
}

bool coil__alternate_take(void)
{
    if (!give_stack())
        return false;
    users++;
    return true;
}

void coil__alternate_give_back(void)
{
    const stack_t none = { .ss_flags = SS_DISABLE };

    if (--users > 0 || !alternate)
        return;
    sigaltstack(&none, NULL);
    munmap(alternate, ALTERNATE_SIZE);
    alternate = NULL;
}

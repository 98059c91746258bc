/* SPDX-License-Identifier: MIT */
#include "context/deep.h"

#include <stddef.h>
#include <sys/mman.h>

#include "base/platform.h"
#include "context/switch.h"

#if defined(COIL_ASAN) || defined(COIL_TSAN)

bool coil__deep_call(void (*fn)(void *arg), void *arg)
{
    fn(arg);
    return true;
}

#else

enum { SIZE = 1 << 20, GUARD = 64 << 10 };

struct call {
    void (*fn)(void *arg);
    void *arg;
    struct coil_switch caller;
};

static struct coil_switch *run(void *arg)
{
    struct call *call = arg;

    call->fn(call->arg);
    return &call->caller;
}

bool coil__deep_call(void (*fn)(void *arg), void *arg)
{
    struct call call = { .fn = fn, .arg = arg };
    struct coil_switch there;
    char *low = mmap(NULL, GUARD + SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool is_guarded;

    if (low == MAP_FAILED)
        return false;
    is_guarded = mprotect(low, GUARD, PROT_NONE) == 0;
    if (is_guarded) {
        coil__switch_prepare(&there, low + GUARD, low + GUARD + SIZE, run,
                             &call);
        coil__switch(&call.caller, &there);
    }
    munmap(low, GUARD + SIZE);
    return is_guarded;
}

#endif

/* SPDX-License-Identifier: MIT */
/* names.c - for tests of reports that name variables and functions */
#include "names.h"

#include "test.h"
#include "trace/backtrace.h"
#include "trace/objects.h"

volatile int zero;

void skip_without_names(void)
{
    static const char here;
    struct coil_object object;

    if (!NAMES_ARE_KEPT)
        SKIP("-flto renames and inlines what this test looks for");
    if (!coil__object_of((uintptr_t)&here, &object))
        SKIP("this C library does not tell what file an address is from");
}

bool knows_callers(void)
{
    static const char here;
    struct coil_object object;

#if defined(COIL_CONTEXT_UCONTEXT)
    return false;
#endif
    return coil__object_of((uintptr_t)&here, &object);
}

static bool look_at_frame(struct coil_frame *frame)
{
    struct coil_stack_range range = {
        (uintptr_t)__builtin_frame_address(0) - 65536, UINTPTR_MAX
    };

    *frame = (struct coil_frame){ .pc = 0 };
    return coil__backtrace_here(range, frame, 1) > 0;
}

bool has_backtraces(void)
{
    struct coil_frame frame;

    return look_at_frame(&frame);
}

bool knows_functions(void)
{
    struct coil_frame frame;

    return look_at_frame(&frame) && frame.function != 0;
}

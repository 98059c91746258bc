/* SPDX-License-Identifier: MIT */
/*
 * backtrace_aarch64.c - follow the frame pointers that AAPCS64 demands
 *
 * A frame record is two words: the address of the caller's record, and the
 * return address.  Each record lies above the one before.
 */
#include "trace/backtrace.h"

#include <string.h>
#include <ucontext.h>

#include "context/stack_hooks.h"

/* In the frame that switch_aarch64.S leaves: x29, x30. */
enum { SAVED_RECORD = 80 };

__attribute__((noinline, no_sanitize_address, no_sanitize_thread)) static bool
read_word(struct coil_stack_range range, uintptr_t at, uintptr_t *word)
{
    if (at % sizeof *word != 0 || at < range.low || at >= range.top ||
        range.top - at < sizeof *word)
        return false;
    coil__stack_look_begin();
    *word = *(const volatile uintptr_t *)at;
    coil__stack_look_end(word);
    return true;
}

static size_t follow(uintptr_t record, struct coil_stack_range range,
                     struct coil_frame *frames, size_t n, size_t max)
{
    uintptr_t next;
    uintptr_t back;

    while (n < max && read_word(range, record, &next) &&
           read_word(range, record + 8, &back) && back != 0) {
        /* The end of the chain is `begin`, which nobody called. */
        if (next == 0)
            break;
        frames[n++] = (struct coil_frame){ .pc = back - 1 };
        if (next <= record)
            break;
        record = next;
    }
    return n;
}

size_t coil__backtrace_left(const struct coil_switch *at,
                            struct coil_stack_range range,
                            struct coil_frame *frames, size_t max)
{
    return follow((uintptr_t)at->sp + SAVED_RECORD, range, frames, 0, max);
}

size_t coil__backtrace_blocked(uintptr_t sp, uintptr_t pc, const void *copy,
                               struct coil_stack_range range,
                               struct coil_frame *frames, size_t max)
{
    (void)sp;
    (void)copy;
    (void)range;
    if (max > 0)
        frames[0] = (struct coil_frame){ .pc = pc };
    return max > 0;
}

bool coil__call_is_direct(uintptr_t back, uintptr_t *target)
{
    uint32_t word;
    int64_t distance;

    memcpy(&word, (const char *)back - 4, sizeof word);
    *target = 0;
    if (word >> 26 != 0x25) /* bl */
        return false;
    distance = (int64_t)(int32_t)(word << 6) >> 4;
    *target = back - 4 + (uintptr_t)distance;
    return true;
}

uintptr_t coil__signal_sp(const void *ucontext)
{
    const ucontext_t *uc = ucontext;

    return (uintptr_t)uc->uc_mcontext.sp;
}

uintptr_t coil__signal_pc(const void *ucontext)
{
    const ucontext_t *uc = ucontext;

    return (uintptr_t)uc->uc_mcontext.pc;
}

size_t coil__backtrace_signal(const void *ucontext,
                              struct coil_stack_range range,
                              struct coil_frame *frames, size_t max)
{
    const ucontext_t *uc = ucontext;

    if (max == 0)
        return 0;
    frames[0] = (struct coil_frame){ .pc = (uintptr_t)uc->uc_mcontext.pc };
    return follow((uintptr_t)uc->uc_mcontext.regs[29], range, frames, 1, max);
}

__attribute__((noinline)) size_t
coil__backtrace_here(struct coil_stack_range range, struct coil_frame *frames,
                     size_t max)
{
    return follow((uintptr_t)__builtin_frame_address(0), range, frames, 0, max);
}

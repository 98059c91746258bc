/* SPDX-License-Identifier: MIT */
#include "trace/cfi_frame.h"

#include "context/stack_hooks.h"

/* The sanitizers must not check reads of other frames. */
__attribute__((noinline, no_sanitize_address, no_sanitize_thread,
               no_sanitize("undefined"))) bool
coil__cfi_read_word(const struct coil_cfi_frame *frame, uintptr_t at,
                    uintptr_t *word)
{
    const struct coil_stack_range *range = &frame->range;

    if (at % sizeof *word != 0 || at < range->low || at >= range->top ||
        range->top - at < sizeof *word)
        return false;
    coil__stack_look_begin();
    *word = *(const volatile uintptr_t *)(at + frame->shift);
    coil__stack_look_end(word);
    return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * trace/cfi_frame.h - one frame, on the way from a frame to its caller's
 */
#ifndef COIL_TRACE_CFI_FRAME_H
#define COIL_TRACE_CFI_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/backtrace.h"
#include "trace/cfi_reader.h"

struct coil_cfi_frame {
    uintptr_t reg[COIL__CFI_REGISTERS];
    uint32_t known; /* a bit for each register */
    struct coil_stack_range range;
    uintptr_t shift; /* from an address of the stack to its copy */
    bool is_exact;   /* rip is the next instruction, not a return address */
    bool guesses;    /* rbp is unknown, and may be searched for */
};

/* The word at `at`.  Returns false if it does not lie on the stack. */
bool coil__cfi_read_word(const struct coil_cfi_frame *frame, uintptr_t at,
                         uintptr_t *word);

/* Returns false if the register is not known. */
static inline bool coil__cfi_get(const struct coil_cfi_frame *frame,
                                 unsigned reg, uintptr_t *value)
{
    if (reg >= COIL__CFI_REGISTERS || !(frame->known & 1u << reg))
        return false;
    *value = frame->reg[reg];
    return true;
}

static inline void coil__cfi_set(struct coil_cfi_frame *frame, unsigned reg,
                                 uintptr_t value)
{
    frame->reg[reg] = value;
    frame->known |= 1u << reg;
}

#endif

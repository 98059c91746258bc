/* SPDX-License-Identifier: MIT */
/*
 * trace/cfi.h - what the compiler says about the frame at an address
 *
 * For each address, the compiler describes where the caller's registers lie, by
 * a small program in .eh_frame.  The loader maps this with the code;
 * .eh_frame_hdr is an index of it.  The functions here read both.  They may be
 * called in a signal handler: they take no lock, allocate nothing, and read
 * only within the object that contains the address and the entry in question.
 * They refuse what they do not understand.
 *
 * This is for x86-64 only.  Registers have DWARF's numbers.
 */
#ifndef COIL_TRACE_CFI_H
#define COIL_TRACE_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/cfi_reader.h"

enum coil_cfi_kind {
    COIL__CFI_SAME,             /* zero: where nothing is said */
    COIL__CFI_UNDEFINED,        /* lost; of rip: there is no caller */
    COIL__CFI_OFFSET,           /* lies at CFA + offset */
    COIL__CFI_VALUE,            /* is CFA + offset */
    COIL__CFI_REGISTER,         /* is `reg` + offset */
    COIL__CFI_EXPRESSION,       /* lies where the expression says */
    COIL__CFI_EXPRESSION_VALUE, /* is what it says */
};

struct coil_cfi_rule {
    enum coil_cfi_kind kind;
    unsigned reg;
    int64_t offset;
    const unsigned char *expression;
    size_t size;
};

/* How to get from a frame to that of its caller. */
struct coil_cfi_row {
    struct coil_cfi_rule cfa; /* the caller's rsp */
    struct coil_cfi_rule rules[COIL__CFI_REGISTERS];
    uintptr_t function; /* where the function begins */
    bool is_signal;     /* what a signal interrupted comes next */
};

/* The row for the instruction at `pc`.  False if there is none. */
bool coil__cfi_find(uintptr_t pc, struct coil_cfi_row *row);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * trace/cfi_entry.h - the description of one function in .eh_frame
 */
#ifndef COIL_TRACE_CFI_ENTRY_H
#define COIL_TRACE_CFI_ENTRY_H

#include "trace/cfi_reader.h"

struct coil_cfi_entry {
    struct coil_cfi_reader common; /* the programs: of many functions, */
    struct coil_cfi_reader own;    /* and of this one */
    uintptr_t begin;
    uintptr_t end;
    uint64_t code_align;
    int64_t data_align;
    bool is_signal;
};

/* The entry of the function around `pc`.  False if there is none. */
bool coil__cfi_find_entry(uintptr_t pc, struct coil_cfi_entry *entry);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * trace/cfi_reader.h - read numbers as DWARF writes them
 */
#ifndef COIL_TRACE_CFI_READER_H
#define COIL_TRACE_CFI_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers, by DWARF's numbers for x86-64. */
enum {
    COIL__CFI_RBP = 6,
    COIL__CFI_RSP = 7,
    COIL__CFI_RIP = 16, /* the return address */
    COIL__CFI_REGISTERS = 17,
};

/* Reads beyond `end` give 0 and set `bad`. */
struct coil_cfi_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool bad;
};

uint64_t coil__cfi_fixed(struct coil_cfi_reader *reader, size_t bytes);
uint64_t coil__cfi_uleb(struct coil_cfi_reader *reader);
int64_t coil__cfi_sleb(struct coil_cfi_reader *reader);

/* A block of as many bytes as the number before it says. */
const unsigned char *coil__cfi_block(struct coil_cfi_reader *reader,
                                     size_t *size);

#endif

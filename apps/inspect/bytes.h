/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - structs of the process, read whole, to take fields out of
 */
#ifndef COIL_INSPECT_BYTES_H
#define COIL_INSPECT_BYTES_H

#include "target.h"

enum { BYTES_MAX = 4096 };

struct bytes {
    struct target *target;
    size_t size;
    unsigned char at[BYTES_MAX];
};

/*
 * Read a struct; `size` is the name of its size in the table.  False: it cannot
 * be read.
 */
bool bytes_read(struct bytes *b, struct target *target, uintptr_t address,
                const char *size);

/* A field; zeroes if it does not lie in the struct. */
void bytes_take(struct bytes *b, const char *field, void *to, size_t size);
uintptr_t bytes_word(struct bytes *b, const char *field);
uint32_t bytes_number(struct bytes *b, const char *field);

/* A word, or a byte, of the process; 0 if it cannot be read. */
uintptr_t word_at(const struct target *target, uintptr_t address);
bool is_set_at(const struct target *target, uintptr_t address);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * trace/symbols.h - the names of addresses of this process
 *
 * This finds the object that contains an address, without a lock, and reads the
 * object's symbol table from the file: open, fstat, mmap.  The table has static
 * functions, too; in a stripped file it has only exported ones.  May be called
 * in signal handlers.
 */
#ifndef COIL_TRACE_SYMBOLS_H
#define COIL_TRACE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COIL__SYMBOL_FILES = 8 };

/* The files that were read, until coil__symbols_fini().  Zeroed is none. */
struct coil_symbols {
    struct coil_symbol_file {
        uintptr_t base;
        const unsigned char *bytes; /* NULL: cannot be read */
        size_t size;
    } files[COIL__SYMBOL_FILES];
    size_t count;
};

struct coil_symbol {
    const char *object; /* the file's name, without folders */
    uintptr_t offset;   /* of the address within it, for addr2line */
    const char *name;   /* NULL: not known */
    uintptr_t inside;   /* of the address within what has the name */
};

/* False if the address is in no file.  Valid until coil__symbols_fini(). */
bool coil__symbols_find(struct coil_symbols *symbols, uintptr_t address,
                        struct coil_symbol *symbol);

void coil__symbols_fini(struct coil_symbols *symbols);

#endif

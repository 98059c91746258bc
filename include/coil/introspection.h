/* SPDX-License-Identifier: MIT */
/*
 * coil/introspection.h - for tools that look into another process
 *
 * coil-ps, coil-pstree and the commands for gdb read the memory of a process,
 * or a core, that was built from some version of coil.  Each libcoil therefore
 * carries a table of where its fields lie, in the section ".coil_introspection"
 * of the library or of the program that it was linked into, which also survives
 * strip(1).  Programs do not need this header.
 */
#ifndef COIL_INTROSPECTION_H
#define COIL_INTROSPECTION_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COIL_INTROSPECTION_SECTION ".coil_introspection"
#define COIL_INTROSPECTION_MAGIC "coilview"

/* A reader that knows only other numbers cannot understand the table. */
#define COIL_INTROSPECTION_VERSION 5

/*
 * The offset "type.field" of a field, the size "type.size" of a struct, or
 * the value "state.name" of a constant.
 */
struct coil_introspection_field {
    char name[28]; /* ends with a 0 */
    uint32_t value;
};

enum { COIL_INTROSPECTION_FIELDS_MAX = 256 };

struct coil_introspection {
    char magic[8]; /* without the final 0 */
    uint32_t version;
    uint32_t pointer_size;
    uint32_t field_size;
    uint32_t field_count;
    /* The first loop of the process is at *loops; they are linked. */
    const void *loops;
    struct coil_introspection_field fields[COIL_INTROSPECTION_FIELDS_MAX];
};

COIL_API extern const struct coil_introspection coil_introspection;

#ifdef __cplusplus
}
#endif

#endif

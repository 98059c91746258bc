/* SPDX-License-Identifier: MIT */
/*
 * trace/objects.h - which program or library an address belongs to
 */
#ifndef COIL_TRACE_OBJECTS_H
#define COIL_TRACE_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

struct coil_object {
    uintptr_t base;   /* added to the file's addresses */
    const char *path; /* to open */
    const char *name; /* to show */
};

/* Takes no lock.  Returns false if the address belongs to no object. */
bool coil__object_of(uintptr_t address, struct coil_object *object);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * lines_none.c - built without libdw's header: addresses have no lines
 */
#include "trace/lines.h"

#include <stddef.h>

struct coil_lines *coil__lines_open(void)
{
    return NULL;
}

void coil__lines_close(struct coil_lines *lines)
{
    (void)lines;
}

bool coil__lines_find(struct coil_lines *lines, uintptr_t address,
                      struct coil_line *line)
{
    (void)lines;
    (void)address;
    (void)line;
    return false;
}

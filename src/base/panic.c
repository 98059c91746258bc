/* SPDX-License-Identifier: MIT */
#include "base/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *(*coil__panic_who)(void);

void coil__panic(const char *function, const char *format, ...)
{
    const char *who = coil__panic_who ? coil__panic_who() : NULL;
    va_list args;

    va_start(args, format);
    fprintf(stderr, "coil: %s: ", function);
    vfprintf(stderr, format, args);
    if (who)
        fprintf(stderr, " (in %s)", who);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

/* SPDX-License-Identifier: MIT */
#include "base/panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char *(*_Atomic ask)(void);

void coil__panic_ask(const char *(*who)(void))
{
    atomic_store_explicit(&ask, who, memory_order_relaxed);
}

void coil__panic(const char *function, const char *format, ...)
{
    const char *(*ask_who)(void) =
        atomic_load_explicit(&ask, memory_order_relaxed);
    const char *who = ask_who ? ask_who() : NULL;
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

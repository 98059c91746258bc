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

const char *coil__panic_who(void)
{
    const char *(*ask_who)(void) =
        atomic_load_explicit(&ask, memory_order_relaxed);

    return ask_who ? ask_who() : NULL;
}

static void write_line(const char *function, const char *format, va_list args)
{
    const char *who = coil__panic_who();

    fprintf(stderr, "coil: %s: ", function);
    vfprintf(stderr, format, args);
    if (who)
        fprintf(stderr, " (in %s)", who);
    fputc('\n', stderr);
}

void coil__panic(const char *function, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(function, format, args);
    va_end(args);
    abort();
}

void coil__complain(const char *function, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(function, format, args);
    va_end(args);
}

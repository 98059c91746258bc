/* SPDX-License-Identifier: MIT */
/*
 * http/wire/defaults.h - options of which 0 means the default
 */
#ifndef COIL_HTTP_WIRE_DEFAULTS_H
#define COIL_HTTP_WIRE_DEFAULTS_H

#include <stddef.h>

#include <coil/time.h>

static inline size_t coil__http_size_or(size_t value, size_t otherwise)
{
    return value ? value : otherwise;
}

static inline coil_time coil__http_time_or(coil_time value, coil_time otherwise)
{
    return value ? value : otherwise;
}

/* A number of redirects: 0 is the default, and less than that is none. */
static inline int coil__http_redirects_or(int value, int otherwise)
{
    if (value < 0)
        return 0;
    return value ? value : otherwise;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * net/host.h - the names of hosts, as they are compared
 */
#ifndef COIL_NET_HOST_H
#define COIL_NET_HOST_H

#include <stdbool.h>
#include <string.h>

enum {
    COIL__HOST_MAX = 253,                /* without a dot at the end */
    COIL__HOST_SIZE = COIL__HOST_MAX + 2 /* with the dot, and a NUL */
};

/*
 * Copy `host` in small letters (of ASCII; in all locales).  False: it is empty
 * or too long.
 */
static inline bool coil__host_copy(char out[COIL__HOST_SIZE], const char *host)
{
    size_t length = strlen(host);

    if (length == 0 || length > COIL__HOST_MAX + 1 ||
        (length > COIL__HOST_MAX && host[length - 1] != '.'))
        return false;
    for (size_t i = 0; i <= length; i++)
        out[i] =
            host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] | 0x20) : host[i];
    return true;
}

#endif

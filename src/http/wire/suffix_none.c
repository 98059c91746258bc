/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "http/wire/suffix.h"

/*
 * One label is a suffix, and so are two of which the last has two letters, as the
 * last label of every country has: "co.uk", and "example.de", too.
 */
bool coil__http_is_public_suffix(const char *name)
{
    const char *dot = strchr(name, '.');

    return !dot || (!strchr(dot + 1, '.') && strlen(dot + 1) == 2);
}

const char *coil__http_site_of(const char *name)
{
    const char *site = name;

    for (;;) {
        const char *dot = strchr(site, '.');

        if (!dot || coil__http_is_public_suffix(site) ||
            coil__http_is_public_suffix(dot + 1))
            return site;
        site = dot + 1;
    }
}

const char *coil__http_suffix_version(void)
{
    return NULL;
}

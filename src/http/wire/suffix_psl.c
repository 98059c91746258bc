/* SPDX-License-Identifier: MIT */
#include "http/wire/suffix.h"

#include <libpsl.h>

/*
 * The list that is compiled into the library: reading a file would block, and
 * could fail.  A name that the list does not know has the suffix of its last
 * label.
 */
bool coil__http_is_public_suffix(const char *name)
{
    return psl_is_public_suffix(psl_builtin(), name);
}

const char *coil__http_site_of(const char *name)
{
    const char *site = psl_registrable_domain(psl_builtin(), name);

    return site ? site : name;
}

const char *coil__http_suffix_version(void)
{
    return psl_get_version();
}

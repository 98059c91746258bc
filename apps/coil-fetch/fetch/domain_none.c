/* SPDX-License-Identifier: MIT */
#include "fetch/domain.h"

#include <string.h>

const char *domain_site(const char *name)
{
    const char *site = name + strlen(name);

    for (int dots = 0; site > name; site--) {
        dots += site[-1] == '.';
        if (dots == 2)
            break;
    }
    return site;
}

const char *domain_note(void)
{
    return "this build has no libpsl: the last two labels of a host are "
           "taken for its domain";
}

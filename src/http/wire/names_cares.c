/* SPDX-License-Identifier: MIT */
/* names_cares.c - names by c-ares, unless the program chooses another source */
#include "http/wire/names.h"

#include <coil/cares.h>

void coil__http_offer_names(void)
{
    coil_resolver_offer(coil_cares_source());
}

const char *coil__http_names_version(void)
{
    return coil_cares_version();
}

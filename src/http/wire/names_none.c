/* SPDX-License-Identifier: MIT */
/* names_none.c - there is no c-ares: names are those of the system */
#include "http/wire/names.h"

#include <stddef.h>

void coil__http_offer_names(void)
{
}

const char *coil__http_names_version(void)
{
    return NULL;
}

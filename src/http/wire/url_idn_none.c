/* SPDX-License-Identifier: MIT */
#include <coil/error.h>

#include "http/wire/url_idn.h"

int coil__url_idn_to_ascii(char *out, const char *text, size_t size)
{
    (void)out;
    (void)text;
    (void)size;
    return COIL_EHTTP_NO_IDN;
}

const char *coil__url_idn_version(void)
{
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "http/wire/http2_version.h"

#include <stddef.h>

const char *coil__http2_version(void)
{
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "http/wire/http2_version.h"

#include <nghttp2/nghttp2.h>

const char *coil__http2_version(void)
{
    return nghttp2_version(0)->version_str;
}

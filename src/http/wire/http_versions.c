/* SPDX-License-Identifier: MIT */
#include <coil/http_versions.h>

#include <llhttp.h>
#include <stdio.h>

#include "http/wire/coding_brotli.h"
#include "http/wire/coding_zlib.h"
#include "http/wire/coding_zstd.h"
#include "http/wire/http2_version.h"
#include "http/wire/names.h"
#include "http/wire/secure.h"
#include "http/wire/suffix.h"
#include "http/wire/url_idn.h"

static void put(char *out, size_t size, const char *version)
{
    snprintf(out, size, "%s", version ? version : "");
}

void coil_http_versions(struct coil_http_versions *v)
{
    uint32_t brotli = coil__http_brotli_version();

    *v = (struct coil_http_versions){ .llhttp = "" };
    snprintf(v->llhttp, sizeof v->llhttp, "%d.%d.%d", LLHTTP_VERSION_MAJOR,
             LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
    put(v->openssl, sizeof v->openssl, coil__http_secure_version());
    put(v->zlib, sizeof v->zlib, coil__http_zlib_version());
    if (brotli > 0)
        snprintf(v->brotli, sizeof v->brotli, "%u.%u.%u", brotli >> 24,
                 brotli >> 12 & 0xfff, brotli & 0xfff);
    put(v->zstd, sizeof v->zstd, coil__http_zstd_version());
    put(v->libpsl, sizeof v->libpsl, coil__http_suffix_version());
    put(v->libidn2, sizeof v->libidn2, coil__url_idn_version());
    put(v->cares, sizeof v->cares, coil__http_names_version());
    put(v->nghttp2, sizeof v->nghttp2, coil__http2_version());
}

const char *coil_http_missing_tls(void)
{
    return coil__http_secure_missing();
}

/* SPDX-License-Identifier: MIT */
/* Each library that is there has a version, and the others have none. */
#include <coil/http.h>
#include <coil/http_versions.h>

#include "http/wire/coding.h"
#include "http/wire/http2_version.h"
#include "http/wire/names.h"
#include "http/wire/secure.h"
#include "http/wire/suffix.h"
#include "http/wire/url_idn.h"
#include "test.h"

static void expect(const char *version, bool is_there)
{
    ASSERT_EQ(strpbrk(version, "0123456789") != NULL, is_there);
    ASSERT_EQ(strchr(version, '.') != NULL, is_there);
    ASSERT_EQ(version[0] != '\0', is_there);
}

TEST(http_versions_name_the_libraries)
{
    struct coil_http_versions v;

    memset(&v, 'x', sizeof v);
    coil_http_versions(&v);
    expect(v.llhttp, true);
    expect(v.zlib, coil__http_has_coding(COIL__HTTP_GZIP));
    expect(v.brotli, coil__http_has_coding(COIL__HTTP_BR));
    expect(v.zstd, coil__http_has_coding(COIL__HTTP_ZSTD));
    expect(v.libpsl, coil__http_suffix_version());
    expect(v.libidn2, coil__url_idn_version());
    expect(v.cares, coil__http_names_version());
    expect(v.nghttp2, coil__http2_version());
    expect(v.openssl, coil__http_can_secure());
}

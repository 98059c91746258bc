/* SPDX-License-Identifier: MIT */
/*
 * coil/http_versions.h - which libraries libcoil-http stands on
 */
#ifndef COIL_HTTP_VERSIONS_H
#define COIL_HTTP_VERSIONS_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A version, such as "1.2.13", for each library; "": this build is without it. */
struct coil_http_versions {
    char llhttp[32];  /* that which was compiled with */
    char openssl[64]; /* those that run now, here and below */
    char zlib[32];
    char brotli[32];
    char zstd[32];
    char libpsl[32];
    char libidn2[32];
    char cares[32]; /* which names are asked by, see coil/http_client.h */
    char nghttp2[32];
};

/* Loads libcoil-tls, if the program has not. */
COIL_API void coil_http_versions(struct coil_http_versions *versions)
    COIL_ANY_THREAD;

/*
 * What COIL_ETLS_NO_LIBRARY stands for, in the words of the system's loader:
 * "libssl.so.3: cannot open shared object file: No such file or directory".
 * NULL: TLS is there, or not built in, or nobody has needed it yet.  Static
 * storage.
 */
COIL_API const char *coil_http_missing_tls(void) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif

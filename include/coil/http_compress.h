/* SPDX-License-Identifier: MIT */
/*
 * coil/http_compress.h - compress responses for clients that can decode them
 *
 *     rc = coil_http_router_use(coil_http_server_router(server),
 *                               coil_http_compress, NULL);
 *
 * What is compressed: responses with the status 200 to 299 but 204, 205 and 206,
 * of at least 512 bytes or of unknown length, whose type is text or something
 * like it, and that have neither Content-Encoding nor ETag nor "no-transform" in
 * Cache-Control.  They get "Vary: Accept-Encoding".  zstd and gzip are used, as
 * far as they are built in and the client likes them, and br if that is wished.
 *
 * Compression can tell an attacker what a page contains that has both a secret
 * and something of his choice in it (BREACH): leave such pages out.
 */
#ifndef COIL_HTTP_COMPRESS_H
#define COIL_HTTP_COMPRESS_H

#include <stdbool.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;

/* Zeroed is the default of everything. */
struct coil_http_compress_options {
    /*
     * Give br to those who like it, before zstd and gzip.  libbrotlienc as Debian
     * has it (1.0.9) ends the program by exit() when it finds no memory, whatever
     * allocator it is given; so br is used only where a server asks for it.
     */
    bool brotli;
};

/*
 * A middleware.  `options` is a struct coil_http_compress_options, which is kept
 * as long as the router, or NULL.  A response in pieces of unknown length is
 * flushed after each coil_http_write().
 */
COIL_API int coil_http_compress(struct coil_http_exchange *exchange,
                                void *options) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif

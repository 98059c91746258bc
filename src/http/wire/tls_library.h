/* SPDX-License-Identifier: MIT */
/*
 * http/wire/tls_library.h - the functions of libcoil-tls that HTTP calls
 *
 * The relocations of OpenSSL take longer than those of all other libraries
 * together, and many programs never speak https.  So the shared libcoil-http loads
 * libcoil-tls when it is first needed (tls_library_loaded.c).  If the program is
 * linked with libcoil-tls, that is the same library and it is there already.  The
 * static libcoil-http is linked with it (tls_library_linked.c).
 */
#ifndef COIL_HTTP_WIRE_TLS_LIBRARY_H
#define COIL_HTTP_WIRE_TLS_LIBRARY_H

#include <coil/tls.h>
#include <coil/tls_context.h>

#define COIL__HTTP_TLS_FUNCTIONS(DO)                                           \
    DO(start_client)                                                           \
    DO(start_server)                                                           \
    DO(stream_info)                                                            \
    DO(library)                                                                \
    DO(context_new_client)                                                     \
    DO(context_hold)                                                           \
    DO(context_free)

#define COIL__HTTP_TLS_POINTER(name) __typeof__(&coil_tls_##name) name;
struct coil__http_tls {
    COIL__HTTP_TLS_FUNCTIONS(COIL__HTTP_TLS_POINTER)
};

/* Any thread may call this.  NULL: the library cannot be loaded. */
const struct coil__http_tls *coil__http_tls(void);

/* The same, but loads nothing.  NULL also: nobody has needed it yet. */
const struct coil__http_tls *coil__http_tls_if_loaded(void);

/* Why it could not be loaded; NULL: nobody has tried, or it is there. */
const char *coil__http_tls_missing(void);

#endif

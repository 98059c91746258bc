/* SPDX-License-Identifier: MIT */
/*
 * tls/protocols.h - names of application protocols, as ALPN writes them
 */
#ifndef COIL_TLS_PROTOCOLS_H
#define COIL_TLS_PROTOCOLS_H

#include <stddef.h>

/* Each name with its length before it (RFC 7301 §3.1).  Zeroed is none. */
struct coil__tls_protocols {
    unsigned char *bytes;
    unsigned size;
};

/*
 * Copy a list that NULL ends; `names` may be NULL.  0, -ENOMEM, or -EINVAL: a
 * name is empty or longer than 255 bytes, or there are too many.
 */
int coil__tls_protocols_init(struct coil__tls_protocols *protocols,
                             const char *const *names);
void coil__tls_protocols_fini(struct coil__tls_protocols *protocols);

#endif

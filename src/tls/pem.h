/* SPDX-License-Identifier: MIT */
/*
 * tls/pem.h - a file in memory, which is wiped before it is freed
 */
#ifndef COIL_TLS_PEM_H
#define COIL_TLS_PEM_H

#include <openssl/bio.h>

#include "base/buffer.h"

/*
 * Read a whole file.  `*bio`, which is returned, reads from `contents`: free
 * both.  0, -ENOMEM, -EFBIG, or what open() and read() say.
 */
int coil__tls_pem_open(BIO **bio, struct coil_buffer *contents,
                       const char *path);

#endif

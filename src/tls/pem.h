/* SPDX-License-Identifier: MIT */
/*
 * tls/pem.h - a file of certificates or keys, wiped when it is closed
 */
#ifndef COIL_TLS_PEM_H
#define COIL_TLS_PEM_H

#include <openssl/bio.h>

#include "base/buffer.h"

/* Files are not larger than this. */
enum { COIL__TLS_MAX_FILE = 16 * 1024 * 1024 };

struct coil__tls_pem {
    BIO *bio; /* reads from `contents` */
    struct coil_buffer contents;
};

/*
 * Read a whole file, and empty OpenSSL's queue of errors.  Returns 0, or an
 * error of coil__file_read(), and then there is nothing to close.
 */
int coil__tls_pem_open(struct coil__tls_pem *pem, const char *path);

/* Free both, and empty OpenSSL's queue of errors. */
void coil__tls_pem_close(struct coil__tls_pem *pem);

#endif

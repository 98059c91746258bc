/* SPDX-License-Identifier: MIT */
/*
 * tls/staple.h - an answer of OCSP that a server shows with its certificate
 */
#ifndef COIL_TLS_STAPLE_H
#define COIL_TLS_STAPLE_H

#include <openssl/ocsp.h>
#include <openssl/ssl.h>

#include "base/buffer.h"

/* Zeroed, there is none.  It never changes. */
struct coil__tls_staple {
    struct coil_buffer bytes; /* as in the file */
    OCSP_BASICRESP *answer;
    OCSP_SINGLERESP *single; /* of `answer`, about the certificate */
};

/*
 * Read a file in DER, which must be about `certificate`.  Whether it is out of
 * date does not matter yet.  Returns 0; COIL_ETLS_BAD_STATUS_FILE; -ENOMEM; or
 * an error of coil__file_read().  After an error only fini().
 */
int coil__tls_staple_read(struct coil__tls_staple *staple, const char *path,
                          const X509 *certificate);
void coil__tls_staple_fini(struct coil__tls_staple *staple);

/*
 * Give the answer to `ssl`, unless there is none or it is out of date.  Returns
 * what a status callback of OpenSSL returns.
 */
int coil__tls_staple_use(const struct coil__tls_staple *staple, SSL *ssl);

#endif

/* SPDX-License-Identifier: MIT */
#include "tls/staple.h"

#include <coil/error.h>

#include <openssl/err.h>

#include "base/file.h"
#include "tls/status.h"

/* An answer has about 500 bytes, and 2,000 with a certificate of its signer. */
enum { MAX_ANSWER = 64 * 1024 };

/* The issuer need not be at hand, and its numbers are all different. */
static bool is_about(const OCSP_SINGLERESP *single, const X509 *certificate)
{
    ASN1_INTEGER *serial;

    OCSP_id_get0_info(NULL, NULL, NULL, &serial,
                      (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single));
    return ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0;
}

static OCSP_SINGLERESP *find(OCSP_BASICRESP *answer, const X509 *certificate)
{
    for (int i = 0; i < OCSP_resp_count(answer); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(answer, i);

        if (is_about(single, certificate))
            return single;
    }
    return NULL;
}

int coil__tls_staple_read(struct coil__tls_staple *staple, const char *path,
                          const X509 *certificate)
{
    int rc = coil__file_read(path, MAX_ANSWER, &staple->bytes);

    if (rc < 0)
        return rc == -EFBIG ? COIL_ETLS_BAD_STATUS_FILE : rc;
    rc = coil__tls_status_parse(&staple->answer,
                                coil__buffer_bytes(&staple->bytes),
                                staple->bytes.size);
    if (rc < 0)
        return rc == -ENOMEM ? rc : COIL_ETLS_BAD_STATUS_FILE;
    staple->single = find(staple->answer, certificate);
    return staple->single ? 0 : COIL_ETLS_BAD_STATUS_FILE;
}

void coil__tls_staple_fini(struct coil__tls_staple *staple)
{
    OCSP_BASICRESP_free(staple->answer);
    coil__buffer_fini(&staple->bytes);
}

int coil__tls_staple_use(const struct coil__tls_staple *staple, SSL *ssl)
{
    unsigned char *copy;

    if (!staple->single || coil__tls_status_is_current(staple->single, 0) < 0)
        return SSL_TLSEXT_ERR_NOACK;
    copy =
        OPENSSL_memdup(coil__buffer_bytes(&staple->bytes), staple->bytes.size);
    if (!copy)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    /* OpenSSL frees the copy. */
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (int)staple->bytes.size);
    return SSL_TLSEXT_ERR_OK;
}

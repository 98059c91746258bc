/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL's errors as coil's: those that no peer of the tests brings about.
 */
#include <coil/error.h>
#include <coil/tls.h>

#include <errno.h>

#include <openssl/asn1err.h>
#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "tls/tls_error.h"

#include "test.h"

static SSL_CTX *ctx;
static SSL *ssl;

static void open_connection(void)
{
    ctx = SSL_CTX_new(TLS_client_method());
    ssl = SSL_new(ctx);
    ASSERT_NOT_NULL(ssl);
}

static void close_connection(void)
{
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* What one error is, during the handshake; the queue is empty afterwards. */
static int of(int library, int reason)
{
    int rc;

    ERR_raise(library, reason);
    rc = coil__tls_error(ssl, true);
    ASSERT_EQ(ERR_peek_error(), 0);
    return rc;
}

TEST(tls_error_of_a_handshake)
{
    open_connection();
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL),
              COIL_ETLS_CERTIFICATE_WEAK_KEY);
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL),
              COIL_ETLS_CERTIFICATE_WEAK_KEY);
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK),
              COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE);
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_R_BAD_LENGTH), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(of(ERR_LIB_SSL, ERR_R_ASN1_LIB), COIL_ETLS_PROTOCOL);
    ASSERT_EQ(of(ERR_LIB_ASN1, ASN1_R_HEADER_TOO_LONG), COIL_ETLS_PROTOCOL);
    close_connection();
}

TEST(tls_error_of_openssl_itself)
{
    open_connection();
    ASSERT_EQ(of(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR), COIL_ETLS_FAILED);
    ASSERT_EQ(of(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE), COIL_ETLS_FAILED);
    ASSERT_EQ(coil__tls_error(ssl, true), COIL_ETLS_FAILED);
    SSL_set_verify_result(ssl, X509_V_ERR_OUT_OF_MEM);
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED),
              COIL_ETLS_FAILED);
    SSL_set_verify_result(ssl, X509_V_ERR_UNSPECIFIED);
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED),
              COIL_ETLS_CERTIFICATE_INVALID);
    close_connection();
}

TEST(tls_error_of_an_alert)
{
    open_connection();
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME),
              COIL_ETLS_UNKNOWN_NAME);
    ASSERT_EQ(of(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION),
              COIL_ETLS_NO_COMMON_VERSION);
    ERR_raise(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION);
    ASSERT_EQ(coil__tls_error(ssl, false), COIL_ETLS_REFUSED);
    close_connection();
}

/* Memory may have been lacking before, or after, what was said of it. */
TEST(tls_error_that_memory_was_lacking_wins)
{
    ERR_raise(ERR_LIB_PEM, ERR_R_MALLOC_FAILURE);
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    ASSERT_EQ(coil__tls_error_or(COIL_ETLS_BAD_KEY_FILE), -ENOMEM);
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    ERR_raise(ERR_LIB_PEM, ERR_R_MALLOC_FAILURE);
    ASSERT_EQ(coil__tls_error_or(COIL_ETLS_BAD_KEY_FILE), -ENOMEM);
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    ASSERT_EQ(coil__tls_error_or(COIL_ETLS_BAD_KEY_FILE),
              COIL_ETLS_BAD_KEY_FILE);
    ASSERT_EQ(coil__tls_error_or(-EINVAL), -EINVAL);
}

/* SPDX-License-Identifier: MIT */
#include "tls/tls_error.h"

#include <coil/error.h>

#include <stdint.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

/*
 * An alert of the other side: RFC 8446 §6.2.  It may refuse our certificate when
 * our part of the handshake is over.
 */
static int of_alert(int alert, bool in_handshake)
{
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION:
        return in_handshake ? COIL_ETLS_NO_COMMON_VERSION : COIL_ETLS_REFUSED;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        return COIL_ETLS_NO_COMMON_CIPHER;
    case SSL_AD_NO_APPLICATION_PROTOCOL:
        return COIL_ETLS_NO_COMMON_PROTOCOL;
    case SSL_AD_UNRECOGNIZED_NAME:
        return COIL_ETLS_UNKNOWN_NAME;
    case SSL_AD_CERTIFICATE_REQUIRED:
        return COIL_ETLS_CERTIFICATE_REQUIRED;
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
        return COIL_ETLS_CERTIFICATE_REFUSED;
    default:
        return COIL_ETLS_REFUSED;
    }
}

static int of_verification(long result)
{
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return COIL_ETLS_CERTIFICATE_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return COIL_ETLS_CERTIFICATE_NOT_YET_VALID;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return COIL_ETLS_CERTIFICATE_WRONG_HOST;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return COIL_ETLS_CERTIFICATE_SELF_SIGNED;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return COIL_ETLS_CERTIFICATE_UNTRUSTED_ROOT;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER;
    case X509_V_ERR_CERT_REVOKED:
        return COIL_ETLS_CERTIFICATE_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        return COIL_ETLS_CERTIFICATE_NO_REVOCATION_LIST;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return COIL_ETLS_CERTIFICATE_WEAK_KEY;
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
        return COIL_ETLS_CERTIFICATE_BAD_SIGNATURE;
    case X509_V_ERR_INVALID_PURPOSE:
        return COIL_ETLS_CERTIFICATE_WRONG_PURPOSE;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return COIL_ETLS_CERTIFICATE_BAD_ISSUER;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return COIL_ETLS_CERTIFICATE_NOT_PERMITTED;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return COIL_ETLS_CERTIFICATE_CHAIN_TOO_LONG;
    case X509_V_ERR_OUT_OF_MEM:
        return COIL_ETLS_FAILED;
    default:
        return COIL_ETLS_CERTIFICATE_INVALID;
    }
}

static int of_handshake(SSL *ssl, int reason)
{
    switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return of_verification(SSL_get_verify_result(ssl));
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return COIL_ETLS_CERTIFICATE_MISSING;
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
        return COIL_ETLS_CERTIFICATE_WEAK_KEY;
    case SSL_R_CA_MD_TOO_WEAK:
        return COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return COIL_ETLS_NOT_TLS;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
        return COIL_ETLS_NO_COMMON_VERSION;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_DH_KEY_TOO_SMALL:
        return COIL_ETLS_NO_COMMON_CIPHER;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return COIL_ETLS_NO_COMMON_PROTOCOL;
    default:
        return COIL_ETLS_PROTOCOL;
    }
}

int coil__tls_error(SSL *ssl, bool in_handshake)
{
    /* What happened first, and what it meant for the connection. */
    unsigned long cause = ERR_peek_error();
    unsigned long error = ERR_peek_last_error();
    int reason = ERR_GET_REASON(error);

    ERR_clear_error();
    if (!error || ERR_GET_REASON(cause) == ERR_R_MALLOC_FAILURE)
        return COIL_ETLS_FAILED;
    /* Such as a certificate that is none. */
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return COIL_ETLS_PROTOCOL;
    /* OpenSSL's own reasons, which all its libraries share, are larger. */
    if (reason > SSL_AD_REASON_OFFSET &&
        reason <= SSL_AD_REASON_OFFSET + UINT8_MAX)
        return of_alert(reason - SSL_AD_REASON_OFFSET, in_handshake);
    if (reason == ERR_R_INTERNAL_ERROR)
        return COIL_ETLS_FAILED;
    /* A certificate of ours could not be used. */
    if (reason == SSL_R_CERT_CB_ERROR)
        reason = ERR_GET_REASON(cause);
    return in_handshake ? of_handshake(ssl, reason) : COIL_ETLS_PROTOCOL;
}

int coil__tls_error_or(int otherwise)
{
    int rc = otherwise;

    for (unsigned long error = ERR_get_error(); error; error = ERR_get_error())
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            rc = -ENOMEM;
    return rc;
}

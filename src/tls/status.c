/* SPDX-License-Identifier: MIT */
/*
 * status.c - whether a stapled answer can be trusted, and what it says
 *
 * The answer must be signed by the issuer of the certificate, as the verified
 * chain has it, or by somebody whom that issuer has named for this
 * (id-kp-OCSPSigning).  So nobody else's trust matters, and the chain of the
 * signer ends at the issuer.
 */
#include "tls/status.h"

#include <coil/error.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/tls_error.h"

enum {
    LEEWAY = 5 * 60,             /* what clocks may differ by, in seconds */
    AGE_WITHOUT_END = 24 * 3600, /* an answer without nextUpdate is good for */
    STATUS_REQUEST = 5,          /* the extension that RFC 7633 names */
};

/* ---- the answer -------------------------------------------------------------- */

int coil__tls_status_parse(OCSP_BASICRESP **out, const unsigned char *bytes,
                           size_t size)
{
    const unsigned char *end = bytes;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &end, (long)size);

    *out = NULL;
    if (response && end == bytes + size &&
        OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        *out = OCSP_response_get1_basic(response);
    OCSP_RESPONSE_free(response);
    return *out ? 0 : coil__tls_error_or(COIL_ETLS_CERTIFICATE_STATUS_INVALID);
}

int coil__tls_status_is_current(OCSP_SINGLERESP *single, long leeway)
{
    ASN1_GENERALIZEDTIME *from;
    ASN1_GENERALIZEDTIME *to;
    int reason;

    OCSP_single_get0_status(single, NULL, NULL, &from, &to);
    if (OCSP_check_validity(from, to, leeway, to ? -1 : AGE_WITHOUT_END))
        return 0;
    reason = ERR_GET_REASON(ERR_peek_last_error());
    ERR_clear_error();
    switch (reason) {
    case OCSP_R_STATUS_EXPIRED:
    case OCSP_R_STATUS_TOO_OLD:
        return COIL_ETLS_CERTIFICATE_STATUS_EXPIRED;
    case OCSP_R_STATUS_NOT_YET_VALID:
        return COIL_ETLS_CERTIFICATE_STATUS_NOT_YET_VALID;
    default:
        return COIL_ETLS_CERTIFICATE_STATUS_INVALID;
    }
}

/* ---- who has signed it --------------------------------------------------------- */

/* Nobody may forge a signature by MD5 or SHA-1. */
static bool is_weak(const OCSP_BASICRESP *answer)
{
    const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(answer);
    int digest = NID_undef;

    OBJ_find_sigid_algs(OBJ_obj2nid(algorithm->algorithm), &digest, NULL);
    return digest == NID_md5 || digest == NID_sha1;
}

/* A store that trusts nobody but `issuer`. */
static X509_STORE *trust_only(X509 *issuer, int security_level)
{
    X509_STORE *store = X509_STORE_new();

    if (!store)
        return NULL;
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(store),
                                     security_level);
    if (X509_STORE_add_cert(store, issuer))
        return store;
    X509_STORE_free(store);
    return NULL;
}

static int check_signature(OCSP_BASICRESP *answer, X509 *issuer,
                           int security_level)
{
    X509_STORE *store = trust_only(issuer, security_level);
    STACK_OF(X509) *issuers = sk_X509_new_null();
    int ok = store && issuers && sk_X509_push(issuers, issuer) &&
             OCSP_basic_verify(answer, issuers, store, OCSP_NOEXPLICIT) == 1;

    sk_X509_free(issuers);
    X509_STORE_free(store);
    if (ok && !is_weak(answer))
        return 0;
    return coil__tls_error_or(COIL_ETLS_CERTIFICATE_STATUS_INVALID);
}

/* ---- what it says ---------------------------------------------------------------- */

/* Whether `single` is about this certificate, by the hash that it uses. */
static bool is_about(const OCSP_SINGLERESP *single, X509 *certificate,
                     X509 *issuer)
{
    OCSP_CERTID *theirs = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
    OCSP_CERTID *ours;
    ASN1_OBJECT *algorithm;
    const EVP_MD *digest;
    bool is_same;

    OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, theirs);
    /* One that is not known here becomes SHA-1, and the two differ in that. */
    digest = EVP_get_digestbyobj(algorithm);
    ours = OCSP_cert_to_id(digest, certificate, issuer);
    is_same = ours && OCSP_id_cmp(ours, theirs) == 0;
    OCSP_CERTID_free(ours);
    return is_same;
}

static OCSP_SINGLERESP *find(OCSP_BASICRESP *answer, X509 *certificate,
                             X509 *issuer)
{
    for (int i = 0; i < OCSP_resp_count(answer); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(answer, i);

        if (is_about(single, certificate, issuer))
            return single;
    }
    return NULL;
}

/* Who was revoked stays so, however old the answer is. */
static int read_answer(OCSP_BASICRESP *answer, X509 *certificate, X509 *issuer)
{
    OCSP_SINGLERESP *single = find(answer, certificate, issuer);
    int status;
    int rc;

    if (!single)
        return coil__tls_error_or(COIL_ETLS_CERTIFICATE_STATUS_INVALID);
    status = OCSP_single_get0_status(single, NULL, NULL, NULL, NULL);
    if (status == V_OCSP_CERTSTATUS_REVOKED)
        return COIL_ETLS_CERTIFICATE_REVOKED;
    rc = coil__tls_status_is_current(single, LEEWAY);
    if (rc < 0)
        return rc;
    return status == V_OCSP_CERTSTATUS_GOOD
               ? 1
               : COIL_ETLS_CERTIFICATE_STATUS_UNKNOWN;
}

static int read_all(const unsigned char *bytes, size_t size, X509 *certificate,
                    X509 *issuer, int security_level)
{
    OCSP_BASICRESP *answer;
    int rc = coil__tls_status_parse(&answer, bytes, size);

    if (rc == 0)
        rc = check_signature(answer, issuer, security_level);
    if (rc == 0)
        rc = read_answer(answer, certificate, issuer);
    OCSP_BASICRESP_free(answer);
    return rc == -ENOMEM ? COIL_ETLS_FAILED : rc;
}

/* ---- whether there must be one ------------------------------------------------- */

/* An extension that cannot be read may have said so. */
static bool must_be_stapled(const X509 *certificate)
{
    STACK_OF(ASN1_INTEGER) * features;
    bool must = false;

    if (X509_get_ext_by_NID(certificate, NID_tlsfeature, -1) < 0)
        return false;
    features = X509_get_ext_d2i(certificate, NID_tlsfeature, NULL, NULL);
    ERR_clear_error();
    if (!features)
        return true;
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
        must |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) ==
                STATUS_REQUEST;
    sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
    return must;
}

/*
 * Who has issued the certificate: the next of the verified chain.  A certificate
 * that is trusted itself may be alone there, and then nobody can speak about it.
 */
static X509 *issuer_of(SSL *ssl)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);

    return sk_X509_num(chain) > 1 ? sk_X509_value(chain, 1) : NULL;
}

void coil__tls_status_ask(SSL_CTX *ctx, enum coil_tls_status status,
                          int (*judge)(SSL *ssl, void *is_required))
{
    if (status == COIL_TLS_STATUS_IGNORED)
        return;
    SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
    SSL_CTX_set_tlsext_status_cb(ctx, judge);
    SSL_CTX_set_tlsext_status_arg(
        ctx, status == COIL_TLS_STATUS_REQUIRED ? ctx : NULL);
}

int coil__tls_status_check(SSL *ssl, bool is_required)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    X509 *issuer = issuer_of(ssl);
    unsigned char *bytes;
    long size = SSL_get_tlsext_status_ocsp_resp(ssl, &bytes);

    if (SSL_session_reused(ssl))
        return 0;
    if (size > 0 && issuer)
        return read_all(bytes, (size_t)size, certificate, issuer,
                        SSL_get_security_level(ssl));
    return is_required || must_be_stapled(certificate)
               ? COIL_ETLS_CERTIFICATE_STATUS_MISSING
               : 0;
}

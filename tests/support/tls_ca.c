/* SPDX-License-Identifier: MIT */
#include "tls_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "folder.h"
#include "test.h"

static char folder[64];

/* ---- certificates --------------------------------------------------------- */

static EVP_PKEY *make_key(const struct tls_recipe *recipe)
{
    switch (recipe->key) {
    case TLS_KEY_RSA:
        return EVP_RSA_gen((unsigned)recipe->bits);
    case TLS_KEY_EC:
        return EVP_EC_gen("P-256");
    default:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    }
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    if (!value)
        return;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ASSERT_NOT_NULL(extension);
    ASSERT_EQ(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_unknown_extension(X509 *certificate)
{
    ASN1_OBJECT *object = OBJ_txt2obj("1.2.3.4.5.6", 1);
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    ASN1_OCTET_STRING_set(data, (const unsigned char *)"\x05\x00", 2);
    extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, data);
    ASSERT_EQ(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(data);
    ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *x, X509 *issuer,
                           const struct tls_recipe *recipe)
{
    const char *constraints = recipe->constraints;

    if (!constraints)
        constraints = recipe->is_ca ? "critical,CA:true" : "CA:false";
    extend(x, issuer, NID_basic_constraints, constraints);
    extend(x, issuer, NID_key_usage, recipe->usage);
    extend(x, issuer, NID_ext_key_usage, recipe->purpose);
    extend(x, issuer, NID_tlsfeature, recipe->features);
    extend(x, issuer, NID_subject_alt_name, recipe->alternatives);
    extend(x, issuer, NID_name_constraints, recipe->name_constraints);
    extend(x, issuer, NID_subject_key_identifier, "hash");
    if (recipe->has_unknown_extension)
        add_unknown_extension(x);
}

static void set_name(X509 *certificate, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(certificate);

    X509_NAME_add_entry_by_txt(
        subject, "CN", MBSTRING_UTF8,
        (const unsigned char *)(name ? name : "somebody"), -1, -1, 0);
}

static void set_time(X509 *x, const struct tls_recipe *recipe)
{
    enum { DAY = 24 * 60 * 60 };

    X509_gmtime_adj(X509_getm_notBefore(x),
                    recipe->from_days ? recipe->from_days * DAY : -DAY);
    X509_gmtime_adj(X509_getm_notAfter(x),
                    recipe->to_days ? recipe->to_days * DAY : DAY);
}

static void sign(X509 *x, EVP_PKEY *key, const struct tls_recipe *recipe)
{
    const EVP_MD *digest = NULL;

    if (recipe->digest)
        digest = EVP_get_digestbyname(recipe->digest);
    else if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
        digest = EVP_sha256();
    ASSERT(X509_sign(x, key, digest) > 0);
    if (recipe->is_broken) {
        const ASN1_BIT_STRING *signature;

        X509_get0_signature(&signature, NULL, x);
        signature->data[signature->length / 2] ^= 1;
    }
}

struct tls_made tls_make(const struct tls_recipe *recipe)
{
    static long serial;
    struct tls_made made = { X509_new(), make_key(recipe) };
    const struct tls_made *issuer = recipe->issuer ? recipe->issuer : &made;

    ASSERT_NOT_NULL(made.certificate);
    ASSERT_NOT_NULL(made.key);
    X509_set_version(made.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
    set_time(made.certificate, recipe);
    set_name(made.certificate, recipe->name);
    X509_set_issuer_name(made.certificate,
                         X509_get_subject_name(issuer->certificate));
    X509_set_pubkey(made.certificate, made.key);
    add_extensions(made.certificate, issuer->certificate, recipe);
    sign(made.certificate, issuer->key, recipe);
    return made;
}

void tls_free_made(struct tls_made *made)
{
    X509_free(made->certificate);
    EVP_PKEY_free(made->key);
    *made = (struct tls_made){ NULL, NULL };
}

/* ---- files ---------------------------------------------------------------- */

void tls_make_folder(void)
{
    strcpy(folder, "/tmp/coil-tls-XXXXXX");
    ASSERT_NOT_NULL(mkdtemp(folder));
}

void tls_remove_folder(void)
{
    remove_folder(folder);
}

const char *tls_path(const char *name)
{
    static char paths[32][128];
    static unsigned next;
    char *path = paths[next++ % 32];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static FILE *create(const char *name)
{
    FILE *file = fopen(tls_path(name), "w");

    ASSERT_NOT_NULL(file);
    return file;
}

void tls_write_chain(const char *name, const struct tls_made *const *chain,
                     size_t count)
{
    FILE *file = create(name);

    for (size_t i = 0; i < count; i++)
        ASSERT_EQ(PEM_write_X509(file, chain[i]->certificate), 1);
    fclose(file);
}

void tls_write_key(const char *name, const struct tls_made *made)
{
    FILE *file = create(name);

    ASSERT_EQ(PEM_write_PrivateKey(file, made->key, NULL, NULL, 0, NULL, NULL),
              1);
    fclose(file);
}

void tls_write_pair(const char *name, const struct tls_made *made,
                    const struct tls_made *issuer)
{
    const struct tls_made *chain[] = { made, issuer };
    char file[64];

    snprintf(file, sizeof file, "%s.pem", name);
    tls_write_chain(file, chain, issuer ? 2 : 1);
    snprintf(file, sizeof file, "%s.key", name);
    tls_write_key(file, made);
}

void tls_write_revoked(const char *name, const struct tls_made *issuer,
                       const struct tls_made *made)
{
    X509_CRL *list = X509_CRL_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -60);
    ASN1_TIME *later = X509_gmtime_adj(NULL, 24 * 60 * 60);
    FILE *file = create(name);

    X509_CRL_set_version(list, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->certificate));
    X509_CRL_set1_lastUpdate(list, now);
    X509_CRL_set1_nextUpdate(list, later);
    if (made) {
        X509_REVOKED *revoked = X509_REVOKED_new();

        X509_REVOKED_set_serialNumber(revoked,
                                      X509_get_serialNumber(made->certificate));
        X509_REVOKED_set_revocationDate(revoked, now);
        X509_CRL_add0_revoked(list, revoked);
    }
    ASSERT(X509_CRL_sign(list, issuer->key, NULL) > 0);
    ASSERT_EQ(PEM_write_X509_CRL(file, list), 1);
    fclose(file);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    X509_CRL_free(list);
}

/* ---- what issuers say ------------------------------------------------------- */

/* The same, by a method that nobody knows: 1.3.14.3.2.127. */
static OCSP_CERTID *by_unknown_hash(OCSP_CERTID *id)
{
    static const unsigned char sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
    unsigned char *bytes = NULL;
    int size = i2d_OCSP_CERTID(id, &bytes);
    unsigned char *found = memmem(bytes, (size_t)size, sha1, sizeof sha1);
    const unsigned char *next = bytes;
    OCSP_CERTID *other;

    ASSERT_NOT_NULL(found);
    found[sizeof sha1 - 1] = 0x7f;
    other = d2i_OCSP_CERTID(NULL, &next, size);
    ASSERT_NOT_NULL(other);
    OPENSSL_free(bytes);
    OCSP_CERTID_free(id);
    return other;
}

static void add_single(OCSP_BASICRESP *basic, const struct tls_answer *answer,
                       const struct tls_made *about)
{
    const EVP_MD *hash =
        EVP_get_digestbyname(answer->hash ? answer->hash : "SHA1");
    OCSP_CERTID *id =
        OCSP_cert_to_id(hash, about->certificate, answer->issuer->certificate);
    ASN1_TIME *from = X509_gmtime_adj(
        NULL, answer->from_seconds ? answer->from_seconds : -3600);
    ASN1_TIME *to =
        X509_gmtime_adj(NULL, answer->to_seconds ? answer->to_seconds : 3600);
    bool is_revoked = answer->status == V_OCSP_CERTSTATUS_REVOKED;

    if (answer->has_unknown_hash)
        id = by_unknown_hash(id);
    ASSERT_NOT_NULL(OCSP_basic_add1_status(
        basic, id, answer->status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
        is_revoked ? from : NULL, from, answer->to_seconds == -1 ? NULL : to));
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    OCSP_CERTID_free(id);
}

static void sign_answer(OCSP_BASICRESP *basic, const struct tls_answer *answer)
{
    const struct tls_made *signer =
        answer->signer ? answer->signer : answer->issuer;
    const EVP_MD *digest = NULL;

    if (answer->digest)
        digest = EVP_get_digestbyname(answer->digest);
    ASSERT_EQ(OCSP_basic_sign(basic, signer->certificate, signer->key, digest,
                              NULL, answer->signer ? 0 : OCSP_NOCERTS),
              1);
    if (answer->is_broken)
        ((ASN1_OCTET_STRING *)OCSP_resp_get0_signature(basic))->data[0] ^= 1;
}

int tls_answer(unsigned char **out, const struct tls_answer *answer)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_RESPONSE *response;
    int size;

    if (answer->and_about)
        add_single(basic, answer, answer->and_about);
    add_single(basic, answer, answer->about);
    sign_answer(basic, answer);
    response = OCSP_response_create(answer->response_status, basic);
    *out = NULL;
    size = i2d_OCSP_RESPONSE(response, out);
    ASSERT_GT(size, 0);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return size;
}

void tls_write_answer(const char *name, const struct tls_answer *answer)
{
    FILE *file = create(name);
    unsigned char *bytes;
    int size = tls_answer(&bytes, answer);

    ASSERT_EQ(fwrite(bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    OPENSSL_free(bytes);
}

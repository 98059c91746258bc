/* SPDX-License-Identifier: MIT */
#include "tls/credentials.h"

#include <coil/error.h>

#include <stdatomic.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "tls/pem.h"
#include "tls/staple.h"
#include "tls/tls_error.h"

struct credential {
    X509 *certificate;
    STACK_OF(X509) * issuers;
    EVP_PKEY *key;
    struct coil__tls_staple staple;
};

struct coil__tls_credentials {
    atomic_size_t users;
    size_t count;
    struct credential each[];
};

/* ---- reading ------------------------------------------------------------- */

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)arg;
    return 0;
}

static int read_issuers(struct credential *c, BIO *bio)
{
    for (;;) {
        X509 *issuer = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);

        if (!issuer)
            break;
        if (!sk_X509_push(c->issuers, issuer)) {
            X509_free(issuer);
            break;
        }
    }
    /* What ends the list is an error too. */
    if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
        ERR_clear_error();
        return 0;
    }
    return coil__tls_error_or(COIL_ETLS_BAD_CERTIFICATE_FILE);
}

static int read_chain(struct credential *c, const char *path)
{
    struct coil__tls_pem pem;
    int rc = coil__tls_pem_open(&pem, path);

    if (rc < 0)
        return rc;
    c->issuers = sk_X509_new_null();
    c->certificate = PEM_read_bio_X509_AUX(pem.bio, NULL, no_passphrase, NULL);
    if (c->certificate && c->issuers)
        rc = read_issuers(c, pem.bio);
    else
        rc = coil__tls_error_or(COIL_ETLS_BAD_CERTIFICATE_FILE);
    coil__tls_pem_close(&pem);
    return rc;
}

static int read_key(struct credential *c, const char *path)
{
    struct coil__tls_pem pem;
    int rc = coil__tls_pem_open(&pem, path);

    if (rc < 0)
        return rc;
    c->key = PEM_read_bio_PrivateKey(pem.bio, NULL, no_passphrase, NULL);
    if (!c->key || X509_check_private_key(c->certificate, c->key) != 1)
        rc = coil__tls_error_or(COIL_ETLS_BAD_KEY_FILE);
    coil__tls_pem_close(&pem);
    return rc;
}

static int read_one(struct credential *c,
                    const struct coil__tls_file_names *files)
{
    const char *chain_file = files->certificate.chain_file;
    const char *key_file = files->certificate.key_file;
    int rc = read_chain(c, chain_file);

    if (rc == 0)
        rc = read_key(c, key_file ? key_file : chain_file);
    if (rc == 0 && files->status_file)
        rc = coil__tls_staple_read(&c->staple, files->status_file,
                                   c->certificate);
    return rc;
}

static int use(SSL *ssl, const struct credential *c)
{
    return SSL_use_cert_and_key(ssl, c->certificate, c->key, c->issuers, 1);
}

/* Whether OpenSSL lets a connection use all of them, whoever may accept them. */
static int check(const struct coil__tls_credentials *credentials, SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    int rc = ssl ? 0 : -ENOMEM;
    size_t i;

    for (i = 0; rc == 0 && i < credentials->count; i++)
        if (use(ssl, &credentials->each[i]) != 1)
            rc = coil__tls_error(ssl, true);
    SSL_free(ssl);
    ERR_clear_error();
    return rc == COIL_ETLS_FAILED ? -ENOMEM : rc;
}

int coil__tls_credentials_read(struct coil__tls_credentials **out, SSL_CTX *ctx,
                               const struct coil__tls_file_names *files,
                               size_t count)
{
    struct coil__tls_credentials *made =
        coil__alloc(sizeof *made + count * sizeof(made->each[0]));
    int rc = 0;

    if (!made)
        return -ENOMEM;
    atomic_init(&made->users, 1);
    while (rc == 0 && made->count < count) {
        rc = read_one(&made->each[made->count], &files[made->count]);
        made->count++;
    }
    if (rc == 0)
        rc = check(made, ctx);
    if (rc < 0)
        coil__tls_credentials_free(made);
    else
        *out = made;
    return rc;
}

struct coil__tls_credentials *
coil__tls_credentials_hold(struct coil__tls_credentials *credentials)
{
    atomic_fetch_add_explicit(&credentials->users, 1, memory_order_relaxed);
    return credentials;
}

void coil__tls_credentials_free(struct coil__tls_credentials *credentials)
{
    size_t i;

    if (!credentials || atomic_fetch_sub(&credentials->users, 1) > 1)
        return;
    for (i = 0; i < credentials->count; i++) {
        struct credential *c = &credentials->each[i];

        X509_free(c->certificate);
        sk_X509_pop_free(c->issuers, X509_free);
        EVP_PKEY_free(c->key);
        coil__tls_staple_fini(&c->staple);
    }
    coil__free(credentials);
}

/* ---- choosing ------------------------------------------------------------ */

/* Use all that are for `name`.  How many, or -1: OpenSSL failed. */
static int use_matching(const struct coil__tls_credentials *credentials,
                        SSL *ssl, const char *name, unsigned flags)
{
    int used = 0;
    size_t i;

    for (i = 0; i < credentials->count; i++) {
        const struct credential *c = &credentials->each[i];

        if (X509_check_host(c->certificate, name, 0, flags, NULL) != 1)
            continue;
        if (use(ssl, c) != 1)
            return -1;
        used++;
    }
    return used;
}

int coil__tls_credentials_use(const struct coil__tls_credentials *credentials,
                              SSL *ssl, const char *name)
{
    int used = 0;

    if (name)
        used =
            use_matching(credentials, ssl, name, X509_CHECK_FLAG_NO_WILDCARDS);
    if (name && used == 0)
        used = use_matching(credentials, ssl, name,
                            X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (used == 0)
        used = use(ssl, &credentials->each[0]) == 1 ? 1 : -1;
    return used > 0;
}

int coil__tls_credentials_staple(
    const struct coil__tls_credentials *credentials, SSL *ssl)
{
    const X509 *used = SSL_get_certificate(ssl);
    const struct credential *c = credentials->each;

    /* It is one of ours. */
    while (c->certificate != used)
        c++;
    return coil__tls_staple_use(&c->staple, ssl);
}

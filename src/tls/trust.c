/* SPDX-License-Identifier: MIT */
#include "tls/trust.h"

#include <coil/error.h>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/pem.h"
#include "tls/tls_error.h"

/* OpenSSL does not say why it could not read a file. */
static int look_at(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/* Whoever is trusted by name is trusted, also if somebody else issued it. */
static void set_flags(X509_STORE *store, unsigned long flags)
{
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | flags);
}

static int read_lists(X509_STORE *store, BIO *bio)
{
    int count = 0;

    for (;;) {
        X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
        int ok;

        if (!list)
            break;
        ok = X509_STORE_add_crl(store, list);
        X509_CRL_free(list);
        if (!ok)
            return -1;
        count++;
    }
    return count;
}

static int refuse_revoked(X509_STORE *store, const char *path)
{
    struct coil__tls_pem pem;
    int rc = coil__tls_pem_open(&pem, path);

    if (rc < 0)
        return rc;
    if (read_lists(store, pem.bio) <= 0)
        rc = coil__tls_error_or(COIL_ETLS_BAD_CERTIFICATE_FILE);
    coil__tls_pem_close(&pem);
    if (rc == 0)
        set_flags(store, X509_V_FLAG_CRL_CHECK);
    return rc;
}

int coil__tls_trust(SSL_CTX *ctx, const char *ca_file, const char *ca_path,
                    const char *crl_file)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    int rc = 0;
    int ok = 1;

    set_flags(store, 0);
    ERR_clear_error();
    if (ca_file)
        rc = look_at(ca_file);
    if (rc == 0 && ca_path)
        rc = look_at(ca_path);
    if (rc < 0)
        return rc;
    if (ca_file)
        ok = SSL_CTX_load_verify_file(ctx, ca_file);
    if (ok && ca_path)
        ok = SSL_CTX_load_verify_dir(ctx, ca_path);
    if (!ca_file && !ca_path)
        ok = SSL_CTX_set_default_verify_paths(ctx);
    if (!ok)
        return coil__tls_error_or(COIL_ETLS_BAD_CERTIFICATE_FILE);
    ERR_clear_error();
    return crl_file ? refuse_revoked(store, crl_file) : 0;
}

int coil__tls_ask_for(SSL_CTX *ctx, const char *ca_file, const char *crl_file)
{
    STACK_OF(X509_NAME) * names;
    int rc = coil__tls_trust(ctx, ca_file, NULL, crl_file);

    if (rc < 0)
        return rc;
    names = SSL_load_client_CA_file(ca_file);
    if (!names)
        return coil__tls_error_or(COIL_ETLS_BAD_CERTIFICATE_FILE);
    SSL_CTX_set_client_CA_list(ctx, names);
    return 0;
}

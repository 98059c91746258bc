/* SPDX-License-Identifier: MIT */
/*
 * tls_ca.h - certificates of every kind, good and bad, made by the tests
 */
#ifndef COIL_TESTS_TLS_CA_H
#define COIL_TESTS_TLS_CA_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

/* A certificate and its key. Signatures of the default kind have one size. */
struct tls_made {
    X509 *certificate;
    EVP_PKEY *key;
};

enum tls_key { TLS_KEY_ED25519, TLS_KEY_RSA, TLS_KEY_EC };

/* How to make a certificate. Zeroed, it is for nobody, and valid now. */
struct tls_recipe {
    const char *name;         /* of the subject; NULL: "somebody" */
    const char *alternatives; /* "DNS:a.example,IP:127.0.0.1" */
    int from_days;            /* from now; 0: since yesterday */
    int to_days;              /* from now; 0: until tomorrow */
    enum tls_key key;
    int bits;                      /* of RSA */
    const char *digest;            /* NULL: what fits the key */
    bool is_ca;                    /* may issue others */
    const char *constraints;       /* "critical,CA:true,pathlen:0" instead */
    const char *usage;             /* keyUsage */
    const char *purpose;           /* extendedKeyUsage: "serverAuth" */
    const char *features;          /* tlsfeature: "status_request" */
    const char *name_constraints;  /* "permitted;DNS:.good.example" */
    bool has_unknown_extension;    /* which is critical */
    bool is_broken;                /* its signature is for another text */
    const struct tls_made *issuer; /* NULL: itself */
};

struct tls_made tls_make(const struct tls_recipe *recipe);
void tls_free_made(struct tls_made *made);

/* A folder for files, gone after tls_remove_folder(). */
void tls_make_folder(void);
void tls_remove_folder(void);

/* The name of a file in the folder, valid until the 32nd call after it. */
const char *tls_path(const char *name);

/* Write `count` certificates and a key. */
void tls_write_chain(const char *name, const struct tls_made *const *chain,
                     size_t count);
void tls_write_key(const char *name, const struct tls_made *made);

/* Write a list of certificates that `issuer` has revoked: `made`, or none. */
void tls_write_revoked(const char *name, const struct tls_made *issuer,
                       const struct tls_made *made);

/* What an issuer says about a certificate (OCSP). Zeroed: it is good, now. */
struct tls_answer {
    const struct tls_made *about;
    const struct tls_made *issuer; /* of `about` */
    const struct tls_made *signer; /* NULL: the issuer */
    int status;                    /* V_OCSP_CERTSTATUS_…; 0 is good */
    int from_seconds;              /* from now; 0: since an hour */
    int to_seconds;                /* from now; 0: for an hour; -1: no end */
    const char *hash;              /* of the names of issuers; NULL: SHA1 */
    bool has_unknown_hash;         /* instead */
    const char *digest;            /* of the signature; NULL: what fits */
    int response_status;           /* 0: successful */
    bool is_broken;                /* the signature is for another text */
    const struct tls_made
        *and_about; /* another one, of the same issuer, first */
};

/* The answer in DER, which the caller frees with OPENSSL_free(). */
int tls_answer(unsigned char **out, const struct tls_answer *answer);

/* Write it into a file. */
void tls_write_answer(const char *name, const struct tls_answer *answer);

/* Write "NAME.pem", with `issuer` behind unless it is NULL, and "NAME.key". */
void tls_write_pair(const char *name, const struct tls_made *made,
                    const struct tls_made *issuer);

#endif

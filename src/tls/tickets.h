/* SPDX-License-Identifier: MIT */
/*
 * tls/tickets.h - the keys of the tickets in which a server's sessions are
 *
 * A server keeps no session: its clients do, encrypted by a key of the server's
 * (RFC 5077, RFC 8446 §4.6.1).  The first key encrypts, and each one decrypts.
 * Unless keys are given, there is a new one each day, and each is good for a
 * week, as in Go.
 */
#ifndef COIL_TLS_TICKETS_H
#define COIL_TLS_TICKETS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include <coil/time.h>
#include <coil/tls_context.h>

enum { COIL__TLS_TICKET_NAME = 16 };

struct coil__tls_ticket_key {
    unsigned char name[COIL__TLS_TICKET_NAME];
    unsigned char cipher[16]; /* AES-128 in CBC mode */
    unsigned char mac[32];    /* HMAC by SHA-256 */
    coil_time made_at;        /* of those that were not given */
};

/* `lock` guards the rest. */
struct coil__tls_tickets {
    pthread_mutex_t lock;
    struct coil__tls_ticket_key keys[COIL_TLS_MAX_TICKET_KEYS];
    size_t count;
    bool is_given; /* by the user, who changes them as well */
};

void coil__tls_tickets_init(struct coil__tls_tickets *tickets);
void coil__tls_tickets_fini(struct coil__tls_tickets *tickets);

/* Use these keys from now on.  0 or -ENOMEM. */
int coil__tls_tickets_set(struct coil__tls_tickets *tickets,
                          const struct coil_tls_ticket_key *keys, size_t count);

/*
 * What OpenSSL asks for a ticket: see SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
 */
int coil__tls_tickets_use(struct coil__tls_tickets *tickets, const SSL *ssl,
                          unsigned char *name, unsigned char *iv,
                          EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                          bool encrypts);

/*
 * Let `ctx` keep no sessions itself, and let its tickets be good only where
 * clients are asked for the same: servers that share keys may differ in `asks`
 * or in `ca_file`, which may be NULL.  0 or an error.
 */
int coil__tls_tickets_bind(SSL_CTX *ctx, enum coil_tls_client_certificates asks,
                           const char *ca_file);

#endif

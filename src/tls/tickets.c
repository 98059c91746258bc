/* SPDX-License-Identifier: MIT */
#include "tls/tickets.h"

#include <coil/error.h>

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/buffer.h"
#include "base/file.h"
#include "tls/pem.h"
#include "tls/tls_error.h"

#define DAY (24 * 60 * COIL_MINUTE)

enum { GOOD_DAYS = 7 };

/* What the callback of OpenSSL returns. */
enum { FAILED = -1, UNKNOWN = 0, USED = 1, RENEW = 2 };

void coil__tls_tickets_init(struct coil__tls_tickets *t)
{
    *t = (struct coil__tls_tickets){ .count = 0 };
    pthread_mutex_init(&t->lock, NULL);
}

void coil__tls_tickets_fini(struct coil__tls_tickets *t)
{
    OPENSSL_cleanse(t->keys, sizeof t->keys);
    pthread_mutex_destroy(&t->lock);
}

/* ---- keys that are given --------------------------------------------------- */

/* All that is needed from one secret, as in Go. */
static bool derive(struct coil__tls_ticket_key *key,
                   const struct coil_tls_ticket_key *given)
{
    unsigned char hash[64];
    bool ok = EVP_Digest(given->bytes, sizeof given->bytes, hash, NULL,
                         EVP_sha512(), NULL) == 1;

    *key = (struct coil__tls_ticket_key){ .made_at = 0 };
    memcpy(key->name, hash, sizeof key->name);
    memcpy(key->cipher, hash + 16, sizeof key->cipher);
    memcpy(key->mac, hash + 32, sizeof key->mac);
    OPENSSL_cleanse(hash, sizeof hash);
    return ok;
}

int coil__tls_tickets_set(struct coil__tls_tickets *t,
                          const struct coil_tls_ticket_key *keys, size_t count)
{
    struct coil__tls_ticket_key derived[COIL_TLS_MAX_TICKET_KEYS] = { 0 };
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        ok = ok && derive(&derived[i], &keys[i]);
    ERR_clear_error();
    if (ok) {
        pthread_mutex_lock(&t->lock);
        memcpy(t->keys, derived, sizeof derived);
        t->count = count;
        t->is_given = true;
        pthread_mutex_unlock(&t->lock);
    }
    OPENSSL_cleanse(derived, sizeof derived);
    return ok ? 0 : -ENOMEM;
}

/* ---- keys of our own ------------------------------------------------------- */

static bool is_of_today(const struct coil__tls_tickets *t, coil_time now)
{
    return t->count > 0 && now - t->keys[0].made_at < DAY;
}

/* A new key before the others, of which the oldest may be lost. */
static bool add_key(struct coil__tls_tickets *t, coil_time now)
{
    struct coil__tls_ticket_key fresh = { .made_at = now };

    if (RAND_bytes(fresh.name, sizeof fresh.name) != 1 ||
        RAND_priv_bytes(fresh.cipher, sizeof fresh.cipher) != 1 ||
        RAND_priv_bytes(fresh.mac, sizeof fresh.mac) != 1)
        return false;
    if (t->count == COIL_TLS_MAX_TICKET_KEYS)
        t->count--;
    memmove(&t->keys[1], &t->keys[0], t->count * sizeof t->keys[0]);
    t->keys[0] = fresh;
    t->count++;
    OPENSSL_cleanse(&fresh, sizeof fresh);
    return true;
}

/* ---- choosing one ---------------------------------------------------------- */

/* The key that encrypts. */
static int take_first(struct coil__tls_tickets *t,
                      struct coil__tls_ticket_key *out)
{
    coil_time now = coil_now();

    if (!t->is_given && !is_of_today(t, now) && !add_key(t, now))
        return FAILED;
    *out = t->keys[0];
    return USED;
}

static bool is_good(const struct coil__tls_tickets *t,
                    const struct coil__tls_ticket_key *key)
{
    return t->is_given || coil_now() - key->made_at < GOOD_DAYS * DAY;
}

/* The key of a ticket.  If it is not the first, the client gets another one. */
static int take_named(struct coil__tls_tickets *t, const unsigned char *name,
                      struct coil__tls_ticket_key *out)
{
    for (size_t i = 0; i < t->count; i++) {
        if (memcmp(t->keys[i].name, name, COIL__TLS_TICKET_NAME) != 0)
            continue;
        if (!is_good(t, &t->keys[i]))
            break;
        *out = t->keys[i];
        return i == 0 ? USED : RENEW;
    }
    return UNKNOWN;
}

static bool set_up(struct coil__tls_ticket_key *key, const unsigned char *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool encrypts)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac,
                                          sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1 &&
           EVP_CipherInit_ex(cipher, EVP_aes_128_cbc(), NULL, key->cipher, iv,
                             encrypts) == 1;
}

/* In TLS 1.3 a ticket is for one connection, so each gets another one. */
int coil__tls_tickets_use(struct coil__tls_tickets *t, const SSL *ssl,
                          unsigned char *name, unsigned char *iv,
                          EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                          bool encrypts)
{
    struct coil__tls_ticket_key key;
    int used;

    pthread_mutex_lock(&t->lock);
    used = encrypts ? take_first(t, &key) : take_named(t, name, &key);
    pthread_mutex_unlock(&t->lock);
    if (used <= 0)
        return used;
    if (encrypts) {
        memcpy(name, key.name, COIL__TLS_TICKET_NAME);
        if (RAND_bytes(iv, 16) != 1)
            used = FAILED;
    }
    if (used == USED && !encrypts && SSL_version(ssl) >= TLS1_3_VERSION)
        used = RENEW;
    if (used > 0 && !set_up(&key, iv, cipher, mac, encrypts))
        used = FAILED;
    OPENSSL_cleanse(&key, sizeof key);
    return used;
}

/* ---- where they are good --------------------------------------------------- */

int coil__tls_tickets_bind(SSL_CTX *ctx, enum coil_tls_client_certificates asks,
                           const char *ca_file)
{
    struct coil_buffer text = { .is_secret = false };
    unsigned char first = (unsigned char)asks;
    unsigned char hash[32];
    int rc = coil__buffer_append(&text, &first, 1);

    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (rc == 0 && ca_file)
        rc = coil__file_read(ca_file, COIL__TLS_MAX_FILE, &text);
    if (rc == 0 && EVP_Digest(coil__buffer_bytes(&text), text.size, hash, NULL,
                              EVP_sha256(), NULL) != 1)
        rc = coil__tls_error_or(-ENOMEM);
    /* As many bytes as fit. */
    if (rc == 0)
        (void)SSL_CTX_set_session_id_context(ctx, hash, sizeof hash);
    coil__buffer_fini(&text);
    return rc;
}

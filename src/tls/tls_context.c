/* SPDX-License-Identifier: MIT */
#include "tls/tls_context.h"

#include <coil/error.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/err.h>

#include "base/memory.h"
#include "tls/chance.h"
#include "tls/ciphers.h"
#include "tls/credentials.h"
#include "tls/files.h"
#include "tls/keylog.h"
#include "tls/sessions.h"
#include "tls/status.h"
#include "tls/tickets.h"
#include "tls/tls_error.h"
#include "tls/trust.h"

/* Keys of 112 bits' strength at least; no signatures by SHA-1. */
enum { SECURITY_LEVEL = 2 };

struct coil_tls_context {
    atomic_size_t users;
    SSL_CTX *ctx;
    bool is_server;
    struct coil__tls_protocols protocols;
    struct coil__tls_files files; /* of a server, to read them again */

    pthread_mutex_t lock;
    struct coil__tls_credentials *credentials;
    struct coil__tls_sessions sessions;
    struct coil__tls_tickets tickets; /* with a lock of their own */
};

/* ---- what OpenSSL asks ---------------------------------------------------- */

static struct coil__tls_credentials *
hold_credentials(struct coil_tls_context *context)
{
    struct coil__tls_credentials *held;

    pthread_mutex_lock(&context->lock);
    held = coil__tls_credentials_hold(context->credentials);
    pthread_mutex_unlock(&context->lock);
    return held;
}

/*
 * Which certificates of ours a server uses for this client.  A client that
 * begins again, with another group, meets the same ones.
 */
static int choose_credentials(SSL *ssl, void *arg)
{
    struct coil__tls_peer *peer = SSL_get_app_data(ssl);

    if (!peer->credentials)
        peer->credentials = hold_credentials(arg);
    return coil__tls_credentials_use(
        peer->credentials, ssl,
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
}

/* What a server shows about the certificate that it has chosen. */
static int show_status(SSL *ssl, void *arg)
{
    const struct coil__tls_peer *peer = SSL_get_app_data(ssl);

    (void)arg;
    return coil__tls_credentials_staple(peer->credentials, ssl);
}

/* What a client makes of that. */
static int judge_status(SSL *ssl, void *is_required)
{
    struct coil__tls_peer *peer = SSL_get_app_data(ssl);
    int rc = coil__tls_status_check(ssl, is_required);

    peer->has_status = rc == 1;
    peer->refusal = rc < 0 ? rc : 0;
    return rc >= 0;
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen,
                           unsigned char *length, const unsigned char *offered,
                           unsigned size, void *arg)
{
    const struct coil_tls_context *context = arg;
    const struct coil__tls_peer *peer = SSL_get_app_data(ssl);
    const struct coil__tls_protocols *ours =
        peer->protocols.bytes ? &peer->protocols : &context->protocols;
    unsigned char *found;

    if (!ours->bytes)
        return SSL_TLSEXT_ERR_NOACK;
    if (SSL_select_next_proto(&found, length, ours->bytes, ours->size, offered,
                              size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

static int use_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
                      EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts)
{
    const struct coil__tls_peer *peer = SSL_get_app_data(ssl);

    return coil__tls_tickets_use(&peer->context->tickets, ssl, name, iv, cipher,
                                 mac, encrypts);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const struct coil__tls_peer *peer = SSL_get_app_data(ssl);
    int kept;

    pthread_mutex_lock(&peer->context->lock);
    kept = coil__tls_sessions_put(&peer->context->sessions, peer->session_key,
                                  session);
    pthread_mutex_unlock(&peer->context->lock);
    return kept;
}

void coil__tls_context_resume(struct coil_tls_context *context, SSL *ssl,
                              const char *host)
{
    SSL_SESSION *session;

    pthread_mutex_lock(&context->lock);
    session = coil__tls_sessions_take(&context->sessions, host);
    pthread_mutex_unlock(&context->lock);
    if (!session)
        return;
    /* If this fails, the handshake is a full one. */
    (void)SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
    ERR_clear_error();
}

bool coil__tls_context_is_server(const struct coil_tls_context *context)
{
    return context->is_server;
}

SSL *coil__tls_context_connection(struct coil_tls_context *context)
{
    SSL *ssl;

    coil__tls_keep_chance();
    ssl = SSL_new(context->ctx);
    ERR_clear_error();
    return ssl;
}

/* ---- making --------------------------------------------------------------- */

static int set_versions(SSL_CTX *ctx, enum coil_tls_version min,
                        enum coil_tls_version max)
{
    bool is_known = (min == 0 || min == COIL_TLS_1_2 || min == COIL_TLS_1_3) &&
                    (max == 0 || max == COIL_TLS_1_2 || max == COIL_TLS_1_3);

    if (!is_known || (max != 0 && min > max))
        return -EINVAL;
    if (!SSL_CTX_set_min_proto_version(ctx, min ? (int)min : COIL_TLS_1_2) ||
        !SSL_CTX_set_max_proto_version(ctx, (int)max))
        return coil__tls_error_or(-EINVAL);
    return 0;
}

static int set_common(struct coil_tls_context *context)
{
    SSL_CTX *ctx = context->ctx;

    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CLEANSE_PLAINTEXT |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA);
    coil__tls_log_keys(ctx);
    return coil__tls_set_ciphers(ctx, context->is_server);
}

/* A context with nothing but what both kinds have. */
static int make(struct coil_tls_context **out, bool is_server)
{
    struct coil_tls_context *made = coil__alloc(sizeof *made);
    int rc;

    if (!made)
        return -ENOMEM;
    atomic_init(&made->users, 1);
    made->is_server = is_server;
    pthread_mutex_init(&made->lock, NULL);
    coil__tls_tickets_init(&made->tickets);
    coil__tls_keep_chance();
    ERR_clear_error();
    made->ctx =
        SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    if (!made->ctx)
        rc = coil__tls_error_or(-ENOMEM);
    else
        rc = set_common(made);
    if (rc < 0) {
        coil_tls_context_free(made);
        return rc;
    }
    *out = made;
    return 0;
}

/* Who we are, for a server that asks. */
static int set_client_certificate(struct coil_tls_context *context,
                                  const struct coil_tls_certificate *files)
{
    const struct coil__tls_file_names names = { .certificate = *files };
    int rc;

    if (!files->chain_file)
        return 0;
    rc = coil__tls_credentials_read(&context->credentials, context->ctx, &names,
                                    1);
    if (rc < 0)
        return rc;
    SSL_CTX_set_cert_cb(context->ctx, choose_credentials, context);
    return 0;
}

static int set_up_client(struct coil_tls_context *context,
                         const struct coil_tls_client_options *options)
{
    SSL_CTX *ctx = context->ctx;
    int rc = set_versions(ctx, options->min_version, options->max_version);

    if (rc == 0)
        rc = coil__tls_protocols_init(&context->protocols, options->protocols);
    if (rc == 0)
        rc = set_client_certificate(context, &options->certificate);
    if (rc < 0)
        return rc;
    if (context->protocols.bytes &&
        SSL_CTX_set_alpn_protos(ctx, context->protocols.bytes,
                                context->protocols.size))
        return coil__tls_error_or(-ENOMEM);
    if (!options->without_resumption) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
                                                SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
    }
    if (options->without_verification) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        return 0;
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    coil__tls_status_ask(ctx, options->status, judge_status);
    return coil__tls_trust(ctx, options->ca_file, options->ca_path,
                           options->crl_file);
}

static int set_client_trust(struct coil_tls_context *context,
                            const struct coil_tls_server_options *options)
{
    SSL_CTX *ctx = context->ctx;
    int mode = SSL_VERIFY_PEER;

    if (options->client_certificates == COIL_TLS_CLIENT_CERTIFICATES_IGNORED)
        return 0;
    if (!options->client_ca_file)
        return -EINVAL;
    if (options->client_certificates == COIL_TLS_CLIENT_CERTIFICATES_REQUIRED)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, NULL);
    return coil__tls_ask_for(ctx, options->client_ca_file,
                             options->client_crl_file);
}

static int set_up_server(struct coil_tls_context *context,
                         const struct coil_tls_server_options *options)
{
    SSL_CTX *ctx = context->ctx;
    int rc = set_versions(ctx, options->min_version, options->max_version);

    if (rc == 0)
        rc = coil__tls_protocols_init(&context->protocols, options->protocols);
    if (rc == 0)
        rc = coil__tls_files_init(&context->files, options);
    if (rc == 0 && context->files.count == 0)
        rc = -EINVAL;
    if (rc == 0)
        rc = coil__tls_credentials_read(&context->credentials, ctx,
                                        context->files.each,
                                        context->files.count);
    if (rc == 0)
        rc = set_client_trust(context, options);
    if (rc == 0)
        rc = coil__tls_tickets_bind(ctx, options->client_certificates,
                                    options->client_ca_file);
    if (rc < 0)
        return rc;
    SSL_CTX_set_cert_cb(ctx, choose_credentials, context);
    SSL_CTX_set_tlsext_status_cb(ctx, show_status);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, context);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, use_ticket);
    return 0;
}

/* Give the context if it is whole, else free it. */
static int finish(struct coil_tls_context **out, struct coil_tls_context *made,
                  int rc)
{
    if (rc < 0)
        coil_tls_context_free(made);
    else
        *out = made;
    ERR_clear_error();
    return rc;
}

int coil_tls_context_new_client(struct coil_tls_context **out,
                                const struct coil_tls_client_options *options)
{
    static const struct coil_tls_client_options defaults = { .ca_file = NULL };
    struct coil_tls_context *made;
    int rc = make(&made, false);

    if (rc < 0)
        return rc;
    return finish(out, made,
                  set_up_client(made, options ? options : &defaults));
}

int coil_tls_context_new_server(struct coil_tls_context **out,
                                const struct coil_tls_server_options *options)
{
    struct coil_tls_context *made;
    int rc = make(&made, true);

    return rc < 0 ? rc : finish(out, made, set_up_server(made, options));
}

int coil_tls_context_reload(struct coil_tls_context *context)
{
    struct coil__tls_credentials *fresh;
    struct coil__tls_credentials *old;
    int rc;

    if (!context->is_server)
        return -EINVAL;
    rc = coil__tls_credentials_read(&fresh, context->ctx, context->files.each,
                                    context->files.count);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&context->lock);
    old = context->credentials;
    context->credentials = fresh;
    pthread_mutex_unlock(&context->lock);
    coil__tls_credentials_free(old);
    return 0;
}

int coil_tls_context_set_ticket_keys(struct coil_tls_context *context,
                                     const struct coil_tls_ticket_key *keys,
                                     size_t count)
{
    if (!context->is_server || count == 0 || count > COIL_TLS_MAX_TICKET_KEYS)
        return -EINVAL;
    return coil__tls_tickets_set(&context->tickets, keys, count);
}

struct coil_tls_context *coil_tls_context_hold(struct coil_tls_context *context)
{
    atomic_fetch_add_explicit(&context->users, 1, memory_order_relaxed);
    return context;
}

void coil_tls_context_free(struct coil_tls_context *context)
{
    if (!context || atomic_fetch_sub(&context->users, 1) > 1)
        return;
    SSL_CTX_free(context->ctx);
    coil__tls_credentials_free(context->credentials);
    coil__tls_sessions_fini(&context->sessions);
    coil__tls_tickets_fini(&context->tickets);
    coil__tls_protocols_fini(&context->protocols);
    coil__tls_files_fini(&context->files);
    pthread_mutex_destroy(&context->lock);
    coil__free(context);
}

struct ssl_ctx_st *coil_tls_context_openssl(struct coil_tls_context *context)
{
    return context->ctx;
}

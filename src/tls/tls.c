/* SPDX-License-Identifier: MIT */
#include <coil/tls.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/timeout.h>

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "tls/host.h"
#include "tls/tls_error.h"
#include "tls/tls_transport.h"

#define HANDSHAKE_LIMIT (60 * COIL_SECOND)

static const struct coil_tls_start defaults = { .context = NULL };

/* ---- before the handshake ------------------------------------------------- */

/* Ask for `host`, and accept no certificate that is not for it. */
static int expect(struct coil__tls *t, const struct coil__tls_host *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);

    SSL_set_connect_state(t->ssl);
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (host->is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host->text);
    return X509_VERIFY_PARAM_set1_host(param, host->text, 0) &&
           SSL_set_tlsext_host_name(t->ssl, host->text);
}

/* Sessions belong to a host and a port. */
static int resume(struct coil__tls *t, const struct coil__tls_host *host,
                  uint16_t port)
{
    char key[COIL__TLS_MAX_HOST + 8];
    int length = snprintf(key, sizeof key, "%s %u", host->text, port);

    t->peer.session_key = coil__strndup(key, (size_t)length);
    if (!t->peer.session_key)
        return -ENOMEM;
    coil__tls_context_resume(t->peer.context, t->ssl, key);
    return 0;
}

static int set_up_client(struct coil__tls *t, const struct coil__tls_host *host,
                         const struct coil_tls_start *start)
{
    const struct coil__tls_protocols *protocols = &t->peer.protocols;
    int rc;

    ERR_clear_error();
    if (!expect(t, host))
        return coil__tls_error_or(COIL_ETLS_FAILED);
    if (protocols->bytes &&
        SSL_set_alpn_protos(t->ssl, protocols->bytes, protocols->size))
        return coil__tls_error_or(COIL_ETLS_FAILED);
    rc = resume(t, host, start->port);
    ERR_clear_error();
    return rc;
}

/* Move what the stream has read ahead: it is TLS already. */
static int take_read_ahead(struct coil__tls *t, struct coil_stream *stream)
{
    enum { CHUNK = 16 * 1024 };

    for (;;) {
        ptrdiff_t n = coil__buffer_reserve(&t->wire.in, CHUNK);

        if (n == 0)
            n = coil_stream_read_nowait(stream, coil__buffer_end(&t->wire.in),
                                        CHUNK);
        if (n <= 0)
            return (int)n;
        coil__buffer_grow(&t->wire.in, (size_t)n);
    }
}

/* ---- the handshake -------------------------------------------------------- */

static int shake_hands(struct coil__tls *t, struct coil_stream *stream)
{
    int rc = take_read_ahead(t, stream);

    if (rc == 0)
        rc = coil_stream_wrap(stream, &t->transport);
    if (rc < 0) {
        coil__tls_free(t);
        return rc;
    }
    /* The layer waits for its handshake first. */
    rc = coil_stream_wait_readable(stream);
    if (rc < 0)
        return rc;
    /* The input of the stream had ended before. */
    return t->is_ready ? 0 : COIL_ETLS_TRUNCATED;
}

/* Whether the stream is free for a change. */
static int look_at(struct coil_stream *stream)
{
    char none;

    if (coil_stream_read_nowait(stream, &none, 0) < 0 ||
        coil_stream_unsent(stream) > 0)
        return -EBUSY;
    return coil__tls_of(stream) ? -EALREADY : 0;
}

/* `host` NULL: as a server. */
static int begin(struct coil_stream *stream, struct coil_tls_context *context,
                 const struct coil__tls_host *host,
                 const struct coil_tls_start *start)
{
    struct coil__tls *t;
    int rc = look_at(stream);

    if (rc < 0)
        return rc;
    t = coil__tls_new(context, coil_stream_transport(stream));
    if (!t)
        return -ENOMEM;
    rc = coil__tls_protocols_init(&t->peer.protocols, start->protocols);
    if (rc == 0 && host)
        rc = set_up_client(t, host, start);
    if (rc < 0) {
        coil__tls_free(t);
        return rc;
    }
    if (!host)
        SSL_set_accept_state(t->ssl);
    return shake_hands(t, stream);
}

static int begin_in_time(struct coil_stream *stream,
                         struct coil_tls_context *context,
                         const struct coil__tls_host *host,
                         const struct coil_tls_start *start)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, start->handshake_limit
                                            ? start->handshake_limit
                                            : HANDSHAKE_LIMIT);

    if (rc < 0)
        return rc;
    rc = coil_stream_flush(stream);
    if (rc == 0)
        rc = begin(stream, context, host, start);
    return coil_timeout_end(&limit, rc);
}

int coil_tls_start_client(struct coil_stream *stream, const char *host,
                          const struct coil_tls_start *start)
{
    struct coil_tls_context *context;
    struct coil__tls_host parsed;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (!start)
        start = &defaults;
    rc = coil__tls_host_parse(&parsed, host);
    if (rc < 0)
        return rc;
    context = start->context;
    if (!context)
        rc = coil_tls_context_default(&context);
    if (rc < 0)
        return rc;
    if (coil__tls_context_is_server(context))
        return -EINVAL;
    return begin_in_time(stream, context, &parsed, start);
}

int coil_tls_start_server(struct coil_stream *stream,
                          const struct coil_tls_start *start)
{
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (!start->context || !coil__tls_context_is_server(start->context))
        return -EINVAL;
    return begin_in_time(stream, start->context, NULL, start);
}

int coil_tls_connect(struct coil_stream **out, const char *host, uint16_t port,
                     const struct coil_tls_start *start)
{
    struct coil_tls_start own = start ? *start : defaults;
    struct coil_stream *stream;
    int rc = coil_tcp_connect(&stream, host, port);

    *out = NULL;
    if (rc < 0)
        return rc;
    if (own.port == 0)
        own.port = port;
    rc = coil_tls_start_client(stream, host, &own);
    if (rc < 0) {
        coil_stream_abort(stream);
        return rc;
    }
    *out = stream;
    return 0;
}

/* ---- what was agreed on --------------------------------------------------- */

/* Both are kept with the connection, once they were asked for. */
static int export_protocol(struct coil__tls *t)
{
    const unsigned char *bytes;
    unsigned size;

    SSL_get0_alpn_selected(t->ssl, &bytes, &size);
    if (t->protocol || size == 0)
        return 0;
    t->protocol = coil__strndup((const char *)bytes, size);
    return t->protocol ? 0 : -ENOMEM;
}

static int export_certificate(struct coil__tls *t)
{
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);

    if (t->certificate || !certificate)
        return 0;
    t->certificate_size = i2d_X509(certificate, &t->certificate);
    if (t->certificate_size > 0)
        return 0;
    ERR_clear_error();
    t->certificate = NULL;
    return -ENOMEM;
}

int coil_tls_stream_info(struct coil_stream *stream, struct coil_tls_info *info)
{
    struct coil__tls *t = coil__tls_of(stream);
    int rc;

    if (!t || !t->is_ready)
        return -ENOTCONN;
    rc = export_certificate(t);
    if (rc == 0)
        rc = export_protocol(t);
    if (rc < 0)
        return rc;
    *info = (struct coil_tls_info){
        .version = (enum coil_tls_version)SSL_version(t->ssl),
        .version_name = SSL_get_version(t->ssl),
        .cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(t->ssl)),
        .protocol = t->protocol,
        .server_name = SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name),
        .is_resumed = SSL_session_reused(t->ssl),
        .has_status = t->peer.has_status,
        .certificate = t->certificate,
        .certificate_size = (size_t)t->certificate_size,
    };
    return 0;
}

const char *coil_tls_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

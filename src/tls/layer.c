/* SPDX-License-Identifier: MIT */
#include "tls/layer.h"

#include <coil/error.h>

#include "base/memory.h"
#include "tls/tls_error.h"

int coil__tls_state(const struct coil__tls *t)
{
    return t->is_ready || t->error ? t->error : -ENOTCONN;
}

int coil__tls_fail(struct coil__tls *t)
{
    int rc = coil__tls_error(t->ssl, !t->is_ready);

    t->error = t->peer.refusal ? t->peer.refusal : rc;
    return t->error;
}

void coil__tls_free(struct coil__tls *t)
{
    /*
     * A session can be resumed whether or not the end was told: OpenSSL would
     * forget it otherwise.  After an error it cannot.
     */
    if (t->ssl && t->is_ready && !t->error)
        SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(t->ssl);
    coil__buffer_fini(&t->wire.in);
    coil__buffer_fini(&t->wire.out);
    coil__buffer_fini(&t->flight);
    OPENSSL_free(t->certificate);
    coil__free(t->protocol);
    coil__tls_protocols_fini(&t->peer.protocols);
    coil__free(t->peer.session_key);
    coil__tls_credentials_free(t->peer.credentials);
    coil_tls_context_free(t->peer.context);
    if (t->is_released && t->below->ops->release)
        t->below->ops->release(t->below);
    coil__free(t);
}

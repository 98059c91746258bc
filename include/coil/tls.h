/* SPDX-License-Identifier: MIT */
/*
 * coil/tls.h - streams that nobody can read or change on the way
 *
 *     rc = coil_tls_connect(&s, "example.org", 443, NULL);
 *     if (rc < 0) {
 *         fprintf(stderr, "example.org: %s\n", coil_strerror(rc));
 *         return rc;                  // say: "the certificate has expired"
 *     }
 *     rc = coil_stream_write(s, ...);
 *
 * TLS lies between a stream and its transport, so every function of
 * coil/stream.h works as before: reads and writes wait for the network only,
 * drain, flush and close mean what they mean, and each wait can be cancelled.
 *
 * The end   coil_stream_close() and coil_stream_shutdown() tell the other side
 *           that nothing more comes (close_notify); after a shutdown, reading
 *           goes on.  coil_stream_abort() says nothing.  A read returns 0 when
 *           the other side has said so, and COIL_ETLS_TRUNCATED when the
 *           connection ended without it: somebody may have cut it.
 * Errors    What breaks the protocol is COIL_ETLS_PROTOCOL, and what the other
 *           side refuses is COIL_ETLS_REFUSED, from reading and writing.  If
 *           memory is lacking, the connection is broken.
 * Secrets   What is read or has to be sent is wiped before its memory is freed.
 *           If SSLKEYLOGFILE names a file, the keys of the sessions are appended
 *           to it, for tools that read recorded traffic; a program that runs
 *           with more rights than its user ignores it.
 * Time      Verifying and signing take a millisecond or so of the loop.
 * Link      libcoil-tls (coil-tls.pc, coil::tls).
 * asyncio   open_connection(ssl=…), StreamWriter.start_tls(), get_extra_info().
 */
#ifndef COIL_TLS_H
#define COIL_TLS_H

#include <coil/base.h>
#include <coil/stream.h>
#include <coil/time.h>
#include <coil/tls_context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to begin TLS on a connection.  Zeroed is the default of everything. */
struct coil_tls_start {
    struct coil_tls_context *context; /* NULL: coil_tls_context_default() */
    /* Instead of the context's protocols (ALPN); NULL: those. */
    const char *const *protocols;
    /* Which sessions can be resumed here; 0: those of the same host. */
    uint16_t port;
    /* How long the handshake may take; 0: 60 s, as in asyncio. */
    coil_time handshake_limit;
    void *reserved[4]; /* zero */
};

/*
 * Connect to `host` and `port`, and begin TLS.  `start` may be NULL.  `*out` is
 * returned: release it with coil_stream_close() or coil_stream_abort().
 *
 * Returns 0, else, with nothing left open, an error of coil_tcp_connect() or of
 * coil_tls_start_client().
 */
COIL_API int coil_tls_connect(struct coil_stream **out, const char *host,
                              uint16_t port, const struct coil_tls_start *start)
    COIL_SUSPENDS;

/*
 * Begin TLS on an open stream, as its client.  `host` is the name, or the
 * address as text, that the server must prove; names are sent to it as well
 * (SNI).  Names of the system that only a resolver knows are no good.  What is
 * unsent is flushed before.  What has been read ahead is taken as TLS: plain
 * text that somebody has put in front of it is not (RFC 3207 §6).
 *
 * Returns 0, else the stream is unusable and must be closed:
 *   -ECANCELED   cancelled
 *   -ETIMEDOUT   the handshake took longer than handshake_limit
 *   -EINVAL      `host` is neither a name nor an address
 *   -EBUSY       another task reads from the stream, or writes meanwhile; it
 *                can still be used without TLS
 *   COIL_ETLS_CERTIFICATE_…  why the certificate is not accepted; _REVOKED by a
 *                            list of ours, or by what the server has shown
 *   COIL_ETLS_CERTIFICATE_STATUS_…  what the server has shown does not prove that
 *                            the certificate was not revoked
 *   COIL_ETLS_NOT_TLS        the other side speaks something else
 *   COIL_ETLS_NO_COMMON …    there is no version, cipher or protocol in common
 *   COIL_ETLS_REFUSED …      the other side said why it gives up
 *   COIL_ETLS_TRUNCATED      the connection ended
 *   -ECONNRESET, -ENOMEM …   as reading and writing
 * asyncio: StreamWriter.start_tls(server_hostname=host).
 */
COIL_API int coil_tls_start_client(struct coil_stream *stream, const char *host,
                                   const struct coil_tls_start *start)
    COIL_SUSPENDS;

/*
 * Begin TLS on an open stream, as its server; start->context is needed.
 * Returns as coil_tls_start_client(), and -EINVAL for a context of clients.
 * asyncio: StreamWriter.start_tls() on a server.
 */
COIL_API int coil_tls_start_server(struct coil_stream *stream,
                                   const struct coil_tls_start *start)
    COIL_SUSPENDS;

/* What was agreed on.  What it points to lives as long as the stream is open. */
struct coil_tls_info {
    enum coil_tls_version version;
    const char *version_name; /* "TLSv1.3" */
    const char *cipher;       /* its name in the standards */
    const char *protocol;     /* by ALPN; NULL: none */
    const char *server_name;  /* what the client asked for (SNI); or NULL */
    bool is_resumed;
    /* Of a client: the server has shown that its certificate is not revoked. */
    bool has_status;
    /* The certificate of the other side, as DER; NULL: it gave none. */
    const unsigned char *certificate;
    size_t certificate_size;
};

/*
 * Say what was agreed on.  Returns 0; -ENOTCONN: the stream has no TLS, or its
 * handshake is not over; -ENOMEM.  asyncio: get_extra_info("ssl_object").
 */
COIL_API int coil_tls_stream_info(struct coil_stream *stream,
                                  struct coil_tls_info *info) COIL_MUST_CHECK;

/* "OpenSSL 3.0.15 3 Sep 2024": the library in use.  Static storage. */
COIL_API const char *coil_tls_library(void) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * coil/tls_context.h - whom TLS connections trust, and who they are
 *
 *     struct coil_tls_context *context;
 *     const struct coil_tls_server_options options = {
 *         .certificates = { { "chain.pem", "key.pem" } },
 *     };
 *
 *     rc = coil_tls_context_new_server(&context, &options);
 *
 * A context holds what many connections share: certificates, keys, the list of
 * trusted issuers, and the sessions that can be resumed.  A program makes it
 * once.  A client needs none: without a context, the connections of a process
 * share one that trusts what the system trusts.
 *
 * Versions  TLS 1.2 and 1.3.  The protocol is OpenSSL's.
 * Memory    A context is counted: connections keep it until they are closed,
 *           and coil_tls_context_free() may be called at any time.
 * Threads   Each function of this file may be called in any thread, and the
 *           connections of a context may belong to several loops.
 * Blocking  Making and reloading a context reads files.
 * asyncio   ssl.SSLContext.
 */
#ifndef COIL_TLS_CONTEXT_H
#define COIL_TLS_CONTEXT_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_tls_context;
struct ssl_ctx_st;

/* Versions of TLS, by the numbers that the protocol has for them. */
enum coil_tls_version {
    COIL_TLS_1_2 = 0x0303,
    COIL_TLS_1_3 = 0x0304,
};

/* A certificate, and what proves that it is ours.  Files in PEM format. */
struct coil_tls_certificate {
    const char *chain_file; /* the certificate, then those that issued it */
    const char *key_file;   /* NULL: the key is in chain_file as well */
};

/*
 * Whether a server has to prove that its certificate was not revoked, with an
 * answer of the issuer (OCSP) that it shows, or staples, in the handshake.
 */
enum coil_tls_status {
    /*
     * We ask for an answer.  What is shown must be valid and say that the
     * certificate is good.  A certificate with the extension "must staple" (RFC
     * 7633) is accepted only with an answer.
     */
    COIL_TLS_STATUS_ASKED,
    COIL_TLS_STATUS_REQUIRED, /* the same; without an answer none is accepted */
    COIL_TLS_STATUS_IGNORED,  /* we do not ask, "must staple" or not */
};

/* How to make a client's context.  Zeroed is the default of everything. */
struct coil_tls_client_options {
    /*
     * Trust the issuers in this file or in this folder, which must be as
     * openssl-rehash(1) makes it, instead of those of the system.  The system's
     * are where OpenSSL looks for them, or where SSL_CERT_FILE and SSL_CERT_DIR
     * say.
     */
    const char *ca_file;
    const char *ca_path;
    /* Certificates that their issuers have revoked: a file of lists (CRL). */
    const char *crl_file;
    /* Who we are, for servers that ask; chain_file NULL: nobody. */
    struct coil_tls_certificate certificate;
    /* Protocols to offer, the best first, ended by NULL (ALPN); may be NULL. */
    const char *const *protocols;
    enum coil_tls_version min_version; /* 0: COIL_TLS_1_2 */
    enum coil_tls_version max_version; /* 0: the newest */
    /*
     * Accept any certificate for any name.  Whoever can change the traffic can
     * then read it as well.
     */
    bool without_verification;
    /* Do not resume earlier sessions. */
    bool without_resumption;
    /*
     * Proofs that certificates were not revoked; without_verification asks for
     * none.  curl: CURLOPT_SSL_VERIFYSTATUS is COIL_TLS_STATUS_REQUIRED.
     */
    enum coil_tls_status status;
    void *reserved[4]; /* zero */
};

/* Whether a server asks its clients for certificates. */
enum coil_tls_client_certificates {
    COIL_TLS_CLIENT_CERTIFICATES_IGNORED,
    COIL_TLS_CLIENT_CERTIFICATES_OPTIONAL, /* if there is one, it is verified */
    COIL_TLS_CLIENT_CERTIFICATES_REQUIRED,
};

enum { COIL_TLS_MAX_CERTIFICATES = 8 };

/* How to make a server's context.  Zeroed is the default, except for one. */
struct coil_tls_server_options {
    /*
     * Who we are: at least one certificate.  For each connection, those are
     * used that are for the name that the client asks for (SNI), with exact
     * names before wildcards.  The first is for clients that ask for no name, or
     * for one that no certificate has.  One name may have certificates of
     * several kinds of key.
     */
    struct coil_tls_certificate certificates[COIL_TLS_MAX_CERTIFICATES];
    /*
     * What their issuers say about the certificates of the same index, or NULL:
     * files with an answer of OCSP in DER format, as openssl-ocsp(1) writes it
     * with -respout.  Clients that ask get the answer (RFC 6066 §8).  While the
     * answer is out of date, it is left out, and nobody is told: clients do
     * without it, or refuse a certificate that must have one.  So read a new one
     * with coil_tls_context_reload() in time.
     */
    const char *status_files[COIL_TLS_MAX_CERTIFICATES];
    /* Mutual TLS: whom we ask, and whom we trust to name clients. */
    enum coil_tls_client_certificates client_certificates;
    const char *client_ca_file;
    const char *client_crl_file;
    /*
     * Protocols we speak, the best first, ended by NULL (ALPN); NULL: none.  A
     * client that offers only others is refused (RFC 7301).
     */
    const char *const *protocols;
    enum coil_tls_version min_version; /* 0: COIL_TLS_1_2 */
    enum coil_tls_version max_version; /* 0: the newest */
    void *reserved[4];                 /* zero */
};

/*
 * Make a context.  `options` may be NULL for a client; strings are copied.
 * `*out` is returned: release it with coil_tls_context_free().
 *
 * Returns 0, else
 *   -ENOENT, -EACCES …  a file cannot be read
 *   COIL_ETLS_BAD_CERTIFICATE_FILE  a file has no usable certificate or list
 *   COIL_ETLS_BAD_KEY_FILE          a key is missing, has a passphrase, or is
 *                                   another certificate's
 *   COIL_ETLS_BAD_STATUS_FILE       a file has no answer of OCSP, or one about
 *                                   another certificate
 *   COIL_ETLS_CERTIFICATE_WEAK_KEY, COIL_ETLS_CERTIFICATE_WEAK_SIGNATURE
 *                                   nobody would accept our own certificate
 *   -EINVAL   a server without a certificate, or one that asks for
 *             certificates and trusts no issuer; a version, or a protocol's
 *             name, that cannot be
 *   -ENOMEM
 * asyncio: ssl.create_default_context(), load_cert_chain(),
 * load_verify_locations(), set_alpn_protocols().
 */
COIL_API int
coil_tls_context_new_client(struct coil_tls_context **out,
                            const struct coil_tls_client_options *options)
    COIL_MUST_CHECK COIL_ANY_THREAD;
COIL_API int
coil_tls_context_new_server(struct coil_tls_context **out,
                            const struct coil_tls_server_options *options)
    COIL_MUST_CHECK COIL_ANY_THREAD;

/*
 * Read the certificates, keys and answers about them of a server's context
 * again.  Connections that exist go on, and later ones get what is in the files
 * now.  Sessions can still
 * be resumed.
 *
 * Returns 0; -EINVAL for a client's context; or an error of the functions
 * above: nothing was changed.
 */
COIL_API int coil_tls_context_reload(struct coil_tls_context *context)
    COIL_MUST_CHECK COIL_ANY_THREAD;

/* A secret from which the key of a ticket is made: random bytes. */
struct coil_tls_ticket_key {
    unsigned char bytes[32];
};

enum { COIL_TLS_MAX_TICKET_KEYS = 8 };

/*
 * Use these keys for the tickets of a server: sessions that its clients keep
 * (RFC 8446 §4.6.1).  The first key encrypts new tickets, and each of the `count`
 * keys, from 1 to COIL_TLS_MAX_TICKET_KEYS, decrypts old ones.  A client whose
 * ticket has another key than the first gets a new ticket.  Keys are copied, and
 * may be changed at any time: put a new key first, keep the others for as long
 * as their tickets shall be good, and no session is lost.
 *
 * Servers and processes with the same keys resume each other's sessions if they
 * ask clients for the same (client_certificates, client_ca_file), and only then.
 * Whoever knows a key can read what was recorded of a connection of TLS 1.2, so
 * change keys every day and store them nowhere.
 *
 * Without this, a context makes keys of its own: a new one each day, each of
 * which decrypts for seven days.
 *
 * Returns 0; -EINVAL: a client's context, or a wrong count; -ENOMEM.  After an
 * error the keys are as they were.
 * Go: Config.SetSessionTicketKeys().
 */
COIL_API int
coil_tls_context_set_ticket_keys(struct coil_tls_context *context,
                                 const struct coil_tls_ticket_key *keys,
                                 size_t count) COIL_MUST_CHECK COIL_ANY_THREAD;

/* One more user of the context.  Returns `context`. */
COIL_API struct coil_tls_context *
coil_tls_context_hold(struct coil_tls_context *context) COIL_ANY_THREAD;

/* One user fewer; NULL is allowed.  The last one frees the context. */
COIL_API void coil_tls_context_free(struct coil_tls_context *context)
    COIL_ANY_THREAD;

/*
 * OpenSSL's context (SSL_CTX) inside, for settings that this file has not.  To be
 * changed before the first connection.  Its callbacks for certificates, their
 * status, tickets, protocols, keys and new sessions belong to coil.
 */
COIL_API struct ssl_ctx_st *
coil_tls_context_openssl(struct coil_tls_context *context) COIL_ANY_THREAD;

/*
 * The client's context of this process, made when it is first asked for, with
 * the default of everything.  It is not given: do not free it.
 * Returns 0 or an error of coil_tls_context_new_client().
 */
COIL_API int coil_tls_context_default(struct coil_tls_context **out)
    COIL_MUST_CHECK COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * tls_test.h - what tests of TLS share: a CA, a server, a handshake
 */
#ifndef COIL_TESTS_TLS_TEST_H
#define COIL_TESTS_TLS_TEST_H

#include <coil/stream.h>
#include <coil/tls.h>

#include "stream_test.h"
#include "tls_ca.h"

/*
 * A CA and a server's certificate for a.example and 127.0.0.1, in the files
 * ca.pem, server.pem and server.key, and the contexts of both sides.
 */
struct tls_world {
    struct tls_made ca;
    struct tls_made server;
    struct coil_tls_context *client_context;
    struct coil_tls_context *server_context;
};

/* The CA of the test. */
extern struct tls_world world;

void tls_world_open(void);
void tls_world_close(void);

/* Contexts that trust ca.pem, and that use NAME.pem and NAME.key. */
struct coil_tls_context *tls_client_context(void);
struct coil_tls_context *tls_server_context(const char *name);

/*
 * A context that trusts ca.pem and resumes nothing, so that all handshakes are
 * alike.
 */
struct coil_tls_context *tls_forgetful_context(void);

/* A handshake of both sides at the same time; the result of each. */
struct tls_handshake {
    int client;
    int server;
};

struct tls_handshake tls_shake(struct coil_stream *client,
                               const struct coil_tls_start *client_start,
                               const char *host, struct coil_stream *server,
                               const struct coil_tls_start *server_start);

/* The same over a new connection; the streams are open if it worked. */
struct tls_handshake tls_meet(struct pair *p, const char *host,
                              struct coil_tls_context *client_context,
                              struct coil_tls_context *server_context);

/*
 * A connection on which TLS has begun, with this client and the world's server.
 */
struct pair tls_connected(struct coil_tls_context *client_context);

/* Like STREAM_TEST, in a world that is open. */
#define TLS_TEST(name)                                                         \
    static void tls_body_##name(void);                                         \
    STREAM_TEST(name)                                                          \
    {                                                                          \
        tls_world_open();                                                      \
        tls_body_##name();                                                     \
        tls_world_close();                                                     \
    }                                                                          \
    static void tls_body_##name(void)

#endif

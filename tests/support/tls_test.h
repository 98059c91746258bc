/* SPDX-License-Identifier: MIT */
/*
 * tls_test.h - what tests of TLS share: a CA, a server, a handshake
 */
#ifndef COIL_TESTS_TLS_TEST_H
#define COIL_TESTS_TLS_TEST_H

#include <coil/stream.h>
#include <coil/tls.h>

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

void tls_world_open(struct tls_world *world);
void tls_world_close(struct tls_world *world);

/* Contexts that trust ca.pem, and that use NAME.pem and NAME.key. */
struct coil_tls_context *tls_client_context(void);
struct coil_tls_context *tls_server_context(const char *name);

/* A handshake of both sides, at the same time; what each returned. */
struct tls_handshake {
    int client;
    int server;
};

struct tls_handshake tls_shake(struct coil_stream *client,
                               const struct coil_tls_start *client_start,
                               const char *host, struct coil_stream *server,
                               const struct coil_tls_start *server_start);

#endif

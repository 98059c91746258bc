/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of TLS, cancelled in each state of its wait.  A
 * handshake that is cancelled leaves a stream that can only be closed.
 */
/* TIMEOUT: 60 */
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/tls.h>

#include "cancel_everywhere.h"
#include "tls_test.h"

static struct coil_listener *listener;
static struct coil_address address;
static struct coil_stream *client;
static struct coil_stream *server;
static struct coil_task *other; /* the other side of the handshake */

static void listen_here(void)
{
    tls_world_open();
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    other = NULL;
}

static void stop_listening(void)
{
    if (other)
        end_cancelled(other);
    coil_listener_close(listener);
    tls_world_close();
}

static int shake_as_client(void)
{
    struct coil_tls_start options = { .context = world.client_context };

    return coil_tls_start_client(client, "a.example", &options);
}

static int shake_as_server(void)
{
    struct coil_tls_start options = { .context = world.server_context };

    return coil_tls_start_server(server, &options);
}

/* ---- both ends here ------------------------------------------------------- */

static void connect_both(void)
{
    listen_here();
    ASSERT_EQ(coil_tcp_connect_address(&client, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &server), 0);
}

static void disconnect_both(void)
{
    if (other)
        end_cancelled(other);
    other = NULL;
    coil_stream_abort(client);
    coil_stream_abort(server);
    stop_listening();
}

/* However the handshake ends, wait for somebody to say that it is enough. */
static int be_client(void *arg)
{
    int rc = shake_as_client();

    (void)arg;
    return rc == -ECANCELED ? rc : coil_sleep_until(COIL_NEVER);
}

static int be_server(void *arg)
{
    int rc = shake_as_server();

    (void)arg;
    return rc == -ECANCELED ? rc : coil_sleep_until(COIL_NEVER);
}

static void answer_client(void)
{
    other = start(be_server, NULL);
}

static void answer_server(void)
{
    other = start(be_client, NULL);
}

/* ---- a connection for each handshake -------------------------------------- */

static int connect_to_server(void)
{
    struct coil_tls_start options = { .context = world.client_context };
    struct coil_stream *stream = NULL;
    int rc = coil_tls_connect(&stream, "127.0.0.1", coil_address_port(&address),
                              &options);

    if (rc < 0)
        ASSERT_NULL(stream);
    coil_stream_abort(stream);
    return rc;
}

static int serve_all(void *arg)
{
    (void)arg;
    for (;;) {
        int rc = coil_listener_accept(listener, &server);

        if (rc < 0)
            return rc;
        rc = shake_as_server();
        coil_stream_abort(server);
        if (rc == -ECANCELED)
            return rc;
    }
}

static void serve(void)
{
    if (!other)
        other = start(serve_all, NULL);
}

static const struct everywhere table[] = {
    CASE(coil_tls_start_client, .prepare = connect_both,
         .call = shake_as_client, .ready = answer_client,
         .finish = disconnect_both, .flags = ENDS),
    CASE(coil_tls_start_server, .prepare = connect_both,
         .call = shake_as_server, .ready = answer_server,
         .finish = disconnect_both, .flags = ENDS),
    CASE(coil_tls_connect, .prepare = listen_here, .call = connect_to_server,
         .ready = serve, .finish = stop_listening),
};

EVERYWHERE_TEST(cancel_everywhere_tls_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_tls_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_tls_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_tls_on_entry_when_ready, table,
                cancel_on_entry_when_ready)

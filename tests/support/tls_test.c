/* SPDX-License-Identifier: MIT */
#include "tls_test.h"

#include <stdio.h>

#include "actors.h"

struct tls_world world;

static struct coil_tls_context *make_client_context(bool is_forgetful)
{
    struct coil_tls_context *context;
    const struct coil_tls_client_options options = {
        .ca_file = tls_path("ca.pem"),
        .without_resumption = is_forgetful,
    };

    ASSERT_EQ(coil_tls_context_new_client(&context, &options), 0);
    return context;
}

struct coil_tls_context *tls_client_context(void)
{
    return make_client_context(false);
}

struct coil_tls_context *tls_forgetful_context(void)
{
    return make_client_context(true);
}

struct coil_tls_context *tls_server_context(const char *name)
{
    struct coil_tls_context *context;
    char chain[64];
    char key[64];

    snprintf(chain, sizeof chain, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    const struct coil_tls_server_options options = {
        .certificates = { { tls_path(chain), tls_path(key) } },
    };
    ASSERT_EQ(coil_tls_context_new_server(&context, &options), 0);
    return context;
}

void tls_world_open(void)
{
    const struct tls_made *chain[] = { &world.ca };

    tls_make_folder();
    world.ca = tls_make(&(struct tls_recipe){ .name = "CA", .is_ca = true });
    world.server = tls_make(&(struct tls_recipe){
        .alternatives = "DNS:a.example,IP:127.0.0.1",
        .issuer = &world.ca,
    });
    tls_write_chain("ca.pem", chain, 1);
    tls_write_pair("server", &world.server, NULL);
    world.client_context = tls_client_context();
    world.server_context = tls_server_context("server");
}

void tls_world_close(void)
{
    coil_tls_context_free(world.client_context);
    coil_tls_context_free(world.server_context);
    tls_free_made(&world.server);
    tls_free_made(&world.ca);
    tls_remove_folder();
}

struct server_side {
    struct coil_stream *stream;
    const struct coil_tls_start *start;
};

static int serve(void *arg)
{
    const struct server_side *side = arg;

    return coil_tls_start_server(side->stream, side->start);
}

struct tls_handshake tls_shake(struct coil_stream *client,
                               const struct coil_tls_start *client_start,
                               const char *host, struct coil_stream *server,
                               const struct coil_tls_start *server_start)
{
    struct server_side side = { server, server_start };
    struct tls_handshake done;
    struct coil_task *task;

    task = start(serve, &side);
    done.client = coil_tls_start_client(client, host, client_start);
    if (done.client < 0)
        ASSERT_EQ(coil_stream_close(client), 0);
    done.server = end_of(task);
    if (done.server < 0)
        ASSERT_EQ(coil_stream_close(server), 0);
    return done;
}

struct tls_handshake tls_meet(struct pair *p, const char *host,
                              struct coil_tls_context *client_context,
                              struct coil_tls_context *server_context)
{
    struct coil_tls_start client = { .context = client_context };
    struct coil_tls_start server = { .context = server_context };

    *p = connected();
    return tls_shake(p->a, &client, host, p->b, &server);
}

struct pair tls_connected(struct coil_tls_context *client_context)
{
    struct pair p;
    struct tls_handshake done =
        tls_meet(&p, "a.example", client_context, world.server_context);

    ASSERT_EQ(done.client, 0);
    ASSERT_EQ(done.server, 0);
    return p;
}

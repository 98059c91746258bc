/* SPDX-License-Identifier: MIT */
/*
 * tls.c - programs over TLS: scenario.h
 *
 * Certificates are made once.  Each run makes contexts of its own, so that
 * nothing depends on what an earlier run has left in them.
 */
#include "scenarios/tls.h"

#include <string.h>

#include <coil/stream.h>
#include <coil/tls.h>

#include "scenarios/net.h"
#include "tls_test.h"

static struct coil_tls_context *client_context;
static struct coil_tls_context *server_context;

void with_certificates(const struct scenario *scenario,
                       void (*play_it)(const struct scenario *scenario))
{
    tls_world_open();
    play_it(scenario);
    tls_world_close();
}

/* ---- the server ---- */

static int begin_contexts(void)
{
    const struct coil_tls_client_options client = {
        .ca_file = tls_path("ca.pem"),
    };
    const struct coil_tls_server_options server = {
        .certificates = { { tls_path("server.pem"), tls_path("server.key") } },
    };
    int rc = begin_listening();

    if (rc == 0)
        rc = coil_tls_context_new_client(&client_context, &client);
    if (rc == 0)
        rc = coil_tls_context_new_server(&server_context, &server);
    return rc;
}

static void end_contexts(void)
{
    coil_tls_context_free(client_context);
    coil_tls_context_free(server_context);
    client_context = NULL;
    server_context = NULL;
    end_listening();
}

static int start_server(struct coil_stream *s)
{
    const struct coil_tls_start start = { .context = server_context };

    return coil_tls_start_server(s, &start);
}

static int echo(struct coil_stream *s)
{
    char bytes[4096];

    for (;;) {
        ptrdiff_t n = coil_stream_read(s, bytes, sizeof bytes);
        int rc;

        if (n <= 0)
            return (int)n;
        rc = coil_stream_write(s, bytes, (size_t)n);
        if (rc == 0)
            rc = coil_stream_drain(s);
        if (rc < 0)
            return rc;
    }
}

static void drop_client(void *arg)
{
    coil_stream_abort(*(struct coil_stream **)arg);
}

/* TLS from the first byte on. */
static int serve_tls(void *arg)
{
    struct coil_stream *s = *(struct coil_stream **)arg;

    if (start_server(s) == 0 && echo(s) == 0)
        (void)!coil_stream_shutdown(s);
    return 0;
}

/* TLS after a line, and an answer to it. */
static int serve_in_place(void *arg)
{
    struct coil_stream *s = *(struct coil_stream **)arg;

    if (hear(s, "STARTTLS\n") == 0 && tell(s, "ready\n") == 0)
        return serve_tls(arg);
    return 0;
}

/* `arg`: the task function of a connection. */
static int serve_all(void *arg)
{
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct coil_stream *),
                                               .arg_destroy = drop_client };
    coil_fn *serve_one = arg;
    struct coil_task_group group;
    struct coil_stream *s;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    while (rc != -ECANCELED && rc != -EBADF) {
        rc = coil_listener_accept(listener, &s);
        if (rc == 0 && coil_task_group_create_with(&group, NULL, *serve_one, &s,
                                                   &options) < 0)
            coil_stream_abort(s);
    }
    return coil_task_group_end(&group, rc);
}

static int begin_serving(coil_fn *serve_one)
{
    int rc = begin_contexts();

    return rc < 0 ? rc : help(serve_all, serve_one);
}

static int begin_tls_server(void)
{
    static coil_fn fn = serve_tls;

    return begin_serving(&fn);
}

static int begin_server_in_place(void)
{
    static coil_fn fn = serve_in_place;

    return begin_serving(&fn);
}

/* ---- clients ---- */

static int connect_tls(struct coil_stream **s)
{
    const struct coil_tls_start start = { .context = client_context };

    return coil_tls_connect(s, "127.0.0.1", coil_address_port(&server_address),
                            &start);
}

static int converse_once(void)
{
    struct coil_stream *s;
    int rc = connect_tls(&s);

    if (rc < 0) {
        ASSERT_NULL(s);
        return rc;
    }
    rc = tell(s, "hello");
    if (rc == 0)
        rc = hear(s, "hello");
    coil_stream_abort(s);
    return rc;
}

/* The second connection resumes the session of the first. */
static int converse_twice(void *arg)
{
    int rc = converse_once();

    (void)arg;
    return rc < 0 ? rc : converse_once();
}

static void probe_tls(void)
{
    ASSERT_EQ(converse_once(), 0);
}

/* Every way to read and to end. */
static int read_line(struct coil_stream *s, const char *line)
{
    char bytes[64];
    size_t length;
    int rc = tell(s, line);

    if (rc == 0)
        rc = coil_stream_wait_readable(s);
    if (rc == 0)
        rc = coil_stream_read_until(s, "\n", 1, bytes, sizeof bytes, &length);
    if (rc == 0) {
        ASSERT_EQ(length, strlen(line));
        ASSERT_MEM_EQ(bytes, line, length);
    }
    return rc;
}

static int end_of_stream(struct coil_stream *s)
{
    char byte;
    int rc = coil_stream_shutdown(s);

    if (rc == 0)
        rc = (int)coil_stream_read(s, &byte, 1);
    ASSERT_LE(rc, 0);
    return rc;
}

static int read_and_close(void *arg)
{
    struct coil_stream *s;
    int rc = connect_tls(&s);
    int closed;

    (void)arg;
    if (rc < 0)
        return rc;
    rc = read_line(s, "a line\n");
    if (rc == 0)
        rc = end_of_stream(s);
    closed = coil_stream_close(s);
    return rc < 0 ? rc : closed;
}

static int start_client(struct coil_stream *s)
{
    const struct coil_tls_start start = { .context = client_context };
    int rc = tell(s, "STARTTLS\n");

    if (rc == 0)
        rc = hear(s, "ready\n");
    if (rc == 0)
        rc = coil_tls_start_client(s, "a.example", &start);
    return rc;
}

static int begin_in_place(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &server_address);
    int closed;

    (void)arg;
    if (rc < 0)
        return rc;
    rc = start_client(s);
    if (rc == 0)
        rc = read_line(s, "a line\n");
    closed = coil_stream_close(s);
    return rc < 0 ? rc : closed;
}

static void probe_in_place(void)
{
    ASSERT_EQ(begin_in_place(NULL), 0);
}

/* More than a record, and more than the network takes at a time. */
enum { MUCH = 40000 };

static int receive_much(void *arg)
{
    unsigned char bytes[8192];
    size_t got = 0;

    while (got < MUCH) {
        ptrdiff_t n = coil_stream_read(arg, bytes, sizeof bytes);

        if (n <= 0)
            return n < 0 ? (int)n : -EPIPE;
        check_bytes(bytes, got, (size_t)n);
        got += (size_t)n;
    }
    return 0;
}

static int send_much(struct coil_stream *s)
{
    unsigned char *bytes = make_bytes(MUCH);
    int rc = coil_stream_write(s, bytes, MUCH);

    free(bytes);
    return rc < 0 ? rc : coil_stream_drain(s);
}

static int exchange_much(void *arg)
{
    struct coil_task_group group;
    struct coil_stream *s;
    int rc = connect_tls(&s);

    (void)arg;
    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    rc = coil_task_group_create(&group, NULL, receive_much, s);
    if (rc == 0)
        rc = send_much(s);
    rc = coil_task_group_end(&group, rc);
    coil_stream_abort(s);
    return rc;
}

/* ---- the one who serves is the victim ---- */

static int call(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = coil_timeout_end(&limit, converse_once());
    return rc == -ECANCELED ? rc : 0;
}

static int begin_caller(void)
{
    int rc = begin_contexts();

    return rc < 0 ? rc : help(call, NULL);
}

static int serve_one_after_another(void)
{
    for (;;) {
        struct coil_stream *s;
        int rc = coil_listener_accept(listener, &s);

        if (rc < 0)
            return rc;
        rc = start_server(s);
        if (rc == 0)
            rc = echo(s);
        coil_stream_abort(s);
        if (rc == -ECANCELED)
            return rc;
    }
}

static int serve_for_a_while(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, serve_one_after_another());
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* Somebody else can serve with the same context. */
static void probe_server_context(void)
{
    static coil_fn fn = serve_tls;

    expect_helpers();
    ASSERT_EQ(help(serve_all, &fn), 0);
    ASSERT_EQ(converse_once(), 0);
}

/* ---- all of them ---- */

const struct scenario scenarios_tls[] = {
    { "tls_resume", begin_tls_server, converse_twice, probe_tls, end_contexts },
    { "tls_read_and_close", begin_tls_server, read_and_close, probe_tls,
      end_contexts },
    { "tls_in_place", begin_server_in_place, begin_in_place, probe_in_place,
      end_contexts },
    { "tls_much", begin_tls_server, exchange_much, probe_tls, end_contexts },
    { "tls_serve", begin_caller, serve_for_a_while, probe_server_context,
      end_contexts },
    { NULL },
};

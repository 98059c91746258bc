/* SPDX-License-Identifier: MIT */
/* net.c - programs of servers, clients and names: scenario.h */
#include "scenarios/net.h"

#include "net/address.h"

/* ---- a server that echoes ---- */

struct coil_listener *listener;

struct coil_address server_address;

static int echo_client(void *arg)
{
    struct coil_stream *s = *(struct coil_stream **)arg;
    char bytes[64];
    ptrdiff_t n;
    int rc;

    for (;;) {
        n = coil_stream_read(s, bytes, sizeof bytes);
        if (n <= 0)
            return 0;
        rc = coil_stream_write(s, bytes, (size_t)n);
        if (rc == 0)
            rc = coil_stream_flush(s);
        if (rc < 0)
            return 0;
    }
}

static void drop_client(void *arg)
{
    coil_stream_abort(*(struct coil_stream **)arg);
}

static int serve_clients(void *arg)
{
    const struct coil_task_options options = { .arg_size =
                                                   sizeof(struct coil_stream *),
                                               .arg_destroy = drop_client };
    struct coil_task_group group;
    struct coil_stream *s;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    ASSERT_EQ(rc, 0);
    while (rc != -ECANCELED && rc != -EBADF) {
        rc = coil_listener_accept(listener, &s);
        if (rc == 0 && coil_task_group_create_with(&group, NULL, echo_client,
                                                   &s, &options) < 0)
            coil_stream_abort(s);
    }
    return coil_task_group_end(&group, rc);
}

int begin_listening(void)
{
    int rc = coil_tcp_listen(&listener, "127.0.0.1", 0);

    if (rc == 0)
        coil_listener_address(listener, &server_address);
    return rc;
}

int begin_server(void)
{
    int rc = begin_listening();

    return rc < 0 ? rc : help(serve_clients, NULL);
}

void end_listening(void)
{
    coil_listener_close(listener);
    listener = NULL;
}

int tell(struct coil_stream *s, const char *text)
{
    int rc = coil_stream_write(s, text, strlen(text));

    return rc < 0 ? rc : coil_stream_flush(s);
}

int hear(struct coil_stream *s, const char *text)
{
    char bytes[64];
    int rc = coil_stream_read_exactly(s, bytes, strlen(text), NULL);

    if (rc == 0)
        ASSERT_MEM_EQ(bytes, text, strlen(text));
    return rc;
}

static int converse(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &server_address);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = tell(s, "hello");
    if (rc == 0)
        rc = hear(s, "hello");
    if (rc == 0)
        rc = tell(s, "again");
    if (rc == 0)
        rc = hear(s, "again");
    coil_stream_abort(s);
    return rc;
}

void probe_server(void)
{
    ASSERT_EQ(converse(NULL), 0);
}

static int converse_and_close(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &server_address);
    int closed;

    (void)arg;
    if (rc < 0)
        return rc;
    rc = tell(s, "hello");
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    if (rc == 0)
        rc = hear(s, "hello");
    if (rc == 0)
        rc = (int)coil_stream_read(s, &closed, 1);
    ASSERT_LE(rc, 0);
    closed = coil_stream_close(s);
    return rc < 0 ? rc : closed;
}

/* Two conversations at a time, limited by a group under a timeout. */
static int converse_in_a_group(void *arg)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    ASSERT_EQ(rc, 0);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_task_group_create(&group, NULL, converse, NULL);
    rc = coil_task_group_end(&group, rc);
    return coil_timeout_end(&limit, rc);
}

/* ---- the one who serves is the victim ---- */

static int call_thrice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        struct coil_timeout limit;
        int rc = coil_timeout_begin(&limit, COIL_SECOND);

        ASSERT_EQ(rc, 0);
        rc = coil_timeout_end(&limit, converse(arg));
        if (rc == -ECANCELED)
            return rc;
    }
    return 0;
}

static int serve_for_a_while(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, serve_clients(arg));
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int begin_callers(void)
{
    int rc = begin_listening();

    return rc < 0 ? rc : help(call_thrice, NULL);
}

/* Somebody else can accept on the same socket. */
static void probe_listener(void)
{
    expect_helpers();
    ASSERT_EQ(help(serve_clients, NULL), 0);
    ASSERT_EQ(converse(NULL), 0);
}

static int accepted;

/* One accept; a connection that was not taken is still there. */
static int accept_one(void *arg)
{
    struct coil_stream *s;
    int rc = coil_listener_accept(listener, &s);

    (void)arg;
    if (rc == 0)
        accepted++;
    if (rc == 0)
        coil_stream_abort(s);
    return rc;
}

static int connect_only(void *arg)
{
    struct coil_stream *s;
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    if (rc == 0)
        rc = coil_tcp_connect_address(&s, &server_address);
    if (rc == 0)
        rc = coil_sleep(COIL_SECOND);
    else
        return rc;
    coil_stream_abort(s);
    return rc;
}

static int begin_one_caller(void)
{
    int rc = begin_listening();

    accepted = 0;
    return rc < 0 ? rc : help(connect_only, NULL);
}

static void probe_accept(void)
{
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MINUTE), 0);
    rc = accepted == 0 ? accept_one(NULL) : 0;
    rc = coil_timeout_end(&limit, rc);
    if (!is_failing)
        ASSERT_EQ(rc, 0);
    expect_helpers();
}

/* At all addresses: what another socket brings meanwhile is not lost either. */
static int begin_one_caller_of_many(void)
{
    int rc = coil_tcp_listen(&listener, NULL, 0);

    accepted = 0;
    if (rc < 0)
        return rc;
    coil_listener_address(listener, &server_address);
    return help(connect_only, NULL);
}

/* As a member of a group, which is alone and leads. */
static int begin_one_caller_of_a_group(void)
{
    static struct coil_listener_group group;
    const struct coil_tcp_listen_options options = { .group = &group };
    int rc;

    group = (struct coil_listener_group){ .mutex = 0 };
    accepted = 0;
    rc = coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options);
    if (rc < 0)
        return rc;
    coil_listener_address(listener, &server_address);
    return help(connect_only, NULL);
}

/* ---- a stream that leaves its loop and comes back ---- */

static int go_away_and_come_back(struct coil_stream *s)
{
    int rc = coil_stream_detach(s);

    if (rc == 0)
        rc = coil_yield();
    if (rc < 0)
        return rc;
    rc = coil_stream_adopt(s);
    return rc < 0 ? rc : coil_stream_move(s, coil_loop_current());
}

static int converse_elsewhere(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect_address(&s, &server_address);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = go_away_and_come_back(s);
    if (rc == 0)
        rc = tell(s, "hello");
    if (rc == 0)
        rc = hear(s, "he");
    if (rc == 0)
        rc = go_away_and_come_back(s);
    if (rc == 0)
        rc = hear(s, "llo");
    coil_stream_abort(s); /* perhaps while it is away */
    return rc;
}

/* ---- connecting ---- */

/* Nobody listens there. */
static int connect_in_vain(void *arg)
{
    struct coil_stream *s;
    int rc = coil_tcp_connect(&s, "127.0.0.1", 9);

    (void)arg;
    ASSERT_NULL(s);
    return rc == -ECONNREFUSED ? coil_yield() : rc;
}

/* By name. */
static int connect_by_name(void *arg)
{
    struct coil_stream *s;
    int rc =
        coil_tcp_connect(&s, "localhost", coil_address_port(&server_address));

    (void)arg;
    if (rc < 0)
        return rc == -ECONNREFUSED ? 0 : rc;
    rc = tell(s, "hello");
    if (rc == 0)
        rc = hear(s, "hello");
    coil_stream_abort(s);
    return rc;
}

/* With all options that there are. */
static int begin_server_with(void)
{
    const struct coil_tcp_listen_options options = {
        .tcp = { .keep_alive = COIL_MINUTE, .delays = true },
        .reuse_port = true,
    };
    int rc = coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options);

    if (rc < 0)
        return rc;
    coil_listener_address(listener, &server_address);
    return help(serve_clients, NULL);
}

static int connect_with(void *arg)
{
    struct coil_address local = server_address;
    const struct coil_tcp_connect_options options = {
        .tcp = { .keep_alive = COIL_MINUTE, .user_timeout = COIL_MINUTE },
        .local = &local,
    };
    struct coil_stream *s;
    uint16_t port = coil_address_port(&server_address);
    int rc;

    (void)arg;
    coil__address_set_port(&local, 0);
    rc = coil_tcp_connect_with(&s, "127.0.0.1", port, &options);
    if (rc < 0)
        return rc;
    rc = tell(s, "hello");
    if (rc == 0)
        rc = hear(s, "hello");
    coil_stream_abort(s);
    return rc;
}

/* ---- threads ---- */

static int triple(void *arg)
{
    int *number = arg;

    *number *= 3;
    return 5;
}

static int compute(void *arg)
{
    int number = 14;
    int rc = coil_to_thread_copy(triple, &number);

    (void)arg;
    if (rc < 0) {
        ASSERT_EQ(number, 14);
        return rc;
    }
    ASSERT_EQ(rc, 5);
    ASSERT_EQ(number, 42);
    number = 1;
    rc = coil_to_thread(triple, &number);
    return rc < 0 ? rc : 0;
}

static void probe_threads(void)
{
    ASSERT_EQ(compute(NULL), 0);
}

/* ---- all of them ---- */

const struct scenario scenarios_net[] = {
    { "echo", begin_server, converse, probe_server, end_listening },
    { "echo_shut_down_and_close", begin_server, converse_and_close,
      probe_server, end_listening },
    { "echo_in_a_group", begin_server, converse_in_a_group, probe_server,
      end_listening },
    { "accept_loop", begin_callers, serve_for_a_while, probe_listener,
      end_listening },
    { "accept", begin_one_caller, accept_one, probe_accept, end_listening },
    { "accept_everywhere", begin_one_caller_of_many, accept_one, probe_accept,
      end_listening },
    { "accept_in_a_group", begin_one_caller_of_a_group, accept_one,
      probe_accept, end_listening },
    { "echo_moved", begin_server, converse_elsewhere, probe_server,
      end_listening },
    { "connect_refused", begin_server, connect_in_vain, probe_server,
      end_listening },
    { "connect_by_name", begin_server, connect_by_name, probe_server,
      end_listening },
    { "connect_with", begin_server_with, connect_with, probe_server,
      end_listening },
    { "to_thread", no_begin, compute, probe_threads, no_end },
    { NULL },
};
